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
def test_many_designs_have_the_front_of_a_few(objectives: int) -> None:
    """What is discarded at once, because something good beats it, is not on the front."""
    numbers = np.random.default_rng(7)
    costs = numbers.integers(0, 60, (6000, objectives)).astype(float)
    unique = np.unique(costs, axis=0)
    expected = {tuple(row) for row in unique[by_pairs(unique)]}
    found = on_front(costs)
    assert {tuple(row) for row in costs[found]} == expected
    assert found.sum() == sum(tuple(row) in expected for row in costs)
