"""What every operation means, and what a symbol refuses."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from moe_report.formula import functions
from moe_report.formula.expr import TESTS, Expr, lift, number, symbol
from moe_report.formula.functions import ceil, coalesce, floor, log2, maximum, minimum, sqrt, where
from moe_report.formula.operations import OPERATIONS, always_needed, evaluate, missing_symbols

NAN, INF = math.nan, math.inf
a: Any = symbol("a")
b: Any = symbol("b")
c: Any = symbol("c")


def values(expr: Any, **columns: Any) -> list[float]:
    """The column that an expression gives."""
    given = {name: np.asarray(column, dtype=float) for name, column in columns.items()}
    return np.atleast_1d(evaluate(expr, given)).tolist()


def same(found: list[float], expected: list[float]) -> bool:
    """Whether two columns are equal, NaN where NaN is."""
    return bool(np.array_equal(found, expected, equal_nan=True))


MEANINGS: list[tuple[Any, list[float], list[float], list[float]]] = [
    (a + b, [1, NAN, -1, 1e308], [2, 1, NAN, 1e308], [3, NAN, NAN, NAN]),
    (a - b, [1, NAN, 5, 0], [2, 1, 5, NAN], [-1, NAN, 0, NAN]),
    (a * b, [3, 0, -2, 1e200], [2, NAN, 0.5, 1e200], [6, NAN, -1, NAN]),
    (a / b, [1, 1, 0, NAN], [4, 0, 0, 1], [0.25, NAN, NAN, NAN]),
    (a**b, [2, NAN, -8, 0], [10, 0, 1 / 3, -1], [1024, NAN, NAN, NAN]),
    (a**b, [0, -2, -2, 1], [0, 0, 3, NAN], [1, 1, -8, NAN]),
    (-a, [2, 0, NAN, -1], [0, 0, 0, 0], [-2, 0, NAN, 1]),
    (+a, [2, 0, NAN, -1], [0, 0, 0, 0], [2, 0, NAN, -1]),
    (abs(a), [2, 0, NAN, -1], [0, 0, 0, 0], [2, 0, NAN, 1]),
    (a // b, [7, -7, 7, NAN], [2, 2, 0, 2], [3, -4, NAN, NAN]),
    (a % b, [7, -7, 7, NAN], [2, 2, 0, 2], [1, 1, NAN, NAN]),
    (minimum(a, b), [1, NAN, 3, -1], [2, 1, NAN, -2], [1, NAN, NAN, -2]),
    (maximum(a, b), [1, NAN, 3, -1], [2, 1, NAN, -2], [2, NAN, NAN, -1]),
    (minimum(a, b, 0), [1, NAN, 3, -1], [2, 1, NAN, -2], [0, NAN, NAN, -2]),
    (floor(a), [2.7, -2.7, NAN, 3], [0, 0, 0, 0], [2, -3, NAN, 3]),
    (ceil(a), [2.2, -2.2, NAN, 3], [0, 0, 0, 0], [3, -2, NAN, 3]),
    (sqrt(a), [9, 0, -1, NAN], [0, 0, 0, 0], [3, 0, NAN, NAN]),
    (functions.exp(a), [0, 1, 1000, NAN], [0, 0, 0, 0], [1, math.e, NAN, NAN]),
    (functions.ln(a), [1, math.e, 0, -1], [0, 0, 0, 0], [0, 1, NAN, NAN]),
    (log2(a), [8, 0.5, 0, NAN], [0, 0, 0, 0], [3, -1, NAN, NAN]),
    (functions.log10(a), [1000, 0.1, 0, -1], [0, 0, 0, 0], [3, -1, NAN, NAN]),
    (coalesce(a, b), [1, NAN, NAN, 0], [2, 2, NAN, 2], [1, 2, NAN, 0]),
    (coalesce(a, b, 9), [1, NAN, NAN, 0], [2, 2, NAN, 2], [1, 2, 9, 0]),
    (coalesce(a / 0, b), [1, NAN, NAN, 0], [2, 2, NAN, 2], [2, 2, NAN, 2]),
    (where(a < b, 1, 0), [1, 2, 3, NAN], [2, 2, 2, 2], [1, 0, 0, NAN]),
    (where(a <= b, 1, 0), [1, 2, 3, 1], [2, 2, 2, NAN], [1, 1, 0, NAN]),
    (where(a > b, 1, 0), [1, 2, 3, NAN], [2, 2, 2, 2], [0, 0, 1, NAN]),
    (where(a >= b, 1, 0), [1, 2, 3, 1], [2, 2, 2, NAN], [0, 1, 1, NAN]),
    (where(a == b, 1, 0), [1, 2, NAN, NAN], [2, 2, 2, NAN], [0, 1, NAN, NAN]),
    (where(a != b, 1, 0), [1, 2, NAN, NAN], [2, 2, 2, NAN], [1, 0, NAN, NAN]),
    (where((a > 0) & (b > 0), 1, 0), [1, 1, -1, -1], [1, -1, NAN, -1], [1, 0, NAN, 0]),
    (where((a > 0) | (b > 0), 1, 0), [1, 1, NAN, -1], [1, NAN, 1, -1], [1, NAN, NAN, 0]),
    (where(~(a > 0), 1, 0), [1, 0, NAN, -1], [0, 0, 0, 0], [0, 1, NAN, 1]),
    (where(a > 0, b, -1), [1, 0, 1, NAN], [5, NAN, NAN, 5], [5, -1, NAN, NAN]),
]


@pytest.mark.parametrize(
    ("expr", "left", "right", "expected"), MEANINGS, ids=[str(m[0]) for m in MEANINGS]
)
def test_meaning_of_operations(
    expr: Any, left: list[float], right: list[float], expected: list[float]
) -> None:
    """Each operation on columns: a missing number spreads, no finite value is no value."""
    assert same(values(expr, a=left, b=right), expected)


def test_every_operation_is_among_the_meanings() -> None:
    """No operation is left out of the table above."""
    used = {node.op for expr, *_ in MEANINGS for node in expr.walk()}
    assert used - {"const", "symbol"} == set(OPERATIONS)


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_missing_operand_spreads(op: str) -> None:
    """With any operand missing every operation but coalesce is missing, 0 and 1 notwithstanding."""
    arity = {"where": 3, "not": 1} | dict.fromkeys(
        ("neg", "abs", "floor", "ceil", "sqrt", "exp", "ln", "log2", "log10"), 1
    )
    count = arity.get(op, 2)
    for other in (0.0, 1.0):
        for at in range(count if op != "where" else 1):
            columns = [np.full(3, other) for _ in range(count)]
            columns[at] = np.full(3, np.nan)
            with np.errstate(all="ignore"):
                result = OPERATIONS[op](*columns)
            assert np.isnan(result).all() == (op != "coalesce"), (op, other, at)


def test_infinite_input_is_no_value() -> None:
    """An infinite symbol is NaN like any other infinite value."""
    assert same(values(a, a=[INF, -INF, 1]), [NAN, NAN, 1])
    assert same(values(coalesce(a, 2), a=[INF, -INF, 1]), [2, 2, 1])
    assert same(values(where(a > 0, 1, 0), a=[INF, 1]), [NAN, 1])


def test_infinite_intermediate_does_not_come_back() -> None:
    """1 / (1 / 0) is not 0, and the smaller of 1 and an overflow is not 1."""
    assert same(values(1 / (1 / a), a=[0, 2]), [NAN, 2])
    assert same(values(minimum(1, a * a), a=[1e200, 3]), [NAN, 1])


def test_arm_not_taken_does_not_matter() -> None:
    """A division by zero, or a missing number, in the other arm is not seen."""
    assert same(values(where(b == 0, 0, a / b), a=[1, 1, NAN], b=[0, 2, 0]), [0, 0.5, 0])


@pytest.mark.parametrize(
    ("x", "down", "up"),
    [
        (1.1 * 320, 352, 352), (352.0000005, 352, 352), (352.000001, 352, 353),
        (351.9999995, 352, 352), (351.999999, 351, 352), (-1.1 * 320, -352, -352),
        (-352.000001, -353, -352), (-351.999999, -352, -351), (0.0, 0, 0), (4e-7, 0, 0),
        (2.0**53, 2.0**53, 2.0**53), (1e300, 1e300, 1e300), (0.5, 0, 1), (-0.5, -1, 0),
    ],
)  # fmt: skip
def test_floor_and_ceil_snap(x: float, down: float, up: float) -> None:
    """Within 5e-7 of a whole number it is that number, further off it is not."""
    assert values(floor(a), a=[x]) == [down]
    assert values(ceil(a), a=[x]) == [up]


def test_one_row_or_many_is_the_same() -> None:
    """A column of values is computed as each of them alone, and numbers as columns of one."""
    expr = where(a > 2, a**1.5 / b, log2(b)) + floor(a / b)
    left, right = [1, 2, 3, NAN, 5], [2, 0, 7, 1, NAN]
    alone = [float(evaluate(expr, {"a": x, "b": y})) for x, y in zip(left, right, strict=True)]
    assert same(values(expr, a=left, b=right), alone)


def test_operators_take_numbers_on_both_sides() -> None:
    """Every arithmetic operator works with a plain number left or right, numpy's included."""
    for act in (
        operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
        operator.floordiv, operator.mod,
    ):  # fmt: skip
        for plain in (7, 7.0, np.float64(7)):
            assert values(act(a, plain), a=[3]) == [act(3, 7)]
            assert values(act(plain, a), a=[3]) == [act(7, 3)]
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for plain in (3, 3.0, np.float64(3)):
            assert values(where(compare(plain, a), 1, 0), a=[5]) == [compare(3, 5)]
            assert values(where(compare(a, plain), 1, 0), a=[5]) == [compare(5, 3)]


