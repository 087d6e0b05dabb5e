"""What is typed into the form "Does it fit?": what is refused, doubted, and said on a terminal."""

from __future__ import annotations

import json
import shlex

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from moe_report.api.fit import Verdict, fit
from moe_report.api.fit_asked import Question
from moe_report.cli.main import main
from moe_report.display import show
from moe_report.renderers.html.render import render_calculator
from moe_report.reports import Report
from tests import reports
from tests.browser import Open

COMMAND = ".planner .command code"
NO_DEVICES = "Must be a whole number, at least 1."


def layout(page: Page, **inputs: str) -> None:
    """Type into the inputs of a layout, which are folded at first."""
    page.locator(".planner details").evaluate("(it) => { it.open = true; }")
    for name, text in inputs.items():
        page.fill(f"#plan-{name}", text)


def check_no_verdict(page: Page, why: str) -> None:
    """Fail if anything stands as if it were known, or can be copied."""
    assert page.inner_text(".verdict") == "No verdict"
    assert page.inner_text(".why-not") == why
    assert page.locator(".memory").is_hidden()
    assert page.locator(".planner .numbers div").count() == 0
    assert page.inner_text(".planner .price") == ""
    assert page.locator(".planner .command").is_hidden()
    assert page.text_content(COMMAND) == ""


def test_what_is_no_number_of_devices_has_no_verdict(shown: Open) -> None:
    """It is said beside the input and in place of the verdict, and stays until it is mended."""
    page = shown(reports.usual_report(only=["fit"]), "#calculator=Mixtral+8x7B", render_calculator)
    for text in ("0", "-3", "2.5", "many", "", "1,5"):
        page.fill("#plan--devices", "4")
        page.fill("#plan--devices", text)
        for press in ("Shift", "Tab"):
            page.keyboard.press(press)
            assert page.get_attribute("#plan--devices", "aria-invalid") == "true", text
            assert page.input_value("#plan--devices") == text
            assert page.inner_text("#plan-why--devices") == NO_DEVICES
            check_no_verdict(page, "Devices: must be a whole number, at least 1.")
            assert page.locator(".parts-of").is_hidden()
            assert page.inner_text("#plan--spread") == ""
        assert page.input_value("#set-tensor_parallel") == "4"
        page.select_option("#plan-device", "H200")
        check_no_verdict(page, "Devices: must be a whole number, at least 1.")
        page.fill("#plan--devices", "8")
        assert page.get_attribute("#plan--devices", "aria-invalid") is None
        assert page.inner_text(".verdict") == "Fits"
        assert page.is_visible(".parts-of")
        page.click("#calculator-reset")


def test_a_refused_number_of_devices_is_forgotten(shown: Open) -> None:
    """By Escape, a reset, another model and a layout that is set one by one."""
    page = shown(reports.usual_report(only=["fit"]), "#calculator=Mixtral+8x7B", render_calculator)
    for forget in (
        lambda: page.press("#plan--devices", "Escape"),
        lambda: page.select_option("#calculator-model", "OLMoE-1B-7B"),
        lambda: layout(page, tensor_parallel="2"),
        lambda: page.click("#calculator-reset"),
    ):
        page.fill("#plan--devices", "0")
        assert page.inner_text(".verdict") == "No verdict"
        forget()
        assert page.get_attribute("#plan--devices", "aria-invalid") is None
        assert page.inner_text(".verdict") != "No verdict"
        assert page.input_value("#plan--devices") in ("1", "2")


def test_what_is_refused_leaves_no_verdict(shown: Open) -> None:
    """Its name and what is wrong with it stand there instead, also of a number of the model."""
    page = shown(reports.usual_report(only=["fit"]), "#calculator=Mixtral+8x7B", render_calculator)
    layout(page, context_length="abc")
    check_no_verdict(page, "Context length: “abc” is no number.")
    layout(page, context_length="8k", tensor_parallel="x")
    check_no_verdict(page, "Tensor parallel: “x” is no number.")
    assert page.input_value("#plan--devices") == ""
    assert page.get_attribute("#plan--devices", "aria-invalid") == "true"
    layout(page, tensor_parallel="2")
    assert page.input_value("#plan--devices") == "2"
    page.fill("#set-num_hidden_layers", "-1")
    assert page.inner_text(".why-not").startswith("Layers: ")
    check_no_verdict(page, page.inner_text(".why-not"))
    page.fill("#set-num_hidden_layers", "32")
    assert page.inner_text(".verdict") == "Fits"


def test_an_empty_input_is_at_its_default(shown: Open) -> None:
    """Which it shows while it is empty, and which the numbers are for."""
    page = shown(reports.usual_report(only=["fit"]), "#calculator=Mixtral+8x7B", render_calculator)
    before = page.inner_text(".answer")
    page.fill("#plan-context_length", "999")
    assert page.inner_text(".answer") != before
    page.fill("#plan-context_length", "")
    assert page.get_attribute("#plan-context_length", "placeholder") == "4,096"
    assert page.inner_text(".answer") == before
    page.press("#plan-context_length", "Tab")
    assert page.input_value("#plan-context_length") == "4,096"


