"""Templates whose packages are put together in legal but unusual ways."""

from __future__ import annotations

import re
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from moe_report.fill.fill import fill
from moe_report.ooxml.package import OFFICE_REL, PACKAGE_REL, Package
from tests.fill.books import MODELS, opened, parts, repacked, saved, sheet_template, template
from tests.fill.odd import zipped_by_macos
from tests.fill.packages import whole_problems
from tests.reports import usual_report
from tests.workbooks import zipped

_TYPES = "[Content_Types].xml"
_SHEET = "xl/worksheets/sheet1.xml"


def renamed(data: bytes, old: str, new: str) -> bytes:
    """A package in which a part has another name, and all else is as before."""
    return zipped({new if name == old else name: text for name, text in parts(data).items()})


def with_chart(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
    """Add a chart of the row that repeats, and one below."""
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=2))
    sheet.add_chart(chart, "A9")


def filled_parts(data: bytes) -> Package:
    """The package of a filled template, which fits together."""
    done = fill(data, usual_report(), where="t.xlsx").data
    assert list(whole_problems(Package(done))) == []
    return Package(done)


@pytest.mark.parametrize(
    "make", [lambda: saved(sheet_template()), lambda: template(["{{ m.name }}"])]
)
def test_what_macos_zips_beside_the_parts_stays_and_is_read_by_nobody(
    make: Callable[[], bytes],
) -> None:
    """A workbook that was unpacked and zipped again on a Mac: sheets are copied, rows put in."""
    usual = make()
    zipped_there = zipped_by_macos(usual)
    expected, package = filled_parts(usual), filled_parts(zipped_there)
    beside = {name for name in Package(zipped_there) if name.startswith("__MACOSX/")}
    assert len(beside) > 3
    assert {*package} == {*expected} | beside
    assert all(package[name] == expected[name] for name in expected)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("xl/worksheets/_rels/sheet1.xml.rels", "xl/worksheets/_rels/Sheet1.xml.rels"),
        ("xl/drawings/drawing1.xml", "xl/drawings/Drawing1.xml"),
        ("xl/charts/chart1.xml", "xl/Charts/chart1.xml"),
        ("xl/sharedStrings.xml", "xl/SharedStrings.xml"),
        (_SHEET, "xl/worksheets/SHEET1.xml"),
    ],
)
def test_parts_are_found_whatever_their_case(old: str, new: str) -> None:
    """Cells are filled and charts moved although a link spells a part's name otherwise."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}"], change=with_chart)
    expected = filled_parts(data)
    package = filled_parts(renamed(data, old, new))
    assert {name.casefold() for name in package} == {name.casefold() for name in expected}
    for name in expected:
        assert package[name] == expected[name], name
    assert b"$B$2:$B$6" in package["xl/charts/chart1.xml"]
    assert b"<row>12</row>" in package["xl/drawings/drawing1.xml"]


def test_a_sheet_is_copied_beside_a_declaration_of_a_part_that_is_not_there() -> None:
    """Its name counts as taken: two declarations of one part would be damage."""
    data = saved(sheet_template())
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    stale = f'<Override PartName="/xl/worksheets/sheet4.xml" ContentType="{kind}"/></Types>'
    types = parts(data)[_TYPES].replace(b"</Types>", stale.encode())
    done = fill(repacked(data, {_TYPES: types}), usual_report(), where="t.xlsx").data
    declared = re.findall(rb'PartName="([^"]+)"', parts(done)[_TYPES])
    assert len(declared) == len(set(declared))
    assert len(opened(done).sheetnames) == 2 + len(MODELS)


def test_links_that_are_declared_one_by_one_are_declared_in_copies() -> None:
    """A package may say the type of each part of links, and nothing of the extension."""
    data = saved(sheet_template())
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    types = re.sub(rb'<Default Extension="rels"[^>]*/>', b"", parts(data)[_TYPES])
    named = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name in parts(data)
        if name.endswith(".rels")
    )
    types = types.replace(b"</Types>", f"{named}</Types>".encode())
    filled_parts(repacked(data, {_TYPES: types}))


def test_a_link_to_a_part_that_is_not_there_is_left_alone() -> None:
    """Notes whose boxes are lost are copied; the link leads nowhere, as before."""
    data = saved(sheet_template())
    boxes = next(name for name in parts(data) if name.endswith(".vml"))
    without = zipped({name: text for name, text in parts(data).items() if name != boxes})
    package = filled_parts(without)
    for part in [part for name, part in package.sheets().items() if name not in ("First", "Last")]:
        targets = [link.target for link in package.relationships(part)]
        assert boxes in targets
        assert package.related_part(part, "comments")


def _linked(target: str) -> bytes:
    """A template whose picture of a sheet that repeats is a link."""
    data = saved(sheet_template())
    links = "xl/drawings/_rels/drawing1.xml.rels"
    link = f'<Relationship Id="link" Type="{OFFICE_REL}/hyperlink" Target="{target}"/>'
    changed = parts(data)[links].replace(b"</Relationships>", f"{link}</Relationships>".encode())
    assert PACKAGE_REL.encode() in changed
    return repacked(data, {links: changed})


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("#Last!A1", lambda name: "#Last!A1"),
        ("#'{{ m.name }}'!A1", lambda name: f"#'{name}'!A1"),
        ("#'%7B%7B%20m.name%20%7D%7D'!A1", lambda name: f"#'{name}'!A1"),
    ],
)
def test_the_links_of_pictures_stay_within_the_workbook(
    target: str, expected: Callable[[str], str]
) -> None:
    """They lead to the same sheet in each copy, or to the copy if they led to the sheet itself."""
    package = filled_parts(_linked(target))
    for name, part in package.sheets().items():
        for drawing in package.related_parts(part, "drawing"):
            (link,) = (x for x in package.relationships(drawing) if x.kind == "hyperlink")
            assert link.target.replace("%20", " ").replace("%28", "(").replace(
                "%29", ")"
            ) == expected(name)


def test_a_sheet_without_an_id_is_passed_over() -> None:
    """Excel opens such files, and shows the other sheets."""
    data = template(["{{ m.name }}"])
    book = parts(data)["xl/workbook.xml"].replace(
        b"</sheets>", b'<sheet name="Lost" sheetId="9"/></sheets>'
    )
    package = filled_parts(repacked(data, {"xl/workbook.xml": book}))
    assert list(package.sheets()) == ["Data"]


def test_whole_columns_may_be_merged() -> None:
    """They have no first row in the file; they stay merged, in copies of the sheet, too."""
    data = saved(sheet_template())
    name = "xl/worksheets/sheet2.xml"
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="T:U"/></mergeCells>'
    package = filled_parts(
        repacked(data, {name: parts(data)[name].replace(b"</sheetData>", merged)})
    )
    for title, part in package.sheets().items():
        assert (b'<mergeCell ref="T:U"/>' in package[part]) == (title not in ("First", "Last"))


def test_a_table_that_is_called_as_a_function_and_a_sheet_is_renamed_alone() -> None:
    """In a copy of its sheet, the function and the other sheet keep their names."""
    book = sheet_template()
    card = book["{{ m.name }}"]
    table = card.tables.pop("Own")
    table.name = table.displayName = "Index"
    card.tables.add(table)
    book.create_sheet("Index")
    card["C2"], card["B5"] = "=INDEX(Index[One],1)+Index!A1", 2
    book = opened(filled_parts(saved(book)).save())
    tables = [next(iter(book[name].tables)) for name in book.sheetnames[1:-2]]
    formulas = [book[name]["C2"].value for name in book.sheetnames[1:-2]]
    assert len(set(tables)) == len(MODELS)
    assert formulas == [f"=INDEX({table}[One],1)+Index!A1" for table in tables]


@pytest.mark.parametrize(
    ("part", "opening"),
    [
        ("_rels/.rels", b"<Relationships"),
        ("xl/_rels/workbook.xml.rels", b"<Relationships"),
        ("xl/worksheets/_rels/sheet1.xml.rels", b"<Relationships"),
        ("xl/workbook.xml", b"<sheets"),
        (_TYPES, b"<Types"),
    ],
)
def test_comments_in_the_xml_are_passed_over(part: str, opening: bytes) -> None:
    """They stand for no link, no sheet and no type."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}"], change=with_chart)
    found = parts(data)[part]
    at = found.index(b">", found.index(opening)) + 1
    package = filled_parts(repacked(data, {part: found[:at] + b"<!-- a -->" + found[at:]}))
    assert b"$B$2:$B$6" in package["xl/charts/chart1.xml"]


