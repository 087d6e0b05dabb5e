"""The distribution that `plugin new` writes: as generated it is sound, and comes out everywhere."""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import json
import os
import sys
import venv
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from lxml import html

import moe_report
from moe_report.cli.main import main
from tests.schema.distributions import install
from tests.schema.test_plugin_distribution import run, workbook

CHECKOUT = Path(moe_report.__file__).parent.parent
NAME = "moe-report-weights-of-ours"
SECTION, MODULE = "weights_of_ours", "moe_report_weights_of_ours"
FIELD, METRIC = f"{SECTION}_copies", f"{SECTION}_weight_bytes"
_LONG = (
    "a-name-that-is-longer-than-any-line-of-imports-should-be",
    *("a_name_that_is_longer_than_any_line_of_imports_should_be",) * 2,
)
LABEL, DOUBT = "Weights in memory", "a token reads 95.0 % of the weights"
FILES = {
    "README.md", "pyproject.toml", f"{MODULE}/__init__.py", f"{MODULE}/py.typed",
    "tests/test_section.py",
}  # fmt: skip


def new(*arguments: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(main, ["plugin", "new", *arguments])


def files_of(folder: Path) -> set[str]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_built_and_installed(tmp_path: Path) -> None:
    """Its tests, mypy and ruff pass, and all outputs have its section."""
    project = tmp_path / "project"
    assert new(NAME, "-o", str(project)).exit_code == 0
    isolated = [] if importlib.util.find_spec("hatchling") is None else ["--no-build-isolation"]
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path,
        "--disable-pip-version-check", *isolated, project, folder=tmp_path)  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")

    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    where = "import sysconfig as s; print(s.get_path('purelib'))"
    libraries = Path(run(python, "-c", where, folder=tmp_path).strip())
    ours = [path for path in sys.path if path.endswith("-packages")]
    paths = [str(CHECKOUT), str(CHECKOUT / "plugins"), *ours]
    (libraries / "checkout.pth").write_text("\n".join(paths) + "\n", "utf-8")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", wheel, folder=tmp_path)  # fmt: skip

    before = files_of(project)
    assert " 5 passed" in run(python, "-m", "pytest", "-p", "no:cacheprovider", folder=project)
    assert "Success" in run(python, "-m", "mypy", "--cache-dir", tmp_path / "c", folder=project)
    of_ruff = importlib.metadata.files("ruff") or ()
    ruff = next(file.locate() for file in of_ruff if file.stem == "ruff" and "bin" in str(file))
    run(Path(str(ruff)), "check", "--no-cache", ".", folder=project)
    assert {path for path in files_of(project) - before if "__pycache__" not in path} == set()

    command = [python, "-m", "moe_report"]
    assert "no findings" in run(*command, "plugin", "check", SECTION, folder=tmp_path)
    formats = [f"--format={kind}" for kind in ("xlsx", "html", "json", "csv", "md")]
    book = models(workbook(tmp_path))
    run(*command, "run", book, "-o", tmp_path / "out", *formats, folder=tmp_path)
    check_outputs(tmp_path / "out")


