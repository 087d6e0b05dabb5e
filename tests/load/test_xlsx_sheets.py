"""What stands around the rows of a sheet keeps no numbers from being read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.load.workbook import read_workbook
from moe_report.schema.registry import Registry
from tests.configs import MIXTRAL
from tests.workbooks import ROWS, parts_of, sheet_xml, zipped

_FRONT = (
    '<sheetPr><tabColor rgb="red"/></sheetPr>',
    '<dimension ref="?"/>',
    '<sheetViews><sheetView workbookViewId="x" zoomScale="x"/></sheetViews>',
    '<sheetFormatPr defaultRowHeight="high"/>',
    '<cols><col min="1" max="2" width="wide"/></cols>',
)
_BEHIND = (
    '<autoFilter ref="#REF!"/>',
    '<mergeCells count="1"><mergeCell ref="T:U"/></mergeCells>',
    '<mergeCells count="1"><mergeCell ref="9:1048576"/></mergeCells>',
    '<conditionalFormatting sqref="#REF!"><cfRule type="odd"/></conditionalFormatting>',
    '<dataValidations><dataValidation sqref="#REF!" type="odd"/></dataValidations>',
    '<hyperlinks><hyperlink ref="T:U" location="#REF!"/></hyperlinks>',
    '<pageMargins left="x"/>',
    '<pageSetup scale="x" orientation="odd"/>',
    '<rowBreaks count="x"><brk id="x"/></rowBreaks>',
    '<legacyDrawing r:id="rId99"/>',
    '<tableParts count="1"><tablePart r:id="rId99"/></tableParts>',
    '<extLst><ext uri="odd"/></extLst>',
)


def _written(path: Path, *changes: tuple[str, str]) -> Path:
    xml = sheet_xml()
    for old, new in changes:
        xml = xml.replace(old, new, 1)
    path.write_bytes(zipped(parts_of(xml)))
    return path


def _is_read_and_added_to(path: Path, registry: Registry) -> None:
    [row] = read_workbook(path, registry).rows
    assert {name: item.value for name, item in row.numbers.items()} == {
        "num_experts": 8, "num_experts_per_tok": 2,
    }  # fmt: skip
    config = path.with_name("config.json")
    config.write_text(json.dumps(MIXTRAL))
    result = CliRunner().invoke(main, ["import", str(config), "--into", str(path)])
    assert result.exit_code == 0, result.output
    assert len(read_workbook(path, registry).rows) == 2


@pytest.mark.parametrize("front", _FRONT)
def test_what_stands_in_front_is_not_read(front: str, tmp_path: Path, registry: Registry) -> None:
    """Looks of the sheet."""
    change = ("<sheetData>", f"{front}<sheetData>")
    _is_read_and_added_to(_written(tmp_path / "a.xlsx", change), registry)


@pytest.mark.parametrize("behind", _BEHIND)
def test_what_stands_behind_is_not_read(behind: str, tmp_path: Path, registry: Registry) -> None:
    """Whole columns and rows, dead references, values of wrong kinds."""
    change = ("</sheetData>", f"</sheetData>{behind}")
    _is_read_and_added_to(_written(tmp_path / "a.xlsx", change), registry)


@pytest.mark.parametrize("behind", ["", _BEHIND[1]])
def test_the_prefix_of_a_sheet_makes_no_difference(
    behind: str, tmp_path: Path, registry: Registry
) -> None:
    """Some programs write one."""
    xml = sheet_xml(ROWS, behind).replace("</", "</x:").replace("<", "<x:").replace("<x:/", "</")
    xml = xml.replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts_of(xml)))
    [row] = read_workbook(path, registry).rows
    assert row.numbers["num_experts"].value == 8


@pytest.mark.parametrize("odd", ["<!-- <sheetData></sheetData> -->", "<!-- </sheetData> -->"])
@pytest.mark.parametrize("place", ["<sheetData>", "<row ", "</worksheet>"])
def test_rows_in_a_comment_are_no_rows(
    odd: str, place: str, tmp_path: Path, registry: Registry
) -> None:
    """They are not taken for the sheet's own."""
    [row] = read_workbook(_written(tmp_path / "a.xlsx", (place, odd + place)), registry).rows
    assert row.numbers["num_experts"].value == 8


def test_a_sheet_without_rows_is_read(tmp_path: Path) -> None:
    """There is nothing in it, and that is said."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml("").replace("></sheetData>", "/>"))))
    result = CliRunner().invoke(main, ["check", str(path)])
    assert "found no header row" in result.output
