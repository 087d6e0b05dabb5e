"""The page's state and the browser's history: what inputs and results show belongs together."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from moe_report.renderers.html.render import render
from tests import reports
from tests.browser import UNFOLD, Open
from tests.renderers.calculator import fill
from tests.sections import COUNTING

# The results that do not follow from what the fields show, or are not marked as the state says.
APART = """() => {
  const shown = (name) => document.getElementById(`set-${name}`);
  const { value } = document.getElementById("calculator-model");
  const model = report.models.find(({ name }) => name === value);
  const texts = new Map();
  for (const { dataset, value } of document.querySelectorAll(".left [data-set]")) {
    texts.set(dataset.set, value);
  }
  for (const item of document.querySelectorAll(".result.given [data-set]")) {
    const { set, exact } = item.dataset;
    texts.set(set, item.getAttribute("aria-invalid") ? item.value : exact);
  }
  const made = calculation.of((name) => texts.get(name) ?? "", model);
  const wrong = Object.keys(report.metrics).filter((name) => {
    const exact = shown(name).dataset.exact;
    return !Object.is(exact === undefined ? NaN : Number(exact), made.v[name]);
  });
  const findings = audit.findings(made, document.getElementById("calculator-name").value);
  const said = document.getElementById("calculator-findings").textContent;
  wrong.push(...findings.map((one) => one.message).filter((text) => !said.includes(text)));
  const pressed = document.querySelector("[data-model][aria-pressed='true']");
  if (pressed && pressed.dataset.model !== (model?.name ?? "")) wrong.push("the model's button");
  return wrong;
}"""
# A table sorts, the comparison compares, and the filter filters as the address says.
TABLES_APART = """() => {
  const isLink = location.hash && !location.hash.includes("=");
  const said = new URLSearchParams(isLink ? history.state.report : location.hash.slice(1));
  const filter = document.getElementById("filter").value;
  const exact = document.getElementById("exact").checked;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const heads = all("#comparison thead th").map((one) => one.textContent);
  const chosen = all("[data-compare]").map((one) => one.value).filter(Boolean);
  return [
    filter === (said.get("filter") ?? ""), exact === (said.get("exact") !== null),
    document.documentElement.classList.contains("exact") === exact,
    chosen.length < 2 || [...new Set(chosen)].join() === heads.join(),
  ];
}"""


def together(page: Page) -> None:
    """Fail unless fields, results, marks and tables are those of one state."""
    assert page.evaluate(APART) == []
    assert page.evaluate(TABLES_APART) == [True] * 4


@pytest.mark.parametrize("leave", ["back", "hash", "reload"])
def test_an_input_that_is_being_typed_in_follows(shown: Open, leave: str) -> None:
    """The focus stays in a field while the state changes: it shows the state all the same."""
    page = shown(reports.usual_report(only=COUNTING))
    fill(page, "num_experts_per_tok", "4")
    page.press("#set-num_experts_per_tok", "Enter")
    page.locator("#set-num_experts_per_tok").press_sequentially("9")
    assert page.input_value("#set-num_experts_per_tok") != "4"
    if leave == "back":
        page.go_back()
        expected = "2"
    elif leave == "hash":
        page.evaluate("location.hash = 'calculator=OLMoE-1B-7B&set.num_experts_per_tok=16'")
        expected = "16"
    else:
        page.reload()
        expected = "4"
    expect(page.locator("#set-num_experts_per_tok")).to_have_value(expected)
    together(page)


def test_a_result_that_is_being_typed_in_follows(shown: Open) -> None:
    """The same of a number typed over a result: it shows every digit while it has the focus."""
    page = shown(reports.usual_report(only=COUNTING))
    fill(page, "total_params", "50B")
    page.press("#set-total_params", "Enter")
    page.fill("#set-total_params", "5B")
    page.go_back()
    expect(page.locator("#set-total_params")).to_have_value("46702792704")
    together(page)
    page.go_forward()
    expect(page.locator("#set-total_params")).to_have_value("50000000000")
    together(page)


def test_back_through_links_inside_the_page(shown: Open) -> None:
    """An entry that is a link to a part of the page keeps the state it had, after a reload, too."""
    page = shown(reports.usual_report(only=COUNTING))
    fill(page, "num_experts_per_tok", "4")
    page.press("#set-num_experts_per_tok", "Enter")
    page.click("nav.contents a[href='#made']")
    fill(page, "num_experts_per_tok", "8")
    page.press("#set-num_experts_per_tok", "Enter")
    page.click("nav.contents a[href='#charts']")
    assert page.input_value("#set-num_experts_per_tok") == "8"
    for expected in ("8", "4", "4", "2"):
        page.go_back()
        page.reload()
        assert page.input_value("#set-num_experts_per_tok") == expected
        together(page)
    page.go_forward()
    assert page.input_value("#set-num_experts_per_tok") == "4"


def test_back_to_where_the_page_was_opened(shown: Open) -> None:
    """A page that is opened at one of its parts comes back to how it was."""
    page = shown(reports.usual_report(only=COUNTING), "#made")
    fill(page, "num_experts_per_tok", "4")
    page.press("#set-num_experts_per_tok", "Enter")
    page.go_back()
    expect(page.locator("#set-num_experts_per_tok")).to_have_value("2")
    assert page.url.endswith("#made")
    together(page)


def test_what_a_browser_fills_in_does_not_stay(browser: Browser, tmp_path: Path) -> None:
    """Coming back from another page, inputs show the state, not what stood in them."""
    file, other = tmp_path / "report.html", tmp_path / "other.html"
    file.write_bytes(render(reports.usual_report(only=COUNTING)))
    other.write_text("<title>Another page</title>", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate(UNFOLD)
    page.fill("#filter", "qwen")
    page.check("#exact")
    page.select_option("[data-compare='compare.2']", "Qwen3-30B-A3B")
    page.evaluate(
        """() => { // as form restoration does: without an event
          document.getElementById("set-num_experts").value = "77";
          document.getElementById("calculator-model").value = "OLMoE-1B-7B";
          document.getElementById("calculator-name").value = "restored";
          document.getElementById("exact").checked = false;
          document.querySelector("[data-compare='compare.1']").value = "";
          dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false }));
        }"""
    )
    together(page)
    assert page.input_value("#set-num_experts") == "8"
    assert page.input_value("#calculator-name") == "Mixtral 8x7B"
    assert page.is_checked("#exact")
    page.goto(other.as_uri())
    page.go_back()
    together(page)
    assert page.input_value("#filter") == "qwen"
    assert page.input_value("[data-compare='compare.2']") == "Qwen3-30B-A3B"
    context.close()


# -- Escape ---------------------------------------------------------------------------------------


def test_escape_takes_back_one_step(shown: Open) -> None:
    """First what is being typed, then what was typed last, wherever; at last the model's number."""
    page = shown(reports.usual_report(only=COUNTING))
    for name, text in (("num_experts_per_tok", "4"), ("num_experts_per_tok", "8"),
                       ("num_experts", "16"), ("total_params", "50B")):  # fmt: skip
        fill(page, name, text)
        page.press(f"#set-{name}", "Enter")
    fill(page, "num_experts_per_tok", "1")
    for name, text in (
        ("num_experts_per_tok", "8"), ("total_params", "91800997888"), ("num_experts", "8"),
        ("num_experts_per_tok", "4"), ("num_experts_per_tok", "2"),
    ):  # fmt: skip
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == f"set-{name}"
        assert page.input_value(f"#set-{name}") == text
        assert page.inner_text("#calculator-said").endswith(f" is {text} again.")
        together(page)
    assert page.is_disabled("#calculator-reset")
    page.keyboard.press("Escape")
    assert page.inner_text("#calculator-said") == "Nothing typed is left to take back."
    page.go_back()  # what was taken back is a step of the history, too
    assert page.input_value("#set-num_experts_per_tok") == "4"
    assert "Esc takes back" in page.inner_text("#calculator .all-inputs > p")


