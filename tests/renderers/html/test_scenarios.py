"""Scenarios on the page, as Chromium computes them."""

from __future__ import annotations

import dataclasses
import shlex

import pytest
from playwright.sync_api import Page

from moe_report.renderers.data import report_as_dict
from moe_report.renderers.html.render import page_of
from moe_report.table import Source
from tests import reports
from tests.browser import Open
from tests.renderers.calculator import agree, fill, saved, values
from tests.renderers.test_scenarios import SETS, report_of


def expected(name: str, model: int = 0, **fixed: float) -> dict[str, float | None]:
    """The engine's numbers of a model in a scenario."""
    found: dict[str, float | None] = report_as_dict(report_of(name, **fixed))["models"][model][
        "values"
    ]
    return found


def choose(page: Page, name: str) -> None:
    """Choose a scenario as a reader does."""
    page.select_option("#calculator-scenario", name)


@pytest.mark.parametrize("first", ["base", "long context"])
def test_the_page_chooses_as_the_engine_does(shown: Open, first: str) -> None:
    """From whichever scenario the report is for, and back to it; other models stay in it."""
    page = shown(report_of(first))
    assert page.locator("#calculator-scenario option").all_inner_texts() == ["base", *SETS]
    assert page.input_value("#calculator-scenario") == first
    agree(values(page), expected(first))
    for name in (*SETS, "base"):
        choose(page, name)
        agree(values(page), expected(name))
        agree(saved(page)["values"], expected(name))
        assert ("scenario=" in page.url) == (name != first)
    choose(page, "long context")
    page.click("[data-model='OLMoE-1B-7B']")
    agree(values(page), expected("long context", 1))
    assert page.locator("#calculator img").count() == 0


def test_what_is_typed_wins(shown: Open) -> None:
    """A typed assumption stays whatever is chosen; Escape gives the scenario's back."""
    page = shown(report_of())
    fill(page, "context_length", "16384")
    page.press("#set-context_length", "Enter")
    choose(page, "long context")
    assert page.input_value("#set-causal") == "0"
    agree(values(page), expected("long context", context_length=16384))
    page.press("#set-context_length", "Escape")
    assert page.input_value("#set-context_length") == "131072"
    agree(values(page), expected("long context"))


def test_a_link_has_the_scenario_and_back_and_reset_undo_it(shown: Open) -> None:
    """The choice is in the address; a name that is not here is said, and base is used."""
    page = shown(report_of())
    choose(page, "long context")
    assert "scenario=long+context" in page.url
    other = shown(report_of(), "#" + page.url.partition("#")[2])
    agree(values(other), expected("long context"))
    assert other.input_value("#calculator-scenario") == "long context"
    page.go_back()
    assert page.input_value("#calculator-scenario") == "base"
    agree(values(page), expected("base"))
    choose(page, "long context")
    page.click("#calculator-reset")
    assert page.input_value("#calculator-scenario") == "base"
    assert page.is_disabled("#calculator-reset")
    agree(values(page), expected("base"))
    strange = shown(report_of(), "#scenario=%3Cimg%20src=x%3E")
    assert "no scenario named “<img src=x>”" in strange.inner_text("#calculator-said")
    assert strange.input_value("#calculator-scenario") == "base"
    agree(values(strange), expected("base"))


def test_the_chooser_works_from_the_keyboard(shown: Open) -> None:
    """It is labelled, and keys choose; without scenarios there is none."""
    page = shown(report_of())
    page.get_by_label("Scenario").focus()
    page.keyboard.press("ArrowDown")
    agree(values(page), expected("long context"))
    assert page.inner_text("#calculator-said") == "The assumptions are those of long context."
    assert shown(reports.usual_report()).locator("#calculator-scenario").count() == 0


def test_the_page_says_which_scenario(shown: Open) -> None:
    """In the line of facts, and at each assumption that it sets."""
    report = report_of("long context", capacity_factor=2)
    page = page_of(report)
    assert page.facts[-1] == "scenario long context"
    origins = {item.name: item.origin for item in page.assumptions}
    assert origins["context_length"] == "scenario long context (default 4,096)"
    assert origins["tokens_per_batch"] == "set (default 4,096)"
    assert origins["capacity_factor"] == "set (default 1.25)"
    assert origins["dispatch_bytes"] == "default"
    assert "scenario long context" in shown(report).inner_text("body")


def test_the_command_of_the_page_names_the_scenario(shown: Open) -> None:
    """But for the workbook's own; and what is typed over it, also where that is the default."""
    report = dataclasses.replace(report_of(), source=Source("models.xlsx", sha256="0" * 64))
    page = shown(report, "#calculator=Mixtral+8x7B")
    command = page.locator(".planner .command code")
    assert "--scenario" not in command.inner_text()
    page.select_option("#calculator-scenario", "long context")
    page.fill("#plan-context_length", "4096")
    words = shlex.split(command.inner_text())
    assert words[words.index("--scenario") + 1] == "long context"
    assert words[words.index("--context") + 1] == "4096"
    page = shown(
        dataclasses.replace(report, usual_scenario="long context"), "#calculator=Mixtral+8x7B"
    )
    command = page.locator(".planner .command code")
    assert shlex.split(command.inner_text())[5:7] == ["--scenario", "base"]
