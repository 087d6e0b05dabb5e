"""The front against the one that comparing all pairs gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moe_report.sweeps.front import on_front

SHAPES = st.tuples(st.integers(0, 40), st.integers(1, 4))
FEW = st.integers(0, 5).map(float)  # so that many are equal


def by_pairs(costs: np.ndarray) -> list[bool]:
    """Which rows no other row beats."""
    return [
        not any((other <= one).all() and (other < one).any() for other in costs) for one in costs
    ]


@given(SHAPES.flatmap(lambda shape: arrays(float, shape, elements=FEW)))
def test_front_is_what_comparing_all_pairs_gives(costs: np.ndarray) -> None:
    """Ties and copies included, whatever the number of objectives."""
    assert on_front(costs).tolist() == by_pairs(costs)


@pytest.mark.parametrize("objectives", [1, 2, 3])
@pytest.mark.parametrize("hard", [False, True])
def test_many_designs_have_the_front_of_a_few(objectives: int, hard: bool) -> None:
    """What is discarded at once, because something good beats it, is not on the front.

    It is hard where what is good in one objective is bad in another: then the front is long.
    """
    costs = np.random.default_rng(7).integers(0, 60, (6000, objectives)).astype(float)
    if hard:
        costs[:, 0] += 3 * (120 - costs[:, 1:].sum(axis=1))
    unique = np.unique(costs, axis=0)
    expected = {
        tuple(row)
        for row in unique
        if not ((unique <= row).all(axis=1) & (unique < row).any(axis=1)).any()
    }
    found = on_front(costs)
    assert {tuple(row) for row in costs[found]} == expected
    assert found.sum() == sum(tuple(row) in expected for row in costs)
    assert len(expected) > 500 * (hard and objectives > 2)
