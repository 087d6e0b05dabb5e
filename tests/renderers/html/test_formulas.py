"""Formulas on the page: as they apply to a model, typeset as the engine does, and never clipped."""

from __future__ import annotations

import math
from typing import Any

import pytest
from playwright.sync_api import Page

from moe_report.formula.applied import applied
from moe_report.formula.expr import Expr
from moe_report.formula.lines import BREAK, pieces
from moe_report.renderers.html.render import render_calculator
from moe_report.reports import Report
from tests import reports
from tests.browser import Open
from tests.formula.random_expressions import NAMES, Drawer, traps
from tests.rows import example_models

DRAWS = 400
OPEN_ALL = "for (const it of document.querySelectorAll('details')) it.open = true"
# Elements of a formula that stand out of the box that the formula is in, or that scroll in it.
OVERFLOWING = """() => [...document.querySelectorAll(".formula")].filter((box) => {
  if (!box.checkVisibility()) return false;
  const edge = box.getBoundingClientRect();
  return box.scrollWidth > box.clientWidth || [...box.querySelectorAll("*")].some((it) => {
    const { left, right } = it.getBoundingClientRect();
    return right > edge.right + 1 || left < edge.left - 1;
  });
}).map((box) => `${box.parentElement.id || box.parentElement.dataset.metric}`)"""
SHOWN = """([metrics, rows, whole]) => rows.map((row) => {
  for (const name in row) row[name] ??= NaN;
  return metrics.map((name) => {
    const place = document.createElement("div");
    place.append(...formulas.show(name, formulas.of(name, row, whole)));
    return place.innerHTML;
  });
})"""


def row_of(report: Report, at: int) -> dict[str, float | None]:
    """The values of all names in one model, as JSON has them."""
    row: dict[str, float | None] = {i.definition.name: i.value for i in report.assumptions}
    columns = (*report.fields, *report.metrics)
    return row | {column.name: column.cells[at].value for column in columns}


def numbers(row: dict[str, float | None]) -> dict[str, float]:
    """The same as the engine has them."""
    return {name: math.nan if value is None else value for name, value in row.items()}


def typeset(report: Report, name: str, expr: Expr) -> str:
    """What the engine typesets, as a browser writes it."""
    text = BREAK.join(pieces(expr, report.symbols, report.columns[name].symbol))
    return text.replace("&#39;", "'").replace("&#34;", '"')


@pytest.mark.parametrize("whole", [False, True], ids=["applied", "general"])
def test_the_script_shows_what_the_engine_does(shown: Open, examples: Report, whole: bool) -> None:
    """Every metric of every model, as it applies and in general."""
    page = shown(examples)
    names = [column.name for column in examples.metrics]
    rows = [row_of(examples, at) for at in range(len(examples.models))]
    for row, found in zip(rows, page.evaluate(SHOWN, [names, rows, whole]), strict=True):
        for name, text in zip(names, found, strict=True):
            expr = examples.columns[name].expr
            assert expr is not None
            short = expr if whole else applied(expr, numbers(row))
            assert text == typeset(examples, name, short), name


def test_random_expressions_are_shown_alike(shown: Open) -> None:
    """Whatever a plugin writes, of any row."""
    draws = [*traps()[::3], *Drawer(seed=12).draws(DRAWS)]
    page = shown(reports.usual_report())
    symbols = dict(zip(NAMES, ("d", "E", "x", "y_long,name", "ẑ", "w"), strict=True))
    found = page.evaluate(
        """([trees, symbols]) => {
          const leaf = ({name}) => ({width: [...symbols[name]].length,
                                     make: () => typeset.letter(symbols[name])});
          const show = typeset.of(leaf);
          return trees.map((tree) => {
            const place = document.createElement("div");
            place.append(...show(tree, "R"));
            return place.innerHTML;
          });
        }""",
        [[tree(draw.expr) for draw in draws], symbols],
    )
    for draw, text in zip(draws, found, strict=True):
        assert text == BREAK.join(pieces(draw.expr, symbols, "R")), draw.expr


def tree(expr: Expr) -> dict[str, Any]:
    """An expression as the page's script has it."""
    op = {"minimum": "min", "maximum": "max"}.get(expr.op, expr.op)
    return {"op": op, "name": expr.name, "value": expr.value, "args": list(map(tree, expr.args))}


def test_no_formula_overflows(shown: Open) -> None:
    """With everything open, for no model and for each, in the sections and the calculator."""
    names = ("Mixtral-8x7B", "DeepSeek-V3", "gpt-oss-120b")
    page = shown(reports.report_of(*(row for row in example_models() if row.name in names)))

    def check(state: str) -> None:
        page.evaluate(OPEN_ALL)
        for width in (360, 390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(OVERFLOWING) == [], (state, width)

    check("no model")
    for name in names:
        page.locator("[data-formulas]").first.select_option(name)
        page.select_option("#calculator-model", name)
        check(name)
    for switch in ("#calculator-general", "#calculator-numbers"):
        page.check(switch)
        check(switch)


def said(page: Page, place: str) -> str:
    """A formula as one reads it."""
    return "".join((page.locator(place).text_content() or "").replace(BREAK, "").split())


def test_a_chosen_model_has_its_own_formulas(shown: Open) -> None:
    """Each section's choice is the same one; the general form is a click away; back undoes it."""
    page = shown(reports.usual_report())
    page.evaluate(OPEN_ALL)
    place = "#metric-attention_projection_params"
    general = said(page, f"{place} .formula")
    assert "otherwise" in general
    page.locator("[data-formulas]").last.select_option("Mixtral 8x7B")
    assert said(page, f"{place} > .formula") == "Pproj=L⋅2⋅d⋅dh⋅(nh+nkv)"
    assert page.locator("[data-formulas]").first.input_value() == "Mixtral 8x7B"
    page.click(f"{place} summary")
    assert said(page, f"{place} .whole") == general
    page.go_back()
    assert said(page, f"{place} .formula") == general
    assert page.locator(f"{place} details").count() == 0
    page = shown(reports.usual_report(), "#formulas=Mixtral+8x7B")
    assert "otherwise" not in page.locator(f"{place} > .formula").text_content()


def test_the_calculator_follows_what_is_typed(shown: Open) -> None:
    """A typed rank takes the other arm; a lost number brings the choice back."""
    page = shown(reports.usual_report(), "#calculator=Mixtral+8x7B", render_calculator)
    page.evaluate(OPEN_ALL)
    place = "[data-metric=attention_projection_params] .formula"
    assert said(page, place) == "Pproj=L⋅2⋅d⋅dh⋅(nh+nkv)"
    page.fill("#set-kv_lora_rank", "512")
    page.fill("#set-qk_rope_head_dim", "64")
    assert "rkv" in said(page, place).replace("_", "").replace(",", "")
    assert "otherwise" not in said(page, place)
    page.fill("#set-kv_lora_rank", "0")
    page.fill("#set-num_linear_attention_layers", "4")
    assert said(page, place).startswith("Pproj=(L−")
    page.check("#calculator-general")
    assert "otherwise" in said(page, place)


def test_a_report_of_one_model_shows_its_formulas(shown: Open) -> None:
    """There is nothing to choose."""
    page = shown(reports.report_of(reports.row("Mixtral 8x7B", reports.MIXTRAL)))
    page.evaluate(OPEN_ALL)
    assert said(page, "#metric-attention_params > .formula") == "Pattn=Pproj"
