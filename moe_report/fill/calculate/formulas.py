"""The formulas of a workbook, which of them an engine can be relied upon for, and what they need.

References to columns of tables are written out as cells: engines know those best.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from moe_report.fill.calculate.known_functions import (
    FORMULON,
    GIVE_ONE,
    LIBREOFFICE,
    SKIPS_HIDDEN_ROWS,
)
from moe_report.ooxml.addresses import Area
from moe_report.ooxml.calculation import sheets_with_formulas
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.defined_names import defined_names
from moe_report.ooxml.formula_cells import placed_formulas
from moe_report.ooxml.formula_text import QUOTED, TEXT, calls, references, split_end, without_quoted
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting.dependents import Place, meet, resting_on
from moe_report.ooxml.resting.formula_sources import Changed, meets
from moe_report.ooxml.scan import is_hidden
from moe_report.ooxml.structured_references import Tables

_HIDDEN = re.compile(rf"{TEXT}|{QUOTED}!?", re.DOTALL)
_ERROR = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)")
_FUNCTION = re.compile(r"((?:[^\W\d]|\\)[\w.\\?]*)\s*\(")
_NAME = re.compile(r"(?<![\w.$])(?:[^\W\d]|\\)[\w.\\?]*")
_ELSEWHERE = re.compile(r"[\[\]|]")  # another workbook, another program
_VARIABLE = "_xlpm."  # of LET


@dataclass
class Needs:
    """What a formula rests on, or why it cannot be relied upon.

    Attributes:
        text: The formula, with references to cells in place of those to tables.
        fit: Whether it can be read, and nothing of it lies outside of the workbook's cells.
        functions: The functions that it calls, as the file spells them, in capitals.
        places: The areas that it refers to, by the sheet's name in small letters.
        names: The defined names that it uses, in small letters.
    """

    text: str = ""
    fit: bool = False
    functions: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(self, other: Needs) -> None:
        """Rest on what a name rests on, too."""
        self.fit &= other.fit
        self.functions |= other.functions
        self.places += other.places


@dataclass
class FormulaCell:
    """A cell with a formula.

    Attributes:
        sheet: The sheet's name.
        column: Its column.
        row: Its row.
        cell: Its element.
        area: The cells that its formula fills: more than its own if it is an array's.
        spills: Where it may fill others than these.
        members: Their elements by column and row.
        needs: What it rests on; by way of names, too.
    """

    sheet: str
    column: int
    row: int
    cell: etree._Element
    area: Area
    spills: Area
    members: Mapping[tuple[int, int], etree._Element]
    needs: Needs

    @property
    def place(self) -> tuple[str, int, int]:
        """Its sheet, column and row."""
        return self.sheet, self.column, self.row

    @property
    def places(self) -> list[Place]:
        """The areas that it rests on."""
        return self.needs.places

    @property
    def filled(self) -> list[tuple[str, int, int]]:
        """Sheet, column and row of each of the members."""
        return [(self.sheet, column, row) for column, row in self.members]

    @property
    def is_array(self) -> bool:
        """Whether its formula is an array's."""
        formula = self.cell.find(f"{TAG}f")
        return formula is not None and formula.get("t") == "array"

    @property
    def is_empty(self) -> bool:
        """Whether no value is stored with the formula; of a text, that may be an empty one."""
        value = self.cell.find(f"{TAG}v")
        return value is None or (not value.text and self.cell.get("t") != "str")


