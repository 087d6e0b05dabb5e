"""The calculator's inputs: what they say of themselves, and where they stand."""

from __future__ import annotations

import dataclasses
from itertools import product

from moe_report.formula.mathml import mathml_symbol
from moe_report.renderers.data import report_as_dict
from moe_report.renderers.html.calculator import input_groups
from moe_report.reports import Report
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS, numbers_of
from moe_report.schema.registry import installed
from tests import reports
from tests.browser import Open
from tests.renderers.calculator import agree, fill, values
from tests.rows import example_models


def test_every_input_has_label_help_and_place(shown: Open) -> None:
    """Each field and assumption is an input with a label, a help text and its unit."""
    report = reports.usual_report()
    page = shown(report)
    expected = {
        *numbers_of(installed().fields),
        *(item.definition.name for item in report.assumptions),
    }
    found = page.evaluate(
        """(names) => Object.fromEntries(names.map((name) => [name, [
          document.querySelectorAll(`label[for='set-${name}'] math`).length,
          document.getElementById(`help-${name}`).textContent,
        ]]))""",
        sorted(expected),
    )
    for name, (symbols, text) in found.items():
        assert symbols == 1, name
        assert len(text) > 10, name
        if name in FIELDS:
            assert FIELDS[name].help in text
    unlabelled = page.evaluate(
        "[...document.querySelectorAll('#calculator input, #calculator select')]"
        ".filter((item) => !item.labels.length).map((item) => item.id)"
    )
    assert unlabelled == []


def test_body_never_scrolls_sideways(shown: Open) -> None:
    """At every width, also while all is missing and every group is open."""
    page = shown(reports.usual_report())
    page.evaluate("document.querySelectorAll('#calculator details').forEach(d => d.open = true)")
    for width, model in product((360, 768, 1440, 2560), ("Mixtral 8x7B", "")):
        page.set_viewport_size({"width": width, "height": 900})
        page.click(f"[data-model='{model}']")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = page.evaluate(
            """() => [...document.querySelectorAll("#calculator input, #calculator button")]
              .filter((item) => item.getBoundingClientRect().right > innerWidth).map((i) => i.id)"""
        )
        assert outside == []


def test_groups_are_those_of_the_fields(examples: Report) -> None:
    """Fields stand in their groups and their order, assumptions last."""
    groups = input_groups(examples)
    fields = [name for _, _, names in groups[:-1] for name in names]
    assert sorted(fields) == sorted(numbers_of(installed().fields))
    assert groups[-1][0] == "Assumptions"
    assert groups[-1][2] == [item.definition.name for item in examples.assumptions]
    assert {title for title, unfolded, _ in groups if unfolded} == {"Shape", "Experts"}


def test_every_input_says_what_it_is(shown: Open, examples: Report) -> None:
    """Label, symbol, unit, help and bounds of each field and assumption stand beside its input."""
    page = shown(examples)
    page.evaluate(
        "document.querySelectorAll('#calculator details').forEach((it) => it.open = true)"
    )
    definitions = [item.definition for item in examples.assumptions]
    found = page.evaluate(
        """(names) => Object.fromEntries(names.map((name) => {
          const label = document.querySelector(`label[for=set-${name}]`);
          const entry = document.querySelector(`.entry:has(#set-${name})`);
          return [name, {
            label: label.innerText, symbol: label.querySelector("math").outerHTML,
            help: document.getElementById(`help-${name}`).innerText,
            unit: entry.querySelector(".unit").innerText,
          }];
        }))""",
        [*NUMBER_FIELDS, *(one.name for one in definitions)],
    )
    for name in NUMBER_FIELDS:
        field, entry = FIELDS[name], found[name]
        assert entry["label"].startswith(field.label)
        symbol = entry["symbol"].replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
        assert symbol == f"<math>{mathml_symbol(field.symbol)}</math>"
        said, unit = entry["help"], entry["unit"]
        assert said.startswith(field.help)
        if field.unit[0].isdigit():
            assert (unit, said) == ("", field.help)
        else:
            assert unit == field.unit
            assert (f"{field.maximum:,.0f})" in said) == (field.maximum < LARGEST), name
    for one in definitions:
        assert found[one.name]["help"].startswith(one.help)
        assert one.label in found[one.name]["label"]


def test_a_field_in_doubt_has_no_default(shown: Open) -> None:
    """Nothing rests on it in the calculator either, which says why, until a number is typed."""
    why = "the column 'Width' may be it (J1)"
    doubted = dataclasses.replace(
        reports.row("Doubted", reports.MIXTRAL), unclear={"moe_intermediate_size": why}
    )
    report = reports.report_of(doubted, reports.row("Sure", reports.MIXTRAL))
    page = shown(report)
    page.select_option("#calculator-model", "Doubted")
    entries = report_as_dict(report)["models"]
    agree(values(page), entries[0]["values"])
    assert values(page)["total_params"] is None
    assert values(page)["expert_flops_savings"] == 0.75
    fill(page, "moe_intermediate_size", "14336")
    assert values(page)["total_params"] == entries[1]["values"]["total_params"]
    fill(page, "moe_intermediate_size", "")
    assert values(page)["total_params"] is None
    page.select_option("#calculator-model", "Sure")
    agree(values(page), entries[1]["values"])


OTHERWISE = """() => report.models.flatMap((model) => {
  const { inputs, values, provenance } = model;
  const given = (name) => provenance[name]?.from === "given";
  const text = (name) => (given(name) ? String(inputs[name] ?? values[name]) : "");
  const before = calculation.of(text, model).v;
  const names = [...Object.keys(report.assumptions), ...moe.order.map(([name]) => name)];
  return names.flatMap((name) => {
    const { v } = calculation.of((one) => (one === name ? "x" : text(one)), model);
    return Object.keys(v).filter((one) => !Number.isNaN(v[one]) && v[one] !== before[one]);
  });
})"""


def test_nothing_stands_in_for_what_is_refused(shown: Open, examples: Report) -> None:
    """Of each input in turn: what rests on it is missing, never computed as if it were empty."""
    some = [model.name for model in examples.models[::7]]
    page = shown(reports.report_of(*(row for row in example_models() if row.name in some)))
    assert page.evaluate(OTHERWISE) == []
    page.select_option("#calculator-model", some[0])
    fill(page, "forward_flops", "x")
    assert values(page)["prefill_tokens_per_s"] is None
    said = page.locator("[data-metric=prefill_tokens_per_s] .needs").inner_text()
    assert said == "needs Forward FLOPs"
