"""The sheet Summary: what matters, what to doubt, and two charts."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from openpyxl.formatting.rule import DataBarRule

from moe_report.display import show
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.assumptions_sheet import chosen_scenario
from moe_report.renderers.excel.book import Book, Sheet, freeze
from moe_report.renderers.excel.charts import write_main_charts
from moe_report.renderers.excel.models_sheet import FIRST, Layout
from moe_report.renderers.excel.palette import (
    GREY,
    LINK,
    QUIET,
    SKY,
    WARN_FILL,
    Look,
    column_scale,
    number_format,
)
from moe_report.renderers.excel.reference_sheets import SUBTITLE, TITLE
from moe_report.report import Column, Finding, Report

HEAD = 5
_MOST_WORDS = 4  # lines of an introduction, which stands above the frozen header
_BARS = ("total_params", "parameter_efficiency")


def facts(report: Report) -> str:
    """Return the line of facts under the title."""
    parts = [
        _counted(len(report.models), "model"),
        _counted(len(report.metrics), "metric"),
        _counted(len(report.findings) + len(report.failures), "finding"),
        report.created[:10],
        f"moe-report {report.version}",
    ]
    return " · ".join(parts)


def _facts(book: Book, sheet: Sheet, report: Report) -> None:
    """The line of facts, which names the scenario that is chosen at the moment."""
    line, style = facts(report), book.palette(SUBTITLE)
    if not report.scenarios:
        sheet.rows.text(2, 1, line, style)
        return
    quoted = line.replace('"', '""')
    formula = f'"{quoted} · scenario "&{chosen_scenario()}'
    sheet.rows.formula(2, 1, formula, f"{line} · scenario {report.scenario}", style)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def write_summary(book: Book, report: Report, layout: Layout) -> None:
    """Fill the sheet Summary, and the data of its charts."""
    sheet, style = book["Summary"], book.palette
    sheet.rows.text(1, 1, report.title, style(TITLE))
    _facts(book, sheet, report)
    legend = (
        "Green links to the sheet Models, where each number is a live formula. There, blue was "
        "typed, grey italic is a default, black is computed. ≈ depends on the sheet Assumptions."
    )
    sheet.rows.text(3, 1, legend, style(Look(color=QUIET, italic=True, size=9)))
    sheet.height(1, 28)
    columns = report.headline
    _head(book, sheet, columns)
    formats = [number_format(column) for column in columns]
    doubted = {(finding.model, finding.column) for finding in report.findings}
    for at, model in enumerate(report.models):
        row = HEAD + 1 + at
        sheet.rows.text(row, 1, model.name, style(Look(bold=True)))
        for number, column in enumerate(columns, start=2):
            cell = column.cells[at]
            fill = WARN_FILL if (model.name, column.name) in doubted else ""
            look = Look(
                color=LINK, number_format=formats[number - 2], fill=fill, horizontal="right"
            )
            address = f"{SHEET}!{column_letters(layout.at(column.name))}{FIRST + at}"
            sheet.rows.formula(row, number, address, cell.value, style(look), error=cell.undefined)
    longest = max((len(model.name) for model in report.models), default=8)
    sheet.width(1, max(min(longest + 2, 36), 12))
    last = HEAD + max(len(report.models), 1)
    for number, column in enumerate(columns, start=2):
        if column.name in _BARS:
            letters = column_letters(number)
            color = SKY if column.name == _BARS[0] else GREY
            rule = DataBarRule("num", 0, "max", color=color, showValue=True)
            sheet.shell.conditional_formatting.add(f"{letters}{HEAD + 1}:{letters}{last}", rule)
    width = max(len(columns) + 1, 9)
    _words(book, sheet, HEAD - 1, width, report.branding.intro)
    _findings(book, sheet, report, layout, last + 2, len(columns) + 1)
    below = last + 4 + len(report.findings) + len(report.failures)
    _words(book, sheet, below, width, report.branding.footer)
    write_main_charts(book, sheet, report, layout, f"{column_letters(width + 2)}{HEAD}")
    freeze(sheet.shell, f"B{HEAD + 1}", 90, gridlines=False)
    sheet.print_setup(f"{HEAD}:{HEAD}")


def _words(book: Book, sheet: Sheet, row: int, last: int, text: str) -> None:
    """The user's own words over the width of the table; the sheet Report has all of a long text."""
    if not text:
        return
    room = round(sum(sheet.widths.get(column, 8.43) for column in range(1, last + 1)) * 1.08)
    lines = [part for line in text.splitlines() if line for part in wrap(line, room)]
    if len(lines) > _MOST_WORDS:
        lines = lines[:_MOST_WORDS]
        text = f"{' '.join(lines)} …"
    look = Look(color=QUIET, wrap=True, vertical="top")
    sheet.rows.text(row, 1, text, book.palette(look))
    sheet.shell.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.height(row, 13.5 * len(lines) + 6)


def _head(book: Book, sheet: Sheet, columns: Sequence[Column]) -> None:
    look = Look(bold=True, size=9, fill="E9EFF7", color="1F2937", wrap=True, rule=True)
    sheet.rows.text(HEAD, 1, "Model", book.palette(look))
    right = Look(
        bold=True, size=9, fill="E9EFF7", color="1F2937", wrap=True, rule=True, horizontal="right"
    )
    for number, column in enumerate(columns, start=2):
        mark = "≈" if column.rests_on else ""
        sheet.rows.text(HEAD, number, f"{column.label}{mark}", book.palette(right))
        scale = column_scale(column)
        shown = [len(show(c.value, column.unit, column.format, scale)) for c in column.cells]
        sheet.width(number, max(12, max(shown, default=0) + 2))
        sheet.note(HEAD, number, f"{column.label} [{column.unit}]\n{column.description}")
    sheet.height(HEAD, 30)


def _findings(
    book: Book, sheet: Sheet, report: Report, layout: Layout, top: int, last: int
) -> None:
    style = book.palette
    count = len(report.findings)
    title = f"Findings ({count})" if count else "Findings: none"
    sheet.rows.text(top, 1, title, style(Look(bold=True, size=12, color="1F2937")))
    sheet.height(top, 22)
    rows = {model.name: FIRST + at for at, model in enumerate(report.models)}
    for row, finding in enumerate(report.findings, start=top + 1):
        address = f"{SHEET}!{column_letters(layout.at(finding.column))}{rows[finding.model]}"
        link = Look(color=LINK, underline=True, vertical="top")
        sheet.rows.text(row, 1, finding.model, style(link))
        sheet.link(row, 1, address)
        _spanning(book, sheet, row, last, sentence(finding))
    for row, failure in enumerate(report.failures, start=top + 1 + count):
        sheet.rows.text(row, 1, "failed", style(Look(bold=True, fill=WARN_FILL, vertical="top")))
        _spanning(book, sheet, row, last, str(failure))


def _spanning(book: Book, sheet: Sheet, row: int, last: int, text: str) -> None:
    """A text over the width of the table, as many lines high as it needs."""
    sheet.rows.text(row, 2, text, book.palette(Look(wrap=True, vertical="top")))
    last = max(last, 9)
    sheet.shell.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    room = sum(sheet.widths.get(column, 8.43) for column in range(2, last + 1))
    sheet.height(row, 13.5 * -(-len(text) // round(room * 1.08)) + 2)


def sentence(finding: Finding) -> str:
    """Return a finding as a line."""
    return f"{finding.level}: {finding.column}: {finding.message}"
