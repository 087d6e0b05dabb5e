"""The sheet Summary: what matters, what to doubt, and two charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from openpyxl.formatting.rule import DataBarRule

from moe_report.compute.audit import counted_by_level
from moe_report.compute.kinds import Kind, counted_by_kind, rows_by_kind
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.assumptions_sheet import chosen_scenario
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.charts import write_main_charts
from moe_report.renderers.excel.column_widths import fit, label_width, number_width
from moe_report.renderers.excel.models_sheet import Layout
from moe_report.renderers.excel.number_formats import number_format
from moe_report.renderers.excel.palette import (
    FAILED,
    GO_TO,
    GREY,
    HINT,
    LINK,
    QUIET,
    SECTION,
    SKY,
    SUBTITLE,
    TABLE_HEAD,
    TEXT,
    TITLE,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import EVERY_MODEL, Column, Finding, Report
from moe_report.text import counted

HEAD = 5
_MOST_WORDS = 4  # lines of an introduction, which stands above the frozen header
_NARROWEST, _WIDEST_NAME = 11, 36  # characters
_NUMBER = Look(color=LINK, horizontal="right")
_COLUMN_HEAD = replace(TABLE_HEAD, size=9)
_TABLES: Mapping[Kind, tuple[str, str]] = {  # what heads each, and the sentence below it
    "models": ("Model", ""),
    "claims": (
        "Claims",
        "A claim is a row of numbers that somebody says of the model which its compare_with names: "
        "it is checked against that model, and is none itself.",
    ),
    "layers": (
        "Lone layers",
        "A lone layer is the experts of one layer, without a model around them: what counts a "
        "whole model is missing.",
    ),
}


def _bars(columns: Sequence[Column]) -> dict[str, str]:
    """The columns with bars in their cells, and the colours: the first amount, the first share."""
    shares = [column.name for column in columns if column.format == "percent"]
    amounts = [column.name for column in columns if column.format == "si"]
    return dict.fromkeys(amounts[:1], SKY) | dict.fromkeys(shares[:1], GREY)


def _facts(sheet: Sheet, report: Report) -> None:
    """The line of facts, which names the scenario that is chosen at the moment."""
    parts = (
        *counted_by_kind(report),
        counted(len(report.metrics), "metric"),
        counted(len(report.findings) + len(report.failures), "finding"),
        report.created[:10],
        f"moe-report {report.version}",
    )
    line = " · ".join(parts)
    if not report.scenarios:
        sheet.put(2, 1, line, SUBTITLE)
        return
    quoted = line.replace('"', '""')
    formula = f'"{quoted} · scenario "&{chosen_scenario()}'
    sheet.formula(2, 1, formula, f"{line} · scenario {report.scenario}", SUBTITLE)


def write_summary(book: Book, report: Report, layout: Layout, data: ChartData) -> None:
    """Fill the sheet Summary, and the data of its charts."""
    sheet = book["Summary"]
    sheet.put(1, 1, report.title, TITLE)
    _facts(sheet, report)
    legend = (
        "Green links to the sheet Models, where each number is a live formula. There, blue was "
        "typed, grey italic is a default, black is computed. ≈ depends on the sheet Assumptions."
    )
    sheet.put(3, 1, legend, HINT)
    sheet.height(1, 28)
    columns = report.headline
    width = max(len(columns) + 1, 9)
    _widths(sheet, columns)
    _words(sheet, HEAD - 1, width, report.branding.intro)
    below = _tables(sheet, report, layout, width)
    below = _findings(sheet, report, layout, below, width)
    _words(sheet, below + 1, width, report.branding.footer)
    fit(sheet)  # the charts stand beside rows of a known height
    write_main_charts(book, sheet, report, layout, data, f"{column_letters(width + 2)}{HEAD}")
    sheet.freeze(f"B{HEAD + 1}", 90)
    sheet.print_setup(f"{HEAD}:{HEAD}")


def _widths(sheet: Sheet, columns: Sequence[Column]) -> None:
    sheet.limits[1] = (_NARROWEST, _WIDEST_NAME)
    for number, column in enumerate(columns, start=2):
        words = label_width(_label(column), _COLUMN_HEAD)
        sheet.width(number, max(_NARROWEST, number_width(column, _NUMBER), words))


def _table(
    sheet: Sheet, report: Report, layout: Layout, top: int, title: str, places: Sequence[int]
) -> int:
    """Write headline numbers of some rows of the report; return the number of the next row."""
    columns = report.headline
    _head(sheet, top, title, columns)
    looks = [replace(_NUMBER, number_format=number_format(column)) for column in columns]
    doubted = {(finding.model, finding.column) for finding in report.findings}
    for row, at in enumerate(places, start=top + 1):
        name = report.models[at].name
        sheet.put(row, 1, name, Look(bold=True, wrap=True))
        for number, (column, look) in enumerate(zip(columns, looks, strict=True), start=2):
            cell = column.cells[at]
            if (name, column.name) in doubted:
                look = replace(look, fill=WARN_FILL)
            address = layout.address(column.name, name)
            sheet.formula(row, number, address, cell.value, look)
    return top + 1 + max(len(places), 1)


def _data_bars(sheet: Sheet, columns: Sequence[Column], last: int) -> None:
    bars = _bars(columns)
    for number, column in enumerate(columns, start=2):
        if column.name in bars:
            letters = column_letters(number)
            rule = DataBarRule("num", 0, "max", color=bars[column.name], showValue=True)
            sheet.shell.conditional_formatting.add(f"{letters}{HEAD + 1}:{letters}{last}", rule)


def _tables(sheet: Sheet, report: Report, layout: Layout, last: int) -> int:
    """Write the models, and in tables of their own what is none; return the next row."""
    top = HEAD
    for kind, places in rows_by_kind(report).items():
        title, meaning = _TABLES[kind]
        below = _table(sheet, report, layout, top, title, places)
        if top == HEAD:
            _data_bars(sheet, report.headline, below - 1)
        if meaning:
            sheet.put(below, 1, meaning, replace(HINT, wrap=True))
            sheet.merge(below, 1, last)
            below += 1
        top = below + 1
    return top


def _words(sheet: Sheet, row: int, last: int, text: str) -> None:
    """The user's own words over the width of the table; the sheet Report has all of a long text."""
    if not text:
        return
    room = round(sum(sheet.widths.get(at, 8.43) for at in range(2, last + 1))) + _NARROWEST
    lines = [part for line in text.splitlines() if line for part in wrap(line, room)]
    if len(lines) > _MOST_WORDS:
        lines = lines[:_MOST_WORDS]
        text = f"{' '.join(lines)} …"
    sheet.put(row, 1, text, replace(TEXT, color=QUIET))
    sheet.merge(row, 1, last)


