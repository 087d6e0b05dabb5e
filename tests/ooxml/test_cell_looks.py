"""What looks the same is said the same, whichever program wrote it."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from moe_report.ooxml.cell_looks import CellLooks
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.package import Package, parse
from moe_report.renderers.excel.palette import INPUT, TABLE_HEAD, WARN_FILL, Look, Palette
from tests.office import convert

LOOKS = [
    Look(), TABLE_HEAD, Look(color=INPUT, bold=True), Look(italic=True, size=9), Look(mono=True),
    Look(underline=True, indent=1), Look(fill=WARN_FILL, horizontal="center", wrap=True),
    Look(rule=True), *(
        Look(number_format=code)
        for code in ("0", "0.00", "#,##0", "0%", "@", "yyyy-mm-dd", r"[>=0.9995]0.00\ %;0.0\ %",
                     '[>=99500000]#,##0.00,,," B";[>=99500]#,##0.00,," M";#,##0', '0.00"×"',
                     '"no. "0;;')
    ),
]  # fmt: skip


def workbook() -> bytes:
    """A cell of each look."""
    book = openpyxl.Workbook()
    for row, look in enumerate(LOOKS, start=1):
        cell = book.active.cell(row, 1, 1)
        Palette.dress(cell, look)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("between", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_looks_are_read_as_they_are_written(tmp_path: Path, between: bool) -> None:
    """By openpyxl and by LibreOffice, which spell them otherwise."""
    path = tmp_path / "looks.xlsx"
    path.write_bytes(workbook())
    if between:
        path = convert(path, tmp_path / "settled")
    package = Package(path.read_bytes())
    looks = CellLooks(package)
    [part] = package.sheets().values()
    cells = Cells(parse(package[part]), "looks.xlsx")
    for row, look in enumerate(LOOKS, start=1):
        assert looks(int(cells.grid[row][1].get("s", "0"))) == look.said


@pytest.mark.parametrize("kind", ["font", "fill", "border"])
def test_an_index_that_leads_nowhere_means_the_first(kind: str) -> None:
    """Some programs leave such indices behind."""
    package = Package(workbook())
    part = package.related_part(package.workbook_part(), "styles")
    assert part is not None
    wanted = CellLooks(package)(0)
    package[part] = package[part].replace(f'{kind}Id="0"'.encode(), f'{kind}Id="777"'.encode())
    assert CellLooks(package)(0) == wanted
