"""Where references to a sheet lead whose rows and columns are in other places now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moe_report.ooxml.rearranged import GONE, Rearranged, ScatteredError, moved

SHEETS = ("Models", "Mine")


def rearranged(order: list[int], more: int) -> Rearranged:
    """Ten columns as they were; rows 4 on in another order, 0 for one that leaves, and more."""
    rows = {4 + at: 4 + new for at, new in enumerate(order) if new >= 0}
    last = 3 + len(rows) + more
    columns = {column: column for column in range(1, 11)}
    return Rearranged("Models", columns, {3: 3} | rows, (4, 3 + len(order)), (4, last))


@given(st.permutations(range(6)), st.integers(0, 3), st.integers(4, 9), st.integers(4, 9))
def test_a_range_means_the_models_that_it_meant(
    order: list[int], more: int, one: int, other: int
) -> None:
    """Either it leads to just these rows, or nothing is said; all models are all models."""
    place = rearranged(order, more)
    top, bottom = sorted((one, other))
    try:
        now = moved(f"SUM(Models!$B{top}:B${bottom})", "Mine", SHEETS, [place]).text
    except ScatteredError:
        now = ""
    wanted = {place.rows[row] for row in range(top, bottom + 1)}
    if (top, bottom) == (4, 9):
        wanted = set(range(4, 10 + more))
    together = max(wanted) - min(wanted) == len(wanted) - 1
    assert now == (f"SUM(Models!$B{min(wanted)}:B${max(wanted)})" if together else "")


@pytest.mark.parametrize(("formula", "meant"), [
    ("Models!B5", f"Models!{GONE}"), ("Models!B4:B5", "Models!B4:B4"), ("Models!B3", "Models!B3"),
    ("Models!$B$4:$B$6", "Models!$B$4:$B$5"), ("Models!B3:B6", "Models!B3:B5"),
    ("Models!B4:B100", "Models!B4:B99"), ("Models!B:C", "Models!B:C"), ("B5", "B5"),
    ("Models!B100", "Models!B99"), ("'Models'!b6", "'Models'!B5"), ("Mine!B5", "Mine!B5"),
    ('"Models!B5"', '"Models!B5"'), ("[2]Models!B5", "[2]Models!B5"), ("Models!4:4", "Models!4:4"),
    ("Models[x]", "Models[x]"),
])  # fmt: skip
def test_where_a_reference_leads_when_a_model_leaves(formula: str, meant: str) -> None:
    """The second of three is gone."""
    assert moved(formula, "Mine", SHEETS, [rearranged([0, -1, 1], 0)]).text == meant


@pytest.mark.parametrize(("formula", "meant"), [
    ("SUM(Models[old])", "SUM(Models[new])"), ("Models[[#This Row],[old]]*2",
     "Models[[#This Row],[new]]*2"), ("Models[[old]:[x]]", "Models[[new]:[x]]"),
    ("Models[gone]+1", f"{GONE}+1"), ('"Models[old]"', '"Models[old]"'), ("My_Models[old]",
     "My_Models[old]"), ("models[[#Headers],[OLD]]", "models[[#Headers],[new]]"),
    ("Models['#a]", "Models['#b]"), ("Models[#All]", "Models[#All]"),
])  # fmt: skip
def test_columns_of_the_table_that_are_called_otherwise(formula: str, meant: str) -> None:
    """Structured references say the new header, or that the column is gone."""
    place = Rearranged("Models", {1: 1}, {4: 4}, (4, 4), (4, 4), "Models",
                       {"old": "new", "gone": "", "#a": "#b"})  # fmt: skip
    assert moved(formula, "Mine", SHEETS, [place]).text == meant
