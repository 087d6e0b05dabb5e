"""Styles of the workbook: after the conventions of financial models, quiet otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from moe_report.display import Scale, prefixes, scale
from moe_report.ooxml.cell_looks import plain_code
from moe_report.reports import Column

INPUT = "0000FF"  # typed numbers
FORMULA = "000000"
LINK = "00703C"  # links to other sheets
QUIET = "6B7280"
DARK = "1F2937"  # headings
WARN_FILL = "FDE8C8"
# A tint a band: groups of inputs are blue-grey, sections of metrics take turns.
INPUT_BANDS = ("DCE6F2", "E9EFF7")
METRIC_BANDS = ("D5E8E4", "E4E4D4", "EBDDE4", "DDE3EE", "E8E0D0", "DCE8D8")
# Okabe and Ito's colours, which people with any colour vision tell apart.
BLUE, SKY, GREY = "0072B2", "56B4E9", "8A8F98"  # as the page has them: active, and total
SANS, MONO = "Calibri", "Courier New"


@dataclass(frozen=True)
class Look:
    """How a cell looks; equal looks share a style of the workbook."""

    color: str = FORMULA
    bold: bool = False
    italic: bool = False
    size: float = 10
    mono: bool = False
    underline: bool = False
    fill: str = ""
    number_format: str = "General"
    horizontal: str | None = None
    vertical: str = "center"
    wrap: bool = False
    indent: int = 0
    rule: bool = False

    @property
    def said(self) -> tuple[object, ...]:
        """It as :class:`CellLooks` says it."""
        return (
            plain_code(self.number_format), self.fill, self.color, self.bold, self.italic,
            self.underline, False, float(self.size), MONO if self.mono else SANS,
            ("bottom",) * self.rule, self.horizontal or ("left" if self.indent else "general"),
            self.wrap,
        )  # fmt: skip


TITLE = Look(bold=True, size=16, color=DARK)
SUBTITLE = Look(color=QUIET)
SECTION = Look(bold=True, size=12, color=DARK)
HINT = Look(color=QUIET, italic=True, size=9)
TABLE_HEAD = Look(bold=True, fill="E9EFF7", color=DARK, wrap=True, rule=True)
TEXT = Look(wrap=True, vertical="top")
STRONG = Look(bold=True, vertical="top")
CODE = Look(mono=True, size=9, wrap=True, vertical="top")
SOFT = Look(wrap=True, vertical="top", color=QUIET, size=9)
FAILED = Look(bold=True, vertical="top", fill=WARN_FILL)
GO_TO = Look(color=LINK, underline=True, vertical="top")


class Palette:
    """Style indices of a workbook by look."""

    def __init__(self, book: Workbook) -> None:
        self._sheet = book.worksheets[0]
        self._ids: dict[Look, int] = {}

    def __call__(self, look: Look) -> int:
        """Return the index of a look's style."""
        if look not in self._ids:
            cell = Cell(self._sheet, row=1, column=1)  # of its own: openpyxl keeps its style array
            self.dress(cell, look)
            self._ids[look] = cell.style_id
        return self._ids[look]

    @property
    def looks(self) -> dict[int, Look]:
        """The looks by the indices of their styles."""
        return {style: look for look, style in self._ids.items()}

    @staticmethod
    def dress(cell: Any, look: Look) -> None:
        """Give an openpyxl cell a look."""
        cell.font = Font(
            name=MONO if look.mono else SANS,
            size=look.size,
            bold=look.bold,
            italic=look.italic,
            color=look.color,
            underline="single" if look.underline else None,
        )
        cell.fill = PatternFill("solid", fgColor=look.fill) if look.fill else PatternFill()
        cell.alignment = Alignment(
            horizontal=look.horizontal or ("left" if look.indent else None),
            vertical=look.vertical,
            wrap_text=look.wrap or None,
            indent=look.indent,
        )
        cell.border = Border(bottom=Side("thin", color="B8BEC8")) if look.rule else Border()
        cell.number_format = look.number_format


def column_scale(column: Column) -> Scale:
    """Return the unit that a column is shown in."""
    return scale(column.unit, column.format, [cell.value for cell in column.cells])


def number_format(column: Column) -> str:
    """Return the number format of a column: ``46.70 B`` on the sheet, the exact number beneath.

    A number far below the column's unit falls back to a smaller one, so that it is never 0.00.
    """
    if column.format == "factor":
        return '0.00"×"'
    values = [cell.value for cell in column.cells if cell.value]
    if any(value < 0 for value in values):
        return _signed(column)  # LibreOffice drops the minus sign in a format with conditions
    if column.format == "percent":
        if min(values, default=1) < 0.0095:
            return r"[>=0.0995]0.0\ %;[>=0.00095]0.00\ %;0.0000\ %"
        # 99.95 % is not all of it
        return r"[>=0.9995]0.00\ %;0.0\ %" if max(values, default=0) >= 0.9995 else r"0.0\ %"
    if column.format == "decimal":
        return "#,##0.00"
    if column.format == "integer":
        return "#,##0" if all(value == int(value) for value in values) else "#,##0.##"
    steps = [step for step in prefixes(column.unit) if step[0] <= column_scale(column).factor]
    sections = [
        f'[>={factor * 0.0995:.0f}]#,##0.00{thousands(factor)}" {sign}"'
        for factor, sign in steps[:2]
    ]
    return ";".join([*sections, "#,##0"])


def numbers_in_cells(column: Column) -> set[str]:
    """Return the numbers of a column as its cells show them, or a little longer."""
    values = {cell.value for cell in column.cells if cell.value is not None}
    if column.format == "percent":
        return {f"{value * 100:,.{1 if abs(value) >= 0.0995 else 4}f} %" for value in values}
    if column.format == "factor":
        return {f"{value:,.2f}×" for value in values}
    if column.format != "si":
        return {f"{value:,.{0 if value == int(value) else 2}f}" for value in values}
    steps = [step for step in prefixes(column.unit) if step[0] <= column_scale(column).factor]
    shown = set()
    for value in values:
        large = (step for step in steps[:2] if abs(value) >= step[0] * 0.0995)
        factor, sign = next(large, (1.0, ""))
        shown.add(f"{value / factor:,.2f} {sign}" if sign else f"{value:,.0f}")
    return shown


def _signed(column: Column) -> str:
    if column.format == "percent":
        return r"0.0\ %"
    chosen = column_scale(column)
    if column.format != "si" or chosen.factor == 1:
        return "#,##0.##"
    return f'#,##0.00{thousands(chosen.factor)}" {chosen.sign}"'


def thousands(factor: float) -> str:
    """Return the commas by which a number format divides by a power of a thousand."""
    return "," * round(math.log10(factor) / 3)