_ODD_BEHIND = {
    "merged columns": '<mergeCells count="1"><mergeCell ref="T:U"/></mergeCells>',
    "a merged row": '<mergeCells count="1"><mergeCell ref="1:1"/></mergeCells>',
    "the last column": '<mergeCells count="1"><mergeCell ref="XFC1:XFD1048576"/></mergeCells>',
    "a dead format": '<conditionalFormatting sqref="#REF!"><cfRule type="expression" priority="1">'
    "<formula>#REF!&gt;1</formula></cfRule></conditionalFormatting>",
    "a format of columns": '<conditionalFormatting sqref="A:A D1:D1048576"><cfRule priority="1" '
    'type="expression"><formula>A1&gt;1</formula></cfRule></conditionalFormatting>',
    "a format of rows": '<conditionalFormatting sqref="1:1"><cfRule type="expression" '
    'priority="1"><formula>A1&gt;1</formula></cfRule></conditionalFormatting>',
    "a dead validation": '<dataValidations count="1"><dataValidation type="list" sqref="#REF! B1">'
    "<formula1>#REF!</formula1></dataValidation></dataValidations>",
    "a validation of all": '<dataValidations count="1"><dataValidation type="whole" '
    'sqref="A1:XFD1048576"><formula1>1</formula1></dataValidation></dataValidations>',
    "an unknown extension": '<extLst><ext uri="{00000000-0000-0000-0000-000000000001}" '
    'xmlns:z="urn:unknown"><z:odd z:ref="?"/></ext></extLst>',
    "a missing drawing": f'<drawing xmlns:r="{OFFICE_REL}" r:id="rId99"/>',
}


