"""Somebody else's package of metrics: built, installed, and in every output, engine untouched."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import openpyxl
from click.testing import CliRunner

import moe_report
from moe_report.cli.main import main
from tests.office import recalculated
from tests.schema.distributions import install

MODULE = '''"""Energy of the weights.

What it takes to read every weight once.
"""

from dataclasses import dataclass

from moe_report import Model, assumption, metric
from moe_report_metrics.parameter_ledger import total_params

ORDER = 55


@dataclass(frozen=True)
class Memory:
    """What the weights lie in."""

    picojoules_per_byte: float = assumption(
        7, symbol="ε", unit="pJ/byte", help="Energy to read a byte.", minimum=0.001
    )


@metric(symbol="W_read", unit="pJ", source="a convention of this package", headline=True)
def weight_energy(m: Model, memory: Memory) -> float:
    """Energy to read all weights once, in two bytes each."""
    return 2 * total_params(m) * memory.picojoules_per_byte


@metric(symbol="κ_layer", unit="experts", source="a convention of this package", format="decimal")
def choices(m: Model) -> float:
    """Experts that a token meets on its way."""
    return m.num_experts_per_tok * m.num_hidden_layers
'''
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "moe-energy"
version = "0.3"
dependencies = ["moe-report"]

[project.entry-points."moe_report.metrics"]
energy = "moe_energy"

[tool.hatch.build.targets.wheel]
only-include = ["moe_energy.py"]
"""
MIXTRAL = {
    "name": "Mixtral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
    "num_experts": 8, "num_experts_per_tok": 2,
}  # fmt: skip
TOTAL = 46_702_792_704


def workbook(folder: Path) -> Path:
    """A workbook with a whole model and one of which less is known."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(MIXTRAL))
    sheet.append(list(MIXTRAL.values()))
    sheet.append(["Layers only", 10, *(None for _ in range(6)), 3])
    path = folder / "models.xlsx"
    book.save(path)
    return path


def column_of(path: Path, name: str, *, values: bool) -> list[Any]:
    """What the sheet Models has under a header: formulas, or the values stored with them."""
    sheet = openpyxl.load_workbook(path, data_only=values)["Models"]
    rows = list(sheet.iter_rows(values_only=True))
    at = next(number for number, row in enumerate(rows) if name in row)
    return [row[rows[at].index(name)] for row in rows[at + 1 :]]


def check_outputs(folder: Path, tmp_path: Path, picojoules: float = 7) -> None:
    """The package's metrics are in all three outputs, with formula, number and MathML."""
    energy = 2 * TOTAL * picojoules
    data = json.loads((folder / "models.report.json").read_text("utf-8"))
    whole, part = data["models"]
    assert whole["values"]["weight_energy"] == energy
    assert whole["values"]["choices"] == 64
    assert whole["provenance"]["weight_energy"] == {"from": "assumed"}
    assert part["values"]["weight_energy"] is None
    assert part["values"]["choices"] == 30
    assert data["assumptions"]["picojoules_per_byte"]["value"] == picojoules
    (section,) = [item for item in data["sections"] if item["name"] == "energy"]
    assert section["title"] == "Energy of the weights"
    assert (section["distribution"], section["module"]) == ("moe-energy", "moe_energy")
    assert section["metrics"] == ["weight_energy", "choices"]
    assert data["failures"] == []

    report = folder / "models.report.xlsx"
    formula, _ = column_of(report, "weight_energy", values=False)
    assert formula == (
        '=IF(COUNT(Models[[#This Row],[total_params]],picojoules_per_byte)<2,"",'
        "2*Models[[#This Row],[total_params]]*picojoules_per_byte)"
    )
    assert column_of(report, "weight_energy", values=True) == [energy, None]
    assert column_of(report, "choices", values=True) == [64, 30]
    computed = recalculated(report, tmp_path / "office", "Models")
    header = next(row for row in computed if "weight_energy" in row)
    at = header.index("weight_energy")
    assert [row[at] for row in computed[computed.index(header) + 1 :]] == [energy, None]

    page = (folder / "models.report.html").read_text("utf-8")
    mathml = data["metrics"]["weight_energy"]["mathml"]
    assert "<mtext>read</mtext>" in mathml
    assert "<mi>ε</mi>" in mathml
    assert "<code>2 * total_params * picojoules_per_byte</code>" in page  # typeset by its script
    assert re.search(rf"[;,]{energy:.0f}[;,]", page)  # among the packed numbers
    assert "Energy of the weights" in page


def test_through_a_fake_distribution(site: Path, tmp_path: Path) -> None:
    """In this process, a package that is only found on sys.path comes out everywhere."""
    install(site, "moe-energy", {"moe_energy": MODULE}, {"energy": "moe_energy"})
    book = workbook(tmp_path)
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main, ["run", str(book), "-o", str(out), "--set", "picojoules_per_byte=3.5"]
    )
    assert result.exit_code == 0, result.output
    check_outputs(out, tmp_path, 3.5)


def test_without_the_package_there_is_nothing_of_it(tmp_path: Path) -> None:
    """Not installed, it leaves no trace, and its assumption is unknown."""
    book = workbook(tmp_path)
    result = CliRunner().invoke(main, ["run", str(book), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "weight_energy" not in (tmp_path / "out" / "models.report.json").read_text("utf-8")
    result = CliRunner().invoke(
        main, ["run", str(book), "-o", str(tmp_path / "out"), "--set", "picojoules_per_byte=3"]
    )
    assert result.exit_code == 1
    assert "picojoules_per_byte" in result.output


def run(*command: str | Path, folder: Path) -> str:
    """Run a program where nothing of this checkout is in the way; return what it says."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_built_and_installed(tmp_path: Path) -> None:
    """In an environment of its own, pip builds and installs both, and the metrics are there."""
    project = tmp_path / "moe-energy"
    project.mkdir()
    (project / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (project / "moe_energy.py").write_text(MODULE, "utf-8")

    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    libraries = Path(run(python, "-c", "import sysconfig as s; print(s.get_path('purelib'))",
                         folder=tmp_path).strip())  # fmt: skip
    # The dependencies of moe-report are those of this environment: a search path, behind its own.
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (libraries / "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n", "utf-8")
    checkout = Path(moe_report.__file__).parent.parent
    isolated = [] if importlib.util.find_spec("hatchling") is None else ["--no-build-isolation"]
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
        "--force-reinstall", "--ignore-installed", *isolated, checkout, project,
        folder=tmp_path)  # fmt: skip

    where = run(python, "-c", "import moe_report; print(moe_report.__file__)", folder=tmp_path)
    assert Path(where.strip()).is_relative_to(libraries)
    assert "moe-energy 0.3" in run(scripts / "moe-report", "metrics", folder=tmp_path)
    book = workbook(tmp_path)
    said = run(scripts / "moe-report", "run", book, "-o", tmp_path / "out", folder=tmp_path)
    assert "Mixtral" in said
    check_outputs(tmp_path / "out", tmp_path)
    assert sys.executable != str(python)
