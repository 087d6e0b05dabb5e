"""The native charts of the workbook: what they refer to, say and store."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from moe_report.compute.build import build_report
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.renderers.excel.bar_charts import MOST_BARS
from moe_report.renderers.excel.chart_data import SPARE_ROWS
from moe_report.renderers.excel.chart_looks import axis_format
from moe_report.renderers.excel.render import render
from moe_report.renderers.html.charts.figures import figures
from moe_report.reports import Report
from moe_report.schema.charts import COLORS
from moe_report.table import ModelTable, Source
from tests.office import convert, disagreements, recalculated, stored
from tests.reports import (
    LAYER,
    MIXTRAL,
    OLMOE,
    QWEN3,
    TOTALS,
    many_models,
    report_of,
    row,
    usual_report,
)
from tests.sections import registry_with

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def charts_of(package: Package, sheet: str) -> dict[str, Any]:
    """The charts of a sheet by name."""
    part = package.sheets()[sheet]
    drawings = [item for item in package.relationships(part) if item.type.endswith("/drawing")]
    found = {}
    for drawing in drawings:
        links = {item.id: item.target for item in package.relationships(drawing.target)}
        for frame in parse(package[drawing.target]).iter(f"{XDR}graphicFrame"):
            said = frame.find(f".//{XDR}cNvPr")
            link = frame.find(f".//{C}chart")
            assert said is not None
            assert link is not None
            assert said.get("descr"), "a chart without alternative text"
            id = next(value for key, value in link.attrib.items() if key.endswith("}id"))
            found[said.get("name")] = parse(package[links[id]])
    return found


def all_charts(package: Package) -> dict[str, Any]:
    """The charts of all sheets by name."""
    return {
        name: chart
        for sheet in package.sheets()
        for name, chart in charts_of(package, sheet).items()
    }


def words(root: Any) -> str:
    """The text that stands in an element."""
    return " ".join(item.text or "" for item in root.iter(f"{A}t"))


def references(chart: Any) -> list[str]:
    """The areas that a chart shows."""
    return [item.text for item in chart.iter(f"{C}f")]


def package_of(report: Report) -> Package:
    """The workbook of a report."""
    return Package(render(report))


def test_bars_name_whole_columns_of_the_table(tmp_path: Path) -> None:
    """Names and numbers of bars of models are the table's columns: they grow and filter."""
    (tmp_path / "models.xlsx").write_bytes(render(many_models(3)))
    package = Package((tmp_path / "models.xlsx").read_bytes())
    header = stored(tmp_path / "models.xlsx", "Models")[2]
    last = 3 + 3
    charts = all_charts(package)
    bars = {
        "chart-size": ["total_params", "active_params"],
        "chart-ledger": [
            "embedding_params", "unembedding_params", "attention_params", "dense_ffn_params",
            "shared_expert_params", "router_params", "norm_and_other_params",
            "routed_expert_params",
        ],
        "chart-share": ["parameter_efficiency", "expert_utilisation"],
        "chart-overhead": ["router_param_share", "router_flop_share"],
        "chart-traffic": ["dispatch_bytes_per_token", "combine_bytes_per_token"],
        "chart-step": [
            "always_read_weight_bytes", "routed_bytes_per_step", "cache_bytes_per_step",
        ],
    }  # fmt: skip
    assert charts.keys() == {*bars, "chart-flops", "chart-fit"}
    for name, columns in bars.items():
        areas = [re.fullmatch(r"'Models'!\$([A-Z]+)\$(\d+):\$([A-Z]+)\$(\d+)", area)
                 for area in references(charts[name])]  # fmt: skip
        assert all(area and area[1] == area[3] for area in areas)
        assert {(area[2], area[4]) for area in areas if area} == {("4", str(last))}
        shown = [header[number(area[1]) - 1] for area in areas if area]
        assert shown == [word for column in columns for word in ("name", column)]


def number(letters: str) -> int:
    """The number of a column."""
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value


def test_what_a_filter_hides_is_not_drawn(demo: Path) -> None:
    """Charts leave hidden rows out, and the hidden sheet gives those rows no number."""
    package = Package((demo / "models.report.xlsx").read_bytes())
    for chart in all_charts(package).values():
        (only,) = chart.iter(f"{C}plotVisOnly")
        assert only.get("val") == "1"


