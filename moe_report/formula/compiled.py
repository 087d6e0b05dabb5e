"""Formulas of many rows, computed a block of rows at a time: fast, and the same to the last bit.

What the values are says :func:`moe_report.formula.operations.evaluate`; it asks after every
operation what has no finite value. Here parts that are equal are computed once, what is the same in
all rows is one number, and the columns of a block of rows stay in the processor's cache.

What is not finite mostly stays so: in a sum or a product, under a root or a logarithm. So a column
is looked at only where it would get lost (``1 / inf`` is 0, ``inf > 1`` is true), and at the end.
Where all is finite, which one sum tells, numpy's own operations mean the same as those of
:data:`~moe_report.formula.operations.OPERATIONS`; elsewhere it is these that are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Container, Hashable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from moe_report.formula.expr import TESTS, Expr
from moe_report.formula.operations import OPERATIONS, Column, evaluate
from moe_report.formula.reductions import REDUCTIONS

ROWS = 16384  # of a block, at most: its columns fit in a processor's cache

# What is known of a column: nothing; that nothing in it is infinite; that all of it is finite.
UNKNOWN, NOT_INFINITE, FINITE = range(3)


def _floor(x: Column) -> Column:
    nearest = np.rint(x)
    return np.subtract(nearest, nearest - x > 5e-7, out=nearest)


def _ceil(x: Column) -> Column:
    result = _floor(np.negative(x))
    return np.negative(result, out=result)


# What an operation is where all operands are finite, if it is simpler than in OPERATIONS.
_OF_FINITE: Mapping[str, Callable[..., Any]] = {
    "pow": np.power,
    "where": np.where,
    "coalesce": lambda a, b: a,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}
# What it is elsewhere. These three do the same as those of OPERATIONS, faster.
_OF_ANY: Mapping[str, Callable[..., Any]] = {
    **OPERATIONS,
    **{name: reduction.value for name, reduction in REDUCTIONS.items()},
    "floor": _floor,
    "ceil": _ceil,
    "as_number": lambda test: test.astype(np.float64),
}
# Operands in which something infinite would get lost.
_LOSES: Mapping[str, slice] = {
    "div": slice(1, 2),
    **dict.fromkeys(("where", "coalesce"), slice(1)),
    **dict.fromkeys(("pow", "exp", "minimum", "maximum", *TESTS, *REDUCTIONS), slice(None)),
}
# Operations whose result is known as well as their operands are.
_KEEPS = {"neg", "abs", "floor", "ceil", "minimum", "maximum", "where", "as_number", *TESTS}
# What changes nothing as the last operand, not even the sign of 0 (which adding 0 does).
_NEUTRAL = {"sub": (0.0).hex(), "mul": (1.0).hex(), "div": (1.0).hex()}
# How many of their operands are tests.
_TAKES_TESTS = {"where": 1, "not": 1, "and": 2, "or": 2, "as_number": 1}


class _Part(NamedTuple):
    """An operation on parts that come before it."""

    op: str
    args: tuple[int, ...] = ()
    value: float = 0.0
    name: str = ""


class Compiled:
    """Formulas to compute for many rows; it can be pickled.

    Args:
        formulas: Formulas by name, in order: one may refer to those before it by their names.
        keep: The names of those that are wanted; without it all are.

    >>> from moe_report.formula.expr import symbol
    >>> x = symbol("x")
    >>> compiled = Compiled({"share": 1 - symbol("k") / x, "twice": 2 * symbol("share")})
    >>> compiled({"k": 2.0, "x": np.array([8.0, 0.0])})
    {'share': array([0.75,  nan]), 'twice': array([1.5, nan])}
    """

    def __init__(self, formulas: Mapping[str, Expr], keep: Collection[str] | None = None) -> None:
        parts: list[_Part] = []
        known: dict[Hashable, int] = {}
        places: dict[str, int] = {}

        def place(op: str, args: tuple[int, ...], value: float = 0.0, name: str = "") -> int:
            key = (op, args, value.hex(), name)  # hex() tells 0.0 from -0.0
            if key not in known:
                known[key] = len(parts)
                parts.append(_Part(op, args, value, name))
            return known[key]

        def as_number(at: int) -> int:
            return place("as_number", (at,)) if parts[at].op in TESTS else at

        def place_of(expr: Expr) -> int:
            if expr.op == "symbol" and expr.name in places:
                return places[expr.name]
            args = tuple(map(place_of, expr.args))
            tests = _TAKES_TESTS.get(expr.op, 0)
            args = (*args[:tests], *map(as_number, args[tests:]))
            if expr.op in ("minimum", "maximum"):
                return reduce(lambda a, b: place(expr.op, (a, b)), args)
            return place(expr.op, args, float(expr.value), expr.name)

        for name, formula in formulas.items():
            places[name] = place_of(formula)
        self._wanted = {
            name: as_number(places[name]) for name in (formulas if keep is None else keep)
        }
        self._parts = _needed(self._wanted.values(), dict(enumerate(parts)))
        self._program: tuple[object, _Program | None] = (None, None)

    def __call__(self, columns: Mapping[str, Column | float]) -> dict[str, Column | float]:
        """Return what is wanted: a column, or a number if it is the same in all rows.

        Args:
            columns: What :func:`~moe_report.formula.operations.evaluate` takes.
        """
        given: dict[int, Column] = {}
        numbers: dict[int, float] = {}
        for at, part in self._parts.items():
            if part.op in ("symbol", "series"):
                column = np.asarray(columns[part.name], np.float64)
                if column.ndim:
                    given[at] = np.ascontiguousarray(column)
                else:
                    numbers[at] = float(column) if np.isfinite(column) else math.nan
        # what is left to compute is the same for the next block of a sweep
        spelled = {at: number.hex() for at, number in numbers.items()}
        before, program = self._program
        if program is None or spelled != before:
            program = _Program(self._parts, self._wanted, numbers)
            self._program = spelled, program
        with np.errstate(all="ignore"):
            return program.compute(given)


def _needed(wanted: Iterable[int], parts: Mapping[int, _Part]) -> dict[int, _Part]:
    """Return in order those of the parts that some are made of, and these."""
    needed = set(wanted)
    for at in sorted(parts, reverse=True):
        if at in needed:
            needed.update(parts[at].args)
    return {at: part for at, part in parts.items() if at in needed}


class _Program:
    """What there is to compute when some symbols have columns.

    Attributes:
        same: The number of each part that is the same in all rows.
        filled: Those numbers of which a column is made after all.
        stands: What stands for a part: what a choice takes that is the same in all rows.
        left: The parts that are left to compute.
    """

    def __init__(
        self, parts: Mapping[int, _Part], wanted: Mapping[str, int], numbers: Mapping[int, float]
    ) -> None:
        self.same = dict(numbers)
        self.filled: dict[int, float] = {}
        self.stands: dict[int, int] = {}
        self.left: dict[int, _Part] = {}
        long = set()  # what evaluate() makes a column of
        with np.errstate(all="ignore"):
            for at, part in parts.items():
                if part.op == "const":
                    self.same[at] = part.value
                elif not part.args:
                    long |= {at}.difference(numbers)
                else:
                    long |= {at for arg in part.args if arg in long}
                    self._place(at, part, long)
        self.wanted = {name: self.stands.get(at, at) for name, at in wanted.items()}
        columns = [at for at in self.wanted.values() if at not in self.same]
        self.steps = _steps(_needed(columns, self.left), self.same)

    def _place(self, at: int, part: _Part, long: Collection[int]) -> None:
        """Find out a part's number, or what stands for it, or that it is a step."""
        op, args = part.op, tuple(self.stands.get(arg, arg) for arg in part.args)
        numbers = [self.same.get(arg) for arg in args]
        first = numbers[0]
        missing = [number is not None and math.isnan(number) for number in numbers]
        if op == "where" and first is not None and not missing[0]:
            self._stand(at, args[1] if first else args[2])
        elif op == "coalesce" and first is not None:
            self._stand(at, args[1] if missing[0] else args[0])
        elif missing[0] or (any(missing) and op not in ("where", "coalesce")):
            self.same[at] = math.nan
        elif op == "as_number" and first is not None:
            self.same[at] = first
        elif numbers[-1] is not None and numbers[-1].hex() == _NEUTRAL.get(op):
            self._stand(at, args[0])
        elif op == "pow" and (filled := [arg for arg in args if arg in long and arg in self.same]):
            # numpy squares what has the exponent 2, but not what has a column of it
            self.filled |= {arg: self.same.pop(arg) for arg in filled}
            self.left[at] = _Part(op, args)
        elif None not in numbers:
            consts = (Expr("const", value=number) for number in numbers if number is not None)
            self.same[at] = float(evaluate(Expr(op, tuple(consts)), {}))
        else:
            self.left[at] = _Part(op, args)

    def _stand(self, at: int, other: int) -> None:
        if other in self.same:
            self.same[at] = self.same[other]
        else:
            self.stands[at] = other

    def compute(self, given: Mapping[int, Column]) -> dict[str, Column | float]:
        """Return what is wanted, of columns by the places of their symbols."""
        lengths = {len(column) for column in given.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of several lengths: {sorted(lengths)}")
        rows = max(lengths, default=0)
        results: dict[str, Column | float] = {}
        outputs: dict[int, list[Column]] = {}
        for name, at in self.wanted.items():
            if at in self.same:
                results[name] = self.same[at]
            else:
                results[name] = column = np.empty(rows)
                outputs.setdefault(at, []).append(column)
        if outputs:
            filled = {at: np.full(rows, number) for at, number in self.filled.items()}
            for block in _blocks(rows):
                self._compute_block(block, {**given, **filled}, outputs)
        return results

    def _compute_block(
        self, block: slice, given: Mapping[int, Column], outputs: Mapping[int, Sequence[Column]]
    ) -> None:
        """Compute some rows, and write them into columns."""
        held = _Held(self.same, {at: column[block] for at, column in given.items()})
        for at in given:
            held.write(at, outputs.get(at, ()), block)
        for step in self.steps:
            held.take(step)
            held.write(step.at, outputs.get(step.at, ()), block)
            for at in step.frees:
                del held.values[at]


class _Step(NamedTuple):
    """An operation on a block of rows.

    Attributes:
        at: The part that it computes.
        op: Its name.
        args: The parts that it takes.
        losing: Those of them in which something infinite would get lost.
        frees: Parts that nothing needs after it.
    """

    at: int
    op: str
    args: tuple[int, ...]
    losing: tuple[int, ...]
    frees: tuple[int, ...]


def _steps(parts: Mapping[int, _Part], same: Container[int]) -> list[_Step]:
    """Return parts as steps."""
    last: dict[int, int] = {}
    for at, part in parts.items():
        last |= dict.fromkeys((at, *part.args), at)
    frees: dict[int, list[int]] = {}
    for arg, at in last.items():
        if arg not in same:
            frees.setdefault(at, []).append(arg)
    return [
        _Step(
            at, part.op, part.args,
            tuple(arg for arg in part.args[_LOSES.get(part.op, slice(0))] if arg not in same),
            tuple(frees.get(at, ())),
        )
        for at, part in parts.items()
    ]  # fmt: skip


def _blocks(rows: int) -> list[slice]:
    """Return blocks of about the same size: a row alone is computed in another way by numpy."""
    count = max(1, -(-rows // ROWS))
    edges = [rows * at // count for at in range(count + 1)]
    return [slice(*ends) for ends in pairwise(edges)]


class _Held:
    """The values of parts in a block of rows, and what is known of each."""

    def __init__(self, same: Mapping[int, float], given: Mapping[int, Column]) -> None:
        self.values: dict[int, Any] = {**same, **given}
        self.known = {
            **{at: NOT_INFINITE if math.isnan(value) else FINITE for at, value in same.items()},
            **dict.fromkeys(given, UNKNOWN),
        }

    def look(self, at: int) -> bool:
        """Make NaN what is not finite, and return whether all is finite."""
        if self.known[at] == UNKNOWN:
            x = self.values[at]
            if math.isfinite(np.add.reduce(x, axis=None)):
                self.known[at] = FINITE
            else:
                self.values[at] = np.where(np.isfinite(x), x, np.nan)
                self.known[at] = NOT_INFINITE
        return self.known[at] == FINITE

    def take(self, step: _Step) -> None:
        """Take a step."""
        finite = True
        for at in step.losing:
            finite &= self.look(at)
        op, known = step.op, [self.known[at] for at in step.args]
        operation = _OF_FINITE.get(op) if finite else None
        self.values[step.at] = (operation or _OF_ANY[op])(*[self.values[at] for at in step.args])
        if op == "coalesce":
            self.known[step.at] = FINITE if finite else known[1]
        else:
            self.known[step.at] = min(known) if op in _KEEPS else UNKNOWN

    def write(self, at: int, outputs: Iterable[Column], block: slice) -> None:
        """Write a part into columns."""
        for column in outputs:
            self.look(at)
            column[block] = self.values[at]