@pytest.mark.parametrize("what", _ODD_BEHIND)
@pytest.mark.parametrize("repeats", ["row", "sheet"])
def test_what_excel_opens_is_filled(what: str, repeats: str) -> None:
    """Whole columns and rows, dead references, what nobody knows: in a sheet that changes."""
    behind = _ODD_BEHIND[what]
    if repeats == "row":
        data, part = template(["{{ m.name }}", "{{ m.num_experts }}"]), _SHEET
    else:
        data, part = saved(sheet_template()), "xl/worksheets/sheet2.xml"
    sheet = parts(data)[part]
    if what == "a missing drawing":
        sheet = re.sub(rb"<drawing[^>]*/>", b"", sheet)
    sheet = sheet.replace(b"</sheetData>", b"</sheetData>" + behind.encode(), 1)
    package = filled_parts(repacked(data, {part: sheet}))
    said = re.search(r' (ref|sqref|uri|r:id)="[^"]*"', behind)
    assert said is not None
    assert said[0].encode() in b"".join(package[part] for part in package.sheets().values())


def _without(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        del found[name]

    return change


def _edited(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        fresh = re.sub(old, new, found[name])
        assert fresh != found[name]
        found[name] = fresh

    return change


_ODD_PACKAGES = {
    "no properties": _without("docProps/core.xml"),
    "no theme": _without("xl/theme/theme1.xml"),
    "no measure": _edited(_SHEET, b"<dimension[^>]*/>", b""),
    "no addresses": _edited(_SHEET, b'(<row|<c) r="[^"]*"', rb"\1"),
    "a sheet of an empty id": _edited(
        "xl/workbook.xml", b"</sheets>",
        f'<sheet name="Lost" sheetId="9" xmlns:r="{OFFICE_REL}" r:id=""/></sheets>'.encode(),
    ),
    "relative targets": _edited("xl/_rels/workbook.xml.rels", b'Target="/xl/', b'Target="'),
    "a dead name": _edited(
        "xl/workbook.xml", b"</sheets>",
        b'</sheets><definedNames><definedName name="x">Gone!#REF!</definedName></definedNames>',
    ),
    "links to nothing": _edited(
        "xl/_rels/workbook.xml.rels", b"</Relationships>",
        b'<Relationship Id="z1" Type="urn:x/externalLink" Target="externalLinks/e1.xml"/>'
        b'<Relationship Id="z2" Type="urn:x/pivotCacheDefinition" Target="/xl/p.xml"/>'
        b"</Relationships>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", _ODD_PACKAGES)
def test_an_odd_package_is_filled_as_a_usual_one(what: str) -> None:
    """Excel opens such files."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}"])
    found = parts(data)
    _ODD_PACKAGES[what](found)
    if what in ("no properties", "no theme"):
        for name in ("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"):
            gone = b'<(Override|Relationship)[^>]*(core|theme1)\\.xml"[^>]*/>'
            found[name] = re.sub(gone.replace(b"\\\\", b"\\"), b"", found[name])
    done = opened(filled_parts(zipped(found)).save())
    assert [row[0].value for row in done["Data"]["A2:A6"]] == list(MODELS)
