"""Rows that somebody adds to the sheets of presets are choices, as those of sections are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.compute.build import build_report
from moe_report.edit.new_workbook import build_starter
from moe_report.load.workbook import read_workbook
from moe_report.renderers.excel.render import render
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import Open
from tests.office import convert, disagreements, stored

GROUP, SHEET = "device", "Hardware"
UNITS = {"GB": 1e9, "GB/s": 1e9, "TFLOP/s": 1e12, "W": 1.0, "$/h": 1.0}
OURS = {
    "device_memory": 96e9, "memory_bandwidth": 1.5e12, "bf16_flops": 2e14, "fp8_flops": 4e14,
    "fp4_flops": 0.0, "link_bandwidth": 5e10, "device_tdp": 350.0,
    "device_price": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Registry:
    """What is installed."""
    return load()


@cache
def report_of(name: str) -> bytes:
    """The workbook of the report of a model."""
    table = ModelTable((reports.row(name, reports.MIXTRAL),), Source("models.xlsx"))
    return render(build_report(table, load()))


@cache
def starter() -> bytes:
    """The workbook to fill in, with the examples."""
    return build_starter(load())


def report_book(path: Path) -> Path:
    """A report of a model that is called as the file is."""
    path.write_bytes(report_of(path.stem))
    return path


def starter_book(path: Path) -> Path:
    """A workbook to fill in, with the examples."""
    path.write_bytes(starter())
    return path


@cache
def added(workbook: bytes, name: str, source: str | None, *numbers: tuple[str, Any]) -> bytes:
    """A workbook with a row below the last of the sheet."""
    book = openpyxl.load_workbook(BytesIO(workbook))
    sheet = book[SHEET]
    heads: dict[Any, Any] = {str(cell.value).split(" (")[0]: cell for cell in sheet[4]}
    row = sheet.max_row + 1
    for head, value in {
        "group": GROUP, "preset": name, "source": source, **OURS, **dict(numbers),
    }.items():  # fmt: skip
        unit = str(heads[head].value).partition(" (")[2].removesuffix(")")
        typed = value / UNITS[unit] if isinstance(value, (int, float)) else value
        sheet.cell(row, heads[head].column, typed)
    book.save(saved := BytesIO())
    return saved.getvalue()


def add(
    path: Path, name: str = "Own X1", source: str | None = "measured", **numbers: float | str | None
) -> Path:
    """Write a row below the sheet's last."""
    path.write_bytes(added(path.read_bytes(), name, source, *numbers.items()))
    return path


def choose(path: Path, name: str) -> Path:
    """Choose in the cell of the group."""
    book = openpyxl.load_workbook(path)
    sheet = book["Assumptions"]
    row = next(row for row in range(5, 20) if sheet.cell(row, 2).value == GROUP)
    base = next(at for at in (4, 3) if sheet.cell(4, at).value in ("base", "value"))
    sheet.cell(row, base, name)
    book.save(path)
    return path


def invoke(*arguments: str | Path, code: int = 0) -> str:
    """Run a command; return what it printed."""
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def used(path: Path, registry: Registry, **presets: str) -> tuple[str, dict[str, float]]:
    """The device that a workbook's report is for, and what it has."""
    report = build_report(read_workbook(path, registry), registry, presets=presets)
    chosen = next(one.chosen for one in report.presets if one.group.name == GROUP)
    numbers = {item.definition.name: item.value for item in report.assumptions}
    return chosen, {name: numbers[name] for name in OURS}


BOOKS = {"run": report_book, "init": starter_book}


@pytest.mark.parametrize("made", BOOKS)
def test_an_added_row_is_a_choice(registry: Registry, tmp_path: Path, made: str) -> None:
    """In the cell and by --set, whatever its case; the report keeps the row and offers it."""
    source = add(BOOKS[made](tmp_path / "models.report.xlsx"))
    assert used(source, registry)[0] == ""
    assert used(source, registry, device="own-x1") == ("Own X1", OURS)
    invoke("run", source, "-o", tmp_path / "set", "--set", "device=OWN X1", "--format=xlsx", "-q")
    again = tmp_path / "set" / "models.report.xlsx"
    assert used(again, registry)[1] == OURS  # with scenarios as numbers, which hold in all of them
    chosen = choose(source, "Own X1")
    assert used(chosen, registry) == ("Own X1", OURS)
    rows = [row for row in stored(again, SHEET) if row[1] == "Own X1"]
    assert [(row[0], row[-1]) for row in rows] == [(GROUP, "measured")]
    invoke("run", "--update", again, "-q")
    assert used(again, registry)[1] == OURS
    assert rows == [row for row in stored(again, SHEET) if row[1] == "Own X1"]


