"""Which charts a report has, of which models, and what their titles say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moe_report.compute.build import build_report
from moe_report.reports import Report
from moe_report.schema.registry import Registry, load
from moe_report.table import ModelTable, Source
from tests.foreign import section_of
from tests.reports import LAYER, MIXTRAL, OLMOE, TOTALS, report_of, row, usual_report

ROWS = (
    row("Mixtral 8x7B", MIXTRAL), row("OLMoE-1B-7B", OLMOE),
    row("DeepSeek-V2 (as tabled)", TOTALS), row("A layer", LAYER),
)  # fmt: skip


def report_with(folder: Path, charts: str) -> Report:
    """The report of some models by a foreign section with some charts, and the built-in ones."""
    return build_report(ModelTable(ROWS, Source("models.xlsx")), load([section_of(folder, charts)]))


def test_those_with_a_rank_come_first() -> None:
    """The lowest rank is on top, two lead, the others follow in the sections' order."""
    charts = usual_report().charts
    assert [chart.drawn.name for chart in charts] == [
        "size", "flops", "ledger", "share", "overhead", "traffic", "step"
    ]  # fmt: skip
    assert [chart.leads for chart in charts] == [True, True, *[False] * 5]


def test_a_lower_rank_of_a_plugin_comes_before(tmp_path: Path) -> None:
    """A rank is among all sections, and True is the first that a section has."""
    report = report_with(
        tmp_path,
        "a = bars('a', depth, title='A')\nb = bars('b', depth, title='B', headline=1.5)\n"
        "c = bars('c', depth, title='C', headline=0)\n",
    )
    names = [chart.drawn.name for chart in report.charts]
    assert names[:4] == ["c", "size", "b", "flops"]
    assert names[-1] == "a"


@pytest.mark.parametrize(
    ("only", "skip", "drawn", "said"),
    [
        (["parameter_efficiency"], [], ["share"],
         "No chart of size, ledger, flops, overhead, traffic or step: its section is not part of "
         "this report."),
        ([], ["flops_savings"], ["size", "ledger", "share", "overhead", "traffic", "step"],
         "No chart of flops: its section is not part of this report."),
        ([], ["routing_overhead"], ["size", "flops", "ledger", "share", "step"],
         "No chart of overhead or traffic: its section is not part of this report."),
    ],
)  # fmt: skip
def test_charts_of_skipped_sections_are_left_out(
    only: list[str], skip: list[str], drawn: list[str], said: str
) -> None:
    """By name, though others need the metrics of some."""
    registry = load().choose(only=only, skip=skip)
    report = build_report(ModelTable(ROWS, Source("models.xlsx")), registry)
    assert [chart.drawn.name for chart in report.charts] == drawn
    assert report.undrawn == (said,)


def test_charts_without_numbers_are_left_out() -> None:
    """A lone layer has one share of the efficiency's two, and nothing of the rest."""
    report = report_of(row("A layer", LAYER))
    assert report.charts == ()
    assert report.undrawn == (
        "No chart of size, flops, ledger, share, overhead, traffic or step: no model has all the "
        "numbers that it needs.",
    )


def test_titles_speak_of_undoubted_models_in_the_order_drawn(tmp_path: Path) -> None:
    """What the audit doubts is drawn, and not spoken of."""
    report = report_with(
        tmp_path,
        "def said(rows):\n    return ' > '.join(rows.names)\n"
        "c = bars('c', total_params, title=said)\n"
        "d = bars('d', total_params, title=said, order='smallest first')\n"
        "e = lines('e', total_params, depth, title=said)\n",
    )
    charts = {chart.drawn.name: chart for chart in report.charts}
    assert report.doubted == {"DeepSeek-V2 (as tabled)"}
    assert charts["c"].title == "Mixtral 8x7B > OLMoE-1B-7B"
    assert charts["d"].title == charts["e"].title == "OLMoE-1B-7B > Mixtral 8x7B"
    assert report.models[charts["c"].models[0]].name == "DeepSeek-V2 (as tabled)"
    assert [report.models[at].name for at in charts["c"].without] == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("return rows['sparsity'][0]", "KeyError: 'sparsity'"),
        ("return 3", "it gives 3, expected a sentence"),
        ("return ''", "it gives '', expected a sentence"),
        ("raise SystemExit(2)", "SystemExit: 2"),
        ("return said(rows)", "RecursionError"),
    ],
)
def test_a_title_that_fails_is_said(tmp_path: Path, body: str, why: str) -> None:
    """The chart is there under the names of what it shows, and a warning says why, and where."""
    charts = f"def said(rows):\n    {body}\nc = bars('c', depth, title=said, caption=said)\n"
    report = report_with(tmp_path, charts)
    chart = next(chart for chart in report.charts if chart.drawn.name == "c")
    assert (chart.title, chart.caption) == ("Depth", "")
    title, caption = report.warnings
    assert title.startswith(f"the title of chart 'c' of {tmp_path / 'foreign.py'} (")
    assert why in title
    assert "foreign.py, line" in title or "expected a sentence" in title
    assert title.endswith("it is 'Depth' instead")
    assert caption.endswith("it is left out")


def test_numbers_that_a_chart_cannot_show_are_left_out(tmp_path: Path) -> None:
    """A logarithmic axis has no 0, a stack no negative part and no empty whole."""
    report = report_with(
        tmp_path,
        "a = bars('a', loss, title='A')\nb = bars('b', loss, title='B', zeros=False)\n"
        "c = stack('c', (loss, depth), title='C')\n"
        "d = scatter('d', depth, loss, title='D', log=True)\n"
        "@metric(symbol='x', unit='layers', **said)\ndef away(m: Model) -> float:\n"
        "    'Layers more or fewer than 32.'\n    return abs(depth(m) - 32)\n"
        "e = stack('e', (away,), title='E')\n",
    )
    shown = {chart.drawn.name: len(chart.models) for chart in report.charts}
    # depth - 20 is 12, -4 and missing for the others; away is 0, 16 and missing
    assert {name: shown[name] for name in "abcde"} == {"a": 2, "b": 1, "c": 1, "d": 1, "e": 1}


def test_a_registry_of_nothing_but_a_plugin(tmp_path: Path) -> None:
    """Its charts lead, whether it says so or not."""
    source = "c = bars('c', depth, title='C')\n"
    found = load([section_of(tmp_path, source, alone=True)])
    registry = Registry(found.sections[-1:])
    report = build_report(ModelTable(ROWS, Source("models.xlsx")), registry)
    assert [(chart.drawn.name, chart.leads) for chart in report.charts] == [("c", True)]
    assert report.undrawn == ()
    assert replace(report, charts=()).warnings == ()
