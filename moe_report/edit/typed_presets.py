"""What a user typed on a sheet of presets of a report, which is read and written anew."""

from __future__ import annotations

from collections.abc import Sequence

from moe_report.edit.cell_keys import Address, Contents
from moe_report.edit.say_anew import heads_of
from moe_report.schema.presets import PresetGroup

_READ = ("group", "preset", "source")  # beside the columns of assumptions


def preset_cells(cells: Contents, groups: Sequence[PresetGroup]) -> set[Address]:
    """Return the cells of a sheet in rows of presets of these groups, in columns that are read."""
    heads = heads_of(cells)
    if "preset" not in heads:
        return set()
    names, top = heads["preset"]
    read = {*_READ, *(name for group in groups for name in group.sets)}
    columns = {
        column
        for (column, row), text in cells.items()
        if row == top and text.strip().partition(" (")[0] in read
    }
    return {
        (column, row)
        for column, row in cells
        if row > top
        and column in columns
        and (name := cells.get((names, row)))
        and any(group.find(name) is not None for group in groups)
    }
