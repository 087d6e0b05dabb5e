"""Bars of the workbook: a row a model, side by side or stacked.

They are on columns of the table Models, or on the sheet Chart data where rows of that table are
claims or lone layers.
"""

from __future__ import annotations

from openpyxl.chart import BarChart, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from moe_report.load.our_sheets import SHEET
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.chart_looks import (
    WIDTH,
    area,
    axis,
    axis_format,
    decades,
    part_of,
    remember,
    remember_names,
    small_print,
    titles,
)
from moe_report.renderers.excel.models_sheet import FIRST, Layout
from moe_report.reports import Report, ReportChart
from moe_report.schema.charts import COLORS, Bars, Chart, Stack, is_logarithmic

MOST_BARS = 50  # models, of which more cannot be read

_Bar = tuple[str, str, str]  # a column of the table Models, its name in words, and its colour


def bar_chart(
    book: Book, report: Report, layout: Layout, data: ChartData, chart: ReportChart
) -> BarChart:
    """Return a chart of bars; of stacked ones the first of each model."""
    drawn = chart.drawn
    shown, values = _bars(book, report, layout, data, chart)
    column = report.columns[drawn.series[0].columns[0]]
    unit, format = column.unit, column.format
    if isinstance(drawn, Stack):
        shown.grouping = "percentStacked" if drawn.shares else "stacked"
        shown.overlap, shown.gapWidth = 100, 45
        unit, format = ("ratio", "percent") if drawn.shares else (unit, format)
    log = isinstance(drawn, Bars) and is_logarithmic(drawn.log, values)
    short = axis_format(unit, values, log=log, form=format)
    axis(shown.y_axis, drawn.axis + " (log scale)" * log, short)
    if log:
        decades(shown.y_axis, values)
    elif isinstance(drawn, Stack) and drawn.shares:
        shown.y_axis.number_format = "0%"
        shown.y_axis.scaling.min, shown.y_axis.scaling.max = 0, 1
        shown.y_axis.majorUnit = 0.2
    elif min(values, default=0) >= 0:
        shown.y_axis.scaling.min = 0
    return shown


def _columns(report: Report, chart: Chart) -> list[_Bar]:
    """Return what is drawn; what adds up on the page is side by side here."""
    parts = (
        chart.bars[0][1] if isinstance(chart, Stack) else [item.columns for item in chart.series]
    )
    return [
        (name, report.columns[name].label if len(part) > 1 else item.label, COLORS[item.color])
        for part, item in zip(parts, chart.series, strict=True)
        for name in part
    ]


def _bars(
    book: Book, report: Report, layout: Layout, data: ChartData, drawn: ReportChart
) -> tuple[BarChart, list[float]]:
    """Return a chart of bars, and its numbers."""
    places = data.drawn[:MOST_BARS]
    count = len(places)
    bars = _columns(report, drawn.drawn)
    if len(data.models) < len(report.models):
        shell = data.sheet.shell
        names = [name for name, _, _ in bars]
        first = data.head(names)
        data.numbers(first, names, together=False)
        areas = [area(shell, number, count, first) for number in range(1, len(names) + 1)]
        column, row = data.names
        named = area(shell, column, count, row)
        grows = " Models that are added come with the next update."
    else:  # the table itself, with which the chart grows
        models = book[SHEET].shell
        areas = [area(models, layout.at(name), count, FIRST) for name, _, _ in bars]
        named = area(models, layout.at("name"), count, FIRST)
        grows = ""
    chart = BarChart()
    chart.type = "bar"
    chart.gapWidth, chart.overlap = 60, 0
    chart.roundedCorners = False
    values: list[float | None] = []
    for (name, label, color), cells in zip(bars, areas, strict=True):
        series = Series(cells, title=label)
        series.graphicalProperties = GraphicalProperties(solidFill=color)
        series.graphicalProperties.line.noFill = True
        series.invertIfNegative = False
        numbers = [report.columns[name].cells[at].value for at in places]
        values += numbers
        remember(series.val.numRef, numbers)
        chart.series.append(series)
    chart.set_categories(named)
    caption = f"{part_of(len(data.models), MOST_BARS)}The order is that of Models; filter or "
    caption += f"sort there.{grows}"
    if None in values:
        caption += " No bar: a number is missing."
    chart.title = titles(drawn.title, caption)
    for series in chart.series:
        remember_names(series.cat, [report.models[at].name for at in places])
    chart.x_axis.scaling.orientation = "maxMin"  # first model on top
    chart.x_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.tickLblSkip = 1
    chart.x_axis.txPr = small_print(800)
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="B8BEC8"))
    chart.legend = Legend(legendPos="t")
    chart.width, chart.height = WIDTH, _height(count)  # type: ignore[assignment]  # not whole
    return chart, [number for number in values if number is not None]


def _height(bars: int) -> float:
    return max(7.5, 3.6 + (0.55 if bars <= 30 else 0.5) * bars)
