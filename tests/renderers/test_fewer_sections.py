"""A report of some sections only: no error, no hole, no dead link."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from lxml import html as lxml_html

from moe_report.cli.main import main
from moe_report.edit.new_workbook import build_starter
from moe_report.schema.registry import installed
from tests.rows import claims_and_layers

SECTIONS = [section.name for section in installed().sections if not section.layers]
OPTIONS = [[word, name] for word in ("--only", "--skip") for name in SECTIONS]
NEEDED = {
    "parameter_ledger",
    "flops_savings",
    "weight_memory",
    "cache_memory",
    "sharding",
    "offload",
    "communication",
    "serving",
    "design",
}  # by the others, with which they stay
WITHOUT_HEADLINE = {"hardware", "communication", "design"}
WITHOUT_METRICS = "hardware"
FOREIGN = '''"""Widths."""

from moe_report import Model, metric


@metric(symbol="w", unit="ratio", source="a convention", headline=True)
def width_ratio(m: Model) -> float:
    """Width of an expert over that of the model."""
    return m.moe_intermediate_size / m.hidden_size
'''


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of models, claims and lone layers."""
    path = tmp_path_factory.mktemp("some") / "models.xlsx"
    path.write_bytes(build_starter(installed(), examples=False, models=claims_and_layers()))
    return path


@pytest.mark.parametrize("options", [*OPTIONS, ["--metrics", "widths.py", "--only", "widths"]])
def test_a_report_of_some_sections(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """Models of each kind, with each section alone, without each, and with a foreign one alone."""
    monkeypatch.chdir(tmp_path)
    Path("widths.py").write_text(FOREIGN, "utf-8")
    done = CliRunner().invoke(main, ["run", str(models), "-o", "out", *options])
    assert done.exit_code == 0, done.output
    (page,) = Path("out").glob("*.html")
    tree = lxml_html.document_fromstring(page.read_text("utf-8"))
    ids = {f"#{id}" for id in tree.xpath("//@id")}
    assert {href for href in tree.xpath("//a/@href") if href.startswith("#")} <= ids
    shown = tree.xpath("//section[@id='models']//td")
    assert shown or options[-1] in WITHOUT_HEADLINE
    (book,) = Path("out").glob("*.report.xlsx")
    sheets = openpyxl.load_workbook(book)
    assert [
        (cell.parent.title, cell.coordinate)
        for sheet in sheets
        for row in sheet.iter_rows()
        for cell in row
        if "#REF!" in str(cell.value)
    ] == []
    (data,) = Path("out").glob("*.json")
    sections = [section["name"] for section in json.loads(data.read_text("utf-8"))["sections"]]
    word, name = options[-2:]
    alone = word == "--only" and name != WITHOUT_METRICS
    assert (name in sections) == (alone or name in NEEDED)
