"""No cell of the report of all examples is an error, as stored and as LibreOffice computes it."""

from __future__ import annotations

from pathlib import Path

from moe_report.load.our_sheets import CHART_DATA_SHEET
from tests.office import convert, opened

GAP = "#N/A"  # what charts leave out: they would draw an empty text as 0


def errors(workbook: Path) -> dict[str, set[object]]:
    """The errors of each sheet that has some."""
    return {
        sheet.title: found
        for sheet in opened(workbook)
        if (found := {c.value for row in sheet.iter_rows() for c in row if c.data_type == "e"})
    }


def test_no_cell_is_an_error(demo: Path, tmp_path: Path) -> None:
    """A number that is missing or undefined is empty; only charts have a sign for a gap."""
    report = demo / "models.report.xlsx"
    assert errors(report) == {CHART_DATA_SHEET: {GAP}}
    assert errors(convert(report, tmp_path)) == {CHART_DATA_SHEET: {GAP}}
