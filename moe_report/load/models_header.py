"""The header of a sheet of models: in which row it stands, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moe_report.load.grid import HEADER_ROWS, Grid, address
from moe_report.ooxml.addresses import column_letters
from moe_report.schema.headers import Headers, Known, folded
from moe_report.text import shown


@dataclass(frozen=True)
class Columns:
    """What the columns below a header row are, by their numbers: known, or carried along."""

    header: int
    known: Mapping[int, Known]
    carried: Mapping[int, str]

    def at(self, name: str) -> int:
        """Return the number of the column of a field or metric that has one."""
        return next(column for column, known in self.known.items() if known.name == name)


def header_row(grid: Grid, headers: Headers) -> int | None:
    """Return the row whose cells are surest to be headers, among them that of the name."""
    best, best_score = None, 0
    for row, cells in enumerate(grid.cells[:HEADER_ROWS], start=1):
        texts = [cell.value for cell in cells if isinstance(cell.value, str)]
        found = [known for text in texts if isinstance(known := headers.find(text), Known)]
        score = sum(known.exact for known in found)
        if score > best_score and any(known.name == "name" for known in found):
            best, best_score = row, score
    return best


def read_columns(grid: Grid, header: int, headers: Headers, *, allow_unknown: bool) -> Columns:
    """Return what the columns are under a header row; unknown ones are carried if allowed."""
    reader = _HeaderReader(grid, header, headers, allow_unknown)
    for column in range(1, grid.last_column + 1):
        reader.read(column)
    return Columns(header, reader.known, reader.carried)


@dataclass
class _HeaderReader:
    grid: Grid
    row: int
    headers: Headers
    allow_unknown: bool
    known: dict[int, Known] = field(default_factory=dict)
    carried: dict[int, str] = field(default_factory=dict)

    def read(self, column: int) -> None:
        if self.grid.is_broken(self.row, column):
            return
        if not self.grid.text(self.row, column):
            self._without_header(column)
            return
        text = str(self.grid.value(self.row, column)).strip()
        if text.startswith("#"):
            self._carry(column, text)
            return
        found = self.headers.find(text)
        if isinstance(found, str):
            self._unknown(column, text, found)
            return
        twin = next((at for at, known in self.known.items() if known.name == found.name), None)
        if twin is None:
            self.known[column] = found
        else:
            message = f"found {text!r}, which is {found.name} once more (already in "
            message += f"{address(self.row, twin)}); expected each column once"
            self.grid.problem(self.row, column, message)

    def _without_header(self, column: int) -> None:
        """Refuse the first value under an empty header."""
        for row in self.grid.below(self.row):
            if self.grid.text(row, column):
                message = f"found {shown(self.grid.value(row, column))} in a column without header"
                message += f"; expected a header in row {self.row} (one that starts with # is "
                self.grid.problem(row, column, f"{message}carried along)")
                return

    def _carry(self, column: int, text: str) -> None:
        twins = (at for at, header in self.carried.items() if folded(header) == folded(text))
        twin = next(twins, None)
        if twin is None:
            self.carried[column] = text
        else:
            message = f"found {shown(text)} once more (already in column {column_letters(twin)})"
            self.grid.problem(self.row, column, f"{message}; expected each column once")

    def _unknown(self, column: int, text: str, why: str) -> None:
        """Skip a metric's column of an earlier report; carry other unknown ones, or refuse them."""
        below = self.grid.below(self.row)
        formulas = {row for row in below if self.grid.formula(row, column)}
        typed = any(self.grid.text(row, column) for row in below if row not in formulas)
        if self.grid.own_report and formulas and not typed:
            place = address(self.row, column)
            message = f"column {text!r} ({place}) of the earlier report is skipped: its metric is"
            self.grid.collected.notice("unknown-metric", f"{message} not installed")
        elif self.allow_unknown or self.grid.own_report:
            self._carry(column, text)
        else:
            hint = "Start the header with # or pass --allow-unknown to carry it along."
            self.grid.problem(self.row, column, f"{why} {hint}")
