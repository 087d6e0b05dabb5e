"""The charts of a report as the page shows them: which rows, drawings, legend, captions, data.

Each chart is drawn twice, for a wide and for a narrow column, so that its text stays readable on a
phone. Models that lack a number are left out and named; of many models some are shown, spread
evenly over the order of the chart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from moe_report.display import scale, show
from moe_report.errors import first_of
from moe_report.renderers.html.charts import plots, points
from moe_report.renderers.html.charts.plots import NARROW, WIDE, Drawn, Unit
from moe_report.renderers.html.charts.shapes import Drawing
from moe_report.reports import Report, ReportChart
from moe_report.schema.charts import (
    Bars,
    Lines,
    Points,
    Scatter,
    Series,
    Stack,
    is_logarithmic,
)
from moe_report.text import isolated

_T = TypeVar("_T")
MOST_ROWS = 24


@dataclass(frozen=True)
class Key:
    """An entry of a chart's legend.

    Attributes:
        css: Class of the colour.
        shape: ``bar``, ``circle``, ``diamond`` or ``square``.
        label: What it stands for.
    """

    css: str
    shape: str
    label: str


@dataclass(frozen=True)
class WhatIf:
    """Where the calculator's model stands in a chart of points.

    Attributes:
        of: Names of what its x and its y are.
        words: What the two are.
    """

    of: tuple[str, str]
    words: tuple[str, str]


@dataclass(frozen=True)
class Figure:
    """A chart, with all that is written around it.

    Attributes:
        name: Its anchor on the page.
        title: Its point, a sentence.
        caption: How to read it, and what is left out.
        legend: What its marks stand for.
        wide: The drawing for a column of usual width.
        narrow: The drawing for a phone.
        header: Header of the table of its data, with units.
        rows: What it shows as numbers, a row a model, the name first.
        leads: Whether it is one of the few that come first.
        what_if: Where the calculator's model has a mark in it, else None.
    """

    name: str
    title: str
    caption: str
    legend: tuple[Key, ...]
    wide: Drawing
    narrow: Drawing
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    leads: bool
    what_if: WhatIf | None = None


def figures(report: Report) -> tuple[Figure, ...]:
    """Return the charts of a report."""
    return tuple(_figure(report, chart) for chart in report.charts)


def _figure(report: Report, chart: ReportChart) -> Figure:
    drawn = chart.drawn
    if isinstance(drawn, Points):
        return _points(report, chart, drawn)
    shown = _evenly(chart)
    assert isinstance(drawn, (Bars, Stack))
    drawings, legend, said = (
        _bars(report, drawn, shown) if isinstance(drawn, Bars) else _stack(report, drawn, shown)
    )
    caption = [*_order_of(drawn, chart), *said, chart.caption, *_left_out(report, chart, shown)]
    return _whole(report, chart, drawings, legend, caption, shown)


def _whole(
    report: Report,
    chart: ReportChart,
    drawings: tuple[Drawing, Drawing],
    legend: Sequence[Key],
    caption: Sequence[str],
    shown: Sequence[int],
    what_if: WhatIf | None = None,
) -> Figure:
    header, rows = _table(report, chart.drawn.columns, shown)
    said = " ".join(filter(None, caption))
    return Figure(
        chart.drawn.name, chart.title, said, tuple(legend), *drawings, header, rows, chart.leads,
        what_if,
    )  # fmt: skip


def _bars(
    report: Report, chart: Bars, shown: Sequence[int]
) -> tuple[tuple[Drawing, Drawing], list[Key], list[str]]:
    numbers = _numbers(report, chart.columns, shown)
    log = is_logarithmic(chart.log, [number for row in numbers for number in row])
    unit = _unit(report, chart.series[0], chart.axis)
    series, names = _drawn(chart.series), _names(report, shown)
    drawings = twice(lambda width: plots.rows(names, numbers, series, width, unit, log=log))
    count = len(series)
    legend = [
        Key(item.css, plots.shape_of(at, count, unit, log=log), item.label)
        for at, item in enumerate(series)
    ]
    said = []
    if log and count > 1:
        said.append(
            "The axis is logarithmic: the longer a line, the larger the factor between its ends."
        )
    return drawings, legend, said


def _stack(
    report: Report, chart: Stack, shown: Sequence[int]
) -> tuple[tuple[Drawing, Drawing], list[Key], list[str]]:
    columns = report.columns

    def parts_of(at: int, bar: Sequence[Sequence[str]]) -> tuple[float, ...]:
        return tuple(sum(columns[name].cells[at].value or 0 for name in part) for part in bar)

    bars = [[parts_of(at, bar) for _, bar in chart.bars] for at in shown]
    unit, series = _unit(report, chart.series[0], chart.axis), _drawn(chart.series)
    names = _names(report, shown)
    whole = "total" if chart.focus is None else chart.series[chart.focus].head
    heads = [head or whole for head, _ in chart.bars]
    drawings = twice(
        lambda width: plots.stacks(
            names, bars, series, heads, width, unit, focus=chart.focus, shares=chart.shares
        )
    )
    legend = [
        Key(item.css, "bar", item.label)
        for at, item in enumerate(series)
        if any(parts[at] for model in bars for parts in model)
    ]
    return drawings, legend, []


def _points(report: Report, chart: ReportChart, drawn: Points) -> Figure:
    numbers = _numbers(report, drawn.columns, chart.models)
    ups = [number for row in numbers for number in row[1:]]
    plane = points.Plane(
        _unit(report, drawn.x, ""),
        _unit(report, drawn.series[0], drawn.axis),
        is_logarithmic(drawn.log, [row[0] for row in numbers]),
        is_logarithmic(drawn.log, ups),
    )
    names, series, what_if = _names(report, chart.models), _drawn(drawn.series), None
    if isinstance(drawn, Scatter):
        slopes = _slopes(report, drawn, numbers)
        drawings = twice(lambda width: points.scatter(names, numbers, series, width, plane, slopes))
        x, y = drawn.x, drawn.series[0]
        what_if = WhatIf((x.columns[0], y.columns[0]), (x.label, y.label))
    else:
        assert isinstance(drawn, Lines)
        drawings = twice(lambda width: points.lines(names, numbers, series, width, plane))
    rings = isinstance(drawn, Scatter)
    legend = [
        Key(f"ring {item.css}" if at and rings else item.css, "circle", item.label)
        for at, item in enumerate(series)
    ]
    (wide, left_off), (narrow, _) = drawings
    caption = [chart.caption]
    if rings and len(series) > 1 and len(names) > points.CROWD:
        caption.append("The marks of so many models are not joined.")
    if left_off:
        found = "1 label found" if left_off == 1 else f"{left_off:,} labels found"
        caption.append(f"{found} no room; rest on a mark to see its name.")
    caption += _left_out(report, chart, chart.models)
    return _whole(report, chart, (wide, narrow), legend, caption, chart.models, what_if)


def _slopes(
    report: Report, chart: Scatter, numbers: Sequence[tuple[float, ...]]
) -> list[tuple[str, float]]:
    """Return the lines of a chart; one whose assumption is not part of the report is left out."""
    values = {item.definition.name: item.value for item in report.assumptions}
    slopes = [
        (label, values.get(slope, 0) if isinstance(slope, str) else slope)
        for label, slope in chart.guides
    ]
    slopes = [(label, slope) for label, slope in slopes if slope > 0]
    if chart.fractions and slopes and all(row[0] > 0 < row[1] for row in numbers):
        return points.fractions_of(*slopes[0], numbers) + slopes[1:]
    return slopes


# -- which models


def _evenly(chart: ReportChart) -> Sequence[int]:
    """Those that have room in a chart of rows: of many, some from the first to the last."""
    if len(chart.models) <= MOST_ROWS:
        return chart.models
    kept = chart.trusted if len(chart.trusted) >= MOST_ROWS else chart.models
    last = len(kept) - 1
    return [kept[round(at * last / (MOST_ROWS - 1))] for at in range(MOST_ROWS)]


def _numbers(
    report: Report, columns: Sequence[str], places: Sequence[int]
) -> list[tuple[float, ...]]:
    return [tuple(report.columns[name].cells[at].value or 0 for name in columns) for at in places]


def _names(report: Report, places: Sequence[int]) -> list[str]:
    return [report.models[at].name for at in places]


def _table(
    report: Report, columns: Sequence[str], places: Sequence[int]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows of the data: one unit a column, three digits."""
    header, texts = ["Model"], []
    for column in (report.columns[name] for name in columns):
        numbers = [column.cells[at].value for at in places]
        chosen = scale(column.unit, column.format, numbers)
        header.append(f"{column.label} ({chosen.sign})" if chosen.sign else column.label)
        shown = (show(number, column.unit, column.format, chosen) for number in numbers)
        texts.append([text.removesuffix(f" {chosen.sign}") for text in shown])
    return tuple(header), tuple(zip(_names(report, places), *texts, strict=True))


