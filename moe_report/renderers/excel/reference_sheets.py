"""The sheets that explain: Method, Findings, Report."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from moe_report.display import show
from moe_report.formula.excel import plain
from moe_report.load.our_sheets import REPORT_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book, Sheet, freeze
from moe_report.renderers.excel.models_sheet import FIRST, Layout
from moe_report.renderers.excel.palette import INPUT, LINK, QUIET, WARN_FILL, Look
from moe_report.report import Column, Report

HEAD = Look(bold=True, fill="E9EFF7", color="1F2937", wrap=True, rule=True)
TEXT = Look(wrap=True, vertical="top")
CODE = Look(mono=True, size=9, wrap=True, vertical="top")
SOFT = Look(wrap=True, vertical="top", color=QUIET, size=9)
_SETTINGS = {
    "title": "Heading of the report.",
    "intro": "Paragraphs under the heading; an empty line parts them. Web addresses become links.",
    "footer": "Paragraphs at the end.",
    "logo": "Picture above the heading of the page: a png, jpeg, webp or svg file beside this "
            "workbook, or in a folder below.",
}  # fmt: skip
TITLE = Look(bold=True, size=16, color="1F2937")
SUBTITLE = Look(color=QUIET)


def heading(book: Book, sheet: Sheet, title: str, subtitle: str) -> None:
    """Write a sheet's title and a line beneath it, and leave out the grid."""
    sheet.rows.text(1, 1, title, book.palette(TITLE))
    sheet.rows.text(2, 1, subtitle, book.palette(SUBTITLE))
    sheet.height(1, 26)


def table_head(
    book: Book, sheet: Sheet, row: int, columns: dict[str, float], *, right: Container[str] = ()
) -> None:
    """Write the header row of a plain table and set its widths; ``right`` names number columns."""
    for number, (name, width) in enumerate(columns.items(), start=1):
        look = replace(HEAD, horizontal="right") if name in right else HEAD
        sheet.rows.text(row, number, name, book.palette(look))
        sheet.width(number, width)


def write_method(book: Book, report: Report) -> None:
    """Fill the sheet Method: every metric, as a paper's appendix would give it."""
    sheet, style = book["Method"], book.palette
    heading(
        book, sheet, "Method",
        f"{len(report.metrics)} metrics of {len(report.sections)} sections, computed by "
        f"moe-report {report.version} from {report.source.name}",
    )  # fmt: skip
    top = 4
    table_head(book, sheet, top, {
        "Symbol": 11, "Metric": 26, "Name": 27, "Formula": 62, "Description": 52, "Unit": 13,
        "Source": 38, "Plugin": 26,
    })  # fmt: skip
    row = top + 1
    for section in report.sections:
        sheet.rows.text(row, 1, section.title, style(Look(bold=True, size=12, color="1F2937")))
        sheet.height(row, 22)
        row += 1
        for column in section.columns:
            _method_row(book, sheet, row, column)
            origin = f"{section.distribution} {section.version}".strip()
            sheet.rows.text(row, 8, f"{origin}\n{section.module}", style(SOFT))
            row += 1
    sheet.rows.text(row, 1, "Inputs", style(Look(bold=True, size=12, color="1F2937")))
    sheet.height(row, 22)
    for column in report.fields:
        row += 1
        _method_row(book, sheet, row, column)
    freeze(sheet.shell, f"A{top + 1}", 90, gridlines=False)
    sheet.print_setup(f"{top}:{top}")


