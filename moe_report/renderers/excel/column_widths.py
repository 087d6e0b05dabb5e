"""How wide a column must be for its header and its numbers, and how many lines a text takes."""

from __future__ import annotations

import math

from moe_report.display import show
from moe_report.renderers.excel.palette import column_scale
from moe_report.reports import Column


def header_width(name: str, least: int = 9) -> int:
    """Return a width, in characters, at which a long name in fixed-width type breaks well.

    A cell breaks a word without spaces wherever it is full. The best width, of at least what the
    numbers need, lets that be at an underscore, in type a little narrower than reckoned too.

    >>> header_width("num_experts_per_tok"), header_width("name")
    (11, 9)
    """
    if len(name) <= least:
        return least

    def ugliness(width: int) -> float:
        broken = 0
        for room in (width, width + 1):
            cuts = range(room, len(name), room)
            broken += sum(name[at] != "_" and name[at - 1] != "_" for at in cuts)
        return broken + 0.2 * width

    return min(range(least, min(len(name), max(16, least + 5)) + 1), key=ugliness)


def room(header: str, numbers: float = 0) -> float:
    """Return the width of a column for its header, in narrow type, and for its numbers."""
    least = max(9, math.ceil((numbers - 0.5) / 0.93))
    return max(0.93 * header_width(header, least) + 0.5, numbers)


def header_lines(name: str, width: float) -> int:
    """Return how many lines a header takes in a column."""
    return text_lines(name, max(int(width / 0.93), 1))


def label_lines(label: str, width: float) -> int:
    """Return how many lines a label takes in a column."""
    return sum(text_lines(line, max(int(width * 1.05), 1)) for line in label.split("\n"))


def text_lines(text: str, room: int) -> int:
    """Return how many lines a text takes, of so many characters each."""
    return -(-len(text) // room)


def longest_number(column: Column) -> int:
    """Return how many characters the longest number of a column takes in the column's unit."""
    scale = column_scale(column)
    shown = (show(cell.value, column.unit, column.format, scale) for cell in column.cells)
    return max(map(len, shown), default=0)
