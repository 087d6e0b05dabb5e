"""Rows whose numbers are all made of those above: summaries, most likely, under another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose

SUM = "the sum of rows above in every column, so this may be a summary of them"
MEAN = "the mean of the rows above in every column, so this may be a summary of them"
_FEWEST = 3  # numbers that are no chance together
_CLOSE = 1e-9
_MOST = 50  # rows that are looked at for each

Numbers = Mapping[str, float]


def made_of_rows_above(rows: Sequence[Numbers]) -> dict[int, str]:
    """Return the places of rows that are sums or means of others, each with how they are made.

    A model may have such numbers, too, so they are reason to doubt it and no more; one with the
    numbers of another is a copy, and neither.

    >>> small, large = dict(a=1, b=2, c=8), dict(a=2, b=3, c=8)
    >>> list(made_of_rows_above([small, large, dict(a=3, b=5, c=16), dict(a=3, b=5, c=17)]))
    [2]
    """
    found: dict[int, str] = {}
    seen: set[frozenset[tuple[str, float]]] = set()
    above: dict[str, tuple[float, int]] = {}  # sum and count of each column
    for at, row in enumerate(rows):
        key = frozenset(row.items())
        if key not in seen and sum(value != 0 for value in row.values()) >= _FEWEST:
            if _is_sum(rows, at):
                found[at] = SUM
            elif all(_is_mean(value, *above.get(name, (0, 0))) for name, value in row.items()):
                found[at] = MEAN
        seen.add(key)
        for name, value in row.items():
            total, count = above.get(name, (0.0, 0))
            above[name] = total + value, count + 1
    return found


def _is_mean(value: float, total: float, count: int) -> bool:
    return count > 1 and isclose(total / count, value, rel_tol=_CLOSE)


def _is_sum(rows: Sequence[Numbers], at: int) -> bool:
    """Whether a row is the sum of two or more directly above it."""
    row = rows[at]
    total = dict.fromkeys(row, 0.0)
    for above in range(at - 1, max(-1, at - 1 - _MOST), -1):
        if row.keys().isdisjoint(rows[above]):
            return False
        for name in row:
            total[name] += rows[above].get(name, 0)
        if any(total[name] > value * (1 + _CLOSE) for name, value in row.items()):
            return False  # no more can make it less: it ends soon
        if at - above > 1 and all(
            isclose(total[name], value, rel_tol=_CLOSE) for name, value in row.items()
        ):
            return True
    return False
