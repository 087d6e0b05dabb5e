"""Columns of a report that were renamed or deleted since: no number gets lost without a word."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.edit.test_update import MODELS, at, edited, loaded, run, update, value_of, write_input
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import letters
from tests.office import HEADER

NEW = "Breite"
GONE = "come back without what was typed in them"


def rename(report: Path, *headers: str, to: str = NEW) -> Path:
    """The report with other headers: the first gets this one, others have a number behind it."""

    def change(book: Any) -> None:
        for number, header in enumerate(headers):
            cell = book["Models"][f"{letters(book['Models'], header)}{HEADER}"]
            cell.value = to + str(number or "")

    return edited(report, change)


def delete(report: Path, header: str) -> Path:
    """The report without what stands in a column, as who empties it would leave it."""

    def change(book: Any) -> None:
        letter = letters(book["Models"], header)
        for row in range(1, book["Models"].max_row + 1):
            book["Models"][f"{letter}{row}"].value = None

    return edited(report, change)


@pytest.mark.parametrize("header", [*list(MODELS)[1:-2], "remark"])
def test_a_renamed_column_is_asked_about(report: Path, header: str) -> None:
    """It would come back empty; with the answer, all is as it was."""
    rename(report, header)
    before = report.read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    assert f"found '{NEW}' where the report had the column {header}, " in done.output
    assert f"--column '{NEW}={header}' reads it so" in done.output
    assert report.read_bytes() == before
    done = update(report, "--column", f"{NEW}={header}")
    assert GONE not in done.output
    assert at(loaded(report)["Models"], "Small", header).value == MODELS[header][0]
    assert NEW not in [cell.value for cell in loaded(report)["Models"][HEADER]]


def test_several(report: Path) -> None:
    """Side by side and apart, each is asked about as what it was."""
    names = ("num_hidden_layers", "hidden_size", "vocab_size", "num_experts")
    done = run("--update", rename(report, *names))
    assert done.exit_code == 1
    for number, name in enumerate(names):
        assert f"--column '{NEW}{number or ''}={name}'" in done.output
    said = [f"--column={NEW}{number or ''}={name}" for number, name in enumerate(names)]
    update(report, *said)
    book = loaded(report)
    assert [at(book["Models"], "Large", name).value for name in names] == [
        MODELS[name][1] for name in names
    ]


def test_a_number_typed_for_a_metric(report: Path) -> None:
    """Its column is one that computes; with a number in it, it is asked about too."""
    edited(report, lambda book: setattr(at(book["Models"], "Small", "total_params"), "value", 7e9))
    done = run("--update", rename(report, "total_params"))
    assert (done.exit_code, f"--column '{NEW}=total_params'" in done.output) == (1, True)


def test_it_may_be_a_column_of_the_users(report: Path) -> None:
    """Who says so has it kept, and the field's column comes back, which is said."""
    rename(report, "hidden_size")
    done = update(report, "--column", f"{NEW}=")
    assert f"{GONE}: hidden_size" in done.output
    assert at(loaded(report)["Models"], "Small", NEW).value == 2048
    assert at(loaded(report)["Models"], "Small", "hidden_size").value is None
    assert GONE not in update(report).output


def test_a_dry_run_refuses_it_too(report: Path) -> None:
    """As the update would."""
    done = run("--update", rename(report, "hidden_size"), "--dry-run")
    assert (done.exit_code, f"'{NEW}=hidden_size'" in done.output) == (1, True)


def test_a_deleted_column_is_told(report: Path) -> None:
    """It is the user's right."""
    assert f"{GONE}: hidden_size\n" in update(delete(report, "hidden_size")).output


def test_a_column_of_the_users_beside_it(report: Path) -> None:
    """A new column elsewhere is none that was renamed."""
    delete(report, "hidden_size")
    edited(report, lambda book: _add(book["Models"], "mine", 5))
    done = update(report)
    assert f"{GONE}: hidden_size\n" in done.output
    assert at(loaded(report)["Models"], "Small", "mine").value == 5


def test_the_last_column_of_ours_deleted(report: Path) -> None:
    """Then the user's own columns stand in its place, and are none that was renamed."""

    def change(book: Any) -> None:
        sheet = book["Models"]
        last, own = (
            sheet[f"{letters(sheet, name)}1"].column for name in ("compare_with", "#price")
        )
        for row in range(1, sheet.max_row + 1):
            sheet.cell(row, last).value = sheet.cell(row, own).value
            sheet.cell(row, own).value = None

    done = update(edited(report, change))
    assert f"{GONE}: compare_with\n" in done.output
    assert at(loaded(report)["Models"], "Small", "#price").value == 1.5


def test_a_column_of_the_users_with_a_heading_of_ours(report: Path) -> None:
    """What heads a group of columns is no column that is gone."""
    edited(report, lambda book: _add(book["Models"], "Parameter efficiency", 5))
    for _ in range(2):
        assert GONE not in update(report).output
    assert at(loaded(report)["Models"], "Large", "Parameter efficiency").value == 5


def _add(sheet: Any, header: str, value: float) -> None:
    column = sheet.max_column + 1
    sheet.cell(HEADER, column, header)
    for name in MODELS["name"]:
        sheet.cell(at(sheet, name, "name").row, column, value)


def test_another_input_brings_the_numbers(report: Path, tmp_path: Path) -> None:
    """Then the report's own columns are not read for them."""
    rename(report, "hidden_size")
    source = write_input(tmp_path / "again.xlsx", {**MODELS, "num_experts": (64, 256)})
    done = update(report, source)
    assert GONE not in done.output
    assert value_of(report, "Large", "hidden_size") == 2048


def test_nothing_is_said_of_a_report_as_it_was(report: Path, tmp_path: Path) -> None:
    """Nor of one whose user's column is renamed."""
    copy = Path(shutil.copy(report, tmp_path / "copy.report.xlsx"))
    assert update(copy).output == ""
    edited(report, lambda book: setattr(at_header(book, "#price"), "value", "#cost"))
    assert GONE not in update(report).output


def at_header(book: Any, header: str) -> Any:
    """The cell of a header of Models."""
    return next(cell for cell in book["Models"][HEADER] if cell.value == header)
