"""Stored values of formulas that a fill makes wrong: they are dropped, and computed on opening.

Excel computes all formulas of a filled workbook anew, other programs show what is stored.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from moe_report.ooxml.addresses import LAST_COLUMN, Area, area_of, split_address
from moe_report.ooxml.calculation import sheets_with_formulas
from moe_report.ooxml.cells import TAG, Cells, forget_value
from moe_report.ooxml.formula_text import references
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.references import untraceable

MOST_ROUNDS = 60
_WORD = re.compile(r"[^\W\d][\w.\\]*", re.UNICODE)
_OWN_ROW = re.compile(r"(?<![\w.\]])\[")  # a column of the table around the cell

Place = tuple[str, Area]


@dataclass
class Changed:
    """Cells of one sheet whose values are others now.

    Attributes:
        areas: Whole areas.
        cells: Rows of single cells by column, in order.
    """

    areas: list[Area] = field(default_factory=list)
    cells: dict[int, list[int]] = field(default_factory=dict)

    def add(self, column: int, row: int) -> None:
        """Add a cell."""
        insort(self.cells.setdefault(column, []), row)

    def meets(self, area: Area) -> bool:
        """Whether one of the cells is in an area."""
        left, top, right, bottom = area
        for x1, y1, x2, y2 in self.areas:
            if left <= x2 and x1 <= right and top <= y2 and y1 <= bottom:
                return True
        columns: Iterable[int] = (left,) if left == right else self.cells
        for column in columns:
            rows = self.cells.get(column, ()) if left <= column <= right else ()
            at = bisect_left(rows, top)
            if at < len(rows) and rows[at] <= bottom:
                return True
        return False


class _Formula(NamedTuple):
    sheet: str
    column: int
    row: int
    cell: etree._Element
    places: list[Place]
    words: set[str]
    always: bool


def forget_values(package: Package, changed: Mapping[str, Changed]) -> None:
    """Drop the stored value of each formula that rests on what changed, in any sheet.

    Args:
        package: The workbook, with all rows where they will be.
        changed: What changes, by the sheet's name; what rests on it is added.
    """
    if not changed:
        return
    state = {name.casefold(): cells for name, cells in changed.items()}
    sheets = package.sheets()
    roots = {name: package.root(part) for name, part in sheets_with_formulas(package).items()}
    tables = dict(_tables(package, sheets))
    waiting = [
        item
        for name, root in roots.items()
        for item in _formulas(name, root, list(sheets), tables.values())
    ]
    names = _names(package, list(sheets), tables)
    touched: set[str] = set()
    for _ in range(MOST_ROUNDS):
        left = []
        for item in waiting:
            if not (item.always or _rests_on(item, state, tables, names)):
                left.append(item)
                continue
            state.setdefault(item.sheet.casefold(), Changed()).add(item.column, item.row)
            if forget_value(item.cell):
                touched.add(item.sheet)
        if len(left) == len(waiting):
            break
        waiting = left
    for name in touched:
        package[sheets[name]] = serialize(roots[name])


def _rests_on(
    item: _Formula,
    state: Mapping[str, Changed],
    tables: Mapping[str, Place],
    names: Mapping[str, list[Place]],
) -> bool:
    places = list(item.places)
    for word in item.words:
        if word in tables:
            places.append(tables[word])
        places += names.get(word, ())
    return any(sheet in state and state[sheet].meets(area) for sheet, area in places)


def _formulas(
    sheet: str, root: etree._Element, sheets: list[str], tables: Iterable[Place]
) -> Iterator[_Formula]:
    around = [area for on, area in tables if on == sheet.casefold()]
    cells = Cells(root, sheet)
    formulas = cells.formulas()
    for address, item in formulas.elements.items():
        column, row = split_address(address)
        always = item.get("t") == "dataTable"
        places: list[Place] = []
        text = ""
        try:
            text = formulas.text(address)
            places += _places(text, sheet, sheets)
        except ValueError:
            always = True
        if _OWN_ROW.search(text):
            # [@Total] is of its own row, [Total] the whole column of the table around the cell
            places.append((sheet.casefold(), (1, row, LAST_COLUMN, row)))
            places += (
                (sheet.casefold(), (left, top, right, bottom))
                for left, top, right, bottom in around
                if left <= column <= right and top <= row <= bottom
            )
        always = always or untraceable(text) is not None
        yield _Formula(sheet, column, row, cells.grid[row][column], places, _words(text), always)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _places(text: str, on: str, sheets: list[str]) -> Iterator[Place]:
    """Give the areas that a formula refers to, by the sheet's name in small letters."""
    for found in references(text, on, sheets):
        for name in found.spanned(sheets):
            yield name.casefold(), found.area


def _tables(package: Package, sheets: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    for name, part in sheets.items():
        for table in package.related_parts(part, "table"):
            root = package.root(table)
            place = (name.casefold(), area_of(root.get("ref", "A1")))
            for key in ("name", "displayName"):
                yield root.get(key, "").casefold(), place


def _names(
    package: Package, sheets: list[str], tables: Mapping[str, Place]
) -> dict[str, list[Place]]:
    """Return where defined names lead, also by way of tables and of other names."""
    root = package.root(package.workbook_part())
    found: dict[str, list[Place]] = {}
    words: dict[str, set[str]] = {}
    for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName"):
        name, text = item.get("name", "").casefold(), item.text or ""
        words[name] = words.get(name, set()) | _words(text)
        places = found.setdefault(name, [])
        places += (tables[word] for word in words[name] if word in tables)
        with suppress(ValueError):
            places += _places(text, "", sheets)
    return {
        name: [*places, *(place for word in words[name] for place in found.get(word, ()))]
        for name, places in found.items()
    }
