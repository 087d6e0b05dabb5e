"""The Pareto front: designs that none beats in one objective without losing in another.

Everything here is of costs, a column an objective, of which less is better. Of designs that are
equal in all objectives each is on the front, or none.

>>> costs = np.array([[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [4.0, 1.0], [2.0, 2.0]])
>>> on_front(costs).tolist()
[True, True, False, True, True]
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.operations import Column

Mask = NDArray[np.bool_]
_CHUNK = 256
_MANY = 4096  # from where on it is worth looking for what beats most of the others


def on_front(costs: Column) -> Mask:
    """Return which designs are on the front, of costs with a row a design and none missing."""
    count, objectives = costs.shape
    if count == 0:
        return np.zeros(0, bool)
    if objectives == 1:
        return np.asarray(costs[:, 0] == costs[:, 0].min())
    candidates = np.flatnonzero(_not_beaten_at_once(costs)) if count >= _MANY else np.arange(count)
    found = _of_two if objectives == 2 else _of_many
    kept = np.zeros(count, bool)
    kept[candidates[found(costs[candidates])]] = True
    return kept


def _not_beaten_at_once(costs: Column) -> Mask:
    """Which designs are not beaten by a few that are good in all objectives."""
    columns = [np.ascontiguousarray(one) for one in costs.T]
    shares = [(one - one.min()) / ((one.max() - one.min()) or 1) for one in columns]
    left = np.ones(len(costs), bool)
    for weight in (0.5, 0.1, 0.9):
        others = (1 - weight) / (len(columns) - 1)
        strong = np.argmin(sum(shares[1:]) * others + shares[0] * weight)
        # whoever is less somewhere, or equal everywhere, is not beaten
        less = reduce(np.logical_or, [one < one[strong] for one in columns])
        same = reduce(np.logical_and, [one == one[strong] for one in columns])
        left &= less | same
    return left


def _of_two(costs: Column) -> Mask:
    order = np.lexsort((costs[:, 1], costs[:, 0]))
    first, second = costs[order, 0], costs[order, 1]
    begins = np.flatnonzero(np.r_[True, first[1:] != first[:-1]])  # runs of one first cost
    lowest = second[begins]  # of each run, as it is sorted
    before = np.r_[np.inf, np.minimum.accumulate(lowest)[:-1]]
    run = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(order)]))
    kept = np.zeros(len(order), bool)
    kept[order] = (second == lowest[run]) & (second < before[run])
    return kept


def _of_many(costs: Column) -> Mask:
    columns = costs.T
    least, most = columns.min(axis=1, keepdims=True), columns.max(axis=1, keepdims=True)
    total = ((columns - least) / np.where(most > least, most - least, 1)).sum(axis=0)
    # Whoever beats another has no larger total, rounded or not, and of equal ones comes first; and
    # those of small totals beat most of the others, which are then compared with no more.
    order = np.lexsort((*columns[::-1], total))
    ordered = np.ascontiguousarray(columns[:, order])
    front = np.empty((len(columns), 0))
    kept = np.zeros(len(costs), bool)
    for start in range(0, len(order), _CHUNK):
        places = np.arange(start, min(start + _CHUNK, len(order)))
        for at in range(0, front.shape[1], _CHUNK):
            places = places[~_beaten(ordered[:, places], front[:, at : at + _CHUNK])]
            if not places.size:
                break
        places = places[~_beaten(ordered[:, places], ordered[:, places])]
        kept[order[places]] = True
        front = np.concatenate([front, ordered[:, places]], axis=1)
    return kept


def _beaten(costs: Column, by: Column) -> Mask:
    """Which designs have one among others that is nowhere more, and somewhere less."""
    pairs = [(other[None], one[:, None]) for one, other in zip(costs, by, strict=True)]
    nowhere_more = reduce(np.logical_and, [other <= one for other, one in pairs])
    somewhere_less = reduce(np.logical_or, [other < one for other, one in pairs])
    return np.asarray((nowhere_more & somewhere_less).any(axis=1))
