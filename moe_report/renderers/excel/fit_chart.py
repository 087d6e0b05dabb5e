"""The chart of the sheet Fit: what fills a device, by part, with what may be used of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties

from moe_report.renderers.excel.chart_looks import (
    axis,
    remember,
    remember_names,
    small_print,
    titles,
)
from moe_report.renderers.excel.fit_choices import COLUMNS, HEAD
from moe_report.renderers.excel.fit_workings import FitWorkings, number
from moe_report.renderers.excel.palette import DARK
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report
from moe_report.schema.charts import COLORS

_WIDTH, _HEIGHT = 15.5, 11.0  # centimetres
_COLORS: Mapping[str, str] = dict(COLORS.items())
_GIGABYTES = "#,##0.##,,,"


def fit_chart(
    sheet: Sheet, report: Report, workings: FitWorkings, rows: Mapping[str, int]
) -> BarChart:
    """Return it; ``rows`` are those of the sheet Fit, by the names of what stands in them."""
    planner = workings.planner
    chart = BarChart()
    chart.type, chart.grouping = "col", "stacked"
    chart.overlap, chart.gapWidth = 100, 60
    chart.roundedCorners = False
    for part in planner.parts:
        series = _series(sheet, workings, part.name, rows[part.name], part.words)
        series.graphicalProperties = GraphicalProperties(solidFill=_COLORS[part.color])
        series.graphicalProperties.line.noFill = True
        series.invertIfNegative = False
        chart.series.append(series)
    limit = LineChart()
    series = _series(sheet, workings, planner.limit, rows[planner.limit], "usable")
    series.marker = Marker(symbol="dash", size=20)
    series.marker.graphicalProperties = GraphicalProperties(solidFill=DARK)
    series.marker.graphicalProperties.line.solidFill = DARK
    series.graphicalProperties = GraphicalProperties()
    series.graphicalProperties.line.noFill = True
    series.smooth = False
    limit.series.append(series)
    cells = Reference(sheet.shell, min_col=COLUMNS[0], max_col=COLUMNS[-1], min_row=HEAD)
    names = ["" if one.at is None else report.models[one.at].name for one in workings.chosen]
    for part_of in (chart, limit):
        part_of.set_categories(cells)
        for series in part_of.series:
            remember_names(series.cat, names)
    axis(chart.y_axis, "GB on the fullest device", _GIGABYTES)
    chart.y_axis.scaling.min = 0
    chart.x_axis.delete = False
    chart.x_axis.txPr = small_print(800)
    chart.title = titles("What fills a device", "The dash is what may be used of it.")
    chart.legend = Legend(legendPos="b")
    chart += limit
    chart.width, chart.height = _WIDTH, _HEIGHT  # type: ignore[assignment]  # not whole
    return chart


def _series(sheet: Sheet, workings: FitWorkings, name: str, row: int, words: str) -> Any:
    cells = Reference(sheet.shell, min_col=COLUMNS[0], max_col=COLUMNS[-1], min_row=row)
    series = Series(cells, title=words)
    remember(series.val.numRef, [number(values[name]) for values in workings.values])
    return series
