"""Charts of somebody else's section, one of each kind, in page and workbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from moe_report.compute.build import build_report
from moe_report.ooxml.package import Package
from moe_report.renderers.excel.render import render as workbook_of
from moe_report.renderers.html.charts.figures import Figure, figures
from moe_report.renderers.html.render import render
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Source
from tests.audit import errors
from tests.browser import Open
from tests.foreign import FOUR_KINDS, section_of
from tests.office import disagreements, recalculated, stored
from tests.renderers.calculator import fill
from tests.renderers.excel.test_charts import C, all_charts, references, words
from tests.renderers.html.test_charts import faults
from tests.renderers.html.test_drawn_charts import FAULTS
from tests.reports import LAYER, MIXTRAL, OLMOE, QWEN3, row, varied

NAMES = ["depth", "spread", "heads", "deep", "along"]  # the two with a rank first
ROWS = (
    row("Mixtral 8x7B", MIXTRAL), row("OLMoE-1B-7B", OLMOE), row("A layer", LAYER),
    row("Qwen3-30B-A3B", QWEN3),
)  # fmt: skip


def registry(folder: Path) -> Registry:
    """Nothing but the foreign section."""
    return Registry(load([section_of(folder, FOUR_KINDS, alone=True)]).sections[-1:])


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """A report of four rows by the foreign section alone."""
    table = ModelTable(ROWS, Source("models.xlsx"))
    return build_report(table, registry(tmp_path / "section"))


def figure_of(report: Report, name: str) -> Figure:
    """A chart of the page."""
    return next(figure for figure in figures(report) if figure.name == name)


@pytest.mark.parametrize("count", [1, 3, 30, 100])
def test_labels_lie_inside_and_apart(tmp_path: Path, count: int) -> None:
    """Of any number of models, on linear axes and for numbers below 0."""
    models = varied(count)
    numbers = {column.name: column for column in models.fields}
    rows = [
        row(model.name, {
            name: cell.value
            for name in ("num_hidden_layers", "hidden_size", "num_attention_heads")
            if (cell := numbers[name].cells[at]).value is not None
        })
        for at, model in enumerate(models.models)
    ]  # fmt: skip
    report = build_report(ModelTable(tuple(rows), Source("m.xlsx")), registry(tmp_path / "s"))
    assert {figure.name for figure in figures(report)} >= {"depth", "spread", "along"}
    assert faults(report) == []


def test_bars_of_numbers_below_zero_go_left(report: Report) -> None:
    """From the line of 0, as far as the number says."""
    figure = figure_of(report, "depth")
    assert figure.title == "Models have 16 to 48 layers"
    assert [row[0] for row in figure.rows] == ["Qwen3-30B-A3B", "Mixtral 8x7B", "OLMoE-1B-7B"]
    (inner,) = [[box for box in figure.wide.boxes if box.css == "black"]]
    outer = [box for box in figure.wide.boxes if box.css == "sky"]
    zero = outer[0].x
    assert [box.x == zero for box in inner] == [True, True, False]
    assert inner[2].x + inner[2].width == pytest.approx(zero)
    assert [round(box.width / outer[0].width * 48) for box in (*outer, *inner)] == [
        48, 32, 16, 28, 12, 4
    ]  # fmt: skip
    assert "Left out" not in figure.caption  # a lone layer is no model


def test_a_guide_runs_through_what_has_its_slope(report: Report) -> None:
    """On linear axes, too: OLMoE and Mixtral have 128 channels a layer."""
    figure = figure_of(report, "spread")
    (line,) = [item for item in figure.wide.segments if item.css == "iso whole"]
    rise = (line.y2 - line.y1) / (line.x2 - line.x1)
    marks = {row[0]: mark for row, mark in zip(figure.rows, figure.wide.marks, strict=True)}
    for name in ("Mixtral 8x7B", "OLMoE-1B-7B"):
        mark = marks[name]
        assert mark.y == pytest.approx(line.y1 + rise * (mark.x - line.x1), abs=0.1)
    words = [text.text for text in figure.wide.texts if text.css == "iso-label"]
    assert words == [text for text in ("128 a layer", "64") if text in words] != []


def test_lines_join_the_models_in_the_order_of_x(report: Report) -> None:
    """Each of its segments begins where the last one ended."""
    figure = figure_of(report, "along")
    assert [row[0] for row in figure.rows] == ["OLMoE-1B-7B", "Qwen3-30B-A3B", "Mixtral 8x7B"]
    for css in ("blue", "orange"):
        first, second = (item for item in figure.wide.segments if item.css == f"line {css}")
        assert (first.x2, first.y2) == (second.x1, second.y1)
        assert first.x1 <= first.x2 <= second.x2


def test_page_of_a_foreign_section(report: Report, shown: Open) -> None:
    """Its charts lead, nothing lies on anything, no link is dead, and nothing is missing."""
    page: Page = shown(report)
    headings = page.locator("figure.chart").evaluate_all("all => all.map((one) => one.id)")
    assert headings == [f"chart-{name}" for name in NAMES]
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FAULTS) == []
    dead = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')].filter(
          (link) => !document.getElementById(decodeURIComponent(link.hash.slice(1)))
        ).map((link) => link.hash)"""
    )
    assert dead == []
    assert page.locator("#charts .none").count() == 0
    ratios = {name: page.inner_text(f"#comparison [data-row={name}] .ratio >> nth=0")
              for name in ("depth", "loss")}  # fmt: skip
    assert ratios == {"depth": "0.500×", "loss": ""}  # as in the workbook, none of what is below 0


