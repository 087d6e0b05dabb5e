"""What a workbook says of its calculation: whether its values are stale, and in which order."""

from __future__ import annotations

import re

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import Package, serialize

_LONGEST = 1000  # letters of a tag's name
_FORMULA = re.compile(rb"<(\w+:)?f[\s>/]")


def ask_to_recalculate(package: Package) -> None:
    """Let values be computed on load where formulas have some, which may be those of before."""
    if asks_to_recalculate(package) or not sheets_with_formulas(package):
        return
    part = package.workbook_part()
    root = package.root(part)
    said = root.find(f"{TAG}calcPr")
    if said is None:
        said = etree.Element(f"{TAG}calcPr")
        insert_in_order(root, said)
    said.set("fullCalcOnLoad", "1")
    package[part] = serialize(root)


def drop_calculation_chain(package: Package) -> None:
    """Excel makes a new one; one that names a cell without a formula it calls damage."""
    workbook = package.workbook_part()
    for link in package.relationships(workbook):
        if link.kind == "calcChain":
            package.unlink(workbook, link.id)
            del package[link.target]


def asks_to_recalculate(package: Package) -> bool:
    """Whether the values that a workbook stores with its formulas may be stale."""
    settings = package.root(package.workbook_part()).find(f"{TAG}calcPr")
    return settings is not None and settings.get("fullCalcOnLoad") in ("1", "true")


def sheets_with_formulas(package: Package) -> dict[str, str]:
    """Return the part of each sheet that has formulas, by the sheet's name."""
    return {name: part for name, part in package.sheets().items() if _has_formula(package, part)}


def _has_formula(package: Package, part: str) -> bool:
    before = b""
    for piece in package.pieces(part):
        if _FORMULA.search(before + piece):
            return True
        before = piece[-_LONGEST:]
    return False
