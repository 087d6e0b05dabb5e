"""What formulas rest on: the cells that they read, also by way of names and of Excel Tables."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from moe_report.ooxml.addresses import LAST_COLUMN, LAST_ROW, Area, area_of
from moe_report.ooxml.defined_names import defined_names
from moe_report.ooxml.formula_text import Reference, has_computed_end, references, without_quoted
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting.dependents import Place

# Functions that find cells by what no reference says, or that give what cells are called.
_UNTRACED = re.compile(
    r"\b(?:INDIRECT|OFFSET|EVALUATE|CELL|FORMULATEXT|GETPIVOTDATA|GET\.\w+)\s*\(", re.IGNORECASE
)
_ROW = re.compile(r"\bROW\s*\(", re.IGNORECASE)
_SHEETS = re.compile(r"\bSHEETS?\s*\(", re.IGNORECASE)
_WORD = re.compile(r"(?:[^\W\d]|\\)[\w.\\?]*+(?!!)")  # not the name of a sheet
_OWN_TABLE = re.compile(r"(?<![\w.\]])\[(?!\d+\][\w'!])")  # a column of the table around the cell


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

    def add_area(self, area: Area) -> None:
        """Add all cells of an area."""
        left, top, right, bottom = area
        if (left, top) == (right, bottom):
            self.add(left, top)
        else:
            self.areas.append(area)

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


ALL_CELLS = Changed([(1, 1, LAST_COLUMN, LAST_ROW)])  # of a sheet that is written anew
State = dict[str, Changed]  # by the sheet's name in small letters


def meets(state: Mapping[str, Changed], places: Iterable[Place]) -> bool:
    """Whether a place is among what changed."""
    return any(sheet in state and state[sheet].meets(area) for sheet, area in places)


@dataclass(frozen=True)
class Reads:
    """The cells that a formula reads.

    Attributes:
        places: Where they are.
        unknown: Whether it may read any cell.
    """

    places: tuple[Place, ...] = ()
    unknown: bool = False

    def meets(self, state: Mapping[str, Changed]) -> bool:
        """Whether one of them has changed, or may have."""
        return self.unknown or meets(state, self.places)


class Sources:
    """Says of the formulas of a workbook what they read.

    Args:
        package: The workbook.
        repeated: Names of the sheets that will be there several times: a reference that spans
            them reads more sheets then.
        moved: Whether rows come in, so that cells have other numbers than before.
    """

    def __init__(
        self, package: Package, repeated: Collection[str] = (), *, moved: bool = False
    ) -> None:
        self.sheets = list(package.sheets())
        self.repeated = {name.casefold() for name in repeated}
        self.moved = moved
        self.tables = dict(_tables(package))
        self._texts = defined_names(package)
        self._names: dict[str, Reads] = {}

    def read_by(self, text: str, sheet: str = "", column: int = 0, row: int = 0) -> Reads:
        """Return what a formula reads, of the cell of a sheet if it stands in one."""
        if self._finds_cells_itself(text):
            return Reads(unknown=True)
        try:
            found = list(references(text, sheet, self.sheets))
            if has_computed_end(text):
                return Reads(unknown=True)
        except ValueError:
            return Reads(unknown=True)
        if any(self._spans_repeated(reference) for reference in found):
            return Reads(unknown=True)
        places = [place for item in found for place in self._places(item, item.area)]
        if row and _OWN_TABLE.search(text):
            places += self._around(sheet.casefold(), column, row)
        reads = [Reads(tuple(places)), *map(self._of_word, _words(text))]
        return Reads(
            tuple(dict.fromkeys(place for item in reads for place in item.places)),
            any(item.unknown for item in reads),
        )

    def _finds_cells_itself(self, text: str) -> bool:
        return bool(
            _UNTRACED.search(text)
            or (self.moved and _ROW.search(text))
            or (self.repeated and _SHEETS.search(text))
        )

    def _spans_repeated(self, found: Reference) -> bool:
        spanned = {name.casefold() for name in found.spanned(self.sheets)}
        return len(spanned) > 1 and bool(spanned & self.repeated)

    def _places(self, found: Reference, area: Area) -> Iterator[Place]:
        for name in found.spanned(self.sheets):
            yield name.casefold(), area

    def _around(self, sheet: str, column: int, row: int) -> Iterator[Place]:
        """Give the row of a cell, as in `[@Total]`, and the table around it, as in `[Total]`."""
        yield sheet, (1, row, LAST_COLUMN, row)
        for on, area in self.tables.values():
            left, top, right, bottom = area
            if on == sheet and left <= column <= right and top <= row <= bottom:
                yield on, area

    def _of_word(self, word: str) -> Reads:
        if word in self.tables:
            return Reads((self.tables[word],))
        if word not in self._texts:
            return Reads()
        if word not in self._names:
            self._names[word] = Reads()  # a name that leads to itself leads nowhere
            found = [self._of_name(text) for text in self._texts[word]]
            self._names[word] = Reads(
                tuple(place for item in found for place in item.places),
                any(item.unknown for item in found),
            )
        return self._names[word]

    def _of_name(self, text: str) -> Reads:
        """What a name's formula reads; one without $ counts from the cell that uses the name."""
        reads = self.read_by(text)
        if reads.unknown:
            return reads
        loose = [item for item in references(text, "", self.sheets) if _is_loose(item)]
        places = (place for item in loose for place in self._places(item, _anywhere(item)))
        return Reads((*reads.places, *places))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(without_quoted(text))}


def _ends(found: Reference) -> str:
    return f"{found.first} {found.last}".rstrip()


def _is_loose(found: Reference) -> bool:
    return not all(re.fullmatch(r"(\$[A-Za-z]+)?(\$\d+)?", end) for end in _ends(found).split())


def _anywhere(found: Reference) -> Area:
    """The columns or rows that a reference may lead to, of which each end has a $ or counts."""
    ends = _ends(found)
    left, top, right, bottom = found.area
    if re.search(r"(?<![$A-Za-z])[A-Za-z]", ends):
        left, right = 1, LAST_COLUMN
    if re.search(r"(?<![$\d])\d", ends):
        top, bottom = 1, LAST_ROW
    return left, top, right, bottom


def _tables(package: Package) -> Iterator[tuple[str, Place]]:
    for name, part in package.sheets().items():
        for table in package.related_parts(part, "table"):
            root = package.root(table)
            place = (name.casefold(), area_of(root.get("ref", "A1")))
            for key in ("name", "displayName"):
                yield root.get(key, "").casefold(), place
