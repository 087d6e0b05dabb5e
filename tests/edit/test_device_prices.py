"""What is typed over prices on the sheet Devices of a report, after an update."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.edit.test_update import edited, loaded, made, report, run, update
from tests.office import disagreements, recalculated, stored
from tests.renderers.test_own_presets import add

__all__ = ["made", "report"]  # fixtures


@pytest.fixture(scope="module")
def counting_alone() -> None:
    """Those that plan are asked here."""


def price_row(report: Path) -> int:
    """The row of the prices."""
    cells = (row[0] for row in loaded(report)["Devices"].iter_rows())
    return int(next(cell.row for cell in cells if "Price of" in str(cell.value)))


def prices(report: Path) -> dict[str, object]:
    """What stands in the cells of the prices, by the device's name."""
    row, sheet = price_row(report), loaded(report)["Devices"]
    heads = stored(report, "Devices")[row - 2][1:]
    return {str(name): sheet.cell(row, at).value for at, name in enumerate(heads, start=2)}


def type_in(report: Path, typed: dict[str, object], *, settle: bool = False) -> Path:
    """Type prices of devices."""
    row, names = price_row(report), list(prices(report))

    def edit(book: Any) -> None:
        for name, price in typed.items():
            book["Devices"].cell(row, names.index(name) + 2).value = price

    return edited(report, edit, settle=settle)


def with_own(report: Path, folder: Path) -> Path:
    """A report that is made of one with a row added on the sheet of devices."""
    done = run(add(report), "-o", folder, "--format=xlsx", "-q")
    assert done.exit_code == 0, done.output
    (made,) = folder.glob("*.xlsx")
    return made


@pytest.mark.parametrize("settle", [False, True])
def test_prices_are_kept(report: Path, tmp_path: Path, settle: bool) -> None:
    """Typed ones, one of a device of the user's own, and one that was emptied; the rest follows."""
    report = with_own(report, tmp_path / "own")
    typed = {"H100 SXM": 3.5, "Own X1": 0.25, "B200": None}
    type_in(report, dict(typed), settle=settle)
    for _ in range(2):
        done = update(report)
        assert "Devices" not in done.output
    found = prices(report)
    assert {name: found[name] for name in typed} == typed
    assert all(str(found[name]).startswith("=Hardware!") for name in found.keys() - typed)
    for name in ("Devices", "Workings"):
        assert not disagreements(stored(report, name), recalculated(report, tmp_path / "a", name))
    type_in(report, {"B200": 6})  # where nothing was written
    update(report)
    assert prices(report)["B200"] == 6


def test_a_device_that_is_gone_is_named(report: Path, tmp_path: Path) -> None:
    """With its cell and its price; those of the others stay with their devices."""
    report = with_own(report, tmp_path / "own")
    type_in(report, {"H100 SXM": 3.5, "Own X1": 0.25})

    def edit(book: Any) -> None:
        sheet = book["Hardware"]
        sheet.delete_rows(sheet.max_row)

    done = run("--update", edited(report, edit))
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert f"{price_row(report)}: the price 0.25 is of a device, which is not there any" in said
    assert "Own X1" not in prices(report)
    assert prices(report)["H100 SXM"] == 3.5


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("two", "'two' is no price of H100 SXM, expected a number"),
        (-3, "'-3' is no price of H100 SXM, expected"),
        ("=2*device_price", "your formula '=2*device_price' is not kept"),
        ("=Notes!A1", "your formula '=Notes!A1' is not kept"),
    ],
)
def test_what_is_not_kept_is_named(report: Path, typed: object, said: str) -> None:
    """What is no price, and a formula, is named in a line; the cell is as in a new report."""
    done = run("--update", type_in(report, {"H100 SXM": typed}))
    assert done.exit_code == 0, done.output
    assert f"sheet Devices, cell C{price_row(report)}: {said}" in " ".join(done.output.split())
    assert str(prices(report)["H100 SXM"]).startswith("=Hardware!")


def test_a_text_beside_the_prices_is_not_lost(report: Path) -> None:
    """What is none is refused by its cell, as on our other sheets."""
    row = price_row(report)

    def edit(book: Any) -> None:
        book["Devices"].cell(row, 60).value = "mine"

    done = run("--update", edited(report, edit))
    assert done.exit_code == 1
    assert f"sheet Devices, cell BH{row}: 'mine' would be lost" in " ".join(done.output.split())


def test_what_a_new_report_does_not_take_along_is_named(report: Path, tmp_path: Path) -> None:
    """Numbers over formulas of sheets that compute, and a formula for a number of a preset."""

    def edit(book: Any) -> None:
        assert book["Fit"]["C21"].value.startswith("=")
        book["Fit"]["C21"].value = 123
        book["Devices"]["B7"].value = 77
        book["Hardware"]["C6"].value = "=40+40"

    type_in(report, {"H100 SXM": 3.5})
    edited(report, edit, settle=True)
    done = run(report, "-o", tmp_path / "new", "--format=json")
    said = " ".join(done.output.split())
    assert "2 cells typed over (Fit!C21 '123', Devices!B7 '77'); 1 formula of yours" in said
    assert "only its value is taken (Hardware!C6 '=40+40')" in said
