"""The sheet Summary: what matters, what to doubt, and two charts; and the data of the charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.formatting.rule import DataBarRule

from moe_report.display import show
from moe_report.grid import SHEET
from moe_report.guard import column_letters
from moe_report.renderers.book import Book, Sheet, freeze
from moe_report.renderers.models_sheet import FIRST, Layout
from moe_report.renderers.palette import (
    BLUE,
    GREY,
    LINK,
    QUIET,
    SKY,
    WARN_FILL,
    Look,
    column_scale,
    number_format,
)
from moe_report.renderers.reference_sheets import SUBTITLE, TITLE
from moe_report.renderers.widths import header_width
from moe_report.report import Column, Finding, Report

HEAD = 5
_CHART_MODELS = 30  # more bars than that cannot be read
_MOST_WORDS = 4  # lines of an introduction, which stands above the frozen header
_BARS = ("total_params", "parameter_efficiency")


def facts(report: Report) -> str:
    """Return the line of facts under the title."""
    parts = [
        _counted(len(report.models), "model"),
        _counted(len(report.metrics), "metric"),
        _counted(len(report.findings) + len(report.failures), "finding"),
        report.created[:10],
        f"moe-report {report.version}",
    ]
    return " · ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def write_summary(book: Book, report: Report, layout: Layout) -> None:
    """Fill the sheets Summary and Chart data."""
    sheet, style = book["Summary"], book.palette
    sheet.rows.text(1, 1, report.title, style(TITLE))
    sheet.rows.text(2, 1, facts(report), style(SUBTITLE))
    legend = (
        "Green links to the sheet Models, where each number is a live formula. There, blue was "
        "typed, grey italic is a default, black is computed. ≈ depends on the sheet Assumptions."
    )
    sheet.rows.text(3, 1, legend, style(Look(color=QUIET, italic=True, size=9)))
    sheet.height(1, 28)
    columns = report.headline
    _head(book, sheet, columns)
    formats = [number_format(column) for column in columns]
    doubted = {(finding.model, finding.column) for finding in report.findings}
    for at, model in enumerate(report.models):
        row = HEAD + 1 + at
        sheet.rows.text(row, 1, model.name, style(Look(bold=True)))
        for number, column in enumerate(columns, start=2):
            cell = column.cells[at]
            fill = WARN_FILL if (model.name, column.name) in doubted else ""
            look = Look(
                color=LINK, number_format=formats[number - 2], fill=fill, horizontal="right"
            )
            address = f"{SHEET}!{column_letters(layout.at(column.name))}{FIRST + at}"
            sheet.rows.formula(row, number, address, cell.value, style(look), error=cell.undefined)
    longest = max((len(model.name) for model in report.models), default=8)
    sheet.width(1, max(min(longest + 2, 36), 12))
    last = HEAD + max(len(report.models), 1)
    for number, column in enumerate(columns, start=2):
        if column.name in _BARS:
            letters = column_letters(number)
            color = SKY if column.name == _BARS[0] else GREY
            rule = DataBarRule("num", 0, "max", color=color, showValue=True)
            sheet.shell.conditional_formatting.add(f"{letters}{HEAD + 1}:{letters}{last}", rule)
    width = max(len(columns) + 1, 9)
    _words(book, sheet, HEAD - 1, width, report.branding.intro)
    _findings(book, sheet, report, layout, last + 2, len(columns) + 1)
    below = last + 4 + len(report.findings) + len(report.failures)
    _words(book, sheet, below, width, report.branding.footer)
    _charts(book, sheet, report, layout, column_letters(len(columns) + 3))
    freeze(sheet.shell, f"B{HEAD + 1}", 90, gridlines=False)
    sheet.print_setup(f"{HEAD}:{HEAD}")


def _words(book: Book, sheet: Sheet, row: int, last: int, text: str) -> None:
    """The user's own words over the width of the table; the sheet Report has all of a long text."""
    if not text:
        return
    room = round(sum(sheet.widths.get(column, 8.43) for column in range(1, last + 1)) * 1.08)
    lines = [part for line in text.splitlines() if line for part in wrap(line, room)]
    if len(lines) > _MOST_WORDS:
        lines = lines[:_MOST_WORDS]
        text = f"{' '.join(lines)} …"
    look = Look(color=QUIET, wrap=True, vertical="top")
    sheet.rows.text(row, 1, text, book.palette(look))
    sheet.shell.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.height(row, 13.5 * len(lines) + 6)


def _head(book: Book, sheet: Sheet, columns: Sequence[Column]) -> None:
    look = Look(bold=True, size=9, fill="E9EFF7", color="1F2937", wrap=True, rule=True)
    sheet.rows.text(HEAD, 1, "Model", book.palette(look))
    right = Look(
        bold=True, size=9, fill="E9EFF7", color="1F2937", wrap=True, rule=True, horizontal="right"
    )
    for number, column in enumerate(columns, start=2):
        mark = "≈" if column.rests_on else ""
        sheet.rows.text(HEAD, number, f"{column.label}{mark}", book.palette(right))
        scale = column_scale(column)
        shown = [len(show(c.value, column.unit, column.format, scale)) for c in column.cells]
        sheet.width(number, max(12, max(shown, default=0) + 2))
        sheet.note(HEAD, number, f"{column.label} [{column.unit}]\n{column.description}")
    sheet.height(HEAD, 30)


