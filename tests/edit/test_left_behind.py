"""What a user put into a report is named where a new report of it lacks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from tests.edit.test_update import at, context_of, edited, made, report, run

__all__ = ["made", "report"]  # fixtures


def put_in(book: Any) -> None:
    """A sheet, notes, comments, a cell and a chart."""
    mine = book.create_sheet("Mine")
    mine["A1"] = 3
    mine["A1"].comment = Comment("goes with its sheet", "me")
    book["Notes"]["B9"] = "ask Ann"
    at(book["Models"], "Large", "num_experts").comment = Comment("why so many?", "me")
    book["Summary"]["B1"].comment = Comment("nice", "me")
    book["Summary"]["M2"] = "ask Bob"
    chart = BarChart()
    chart.add_data(Reference(mine, range_string="Mine!$A$1:$A$1"))
    book["Method"].add_chart(chart, "H5")


def said_of(report: Path, folder: Path) -> str:
    """What a new report says of an older one."""
    done = run(report, "-o", folder, "--format=json")
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize("settle", [False, True])
def test_what_stays_in_an_older_report_is_named(
    report: Path, tmp_path: Path, *, settle: bool
) -> None:
    """Sheets, comments, cells and charts, as openpyxl and LibreOffice save them, in one line."""
    said = said_of(edited(report, put_in, settle=settle), tmp_path / "new")
    assert "note: models.report.xlsx: not in the new report: the sheets 'Mine', 'Notes'; " in said
    assert "2 comments (Summary!B1, Models!" in said
    assert "1 cell of yours (Summary!M2); charts, pictures or tables of yours on Method" in said
    assert "typed over" not in said
    assert "run --update keeps sheets and comments" in said


def test_of_a_report_as_it_was_written_nothing_is_named(report: Path, tmp_path: Path) -> None:
    """Nor of one that LibreOffice saved, and in which inputs were typed."""
    assert "not in the new report" not in said_of(report, tmp_path / "new")

    def type_in(book: Any) -> None:
        at(book["Models"], "Large", "num_experts").value = 64

    edited(report, type_in, settle=True)
    assert "not in the new report" not in said_of(report, tmp_path / "again")


@pytest.mark.parametrize("settle", [False, True])
def test_what_is_typed_over_ours_is_named(report: Path, tmp_path: Path, *, settle: bool) -> None:
    """Words and numbers where formulas or words of ours stood; not what is read as input."""

    def type_over(book: Any) -> None:
        assert book["Summary"]["C6"].value.startswith("=")
        book["Summary"]["C6"].value = 123.5
        book["Summary"]["A1"].value = "Our models"
        context_of(book).value = 777
        book["Compare"]["E4"].value = "Small"

    said = said_of(edited(report, type_over, settle=settle), tmp_path / "new")
    assert "2 cells typed over (Summary!A1 'Our models', Summary!C6 '123.5') (run" in said


def test_a_formula_in_a_cell_that_is_read_is_named(report: Path, tmp_path: Path) -> None:
    """An update says it, too: its value goes on without it."""
    places = []

    def type_in(book: Any) -> None:
        cell = context_of(book)
        cell.value = "=8000+192"
        places.append(cell.coordinate)

    said = said_of(edited(report, type_in, settle=True), tmp_path / "new")
    (place,) = places
    assert f"1 formula of yours, only its value is taken (Assumptions!{place} '=8000+192')" in said


def test_a_note_below_the_models_of_a_report_is_named(report: Path, tmp_path: Path) -> None:
    """It keeps no report from being read; an update, which would lose it, changes nothing."""

    def add_note(book: Any) -> None:
        sheet = book["Models"]
        sheet.cell(sheet.max_row + 2, 2).value = "Source: vendor page, 2025"

    before = edited(report, add_note).read_bytes()
    said = said_of(report, tmp_path / "new")
    assert "'Source: vendor page, 2025' (Models!" in said
    assert "is not a model and is skipped" in said
    done = run("--update", report)
    assert done.exit_code == 1
    assert "is skipped, and would be lost" in " ".join(done.output.split())
    assert report.read_bytes() == before
