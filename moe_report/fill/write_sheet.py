"""Values and repeated rows into the XML of a sheet that is to hold them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from moe_report.fill.row_pattern import RowPattern, drifting
from moe_report.ooxml.addresses import area_of, column_letters, split_address
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.ooxml.rows import Value, number_text

_TARGET = "moe-report-rows"  # of the processing instruction that stands where rows will be


@dataclass(frozen=True)
class CellValue:
    """A value for a cell.

    Attributes:
        row: Number of its row, from 1.
        column: Number of its column, from 1.
        value: What it will hold.
    """

    row: int
    column: int
    value: Value


@dataclass(frozen=True)
class Band:
    """A row that is there many times.

    Attributes:
        row: Number of the first one.
        count: How many there are.
        contents: Of each column that is filled, the contents of its cells from the first row on.
    """

    row: int
    count: int
    contents: Mapping[int, Sequence[str]]


@dataclass(frozen=True)
class WrittenSheet:
    """A sheet's new XML.

    Attributes:
        xml: The part.
        formulas_changed: Whether a formula has come or gone.
    """

    xml: bytes
    formulas_changed: bool


def write_sheet(
    xml: bytes, values: Iterable[CellValue], bands: Sequence[Band], where: str
) -> WrittenSheet:
    """Return a sheet with values in its cells, and rows repeated; all else is as it was.

    Args:
        xml: The sheet's part; the rows below the repeated ones have moved down already.
        values: Values for cells outside of the repeated rows.
        bands: The rows that repeat.
        where: File and sheet, for errors.
    """
    root = parse(xml)
    cells = Cells(root, where)
    for item in values:
        _put(cells, item)
    texts = []
    _repeat_merged(root, bands)
    for band in bands:
        row = cells.rows[band.row]
        texts.append(RowPattern(row, band.contents).text(band.row, band.count).encode())
        marker = etree.ProcessingInstruction(_TARGET, str(len(texts) - 1))
        marker.tail = row.tail
        cells.data.replace(row, marker)
    content = serialize(root)
    if texts:
        pieces = re.split(rb"<\?" + _TARGET.encode() + rb" (\d+)\?>", content)
        content = b"".join(
            texts[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces)
        )
    return WrittenSheet(content, cells.formulas_lost or bool(bands))


def _repeat_merged(root: etree._Element, bands: Sequence[Band]) -> None:
    """Merge in the new rows what is merged in the row that repeats."""
    merged = root.find(f"{TAG}mergeCells")
    for item in () if merged is None else list(merged):
        left, top, right, bottom = area_of(item.get("ref", ""))
        for band in bands:
            if top == bottom == band.row:
                for row in range(band.row + band.count - 1, band.row, -1):
                    ref = f"{column_letters(left)}{row}:{column_letters(right)}{row}"
                    item.addnext(etree.Element(item.tag, ref=ref))
    if merged is not None and merged.get("count"):
        merged.set("count", str(len(merged)))


def _put(cells: Cells, item: CellValue) -> None:
    value = item.value
    if isinstance(value, str):
        cells.put(item.row, item.column, {"t": value}, None)
    elif value is None:
        cells.put(item.row, item.column, {}, None)
    else:
        cells.put(item.row, item.column, {"v": number_text(value)}, None)
        if isinstance(value, bool):
            cells.grid[item.row][item.column].set("t", "b")


def unrepeatable(xml: bytes, row: int) -> list[tuple[str, str]]:
    """Return the cells of a row that cannot be repeated, by address, and why."""
    found = []
    shared: dict[str, tuple[str, str]] = {}
    for item in parse(xml).iterfind(f"{TAG}sheetData/{TAG}row/{TAG}c/{TAG}f"):
        cell = item.getparent()
        address, text = cell.get("r", "") if cell is not None else "", item.text or ""
        if item.get("t") == "shared" and text:
            shared.setdefault(item.get("si", ""), (text, address))
        if not address or split_address(address)[1] != row:
            continue
        if item.get("t") == "dataTable":
            found.append((address, "is part of a what-if table, which cannot repeat"))
        elif item.get("t") == "array" and item.get("ref", address) != address:
            found.append((address, f"is the array formula of {item.get('ref')}, which cannot "
                                   "repeat; expected one of a single cell"))  # fmt: skip
        else:
            try:
                if not text and item.get("si", "") in shared:
                    text = translated(*shared[item.get("si", "")], address)
                other = drifting(text, row)
            except ValueError as error:
                found.append((address, f"its formula cannot repeat: {error}"))
                continue
            if other:
                found.append((address, f"its formula refers to {other}, and each copy of the row "
                                       "would refer to another; expected $ before the number of "
                                       "the row"))  # fmt: skip
    return found


def neighbours(
    package: Package, part: str, row: int, own: Collection[str]
) -> list[tuple[str, str]]:
    """Return the first cells of other Excel Tables that have a row, and why it cannot repeat.

    Args:
        package: The workbook.
        part: The sheet's part.
        row: Number of the row that repeats.
        own: Parts of the tables whose row it is.
    """
    found = []
    for link in package.relationships(part):
        if not link.type.endswith("/table") or link.target in own or link.target not in package:
            continue
        root = parse(package[link.target])
        left, top, _, bottom = area_of(root.get("ref", "A1"))
        if top <= row <= bottom:
            name = root.get("displayName", root.get("name", ""))
            why = (
                f"is in the table {name}, whose row would be copied for each model, too; put it "
                "above or below the rows that repeat, or on another sheet"
            )
            found.append((f"{column_letters(left)}{row}", why))
    return found
