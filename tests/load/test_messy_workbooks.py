"""Workbooks as people keep them are read as a careful human reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import run
from tests.messy.form import Messy, carried_formulas
from tests.messy_workbooks import WORKBOOKS, check


@pytest.mark.parametrize("messy", WORKBOOKS, ids=lambda messy: messy.name)
def test_a_workbook_is_read_as_a_careful_human_reads_it(messy: Messy, tmp_path: Path) -> None:
    """Models, their numbers and nothing else; what is carried, asked about, said, refused."""
    path = tmp_path / messy.name
    messy.build(path)
    check(messy, path, tmp_path)


def test_every_workbook_has_a_name_of_its_own() -> None:
    """Two tables don't hide each other in the list of tests."""
    names = [messy.name for messy in WORKBOOKS]
    assert len(names) == len(set(names))


def test_a_carried_formula_stays_a_formula_of_its_own_row(tmp_path: Path) -> None:
    """What somebody computes beside a model's numbers goes on computing in the report."""
    messy = next(messy for messy in WORKBOOKS if messy.name == "table with formulas.xlsx")
    path = tmp_path / messy.name
    messy.build(path)
    result = run("run", path, "-o", tmp_path / "out", "--format", "xlsx")
    assert result.exit_code == 0, result.output
    (report,) = (tmp_path / "out").iterdir()
    cells = carried_formulas(report, "Cost index")[:3]
    assert [str(cell.value)[:1] for cell in cells] == ["="] * 3


def test_a_carried_column_keeps_its_number_format(tmp_path: Path) -> None:
    """A price stays a price, a month stays a month."""
    messy = next(messy for messy in WORKBOOKS if messy.name == "dates and prices.xlsx")
    path = tmp_path / messy.name
    messy.build(path)
    result = run("run", path, "-o", tmp_path / "out", "--format", "xlsx")
    assert result.exit_code == 0, result.output
    (report,) = (tmp_path / "out").iterdir()
    prices = carried_formulas(report, "Price / 1M tokens")[:3]
    assert [(cell.value, "$" in cell.number_format) for cell in prices] == [
        (0.24, True), (0.27, True), (0.2, True),
    ]  # fmt: skip
    months = carried_formulas(report, "Released")[:3]
    assert [cell.is_date and cell.value.year for cell in months] == [2023, 2024, 2025]
