"""How the charts of the workbook look: titles, axes with readable numbers, and stored values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from openpyxl.chart import Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import NumData, NumVal, StrData, StrRef, StrVal
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

from moe_report.display import prefixes, unit_sign
from moe_report.renderers.excel.number_formats import thousands
from moe_report.renderers.excel.palette import QUIET

WIDTH = 22.0  # of a chart, in centimetres


def area(shell: Any, column: int, count: int, first: int) -> Reference:
    """Return some cells of a column, from a row on."""
    return Reference(shell, min_col=column, min_row=first, max_row=first + count - 1)


def part_of(count: int, most: int) -> str:
    """Return what a chart says first where it does not show all models."""
    return f"The first {most} of {count:,} models. " if count > most else ""


def axis(along: Any, title: str, format: str) -> None:
    """Give an axis its title, its number format, and hairlines across the chart."""
    hairline = LineProperties(solidFill="E1E5EA", w=6350)
    along.title = _title((title, 900, False, "374151"))
    along.number_format = format
    along.delete = False
    along.txPr = small_print()
    along.tickLblPos = "low"  # not in the midst, where numbers are below 0
    along.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=hairline))


def axis_format(unit: str, values: Sequence[float], *, log: bool, form: str = "si") -> str:
    """Return a number format that is as short as an axis with such numbers allows.

    >>> axis_format("parameters", [46.7e9], log=False)
    '[>=1000000000]0,,," B";[>0]0,," M";0'
    >>> axis_format("FLOP/token", [1.4e12], log=True)
    '[>=1000000000000]0,,,," TFLOP";[>=1000000000]0,,," GFLOP";0,," MFLOP"'
    """
    largest = max(map(abs, values), default=0) or 1.0
    smallest = min(values) if log else largest / 10
    if form == "percent":
        places = "0.00##" if smallest >= 1e-6 else "0.00" + 10 * "#"
        if log:
            return f"[>=0.01]0%;[>=0.001]0.0%;{places}%"
        return "0%" if largest > 0.05 else "0.0%" if largest > 0.01 else f"{places}%"
    if smallest < (1 if form == "si" else 0.1):
        return 'General"×"' if form == "factor" else "General"
    if form in ("factor", "decimal", "integer"):
        return '#,##0.##"×"' if form == "factor" else "#,##0.##" if largest < 10 else "#,##0"
    if min(values, default=0) < 0:  # LibreOffice drops the minus sign in a format with conditions
        factor, sign = next((step for step in prefixes(unit) if step[0] <= largest), (1.0, ""))
        return f'#,##0.##{thousands(factor)}" {sign}"' if sign else "#,##0.##"
    if log:
        largest = _decade_above(largest)
    steps = [(factor, sign) for factor, sign in prefixes(unit) if factor <= largest]
    steps = [*(steps or prefixes(unit)[-1:]), (1.0, unit_sign(unit))][:3]
    digits = "0" if log or largest >= 10 * steps[0][0] else "0.0"
    parts = [
        (digits if at == 0 else "0") + thousands(factor) + (f'" {sign}"' if sign else "")
        for at, (factor, sign) in enumerate(steps)
    ]
    if not log:
        return f"[>={steps[0][0]:.0f}]{parts[0]};[>0]{parts[1]};0"
    bounds = [f"[>={factor:.0f}]" for factor, _ in steps]
    return ";".join([*map("".join, zip(bounds, parts[:-1], strict=False)), parts[-1]])


def decades(along: Any, values: Sequence[float | None]) -> None:
    """A log axis from the power of ten below the values to the one above."""
    known = [value for value in values if value]
    along.scaling.logBase = 10
    along.majorUnit = 10
    along.scaling.min = 10.0 ** math.floor(math.log10(min(known)))
    along.scaling.max = max(_decade_above(max(known)), 10 * along.scaling.min)


def _decade_above(value: float) -> float:
    return 10.0 ** math.ceil(math.log10(value))


def small_print(size: int = 900) -> RichText:
    """Return the look of an axis' labels, in hundredths of a point."""
    character = CharacterProperties(sz=size, solidFill="374151")
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=character), endParaRPr=character)
    return RichText(p=[paragraph])


def titles(title: str, caption: str) -> Title:
    """Return a chart's title, with a line beneath it."""
    return _title((title, 1100, True, "1F2937"), (caption, 900, False, QUIET))


def title_of(chart: Any) -> str:
    """Return a chart's title, without the line beneath it."""
    return str(chart.title.tx.rich.p[0].r[0].t)


def _title(*lines: tuple[str, int, bool, str]) -> Title:
    paragraphs = []
    for text, size, bold, color in lines:
        character = CharacterProperties(sz=size, b=bold, solidFill=color)
        run = RegularTextRun(t=text, rPr=character)
        paragraphs.append(Paragraph(pPr=ParagraphProperties(defRPr=character), r=[run]))
    return Title(tx=Text(rich=RichText(p=paragraphs)), overlay=False)


def remember(reference: Any, values: Sequence[float | None], count: int = 0) -> None:
    """Store a chart's numbers, and how many cells they are of, for who does not recalculate."""
    points = [NumVal(idx=at, v=value) for at, value in enumerate(values) if value is not None]
    reference.numCache = NumData(formatCode="General", ptCount=count or len(values), pt=points)


def remember_names(category: Any, names: Sequence[str]) -> None:
    """Store the names of a chart's categories with it; openpyxl takes them for numbers."""
    points = tuple(StrVal(idx=at, v=name) for at, name in enumerate(names))
    formula = category.numRef.f
    category.numRef = None
    category.strRef = StrRef(f=formula, strCache=StrData(ptCount=len(points), pt=points))
