"""Damage within a part is told in one line, with the part, and with the line or the row."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package
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
        ('<row r="3"><c r="A3" t="odd"/></row>', "", "found t='odd'"),
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
        *(
            (
                "xl/s.xml",
                f'<styleSheet xmlns="{MAIN}"><xf {it}="1e9"/></styleSheet>',
                f"found {it}=",
            )
            for it in ("numFmtId", "fontId", "fillId", "borderId")
        ),
        ("xl/t.xml", _TABLE.replace("<tableColumns/>", ""), "found no <tableColumns>"),
        ("xl/t.xml", _TABLE.replace("<tableColumns/>", "<a>"), "its XML is broken (Opening"),
        *(
            (
                "xl/t.xml",
                root.replace(MAIN, space).replace(' xmlns=""', ""),
                f"found <{name}> in {found}, expected {MAIN}",
            )
            for space, found in (("", "no namespace"), ("x", "the namespace x"))
            for name, root in (
                ("table", _TABLE),
                ("styleSheet", f'<styleSheet xmlns="{MAIN}"/>'),
                ("worksheet", f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'),
            )
        ),
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


@pytest.mark.parametrize("space", ["", "x", "a}b", MAIN.replace("main", "ma}n")])
def test_a_sheet_of_another_namespace_is_named(tmp_path: Path, space: str) -> None:
    """Also where the namespace's name is none that XML allows."""
    sheet = sheet_xml('<row r="1"/>').replace(MAIN, space)
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(dict(parts_of()) | {_SHEET: sheet}))
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: a.xlsx, part {_SHEET}: found <")


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


_TEXTS = f'<sst xmlns="{MAIN}"><si><t>name</t></si><si><t>num_experts</t></si></sst>'
_LINK = (
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/{}" Target="{}.xml"/></Relationships>'
)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('t="s"><v>2</v>', "A2: found '2' as the number of a shared text, expected one below 2"),
        ('t="s"><v>-1</v>', "A2: found '-1' as the number of a shared text"),
        ('t="s"><v>1_0</v>', "A2: found '1_0' as the number of a shared text"),
        ('t="s"><v>x</v>', "A2: found 'x' as the number of a shared text"),
        ('t="odd"><v>1</v>', "found t='odd' in the element <c> of row 2"),
        ('t=""><v>1</v>', "found t='' in the element <c> of row 2"),
        ('s=""><v>1</v>', "found s='' in the element <c> of row 2"),
        ('s="-1"><v>1</v>', "found s='-1' in the element <c> of row 2"),
    ],
)
def test_a_cell_that_says_nothing_sound_is_named(cell: str, said: str, tmp_path: Path) -> None:
    """A wrong number of a text, type or style would else be read as another value."""
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        f'<row r="2"><c r="A2" {cell}</c><c r="B2"><v>8</v></c></row>'
    )
    parts = dict(parts_of(sheet_xml(rows))) | {"xl/sharedStrings.xml": _TEXTS}
    links = "xl/_rels/workbook.xml.rels"
    link = _LINK.format("sharedStrings", "sharedStrings")
    parts[links] = str(parts[links]).replace("</Relationships>", link)
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts))
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize("cell", ["<v>1_0</v>", "<v>nan</v>", "<v>inf</v>", 't="b"><v>x</v>'])
def test_a_number_that_python_alone_reads_is_none(cell: str, tmp_path: Path) -> None:
    """It is named with its cell."""
    start = "" if cell.startswith("t=") else ">"
    rows = f'<row r="1"><c r="A1" {start}{cell}</c></row>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    result = CliRunner().invoke(main, ["check", str(path)])
    assert "sheet Models, cell A1: found " in result.output
    assert "while the file says that it is a" in result.output


@pytest.mark.parametrize("command", ["check", "template check"])
def test_formats_that_are_missing_are_named(command: str, tmp_path: Path) -> None:
    """Without them a date is a number."""
    parts = dict(parts_of())
    links = "xl/_rels/workbook.xml.rels"
    link = _LINK.format("styles", "styles")
    parts[links] = str(parts[links]).replace("</Relationships>", link)
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts))
    result = CliRunner().invoke(main, [*command.split(), str(path)])
    assert "Error: a.xlsx, part xl/styles.xml: it is missing" in result.output
