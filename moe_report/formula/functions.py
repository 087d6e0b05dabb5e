"""The functions a metric may use: one small set, the same in Python, Excel, MathML and JavaScript.

A metric function reads as if it worked on floats, and its annotations say so; what really goes
through it once, when it is recorded, are :class:`~moe_report.formula.expr.Expr` symbols.
"""

from __future__ import annotations

from typing import cast

from moe_report.formula.expr import Expr, lift, number, refuse_tests


def where(test: bool | int, then: float, otherwise: float) -> float:
    """Return ``then`` where ``test`` holds, else ``otherwise``: what ``if`` is in a formula.

    Missing if the test needs a missing number, or the arm that is taken does.
    """
    # an int is no test, but to type checkers the ~ of a test is one
    chosen, other = lift(then), lift(otherwise)
    if not isinstance(test, Expr) or not test.is_test:
        raise TypeError(f"where() needs a test such as a > b, not {test!r}")
    refuse_tests("where", chosen, other)
    return _as_float(Expr("where", (test, chosen, other)))


def coalesce(first: float, *others: float) -> float:
    """Return the first of the operands that is not missing."""
    operands = [lift(first), *map(lift, others)]
    refuse_tests("coalesce", *operands)
    result = operands.pop()
    while operands:
        result = Expr("coalesce", (operands.pop(), result))
    return _as_float(result)


def minimum(first: float, second: float, *others: float) -> float:
    """Return the smallest of the operands; missing if one of them is."""
    return _as_float(number("minimum", first, second, *others))


def maximum(first: float, second: float, *others: float) -> float:
    """Return the largest of the operands; missing if one of them is."""
    return _as_float(number("maximum", first, second, *others))


def floor(value: float) -> float:
    """Return the whole number at or below ``value`` (or within 5e-7 of it)."""
    return _as_float(number("floor", value))


def ceil(value: float) -> float:
    """Return the whole number at or above ``value`` (or within 5e-7 of it)."""
    return _as_float(number("ceil", value))


def sqrt(value: float) -> float:
    """Return the square root."""
    return _as_float(number("sqrt", value))


def exp(value: float) -> float:
    """Return e to the power of ``value``."""
    return _as_float(number("exp", value))


def ln(value: float) -> float:
    """Return the natural logarithm."""
    return _as_float(number("ln", value))


def log2(value: float) -> float:
    """Return the logarithm to base 2."""
    return _as_float(number("log2", value))


def log10(value: float) -> float:
    """Return the logarithm to base 10."""
    return _as_float(number("log10", value))


def _as_float(expr: Expr) -> float:
    return cast(float, expr)
