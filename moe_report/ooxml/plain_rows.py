"""Rows as nearly all programs write them, taken from a sheet's XML without a tree.

That takes a fifth of the time. A sheet with anything in which its letters and its XML could differ,
such as comments or prefixes, is not taken so, and of a row that has more than plain cells the
letters are given.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.parsers import expat

from moe_report.ooxml.markup import MAIN

_SHEET = re.compile(
    rb'(?:<\?xml[^<>]*\?>)?\s*(<worksheet(?: [^<>]*)? xmlns="%s"[^<>]*>)' % MAIN.encode()
)
_ENCODING = re.compile(rb"encoding\s*=\s*.(?!UTF-8.)", re.IGNORECASE)
_START, _END = b"<sheetData>", b"</sheetData>"
_ROW = re.compile(
    rb'\s*<row(?: r="([^"<>&]*)")?((?: [\w.:-]+="[^"<>&]*")*)\s*(?:/>|>(.*?)</row>)', re.DOTALL
)
_NUMBER = re.compile(rb' r="([^"]*)"')
_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
_CELL = re.compile(
    r'<c(?: r="([A-Z]{1,3})([0-9]{1,7})")?(?: s="([0-9]{1,9})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    r'(?:<f(?: t="shared"(?: ref="[A-Z0-9:]+")? si="([0-9]+)")?(?:(?<=")/>|>([^<\r]*)</f>))?'
    r"(?:<v>([^<\r]*)</v>)?"
    r'(?:<is><t(?: xml:space="preserve")?>([^<\r]*)</t></is>)?</c>)'
)
_PARTS = _CELL.groups + 1
_Parts = Sequence[str | None]


class PlainCells(NamedTuple):
    """What is said of the cells of a row, one after the other: None of what a cell has not.

    Attributes:
        letters: The letters of their addresses.
        digits: The digits of these.
        styles: The numbers of their styles.
        kinds: Their types.
        shared: The numbers of the formulas that they share.
        formulas: Their formulas.
        texts: Their values as texts.
        inlines: The texts that stand in themselves.
    """

    letters: _Parts
    digits: _Parts
    styles: _Parts
    kinds: _Parts
    shared: _Parts
    formulas: _Parts
    texts: _Parts
    inlines: _Parts


class PlainRow(NamedTuple):
    """A row.

    Attributes:
        number: Its number as the file says it; None if it does not.
        hidden: Whether it is not shown.
        cells: What is said of its cells; None if one of them is more than plain.
        element: Its element, from the first letter to the last.
    """

    number: str | None
    hidden: bool
    cells: PlainCells | None
    element: re.Match[bytes]


class NotPlainError(Exception):
    """Between its rows a sheet has something else."""


class PlainRows:
    """The rows of a sheet.

    Attributes:
        root: The tag with which the sheet begins.
        rest: The sheet without its rows, once they are given.
    """

    def __init__(self, xml: bytes, root: bytes, start: int) -> None:
        self.root = root
        self.rest = xml
        self._start = start

    def __iter__(self) -> Iterator[PlainRow]:
        """Give them one after the other.

        Raises:
            NotPlainError: They are to be looked for as XML, all of them.
        """
        xml, at = self.rest, self._start
        while row := _ROW.match(xml, at):
            at = row.end()
            number, more, cells = row.groups()
            if b"xmlns" in more:
                raise NotPlainError
            if number is None and (later := _NUMBER.search(more)):
                number = later[1]
            yield PlainRow(
                None if number is None else number.decode(),
                bool(more) and _HIDDEN.search(more) is not None,
                _cells(cells.decode() if cells else ""),
                row,
            )
        if not xml.startswith(_END, at):
            raise NotPlainError
        self.rest = xml[: self._start] + xml[at:]


def plain_rows(xml: bytes) -> PlainRows | None:
    """Return the rows of a sheet's part, None if they are to be looked for as XML."""
    sheet = _SHEET.match(xml)
    start = xml.find(_START) + len(_START)
    if sheet is None or start < sheet.end() or xml.count(b"<sheetData") != 1:
        return None
    if b"<!" in xml or xml.find(b"<?", 1) >= 0 or _ENCODING.search(xml, 0, sheet.end()):
        return None
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(xml, True)
    except expat.ExpatError:  # who takes it for XML says what is wrong
        return None
    return PlainRows(xml, sheet[1], start)


def _cells(text: str) -> PlainCells | None:
    parts = _CELL.split(text)
    if any(parts[::_PARTS]) or "&#" in text:  # what stands between two cells; numbers of letters
        return None
    cells = PlainCells(*(parts[at::_PARTS] for at in range(1, _PARTS)))
    if "&" not in text:
        return cells
    formulas, texts, inlines = map(_spelled_out, (cells.formulas, cells.texts, cells.inlines))
    return cells._replace(formulas=formulas, texts=texts, inlines=inlines)


def _spelled_out(texts: _Parts) -> _Parts:
    """Texts with the signs for which names stand, of which XML has five."""
    return [html.unescape(text) if text and "&" in text else text for text in texts]
