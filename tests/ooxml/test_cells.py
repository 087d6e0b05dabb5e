"""The cells of a sheet are found, made and filled where they belong."""

from __future__ import annotations

from lxml import etree

from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import parse
from moe_report.ooxml.texts import string_text


def cells_of(rows: str, columns: str = "") -> Cells:
    """The cells of a small sheet."""
    xml = f'<worksheet xmlns="{MAIN}">{columns}<sheetData>{rows}</sheetData></worksheet>'
    return Cells(parse(xml.encode()), "t.xlsx, sheet S")


def test_a_cell_without_an_address_follows_the_last() -> None:
    """Rows and cells that say not where they are stand behind the one before."""
    cells = cells_of('<row/><row><c/><c r="D2"/><c/></row><row r="7"><c/></row><row/>')
    assert {row: list(columns) for row, columns in cells.grid.items()} == {
        1: [], 2: [1, 4, 5], 7: [1], 8: [],
    }  # fmt: skip
    assert [cell.get("r") for cell in cells.data.iter(f"{TAG}c")] == ["A2", "D2", "E2", "A7"]


def test_a_new_cell_looks_as_its_place_did() -> None:
    """An empty cell shows its row's style, else its column's; a row's counts if it says so."""
    columns = '<cols><col min="2" max="3" style="5"/></cols>'
    rows = '<row r="1" s="7" customFormat="1"/><row r="2" s="7"/><row r="3"><c r="B3" s="9"/></row>'
    cells = cells_of(rows, columns)
    places = {(1, 2): "7", (2, 2): "5", (2, 4): None, (3, 2): "9", (9, 3): "5", (9, 1): None}
    assert {place: cells.cell(*place).get("s") for place in places} == places
    cells.put(4, 3, {"v": "1"}, None)
    cells.put(4, 2, {"v": "1"}, "8")
    assert [cells.style(4, column) for column in (2, 3)] == ["8", "5"]


def test_cells_are_made_in_order() -> None:
    """Whatever is put in first, rows and cells stand from top left to bottom right."""
    cells = cells_of('<row r="5"><c r="C5"/></row>')
    for row, column in ((9, 1), (5, 4), (2, 2), (5, 1), (9, 30), (9, 27)):
        cells.put(row, column, {"v": "1"}, None)
    addresses = [cell.get("r") for cell in cells.data.iter(f"{TAG}c")]
    assert addresses == ["B2", "A5", "C5", "D5", "A9", "AA9", "AD9"]


def test_a_text_comes_back_letter_by_letter() -> None:
    """What looks like a code, or is no letter of XML, is spelled as Excel does."""
    cells = cells_of("")
    text = "=a < b & _x0041_ \x07\n é "
    cells.put(1, 1, {"t": text}, None)
    again = Cells(parse(etree.tostring(cells.root)), "")
    inline = again.grid[1][1].find(f"{TAG}is")
    assert inline is not None
    assert string_text(inline) == text


def test_what_tells_how_to_pronounce_a_text_is_no_part_of_it() -> None:
    """A text may stand in runs, each with its looks."""
    runs = "<t>a</t><r><rPr><b/></rPr><t>b </t></r><r><t>c</t></r><rPh><t>no</t></rPh>"
    assert string_text(parse(f'<si xmlns="{MAIN}">{runs}</si>'.encode())) == "ab c"
