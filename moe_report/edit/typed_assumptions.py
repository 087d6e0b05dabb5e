"""What a user typed on the sheet Assumptions of a report, which is read and written anew."""

from __future__ import annotations

from collections.abc import Iterable

from moe_report.edit.cell_keys import Address, Contents
from moe_report.edit.say_anew import heads_of
from moe_report.load.assumptions_sheet import CHOOSES
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.schema.scenario_names import OURS
from moe_report.table import BASE

READ = ("name", "value")  # the columns that are read, beside those of scenarios


def input_cells(
    cells: Contents, scenarios: Iterable[str], heads: Iterable[str] = OURS
) -> set[Address]:
    """Return the cells in columns with these heads, or scenarios', wherever columns were put in."""
    found = heads_of(cells)
    if not {*READ} <= found.keys():
        return set()
    names, top = found["name"]
    known = {*map(str.casefold, scenarios), BASE, *heads}
    columns = {
        column
        for (column, row), text in cells.items()
        if row == top and text.strip().casefold() in known
    }
    return {
        (column, row)
        for (column, row), text in cells.items()
        if (row >= top and column in columns and (names, row) in cells)
        or (row == top - 1 and (column <= names or text.startswith("←")))
    }


def typed_formulas(cells: Contents) -> dict[Address, str]:
    """Return the formulas of the user's: those that choose a scenario are ours."""
    return {
        at: text for at, text in cells.items() if text.startswith("=") and not CHOOSES.search(text)
    }


def replaced_formulas(cells: Contents, file: str) -> list[str]:
    """Say which formulas are replaced by their values."""
    return [
        f"{file}, sheet {ASSUMPTIONS_SHEET}, cell {column_letters(column)}{row}: your formula "
        f"{text} is replaced by its value"
        for (column, row), text in typed_formulas(cells).items()
    ]
