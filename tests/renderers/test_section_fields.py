"""A field of a section in every output, and back: as the built-in ones are."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.load.workbook import read_workbook
from moe_report.renderers.data import report_as_dict, schema
from moe_report.schema.fields import FIELDS
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import Open
from tests.office import convert, disagreements, stored
from tests.renderers.calculator import agree, changed, fill, values
from tests.schema.distributions import install
from tests.schema.test_plugin_distribution import MIXTRAL, column_of
from tests.sections import ENERGY, registry_with

OWN = ["device_power", "num_devices", "liquid_cooled", "rack_power"]
ACTIVE = 12_879_925_248  # of Mixtral


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path; what is imported from it is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The file of a section with fields."""
    path = tmp_path / "energy.py"
    path.write_text(ENERGY, "utf-8")
    return path


def cli(*arguments: str | Path, code: int = 0) -> str:
    """What a command prints."""
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def workbook(path: Path, *further: str, rows: tuple[tuple[object, ...], ...]) -> Path:
    """A workbook of Mixtrals with further columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*MIXTRAL, *further])
    for at, row in enumerate(rows):
        sheet.append([f"Mixtral {at}", *[*MIXTRAL.values()][1:], *row])
    book.save(path)
    return path


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A workbook with a field of a section under its alias, in another unit."""
    rows = ((0.45, 8, "yes", None), (None, 2, None, None), (None, None, None, 1234.5))
    header = ("TDP (kW)", "GPUs", "Liquid cooled", "rack_power")
    return workbook(tmp_path / "models.xlsx", *header, rows=rows)


def test_init_has_columns_for_it(plugin: Path, tmp_path: Path) -> None:
    """Under the section's title, with a note, bounds, and a line in the help."""
    from moe_report.edit.new_workbook import build_starter
    from moe_report.schema.registry import load

    made = tmp_path / "new.xlsx"
    made.write_bytes(build_starter(load([plugin])))
    book = openpyxl.load_workbook(made)
    sheet = book["Models"]
    header = [cell.value for cell in sheet[3]]
    at = header.index("device_power") + 1
    assert header[at - 1 : at + 3] == OWN
    assert sheet.cell(1, at).value == "Energy"
    assert sheet.cell(2, at).value == "Device power\n[W]"
    assert "Power that a device draws" in sheet.cell(3, at).comment.text
    letters = sheet.cell(3, at).column_letter
    checks = {
        str(check.sqref).split(":")[0]: check for check in sheet.data_validations.dataValidation
    }
    check = checks[f"{letters}4"]
    assert (check.type, check.formula1, check.formula2) == ("decimal", "0.5", "100000")
    check = checks[f"{sheet.cell(3, at + 1).column_letter}4"]
    assert (check.type, check.formula1, check.formula2) == ("whole", "1", "10000")
    help_ = [[cell.value for cell in row] for row in book["How to"].iter_rows()]
    (line,) = [row for row in help_ if "device_power" in row]
    assert "tdp, power (W)" in line
    assert read_workbook(made, load([plugin])).warnings == ()


