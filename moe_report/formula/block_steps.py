"""Steps of compiled formulas on a block of rows: numpy's operations, and what they would lose.

What is not finite mostly stays so: in a sum or a product, under a root or a logarithm. So a column
is looked at only where it would get lost (``1 / inf`` is 0, ``inf > 1`` is true), and at the end.
Where all is finite, which one sum tells, numpy's own operations mean the same as those of
:data:`~moe_report.formula.operations.OPERATIONS`; elsewhere it is these that are used.

Columns are used again and again: where memory is given back to the system at once, as on workers of
Dask's, fetching it takes longer than computing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from moe_report.formula.expr import TESTS
from moe_report.formula.operations import OPERATIONS, Column
from moe_report.formula.reductions import REDUCTIONS

# What is known of a column: nothing; that nothing in it is infinite; that all of it is finite.
UNKNOWN, NOT_INFINITE, FINITE = range(3)

# What an operation is where all operands are finite, if it is simpler than in OPERATIONS.
_OF_FINITE: Mapping[str, Callable[..., Any]] = {
    "pow": np.power,
    "where": np.where,
    "coalesce": lambda a, b, out: np.positive(a, out=out),
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
# What it is elsewhere.
_OF_ANY: Mapping[str, Callable[..., Any]] = {
    **OPERATIONS,
    **{name: reduction.value for name, reduction in REDUCTIONS.items()},
    "minimum": np.minimum,  # of two
    "maximum": np.maximum,
}
# Operands in which something infinite would get lost.
_LOSES: Mapping[str, slice] = {
    "div": slice(1, 2),
    **dict.fromkeys(("where", "coalesce"), slice(1)),
    **dict.fromkeys(("pow", "exp", "minimum", "maximum", *TESTS, *REDUCTIONS), slice(None)),
}
# Operations whose result is known as well as their operands are.
_KEEPS = {"neg", "abs", "floor", "ceil", "minimum", "maximum", "where", "as_number", *TESTS}


class Step(NamedTuple):
    """An operation on a block of rows.

    Attributes:
        at: The place of its result.
        op: Its name in :data:`~moe_report.formula.operations.OPERATIONS`, or ``as_number``, which
            makes a number of a test.
        args: The places of its operands.
        losing: Those of them in which something infinite would get lost.
        plain: What computes it, if nothing gets lost, and nothing is known of the result.
        frees: The places that nothing needs after it.
    """

    at: int
    op: str
    args: tuple[int, ...]
    losing: tuple[int, ...]
    plain: np.ufunc | None
    frees: tuple[int, ...]


def steps_of(
    operations: Mapping[int, tuple[str, tuple[int, ...]]], same: Container[int]
) -> list[Step]:
    """Return operations by place, with the places of their operands, as steps.

    ``same`` are the places of numbers that are the same in all rows, which stay.
    """
    last: dict[int, int] = {}
    for at, (_, args) in operations.items():
        last |= dict.fromkeys((at, *args), at)
    frees: dict[int, list[int]] = {}
    for arg, at in last.items():
        if arg not in same:
            frees.setdefault(at, []).append(arg)
    steps = []
    for at, (op, args) in operations.items():
        losing = tuple(arg for arg in args[_LOSES.get(op, slice(0))] if arg not in same)
        plain = OPERATIONS.get(op) if not losing and op not in _KEEPS else None
        steps.append(
            Step(
                at, op, args, losing, plain if isinstance(plain, np.ufunc) else None,
                tuple(frees.get(at, ())),
            )
        )  # fmt: skip
    return steps


class Block:
    """The values of a block of rows by place, and what is known of each.

    Args:
        same: Numbers that are the same in all rows.
        most: Rows of the largest block.
    """

    def __init__(self, same: Mapping[int, float], most: int) -> None:
        self._same = same
        self._most = most
        self._idle: dict[bool, list[Any]] = {False: [], True: []}
        self._difference = np.empty(most)

    def begin(self, given: Mapping[int, Column], rows: int) -> None:
        """Begin a block of so many rows with some columns, in which nothing is ever written."""
        self._rows = rows
        self._ours: set[int] = set()
        self._values: dict[int, Any] = {**self._same, **given}
        self._known = {
            at: NOT_INFINITE if math.isnan(number) else FINITE for at, number in self._same.items()
        }
        self._known |= dict.fromkeys(given, UNKNOWN)

    def look(self, at: int) -> bool:
        """Make NaN what is not finite, and return whether all is finite."""
        if self._known[at] == UNKNOWN:
            x = self._values[at]
            if math.isfinite(np.add.reduce(x, axis=None)):
                self._known[at] = FINITE
            else:
                self._free(at)
                self._values[at] = np.where(np.isfinite(x), x, np.nan)
                self._known[at] = NOT_INFINITE
        return self._known[at] == FINITE

    def take(self, step: Step) -> None:
        """Take a step."""
        if step.plain is not None:
            args = [self._values[at] for at in step.args]
            self._values[step.at] = step.plain(*args, out=self._fresh(step.at))
            self._known[step.at] = UNKNOWN
            return
        finite = True
        for at in step.losing:
            finite &= self.look(at)
        op, known = step.op, [self._known[at] for at in step.args]
        self._values[step.at] = self._result(step, finite)
        if op == "coalesce":
            self._known[step.at] = FINITE if finite else known[1]
        else:
            self._known[step.at] = min(known) if op in _KEEPS else UNKNOWN

    def write(self, at: int, outputs: Iterable[Column]) -> None:
        """Write what is at a place."""
        for column in outputs:
            self.look(at)
            column[:] = self._values[at]

    def free(self, step: Step) -> None:
        """Forget what nothing needs after a step."""
        for at in step.frees:
            self._free(at)
            del self._values[at]

    def _result(self, step: Step, finite: bool) -> Any:
        op, args = step.op, [self._values[at] for at in step.args]
        if op in ("floor", "ceil"):
            return self._snapped(args[0], self._fresh(step.at), up=op == "ceil")
        if op == "as_number":
            out = self._fresh(step.at)
            out[:] = args[0]
            return out
        operation = (_OF_FINITE.get(op) if finite else None) or _OF_ANY[op]
        if isinstance(operation, np.ufunc) or (finite and op == "coalesce"):
            return operation(*args, out=self._fresh(step.at, test=op in TESTS))
        return operation(*args)

    def _snapped(self, x: Column, out: Column, *, up: bool) -> Column:
        """``floor`` or ``ceil``, as it is in OPERATIONS for every number."""
        np.rint(x, out=out)
        difference = self._difference[: self._rows]
        np.subtract(*((x, out) if up else (out, x)), out=difference)
        (np.add if up else np.subtract)(out, difference > 5e-7, out=out)
        return np.copysign(out, x, out=out) if up else out

    def _fresh(self, at: int, *, test: bool = False) -> Any:
        """A column to write a result into."""
        idle = self._idle[test]
        self._ours.add(at)
        whole = idle.pop() if idle else np.empty(self._most, np.bool_ if test else np.float64)
        return whole[: self._rows]

    def _free(self, at: int) -> None:
        if at in self._ours:
            self._ours.remove(at)
            whole = self._values[at].base
            self._idle[whole.dtype == np.bool_].append(whole)
