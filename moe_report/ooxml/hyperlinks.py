"""Links of cells, to a place in the workbook or to an address outside."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, serialize


@dataclass(frozen=True)
class Link:
    """A link of a cell.

    Attributes:
        row: Number of the row, from 1.
        column: Number of the column, from 1.
        target: Address outside of the workbook; empty if it leads to a place within.
    """

    row: int
    column: int
    target: str
    element: etree._Element


def read_links(package: Package, part: str) -> list[Link]:
    """Return the links of a sheet's cells; one of an area is that of its first cell."""
    targets = {item.id: item.target for item in package.relationships(part)}
    found = []
    for item in package.root(part).iterfind(f"{TAG}hyperlinks/{TAG}hyperlink"):
        column, row = split_address(item.get("ref", "A1").partition(":")[0])
        found.append(Link(row, column, targets.get(item.get(LINK_ID, ""), ""), item))
    return found


def add_links(package: Package, part: str, links: Iterable[Link]) -> None:
    """Put links on cells of a sheet."""
    root = package.root(part)
    listed = root.find(f"{TAG}hyperlinks")
    if listed is None:
        listed = etree.Element(f"{TAG}hyperlinks")
        insert_in_order(root, listed)
    for link in links:
        item = deepcopy(link.element)
        item.set("ref", f"{column_letters(link.column)}{link.row}")
        if link.target:
            kind = f"{OFFICE_REL}/hyperlink"
            item.set(LINK_ID, package.relate(part, kind, link.target, external=True))
        listed.append(item)
    package[part] = serialize(root)