def _method_row(book: Book, sheet: Sheet, row: int, column: Column) -> None:
    formula = "" if column.expr is None else plain(column.expr)
    texts = (
        (column.symbol.replace("_", " "), Look(italic=True, vertical="top")),
        (column.label, Look(wrap=True, vertical="top", bold=True)),
        (column.name, CODE),
        (formula, CODE),
        (column.description, TEXT),
        (column.unit, SOFT),
        (column.source, SOFT),
    )
    for number, (text, look) in enumerate(texts, start=1):
        if text:
            sheet.rows.text(row, number, text, book.palette(look))
    lines = max(
        -(-len(formula) // 60), -(-len(column.description) // 56), -(-len(column.source) // 44), 2
    )
    sheet.height(row, 13.2 * lines + 3)


def write_settings(book: Book, said: Mapping[str, str]) -> None:
    """Fill the sheet Report with what the next report shall say, by key."""
    sheet, style = book[REPORT_SHEET], book.palette
    heading(
        book, sheet, "Report",
        "What a report made from this workbook says. Options of the command line win.",
    )  # fmt: skip
    top = 4
    table_head(book, sheet, top, {"key": 12, "value": 78, "meaning": 78})
    value = Look(color=INPUT, wrap=True, vertical="top")
    for row, (key, meaning) in enumerate(_SETTINGS.items(), start=top + 1):
        text = said.get(key, "")
        sheet.rows.text(row, 1, key, style(CODE))
        if text:
            sheet.rows.text(row, 2, text, style(value))
        else:
            sheet.rows.blank(row, 2, style(value))
        sheet.rows.text(row, 3, meaning, style(SOFT))
        lines = sum(max(1, -(-len(line) // 76)) for line in text.split("\n"))
        sheet.height(row, min(13.5 * max(lines, 2) + 3, 400))
    freeze(sheet.shell, f"A{top + 1}", 100, gridlines=False)
    sheet.print_setup(f"{top}:{top}")


def write_findings(book: Book, report: Report, layout: Layout) -> None:
    """Fill the sheet Findings, each with a link to its cell."""
    sheet, style = book["Findings"], book.palette
    count = len(report.findings) + len(report.failures)
    subtitle = (
        "What the audit saw: numbers that differ, rows that no model can be."
        if count else "The audit saw nothing to doubt."
    )  # fmt: skip
    heading(book, sheet, "Findings", subtitle)
    top = 4
    table_head(book, sheet, top, {
        "Kind": 12, "Model": 32, "Column": 26, "Finding": 84, "Stated": 14, "Computed": 14,
        "Cell": 14,
    }, right=("Stated", "Computed"))  # fmt: skip
    rows = {model.name: FIRST + at for at, model in enumerate(report.models)}
    for row, finding in enumerate(report.findings, start=top + 1):
        fill = WARN_FILL if finding.level == "impossible" else ""
        level = Look(bold=True, vertical="top", fill=fill)
        sheet.rows.text(row, 1, finding.level, style(level))
        sheet.rows.text(row, 2, finding.model, style(TEXT))
        sheet.rows.text(row, 3, finding.column, style(CODE))
        sheet.rows.text(row, 4, finding.message, style(TEXT))
        column = report.columns[finding.column]
        for number, value in ((5, finding.stated), (6, finding.computed)):
            if value is not None:
                shown = show(value, column.unit, column.format, significant=4)
                right = Look(horizontal="right", vertical="top")
                sheet.rows.text(row, number, shown, style(right))
        address = f"{column_letters(layout.at(finding.column))}{rows[finding.model]}"
        look = Look(color=LINK, underline=True, vertical="top", indent=1)
        sheet.rows.text(row, 7, f"{SHEET}!{address}", style(look))
        sheet.link(row, 7, f"{SHEET}!{address}")
        sheet.height(
            row, 14 * max(1, -(-len(finding.message) // 88), -(-len(finding.model) // 34)) + 3
        )
    for row, failure in enumerate(report.failures, start=top + 1 + len(report.findings)):
        sheet.rows.text(row, 1, "failed", style(Look(bold=True, vertical="top", fill=WARN_FILL)))
        sheet.rows.text(row, 4, str(failure), style(TEXT))
    freeze(sheet.shell, f"A{top + 1}", 100, gridlines=False)
    sheet.print_setup(f"{top}:{top}")
