"""The built wheel in a clean environment: what a user installs is what the checkout shows."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pip(*arguments: str) -> None:
    """Run pip, quietly."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, timeout=600)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("moe_report-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh virtual environment that has only the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    programs = folder / "bin"
    pip("--python", str(programs / "python"), "install", str(wheel))
    return programs


def test_the_wheel_holds_everything(wheel: Path) -> None:
    """Metrics, templates, examples, schema and type marker are inside; tests are not.

    Nor is the example of another distribution.
    """
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "moe_report/py.typed",
        "moe_report/fit.schema.json",
        "moe_report/report.schema.json",
        "moe_report/templates/report.html.j2",
        "moe_report/templates/plugin/pyproject.toml",
        "moe_report/templates/plugin/moe_report_new_section/py.typed",
        "moe_report/load/examples/mixtral-8x7b.json",
        "moe_report_metrics/parameter_ledger.py",
        "moe_report_metrics/py.typed",
    ):
        assert needed in names
    assert not [name for name in names if name.startswith("tests") or "carbon" in name]


def test_demo_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The demo writes its three reports, and the worked examples come out as their texts say."""
    subprocess.run(
        [installed / "moe-report", "demo", "-o", "out"], cwd=tmp_path, check=True, timeout=120,
        capture_output=True,
    )  # fmt: skip
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        "models.xlsx", "models.report.xlsx", "models.report.html", "models.report.json"
    }  # fmt: skip
    report = json.loads((tmp_path / "out" / "models.report.json").read_text("utf-8"))
    models = {model["name"]: model for model in report["models"]}
    layers = {
        "Layer, 1000 experts, top-2": (262_144_000, 524_288, 99.8),
        "Layer, 10 experts, top-1": (40_960, 4_096, 90.0),
        "Layer, 16 experts, top-2": (2_097_152, 262_144, 87.5),
    }
    for name, (dense, sparse, savings) in layers.items():
        values = models[name]["values"]
        assert values["dense_layer_macs"] == dense
        assert values["sparse_layer_macs"] == sparse
        assert round(values["expert_flops_savings"] * 100, 1) == savings
    tabulated = {
        "Mixtral 8x7B (as tabulated)": (28, set()),
        "DeepSeek-V2 (as tabulated)": (9, {"num_experts", "active_params"}),
        "Switch-C (as tabulated)": (1.6, {"num_experts", "total_params", "active_params"}),
        "Grok-1 (as tabulated)": (25, {"total_params", "active_params"}),
    }
    for name, (percent, doubted) in tabulated.items():
        efficiency = models[name]["values"]["parameter_efficiency"] * 100
        assert abs(efficiency - percent) < 0.6
        assert {finding["column"] for finding in models[name]["findings"]} == doubted
