"""The sheet Notes: a table to write in, a list of the models, a word on what survives."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from moe_report.load.record import record_of
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.render import render
from tests.office import convert
from tests.reports import many_models, usual_report


@pytest.fixture(scope="module")
def data() -> bytes:
    """A report's workbook."""
    return render(usual_report())


def notes_of(data: bytes) -> Any:
    """The sheet Notes as openpyxl reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(data))["Notes"]


def test_it_is_an_empty_table(data: bytes) -> None:
    """There are rows to write in, which Excel extends by itself."""
    sheet = notes_of(data)
    table = sheet.tables["Notes"]
    assert table.ref == "A6:D18"
    assert [column.name for column in table.tableColumns] == ["Topic", "Note", "Who", "When"]
    cells = [cell for row in sheet["A7:D18"] for cell in row]
    assert not any(cell.value for cell in cells)
    assert all(cell.alignment.wrap_text for cell in cells)
    assert {cell.font.color.rgb[-6:] for cell in cells} == {"0000FF"}


def test_it_says_what_survives(data: bytes) -> None:
    """The command and what it keeps stand above the table."""
    words = " ".join(str(notes_of(data).cell(row, 1).value) for row in range(1, 5))
    assert "moe-report run --update FILE" in words
    assert "Kept by an update: this sheet as it is" in words
    assert "Written anew: all else" in words


def test_topics_are_offered_but_free(data: bytes, tmp_path: Path) -> None:
    """The list of topics has all models, and any other text is taken too."""
    (check,) = notes_of(data).data_validations.dataValidation
    assert check.type == "list"
    assert not check.showErrorMessage
    assert "A7" in check.sqref
    book = openpyxl.Workbook()
    probe, models = book.active, book.create_sheet("Models")
    names = [model.name for model in usual_report().models]
    for row, name in enumerate(names, start=4):
        models.cell(row, 1, name)
    probe["A1"] = f"=ROWS({check.formula1})"
    probe["A2"] = f"=INDEX({check.formula1},{len(names)})"
    book.save(tmp_path / "probe.xlsx")
    settled = openpyxl.load_workbook(
        convert(tmp_path / "probe.xlsx", tmp_path / "out"), data_only=True
    )
    assert [settled["Sheet"][cell].value for cell in ("A1", "A2")] == [len(names), names[-1]]


@pytest.mark.parametrize("models", [1, 200])
def test_the_record_says_what_is_ours(models: int) -> None:
    """Every filled cell of our sheets, and every note on them, is in the record."""
    package = Package(render(many_models(models)))
    texts = Texts(package)
    record = record_of(package, texts)
    assert record is not None
    assert {"Summary", "Models", "Assumptions", "Method", "Findings"} <= record.sheets.keys()
    assert "Notes" not in record.sheets
    assert "context_length" in record.names
    for name, known in record.sheets.items():
        filled = {at for at in texts(name) if name != "Models" or at[1] < 4}
        written = {(column, row) for row, columns in known.cells.items() for column in columns}
        assert filled <= written, name
        assert len(filled) >= 0.9 * len(written), name
    assert len(record.sheets["Models"].notes) > 50
    assert record.sheets["Summary"].drawings == 2
