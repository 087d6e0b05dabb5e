"""Scenarios in the workbook, as LibreOffice computes them, and in the data."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.load.workbook import read_workbook
from moe_report.ooxml.package import Package
from moe_report.renderers.data import report_as_dict, schema
from moe_report.renderers.html.packed import packed
from moe_report.renderers.html.render import page_of
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Scenarios, Source, given
from tests import reports
from tests.office import convert, disagreements, stored

SHEETS = ("Summary", "Models", "Assumptions")
NAMES = ("base", "long context", "fp8")
SETS = {
    "long context": {"context_length": given(131072), "causal": given(0)},
    'fp8 </script> "&': {"dispatch_bytes": given(1), "combine_bytes": given(1)},
}


@pytest.fixture(scope="module")
def demo(counting_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``moe-report demo`` writes, of the sections that count."""
    folder = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(main, ["demo", "-o", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def run(workbook: Path, folder: Path, *arguments: str) -> Path:
    """Run a workbook; return the report's."""
    command = [
        "run",
        str(workbook),
        "-o",
        str(folder),
        "--format=xlsx",
        "--format=json",
        *arguments,
    ]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    return folder / f"{workbook.stem.removesuffix('.report')}.report.xlsx"


def chosen(workbook: Path, target: Path, name: str) -> Path:
    """A copy of a report with another scenario chosen, as somebody would in a spreadsheet."""
    package = Package(workbook.read_bytes())
    part = package.sheets()["Assumptions"]
    xml = package[part].decode()
    start = xml.index('<c r="B3"')
    end = xml.index("</c>", start)
    cell = xml[start:end]
    head, _, tail = cell.partition('<t xml:space="preserve">')
    assert tail.partition("</t>")[0] in NAMES
    new = f'{head}<t xml:space="preserve">{name}</t></is>' if name else f"{cell.split(' t=')[0]}>"
    package[part] = (xml[:start] + new + xml[end:]).encode()
    target.write_bytes(package.save())
    return target


def report_of(chosen: str = "base", **fixed: float) -> Report:
    """A report with scenarios."""
    row = reports.row("Mixtral 8x7B", reports.MIXTRAL)
    other = reports.row("OLMoE-1B-7B", reports.OLMOE)
    table = ModelTable(
        (row, other), Source("models.xlsx"), {"tokens_per_batch": given(512)},
        scenarios=Scenarios(chosen, SETS),
    )  # fmt: skip
    return build_report(table, load(), assumptions=fixed)


@pytest.mark.parametrize("name", NAMES)
def test_stored_values_are_what_libreoffice_computes(demo: Path, tmp_path: Path, name: str) -> None:
    """Of a report for each scenario, every stored value agrees with a forced recalculation."""
    report = run(demo / "models.xlsx", tmp_path, "--scenario", name)
    live = convert(report, tmp_path / "live")
    for sheet in SHEETS:
        assert not disagreements(stored(report, sheet), stored(live, sheet)), sheet
    assert str(stored(report, "Summary")[1][0]).endswith(f" · scenario {name}")


@pytest.mark.parametrize("name", ["long context", "fp8", "LONG CONTEXT", ""])
def test_another_choice_in_the_workbook_gives_what_a_run_gives(
    demo: Path, tmp_path: Path, name: str
) -> None:
    """Chosen in the spreadsheet and recalculated there, or with --scenario: the same numbers."""
    start = "long context" if name == "" else "base"
    before = run(demo / "models.xlsx", tmp_path / "before", "--scenario", start)
    changed = chosen(before, tmp_path / "changed.xlsx", name)
    live = convert(changed, tmp_path / "live")
    expected = run(demo / "models.xlsx", tmp_path / "again", "--scenario", name or "base")
    rows = stored(expected, "Models")
    assert not disagreements(rows, stored(live, "Models"))
    assert disagreements(rows, stored(before, "Models"))
    assert [row[2] for row in stored(live, "Assumptions")[4:]] == [
        row[2] for row in stored(expected, "Assumptions")[4:]
    ]
    assert str(stored(live, "Summary")[1][0]).endswith(f" · scenario {name or 'base'}")
    # and the numbers that the file still holds from before do not mislead a run
    again = run(changed, tmp_path / "run")
    assert not disagreements(rows, stored(again, "Models"))


def test_a_name_that_is_no_scenario_shows_as_an_error(demo: Path, tmp_path: Path) -> None:
    """Rather than numbers of another scenario; the drop-down would have kept it out."""
    changed = chosen(demo / "models.report.xlsx", tmp_path / "changed.xlsx", "lang context")
    live = stored(convert(changed, tmp_path / "live"), "Assumptions")
    assert live[5][2] == "#N/A"
    result = CliRunner().invoke(main, ["check", str(changed)])
    assert result.exit_code == 1
    assert "cell B3: found 'lang context', expected 'base', 'long context' or" in result.output


def test_a_report_read_back_keeps_scenarios_and_choice(demo: Path, tmp_path: Path) -> None:
    """As we wrote it, and as LibreOffice saved it."""
    registry = load()
    report = run(demo / "models.xlsx", tmp_path, "--scenario", "fp8")
    first = read_workbook(demo / "models.xlsx", registry)
    for path in (report, convert(report, tmp_path / "live")):
        table = read_workbook(path, registry)
        assert table.scenarios.chosen == "fp8"
        assert table.scenarios.fixed == {}
        assert table.assumptions == {}
        assert [
            {name: item.value for name, item in own.items()}
            for own in table.scenarios.values.values()
        ] == [{"context_length": 131072}, {"dispatch_bytes": 1}]
        assert list(table.scenarios.values) == list(first.scenarios.values)


def test_what_was_set_holds_in_every_scenario(demo: Path, tmp_path: Path) -> None:
    """It stands in place of the formula, with a note, and so it does when it is read back."""
    report = run(demo / "models.xlsx", tmp_path, "--set", "context_length=1024")
    sheet = openpyxl.load_workbook(report)["Assumptions"]
    row = next(cell.row for cell in sheet["B"] if cell.value == "context_length")
    assert [sheet.cell(row, column).value for column in range(3, 7)] == [1024, 4096, 131072, None]
    assert "it holds in every scenario" in sheet.cell(row, 3).comment.text
    changed = chosen(report, tmp_path / "changed.xlsx", "long context")
    live = convert(changed, tmp_path / "live")
    again = run(changed, tmp_path / "again")
    assert not disagreements(stored(again, "Models"), stored(live, "Models"))
    data = json.loads(again.with_suffix(".json").read_text("utf-8"))
    assert data["scenario"] == "long context"
    assert data["assumptions"]["context_length"]["value"] == 1024


def test_the_sheet_offers_the_names_and_bounds(demo: Path) -> None:
    """A drop-down of the columns' names; each number is checked as it is typed."""
    sheet = openpyxl.load_workbook(demo / "models.report.xlsx")["Assumptions"]
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert checks["B3"].formula1 == "$D$4:$F$4"
    assert [cell.value for cell in sheet["D4:F4"][0]] == list(NAMES)
    assert sheet["B3"].number_format == "@"
    row = next(cell.row for cell in sheet["B"] if cell.value == "causal")
    check = checks[f"C{row}:F{row}"]
    assert (check.type, check.formula1, check.formula2) == ("whole", "0", "1")


def test_without_scenarios_all_is_as_before(tmp_path: Path) -> None:
    """No choice, no further columns, no word of it."""
    report = reports.usual_report()
    assert "scenario" not in " ".join(page_of(report).facts)
    assert "scenario" not in packed(report)
    made = openpyxl.Workbook()
    made.worksheets[0].append(["name", "num_experts", "num_experts_per_tok"])
    made.worksheets[0].append(["a", 8, 2])
    made.save(tmp_path / "plain.xlsx")
    book = openpyxl.load_workbook(run(tmp_path / "plain.xlsx", tmp_path / "out"))
    sheet = book["Assumptions"]
    assert sheet["B3"].value is None
    assert [cell.value for cell in sheet[4]][2:4] == ["value", "unit"]
    assert any(isinstance(cell.value, (int, float)) for cell in sheet["C"])
    assert "scenario" not in str(book["Summary"]["A2"].value)


def test_the_data_follow_the_schema() -> None:
    """The values that each scenario has, base first, and which the numbers are for."""
    report = report_of("long context", capacity_factor=2)
    data = report_as_dict(report)
    jsonschema.validate(data, schema())
    assert data["scenario"] == "long context"
    assert list(data["scenarios"]) == ["base", *SETS]
    used = {name: item["value"] for name, item in data["assumptions"].items()}
    assert data["scenarios"]["long context"] == used
    assert data["scenarios"]["base"] == used | {"context_length": 4096, "causal": 1}
    assert {values["capacity_factor"] for values in data["scenarios"].values()} == {2}
