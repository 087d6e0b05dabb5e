"""A workbook is read from the disk once and guarded once, whatever is done with it.

One that is written anew is looked at once more, so that nothing is lost that came meanwhile.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.ooxml import guard
from tests.configs import MIXTRAL


class Disk:
    """Counts how often workbooks are opened for reading, and how often bytes pass the guard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads: Counter[str] = Counter()
        self.guarded: Counter[str] = Counter()
        path_open, check_directory = Path.open, guard._check_directory

        def counted_open(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
            if path.suffix == ".xlsx":
                self.reads[path.name] += "r" in mode
            return path_open(path, mode, *args, **options)

        def counted_check(archive: Any, name: str) -> None:
            if name:  # what is written has none yet
                self.guarded[name] += 1
            check_directory(archive, name)

        monkeypatch.setattr(Path, "open", counted_open)
        monkeypatch.setattr(guard, "_check_directory", counted_check)


def workbook_of(path: Path, *row: object) -> Path:
    """A workbook of one model."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Models"
    sheet.append(("name", "num_experts", "num_experts_per_tok"))
    sheet.append(row)
    book.save(path)
    return path


def run(exit_code: int, *arguments: object) -> str:
    """Run moe-report and return what it prints."""
    done = CliRunner().invoke(main, [str(item) for item in arguments])
    assert done.exit_code == exit_code, done.output
    return done.output


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook that is right."""
    return workbook_of(tmp_path / "models.xlsx", "a", 8, 2)


def test_an_updated_report_is_read_once(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is its own input, and what is carried over."""
    run(0, "run", workbook, "-o", tmp_path, "--format", "xlsx", "-q")
    report = tmp_path / "models.report.xlsx"
    disk = Disk(monkeypatch)
    run(0, "run", "--update", report, "-q")
    assert disk.reads == {report.name: 2}
    assert disk.guarded == {report.name: 1}


def test_input_and_updated_report_are_read_once_each(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files are two reads."""
    run(0, "run", workbook, "-o", tmp_path, "--format", "xlsx", "-q")
    report = tmp_path / "models.report.xlsx"
    disk = Disk(monkeypatch)
    run(0, "run", workbook, "--update", report, "-q")
    assert disk.reads == {report.name: 2, workbook.name: 1}
    assert disk.guarded == {report.name: 1, workbook.name: 1}


def test_a_workbook_that_takes_models_is_read_once(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows go into what was read; the new bytes are guarded too before they are written."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(MIXTRAL))
    disk = Disk(monkeypatch)
    run(0, "import", config, "--into", workbook)
    assert disk.reads == {workbook.name: 2}
    assert disk.guarded == {workbook.name: 2}


@pytest.mark.parametrize("beside", [(), ("config.json",)])
def test_a_workbook_with_marked_cells_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: tuple[str, ...]
) -> None:
    """The copy is made of what was refused, alone or beside models' own files."""
    (tmp_path / "config.json").write_text(json.dumps(MIXTRAL))
    workbook = workbook_of(tmp_path / "models.xlsx", "a", -8, 2)
    disk = Disk(monkeypatch)
    inputs = [workbook, *(tmp_path / name for name in beside)]
    copy = tmp_path / "marked.xlsx"
    said = run(1, "run", *inputs, "--annotate-errors", copy, "-o", tmp_path)
    assert f"wrote {copy}, with the bad cells marked" in said
    assert disk.reads == {workbook.name: 1}
    assert disk.guarded == {workbook.name: 1}
