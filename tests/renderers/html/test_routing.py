"""Counts of tokens on the page: its calculator computes what the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import Open
from tests.routing.test_report import made

COMPUTED = """() => report.models.map((model) => {
  const given = (name) => (model.provenance[name] || {}).from === "given";
  const textOf = (name) => {
    const set = report.assumptions[name];
    if (set) return set.given ? String(set.value) : "";
    return given(name) ? String(model.inputs[name] ?? model.values[name]) : "";
  };
  const { v } = calculation.of(textOf, model);
  return Object.keys(report.metrics).map((name) => (Number.isNaN(v[name]) ? null : v[name]));
})"""


OTHER = """() => {
  const model = report.models[1];
  const textOf = (name) => (name === "num_experts" ? "8" : String(model.inputs[name] ?? ""));
  const result = calculation.of(textOf, model);
  return calculation.missing("expert_variation", result, model);
}"""


def test_the_calculator_computes_the_same(shown: Open, tmp_path: Path) -> None:
    """From the counts that the page holds; with other experts they are of no use."""
    found = made(tmp_path, tensor_parallel=2)
    page = shown(found)
    for at, values in enumerate(page.evaluate(COMPUTED)):
        for column, value in zip(found.metrics, values, strict=True):
            expected = column.cells[at].value
            assert value == (expected and pytest.approx(expected, rel=1e-12)), column.name
    assert page.evaluate(OTHER) == "missing: needs counts of tokens"
    assert page.locator(".heatmap img").count() == 4
