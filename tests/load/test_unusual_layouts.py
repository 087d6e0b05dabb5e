"""Workbooks laid out in unusual ways: what is made of them can be read, and put into, again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main

_CONFIG = {
    "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 4096,
    "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "num_local_experts": 8, "num_experts_per_tok": 2,
    "vocab_size": 32000, "tie_word_embeddings": False,
}  # fmt: skip


def _workbook(path: Path, rows: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Models"
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    book.save(path)
    return path


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    return f"{done.exit_code} {done.output}"


def _imported(tmp_path: Path, workbook: Path) -> str:
    config = tmp_path / "model" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(_CONFIG))
    return _run("import", config, "--into", workbook)


def _rows(path: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)["Models"].iter_rows(values_only=True))


def test_a_report_with_a_field_carried_along_is_read_again(tmp_path: Path) -> None:
    """Two columns that differ on one field are carried along under names of their own."""
    header: list[Any] = [
        "name",
        "num_experts",
        "num_experts_per_tok",
        "total_params",
        "Total params",
        "Model",
    ]
    rows = [["a", 8, 2, 1e9, 2e9, "A"], ["b", 8, 2, 3e9, 2e9, "B"]]
    workbook = _workbook(tmp_path / "models.xlsx", [header, *rows])
    assert _run("run", workbook, "-o", tmp_path, "--format", "xlsx").startswith("0 ")
    report = tmp_path / "models.report.xlsx"
    names = openpyxl.load_workbook(report)["Models"].tables["Models"].column_names
    assert len({name.casefold() for name in names}) == len(names)
    assert {"total_params (D1)", "Total params (E1)", "Model (F1)"} <= {*names}
    assert _run("run", report, "-o", tmp_path / "again").startswith("0 ")
    assert _run("run", "--update", report, workbook).startswith("0 ")


def test_a_model_is_put_below_headers_in_two_rows(tmp_path: Path) -> None:
    """New columns go to the lower one, where a field's name holds whatever stands above it."""
    header: list[list[Any]] = [
        ["Model", "Experts", None, "Dims"],
        [None, "Total", "Active", "Hidden"],
    ]
    merged = ("A1:A2", "B1:C1")
    workbook = _workbook(tmp_path / "two.xlsx", [*header, ["a", 8, 2, 64]], merged)
    assert _imported(tmp_path, workbook).startswith("0 ")
    _, lower, before, new = _rows(workbook)
    assert before[:4] == ("a", 8, 2, 64)
    assert new[1:4] == (8, 2, 4096)
    assert new[lower.index("num_hidden_layers")] == 32


def test_a_new_column_stands_beside_headers_not_beside_units(tmp_path: Path) -> None:
    """A row of units below the headers stays one."""
    header: list[list[Any]] = [["Model", "Params", "Hidden", "Experts"], ["", "B", "-", "#"]]
    workbook = _workbook(tmp_path / "units.xlsx", [*header, ["a", 46.7, 64, 8]])
    assert _imported(tmp_path, workbook).startswith("0 ")
    upper, units, *_, new = _rows(workbook)
    assert units[4:] == (None,) * len(units[4:])
    assert new[upper.index("num_hidden_layers")] == 32


@pytest.mark.parametrize("unit", ["B", "(B)", "[B]", "in billions"])
def test_units_below_a_name_scale_its_numbers(tmp_path: Path, unit: str) -> None:
    """A header that is a field's own name says nothing of the unit that stands below it."""
    rows = [
        ["Model", "total_params", "Active params", "Experts", "Top-k"], ["", unit, unit, "", ""],
        ["a", 46.7, 12.9, 8, 2],
    ]  # fmt: skip
    workbook = _workbook(tmp_path / "units.xlsx", rows)
    assert _run("run", workbook, "-o", tmp_path, "--format", "json").startswith("0 ")
    [model] = json.loads((tmp_path / "units.report.json").read_text("utf-8"))["models"]
    assert (model["values"]["total_params"], model["values"]["active_params"]) == (46.7e9, 12.9e9)


def test_nothing_is_put_into_a_sheet_whose_models_are_columns(tmp_path: Path) -> None:
    """It is said how it could be, and the workbook stays as it is."""
    rows: list[list[Any]] = [
        ["Model", "a"],
        ["num_experts", 8],
        ["num_experts_per_tok", 2],
        ["hidden_size", 64],
    ]
    workbook = _workbook(tmp_path / "turned.xlsx", rows)
    before = workbook.read_bytes()
    said = _imported(tmp_path, workbook)
    assert said.startswith("1 ")
    assert "turned.xlsx, sheet Models: its models are its columns" in said
    assert workbook.read_bytes() == before


@pytest.mark.parametrize("header", ["total_params (D1)", "D1"])
def test_what_a_report_calls_a_column_says_which_it_is(tmp_path: Path, header: str) -> None:
    """The option names it by its header, by that with its cell, or by its cell alone."""
    names: list[Any] = ["name", "num_experts", "num_experts_per_tok", "total_params", "Params"]
    workbook = _workbook(tmp_path / "models.xlsx", [names, ["a", 8, 2, 1e9, 2e9]])
    assert _run("columns", workbook, "--column", f"{header}=").startswith("0 ")
    said = _run("run", workbook, "-o", tmp_path, "--column", f"{header}=")
    assert "no column is headed so" not in said


def test_a_share_of_all_models_makes_no_row_a_sum(tmp_path: Path) -> None:
    """A model may be compared with the sum, or the best, of the rows that it is one of."""
    path = tmp_path / "models.xlsx"
    rows: list[list[Any]] = [["name", "num_experts", "num_experts_per_tok", "share", "of the best"]]
    rows += [[name, 8, 2, f"=B{at}/SUM(B$2:B$4)", f"=B{at}/MAX(B$2:B$4)"]
             for at, name in enumerate("abc", start=2)]  # fmt: skip
    rows.append(["", "=SUM(B2:B4)"])
    said = _run("run", _workbook(path, rows), "-o", tmp_path, "--format", "xlsx")
    assert ": 3 models" in said
