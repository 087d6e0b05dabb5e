"""Points of the workbook, and lines through them, by way of the hidden sheet Chart data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import ScatterChart, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.chart_data import MOST_ROWS, ChartData
from moe_report.renderers.excel.chart_looks import (
    WIDTH,
    area,
    axis,
    axis_format,
    decades,
    part_of,
    remember,
    titles,
)
from moe_report.renderers.excel.number_formats import number_format
from moe_report.renderers.excel.palette import LINK, QUIET, Look
from moe_report.reports import Report, ReportChart
from moe_report.schema.charts import COLORS, Lines, Points, is_logarithmic

_CROWD = 60
_MARKERS = ("circle", "diamond", "square", "triangle")
_QUIET = Look(color=QUIET)
_LAST = 1e307


def point_chart(data: ChartData, report: Report, chart: ReportChart) -> ScatterChart:
    """Return a chart of points, or of lines through them, whose numbers it writes down."""
    drawn = chart.drawn
    assert isinstance(drawn, Points)
    places = [at for at in chart.models if at in data.drawn]
    left, first = _written(data, drawn)
    if isinstance(drawn, Lines):
        _write_ordered(data, report, drawn, places, first)
    shown = ScatterChart()
    shown.style = 13
    shown.scatterStyle = "lineMarker"
    hidden = "A model that a filter of Models hides is not shown."
    caption = part_of(len(report.models), MOST_ROWS) + hidden
    shown.title = titles(chart.title, caption)
    shown.roundedCorners = False
    x, *ups = drawn.columns
    shell = data.sheet.shell
    for at, (item, name) in enumerate(zip(drawn.series, ups, strict=True)):
        values = area(shell, left + 1 + at, data.count, first)
        series = Series(values, area(shell, left, data.count, first), title=item.label)
        color = COLORS[item.color]
        series.marker.symbol = _MARKERS[at]
        series.marker.size = 8 if len(places) <= _CROWD else 5
        series.marker.graphicalProperties = GraphicalProperties(solidFill=color)
        series.marker.graphicalProperties.line.solidFill = color
        if isinstance(drawn, Lines):
            series.graphicalProperties = GraphicalProperties(
                ln=LineProperties(solidFill=color, w=19050)
            )
        else:
            series.graphicalProperties.line.noFill = True
        series.smooth = False
        for reference, wanted in ((series.xVal, x), (series.yVal, name)):
            cells = report.columns[wanted].cells
            numbers = data.known({at: cells[at].value for at in places})
            if isinstance(drawn, Lines):
                numbers = [cells[at].value for at in places]
            remember(reference.numRef, numbers, data.count)
        shown.series.append(series)
    for along, names, said in (
        (shown.x_axis, [x], drawn.x.label),
        (shown.y_axis, ups, drawn.axis),
    ):
        _scaled(along, report, drawn, names, places, said)
    shown.legend = Legend(legendPos="t")
    shown.width, shown.height = WIDTH, 11  # type: ignore[assignment]  # not whole
    return shown


def _scaled(
    along: Any,
    report: Report,
    chart: Points,
    names: Sequence[str],
    places: Sequence[int],
    said: str,
) -> None:
    """Give an axis its title and numbers, logarithmic where those of the chart ask for it."""
    values = [report.columns[name].cells[at].value or 0 for name in names for at in places]
    log = is_logarithmic(chart.log, values)
    column = report.columns[names[0]]
    format = axis_format(column.unit, values, log=log, form=column.format)
    axis(along, said + " (log scale)" * log, format)
    if log:
        decades(along, values)


def _written(data: ChartData, chart: Points) -> tuple[int, int]:
    """Write the numbers of the points down; return the first column and row of those to draw."""
    columns = chart.columns
    ordered = ("key", "rank", *columns) if isinstance(chart, Lines) else ()
    first = data.head((*columns, *ordered))
    data.numbers(first, columns, together=True, positive=chart.log is True)
    if not ordered:
        return 1, first
    return len(columns) + 3, first


def _write_ordered(
    data: ChartData, report: Report, chart: Points, places: Sequence[int], first: int
) -> None:
    """Write the numbers once more, in the order of x, behind each row's place in that order.

    The key of a row that is not drawn is above all others, so that it comes last.
    """
    sheet, count, columns = data.sheet, data.count, chart.columns
    last = first + count - 1
    key, rank = (column_letters(len(columns) + at) for at in (1, 2))
    looks = [
        Look(color=LINK, number_format=number_format(report.columns[name])) for name in columns
    ]
    drawn = [data.drawn.index(at) for at in places]
    left_out = [at for at in range(count) if at not in {*drawn}]
    rank_of = {at: number for number, at in enumerate([*drawn, *left_out], start=1)}
    for at in range(count):
        row = first + at
        x = _LAST
        if rank_of[at] <= len(places):
            x = report.columns[columns[0]].cells[data.drawn[at]].value or 0
        sheet.formula(row, len(columns) + 1, f"IF(ISNUMBER($A{row}),$A{row},{_LAST:G})", x, _QUIET)
        smaller = f"SUMPRODUCT(--(${key}${first}:${key}${last}<${key}{row}))"
        equal = f"SUMPRODUCT(--(${key}${first}:${key}{row}=${key}{row}))"
        sheet.formula(row, len(columns) + 2, f"{smaller}+{equal}", rank_of[at], _QUIET)
        place = f"MATCH({data.number(at)},${rank}${first}:${rank}${last},0)"
        lacks = at >= len(places)
        for number, name in enumerate(columns, start=1):
            source = column_letters(number)
            formula = f"INDEX(${source}${first}:${source}${last},{place})"
            value = "#N/A" if lacks else report.columns[name].cells[places[at]].value
            sheet.formula(
                row, len(columns) + 2 + number, formula, value, looks[number - 1], error=lacks
            )
