"""The cells of a large sheet, of which a row is parsed once it is asked for: most never are.

A tree of all cells takes four times the memory of the XML, and each look at it goes through
hundreds of thousands of elements. So what is around the cells is a tree, and the cells of a row are
bytes until somebody wants them; what nobody wanted is saved as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from copy import copy
from functools import cache, cached_property, partial

from lxml import etree

from moe_report.ooxml.addresses import Area
from moe_report.ooxml.cells import TAG, Cells, placed_cells, placed_rows
from moe_report.ooxml.damage import DamageError, refuse_damage
from moe_report.ooxml.package import Package, parse, serialize

_SHEET = re.compile(rb"\s*(?:<\?xml[^<>]*\?>)?\s*(<worksheet(?:\s[^<>]*)?>)")
_DATA, _END = b"<sheetData>", b"</sheetData>"
_ROW = re.compile(rb'\s*(<row(?:\s+[\w:.-]+="[^"<>]*")*\s*(/?)>)')
_ROW_END = b"</row>"
_STYLE = re.compile(rb'(<c r="[A-Z]+\d+")(?: s="(\d+)")?')
_GAP = etree.ProcessingInstruction("cells")  # stands for the bytes of a row in the tree


class CellsByRows(Cells):
    """The cells of a sheet, of which some rows are bytes.

    Args:
        root: The sheet, in which these rows have no cells.
        raw: What they have, by number.
        start: The tag that begins the sheet, which says what the prefixes of names mean.
        where: File and sheet, for errors.
        whole: Parses the whole sheet, and says in which line there is damage.

    Attributes:
        raw: The rows that are still bytes.
    """

    def __init__(
        self,
        root: etree._Element,
        raw: Mapping[int, bytes],
        start: bytes,
        where: str,
        whole: Callable[[], object],
    ) -> None:
        self._prepare(root, where)
        self.raw = dict(raw)
        self._start, self._whole = start, whole
        self.rows = dict(placed_rows(root))
        for number, row in self.rows.items():
            row.set("r", str(number))
        self.grid = _Grid(self.rows, self._cells)

    def parsed(self, number: int) -> etree._Element:
        """Return an element with the cells of a row that is still bytes.

        Raises:
            InputError: They are damaged.
        """
        row = b'<row r="%d">%b</row>' % (number, self.raw[number])
        try:
            sheet = parse(self._start + _DATA + row + _END + b"</worksheet>")
            refuse_damage(sheet)
        except (etree.XMLSyntaxError, DamageError):
            self._whole()
            raise
        return sheet[0][0]

    def _cells(self, number: int) -> dict[int, etree._Element]:
        self._read(number)
        found = {}
        for column, cell in placed_cells(self.rows[number]):
            self._place(cell, number, column)
            found[column] = cell
        return found

    @cached_property
    def arrays(self) -> list[Area]:
        """The areas of formulas that give several cells their values."""
        for number in [number for number, raw in self.raw.items() if b' ref="' in raw]:
            self._read(number)
        return super().arrays

    def _read(self, number: int) -> None:
        """Let the cells of a row that is bytes be in the tree."""
        if number in self.raw:
            self.rows[number].extend(list(self.parsed(number)))
            del self.raw[number]

    def restyle(self, style: Callable[[int], int]) -> None:
        """Let each cell and row have another style in place of the one of some number."""

        @cache
        def said(number: bytes) -> bytes:
            return b' s="%d"' % style(int(number or b"0"))

        def dressed(match: re.Match[bytes]) -> bytes:
            return match[1] + said(match[2])

        for number, raw in list(self.raw.items()):
            dressed_raw, count = _STYLE.subn(dressed, raw)
            if count == raw.count(b"<c "):
                self.raw[number] = dressed_raw
            else:  # spelled otherwise
                self._read(number)
        for row in self.rows.values():
            for item in (row, *row.iterchildren(f"{TAG}c")):
                if "s" in item.attrib or item is not row:
                    item.set("s", str(style(int(item.get("s", "0")))))

    def pieces(self) -> Iterator[bytes]:
        """Give the sheet as it is now, piece by piece."""
        gaps = [copy(_GAP) for _ in self.raw]
        for number, gap in zip(self.raw, gaps, strict=True):
            self.rows[number].append(gap)
        around = serialize(self.root).split(etree.tostring(_GAP))
        for number, gap in zip(self.raw, gaps, strict=True):
            self.rows[number].remove(gap)
        yield around[0]
        for raw, rest in zip(list(self.raw.values()), around[1:], strict=True):
            yield raw
            yield rest

    def xml(self) -> bytes:
        """Return the sheet as it is now."""
        return b"".join(self.pieces())


class _Grid(MutableMapping[int, dict[int, etree._Element]]):
    """The cells of rows by column, looked up once a row is asked for."""

    def __init__(
        self, rows: Mapping[int, etree._Element], cells: Callable[[int], dict[int, etree._Element]]
    ) -> None:
        self._rows, self._cells = rows, cells
        self._known: dict[int, dict[int, etree._Element]] = {}

    def __getitem__(self, number: int) -> dict[int, etree._Element]:
        if number not in self._known:
            if number not in self._rows:
                raise KeyError(number)
            self._known[number] = self._cells(number)
        return self._known[number]

    def __setitem__(self, number: int, cells: dict[int, etree._Element]) -> None:
        self._known[number] = cells

    def __delitem__(self, number: int) -> None:
        raise AssertionError("rows stay")

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def cells_by_rows(package: Package, part: str, where: str) -> CellsByRows:
    """Return the cells of a sheet; of one that is spelled as no program does, none are bytes.

    Those that the package holds for the sheet are the sheet: what is done to them is done to it.

    Raises:
        InputError: The part is not there, or it is damaged.
    """
    if isinstance(held := package.held(part), CellsByRows):
        return held
    whole = partial(package.root, part)
    cut = _cut(package[part]) if part in package else None
    if cut is None:
        return CellsByRows(whole(), {}, b"", where, whole)
    shell, start, rows = cut
    try:
        root = parse(shell)
        refuse_damage(root)
    except (etree.XMLSyntaxError, DamageError):
        whole()
        raise
    numbers = [number for number, _ in placed_rows(root)]
    if len(numbers) != len(rows) or len({*numbers}) < len(numbers):
        return CellsByRows(whole(), {}, start, where, whole)
    raw = {number: row for number, row in zip(numbers, rows, strict=True) if row}
    return CellsByRows(root, raw, start, where, whole)


def _cut(xml: bytes) -> tuple[bytes, bytes, list[bytes]] | None:
    """A sheet without its cells, the tag that begins it, and the cells of each row.

    None if something stands there in which a tag would be none, or between the rows.
    """
    start = _SHEET.match(xml)
    first, last = xml.find(_DATA), xml.rfind(_END)
    if start is None or first < 0 or b"<!" in xml or xml.find(b"<?", start.start(1)) >= 0:
        return None
    at = first + len(_DATA)
    shell, rows = [xml[:at]], []
    while match := _ROW.match(xml, at, last):
        shell += (match[1], b"" if match[2] else _ROW_END)
        at = end = match.end()
        if not match[2]:
            end = xml.find(_ROW_END, at, last)
            if end < 0:
                return None
        rows.append(xml[at:end])
        at = end + len(_ROW_END) * (not match[2])
    if xml[at:last].strip():
        return None
    shell.append(xml[last:])
    return b"".join(shell), start[1], rows
