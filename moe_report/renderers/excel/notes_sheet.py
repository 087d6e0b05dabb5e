"""The sheet Notes, which is the user's, and the record of what is ours on the other sheets."""

from __future__ import annotations

from typing import Any

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo

from moe_report.load.our_sheets import NOTES_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book, freeze
from moe_report.renderers.excel.models_sheet import FIRST
from moe_report.renderers.excel.palette import INPUT, QUIET, Look
from moe_report.renderers.excel.record import (
    RECORD_COLUMN,
    RECORD_SHEET,
    RECORD_TITLE,
    Footprint,
    Record,
    filled_cells,
    mark_of,
    record_lines,
)
from moe_report.renderers.excel.reference_sheets import heading, table_head

_TOP = 6
_EMPTY_ROWS = 12
_COLUMNS = {"Topic": 30.0, "Note": 88.0, "Who": 16.0, "When": 14.0}
_SURVIVES = (
    "Kept by an update: this sheet as it is, the inputs, remarks and added columns of Models, your "
    "notes on cells, the values of Assumptions, the sheet Report, and sheets of your own.",
    "Written anew: all else on the other sheets, also where you typed over it or changed its look. "
    "An update that would lose anything else of yours says where it is and changes nothing.",
)


def write_notes(book: Book) -> None:
    """Fill the sheet Notes: a table to write in, and a word on what survives."""
    sheet, style = book[NOTES_SHEET], book.palette
    heading(
        book, sheet, "Notes",
        "Yours to write on, in the table or anywhere else on this sheet. moe-report run --update "
        "FILE computes the metrics of this file anew.",
    )  # fmt: skip
    for row, text in enumerate(_SURVIVES, start=3):
        sheet.rows.text(row, 1, text, style(Look(color=QUIET, size=9)))
    table_head(book, sheet, _TOP, _COLUMNS)
    last = _TOP + _EMPTY_ROWS
    cell = Look(wrap=True, vertical="top", color=INPUT, rule=True)
    for row in range(_TOP + 1, last + 1):
        for column in range(1, len(_COLUMNS) + 1):
            sheet.rows.blank(row, column, style(cell))
    for column, name in enumerate(_COLUMNS, start=1):
        sheet.shell.cell(_TOP, column, name)  # openpyxl names the table's columns by it
    area = f"A{_TOP}:{column_letters(len(_COLUMNS))}{last}"
    table: Any = Table(displayName=NOTES_SHEET, name=NOTES_SHEET, ref=area)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.shell.add_table(table)
    first = f"{SHEET}!$A${FIRST}"
    names = f"{SHEET}!$A${FIRST}:$A${FIRST + 999}"
    check = DataValidation(  # grows with the models; any other text will do as well
        type="list", formula1=f"OFFSET({first},0,0,MAX(1,COUNTA({names})),1)", allow_blank=True,
        showErrorMessage=False,
    )  # fmt: skip
    check.add(f"A{_TOP + 1}:A{last + 500}")
    sheet.shell.add_data_validation(check)
    freeze(sheet.shell, f"A{_TOP + 1}", 100, gridlines=False)
    sheet.print_setup(f"{_TOP}:{_TOP}")


def write_record(book: Book) -> None:
    """Write down what is ours on each sheet; to be called when all of them are filled."""
    record, soft = book[RECORD_SHEET].rows, book.palette(Look(color=QUIET, italic=True))
    prints = {
        name: Footprint(
            # rows of models are read as input, and refused if they are none
            filled_cells(sheet.rows.xml(FIRST - 1 if name == SHEET else None).encode()),
            len(sheet.shell._charts) + len(sheet.shell._images),
            frozenset(mark_of(note.text) for note in sheet.notes),
        )
        for name, sheet in book.sheets.items()
        if name not in (RECORD_SHEET, NOTES_SHEET)
    }
    names = frozenset(book.shell.defined_names)
    record.text(1, RECORD_COLUMN, RECORD_TITLE, soft)
    for row, line in enumerate(record_lines(Record(prints, names)), start=2):
        for column, text in enumerate(line, start=RECORD_COLUMN):
            record.text(row, column, text, soft)
