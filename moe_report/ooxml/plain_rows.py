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
_ROW = re.compile(rb'\s*<row(?: r="([^"<>&]*)")?((?: [\w.:-]+="[^"<>&]*")*)\s*(/?)>')
_ROW_END = b"</row>"
_NUMBER = re.compile(rb' r="([^"]*)"')
_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
_CELL = re.compile(
    rb'<c(?: r="([A-Z]{1,3})([0-9]{1,7})")?(?: s="([0-9]{1,9})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    rb'(?:<f(?: t="shared"(?: ref="[A-Z0-9:]+")? si="([0-9]+)"| t="array" ref="[A-Z0-9:]+")?'
    rb'(?: a?ca="\w+")*(?:(?(5)/>|(?!))|>([^<]*)</f>))?'  # only one that shares has no text
    rb"(?:<v>([^<]*)</v>)?"
    rb'(?:<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
# What no XML has, and ends of lines that it reads as others.
_ODD = bytes({*range(32)} - {*b"\t\n"})
_NO_XML = b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"]]>"
# Letters by their numbers, and names that XML has not.
_NUMBERED = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")
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
        element: Its element, from the first letter to the last, if one of them is.
    """

    number: str | None
    hidden: bool
    cells: PlainCells | None
    element: bytes


class Spelled(dict[bytes | None, str | None]):
    """Texts by how they are spelled in XML, each the same object wherever it stands."""

    def __missing__(self, raw: bytes | None) -> str | None:
        self[raw] = _read(raw)
        return self[raw]


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
        spelled = Spelled()
        tags = [xml[:at]]
        while row := _ROW.match(xml, at):
            start, at = row.start(), row.end()
            number, more, alone = row.groups()
            tags.append(row[0])
            cells, end = b"", at
            if not alone:
                tags.append(_ROW_END)
                end = xml.find(_ROW_END, at)
                cells, at = xml[at:end], end + len(_ROW_END)
            if b"xmlns" in more or end < 0:
                raise NotPlainError
            if number is None and (later := _NUMBER.search(more)):
                number = later[1]
            hidden = bool(more) and _HIDDEN.search(more) is not None
            plain = plain_cells(cells, spelled)
            element = xml[start:at] if plain is None else b""
            yield PlainRow(None if number is None else number.decode(), hidden, plain, element)
        if not xml.startswith(_END, at) or not _is_xml(b"".join([*tags, xml[at:]])):
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
    return PlainRows(xml, sheet[1], start)


def _is_xml(text: bytes) -> bool:
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(text, True)
    except expat.ExpatError:  # who takes it for XML says what is wrong
        return False
    return True


def plain_cells(raw: bytes, spelled: Spelled) -> PlainCells | None:
    """Return what XML says of the cells of a row; None if one of them is more than plain."""
    if len(raw.translate(None, _ODD)) < len(raw) or any(sign in raw for sign in _NO_XML):
        return None
    if _NUMBERED.search(raw):
        return None
    parts = _CELL.split(raw.replace(b"<v/>", b"<v></v>"))
    if any(parts[::_PARTS]):  # what stands between two cells
        return None
    *alike, texts, inlines = (parts[at::_PARTS] for at in range(1, _PARTS))
    letters, digits, styles, kinds, shared, formulas = (
        [spelled[each] for each in said] for said in alike
    )
    return PlainCells(
        letters, digits, styles, kinds, shared, formulas,
        [*map(_read, texts)], [*map(_read, inlines)],
    )  # fmt: skip


def _read(raw: bytes | None) -> str | None:
    """A text with the signs for which names stand, of which XML has five."""
    if raw is None:
        return None
    text = raw.decode()
    return html.unescape(text) if "&" in text else text
