"""A column of numbers gives of each what there is to know, whichever way it is taken."""

from __future__ import annotations

import numpy as np
import pytest

from moe_report.cells import Cell, Cells, Provenance
from moe_report.table import Given

MISSING = Cell(None, Provenance.MISSING, "missing: needs hidden_size", undefined=False)
STATES = (Cell(None, Provenance.DERIVED), Cell(None, Provenance.GIVEN), MISSING)
CELLS = Cells(
    np.array([1.5, 2.0, np.nan, -0.0]),
    STATES,
    np.array([0, 1, 2, 0], dtype=np.int32),
    np.array([np.nan, 3.0, np.nan, np.nan]),
    {1: Given(2.0, "Models!C5")},
)
ONE_BY_ONE = [
    Cell(1.5, Provenance.DERIVED),
    Cell(2.0, Provenance.GIVEN, "given in the input, Models!C5", 3.0),
    MISSING,
    Cell(-0.0, Provenance.DERIVED),
]


@pytest.mark.parametrize("places", [[0, 1, 2, 3], [3, 1], [1, 1, 2], []])
def test_some_of_a_column_are_what_they_were(places: list[int]) -> None:
    """Taken in any order, with the notes on what was typed; so are cells made one by one."""
    wanted = [ONE_BY_ONE[at] for at in places]
    assert [*CELLS.take(places)] == wanted
    assert [*Cells.of(wanted)] == wanted
    assert CELLS.take(places) == Cells.of(wanted)


@pytest.mark.parametrize("some", [slice(None), slice(1, 3), slice(None, None, -1), slice(9, 12)])
def test_a_column_is_sliced_as_a_list_is(some: slice) -> None:
    """Backwards, too, and beyond its end."""
    assert [*CELLS[some]] == ONE_BY_ONE[some]


def test_equal_columns_have_one_hash() -> None:
    """A zero below nothing is a zero."""
    zeros = [Cells.of([Cell(zero, Provenance.DERIVED)]) for zero in (0.0, -0.0)]
    assert zeros[0] == zeros[1]
    assert len({*zeros}) == 1
