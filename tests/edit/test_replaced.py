"""What of an older report gives way to an input, or for sections that are not chosen, is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import openpyxl

from moe_report.edit.replaced import replaced_by
from moe_report.table import CarriedCell, ModelTable, Reference, Row, Source
from tests.edit.test_update import HEADER, context_of, run, update
from tests.edit.test_update import made as made  # a fixture
from tests.workbooks import F, calculated


def edited(made: Path, folder: Path, cells: dict[tuple[str, int], object]) -> Path:
    """A copy of a report in which cells of models hold something else, by header and model."""
    report = Path(shutil.copy(made, folder / "models.report.xlsx"))
    book: Any = openpyxl.load_workbook(report)
    sheet = book["Models"]
    at = {cell.value: cell.column for cell in sheet[HEADER]}
    for (header, model), value in cells.items():
        sheet.cell(HEADER + 1 + model, at[header]).value = value
    book.save(report)
    return report


def test_what_an_input_says_otherwise_is_named(made: Path, tmp_path: Path) -> None:
    """Numbers, texts, the user's columns and formulas in them; nothing where both say the same."""
    changes = {("hidden_size", 0): 4096, ("remark", 0): "mine", ("#price", 1): "=7*2"}
    report = edited(made, tmp_path, changes)
    done = update(report, made.parent / "models.xlsx")
    assert (
        "models.report.xlsx: what the input says takes the place of 3 cells that had something "
        "else: hidden_size of Small, remark of Small, #price of Large" in done.output
    )
    book = openpyxl.load_workbook(report)
    assert "=7*2" not in [cell.value for cell in book["Models"][HEADER + 2]]
    assert "takes the place" not in update(report, made.parent / "models.xlsx").output
    assert "takes the place" not in update(edited(made, tmp_path, changes)).output


def test_values_of_formulas_are_not_told_to_differ() -> None:
    """They follow from what is named already; a value in place of a formula is another cell."""
    twice, thrice = (CarriedCell((f"{factor}*", Reference("num_experts"))) for factor in (2, 3))
    for looks, value, told in (
        ([{"Own": twice}, {"Own": twice}], 32, False),
        ([{"Own": twice}, {"Own": thrice}], 16, True),
        ([{}, {"Own": twice}], 16, True),
        ([{}, {}], 32, True),
        ([{}, {}], 16, False),
        ([{}, {}], None, False),
    ):
        said, stood = (
            Row("a", carried={"Own": one}, looks=look)
            for one, look in zip((16, value), looks, strict=True)
        )
        notes = replaced_by([said], ModelTable((stood,), Source("old.xlsx")))
        assert [note.endswith(": Own of a") for note in notes] == [True] * told


def test_formulas_of_an_input_that_moved_are_those_of_the_report(tmp_path: Path) -> None:
    """Where the report has another unit, or other columns, than the input."""
    rows = [("name", "num_experts", "num_experts_per_tok", "Total (B)", "Price"),
            ("a", 8, 2, 46.7, F("=D2*0.5+B2", 31.35))]  # fmt: skip
    path = calculated(tmp_path / "models.xlsx", {"Models": rows})
    assert run(path, "-o", tmp_path, "--format", "xlsx", "-q").exit_code == 0
    assert "takes the place" not in update(tmp_path / "models.report.xlsx", path).output


def test_what_sections_that_are_not_chosen_take_along_is_said(made: Path, tmp_path: Path) -> None:
    """Their sheets, and assumptions that were set; with all of them there is nothing to say."""
    report = Path(shutil.copy(made, tmp_path / "models.report.xlsx"))
    book = openpyxl.load_workbook(report)
    context_of(book).value = 64
    book.save(report)
    assert "leave" not in update(report).output
    said = update(report, "--only", "parameter_efficiency").output
    assert "no section that is chosen takes context_length = 64" in said
    assert "leave" not in update(report, "--only", "parameter_efficiency").output


def test_a_truth_that_a_formula_gives_stays_one(tmp_path: Path) -> None:
    """LibreOffice saves TRUE as a formula."""
    rows = [("name", "num_experts", "num_experts_per_tok", "Open"), ("a", 8, 2, F("=B2>4", True))]
    path = calculated(tmp_path / "models.xlsx", {"Models": rows})
    assert run(path, "-o", tmp_path, "--format", "xlsx", "-q").exit_code == 0
    book = openpyxl.load_workbook(tmp_path / "models.report.xlsx", data_only=True)
    values = [cell.value for cell in book["Models"][HEADER + 1]]
    assert any(value is True for value in values)