class Formulas:
    """The formulas of a workbook.

    Args:
        package: The workbook.

    Attributes:
        package: The workbook.
        roots: The XML of the sheets that have formulas, by their names.
        cells: The cells with formulas, sheet by sheet.
        names: What the defined names rest on, by the name in small letters.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        sheets = sheets_with_formulas(package)
        self.roots = {name: package.root(part) for name, part in sheets.items()}
        self._sheets = list(package.sheets())
        self._known = {name.casefold() for name in self._sheets}
        self._tables = Tables(package)
        self.names = self._defined_names()
        self.cells = [item for name in self.roots for item in self._of_sheet(name)]

    def computable(self, functions: Collection[str]) -> list[FormulaCell]:
        """Return the formulas without a value that rest on nothing but what is known.

        Args:
            functions: Those that an engine knows.
        """
        rows = (row for root in self.roots.values() for row in root.iter(_ROW))
        if any(map(is_hidden, rows)):
            functions = frozenset(functions) - SKIPS_HIDDEN_ROWS
        known = frozenset(functions)
        unknown = [
            item for item in self.cells if not (item.needs.fit and item.needs.functions <= known)
        ]
        doubtful = {id(item) for item in self.resting_on({}, unknown)}
        return [item for item in self.cells if item.is_empty and id(item) not in doubtful]

    def resting_on(
        self, changed: Mapping[str, Changed], seeds: Iterable[FormulaCell] = ()
    ) -> list[FormulaCell]:
        """Return the formulas that rest on cells or on formulas, which are among them.

        Args:
            changed: The cells, by the name of their sheet.
            seeds: The formulas.
        """
        state = {name.casefold(): item for name, item in changed.items()}
        first = [item for item in self.cells if meets(state, item.places)]
        return resting_on(self.cells, [*seeds, *first])

    def of_name(self, item: etree._Element) -> str:
        """Return what a defined name stands for, with cells in place of columns of tables."""
        return self._tables.written_out(item.text or "", "", 0, 0)

    # -- reading

    def _of_sheet(self, sheet: str) -> Iterator[FormulaCell]:
        cells = Cells(self.roots[sheet], sheet)
        for item in placed_formulas(cells):
            column, row, area, spills = item.column, item.row, item.area, item.spills
            needs = self._needs(item.text or "", sheet, column, row)
            if item.is_dynamic:
                if area[:2] == area[2:] and self._gives_one(needs.text, sheet):
                    spills = area
                else:
                    needs.fit = False
            for name in sorted(needs.names):
                needs.add(self.names[name])
                needs.names |= self.names[name].names
            needs.fit &= not any(
                name == sheet.casefold() and meet(area, other) for name, other in needs.places
            )
            members = {(column, row): item.cell}
            if item.kind in ("array", "dataTable"):
                members |= cells.within(area)
            yield FormulaCell(sheet, column, row, item.cell, area, spills, members, needs)

    def _gives_one(self, text: str, sheet: str) -> bool:
        """Whether a formula surely gives one value: it has areas only within sums and the like.

        Or it looks something up, in a row or column, and gives what stands in one of that length.
        """
        for name, given in calls(text):
            if name == "XLOOKUP" and len(given) > 2 and self._are_lines(given[1:3], sheet):
                looked_up = f"XLOOKUP({given[0]},"
                text = text.replace(f"{looked_up}{given[1]},{given[2]}", f"{looked_up}1,1")
        rest = _without_sums(text)
        needs = self._needs(rest, sheet, 0, 0)
        return (
            needs.fit
            and not needs.names
            and needs.functions <= FORMULON | LIBREOFFICE
            and "{" not in _HIDDEN.sub("", rest)
            and all(area[:2] == area[2:] for _, area in needs.places)
        )

    def _are_lines(self, terms: Sequence[str], sheet: str) -> bool:
        """Whether terms are references to rows, or to columns, of one length."""
        shapes = set()
        for term in terms:
            found = list(references(term, sheet, self._sheets))
            if [(item.outset, item.end) for item in found] != [(0, len(term))]:
                return False
            left, top, right, bottom = found[0].area
            shapes.add((right - left, bottom - top))
        return len(shapes) == 1 and 0 in shapes.pop()

    def _defined_names(self) -> dict[str, Needs]:
        """Return what names rest on, also by way of others; of one that is there twice, both."""
        defined = defined_names(self.package)
        self.names = {name: Needs(fit=True) for name in defined}
        for name, texts in defined.items():
            for text in texts:
                needs = self._needs(text, "", 0, 0)
                needs.fit &= _is_fixed(needs.text)
                self.names[name].add(needs)
                self.names[name].names |= needs.names
        for name in self.names:
            self._follow(name)
        return self.names

    def _follow(self, name: str) -> None:
        """Let a name rest on what the names that it uses rest on."""
        whole, stack = self.names[name], list(self.names[name].names)
        seen = {name}
        while stack:
            other = stack.pop()
            if other not in seen:
                seen.add(other)
                whole.add(self.names[other])
                stack += self.names[other].names
        whole.names = seen - {name}

    def _needs(self, text: str, sheet: str, column: int, row: int) -> Needs:
        needs = Needs()
        try:
            needs.text = self._tables.written_out(text, sheet, column, row)
            found = list(references(needs.text, sheet, self._sheets))
        except ValueError:
            return needs
        needs.places = [
            (name.casefold(), item.area) for item in found for name in item.spanned(self._sheets)
        ]
        bare = list(needs.text)
        for item in found:
            bare[item.outset : item.end] = " " * (item.end - item.outset)
        open_text = _ERROR.sub(" ", _HIDDEN.sub(" ", "".join(bare)))
        called = _FUNCTION.findall(open_text)
        needs.functions = {name.upper() for name in called}
        words = {word.casefold() for word in _NAME.findall(_FUNCTION.sub("(", open_text))}
        words = {word for word in words if not word.startswith(_VARIABLE)} - {"true", "false"}
        needs.names = words & self.names.keys()
        needs.fit = (
            bool(text)
            and words == needs.names
            and not _ELSEWHERE.search(open_text)
            and all(name in self._known for name, _ in needs.places)
        )
        return needs


_ROW = f"{TAG}row"
_MARK = re.compile(r"([\w.]*)\(|\)")


def _without_sums(text: str) -> str:
    """Return a formula with numbers in the place of what gives one value, whatever it is given.

    >>> _without_sums("ROUND(SUM(A1:A3*MAX(B1:B3)),2)+C1")
    'ROUND(1,2)+C1'
    """
    pieces, done = [], 0
    stack: list[tuple[str, int]] = []
    for mark in _MARK.finditer(without_quoted(text)):
        if mark[0] != ")":
            stack.append((mark[1].upper(), mark.start()))
        elif stack:
            name, start = stack.pop()
            if name in GIVE_ONE and not any(outer in GIVE_ONE for outer, _ in stack):
                pieces += [text[done:start], "1"]
                done = mark.end()
    return "".join([*pieces, text[done:]])


def _is_fixed(text: str) -> bool:
    """Whether no reference of a name is relative to the cell in which it is used."""
    ends = (end for item in references(text) for end in (item.first, item.last) if end)
    return all(
        (not column or column.startswith("$")) and (not row or bool(dollar))
        for column, dollar, row in map(split_end, ends)
    )
