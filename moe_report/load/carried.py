"""What is carried along with a column of the user's: its formulas and number formats."""

from __future__ import annotations

import re

from moe_report.load.columns import Columns
from moe_report.load.grid import Grid
from moe_report.ooxml.formula_text import references
from moe_report.table import CarriedCell, Reference

_THIS_ROW = re.compile(r"([\w.]*)\[\[#This Row\],\s*\[([^\[\]]+)\]\]", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"]|"")*"')
# A word of a formula that is no function: a name that a report does not have.
_NAME = re.compile(r"[^\W\d][\w.]*(?!\w*\()(?![\w.(])")
# What depends on where the formula or its argument stands.
_OF_PLACE = re.compile(
    r"\b(?:OFFSET|INDIRECT|ROWS?|COLUMNS?|CELL|ADDRESS|SHEETS?|FORMULATEXT)\s*\(", re.IGNORECASE
)
_TRUTH = frozenset({"TRUE", "FALSE"})


def carried_cell(grid: Grid, columns: Columns, row: int, column: int) -> CarriedCell:
    """Return what a cell that is carried along has beside its value.

    Its formula is kept if it refers to other columns of its own row alone, and these are in the
    report.
    """
    text = grid.formula_text(row, column)
    shown = grid.number_format(row, column)
    parts = _moved(grid, columns, row, text) if text and not grid.turned else ()
    return CarriedCell(parts, "" if shown == "General" else shown)


def _moved(grid: Grid, columns: Columns, row: int, text: str) -> tuple[str | Reference, ...]:
    """A formula with names in place of its references; nothing if one of them leads elsewhere."""
    by_header = {one.header.casefold(): one.number for one in columns.all}
    found: list[tuple[int, int, int]] = []  # from, to, column: 0 for none
    rest = _TEXT.sub(lambda match: " " * len(match[0]), text)
    for match in _THIS_ROW.finditer(rest):
        here = not match[1] or match[1].casefold() in grid.tables
        column = by_header.get(match[2].strip().casefold(), 0)
        found.append((match.start(), match.end(), column if here else 0))
    rest = _THIS_ROW.sub(lambda match: " " * len(match[0]), rest)
    try:
        cells = list(references(rest, grid.sheet, [grid.sheet], elsewhere=True))
    except ValueError:
        return ()
    for cell in cells:
        left, top, right, bottom = cell.area
        alone = (left, top) == (right, bottom) and not cell.last
        here = cell.sheet == cell.last_sheet == grid.sheet and top == row
        found.append((cell.outset, cell.end, left if alone and here else 0))
        rest = rest[: cell.outset] + " " * (cell.end - cell.outset) + rest[cell.end :]
    if _OF_PLACE.search(rest):
        return ()
    names = [name for name in _NAME.findall(rest) if name.upper() not in _TRUTH]
    if names or re.search(r"[\[\]{}@#!'\"]", rest):
        return ()
    parts: list[str | Reference] = []
    at = 0
    for start, end, column in sorted(found):
        known = columns.known.get(column, ())
        if column in columns.carried:
            reference = Reference(columns.carried[column])
        elif len(known) == 1 and grid.value(row, column) not in (None, ""):
            reference = Reference(known[0].name, known[0].scale)
        else:
            return ()
        parts += [text[at:start], reference]
        at = end
    return (*parts, text[at:])
