"""Links of cells, to a place in the workbook or to an address outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from lxml import etree

from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.cells_by_rows import cells_by_rows
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package


@dataclass(frozen=True)
class Link:
    """A link of a cell.

    Attributes:
        row: Number of the row, from 1.
        column: Number of the column, from 1.
        target: Address outside of the workbook, or a place within as ``#Sheet!A1``; empty if the
            element says the place.
        element: What the sheet says of it.
    """

    row: int
    column: int
    target: str
    element: etree._Element

    def led(self, moved: Callable[[str], str]) -> Link:
        """Return the link to where a place in the workbook is now, as ``moved`` gives it."""
        element = deepcopy(self.element)
        if element.get("location") and not self.target:
            element.set("location", moved(element.get("location", "")))
        return replace(self, target=place_led(self.target, moved), element=element)


def place_led(target: str, moved: Callable[[str], str]) -> str:
    """Return the target of a link, which may be a place, its letters spelled by their codes.

    >>> place_led("#A%20B!A1", str.lower), place_led("https://example.org/#A", str.lower)
    ('#a%20b!a1', 'https://example.org/#A')
    """
    if not target.startswith("#"):
        return target
    place = unquote(target[1:])
    fresh = moved(place)
    return target if fresh == place else "#" + quote(fresh, safe="'!$:")


def read_links(package: Package, part: str, sheet: etree._Element) -> list[Link]:
    """Return the links of cells of a sheet with some root; one of an area is its first cell's."""
    targets = {item.id: item.target for item in package.relationships(part)}
    found = []
    for item in sheet.iterfind(f"{TAG}hyperlinks/{TAG}hyperlink"):
        column, row = split_address(item.get("ref", "A1").partition(":")[0])
        found.append(Link(row, column, targets.get(item.get(LINK_ID, ""), ""), item))
    return found


def add_links(package: Package, part: str, links: Iterable[Link]) -> None:
    """Put links on cells of a sheet."""
    sheet = cells_by_rows(package, part, part)
    root = sheet.root
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
    package.hold(part, sheet)