def _findings(
    book: Book, sheet: Sheet, report: Report, layout: Layout, top: int, last: int
) -> None:
    style = book.palette
    count = len(report.findings)
    title = f"Findings ({count})" if count else "Findings: none"
    sheet.rows.text(top, 1, title, style(Look(bold=True, size=12, color="1F2937")))
    sheet.height(top, 22)
    rows = {model.name: FIRST + at for at, model in enumerate(report.models)}
    for row, finding in enumerate(report.findings, start=top + 1):
        address = f"{SHEET}!{column_letters(layout.at(finding.column))}{rows[finding.model]}"
        link = Look(color=LINK, underline=True, vertical="top")
        sheet.rows.text(row, 1, finding.model, style(link))
        sheet.link(row, 1, address)
        _spanning(book, sheet, row, last, sentence(finding))
    for row, failure in enumerate(report.failures, start=top + 1 + count):
        sheet.rows.text(row, 1, "failed", style(Look(bold=True, fill=WARN_FILL, vertical="top")))
        _spanning(book, sheet, row, last, str(failure))


def _spanning(book: Book, sheet: Sheet, row: int, last: int, text: str) -> None:
    """A text over the width of the table, as many lines high as it needs."""
    sheet.rows.text(row, 2, text, book.palette(Look(wrap=True, vertical="top")))
    last = max(last, 9)
    sheet.shell.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    room = sum(sheet.widths.get(column, 8.43) for column in range(2, last + 1))
    sheet.height(row, 13.5 * -(-len(text) // round(room * 1.08)) + 2)


def sentence(finding: Finding) -> str:
    """Return a finding as a line."""
    return f"{finding.level}: {finding.column}: {finding.message}"


# -- charts


def _charts(book: Book, sheet: Sheet, report: Report, layout: Layout, at: str) -> None:
    data = book["Chart data"]
    data.shell.sheet_state = "hidden"
    note = "Data of the charts on Summary: links to the models that have all the numbers."
    data.rows.text(1, 1, note, book.palette(Look(color=QUIET, italic=True)))
    weights = _block(book, report, layout, 1, ("total_params", "active_params"))
    if weights:
        sheet.shell.add_chart(_weights_chart(data.shell, report, weights), f"{at}{HEAD}")
    costs = _block(
        book, report, layout, 5, ("total_params", "forward_flops", "dense_equivalent_flops")
    )
    if costs:
        # a row is about half a centimetre high
        below = HEAD + (math.ceil(_bars_height(weights) / 0.5) + 2 if weights else 0)
        sheet.shell.add_chart(_cost_chart(data.shell, report, costs), f"{at}{below}")


def _block(
    book: Book, report: Report, layout: Layout, left: int, names: tuple[str, ...]
) -> list[int]:
    """Write links to the numbers of the models that have them all; return which models."""
    columns = report.columns
    if not set(names) <= set(columns):
        return []
    complete = [
        at for at in range(len(report.models))
        if all(columns[name].cells[at].value is not None for name in names)
    ][:_CHART_MODELS]  # fmt: skip
    data, style = book["Chart data"], book.palette
    looks = {name: Look(color=LINK, number_format=number_format(columns[name])) for name in names}
    for number, name in enumerate(("name", *names)):
        data.rows.text(2, left + number, name, style(Look(mono=True, size=9)))
        data.width(left + number, header_width(name))
    for row, at in enumerate(complete, start=3):
        data.rows.formula(
            row, left, f"{SHEET}!A{FIRST + at}", report.models[at].name, style(Look(color=LINK))
        )
        for number, name in enumerate(names, start=1):
            cell = f"{SHEET}!{column_letters(layout.at(name))}{FIRST + at}"
            # A text would turn a scatter chart's x into 1, 2, 3; an #N/A is left out.
            formula = f"IF(ISNUMBER({cell}),{cell},NA())"
            data.rows.formula(
                row, left + number, formula, columns[name].cells[at].value,
                style(looks[name]),
            )  # fmt: skip
    return complete


def _weights_chart(shell: Any, report: Report, models: list[int]) -> BarChart:
    chart = BarChart()
    chart.type = "bar"
    chart.title = _title(f"Total and active parameters{_part(report, models)}", 1200, bold=True)
    chart.gapWidth, chart.overlap = 60, 0
    categories = Reference(shell, min_col=1, min_row=3, max_row=2 + len(models))
    pairs = ((2, "total_params", GREY, "Total"), (3, "active_params", BLUE, "Active"))
    values: list[float] = []
    for column, name, color, title in pairs:
        reference = Reference(shell, min_col=column, min_row=3, max_row=2 + len(models))
        series = Series(reference, title=title)
        series.graphicalProperties = GraphicalProperties(solidFill=color)
        series.invertIfNegative = False
        numbers = [report.columns[name].cells[at].value for at in models]
        values += [number for number in numbers if number]
        _remember(series.val.numRef, numbers)
        chart.series.append(series)
    chart.set_categories(categories)
    for series in chart.series:
        _remember_names(series.cat, [report.models[at].name for at in models])
    spans = max(values) / min(values) > 100
    _axis(chart.y_axis, "parameters" + (" (log scale)" if spans else ""), _si_axis(max(values)))
    if spans:
        _decades(chart.y_axis, values)
    chart.x_axis.scaling.orientation = "maxMin"  # first model on top
    chart.x_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.tickLblSkip = 1
    chart.x_axis.txPr = _small_print(800)
    chart.legend = Legend()
    chart.legend.position = "t"
    chart.width, chart.height = 22, _bars_height(models)
    return chart


def _cost_chart(shell: Any, report: Report, models: list[int]) -> ScatterChart:
    chart = ScatterChart()
    chart.style = 13
    chart.scatterStyle = "lineMarker"
    chart.title = _title(
        f"FLOPs a token against total parameters{_part(report, models)}", 1200, bold=True
    )
    x = Reference(shell, min_col=6, min_row=3, max_row=2 + len(models))
    kinds = (
        (7, "forward_flops", BLUE, "circle", "MoE, top-k experts"),
        (8, "dense_equivalent_flops", GREY, "diamond", "Dense equivalent, every expert on"),
    )
    totals = [report.columns["total_params"].cells[at].value for at in models]
    for column, name, color, marker, title in kinds:
        y = Reference(shell, min_col=column, min_row=3, max_row=2 + len(models))
        series = Series(y, x, title=title)
        series.marker.symbol = marker
        series.marker.size = 8
        series.marker.graphicalProperties = GraphicalProperties(solidFill=color)
        series.marker.graphicalProperties.line.solidFill = color
        series.graphicalProperties.line.noFill = True
        _remember(series.xVal.numRef, totals)
        _remember(series.yVal.numRef, [report.columns[name].cells[at].value for at in models])
        chart.series.append(series)
    _axis(chart.x_axis, "total parameters (log scale)", _si_axis(1e9))
    _axis(chart.y_axis, "forward FLOP/token (log scale)", '0,,," G"')
    _decades(chart.x_axis, totals)
    costs = [report.columns[kind[1]].cells[at].value for kind in kinds for at in models]
    _decades(chart.y_axis, costs)
    chart.legend = Legend()
    chart.legend.position = "t"
    chart.width, chart.height = 22, 11
    return chart


def _part(report: Report, models: list[int]) -> str:
    """What a chart's title says where it does not show all models."""
    if len(models) < _CHART_MODELS or len(report.models) == len(models):
        return ""
    return f": the first {len(models)} of {len(report.models)} models"


def _bars_height(models: list[int]) -> float:
    return max(7.5, 3 + 0.62 * len(models))


def _axis(axis: Any, title: str, format: str) -> None:
    axis.title = _title(title, 900, bold=False)
    axis.number_format = format
    axis.delete = False
    axis.txPr = _small_print()
    axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=_hairline()))