# -- words and looks


def _order_of(chart: Bars | Stack, of: ReportChart) -> list[str]:
    if len(of.models) < 2:
        return []
    if isinstance(chart, Bars) and chart.order == "as read":
        return ["A model a row, in the order of the input."]
    if chart.first:
        return [f"A model a row, the {chart.first} on top."]
    top = "smallest" if isinstance(chart, Bars) and chart.order == "smallest first" else "largest"
    if isinstance(chart, Bars):
        by = next(item.label for item in chart.series if item.columns == (chart.by,))
    else:
        by = "the total" if chart.focus is None else f"share of {chart.series[chart.focus].label}"
    return [f"A model a row, by {by}, the {top} on top."]


def _left_out(report: Report, chart: ReportChart, shown: Sequence[int]) -> list[str]:
    said = []
    if len(chart.trusted) < len(chart.models):
        said.append("The title leaves out the rows whose numbers the findings doubt.")
    if len(shown) < len(chart.models):
        said.append(
            f"Shown are {len(shown)} of {len(chart.models):,} models, spread evenly over this "
            "order; the tables of the sections have all."
        )
    if chart.without:
        left_out = list(map(isolated, _names(report, chart.without)))
        positive = isinstance(chart.drawn, Bars) and not chart.drawn.zeros
        what = "numbers above 0" if positive else "numbers"
        said.append(f"Left out for lack of {what}: {first_of(left_out, 4)}.")
    return said


def _unit(report: Report, series: Series, said: str) -> Unit:
    column = report.columns[series.columns[0]]
    return Unit(column.unit, column.format, said or series.label)


def _drawn(series: Sequence[Series]) -> list[Drawn]:
    return [Drawn(item.color, item.head, item.label) for item in series]


def twice(draw: Callable[[float], _T]) -> tuple[_T, _T]:
    """Return a drawing for a wide column and one for a narrow one."""
    return draw(WIDE), draw(NARROW)
