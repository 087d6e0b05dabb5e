"""What the parts of a worksheet hold: the texts of its cells, and braces where none is filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lxml import etree

from moe_report.errors import Notice
from moe_report.fill.placeholders import may_ask
from moe_report.ooxml.cells import TAG, placed_cells, placed_rows
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import is_formatted, shared_strings, string_text, unescaped


class CellText(NamedTuple):
    """The text of a cell, and whether some of its words are formatted otherwise than others."""

    text: str = ""
    formatted: bool = False


def sheet_titles(package: Package) -> list[str]:
    """Return the names of all sheets, also of those without cells, such as chart sheets."""
    root = package.root(package.workbook_part())
    return [item.get("name", "") for item in root.iterfind(f"{TAG}sheets/{TAG}sheet")]


# Of a chart: references to cells, and the values that it last had.
_NOT_WORDS = re.compile(
    rb"<(?:\w+:)?f>[^<]*</(?:\w+:)?f>|<((?:\w+:)?(?:str|num|multiLvlStr)Cache)>.*?</\1>", re.DOTALL
)


# What a part is, by what its type ends in.
_KINDS = {
    "drawing+xml": "a drawing", "vmlDrawing": "a drawing", "diagramData+xml": "a drawing",
    "chart+xml": "a chart", "chartex+xml": "a chart",
    "comments+xml": "a note", "threadedcomments+xml": "a note",
}  # fmt: skip


def parts_that_ask(package: Package) -> Iterator[Notice]:
    """Say which text boxes, charts and notes hold braces: only cells are filled."""
    for name in package:
        said = package.content_type(name)
        kind = next((kind for end, kind in _KINDS.items() if said.endswith(f".{end}")), "")
        if kind and b"{{" in _NOT_WORDS.sub(b"", package[name]):
            text = f"{kind} with {{{{ is left as it is; only cells are filled"
            yield Notice("braces-in-part", name, text)


def cells_with_content(root: etree._Element) -> Iterator[tuple[int, int, etree._Element]]:
    """Give row, column and element of each cell of a sheet that is not empty."""
    for number, row in placed_rows(root):
        for column, cell in placed_cells(row):
            if len(cell):
                yield number, column, cell


def cell_text(cell: etree._Element, shared: Mapping[int, CellText]) -> CellText:
    """Return a cell's text, which may be one of the shared strings; nothing of a number."""
    kind = cell.get("t")
    if kind in ("s", "str"):
        text = cell.findtext(f"{TAG}v") or ""
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
