"""Elements come where the schema wants them, whatever stands there already."""

from __future__ import annotations

import inspect
import re

import pytest
from lxml import etree
from openpyxl.packaging.workbook import WorkbookPackage
from openpyxl.styles.stylesheet import Stylesheet
from xlsxwriter.worksheet import Worksheet

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.order import ORDER, insert_in_order

_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def element(name: str, *children: str) -> etree._Element:
    """An element of a spreadsheet; a child with a slash stands wrapped for newer programs."""
    found = etree.Element(f"{{{MAIN}}}{name}")
    for child in children:
        holder = found
        if "/" in child:
            wrapped = etree.SubElement(found, f"{{{_MC}}}AlternateContent")
            holder = etree.SubElement(wrapped, f"{{{_MC}}}Choice", Requires="x14")
        etree.SubElement(holder, f"{{{MAIN}}}{child.rpartition('/')[2]}")
    return found


def names(parent: etree._Element) -> list[str]:
    """The names of an element's children."""
    return [etree.QName(item).localname for item in parent if isinstance(item.tag, str)]


@pytest.mark.parametrize("parent", ORDER)
def test_every_element_comes_in_its_place(parent: str) -> None:
    """Whatever the order in which all of them are put in, they stand in that of the schema."""
    for step in (1, -1):
        root = element(parent)
        for name in ORDER[parent][::step]:
            insert_in_order(root, element(name))
        assert names(root) == list(ORDER[parent])


def test_the_order_is_that_of_other_writers() -> None:
    """Programs that write spreadsheets know most of each sequence, in the same order."""
    source = inspect.getsource(Worksheet._assemble_xml_file)
    written = re.findall(r"self\._write_(?!phonetic)(\w+)\(", source)  # which XlsxWriter misplaces
    theirs = {
        "styleSheet": Stylesheet.__elements__,
        "workbook": WorkbookPackage.__elements__,
        "worksheet": [re.sub(r"_(hf|\w)", lambda m: m[1].upper(), name) for name in written],
    }  # fmt: skip
    for parent, elements in theirs.items():
        known = [name for name in ORDER[parent] if name in elements]
        assert known == [name for name in elements if name in known]
        assert len(known) > len(ORDER[parent]) / 2


@pytest.mark.parametrize(
    ("parent", "present", "fresh", "expected"),
    [
        ("worksheet", ["legacyDrawing", "drawingHF"], "legacyDrawingHF",
         ["legacyDrawing", "legacyDrawingHF", "drawingHF"]),
        ("worksheet", ["drawing", "drawingHF"], "legacyDrawing",
         ["drawing", "legacyDrawing", "drawingHF"]),
        ("worksheet", ["sheetData", "mc/controls", "extLst"], "legacyDrawing",
         ["sheetData", "legacyDrawing", "AlternateContent", "extLst"]),
        ("worksheet", ["mc/dataValidations", "pageMargins"], "hyperlinks",
         ["AlternateContent", "hyperlinks", "pageMargins"]),
        ("workbook", ["workbookPr", "mc/absPath", "sheets", "pivotCaches"], "calcPr",
         ["workbookPr", "AlternateContent", "sheets", "calcPr", "pivotCaches"]),
        ("worksheet", ["conditionalFormatting", "hyperlinks"], "conditionalFormatting",
         ["conditionalFormatting", "conditionalFormatting", "hyperlinks"]),
        ("styleSheet", ["fills", "dxfs"], "cellXfs", ["fills", "cellXfs", "dxfs"]),
    ],
)  # fmt: skip
def test_what_is_there_keeps_its_place(
    parent: str, present: list[str], fresh: str, expected: list[str]
) -> None:
    """Elements that are wrapped for newer programs count as what they hold."""
    root = element(parent, *present)
    root.insert(0, etree.Comment("by another program"))
    insert_in_order(root, element(fresh))
    assert names(root) == expected


def test_an_extension_inside_of_another_element_is_not_that_of_the_sheet() -> None:
    """A rule of a conditional format may have an extLst of its own, before the sheet's end."""
    root = element("worksheet", "sheetData", "conditionalFormatting", "pageMargins")
    etree.SubElement(root[1], f"{{{MAIN}}}extLst")
    insert_in_order(root, element("legacyDrawing"))
    assert names(root)[-1] == "legacyDrawing"
