"""The cells of a sheet are those that openpyxl reads, however a program has spelled them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from moe_report.errors import InputError
from moe_report.load.collected import Collected
from moe_report.load.grid import Grid
from moe_report.load.xlsx_sheets import XlsxSheets
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.plain_rows import plain_rows
from moe_report.ooxml.scan import scan_sheet
from tests.messy.form import Messy
from tests.messy_workbooks import WORKBOOKS
from tests.workbooks import MAIN, parts_of, sheet_xml, zipped

_CODES = ("General", "0.00%", '#,##0 "B"', "yyyy-mm-dd", "[h]:mm:ss", "h:mm", "", '"day" 0')
_BUILT_IN = (0, 9, 14, 20, 22, 46, 49, 77)
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts>'
    + "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code)}"/>'
        for at, code in enumerate(_CODES)
    )
    + "</numFmts><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>"
    "<borders><border/></borders>"
    '<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs>'
    + "".join(
        f'<xf numFmtId="{id}" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        for id in (*_BUILT_IN, *range(164, 164 + len(_CODES)))
    )
    + "</cellXfs></styleSheet>"
)
_SHARED = (
    "<si><t>plain</t></si>",
    '<si><t xml:space="preserve"> spaced </t></si>',
    "<si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r></si>",
    '<si><t>漢字</t><rPh sb="0" eb="2"><t>かんじ</t></rPh><phoneticPr fontId="0"/></si>',
    "<si><t>line_x000D_\nbreak_x0041_</t></si>",
    "<si><t/></si>",
    "<si/>",
    "<si><t>half <!-- a remark -->said</t></si>",
)
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _package(sheet: str, *, old_epoch: bool = False, shared: Sequence[str] = _SHARED) -> bytes:
    """A workbook with a sheet that uses the styles and texts above."""
    parts = parts_of(sheet)
    types, links = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    for name, content in (
        ("styles", _STYLES),
        ("sharedStrings", f'<sst xmlns="{MAIN}">{"".join(shared)}</sst>'),
    ):
        parts[f"xl/{name}.xml"] = content
        parts[types] = str(parts[types]).replace(
            "</Types>",
            f'<Override PartName="/xl/{name}.xml" ContentType="{_KIND}.{name}+xml"/></Types>',
        )
        parts[links] = str(parts[links]).replace(
            "</Relationships>",
            f'<Relationship Id="{name}" Type="{_LINK}/{name}" Target="{name}.xml"/>'
            "</Relationships>",
        )
    if old_epoch:
        workbook = str(parts["xl/workbook.xml"])
        parts["xl/workbook.xml"] = workbook.replace(
            "<sheets>", '<workbookPr date1904="1"/><sheets>'
        )
    return zipped(parts)


def _ours(data: bytes) -> dict[str, Grid]:
    package = check_package(data, "a.xlsx")
    sheets = XlsxSheets(package, is_report=False)
    return {name: sheets.grid(name, Collected("a.xlsx")) for name in sheets.names}


def _same_as_openpyxl(data: bytes) -> None:
    """Compare every cell with what openpyxl reads."""
    grids = _ours(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for name, grid in grids.items():
            sheet: Any = book[name]
            sheet.reset_dimensions()
            theirs = {
                (cell.row, cell.column): cell
                for row in sheet.iter_rows()
                for cell in row
                if hasattr(cell, "row")
            }
            for row in grid.below(0):
                for column in range(1, grid.last_column + 1):
                    cell = theirs.pop((row, column), None)
                    place = name, grid.address(row, column)
                    value = None if cell is None else cell.value
                    if isinstance(value, str):
                        value = unescape(value).replace("\r\n", "\n").replace("\r", "\n")
                    found = grid.value(row, column)
                    if not _is_merged(grid, row, column):  # that has the value of the first
                        assert (type(found), found) == (type(value), value), place
                    is_error = cell is not None and cell.data_type == "e"
                    assert grid.is_error(row, column) == is_error, place
                    shown = "General" if cell is None else _shown(cell)
                    assert grid.number_format(row, column) == shown, place
            assert all(cell.value is None for cell in theirs.values()), name


def _is_merged(grid: Grid, row: int, column: int) -> bool:
    return any(column == left and top < row <= bottom for left, top, _, bottom in grid.merged())


def _shown(cell: Any) -> str:
    try:
        return str(cell.number_format)
    except IndexError:
        return "General"


_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"),
    max_size=8,
) | st.sampled_from(
    ["_x0041_", "a_x000D_\nb", "_x000d_", " spaced ", "R&D < 5", "&amp;lt;", "#N/A", "[[ ]]"]
)
_numbers = (
    st.integers(-(10**18), 10**18).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(
        ["45000.75", "0.5", "1E+3", "007", " 8 ", "+5", "-0", "1e400", "2958466", "60"]
    )
)
_FORMULAS = (
    "", "<f>A1+1</f>", '<f>IF(A1&lt;2,"a","b")</f>', '<f t="shared" ref="A1:C3" si="0">A1</f>',
    '<f t="shared" si="0"/>', '<f t="array" ref="A1:A1">SUM(A1:A2)</f>', "<f/>",
    '<f aca="false">A1*2</f>', '<f ca="1">NOW()</f>', '<f t="array" ref="A1:A1" aca="0">A2</f>',
    '<f aca="false"/>',
)  # fmt: skip


_KINDS = ("", "n", "s", "b", "str", "e", "d", "inlineStr")


@st.composite
def _content(draw: Callable[[Any], Any], kind: str) -> str:
    """What stands in a cell of a kind, and the cell's end."""
    text = escape(draw(_texts), quote=False)
    if kind == "inlineStr":
        inside = draw(st.sampled_from([
            f"<t>{text}</t>", f'<t xml:space="preserve">{text}</t>', "<t/>", "",
            f"<r><t>{text}</t></r><r><rPr><b/></rPr><t>x</t></r>",
            f'<t>{text}</t><rPh sb="0" eb="1"><t>y</t></rPh>',
        ]))  # fmt: skip
        return f"><is>{inside}</is></c>"
    value = {
        "s": str(draw(st.integers(0, len(_SHARED) - 1))),
        "b": draw(st.sampled_from("01")),
        "e": draw(st.sampled_from(["#DIV/0!", "#N/A"])),
        "str": text,
        "d": draw(st.sampled_from(["2026-11-28", "2026-11-28T17:45:00", "12:30:00", "PT5M"])),
    }.get(kind) or draw(_numbers)
    formula = draw(st.sampled_from(["", "", "", *_FORMULAS]))
    stored = draw(st.sampled_from([f"<v>{value}</v>"] * 6 + ["<v/>", "<v></v>", ""]))
    return (
        f">{formula}{stored}</c>" if formula or stored else draw(st.sampled_from(["/>", "></c>"]))
    )


