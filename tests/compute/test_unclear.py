"""What the input may say, in a way that is not sure, has no default: in numbers and in Excel."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from moe_report.cells import Provenance
from moe_report.compute.build import build_report
from moe_report.load.inputs import inspect_inputs
from moe_report.reports import Report
from moe_report.schema.registry import Registry
from tests.commands import run
from tests.office import FIRST, HEADER, recalculated
from tests.workbooks import calculated

HEAD = (
    "Model", "num_experts", "num_experts_per_tok", "hidden_size", "intermediate_size",
    "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size",
)  # fmt: skip
MODEL = (64, 8, 2048, 1024, 16, 16, 16, 50304)
ASKED = "moe_intermediate_sise"  # may be moe_intermediate_size, whose default is intermediate_size


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two models alike, of which the first has a value in the column that is asked about."""
    rows = [(*HEAD, ASKED), ("asked", *MODEL, 512), ("blank", *MODEL, None)]
    return calculated(tmp_path / "models.xlsx", {"Models": rows})


def report_of(path: Path, registry: Registry, **said: str) -> Report:
    """The report of a workbook, with what is said of its columns."""
    read = inspect_inputs([str(path)], registry, columns=said)
    assert read.problems == ()
    return build_report(read.table, registry)


def test_no_number_rests_on_a_default_that_is_in_doubt(workbook: Path, registry: Registry) -> None:
    """The field and all that needs it are missing, and their notes say why; else nothing is."""
    report = report_of(workbook, registry)
    width = report.columns["moe_intermediate_size"].cells
    assert (width[0].value, width[0].unclear, width[0].provenance) == (
        None, True, Provenance.MISSING,
    )  # fmt: skip
    assert f"the column '{ASKED}' may be it" in width[0].note
    assert (width[1].value, width[1].unclear) == (1024, False)
    for name in ("total_params", "active_params", "expert_params", "forward_flops"):
        doubted, sure = report.columns[name].cells
        assert doubted.value is None, name
        assert "moe_intermediate_size" in doubted.note
        assert sure.value, name
    assert report.columns["expert_flops_savings"].cells[0].value == 1 - 8 / 64
    assert [finding.level for finding in report.findings] == ["unclear"]


@pytest.mark.parametrize(("field", "width"), [("moe_intermediate_size", 512), ("", 1024)])
def test_an_answer_brings_the_numbers_back(
    workbook: Path, registry: Registry, field: str, width: int
) -> None:
    """With the value, or with the default where the column is none."""
    report = report_of(workbook, registry, **{ASKED: field})
    cell = report.columns["moe_intermediate_size"].cells[0]
    assert (cell.value, cell.unclear) == (width, False)
    assert report.columns["total_params"].cells[0].value
    assert report.findings == ()


def test_libreoffice_computes_none_of_them_either(workbook: Path, tmp_path: Path) -> None:
    """The cell of the field says ? in place of its formula, until somebody types a number."""
    assert run("run", workbook, "-o", tmp_path, "--format", "xlsx").exit_code == 0
    report = tmp_path / "models.report.xlsx"
    rows = recalculated(report, tmp_path / "office", "Models")
    found = [dict(zip(rows[HEADER - 1], row, strict=True)) for row in rows[FIRST - 1 : FIRST + 1]]
    assert found[0]["moe_intermediate_size"] == "?"
    for name in ("total_params", "active_params", "forward_flops"):
        assert not found[0][name], name
        assert found[1][name], name
    assert found[0]["expert_flops_savings"] == 1 - 8 / 64
    book = openpyxl.load_workbook(report)
    sheet = book["Models"]
    [cell] = [item for item in sheet[HEADER] if item.value == "moe_intermediate_size"]
    assert f"the column '{ASKED}' may be it" in sheet.cell(FIRST, cell.column).comment.text
    sheet.cell(FIRST, cell.column).value = 1024
    book.save(tmp_path / "typed.xlsx")
    rows = recalculated(tmp_path / "typed.xlsx", tmp_path / "office", "Models")
    typed = [dict(zip(rows[HEADER - 1], row, strict=True)) for row in rows[FIRST - 1 : FIRST + 1]]
    assert typed[0]["total_params"] == typed[1]["total_params"] == found[1]["total_params"]


def test_a_report_that_is_read_again_keeps_the_doubt(workbook: Path, tmp_path: Path) -> None:
    """The default does not come back by the way of a report, nor in its update."""
    assert run("run", workbook, "-o", tmp_path, "--format", "xlsx").exit_code == 0
    report = tmp_path / "models.report.xlsx"
    again = tmp_path / "again"
    assert run("run", report, "-o", again, "--format", "json").exit_code == 0
    assert run("run", "--update", report).exit_code == 0
    assert run("run", report, "-o", tmp_path / "third", "--format", "json").exit_code == 0
    for folder in (again, tmp_path / "third"):
        [file] = folder.glob("*.json")
        first, second = json.loads(file.read_text("utf-8"))["models"]
        assert first["inputs"]["moe_intermediate_size"] is None
        assert first["values"]["total_params"] is None
        assert second["values"]["total_params"] is not None


def test_a_cell_that_is_not_understood_blocks_the_default_of_its_row(
    tmp_path: Path, registry: Registry
) -> None:
    """A range, a question mark, a text under the field's own header: not the row beside it."""
    rows = [
        (*HEAD, "moe_intermediate_size"), ("span", *MODEL, "512-1024"), ("open", *MODEL, "?"),
        ("text", *MODEL, "see paper"), ("blank", *MODEL, None), ("none", *MODEL, "n/a"),
    ]  # fmt: skip
    report = report_of(calculated(tmp_path / "models.xlsx", {"Models": rows}), registry)
    cells = report.columns["moe_intermediate_size"].cells
    assert [cell.value for cell in cells] == [None, None, None, 1024, 1024]
    totals = [cell.value is None for cell in report.columns["total_params"].cells]
    assert totals == [True, True, True, False, False]
