"""Scenarios: named sets of assumptions, from the sheet and the command line to the numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.errors import InputError
from moe_report.load.workbook import inspect_workbook, open_workbook, read_workbook
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Scenarios, Source, given
from tests import reports

Rows = Sequence[Sequence[object]]
CHOICE = ("Scenario", "long")
HEADER = ("name", "value", "long", "fp8")
CONTEXT = ("context_length", 8192, 131072, None)
BYTES = ("dispatch_bytes", None, None, 1)


def book(folder: Path, *rows: Sequence[object], name: str = "models.xlsx") -> Path:
    """Write a workbook of one model whose sheet Assumptions has these rows."""
    made = openpyxl.Workbook()
    models = made.worksheets[0]
    models.title = "Models"
    models.append(["name", *reports.MIXTRAL])
    models.append([name.removesuffix(".xlsx"), *reports.MIXTRAL.values()])
    sheet = made.create_sheet("Assumptions")
    for row in rows:
        sheet.append(list(row))
    made.save(folder / name)
    return folder / name


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def data_of(folder: Path, *arguments: object) -> dict[str, object]:
    """The JSON that a run of a workbook in the folder writes."""
    out = folder / "out"
    result = run("run", *arguments, "-o", out, "--format", "json", "--quiet")
    assert result.exit_code == 0, result.output
    [path] = out.glob("*.json")
    found: dict[str, object] = json.loads(path.read_text("utf-8"))
    path.unlink()
    return found


def used(report: Report) -> dict[str, float]:
    """The assumptions that a report was computed for, without those at their default."""
    return {
        item.definition.name: item.value
        for item in report.assumptions
        if item.value != item.definition.default
    }


# -- reading


def test_columns_beside_value_are_scenarios(tmp_path: Path, registry: Registry) -> None:
    """A cell that is empty is as in base; the labelled cell chooses, in any case of letters."""
    path = book(tmp_path, ("scenario:", " LONG "), HEADER, CONTEXT, BYTES, ("causal", 0, 1, None))
    table = read_workbook(path, registry)
    assert table.scenarios.chosen == "long"
    assert {name: item.value for name, item in table.assumptions.items()} == {
        "context_length": 8192, "causal": 0
    }  # fmt: skip
    assert table.scenarios.values["long"]["context_length"].place == "Assumptions!C3"
    assert used(build_report(table, registry)) == {"context_length": 131072}
    assert used(build_report(table, registry, scenario="base")) == {
        "context_length": 8192, "causal": 0
    }  # fmt: skip
    report = build_report(table, registry, scenario="fp8")
    assert used(report) == {"context_length": 8192, "causal": 0, "dispatch_bytes": 1}
    assert report.scenario == "fp8"
    assert [scenario.name for scenario in report.scenarios] == ["base", "long", "fp8"]
    assert report.scenarios[1].own == {"context_length": 131072, "causal": 1}
    assert report.scenarios[1].values["dispatch_bytes"] == 2


def test_a_column_base_is_base(tmp_path: Path, registry: Registry) -> None:
    """Then a number under value holds in every scenario, which is said."""
    path = book(
        tmp_path, CHOICE, ("name", "value", "Base", "long"),
        ("context_length", None, 8192, 131072), ("causal", 0, None, 1),
    )  # fmt: skip
    table = read_workbook(path, registry)
    assert used(build_report(table, registry)) == {"context_length": 131072, "causal": 0}
    assert used(build_report(table, registry, scenario="base")) == {
        "context_length": 8192, "causal": 0
    }  # fmt: skip
    assert tuple(map(str, table.warnings)) == (
        "models.xlsx: causal is 0 in every scenario, for that stands in Assumptions!B4 in place of "
        "the formula",
    )


@pytest.mark.parametrize("choice", [(), ("Scenario",), ("Scenario", " "), ("Scenario", "Base")])
def test_nothing_chosen_is_base(
    tmp_path: Path, registry: Registry, choice: Sequence[object]
) -> None:
    """Without the labelled cell, or with an empty one, the numbers are as without scenarios."""
    table = read_workbook(book(tmp_path, choice, HEADER, CONTEXT), registry)
    assert table.scenarios.chosen == "base"
    assert list(table.scenarios.values) == ["long", "fp8"]
    assert used(build_report(table, registry)) == {"context_length": 8192}


def test_remarks_are_no_scenarios(tmp_path: Path, registry: Registry) -> None:
    """Known headers and # are passed over, and words without a number are skipped and noted."""
    path = book(
        tmp_path, ("name", "value", "Notes", "# mine", "unit", "why", None),
        ("context_length", 8192, 5, 6, 7, "it is long", 8),
    )  # fmt: skip
    table = read_workbook(path, registry)
    assert table.scenarios == Scenarios()
    [notice] = table.warnings
    assert (
        "the column 'why' of the sheet Assumptions holds no numbers and is skipped" in notice.text
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((CHOICE, HEADER, ("contextlength", None, 5)), "cell A3: found 'contextlength', expected "
         "the name of an assumption. Did you mean 'context_length'?"),
        ((CHOICE, HEADER, (None, None, 5)), "cell A3: found 5 without a name; expected the name of "
         "an assumption"),
        ((CHOICE, HEADER, ("causal", 1, "no")), "cell C3: found 'no', expected a number for "
         "causal"),
        ((HEADER, ("causal", 1, 1, None), ("context_length", 5, "x")), "cell C3: found 'x', "
         "expected a number for context_length"),
        ((HEADER, ("causal", 1, "1")), "cell C2: found '1', expected a number for causal (it is "
         "stored as text; convert the cell to a number)"),
        ((HEADER, ("causal", 1, 0, 2)), "cell D2: found 2, expected 0 or 1 for causal"),
        ((HEADER, ("causal", 1, "=5-4")), "cell C2: found the formula =5-4 without a stored value; "
         "open the file in Excel or LibreOffice and save it"),
        ((("name", "value", "Long  One", "long one"),), "cell D1: found the scenario 'long one' "
         "once more (already in C1); expected each name once"),
        ((("name", "value", "base", "BASE"),), "cell D1: found the scenario 'BASE' once more "
         "(already in C1); expected each name once"),
        ((("name", "value", "what?"),), "cell C1: found 'what?', expected the name of a scenario, "
         "without * ? ~"),
        ((("name", "value", 2025),), "cell C1: found 2025, expected a text: the name of a "
         "scenario"),
        ((("name", "value", "x" * 61),), f"cell C1: found {'x' * 59 + '…'!r}, expected the name of "
         "a scenario: at most 60 characters"),
        ((("Scenario", "lnog"), HEADER), "cell B1: found 'lnog', expected 'base', 'long' or 'fp8'. "
         "Did you mean 'long'?"),
        ((("Scenario", 7), HEADER), "cell B1: found 7, expected 'base', 'long' or 'fp8'."),
        ((("Scenario", "long"), HEADER[:2]), "cell B1: found 'long', expected 'base'."),
        ((("Scenario", '="lo"&"ng"'), HEADER), 'cell B1: found the formula ="lo"&"ng" without a '
         "stored value; open the file in Excel or LibreOffice and save it"),
        ((("Scenario", "base"), ("name", "value", "base", None, "unit"), ("causal", 1, 1, 0, "")),
         "cell D3: found 0 in a column without header; expected the name of a scenario above it"),
        ((("Scenario", "base"), ("name", "value", "base", "unit", "unit")),
         "cell E2: found 'unit' once more; expected each column once"),
        ((("name", "value", "base"), ("causal", 3, 1)), "cell B2: found 3, expected 0 or 1 for "
         "causal"),
        ((("name", "value", "base"), ("causal", "=1-1", 1)), "cell B2: found the formula =1-1 "
         "without a stored value; open the file in Excel or LibreOffice and save it"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_wrong_is_named_by_cell(
    tmp_path: Path, registry: Registry, rows: Rows, message: str
) -> None:
    """One line, with the cell, what was found and what was expected."""
    read = inspect_workbook(open_workbook(book(tmp_path, *rows)), registry)
    assert [str(problem) for problem in read.problems] == [
        f"models.xlsx, sheet Assumptions, {message}"
    ]
    assert all(problem.cell for problem in read.problems)


# -- choosing


def test_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    """With the names there are and the nearest; or where a scenario would have to be."""
    path = book(tmp_path, HEADER, CONTEXT)
    plain = book(tmp_path, ("name", "value"), name="plain.xlsx")
    for command in (["run", "-o", tmp_path / "out"], ["check"]):
        result = run(*command, path, "--scenario", "fp_8")
        assert result.exit_code == 1
        assert result.stderr == (
            "Error: scenario 'fp_8': there is no such scenario; expected 'base', 'long' or 'fp8'. "
            "Did you mean 'fp8'?\n"
        )
        result = run(*command, plain, "--scenario", "fp8")
        assert result.exit_code == 1
        assert result.stderr == (
            "Error: scenario 'fp8': plain.xlsx has no scenarios: columns beside 'value' of the "
            "sheet Assumptions, each headed with a name\n"
        )
        assert run(*command, plain, "--scenario", "base").exit_code == 0
    assert not list((tmp_path / "out").glob("models.*"))


def test_the_command_line_wins(tmp_path: Path) -> None:
    """The option over the sheet's choice, and a number set over every scenario."""
    path = book(tmp_path, CHOICE, HEADER, CONTEXT, BYTES)
    assert data_of(tmp_path, path)["scenario"] == "long"
    data = data_of(tmp_path, path, "--scenario", "FP8")
    assert data["scenario"] == "fp8"
    plain = book(tmp_path, ("name", "value"), name="plain.xlsx")
    same = data_of(tmp_path, plain, "--set", "context_length=8192", "--set", "dispatch_bytes=1")
    assert same["scenario"] == "base"
    assert same["scenarios"] == {}
    assert data["models"][0]["values"] == same["models"][0]["values"]  # type: ignore[index]
    data = data_of(tmp_path, path, "--set", "context_length=16384")
    numbers = {name: values["context_length"] for name, values in data["scenarios"].items()}  # type: ignore[attr-defined]
    assert numbers == {"base": 16384, "long": 16384, "fp8": 16384}
    result = run("check", path, "--scenario", "fp8")
    assert result.stdout.startswith("models.xlsx, sheet Models: 1 model, scenario fp8\n")


def test_the_first_workbook_with_scenarios_has_them(tmp_path: Path) -> None:
    """Of several inputs; that others have some too is said."""
    first = book(tmp_path, ("name", "value"), ("context_length", 1024), name="first.xlsx")
    second = book(tmp_path, CHOICE, HEADER, CONTEXT, name="second.xlsx")
    third = book(tmp_path, ("name", "value", "short"), ("context_length", 8, 9), name="third.xlsx")
    data = data_of(tmp_path, first, second, third)
    assert list(data["scenarios"]) == ["base", "long", "fp8"]  # type: ignore[call-overload]
    assert data["scenario"] == "long"
    assert data["scenarios"]["base"]["context_length"] == 1024  # type: ignore[index]
    assert data["assumptions"]["context_length"]["value"] == 131072  # type: ignore[index]
    said = "third.xlsx: its scenarios are not used, but those of the workbook before"
    assert said in data["warnings"]  # type: ignore[operator]


def test_what_no_chosen_section_takes_is_left_out(tmp_path: Path) -> None:
    """With --only a scenario keeps what the sections that are left assume."""
    path = book(tmp_path, CHOICE, HEADER, CONTEXT, BYTES)
    data = data_of(tmp_path, path, "--only", "flops_savings")
    assert "dispatch_bytes" not in data["scenarios"]["fp8"]  # type: ignore[index]
    assert data["scenarios"]["long"]["context_length"] == 131072  # type: ignore[index]


def test_a_scenario_out_of_bounds_is_refused_by_the_engine() -> None:
    """Tables that no sheet was read for are checked as well."""
    scenarios = Scenarios("odd", {"odd": {"causal": given(2, place="Assumptions!D5")}})
    table = ModelTable((), Source("models.xlsx"), scenarios=scenarios)
    with pytest.raises(InputError, match=r"models.xlsx, Assumptions!D5: found 2, expected 0 or 1"):
        build_report(table, load())


def test_the_starter_shows_scenarios(tmp_path: Path, registry: Registry) -> None:
    """Two of them, none chosen, each of something that a metric rests on."""
    assert run("init", tmp_path / "new.xlsx").exit_code == 0
    table = read_workbook(tmp_path / "new.xlsx", registry)
    assert table.scenarios.chosen == "base"
    assert table.warnings == ()
    base = build_report(table, registry)
    assert used(base) == {}
    assert [scenario.name for scenario in base.scenarios] == ["base", "long context", "fp8"]
    for scenario in base.scenarios[1:]:
        changed = build_report(table, registry, scenario=scenario.name)
        assert used(changed) == scenario.own
        pairs = zip(base.metrics, changed.metrics, strict=True)
        assert any(one.cells != other.cells for one, other in pairs), scenario.name
