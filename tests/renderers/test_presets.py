"""Presets in the workbook, as LibreOffice computes them, on the page as Chromium, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.edit.new_workbook import build_starter
from moe_report.load.workbook import read_workbook
from moe_report.renderers.data import report_as_dict, schema
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Scenarios, Source, given
from tests import reports
from tests.browser import Open
from tests.office import convert, disagreements, stored
from tests.renderers.calculator import agree, fill, values
from tests.sections import SPEED, registry_with
from tests.workbooks import book_of

DEVICES = {
    "": (1e14, 1e12), "H100 SXM": (989e12, 3.35e12), "A100 (80 GB)": (312e12, 2.039e12),
    "4090": (165.2e12, 1.008e12),
}  # fmt: skip
BYTES = {"": 2.0, "FP8": 1.0, "MXFP4": 4.25 / 8}
SHEETS = ("Summary", "Models", "Assumptions")

pytestmark = pytest.mark.usefixtures("counting_alone")


def run(source: Path, folder: Path, plugin: Path, *arguments: str, code: int = 0) -> Path:
    """Run a workbook; return the report's."""
    command = ["run", str(source), "-o", str(folder), "--metrics", str(plugin), *arguments]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == code, result.output
    return folder / f"{source.stem.removesuffix('.report')}.report.xlsx"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A workbook of two models."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", *reports.MIXTRAL])
    sheet.append(["Mixtral", *reports.MIXTRAL.values()])
    sheet.append(["two", *(2 * value for value in reports.MIXTRAL.values())])
    book.save(tmp_path / "models.xlsx")
    return tmp_path / "models.xlsx"


def data_of(report: Path) -> dict[str, Any]:
    """The JSON beside a report."""
    data: dict[str, Any] = json.loads(report.with_suffix(".json").read_text("utf-8"))
    jsonschema.validate(data, schema())
    return data


def used(report: Path) -> tuple[float, float, float]:
    """The three assumptions that presets set."""
    found = data_of(report)["assumptions"]
    names = ("chip_flops", "chip_bandwidth", "bytes_a_weight")
    peak, bandwidth, weight = (found[name]["value"] for name in names)
    return peak, bandwidth, weight


def edited(report: Path, target: Path, **cells: object) -> Path:
    """A copy in which cells of Assumptions have other values, with none stored for formulas."""
    book = openpyxl.load_workbook(report)
    sheet = book["Assumptions"]
    rows = {sheet.cell(row, 2).value: row for row in range(5, sheet.max_row + 1)}
    for key, value in cells.items():
        name, _, column = key.partition("__")
        sheet[f"{column or 'C'}{rows[name]}"] = value
    book.save(target)
    return target


@pytest.mark.parametrize(
    ("machine", "storage"),
    [("", ""), ("H100 SXM", "FP8"), ("A100 (80 GB)", "MXFP4"), ("4090", "")],
)
def test_a_choice_in_the_workbook_is_one_on_the_command_line(
    source: Path, plugin: Path, tmp_path: Path, machine: str, storage: str
) -> None:
    """Chosen in the cells and recalculated by LibreOffice, or with --set: the same numbers."""
    first = run(source, tmp_path / "first", plugin)
    said = [f"--set={name}={one}" for name, one in (("machine", machine), ("storage", storage))]
    expected = run(source, tmp_path / "set", plugin, *said)
    assert used(expected) == (*DEVICES[machine], BYTES[storage])
    changed = edited(
        first, tmp_path / "changed.report.xlsx", machine=machine or "–", storage=storage or "–"
    )
    live = convert(changed, tmp_path / "live")
    for sheet in SHEETS[1:]:
        assert not disagreements(stored(expected, sheet), stored(live, sheet)), sheet
    again = run(live, tmp_path / "again", plugin)
    assert used(again) == used(expected)
    choices = data_of(again)["presets"]
    assert choices["machine"]["chosen"] == (machine or None)
    assert choices["storage"]["chosen"] == (storage or None)


@pytest.mark.parametrize(
    ("said", "name"),
    [("h100-sxm", "H100 SXM"), ("H100SXM", "H100 SXM"), (" a100 (80gb)", "A100 (80 GB)"),
     ("4090", "4090"), ("–", None), ("", None)],
)  # fmt: skip
def test_names_are_tolerant(
    source: Path, plugin: Path, tmp_path: Path, said: str, name: str | None
) -> None:
    """Case, spaces and hyphens do not matter; a dash is none."""
    report = run(source, tmp_path / "out", plugin, f"--set=machine={said}", "--format=json")
    assert data_of(report)["presets"]["machine"]["chosen"] == name


