"""Answers about columns, kept in a workbook: what else it has stays, its values too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from moe_report.edit.keep_columns import with_columns
from moe_report.errors import InputError
from moe_report.load.workbook import open_workbook
from moe_report.ooxml.calculation import asks_to_recalculate
from moe_report.ooxml.package import Package
from tests.office import stored
from tests.workbooks import F, calculated

MODELS = [("name", "Experts", "Top-K", "Hiden"), ("a", F("=4*2", 8), 2, 64)]
ANSWERS = {"Hiden": "hidden_size", "Price": ""}


def kept(tmp_path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """A workbook with answers in it, that had some sheets before."""
    path = calculated(tmp_path / "models.xlsx", {"Models": MODELS, **sheets})
    path.write_bytes(with_columns(open_workbook(path), ANSWERS))
    return path


def test_a_sheet_of_that_name_that_is_somebodys_own_is_refused(tmp_path: Path) -> None:
    """It says nothing of headers and fields, so it is not ours to write."""
    with pytest.raises(InputError, match=r"models\.xlsx, sheet COLUMNS: has no heads 'header'"):
        kept(tmp_path, COLUMNS=[("Notes about the warehouse",), ("header", 42), ("field",)])


def test_what_else_the_sheet_has_stays(tmp_path: Path) -> None:
    """Remarks, other columns, formulas, and rows above and below."""
    rows = [
        ("By Ann",), ("why", "field", None, "Header"), ("3 May", "top_k", 7, "old"),
        ("unsure", "vocab_size", None, " HIDEN "), (F("=1+1", 2),), ("Ask Bob",),
    ]  # fmt: skip
    path = kept(tmp_path, columns=rows)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Models", "columns"]
    found = [list(row) for row in book["columns"].iter_rows(values_only=True)]
    assert found == [
        ["By Ann", None, None, None], ["why", "field", None, "Header"],
        ["3 May", "top_k", 7, "old"], ["unsure", "hidden_size", None, " HIDEN "],
        ["=1+1", None, None, None], ["Ask Bob", None, None, None], [None, None, None, "Price"],
    ]  # fmt: skip


def test_values_stay_fresh_where_no_formula_rests_on_the_answers(tmp_path: Path) -> None:
    """A workbook whose values count as stale would be read otherwise than before."""
    form = [("header", "field"), ("old", "vocab_size")]
    counted = [(F("=COUNTA(columns!A:A)", 2),)]
    for sheets, stale in (({}, False), ({"columns": form}, False),
                          ({"columns": form, "Count": counted}, True)):  # fmt: skip
        path = kept(tmp_path, **sheets)
        assert asks_to_recalculate(Package(path.read_bytes())) == stale
        assert stored(path, "Models")[1] == ["a", 8, 2, 64]
