"""Number formats: what formulon and LibreOffice show of any number, and how wide it is."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from moe_report.cells import Cell, Cells, Provenance
from moe_report.compute.build import build_report
from moe_report.renderers.excel.number_formats import (
    number_format,
    number_format_of,
    numbers_in_cells,
)
from moe_report.renderers.excel.render import render
from moe_report.reports import Column
from moe_report.table import ModelTable, Source
from tests.office import convert
from tests.reports import MIXTRAL, OLMOE, QWEN3, row
from tests.second_opinion import numbers_shown
from tests.sections import SPEED, registry_with

KINDS = (
    ("decimal", "s"), ("percent", "ratio"), ("factor", "ratio"), ("integer", "experts"),
    ("si", "parameters"), ("si", "byte/token"), ("si", "FLOP/byte"),
)  # fmt: skip
# Numbers that a column may get when somebody changes an input.
LIVE = (1e-12, 3e-7, 2.6e-5, 0.004, 0.04, 0.3, 0.9996, 1.0, 1 / 3, 64.0, 12345.678, 3e-15)
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"


def column_of(format: str, unit: str, values: Sequence[float], source: str = "somebody") -> Column:
    """A column of a metric, or of a field if it has no source."""
    cells = Cells.of(Cell(value, Provenance.DERIVED) for value in values)
    return Column("c", "C", "c", unit, "", "group", format, None, cells, source=source)


def columns(signs: Sequence[int]) -> list[Column]:
    """Columns of each kind, of numbers of any size, near each other and far."""
    pick = random.Random(7)
    found = []
    for format, unit in KINDS:
        for spread in (0.3, 2, 5, 14):
            for _ in range(4):
                middle = pick.uniform(-9, 11)
                values = [
                    pick.choice(signs) * 10 ** (middle + pick.uniform(-spread, spread))
                    for _ in range(5)
                ]
                if format == "integer" and pick.random() < 0.5:
                    values = [float(round(value)) for value in values]
                values += [0.0] * pick.randint(0, 1)
                found.append(column_of(format, unit, values))
    return found


def workbook(folder: Path, formats: Sequence[str], rows: Sequence[Sequence[float]]) -> Path:
    """A workbook with a column a format, and numbers in it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for at, (format, values) in enumerate(zip(formats, rows, strict=True), start=1):
        for number, value in enumerate(values, start=1):
            sheet.cell(number, at, value).number_format = format
    book.save(folder / "formats.xlsx")
    return folder / "formats.xlsx"


def shown_by(
    folder: Path, formats: Sequence[str], rows: Sequence[Sequence[float]]
) -> tuple[dict[tuple[int, int], str], dict[tuple[int, int], str]]:
    """What formulon and LibreOffice show, by column and row."""
    file = workbook(folder, formats, rows)
    one = {(column, at): text for (_, column, at), text, _ in numbers_shown(file.read_bytes())}
    lines = list(csv.reader(convert(file, folder, AS_SHOWN).read_text("utf-8").splitlines()))
    other = {
        (column, at): text
        for at, line in enumerate(lines, start=1)
        for column, text in enumerate(line, start=1)
        if text
    }
    return one, other


def is_0(text: str) -> bool:
    """Whether a text says nothing but 0."""
    return not re.search(r"[1-9]", re.sub(r"E[+-]?\d+", "", text))


@pytest.mark.parametrize("signs", [(1,), (1, -1)])
def test_no_number_is_shown_as_0(tmp_path: Path, signs: tuple[int, ...]) -> None:
    """Nor without its sign, nor as wider than its column was made for; 0 is."""
    all_columns = columns(signs)
    rows = [[cell.value or 0.0 for cell in column.cells] for column in all_columns]
    for texts in shown_by(tmp_path, [number_format(column) for column in all_columns], rows):
        for at, (column, values) in enumerate(zip(all_columns, rows, strict=True), start=1):
            longest = max(map(len, numbers_in_cells(column)))
            for number, value in enumerate(values, start=1):
                said = f"{texts[at, number]} of {value!r} as {number_format(column)}"
                assert is_0(texts[at, number]) == (value == 0), said
                assert ("-" in texts[at, number].partition("E")[0]) == (value < 0), said
                assert len(texts[at, number]) <= longest + 1, said