@pytest.mark.parametrize(
    ("said", "why"),
    [("machine=H200 SXM", "Did you mean 'H100 SXM'"), ("machine=700", "expected 'H100 SXM', 'A100"),
     ("machines=H100 SXM", "Did you mean 'machine'"), ("chip_flops=fast", "is no number")],
)  # fmt: skip
def test_a_wrong_name_is_refused(source: Path, plugin: Path, said: str, why: str) -> None:
    """With what there is, and the nearest."""
    command = ["check", str(source), "--metrics", str(plugin), "--set", said]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == (1 if said.startswith("machine=") else 2)  # read, then looked up
    assert why in result.output


def test_what_is_typed_wins_over_the_preset(source: Path, plugin: Path, tmp_path: Path) -> None:
    """By --set, and in the cell in place of the formula; a number that is the default does, too."""
    report = run(source, tmp_path / "a", plugin, "--set=machine=4090", "--set=chip_flops=2e14")
    assert used(report)[:2] == (2e14, 1.008e12)
    sheet = openpyxl.load_workbook(report)["Assumptions"]
    assert sheet["C5"].value == "4090"
    cells = {sheet.cell(row, 2).value: sheet.cell(row, 3).value for row in range(5, 20)}
    assert cells["chip_flops"] == 2e14
    assert "Presets!" in cells["chip_bandwidth"]
    again = run(report, tmp_path / "b", plugin)
    assert used(again)[:2] == (2e14, 1.008e12)
    other = edited(report, tmp_path / "other.report.xlsx", machine="A100 (80 GB)", chip_flops=1e14)
    live = convert(other, tmp_path / "live")
    again = run(live, tmp_path / "c", plugin)
    assert used(again)[:2] == (1e14, 2.039e12)
    assert not disagreements(stored(again, "Models"), stored(live, "Models"))


def test_the_table_of_presets_is_live(source: Path, plugin: Path, tmp_path: Path) -> None:
    """A number changed there is what the formulas take, and a run, which says so."""
    report = run(source, tmp_path / "a", plugin, "--set=machine=H100 SXM")
    book = openpyxl.load_workbook(report)
    rows = [[cell.value for cell in row] for row in book["Presets"].iter_rows(min_row=4)]
    assert rows[0] == [
        "group",
        "preset",
        "chip_flops",
        "chip_bandwidth",
        "bytes_a_weight",
        "source",
    ]
    assert rows[2] == ["machine", "H100 SXM", 989e12, 3.35e12, None, "NVIDIA 2023, data sheet"]
    book["Presets"]["C6"] = 900e12
    book.save(tmp_path / "changed.report.xlsx")
    live = convert(tmp_path / "changed.report.xlsx", tmp_path / "live")
    again = run(live, tmp_path / "b", plugin)
    assert used(again)[0] == 900e12
    assert any("the number there holds" in text for text in data_of(again)["warnings"])
    assert not disagreements(stored(again, "Models"), stored(live, "Models"))


def test_a_wrong_choice_in_the_cell_is_refused(source: Path, plugin: Path, tmp_path: Path) -> None:
    """With the cell and the nearest name."""
    report = run(source, tmp_path / "a", plugin)
    wrong = edited(report, tmp_path / "wrong.report.xlsx", machine="H100 SMX")
    result = CliRunner().invoke(main, ["check", str(wrong), "--metrics", str(plugin)])
    assert result.exit_code == 1
    assert "sheet Assumptions, cell C5: found 'H100 SMX', expected 'H100 SXM'" in result.output
    assert "Did you mean 'H100 SXM'" in result.output


# -- with scenarios

NAMES = ("base", "old", "quick", "plain", "typed")
TABLE = Scenarios(
    "base",
    {
        "old": {}, "quick": {"chip_flops": given(5e14)}, "plain": {},
        "typed": {"bytes_a_weight": given(2)},
    },
    presets={
        "base": {"machine": "H100 SXM", "storage": "FP8"}, "old": {"machine": "A100 (80 GB)"},
        "quick": {"machine": "4090"}, "plain": {"machine": ""},
    },
)  # fmt: skip
EXPECTED = {
    "base": (989e12, 3e12, 1), "old": (312e12, 2.039e12, 1), "quick": (5e14, 1.008e12, 1),
    "plain": (1e14, 1e12, 1), "typed": (989e12, 3e12, 2),
}  # fmt: skip


