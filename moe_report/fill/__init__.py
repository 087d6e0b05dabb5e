"""Workbooks of people's own are filled: the cells that they asked for change, and nothing else.

In come a template and a :class:`~moe_report.reports.Report`; out comes a filled workbook, with
notes for the user, or every problem by name and nothing written.

Start at ``fill``. ``read_template`` finds what a workbook asks for, a ``template.Template``;
``plan`` works out every value, every new row and every problem; ``foresee`` says what will happen
to all else, and ``stale_values`` drops what would be wrong; ``write_sheet`` writes the cells,
``computed_values`` the values of formulas that rest on them.
``check`` and ``outline`` say beforehand what would be filled, and ``new_template`` is an example.
"""
