"""An update for some sections says which sheets of the report leave it."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from tests.commands import run


def test_sheets_of_sections_that_are_not_chosen_are_named(tmp_path: Path) -> None:
    """For what was chosen and typed there leaves with them; what stays is not named."""
    path = tmp_path / "models.csv"
    path.write_text("name,num_experts,num_experts_per_tok\na,8,2\n", "utf-8")
    assert run("run", path, "-o", tmp_path, "--format", "xlsx", "-q").exit_code == 0
    report = tmp_path / "models.report.xlsx"
    before = openpyxl.load_workbook(report).sheetnames
    done = run("run", "--update", report, "--skip", "fit", "-q")
    assert done.exit_code == 0, done.output
    gone = [name for name in before if name not in openpyxl.load_workbook(report).sheetnames]
    assert "Fit" in gone
    shown = ", ".join(name for name in gone if name != "Workings")
    assert f"models.report.xlsx: the sheets {shown} leave the report, with what was" in done.output
    again = run("run", "--update", report, "--skip", "fit", "-q")
    assert "leave" not in again.output
