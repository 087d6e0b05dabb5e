"""A file of sheets, whatever its format: their names, and the cells of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from moe_report.errors import InputError, Problem
from moe_report.load.collected import Collected
from moe_report.load.grid import Grid
from moe_report.ooxml.addresses import Area
from moe_report.ooxml.guard import MAX_AREA, MAX_COLUMNS, MAX_ROWS
from moe_report.ooxml.scan import Scan
from moe_report.ooxml.texts import in_one_spelling, unescaped


class Sheets(Protocol):
    """Sheets that can be read.

    Attributes:
        is_report: Whether the file is a report of ours.
        recalculated: Whether the values of its formulas may be stale.
    """

    is_report: bool
    recalculated: bool

    @property
    def names(self) -> Sequence[str]:
        """The sheets, in order."""

    def is_hidden(self, name: str) -> bool:
        """Whether a sheet is not shown."""

    def grid(self, name: str, collected: Collected) -> Grid:
        """Return the cells of a sheet.

        Raises:
            InputError: The sheet as a whole cannot be read.
        """

    def left_behind(self, name: str) -> Sequence[str]:
        """Return what beside its cells a sheet has, in words."""


@dataclass(frozen=True)
class PlainSheet:
    """The values of a sheet, row by row; of merged cells, the corners."""

    rows: Sequence[Sequence[Any]]
    hidden: bool = False
    merged: Sequence[Area] = ()


@dataclass
class PlainSheets:
    """Sheets of values alone: those of text files, and of what other libraries read."""

    path: Path
    sheets: Mapping[str, PlainSheet]
    is_report: bool = field(default=False, init=False)
    recalculated: bool = field(default=False, init=False)

    @property
    def names(self) -> Sequence[str]:
        """The sheets, in order."""
        return list(self.sheets)

    def is_hidden(self, name: str) -> bool:
        """Whether a sheet is not shown."""
        return self.sheets[name].hidden

    def grid(self, name: str, collected: Collected) -> Grid:
        """Return the cells of a sheet.

        Raises:
            InputError: It is too large.
        """
        sheet = self.sheets[name]
        refuse_too_large(self.path.name, len(sheet.rows), max(map(len, sheet.rows), default=0))
        cells = [[_value(one) for one in row] for row in sheet.rows]
        width = max(map(len, cells), default=0)
        scan = Scan({}, len(cells), width, tuple(sheet.merged))
        return Grid(name, cells, scan, collected)

    def left_behind(self, name: str) -> Sequence[str]:
        """Return nothing: values are all there is."""
        return ()


def _value(cell: Any) -> Any:
    """A cell's value; texts that come from Excel may have its codes."""
    return (in_one_spelling(unescaped(cell)) or None) if isinstance(cell, str) else cell


def refuse_too_large(file: str, rows: int, columns: int) -> None:
    """Refuse a sheet that no list of models is as large as.

    Raises:
        InputError: It has too many rows, columns or cells.
    """
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_AREA:
        message = f"a sheet has {rows:,} rows and {columns:,} columns; expected at most "
        message += f"{MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_AREA:,} cells"
        raise InputError([Problem(file, message)])