def test_a_number_that_changes_is_not_shown_as_0(tmp_path: Path) -> None:
    """Whatever the column's numbers were when the workbook was made."""
    all_columns = [
        *columns((1,)),
        *(column_of("integer", "experts", [8.0, 64.0], source=source) for source in ("", "x")),
    ]
    formats = [number_format(column) for column in all_columns]
    formats = [format for format in formats if format != "#,##0"]  # a field's, of whole numbers
    assert len(formats) == len(all_columns) - 1
    formats += [number_format_of(*values) for values in ((2,), (4096,), (0.5,), (1, 5000))]
    for texts in shown_by(tmp_path, formats, [(*LIVE, 0.0)] * len(formats)):
        for at, format in enumerate(formats, start=1):
            for number, value in enumerate((*LIVE, 0.0), start=1):
                said = f"{texts[at, number]} of {value!r} as {format}"
                assert is_0(texts[at, number]) == (value == 0), said


@pytest.mark.parametrize(
    ("format", "unit", "values", "shown"),
    [
        ("decimal", "s", [2.6e-5, 5.1e-4], ["0.0000260", "0.0005100"]),
        ("decimal", "s", [30.1, 2.6e-5], ["30.10", "2.6E-5"]),
        ("decimal", "s", [-30.1, 0, 4], ["-30.10", "0.00", "4.00"]),
        ("percent", "ratio", [0.276, 0.5], ["27.6 %", "50.0 %"]),
        ("percent", "ratio", [0.9996, 0.5], ["99.96 %", "50.00 %"]),
        ("percent", "ratio", [0.0022, 2.2e-5, 0], ["0.2200 %", "0.0022 %", "0.0000 %"]),
        ("factor", "ratio", [3.55, 0.004], ["3.55000×", "0.00400×"]),
        ("integer", "experts", [4096, 8], ["4,096", "8"]),
        ("integer", "experts", [4.5, 8], ["4.50", "8.00"]),
        ("si", "parameters", [46.7e9, 41e9, 12, 0], ["46.70 B", "41.00 B", "12", "0"]),
        ("si", "parameters", [46.7e9, 41e9, 3e6], ["46.70 B", "41.00 B", "3.00 M"]),
        ("si", "byte", [0.5, 1.25], ["0.500", "1.250"]),
        ("si", "byte", [-4e9, 3e8], ["-4.00 GB", "0.30 GB"]),
    ],
)
def test_numbers_read_well(
    tmp_path: Path, format: str, unit: str, values: list[float], shown: list[str]
) -> None:
    """As many places for a column as its smallest number needs that is not far below the rest."""
    code = number_format(column_of(format, unit, values))
    file = workbook(tmp_path, [code], [values])
    assert [text for _, text, _ in numbers_shown(file.read_bytes())] == shown


TINY = SPEED.replace('preset("storage", "FP8", Precision(1)', "EXTRA").replace(
    "EXTRA", 'preset("storage", "FP8", Precision(0.2500003)'
).replace("minimum=1, maximum=9e15", "minimum=1e-9, maximum=9e15").replace(
    "1e14, symbol", "3e-7, symbol"
)  # fmt: skip


def test_no_sheet_shows_a_number_as_0(tmp_path: Path) -> None:
    """Seconds that are few, and assumptions that are tiny, on every sheet."""
    registry = registry_with(tmp_path, TINY, "tiny")
    rows = tuple(row(str(at), numbers) for at, numbers in enumerate((MIXTRAL, OLMOE, QWEN3)))
    for chosen in ({}, {"machine": "H100 SXM", "storage": "FP8"}):
        report = build_report(ModelTable(rows, Source("m.xlsx")), registry, presets=chosen)
        data = render(report)
        book = openpyxl.load_workbook(BytesIO(data), data_only=True)
        shown = 0
        for (sheet, column, at), text, _ in numbers_shown(data):
            value = book[sheet].cell(at, column).value
            hides_0 = sheet == "Compare" and at == 6  # the places of the models, 0 for none
            assert is_0(text) == (value == 0) or hides_0, (sheet, at, column, value, text)
            shown += sheet in ("Summary", "Compare", "Assumptions", "Presets", "Models")
        assert shown > 200