def test_it_comes_out_everywhere(plugin: Path, filled: Path, tmp_path: Path) -> None:
    """JSON, CSV, workbook (live in LibreOffice), page; and an update of the workbook keeps it."""
    out = tmp_path / "out"
    formats = [f"--format={name}" for name in ("xlsx", "html", "json", "csv", "md")]
    cli("run", filled, "--metrics", plugin, "-o", out, *formats)
    data = json.loads((out / "models.report.json").read_text("utf-8"))
    jsonschema.validate(data, schema())
    check_models(data)
    with (out / "models.report.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["device_power"] for row in rows] == ["450", "700", "700"]
    assert "Token energy" in (out / "models.report.md").read_text("utf-8")
    report = out / "models.report.xlsx"
    assert column_of(report, "device_power", values=True) == [450, 700, 700]
    assert column_of(report, "rack_power", values=True) == [3600, 1400, 1234.5]
    formula = column_of(report, "power_per_expert", values=False)[0]
    assert "Models[[#This Row],[device_power]]/Models[[#This Row],[num_experts]]" in formula
    assert column_of(report, "device_power", values=False)[1] == "=700"
    live = convert(report, tmp_path / "live")
    for sheet in ("Models", "Summary", "Compare"):
        assert not disagreements(stored(report, sheet), stored(live, sheet)), sheet
    compared = [row[0] for row in stored(report, "Compare")]
    assert "Device power" in compared
    page = (out / "models.report.html").read_text("utf-8")
    assert "Power that a device draws under load." in page

    cli("run", "--update", report, "--metrics", plugin)
    check_models(json.loads((out / "models.report.json").read_text("utf-8")))
    assert column_of(report, "rack_power", values=True) == [3600, 1400, 1234.5]
    before = report.read_bytes()
    said = cli("run", "--update", report, "--metrics", plugin, "--skip", "energy", code=1)
    assert "device_power of 'Mixtral 0' is typed, and would be lost" in said
    assert report.read_bytes() == before
    cli("run", "--update", report)  # the section is gone: its columns are carried along
    assert column_of(report, "device_power", values=False) == [450, "=700", "=700"]
    cli("run", "--update", report, "--metrics", plugin)
    check_models(json.loads((out / "models.report.json").read_text("utf-8")))


def check_models(data: dict[str, Any]) -> None:
    """The three rows of the workbook, with where their numbers come from."""
    first, second, third = data["models"]
    assert [first["inputs"][name] for name in OWN] == [450, 8, 1, 3600]
    assert [second["inputs"][name] for name in OWN] == [700, 2, 0, 1400]
    assert [third["inputs"][name] for name in OWN] == [700, None, 0, 1234.5]
    assert [first["provenance"][name]["from"] for name in OWN] == ["given"] * 3 + ["derived"]
    assert second["provenance"]["device_power"]["from"] == "default"
    assert third["provenance"]["num_devices"]["from"] == "missing"
    assert first["values"]["token_energy"] == pytest.approx(3600 * 0.9 * ACTIVE, rel=1e-15)
    assert third["values"]["token_energy"] == 1234.5 * ACTIVE
    assert data["fields"]["device_power"]["unit"] == "W"


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("TDP (kW)", 0.0001, "cell J2: found 0.0001 (0.1), expected from 0.5 to 100,000 for dev"),
        ("device_power", -3, "cell J2: found -3, expected from 0.5 to 100,000 for device_power"),
        ("GPUs", 1.5, "cell J2: found 1.5, expected a whole number for num_devices"),
        ("liquid_cooled", 2, "cell J2: found 2, expected 0 or 1 for liquid_cooled"),
    ],
)
def test_a_wrong_number_is_refused_with_its_cell(
    plugin: Path, tmp_path: Path, header: str, value: object, said: str
) -> None:
    """And what is expected."""
    book = workbook(tmp_path / "models.xlsx", header, rows=((value,),))
    assert said in cli("check", book, "--metrics", plugin, code=1)


@pytest.mark.parametrize(
    ("header", "value", "power"), [("tdp", "700 W", 700), ("tdp", "n/a", None), ("tdp", 0.75, 0.75)]
)
def test_odd_cells_are_read_as_those_of_built_in_fields(
    plugin: Path, tmp_path: Path, header: str, value: object, power: float | None
) -> None:
    """A unit behind the number, a word for nothing, a fraction."""
    from moe_report.schema.registry import load

    book = workbook(tmp_path / "models.xlsx", header, rows=((value,), (700,)))
    table = read_workbook(book, load([plugin]))
    found = table.rows[0].numbers.get("device_power")
    assert (found.value if found else None) == power