def mixed() -> Report:
    """Models between a claim and a lone layer."""
    return report_of(
        row("said", TOTALS, compare_with="a"),
        row("a", MIXTRAL),
        row("layer", LAYER),
        row("b", OLMOE),
        row("c", QWEN3),
    )


def test_claims_and_lone_layers_are_not_drawn(tmp_path: Path) -> None:
    """Bars and points are of the models alone, without gaps."""
    report, path = mixed(), tmp_path / "mixed.xlsx"
    path.write_bytes(render(report))
    data = stored(path, "Chart data")
    charts = all_charts(Package(path.read_bytes()))
    del charts["chart-fit"]  # of models that are chosen, on a sheet of its own
    assert len(charts) == 7
    for chart in charts.values():
        for series in chart.iter(f"{C}ser"):
            places = [item.text for item in series.iter(f"{C}f")]
            for place in places:
                cells = re.fullmatch(r"'Chart data'!\$([A-Z]+)\$(\d+):\$\1\$(\d+)", place)
                assert cells, place
                drawn = [data[at - 1][number(cells[1]) - 1] for at in
                         range(int(cells[2]), int(cells[3]) + 1)]  # fmt: skip
                assert len(drawn) >= 3
                assert not {*drawn[:3]} & {"#N/A", None, ""}
                assert {*drawn[3:]} <= {"#N/A"}
                if place == places[0] and series.find(f"{C}cat") is not None:
                    assert drawn == ["a", "b", "c"]
    assert not disagreements(data, recalculated(path, tmp_path / "live", "Chart data"))


def test_data_of_charts_follow_the_table(tmp_path: Path) -> None:
    """A hidden row is not drawn; one that is added is, behind the others and without gaps."""
    report = mixed()
    package = package_of(report)
    totals = [report.columns["total_params"].cells[at].value for at in range(5)]
    table = next(name for name in package if b'displayName="Models"' in package[name])
    package[table] = re.sub(rb"(A3:[A-Z]+)8", rb"\g<1>9", package[table])
    part = package.sheets()["Models"]
    root = parse(package[part])
    rows = {item.get("r"): item for item in root.iter(f"{MAIN}row")}
    rows["7"].set("hidden", "1")
    added = parse(
        re.sub(rb'( r="[A-Z]*)8"', rb'\g<1>9"', serialize(rows["8"])).replace(b">c<", b">d<")
    )
    rows["8"].addnext(added)
    package[part] = serialize(root)
    (tmp_path / "after.xlsx").write_bytes(package.save())
    after = recalculated(tmp_path / "after.xlsx", tmp_path / "live", "Chart data")
    names = ["a", "c", "d", ""]
    assert [cells[4] or "" for cells in after[2:6]] == names
    blocks = {cells[0]: at for at, cells in enumerate(after) if cells[0] and cells[0] != "row"}
    first = blocks["total_params"] + 1
    assert [cells[0] for cells in after[first : first + 4]] == pytest.approx(
        [totals[1], totals[4], totals[4], "#N/A"]
    )


def test_points_need_all_of_their_numbers(tmp_path: Path) -> None:
    """A model that lacks one has none of them, and the rows for models to come have none."""
    report = report_of(row("a", MIXTRAL), row("b", TOTALS), row("c", QWEN3))
    path = tmp_path / "before.xlsx"
    path.write_bytes(render(report))
    data = stored(path, "Chart data")
    assert not disagreements(data, recalculated(path, tmp_path / "live", "Chart data"))
    first = next(at for at, cells in enumerate(data) if cells[0] == "total_params") + 1
    totals = [cell.value for cell in report.columns["total_params"].cells]
    drawn = [cells[:2] for cells in data[first : first + 3 + SPARE_ROWS]]
    assert [cells[0] for cells in drawn[:3]] == [totals[0], "#N/A", totals[2]]
    assert drawn[1] == drawn[3] == drawn[-1] == ["#N/A", "#N/A"]


