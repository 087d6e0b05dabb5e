"""Recorded arithmetic: the expression that a metric function builds when it is given symbols.

An :class:`Expr` is either a number (it has a value) or a test (it is true or false); the two do
not mix, so ``where(a < b, x, y)`` is an expression and ``(a < b) + 1`` a TypeError. What each
operation means is said in :mod:`moe_report.formula.operations`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Union

import numpy as np

Number = Union["Expr", float, int]  # what an operator takes beside an Expr
Operator = Callable[["Expr", Number], "Expr"]
TESTS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})


def _operators(op: str) -> tuple[Operator, Operator]:
    """An operator with an expression on its left, and the one with it on its right."""
    return (
        lambda self, other: number(op, self, other),
        lambda self, other: number(op, other, self),
    )


class Expr:
    """An expression over symbols, built by Python's operators and by functions.

    Args:
        op: ``"const"``, ``"symbol"``, ``"series"`` or a key of
            :data:`moe_report.formula.operations.OPERATIONS` or
            :data:`moe_report.formula.reductions.REDUCTIONS`.
        args: The operands.
        value: The number of a ``const``.
        name: The name of a ``symbol`` or a ``series``.
    """

    __slots__ = ("args", "depth", "name", "op", "size", "value")

    def __init__(
        self, op: str, args: tuple[Expr, ...] = (), *, value: float = 0.0, name: str = ""
    ) -> None:
        self.op = op
        self.args = args
        self.value = value
        self.name = name
        self.size: int = 1 + sum(arg.size for arg in args)  # operands used twice count twice
        self.depth: int = 1 + max((arg.depth for arg in args), default=0)

    @property
    def is_test(self) -> bool:
        """Whether this is true or false rather than a number."""
        return self.op in TESTS

    def symbols(self) -> list[str]:
        """Names of the symbols, each once, in the order of their first use."""
        return list(dict.fromkeys(node.name for node in self.walk() if node.op == "symbol"))

    def series(self) -> list[str]:
        """Names of the series that it reduces, each once, in the order of their first use."""
        return list(dict.fromkeys(node.name for node in self.walk() if node.op == "series"))

    def walk(self) -> Iterator[Expr]:
        """Every node, operands after the operation that takes them, from left to right."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.args))

    def __repr__(self) -> str:
        if self.op == "const":
            return f"{self.value:g}"
        if self.op in ("symbol", "series"):
            return self.name
        return f"{self.op}({', '.join(map(repr, self.args))})"

    __add__, __radd__ = _operators("add")
    __sub__, __rsub__ = _operators("sub")
    __mul__, __rmul__ = _operators("mul")
    __truediv__, __rtruediv__ = _operators("div")
    __pow__, __rpow__ = _operators("pow")
    __lt__ = _operators("lt")[0]
    __le__ = _operators("le")[0]
    __gt__ = _operators("gt")[0]
    __ge__ = _operators("ge")[0]

    def __floordiv__(self, other: Number) -> Expr:
        return number("floor", number("div", self, other))

    def __rfloordiv__(self, other: Number) -> Expr:
        return number("floor", number("div", other, self))

    def __mod__(self, other: Number) -> Expr:
        return self - other * (self // other)

    def __rmod__(self, other: Number) -> Expr:
        return other - self * (other // self)

    def __neg__(self) -> Expr:
        return number("neg", self)

    def __pos__(self) -> Expr:
        return self

    def __abs__(self) -> Expr:
        return number("abs", self)

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return number("eq", self, other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return number("ne", self, other)

    __hash__ = object.__hash__

    def __and__(self, other: Expr) -> Expr:
        return join_tests("and", self, other)

    def __or__(self, other: Expr) -> Expr:
        return join_tests("or", self, other)

    def __invert__(self) -> Expr:
        return join_tests("not", self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a symbol is neither true nor false while a formula is recorded: write "
            "where(test, a, b) instead of if, minimum and maximum instead of min and max, "
            "and & | ~ instead of and, or, not"
        )

    def _no_number(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            "a symbol has no value while a formula is recorded: use the functions of moe_report "
            "(log2, sqrt, floor, ceil, ...) instead of those of math, numpy or int()"
        )

    __float__ = __int__ = __index__ = __array__ = _no_number
    __round__ = __floor__ = __ceil__ = __trunc__ = _no_number

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: object, **options: object) -> Any:
        # np.float64(2) * expr comes here too; np.log2(expr) must be an error, not an object array
        python = _OPERATOR_OF_UFUNC.get(ufunc.__name__)
        if (
            python is None
            or method != "__call__"
            or options
            or any(getattr(i, "ndim", 0) for i in inputs)
        ):
            self._no_number()
        scalar = (np.generic, np.ndarray)
        return python(*(item.item() if isinstance(item, scalar) else item for item in inputs))


_OPERATOR_OF_UFUNC: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


def symbol(name: str) -> Expr:
    """Return the expression that stands for the field, metric or assumption ``name``."""
    return Expr("symbol", name=name)


def lift(value: object) -> Expr:
    """Return ``value`` as an expression.

    Raises:
        TypeError: ``value`` is neither an expression nor a number that a float64 holds.
    """
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a formula is made of numbers and symbols, not {value!r}")
    try:
        held = float(value)
    except OverflowError:
        raise TypeError("a formula cannot hold a number past 1.8e308") from None
    if not np.isfinite(held):
        raise TypeError(f"a formula cannot hold {value!r}")
    if isinstance(value, int) and int(held) != value:
        raise TypeError(f"a formula cannot hold {value}: no float64 is exactly that number")
    return Expr("const", value=held)


def refuse_tests(what: str, *operands: Expr) -> None:
    """Raise a TypeError if one of the operands is a test: numbers are wanted."""
    for operand in operands:
        if operand.is_test:
            raise TypeError(
                f"{what} takes numbers, and {operand!r} is a test: write where(test, 1, 0)"
            )


def number(op: str, *operands: object) -> Expr:
    """Return the operation ``op`` on numbers."""
    lifted = tuple(map(lift, operands))
    refuse_tests(op, *lifted)
    return Expr(op, lifted)


def join_tests(op: str, *operands: object) -> Expr:
    """Return the operation ``op`` (and, or, not) on tests."""
    for operand in operands:
        if not isinstance(operand, Expr) or not operand.is_test:
            raise TypeError(
                f"{op!r} joins tests, and {operand!r} is none; "
                "bracket comparisons: (a > b) & (c > d)"
            )
    return Expr(op, operands)  # type: ignore[arg-type]
