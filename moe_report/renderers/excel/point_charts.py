"""Points of the workbook, and lines through them, on the hidden sheet Chart data.

A single text among the numbers of a point's x, such as a number that is missing, and Excel would
plot 1, 2, 3 in place of all of them: so they take the long way over a sheet that has #N/A there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openpyxl.chart import ScatterChart, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from moe_report.load.our_sheets import CHART_DATA_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
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
from moe_report.renderers.excel.column_widths import header_width
from moe_report.renderers.excel.palette import LINK, QUIET, Look, number_format
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report, ReportChart
from moe_report.schema.charts import COLORS, Lines, Points

MOST_POINTS = 500
SPARE_POINTS = 50  # for models that are added to the table
_DECADES = 100  # largest over smallest, from where on an axis is logarithmic
_CROWD = 60
_MARKERS = ("circle", "diamond", "square", "triangle")
_QUIET = Look(color=QUIET)
_LAST = 1e307


class ChartData:
    """The hidden sheet with the numbers of points: a block of rows for each chart."""

    def __init__(self, book: Book) -> None:
        self.sheet: Sheet = book[CHART_DATA_SHEET]
        self.sheet.shell.sheet_state = "hidden"
        note = "Data of charts of points: the models of the table Models that have all its numbers."
        self.sheet.put(1, 1, note, Look(color=QUIET, italic=True))
        self._next = 2

    def head(self, headers: Sequence[str], rows: int) -> int:
        """Begin a block of so many rows with a row of headers; return the number of its first."""
        head = self._next
        for number, header in enumerate(headers, start=1):
            self.sheet.put(head, number, header, Look(mono=True, size=9))
            width = max(self.sheet.widths.get(number, 0), header_width(header))
            self.sheet.width(number, width)
        self._next = head + rows + 2
        return head + 1


def point_chart(data: ChartData, report: Report, chart: ReportChart) -> ScatterChart:
    """Return a chart of points, or of lines through them, whose numbers it writes down."""
    drawn = chart.drawn
    assert isinstance(drawn, Points)
    count = min(len(report.models) + SPARE_POINTS, MOST_POINTS)
    places = [at for at in chart.models if at < MOST_POINTS]
    first, order = _written(data, report, drawn, places, count), sorted(places)
    left = 3
    if isinstance(drawn, Lines):
        left, order = 5 + len(drawn.columns), places
    shown = ScatterChart()
    shown.style = 13
    shown.scatterStyle = "lineMarker"
    caption = f"{part_of(report, MOST_POINTS)}A model that a filter of Models hides is not shown."
    shown.title = titles(chart.title, caption)
    shown.roundedCorners = False
    x, *ups = drawn.columns
    shell = data.sheet.shell
    for at, (item, name) in enumerate(zip(drawn.series, ups, strict=True)):
        values = area(shell, left + 1 + at, count, first)
        series = Series(values, area(shell, left, count, first), title=item.label)
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
            numbers = [cells[place].value for place in order]
            if not isinstance(drawn, Lines):  # a row of the sheet is a row of the table
                numbers = [cells[row].value if row in places else None for row in range(count)]
            remember(reference.numRef, [*numbers, *([None] * (count - len(numbers)))])
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
    positive = min(values, default=0) > 0
    log = bool(chart.log) and positive
    if chart.log == "auto":
        log = positive and max(values) / min(values) > _DECADES
    column = report.columns[names[0]]
    format = axis_format(column.unit, values, log=log, form=column.format)
    axis(along, said + " (log scale)" * log, format)
    if log:
        decades(along, values)


def _written(
    data: ChartData, report: Report, chart: Points, places: Sequence[int], count: int
) -> int:
    """Write the numbers of the points down; return the first row of the block.

    A model that a filter hides has an #N/A there, which is not drawn, and one that lacks a number.
    For lines, the numbers stand once more in the order of x behind it.
    """
    sheet, columns = data.sheet, chart.columns
    ordered = ("key", "rank", *columns) if isinstance(chart, Lines) else ()
    first = data.head(("row", "name", *columns, *ordered), count)
    link = Look(color=LINK)
    looks = [replace(link, number_format=number_format(report.columns[name])) for name in columns]
    for at in range(count):
        row = first + at
        sheet.put(row, 1, at + 1, _QUIET)
        name = f"INDEX({SHEET}[name],$A{row})"
        known = report.models[at].name if at < len(report.models) else ""
        sheet.formula(row, 2, f'IF($A{row}>ROWS({SHEET}[name]),"",{name}&"")', known, link)
        cells = [f"INDEX({SHEET}[{column}],$A{row})" for column in columns]
        listed = ",".join(cells)
        positive = f"*(MIN({listed})>0)" if chart.log is True else ""
        # 103 counts shown rows only
        has_all = f"SUBTOTAL(103,{name})*COUNT({listed}){positive}={len(cells)}"
        formulas = [
            f'IF($B{row}="",NA(),IF({has_all},{cells[0]},NA()))',
            *(f"IF(ISNUMBER($C{row}),{cell},NA())" for cell in cells[1:]),
        ]
        for number, (formula, column) in enumerate(zip(formulas, columns, strict=True)):
            lacks = at not in places
            value = "#N/A" if lacks else report.columns[column].cells[at].value
            sheet.formula(row, 3 + number, formula, value, looks[number], error=lacks)
    if isinstance(chart, Lines):
        _write_ordered(sheet, report, chart, places, (first, count))
    return first


def _write_ordered(
    sheet: Sheet, report: Report, chart: Points, places: Sequence[int], rows: tuple[int, int]
) -> None:
    """Write the numbers once more, in the order of x, behind each row's place in that order.

    The key of a row that is not drawn is above all others, so that it comes last.
    """
    (first, count), columns = rows, chart.columns
    last = first + count - 1
    key, rank = (column_letters(3 + len(columns) + at) for at in (0, 1))
    looks = [
        Look(color=LINK, number_format=number_format(report.columns[name])) for name in columns
    ]
    left_out = [at for at in range(count) if at not in places]
    rank_of = {at: number for number, at in enumerate([*places, *left_out], start=1)}
    for at in range(count):
        row = first + at
        x = report.columns[columns[0]].cells[at].value if at in places else _LAST
        sheet.formula(row, 3 + len(columns), f"IF(ISNUMBER($C{row}),$C{row},{_LAST:G})", x, _QUIET)
        smaller = f"SUMPRODUCT(--(${key}${first}:${key}${last}<${key}{row}))"
        equal = f"SUMPRODUCT(--(${key}${first}:${key}{row}=${key}{row}))"
        sheet.formula(row, 4 + len(columns), f"{smaller}+{equal}", rank_of[at], _QUIET)
        place = f"MATCH($A{row},${rank}${first}:${rank}${last},0)"
        lacks = at >= len(places)
        for number, name in enumerate(columns):
            source = column_letters(3 + number)
            formula = f"INDEX(${source}${first}:${source}${last},{place})"
            value = "#N/A" if lacks else report.columns[name].cells[places[at]].value
            sheet.formula(
                row, 5 + len(columns) + number, formula, value, looks[number], error=lacks
            )