def test_every_axis_has_title_and_format(demo: Path) -> None:
    """Axes of numbers say what they count and in which unit; those of names need nothing."""
    charts = all_charts(Package((demo / "models.report.xlsx").read_bytes()))
    titles = {}
    for name, chart in charts.items():
        assert words(chart.find(f"{C}chart/{C}title"))
        for axis in chart.iter(f"{C}valAx"):
            titles.setdefault(name, []).append(words(axis.find(f"{C}title")))
            format = axis.find(f"{C}numFmt").get("formatCode")
            assert "General" not in format
            assert axis.find(f"{C}delete").get("val") == "0"
    assert titles == {
        "chart-size": ["parameters (log scale)"],
        "chart-flops": ["total parameters (log scale)", "FLOPs a token (log scale)"],
        "chart-ledger": ["share of parameters"],
        "chart-share": ["share of parameters, and of experts"],
        "chart-overhead": ["share of the model (log scale)"],
        "chart-traffic": ["bytes a token"],
        "chart-step": ["bytes a step"],
        "chart-fit": ["GB on the fullest device"],
    }


def test_an_axis_is_logarithmic_where_numbers_span_decades(demo: Path) -> None:
    """As on the page; axes of FLOPs and sizes of points always are, shares never."""
    wide = all_charts(Package((demo / "models.report.xlsx").read_bytes()))
    some = [report_of(row("a", MIXTRAL), row("b", other)) for other in (OLMOE, QWEN3)]
    medium, narrow = (all_charts(package_of(report)) for report in some)
    pages = [next(one for one in figures(report) if one.name == "size") for report in some]
    assert [len(one.wide.marks) > 0 for one in pages] == [True, False]  # marks, not bars
    for charts, log in ((wide, True), (medium, True), (narrow, False)):
        chart = charts["chart-size"]
        assert bool(list(chart.iter(f"{C}logBase"))) == log
        assert ("log scale" in words(chart)) == log
        assert not list(charts["chart-share"].iter(f"{C}logBase"))
        assert len(list(charts["chart-flops"].iter(f"{C}logBase"))) == 2
    axis = next(wide["chart-size"].iter(f"{C}valAx"))
    low, high = (float(axis.find(f".//{C}{end}").get("val")) for end in ("min", "max"))
    assert (low, high) == (1e8, 1e13)


GAIN = '''"""Gains."""

from moe_report import Model, bars, metric

@metric(symbol="g", unit="ratio", source="a convention", format="decimal")
def gain(m: Model) -> float:
    """Layers above sixteen."""
    return m.num_hidden_layers - 16

g = bars("g", gain, title="Gains", log=True, zeros=False)
'''


@pytest.mark.parametrize(
    ("layers", "log"),
    [((24, 48, 17), True), ((24, 8), False), ((24, 16, 8), False), ((24, 16, 48), False)],
)
def test_a_log_axis_has_a_place_for_each_number(
    tmp_path: Path, layers: tuple[int, ...], log: bool
) -> None:
    """A number of 0, or below it, leaves the workbook's axis linear, which draws it, too."""
    rows = [row(f"of {at}", MIXTRAL | {"num_hidden_layers": at}) for at in layers]
    table = ModelTable(tuple(rows), Source("models.xlsx"))
    report = build_report(table, registry_with(tmp_path, GAIN, "gains"))
    chart = all_charts(package_of(report))["chart-g"]
    axis = next(chart.iter(f"{C}valAx"))
    assert bool(list(axis.iter(f"{C}logBase"))) == log
    assert ("log scale" in words(axis)) == log
    least = axis.find(f".//{C}min")
    assert least is None or float(least.get("val")) <= min(at - 16 for at in layers)
    (values,) = chart.iter(f"{C}val")
    assert [float(point.text) for point in values.iter(f"{C}v")] == [at - 16 for at in layers]


@pytest.mark.parametrize(
    ("largest", "log", "format"),
    [
        (1.6e12, False, '[>=1000000000000]0.0,,,," T";[>0]0,,," B";0'),
        (46.7e9, False, '[>=1000000000]0,,," B";[>0]0,," M";0'),
        (3e9, False, '[>=1000000000]0.0,,," B";[>0]0,," M";0'),
        (3e9, True, '[>=1000000000]0,,," B";[>=1000000]0,," M";0," k"'),
        (671e9, True, '[>=1000000000000]0,,,," T";[>=1000000000]0,,," B";0,," M"'),
        (12, False, '[>=1000]0.0," k";[>0]0;0'),
    ],
)
def test_formats_of_axes(largest: float, log: bool, format: str) -> None:
    """Numbers of an axis are in the unit that they reach."""
    assert axis_format("parameters", [largest], log=log) == format


