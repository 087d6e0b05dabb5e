"""The Excel Tables of a sheet: where they stand, and which of their rows are data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.addresses import split_address
from moe_report.ooxml.package import Package


@dataclass(frozen=True)
class TableArea:
    """An Excel Table.

    Attributes:
        name: Its name, as formulas write it.
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


def table_area(root: etree._Element, part: str = "") -> TableArea:
    """Return where a table stands, by the root and the name of its part.

    Raises:
        ValueError: It stands nowhere.
    """
    first, _, last = root.get("ref", "").partition(":")  # cells, never whole columns or rows
    (left, top), (right, bottom) = split_address(first), split_address(last or first)
    name = root.get("displayName") or root.get("name") or ""
    above, below = int(root.get("headerRowCount") or 1), int(root.get("totalsRowCount") or 0)
    return TableArea(part, name, left, top, right, bottom, top + above, bottom - below)


def tables_of(package: Package, part: str) -> Iterator[TableArea]:
    """Give the Excel Tables of a sheet by its part."""
    for name in package.related_parts(part, "table"):
        yield table_area(package.root(name, "table"), name)
