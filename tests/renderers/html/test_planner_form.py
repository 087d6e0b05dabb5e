"""The form "Does it fit?" of the page: the numbers of the calculator, by a section's planner."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from moe_report.compute.build import build_report
from moe_report.display import show
from moe_report.formula.operations import evaluate
from moe_report.load.examples import published_models
from moe_report.renderers.html.calculator import calculator_of
from moe_report.renderers.html.render import render_calculator
from moe_report.reports import Report
from moe_report.schema.planner import DEVICES, Planner
from moe_report.schema.registry import installed, load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import Open

DEVICE_NAMES = ("H100 SXM", "H200", "RTX 4090", "MI300X")
CONTEXTS = (4096, 131072)
MODELS = 6
NUMBERS = """() => Object.fromEntries([...document.querySelectorAll(".planner [data-planned]")]
  .map((item) => [item.dataset.planned, item.title ? item.title : item.textContent]))"""
PLUGIN = '''"""Boxes."""

from dataclasses import dataclass

from moe_report import Model, assumption, metric, planner, where


@dataclass(frozen=True)
class Lorry:
    """What carries them."""

    lorry_bytes: float = assumption(100, symbol="L", unit="byte", help="What a lorry carries.")
    toll: float = assumption(3, symbol="t", unit="$/h", help="On some road. In 2025.")
    lorries: float = assumption(1, symbol="n", unit="lorries", help="All.", minimum=1, whole=True)


@metric(symbol="B_box", unit="byte", source="a scale")
def box_bytes(m: Model, it: Lorry) -> float:
    """Bytes of a lorry's boxes."""
    return 30 * m.num_experts / it.lorries


@metric(symbol="B_rest", unit="byte", source="a scale")
def room(m: Model, it: Lorry) -> float:
    """What may be used."""
    return 0.9 * it.lorry_bytes


@metric(symbol="F_box", unit="0 or 1", source="a scale", format="integer")
def carried(m: Model) -> float:
    """Whether they fit."""
    return where(box_bytes(m) <= room(m), 1, 0)


@metric(symbol="n_use", unit="lorries", source="a count", format="integer")
def lorries_used(m: Model, it: Lorry) -> float:
    """Lorries."""
    return it.lorries + 0 * m.num_experts


@metric(symbol="v_box", unit="boxes/s", source="a watch", format="decimal")
def speed(m: Model) -> float:
    """Boxes at once."""
    return m.num_experts


@metric(symbol="v_low", unit="boxes/s", source="a watch", format="decimal")
def slow(m: Model) -> float:
    """Boxes as drivers carry them."""
    return m.num_experts / 2


@metric(symbol="c_box", unit="$/box", source="a bill", format="decimal")
def bill(m: Model, it: Lorry) -> float:
    """Price of a box."""
    return it.toll / m.num_experts


