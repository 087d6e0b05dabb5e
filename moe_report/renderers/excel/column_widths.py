"""How wide the columns of a sheet must be, and how high its rows: of all sheets, here alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from moe_report.renderers.excel.number_formats import numbers_in_cells
from moe_report.renderers.excel.palette import Look
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import longest_word, text_lines, text_width
from moe_report.reports import Column

GAP = 1.2  # characters between a text and its neighbour's
_INDENT = 1.6
_NARROWEST, _WIDEST = 5.0, 100.0
_LINE = 1.3  # of the size of the type
_LABEL_LINES = 2
# What a letter of 8 points in fixed-width type takes beside Calibri on a screen and on paper,
# Liberation Sans, and DejaVu Sans.
_SMALL_MONO = (0.94, 0.86, 0.78, 0.69)
_WIDER = 0.1  # broken words that are as bad as a character more
_USUAL, _HIGHEST = 16.5, 409.0  # points


def fit(sheet: Sheet) -> None:
    """Set the widths of the columns that have a limit, then the heights of rows that wrap."""
    for column, limits in sheet.limits.items():
        sheet.width(column, _width(sheet, column, *limits))
    for row, cells in sheet.texts.items():
        if row not in sheet.heights:
            height = max(_height(sheet, row, at, *cell) for at, cell in cells.items())
            if height > _USUAL or any((row, at) in sheet.spans for at in cells):
                sheet.height(row, min(height, _HIGHEST))


def _width(sheet: Sheet, column: int, least: float, most: float) -> float:
    """What wraps is as wide as its limit at most, or its longest word; what does not has none."""
    must, whole = max(least, _NARROWEST), 0.0
    for text, look in _of_column(sheet, column):
        beside = GAP + _INDENT * look.indent
        if look.wrap:
            must = max(must, longest_word(text, look) + beside)
            whole = max(whole, *(text_width(line, look) + beside for line in text.split("\n")))
        else:
            must = max(must, text_width(text, look) + beside)
    return round(min(max(must, min(whole, most)), _WIDEST), 1)


def _of_column(sheet: Sheet, column: int) -> Iterator[tuple[str, Look]]:
    """The texts of a column but for those that run over empty cells beside them."""
    for row, cells in sheet.texts.items():
        if column in cells and (row, column) not in sheet.spans:
            # The row's last is looked for where that counts alone: there are many rows.
            runs_over = not cells[column][1].wrap and (len(cells) == 1 or row < sheet.head)
            if not runs_over or column != max(cells):
                yield cells[column]


def _height(sheet: Sheet, row: int, column: int, text: str, look: Look) -> float:
    last = sheet.spans.get((row, column), column)
    room = sum(sheet.widths.get(at, 8.43) for at in range(column, last + 1))
    room -= _INDENT * look.indent
    lines = text_lines(text, room, look) if look.wrap else 1
    return lines * _LINE * look.size + 3


def number_width(column: Column, look: Look) -> float:
    """Return the width that the numbers of a column need as its cells show them."""
    return max((text_width(text, look) + GAP for text in numbers_in_cells(column)), default=0)


def label_width(text: str, look: Look) -> float:
    """Return the width at which a label has two lines at most, and no word of it breaks."""
    width = longest_word(text, look) + GAP
    while text_lines(text, width - GAP, look) > _LABEL_LINES and width < _WIDEST:
        width += 0.5
    return width


def heading_width(name: str, label: str, numbers: float, look: Look) -> float:
    """Return the width of a column for its name in narrow type, its label, and its numbers."""
    beside = max(GAP, _INDENT * look.indent + 0.4)
    least = max(9, numbers, longest_word(label, look) + beside)
    return header_width(name, math.ceil(least - beside)) + beside


def pages_wide(widths: Sequence[float], room: float) -> int:
    """Return on how many pages side by side columns print best, each about so many characters wide.

    A program takes the largest type that these pages have room for, and fills one after the other;
    the last shall not be left with a column alone.

    >>> pages_wide([10] * 11, 100), pages_wide([10] * 4, 100)
    (1, 1)
    """
    usual = max(1, round(sum(widths) / room))
    return max((usual, usual + 1, max(usual - 1, 1)), key=lambda pages: _last_page(widths, pages))


def _last_page(widths: Sequence[float], pages: int) -> float:
    """Return how full the last of so many pages is, which are as narrow as can be."""
    room = max(sum(widths) / pages, max(widths, default=1))
    while True:
        used = [0.0]
        for width in widths:
            if used[-1] + width > room:
                used.append(0.0)
            used[-1] += width
        if len(used) <= pages:
            return used[-1] / room if len(used) == pages else 0
        room += 1


def header_width(name: str, least: float = 9) -> float:
    """Return a width, in characters, at which a long name in small fixed-width type breaks well.

    A cell breaks a word without spaces wherever it is full. The best width, of at least what the
    numbers need, lets that be at an underscore, whatever font the column is measured in.

    >>> header_width("num_experts_per_tok"), header_width("name")
    (11, 9)
    """
    most = max(least, _SMALL_MONO[0] * len(name) + 0.1)
    return min((least + step for step in range(int(most - least) + 2)), key=_ugliness(name))


def _ugliness(name: str) -> Callable[[float], float]:
    def ugliness(width: float) -> float:
        broken = 0.0
        for letter in _SMALL_MONO:
            room = int(width / letter)
            cuts = range(room, len(name), room)
            broken += sum(name[at] != "_" and name[at - 1] != "_" for at in cuts)
        return broken / len(_SMALL_MONO) + _WIDER * width

    return ugliness