@st.composite
def _sheet(draw: Callable[[Any], Any]) -> str:
    """Rows of cells, several of one shape, and what may stand in and around them."""
    rows, number = "", 0
    for _ in range(draw(st.integers(0, 3))):
        columns, column = [], 0
        for _ in range(draw(st.integers(0, 5))):
            column += draw(st.integers(1, 3))
            style = draw(
                st.sampled_from(["", *(f' s="{at}"' for at in (0, 1, 2, 3, 8, 11, 15, 99))])
            )
            columns.append((column, style, draw(st.sampled_from(_KINDS))))
        addressed = draw(st.booleans())
        for _ in range(draw(st.integers(1, 3))):
            number += draw(st.integers(1, 2))
            cells = ""
            for column, style, kind in columns:
                at = f' r="{column_letters(column)}{number}"' if addressed else ""
                said = f' t="{kind}"' if kind else ""
                cells += f"<c{at}{style}{said}{draw(_content(kind))}"
            odd = draw(st.sampled_from(["", "", "", "\n", "<!-- </row> -->", "<?odd </row>?>"]))
            rows += f'<row r="{number}">{cells}{odd}</row>' if cells else f'<row r="{number}"/>'
        rows += draw(st.sampled_from(["", "", "\n", "<odd/>"]))
    behind = draw(st.sampled_from(["", '<mergeCells><mergeCell ref="A2:A3"/></mergeCells>']))
    xml = sheet_xml(rows, behind)
    if draw(st.integers(0, 4)) == 0:
        xml = xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/", "</")
        xml = xml.replace("<x:?", "<?").replace("<x:!", "<!").replace("xmlns=", "xmlns:x=")
    return xml


@settings(deadline=None, max_examples=150)
@given(sheet=_sheet(), old_epoch=st.booleans())
def test_cells_are_those_that_openpyxl_reads(sheet: str, old_epoch: bool) -> None:
    """Values with their types, errors and number formats, of all kinds of cells."""
    _same_as_openpyxl(_package(sheet, old_epoch=old_epoch))


@settings(deadline=None, max_examples=150)
@given(sheet=_sheet())
def test_rows_are_read_alike_with_a_parser_and_without(sheet: str) -> None:
    """A comment behind the rows changes nothing, but that they are looked for as XML."""
    data = sheet.encode()
    parsed = data.replace(b"</sheetData>", b"<!-- --></sheetData>")
    assert plain_rows(parsed) is None
    assert scan_sheet(data, "a") == scan_sheet(parsed, "a")


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="1" r="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1" x:y="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>a]]></v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>a\x01</v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>\xef\xbf\xbe</v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>\xff</v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>&nbsp;</v></c></row>',
        b'<row r="1" ht="1<c r="A1"><v>1</v></c></row>',
    ],
)
def test_a_damaged_row_is_refused_alike_with_a_parser_and_without(row: bytes) -> None:
    """What is no XML is not read for what it looks like."""
    before, behind = sheet_xml("", "").split("</sheetData>")
    said = []
    for end in ("</sheetData>", "<!-- --></sheetData>"):
        with pytest.raises(InputError, match="the file is damaged") as caught:
            scan_sheet(before.encode() + row + f"{end}{behind}".encode(), "a")
        said.append(caught.value.message)
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "messy", [one for one in WORKBOOKS if one.name.endswith("x")], ids=lambda messy: messy.name
)
def test_messy_workbooks_are_read_as_openpyxl_reads_them(messy: Messy, tmp_path: Path) -> None:
    """Whatever people put into sheets."""
    path = tmp_path / messy.name
    messy.build(path)
    _same_as_openpyxl(path.read_bytes())


def test_a_code_that_is_meant_as_text_is_text() -> None:
    """Excel spells _x0041_ with _x005F_ before it, in texts that cells share as in others."""
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>_x005F_x0041_</t></is></c><c r="B1" t="str">'
        '<v>_x005F_x0041_</v></c><c r="C1" t="s"><v>0</v></c></row>'
    )
    data = _package(sheet_xml(rows), shared=("<si><t>_x005F_x0041_</t></si>",))
    [grid] = _ours(data).values()
    assert [grid.value(1, column) for column in (1, 2, 3)] == ["_x0041_"] * 3


def test_a_row_of_more_cells_than_columns_ends_early() -> None:
    """Empty cells without end would fill the memory."""
    xml = sheet_xml(f'<row r="1">{"<c/>" * 100_000}</row><!-- -->')
    with pytest.raises(InputError, match="cell A1: its row has more cells than any has"):
        scan_sheet(xml.encode(), "a")
