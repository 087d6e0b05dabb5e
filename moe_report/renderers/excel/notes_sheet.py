"""The sheet Notes, which is the user's."""

from __future__ import annotations

from moe_report.load.our_sheets import NOTES_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.models_sheet import FIRST
from moe_report.renderers.excel.palette import INPUT, QUIET, Look

TOP = 6  # row of the headers
_EMPTY_ROWS = 12
COLUMNS = {"Topic": 30.0, "Note": 88.0, "Who": 16.0, "When": 14.0}
_SURVIVES = (
    "Kept by an update: this sheet as it is, the inputs, remarks and added columns of Models, your "
    "notes on cells, the values of Assumptions, the choices of Fit, the sheet Report, and "
    "sheets of your own.",
    "Written anew: all else on the other sheets, also where you typed over it or changed its look. "
    "An update that would lose anything else of yours says where it is and changes nothing.",
)


def write_notes(book: Book) -> None:
    """Fill the sheet Notes: a table to write in, and a word on what survives."""
    sheet = book[NOTES_SHEET]
    sheet.heading(
        "Notes",
        "Yours to write on, in the table or anywhere else on this sheet. moe-report run --update "
        "FILE computes the metrics of this file anew.",
    )
    for row, text in enumerate(_SURVIVES, start=3):
        sheet.put(row, 1, text, Look(color=QUIET, size=9, wrap=True))
        sheet.merge(row, 1, len(COLUMNS))
    sheet.table_head(TOP, COLUMNS.items(), fixed=COLUMNS)
    last = TOP + _EMPTY_ROWS
    cell = Look(wrap=True, vertical="top", color=INPUT, rule=True)
    for row in range(TOP + 1, last + 1):
        for column in range(1, len(COLUMNS) + 1):
            sheet.put(row, column, None, cell)
    sheet.make_table(f"A{TOP}:{column_letters(len(COLUMNS))}{last}", TOP, tuple(COLUMNS))
    first = f"{SHEET}!$A${FIRST}"
    names = f"{SHEET}!$A${FIRST}:$A${FIRST + 999}"
    sheet.allow(
        f"A{TOP + 1}:A{last + 500}",
        type="list",
        formula1=f"OFFSET({first},0,0,MAX(1,COUNTA({names})),1)",  # grows with the models
        allow_blank=True,
        showErrorMessage=False,  # any other text will do as well
    )