def models(path: Path) -> Path:
    """The workbook with a number of the section's field, and a model that its check doubts."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    last = sheet.max_column
    for number, header in enumerate((FIELD, "total_params", "active_params"), start=last + 1):
        sheet.cell(1, number, header)
    sheet.cell(2, last + 1, 3)
    sheet.append(["Nearly dense", *(None for _ in range(last)), 8e9, 7.6e9])
    book.save(path)
    return path


def check_outputs(folder: Path) -> None:
    """Field, metric, assumption, chart, check, point and headline are where they belong."""
    data = json.loads((folder / "models.report.json").read_text("utf-8"))
    first, *_, last = data["models"]
    number = 3 * 2 * first["values"]["total_params"]
    assert (first["inputs"][FIELD], first["values"][METRIC]) == (3, number)
    assert last["values"][METRIC] == 2 * 8e9
    assert data["assumptions"][f"{SECTION}_weight_width"]["value"] == 2
    assert data["failures"] == []
    assert [any(DOUBT in item["message"] for item in model["findings"])
            for model in data["models"]] == [False, False, True]  # fmt: skip

    book = openpyxl.load_workbook(folder / "models.report.xlsx")
    texts = {sheet.title: {str(cell.value) for row in sheet.iter_rows() for cell in row}
             for sheet in book}  # fmt: skip
    assert {FIELD, METRIC} <= texts["Models"]
    assert any(DOUBT in text for text in texts["Findings"])
    assert any(text.startswith(LABEL) for text in texts["Summary"])  # headline
    drawn = [item.tx.strRef or item.tx.v for sheet in book for chart in sheet._charts
             for item in chart.series]  # fmt: skip
    assert LABEL in drawn

    page = html.fromstring((folder / "models.report.html").read_bytes())
    text = " ".join(page.text_content().split())
    assert "Weights of ours" in text
    assert "Memory holds every expert" in text
    assert DOUBT in text
    assert page.get_element_by_id(f"chart-{SECTION}_weights") is not None
    heads = page.xpath("//table")[0].xpath(".//th")  # of the headline
    assert any(LABEL in head.text_content() for head in heads)
    with (folder / "models.report.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (float(row[FIELD]), float(row[METRIC])) == (3, number)
    assert LABEL in (folder / "models.report.md").read_text("utf-8")


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("name", "folder", "module", "section"),
    [
        ("moe-report-weights-of-ours", "moe-report-weights-of-ours", MODULE, SECTION),
        ("Our_Weights.v2", "our-weights-v2", "our_weights_v2", "our_weights_v2"),
        ("ours", "ours", "ours", "ours"),
        (" My energy", "my-energy", "my_energy", "my_energy"),
        ("a-name-that-is-longer-than-any-line-of-imports-should-be", *_LONG),
    ],
)
def test_names(tmp_path: Path, name: str, folder: str, module: str, section: str) -> None:
    """The folder, the module and the section follow the name; nothing of the template's is left."""
    result = new(name)
    assert result.exit_code == 0, result.output
    assert result.output.endswith(
        f"next: pip install -e {folder}, moe-report plugin check {section}\n"
    )
    written = files_of(tmp_path / folder)
    assert written == {path.replace(MODULE, module) for path in FILES}
    for path in written:
        text = (tmp_path / folder / path).read_text("utf-8").casefold().replace(" ", "_")
        assert "new_section" not in text.replace("-", "_"), path
    checked = CliRunner().invoke(main, ["plugin", "check", f"{folder}/{module}/__init__.py"])
    assert "no findings" in checked.output, checked.output


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x", "expected 2 to 60 letters from a to z"),
        ("a b-", "a letter first and none of the signs last"),
        ("../ours", "expected 2 to 60 letters from a to z"),
        ("ours-", "expected 2 to 60 letters from a to z"),
        ("1st", "expected 2 to 60 letters from a to z"),
        ("größe", "expected 2 to 60 letters from a to z"),
        ("o" * 61, "expected 2 to 60 letters from a to z"),
        ("moe-report-1st", "makes no name of a module"),
        ("moe-report-class", "makes no name of a module"),
        ("match", "makes no name of a module"),
        ("json", "there is a module 'json' already"),
        ("tests", "there is a module 'tests' already"),
        ("numpy", "a distribution 'numpy' is installed already"),
        ("Moe_Report", "a distribution 'moe-report' is installed already"),
        ("moe-report-metrics", "there is a module 'moe_report_metrics' already"),
        ("moe-report-flops-savings", "a section 'flops_savings' is installed already"),
    ],
)
def test_names_that_are_refused(tmp_path: Path, name: str, why: str) -> None:
    """With the reason, and nothing is written."""
    result = new(name)
    assert result.exit_code == 2
    assert why in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_here")
def test_names_of_metrics_that_are_taken(tmp_path: Path, site: Path) -> None:
    """A section whose metric is called as one of the new ones would be keeps its name."""
    text = """
from moe_report import Model, metric
@metric(symbol="s", unit="ratio", source="a convention")
def ours_active_share(m: Model) -> float:
    '''Share of it.'''
    return m.num_experts
"""
    install(site, "moe-mine", {"moe_mine": text}, {"mine": "moe_mine"})
    result = new("ours")
    assert result.exit_code == 2
    assert "there is a field or metric 'ours_active_share' already" in " ".join(
        result.output.split()
    )


@pytest.mark.usefixtures("_here")
def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder with anything in it, or a file, is left as it is; an empty one is filled."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("mine", "utf-8")
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "empty").mkdir()
    for place, said in (
        ("full", "full: is there already, and not empty; give -o another name"),
        ("full/.hidden", "is a file"),
        ("file", "file: is a file; give -o another name"),
    ):
        result = new("ours", "-o", place)
        assert (result.exit_code, said in result.output) == (1, True), result.output
    assert files_of(tmp_path) == {"full/.hidden", "file"}
    assert new("ours", "-o", "empty").exit_code == 0
    assert len(files_of(tmp_path / "empty")) == len(FILES)
