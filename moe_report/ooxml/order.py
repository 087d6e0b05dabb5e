"""The order in which the schema wants the children of an element."""

from __future__ import annotations

from lxml import etree

from moe_report.ooxml.markup import local_name
from moe_report.ooxml.package import Package, serialize

_MARKUP = "http://schemas.openxmlformats.org/markup-compatibility/2006"
# By the name of the parent: CT_Worksheet, CT_Workbook and CT_Stylesheet of ECMA-376, part 4.
ORDER = {
    "worksheet": (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
        "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
        "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
        "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
        "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches",
        "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
        "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    ),
    "workbook": (
        "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
        "functionGroups", "externalReferences", "definedNames", "calcPr", "oleSize",
        "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing",
        "fileRecoveryPr", "webPublishObjects", "extLst",
    ),
    "styleSheet": (
        "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
        "tableStyles", "colors", "extLst",
    ),
}  # fmt: skip
# CT_Font. The standard lets a font's properties come in any order, Excel's validator does not.
FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color",
    "name", "family", "charset", "scheme",
)  # fmt: skip


def order_fonts(package: Package) -> None:
    """Put the properties of a workbook's fonts in order: openpyxl writes them in its own."""
    part = package.related_part(package.workbook_part(), "styles")
    assert part is not None
    root = package.root(part)
    for font in root.iter("{*}font"):
        font[:] = sorted(font, key=lambda item: _place(item, FONT))
    package[part] = serialize(root)


def insert_in_order(parent: etree._Element, child: etree._Element) -> None:
    """Put an element in its place among the children of a worksheet, workbook or style table."""
    order = ORDER[local_name(parent)]
    place = order.index(local_name(child))
    for other in parent:
        if _place(other, order) > place:
            other.addprevious(child)
            return
    parent.append(child)


def _place(item: etree._Element, order: tuple[str, ...]) -> int:
    """Where an element belongs; -1 of what the schema does not know, which pushes nothing back.

    An element that newer programs read otherwise stands wrapped, with both readings, in its place.
    """
    inside = item.iter() if item.tag == f"{{{_MARKUP}}}AlternateContent" else (item,)
    names = (local_name(one) for one in inside if isinstance(one.tag, str))
    return next((order.index(name) for name in names if name in order), -1)