def test_a_layout_that_no_engine_runs_has_no_verdict(shown: Open) -> None:
    """Whatever memory is left on each device."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    layout(page, tensor_parallel="3")
    assert page.inner_text(".verdict") == "No verdict"
    why = "32 query heads cannot be divided evenly: a device would have 10.67"
    assert page.inner_text(".why-not") == f"Query heads on a device: {why}."
    layout(page, tensor_parallel="4")
    assert page.inner_text(".verdict") == "Fits"


def test_the_verdict_is_read_out(shown: Open) -> None:
    """With what it rests on and what is doubted; what is wrong with devices describes the input."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    layout(page, tensor_parallel="8", data_parallel="2", expert_parallel="16")
    said = page.get_by_role("status").filter(has=page.locator(".verdict")).inner_text()
    for part in (".verdict", ".why-not", ".planner .findings p"):
        assert page.inner_text(part) in said
    described = (page.get_attribute("#plan--devices", "aria-describedby") or "").split()
    assert "plan-why--devices" in described
    assert all(page.locator(f"#{one}").count() == 1 for one in described)


CASES: tuple[dict[str, str], ...] = (
    {"context": "500000"},
    {"tp": "3"},
    {"ep": "256", "tp": "8"},
    {"pp": "64", "tp": "2", "dp": "2"},
    {"device": "A100 SXM 80 GB", "precision": "FP8 128×128"},
    {"device": "RTX 4090", "ep": "1"},
    {"batch": "16", "price": "3", "cache": "FP8"},
)


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_its_doubts_and_its_command_are_those_of_the_terminal(
    shown: Open, examples: Report, case: dict[str, str]
) -> None:
    """The same findings; and the command that one copies gives the numbers that stand there."""
    page = shown(examples, "#calculator=gpt-oss-120b", render_calculator)
    assert examples.planner is not None
    page.locator(".planner details").evaluate("(it) => { it.open = true; }")
    for option, text in case.items():
        asked = examples.planner.asks(option)
        assert asked is not None
        place = page.locator(f"#plan-{asked.name}")
        if place.get_attribute("data-preset"):
            place.select_option(text)
        else:
            place.fill(text)
    answer = fit(Question(("gpt-oss-120b",), options={"device": "H100 SXM", **case}, devices=(
        "auto" if {"tp", "pp"} & {*case} else "1"
    )))  # fmt: skip
    (one,) = answer.fits
    labels = {column.name: column.label for column in examples.columns.values()}
    doubted = [f"{labels[found.column]}: {found.message}." for found in one.findings]
    if one.verdict == Verdict.REFUSED:
        column, _, message = one.why.partition(": ")
        assert page.inner_text(".why-not") == f"{labels[column]}: {message}."
    else:
        assert page.locator(".planner .findings p").all_inner_texts() == doubted
    words = shlex.split(page.inner_text(COMMAND))
    assert words[:3] == ["moe-report", "fit", "gpt-oss-120b"]
    done = CliRunner().invoke(main, [*words[1:], "--json"])
    (told,) = json.loads(done.stdout)["models"]
    assert (told["verdict"], told["devices"]) == (str(one.verdict), one.devices)
    fits = {"fits": "1", "refused": ""}.get(told["verdict"], "0")
    assert page.get_attribute(".verdict", "data-fits") == fits
    if fits:
        total = show(told["values"][examples.planner.total], "byte", "si")
        assert page.inner_text(".why-not").startswith(f"{total} of ")
    costs = page.locator("[data-planned=cost_per_mtoken_out]")
    if costs.count():
        exact = float((costs.get_attribute("title") or "").replace(",", ""))
        assert exact == pytest.approx(told["values"]["cost_per_mtoken_out"], rel=1e-9)


def test_the_command_says_only_what_differs(shown: Open, examples: Report) -> None:
    """Not the price, context or layout that is meant anyway."""
    page = shown(examples, "#calculator=gpt-oss-120b", render_calculator)
    plain = ["moe-report", "fit", "gpt-oss-120b", "--device", "H100 SXM", "--devices", "1"]
    assert shlex.split(page.inner_text(COMMAND)) == plain
    page.fill("#plan-device_price", "3.5")
    assert shlex.split(page.inner_text(COMMAND)) == [*plain, "--price", "3.5"]
    page.fill("#plan-device_price", "3.49")
    assert shlex.split(page.inner_text(COMMAND)) == plain


def test_what_the_command_leaves_out_is_said(shown: Open, examples: Report) -> None:
    """Numbers of the model itself, by what they are called; its name alone changes none."""
    page = shown(examples, "#calculator=gpt-oss-120b", render_calculator)
    page.fill("#calculator-name", "Mine")
    assert page.inner_text(".left-out") == ""
    page.fill("#short-num_experts", "64")
    page.locator(".all-inputs").evaluate("(it) => { it.open = true; }")
    page.fill("#set-num_hidden_layers", "20")
    said = "Not in the command, for it is changed of the model itself: Experts, Layers."
    assert page.inner_text(".left-out") == said
    page.click(".planner .command button")
    page.wait_for_function("document.getElementById('calculator-said').textContent")
    assert page.inner_text("#calculator-said").endswith(said)
    page.click("#calculator-reset")
    assert page.inner_text(".left-out") == ""
