"""The annotated workbook: Summary, Models, Assumptions, Method, Findings, perhaps Report."""

from __future__ import annotations

import datetime

from moe_report.grid import REPORT_PROPERTY, REPORT_SHEET
from moe_report.renderers.book import Book
from moe_report.renderers.models_sheet import write_models
from moe_report.renderers.reference_sheets import (
    write_assumptions,
    write_findings,
    write_method,
    write_settings,
)
from moe_report.renderers.summary_sheet import write_summary
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
    book = Book("Summary", "Models", "Assumptions", "Method", "Findings", *settings, "Chart data")
    layout = write_models(book, report)
    write_assumptions(book, report)
    write_method(book, report)
    write_findings(book, report, layout)
    if settings:
        write_settings(book, said)
    write_summary(book, report, layout)
    book.mark(REPORT_PROPERTY, report.version)
    return book.save(report.title, datetime.datetime.fromisoformat(report.created))
