"""The page leads with the answer: models, doubts beside their numbers, two charts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from moe_report.renderers.html.render import page_of, render_calculator
from moe_report.reports import Report
from tests import reports
from tests.browser import Open, printed
from tests.renderers.html.test_access import words

SCREEN, PHONE = 900, {"width": 390, "height": 844}


def bottom(page: Page, selector: str) -> float:
    """Where an element ends, from the top of the page."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_answer_comes_first(shown: Open, examples: Report) -> None:
    """Table and two charts are in sight, in this order; all other parts are a line each."""
    page = shown(examples, folded=True)
    ids = page.locator("main > section").evaluate_all("(all) => all.map((it) => it.id)")
    assert ids[:4] == ["models", "charts", "findings", "further-charts"]
    assert set(ids) >= {link.anchor for link in page_of(examples).contents}
    assert page.locator("main > section:not(.fold)").count() == 2
    assert page.locator("figure.chart:visible").count() == 2
    for box in page.locator("main > .fold").all():
        size = box.bounding_box()
        assert size is not None
        assert size["height"] < 70
    assert len(page.inner_text("main").split()) < 4_000
    assert page.evaluate("document.documentElement.scrollHeight") < 3 * SCREEN


def test_the_table_ends_within_two_screens(shown: Open, examples: Report) -> None:
    """Of all rows, however they stand apart; on a telephone the first model is on the first."""
    page = shown(examples, folded=True)
    assert len(examples.models) == 27
    page.locator(".others").evaluate("(it) => { it.open = true; }")
    assert bottom(page, "#models") <= 2 * SCREEN
    page = shown(examples, folded=True)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert bottom(page, "#table-summary tbody tr") <= PHONE["height"]


def test_claims_and_lone_layers_stand_apart(shown: Open, examples: Report) -> None:
    """In tables of their own, with the columns that say something; no chart of models has them."""
    page = shown(examples)
    apart = {
        "claims": [model.name for model in examples.models if model.texts.get("compare_with")],
        "layers": [model.name for model in examples.models if model.name.startswith("Layer")],
    }
    models = [m.name for m in examples.models if not any(m.name in it for it in apart.values())]
    assert page.locator("#table-summary tbody th").all_inner_texts() == models
    for kind, names in apart.items():
        assert page.locator(f"#table-summary-{kind} tbody th").all_inner_texts() == names
    texts = "".join(page.locator("figure.chart").all_inner_texts())
    assert "as tabulated" not in texts
    assert "Layer," not in texts
    heads = page.locator("#table-summary-layers thead th").evaluate_all(
        "(all) => all.map((it) => it.dataset.column)"
    )
    assert heads == ["name", "expert_flops_savings"]
    assert "20 models" in page.inner_text(".facts")
    assert "4 claims" in page.inner_text(".facts")
    page.fill("#filter", "as tab")
    assert page.inner_text("#matches") == "4 of 27"


def test_rows_of_one_kind_alone(shown: Open) -> None:
    """Claims without a model among them, or a lone layer, are the page's only table."""
    claim = reports.row("Tabled", reports.TOTALS, compare_with="DeepSeek-V2")
    page = shown(reports.report_of(claim))
    assert page.locator("#table-summary tbody th").all_inner_texts() == ["Tabled"]
    assert page.inner_text("#table-summary thead th:nth-child(2)") == "Claims about"
    assert page.locator("figure.chart").count() == 0
    assert page.locator(".others").count() == 0
    layer = reports.report_of(reports.row("A layer", reports.LAYER))
    assert "1 lone layer" in shown(layer).inner_text(".facts")