def test_escape_after_back_and_in_a_link(shown: Open) -> None:
    """The steps before a state are those that led to it; of a link, its numbers in their order."""
    report = reports.usual_report(only=COUNTING)
    page = shown(report)
    for text in ("4", "6", "8"):
        fill(page, "num_experts_per_tok", text)
        page.press("#set-num_experts_per_tok", "Enter")
    page.go_back()
    assert page.input_value("#set-num_experts_per_tok") == "6"
    page.press("#set-num_experts_per_tok", "Escape")
    assert page.input_value("#set-num_experts_per_tok") == "4"
    link = shown(report, "#calculator=OLMoE-1B-7B&set.num_experts=32&set.name=Mine&set.causal=0")
    link.press("#set-num_experts", "Escape")
    assert (link.input_value("#set-causal"), link.input_value("#calculator-name")) == ("", "Mine")
    link.keyboard.press("Escape")
    assert link.input_value("#calculator-name") == "OLMoE-1B-7B"
    link.keyboard.press("Escape")
    assert link.input_value("#set-num_experts") == "64"


def test_escape_takes_back_what_is_no_number(shown: Open) -> None:
    """A text that is refused goes, and the number before it comes back."""
    page = shown(reports.usual_report(only=COUNTING))
    fill(page, "num_experts_per_tok", "4")
    page.press("#set-num_experts_per_tok", "Enter")
    for text in ("many", "9", ""):
        page.fill("#set-num_experts_per_tok", text)
        page.press("#set-num_experts_per_tok", "Escape")
        assert page.input_value("#set-num_experts_per_tok") == "4"
        together(page)