def test_whole_numbers_are_exact() -> None:
    """Counts stay exact to 2**53, where int64 would overflow past it in silence."""
    assert values(a * b, a=[2**26], b=[2**27]) == [2.0**53]
    assert values(a - 1, a=[2**53]) == [2.0**53 - 1]
    assert values(a * b, a=[2**40], b=[2**40]) == [2.0**80]


# -- what a symbol refuses ------------------------------------------------------------------------


def _branch(x: Any) -> int:
    return 1 if x > 2 else 0


REFUSED: list[tuple[str, Callable[[Any], object], str]] = [
    ("if", _branch, "where"),
    ("if of a symbol", lambda x: 1 if x else 0, "where"),
    ("and", lambda x: x > 1 and x < 2, "& | ~"),
    ("or", lambda x: x or 1, "where"),
    ("not", lambda x: not (x > 1), "& | ~"),
    ("chained comparison", lambda x: 1 < x < 2, "& | ~"),
    ("min", lambda x: min(x, 2), "minimum and maximum"),
    ("max", lambda x: max(2, x), "minimum and maximum"),
    ("sorted", lambda x: sorted([x, 1]), "minimum and maximum"),
    ("in", lambda x: x in [1, 2], "where"),
    ("math.floor", math.floor, "floor, ceil"),
    ("math.ceil", math.ceil, "floor, ceil"),
    ("math.trunc", math.trunc, "floor, ceil"),
    ("math.log2", math.log2, "log2"),
    ("math.sqrt", math.sqrt, "sqrt"),
    ("int", int, "int()"),
    ("float", float, "moe_report"),
    ("round", round, "moe_report"),
    ("round to digits", lambda x: round(x, 2), "moe_report"),
    ("range", lambda x: range(x), "moe_report"),
    ("index", lambda x: [1, 2][x], "moe_report"),
    ("np.log2", np.log2, "numpy"),
    ("np.sqrt", np.sqrt, "numpy"),
    ("np.maximum", lambda x: np.maximum(x, 1), "numpy"),
    ("np.where", lambda x: np.where(x > 1, 1, 0), "numpy"),
    ("np.array", lambda x: np.array([x, 1.0]), "numpy"),
    ("np.add.reduce", lambda x: np.add.reduce(x), "numpy"),
]


