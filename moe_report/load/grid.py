"""The cells of a sheet, and what every reader of a workbook shares."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.utils.escape import unescape

from moe_report.errors import InputError, Problem
from moe_report.ooxml.package import Package
from moe_report.ooxml.scan import Scan, scan_sheet

SHEET = "Models"
ASSUMPTIONS_SHEET = "Assumptions"
REPORT_SHEET = "Report"
COMPARE_SHEET = "Compare"
CHARTS_SHEET = "Charts"
CHART_DATA_SHEET = "Chart data"
NOTES_SHEET = "Notes"
# A property that our own reports carry: in them, a formula in a metric's column is recomputed.
REPORT_PROPERTY = "moe-report"
HEADER_ROWS = 30  # a header is looked for in so many rows
STORED_AS_TEXT = " (it is stored as text; convert the cell to a number)"


@dataclass(frozen=True)
class Places:
    """Where a sheet has what.

    Attributes:
        sheet: Name of the sheet.
        header: Number of the header row.
        columns: Number of the column of each field and metric.
        scales: What one of a column's numbers is, where its header has a unit.
        rows: Number of the row of each model.
        last_row: Number of the last row with content.
        last_column: Number of the last column with content.
    """

    sheet: str
    header: int
    columns: Mapping[str, int]
    scales: Mapping[str, float]
    rows: Mapping[str, int]
    last_row: int
    last_column: int


def read_grid(
    book: Any, package: Package, file: str, sheet: str
) -> tuple[Scan, list[Sequence[Any]]]:
    """Return a sheet's scan and its cells, row by row, within the bounds of its content."""
    scan = scan_sheet(package[package.sheets()[sheet]], f"{file}, sheet {sheet}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on what openpyxl would lose if it saved
            worksheet = book[sheet]
            worksheet.reset_dimensions()
            rows = worksheet.iter_rows(max_row=max(scan.rows, 1), max_col=max(scan.columns, 1))
            grid = list(rows)
    except Exception as error:  # openpyxl raises whatever a broken cell makes it stumble over
        problem = Problem(f"{file}, sheet {sheet}", unreadable("the file's cells", error))
        raise InputError([problem]) from error
    return scan, grid


def unreadable(what: str, error: Exception) -> str:
    """Return what to say of a file that a reader stumbled over."""
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} cannot be read ({cause}); open it in Excel or LibreOffice and save it as .xlsx"


def sheet_named(wanted: str, names: Iterable[str]) -> str | None:
    """Return the sheet of that name; like Excel, without regard to case."""
    return {name.casefold(): name for name in names}.get(wanted.casefold())


def plain(value: Any) -> Any:
    """Return a cell's value; what a file spells _x000D_ is the character that it stands for."""
    if not isinstance(value, str):
        return value
    text = unescape(value).replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shows_percent(number_format: str) -> bool:
    """Whether a number format shows hundredths; a quoted or escaped % is only a letter."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", number_format)