def _head(sheet: Sheet, row: int, title: str, columns: Sequence[Column]) -> None:
    sheet.put(row, 1, title, _COLUMN_HEAD)
    for number, column in enumerate(columns, start=2):
        sheet.put(row, number, _label(column), replace(_COLUMN_HEAD, horizontal="right"))
        if row == HEAD:
            sheet.note(row, number, f"{column.label} [{column.unit}]\n{column.description}")


def _label(column: Column) -> str:
    return f"{column.label}{'≈' if column.rests_on else ''}"


def _findings(sheet: Sheet, report: Report, layout: Layout, top: int, last: int) -> int:
    """Write what the audit saw, with a title; return the number of the next row."""
    counts = counted_by_level(finding.level for finding in report.findings)
    sheet.put(top, 1, f"Findings: {counts}", SECTION)
    sheet.height(top, 22)
    lines = [
        (finding.model or EVERY_MODEL, GO_TO, _sentence(report, finding))
        for finding in report.findings
    ]
    lines += [("failed", FAILED, str(failure)) for failure in report.failures]
    for row, (head, look, text) in enumerate(lines, start=top + 1):
        sheet.put(row, 1, head, replace(look, wrap=True))
        sheet.put(row, 2, text, TEXT)
        sheet.merge(row, 2, last)
    for row, finding in enumerate(report.findings, start=top + 1):
        sheet.link(row, 1, layout.address(finding.column, finding.model))
    return top + 1 + len(lines)


def _sentence(report: Report, finding: Finding) -> str:
    column = report.columns.get(finding.column)
    about = column.label if column else finding.column
    return f"{about}: {finding.message.rstrip('.')}."
