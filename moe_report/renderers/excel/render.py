"""The annotated workbook: what matters first, then the models, then what explains them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

from moe_report.load.our_sheets import (
    ASSUMPTIONS_SHEET,
    CHART_DATA_SHEET,
    CHARTS_SHEET,
    COMPARE_SHEET,
    DEVICES_SHEET,
    FIT_SHEET,
    NOTES_SHEET,
    REPORT_PROPERTY,
    REPORT_SHEET,
    ROUTING_SHEET,
    SHEET,
    WORKINGS_SHEET,
)
from moe_report.load.record import (
    RECORD_COLUMN,
    RECORD_SHEET,
    RECORD_TITLE,
    Footprint,
    Record,
    constants,
    filled_cells,
    mark_of,
    mark_of_constant,
    mark_of_formula,
    mark_of_look,
    record_lines,
)
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.package import Package
from moe_report.output.content import pieces_written
from moe_report.renderers import saying
from moe_report.renderers.excel.assumptions_sheet import write_assumptions
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.chart_looks import title_of
from moe_report.renderers.excel.charts import more_charts, write_charts
from moe_report.renderers.excel.compare_sheet import write_compare
from moe_report.renderers.excel.devices_sheet import devices_of, write_devices
from moe_report.renderers.excel.findings_sheet import write_findings
from moe_report.renderers.excel.fit_sheet import write_fit
from moe_report.renderers.excel.method_sheet import write_method
from moe_report.renderers.excel.models_sheet import FIRST, Layout, write_models
from moe_report.renderers.excel.notes_sheet import write_notes
from moe_report.renderers.excel.number_cells import notes_left_out
from moe_report.renderers.excel.palette import QUIET, Look
from moe_report.renderers.excel.presets_sheet import sheets_of_presets, write_presets
from moe_report.renderers.excel.report_sheet import write_settings
from moe_report.renderers.excel.routing_sheet import FIRST as FIRST_LAYER
from moe_report.renderers.excel.routing_sheet import write_routing
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.summary_sheet import write_summary
from moe_report.reports import Report

_MANY = 2000  # models, of which a workbook has many megabytes


@saying(notes_left_out)
def render_file(report: Report) -> bytes | Iterator[bytes]:
    """Return the workbook's bytes, or of many models give them as they were written on the disk."""
    package = package_of(report)
    return package.save() if len(report.models) < _MANY else pieces_written(package.write)


def render(report: Report) -> bytes:
    """Return the workbook's bytes.

    Every metric is a formula with its value stored beside it, so that the numbers show wherever the
    file is opened. Written twice with the same ``report.created``, the bytes are the same.

    Raises:
        PluginError: A metric's formula is longer than Excel takes.
    """
    return package_of(report).save()


def package_of(report: Report) -> Package:
    """Return the workbook as a package, of which the rows are made when they are asked for.

    Raises:
        PluginError: A metric's formula is longer than Excel takes.
    """
    said = {key: getattr(report.branding, key) for key in ("title", "intro", "footer")}
    settings = [REPORT_SHEET] if any(said.values()) else []
    charts = [CHARTS_SHEET] if more_charts(report) else []
    presets = sheets_of_presets(report)
    devices = devices_of(report, report.planner) if report.planner else None
    planned = [FIT_SHEET] if report.planner else []
    planned += [DEVICES_SHEET] if devices else []
    explained = (ASSUMPTIONS_SHEET, *presets, NOTES_SHEET, "Method", "Findings", *settings)
    hidden = [CHART_DATA_SHEET, *([WORKINGS_SHEET] if planned else [])]
    routing = [ROUTING_SHEET] if report.routing and report.layers else []
    book = Book("Summary", COMPARE_SHEET, *planned, *charts, SHEET, *routing, *explained, *hidden)
    layout = write_models(book, report)
    if routing:
        write_routing(book, report)
    write_assumptions(book, report)
    if presets:
        write_presets(book, report)
    write_notes(book)
    write_method(book, report)
    write_findings(book, report, layout)
    if settings:
        write_settings(book, said)
    data = ChartData(book, report)
    write_summary(book, report, layout, data)
    write_compare(book, report)
    if report.planner:
        below = write_fit(book, report, report.planner).below
        if devices:
            write_devices(book, report, report.planner, devices, data, below + 1)
    if charts:
        write_charts(book, report, layout, data)
    book.fit()
    _write_record(book, layout)
    book.mark(REPORT_PROPERTY, report.version)
    return book.package(report.title, datetime.datetime.fromisoformat(report.created))


def _write_record(book: Book, layout: Layout) -> None:
    """Write down what is ours on each sheet; to be called when all of them are filled."""
    record, soft = book[RECORD_SHEET], Look(color=QUIET, italic=True)
    prints = {
        name: _footprint(name, sheet, layout.carried if name == SHEET else ())
        for name, sheet in book.sheets.items()
        if name not in (RECORD_SHEET, NOTES_SHEET)
    }
    names = frozenset(book.shell.defined_names)
    record.put(1, RECORD_COLUMN, RECORD_TITLE, soft)
    for row, line in enumerate(record_lines(Record(prints, names)), start=2):
        for column, text in enumerate(line, start=RECORD_COLUMN):
            record.put(row, column, text, soft)


def _footprint(name: str, sheet: Sheet, theirs: Collection[str]) -> Footprint:
    """What is ours on a sheet, but for the headers of the user's own columns."""
    # rows of models and of layers are read as input, and refused if they are none
    first = {SHEET: FIRST, ROUTING_SHEET: FIRST_LAYER}.get(name)
    xml = sheet.rows.xml(first and first - 1)
    columns = [item for table in sheet.shell.tables.values() for item in table.tableColumns]
    headers = {at: item.name for at, item in enumerate(columns, start=1)}
    looks = sheet.palette.looks
    computed = {item.name: item.calculatedColumnFormula for item in columns}
    hidden = {
        split_address(f"{letters}1")[0]
        for letters, item in sheet.shell.column_dimensions.items()
        if item.hidden
    }
    widths = range(1, max(sheet.widths, default=0) + 1)
    return Footprint(
        filled_cells(xml.encode()),
        len(sheet.shell._charts) + len(sheet.shell._images),
        frozenset(mark_of(note.text) for note in sheet.notes),
        frozenset(mark_of_constant(text) for text in constants(xml) if text not in theirs),
        frozenset(mark_of_formula(key, item.attr_text) for key, item in computed.items() if item),
        frozenset(
            mark_of_look(headers.get(column, column_letters(column)), *looks[style].said)
            for column, style in sheet.looks
        ),
        frozenset(
            mark
            for chart, (called, _) in zip(sheet.shell._charts, sheet.charts, strict=True)
            for mark in (mark_of(called), mark_of(title_of(chart)))
        ),
        tuple(sheet.widths.get(at, 0) * (-1 if at in hidden else 1) for at in widths),
    )