def report_of(speed: Registry, scenario: str = "base") -> Report:
    """A report whose scenarios name presets; base types a number over one."""
    table = ModelTable(
        (reports.row("Mixtral", reports.MIXTRAL),), Source("models.xlsx"),
        {"chip_bandwidth": given(3e12)}, scenarios=TABLE,
    )  # fmt: skip
    return build_report(table, speed, scenario=scenario)


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_name_presets(speed: Registry, plugin: Path, tmp_path: Path, name: str) -> None:
    """As numpy, LibreOffice after another choice, and a run of that workbook have it."""
    from moe_report.renderers.excel.render import render

    wanted = report_of(speed, name)
    numbers = {item.definition.name: item.value for item in wanted.assumptions}
    names = ("chip_flops", "chip_bandwidth", "bytes_a_weight")
    assert tuple(numbers[key] for key in names) == EXPECTED[name]
    first, target = tmp_path / "first.report.xlsx", tmp_path / "target.report.xlsx"
    first.write_bytes(render(report_of(speed)))
    target.write_bytes(render(wanted))
    book = openpyxl.load_workbook(first)
    book["Assumptions"]["B3"] = name
    book.save(tmp_path / "changed.report.xlsx")
    live = convert(tmp_path / "changed.report.xlsx", tmp_path / "live")
    for sheet in SHEETS[1:]:
        assert not disagreements(stored(target, sheet), stored(live, sheet)), sheet
    table = read_workbook(live, speed)
    assert table.scenarios.presets == TABLE.presets
    assert table.scenarios.fixed == {}
    assert {key: item.value for key, item in table.assumptions.items()} == {"chip_bandwidth": 3e12}
    again = run(live, tmp_path / "again", plugin)
    assert used(again) == EXPECTED[name]


def test_a_choice_by_hand_with_scenarios(speed: Registry, plugin: Path, tmp_path: Path) -> None:
    """In a scenario's column all follow it; in place of the formula nothing would."""
    from moe_report.renderers.excel.render import render

    first = tmp_path / "first.report.xlsx"
    first.write_bytes(render(report_of(speed, "old")))
    changed = edited(first, tmp_path / "changed.report.xlsx", machine__E="4090", storage__E="MXFP4")
    live = convert(changed, tmp_path / "live")
    again = run(live, tmp_path / "again", plugin)
    assert used(again) == (165.2e12, 1.008e12, 4.25 / 8)
    assert not disagreements(stored(again, "Models"), stored(live, "Models"))
    wrong = edited(first, tmp_path / "wrong.report.xlsx", machine="4090")
    result = CliRunner().invoke(main, ["check", str(convert(wrong, tmp_path / "wrong")),
                                       "--metrics", str(plugin)])  # fmt: skip
    assert "cell C5: found '4090' in place of the formula" in result.output


def test_set_holds_in_every_scenario(speed: Registry, plugin: Path, tmp_path: Path) -> None:
    """As a number that is set does, whatever the scenarios name."""
    from moe_report.renderers.excel.render import render

    first = tmp_path / "first.report.xlsx"
    first.write_bytes(render(report_of(speed)))
    report = run(first, tmp_path / "a", plugin, "--set=machine=4090", "--scenario=old")
    assert used(report) == (165.2e12, 1.008e12, 1)
    assert not disagreements(
        stored(report, "Models"), stored(convert(report, tmp_path / "live"), "Models")
    )
    again = run(report, tmp_path / "b", plugin, "--scenario=typed")
    assert used(again) == (165.2e12, 1.008e12, 2)


def test_an_update_keeps_the_choice(source: Path, plugin: Path, tmp_path: Path) -> None:
    """The drop-down, what follows it, and what was typed over."""
    report = run(source, tmp_path / "a", plugin, "--set=machine=4090", "--set=chip_flops=2e14")
    command = ["run", "--update", str(report), "--metrics", str(plugin)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert used(report)[:2] == (2e14, 1.008e12)
    assert openpyxl.load_workbook(report)["Assumptions"]["C5"].value == "4090"


def chosen(folder: Path, name: str, **presets: str) -> Path:
    """A workbook of one model whose sheet Assumptions chooses presets."""
    path = book_of(
        folder / f"{name}.xlsx", ("name", *reports.MIXTRAL), (name, *reports.MIXTRAL.values())
    )
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), *presets.items()):
        sheet.append(row)
    book.save(path)
    return path


USED = "which is used"


