"""What somebody changed on the sheet Presets holds in every output, or is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.load.workbook import read_workbook
from moe_report.renderers.excel.render import render
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Source
from tests import reports
from tests.office import convert, convert_all, disagreements, stored
from tests.renderers.test_presets import data_of, report_of, run, used
from tests.sections import registry_with

CHANGES: dict[str, tuple[str, object]] = {
    "a preset that is not chosen": ("C6", 900e12),
    "the chosen one": ("D7", 2.5e12),
    "what none sets": ("C5", 2e14),
    "what none sets, of a group of which none is chosen": ("E9", 3),
    "a source": ("F8", "measured\nhere"),
    "a number that is gone": ("C8", None),
    "a name": ("B8", "5090"),
    "a group": ("A11", "precisions"),
    "a text": ("C7", "fast"),
    "a number out of bounds": ("E10", 64),
}
SAID = {
    "a preset that is not chosen": "H100 SXM sets chip_flops to 9e+14 there, and to 9.89e+14 in",
    "the chosen one": "A100 (80 GB) sets chip_bandwidth to 2.5e+12 there, and to 2.039e+12 in",
    "what none sets": "– sets chip_flops to 2e+14 there, and to 1e+14 in",
    "what none sets, of a group of which none is chosen": "– sets bytes_a_weight to 3 there",
    "a source": "the source of 4090 there is kept",
    "a number that is gone": "4090 sets chip_flops to nothing there, and to 1.652e+14 in",
    "a name": "5090 is a preset of machine of this workbook's own",
    "a group": "the row of 'MXFP4' is skipped",
}

pytestmark = pytest.mark.usefixtures("counting_alone")


@pytest.fixture(scope="module")
def changed(speed: Registry, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of an A100, each with one cell changed and recalculated."""
    folder = tmp_path_factory.mktemp("changed")
    table = ModelTable((reports.row("Mixtral", reports.MIXTRAL),), Source("models.xlsx"))
    content = render(build_report(table, speed, presets={"machine": "A100 (80 GB)"}))
    files = {}
    for number, (what, (cell, value)) in enumerate(CHANGES.items()):
        files[what] = folder / f"{number}.report.xlsx"
        files[what].write_bytes(content)
        change(files[what], lambda sheet, cell=cell, value=value: put(sheet, cell, value))
    made = convert_all(files.values(), folder / "live")
    return dict(zip(files, made, strict=True))


def put(sheet: Any, cell: str, value: object) -> None:
    """Type a value, or delete what is there."""
    sheet[cell] = value


def change(file: Path, what: Callable[[Any], None]) -> None:
    """Change the sheet Presets of a workbook."""
    book = openpyxl.load_workbook(file)
    what(book["Presets"])
    book.save(file)


@pytest.mark.parametrize("what", SAID)
def test_what_was_changed_is_in_every_output(
    changed: dict[str, Path], plugin: Path, tmp_path: Path, what: str
) -> None:
    """Numbers as LibreOffice has them, page and JSON, the sheet itself; and a note says it."""
    before = stored(changed[what], "Presets")
    again = run(changed[what], tmp_path, plugin)
    data = data_of(again)
    notes = [note for note in data["warnings"] if "Presets" in note]
    assert len(notes) == 1
    assert SAID[what] in notes[0]
    after = stored(again, "Presets")
    if what in ("a number that is gone", "a name", "a group"):
        assert after[7] == ["machine", "4090", 165.2e12, 1.008e12, None, "NVIDIA 2022"]
        return
    assert [[" ".join(str(cell).split()) for cell in row] for row in after] == [
        [" ".join(str(cell).split()) for cell in row] for row in before
    ]
    assert not disagreements(stored(changed[what], "Models"), stored(again, "Models"))
    assert not disagreements(stored(again, "Models"), stored(convert(again, tmp_path), "Models"))
    presets = {
        name: {"source": one["source"], **one["values"]}
        for group in data["presets"].values()
        for name, one in group["presets"].items()
    }
    for row in after[4:]:
        for name, value in zip(after[3][2:], row[2:], strict=True):
            if value is not None and row[1] != "–":
                assert presets[str(row[1])][str(name)] == value


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("a text", "sheet Presets, cell C7: found 'fast', expected a number for chip_flops"),
        ("a number out of bounds", "sheet Presets, cell E10: found 64.0, expected from 0.25 to 8"),
    ],
)
def test_what_no_assumption_can_be_is_refused(
    changed: dict[str, Path], plugin: Path, what: str, message: str
) -> None:
    """With the cell."""
    result = CliRunner().invoke(main, ["check", str(changed[what]), "--metrics", str(plugin)])
    assert result.exit_code == 1
    assert message in result.output