def test_templates_know_it(plugin: Path, filled: Path, tmp_path: Path) -> None:
    """By name, with the nearest one of a misspelt."""
    book, template = openpyxl.Workbook(), tmp_path / "template.xlsx"
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "{{ models['Mixtral 0'].device_power }}"
    sheet["A2"] = "{{ models | map(attribute='rack_power') | sum }}"
    book.save(template)
    target = tmp_path / "filled.xlsx"
    cli("fill", template, filled, "--metrics", plugin, "-o", target, "--calc", "none")
    assert [row[0] for row in stored(target, sheet.title)] == [450, 6234.5]
    sheet["A2"] = "{{ models[0].device_powr }}"
    book.save(template)
    said = cli("template", "check", template, "--metrics", plugin, code=1)
    assert "Did you mean 'device_power'" in said


def test_metrics_explains_it(plugin: Path) -> None:
    """With its group, bounds, default and headers; the list has it, too."""
    said = cli("metrics", "device_power", "--metrics", plugin)
    for text in (
        "group    Energy",
        "numbers from 0.5 to 100,000",
        "default  700",
        "tdp, power (W)",
    ):
        assert text in said
    said = cli("metrics", "device_powr", "--metrics", plugin, code=1)
    assert "Did you mean 'device_power'" in said
    said = cli("metrics", "energy", "--metrics", plugin)
    assert "  rack_power     W        a field, device_power * num_devices by default\n" in said


def test_an_import_reads_it(site: Path, tmp_path: Path) -> None:
    """From a config, into a workbook with a column of its alias and one without."""
    install(site, "moe-energy", {"moe_energy": ENERGY}, {"energy": "moe_energy"})
    from tests.small_configs import small_config

    config = tmp_path / "config.json"
    config.write_text(json.dumps(small_config("mixtral") | {"tdp": 450, "gpus": 4}), "utf-8")
    said = cli("import", config)
    assert "device_power                              450\n" in said
    book = workbook(tmp_path / "models.xlsx", "TDP (kW)", rows=((0.7,),))
    cli("import", config, "--into", book, "--name", "new")
    rows = stored(book, openpyxl.load_workbook(book).sheetnames[0])
    head, added = rows[0], rows[2]
    assert added[head.index("TDP (kW)")] == 0.45
    assert added[head.index("num_devices")] == 4
    said = cli("import", config, "--into", tmp_path / "made.xlsx")
    assert column_of(tmp_path / "made.xlsx", "device_power", values=True) == [450]


def test_the_calculator_has_it(shown: Open, tmp_path: Path) -> None:
    """An input of its own group, whose bounds are those of the field, and follows a default."""
    watts = 'watts = field("watts", symbol="W", unit="watts", help="A number of watts.")'
    registry: Registry = registry_with(tmp_path, f"{ENERGY}\n{watts}\n")
    row = reports.row("Mixtral", reports.MIXTRAL | {"num_devices": 8, "watts": 5})
    report = build_report(ModelTable((row,), Source("models.xlsx")), registry)
    page = shown(report)
    assert page.evaluate("report.fields.watts.description") == "A number of watts."
    base = report_as_dict(report)["models"][0]["values"]
    agree(values(page), base)
    for name, text, number in (("device_power", "450.5", 450.5), ("liquid_cooled", "1", 1)):
        fill(page, name, text)
        typed = reports.MIXTRAL | {"num_devices": 8, name: number}
        agree(values(page), changed(typed, registry)["values"])
        page.press(f"#set-{name}", "Escape")
    fill(page, "device_power", "0.1")
    assert page.get_attribute("#set-device_power", "aria-invalid") == "true"
    fill(page, "device_power", "800")
    fill(page, "num_devices", "1.5")
    assert page.get_attribute("#set-num_devices", "aria-invalid") == "true"
    assert page.locator("summary", has_text="Energy").count() >= 1


def test_built_in_fields_are_as_they_were() -> None:
    """Built-in sections bring what somebody measured, and what one of them alone reads."""
    from moe_report.schema.registry import load

    brought = ["measured_decode_tokens_per_s", "index_topk"]
    assert list(load().fields) == [*FIELDS, *brought]
