"""The charts of the workbook, and where they stand: the first on Summary, the others on Charts.

Bars of models alone name whole columns of the table Models. Excel lets them grow with it, and
leaves out the rows that a filter hides; they stand in the order of the rows, so sorting the table
sorts the bars. Points, and bars of models that have claims or lone layers among them, do all this
over the hidden sheet Chart data.
"""

from __future__ import annotations

from typing import Any

from openpyxl.worksheet.pagebreak import Break

from moe_report.load.our_sheets import CHARTS_SHEET
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.renderers.excel.bar_charts import bar_chart
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.chart_data import ChartData
from moe_report.renderers.excel.models_sheet import Layout
from moe_report.renderers.excel.palette import LINK, QUIET, Look
from moe_report.renderers.excel.point_charts import point_chart
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report, ReportChart
from moe_report.schema.charts import Points

_ROW = 14.5  # points of a usual row, a little less than it has
_POINT = 2.54 / 72  # centimetres
_FIRST_ROW = 5
_COLUMNS = ("A", "M")  # of the sheet Charts, where charts begin; 12 are a chart wide and a little


def more_charts(report: Report) -> bool:
    """Whether there is anything to draw on the sheet Charts."""
    return any(not chart.leads for chart in report.charts)


def write_main_charts(
    book: Book, sheet: Sheet, report: Report, layout: Layout, data: ChartData, at: str
) -> None:
    """Put the first charts on a sheet, one below the other, from a cell on."""
    column, row = split_address(at)
    for chart in report.charts:
        if chart.leads:
            drawn = _drawn(book, report, layout, data, chart)
            _put(sheet, chart, drawn, f"{column_letters(column)}{row}")
            row = _below(sheet, row, drawn.height) + 1


def write_charts(book: Book, report: Report, layout: Layout, data: ChartData) -> None:
    """Fill the sheet Charts with those that are not on Summary."""
    sheet = book[CHARTS_SHEET]
    sheet.heading(
        "Charts",
        "Further charts of the models. They follow the table Models, its order and its filters; "
        "the titles are of when the workbook was made.",
    )
    sheet.put(3, 1, "The first charts are on Summary.", Look(color=LINK, underline=True))
    sheet.link(3, 1, "Summary!A1")
    for number in range(1, 25):
        sheet.width(number, 9)
    row = below = _FIRST_ROW
    more = (chart for chart in report.charts if not chart.leads)
    for at, chart in enumerate(more):
        place = at % len(_COLUMNS)
        row = row if place else below
        if at and not place:
            sheet.shell.row_breaks.append(Break(id=row - 2))  # paper would cut them in two
        drawn = _drawn(book, report, layout, data, chart)
        _put(sheet, chart, drawn, f"{_COLUMNS[place]}{row}")
        below = max(below, _below(sheet, row, drawn.height) + 1)
    for at, note in enumerate(report.undrawn):
        sheet.put(below + at, 1, note, Look(color=QUIET))
    sheet.freeze(f"A{_FIRST_ROW}", 80)
    sheet.print_setup("1:2")


def _drawn(book: Book, report: Report, layout: Layout, data: ChartData, chart: ReportChart) -> Any:
    if isinstance(chart.drawn, Points):
        return point_chart(data, report, chart)
    return bar_chart(book, report, layout, data, chart)


def _put(sheet: Sheet, chart: ReportChart, drawn: Any, at: str) -> None:
    said = ", ".join(series.label for series in chart.drawn.series)
    text = f"{chart.title}. Shown are: {said}. {chart.caption}".rstrip()
    sheet.chart(drawn, at, f"chart-{chart.drawn.name}", text)


def _below(sheet: Sheet, row: int, height: float) -> int:
    """Return the first row that is wholly below something so many centimetres high."""
    while height > 0:
        height -= sheet.heights.get(row, _ROW) * _POINT
        row += 1
    return row
