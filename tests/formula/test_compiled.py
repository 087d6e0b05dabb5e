"""Formulas of many rows: what is computed in blocks is what the plain evaluation gives."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from moe_report.formula import compiled as module
from moe_report.formula.compiled import Compiled
from moe_report.formula.expr import Expr, lift, symbol
from moe_report.formula.functions import coalesce, minimum, where
from moe_report.formula.operations import evaluate
from moe_report.schema.registry import Registry
from tests.formula.random_expressions import NAMES, Drawer
from tests.rows import example_models

Column = NDArray[np.float64]
Columns = Mapping[str, Column | float]

ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 2.0, 1e200, -1e200, 1e-300, 0.5 + 4e-7, 3 - 4e-7)


def one_by_one(formulas: Mapping[str, Expr], columns: Columns) -> dict[str, Column]:
    """What the evaluation of one formula after the other gives."""
    known: dict[str, Column | float] = dict(columns)
    for name, expr in formulas.items():
        known[name] = evaluate(expr, known)
    return {name: np.asarray(known[name]) for name in formulas}


def assert_same(formulas: Mapping[str, Expr], columns: Columns) -> None:
    """The values are the same to the last bit, but for the sign of NaN."""
    computed = Compiled(formulas)(columns)
    expected = one_by_one(formulas, columns)
    assert list(computed) == list(expected)
    for name, values in expected.items():
        ours = np.broadcast_to(computed[name], values.shape)
        np.testing.assert_array_equal(ours, values, repr(formulas[name]))
        there = ~np.isnan(values)
        np.testing.assert_array_equal(np.signbit(ours)[there], np.signbit(values)[there])


def random_columns(random: np.random.Generator, rows: int) -> dict[str, Column | float]:
    """Numbers of every kind, in columns with and without odd ones, or the same in all rows."""

    def column() -> Column | float:
        values = random.choice([3.0, 7.5, -2.0, 40.0, 1 / 3, 12345.0], rows)
        values *= random.choice([1.0, 1.0 + 2**-40, 1e-3], rows)
        odd = random.choice(ODD, rows)
        share = random.choice([0.0, 0.0, 0.02, 0.5])
        values = np.where(random.random(rows) < share, odd, values)
        if random.random() < 0.3:
            return float(random.choice([*ODD, 3.5, 8.0]))
        return values[::-1] if random.random() < 0.1 else values

    return {name: column() for name in NAMES}


@pytest.mark.parametrize("seed", range(8))
def test_values_are_those_of_the_plain_evaluation(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of random formulas that refer to one another, over random columns, in blocks of few rows."""
    random = np.random.default_rng(seed)
    monkeypatch.setattr(module, "ROWS", 16)
    drawer = Drawer(seed=seed)
    found = missing = 0
    for _ in range(60):
        formulas: dict[str, Expr] = {}
        for at in range(6):
            known = [*NAMES, *formulas]
            expr = drawer.number(1 + at)
            formulas[f"f{at}"] = expr + symbol(str(random.choice(known)))
        formulas["test"] = drawer.test(3)
        formulas["x"] = coalesce(symbol("x"), symbol("test")) * symbol("f0")
        columns = random_columns(random, int(random.choice([0, 1, 15, 16, 17, 50])))
        assert_same(formulas, columns)
        for values in one_by_one(formulas, columns).values():
            found += np.count_nonzero(~np.isnan(values))
            missing += np.count_nonzero(np.isnan(values))
    assert found > 1000
    assert missing > 1000
