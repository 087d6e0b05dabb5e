"""What is wrong with a workbook, and what its user should know, collected while it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from moe_report.errors import Notice, Problem, nearest

# Kinds of notices that something is decided by.
NO_NUMBER = "no-number"
SUMMARIES = "summaries"
LEFT_BEHIND = "formulas-left-behind"
NO_STORED_VALUE = "no-stored-value"
_MOST_HINTS = 100  # a sheet may have a hundred thousand wrong names


@dataclass
class Collected:
    """Problems, which keep a workbook from being used, and notices of what was skipped in it."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def problem(self, message: str, sheet: str, cell: str | None = None, cause: str = "") -> None:
        """Record what is wrong with a sheet, or with a cell of it."""
        where = f"{self.file}, sheet {sheet}" + (f", cell {cell}" if cell else "")
        self.problems.append(Problem(where, message, sheet=sheet, cell=cell, cause=cause))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Return the known name nearest to one, as a hint; of what nobody would read none."""
        return nearest(name, known) if len(self.problems) < _MOST_HINTS else ""

    def notice(self, kind: str, text: str, place: str = "") -> None:
        """Record what the user should know of the file, or of a place in it."""
        where = f"{self.file}, {place}" if place else self.file
        self.notices.append(Notice(kind, where, text))