def test_an_update_keeps_an_added_row(tmp_path: Path) -> None:
    """It is a choice of the sheet Fit, a column of Devices, and computes; a remark is not lost."""
    source = add(report_book(tmp_path / "a.report.xlsx"))
    assert "not kept" not in invoke("run", "--update", source, "-q")
    (row,) = [at for at, row in enumerate(stored(source, SHEET), 1) if row[1] == "Own X1"]
    checks = openpyxl.load_workbook(source)["Fit"].data_validations.dataValidation
    (listed,) = (one.formula1 for one in checks if SHEET in str(one.formula1))
    assert listed.endswith(f":$B${row}")
    assert "Own X1" in stored(source, "Devices")[4]
    book = openpyxl.load_workbook(source)
    book["Fit"]["C7"] = "Own X1"
    book.save(source)
    live = convert(source, tmp_path / "live")
    usable = next(row for row in stored(live, "Fit") if row[0] == "Usable")
    assert usable[2] == pytest.approx(0.9 * OURS["device_memory"])
    assert usable[2] != usable[3]
    book[SHEET].cell(row, 12, "remember")
    book.save(source)
    assert f"cell L{row}: 'remember' would be lost" in invoke("run", "--update", source, code=1)


def test_an_update_names_a_formula_of_an_added_row(tmp_path: Path) -> None:
    """Its value holds, and the formula is not lost without a word."""
    source = add(report_book(tmp_path / "a.report.xlsx"), device_tdp="=G5+1")
    source = convert(source, tmp_path / "live")
    assert "=G5+1" in invoke("run", "--update", source, "-q")


def test_office_follows_the_choice_of_such_a_row(tmp_path: Path) -> None:
    """A report that has it, chosen in the cell: as the same is computed by --set."""
    source = add(report_book(tmp_path / "models.report.xlsx"))
    for folder, device in (("a", "H100 SXM"), ("b", "Own X1")):
        invoke("run", source, "-o", tmp_path / folder, f"--set=device={device}", "--format=xlsx")
    changed = choose(tmp_path / "a" / "models.report.xlsx", "Own X1")
    live = convert(changed, tmp_path / "live")
    for sheet in ("Models", "Assumptions"):
        wanted = stored(tmp_path / "b" / "models.report.xlsx", sheet)
        assert not disagreements(wanted, stored(live, sheet)), sheet


@pytest.mark.parametrize("missing", OURS)
def test_an_incomplete_row_is_refused(tmp_path: Path, missing: str) -> None:
    """With the cell that lacks its number."""
    source = add(report_book(tmp_path / "a.report.xlsx"), **{missing: None})
    sheet = openpyxl.load_workbook(source)[SHEET]
    (at,) = (cell.column_letter for cell in sheet[4] if str(cell.value).startswith(missing))
    said = invoke("check", source, code=1)
    assert f"sheet {SHEET}, cell {at}{sheet.max_row}: found no {missing}, which every" in said
    assert said.count("Error") == 1


WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a text": (lambda path: add(path, bf16_flops="fast"), "found 'fast', expected a number for bf"),
    "out of bounds": (lambda path: add(path, device_memory=1), "found 1.0, expected from 1,000"),
    "a wild name": (lambda path: add(path, "X*"), "found 'X*', expected a name, without * ? ~"),
    "twice": (lambda path: add(add(path), "own x-1"), "found 'own x-1' once more (already in B"),
    "one of the section": (lambda path: add(path, "h100 sxm"), "found 'h100 sxm' once more (alr"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_row_is_refused(tmp_path: Path, what: str) -> None:
    """With its cell and what was expected."""
    spoil, message = WRONG[what]
    said = invoke("check", spoil(report_book(tmp_path / "a.report.xlsx")), code=1)
    assert f"sheet {SHEET}, cell " in said
    assert message in said


def test_a_source_is_asked_for(registry: Registry, tmp_path: Path) -> None:
    """A row is told to be the workbook's own, and that it has no source."""
    for source in (None, "measured"):
        path = add(report_book(tmp_path / "a.report.xlsx"), source=source)
        (note,) = (str(one) for one in read_workbook(path, registry).warnings)
        assert "Own X1 is a preset of device of this workbook's own" in note
        assert ("write into the column source" in note) is (source is None)


def test_several_workbooks_bring_theirs(registry: Registry, tmp_path: Path) -> None:
    """All rows are choices; of one name the first holds, and that is told."""
    first = add(report_book(tmp_path / "a.report.xlsx"))
    second = add(add(report_book(tmp_path / "b.report.xlsx"), "Own X2"), device_tdp=1)
    for name in ("Own X1", "Own X2"):
        said = invoke("run", first, second, "-o", tmp_path / name, f"--set=device={name}",
                      "--format=xlsx")  # fmt: skip
        assert "what it says of Own X1 on the sheet Presets is not used" in said
        (made,) = (tmp_path / name).glob("*.xlsx")
        assert used(made, registry) == (name, OURS)


def test_a_name_that_is_none_of_them(tmp_path: Path) -> None:
    """Names of the workbook's own are among those that were expected."""
    source = add(report_book(tmp_path / "a.report.xlsx"))
    said = invoke("check", source, "--set", "device=Own X3", code=1)
    assert "preset 'device': found 'Own X3', expected " in said
    assert "Did you mean 'Own X1'" in said


def test_the_page_offers_them(shown: Open, registry: Registry, tmp_path: Path) -> None:
    """In the calculator's list, with its numbers."""
    source = add(report_book(tmp_path / "a.report.xlsx"))
    page = shown(build_report(read_workbook(source, registry), registry))
    page.locator("[data-preset=device]").select_option("Own X1")
    assert float(page.input_value("#set-device_tdp")) == 350


# -- the sheet that the group has for itself


def test_the_sheet_says_its_units(tmp_path: Path) -> None:
    """In its headers, with numbers that people write; other groups' tables are on Presets."""
    rows = stored(report_book(tmp_path / "a.report.xlsx"), SHEET)
    heads, h100 = rows[3], next(row for row in rows if row[1:2] == ["H100 SXM"])
    assert heads[2:5] == ["device_memory (GB)", "memory_bandwidth (GB/s)", "bf16_flops (TFLOP/s)"]
    assert heads[-3:] == ["device_tdp (W)", "device_price ($/h)", "source"]
    assert h100[2:9] == [85.89934592, 3350, 989, 1978, 0, 450, 700]
    assert {row[0] for row in rows[4:]} == {GROUP}
    others = stored(tmp_path / "a.report.xlsx", "Presets")
    assert GROUP not in {row[0] for row in others if row}


@pytest.mark.parametrize("made", BOOKS)
def test_nothing_is_said_of_what_nobody_changed(
    registry: Registry, tmp_path: Path, made: str
) -> None:
    """Also after LibreOffice has written and computed everything."""
    source = BOOKS[made](tmp_path / "a.report.xlsx")
    for path in (source, convert(source, tmp_path / "live")):
        table = read_workbook(path, registry)
        assert "changed-preset" not in {one.kind for one in table.warnings}
        assert (table.scenarios.changes, table.assumptions) == ({}, {})


HEADERS = {
    "device_memory (GiB)": (80, 80 * 2**30), "device_memory (TB)": (0.1, 1e11),
    "device_memory (byte)": (1e11, 1e11), "device_memory": (1e11, 1e11),
    "device_memory (GB)": (100, 1e11), "device_memory (MB)": (1e5, 1e11),
}  # fmt: skip


@pytest.mark.parametrize("head", HEADERS)
def test_a_header_may_name_another_unit(registry: Registry, tmp_path: Path, head: str) -> None:
    """Of the same kind; what stands below is in it."""
    typed, expected = HEADERS[head]
    source = add(report_book(tmp_path / "a.report.xlsx"))
    book = openpyxl.load_workbook(source)
    sheet = book[SHEET]
    sheet["C4"] = head
    for row in range(5, sheet.max_row + 1):
        sheet.cell(row, 3, typed)
    book.save(source)
    assert used(source, registry, device="Own X1")[1]["device_memory"] == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["TFLOP/s", "W", "gigs", "", "GB/s"])
def test_a_unit_of_another_kind_is_refused(tmp_path: Path, unit: str) -> None:
    """With the header's cell."""
    source = report_book(tmp_path / "a.report.xlsx")
    book = openpyxl.load_workbook(source)
    book[SHEET]["C4"] = f"device_memory ({unit})"
    book.save(source)
    said = invoke("check", source, code=1)
    assert f"sheet {SHEET}, cell C4: found the unit {unit!r}, expected device_memory (GB)" in said


def test_a_row_needs_no_group_where_there_is_one(registry: Registry, tmp_path: Path) -> None:
    """On the sheet that is the group's alone."""
    source = add(report_book(tmp_path / "a.report.xlsx"), group=None)
    assert used(source, registry, device="Own X1")[1] == OURS


def test_a_sheet_of_that_name_may_be_somebodys(registry: Registry, tmp_path: Path) -> None:
    """Without our columns it is theirs, and told not to be taken along."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Models"
    sheet.append(["name", *reports.MIXTRAL])
    sheet.append(["Mixtral", *reports.MIXTRAL.values()])
    book.create_sheet(SHEET).append(["device", "price"])
    book.save(tmp_path / "a.xlsx")
    (note,) = (str(one) for one in read_workbook(tmp_path / "a.xlsx", registry).warnings)
    assert f"not taken along: the sheet '{SHEET}'" in note
