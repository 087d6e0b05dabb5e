"""The charts of the workbook: on the columns of the table Models, so that they follow it.

Bars name whole columns of the table. Excel lets them grow with it, and leaves out the rows that a
filter hides; they stand in the order of the rows, so sorting the table sorts the bars. Points take
the long way over the hidden sheet Chart data: a single text among the numbers of a point's x, such
as a number that is missing, and Excel would plot 1, 2, 3 in place of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from moe_report.load.our_sheets import CHART_DATA_SHEET, CHARTS_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_looks import (
    axis,
    axis_format,
    decades,
    remember,
    remember_names,
    small_print,
    titles,
)
from moe_report.renderers.excel.column_widths import header_width
from moe_report.renderers.excel.models_sheet import FIRST, Layout
from moe_report.renderers.excel.palette import BLUE, GREY, LINK, QUIET, Look, number_format
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report
from moe_report.schema.components import COMPONENT_METRICS, COMPONENTS

MOST_BARS = 50  # models, of which more cannot be read
MOST_POINTS = 500
SPARE_POINTS = 50  # for models that are added to the table
_FIRST_POINT = 3  # row of the sheet Chart data
_DECADES = 100  # largest over smallest, from where on an axis is logarithmic
_WIDTH = 22.0  # centimetres
_ROW = 14.5  # points of a usual row, a little less than it has
_POINT = 2.54 / 72  # centimetres
_SIZES = ("total_params", "active_params")
_COSTS = ("total_params", "forward_flops", "dense_equivalent_flops")
_SHARES = ("parameter_efficiency", "expert_utilisation")


_Bar = tuple[str, str, str]  # a column of the table Models, its name in words, and its colour


def drawable(report: Report, names: Sequence[str]) -> bool:
    """Whether a model among those that a chart shows has all the numbers of some columns."""
    return set(names) <= set(report.columns) and bool(_complete(report, names, MOST_BARS))


def more_charts(report: Report) -> bool:
    """Whether there is anything to draw on the sheet Charts."""
    return drawable(report, COMPONENT_METRICS) or drawable(report, _SHARES)


def write_main_charts(book: Book, sheet: Sheet, report: Report, layout: Layout, at: str) -> None:
    """Put the charts of sizes and of FLOPs on a sheet, one below the other, from a cell on."""
    column, row = split_address(at)
    if drawable(report, _SIZES):
        chart = _sizes(book, report, layout)
        said = f"Bars of total and active parameters{_part(report)}, a pair a model."
        sheet.chart(chart, at, "Total and active parameters", said)
        row = _below(sheet, row, chart.height) + 1
    data = book[CHART_DATA_SHEET]
    data.shell.sheet_state = "hidden"
    note = "Data of a chart on Summary: the models of the table Models that have all its numbers."
    data.put(1, 1, note, Look(color=QUIET, italic=True))
    if drawable(report, _COSTS):
        points = _points(book, report)
        said = (
            "Points of forward FLOPs a token against total parameters, as routed and with every "
            "expert on, two a model."
        )
        costs = _costs(data.shell, report, points)
        at = f"{column_letters(column)}{row}"
        sheet.chart(costs, at, "FLOPs a token against total parameters", said)


def write_charts(book: Book, report: Report, layout: Layout) -> None:
    """Fill the sheet Charts: the ledger of each model, and its efficiency."""
    sheet = book[CHARTS_SHEET]
    sheet.heading(
        "Charts",
        "What the weights are, and how many of them a token uses. The charts follow the table "
        "Models: its order, its filters, rows that are added.",
    )
    sheet.put(3, 1, "Sizes and FLOPs are on Summary.", Look(color=LINK, underline=True))
    sheet.link(3, 1, "Summary!A1")
    for number in range(1, 25):
        sheet.width(number, 9)  # 12 are a chart wide and a little
    column = "A"
    if drawable(report, COMPONENT_METRICS):
        said = (
            f"Stacked bars of the share of each component in all parameters{_part(report)}, a bar "
            "a model; routed experts are orange."
        )
        sheet.chart(_ledger(book, report, layout), "A5", "Parameters by component", said)
        column = "M"
    if drawable(report, _SHARES):
        said = (
            "Bars of the share of the parameters, and of the experts, that a token uses"
            f"{_part(report)}, a pair a model."
        )
        sheet.chart(_efficiency(book, report, layout), f"{column}5", "Efficiency", said)
    sheet.freeze("A5", 80)
    sheet.print_setup("1:2")


# -- the charts


def _sizes(book: Book, report: Report, layout: Layout) -> BarChart:
    bars = (("total_params", "Total", GREY), ("active_params", "Active for a token", BLUE))
    chart, values = _bars(book, report, layout, bars, "Total and active parameters")
    log = max(values) / min(values) > _DECADES
    format = axis_format("parameters", max(values), log=log)
    axis(chart.y_axis, "parameters" + " (log scale)" * log, format)
    if log:
        decades(chart.y_axis, values)
    return chart


def _ledger(book: Book, report: Report, layout: Layout) -> BarChart:
    bars = [(part.metric, part.label, part.color) for part in COMPONENTS]
    chart, _ = _bars(book, report, layout, bars, "Parameters by component")
    chart.grouping, chart.overlap, chart.gapWidth = "percentStacked", 100, 45
    axis(chart.y_axis, "share of all parameters", "0%")
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    chart.y_axis.majorUnit = 0.2
    return chart


def _efficiency(book: Book, report: Report, layout: Layout) -> BarChart:
    bars = (
        ("parameter_efficiency", "of the parameters (efficiency)", BLUE),
        ("expert_utilisation", "of the experts (utilisation)", COMPONENTS[-1].color),
    )
    chart, values = _bars(book, report, layout, bars, "What a token uses")
    format = "0%" if max(values) > 0.05 else "0.0%"
    axis(chart.y_axis, "share of the parameters, and of the experts", format)
    chart.y_axis.scaling.min = 0
    return chart


def _bars(
    book: Book, report: Report, layout: Layout, bars: Sequence[_Bar], title: str
) -> tuple[BarChart, list[float]]:
    """Return a chart of columns of the table Models, and its numbers above 0."""
    count = min(len(report.models), MOST_BARS)
    models = book[SHEET].shell
    chart = BarChart()
    chart.type = "bar"
    chart.gapWidth, chart.overlap = 60, 0
    chart.roundedCorners = False
    values: list[float | None] = []
    for name, label, color in bars:
        series = Series(_rows(models, layout.at(name), count), title=label)
        series.graphicalProperties = GraphicalProperties(solidFill=color)
        series.graphicalProperties.line.noFill = True
        series.invertIfNegative = False
        numbers = [cell.value for cell in report.columns[name].cells[:count]]
        values += numbers
        remember(series.val.numRef, numbers)
        chart.series.append(series)
    chart.set_categories(_rows(models, layout.at("name"), count))
    caption = "The order is that of Models; filter or sort there."
    if None in values:
        caption += " No bar: a number is missing."
    chart.title = titles(title + _part(report), caption)
    for series in chart.series:
        remember_names(series.cat, [model.name for model in report.models[:count]])
    chart.x_axis.scaling.orientation = "maxMin"  # first model on top
    chart.x_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.tickLblSkip = 1
    chart.x_axis.txPr = small_print(800)
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="B8BEC8"))
    chart.legend = Legend(legendPos="t")
    chart.width, chart.height = _WIDTH, _height(count)  # type: ignore[assignment]  # not whole
    return chart, [number for number in values if number and number > 0] or [1.0]


def _costs(shell: Any, report: Report, points: int) -> ScatterChart:
    chart = ScatterChart()
    chart.style = 13
    chart.scatterStyle = "lineMarker"
    title = "FLOPs a token against total parameters" + _part(report, MOST_POINTS)
    caption = "A pair of marks a model: the further apart, the more routing saves."
    chart.title = titles(title, caption)
    chart.roundedCorners = False
    x = _rows(shell, 3, points, _FIRST_POINT)
    kinds = (
        (4, "forward_flops", BLUE, "circle", "As routed, top-k experts"),
        (5, "dense_equivalent_flops", GREY, "diamond", "Every expert on (dense equivalent)"),
    )
    complete = _complete(report, _COSTS)
    for column, name, color, marker, said in kinds:
        series = Series(_rows(shell, column, points, _FIRST_POINT), x, title=said)
        series.marker.symbol = marker
        series.marker.size = 8 if len(complete) <= 60 else 5
        series.marker.graphicalProperties = GraphicalProperties(solidFill=color)
        series.marker.graphicalProperties.line.solidFill = color
        series.graphicalProperties.line.noFill = True
        for reference, wanted in ((series.xVal, "total_params"), (series.yVal, name)):
            cells = report.columns[wanted].cells
            numbers = [cells[at].value if at in complete else None for at in range(points)]
            remember(reference.numRef, numbers)
        chart.series.append(series)
    for along, names, said, unit in (
        (chart.x_axis, _COSTS[:1], "total parameters", "parameters"),
        (chart.y_axis, _COSTS[1:], "forward FLOPs a token", "FLOP/token"),
    ):
        values = [report.columns[name].cells[at].value or 0 for name in names for at in complete]
        format = axis_format(unit, max(values, default=0), log=True)
        axis(along, f"{said} (log scale)", format)
        decades(along, values)
    chart.legend = Legend(legendPos="t")
    chart.width, chart.height = _WIDTH, 11  # type: ignore[assignment]  # not whole
    return chart


def _complete(report: Report, names: Sequence[str], most: int = MOST_POINTS) -> frozenset[int]:
    """Return which of the first models have all the numbers of some columns."""
    rows = zip(*(report.columns[name].cells[:most] for name in names), strict=True)
    return frozenset(
        at for at, cells in enumerate(rows) if all(cell.value is not None for cell in cells)
    )


def _points(book: Book, report: Report) -> int:
    """Write the numbers of the points to the sheet Chart data; return for how many models.

    A model that a filter hides has an #N/A there, which is not drawn, and one that lacks a number.
    """
    data = book[CHART_DATA_SHEET]
    points = min(len(report.models) + SPARE_POINTS, MOST_POINTS)
    for number, header in enumerate(("row", "name", *_COSTS), start=1):
        data.put(2, number, header, Look(mono=True, size=9))
        data.width(number, header_width(header))
    link = Look(color=LINK)
    looks = [replace(link, number_format=number_format(report.columns[name])) for name in _COSTS]
    complete = _complete(report, _COSTS)
    for at in range(points):
        row = _FIRST_POINT + at
        data.put(row, 1, at + 1, Look(color=QUIET))
        name = f"INDEX({SHEET}[name],$A{row})"
        known = report.models[at].name if at < len(report.models) else ""
        data.formula(row, 2, f'IF($A{row}>ROWS({SHEET}[name]),"",{name}&"")', known, link)
        cells = [f"INDEX({SHEET}[{name}],$A{row})" for name in _COSTS]
        has_all = f"SUBTOTAL(103,{name})*COUNT({','.join(cells)})=3"  # 103 counts shown rows only
        formulas = [
            f'IF($B{row}="",NA(),IF({has_all},{cells[0]},NA()))',
            *(f"IF(ISNUMBER($C{row}),{cell},NA())" for cell in cells[1:]),
        ]
        for number, (formula, metric) in enumerate(zip(formulas, _COSTS, strict=True)):
            value = report.columns[metric].cells[at].value if at in complete else "#N/A"
            data.formula(row, 3 + number, formula, value, looks[number], error=at not in complete)
    return points


# -- how large


def _part(report: Report, most: int = MOST_BARS) -> str:
    """What a chart's title says where it does not show all models."""
    count = len(report.models)
    return f": the first {most} of {count:,} models" if count > most else ""


def _below(sheet: Sheet, row: int, height: float) -> int:
    """Return the first row that is wholly below something so many centimetres high."""
    while height > 0:
        height -= sheet.heights.get(row, _ROW) * _POINT
        row += 1
    return row


def _height(bars: int) -> float:
    return max(7.5, 3.6 + (0.55 if bars <= 30 else 0.5) * bars)


def _rows(shell: Any, column: int, count: int, first: int = FIRST) -> Reference:
    return Reference(shell, min_col=column, min_row=first, max_row=first + count - 1)