@pytest.mark.parametrize(
    ("said", "machine", "storage", "notices"),
    [
        (({"machine": "4090"}, {"machine": "H100 SXM"}), "4090", "",
         [f"b.xlsx: machine is H100 SXM here and 4090 in a.xlsx, {USED}"]),
        (({"machine": "H100 SXM"}, {"machine": "4090"}, {"machine": "–"}), "H100 SXM", "",
         [f"b.xlsx: machine is 4090 here and H100 SXM in a.xlsx, {USED}",
          f"c.xlsx: machine is none here and H100 SXM in a.xlsx, {USED}"]),
        (({"machine": "–"}, {"machine": "4090"}), "", "",
         [f"b.xlsx: machine is 4090 here and none in a.xlsx, {USED}"]),
        (({}, {"machine": "4090"}), "4090", "", ["a.xlsx: machine is as in b.xlsx, 4090"]),
        (({"machine": "4090"}, {"machine": " 4090", "storage": "FP8"}), "4090", "FP8",
         ["a.xlsx: storage is as in b.xlsx, FP8"]),
        (({"machine": "4090"}, {"machine": "4090"}), "4090", "", []),
    ],
)  # fmt: skip
def test_presets_of_several_workbooks(
    plugin: Path, tmp_path: Path, said: tuple[dict[str, str], ...], machine: str, storage: str,
    notices: list[str],
) -> None:  # fmt: skip
    """Of each group the first that is said holds, and of each other workbook it is told."""
    books = [chosen(tmp_path, name, **one) for name, one in zip("abc", said, strict=False)]
    command = ["run", *map(str, books), "-o", str(tmp_path / "out"), "--metrics", str(plugin)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    report = tmp_path / "out" / "models.report.xlsx"
    assert data_of(report)["warnings"] == notices
    assert used(report) == (*DEVICES[machine], BYTES[storage])


@pytest.mark.parametrize(
    "rows",
    [
        (("machine", "H100 SXM"), ("machine", "4090")),
        (("machine", "4090"), ("storage", "FP8"), (" machine ", "4090")),
        (("machine", "–"), ("machine", "4090")),
    ],
)
def test_a_group_twice_is_refused(
    plugin: Path, tmp_path: Path, rows: tuple[tuple[str, str], ...]
) -> None:
    """As an assumption is; a row that chooses nothing is none."""
    path = chosen(tmp_path, "a")
    book = openpyxl.load_workbook(path)
    for row in (("machine", None), *rows):
        book["Assumptions"].append(row)
    book.save(path)
    result = CliRunner().invoke(main, ["check", str(path), "--metrics", str(plugin)])
    assert result.exit_code == 1
    last = 2 + len(rows)
    message = "found machine once more (already in A3); expected it once"
    assert result.output == f"Error: a.xlsx, sheet Assumptions, cell A{last}: {message}\n"


def test_an_update_from_another_input_keeps_what_that_leaves_open(
    plugin: Path, tmp_path: Path
) -> None:
    """A preset that the old report chose holds where the input chooses none of its group."""
    old = chosen(tmp_path, "old", machine="4090", storage="FP8")
    report = run(old, tmp_path / "out", plugin)
    for presets, machine in (({}, "4090"), ({"machine": "H100 SXM"}, "H100 SXM")):
        new = chosen(tmp_path, "new", **presets)
        command = ["run", str(new), "--update", str(report), "--metrics", str(plugin), "-q"]
        result = CliRunner().invoke(main, [*command, "--format", "json"])
        assert result.exit_code == 0, result.output
        again = report.with_name("new.report.json")
        assert used(again) == (*DEVICES[machine], BYTES["FP8"])


def test_a_workbook_to_fill_in_offers_them(speed: Registry, plugin: Path, tmp_path: Path) -> None:
    """As drop-downs, the table beside; read back, nothing is said and nothing is typed."""
    made = tmp_path / "new.xlsx"
    made.write_bytes(build_starter(speed))
    sheet = openpyxl.load_workbook(made)["Assumptions"]
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert checks["D5:F5"].formula1 == "Presets!$B$5:$B$8"
    assert checks["D6:F6"].formula1 == "Presets!$B$9:$B$11"
    table = read_workbook(made, speed)
    assert (table.assumptions, table.scenarios.presets, table.warnings) == ({}, {}, ())
    chosen = edited(made, tmp_path / "chosen.xlsx", machine__D="4090")
    live = convert(chosen, tmp_path / "live")
    assert used(run(live, tmp_path / "out", plugin))[0] == 165.2e12
    assert used(run(chosen, tmp_path / "raw", plugin))[0] == 165.2e12


# -- the page


def test_the_page_fills_its_inputs(shown: Open, speed: Registry) -> None:
    """A select a group; what is typed after it wins, and it then shows none."""
    row = reports.row("Mixtral", reports.MIXTRAL)
    table = ModelTable((row,), Source("models.xlsx"))

    def expected(preset: str, **fixed: float) -> dict[str, float | None]:
        report = build_report(table, speed, presets={"machine": preset}, assumptions=fixed)
        found: dict[str, float | None] = report_as_dict(report)["models"][0]["values"]
        return found

    page = shown(build_report(table, speed, presets={"machine": "A100 (80 GB)"}))
    chooser = page.locator("[data-preset=machine]")
    assert chooser.input_value() == "A100 (80 GB)"
    agree(values(page), expected("A100 (80 GB)"))
    for name, (peak, _) in DEVICES.items():
        chooser.select_option(name)
        agree(values(page), expected(name))
        assert chooser.input_value() == name
        if name:
            assert page.input_value("#set-chip_flops") == f"{peak:.0f}"
    chooser.select_option("H100 SXM")
    page.locator("[data-preset=storage]").select_option("MXFP4")
    agree(values(page), expected("H100 SXM", bytes_a_weight=4.25 / 8))
    fill(page, "chip_flops", "9e14")
    agree(values(page), expected("H100 SXM", bytes_a_weight=4.25 / 8, chip_flops=9e14))
    assert chooser.input_value() == ""
    page.press("#set-chip_flops", "Escape")
    assert chooser.input_value() == "H100 SXM"
    options = page.locator("select option")
    assert options.count() > 9
    assert options.evaluate_all("(all) => all.every((one) => one.hasAttribute('value'))")
    assert shown(reports.usual_report()).locator("[data-preset]").count() == 0


def test_the_command_lists_them(plugin: Path) -> None:
    """With their values and sources; the section's list has them, too."""
    result = CliRunner().invoke(main, ["metrics", "machine", "--metrics", str(plugin)])
    assert "  A100 (80 GB)\n    chip_flops = 3.12e+14, chip_bandwidth" in result.output
    assert "    NVIDIA 2021\n" in result.output
    result = CliRunner().invoke(main, ["metrics", "speed", "--metrics", str(plugin)])
    assert "  MXFP4         storage  bytes_a_weight = 0.53125" in result.output


# -- declarations

WRONG = {
    'A = preset("machine", "A100 (80 GB)", Hardware(), source="s")': "two presets of 'machine' are",
    'A = preset("machine", "a100 (80gb)", Hardware(), source="s")': "two presets of 'machine' are",
    'A = preset("machine", " H100\\n  SXM", Hardware(), source="s")':
        "two presets of 'machine' are",
    'A = preset("machine", "B", Precision(1), source="s")': "presets of a group set the same",
    'A = preset("recipe", "B", Precision(1), source="s")':
        "sets bytes_a_weight, which presets of 'storage' set",
    'A = preset("chip_flops", "B", Precision(1), source="s")': "assumption is called, too",
    'A = preset("head_dim", "B", Precision(1), source="s")': "assumption is called, too",
    'A = preset("machine", "B", Hardware(0.5, 1), source="s")':
        "chip_flops is 0.5, expected from 1",
    'A = preset("machine", "B", 7, source="s")': "must be a frozen dataclass of assumptions",
    'A = preset("machine", "B", source="s")': "sets nothing",
    'A = preset("machine", "B*", Hardware(), source="s")': "without * ? ~",
    'A = preset("machine", "B\\x07", Hardware(), source="s")': "without control characters",
    'A = preset("machine", "B", Hardware(), source="s\\x07")': "without control characters",
    'A = preset("machine", "B" * 61, Hardware(), source="s")': "at most 60 characters",
    'A = preset("machine", " – ", Hardware(), source="s")': "a name that is no dash",
    'A = preset("de vice", "B", Hardware(), source="s")': "expected a group of letters",
    'A = preset("machine", "B", Hardware(), source="")': "has an empty source",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_wrong_presets_are_refused_by_name(tmp_path: Path, line: str) -> None:
    """What contradicts another, and what is declared wrongly."""
    source = SPEED.replace('\n\n@metric(symbol="t_c"', f'\n{line}\n\n\n@metric(symbol="t_c"', 1)
    assert source != SPEED
    (failure,) = registry_with(tmp_path, source, "speed").failures
    assert WRONG[line] in failure.cause


def test_presets_follow_the_chosen_sections(speed: Registry) -> None:
    """They go with the metrics that take what they set, and with their section."""
    assert list(speed.presets) == ["machine", "storage"]
    assert speed.choose(skip=["speed"]).presets == {}
    assert speed.choose(only=["parameter_ledger"]).presets == {}
    assert load().presets == {}
