"""Damage within a part is told in one line, with the part, and with the line or the row."""

from __future__ import annotations

import pytest

from moe_report.errors import InputError
from moe_report.ooxml.package import MAIN, Package
from tests.workbooks import parts_of, sheet_xml, zipped

_SHEET = "xl/worksheets/sheet1.xml"
_TABLE = f'<table xmlns="{MAIN}" id="1" ref="A1:B2" displayName="T"><tableColumns/></table>'


def refusal(part: str, xml: str | bytes, expected: str = "") -> str:
    """What is said of a part with some content when it is read."""
    package = Package(zipped(dict(parts_of()) | {part: xml}), "a.xlsx")
    with pytest.raises(InputError) as caught:
        package.root(part, expected)
    start = f"a.xlsx, part {part}: "
    assert caught.value.message.startswith(start)
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(start)


@pytest.mark.parametrize(
    ("rows", "behind", "said"),
    [
        ('<row r="x"/>', "", "found r='x' in the element <row>, line 2; expected a row from 1"),
        ('<row r="0"/>', "", "found r='0'"),
        ('<row r="1048577"/>', "", "found r='1048577'"),
        ('<row r=""/>', "", "found r=''"),
        ('<row r="3"><c r="R1C1"/></row>', "", "found r='R1C1' in the element <c> of row 3"),
        ('<row r="3"><c r="XFE3"/></row>', "", "found r='XFE3'"),
        ('<row r="3"><c r="A0"/></row>', "", "found r='A0'"),
        ('<row r="3"><c r="A3" s="-1"/></row>', "", "found s='-1'"),
        ('<row r="3"><c r="A3"><f ref="A1:B"/></c></row>', "", "found ref='A1:B'"),
        ("", '<mergeCells><mergeCell ref="A1:ZZZZ9"/></mergeCells>', "found ref='A1:ZZZZ9'"),
        ("", "<mergeCells><mergeCell/></mergeCells>", "found ref=''"),
        ("", '<hyperlinks><hyperlink ref="#REF!"/></hyperlinks>', "found ref='#REF!'"),
    ],
)
def test_a_value_of_a_sheet_that_is_of_a_wrong_kind_is_named(
    rows: str, behind: str, said: str
) -> None:
    """What was found, and where."""
    assert said in refusal(_SHEET, sheet_xml(rows, behind))


@pytest.mark.parametrize(
    ("part", "xml", "said"),
    [
        ("xl/t.xml", _TABLE.replace('ref="A1:B2"', 'ref="1:D"'), "found ref='1:D'"),
        ("xl/t.xml", _TABLE.replace('id="1"', 'id="one"'), "found id='one'"),
        ("xl/t.xml", _TABLE.replace("<tableColumns/>", ""), "found no <tableColumns>"),
        ("xl/t.xml", _TABLE.replace("<tableColumns/>", "<a>"), "its XML is broken (Opening"),
        ("xl/t.xml", "", "its XML is broken (Document is empty"),
        ("xl/t.xml", b"\xff<table/>", "its XML is broken"),
        ("xl/w.xml", f'<workbook xmlns="{MAIN}"/>', "found no <sheets>"),
        (
            "xl/w.xml",
            f'<workbook xmlns="{MAIN}"><sheets><sheet name="A" sheetId="1"/></sheets>'
            '<definedNames><definedName name="x" localSheetId="1"/></definedNames></workbook>',
            "the name 'x' belongs to sheet number 1, counted from 0; expected one below 1",
        ),
    ],
)
def test_a_damaged_part_is_named(part: str, xml: str | bytes, said: str) -> None:
    """Broken XML, and values of a wrong kind."""
    assert said in refusal(part, xml)


def test_a_part_of_another_kind_is_named() -> None:
    """A link may lead to the wrong part."""
    assert "found <table> as its root, expected <comments>" in refusal(
        "xl/t.xml", _TABLE, "comments"
    )


def test_a_part_that_is_not_there_is_named() -> None:
    """Whoever asks for one without looking gets a line, too."""
    package = Package(zipped(parts_of()), "a.xlsx")
    with pytest.raises(InputError, match=r"a\.xlsx, part xl/none\.xml: it is missing"):
        package.root("xl/none.xml")


def test_what_the_format_allows_is_taken() -> None:
    """Whole columns and rows, the last cell, addresses that are left out, strange areas."""
    rows = '<row><c/><c r="xfd1"/></row><row r="1048576"><c r="XFD1048576"/></row>'
    behind = (
        '<mergeCells><mergeCell ref="A:A"/><mergeCell ref="$1:$1"/></mergeCells>'
        '<dataValidations><dataValidation sqref="#REF!"/></dataValidations>'
    )
    package = Package(zipped(dict(parts_of()) | {_SHEET: sheet_xml(rows, behind)}), "a.xlsx")
    assert len(package.root(_SHEET)) == 3
