"""The sheets Fit and Devices, calculated by LibreOffice, beside the engine's own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from moe_report.compute.build import build_report
from moe_report.compute.evaluate import evaluate_table
from moe_report.compute.kinds import rows_by_kind
from moe_report.load.examples import example_models
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.renderers.excel.device_prices import FIRST
from moe_report.renderers.excel.devices_sheet import HEAD
from moe_report.renderers.excel.devices_workings import MOST_MODELS
from moe_report.renderers.excel.fit_choices import PLACE
from moe_report.renderers.excel.render import render
from moe_report.reports import Report
from moe_report.schema.planner import Number, Offload, Planner
from moe_report.schema.registry import Registry, installed
from moe_report.table import ModelTable, Row, Source
from tests import reports
from tests.office import convert, convert_all, disagreements, stored
from tests.reports import MIXTRAL, OLMOE, QWEN3, many_models, report_of, row, usual_report

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
COLUMNS = "CDEF"
SHEETS = ("Fit", "Devices", "Workings")
PLANNING = ("fit", "hardware", "offload", "serving")  # the sections that the planner takes from
MODELS = (
    "Mixtral-8x7B", "DeepSeek-V2-Lite", "DeepSeek-V3", "Qwen3-30B-A3B", "gpt-oss-20b",
    "gpt-oss-120b", "Llama-4-Scout", "Grok-1",
)  # fmt: skip
DEVICES = ("H100 SXM", "B200", "RTX 4090", "MI300X", "TPU v6e")
LOADS: Sequence[Mapping[str, str | float]] = (
    {},
    {"precision": "BF16", "context_length": 32768.0},
    {"cache": "FP8", "num_sequences": 7.0, "tensor_parallel": 8.0},
    {"precision": "Q2_K", "tensor_parallel": 2.0, "expert_parallel": 4.0, "data_parallel": 2.0},
    {"devices": 16.0, "context_length": 131072.0},
)
LABELS = {
    "": "Model", "device": "Device", "precision": "Weights", "cache": "Cache",
    "context_length": "Context", "num_sequences": "Sequences at once",
    "devices": "Devices, spread as engines do", "tensor_parallel": "Tensor parallelism",
    "expert_parallel": "Expert parallelism", "data_parallel": "Data parallelism",
    "pipeline_parallel": "Pipeline stages",
}  # fmt: skip
SHOWN = {
    "Routed experts": "device_expert_bytes", "Other weights": "device_other_weight_bytes",
    "Needed in all": "device_bytes", "Usable": "usable_bytes", "In this layout": "devices_used",
    "Needed by memory alone": "devices_by_memory",
    "Needed as engines divide the model": "devices_needed",
    "Longest context": "fitting_context", "Most sequences": "fitting_sequences",
}  # fmt: skip


@cache
def registry() -> Registry:
    """What is installed."""
    return installed()


@cache
def examples() -> tuple[Row, ...]:
    """The shipped models."""
    return tuple(example_models(registry()))


@cache
def report() -> Report:
    """Their report."""
    return build_report(ModelTable(examples(), Source("examples")), registry())


@cache
def of_models(*names: str) -> Report:
    """The report of some of them, without what the sheets do not need: LibreOffice takes less."""
    rows = tuple(one for one in examples() if one.name in names)
    return build_report(ModelTable(rows, Source("examples")), registry().choose(only=PLANNING))


def first() -> Report:
    """The report of those that the columns of the sheet Fit begin with in that of all."""
    return of_models(*(one.name for one in examples()[: len(COLUMNS)]))


def written(report: Report, path: Path) -> Path:
    """The workbook of a report."""
    path.write_bytes(render(report))
    return path


def rows_of(workbook: Path) -> dict[str, list[object]]:
    """The rows of the sheet Fit by their label, the first of each."""
    found: dict[str, list[object]] = {}
    for cells in stored(workbook, "Fit"):
        found.setdefault(str(cells[0]), cells)
    return found


def choose(workbook: Path, target: Path, columns: Sequence[Mapping[str, str | float]]) -> Path:
    """A copy with other choices typed, by what each sets."""
    labels = [cells[0] for cells in stored(workbook, "Fit")]
    package = Package(workbook.read_bytes())
    part = package.sheets()["Fit"]
    root = parse(package[part])
    for letters, choices in zip(COLUMNS, columns, strict=False):
        for name, value in choices.items():
            address = f"{letters}{labels.index(LABELS[name]) + 1}"
            cell = root.find(f".//{MAIN}c[@r='{address}']")
            assert cell is not None
            for child in list(cell):
                cell.remove(child)
            cell.set("t", "inlineStr" if isinstance(value, str) else "n")
            if isinstance(value, str):
                inside = etree.SubElement(cell, f"{MAIN}is")
                etree.SubElement(inside, f"{MAIN}t").text = value
            else:
                etree.SubElement(cell, f"{MAIN}v").text = repr(value)
    package[part] = serialize(root)
    target.write_bytes(package.save())
    return target


@cache
def engine_of_all(**choices: str | float) -> Mapping[str, Mapping[str, float | None]]:
    """What the engine computes for some choices, all models at once: by model and metric."""
    numbers = {name: item.default for name, item in registry().assumptions.items()}
    for name, value in choices.items():
        if name == "devices":
            devices = int(value)
            group = 1 if devices == 1 else 8  # the heads of all the models here divide by 8
            numbers |= {"tensor_parallel": group, "pipeline_parallel": devices / group}
        elif isinstance(value, str):
            numbers |= registry().presets[name].values[value]
        else:
            numbers[name] = value
    rows = tuple(one for one in examples() if one.name in MODELS)
    found = evaluate_table(ModelTable(rows, Source("some")), registry(), numbers).metrics
    return {
        row.name: {name: column.cells[at].value for name, column in found.items()}
        for at, row in enumerate(rows)
    }


def engine(model: str, choices: Mapping[str, str | float]) -> Mapping[str, float | None]:
    """What the engine computes for a model and some choices."""
    return engine_of_all(**choices)[model]


def assert_same(found: object, wanted: float | None, what: object) -> None:
    """A cell holds a number, to 1e-9, or a dash for none."""
    if wanted is None:
        assert found == "–", what
    else:
        assert isinstance(found, (int, float)), what
        assert math.isclose(found, wanted, rel_tol=1e-9), what


def test_choices_give_what_the_engine_computes(tmp_path: Path) -> None:
    """Eight models on five devices, each device with another load and another layout."""
    workbook = written(of_models(*MODELS), tmp_path / "report.xlsx")
    asked = [
        {"": model, "device": device, **load}
        for model in MODELS
        for device, load in zip(DEVICES, LOADS, strict=True)
    ]
    groups = [asked[at : at + 4] for at in range(0, len(asked), 4)]
    changed = [choose(workbook, tmp_path / f"{at}.xlsx", group) for at, group in enumerate(groups)]
    verdicts = set()
    for path, group in zip(convert_all(changed, tmp_path / "live"), groups, strict=True):
        rows = rows_of(path)
        for column, choices in enumerate(group, start=2):
            wanted = engine(str(choices[""]), {k: v for k, v in choices.items() if k})
            for label, name in SHOWN.items():
                assert_same(rows[label][column], wanted[name], (choices, name))
            total, limit = wanted["device_bytes"], wanted["usable_bytes"]
            assert total is not None
            assert limit is not None
            left = f"{abs(limit - total) / 1e9:,.1f} GB"
            word = f"fits, {left} left" if total <= limit else f"short by {left}"
            if abs(limit - total) >= 1e9:
                assert rows["Verdict"][column] == word
            verdicts.add(total <= limit)
    assert verdicts == {True, False}


def test_devices_are_what_the_engine_computes(tmp_path: Path) -> None:
    """The table of all models and devices, as LibreOffice computes it."""
    path = convert(written(report(), tmp_path / "report.xlsx"), tmp_path / "live")
    rows = stored(path, "Devices")
    names = [str(name) for name in rows[HEAD - 1][1:]]
    assert names == list(registry().presets["device"].names)
    models = [report().models[at].name for at in rows_by_kind(report())["models"]]
    assert [cells[0] for cells in rows[FIRST - 1 :][: len(models)]] == models
    table = {str(cells[0]): cells[1:] for cells in rows[FIRST - 1 :][: len(models)]}
    for model in MODELS:
        for device, found in zip(names, table[model], strict=True):
            wanted = engine(model, {"device": device})["devices_needed"]
            assert_same(found, wanted, (model, device))


PRICES = {"H100 SXM": 3.5, "B200": 6.25, "TPU v6e": 0.0, "MI300X": None}


def costs_of(workbook: Path) -> tuple[int, dict[str, dict[str, object]]]:
    """The row of prices on the sheet Devices, and what stands below it by model and device."""
    rows = stored(workbook, "Devices")
    at = next(at for at, cells in enumerate(rows) if "Price of" in str(cells[0]))
    heads = [str(name) for name in rows[at - 1][1:]]
    below = {str(cells[0]): cells[1:] for cells in rows[at + 1 :] if cells[0]}
    return at + 1, {model: dict(zip(heads, cells, strict=True)) for model, cells in below.items()}


def assert_costs(workbook: Path, prices: Mapping[str, float | None]) -> None:
    """All costs of some models are what the engine computes, with a price for each device."""
    _, table = costs_of(workbook)
    listed = registry().presets["device"].values
    assert {*MODELS} <= {*table}
    for model in MODELS:
        for device, found in table[model].items():
            price = prices.get(device, listed[device]["device_price"])
            wanted = engine(model, {"device": device, "device_price": price or 0.0})
            cost = wanted["least_cost_per_mtoken_out"]
            assert (cost is None) == (not price)
            assert_same(found, cost, (model, device))


def test_costs_are_what_the_engine_computes(tmp_path: Path) -> None:
    """At each device's price of the sheet Hardware, and at prices that are typed over it."""
    workbook = written(of_models(*MODELS), tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(workbook)
    sheet = book["Devices"]
    row, _ = costs_of(workbook)
    names = registry().presets["device"].names
    assert all(str(cell.value).startswith("=Hardware!") for cell in sheet[row][1:])
    for name, price in PRICES.items():
        sheet.cell(row, names.index(name) + 2).value = price
    book.save(typed := tmp_path / "typed.xlsx")
    plain, live = convert_all([workbook, typed], tmp_path / "live")
    assert_costs(plain, {})
    assert_costs(live, PRICES)


def test_typed_prices_are_written_again(tmp_path: Path) -> None:
    """A report with prices, one of them emptied, stores what LibreOffice computes with them."""
    path = written(replace(of_models(*MODELS), device_prices=PRICES), tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    for sheet in ("Devices", "Workings"):
        assert not disagreements(stored(path, sheet), stored(live, sheet))
    assert_costs(path, PRICES)


def test_a_measured_speed_is_not_of_every_device() -> None:
    """What was measured on one device changes no cost at the bound."""
    typed = row("typed", {**MIXTRAL, "measured_decode_tokens_per_s": 10.0})
    cells = {one.name: one.cells for one in report_of(typed, row("not", MIXTRAL)).metrics}
    least, cost = cells["least_cost_per_mtoken_out"], cells["cost_per_mtoken_out"]
    assert least[0].value == least[1].value == pytest.approx(cost[1].value)
    assert cost[0].value != cost[1].value


def few(count: int) -> Report:
    """A report of so many models, of one shape each."""
    shapes = (("one", MIXTRAL), ("two*", OLMOE), ("Two", QWEN3))
    return report_of(*(row(name, shape) for name, shape in shapes[:count]))


@pytest.mark.parametrize(
    "made",
    [lambda: few(1), lambda: few(3), usual_report, report, lambda: many_models(90, only=PLANNING)],
)
def test_stored_values_are_what_libreoffice_computes(tmp_path: Path, made: object) -> None:
    """One model or many, claims and lone layers: nothing disagrees, and nothing is an error."""
    assert callable(made)
    path = written(made(), tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    for sheet in SHEETS:
        rows = stored(path, sheet)
        assert not disagreements(rows, stored(live, sheet))
        cells = [str(cell) for cells in rows for cell in cells]
        assert sheet == "Workings" or not [cell for cell in cells if cell.startswith("#")]


def test_many_models_are_bounded(tmp_path: Path) -> None:
    """Of more models than the table of devices has room for, it says that it has the first."""
    path = written(many_models(400), tmp_path / "report.xlsx")
    rows = stored(path, "Devices")
    first, second = FIRST - 1, costs_of(path)[0]
    for at in (first, second):
        assert all(cells[1] is not None for cells in rows[at : at + MOST_MODELS])
    assert len(rows) == second + MOST_MODELS
    assert f"the first {MOST_MODELS} of 400 models" in str(rows[2][0])


def test_typed_choices_are_written_again(tmp_path: Path) -> None:
    """A report with choices stores what LibreOffice computes with them."""
    fitted = (
        {"model": "DeepSeek-V3", "device": "B200", "devices": 8.0},
        {"model": "gone", "cache": "FP8"},
        {},
        {"model": "Grok-1", "precision": "–", "tensor_parallel": 8.0, "context_length": 9.0},
    )
    path = written(replace(of_models(*MODELS), fitted=fitted), tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    for sheet in SHEETS:
        assert not disagreements(stored(path, sheet), stored(live, sheet)), sheet
    rows = rows_of(path)
    assert rows["Model"][2:6] == ["DeepSeek-V3", "", "", "Grok-1"]
    assert str(rows["Verdict"][2]).startswith("fits")
    assert rows["Verdict"][3] in ("", None)


def test_an_unknown_preset_is_no_number(tmp_path: Path) -> None:
    """A device of no section gives dashes, and no number that is of another device."""
    workbook = written(first(), tmp_path / "report.xlsx")
    changed = choose(workbook, tmp_path / "changed.xlsx", [{"device": "H900"}, {"precision": "x"}])
    rows = rows_of(convert(changed, tmp_path / "live"))
    for label in ("Verdict", "Most sequences"):
        assert rows[label][2:4] == ["–", "–"]
    assert rows["Usable"][2] == "–"
    assert rows["Needed in all"][3] == "–"


WRONG: Sequence[tuple[str, str | float, str]] = (
    ("context_length", -5.0, "Context: expected a whole number, at least 1"),
    ("context_length", 2.5, "Context: expected a whole number, at least 1"),
    ("num_sequences", "8k", "Sequences at once: expected a whole number, from 1 to 10,000,000"),
    ("devices", -2.0, f"{LABELS['devices']}: expected a whole number, from 1 to 1,000,000"),
    ("device", "H900", "Device: expected a name of the list"),
)


def test_what_is_pasted_past_a_check_is_no_number(tmp_path: Path) -> None:
    """No number is computed with it, and what was expected is said; other columns go on."""
    workbook = written(first(), tmp_path / "report.xlsx")
    asked = [[{name: value}] for name, value, _ in WRONG]
    changed = [choose(workbook, tmp_path / f"{at}.xlsx", one) for at, one in enumerate(asked)]
    for path, (_, _, said) in zip(convert_all(changed, tmp_path / "live"), WRONG, strict=True):
        rows = stored(path, "Fit")
        top = next(at for at, cells in enumerate(rows) if cells[0] == "On the fullest device")
        assert rows[top - 1][2] == said
        found = rows_of(path)
        for label in ("Verdict", "Million out, at least"):
            assert found[label][2] == "–", said
        assert str(found["Verdict"][3]).startswith("short")


def test_a_price_that_is_none_gives_no_cost(tmp_path: Path) -> None:
    """Below zero, and a text: there are no costs of these devices, and those of others stay."""
    workbook = written(of_models(*MODELS), tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(workbook)
    row, _ = costs_of(workbook)
    book["Devices"].cell(row, 2).value, book["Devices"].cell(row, 3).value = -1, "two"
    book.save(typed := tmp_path / "typed.xlsx")
    names = registry().presets["device"].names
    assert_costs(convert(typed, tmp_path / "live"), dict.fromkeys(names[:2]))


def test_a_typed_metric_holds(tmp_path: Path) -> None:
    """A number that stands on Models in place of a formula is used, as the engine uses it."""
    typed = report_of(row("typed", {**MIXTRAL, "weight_bytes": 5e9}), row("not", MIXTRAL))
    path = written(typed, tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    assert not disagreements(stored(path, "Workings"), stored(live, "Workings"))
    rows = {cells[0]: cells for cells in stored(live, "Workings")}
    assert rows["weight_bytes"][2] == 5e9
    assert rows["weight_bytes"][3] > 80e9


def other(**changes: object) -> Planner:
    """A planner with other things in it, made of metrics that are there."""
    built_in = report().planner
    assert built_in is not None
    return replace(built_in, **changes)  # type: ignore[arg-type]


def test_speeds_costs_and_offload(tmp_path: Path) -> None:
    """A bound has what is likely beside it; where a model does not fit, there is a dash."""
    number = Number("weight_bytes", "decoding", "device_bytes", "usable_bytes")
    plan = other(
        speeds=(number,),
        costs=(Number("kv_cache_bytes", "a million tokens"),),
        offload=Offload("devices_used", on_cpu="weight_bytes", to_copy="--n-cpu-moe {}"),
    )
    path = written(replace(first(), planner=plan), tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    assert not disagreements(stored(path, "Fit"), stored(live, "Fit"))
    rows = rows_of(live)
    assert str(rows["Verdict"][2]).startswith("short")
    assert str(rows["Verdict"][5]).startswith("fits")
    wanted = engine("DeepSeek-V2-Lite", {})
    for label, name in (
        ("Decoding, at most", "weight_bytes"),
        ("Decoding, likely from", "device_bytes"),
        ("Decoding, likely to", "usable_bytes"),
        ("A million tokens", "kv_cache_bytes"),
    ):
        assert rows[label][2] == "–"
        assert_same(rows[label][5], wanted[name], label)
    assert rows["To copy"][2] == "--n-cpu-moe 1"


def test_a_device_holds_its_share_beside_the_cpu(tmp_path: Path) -> None:
    """On one device what is needed in all, less what goes to the CPU; nothing to copy for none."""
    rows = rows_of(written(first(), tmp_path / "report.xlsx"))
    for column, copied in ((2, "--n-cpu-moe 7"), (5, "–")):
        held, on_cpu, total, usable = (
            float(str(rows[label][column]))
            for label in ("The fullest device then holds", "The memory of the CPU holds",
                          "Needed in all", "Usable")
        )  # fmt: skip
        assert held == pytest.approx(total - on_cpu)
        assert held <= usable
        assert rows["To copy"][column] == copied


def test_any_context_may_fit(tmp_path: Path) -> None:
    """Where every layer has a window, the cache stops growing: not as where a number is missing."""
    (mixtral,) = (row for row in examples() if row.name == "Mixtral-8x7B")
    numbers = {name: one.value for name, one in mixtral.numbers.items()}
    held = numbers.get("kv_values_per_token", 65536.0)
    windows = {"kv_values_per_token": 0.0, "window_kv_values_per_token": held}
    windows["sliding_window"] = 4096.0
    rows = [reports.row("Any", numbers | windows), reports.row("Half", {**reports.TOTALS}),
            reports.row("Typed", reports.TOTALS | {"device_bytes": 1e9})]  # fmt: skip
    table = ModelTable(tuple(rows), Source("examples"))
    whole = build_report(table, registry(), assumptions={"tensor_parallel": 8})
    path = written(whole, tmp_path / "report.xlsx")
    for shown in (rows_of(path), rows_of(convert(path, tmp_path / "live"))):
        assert shown["Longest context"][2] == "any"
        assert shown["Context that the model is made for"][2] == 32_768
        assert shown["Longest context"][3] == "–"
        assert str(shown["Verdict"][4]).startswith("fits")  # and of its cache nothing is known
        assert shown["Longest context"][4] == "–"


def test_layers_on_the_cpu_as_asked(tmp_path: Path) -> None:
    """What is copied is for the bytes beside it; how many are needed stands apart."""
    path = written(with_layers(12), tmp_path / "report.xlsx")
    rows = rows_of(convert(path, tmp_path / "live"))
    assert rows["Layers needed there, at least"][2] == 7
    assert rows["Layers whose experts go there"][2] == 12
    assert rows["To copy"][2] == "--n-cpu-moe 12"


def with_layers(asked: float) -> Report:
    """A report for some layers on the CPU."""
    return assuming(cpu_moe_layers=asked)


def assuming(**numbers: float) -> Report:
    """A report with other assumptions."""
    table = ModelTable(examples()[: len(COLUMNS)], Source("examples"))
    return build_report(table, registry(), assumptions=numbers)


def test_a_layout_that_no_engine_runs_never_fits(tmp_path: Path) -> None:
    """Heads, stages or experts that do not divide so, chosen in a cell or on Assumptions."""
    path = written(assuming(tensor_parallel=7), tmp_path / "report.xlsx")
    asked: Sequence[Mapping[str, str | float]] = (
        {}, {"tensor_parallel": 1, "pipeline_parallel": 999},
        {"tensor_parallel": 1, "expert_parallel": 4}, {"device": "B200", "tensor_parallel": 4},
    )  # fmt: skip
    chosen = choose(path, tmp_path / "chosen.xlsx", asked)
    left, live = convert_all([path, chosen], tmp_path / "live")
    assert rows_of(path)["Verdict"][2:6] == ["impossible layout"] * len(COLUMNS)
    assert not disagreements(stored(path, "Fit"), stored(left, "Fit"))
    rows = rows_of(live)
    assert rows["Verdict"][2:5] == ["impossible layout"] * 3
    assert str(rows["Verdict"][5]).startswith("fits, ")
    assert rows["Decoding, at most"][2:5] == ["–"] * 3


def test_a_cleared_number_follows_what_is_chosen_beside_it(tmp_path: Path) -> None:
    """The price is that of the column's device, the layout that of its devices."""
    workbook = written(first(), tmp_path / "report.xlsx")
    columns = [{"device": "H200", "devices": 8.0}, {"device": "H200", "devices": 8.0}, {}]
    chosen = choose(workbook, tmp_path / "chosen.xlsx", columns)
    book = openpyxl.load_workbook(chosen)
    labels = [cell.value for cell in book["Fit"]["A"]]
    for label in ("Price of a device", "Tensor parallelism", "Pipeline stages"):
        book["Fit"].cell(labels.index(label) + 1, 3).value = None
    book["Fit"]["C5"].value = book["Fit"]["D5"].value
    book.save(cleared := tmp_path / "cleared.xlsx")
    rows = rows_of(convert(cleared, tmp_path / "live"))
    for label in ("Million out, at least", "Needed in all", "In this layout", "Verdict"):
        assert rows[label][2] == rows[label][3] != "–", label
    assert rows["In this layout"][2] == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"needed": "", "by_memory": "", "in_use": ""},
        {"longest_context": "", "most_sequences": "", "layout": {}},
        {"asked": (), "parts": ()},
        {"memory": ""},
        {"least_cost": ""},
        {"price": ""},
        {"price": "device"},
    ],
)
def test_what_is_not_there_leaves_no_hole(tmp_path: Path, changes: Mapping[str, object]) -> None:
    """What a planner lacks is left out: no heading without rows, no row without a number."""
    path = written(replace(first(), planner=other(**changes)), tmp_path / "report.xlsx")
    live = convert(path, tmp_path / "live")
    assert not disagreements(stored(path, "Fit"), stored(live, "Fit"))
    rows = stored(live, "Fit")
    filled = [at for at, cells in enumerate(rows) if any(cell is not None for cell in cells)]
    filled = [at for at in filled if rows[at][0] != LABELS["devices"]]  # empty until it is typed
    heads = [at for at in filled if rows[at][2] is None and rows[at][0] and at > PLACE]
    assert all(at + 1 in filled and rows[at + 1][2] is not None for at in heads)
    assert ("Devices" in openpyxl.load_workbook(path).sheetnames) == (
        "memory" not in changes and "needed" not in changes
    )


@pytest.mark.parametrize(("skip", "sheets"), [("fit", set()), ("hardware", {"Fit", "Workings"})])
def test_sections_left_out(tmp_path: Path, skip: str, sheets: set[str]) -> None:
    """Without a planner there is no sheet; without devices, no table of them."""
    table = ModelTable(examples()[: len(COLUMNS)], Source("examples"))
    found = registry().choose(skip=[skip])
    if skip == "hardware":  # its presets stay, as others take what they set
        sections = [
            replace(one, presets=tuple(it for it in one.presets if it.group != "device"))
            for one in found.sections
        ]
        found = replace(found, sections=tuple(sections))
    path = written(build_report(table, found), tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(path)
    assert {*book.sheetnames} & {*SHEETS} == sheets
    if sheets:
        assert "Device" not in rows_of(path)
        assert not disagreements(
            stored(path, "Fit"), stored(convert(path, tmp_path / "live"), "Fit")
        )


def test_formulas_are_of_bounded_length(tmp_path: Path) -> None:
    """No formula of these sheets comes near what Excel takes."""
    book = openpyxl.load_workbook(written(report(), tmp_path / "report.xlsx"))
    lengths = [
        len(str(cell.value))
        for name in SHEETS
        for cells in book[name].iter_rows()
        for cell in cells
    ]
    assert max(lengths) < 5000
