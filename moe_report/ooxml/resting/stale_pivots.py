"""Pivot tables: their numbers are those of when they were last refreshed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moe_report.ooxml.addresses import Area, area_of
from moe_report.ooxml.package import LINK_ID, Package, serialize
from moe_report.ooxml.resting.dependents import Place
from moe_report.ooxml.resting.formula_sources import Reads, Sources


@dataclass(frozen=True, eq=False)
class PivotTable:
    """A pivot table.

    Attributes:
        sheet: Name of its sheet.
        name: Its own name.
        cache: The part that says what it counts.
        spills: Where it stands.
        reads: What it counts.
    """

    sheet: str
    name: str
    cache: str
    spills: Area
    reads: Reads

    @property
    def places(self) -> Sequence[Place]:
        """Where the cells are that it counts."""
        return self.reads.places

    def refresh(self, package: Package) -> None:
        """Let Excel count anew when it opens the workbook."""
        root = package.root(self.cache)
        if root.get("refreshOnLoad") not in ("1", "true"):
            root.set("refreshOnLoad", "1")
            package[self.cache] = serialize(root)


def pivot_tables(package: Package, sources: Sources) -> list[PivotTable]:
    """Return the pivot tables of a workbook that count cells of its own."""
    found = []
    for sheet, part in package.sheets().items():
        for table in package.related_parts(part, "pivotTable"):
            root = package.root(table)
            location = root.find("{*}location")
            cache = package.related_part(table, "pivotCacheDefinition")
            if location is None or cache is None or cache not in package:
                continue
            reads = _reads(package, cache, sources)
            area = area_of(location.get("ref", "A1"))
            found.append(PivotTable(sheet, root.get("name", ""), cache, area, reads))
    return found


def _reads(package: Package, cache: str, sources: Sources) -> Reads:
    """What is counted: areas of sheets, or what a table or a defined name leads to."""
    places: list[Place] = []
    unknown = False
    for item in package.root(cache).iter("{*}worksheetSource", "{*}rangeSet"):
        if LINK_ID in item.attrib:
            continue  # of another workbook
        if item.get("name"):
            reads = sources.read_by(item.get("name", ""), item.get("sheet", ""))
            places += reads.places
            unknown |= reads.unknown
        elif item.get("ref"):
            places.append((item.get("sheet", "").casefold(), area_of(item.get("ref", ""))))
    return Reads(tuple(places), unknown)
