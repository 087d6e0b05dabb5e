"""What rows lack, told for all at once, is what is told of one after the other."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from moe_report.compute.lacking import NameSets, missing_names
from moe_report.formula.expr import Expr, lift, symbol
from moe_report.formula.functions import coalesce, minimum, where
from moe_report.formula.operations import evaluate, missing_symbols

A, B, C = map(symbol, "abc")
EXPRESSIONS = [
    A + B * C,
    coalesce(A * B, C),
    coalesce(A, B * C),
    coalesce(A * C, B * C),
    where(A > 1, B, C),
    where(A / B > 1, B + C, minimum(B, A)),
    coalesce(where(A > 1, B, C), B) + C,
]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_all_rows_lack_what_each_lacks(expr: float) -> None:
    """Of every pattern of missing, zero and other numbers, by the function for a single row."""
    whole: Expr = lift(expr)
    rows = np.array([*product((np.nan, 0.0, 2.0), repeat=3)])
    columns = dict(zip("abc", rows.T, strict=True))
    sets = NameSets()
    codes = missing_names(whole, columns, np.arange(len(rows)), sets)
    for at, row in enumerate(rows):
        numbers = dict(zip("abc", map(float, row), strict=True))

        def value(part: Expr, numbers: dict[str, float] = numbers) -> float:
            return float(evaluate(part, numbers))

        def present(name: str, numbers: dict[str, float] = numbers) -> bool:
            return not np.isnan(numbers[name])

        assert [*sets.names[codes[at]]] == missing_symbols(whole, value, present), numbers
