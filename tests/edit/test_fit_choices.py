"""What is chosen on the sheet Fit of a report, after an update."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import moe_report
from moe_report.cli.main import main
from tests.edit.test_device_prices import price_row, prices
from tests.edit.test_device_prices import type_in as priced
from tests.edit.test_update import MODELS, edited, loaded, made, report, run, update, write_input
from tests.office import disagreements, recalculated, stored

__all__ = ["made", "report"]  # fixtures
ROWS = {"device": 7, "precision": 8, "cache": 9, "context": 10, "devices": 12, "tp": 13}
TYPED = {
    "C5": "Large", "D5": None, "C7": "RTX 4090", "C8": "BF16", "D9": "FP8 records", "C10": 32768,
    "C12": 2, "D13": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def counting_alone() -> None:
    """Those that plan are asked here."""


def type_in(book: Any) -> None:
    """Choices of a user."""
    for address, value in TYPED.items():
        book["Fit"][address] = value


@pytest.mark.parametrize("settle", [False, True])
def test_choices_are_kept(report: Path, tmp_path: Path, settle: bool) -> None:
    """Typed choices stay, as openpyxl and LibreOffice save them, and the rest follows again."""
    sheet = loaded(report)["Fit"]
    assert [sheet.cell(row, 1).value for row in ROWS.values()] == [
        "Device", "Weights", "Cache", "Context", "Devices, spread as engines do",
        "Tensor parallelism",
    ]  # fmt: skip
    edited(report, type_in, settle=settle)
    for _ in range(2):
        done = update(report)
        assert "Fit" not in done.output
    sheet = loaded(report)["Fit"]
    for address, value in TYPED.items():
        assert (sheet[address].value or None) == value, address
    assert sheet["D10"].value == "=context_length"
    for name in ("Fit", "Workings"):
        assert not disagreements(stored(report, name), recalculated(report, tmp_path / "a", name))


def test_a_run_takes_choices_and_prices_along(report: Path, tmp_path: Path) -> None:
    """A new report of an older one has what was typed in it, on the sheets Fit and Devices."""
    priced(report, {"H100 SXM": 3.5, "B200": None})
    edited(report, type_in)
    folder = tmp_path / "new"
    done = run(report, "-o", folder, "--format=xlsx", "-q")
    assert done.exit_code == 0, done.output
    (new,) = folder.glob("*.xlsx")
    sheet = loaded(new)["Fit"]
    for address, value in TYPED.items():
        assert (sheet[address].value or None) == value, address
    found = prices(new)
    assert (found["H100 SXM"], found["B200"]) == (3.5, None)
    assert str(found["H200"]).startswith("=Hardware!")
    assert moe_report.report(report).device_prices == {"H100 SXM": 3.5, "B200": None}


@pytest.mark.parametrize(
    ("sheet", "address", "value"),
    [
        (None, "", None), ("Fit", "C10", 9), ("Fit", "D5", None), ("Compare", "D5", "Large"),
        ("Devices", "B", 1.5),
    ],
)  # fmt: skip
def test_a_second_report_is_named_if_it_chooses_anything(
    report: Path, tmp_path: Path, sheet: str | None, address: str, value: object
) -> None:
    """Its first models, and nothing else, are in every new report."""
    other = write_input(tmp_path / "other.xlsx", {**MODELS, "name": ["One", "Two"]})
    assert run(other, "-o", tmp_path, "--format=xlsx", "-q").exit_code == 0
    if sheet:
        row = f"{price_row(report)}" if sheet == "Devices" else ""
        edited(report, lambda book: book[sheet].__setitem__(f"{address}{row}", value))
    done = run(tmp_path / "other.report.xlsx", report, "-o", tmp_path / "new", "--format=xlsx")
    assert done.exit_code == 0, done.output
    assert ("choose is not used" in " ".join(done.output.split())) == bool(sheet)


def test_a_run_names_choices_that_it_does_not_take(report: Path, tmp_path: Path) -> None:
    """What cannot be chosen any more, and those of a second report."""
    edited(report, type_in)
    other = write_input(tmp_path / "other.xlsx", {**MODELS, "name": ["One", "Two"]})
    assert run(other, "-o", tmp_path, "--format=xlsx", "-q").exit_code == 0
    first = tmp_path / "other.report.xlsx"
    done = run(first, report, "-o", tmp_path / "new", "--format=xlsx")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "models.report.xlsx: what its sheets Fit, Devices and Compare choose is not used" in said
    edited(report, lambda book: book["Fit"].__setitem__("D7", "H900"))
    done = run(report, "-o", tmp_path / "again", "--format=xlsx")
    assert "'H900' in D7 cannot be chosen any more" in " ".join(done.output.split())


@pytest.mark.parametrize("settle", [False, True])
def test_a_run_names_formulas_that_it_does_not_take(
    report: Path, tmp_path: Path, *, settle: bool
) -> None:
    """Those of a user, as an update does; ours follow again and are not named."""

    def edit(book: Any) -> None:
        book["Fit"]["C10"], book["Fit"]["D5"] = "=2*context_length", "=C5"
        book["Fit"]["E7"] = "RTX 4090"

    edited(report, edit, settle=settle)
    done = run(report, "-o", tmp_path / "new", "--format=json")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "sheet Fit, cell C10: your formula '=2*context_length' is not kept; type its" in said
    assert "sheet Fit, cell D5: your formula '=C5' is not kept" in said
    assert said.count("your formula") == 2


def test_a_report_of_fit_names_what_it_does_not_take(report: Path, tmp_path: Path) -> None:
    """Sheets of the user's own, and what the sheets of the older report choose."""

    def edit(book: Any) -> None:
        book.create_sheet("Mine")
        book["Fit"]["C10"] = 9

    for is_edited in (False, True):
        if is_edited:
            edited(report, edit)
        target = tmp_path / f"{is_edited}.json"
        done = CliRunner().invoke(main, ["fit", str(report), "--device=H100", "-o", str(target)])
        said = " ".join(done.output.split())
        assert target.is_file(), said
        assert ("not in the new report: the sheet 'Mine' (" in said) == is_edited
        assert ("its sheets Fit, Devices and Compare choose is not used" in said) == is_edited


