"""What a sheet's XML says, read in one pass: its cells, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from moe_report.errors import InputError, Problem, first_line
from moe_report.ooxml.addresses import LAST_COLUMN, Area, area_of
from moe_report.ooxml.cell_values import CellValue, CellValues
from moe_report.ooxml.damage import DamageError, broken_xml, refuse_damage
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import LINK_ID, SAVE_AGAIN, parse
from moe_report.ooxml.plain_rows import NotPlainError, PlainRows, plain_rows
from moe_report.ooxml.sheet_cells import Formula, SheetCells
from moe_report.ooxml.texts import string_content


@dataclass(frozen=True)
class Scan:
    """What a sheet's XML says.

    Attributes:
        formulas: Formulas by the row and column of their cells.
        rows: Number of the last row with content.
        columns: Number of the last column with content.
        merged: Corners of the merged cells: first column and row, last column and row.
        hidden_rows: Numbers of the rows that are not shown.
        hidden_columns: Numbers of the columns that are not shown, the first and the last of each
            run.
        cells: The values of each row, up to its last cell with content.
        errors: Rows and columns of the cells that hold an error such as #DIV/0!.
        styles: The style of each cell of a row, by the row's number.
        links: What the sheet calls the target of a link, by its cell or cells; empty for a place.
    """

    formulas: Mapping[tuple[int, int], Formula]
    rows: int
    columns: int
    merged: tuple[Area, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    cells: Sequence[Sequence[CellValue]] = ()
    errors: frozenset[tuple[int, int]] = frozenset()
    styles: Mapping[int, Sequence[int]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def scan_sheet(xml: bytes, where: str, values: CellValues | None = None) -> Scan:
    """Return the cells of a sheet.

    Args:
        xml: Its part.
        where: Names it in errors.
        values: What its cells refer to; without it nothing is known of texts that cells share.

    Raises:
        InputError: A cell lies out of bounds, or the XML is broken.
    """
    values = values or CellValues()
    scan, rest = _Scanner(SheetCells(where, values)), xml
    try:
        if plain := plain_rows(xml):
            try:
                scan.take(plain)
                rest = plain.rest
            except NotPlainError:
                scan = _Scanner(SheetCells(where, values))
        scan.parse(rest[at : at + _CHUNK] for at in range(0, len(rest), _CHUNK))
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"{_damage(xml) or first_line(error)}; the file is damaged, {SAVE_AGAIN}"
        raise InputError([Problem(where, message)]) from error
    cells = scan.cells
    return Scan(
        cells.formulas,
        cells.last_row,
        cells.last_column,
        tuple(scan.merged),
        tuple(cells.hidden_rows),
        tuple(scan.hidden_columns),
        cells.rows,
        frozenset(cells.errors),
        cells.styles,
        scan.links,
    )


def _damage(xml: bytes) -> str:
    """What is wrong with a sheet, and in which line: looked for only once something is."""
    try:
        refuse_damage(parse(xml))
    except etree.XMLSyntaxError as error:
        return broken_xml(error)
    except DamageError as error:
        return str(error)
    return ""


def is_hidden(item: etree._Element) -> bool:
    """Whether a row or a run of columns is not shown."""
    return item.get("hidden") in ("1", "true")


_COLUMN, _ROW, _CELL, _MERGED, _LINK = (
    f"{{{MAIN}}}{tag}" for tag in ("col", "row", "c", "mergeCell", "hyperlink")
)
_FORMULA, _VALUE, _INLINE = (f"{{{MAIN}}}{tag}" for tag in ("f", "v", "is"))
_CHUNK = 2**16  # bytes that are parsed at once


class _Scanner:
    """Takes XML and gives its cells, row by row, to who puts them in their places."""

    def __init__(self, cells: SheetCells) -> None:
        self.cells = cells
        self.merged: list[Area] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self.links: dict[str, str] = {}

    def take(self, rows: PlainRows) -> None:
        """Take the rows that need no parser, and others one by one."""
        for row in rows:
            if row.cells is None:
                self.parse([rows.root, row.element, b"</worksheet>"])
            else:
                self.cells.start_row(row.number, hidden=row.hidden)
                self.cells.take_all(row.cells)
                self.cells.end_row()

    def parse(self, chunks: Iterable[bytes]) -> None:
        """Take the XML that some chunks are together."""
        parser = etree.XMLPullParser(
            events=("start", "end"), tag=(_COLUMN, _ROW, _MERGED, _LINK), resolve_entities=False,
            no_network=True, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        row: etree._Element | None = None
        for chunk in chunks:
            parser.feed(chunk)
            for event, item in parser.read_events():
                assert isinstance(item, etree._Element)
                if item.tag == _ROW:
                    row = item if event == "start" else None
                if event == "end":
                    self._take(item)
            if row is not None and len(row) > LAST_COLUMN:  # cells without end must not pile up
                self._row(row)
                self.cells.refuse(f"A{row.get('r', '')}", "its row has more cells than any has")
        parser.close()

    def _take(self, item: etree._Element) -> None:
        if item.tag == _MERGED:
            self.merged.append(area_of(item.get("ref", "")))
        elif item.tag == _LINK:
            self.links[item.get("ref", "")] = item.get(LINK_ID, "")
        elif item.tag == _ROW:
            self._row(item)
            item.clear()
            rows = item.getparent()
            while rows is not None and rows[0] is not item:  # nor must a million empty rows
                del rows[0]
        elif is_hidden(item):
            self.hidden_columns.append((int(item.get("min", 0)), int(item.get("max", 0))))

    def _row(self, row: etree._Element) -> None:
        self.cells.start_row(row.get("r"), hidden=is_hidden(row))
        for cell in row.iterchildren(_CELL):
            # of two alike, the first
            parts = {part.tag: part for part in cell.iterchildren(reversed=True)}
            value, formula, inline = map(parts.get, (_VALUE, _FORMULA, _INLINE))
            shared = formula is not None and formula.get("t") == "shared"
            self.cells.take(
                cell.get("r"),
                cell.get("s"),
                cell.get("t"),
                formula.get("si") if formula is not None and shared else None,
                None if formula is None else formula.text or "",
                None if value is None else value.text or "",
                None if inline is None else string_content(inline),
            )
        self.cells.end_row()
