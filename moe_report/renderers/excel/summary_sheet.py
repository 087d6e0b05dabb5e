"""The sheet Summary: what matters, what to doubt, and two charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

from openpyxl.formatting.rule import DataBarRule

from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.assumptions_sheet import chosen_scenario
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.charts import write_main_charts
from moe_report.renderers.excel.column_widths import longest_number, text_lines
from moe_report.renderers.excel.models_sheet import Layout, finding_line
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
    number_format,
)
from moe_report.renderers.excel.point_charts import ChartData
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import EVERY_MODEL, Column, Report
from moe_report.text import counted

HEAD = 5
_MOST_WORDS = 4  # lines of an introduction, which stands above the frozen header


def _bars(columns: Sequence[Column]) -> dict[str, str]:
    """The columns with bars in their cells, and the colours: the first amount, the first share."""
    shares = [column.name for column in columns if column.format == "percent"]
    amounts = [column.name for column in columns if column.format == "si"]
    return dict.fromkeys(amounts[:1], SKY) | dict.fromkeys(shares[:1], GREY)


def _facts(sheet: Sheet, report: Report) -> None:
    """The line of facts, which names the scenario that is chosen at the moment."""
    parts = (
        counted(len(report.models), "model"),
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
    _head(sheet, columns)
    look = Look(color=LINK, horizontal="right")
    looks = [replace(look, number_format=number_format(column)) for column in columns]
    doubted = {(finding.model, finding.column) for finding in report.findings}
    for at, model in enumerate(report.models):
        row = HEAD + 1 + at
        sheet.put(row, 1, model.name, Look(bold=True))
        for number, (column, look) in enumerate(zip(columns, looks, strict=True), start=2):
            cell = column.cells[at]
            if (model.name, column.name) in doubted:
                look = replace(look, fill=WARN_FILL)
            address = layout.address(column.name, model.name)
            sheet.formula(row, number, address, cell.value, look, error=cell.undefined)
    longest = max((len(model.name) for model in report.models), default=8)
    sheet.width(1, max(min(longest + 2, 36), 12))
    last = HEAD + max(len(report.models), 1)
    bars = _bars(columns)
    for number, column in enumerate(columns, start=2):
        if column.name in bars:
            letters = column_letters(number)
            rule = DataBarRule("num", 0, "max", color=bars[column.name], showValue=True)
            sheet.shell.conditional_formatting.add(f"{letters}{HEAD + 1}:{letters}{last}", rule)
    width = max(len(columns) + 1, 9)
    _words(sheet, HEAD - 1, width, report.branding.intro)
    below = _findings(sheet, report, layout, last + 2, width)
    _words(sheet, below + 1, width, report.branding.footer)
    write_main_charts(book, sheet, report, layout, data, f"{column_letters(width + 2)}{HEAD}")
    sheet.freeze(f"B{HEAD + 1}", 90)
    sheet.print_setup(f"{HEAD}:{HEAD}")


def _words(sheet: Sheet, row: int, last: int, text: str) -> None:
    """The user's own words over the width of the table; the sheet Report has all of a long text."""
    if not text:
        return
    room = _room(sheet, 1, last)
    lines = [part for line in text.splitlines() if line for part in wrap(line, room)]
    if len(lines) > _MOST_WORDS:
        lines = lines[:_MOST_WORDS]
        text = f"{' '.join(lines)} …"
    sheet.put(row, 1, text, replace(TEXT, color=QUIET))
    sheet.shell.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.height(row, 13.5 * len(lines) + 6)


def _head(sheet: Sheet, columns: Sequence[Column]) -> None:
    look = replace(TABLE_HEAD, size=9)
    sheet.put(HEAD, 1, "Model", look)
    for number, column in enumerate(columns, start=2):
        mark = "≈" if column.rests_on else ""
        sheet.put(HEAD, number, f"{column.label}{mark}", replace(look, horizontal="right"))
        sheet.width(number, max(12, longest_number(column) + 2))
        sheet.note(HEAD, number, f"{column.label} [{column.unit}]\n{column.description}")
    sheet.height(HEAD, 30)


def _findings(sheet: Sheet, report: Report, layout: Layout, top: int, last: int) -> int:
    """Write what the audit saw, with a title; return the number of the next row."""
    count = len(report.findings)
    title = f"Findings ({count})" if count else "Findings: none"
    sheet.put(top, 1, title, SECTION)
    sheet.height(top, 22)
    lines = [
        (finding.model or EVERY_MODEL, GO_TO, finding_line(finding)) for finding in report.findings
    ]
    lines += [("failed", FAILED, str(failure)) for failure in report.failures]
    for row, (head, look, text) in enumerate(lines, start=top + 1):
        sheet.put(row, 1, head, look)
        sheet.put(row, 2, text, TEXT)
        sheet.shell.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
        sheet.height(row, 13.5 * text_lines(text, _room(sheet, 2, last)) + 2)
    for row, finding in enumerate(report.findings, start=top + 1):
        sheet.link(row, 1, layout.address(finding.column, finding.model))
    return top + 1 + len(lines)


def _room(sheet: Sheet, first: int, last: int) -> int:
    """Return how many characters find room on a line over some columns."""
    return round(sum(sheet.widths.get(at, 8.43) for at in range(first, last + 1)) * 1.08)
