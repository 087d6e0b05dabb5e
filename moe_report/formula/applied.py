"""A formula as it applies to one row: what the row makes no use of is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from moe_report.formula.expr import Expr, number
from moe_report.formula.operations import evaluate

# What changes nothing as the right operand; in a sum and a product also as the left one.
NEUTRAL = {"add": 0, "sub": 0, "mul": 1, "div": 1, "pow": 1}


def applied(expr: Expr, row: Mapping[str, float]) -> Expr:
    """Return an expression as it applies to a row, where it has the value that it has in general.

    Of each choice the arm that is taken stays, and of each sum and product what is not zero or one.
    A choice that the row cannot make, for want of a number, stays whole. What the page's script
    does is the same (``templates/formulas.js``).

    ``row`` has the value of each symbol; NaN where it is missing.

    >>> from moe_report.formula.expr import symbol
    >>> from moe_report.formula.functions import where
    >>> n, tied, bias = map(symbol, ("n", "tied", "bias"))
    >>> applied(n * where(tied == 1, 2, 3 + bias), {"n": 8, "tied": 0, "bias": 0})
    mul(n, 3)
    """

    def value(part: Expr) -> float:
        return float(evaluate(part, row))

    def taken(part: Expr) -> Expr:
        if part.op == "where":
            test, then, otherwise = part.args
            truth = value(test)
            return part if math.isnan(truth) else taken(then if truth else otherwise)
        if part.op == "coalesce":
            known = (arg for arg in part.args if not math.isnan(value(arg)))
            chosen = next(known, None)
            return part if chosen is None else taken(chosen)
        args = tuple(map(taken, part.args))
        if part.op in NEUTRAL:
            return _shorter(part.op, args, [value(arg) for arg in part.args])
        return Expr(part.op, args, value=part.value, name=part.name)

    return taken(expr)


def _shorter(op: str, args: tuple[Expr, ...], values: list[float]) -> Expr:
    """An operation on two operands without the one that changes nothing."""
    left, right = args
    if values[1] == NEUTRAL[op]:
        return left
    if values[0] == NEUTRAL[op] and op in ("add", "mul"):
        return right
    if values[0] == 0 and op == "sub":
        return number("neg", right)
    if op == "mul" and not any(map(math.isnan, values)):
        zero = next((arg for arg in args if arg.op == "const" and arg.value == 0), None)
        if zero is not None:
            return zero
    return Expr(op, args)
