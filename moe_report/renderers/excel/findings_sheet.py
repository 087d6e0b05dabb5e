"""The sheet Findings: what the audit saw, each with a link to its cell."""

from __future__ import annotations

from dataclasses import replace

from moe_report.display import show
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.models_sheet import Layout
from moe_report.renderers.excel.palette import CODE, FAILED, GO_TO, STRONG, TEXT, WARN_FILL, Look
from moe_report.reports import EVERY_MODEL, Report

_TOP = 4
_WIDTHS = {
    "Kind": 12, "Model": 32, "Column": 26, "Finding": 84, "Stated": 14, "Computed": 14, "Cell": 14,
}  # fmt: skip


def write_findings(book: Book, report: Report, layout: Layout) -> None:
    """Fill the sheet Findings."""
    sheet = book["Findings"]
    subtitle = "The audit saw nothing to doubt."
    if report.findings or report.failures:
        subtitle = "What the audit saw: numbers that differ, rows that no model can be."
    if report.warnings:
        subtitle += " Below it, notes on how the input was read."
    sheet.heading("Findings", subtitle)
    sheet.table_head(_TOP, _WIDTHS.items(), right=("Stated", "Computed"))
    for row, finding in enumerate(report.findings, start=_TOP + 1):
        impossible = finding.level == "impossible"
        sheet.put(row, 1, finding.level, replace(STRONG, fill=WARN_FILL if impossible else ""))
        sheet.put(row, 2, finding.model or EVERY_MODEL, TEXT)
        sheet.put(row, 3, finding.column, CODE)
        sheet.put(row, 4, finding.message, TEXT)
        column = report.columns.get(finding.column)
        for number, value in ((5, finding.stated), (6, finding.computed)):
            if value is not None and column is not None:
                shown = show(value, column.unit, column.format, significant=4)
                sheet.put(row, number, shown, Look(horizontal="right", vertical="top"))
        address = layout.address(finding.column, finding.model)
        sheet.put(row, 7, address, replace(GO_TO, indent=1))
        sheet.link(row, 7, address)
    below = _TOP + 1 + len(report.findings)
    for row, failure in enumerate(report.failures, start=below):
        sheet.put(row, 1, "failed", FAILED)
        sheet.put(row, 4, str(failure), TEXT)
    for row, warning in enumerate(report.warnings, start=below + len(report.failures)):
        sheet.put(row, 1, "note", TEXT)
        sheet.put(row, 4, warning, TEXT)
