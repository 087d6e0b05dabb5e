"""Templates that tests build, and a filled workbook opened again."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table

from moe_report.ooxml.addresses import column_letters

MODELS = ("Mixtral 8x7B", "OLMoE-1B-7B", "Qwen3-30B-A3B", "DeepSeek-V2 (as tabled)", "A layer")


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def template(
    columns: Sequence[str],
    *,
    top: int = 1,
    note: str = "",
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """A workbook with a table whose row repeats, headers before an equals sign if given."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Data"
    for number, column in enumerate(columns, start=1):
        sheet.cell(top, number, f"H{number}")
        sheet.cell(top + 1, number, column)
    if note:
        sheet.cell(top, 1).comment = Comment(note, "test")
    area = f"A{top}:{column_letters(len(columns))}{top + 1}"
    sheet.add_table(Table(displayName="Filled", ref=area))
    if change is not None:
        change(sheet)
    return saved(book)


def opened(data: bytes, *, values: bool = False) -> Any:
    """A workbook as openpyxl reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(data: bytes, changes: Mapping[str, bytes]) -> bytes:
    """A package with some parts replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts(data) | changes).items():
            archive.writestr(name, content)
    return target.getvalue()


def sheet_template(**changes: Any) -> Workbook:
    """A workbook with a sheet that repeats, between two others."""
    book = Workbook()
    first: Any = book.active
    first.title = "First"
    card: Any = book.create_sheet("{{ m.name }}")
    last: Any = book.create_sheet("Last")
    first["A1"] = "=Last!A1"
    card["A1"] = "{{ m.name }}"
    card["B1"] = "{{ m.num_experts }}"
    card["B2"] = "{{ m.num_experts_per_tok }}"
    card["C1"] = "='{{ m.name }}'!B1*2"
    card["C2"] = "=SUM(Own[One])"
    card["A4"], card["B4"], card["A5"], card["B5"] = "One", "Two", 1, "=Own[[#This Row],[One]]+B1"
    card.add_table(Table(displayName="Own", ref="A4:B5"))
    card["A1"].comment = Comment("a note", "test")
    chart = BarChart()
    chart.add_data(Reference(card, min_col=2, min_row=1, max_row=2))
    card.add_chart(chart, "E1")
    card.print_area = "A1:C9"
    last["A1"] = 7
    last.print_area = "A1:B2"
    book.active = 2
    return book
