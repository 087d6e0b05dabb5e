"""Rows put into a sheet: everything below moves, in every part, and nothing else changes."""

from __future__ import annotations

import io
import random
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from lxml import etree
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from moe_report.errors import InputError
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.insert_rows.insert import insert_rows, tried
from moe_report.ooxml.package import Package
from moe_report.ooxml.references import Insertion
from tests.office import convert, stored
from tests.workbooks import zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006"
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPACES = (
    f'xmlns="{MAIN}" xmlns:r="{REL}" xmlns:mc="{MC}" xmlns:x14="{X14}" xmlns:xm="{XM}" '
    f'xmlns:xdr="{XDR}" xmlns:acme="urn:acme" mc:Ignorable="x14 acme"'
)
THREE = Insertion("Models", after=5, count=3)
MODELS, OTHER = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"


def made(
    models: str = "", other: str = "", *, rows: str = "", other_rows: str = "",
    before: str = "", names: str = "", parts: Mapping[str, tuple[str, str, str]] | None = None,
) -> Package:  # fmt: skip
    """Return a workbook of two sheets, written by hand.

    Args:
        models: What stands behind the cells of the sheet with the new rows.
        other: What stands behind those of the other one.
        rows: Rows of the first sheet.
        other_rows: Rows of the second sheet.
        before: What stands before the cells of the first sheet.
        names: Defined names.
        parts: Further parts: the part that links to each, the link's type, and the content.
    """
    content = {
        MODELS: f"<worksheet {SPACES}>{before}<sheetData>{rows}</sheetData>{models}</worksheet>",
        OTHER: f"<worksheet {SPACES}><sheetData>{other_rows}</sheetData>{other}</worksheet>",
        "xl/workbook.xml": (
            f'<workbook {SPACES}><sheets><sheet name="Models" sheetId="1" r:id="rId1"/>'
            f'<sheet name="It\'s &amp; other" sheetId="2" r:id="rId2"/></sheets>'
            f"<definedNames>{names}</definedNames></workbook>"
        ),
    }
    links = {
        "": [("officeDocument", "xl/workbook.xml")],
        "xl/workbook.xml": [("worksheet", MODELS), ("worksheet", OTHER)],
    }
    for name, (source, kind, xml) in (parts or {}).items():
        content[name] = xml
        links.setdefault(source, []).append((kind, name))
    for source, targets in links.items():
        folder, _, base = source.rpartition("/")
        content[f"{folder}{'/' if folder else ''}_rels/{base}.rels"] = (
            f'<Relationships xmlns="{PKG}/relationships">'
            + "".join(
                f'<Relationship Id="rId{at}" Type="{REL}/{kind}" Target="/{target}"/>'
                if not target.startswith("#")
                else f'<Relationship Id="rId{at}" Type="{REL}/{kind}" Target="{target}"/>'
                for at, (kind, target) in enumerate(targets, start=1)
            )
            + "</Relationships>"
        )
    types = "".join(
        f'<Override PartName="/{name}" ContentType="application/x.{name}"/>'
        for name in content
        if not name.endswith(".rels")
    )
    content["[Content_Types].xml"] = (
        f'<Types xmlns="{PKG}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
        f'.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{types}'
        "</Types>"
    )
    return Package(
        zipped(
            {
                name: xml if name.endswith(".vml") else HEAD + xml
                for name, xml in content.items()
            }
        ),
        "q.xlsx",
    )  # fmt: skip


def canonical(xml: bytes | str) -> str:
    """Return XML so that two writings of the same are equal."""
    data = xml.encode() if isinstance(xml, str) else xml
    return etree.tostring(etree.fromstring(data), method="c14n").decode()


def same(package: Package, expected: Package, *, besides: tuple[str, ...] = ()) -> None:
    """Check that two packages have parts that say the same."""
    assert list(package) == list(expected)
    for name in package:
        if name.endswith(".vml"):
            assert package[name] == expected[name]
        elif name not in besides:
            assert canonical(package[name]) == canonical(expected[name]), name


def insert(package: Package, insertion: Insertion = THREE) -> list[str]:
    """Put rows into a workbook, and check that untouched parts stay as they are."""
    before = {name: package[name] for name in package}
    notes = insert_rows(package, insertion, where="q.xlsx")
    for name in package:
        if canonical_or_raw(package[name]) == canonical_or_raw(before.get(name, b"")):
            assert package[name] == before[name], f"{name} says the same in other bytes"
    return notes


def canonical_or_raw(data: bytes) -> str | bytes:
    """Return XML in its canonical form, and what is none as it is."""
    try:
        return canonical(data)
    except etree.XMLSyntaxError:
        return data


def refused(package: Package, insertion: Insertion = THREE) -> list[str]:
    """Put rows into a workbook that refuses them and stays as it is; return the errors."""
    before = {name: package[name] for name in package}
    problems, _ = tried(package, insertion, where="q.xlsx")
    said = [str(problem) for problem in problems]
    with pytest.raises(InputError) as caught:
        insert_rows(package, insertion, where="q.xlsx")
    assert [str(problem) for problem in caught.value.problems] == said
    assert {name: package[name] for name in package} == before
    assert said
    assert all("\n" not in line and line.startswith("q.xlsx, ") for line in said)
    return said


CALC = '<calcPr fullCalcOnLoad="1"/>'


# -- what stands in a sheet

X14_FORMATS = (
    '<extLst><ext uri="{{78C0D931}}"><x14:conditionalFormattings><x14:conditionalFormatting>'
    '<x14:cfRule type="dataBar" id="{{1}}" acme:k="5"><x14:dataBar><x14:cfvo type="formula">'
    "<xm:f>{0}</xm:f></x14:cfvo></x14:dataBar></x14:cfRule><xm:sqref>{1}</xm:sqref>"
    "</x14:conditionalFormatting></x14:conditionalFormattings></ext>"
    '<ext uri="{{CCE6A557}}"><x14:dataValidations count="1"><x14:dataValidation type="list">'
    "<x14:formula1><xm:f>{2}</xm:f></x14:formula1><xm:sqref>{3}</xm:sqref></x14:dataValidation>"
    "</x14:dataValidations></ext>"
    '<ext uri="{{05C60535}}"><x14:sparklineGroups><x14:sparklineGroup type="column">'
    "<xm:f>{4}</xm:f><x14:sparklines><x14:sparkline><xm:f>{5}</xm:f><xm:sqref>{6}</xm:sqref></x14:sparkline>"
    '</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext><ext uri="{{A}}">'
    '<acme:mergeCell ref="A9"/><acme:hyperlink ref="A9" location="A9"/></ext></extLst>'
)

