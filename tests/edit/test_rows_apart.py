"""Claims that stand apart from the models on Summary: what refers to them follows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from moe_report.renderers.excel import summary_sheet
from moe_report.reports import Report
from tests.edit.test_update import MODELS, edited, loaded, run, write_input
from tests.office import convert


def _input(path: Path, *new: str) -> Path:
    """New models, the usual ones, and a claim about one of these."""
    first = {key: values[0] for key, values in MODELS.items()}
    columns: dict[str, Sequence[Any]] = {
        key: (*(first[key] for _ in new), *values, None)
        for key, values in MODELS.items()
        if not key.startswith("#")
    }
    columns["name"] = (*new, "Small", "Large", "Small, as told")
    for key, told in (("num_experts", 60), ("num_experts_per_tok", 8)):
        columns[key] = (*columns[key][:-1], told)
    columns["compare_with"] = (*(None for _ in columns["name"][1:]), "Small")
    return write_input(path, columns)


def _report(folder: Path, *formulas: str) -> Path:
    """A report with a sheet of the user's that has some formulas."""
    done = run(_input(folder / "models.xlsx"), "-o", folder, "--format", "xlsx", "-q")
    assert done.exit_code == 0, done.output

    def add(book: Any) -> None:
        own = book.create_sheet("Mine")
        for row, formula in enumerate(formulas, start=1):
            own.cell(row, 1).value = formula

    return edited(folder / "models.report.xlsx", add)


def _updated(report: Path, *arguments: str | Path) -> list[Any]:
    """The formulas of the user's sheet after an update."""
    done = run(*arguments, "--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    return [cell.value for cell in loaded(report)["Mine"]["A"]]


def test_a_model_more_moves_the_claims(tmp_path: Path) -> None:
    """What means all models means the new one, too; a claim is further down."""
    report = _report(tmp_path, "=Summary!B7", "=SUM(Summary!B6:B7)", "=Summary!E10")
    assert loaded(report)["Summary"]["A10"].value == "Small, as told"
    found = _updated(report, _input(tmp_path / "next.xlsx", "New"))
    assert found == ["=Summary!B8", "=SUM(Summary!B6:B8)", "=Summary!E11"]


def test_claims_leave_the_models_of_an_older_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier reports had all rows in one table: a sum of them stays what it was."""

    def all_in_one(report: Report) -> dict[str, range]:
        return {"models": range(len(report.models))}

    with monkeypatch.context() as earlier:
        earlier.setattr(summary_sheet, "rows_by_kind", all_in_one)
        report = _report(tmp_path, "=Summary!B7", "=SUM(Summary!E6:E8)", "=Summary!E8")
    assert loaded(report)["Summary"]["A8"].value == "Small, as told"
    assert _updated(report) == ["=Summary!B7", "=SUM(Summary!E6:E10)", "=Summary!E10"]


def test_values_that_are_to_be_computed_are_said(tmp_path: Path) -> None:
    """Of formulas of the user's that rest on the report, if they had any."""
    report = _report(tmp_path, "=Summary!B7", "=1+1")
    shutil.move(convert(report, tmp_path / "settled"), report)
    done = run("--update", report, "-q")
    said = "models.report.xlsx: 1 formula of yours (Mine) rests on the report: its value is"
    assert said in done.output
    values = openpyxl.load_workbook(report, data_only=True)["Mine"]["A"]
    assert [cell.value for cell in values] == [None, 2]
    assert "of yours" not in run("--update", report, "-q").output