def test_the_mark_follows_the_chart_s_own_numbers(report: Report, shown: Open) -> None:
    """On a scatter of a section that the page has never heard of, with linear axes."""
    page = shown(report)
    plot = figure_of(report, "spread").wide
    assert plot.x is not None
    assert plot.y is not None
    for layers, width in (("32", "4096"), ("24", "3000")):
        fill(page, "num_hidden_layers", layers)
        fill(page, "hidden_size", width)
        moved = page.locator("#chart-spread .wide .what-if").get_attribute("transform") or ""
        x, y = map(float, re.findall(r"-?[\d.]+", moved))
        assert (x, y) == pytest.approx((plot.x.at(float(layers)), plot.y.at(float(width))), abs=0.2)
    said = page.inner_text("#chart-spread .what-if-said")
    assert "Depth 24, Hidden size 3.00 k" in said
    assert page.locator("#chart-along .what-if").count() == 0


@pytest.mark.parametrize("kind", ["only", "skip"])
@pytest.mark.parametrize(
    "name", ["parameter_ledger", "parameter_efficiency", "flops_savings", "routing_overhead"]
)
def test_each_section_alone_and_each_left_out(kind: str, name: str) -> None:
    """Page and workbook have the charts that are possible, and no link leads nowhere."""
    chosen = load().choose(only=[name]) if kind == "only" else load().choose(skip=[name])
    report = build_report(ModelTable(ROWS, Source("models.xlsx")), chosen)
    names = {f"chart-{chart.drawn.name}" for chart in report.charts}
    own = {f"chart-{one.name}" for section in chosen.sections for one in section.charts}
    assert names == own != set()
    page = render(report).decode()
    places = {*re.findall(r' id="?([^"\s>]+)', page)}
    assert {*re.findall(r'href="?#([^"\s>]+)', page)} <= places
    assert {place for place in places if re.fullmatch(r"chart-[a-z]+", place)} == names
    of_sheet_fit = {"chart-fit"} if report.planner else set()
    assert all_charts(Package(workbook_of(report))).keys() == names | of_sheet_fit


def series_of(chart: Any) -> dict[str, list[float]]:
    """The stored numbers of a chart's y, by the series' names."""
    return {
        str(one.find(f"{C}tx/{C}v").text): [
            float(number.text)
            for kind in ("val", "yVal")
            for numbers in one.iterfind(f"{C}{kind}")
            for number in numbers.iter(f"{C}v")
        ]
        for one in chart.iter(f"{C}ser")
    }


def test_workbook_of_a_foreign_section(report: Report, tmp_path: Path) -> None:
    """All are drawn of the table's columns, under the titles of the page."""
    path = tmp_path / "foreign.xlsx"
    path.write_bytes(workbook_of(report))
    charts = all_charts(Package(path.read_bytes()))
    assert sorted(charts) == sorted(f"chart-{name}" for name in NAMES)
    titles = {f"chart-{chart.drawn.name}": chart.title for chart in report.charts}
    for name, chart in charts.items():
        assert words(chart.find(f"{C}chart/{C}title")).startswith(titles[name])
    assert series_of(charts["chart-depth"]) == {"all": [32, 16, 48], "beyond 20": [12, -4, 28]}
    assert series_of(charts["chart-deep"]) == {"Loss": [12, 28]}
    assert charts["chart-heads"].find(f".//{C}grouping").get("val") == "stacked"
    assert series_of(charts["chart-along"]) == {"layers": [16, 48, 32], "beyond 20": [-4, 28, 12]}
    areas = references(charts["chart-along"])
    assert all("Chart data" in area for area in areas)
    assert not errors(path)
    live = recalculated(path, tmp_path / "live", "Chart data")
    assert not disagreements(stored(path, "Chart data"), live)
