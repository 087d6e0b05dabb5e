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

from moe_report.fill.dependents import Place, resting_on
from moe_report.ooxml.addresses import LAST_COLUMN, Area, area_of, split_address
from moe_report.ooxml.calculation import sheets_with_formulas
from moe_report.ooxml.cells import TAG, Cells, drop_value
from moe_report.ooxml.formula_text import references
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.ooxml.references import untraceable

_WORD = re.compile(r"[^\W\d][\w.\\]*", re.UNICODE)
_OWN_ROW = re.compile(r"(?<![\w.\]])\[")  # a column of the table around the cell


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
    area: Area
    cells: list[etree._Element]
    places: list[Place]
    always: bool


def forget_values(package: Package, changed: Mapping[str, Changed]) -> None:
    """Drop the stored value of each formula that rests on what changed, in any sheet.

    Args:
        package: The workbook, with all rows where they will be.
        changed: What changes, by the sheet's name.
    """
    if not changed:
        return
    state = {name.casefold(): cells for name, cells in changed.items()}
    sheets = package.sheets()
    roots = {name: parse(package[part]) for name, part in sheets_with_formulas(package).items()}
    tables = dict(_tables(package, sheets))
    names = _names(package, list(sheets), tables)
    formulas = [
        item
        for name, root in roots.items()
        for item in _formulas(name, root, list(sheets), tables, names)
    ]
    first = (item for item in formulas if item.always or meets(state, item.places))
    touched = {
        item.sheet
        for item in resting_on(formulas, first)
        if [cell for cell in item.cells if drop_value(cell)]
    }
    for name in touched:
        package[sheets[name]] = serialize(roots[name])


def meets(changed: Mapping[str, Changed], places: Iterable[Place]) -> bool:
    """Whether a place is among what changed, by the sheet's name in small letters."""
    return any(sheet in changed and changed[sheet].meets(area) for sheet, area in places)


def _formulas(
    sheet: str,
    root: etree._Element,
    sheets: list[str],
    tables: Mapping[str, Place],
    names: Mapping[str, list[Place]],
) -> Iterator[_Formula]:
    around = [area for on, area in tables.values() if on == sheet.casefold()]
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
        for word in _words(text):
            places += names.get(word, ())
            if word in tables:
                places.append(tables[word])
        area, filled = (column, row, column, row), [cells.grid[row][column]]
        if item.get("t") in ("array", "dataTable") and item.get("ref"):
            area = area_of(item.get("ref", ""))
            filled += cells.within(area).values()
        yield _Formula(sheet, area, filled, places, always)


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
            root = parse(package[table])
            place = (name.casefold(), area_of(root.get("ref", "A1")))
            for key in ("name", "displayName"):
                yield root.get(key, "").casefold(), place


def _names(
    package: Package, sheets: list[str], tables: Mapping[str, Place]
) -> dict[str, list[Place]]:
    """Return where defined names lead, also by way of tables and of other names."""
    root = parse(package[package.workbook_part()])
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
        name: [place for other in _reached(name, words) for place in found[other]] for name in words
    }


def _reached(name: str, words: Mapping[str, set[str]]) -> set[str]:
    """Return a name and all those that it leads to."""
    reached, waiting = {name}, [name]
    while waiting:
        new = (words[waiting.pop()] & words.keys()) - reached
        reached |= new
        waiting += new
    return reached
