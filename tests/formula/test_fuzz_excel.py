"""Thousands of random expressions: what LibreOffice computes is what numpy computes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table

from moe_report.formula import functions
from moe_report.formula.excel import excel
from moe_report.formula.expr import lift, symbol
from moe_report.formula.operations import OPERATIONS
from tests.formula.random_expressions import (
    DEPTH,
    NAMES,
    Draw,
    Drawer,
    alike,
    by_column,
    doubt,
    outcome,
    traps,
)
from tests.office import recalculated

DRAWS = 4_400


def outcome_of_cell(value: object) -> float | str:
    """The same, of a cell that LibreOffice computed; it is empty where there is no number."""
    if value is None or value == "":
        return "empty"
    assert isinstance(value, (int, float)), value
    return float(value)


def write(draws: list[Draw], path: Path) -> None:
    """Put every draw in a row of a table: its values, its formula by cell and by column."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Models"
    sheet.append([*NAMES, "by cell", "by column"])
    columns = {name: get_column_letter(at) for at, name in enumerate(NAMES, start=1)}
    for row, draw in enumerate(draws, start=2):
        cells = [draw.absent if draw.values[n] is None else draw.values[n] for n in NAMES]
        formulas = [
            excel(draw.expr, lambda name, row=row: f"{columns[name]}{row}"),  # type: ignore[misc]
            excel(draw.expr, by_column),
        ]
        sheet.append([*cells, *(f"={formula}" for formula in formulas)])
    sheet.add_table(Table(displayName="Models", ref=f"A1:{sheet.dimensions.split(':')[1]}"))
    book.save(path)


def disagreements(draws: list[Draw], path: Path) -> list[str]:
    """The draws on which LibreOffice and we differ."""
    write(draws, path)
    rows = recalculated(path, path.parent / "out", "Models")[1:]
    assert len(rows) == len(draws)
    wrong = []
    for draw, row in zip(draws, rows, strict=True):
        ours = outcome(draw)
        ours = "empty" if isinstance(ours, str) else ours
        for theirs in map(outcome_of_cell, row[len(NAMES) : len(NAMES) + 2]):
            if not alike(ours, theirs):
                wrong.append(
                    f"{draw.expr!r} of {draw.values} is {ours!r} here and {theirs!r} there: "
                    f"{excel(draw.expr, str)}"
                )
    return wrong


@pytest.fixture(scope="module")
def drawer() -> Drawer:
    """The one that drew ``drawn``."""
    return Drawer(seed=20240901)


@pytest.fixture(scope="module")
def drawn(drawer: Drawer) -> list[Draw]:
    """The random expressions."""
    return drawer.draws(DRAWS)


def test_libreoffice_computes_every_expression_alike(drawn: list[Draw], tmp_path: Path) -> None:
    """No random expression and no known trap has another value, or is missing elsewhere."""
    wrong = disagreements([*traps(), *drawn], tmp_path / "fuzz.xlsx")
    assert not wrong, f"{len(wrong)} disagreements, the first: " + "\n".join(wrong[:5])


def test_a_wrong_formula_is_noticed(tmp_path: Path) -> None:
    """The comparison sees an unbracketed minus, an off digit, and a number for none."""
    draws = traps()[:1]
    assert not disagreements(draws, tmp_path / "right.xlsx")
    assert not alike(-4.0, 4.0)
    assert not alike(1.0, 1.0 + 1e-11)
    assert not alike("empty", 0.0)
    with pytest.raises(AssertionError):
        outcome_of_cell("#DIV/0!")
    wrong = Draw(lift(2) ** 2, draws[0].values)
    rows = recalculated(tmp_path / "right.xlsx", tmp_path / "again", "Models")
    assert not alike(outcome(wrong), outcome_of_cell(rows[1][len(NAMES)]))


def test_draws_cover_every_operation_and_outcome(drawn: list[Draw]) -> None:
    """Each operation occurs often, and values, missing and undefined results all do."""
    used = Counter(node.op for draw in drawn for node in draw.expr.walk())
    assert set(OPERATIONS) <= set(used)
    assert min(used[op] for op in OPERATIONS) > 100
    outcomes = Counter(
        result if isinstance(result := outcome(draw), str) else "value" for draw in drawn
    )
    assert outcomes["value"] > 0.4 * len(drawn)
    assert outcomes["missing"] > 0.1 * len(drawn)
    assert outcomes["undefined"] > 0.1 * len(drawn)
    assert max(draw.expr.depth for draw in drawn) > DEPTH


def test_a_modest_share_is_drawn_again(drawer: Drawer, drawn: list[Draw]) -> None:
    """Ill-conditioned draws and formulas that are too long are few, whatever the reason."""
    redrawn = sum(drawer.redrawn.values())
    assert redrawn <= 0.15 * (len(drawn) + redrawn), drawer.redrawn


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        (symbol("x") - (symbol("x") + 1e-13), "cancellation"),
        (functions.where(symbol("x") < symbol("x") * 1.0000000001, 1, 0), "comparison"),
        (functions.floor(symbol("x") + 5e-7), "rounding"),
        (functions.exp(symbol("x") * 350), "overflow"),
        ((symbol("x") / 3) ** 3000, "overflow"),
        (symbol("x") * 1e-200 * 1e-200, "overflow"),
        ((-symbol("x")) ** (symbol("x") + 1e-10), "domain"),
        (functions.exp(functions.exp(symbol("x") * 3.2)), "precision"),
        (symbol("x") - 2, ""),
        (functions.where(symbol("x") == 2, 1, 0), ""),
        (functions.where(symbol("x") > 0, 1, symbol("x") - (symbol("x") + 1e-13)), ""),
        (functions.sqrt(-symbol("x")), ""),
    ],
)
def test_ill_conditioned_draws_are_recognised(expr: Any, why: str) -> None:
    """The condition names its reason, and lets zeros, equal numbers and unused arms pass."""
    assert doubt(Draw(expr, {"x": 2.0})) == why
