"""What rows lack for the value of an expression, for all rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import always_needed, evaluate

Codes = NDArray[np.int32]  # of each row the number of a set of names
Rows = NDArray[np.intp]

NOTHING = 0


class NameSets:
    """Sets of names in order, each of which has a number: few rows lack what no other row lacks."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = [()]
        self._numbers: dict[tuple[str, ...], int] = {(): NOTHING}
        self._unions: dict[tuple[int, int], int] = {}

    def number(self, names: tuple[str, ...]) -> int:
        """Return the number of some names."""
        if names not in self._numbers:
            self._numbers[names] = len(self.names)
            self.names.append(names)
        return self._numbers[names]

    def union(self, one: int, other: int) -> int:
        """Return the number of the names of one set and then of another."""
        if one == other or other == NOTHING:
            return one
        if one == NOTHING:
            return other
        if (one, other) not in self._unions:
            both = dict.fromkeys((*self.names[one], *self.names[other]))
            self._unions[one, other] = self.number(tuple(both))
        return self._unions[one, other]

    def unions(self, ones: Codes, others: Codes) -> Codes:
        """Return :meth:`union` of each row."""
        if not others.any():
            return ones
        if not ones.any():
            return others
        pairs, place = np.unique(ones.astype(np.int64) << 32 | others, return_inverse=True)
        found = [self.union(int(pair >> 32), int(pair & 0xFFFFFFFF)) for pair in pairs]
        return np.array(found, dtype=np.int32)[place]


def missing_names(
    expr: Expr, columns: Mapping[str, Values | float], rows: Rows, sets: NameSets
) -> Codes:
    """Return what :func:`~moe_report.formula.operations.missing_symbols` says of each row.

    Args:
        expr: The expression.
        columns: The values of its symbols; for a series a table with a row for each model.
        rows: The places of the rows that are asked for.
        sets: Gets the sets of names, by whose numbers rows are told what they lack.
    """
    return _Missing(columns, sets).of(expr, rows)


class _Missing:
    def __init__(self, columns: Mapping[str, Values | float], sets: NameSets) -> None:
        self.columns = columns
        self.sets = sets

    def of(self, expr: Expr, rows: Rows) -> Codes:
        found = np.zeros(len(rows), dtype=np.int32)
        if not len(rows):
            return found
        if expr.op in ("symbol", "series"):
            return self._absent(expr.name, rows)
        if expr.op == "where":
            return self._of_where(expr, rows)
        options = (self.of(arg, rows) for arg in expr.args)
        if expr.op == "coalesce":
            first, second = options
            sizes = np.array([*map(len, self.sets.names)])
            return np.where(sizes[first] <= sizes[second], first, second).astype(np.int32)
        for codes in options:
            found = self.sets.unions(found, codes)
        return found

    def _of_where(self, expr: Expr, rows: Rows) -> Codes:
        test, then, otherwise = expr.args
        found = self.of(test, rows)
        known = np.flatnonzero(found == NOTHING)
        truth = np.broadcast_to(self._values(test, rows[known]), len(known))
        nobody_knows = np.isnan(truth)
        arms: tuple[tuple[NDArray[np.bool_], Callable[[Rows], Codes]], ...] = (
            # undefined: what both arms need is all that is sure to be asked for
            (nobody_knows, lambda some: self._all_of(always_needed(expr), some)),
            (~nobody_knows & (truth != 0), lambda some: self.of(then, some)),
            (truth == 0, lambda some: self.of(otherwise, some)),
        )
        for chosen, codes in arms:
            some = known[chosen]
            if len(some):
                found[some] = codes(rows[some])
        return found

    def _all_of(self, names: list[str], rows: Rows) -> Codes:
        found = np.zeros(len(rows), dtype=np.int32)
        for name in names:
            found = self.sets.unions(found, self._absent(name, rows))
        return found

    def _absent(self, name: str, rows: Rows) -> Codes:
        column = self._column(name, rows)
        lacking = np.isnan(column)
        each = lacking.all(axis=1) if column.ndim > 1 else np.broadcast_to(lacking, len(rows))
        return np.where(each, self.sets.number((name,)), NOTHING).astype(np.int32)

    def _values(self, expr: Expr, rows: Rows) -> Values:
        names = (*expr.symbols(), *expr.series())
        return evaluate(expr, {name: self._column(name, rows) for name in names})

    def _column(self, name: str, rows: Rows) -> Values:
        column = np.asarray(self.columns[name], dtype=np.float64)
        return column[rows] if column.ndim else column