@pytest.mark.parametrize(("what", "act", "advice"), REFUSED, ids=[item[0] for item in REFUSED])
def test_refusals_say_what_to_write(what: str, act: Callable[[Any], object], advice: str) -> None:
    """What cannot be recorded is a TypeError that names the way that can."""
    with pytest.raises(TypeError, match="while a formula is recorded") as error:
        act(a)
    assert advice in str(error.value)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: (a > b) + 1, "add takes numbers, and .* is a test: write where"),
        (lambda: -(a > b), "neg takes numbers"),
        (lambda: (a > b) == (b > a), "eq takes numbers"),
        (lambda: log2(a > b), "log2 takes numbers"),
        (lambda: minimum(a > b, 1), "minimum takes numbers"),
        (lambda: coalesce(a > b, 1), "coalesce takes numbers"),
        (lambda: where(a > b, a > b, 1), "where takes numbers"),
        (lambda: a & b, "joins tests, and a is none; bracket"),
        (lambda: (a > b) & c, "bracket comparisons"),
        (lambda: a > b & c, "bracket comparisons"),
        (lambda: (a > b) & True, "bracket comparisons"),
        (lambda: ~a, "'not' joins tests"),
        (lambda: where(a, 1, 0), "needs a test such as a > b"),
        (lambda: where(True, 1, 0), "needs a test such as a > b"),
    ],
)
def test_tests_and_numbers_do_not_mix(act: Callable[[], object], message: str) -> None:
    """A comparison is no number and a number no test; the error says how to turn one into one."""
    with pytest.raises(TypeError, match=message):
        act()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "not None"), ("2", "not '2'"), (True, "not True"), ([1], "not"), (1j, "not 1j"),
        (NAN, "cannot hold nan"), (INF, "cannot hold inf"), (10**400, "past 1.8e308"),
        (2**53 + 1, "no float64 is exactly"), (np.int64(3), "numbers and symbols"),
    ],
)  # fmt: skip
def test_constants_are_finite_numbers(value: object, message: str) -> None:
    """A constant that a float64 does not hold is refused, not rounded."""
    with pytest.raises(TypeError, match=message):
        lift(value)
    with pytest.raises(TypeError, match=message):
        number("add", a, value)


