"""Where what a cell of a report is about stands in a newer one.

On the sheet Models that is a model and a column; on other sheets, the first text of the row, and on
those with a row a model also the header of the column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import pairwise

from moe_report.load.models_sheet import Places
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.rearranged import Rearranged

Address = tuple[int, int]
Contents = Mapping[Address, str]
_FINDINGS = "Findings"
_COUNTS = re.compile(rf"(?<=^{_FINDINGS})(?: \(|: ).*")
HEADING = 2  # rows above the headers of Models
_NAME = 1  # the first column of our sheets, mostly of names


def header_of_models(cells: Contents) -> int:
    """Return the row of the headers of a new sheet Models."""
    return next(row for (column, row), text in cells.items() if (column, text) == (_NAME, "name"))


def models_moved(
    old: Contents, new: Contents, places: Places, carried: Mapping[int, str]
) -> Rearranged:
    """Return where the cells of the sheet Models are.

    Args:
        old: Its cells.
        new: Those of the new one.
        places: Where the old one has what.
        carried: What the new one calls the columns of the user's, by their numbers.
    """
    top = header_of_models(new)
    columns = {text: column for (column, row), text in new.items() if row == top}
    models = {text: row for (column, row), text in new.items() if column == _NAME and row > top}
    names = {column: name for name, column in places.columns.items()} | dict(carried)
    headers = {}
    for (column, row), text in old.items():
        name = names.get(column, text)
        if row == places.header and (name not in columns or name != text):
            headers[text] = name if name in columns else ""
    rows = {row: models[name] for name, row in places.rows.items() if name in models}
    rows |= {places.header - above: top - above for above in range(HEADING + 1)}
    return Rearranged(
        SHEET,
        {column: columns[name] for column, name in names.items() if name in columns},
        rows,
        (min(places.rows.values()), max(places.rows.values())),
        (min(models.values()), max(models.values())),
        SHEET,
        headers,
    )


def others_moved(
    sheet: str, old: Contents, new: Contents, models: tuple[Collection[str], Collection[str]]
) -> Rearranged:
    """Return where the cells of another sheet are, as far as its texts tell.

    Args:
        sheet: Its name.
        old: Its cells.
        new: Those of the new one.
        models: The names of the models, as they were and as they are.
    """
    said, says = _first_texts(old), _first_texts(new)
    there = {text: row for row, text in says.items() if list(says.values()).count(text) == 1}
    known = {0: 0}
    for row, text in said.items():
        if says.get(row) == text:
            known[row] = row
        elif text in there and list(said.values()).count(text) == 1:
            known[row] = there[text]
    rows = dict(known)
    for above, below in pairwise(sorted(known)):
        if known[below] - below == known[above] - above:
            rows |= {row: row + known[above] - above for row in range(above, below)}
    before, after = (
        _rows_of_models(texts, names) for texts, names in zip((said, says), models, strict=True)
    )
    meant = {said[row] for row in range(before[0], before[1] + 1) if row in said}
    apart = [row for row, text in says.items() if text in meant]
    after = after[0], max(after[1], *apart, 0)  # claims stood among the models once
    last = max(known)
    if last > before[1]:  # what is below all that is known stays as far below it
        rows |= {row: row + known[last] - last for _, row in old if row > last}
    columns = {column: column for column, _ in old}
    if before[0] and after[0]:
        heads = {text: column for (column, row), text in new.items() if row == after[0] - 1}
        columns |= {
            column: heads[text]
            for (column, row), text in old.items()
            if row == before[0] - 1 and text in heads
        }
    del rows[0]
    return Rearranged(sheet, columns or {1: 1}, rows, before, after, is_sure=False)


def _first_texts(cells: Contents) -> dict[int, str]:
    """The texts of the first column; a name in the list of findings is not that of the table."""
    found, of = {}, ""
    for (column, row), text in sorted(cells.items()):
        if column == _NAME:
            found[row] = of + _COUNTS.sub("", text)
            of = of or _FINDINGS * (found[row] == _FINDINGS)
    return found


def _rows_of_models(texts: Mapping[int, str], names: Collection[str]) -> tuple[int, int]:
    """The first and last row of the first block of models; zeros if there is none."""
    found = [row for row, text in texts.items() if text in names]
    last = next((row for row, below in pairwise([*found, 0]) if below != row + 1), 0)
    return (found[0], last) if found else (0, 0)
