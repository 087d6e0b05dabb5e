"""What a cell of a report is about, by which it is found again in a newer one.

On the sheet Models that is a model and a column; on other sheets, a column and the first text of
the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moe_report.load.grid import Places
from moe_report.ooxml.addresses import column_letters

Address = tuple[int, int]
Key = tuple[str, ...]


@dataclass
class Keyed:
    """A sheet's cells by what they are about.

    Attributes:
        keys: Key of each cell that has one.
        places: Cell of each key.
    """

    keys: dict[Address, Key] = field(default_factory=dict)
    places: dict[Key, Address] = field(default_factory=dict)


def models_columns(
    cells: Mapping[Address, str], header: int, places: Places | None = None
) -> dict[int, str]:
    """Return the header of each column of the sheet Models, those of fields as we write them."""
    found = {column: text.strip() for (column, row), text in cells.items() if row == header}
    return found | {column: name for name, column in (places.columns if places else {}).items()}


def keyed_models(cells: Mapping[Address, str], header: int, places: Places | None = None) -> Keyed:
    """Return the cells of the sheet Models by model and column, those of the header by column."""
    columns = models_columns(cells, header, places)
    at = next(column for column, text in columns.items() if text == "name")
    rows = {
        row: " ".join(text.split())
        for (column, row), text in cells.items()
        if column == at and row > header
    }
    keyed = Keyed()
    for column, name in columns.items():
        for row, model in ((header, ""), *rows.items()):
            keyed.keys[column, row] = (model, name)
            keyed.places[model, name] = (column, row)
    return keyed


def keyed_otherwise(cells: Mapping[Address, str], at: Address) -> Key | None:
    """Return what a cell of another sheet is about: its column, and the first text of its row."""
    column, row = at
    first = cells.get((1, row), "")
    return (column_letters(column), first) if first else None
