"""Styles of the workbook: after the conventions of financial models, quiet otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from moe_report.ooxml.cell_looks import plain_code

INPUT = "0000FF"  # typed numbers
FORMULA = "000000"
LINK = "00703C"  # links to other sheets
QUIET = "6B7280"
DARK = "1F2937"  # headings
WARN, WARN_FILL = "9C4A00", "FDE8C8"
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
        known = self._ids.get(look)
        if known is None:
            cell = Cell(self._sheet, row=1, column=1)  # of its own: openpyxl keeps its style array
            self.dress(cell, look)
            known = self._ids[look] = cell.style_id
        return known

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
