"""The numbers of the sheet Models, written a column at a time."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from moe_report.compute.build import build_report
from moe_report.ooxml import rows
from moe_report.ooxml.addresses import column_number
from moe_report.ooxml.package import Package
from moe_report.renderers import left_out_of
from moe_report.renderers.excel import number_cells
from moe_report.renderers.excel.render import render, render_file
from moe_report.reports import Report
from moe_report.schema import registry
from moe_report.table import ModelTable, Row, Source, given
from tests.rows import example_models


@pytest.fixture
def report(counting_alone: None) -> Report:
    """The example models, and one of which everything is missing."""
    models = (*example_models(), Row("nothing", numbers={"num_experts": given(8)}))
    return build_report(ModelTable(models, Source("models.xlsx")), registry.load())


def test_blocks_of_rows_make_no_difference(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are made at once, the workbook is the same to the byte."""
    whole = render(report)
    for at_once in (1, 7):
        monkeypatch.setattr(rows, "_ROWS_AT_ONCE", at_once)
        assert render(report) == whole


def notes(workbook: bytes) -> dict[str, str]:
    """The notes on cells of models on the sheet Models."""
    sheet = openpyxl.load_workbook(io.BytesIO(workbook))["Models"]
    cells = (cell for row in sheet.iter_rows(min_row=4) for cell in row)
    return {cell.coordinate: cell.comment.text for cell in cells if cell.comment}


def test_notes_end_where_a_workbook_has_too_many(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is doubted keeps its notes, of the others the first rows do, and a line says so."""
    every = notes(render(report))
    assert left_out_of(render_file, report) == ""
    doubts = {cell for cell, text in every.items() if re.match("(impossible|differs|susp)", text)}
    assert doubts
    monkeypatch.setattr(number_cells, "MOST_NOTES", 10)
    monkeypatch.setattr("moe_report.renderers.excel.models_sheet.MOST_NOTES", 10)
    some = notes(render(report))
    assert some.items() <= every.items()
    assert doubts <= {*some}
    assert len(some) == len(doubts) + 10
    assert "notes on the first 10 cells" in left_out_of(render_file, report)


def test_a_large_workbook_is_given_from_the_disk(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workbook of many models does not stand in memory, and is the same to the byte."""
    whole = render_file(report)
    assert isinstance(whole, bytes)
    monkeypatch.setattr("moe_report.renderers.excel.render._MANY", 2)
    pieces = render_file(report)
    assert not isinstance(pieces, bytes)
    assert b"".join(pieces) == whole


def test_cells_of_a_row_stand_in_their_order(report: Report) -> None:
    """Excel takes a row for damaged whose cells are not from left to right."""
    package = Package(render(report))
    xml = package[package.sheets()["Models"]].decode()
    for row in re.findall(r"<row .*?</row>", xml, re.DOTALL):
        columns = [column_number(letters) for letters in re.findall(r'<c r="([A-Z]+)', row)]
        assert columns == sorted(columns)