@pytest.mark.parametrize(
    ("address", "value", "said"),
    [
        ("C5", "Gone", "'Gone' in C5 cannot be chosen any more"),
        ("D7", "H900", "'H900' in D7 cannot be chosen any more"),
        ("E10", -3, "'-3' in E10 cannot be chosen any more"),
        ("F13", "two", "'two' in F13 cannot be chosen any more"),
        ("C10", "=2*context_length", "C10: your formula '=2*context_length' is not kept"),
        ("C8", "=Notes!A1", "C8: your formula '=Notes!A1' is not kept"),
    ],
)
def test_what_is_not_kept_is_named(report: Path, address: str, value: object, said: str) -> None:
    """What cannot be chosen, and a formula, is named in a line; the cell is as in a new report."""

    def edit(book: Any) -> None:
        book["Fit"][address] = value

    done = run("--update", edited(report, edit))
    assert done.exit_code == 0, done.output
    assert said in " ".join(done.output.split())
    assert loaded(report)["Fit"][address].value != value


def test_a_text_beside_the_choices_is_not_lost(report: Path) -> None:
    """What is no choice is refused by its cell, as on our other sheets."""

    def edit(book: Any) -> None:
        book["Fit"]["J3"] = "mine"

    done = run("--update", edited(report, edit))
    assert done.exit_code == 1
    assert "sheet Fit, cell J3: 'mine' would be lost" in " ".join(done.output.split())


def test_a_model_that_leaves_the_report_is_named(report: Path, tmp_path: Path) -> None:
    """Its column is left empty, and the choices in it stay."""
    edited(report, type_in)
    columns = {"name": ["Small"], "num_experts": [64], "num_experts_per_tok": [8]}
    source = write_input(tmp_path / "fewer.xlsx", columns)
    done = run(source, "--update", report)
    assert done.exit_code == 0, done.output
    assert "'Large' in C5 cannot be chosen any more" in " ".join(done.output.split())
    sheet = loaded(report)["Fit"]
    assert (sheet["C5"].value, sheet["C7"].value) == ("", "RTX 4090")