def _decades(axis: Any, values: Sequence[float | None]) -> None:
    """A log axis from the power of ten below the values to the one above."""
    known = [value for value in values if value]
    axis.scaling.logBase = 10
    axis.majorUnit = 10
    axis.scaling.min = 10.0 ** math.floor(math.log10(min(known)))
    axis.scaling.max = 10.0 ** math.ceil(math.log10(max(known)))


def _small_print(size: int = 900) -> RichText:
    character = CharacterProperties(sz=size, solidFill="374151")
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=character), endParaRPr=character)
    return RichText(p=[paragraph])


def _title(text: str, size: int, *, bold: bool) -> Title:
    character = CharacterProperties(sz=size, b=bold, solidFill="1F2937")
    run = RegularTextRun(t=text, rPr=character)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=character), r=[run])
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)


def _hairline() -> Any:
    return LineProperties(solidFill="E1E5EA", w=6350)


def _si_axis(largest: float) -> str:
    return '[>=1E+12]0.#,,,," T";[>=1E+9]0,,," B";0,," M"' if largest >= 1e9 else '0,," M"'


def _remember(reference: Any, values: Sequence[float | None]) -> None:
    """Store a chart's numbers with it, for programs that do not recalculate."""
    points = [NumVal(idx=at, v=value) for at, value in enumerate(values)]
    reference.numCache = NumData(formatCode="General", ptCount=len(points), pt=points)


def _remember_names(category: Any, names: Sequence[str]) -> None:
    points = tuple(StrVal(idx=at, v=name) for at, name in enumerate(names))
    formula = category.numRef.f
    category.numRef = None
    category.strRef = StrRef(f=formula, strCache=StrData(ptCount=len(points), pt=points))