# What stands behind the cells, before and after three rows came in below the fifth.
BEHIND = {
    "merged cells": (
        '<mergeCells count="4"><mergeCell ref="A1:C1"/><mergeCell ref="G4:G6"/>'
        '<mergeCell ref="H5:I5"/><mergeCell ref="A7:C9"/></mergeCells>',
        '<mergeCells count="7"><mergeCell ref="A1:C1"/><mergeCell ref="G4:G9"/>'
        '<mergeCell ref="H5:I5"/><mergeCell ref="H6:I6"/><mergeCell ref="H7:I7"/>'
        '<mergeCell ref="H8:I8"/><mergeCell ref="A10:C12"/></mergeCells>',
    ),
    "conditional formats": (
        '<conditionalFormatting sqref="B5 D7:D9"><cfRule type="expression" dxfId="0" priority="1">'
        "<formula>B5&gt;$B$9</formula></cfRule></conditionalFormatting>"
        '<conditionalFormatting sqref="B7:B9"><cfRule type="colorScale" priority="2"><colorScale>'
        '<cfvo type="num" val="1"/><cfvo type="formula" val="$B$8"/><color rgb="FF112233"/>'
        "</colorScale></cfRule></conditionalFormatting>",
        '<conditionalFormatting sqref="B5:B8 D10:D12"><cfRule type="expression" dxfId="0" '
        'priority="1"><formula>B5&gt;$B$12</formula></cfRule></conditionalFormatting>'
        '<conditionalFormatting sqref="B10:B12"><cfRule type="colorScale" priority="2"><colorScale>'
        '<cfvo type="num" val="1"/><cfvo type="formula" val="$B$11"/><color rgb="FF112233"/>'
        "</colorScale></cfRule></conditionalFormatting>",
    ),
    "a format of the row itself": (
        '<conditionalFormatting sqref="B5:E5"><cfRule type="expression" priority="1">'
        "<formula>B5=MAX($B5:$E5)</formula></cfRule><cfRule type=\"expression\" priority=\"2\">"
        "<formula>B5=MAX(B$5:B$5)</formula></cfRule></conditionalFormatting>",
        '<conditionalFormatting sqref="B5:E8"><cfRule type="expression" priority="1">'
        "<formula>B5=MAX($B5:$E5)</formula></cfRule><cfRule type=\"expression\" priority=\"2\">"
        "<formula>B5=MAX(B$5:B$8)</formula></cfRule></conditionalFormatting>",
    ),
    "validations": (
        '<dataValidations count="1"><dataValidation type="list" sqref="C5 C9" errorStyle="warning">'
        "<formula1>$F$7:$F$9</formula1><formula2>F6</formula2></dataValidation></dataValidations>",
        '<dataValidations count="1"><dataValidation type="list" sqref="C5:C8 C12" '
        'errorStyle="warning"><formula1>$F$10:$F$12</formula1><formula2>F9</formula2>'
        "</dataValidation></dataValidations>",
    ),
    "links": (
        '<hyperlinks><hyperlink ref="A9" location="Models!A9" display="A9"/>'
        "<hyperlink ref=\"A4\" location=\"'It''s &amp; other'!A9\"/>"
        '<hyperlink ref="B7:B8" location="C6"/><hyperlink ref="A6" r:id="rId9" location="X!A9"/>'
        '<hyperlink ref="A5" location="total_9"/></hyperlinks>',
        '<hyperlinks><hyperlink ref="A12" location="Models!A12" display="A9"/>'
        "<hyperlink ref=\"A4\" location=\"'It''s &amp; other'!A9\"/>"
        '<hyperlink ref="B10:B11" location="C9"/><hyperlink ref="A9" r:id="rId9" location="X!A9"/>'
        '<hyperlink ref="A5:A8" location="total_9"/></hyperlinks>',
    ),
    "breaks": (
        '<rowBreaks count="3" manualBreakCount="3"><brk id="4" max="16383" man="1"/>'
        '<brk id="5" max="16383" man="1"/><brk id="9" max="16383" man="1"/></rowBreaks>'
        '<colBreaks count="1"><brk id="7" max="1048575" man="1"/></colBreaks>',
        '<rowBreaks count="3" manualBreakCount="3"><brk id="4" max="16383" man="1"/>'
        '<brk id="8" max="16383" man="1"/><brk id="12" max="16383" man="1"/></rowBreaks>'
        '<colBreaks count="1"><brk id="7" max="1048575" man="1"/></colBreaks>',
    ),
    "ranges by their own": (
        '<sheetProtection sheet="1" password="CC1A"/><protectedRanges><protectedRange '
        'name="r" sqref="B5 B9"/></protectedRanges><scenarios current="0" sqref="B9">'
        '<scenario name="s"><inputCells r="B4" val="5"/><inputCells r="B9" val="9"/></scenario>'
        '</scenarios><autoFilter ref="A4:C9"><filterColumn colId="0"><filters><filter val="9"/>'
        '</filters></filterColumn></autoFilter><sortState ref="A5:C9"><sortCondition ref="B5:B9"/>'
        '</sortState><phoneticPr fontId="9"/><cellWatches><cellWatch r="A9"/></cellWatches>'
        '<ignoredErrors><ignoredError sqref="B5:B5 D9" numberStoredAsText="1"/></ignoredErrors>'
        '<smartTags><cellSmartTags r="A9"><cellSmartTag type="1"/></cellSmartTags></smartTags>',
        '<sheetProtection sheet="1" password="CC1A"/><protectedRanges><protectedRange '
        'name="r" sqref="B5:B8 B12"/></protectedRanges><scenarios current="0" sqref="B12">'
        '<scenario name="s"><inputCells r="B4" val="5"/><inputCells r="B12" val="9"/></scenario>'
        '</scenarios><autoFilter ref="A4:C12"><filterColumn colId="0"><filters><filter val="9"/>'
        '</filters></filterColumn></autoFilter><sortState ref="A5:C12"><sortCondition '
        'ref="B5:B12"/></sortState><phoneticPr fontId="9"/><cellWatches><cellWatch r="A12"/>'
        '</cellWatches><ignoredErrors><ignoredError sqref="B5:B8 D12" numberStoredAsText="1"/>'
        '</ignoredErrors><smartTags><cellSmartTags r="A12"><cellSmartTag type="1"/>'
        "</cellSmartTags></smartTags>",
    ),
    "custom views": (
        '<customSheetViews><customSheetView guid="{0}" topLeftCell="A9"><pane ySplit="1" '
        'topLeftCell="A9" state="frozen"/><selection activeCell="B9" sqref="B9:C9 D2"/>'
        '<rowBreaks count="1"><brk id="9" max="16383"/></rowBreaks><autoFilter ref="A4:C9"/>'
        "</customSheetView></customSheetViews>",
        '<customSheetViews><customSheetView guid="{0}" topLeftCell="A12"><pane ySplit="1" '
        'topLeftCell="A12" state="frozen"/><selection activeCell="B12" sqref="B12:C12 D2"/>'
        '<rowBreaks count="1"><brk id="12" max="16383"/></rowBreaks><autoFilter ref="A4:C12"/>'
        "</customSheetView></customSheetViews>",
    ),
    "newer twins, and what nobody knows": (
        X14_FORMATS.format(
            "$B$9", "B5 B7", "Models!$F$7:$F$9", "C5", "Models!A4:A5", "Models!B5:B5", "G9"
        ),
        X14_FORMATS.format(
            "$B$12", "B5:B8 B10", "Models!$F$10:$F$12", "C5:C8", "Models!A4:A8", "Models!B5:B8",
            "G12",
        ),
    ),
    "a sparkline of the row itself": (
        X14_FORMATS.format("1", "B1", "1", "C1", "Models!A1:A2", "Models!B5:$E$5", "G5"),
        X14_FORMATS.format("1", "B1", "1", "C1", "Models!A1:A2", "Models!B5:$E$5", "G5").replace(
            "</x14:sparkline></x14:sparklines>",
            "".join(
                f"</x14:sparkline><x14:sparkline><xm:f>Models!B{row}:$E${row}</xm:f>"
                f"<xm:sqref>G{row}</xm:sqref>"
                for row in (6, 7, 8)
            ) + "</x14:sparkline></x14:sparklines>",
        ),
    ),
    "a sparkline of a column in the row itself": (
        X14_FORMATS.format("1", "B1", "1", "C1", "Models!A1:A2", "Models!B5", "G5"),
        X14_FORMATS.format("1", "B1", "1", "C1", "Models!A1:A2", "Models!B5:B8", "G5"),
    ),
    "controls": (
        '<mc:AlternateContent><mc:Choice Requires="x14"><controls><control shapeId="1" r:id="r1" '
        'name="Spin"><controlPr linkedCell="$B$9" listFillRange="Models!$B$5:$B$5"><anchor '
        'moveWithCells="1" sizeWithCells="1"><from><xdr:col>6</xdr:col><xdr:row>4</xdr:row></from>'
        "<to><xdr:col>7</xdr:col><xdr:row>7</xdr:row></to></anchor></controlPr></control>"
        "</controls>"
        "</mc:Choice></mc:AlternateContent>"
        '<oleObjects><oleObject progId="P" shapeId="2"><objectPr><anchor><from><xdr:row>8</xdr:row>'
        "</from><to><xdr:row>9</xdr:row></to></anchor></objectPr></oleObject></oleObjects>",
        '<mc:AlternateContent><mc:Choice Requires="x14"><controls><control shapeId="1" r:id="r1" '
        'name="Spin"><controlPr linkedCell="$B$12" listFillRange="Models!$B$5:$B$8"><anchor '
        'moveWithCells="1" sizeWithCells="1"><from><xdr:col>6</xdr:col><xdr:row>4</xdr:row></from>'
        "<to><xdr:col>7</xdr:col><xdr:row>10</xdr:row></to></anchor></controlPr></control>"
        "</controls></mc:Choice></mc:AlternateContent>"
        '<oleObjects><oleObject progId="P" shapeId="2"><objectPr><anchor><from><xdr:row>8</xdr:row>'
        "</from><to><xdr:row>9</xdr:row></to></anchor></objectPr></oleObject></oleObjects>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BEHIND)
def test_what_stands_behind_the_cells_moves(what: str) -> None:
    """Every area below moves, one over the repeated row grows, and all else is as it was."""
    before, after = BEHIND[what]
    package = made(before)
    insert(package)
    same(package, made(after), besides=("xl/workbook.xml",))


def test_the_view_moves_but_not_what_is_frozen() -> None:
    """The first cell that scrolls stays the first where nothing was scrolled."""
    before = (
        '<sheetPr syncRef="A9"/><dimension ref="A1:G9"/><sheetViews><sheetView topLeftCell="A1" '
        'workbookViewId="0"><pane ySplit="5" topLeftCell="A6" activePane="bottomLeft" '
        'state="frozen"/><selection pane="bottomLeft" activeCell="B9" sqref="B9"/></sheetView>'
        '<sheetView topLeftCell="A8" workbookViewId="1"/></sheetViews>'
    )
    after = before.replace('syncRef="A9"', 'syncRef="A12"').replace("A1:G9", "A1:G12")
    after = after.replace('"B9"', '"B12"').replace('"A8"', '"A11"')
    package = made(before=before)
    insert(package)
    same(package, made(before=after))


def test_a_measure_that_ends_in_the_repeated_row_reaches_the_new_rows() -> None:
    """Readers that trust the sheet's own measure must not see fewer rows."""
    package = made(before='<dimension ref="A1:G5"/>')
    insert(package)
    same(package, made(before='<dimension ref="A1:G8"/>'))


def test_rows_and_cells_below_are_renumbered_with_all_that_they_have() -> None:
    """Outlines, heights and unknown attributes stay; rows and cells need not say their number."""
    package = made(
        rows='<row r="5" ht="20" customHeight="1"><c r="A5" s="1"><v>1</v></c></row>'
        '<row outlineLevel="1" hidden="1" acme:k="7"><c><v>9</v></c><c r="C6" t="s"><v>6</v></c>'
        '</row><row r="9" spans="1:3" collapsed="1"><c r="A9"/></row>'
    )
    insert(package)
    expected = made(
        rows='<row r="5" ht="20" customHeight="1"><c r="A5" s="1"><v>1</v></c></row>'
        '<row r="9" outlineLevel="1" hidden="1" acme:k="7"><c><v>9</v></c><c r="C9" t="s">'
        '<v>6</v></c></row><row r="12" spans="1:3" collapsed="1"><c r="A12"/></row>'
    )
    same(package, expected)


def cells(**formulas: str) -> str:
    """Return rows of cells, each with what it says of its formula."""
    found: dict[int, list[str]] = {}
    for address, text in formulas.items():
        row = int(address.lstrip("ABCDEFGHIJ"))
        formula = text if text.startswith("<") else f"<f>{text}</f>"
        found.setdefault(row, []).append(f'<c r="{address}">{formula}<v>1</v></c>')
    return "".join(f'<row r="{row}">{"".join(found[row])}</row>' for row in sorted(found))


def formulas(package: Package, part: str = MODELS) -> dict[str, str]:
    """Return the formulas of a sheet by address, as XML without its namespaces."""
    root = etree.fromstring(package[part])
    return {
        item.getparent().get("r"): "".join(
            [f"{key}={value} " for key, value in sorted(item.attrib.items())]
        ) + (item.text or "")
        for item in root.iter(f"{{{MAIN}}}f")
    }  # fmt: skip


def test_formulas_of_all_sheets_refer_to_the_same_cells() -> None:
    """Above, below, beside and elsewhere; those of the repeated row keep to their own row."""
    package = made(
        rows=cells(
            A3="SUM(B5:B5)+B9", D5="SUM(B5:C5)/SUM(B$5:B$5)", E5="B5+$B$9",
            B9="SUM(B4:B7)&amp;\"B9\"",
        ),
        other_rows=cells(A1="Models!B9+B9", A9="SUM(Models!B$5:B5)"),
    )  # fmt: skip
    insert(package)
    assert formulas(package) == {
        "A3": "SUM(B5:B8)+B12", "D5": "SUM(B5:C5)/SUM(B$5:B$8)", "E5": "B5+$B$12",
        "B12": 'SUM(B4:B10)&"B9"',
    }  # fmt: skip
    assert formulas(package, OTHER) == {"A1": "Models!B12+B9", "A9": "SUM(Models!B$5:B8)"}
    assert b'fullCalcOnLoad="1"' in package["xl/workbook.xml"]


def shared(ref: str = "", text: str = "", si: int = 0) -> str:
    """Return a formula that cells share."""
    said = f' ref="{ref}"' if ref else ""
    return f'<f t="shared"{said} si="{si}">{text}</f>' if text else f'<f t="shared" si="{si}"/>'


def test_a_shared_formula_below_stays_shared() -> None:
    """It moves as one, where all its cells mean it so."""
    package = made(rows=cells(C8=shared("C8:C10", "B8*$B$9"), C9=shared(), C10=shared()))
    insert(package)
    assert formulas(package) == {
        "C11": "ref=C11:C13 si=0 t=shared B11*$B$12", "C12": "si=0 t=shared ",
        "C13": "si=0 t=shared ",
    }  # fmt: skip


def test_a_shared_formula_over_the_repeated_row_is_written_out() -> None:
    """Each cell says its own then, and another group stays as it is."""
    package = made(
        rows=cells(
            C4=shared("C4:C6", "B4+B3"), C5=shared(), C6=shared(),
            D1=shared("D1:D2", "A1", si=1), D2=shared(si=1),
            E4=shared("E4:E6", "$A$1", si=2), E6=shared(si=2),
        )
    )  # fmt: skip
    insert(package)
    assert formulas(package) == {
        "D1": "ref=D1:D2 si=1 t=shared A1", "D2": "si=1 t=shared ",
        "C4": "B4+B3", "C5": "B5+B4", "C9": "B9+B5", "E4": "$A$1", "E9": "$A$1",
    }  # fmt: skip


def test_a_shared_formula_that_refers_across_the_rows_is_written_out() -> None:
    """Also on another sheet, where no cell moves."""
    rows = cells(C1=shared("C1:C3", "Models!B5"), C2=shared(), C3=shared())
    package = made(other_rows=rows, rows=cells(C8=shared("C8:C9", "B5"), C9=shared()))
    insert(package)
    assert formulas(package, OTHER) == {"C1": "Models!B5", "C2": "Models!B9", "C3": "Models!B10"}
    assert formulas(package) == {"C11": "B5", "C12": "B9"}


def test_a_shared_reference_to_another_workbook_is_written_out() -> None:
    """Each cell has its own; that of another workbook does not move with the rows."""
    package = made(rows=cells(C4=shared("C4:C6", "[1]S!B4"), C5=shared(), C6=shared()))
    insert(package)
    assert formulas(package) == {"C4": "[1]S!B4", "C5": "[1]S!B5", "C9": "[1]S!B6"}


def test_a_shared_formula_of_which_a_part_falls_off_is_refused() -> None:
    """The cell is named whose formula leads there."""
    rows = cells(C1=shared("C1:C2", "Models!B1048573"), C2=shared())
    with pytest.raises(InputError, match=r"other, cell C2: row 1048574 falls off"):
        insert(made(other_rows=rows))


def test_array_formulas_and_data_tables_move_as_one() -> None:
    """Their area and their input cells move with them."""
    package = made(
        rows=cells(
            A5='<f t="array" ref="A5">SUM(B5:C5*2)</f>', B8='<f t="array" ref="B8:B9">A8:A9</f>',
            C8='<f t="dataTable" ref="C8:D9" dt2D="1" dtr="1" r1="A9" r2="A2"/>',
        )
    )  # fmt: skip
    insert(package)
    assert formulas(package) == {
        "A5": "ref=A5 t=array SUM(B5:C5*2)", "B11": "ref=B11:B12 t=array A11:A12",
        "C11": "dt2D=1 dtr=1 r1=A12 r2=A2 ref=C11:D12 t=dataTable ",
    }  # fmt: skip


def test_a_format_over_the_new_rows_keeps_the_distance_to_its_neighbours() -> None:
    """Most of its cells compare with the next one: those that are apart now are told."""
    behind = (
        '<conditionalFormatting sqref="A5:A30"><cfRule type="expression" priority="1">'
        "<formula>A5=A6</formula></cfRule></conditionalFormatting>"
    )
    package = made(behind)
    notes = insert(package)
    same(package, made(behind.replace("A5:A30", "A5:A33")))
    assert len(notes) == 1
    assert "sheet Models, conditional format A5:A30: its formula A5=A6" in notes[0]


# -- what belongs to sheets


def table(name: str, ref: str, *, filtered: str = "", inner: str = "", totals: int = 0) -> str:
    """Return an Excel Table of two columns."""
    counted = f' totalsRowCount="{totals}"' if totals else ""
    return (
        f'<table {SPACES} id="1" name="{name}" displayName="{name}" ref="{ref}"{counted}>'
        f'<autoFilter ref="{filtered or ref}"/>{inner}<tableColumns count="2"><tableColumn id="1" '
        'name="a"/><tableColumn id="2" name="b"><calculatedColumnFormula>SUM(A5:A5)/A$9'
        "</calculatedColumnFormula></tableColumn></tableColumns></table>"
    )


def test_the_repeated_table_grows_and_others_move() -> None:
    """With the totals, the filter and the sorting of the table."""
    sort = '<sortState ref="A5:B5"><sortCondition ref="B5:B5"/></sortState>'
    tables = {
        "xl/tables/table1.xml": (MODELS, "table",
            table("Rep", "A4:B6", filtered="A4:B5", inner=sort, totals=1)),
        "xl/tables/table2.xml": (MODELS, "table", table("Below", "A8:B9")),
        "xl/tables/table3.xml": (MODELS, "table", table("Above", "D1:E3")),
        "xl/tables/table4.xml": (OTHER, "table", table("Elsewhere", "A4:B9")),
    }  # fmt: skip
    package = made(parts=tables)
    insert(package)
    sort = '<sortState ref="A5:B8"><sortCondition ref="B5:B8"/></sortState>'

    def moved(text: str, formula: str) -> str:
        return text.replace("SUM(A5:A5)/A$9", formula)

    expected = {
        "xl/tables/table1.xml": (MODELS, "table", moved(
            table("Rep", "A4:B9", filtered="A4:B8", inner=sort, totals=1), "SUM(A5:A5)/A$12")),
        "xl/tables/table2.xml": (MODELS, "table",
            moved(table("Below", "A11:B12"), "SUM(A5:A8)/A$12")),
        "xl/tables/table3.xml": (MODELS, "table",
            moved(table("Above", "D1:E3"), "SUM(A5:A8)/A$12")),
        "xl/tables/table4.xml": (OTHER, "table", table("Elsewhere", "A4:B9")),
    }  # fmt: skip
    same(package, made(parts=expected))


def test_a_table_beside_that_ends_in_the_repeated_row_stays() -> None:
    """It is said which of two tables repeats."""
    parts = {
        "xl/tables/table1.xml": (MODELS, "table", table("One", "A4:B5")),
        "xl/tables/table2.xml": (MODELS, "table", table("Two", "D4:E5")),
    }
    assert "the tables 'One' and 'Two' have row 5 side by side" in refused(made(parts=parts))[0]
    package = made(parts=parts)
    insert_rows(package, THREE, where="q.xlsx", table="xl/tables/table2.xml")
    assert b'ref="A4:B5"' in package["xl/tables/table1.xml"]
    assert b'ref="D4:E8"' in package["xl/tables/table2.xml"]


NAMES = (
    '<definedName name="all" hidden="1">Models!$A$5:$A$9</definedName>'
    '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Models!$A$4:$C$5'
    '</definedName><definedName name="_xlnm.Print_Area" localSheetId="0">Models!$A$1:$C$5,'
    'Models!A7:C9</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">'
    'Models!$A:$A,Models!$1:$4</definedName><definedName name="here" localSheetId="1">$A$9'
    '</definedName><definedName name="own" localSheetId="0">$A$9+Sheet9!$A$9</definedName>'
    "<definedName name=\"two\" comment=\"A9\">'It''s &amp; other'!$A$9</definedName>"
    '<definedName name="above">Models!A8+Models!$A$9</definedName>'
)
MOVED_NAMES = (
    NAMES.replace("Models!$A$5:$A$9", "Models!$A$5:$A$12").replace("$A$4:$C$5", "$A$4:$C$8")
    .replace("$A$1:$C$5", "$A$1:$C$8").replace("A7:C9", "A10:C12")
    .replace(">$A$9+Sheet9", ">$A$12+Sheet9")
    .replace("Models!A8+Models!$A$9", "Models!A8+Models!$A$12")
)  # fmt: skip


def test_names_move_with_the_cells_that_they_mean() -> None:
    """Print areas and filters too; a relative reference is a distance and stays."""
    package = made(names=NAMES)
    notes = insert(package)
    same(package, made(names=MOVED_NAMES))
    assert [note for note in notes if note.startswith("the name above has references without $")]


def anchor(top: int, bottom: int, how: str = "", offset: int = 100) -> str:
    """Return a shape of a drawing between two rows, counted from 0."""
    said = f' editAs="{how}"' if how else ""
    return (
        f"<xdr:twoCellAnchor{said}><xdr:from><xdr:col>1</xdr:col><xdr:colOff>5</xdr:colOff>"
        f"<xdr:row>{top}</xdr:row><xdr:rowOff>5</xdr:rowOff></xdr:from><xdr:to><xdr:col>9</xdr:col>"
        f"<xdr:colOff>9</xdr:colOff><xdr:row>{bottom}</xdr:row><xdr:rowOff>{offset}</xdr:rowOff>"
        "</xdr:to><xdr:clientData/></xdr:twoCellAnchor>"
    )


def drawing(*anchors: str, cell: str = "Models!$A$9") -> str:
    """Return a drawing."""
    return (
        f'<xdr:wsDr xmlns:xdr="{XDR}" xmlns:mc="{MC}">{"".join(anchors)}<mc:AlternateContent>'
        f'<mc:Choice Requires="a14">{anchors[0]}</mc:Choice><mc:Fallback>{anchors[0]}</mc:Fallback>'
        f'</mc:AlternateContent><xdr:absoluteAnchor><xdr:pos x="9" y="9"/><xdr:sp textlink="{cell}"'
        "/></xdr:absoluteAnchor></xdr:wsDr>"
    )


def test_drawings_move_as_their_anchors_say() -> None:
    """Over the new rows they grow, unless they only move, or stay where they are."""
    before = [anchor(8, 10), anchor(2, 9), anchor(2, 9, "oneCell"), anchor(8, 10, "oneCell"),
              anchor(8, 10, "absolute"), anchor(1, 3), anchor(1, 5, offset=0),
              anchor(1, 5)]  # fmt: skip
    after = [anchor(11, 13), anchor(2, 12), anchor(2, 9, "oneCell"), anchor(11, 13, "oneCell"),
             anchor(8, 10, "absolute"), anchor(1, 3), anchor(1, 5, offset=0),
             anchor(1, 8)]  # fmt: skip
    one = (
        "<xdr:oneCellAnchor><xdr:from><xdr:col>0</xdr:col><xdr:row>{}</xdr:row></xdr:from>"
        '<xdr:ext cx="9" cy="9"/></xdr:oneCellAnchor>'
    )
    parts = {
        "xl/drawings/drawing1.xml": (MODELS, "drawing", drawing(*before, one.format(9))),
        "xl/drawings/drawing2.xml": (OTHER, "drawing", drawing(*before, one.format(9))),
    }
    expected = {
        "xl/drawings/drawing1.xml": (
            MODELS, "drawing", drawing(*after, one.format(12), cell="Models!$A$12")),
        "xl/drawings/drawing2.xml": (
            OTHER, "drawing", drawing(*before, one.format(9), cell="Models!$A$12")),
    }  # fmt: skip
    package = made(parts=parts)
    insert(package)
    same(package, made(parts=expected))


def test_links_of_shapes_move() -> None:
    """Their target is in the links of the drawing."""
    link = ("xl/drawings/drawing1.xml", "hyperlink", "")
    parts = {"xl/drawings/drawing1.xml": (MODELS, "drawing", drawing(anchor(1, 2), cell="x"))}
    package = made(parts=parts)
    links = (
        f'<Relationships xmlns="{PKG}/relationships"><Relationship Id="rId1" '
        f'Type="{REL}/{link[1]}" Target="#Models!A9"/><Relationship Id="rId2" '
        f'Type="{REL}/{link[1]}" Target="http://x.org/#Models!A9" TargetMode="External"/>'
        "</Relationships>"
    )
    name = "xl/drawings/_rels/drawing1.xml.rels"
    package[name] = links.encode()
    insert(package)
    assert canonical(package[name]) == canonical(links.replace('"#Models!A9', '"#Models!A12'))


def chart(*refs: str) -> str:
    """Return a chart with a series' title, categories and values."""
    cache = '<c:numCache><c:ptCount val="1"/><c:pt idx="0"><c:v>5</c:v></c:pt></c:numCache>'
    title, cats, values = refs
    return (
        f'<c:chartSpace xmlns:c="{CHART}"><c:ser><c:tx><c:strRef><c:f>{title}</c:f></c:strRef>'
        f"</c:tx><c:cat><c:strRef><c:f>{cats}</c:f></c:strRef></c:cat><c:val><c:numRef>"
        f"<c:f>{values}</c:f>{cache}</c:numRef></c:val></c:ser></c:chartSpace>"
    )


def test_charts_show_the_new_rows() -> None:
    """A series over the repeated row grows, its title and a series along the row do not."""
    cx = (
        '<cx:chartSpace xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex">'
        '<cx:data id="0"><cx:numDim type="val"><cx:f dir="col">{}</cx:f></cx:numDim></cx:data>'
        "</cx:chartSpace>"
    )
    where = "xl/drawings/drawing1.xml"

    def parts(first: str, second: str, third: str) -> dict[str, tuple[str, str, str]]:
        return {
            where: (OTHER, "drawing", drawing(anchor(1, 2), cell="x")),
            "xl/charts/chart1.xml": (where, "chart", first),
            "xl/charts/chart2.xml": (where, "chart", second),
            "xl/charts/chartEx1.xml": (where, "chartEx", third),
        }

    package = made(
        parts=parts(
            chart("Models!$B$5", "Models!$A$5", "Models!$B$5:$B$5"),
            chart("Models!$B$9", "Models!$A$4:$A$9", "[1]Models!$B$9"),
            cx.format("Models!$B$5:$B$5"),
        )
    )
    notes = insert(package)
    expected = parts(
        chart("Models!$B$5", "Models!$A$5:$A$8", "Models!$B$5:$B$8"),
        chart("Models!$B$12", "Models!$A$4:$A$12", "[1]Models!$B$9"),
        cx.format("Models!$B$5:$B$8"),
    )
    same(package, made(parts=expected))
    assert notes == ["charts show the new rows once Excel or LibreOffice has opened the file"]


SHAPE = (
    '<v:shape id="s{0}" style="a:b"><v:textbox><div>A9<br>no XML</div></v:textbox><x:ClientData '
    'ObjectType="{1}">{2}<x:Anchor>\n 1, 15, {3}, 10, 3, 31, {4}, 9</x:Anchor>{5}</x:ClientData>'
    "</v:shape>"
)
NOTE = "<x:Row>{}</x:Row><x:Column>1</x:Column>"
STAYS = "<x:MoveWithCells/><x:SizeWithCells/>"


def test_notes_move_with_their_shapes() -> None:
    """Also where their part is no XML, as Excel writes it, byte for byte but for the rows."""
    vml = '<xml xmlns:v="urn:v" xmlns:x="urn:x">{}</xml>'
    before = [
        SHAPE.format(1, "Note", STAYS, 4, 8, NOTE.format(5)),
        SHAPE.format(2, "Note", STAYS, 3, 8, NOTE.format(4)),
        SHAPE.format(3, "Checkbox", "", 2, 8, "<x:FmlaLink>$B$9</x:FmlaLink>"),
        SHAPE.format(4, "Drop", "<x:SizeWithCells/>", 2, 8, "<x:FmlaMacro>[0]!A9</x:FmlaMacro>"),
        SHAPE.format(5, "Drop", STAYS, 7, 8, "<x:FmlaRange>Models!$B$9</x:FmlaRange>"),
    ]
    after = [
        SHAPE.format(1, "Note", STAYS, 7, 11, NOTE.format(8)),
        SHAPE.format(2, "Note", STAYS, 3, 8, NOTE.format(4)),
        SHAPE.format(3, "Checkbox", "", 2, 11, "<x:FmlaLink>$B$12</x:FmlaLink>"),
        SHAPE.format(4, "Drop", "<x:SizeWithCells/>", 2, 8, "<x:FmlaMacro>[0]!A9</x:FmlaMacro>"),
        SHAPE.format(5, "Drop", STAYS, 7, 8, "<x:FmlaRange>Models!$B$12</x:FmlaRange>"),
    ]
    comments = (
        f'<comments {SPACES}><commentList><comment ref="A5" authorId="0"><text><t>A9</t></text>'
        '</comment><comment ref="{}" authorId="0"/></commentList></comments>'
    )
    threads = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/'
        'threadedcomments"><threadedComment ref="{}" dT="2020-09-09" id="{{9}}"><text>A9</text>'
        "</threadedComment></ThreadedComments>"
    )

    def parts(shapes: list[str], cell: str) -> dict[str, tuple[str, str, str]]:
        return {
            "xl/drawings/vmlDrawing1.vml": (MODELS, "vmlDrawing", vml.format("".join(shapes))),
            "xl/comments1.xml": (MODELS, "comments", comments.format(cell)),
            "xl/threadedComments/t1.xml": (MODELS, "threadedComment", threads.format(cell)),
            "xl/comments2.xml": (OTHER, "comments", comments.format("A9")),
        }

    package = made(parts=parts(before, "B9"))
    insert(package)
    same(package, made(parts=parts(after, "B12")))


def test_controls_of_other_sheets_follow_their_cells() -> None:
    """A link to a cell is moved wherever the control stands."""
    control = (
        f'<formControlPr xmlns="{X14}" objectType="Drop" fmlaLink="{{}}" fmlaRange="{{}}" sel="9"/>'
    )
    shape = SHAPE.format(1, "Drop", "", 8, 9, "<x:FmlaLink>{}</x:FmlaLink>")

    def parts(link: str, area: str) -> dict[str, tuple[str, str, str]]:
        return {
            "xl/ctrlProps/ctrlProp1.xml": (OTHER, "ctrlProp", control.format(link, area)),
            "xl/drawings/vmlDrawing1.vml": (OTHER, "vmlDrawing", shape.replace("{}", link)),
        }

    package = made(parts=parts("Models!$B$9", "Models!$A$5"))
    insert(package)
    same(package, made(parts=parts("Models!$B$12", "Models!$A$5:$A$8")))


def pivot(ref: str, pages: int = 0) -> str:
    """Return a pivot table."""
    said = f' rowPageCount="{pages}" colPageCount="1"' if pages else ""
    return (
        f'<pivotTableDefinition {SPACES} name="Pivot1" cacheId="9"><location ref="{ref}" '
        f'firstHeaderRow="1" firstDataRow="2"{said}/></pivotTableDefinition>'
    )


def pivot_source(source: str, more: str = "") -> str:
    """Return what a pivot table counts."""
    return (
        f'<pivotCacheDefinition {SPACES} recordCount="9"{more}><cacheSource type="worksheet">'
        f"<worksheetSource {source}/></cacheSource></pivotCacheDefinition>"
    )


def test_pivot_tables_and_what_they_count_move() -> None:
    """The rows that come of the repeated one are counted too, once Excel refreshes."""

    def parts(below: str, end: int, lower: str, more: str) -> dict[str, tuple[str, str, str]]:
        cache = "xl/workbook.xml", "pivotCacheDefinition"
        return {
            "xl/pivotTables/pivotTable1.xml": (MODELS, "pivotTable", pivot(below)),
            "xl/pivotTables/pivotTable2.xml": (OTHER, "pivotTable", pivot("A4:C9")),
            "xl/pivotTables/pivotTable3.xml": (MODELS, "pivotTable", pivot("F2:G5")),
            "xl/one.xml": (*cache, pivot_source(f'ref="A4:B{end}" sheet="Models"', more)),
            "xl/two.xml": (*cache, pivot_source('ref="A4:B9" sheet="Sheet9"')),
            "xl/three.xml": (*cache, pivot_source('name="REP"', more)),
            "xl/four.xml": (*cache, pivot_source('name="Another"')),
            "xl/five.xml": (*cache, pivot_source(f'ref="{lower}" sheet="Models"')),
        }

    rep = table("Rep", "A4:B5").replace("SUM(A5:A5)/A$9", "1")
    tables = {"xl/tables/table1.xml": (MODELS, "table", rep)}
    package = made(parts=parts("A9:C12", 5, "A8:B9", "") | tables)
    assert insert(package) == []
    tables = {"xl/tables/table1.xml": (MODELS, "table", rep.replace("A4:B5", "A4:B8"))}
    expected = parts("A12:C15", 8, "A11:B12", ' refreshOnLoad="1"') | tables
    same(package, made(parts=expected))


def test_tables_side_by_side_grow_together() -> None:
    """Where both have a row that repeats, and totals below."""
    parts = {
        "xl/tables/table1.xml": (MODELS, "table", table("One", "A4:B6", totals=1)),
        "xl/tables/table2.xml": (MODELS, "table", table("Two", "D4:E6", totals=1)),
    }
    package = made(parts=parts)
    insert_rows(package, THREE, where="q.xlsx", table=list(parts))
    assert b'ref="A4:B9"' in package["xl/tables/table1.xml"]
    assert b'ref="D4:E9"' in package["xl/tables/table2.xml"]


def test_blank_rows_at_the_end_of_the_sheet_fall_off() -> None:
    """LibreOffice writes how high the last rows are; areas down to the last row end there still."""
    view = (
        '<sheetViews><sheetView><selection activeCell="A1" sqref="A1:XFD1048576 A:C"/></sheetView>'
        "</sheetViews>"
    )
    behind = (
        '<autoFilter ref="A4:C1048576"/><conditionalFormatting sqref="A5:A1048576 B:B 1048570"/>'
    ).replace(" 1048570", " C1048570")
    package = made(
        behind,
        before=view,
        rows='<row r="9" ht="9"/><row r="1048575" ht="9"><c r="A1048575" s="1"/></row>',
    )
    insert(package)
    same(
        package,
        made(behind.replace("C1048570", "C1048573"), before=view, rows='<row r="12" ht="9"/>'),
    )


def test_cells_that_wait_for_data_move() -> None:
    """They are named by sheet and address."""
    waiting = (
        f'<volTypes xmlns="{MAIN}"><volType type="realTimeData"><main first="p"><tp t="s">'
        '<tr r="{}" s="1"/><tr r="B9" s="2"/></tp></main></volType></volTypes>'
    )

    def parts(cell: str) -> dict[str, tuple[str, str, str]]:
        return {"xl/v.xml": ("xl/workbook.xml", "volatileDependencies", waiting.format(cell))}

    package = made(parts=parts("B9"))
    insert(package)
    same(package, made(parts=parts("B12")))


def test_macros_are_said_to_stay() -> None:
    """What they do with fixed addresses nobody can follow."""
    package = made(parts={"xl/vbaProject.bin": ("xl/workbook.xml", "vbaProject", "A9!")})
    before = package["xl/vbaProject.bin"]
    assert insert(package) == ["macros are kept as they are: addresses in their code do not move"]
    assert package["xl/vbaProject.bin"] == before


def test_xml_maps_views_and_queries_move() -> None:
    """Parts that few workbooks have."""
    single = f'<singleXmlCells {SPACES}><singleXmlCell id="1" r="{{}}"/></singleXmlCells>'
    views = (
        '<namedSheetViews xmlns="http://schemas.microsoft.com/office/spreadsheetml/2019/'
        'namedsheetviews"><namedSheetView name="v"><nsvFilter filterId="{{9}}" ref="{}"/>'
        "</namedSheetView></namedSheetViews>"
    )
    query = (
        f'<connections {SPACES}><connection id="1"><parameters><parameter parameterType="cell" '
        'cell="{}"/></parameters></connection></connections>'
    )

    def parts(cell: str, area: str) -> dict[str, tuple[str, str, str]]:
        return {
            "xl/tables/single.xml": (MODELS, "tableSingleCells", single.format(cell)),
            "xl/views.xml": (MODELS, "namedSheetView", views.format(area)),
            "xl/connections.xml": ("xl/workbook.xml", "connections",
                query.format(f"Models!${cell[0]}${cell[1:]}")),
        }  # fmt: skip

    package = made(parts=parts("B9", "A4:C5"))
    insert(package)
    same(package, made(parts=parts("B12", "A4:C8")))


def test_the_other_sheet_is_followed_in_what_lies_over_its_cells() -> None:
    """Its own areas stay, but formulas, links and controls that lead to the rows move."""
    before, after = (
        (
            '<conditionalFormatting sqref="A5:A9"><cfRule type="expression" priority="1"><formula>'
            f"Models!$B${cell}&gt;A5</formula></cfRule></conditionalFormatting><dataValidations>"
            f'<dataValidation sqref="B9"><formula1>Models!$A$5:$A${area}</formula1>'
            "</dataValidation></dataValidations><hyperlinks>"
            f'<hyperlink ref="A9" location="Models!A{cell}"/>'
            f'<hyperlink ref="A8" location="#\'Models\'!A{cell}"/>'
            '<hyperlink ref="A7" location="A9"/></hyperlinks>'
        )
        for cell, area in ((9, 5), (12, 8))
    )
    package = made("", before)
    insert(package)
    same(package, made("", after))


def test_the_calculation_chain_goes_when_a_formula_moved() -> None:
    """With its link and its type; a workbook whose formulas all stay keeps it."""
    chain = {
        "xl/calcChain.xml": (
            "xl/workbook.xml", "calcChain",
            f'<calcChain xmlns="{MAIN}"><c r="B9" i="1"/></calcChain>',
        )
    }  # fmt: skip
    package = made(rows=cells(B9="1+1"), parts=chain)
    insert(package)
    same(package, made(rows=cells(B12="1+1")), besides=("xl/workbook.xml",))
    package = made(rows=cells(B4="1+1"), parts=chain)
    insert(package)
    assert "xl/calcChain.xml" in package


def test_formulas_that_cannot_be_followed_are_named() -> None:
    """A few of them, and how many more there are."""
    rows = cells(**{f"C{row}": f'INDIRECT("B{row}")' for row in range(1, 9)})
    [note] = insert(made(rows=rows))
    assert "sheet Models, cell C1 (INDIRECT); sheet Models, cell C2 (INDIRECT)" in note
    assert re.search(r"and [3-5] more$", note)


def test_no_rows_change_nothing() -> None:
    """A table of one model has no new row."""
    package = made(rows=cells(B9="B9"))
    before = package.save()
    assert insert_rows(package, Insertion("Models", 5, 0), where="q.xlsx") == []
    assert tried(package, Insertion("Models", 5, 0), where="q.xlsx") == ([], [])
    assert package.save() == before


# -- what cannot be moved

ARRAY = cells(B4='<f t="array" ref="B4:B9">A4:A9</f>')
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "array formula": ({"rows": ARRAY}, "sheet Models, cell B4:B9: an array formula has rows"),
    "data table": (
        {"rows": cells(B5='<f t="dataTable" ref="B5:C9" r1="A1"/>')},
        "sheet Models, cell B5:C9: a data table (what-if analysis) has rows",
    ),
    "table": (
        {"parts": {
            "xl/tables/table1.xml": (MODELS, "table", table("Rep", "A4:B5")),
            "xl/tables/table2.xml": (MODELS, "table", table("Beside", "F5:G9")),
        }},
        "sheet Models, cell F5:G9: the Excel Table 'Beside' has rows above and below",
    ),
    "pivot table": (
        {"parts": {"xl/p.xml": (MODELS, "pivotTable", pivot("F4:G9"))}},
        "sheet Models, cell F4:G9: the pivot table 'Pivot1' has rows",
    ),
    "pivot table's filters": (
        {"parts": {"xl/p.xml": (MODELS, "pivotTable", pivot("F7:G9", pages=1))}},
        "sheet Models, cell F7:G9: the pivot table 'Pivot1' has rows",
    ),
    "merged cells": (
        {"models": '<mergeCells count="1"><mergeCell ref="G5:H6"/></mergeCells>'},
        "sheet Models, cell G5:H6: these merged cells begin in row 5, which repeats, and are 2",
    ),
    "the last row": (
        {"rows": cells(A1048574="1", A1048575="2")},
        "sheet Models, cell A1048574: a row with cells would be pushed below row 1,048,576",
    ),
    "a link at the end": (
        {"models": '<hyperlinks><hyperlink ref="A1048575" location="A1"/></hyperlinks>'},
        "sheet Models, cell A1048575: row 1048575 falls off the sheet",
    ),
    "a note at the end": (
        {"parts": {"xl/c.xml": (MODELS, "comments",
            f'<comments {SPACES}><commentList><comment ref="A1048575"/></commentList>'
            "</comments>")}},
        "sheet Models: row 1048575 falls off the sheet",
    ),
    "a shared formula that nobody has": (
        {"rows": cells(C8=shared())}, "sheet Models, cell C8: shares a formula that no cell has",
    ),
    "references through sheets": (
        {"other_rows": cells(A1="SUM(Models:'It''s &amp; other'!B9)")},
        "sheet It's & other, cell A1: the reference",
    ),
    "a table that stands nowhere": (
        {"parts": {"xl/tables/table1.xml": (MODELS, "table", table("Rep", "1:5"))}},
        "q.xlsx, sheet Models: '1' is no cell address",
    ),
    "a part that is no XML": (
        {"parts": {"xl/charts/c.xml": (MODELS, "chart", "<a!")}},
        "q.xlsx, part xl/charts/c.xml: its XML is broken",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_cannot_move_is_refused_by_name(what: str) -> None:
    """Before anything is changed, with sheet and address."""
    given, said = REFUSALS[what]
    errors = refused(made(**given))
    assert len(errors) == 1
    assert said in errors[0]


def test_every_obstacle_is_named_at_once() -> None:
    """Nobody wants to mend a workbook error by error."""
    merged = '<mergeCells count="1"><mergeCell ref="G5:H6"/></mergeCells>'
    assert len(refused(made(merged, rows=ARRAY))) == 2


# -- whole workbooks, written by others and recalculated


def write_with_xlsxwriter(path: Path) -> None:
    """Write a workbook with nearly all that XlsxWriter knows."""
    book = xlsxwriter.Workbook(path)
    bold = book.add_format({"bold": True})
    sheet, other = book.add_worksheet("Models"), book.add_worksheet("It's other")
    sheet.write_row("A4", ["name", "k", "share"])
    sheet.write_row("A5", ["a", 7])
    sheet.add_table(
        "A4:C6", {"name": "Rep", "total_row": True, "columns": [
            {"header": "name", "total_string": "all"}, {"header": "k", "total_function": "sum"},
            {"header": "share", "formula": "=[@k]/SUM(B$5:B$5)"}]},
    )  # fmt: skip
    sheet.write_formula("B1", "=SUM(B5:B5)+B8", None, 9)
    sheet.write_formula("E5", "=B5*B$8", None, 14)
    for row in range(7, 30):
        sheet.write_number(row, 1, row)
        sheet.write_formula(row, 2, f"=B{row + 1}*$B$8+B5")
        other.write_formula(row, 0, f"=Models!B{row + 1}+SUM(Models!B5:B{row + 1})")
    sheet.write_array_formula("D8:D10", "{=B8:B10*2}")
    sheet.merge_range("A12:A13", "merged", bold)
    sheet.conditional_format("B5:B20", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("C8:C20", {"type": "formula", "criteria": "=$B8>$B$9", "format": bold})
    sheet.data_validation("B5", {"validate": "list", "source": "=$B$8:$B$10"})
    sheet.write_comment("B9", "a note")
    sheet.write_url("A15", "internal:'It''s other'!A9")
    other.write_url("B1", "internal:Models!A9")
    sheet.insert_textbox("F12", "text", {"textlink": "=Models!$B$9"})
    sheet.insert_button("H9", {"macro": "go"})
    sheet.insert_checkbox("A9", True)
    other.add_sparkline("C1", {"range": "Models!B8:B12"})
    sheet.add_sparkline("G9", {"range": "Models!B8:F8"})
    sheet.set_h_pagebreaks([9, 20])
    sheet.print_area("A1:E25")
    sheet.repeat_rows(0, 3)
    sheet.freeze_panes(4, 0)
    sheet.ignore_errors({"number_stored_as_text": "B5:B20"})
    sheet.unprotect_range("B9:B12")
    sheet.set_row(9, 30, bold, {"level": 1})
    sheet.set_selection("B9")
    sheet.set_footer("&P")
    book.define_name("below", "=Models!$B$9")
    book.define_name("Models!here", "=Models!$B$8:$B$10")
    other.write_formula("D1", "=below+SUM(Models!here)")
    lines = book.add_chart({"type": "line"})
    lines.add_series(
        {"name": "=Models!$B$4", "categories": "=Models!$A$5:$A$5", "values": "=Models!$B$5:$B$5"}
    )
    sheet.insert_chart("J2", lines)
    page = book.add_chartsheet("Page")
    bars = book.add_chart({"type": "bar"})
    bars.add_series({"values": "=Models!$B$8:$B$12"})
    page.set_chart(bars)
    book.close()


def write_with_openpyxl(path: Path) -> None:
    """Write a workbook with random formulas, above, below, beside and on another sheet."""
    dice = random.Random(7)
    book = openpyxl.Workbook()
    sheet, other = book.worksheets[0], book.create_sheet("It's other")
    sheet.title = "Models"
    for column, header in enumerate(("name", "k", "share"), start=1):
        sheet.cell(4, column, header)
        sheet.cell(5, column, header if column == 1 else column)
    sheet.add_table(Table(displayName="Rep", ref="A4:C5"))
    for row in range(8, 25):
        sheet.cell(row, 2, dice.randint(1, 99))
        sheet.cell(row, 3, dice.random())
    for row in (*range(1, 4), *range(8, 25)):
        top, bottom = sorted(dice.sample(range(1, 25), 2))
        dollar = dice.choice(["", "$"])
        sheet.cell(row, 6, f"=SUM(B{dollar}{top}:C{bottom})+COUNT({dollar}B:{dollar}C)-B{bottom}*2")
        other.cell(row, 1, f"=MAX(Models!B{top}:{dollar}C{bottom})+Models!F{row}+B{top}")
        other.cell(top, 2, row)
    sheet["H10"] = ArrayFormula("H10:H12", "=B10:B12*2")
    book.save(path)


def write_with_libreoffice(path: Path) -> None:
    """Write that of XlsxWriter as LibreOffice saves it."""
    draft = path.parent / "draft" / path.name
    draft.parent.mkdir()
    write_with_xlsxwriter(draft)
    convert(draft, path.parent)


WRITERS = [write_with_xlsxwriter, write_with_openpyxl, write_with_libreoffice]


@pytest.mark.parametrize("write", WRITERS)
def test_moved_formulas_give_what_they_gave(write: Any, tmp_path: Path) -> None:
    """LibreOffice opens the file and computes each cell, in its new place, as before."""
    path = tmp_path / "book.xlsx"
    write(path)
    package = check_package(path.read_bytes(), "book.xlsx")
    assert insert(package) is not None
    moved = tmp_path / "moved.xlsx"
    moved.write_bytes(package.save())
    check_package(moved.read_bytes(), "moved.xlsx")
    before, after = (convert(item, tmp_path / "out") for item in (path, moved))
    compared = 0
    for sheet in ("Models", "It's other"):
        old, new = stored(before, sheet), stored(after, sheet)
        for number, row in enumerate(old, start=1):
            now = number + 3 if sheet == "Models" and number > 5 else number
            for column, value in enumerate(row):
                if value is not None:
                    found = new[now - 1][column]
                    if isinstance(value, (int, float)):
                        assert found == pytest.approx(value, rel=1e-12), (sheet, number, column)
                        compared += 1
                    else:
                        assert found == value
        assert sheet != "Models" or new[5:8] == [] or not any(map(any, new[5:8]))
    assert compared > 50


def skeleton(xml: bytes) -> list[tuple[str, list[str]]]:
    """Return a part's elements in order, each with the names of its attributes."""
    root = etree.fromstring(xml)
    return [(str(item.tag), sorted(map(str, item.attrib))) for item in root.iter()]


@pytest.mark.parametrize("write", WRITERS)
def test_nothing_is_lost(write: Any, tmp_path: Path) -> None:
    """Every element and attribute is still there; only the workbook asks to recalculate."""
    path = tmp_path / "book.xlsx"
    write(path)
    package, before = Package(path.read_bytes()), Package(path.read_bytes())
    insert(package)
    assert list(package) == list(before)
    changed = [name for name in package if package[name] != before[name]]
    assert MODELS in changed
    assert OTHER in changed
    assert "xl/styles.xml" not in changed
    for name in changed:
        new = skeleton(package[name])
        if name == "xl/workbook.xml":
            continue
        assert new == skeleton(before[name]), name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(package.save()))
    assert book["Models"].tables["Rep"].ref in ("A4:C9", "A4:C8")
    book.close()
