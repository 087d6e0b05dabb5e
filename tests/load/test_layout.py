"""Where a sheet has its models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from moe_report.load.collected import Collected
from moe_report.load.layout import Layout, find_layout
from moe_report.load.sheets import PlainSheet, PlainSheets
from moe_report.ooxml.addresses import Area
from moe_report.schema.headers.headers import Headers
from moe_report.schema.registry import Registry

Rows = Sequence[Sequence[object]]
MODELS = [("a", 8, 2), ("b", 16, 2), ("c", 64, 6)]
PLAIN = ("name", "num_experts", "num_experts_per_tok")


def layout_of(registry: Registry, rows: Rows, *merged: Area) -> Layout | None:
    """The layout of a sheet of values."""
    sheets = PlainSheets(
        Path("a.csv"), {"a": PlainSheet([list(row) for row in rows], merged=merged)}
    )
    grid = sheets.grid("a", Collected("a.csv"))
    return find_layout(grid, Headers(registry.metrics, registry.assumptions))


def found(registry: Registry, rows: Rows, *merged: Area) -> Layout:
    """The layout of a sheet that has one."""
    layout = layout_of(registry, rows, *merged)
    assert layout is not None
    return layout


@pytest.mark.parametrize("above", [0, 1, 5, 29])
def test_the_header_may_stand_below_titles(registry: Registry, above: int) -> None:
    """In any of the first thirty rows."""
    rows = [("Our models", None, None)] * above + [PLAIN, ("a", 8, 2)]
    layout = found(registry, rows)
    assert (layout.top, layout.bottom) == (above + 1, above + 1)
    assert layout.fields == 2


def test_a_header_further_down_is_not_looked_for(registry: Registry) -> None:
    """A table that begins far down is not ours to find."""
    assert layout_of(registry, [()] * 31 + [PLAIN, *MODELS]) is None


@pytest.mark.parametrize(
    "rows",
    [
        [], [()], [(None, None)], [("a", 8, 2)], [("Name", "Age"), ("Ann", 5)],
        [("Model", "GPU", "$/h"), ("a", "H100", 2.5)], [(1, 2, 3)],
    ],
)  # fmt: skip
def test_a_sheet_without_fields_has_none(registry: Registry, rows: Rows) -> None:
    """Empty, of something else, or of numbers alone."""
    assert layout_of(registry, rows) is None


def test_models_that_are_columns_are_turned(registry: Registry) -> None:
    """Fields below each other are headers; addresses stay those of the sheet."""
    rows = [
        ("Model", "a", "b", "c"),
        ("Experts", 8, 16, 64),
        ("Top-K", 2, 2, 6),
        ("Layers", 4, 5, 6),
    ]
    layout = found(registry, rows)
    assert layout.grid.turned
    assert (layout.grid.address(2, 3), layout.grid.value(2, 3)) == ("B3", 2)
    assert layout.grid.place(4) == "a!D"
    assert [layout.headers[at].text for at in (1, 2, 3, 4)] == [
        "Model",
        "Experts",
        "Top-K",
        "Layers",
    ]


def test_rows_win_where_both_would_do(registry: Registry) -> None:
    """A sheet of one field and one model is read as rows."""
    layout = found(registry, [("name", "num_experts"), ("num_experts", 8)])
    assert not layout.grid.turned


GROUPS = [
    ("Model", "Experts", None, None, "License"),
    (None, "Total", "Top-K", "Shared", None),
    ("a", 8, 2, 0, "MIT"),
]


def test_a_group_stands_over_headers(registry: Registry) -> None:
    """Its text counts for all up to the next group; a header beside it stands alone."""
    layout = found(registry, GROUPS, (1, 1, 1, 2), (2, 1, 4, 1), (5, 1, 5, 2))
    assert (layout.top, layout.bottom) == (1, 2)
    shown = {at: header.shown for at, header in layout.headers.items()}
    assert shown == {
        1: "Model", 2: "Experts / Total", 3: "Experts / Top-K", 4: "Experts / Shared", 5: "License",
    }  # fmt: skip
    assert [known.name for at in (2, 3, 4) for known in layout.readings[at].known] == [
        "num_experts", "num_experts_per_tok", "num_shared_experts",
    ]  # fmt: skip
    assert layout.headers[1].row == 1


def test_a_group_ends_at_a_header_of_its_own(registry: Registry) -> None:
    """What follows a header that is alone belongs to no group."""
    rows = [
        ("Model", "Params (B)", None, "Layers", "Experts", None),
        (None, "Total", "Active", None, "Total", "Top-K"),
        ("a", 46.7, 12.9, 32, 8, 2),
    ]
    layout = found(registry, rows)
    names = {at: reading.known[0].name for at, reading in layout.readings.items() if reading.known}
    assert names == {
        1: "name", 2: "total_params", 3: "active_params", 4: "num_hidden_layers", 5: "num_experts",
        6: "num_experts_per_tok",
    }  # fmt: skip
    assert [layout.readings[at].known[0].scale for at in (2, 3)] == [10**9, 10**9]


def test_a_row_of_units_scales_the_numbers(registry: Registry) -> None:
    """Below the header, where most of its cells are units."""
    rows = [
        ("Model", "Total parameters", "Active parameters", "Experts", "Vocab size"),
        (None, "B", "B", None, "k"),
        ("a", 46.7, 12.9, 8, 32),
    ]
    layout = found(registry, rows)
    assert layout.bottom == 2
    assert [layout.readings[at].known[0].scale for at in (2, 3, 4, 5)] == [10**9, 10**9, 1, 1000]


def test_a_model_is_no_row_of_units(registry: Registry) -> None:
    """A row with a number, or with one unit among texts, is a model's."""
    header = ("Model", "Total parameters", "Vendor", "License", "Remark")
    for row in (("B", 46.7, None, None, None), ("a", None, "M", "MIT", "fine")):
        assert found(registry, [header, row, ("b", 30e9, "x", "y", "z")]).bottom == 1


def test_two_rows_of_names_are_not_taken_for_groups(registry: Registry) -> None:
    """A heading above the models is no header: the row of fields alone is."""
    layout = found(registry, [PLAIN, ("Dense models", None, None), ("a", 8, 2)])
    assert layout.bottom == 1


def test_a_title_right_above_the_header_is_no_group(registry: Registry) -> None:
    """It names the sheet and no column: a header is called what its cell says."""
    layout = found(registry, [("MoE models", None, None), (*PLAIN, "Vendor"), ("a", 8, 2, "x")])
    assert layout.headers[4].shown == "Vendor"


def test_a_group_alone_stands_over_the_columns_right_of_the_names(registry: Registry) -> None:
    """One text above is a group where the names have none."""
    rows = [(None, "Experts", None), ("Model", "Total", "Top-K"), ("a", 8, 2)]
    assert found(registry, rows).headers[2].shown == "Experts / Total"


def test_of_several_headers_the_best_understood_is_taken(registry: Registry) -> None:
    """A legend above a table names fewer fields than the table."""
    rows = [("name", "num_experts"), ("what", "how many"), (), (*PLAIN, "num_hidden_layers"),
            ("a", 8, 2, 4)]  # fmt: skip
    assert found(registry, rows).bottom == 4
