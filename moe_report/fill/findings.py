"""What the reading of a template has found: of each sheet, and what is wrong or left as it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from moe_report.errors import Notice, Problem
from moe_report.fill.template import TemplateCell
from moe_report.ooxml.addresses import Area

Place = tuple[int, int]
MOST_NOTES = 20  # of one kind


@dataclass
class Findings:
    """What is wrong with a template, and what of it is left as it is.

    Attributes:
        where: The file's name, for problems.
        problems: What is wrong.
        notes: What is left as it is.
    """

    where: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)

    def problem(self, sheet: str, cell: str, message: str) -> None:
        """Add what is wrong with a sheet, or with a cell of it if one is named."""
        where = f"{self.where}, sheet {sheet}" + f", cell {cell}" * bool(cell)
        self.problems.append(Problem(where, message, sheet=sheet, cell=cell or None))

    def has_room(self, kind: str) -> bool:
        """Whether there are not yet so many notes of a kind that nobody reads them."""
        return sum(note.kind == kind for note in self.notes) < MOST_NOTES

    def note(self, kind: str, where: str, text: str) -> None:
        """Add what is left as it is."""
        self.notes.append(Notice(kind, where, text))


@dataclass
class FoundSheet:
    """What one sheet holds.

    Attributes:
        sheet: Its name.
        part: Its part of the package.
        repeats: Whether it is there for each model.
        cells: Cells with expressions by row and column.
        formulas: Cells with a formula, of those that a name leads to.
        merged: Areas of merged cells.
        rows: The cells of the rows of tables that repeat.
    """

    sheet: str
    part: str
    repeats: bool = False
    cells: dict[Place, TemplateCell] = field(default_factory=dict)
    formulas: set[Place] = field(default_factory=set)
    merged: set[Area] = field(default_factory=set)
    rows: set[Place] = field(default_factory=set)