@pytest.mark.parametrize(
    ("form", "values", "log", "format"),
    [
        ("percent", [0.3], False, "0%"),
        ("percent", [0.03], False, "0.0%"),
        ("percent", [0.03], True, "[>=0.01]0%;[>=0.001]0.0%;0.00##%"),
        ("percent", [-0.3, 0.1], False, "0%"),
        ("factor", [3.0], False, '#,##0.##"×"'),
        ("decimal", [3.0], False, "#,##0.##"),
        ("integer", [4096.0], False, "#,##0"),
        ("si", [-4096.0, 2.0], False, '#,##0.##," k"'),
        ("si", [-40.0], False, "#,##0.##"),
        ("si", [4.0], False, "General"),
        ("decimal", [2.6e-5], False, "General"),
        ("decimal", [2.6e-5, 300.0], True, "General"),
        ("factor", [0.02], False, 'General"×"'),
        ("percent", [2.2e-5], False, "0.00##%"),
        ("percent", [2.2e-7, 0.1], True, "[>=0.01]0%;[>=0.001]0.0%;0.00##########%"),
    ],
)
def test_formats_of_other_axes(form: str, values: list[float], log: bool, format: str) -> None:
    """Shares, factors and counts as they are shown elsewhere, and a sign where there is one."""
    assert axis_format("parameters", values, log=log, form=form) == format


def test_colours_are_those_of_the_page(demo: Path) -> None:
    """A colour has one name and one value in page and workbook, and a component one colour."""
    css = (Path(__file__).parents[3] / "templates" / "report.css").read_text("utf-8")
    page = dict(re.findall(r"--([a-z]+): #([0-9a-f]{6});", css.partition("@media")[0]))
    assert {name: value.casefold() for name, value in COLORS.items()} == {
        name: page[name] for name in COLORS
    }
    chart = charts_of(Package((demo / "models.report.xlsx").read_bytes()), "Charts")["chart-ledger"]
    colors = {
        words_of_series(series): series.find(f"{C}spPr/{A}solidFill/{A}srgbClr").get("val")
        for series in chart.iter(f"{C}ser")
    }
    assert colors["Routed experts"] == COLORS["orange"]
    assert colors["Embedding"] == colors["Unembedding"] == COLORS["silver"]
    assert chart.find(f".//{C}grouping").get("val") == "percentStacked"


def test_titles_are_those_of_the_page(demo: Path) -> None:
    """A chart says in the workbook what it says on the page."""
    page = (demo / "models.report.html").read_text("utf-8")
    said = dict(re.findall(r'<h3 id="(chart-[a-z]+)-heading">([^<]+)</h3>', page))
    charts = all_charts(Package((demo / "models.report.xlsx").read_bytes()))
    del charts["chart-fit"]  # which the page draws as bars beside its planner
    assert charts.keys() == said.keys()
    for name, chart in charts.items():
        assert words(chart.find(f"{C}chart/{C}title")).startswith(said[name])


def words_of_series(series: Any) -> str:
    """The name of a series."""
    return str(series.find(f"{C}tx/{C}v").text)


def test_stored_numbers_are_the_report_s(tmp_path: Path) -> None:
    """A program that does not calculate draws the engine's numbers, and nothing for a gap."""
    report = usual_report()
    charts = all_charts(package_of(report))
    checked = 0
    for name, column in (
        ("chart-size", "total_params"), ("chart-share", "parameter_efficiency"),
        ("chart-ledger", "embedding_params"),
    ):  # fmt: skip
        series = next(charts[name].iter(f"{C}ser"))
        names = [item.text for item in series.find(f"{C}cat").iter(f"{C}v")]
        models = [at for at, model in enumerate(report.models) if model.name != "A layer"]
        assert names == [report.models[at].name for at in models]
        points = {
            int(item.get("idx")): float(item.find(f"{C}v").text)
            for item in series.find(f"{C}val").iter(f"{C}pt")
        }
        cells = report.columns[column].cells
        for at, cell in enumerate(cells[place] for place in models):
            assert (at in points) == (cell.value is not None)
            if cell.value is not None:
                assert math.isclose(points[at], cell.value)
                checked += 1
    assert checked > 8


