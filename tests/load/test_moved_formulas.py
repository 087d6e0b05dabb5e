"""Formulas of the user's own columns: which of them may be moved into a report."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from moe_report.load.workbook import read_workbook
from moe_report.schema.registry import installed
from moe_report.table import Reference

_EXPERTS = Reference("num_experts")


def _moved(tmp_path: Path, formula: str) -> tuple[object, ...]:
    """What is kept of a formula in E2 beside a model, in an Excel Table called Mine."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Models"
    sheet.append(["name", "num_experts", "num_experts_per_tok", "hidden_size", "Mine"])
    sheet.append(["a", 8, 2, 64, formula])
    sheet.add_table(Table(displayName="Mine", ref="A1:E2"))
    path = tmp_path / "plain.xlsx"
    book.save(path)
    stored = tmp_path / "stored.xlsx"  # with a value behind the formula, as Excel writes it
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(rb"(</f>)<v\s*/>|(</f>)<v></v>", rb"</f><v>16</v>", data)
            new.writestr(name, data)
    (row,) = read_workbook(stored, installed()).rows
    assert row.carried["Mine"] == 16
    look = row.looks.get("Mine")
    return look.formula if look else ()


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        ("=B2*2", ("", _EXPERTS, "*2")),
        ("='Models'!$B2*2", ("", _EXPERTS, "*2")),
        ("=Mine[[#This Row],[num_experts]]*2", ("", _EXPERTS, "*2")),
        ('=B2&"Mine[[#This Row],[num_experts]] B2 ""B2"""',
         ("", _EXPERTS, '&"Mine[[#This Row],[num_experts]] B2 ""B2"""')),
    ],
)  # fmt: skip
def test_a_formula_on_its_own_row_is_moved(
    tmp_path: Path, formula: str, parts: tuple[object, ...]
) -> None:
    """What stands in quotes is a text, whatever it looks like."""
    assert _moved(tmp_path, formula) == parts


@pytest.mark.parametrize(
    "formula",
    [
        "=Other[[#This Row],[num_experts]]*2", '=INDIRECT("B2")*2', "=OFFSET(B2,0,1)", "=ROW()*8",
        "=column()", "=B1", "=B2:C2", "=Mine[num_experts]", "='a\"b'!B2&\"c\"", "=Other!B2",
        "=MyName*2",
    ],
)  # fmt: skip
def test_a_formula_that_depends_on_its_place_is_carried_as_its_value(
    tmp_path: Path, formula: str
) -> None:
    """Another table's row, an address in a text, or its own row's number is another in a report."""
    assert _moved(tmp_path, formula) == ()
