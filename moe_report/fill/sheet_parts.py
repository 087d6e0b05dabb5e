"""What the parts of a worksheet hold: the texts of its cells, and its Excel Tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from moe_report.fill.placeholders import may_ask
from moe_report.ooxml.addresses import area_of
from moe_report.ooxml.cells import TAG, placed_cells, placed_rows
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.texts import is_formatted, shared_strings, string_text, unescaped


class CellText(NamedTuple):
    """The text of a cell, and whether some of its words are formatted otherwise than others."""

    text: str = ""
    formatted: bool = False


@dataclass(frozen=True)
class TableArea:
    """An Excel Table.

    Attributes:
        part: Its part of the package.
        name: Its name, as formulas write it.
        left: Number of its first column.
        top: Number of its first row.
        right: Number of its last column.
        bottom: Number of its last row, that of totals included.
        first: Number of its first row of data.
        last: Number of its last row of data.
    """

    part: str
    name: str
    left: int
    top: int
    right: int
    bottom: int
    first: int
    last: int

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether a cell, by row and column, is part of it."""
        return self.top <= place[0] <= self.bottom and self.left <= place[1] <= self.right


def tables_of(package: Package, part: str) -> Iterator[TableArea]:
    """Give the Excel Tables of a sheet.

    Args:
        package: The workbook.
        part: The sheet's part.
    """
    for link in package.relationships(part):
        if link.type.endswith("/table") and link.target in package:
            root = parse(package[link.target])
            left, top, right, bottom = area_of(root.get("ref", ""))
            name = root.get("displayName") or root.get("name") or ""
            first = top + int(root.get("headerRowCount", "1"))
            last = bottom - int(root.get("totalsRowCount", "0"))
            yield TableArea(link.target, name, left, top, right, bottom, first, last)


def other_sheets(package: Package) -> list[str]:
    """Return the names of the sheets that have no cells, such as chart sheets."""
    root = parse(package[package.workbook_part()])
    names = [item.get("name", "") for item in root.iterfind(f"{TAG}sheets/{TAG}sheet")]
    return [name for name in names if name not in package.sheets()]


def header_asks(root: etree._Element) -> bool:
    """Whether a sheet's printed header or footer holds braces."""
    return any("{{" in (item.text or "") for item in root.iterfind(f"{TAG}headerFooter/*"))


# Of a chart: references to cells, and the values that it last had.
_NOT_WORDS = re.compile(
    rb"<(?:\w+:)?f>[^<]*</(?:\w+:)?f>|<((?:\w+:)?(?:str|num|multiLvlStr)Cache)>.*?</\1>", re.DOTALL
)


def parts_that_ask(package: Package) -> Iterator[str]:
    """Say which text boxes, charts and notes hold braces: only cells are filled."""
    kinds = {"xl/drawings/": "a drawing", "xl/charts/": "a chart", "xl/comments": "a note"}
    for name in package:
        for start, kind in kinds.items():
            if name.startswith(start) and b"{{" in _NOT_WORDS.sub(b"", package[name]):
                yield f"{name}: {kind} with {{{{ is left as it is; only cells are filled"


def cells_with_content(root: etree._Element) -> Iterator[tuple[int, int, etree._Element]]:
    """Give row, column and element of each cell of a sheet that is not empty."""
    for number, row in placed_rows(root):
        for column, cell in placed_cells(row):
            if len(cell):
                yield number, column, cell


def cell_text(cell: etree._Element, shared: Mapping[int, CellText]) -> CellText:
    """Return a cell's text; nothing of a number.

    Args:
        cell: The cell.
        shared: The shared strings that matter, by number.
    """
    kind = cell.get("t")
    if kind in ("s", "str"):
        value = cell.find(f"{TAG}v")
        text = (value.text if value is not None else None) or ""
        if kind == "str":
            return CellText(unescaped(text))
        return shared.get(int(text), CellText()) if text.strip().isdecimal() else CellText()
    if kind == "inlineStr":
        inline = cell.find(f"{TAG}is")
        return CellText() if inline is None else _text_of(inline)
    return CellText()


def shared_texts(package: Package) -> Iterator[tuple[int, CellText]]:
    """Give the shared strings that may hold an expression, by their number."""
    for at, item in enumerate(shared_strings(package)):
        text = _text_of(item)
        if may_ask(text.text):
            yield at, text


def _text_of(item: etree._Element) -> CellText:
    return CellText(string_text(item), is_formatted(item))