@pytest.mark.parametrize(("seed", "only"), [(0, ()), (1, COUNTING), (2, COUNTING), (3, COUNTING)])
def test_any_walk_leaves_fields_and_results_together(
    shown: Open, seed: int, only: Sequence[str]
) -> None:
    """Typing, choosing, links, sorting, Escape, Back, Forward, reload, addresses, at random."""
    page = shown(reports.usual_report(only=only))
    draw = random.Random(seed)
    inputs = ("num_experts", "num_experts_per_tok", "hidden_size", "total_params", "active_params",
              "context_length", "published_total_params")  # fmt: skip

    def type_in(key: str) -> None:
        fill(page, draw.choice(inputs), draw.choice(("", "4", "16", "5B", "12.9e9", "x", "4096")))
        if key:
            page.keyboard.press(key)

    def press(key: str) -> None:
        page.keyboard.press(key)

    def hash_of(text: str) -> None:
        page.evaluate("(text) => { location.hash = text; }", text)

    models = ("Mixtral 8x7B", "OLMoE-1B-7B", "A layer", "")
    actions: list[Callable[[], object]] = [
        lambda: type_in("Enter"), lambda: type_in("Tab"), lambda: type_in(""),
        lambda: type_in("Escape"), lambda: press("Escape"), page.go_back, page.go_back,
        page.go_forward, page.reload,
        lambda: page.click(f"[data-model='{draw.choice(models)}']"),
        lambda: page.click("nav.contents a[href='#made']"),
        lambda: page.click("#table-summary thead th[data-column='total_params'] button"),
        lambda: hash_of(f"calculator=Qwen3-30B-A3B&set.num_experts={draw.choice((1, 16, 'q'))}"),
        lambda: hash_of("set.hidden_size=64&set.total_params=1e9"),
        lambda: page.fill("#filter", draw.choice(("", "mix"))),
        lambda: page.select_option("[data-compare='compare.1']", draw.choice(models)),
    ]  # fmt: skip
    for _ in range(40):
        page.evaluate(UNFOLD)
        draw.choice(actions)()
        if page.url == "about:blank":
            page.go_forward()
        page.wait_for_load_state()
        assert page.evaluate(APART) == []
