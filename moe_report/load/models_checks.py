"""What a sheet of models must keep to: bounds of numbers, rules between them, names, cells."""

from __future__ import annotations

import math
from collections.abc import Mapping

from moe_report.display import COUNTED
from moe_report.load.columns import Columns
from moe_report.load.grid import Grid
from moe_report.schema.bounds import (
    LARGEST,
    LIKE_A_COUNT,
    LIMITED,
    NOT_NEGATIVE,
    TOO_LARGE,
    WHOLE,
    between,
)
from moe_report.schema.fields import AT_MOST, FEWEST, FIELDS, LONE_LAYER
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.metrics import field_value
from moe_report.schema.parts import PARAMETER_TOTALS
from moe_report.table import Given, Row
from moe_report.text import shown


def check_comparisons(grid: Grid, columns: Columns, rows: Mapping[int, Row]) -> None:
    """Refuse a ``compare_with`` that names neither another row nor a shipped example."""
    names = dict.fromkeys(row.name for row in rows.values())
    compared = {at: row.texts.get("compare_with", row.name) for at, row in rows.items()}
    if names.keys() >= set(compared.values()):
        return
    from moe_report.load.examples import example_names

    names |= dict.fromkeys(example_names())
    for at, wanted in compared.items():
        if wanted not in names:
            message = f"found {shown(wanted)}, expected the name of another row or of a shipped "
            message += f"example.{grid.collected.nearest(wanted, names)}"
            grid.problem(at, columns.at("compare_with"), message)


def check_rules(grid: Grid, numbers: Mapping[str, Given]) -> None:
    """Refuse a number that is larger than another one of its row allows."""
    values = {name: item.value for name, item in numbers.items()}
    for field, limiting in AT_MOST.items():
        if field in values and values[field] > (limit := field_value(limiting, values)):
            expected = LIMITED.format(limit=limiting, number=f"{limit:,.15g}")
            message = f"found {values[field]:,.15g} for {field}, expected {expected}"
            cell = numbers[field].place.rpartition("!")[2]  # not always a column of its own
            grid.collected.problem(message, grid.sheet, cell)


def lone_layer_fields(numbers: Mapping[str, Given]) -> list[str]:
    """Return the fields of a lone layer that a row has, although it has a whole model's, too."""
    if "num_hidden_layers" not in numbers:
        return []
    return [name for name in numbers if name in FIELDS and FIELDS[name].group == LONE_LAYER]


def out_of_bounds(known: Known, value: float, *, headed: bool = True) -> str:
    """Return what was expected in place of a value, perhaps below a header; nothing if it does."""
    field = known.field
    if field is not None and not (said := field.refusal(value)):
        return ""
    billions = headed * f" (is it in billions? then write the header as '{known.name} (B)')"
    if field is None:
        if not math.isfinite(value) or value > LARGEST:
            return f"{TOO_LARGE} ({LARGEST:,.0f})"
        counts = known.unit.split("/")[0] in COUNTED
        if (counts and value < 0) or value < -LARGEST:
            return NOT_NEGATIVE
        if known.counts in PARAMETER_TOTALS and value < FEWEST:
            return f"{between(FEWEST, LARGEST, whole=True)}{billions * (value > 0)}"
        if known.unit == "parameters" and value < LIKE_A_COUNT and value != int(value):
            return f"{WHOLE}{billions}"
        return ""
    return f"{said}{billions}" if field.minimum == FEWEST and 0 < value < FEWEST else said
