"""The sheet Method: every metric as a paper's appendix would give it, then the inputs."""

from __future__ import annotations

from dataclasses import replace

from moe_report.formula.excel import plain
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import CODE, HINT, SECTION, SOFT, TEXT, Look
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Column, Report

_TOP = 4
_WIDTHS = {
    "Symbol": 11, "Metric": 26, "Name": 27, "Formula": 62, "Description": 48, "Unit": 13,
    "Source": 34,
}  # fmt: skip
_PLUGIN = 4  # the column in which a section's title row names its plugin


def write_method(book: Book, report: Report) -> None:
    """Fill the sheet Method."""
    sheet = book["Method"]
    sheet.heading(
        "Method",
        f"{len(report.metrics)} metrics of {len(report.sections)} sections, computed by "
        f"moe-report {report.version} from {report.source.name}",
    )
    sheet.table_head(_TOP, _WIDTHS.items())
    row = _TOP + 1
    for section in report.sections:
        origin = f"{section.distribution} {section.version}".strip()
        row = _part(sheet, row, section.title, section.columns, f"{origin} · {section.module}")
    _part(sheet, row, "Inputs", report.fields)
    sheet.freeze(f"A{_TOP + 1}", 90)


def _part(sheet: Sheet, row: int, title: str, columns: tuple[Column, ...], plugin: str = "") -> int:
    """Write a title, whose plugin it is, and a row a column; return the number of the next row."""
    sheet.put(row, 1, title, SECTION)
    sheet.spans[row, 1] = _PLUGIN - 1  # whose cells are empty
    if plugin:
        sheet.put(row, _PLUGIN, plugin, replace(HINT, italic=False))
    sheet.height(row, 22)
    for at, column in enumerate(columns, start=row + 1):
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
                sheet.put(at, number, text, look)
    return row + 1 + len(columns)
