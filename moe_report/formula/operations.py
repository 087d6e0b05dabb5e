"""What each operation of an expression means, and what a row lacks for its value.

One table, :data:`OPERATIONS`; the evaluation here and the printers ``excel``, ``mathml`` and
``javascript`` beside it are its readings. Three rules keep them alike:

* A missing number is NaN, and NaN spreads through every operation, comparisons included. Only
  ``where`` (the arm not taken) and ``coalesce`` stop it.
* What has no finite value (a division by zero, the logarithm of a negative) is NaN.
* ``floor`` and ``ceil`` take a value within 5e-7 of a whole number for that number, because
  ``1.1 * 320`` is not 352 in binary and a capacity must not depend on that.

What makes a number of many has a table of its own, in :mod:`moe_report.formula.reductions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.expr import Expr
from moe_report.formula.reductions import REDUCTIONS

Column = NDArray[np.float64]


def _missing_if_one_is(ufunc: Callable[..., NDArray[Any]]) -> Callable[..., Column]:
    """A function of numpy's that would make a number of NaN: NaN > 0 is false, NaN ** 0 is 1."""

    def spreading(*columns: Column) -> Column:
        missing = reduce(np.logical_or, map(np.isnan, columns))
        return np.where(missing, np.nan, ufunc(*columns).astype(np.float64))

    return spreading


def _snapping(ufunc: Callable[[Column], Column]) -> Callable[[Column], Column]:
    def snapped(x: Column) -> Column:
        nearest = np.rint(x)
        return np.where(np.abs(x - nearest) <= 5e-7, nearest, ufunc(x))

    return snapped


def _where(test: Column, a: Column, b: Column) -> Column:
    return np.where(np.isnan(test), np.nan, np.where(test != 0, a, b))


def _coalesce(a: Column, b: Column) -> Column:
    return np.where(np.isnan(a), b, a)


OPERATIONS: Mapping[str, Callable[..., Column]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": _missing_if_one_is(np.power),
    "neg": np.negative,
    "abs": np.abs,
    "minimum": lambda *columns: reduce(np.minimum, columns),  # spreads NaN, unlike fmin
    "maximum": lambda *columns: reduce(np.maximum, columns),
    "floor": _snapping(np.floor),
    "ceil": _snapping(np.ceil),
    "sqrt": np.sqrt,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "where": _where,
    "coalesce": _coalesce,
    "lt": _missing_if_one_is(np.less),
    "le": _missing_if_one_is(np.less_equal),
    "gt": _missing_if_one_is(np.greater),
    "ge": _missing_if_one_is(np.greater_equal),
    "eq": _missing_if_one_is(np.equal),
    "ne": _missing_if_one_is(np.not_equal),
    "and": _missing_if_one_is(np.logical_and),
    "or": _missing_if_one_is(np.logical_or),
    "not": _missing_if_one_is(np.logical_not),
}


def evaluate(expr: Expr, columns: Mapping[str, Column | float]) -> Column:
    """Return the value of ``expr`` for every row at once.

    Args:
        expr: The expression.
        columns: A float64 column of one common length, or a number, for each symbol; NaN where a
            value is missing. For a series a table with a row for each of these.

    Returns:
        A float64 column, NaN where the expression needs a value that is missing or has no finite
        value; a single number if no symbol of the expression has a column.

    >>> from moe_report.formula.expr import symbol
    >>> columns = {"k": np.array([2.0, 1.0]), "E": np.array([8.0, 0.0])}
    >>> evaluate(1 - symbol("k") / symbol("E"), columns)
    array([0.75,  nan])
    """
    with np.errstate(all="ignore"):
        return _evaluate(expr, columns)


def _evaluate(expr: Expr, columns: Mapping[str, Column | float]) -> Column:
    if expr.op == "const":
        return np.asarray(expr.value)
    if expr.op in ("symbol", "series"):
        result = np.asarray(columns[expr.name], dtype=np.float64)
    else:
        reduction = REDUCTIONS.get(expr.op)
        operation = reduction.value if reduction else OPERATIONS[expr.op]
        result = operation(*(_evaluate(arg, columns) for arg in expr.args))
    return np.where(np.isfinite(result), result, np.nan)


Present = Callable[[str], bool]


def missing_symbols(expr: Expr, value: Callable[[Expr], float], present: Present) -> list[str]:
    """Return the symbols whose absence keeps one row from having this expression's value.

    The arm of a ``where`` that the row does not take asks for nothing, and of the operands of a
    ``coalesce`` only the one that asks for least does. ``value`` gives that of a part of the
    expression in the row, or NaN.
    """
    if expr.op in ("symbol", "series"):
        return [] if present(expr.name) else [expr.name]
    if expr.op == "where":
        test, then, otherwise = expr.args
        asked = missing_symbols(test, value, present)
        if asked:
            return asked
        truth = value(test)
        if np.isnan(truth):  # undefined: what both arms need is all that is sure to be asked for
            return [name for name in always_needed(expr) if not present(name)]
        return missing_symbols(then if truth else otherwise, value, present)
    if expr.op == "coalesce":
        options = [missing_symbols(arg, value, present) for arg in expr.args]
        return min(options, key=len)
    names = (name for arg in expr.args for name in missing_symbols(arg, value, present))
    return list(dict.fromkeys(names))


def always_needed(expr: Expr) -> list[str]:
    """Return the symbols without which the expression never has a value, in order of use.

    >>> from moe_report.formula.expr import symbol
    >>> from moe_report.formula.functions import minimum, where
    >>> k, ctx, w = symbol("k"), symbol("context"), symbol("window")
    >>> always_needed(k * where(w > 0, minimum(w, ctx), 0))
    ['k', 'window']
    """
    if expr.op == "symbol":
        return [expr.name]
    if expr.op == "where":
        test, then, otherwise = map(always_needed, expr.args)
        return list(dict.fromkeys(test + [name for name in then if name in otherwise]))
    if expr.op == "coalesce":
        first, second = map(always_needed, expr.args)
        return [name for name in first if name in second]
    return list(dict.fromkeys(name for arg in expr.args for name in always_needed(arg)))