def test_changes_hold_wherever_a_preset_is_chosen(
    changed: dict[str, Path], plugin: Path, tmp_path: Path
) -> None:
    """By --set, after an update, and where a number of the defaults is none."""
    file = changed["a preset that is not chosen"]
    chosen = run(file, tmp_path / "a", plugin, "--set=machine=H100 SXM")
    assert used(chosen) == (900e12, 3.35e12, 2)
    result = CliRunner().invoke(main, ["run", "--update", str(chosen), "--metrics", str(plugin)])
    assert result.exit_code == 0, result.output
    assert used(chosen) == (900e12, 3.35e12, 2)
    assert stored(chosen, "Presets")[5][2] == 900e12
    file = changed["what none sets"]
    assert used(run(file, tmp_path / "b", plugin)) == (312e12, 2.039e12, 2)
    assert used(run(file, tmp_path / "c", plugin, "--set=machine=–")) == (2e14, 1e12, 2)
    file = changed["what none sets, of a group of which none is chosen"]
    assert used(run(file, tmp_path / "d", plugin)) == (312e12, 2.039e12, 3)


def test_changes_hold_in_every_scenario(speed: Registry, plugin: Path, tmp_path: Path) -> None:
    """What a scenario types still wins over its preset."""
    first = tmp_path / "first.report.xlsx"
    first.write_bytes(render(report_of(speed)))
    change(first, lambda sheet: put(sheet, "D8", 1.1e12) or put(sheet, "C8", 1.7e14))
    live = convert(first, tmp_path / "live")
    scenarios = build_report(read_workbook(live, speed), speed).scenarios
    found = {
        one.name: (one.values["chip_flops"], one.values["chip_bandwidth"]) for one in scenarios
    }
    assert found["quick"] == (5e14, 1.1e12)
    assert found["base"] == (989e12, 3e12)
    again = run(live, tmp_path / "again", plugin)
    assert [row[2:4] for row in stored(again, "Presets")[7:8]] == [[1.7e14, 1.1e12]]


NAMED = '''"""Odd."""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, preset


@dataclass(frozen=True)
class Odd:
    """Assumptions that are called as columns of the sheet Presets are."""

    group: float = assumption(3, symbol="g", unit="tokens", help="One.", minimum=0, maximum=9e9)
    preset: float = assumption(3e-7, symbol="p", unit="s", help="Two.", minimum=0, maximum=9)
    unit: float = assumption(0.5, symbol="s", unit="s", help="Three.", minimum=0, maximum=9)
    value: float = assumption(1, symbol="v", unit="s", help="Four.", minimum=0, maximum=9)
    label: float = assumption(2, symbol="n", unit="s", help="Five.", minimum=0, maximum=9)


FIRST = preset("kind", " first  of\tall ", Odd(4, 5e-7, 0.25, 3, 4), source="here")
SECOND = preset("kind", "second", Odd(5, 6e-7, 0.75, 5, 6), source="there")


@metric(symbol="o", unit="s", source="a convention", format="decimal", headline=True)
def oddity(m: Model, odd: Odd) -> float:
    """All of them."""
    return m.num_experts * odd.preset * odd.group / odd.unit * odd.value * odd.label
'''


def test_an_assumption_is_called_as_a_column_is(tmp_path: Path) -> None:
    """Each number is in a column of its own, is found again, and the formulas find it."""
    registry = registry_with(tmp_path, NAMED, "odd")
    assert registry.presets["kind"].names == ("first of all", "second")
    table = ModelTable((reports.row("Mixtral", reports.MIXTRAL),), Source("models.xlsx"))
    report = build_report(table, registry, presets={"kind": "first of all"})
    file = tmp_path / "odd.report.xlsx"
    file.write_bytes(render(report))
    rows = stored(file, "Presets")
    assert rows[3] == ["group", "preset", "group", "preset", "unit", "value", "label", "source"]
    assert rows[5] == ["kind", "first of all", 4, 5e-7, 0.25, 3, 4, "here"]
    live = convert(file, tmp_path / "live")
    for sheet in ("Assumptions", "Models", "Summary"):
        assert not disagreements(stored(file, sheet), stored(live, sheet)), sheet
    again = read_workbook(live, registry)
    assert (again.assumptions, again.scenarios.changes, again.warnings) == ({}, {}, ())
    change(file, lambda sheet: put(sheet, "E7", 0.125))
    changes = read_workbook(convert(file, tmp_path / "changed"), registry).scenarios.changes
    assert changes["kind"]["second"].values == {"unit": 0.125}
