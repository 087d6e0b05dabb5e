"""What a workbook says of its calculation: whether its values are stale, and in which order."""

from __future__ import annotations

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import (
    CONTENT_TYPES,
    MAIN,
    Package,
    parse,
    relationships_name,
    serialize,
)

# What the schema wants behind a workbook's <calcPr>.
_AFTER_CALCULATION = {
    "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes",
    "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
}  # fmt: skip


def ask_to_recalculate(package: Package) -> None:
    """Values that are stored with formulas may be those of before."""
    if not sheets_with_formulas(package):
        return
    part = package.workbook_part()
    root = parse(package[part])
    said = root.find(f"{TAG}calcPr")
    if said is not None and said.get("fullCalcOnLoad") in ("1", "true"):
        return
    if said is None:
        said = etree.Element(f"{TAG}calcPr")
        later = (
            at
            for at, item in enumerate(root)
            if isinstance(item.tag, str) and etree.QName(item).localname in _AFTER_CALCULATION
        )
        root.insert(next(later, len(root)), said)
    said.set("fullCalcOnLoad", "1")
    package[part] = serialize(root)


def drop_calculation_chain(package: Package) -> None:
    """Excel makes a new one; one that names a cell without a formula it calls damage."""
    workbook = package.workbook_part()
    for link in package.relationships(workbook):
        if link.type.endswith("/calcChain"):
            del package[link.target]
            name = relationships_name(workbook)
            links = parse(package[name])
            for item in [item for item in links if item.get("Id") == link.id]:
                links.remove(item)
            package[name] = serialize(links)
            types = parse(package["[Content_Types].xml"])
            for item in list(types.iterchildren(f"{{{CONTENT_TYPES}}}Override")):
                if item.get("PartName", "").lstrip("/") == link.target:
                    types.remove(item)
            package["[Content_Types].xml"] = serialize(types)


def asks_to_recalculate(package: Package) -> bool:
    """Whether the values that a workbook stores with its formulas may be stale."""
    settings = parse(package[package.workbook_part()]).find(f"{{{MAIN}}}calcPr")
    return settings is not None and settings.get("fullCalcOnLoad") in ("1", "true")


def sheets_with_formulas(package: Package) -> dict[str, str]:
    """Return the part of each sheet that has formulas, by the sheet's name."""
    starts = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
    return {
        name: part
        for name, part in package.sheets().items()
        if any(start in package[part] for start in starts)
    }
