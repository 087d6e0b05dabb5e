"""The annotated workbook: what matters first, then the models, then what explains them."""

from __future__ import annotations

import datetime

from moe_report.load.our_sheets import (
    ASSUMPTIONS_SHEET,
    CHART_DATA_SHEET,
    CHARTS_SHEET,
    COMPARE_SHEET,
    NOTES_SHEET,
    REPORT_PROPERTY,
    REPORT_SHEET,
    SHEET,
)
from moe_report.renderers.excel.assumptions_sheet import write_assumptions
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.charts import more_charts, write_charts
from moe_report.renderers.excel.compare_sheet import write_compare
from moe_report.renderers.excel.findings_sheet import write_findings
from moe_report.renderers.excel.method_sheet import write_method
from moe_report.renderers.excel.models_sheet import FIRST, write_models
from moe_report.renderers.excel.notes_sheet import write_notes
from moe_report.renderers.excel.palette import QUIET, Look
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
from moe_report.renderers.excel.report_sheet import write_settings
from moe_report.renderers.excel.summary_sheet import write_summary
from moe_report.report import Report


def render(report: Report) -> bytes:
    """Return the workbook's bytes.

    Every metric is a formula with its value stored beside it, so that the numbers show wherever the
    file is opened. Written twice with the same ``report.created``, the bytes are the same.

    Raises:
        PluginError: A metric's formula is longer than Excel takes.
    """
    said = {key: getattr(report.branding, key) for key in ("title", "intro", "footer")}
    settings = [REPORT_SHEET] if any(said.values()) else []
    charts = [CHARTS_SHEET] if more_charts(report) else []
    explained = (ASSUMPTIONS_SHEET, NOTES_SHEET, "Method", "Findings", *settings)
    book = Book("Summary", COMPARE_SHEET, *charts, SHEET, *explained, CHART_DATA_SHEET)
    layout = write_models(book, report)
    write_assumptions(book, report)
    write_notes(book)
    write_method(book, report)
    write_findings(book, report, layout)
    if settings:
        write_settings(book, said)
    write_summary(book, report, layout)
    write_compare(book, report)
    if charts:
        write_charts(book, report, layout)
    _write_record(book)
    book.mark(REPORT_PROPERTY, report.version)
    return book.save(report.title, datetime.datetime.fromisoformat(report.created))


def _write_record(book: Book) -> None:
    """Write down what is ours on each sheet; to be called when all of them are filled."""
    record, soft = book[RECORD_SHEET], Look(color=QUIET, italic=True)
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
    record.put(1, RECORD_COLUMN, RECORD_TITLE, soft)
    for row, line in enumerate(record_lines(Record(prints, names)), start=2):
        for column, text in enumerate(line, start=RECORD_COLUMN):
            record.put(row, column, text, soft)
