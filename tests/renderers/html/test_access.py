"""Whether everyone can read the page: by axe-core, at every width, and on paper."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from moe_report.compute.build import build_report
from moe_report.renderers.html.render import render, render_calculator
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests import reports
from tests.browser import printed
from tests.conftest import need
from tests.rows import claims_and_layers, example_models
from tests.sections import COUNTING

AXE = "4.14.1"
WIDTHS = (360, 768, 1440, 2560)
Render = Callable[[Report], bytes]
OPEN_ALL = "for (const it of document.querySelectorAll('details')) it.open = true"
# Elements whose own text is wider or higher than the box that hides what is beyond it.
CLIPPED = """() => [...document.querySelectorAll("main *, nav *")].filter((item) => {
  const style = getComputedStyle(item);
  if (!item.checkVisibility() || item.closest(".hidden, svg, math, select, textarea")) return false;
  if (![...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) return false;
  for (let box = item; box && box !== document.body; box = box.parentElement) {
    const { overflowX, overflowY, clipPath } = getComputedStyle(box);
    if (clipPath !== "none") return false;
    if (/auto|scroll/.test(overflowX + overflowY)) return false;
    if (overflowX !== "visible" || overflowY !== "visible") {
      const range = document.createRange();
      range.selectNodeContents(item);
      const [inner, outer] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
      if (inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1) return true;
    }
  }
  return false;
}).map((item) => `${item.localName}.${item.className}: ${item.textContent.slice(0, 60)}`)"""
# Text that runs over the edge of the window, where nothing can be scrolled to it.
BEYOND = """() => [...document.querySelectorAll("main *, nav *")].filter((item) => {
  const scrolled = ".hidden, svg, .scroller, .formula, .right";
  if (!item.checkVisibility() || item.closest(scrolled)) return false;
  if (![...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) return false;
  const range = document.createRange();
  range.selectNodeContents(item);
  return range.getBoundingClientRect().right > innerWidth + 1;
}).map((item) => `${item.localName}.${item.className}: ${item.textContent.slice(0, 60)}`)"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, as npm has it."""
    npm = need("npm")
    folder = tmp_path_factory.mktemp("axe")
    wanted = {"name": "a-test", "private": True, "dependencies": {"axe-core": AXE}}
    (folder / "package.json").write_text(json.dumps(wanted), "utf-8")
    done = subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    source = (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    shutil.rmtree(folder)
    return source


@pytest.fixture(scope="module")
def some() -> Report:
    """Models, claims and lone layers."""
    return reports.report_of(*claims_and_layers())


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a page, in which nothing moves."""
    contexts = []

    def open_page(content: bytes) -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        contexts.append(context)
        file = tmp_path / "page.html"
        file.write_bytes(content)
        page = context.new_page()
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", [render, render_calculator], ids=["report", "calculator"])
def test_axe_finds_nothing(
    opened: Callable[..., Page], axe: str, some: Report, kind: Render
) -> None:
    """With everything unfolded, and an input that is refused, no rule is broken."""
    page = opened(kind(some))
    page.evaluate(OPEN_ALL)
    page.fill("#set-num_experts_per_tok", "9999")
    page.evaluate(axe)
    looks: tuple[tuple[int, Literal["light", "dark"]], ...] = ((360, "dark"), (1440, "light"))
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert found["testEngine"]["version"] == AXE
        broken = [
            (rule["id"], node["target"], node.get("failureSummary"))
            for rule in found["violations"]
            for node in rule["nodes"][:3]
        ]
        assert broken == [], (width, scheme)


def test_axe_would_find_something(opened: Callable[..., Page], axe: str) -> None:
    """A picture without words for it, and a pale text, are seen."""
    page = opened(render(reports.usual_report(only=COUNTING)))
    page.evaluate("document.querySelector('main').append(new Image(9, 9))")
    page.evaluate("document.querySelector('.facts').style.color = '#dddddd'")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert {"image-alt", "color-contrast"} <= {rule["id"] for rule in found["violations"]}


@pytest.mark.parametrize("kind", [render, render_calculator], ids=["report", "calculator"])
def test_no_text_is_cut_off(opened: Callable[..., Page], examples: Report, kind: Render) -> None:
    """At every width all text is inside its box and the window, and the body does not scroll."""
    page = opened(kind(examples))
    page.evaluate(OPEN_ALL)
    check_widths(page)


def test_long_names_are_not_cut_off(opened: Callable[..., Page]) -> None:
    """Nor those of models with a name of eighty letters, or of hundreds without a gap."""
    report = reports.report_of(
        reports.row("a_name_with_underscores" * 3, reports.TOTALS, source="a_place" * 9),
        reports.row("x" * 300, reports.MIXTRAL, remark="y" * 300),
        reports.row("A-model-with-a-name-that-has-no-end-" * 2, reports.MIXTRAL, remark="x" * 200),
        reports.row("Another model with words in its name, and more of them, " * 2, reports.OLMOE),
    )
    page = opened(render(report))
    page.evaluate(OPEN_ALL)
    check_widths(page)


def check_widths(page: Page) -> None:
    """Fail if at any width a text is cut off, or the body scrolls sideways."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED) == [], width
        assert page.evaluate(BEYOND) == [], width


def words(text: str) -> str:
    """A text as it can be compared: without ligatures, and spaces, which a PDF sets as it likes."""
    return re.sub(r"[\s\u200b\u00ad]", "", unicodedata.normalize("NFKC", text))


def test_paper_has_every_column_and_every_chart(
    opened: Callable[..., Page], examples: Report
) -> None:
    """In the PDF stand each headline column, each of its numbers, and each chart with its title."""
    page = opened(render(examples))
    headline = page.locator("#table-summary thead th").evaluate_all(
        "(heads) => heads.map((head) => head.dataset.label)"
    )
    numbers = page.locator("#table-summary tbody td").evaluate_all(
        "(cells) => cells.map((cell) => cell.firstChild.data.trim())"
    )
    titles = page.locator("figure.chart h3").all_text_contents()
    assert len(headline) == len(examples.headline) + 1
    assert len(titles) >= 5
    sheets = [words(sheet) for sheet in printed(page)]
    table = [sheet for sheet in sheets if all(words(label) in sheet for label in headline)]
    assert table, "no page has all columns"
    for number in numbers:
        assert any(words(number) in sheet for sheet in table), number
    for model in examples.models:
        assert any(words(model.name) in sheet for sheet in table), model.name
    for title in titles:
        assert any(words(title) in sheet for sheet in sheets), title
    marks = page.locator("figure.chart").count()
    page.emulate_media(media="print")
    boxes = page.locator("figure.chart").evaluate_all(
        """(figures) => figures.map((figure) =>
          [...figure.querySelectorAll("svg.drawing")].filter((svg) => svg.checkVisibility())
            .map((svg) => svg.getBoundingClientRect().width))"""
    )
    assert len(boxes) == marks
    assert all(len(drawn) == 1 and drawn[0] > 200 for drawn in boxes), boxes


@pytest.mark.parametrize(("count", "most"), [(20, 600_000), (400, 4_500_000)])
def test_a_page_can_be_mailed(count: int, most: int) -> None:
    """So many models, with sources and remarks, take so many bytes at most."""
    shipped = [model for model in example_models() if "num_hidden_layers" in model.numbers]
    rows = []
    for at in range(count):
        model = shipped[at % len(shipped)]
        numbers = {name: typed.value for name, typed in model.numbers.items()}
        layers = numbers["num_hidden_layers"] + 4 * (at // len(shipped))
        numbers["num_hidden_layers"] = layers
        name = f"{model.name} with {layers:.0f} layers"
        rows.append(reports.row(name, numbers, f"Models!{at + 2}", **model.texts))
    report = build_report(ModelTable(tuple(rows), Source("models.xlsx")), load())
    assert len(report.models) == count
    assert len(render(report)) < most
