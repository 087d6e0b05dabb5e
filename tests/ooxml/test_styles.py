"""Styles are appended to a workbook's table; what is equal is shared, and nothing else changes."""

from __future__ import annotations

import io

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.styles import MergedStyles, Styles
from tests.workbooks import parts_of, zipped


def saved(book: Workbook) -> Package:
    """A workbook as a package."""
    out = io.BytesIO()
    book.save(out)
    return Package(out.getvalue())


def table(package: Package) -> dict[str, tuple[str | None, int]]:
    """Said and true length of each list of a workbook's style table."""
    part = package.related_part(package.workbook_part(), "styles")
    assert part is not None
    root = parse(package[part])
    return {str(item.tag).removeprefix(TAG): (item.get("count"), len(item)) for item in root}


@pytest.mark.parametrize("bare", [True, False])
def test_a_fill_is_added_once(bare: bool) -> None:
    """A style with a fill is made from another, also where there was no style table."""
    package = Package(zipped(parts_of())) if bare else saved(Workbook())
    styles = Styles(package)
    red = styles.filled(0, "FFFF0000")
    assert styles.filled(0, "FFFF0000") == styles.filled(99, "FFFF0000") == red > 0
    blue = styles.filled(0, "FF0000FF")
    assert blue != red
    styles.save()
    lists = table(Package(package.save()))
    for name in ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"):
        said, true = lists[name]
        assert said == str(true), name
    assert lists["cellXfs"][1] == 3


def test_styles_of_another_workbook_are_taken_with_what_they_refer_to() -> None:
    """Fonts, fills and number formats come along; equal ones are not doubled."""
    into, other = Workbook(), Workbook()
    for book, number_format in ((into, '0 "kg"'), (other, '0 "W"')):
        cell = book.worksheets[0]["A1"]
        cell.value, cell.number_format = 1, number_format
        cell.font = Font(bold=True, name="Courier New")
    other.worksheets[0]["A2"].fill = PatternFill("solid", fgColor="FF00FF00")
    package, source = saved(into), saved(other)
    merged = MergedStyles(package, source)
    styles = [merged.cell(1), merged.cell(2), merged.cell(1)]
    merged.save()
    assert styles[0] == styles[2] != styles[1]
    lists = table(package)
    assert all(said == str(true) for said, true in lists.values() if said is not None)
    part = next(iter(package.sheets().values()))
    xml = package[part]
    for at, style in ((b"A1", styles[0]), (b"A2", styles[1])):
        cell = f'<c r="{at.decode()}" s="{style}"><v>1</v></c>'.encode()
        xml = xml.replace(b"</sheetData>", b"<row>" + cell + b"</row></sheetData>")
    xml = xml.replace(xml[xml.index(b"<sheetData>") + 11 : xml.index(b"<row>")], b"", 1)
    package[part] = xml
    sheet = openpyxl.load_workbook(io.BytesIO(package.save())).worksheets[0]
    assert sheet["A1"].number_format == '0 "W"'
    assert sheet["A1"].font.name == "Courier New"
    assert sheet["A2"].fill.fgColor.rgb == "FF00FF00"
