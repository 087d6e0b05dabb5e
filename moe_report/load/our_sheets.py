"""What our own workbooks call their sheets, for who writes them and who finds them again."""

SHEET = "Models"
ASSUMPTIONS_SHEET = "Assumptions"
PRESETS_SHEET = "Presets"  # where sections have presets
REPORT_SHEET = "Report"
COMPARE_SHEET = "Compare"
FIT_SHEET = "Fit"  # where a section has a planner
DEVICES_SHEET = "Devices"
WORKINGS_SHEET = "Workings"
CHARTS_SHEET = "Charts"
CHART_DATA_SHEET = "Chart data"
NOTES_SHEET = "Notes"
ROUTING_SHEET = "Routing"  # tokens of experts, a user's or a report's
SWEEP_SHEET = "Sweep"  # a user's: what is varied, and what for
# A user's: which column is which, as an answer of theirs was kept.
COLUMNS_SHEET = "Columns"
HOW_TO_SHEET = "How to"  # of a workbook to fill in
# What is read beside the models, or holds nothing that a report could.
OUR_SHEETS = (ASSUMPTIONS_SHEET, REPORT_SHEET, COLUMNS_SHEET, HOW_TO_SHEET, ROUTING_SHEET)
OUR_AUTHOR = "moe-report"  # of notes
# A property that our own reports carry: in them, a formula in a metric's column is recomputed.
REPORT_PROPERTY = "moe-report"
