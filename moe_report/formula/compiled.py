"""Formulas of many rows, computed a block of rows at a time: fast, and the same to the last bit.

What the values are says :func:`moe_report.formula.operations.evaluate`; it asks after every
operation what has no finite value. Here parts that are equal are computed once, what is the same in
all rows is one number, and the columns of a block of rows stay in the processor's cache.

Here is what there is to compute; :mod:`~moe_report.formula.block_steps` computes it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from moe_report.formula.block_steps import Block, steps_of
from moe_report.formula.expr import TESTS, Expr
from moe_report.formula.operations import Column, evaluate

ROWS = 32768  # of a block, at most: its columns fit in a processor's cache

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
        left = _needed(columns, self.left)
        operations = {at: (part.op, part.args) for at, part in left.items()}
        self.steps = steps_of(operations, self.same)

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
            self._compute({**given, **filled}, rows, outputs)
        return results

    def _compute(
        self, given: Mapping[int, Column], rows: int, outputs: Mapping[int, Sequence[Column]]
    ) -> None:
        """Compute block by block what there is to compute, and write it into columns."""
        spans = _spans(rows)
        block = Block(self.same, max(span.stop - span.start for span in spans))

        for span in spans:
            block.begin({at: column[span] for at, column in given.items()}, span.stop - span.start)
            for at in outputs.keys() & given:
                block.write(at, [column[span] for column in outputs[at]])
            for step in self.steps:
                block.take(step)
                if step.at in outputs:
                    block.write(step.at, [column[span] for column in outputs[step.at]])
                block.free(step)


def _spans(rows: int) -> list[slice]:
    """Return blocks of rows, of about the same size: numpy computes a row alone in another way."""
    count = max(1, -(-rows // ROWS))
    edges = [rows * at // count for at in range(count + 1)]
    return [slice(*ends) for ends in pairwise(edges)]