def test_doubts_stand_beside_their_numbers(shown: Open, examples: Report) -> None:
    """The mark's sentence is in a bubble on focus and on click; Enter leads to the findings."""
    page = shown(examples, folded=True)
    row = page.locator("#table-summary tr", has_text="Llama-4-Scout")
    mark = row.locator("td a")
    assert mark.count() == 1
    assert row.locator(".flag").count() == 0
    cell = row.locator("td:has(a)")
    assert page.evaluate("(it) => it.cellIndex", cell.element_handle()) == 1  # total parameters
    mark.click()
    said = page.inner_text("#bubble")
    assert "107,769,861,120 parameters" in said
    assert "Differs: Published total: published 109.0 B, computed 107.8 B (+1.14 %)." in said
    assert page.locator("#findings details").evaluate("(it) => it.open") is False
    page.keyboard.press("Enter")
    number = mark.text_content()
    assert page.url.endswith(f"#doubt-{number}")
    assert page.locator(f"#doubt-{number}").is_visible()
    assert "Published total" in page.inner_text(f"#doubt-{number}")


def test_the_finding_of_a_number_that_is_elsewhere(shown: Open, examples: Report) -> None:
    """What is about no number of the table is behind the model's name."""
    page = shown(examples)
    row = page.locator("#table-summary tr", has_text="DeepSeek-V2-Lite")
    assert row.locator("td a").count() == 0
    assert row.locator(".flag").count() == 1
    ledger = page.locator("#table-section-parameter_ledger tr", has_text="DeepSeek-V2-Lite")
    assert ledger.locator("td a").count() == 1


def test_exact_numbers_keep_their_marks(shown: Open, examples: Report) -> None:
    """The switch changes the number alone."""
    page = shown(examples)
    cell = page.locator("#table-summary tr", has_text="Llama-4-Scout").locator("td:has(a)")
    page.check("#exact")
    assert cell.evaluate("(it) => it.firstChild.data") == "107,769,861,120"
    assert cell.locator("a").count() == 1
    page.uncheck("#exact")
    assert cell.evaluate("(it) => it.firstChild.data") == "108"


def test_findings_are_one_line(shown: Open, examples: Report) -> None:
    """It counts them by kind."""
    page = shown(examples, folded=True)
    assert page.inner_text("#findings summary .gist") == "1 impossible, 12 differ"
    report = reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL))
    assert shown(report, folded=True).inner_text("#findings summary .gist") == "none"


@pytest.mark.parametrize(
    "target", ["metric-total_params", "glossary", "doubt-3", "chart-ledger", "calculator"]
)
def test_links_unfold_what_they_lead_to(shown: Open, examples: Report, target: str) -> None:
    """From the address, from a link, and again when it was folded since."""
    page = shown(examples, f"#{target}", folded=True)
    assert page.locator(f"#{target}").is_visible()
    assert (
        page.locator(f"#{target}").evaluate("(it) => Math.abs(it.getBoundingClientRect().y)") < 900
    )
    page = shown(examples, folded=True)
    page.evaluate(
        "(id) => { const link = document.createElement('a'); link.href = `#${id}`;"
        "link.id = 'there'; link.textContent = 'there';"
        "document.querySelector('.facts').append(link); }",
        target,
    )
    for _ in range(2):
        page.click("#there")
        assert page.locator(f"#{target}").evaluate(
            "(it) => [...document.querySelectorAll('details')]"
            ".every((box) => box.open || !box.contains(it))"
        )
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = false")


def test_paper_has_what_is_folded(shown: Open, examples: Report) -> None:
    """Marks are footnotes there; what is left out is said."""
    page = shown(examples, folded=True)
    marks = page.locator("#table-summary td a").all_text_contents()
    assert marks
    sheets = [words(sheet) for sheet in printed(page)]
    text = "".join(sheets)
    for mark in marks:
        assert f"[{mark}]" in sheets[0], mark
        assert re.search(rf"(Differs|Impossible)\[{mark}\]", text), mark
    for said in (
        "Where a model’s parameters are", "How large is the routing overhead?",
        "Rows of the embedding matrix", "Left out on paper: the calculator",
    ):  # fmt: skip
        assert words(said).replace("’", "'") in text.replace("’", "'"), said


def test_the_calculator_is_unfolded_on_its_own_page(shown: Open, examples: Report) -> None:
    """And first."""
    page = shown(examples, "", render_calculator, folded=True)
    assert page.locator("main > section").first.get_attribute("id") == "calculator"
    assert page.locator("#calculator form").is_visible()
    assert not page.locator("#comparison form").is_visible()
