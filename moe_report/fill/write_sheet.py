"""Values and repeated rows into the XML of a sheet that is to hold them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from moe_report.fill.findings import Place
from moe_report.fill.row_pattern import RowPattern, drifting
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.ooxml.rows import Value, number_text
from moe_report.ooxml.tables import tables_of

_TARGET = "moe-report-rows"  # of the processing instruction that stands where rows will be


@dataclass(frozen=True)
class Band:
    """A row that is there many times.

    Attributes:
        row: Number of the first one.
        count: How many there are.
        contents: Of each column that is filled, the contents of its cells from the first row on.
        columns: The columns of its tables; what stands beside them stays once.
    """

    row: int
    count: int
    contents: Mapping[int, Sequence[str]]
    columns: frozenset[int]


def write_sheet(
    xml: bytes, values: Mapping[Place, Value], bands: Sequence[Band], where: str
) -> tuple[bytes, bool]:
    """Return a sheet with values in its cells, and whether a formula has come or gone.

    Args:
        xml: The sheet's part; the rows below the repeated ones have moved down already.
        values: Values by row and column, for cells outside of the repeated rows.
        bands: The rows that repeat.
        where: File and sheet, for errors.
    """
    root = parse(xml)
    cells = Cells(root, where)
    for (row, column), value in values.items():
        if isinstance(value, str):
            cells.put(row, column, {"t": value}, None)
        else:
            cells.put(row, column, {} if value is None else {"v": number_text(value)}, None)
        if isinstance(value, bool):
            cells.grid[row][column].set("t", "b")
    texts = []
    for band in bands:
        pattern = cells.rows[band.row]
        texts.append(
            RowPattern(pattern, band.contents, band.columns).text(band.row, band.count).encode()
        )
        marker = etree.ProcessingInstruction(_TARGET, str(len(texts) - 1))
        marker.tail = pattern.tail
        cells.data.replace(pattern, marker)
    content = serialize(root)
    if texts:
        pieces = re.split(rb"<\?" + _TARGET.encode() + rb" (\d+)\?>", content)
        content = b"".join(
            texts[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces)
        )
    return content, cells.formulas_lost or bool(bands)


def unshared(xml: bytes, rows: Collection[int], where: str) -> bytes:
    """Return a sheet in which the formulas that some rows share with others are written out."""
    cells = Cells(parse(xml), where)
    formulas = cells.formulas()
    changed = formulas.write_out(at for at in formulas.elements if split_address(at)[1] in rows)
    return serialize(cells.root) if changed else xml


def unrepeatable(xml: bytes, row: int, columns: Collection[int]) -> Iterator[tuple[str, str]]:
    """Give the cells of a row that cannot be repeated, by address, and why."""
    formulas = Cells(parse(xml), "").formulas()
    for address, item in formulas.elements.items():
        column, at = split_address(address)
        if at != row or column not in columns:
            continue
        if item.get("t") == "dataTable":
            yield address, "is part of a what-if table, which cannot repeat"
        elif item.get("t") == "array" and item.get("ref", address) != address:
            why = f"is the array formula of {item.get('ref')}, which cannot repeat"
            yield address, f"{why}; expected one of a single cell"
        else:
            try:
                other = drifting(formulas.text(address), row)
            except ValueError as error:
                yield address, f"its formula cannot repeat: {error}"
                continue
            if other:
                why = f"its formula refers to {other}, and each copy of the row would refer to"
                yield address, f"{why} another; expected $ before the number of the row"


def neighbours(
    package: Package, part: str, row: int, own: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Give a row's first cells in other Excel Tables than its own, and why they cannot repeat."""
    for table in tables_of(package, part):
        if table.part not in own and table.top <= row <= table.bottom:
            why = (
                f"is in the table {table.name}, whose row would be copied for each model, too; "
                "put it above or below the rows that repeat, or on another sheet"
            )
            yield f"{column_letters(table.left)}{row}", why
