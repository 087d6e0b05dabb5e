"""A page of very many models has those that matter, and says where the others are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moe_report.compute.build import build_report
from moe_report.renderers.html import capped
from moe_report.renderers.html.render import render
from moe_report.reports import Finding, Report
from moe_report.schema import registry
from moe_report.table import ModelTable, Row, Source, given
from tests.commands import run

MOST = 5


@pytest.fixture
def report(counting_alone: None, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Nine models of growing size, the smallest first, where a page has room for five."""
    monkeypatch.setattr(capped, "MOST_MODELS", MOST)
    rows = [
        Row(f"m{layers}", numbers={name: given(size) for name, size in sizes(layers).items()})
        for layers in range(1, 10)
    ]
    return build_report(ModelTable(tuple(rows), Source("many.xlsx")), registry.load())


def sizes(layers: int) -> dict[str, int]:
    """The numbers of a small model with so many layers."""
    return {
        "num_hidden_layers": layers, "hidden_size": 64, "vocab_size": 100, "num_experts": 8,
        "num_attention_heads": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
    }  # fmt: skip


def data_of(page: str) -> dict[str, Any]:
    """What the page carries for its scripts."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def names(page: str) -> list[str]:
    """The models that the calculator may choose from."""
    return [model["name"] for model in data_of(page)["models"]]


def test_a_page_has_the_largest_models(report: Report) -> None:
    """Beyond its limit a page has the largest by the first headline, in its order, and says so."""
    page = render(report).decode()
    assert names(page) == ["m9", "m8", "m7", "m6", "m5"]
    assert "This page has the 5 largest of 9 models by Total parameters." in page
    assert "9 models" in page
    assert ">m4<" not in page


def test_a_chart_counts_all_models(report: Report) -> None:
    """The first chart shows how the sizes of all models are distributed."""
    figure = capped.capped(report)[2]
    assert figure is not None
    assert sum(int(count) for _, count in figure.rows) == len(report.models)
    assert 'id="chart-distribution"' in render(report).decode()


def test_other_charts_show_what_the_page_has(report: Report) -> None:
    """What charts refer to are the models that are left, by their new places."""
    shown = capped.capped(report)[0]
    for chart in shown.charts:
        assert {shown.models[at].name for at in chart.models} <= {"m9", "m8", "m7", "m6", "m5"}


@pytest.mark.parametrize(
    ("sort", "first"),
    [("total_params", "m9"), ("num_hidden_layers", "m9")],
)
def test_models_stand_in_the_order_that_is_asked_for(report: Report, sort: str, first: str) -> None:
    """A metric or field that is named orders the page, of few models too; equals as they came."""
    assert names(render(replace(report, sort=sort)).decode())[0] == first
    few = capped.only(report, [0, 1, 2])
    assert len(names(render(replace(few, sort="total_params")).decode())) == 3


def test_a_page_says_of_which_models_its_titles_speak(report: Report) -> None:
    """The point of a chart is one of all models, also of those that the page has not."""
    shown, said, _ = capped.capped(report)
    assert any("m1," in chart.title for chart in shown.charts)
    assert "Titles of charts and the reading help speak of all" in said


@pytest.mark.parametrize("most", [5, 9])
def test_what_was_found_of_a_column_stays(
    report: Report, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A doubt about the whole input is on every page, whether cut, or sorted, or both."""
    monkeypatch.setattr(capped, "MOST_MODELS", most)
    doubt = Finding("unclear", "", "hidden_size", "this may be the width", place="Models!H1")
    found = capped.capped(replace(report, findings=(doubt,), sort="total_params"))[0]
    assert found.findings == (doubt,)


def test_a_page_with_room_for_all_is_as_it_was(report: Report) -> None:
    """Up to the limit nothing is left out, reordered or said."""
    few = capped.only(report, [2, 0, 1])
    page = render(few).decode()
    assert names(page) == ["m3", "m1", "m2"]
    assert '<p class="rest">' not in page
    assert "chart-distribution" not in page


def test_what_sorts_the_page_is_an_option(tmp_path: Path, counting_alone: None) -> None:
    """A number that the report lacks is refused, with the nearest that it has."""
    models = tmp_path / "models.csv"
    columns = [*sizes(1)]
    lines = [["name", *columns], *([f"m{at}", *map(str, sizes(at).values())] for at in (1, 2))]
    models.write_text("\n".join(map(",".join, lines)))
    asked = ("run", models, "-o", tmp_path, "--format", "html", "--sort")
    result = run(*asked, "total_parms")
    assert result.exit_code == 1
    assert "Did you mean 'total_params'?" in result.output
    assert not (tmp_path / "models.report.html").exists()
    assert run(*asked, "total_params").exit_code == 0
    assert names((tmp_path / "models.report.html").read_text("utf-8")) == ["m2", "m1"]


def test_the_smallest_come_first_where_less_is_better(report: Report) -> None:
    """Of what is better the less there is of it, the page has the smallest."""
    lower = next(column for column in report.metrics if column.better == "lower")
    shown, said, _ = capped.capped(replace(report, sort=lower.name))
    values = shown.columns[lower.name].cells.numbers
    assert values == sorted(values)
    assert "smallest" in said
