"""A large sheet whose rows are bytes until somebody asks for them says what its tree would."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import etree

from moe_report.errors import InputError
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.texts import Texts

_BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="x/{}" Target="/{}"/></Relationships>'
)
# Rows as Excel, LibreOffice and we write them, and as nobody does.
ROWS = (
    '<row r="2" ht="42" customHeight="1"><c r="A2" s="5" t="inlineStr"><is><t xml:space="preserve">'
    ' a &amp;lt; _x0041_</t></is></c><c r="C2" s="7"><v>48</v></c><c r="D2"/></row>',
    '<row r="3" spans="1:3"><c r="A3" t="str"><f>IF(A2&lt;1,"",2)</f><v></v></c>'
    '<c r="B3" s="1"><f aca="false">A3*2</f><v>4</v></c><c r="C3" t="e"><v>#N/A</v></c></row>',
    '<row r="4"><c r="A4" cm="1"><f t="array" ref="A4:A5">B1:B2</f><v>1</v></c></row>',
    '<row><c><v>1</v></c><c r="C5"><v>2</v></c><c><v>3</v></c></row>',
    '<row r="6">' + "<c t='b' r='B6' s='3'><v>1</v></c></row>",
    "<row r='7'><c t='b' r='B7' s='3'><v>1</v></c></row>",
    '<row r="7"><c r="A7"><f t="shared" ref="A7:A8" si="0">B7</f><v>1</v></c></row>\n ',
    '<row r="8"><c r="A8"><f t="shared" si="0"/><v>1</v></c></row>',
    '<row r="9"><c r="A9" t="inlineStr"><is><t>&#8364;\n</t></is></c></row>',
    '<row r="10"><c r="A10" t="inlineStr"><is><r><t>in </t></r><r><t>runs</t></r></is></c></row>',
    '<row r="11"/><row r="14" hidden="1"></row>',
    '<row r="18"><c r="A18"><f t="array" ref="A18:A19" aca="false">B1:B2</f><v/></c></row>',
    '<row r="20"><c r="AB20" s="0"><!-- --><v>1</v></c></row>',
)


def package_of(rows: str) -> Package:
    """A workbook of one sheet."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData><pageMargins/></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        target.writestr("_rels/.rels", _LINKS.format("officeDocument", "book.xml"))
        target.writestr("book.xml", _BOOK)
        target.writestr("_rels/book.xml.rels", _LINKS.format("worksheet", "s.xml"))
        target.writestr("s.xml", sheet)
    return Package(out.getvalue(), "t.xlsx")


def said(xml: bytes) -> bytes:
    """What XML says, however it is spelled."""
    return etree.tostring(parse(xml), method="c14n")


def tree_of(package: Package) -> Cells:
    """All cells of its sheet, parsed."""
    return Cells(package.root("s.xml"), "")


@pytest.mark.parametrize("rows", [*ROWS, "".join(ROWS[:-1]), "".join(ROWS[6:]), ""])
def test_rows_of_bytes_say_what_their_elements_do(rows: str) -> None:
    """Texts, formulas, styles and addresses are those of the whole tree."""
    package = package_of(rows)
    cells, tree = cells_by_rows(package, "s.xml", ""), tree_of(package)
    texts = Texts(package)
    contents = texts.contents(cells, "s.xml")
    everything = texts.contents(CellsByRows(tree.root, {}, b"", "", tree.merged), "s.xml")
    assert contents == everything
    formulas = tree.formulas().elements
    assert len(contents.formulas) == len(formulas)
    assert contents.shares == any(item.get("t") == "shared" for item in formulas.values())
    where = {number: {*row} for number, row in tree.grid.items()}
    assert {number: {*row} for number, row in cells.grid.items()} == where
    assert cells.arrays == tree.arrays


def test_what_nobody_asks_for_stays_as_it_was() -> None:
    """A row that is asked for is parsed, and changed; the others are the same bytes afterwards."""
    package = package_of("".join(row.strip() for row in ROWS[:-1] if row not in (ROWS[3], ROWS[5])))
    cells = cells_by_rows(package, "s.xml", "")
    raw, tree = dict(cells.raw), tree_of(package)
    assert said(cells.xml()) == said(package["s.xml"])
    for each in (cells, tree):
        each.put(3, 2, {"v": "7"}, None)
        each.put(12, 1, {"t": "new"}, None)
        each.put(30, 1, {"t": "new"}, None)
    assert raw.items() - cells.raw.items() == {(at, raw[at]) for at in (3, 4, 7, 18)}  # have areas
    assert said(cells.xml()) == etree.tostring(tree.root, method="c14n")
    assert all(row in cells.xml() for row in cells.raw.values())


def test_cells_that_are_held_are_the_sheet() -> None:
    """What is done to them is read from the package, copied from it, and saved with it."""
    package = package_of("".join(ROWS[:2]))
    cells = cells_by_rows(package, "s.xml", "")
    package.hold("s.xml", cells)
    assert cells_by_rows(package, "s.xml", "") is cells
    cells.put(3, 2, {"v": "7"}, None)
    assert Texts(package)("S")[2, 3] == "7" == Texts(Package(package.save()))("S")[2, 3]
    package["s.xml"] = package["s.xml"].replace(b"<v>7<", b"<v>8<")
    assert Texts(package)("S")[2, 3] == "8"


def test_styles_become_others() -> None:
    """Each cell gets another style, one that says none too; rows only if they have one."""
    package = package_of(
        '<row r="1" s="2" customFormat="1"><c r="A1" s="2"><v>1</v></c><c r="B1"/></row>'
        '<row r="2"><c s="3" r="A2"/></row>'
    )
    cells = cells_by_rows(package, "s.xml", "")
    cells.restyle(lambda style: style + 10)
    assert list(cells.raw) == [1]  # the other is spelled as we do not
    tree = Cells(parse(cells.xml()), "")
    assert {number: tree.styled(number) for number in tree.rows} == {
        1: {1: "12", 2: "10"}, 2: {1: "13"},
    }  # fmt: skip
    assert [row.get("s") for row in tree.rows.values()] == ["12", None]


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="A1" t="x"><v>1</v></c>',
        '<c r="A1" t="inlineStr"><is><t>&nbsp;</t></is></c>',
        '<c r="A1"><f a=b>1</f></c>',
        '<c r="A1"><v>1</c>',
        '<c r="A1" t="inlineStr"><is><t>\0</t></is></c>',
        '<c r="A1" s="x"/>',
    ],
)
def test_damage_in_a_row_is_refused(cells: str) -> None:
    """What the whole sheet would be refused for, its bytes are, with the part's name."""
    package = package_of(f'<row r="1">{cells}</row>')
    with pytest.raises(InputError, match="the file is damaged"):
        Texts(package)("S")
