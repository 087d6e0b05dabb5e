"""Formulas of many rows: what is computed in blocks is what the plain evaluation gives."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from graphlib import TopologicalSorter

import numpy as np
import pytest
from numpy.typing import NDArray

from moe_report.formula import compiled as module
from moe_report.formula.compiled import Compiled
from moe_report.formula.expr import Expr, lift, symbol
from moe_report.formula.functions import ceil, coalesce, exp, floor, minimum, where
from moe_report.formula.operations import evaluate
from moe_report.schema.fields import numbers_of
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
        formulas["tests"] = symbol("test") + symbol("test")
        columns = random_columns(random, int(random.choice([0, 1, 15, 16, 17, 50])))
        assert_same(formulas, columns)
        for values in one_by_one(formulas, columns).values():
            found += np.count_nonzero(~np.isnan(values))
            missing += np.count_nonzero(np.isnan(values))
    assert found > 1000
    assert missing > 1000


def test_all_metrics_have_the_values_of_the_plain_evaluation(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the examples, with numbers missing at random, some of them in all rows or in none."""
    monkeypatch.setattr(module, "ROWS", 16)
    random = np.random.default_rng(0)
    rows = example_models() * 2
    formulas: dict[str, Expr] = {}
    defaults = {name: registry.fields[name].default_expr for name in numbers_of(registry.fields)}
    needs = {name: default.symbols() for name, default in defaults.items() if default is not None}
    for name in TopologicalSorter(needs).static_order():
        default = defaults[name]
        if default is not None:
            formulas[name] = coalesce(symbol(name), default)
    formulas |= {metric.name: metric.expr for metric in registry.evaluation_order()}
    for share in (0.0, 0.1, 0.3):
        columns: dict[str, Column | float] = {
            name: assumption.default for name, assumption in registry.assumptions.items()
        }
        for name in numbers_of(registry.fields):
            typed = np.array(
                [row.numbers[name].value if name in row.numbers else np.nan for row in rows]
            )
            values = np.where(random.random(len(rows)) < share, np.nan, typed)
            columns[name] = float(values[0]) if random.random() < share else values
        for layer in registry.layers:
            columns[layer] = random.choice([np.nan, np.inf, 0.0, 3.0, 40.0], (len(rows), 8))
        assert_same(formulas, columns)


def test_what_is_guarded_against_is_no_number_to_lose() -> None:
    """What has no finite value has none in all that comes of it, and only there."""
    x, y = symbol("x"), symbol("y")
    huge = x * x
    columns = {"x": np.array([1e200, 2.0, np.inf, np.nan]), "y": np.array([0.0, 0.0, 1.0, 2.0])}
    nan = np.nan
    expected = {
        "share": (1 / huge, [nan, 0.25, nan, nan]),
        "least": (minimum(huge, 5, y), [nan, 0, nan, nan]),
        "power": (huge**0, [nan, 1, nan, nan]),
        "ended": (exp(-huge), [nan, np.exp(-4), nan, nan]),
        "more": (huge > 1, [nan, 1, nan, nan]),
        "guarded": (where(y > 0, x / y, 7), [7, 7, nan, nan]),
        "other": (coalesce(huge, y), [0, 4, 1, 2]),
    }
    computed = Compiled({name: lift(expr) for name, (expr, _) in expected.items()})(columns)
    for name, (_, values) in expected.items():
        np.testing.assert_array_equal(computed[name], values, name)
    largest = np.array([1.7e308, 1.0])  # finite, as the comparison finds, but not its double
    assert_same({"test": lift(x > 0), "share": lift(1 / (x + x))}, {"x": largest})


def test_a_choice_that_is_one_in_all_rows_costs_no_column() -> None:
    """What is the same in all rows is a number, and of a choice only what is taken is computed."""
    n, k, other = map(symbol, ("n", "k", "other"))
    formulas = {
        "fixed": lift(where(k > 1, k * 2, other)),
        "taken": lift(where(k > 1, n, other)) * 1,
        "missing": coalesce(symbol("none"), n / k) + symbol("none"),
    }
    computed = Compiled(formulas)(
        {"n": np.arange(3.0), "k": 2.0, "other": np.ones(3), "none": np.nan}
    )
    assert computed["fixed"] == 4.0
    np.testing.assert_array_equal(computed["taken"], [0, 1, 2])
    assert np.isnan(computed["missing"])


def test_each_call_has_its_own_numbers() -> None:
    """What was left to compute of other numbers, or of a column in place of one, is not reused."""
    n, k = symbol("n"), symbol("k")
    compiled = Compiled({"chosen": lift(where(k > 1, n * k, n - k))})
    column = np.array([5.0, 6.0])
    for chosen, expected in ((2.0, [10, 12]), (1.0, [4, 5]), (np.array([3.0, 1.0]), [15, 5])):
        np.testing.assert_array_equal(compiled({"n": column, "k": chosen})["chosen"], expected)
    assert compiled({"n": 4.0, "k": 2.0}) == {"chosen": 8.0}


def test_only_what_is_wanted_is_asked_for() -> None:
    """A formula that nothing wanted needs takes no column, and a name may be given anew."""
    x = symbol("x")
    formulas = {"x": coalesce(x, 3), "idle": symbol("nowhere"), "twice": 2 * x}
    compiled = Compiled(formulas, ["twice"])
    computed = compiled({"x": np.array([np.nan, 4.0])})
    assert list(computed) == ["twice"]
    np.testing.assert_array_equal(computed["twice"], [6, 8])


def test_equal_numbers_are_taken_for_equal_ones_only() -> None:
    """A negative zero is another one, and numpy squares by a number in another way than by many."""
    x, k = symbol("x"), symbol("k")
    columns = {"x": np.random.default_rng(0).random(1000) - 0.5, "k": 2.0}
    assert_same({"down": lift(floor(x)), "up": lift(ceil(x))}, columns)
    assert_same({"plus": x * lift(0.0), "minus": x * lift(-0.0)}, columns)
    assert_same({"chosen": x ** where(k > 1, k, x), "squared": x**k}, columns)


def test_given_columns_stay_as_they_are() -> None:
    """Nothing is written into the caller's columns, nor shared with the results."""
    column = np.array([np.inf, 2.0, np.nan])
    computed = Compiled({"a": symbol("x"), "b": symbol("x"), "c": coalesce(symbol("x"), 0)})
    results = computed({"x": column})
    assert isinstance(results["a"], np.ndarray)
    results["a"][:] = 5
    np.testing.assert_array_equal(column, [np.inf, 2, np.nan])
    np.testing.assert_array_equal(results["b"], [np.nan, 2, np.nan])


def test_columns_of_several_lengths_are_refused() -> None:
    """No row is left out, nor one taken twice."""
    with pytest.raises(ValueError, match=r"columns of several lengths: \[2, 3\]"):
        Compiled({"a": symbol("x") + symbol("y")})({"x": np.ones(2), "y": np.ones(3)})


def test_it_can_be_sent_to_another_process() -> None:
    """What comes back of a pickle gives the same."""
    compiled = pickle.loads(pickle.dumps(Compiled({"a": symbol("x") ** 2})))
    np.testing.assert_array_equal(compiled({"x": np.array([2.0, 3.0])})["a"], [4, 9])
