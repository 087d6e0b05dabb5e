"""Who may import whom, as the contract in pyproject.toml has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = "A layer imports only those below it"
ENGINE = "The engine names no section"
PACKAGES = "Packages of .xlsx files know nothing of models"
CIRCLES = "No package goes round in a circle"


def lint(folder: Path) -> tuple[int, str]:
    """Exit code of lint-imports in a checkout, and what it says."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'plugins'}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_contract_is_kept() -> None:
    """Nobody imports what stands above."""
    code, said = lint(ROOT)
    assert code == 0, said


@pytest.mark.parametrize(
    ("file", "line", "contract", "found"),
    [
        ("table.py", "def late():\n    from moe_report.renderers import data", LAYERS,
         "moe_report.table -> moe_report.renderers.data"),
        ("text.py", "if TYPE_CHECKING:\n    from moe_report.table import Row", LAYERS,
         "moe_report.text -> moe_report.table"),
        ("schema/fields.py", "import moe_report_metrics.parameter_ledger", ENGINE,
         "moe_report.schema.fields -> moe_report_metrics.parameter_ledger"),
        ("ooxml/rows.py", "from moe_report.text import shown", PACKAGES,
         "moe_report.ooxml.rows -> moe_report.text"),
        ("schema/fields.py", "def late():\n    import moe_report.schema.headers", CIRCLES,
         "No cycles are allowed in moe_report.schema."),
        ("stray.py", "", LAYERS, "not listed as layers: - moe_report.stray"),
    ],
)  # fmt: skip
def test_wrong_import_breaks_the_contract(
    tmp_path: Path, file: str, line: str, contract: str, found: str
) -> None:
    """An import upwards is found in a function and under TYPE_CHECKING too, as is a new module."""
    for part in ("moe_report", "plugins"):
        ignored = shutil.ignore_patterns("__pycache__", "*.json")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "moe_report" / file).open("a", encoding="utf-8") as changed:
        changed.write(f"\nfrom typing import TYPE_CHECKING\n\n{line}\n")
    code, said = lint(tmp_path)
    assert code != 0
    assert f"{contract} BROKEN" in said
    assert found in said
