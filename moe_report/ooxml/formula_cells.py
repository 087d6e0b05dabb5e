"""The formulas of a sheet, with the cells that show what they give, and may show later."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.addresses import LAST_COLUMN, LAST_ROW, Area, area_of, split_address
from moe_report.ooxml.cells import Cells


@dataclass(frozen=True, eq=False)
class PlacedFormula:
    """A formula where it stands.

    Attributes:
        column: Its column.
        row: Its row.
        cell: The element of its cell.
        kind: ``array``, ``dataTable``, or what else its element says; most say nothing.
        text: The formula; None if it is none that can be read.
        area: The cells that show its values: its own, or all of an array.
        spills: Where its values may reach when they are more than they were.
        is_dynamic: Whether it is an array's that may give more or fewer values than it did.
    """

    column: int
    row: int
    cell: etree._Element
    kind: str
    text: str | None
    area: Area
    spills: Area
    is_dynamic: bool


def placed_formulas(cells: Cells) -> Iterator[PlacedFormula]:
    """Give the formulas of a sheet."""
    formulas = cells.formulas()
    filled = None
    for address, item in formulas.elements.items():
        column, row = split_address(address)
        cell, kind = cells.grid[row][column], item.get("t", "")
        area, text = (column, row, column, row), None
        if kind in ("array", "dataTable"):
            with suppress(ValueError):
                area = area_of(item.get("ref") or address)
        if kind != "dataTable":
            with suppress(ValueError):
                text = formulas.text(address)
        spills, is_dynamic = area, kind == "array" and bool(cell.get("cm"))
        if is_dynamic:
            filled = filled or _Filled(cells)
            spills = filled.reach(area)
        yield PlacedFormula(column, row, cell, kind, text, area, spills, is_dynamic)


class _Filled:
    """The cells of a sheet that have something, by rows and by columns, in order."""

    def __init__(self, cells: Cells) -> None:
        self._columns = {row: sorted(cells.filled(row)) for row in sorted(cells.grid)}
        self._rows: dict[int, list[int]] = {}
        for row, columns in self._columns.items():
            for column in columns:
                self._rows.setdefault(column, []).append(row)

    def reach(self, area: Area) -> Area:
        """Return how far a formula can spill: to the next cell that has something."""
        left, top, right, bottom = area
        beside = (self._columns[row] for row in some_of(range(top, bottom + 1), self._columns))
        below = (self._rows[column] for column in some_of(range(left, right + 1), self._rows))
        columns = (_next(right, listed, LAST_COLUMN) for listed in beside)
        rows = (_next(bottom, listed, LAST_ROW) for listed in below)
        return (left, top, min(columns, default=LAST_COLUMN + 1) - 1,
                min(rows, default=LAST_ROW + 1) - 1)  # fmt: skip


def _next(number: int, listed: Sequence[int], last: int) -> int:
    """Return the first of some numbers that is above one, else the one behind the last."""
    at = bisect_right(listed, number)
    return listed[at] if at < len(listed) else last + 1


def some_of(numbers: range, known: Mapping[int, object]) -> list[int]:
    """Return those of some numbers that are known."""
    if len(numbers) > len(known):
        return [number for number in known if number in numbers]
    return [number for number in numbers if number in known]