@pytest.mark.parametrize("count", [1, 4, 40, 400])
def test_any_number_of_models(count: int) -> None:
    """Few have room to be read, of many the first are shown, and the title says so."""
    models = [row(f"model {at}", {**MIXTRAL, "hidden_size": 1024 + at}) for at in range(count)]
    charts = all_charts(package_of(report_of(*models)))
    shown = min(count, MOST_BARS)
    for name in ("chart-size", "chart-ledger", "chart-share"):
        assert {area.rpartition("$")[2] for area in references(charts[name])} == {str(3 + shown)}
        says = f"The first {MOST_BARS} of {count} models."
        assert (says in words(charts[name].find(f"{C}chart/{C}title"))) == (count > MOST_BARS)


def test_charts_do_not_lie_on_each_other_or_on_text(demo: Path) -> None:
    """Each begins below or right of what is there."""
    package = Package((demo / "models.report.xlsx").read_bytes())
    usual, width = 14.5, 5 + 7 * 9.71  # points and pixels that are surely there
    for sheet in ("Summary", "Charts"):
        part = package.sheets()[sheet]
        (drawing,) = (r.target for r in package.relationships(part) if r.type.endswith("/drawing"))
        heights = {
            int(item.get("r", "")): float(item.get("ht", ""))
            for item in parse(package[part]).iter(f"{MAIN}row") if item.get("ht")
        }  # fmt: skip
        boxes = []
        for anchor in parse(package[drawing]).iter(f"{XDR}oneCellAnchor"):
            column, line = (int(anchor.find(f"{XDR}from/{XDR}{i}").text) for i in ("col", "row"))
            size = anchor.find(f"{XDR}ext")
            wide, high = int(size.get("cx")) / 9525, int(size.get("cy")) / 12700
            top = sum(heights.get(at, usual) for at in range(1, line + 1))
            boxes.append((column * width, top, column * width + wide, top + high))
        assert len(boxes) == {"Summary": 2, "Charts": 5}[sheet]
        for (_, top, right, bottom), (other_left, other_top, _, _) in combinations(boxes, 2):
            assert other_top >= bottom or other_left >= right
            assert top > 0
        left = min(box[0] for box in boxes)
        if sheet == "Summary":
            xml = package[part].decode()
            merged = re.findall(r'<mergeCell ref="[A-Z]+\d+:([A-Z]+)\d+"', xml)
            cells = re.findall(r'<c r="([A-Z]+)\d+"', xml)
            assert max(map(number, merged + cells)) * width <= left


def test_what_cannot_be_drawn_is_left_out() -> None:
    """Without totals there is no chart, and no sheet for some; without a section neither."""
    layers = package_of(report_of(row("a", LAYER)))
    assert "chart-size" not in all_charts(layers)
    without = package_of(report_of(row("a", MIXTRAL), only=["parameter_efficiency"]))
    assert "chart-flops" not in all_charts(without)


def test_libreoffice_keeps_the_charts(demo: Path, tmp_path: Path) -> None:
    """Read and saved by LibreOffice, all charts are there with what they refer to."""
    saved = Package(convert(demo / "models.report.xlsx", tmp_path).read_bytes())
    charts = [
        parse(saved[name]) for name in saved if re.fullmatch(r"xl/charts/chart\d+\.xml", name)
    ]
    areas = [area for chart in charts for area in references(chart)]
    assert len(charts) == 8
    assert sum("Chart data" in area for area in areas) >= 16


def test_a_report_without_a_chart_is_whole(tmp_path: Path) -> None:
    """Nothing is lost with the charts: Summary says what it said."""
    report = replace(report_of(row("a", LAYER)), title="A layer")
    path = tmp_path / "layer.xlsx"
    path.write_bytes(render(report))
    assert stored(path, "Summary")[0][0] == "A layer"