def test_large_exact_constants_are_fine() -> None:
    """Whole numbers past 2**53 are accepted if a float64 is exactly that number."""
    assert lift(2**60).value == 2.0**60
    assert lift(10**15).value == 1e15
    assert lift(0.1).value == 0.1


def test_size_and_depth_count_what_is_printed() -> None:
    """An operand that is used twice counts twice, as the formula repeats it."""
    expr: Any = a
    for _ in range(40):
        expr = expr + expr
    assert expr.size == 2**41 - 1
    assert expr.depth == 41
    assert isinstance(expr, Expr)


def test_symbols_in_order_of_first_use() -> None:
    """Each symbol once, left to right."""
    assert (b + a * b - where(c > a, b, 0)).symbols() == ["b", "a", "c"]
    assert lift(2).symbols() == []


def test_tests_are_tests() -> None:
    """Comparisons and their joints are tests; nothing else is."""
    for op in OPERATIONS:
        assert Expr(op, (a, b)).is_test == (op in TESTS)
    assert not a.is_test


# -- what is missing ------------------------------------------------------------------------------


def lacks(expr: Any, **present: float) -> list[str]:
    """The symbols that would unlock an expression in a row that has some values."""
    columns = {name: present.get(name, NAN) for name in expr.symbols()}
    return missing_symbols(
        expr, lambda part: float(evaluate(part, columns)), lambda name: name in present
    )


def test_missing_symbols_of_arithmetic() -> None:
    """Every absent symbol, once, in order."""
    assert lacks(a * b + a / c) == ["a", "b", "c"]
    assert lacks(a * b + a / c, b=1) == ["a", "c"]
    assert lacks(a * b, a=1, b=1) == []
    assert lacks(a / b, a=1, b=0) == []


def test_missing_symbols_of_the_arm_that_is_taken() -> None:
    """Only the arm that the row takes asks for anything, and nothing before the test is settled."""
    expr = where(a > 0, b, c)
    assert lacks(expr) == ["a"]
    assert lacks(expr, a=1) == ["b"]
    assert lacks(expr, a=-1) == ["c"]
    assert lacks(expr, a=1, b=1) == []
    assert lacks(where(where(a > 0, b, 0) > 1, c, 1), a=1) == ["b"]


def test_missing_symbols_of_an_undefined_test() -> None:
    """If the test is undefined, what both arms need is asked for, and nothing else."""
    assert lacks(where(1 / a > 0, b, c), a=0) == []
    assert lacks(where(1 / a > 0, b + c, c), a=0) == ["c"]


def test_missing_symbols_of_alternatives() -> None:
    """The alternative that lacks least is asked for."""
    assert lacks(coalesce(a * b, c)) == ["c"]
    assert lacks(coalesce(a * b, b * c), a=1) == ["b"]
    assert lacks(coalesce(a * b, c), c=1) == []
    assert lacks(coalesce(a, b + c)) == ["a"]


def test_lacking_something_is_having_no_value() -> None:
    """Whoever has a value lacks nothing, whatever is missing elsewhere."""
    exprs = [a * b, where(a > 0, b, c), coalesce(a, b) + 1, where(coalesce(a, b) > 0, c, 1) * a]
    for expr in map(lift, exprs):
        for absent in range(8):
            present = {n: 1.0 for at, n in enumerate("abc") if not absent >> at & 1}
            columns = {name: present.get(name, NAN) for name in "abc"}
            has_value = not np.isnan(evaluate(expr, columns))
            assert has_value == (not lacks(expr, **present)), (expr, present)


@pytest.mark.parametrize(
    ("expr", "needed"),
    [
        (a + b * a, ["a", "b"]),
        (where(a > 0, b, c), ["a"]),
        (where(a > 0, b * c, c), ["a", "c"]),
        (coalesce(a, b), []),
        (coalesce(a * c, b * c), ["c"]),
        (coalesce(a, 1), []),
        (b + where(c > 0, coalesce(a, b), a), ["b", "c"]),
        (lift(1), []),
    ],
)
def test_always_needed(expr: Expr, needed: list[str]) -> None:
    """What no row can do without; arms and alternatives count if all of them agree."""
    assert always_needed(expr) == needed
