"""The cells of a worksheet's XML by row and column, to be looked at and put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.addresses import Area, area_of, column_letters, column_number
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.rows import Value, escaped, number_text
from moe_report.ooxml.shared_formulas import SheetFormulas

TAG = f"{{{MAIN}}}"
_CONTENT = {f"{TAG}f", f"{TAG}v", f"{TAG}is"}
_DIGITS = "0123456789"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def placed_rows(root: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    """Give number and element of each row of a sheet; one without a number follows the last."""
    number = 0
    for row in root.iterfind(f"{TAG}sheetData/{TAG}row"):
        number = int(row.get("r") or number + 1)
        yield number, row


def placed_cells(row: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    """Give column and element of each cell of a row; one without an address follows the last."""
    column = 0
    for cell in row.iterchildren(f"{TAG}c"):
        address = cell.get("r")
        column = column_number(address.rstrip(_DIGITS)) if address else column + 1
        yield column, cell


class Cells:
    """Rows and cells of a sheet; addresses that the file leaves out are filled in.

    Attributes:
        formulas_lost: Whether a cell that had a formula has none any more.
    """

    def __init__(self, root: etree._Element, where: str) -> None:
        self._prepare(root, where)
        self.rows: dict[int, etree._Element] = {}
        self.grid: MutableMapping[int, dict[int, etree._Element]] = {}
        for number, row in placed_rows(root):
            row.set("r", str(number))
            self.rows[number], self.grid[number] = row, {}
            for column, cell in placed_cells(row):
                self._place(cell, number, column)
                self.grid[number][column] = cell

    def _prepare(self, root: etree._Element, where: str) -> None:
        self.root = root
        self.where = where
        data = root.find(f"{TAG}sheetData")
        assert data is not None
        self.data = data
        self.formulas_lost = False

    @staticmethod
    def _place(cell: etree._Element, row: int, column: int) -> None:
        if cell.get("r") != (address := f"{column_letters(column)}{row}"):
            cell.set("r", address)

    @cached_property
    def arrays(self) -> list[Area]:
        """The areas of formulas that give several cells their values."""
        formulas = (item for item in self.data.iter(f"{TAG}f") if item.get("t") != "shared")
        return [area_of(item.get("ref", "")) for item in formulas if item.get("ref")]

    def filled(self, number: int) -> list[int]:
        """Return the columns of a row's cells that have content."""
        return [column for column in self.grid.get(number, {}) if self.has(number, column)]

    def within(self, area: Area) -> dict[tuple[int, int], etree._Element]:
        """Return the cells of an area that are there, by column and row."""
        left, top, right, bottom = area
        rows: Iterable[int] = range(top, bottom + 1)
        if len(self.grid) <= bottom - top:
            rows = [row for row in self.grid if top <= row <= bottom]
        return {
            (column, row): cell
            for row in rows
            for column, cell in self.grid.get(row, {}).items()
            if left <= column <= right
        }

    def has(self, number: int, column: int) -> bool:
        """Whether a cell has content."""
        cell = self.grid.get(number, {}).get(column)
        return cell is not None and any(
            item.tag != f"{TAG}v" or bool(item.text) for item in cell if item.tag in _CONTENT
        )

    def is_formula(self, number: int, column: int) -> bool:
        """Whether a cell has a formula."""
        cell = self.grid.get(number, {}).get(column)
        return cell is not None and cell.find(f"{TAG}f") is not None

    def formulas(self) -> SheetFormulas:
        """Return the sheet's formulas as they are now."""
        cells = (cell for row in self.grid.values() for cell in row.values())
        found = ((f, cell.get("r", "")) for cell in cells for f in cell.iterchildren(f"{TAG}f"))
        return SheetFormulas(found, self.where)

    def style(self, number: int, column: int) -> str | None:
        """Return a cell's style, None if it has none of its own."""
        cell = self.grid.get(number, {}).get(column)
        return None if cell is None else cell.get("s")

    def styled(self, number: int) -> dict[int, str]:
        """Return the styles of a row's cells by column."""
        cells = self.grid.get(number, {}).items()
        return {column: style for column, cell in cells if (style := cell.get("s"))}

    def empty_style(self, number: int, column: int) -> str | None:
        """Return the style that an empty cell shows: its row's, else its column's."""
        row = self.rows.get(number)
        if row is not None and row.get("customFormat") in ("1", "true"):
            return row.get("s")
        for span in self.root.iterfind(f"{TAG}cols/{TAG}col"):
            if int(span.get("min", "0")) <= column <= int(span.get("max", "0")):
                return span.get("style")
        return None

    def merged(self) -> Iterator[Area]:
        """Give the areas of merged cells."""
        for item in self.root.iterfind(f"{TAG}mergeCells/{TAG}mergeCell"):
            yield area_of(item.get("ref", ""))

    def put(self, number: int, column: int, content: Mapping[str, str], style: str | None) -> None:
        """Put something into a cell, in place of what it has; without a style it keeps its look.

        The content is a text under ``t``, a number under ``v``, or a formula under ``f`` or
        ``array``, with its value under ``v`` if that is known; nothing empties the cell.
        """
        cell = self.cell(number, column)
        self._let_go(cell, number, column, keeps_formula="f" in content or "array" in content)
        for child in list(cell):
            cell.remove(child)
        for attribute in ("t", "cm", "vm"):
            cell.attrib.pop(attribute, "")
        if style:
            cell.set("s", style)
        if "t" in content:
            cell.set("t", "inlineStr")
            text = etree.SubElement(etree.SubElement(cell, f"{TAG}is"), f"{TAG}t")
            text.text = escaped(content["t"])
            text.set(_SPACE, "preserve")
        elif "f" in content:
            etree.SubElement(cell, f"{TAG}f").text = content["f"]
        elif "array" in content:
            formula = etree.SubElement(cell, f"{TAG}f", t="array", ref=cell.get("r", ""))
            formula.text = content["array"]
        if "v" in content:
            etree.SubElement(cell, f"{TAG}v").text = content["v"]

    def _let_go(
        self, cell: etree._Element, number: int, column: int, *, keeps_formula: bool
    ) -> None:
        for area in self.arrays:
            left, top, right, bottom = area
            inside = left <= column <= right and top <= number <= bottom
            if inside and (left, top) != (right, bottom):
                cells = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
                message = f"is part of the array formula of {cells}, which cannot change in part"
                raise InputError([Problem(f"{self.where}, cell {cell.get('r')}", message)])
        formula = cell.find(f"{TAG}f")
        if formula is None:
            return
        self.formulas_lost |= not keeps_formula
        if formula.get("t") == "shared" and formula.text:
            self.formulas().write_out([cell.get("r", "")])

    def cell(self, number: int, column: int) -> etree._Element:
        """Return a cell's element, made where the sheet has none."""
        if number not in self.rows:
            row = etree.Element(f"{TAG}row", r=str(number))
            after = [other for other in self.rows if other > number]
            at = self.data.index(self.rows[min(after)]) if after else len(self.data)
            self.data.insert(at, row)
            self.rows[number], self.grid[number] = row, {}
        row, cells = self.rows[number], self.grid[number]
        if column not in cells:
            said = re.fullmatch(r"(\d+):(\d+)", str(row.attrib.pop("spans", "")))
            if said:  # a hint that readers trust
                row.set("spans", f"{min(int(said[1]), column)}:{max(int(said[2]), column)}")
            cell = etree.Element(f"{TAG}c", r=f"{column_letters(column)}{number}")
            if style := self.empty_style(number, column):
                cell.set("s", style)
            before = [other for other in cells if other < column]
            row.insert(row.index(cells[max(before)]) + 1 if before else 0, cell)
            cells[column] = cell
        return cells[column]

    def measure(self, last: int, right: int) -> None:
        """Let the sheet's own measure of itself, if it has one, reach a row and a column."""
        dimension = self.root.find(f"{TAG}dimension")
        said = dimension.get("ref", "") if dimension is not None else ""
        if dimension is not None and re.fullmatch(r"[A-Z]+\d+(:[A-Z]+\d+)?", said):
            left, top, old_right, bottom = area_of(said)
            corner = f"{column_letters(max(old_right, right))}{max(bottom, last)}"
            dimension.set("ref", f"{column_letters(left)}{top}:{corner}")