PLANNER = planner(
    asked={"lorry": ("lorry_bytes", "A lorry carries"), "toll": ("toll", "Toll"),
           "n": ("lorries", "Number of them"), "paint": ("paint", "Paint")},
    parts=((box_bytes, "boxes", "green"), ("paint_bytes", "paint", "blue")),
    total=box_bytes, limit=room, verdict=carried, in_use=lorries_used,
    spread=lambda m, devices: {"lorries": devices},
    speeds=((speed, "loading", slow, speed), ("paint_speed", "painting")),
    costs=((bill, "a box"),), price="toll",
)
'''


@pytest.fixture(scope="module")
def published() -> Report:
    """The report of the published models."""
    table = ModelTable(published_models(installed()), Source("the shipped examples"))
    return build_report(table, load())


def numbers_of(page: Page) -> dict[str, str]:
    """What the form shows, exactly, by metric."""
    found: dict[str, str] = page.evaluate(NUMBERS)
    return found


def planner_of(report: Report) -> Planner:
    """The report's planner."""
    assert report.planner is not None
    return report.planner


def shown_exactly(text: str) -> float:
    """The number of a title."""
    return float(text.replace(",", "").replace("−", "-"))


@pytest.mark.slow
def test_its_numbers_are_those_of_the_engine(shown: Open, published: Report) -> None:
    """For some models, devices and contexts: verdict, devices, reach, speeds and prices."""
    page = shown(published, "", render_calculator)
    planner = planner_of(published)
    names = [model.name for model in published.models[:MODELS]]
    checked = 0
    for device in DEVICE_NAMES:
        for context in CONTEXTS:
            page.select_option("#plan-device", device)
            page.fill("#plan-context_length", str(context))
            assumed = dict(_values(device)) | {"context_length": float(context)}
            table = ModelTable(published_models(installed())[:MODELS], Source("x"))
            columns = build_report(table, load(), assumptions=assumed).columns
            for at, name in enumerate(names):
                page.select_option("#calculator-model", name)
                found = numbers_of(page)
                fits = columns[planner.verdict].cells[at].value == 1
                assert page.get_attribute(".verdict", "data-fits") == str(int(fits))
                total, limit = (columns[one].cells[at].value or 0 for one in planner.needs[:2])
                said = page.inner_text(".verdict")
                assert said == "Fits" if fits else show(total - limit, "byte", "si") in said
                for one in planner.reach:
                    value = columns[one].cells[at].value
                    assert (
                        found[one] == "–"
                        if value is None
                        else shown_exactly(found[one]) == pytest.approx(value, rel=1e-9)
                    ), (name, device, one)
                for part in planner.parts:
                    if part.name in columns:
                        value = columns[part.name].cells[at].value
                        assert found[part.name] == show(value, "byte", "si")
                speeds = [one.name for one in (*planner.speeds, *planner.costs)]
                assert ({*speeds} <= {*found}) == fits
                for one in speeds if fits else ():
                    value = columns[one].cells[at].value
                    if value is not None:
                        assert shown_exactly(found[one]) == pytest.approx(value, rel=1e-9)
                checked += 1
    assert checked == len(DEVICE_NAMES) * len(CONTEXTS) * MODELS


def _values(device: str) -> dict[str, float]:
    group = installed().presets["device"]
    return dict(next(one for one in group.presets if one.name == device).values)


@pytest.mark.parametrize("devices", [1, 2, 3, 8, 12, 24])
def test_devices_are_spread_as_the_planner_says(shown: Open, devices: int) -> None:
    """By its recorded formulas; a layout of one's own is said to be that."""
    report = reports.usual_report()
    page = shown(report, "#calculator=Mixtral+8x7B", render_calculator)
    page.fill("#plan--devices", str(devices))
    values = {DEVICES: float(devices), "num_attention_heads": 32.0, "num_key_value_heads": 8.0}
    for name, expr in planner_of(report).layout.items():
        expected = float(evaluate(expr, values))
        text = page.input_value(f"#set-{name}") or page.get_attribute(f"#set-{name}", "placeholder")
        assert float(text or "nan") == expected, name
    assert "as it was set" not in page.inner_text("#plan--spread")
    page.locator(".planner details").evaluate("(it) => { it.open = true; }")
    page.fill("#plan-tensor_parallel", "5")
    assert "as it was set" in page.inner_text("#plan--spread")


def test_what_is_chosen_is_the_state_of_the_calculator(shown: Open) -> None:
    """In the address, kept for another model, taken back step by step, and reset."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    page.select_option("#plan-device", "RTX 4090")
    page.click(".planner .fewest")
    taken = page.input_value("#plan--devices")
    assert int(taken) > 1
    assert page.inner_text(".verdict") == "Fits"
    link = page.url
    other = shown(reports.usual_report(), "#" + link.partition("#")[2], render_calculator)
    assert other.locator("#plan-device").input_value() == "RTX 4090"
    assert other.input_value("#plan--devices") == taken
    page.select_option("#calculator-model", "OLMoE-1B-7B")
    assert page.locator("#plan-device").input_value() == "RTX 4090"
    assert page.input_value("#plan--devices") == taken
    page.go_back()
    page.wait_for_function("document.getElementById('calculator-model').value[0] === 'M'")
    page.go_back()
    page.wait_for_function("document.getElementById('plan--devices').value === '1'")
    assert page.locator("#plan-device").input_value() == "RTX 4090"
    page.click("#calculator-reset")
    assert page.locator("#plan-device").input_value() == "H100 SXM"


def test_all_of_it_works_from_the_keyboard(shown: Open) -> None:
    """Choices, numbers and buttons one after the other; Escape takes back, and stays there."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    page.focus("#plan-device")
    page.keyboard.type("RTX 4090")
    page.wait_for_function("document.getElementById('plan-device').value === 'RTX 4090'")
    page.focus("#plan-context_length")
    page.keyboard.type("32k")
    page.keyboard.press("Enter")
    assert page.get_attribute("#set-context_length", "data-set") == "context_length"
    assert page.input_value("#set-context_length") == "32k"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "plan-context_length"
    assert page.input_value("#set-context_length") == ""
    page.focus("#plan--devices")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "plan--devices"
    assert page.inner_text(".verdict") == "Fits"


def test_a_model_that_lacks_its_cache_has_no_verdict(shown: Open) -> None:
    """What is missing is named, and nothing stands as if it were known."""
    row = reports.row("Half", {**reports.TOTALS})
    page = shown(reports.report_of(row), "#calculator=Half", render_calculator)
    assert page.inner_text(".verdict") == "No verdict"
    assert "needs" in page.inner_text(".why-not")
    assert page.locator(".memory").is_hidden()
    assert page.locator(".planner .numbers div").count() == 0
    assert "–" in page.inner_text(".parts-of")


def test_the_bar_shows_what_is_too_much(shown: Open) -> None:
    """Parts are as long as their bytes, the limit stands where it is, and a text says it."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    bar = page.locator(".planner .memory")
    assert "too much" in (bar.get_attribute("aria-label") or "")
    widths = bar.locator(".parts span").evaluate_all("(all) => all.map((it) => it.style.width)")
    assert sum(float(width.rstrip("%")) for width in widths) == pytest.approx(100)
    limit = bar.locator(".limit").evaluate("(it) => it.style.left")
    assert 0 < float(limit.rstrip("%")) < 100
    page.fill("#plan--devices", "8")
    assert "too much" not in (bar.get_attribute("aria-label") or "")
    colours = {scheme: _colours(page, scheme) for scheme in ("light", "dark")}
    assert all(len(set(found)) == len(widths) for found in colours.values())


def _colours(page: Page, scheme: str) -> list[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found: list[str] = page.locator(".memory .parts span").evaluate_all(
        "(all) => all.map((it) => getComputedStyle(it).backgroundColor)"
    )
    return found


def test_what_is_to_be_known_of_the_longest_context(shown: Open) -> None:
    """That the model is not made for it, and that any fits; a shorter one has no mark."""
    made = reports.MIXTRAL | {"max_position_embeddings": 32768}
    windows = {"sliding_window": 4096, "kv_values_per_token": 0,
               "window_kv_values_per_token": 65536}  # fmt: skip
    both = reports.report_of(reports.row("Long", made), reports.row("Any", made | windows))
    page = shown(both, "#calculator=Long", render_calculator)
    page.fill("#plan--devices", "8")
    longest = longest_of(page)
    mark = "beyond the 32,768 that the model is made for"
    assert longest.locator(".note").inner_text() == mark
    page.fill("#plan-num_sequences", "200")
    assert longest.locator(".note").count() == 0
    page = shown(both, "#calculator=Any", render_calculator)
    page.fill("#plan--devices", "8")
    longest = longest_of(page)
    assert longest.locator("dd").all_inner_texts() == ["any", mark]
    typed = reports.report_of(reports.row("Typed", reports.TOTALS | {"device_bytes": 1e9}))
    page = shown(typed, "#calculator=Typed", render_calculator)
    assert page.inner_text(".verdict") == "Fits"
    assert longest_of(page).locator("dd").first.inner_text() == "–"


def longest_of(page: Page) -> Locator:
    """What is said of the longest context."""
    return page.locator(".planner .numbers div", has_text="Longest context")


def test_layers_on_the_cpu_are_of_each_stage(shown: Open) -> None:
    """Where not the first layers are to go there, nothing is to copy; too little memory is said."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    page.fill("#plan--devices", "1")
    assert ": --n-cpu-moe " in page.inner_text(".why-not")
    page.locator(".planner details").evaluate("(it) => { it.open = true; }")
    page.fill("#plan-pipeline_parallel", "2")
    page.select_option("#plan-device", "RTX 4090")
    assert "of the CPU, which are not known to be just the first." in page.inner_text(".why-not")
    page.locator(".group-of-inputs").last.evaluate("(it) => { it.open = true; }")
    page.fill("#set-cpu_memory", "1000000000")
    assert "It does not fit with the experts of" in page.inner_text(".why-not")
    assert page.inner_text(".why-not").endswith(" GB, and it has 1.00 GB.")
    page.fill("#plan-num_sequences", "100000")
    never = "It does not fit with all experts in the memory of the CPU either."
    assert page.inner_text(".why-not").endswith(never)


def test_the_command_says_what_is_chosen(shown: Open) -> None:
    """Every choice that is not by default, in quotes where a shell needs them."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    page.select_option("#plan-device", "RTX 4090")
    page.select_option("#plan-precision", "FP8 128×128")
    page.fill("#plan-context_length", "32k")
    page.fill("#plan--devices", "16")
    words = shlex.split(page.inner_text(".planner .command code"))
    assert words[:2] == ["moe-report", "fit"]
    assert "Mixtral 8x7B" in words
    said = dict(pairwise(words))
    assert said["--device"] == "RTX 4090"
    assert said["--precision"] == "FP8 128×128"
    assert (said["--context"], said["--devices"]) == ("32000", "16")
    assert not {"--tp", "--pp", "--set"} & {*words}
    page.locator(".planner details").evaluate("(it) => { it.open = true; }")
    page.fill("#plan-tensor_parallel", "4")
    page.locator(".group-of-inputs").last.evaluate("(it) => { it.open = true; }")
    page.fill("#set-memory_utilisation", "0.5")
    words = shlex.split(page.inner_text(".planner .command code"))
    assert "memory_utilisation=0.5" in words
    assert words[words.index("--tp") + 1] == "4"


def test_a_section_of_others_declares_its_own(shown: Open, tmp_path: Path) -> None:
    """What it names and is not installed leaves no hole; a price says what it rests on."""
    (tmp_path / "boxes.py").write_text(PLUGIN, encoding="utf-8")
    registry = load(files=[tmp_path / "boxes.py"]).choose(only=["boxes"])
    row = reports.row("Cellar", {"num_experts": 4})
    page = shown(build_report(ModelTable((row,), Source("models.xlsx")), registry))
    labels = page.locator(".planner label:visible").all_inner_texts()
    assert labels == ["A lorry carries", "Toll", "Devices"]
    assert page.inner_text(".verdict") == "30 B short on the device"
    assert page.inner_text(".parts-of") == "boxes 120 B"
    page.fill("#plan--devices", "2")
    assert page.inner_text(".verdict") == "Fits"
    told = page.inner_text(".planner .numbers")
    assert "Loading" in told
    assert "2.00 to 4.00 boxes/s" in told
    assert "$0.750/box" in told
    assert "Painting" not in told
    assert page.inner_text(".planner .price") == (
        "At $3.00/h for a device, by default: On some road. In 2025."
    )
    page.fill("#plan-toll", "6")
    assert page.inner_text(".planner .price") == "At $6.00/h for a device, as it was typed."


def test_a_device_says_its_price(shown: Open) -> None:
    """With source and date; one's own price changes no device, and where none is known none is."""
    page = shown(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    page.select_option("#plan-device", "H200")
    page.fill("#plan--devices", "4")
    told = page.inner_text(".planner .price")
    assert told.startswith("At $4.59/h for a device, AIConfigurator's system files")
    assert told.endswith("price: runpod.io/pricing, October 2026.")
    page.fill("#plan-device_price", "3")
    assert page.input_value("#plan-device") == "H200"
    assert page.inner_text(".planner .price") == "At $3.00/h for a device, as it was typed."
    words = shlex.split(page.inner_text(".planner .command code"))
    assert words[words.index("--device") + 1] == "H200"
    assert words[words.index("--price") + 1] == "3"
    page.select_option("#plan-device", "MI300X")
    assert page.inner_text(".planner .price") == "No price of a device is known: type one."


def test_without_a_planner_there_is_no_form(shown: Open) -> None:
    """And all presets are where they are otherwise."""
    row = reports.row("Mixtral 8x7B", reports.MIXTRAL)
    report = reports.report_of(row, only=["parameter_ledger"])
    assert calculator_of(report).planner is None
    page = shown(report)
    assert page.locator(".planner").count() == 0
    page.fill("#set-num_experts", "16")
