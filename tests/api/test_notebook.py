"""The notebook of the documentation runs from the first cell to the last."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
# What runs the cells as Jupyter does, and prints what the last one gives.
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
for cell in json.loads(sys.stdin.read())["cells"]:
    if cell["cell_type"] == "code":
        result = shell.run_cell("".join(cell["source"]))
        result.raise_error()
        found = shell.display_formatter.format(result.result)[0]
        print("CELL", cell["id"], *found)
"""


def executed(notebook: dict[str, object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook's cells in a folder."""
    programs = Path(sys.executable).parent
    paths = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "IPYTHONDIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(notebook), cwd=folder, text=True,
        env=os.environ | paths, capture_output=True, timeout=120,
    )  # fmt: skip


@pytest.fixture
def notebook() -> dict[str, object]:
    """The notebook as it is in the checkout."""
    found: dict[str, object] = json.loads(NOTEBOOK.read_text("utf-8"))
    return found


def test_the_notebook_runs(notebook: dict[str, object], tmp_path: Path) -> None:
    """A report shows itself as a table, a frame too, and the files are written."""
    done = executed(notebook, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for line in done.stdout.splitlines() if line.startswith("CELL")]
    cells = notebook["cells"]
    assert isinstance(cells, list)
    assert len(shown) == sum(cell["cell_type"] == "code" for cell in cells) > 8
    assert sum(line.endswith("text/plain text/html") for line in shown) >= 2
    assert "there is no model 'gpt-oss-120'. Did you mean 'gpt-oss-120b'?" in done.stdout
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "models.report.xlsx", "models.report.html"
    }  # fmt: skip


def test_a_wrong_cell_is_seen(notebook: dict[str, object], tmp_path: Path) -> None:
    """A notebook that names what is not there fails."""
    text = json.dumps(notebook)
    assert text.count("model.active_params,") == 1
    wrong = json.loads(text.replace("model.active_params,", "model.activ_params,"))
    done = executed(wrong, tmp_path)
    assert done.returncode != 0
    assert "Did you mean 'active_params'?" in done.stderr


def test_no_output_is_stored(notebook: dict[str, object]) -> None:
    """What a version printed is not kept beside another's code."""
    cells = notebook["cells"]
    assert isinstance(cells, list)
    assert not [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")]