def forget_value(cell: etree._Element) -> bool:
    """Drop the value that is stored with a cell's formula, and say whether there was one.

    LibreOffice and previewers show a stored value as it is; a formula without one is computed.
    """
    return cell.find(f"{TAG}f") is not None and drop_value(cell)


def drop_value(cell: etree._Element) -> bool:
    """Drop the value that is stored in a cell, and say whether there was one."""
    value = cell.find(f"{TAG}v")
    if value is None:
        return False
    cell.remove(value)
    kind = cell.attrib.pop("t", "")
    return bool(value.text) or kind == "str"  # some programs write an empty one for none


def put_value(cell: etree._Element, value: Value) -> None:
    """Store a value in a cell, beside its formula if it has one; a text as what a formula gives."""
    stored = cell.find(f"{TAG}v")
    if stored is None:
        stored = etree.SubElement(cell, f"{TAG}v")
        formula = cell.find(f"{TAG}f")
        if formula is not None:
            formula.addnext(stored)
    cell.attrib.pop("t", "")
    if isinstance(value, str):
        cell.set("t", "str")
        stored.text = escaped(value)
        if value != value.strip():
            stored.set(_SPACE, "preserve")
    elif isinstance(value, bool):
        cell.set("t", "b")
        stored.text = f"{value:d}"
    elif value is not None:
        stored.text = number_text(value)
