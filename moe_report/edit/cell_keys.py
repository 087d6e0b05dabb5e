"""What a cell of a report is about, by which it is found again in a newer one.

On the sheet Models that is a model and a column; on other sheets, a column and the first text of
the row.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.load.models_sheet import Places
from moe_report.ooxml.addresses import column_letters

Address = tuple[int, int]
Key = tuple[str, ...]


def keyed_models(
    cells: Mapping[Address, str], header: int, places: Places | None = None
) -> dict[Address, Key]:
    """Return model and column of the cells of the sheet Models; those of the header have no model.

    Headers of fields are named as we write them.
    """
    columns = {column: text.strip() for (column, row), text in cells.items() if row == header}
    columns |= {column: name for name, column in (places.columns if places else {}).items()}
    at = next(column for column, text in columns.items() if text == "name")
    rows = {
        row: " ".join(text.split())
        for (column, row), text in cells.items()
        if column == at and row > header
    }
    return {
        (column, row): (model, name)
        for column, name in columns.items()
        for row, model in ((header, ""), *rows.items())
    }


def keyed_otherwise(cells: Mapping[Address, str], at: Address) -> Key | None:
    """Return what a cell of another sheet is about: its column, and the first text of its row."""
    column, row = at
    first = cells.get((1, row), "")
    return (column_letters(column), first) if first else None
