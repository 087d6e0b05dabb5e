"""What a plan says, as it is written: a line a thing, with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from moe_report.errors import Problem

Kind = Literal["vary", "constraint", "objective", "column", "without", "model"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEANINGS: Mapping[Kind, str] = {
    "vary": "A field or an assumption that takes several values, or follows by a formula.",
    "constraint": "A test that a design must pass, in the column formula; with + - * / ** and "
    "functions, such as min(a, b).",
    "objective": "What is best: min or max, and a number, in the column formula.",
    "column": "A further metric or field that is kept of each design.",
    "without": "A number of the model that is not taken from it, but computed.",
    "model": "The model to start from, by its name, where the sheet Models has several.",
}
REMARK = "remark"  # a column that says nothing to us
# What a line may say beside its name, and what that means: the columns of the sheet.
PARTS: Mapping[str, str] = {
    "from": "The first value.",
    "to": "The last value.",
    "step": "From one value to the next; ×2 for twice as much. By default 1.",
    "factors": "What the base's own value is multiplied with, parted by semicolons.",
    "values": "The values, parted by semicolons.",
    "formula": "What it follows from; or the constraint, or the objective.",
}


@dataclass(frozen=True)
class Line:
    """One thing that a plan says.

    Attributes:
        kind: What it is.
        name: What it is about: a field, an assumption, a metric, or a model.
        parts: What it says, by the names of :data:`PARTS`.
        where: Where it stands.
        sheet: Name of the sheet, if it stands on one.
        cells: There the cells of its parts, and of its name.
    """

    kind: Kind
    name: str
    parts: Mapping[str, object]
    where: str
    sheet: str | None = None
    cells: Mapping[str, str] = field(default_factory=dict)

    def problem(self, part: str, message: str) -> Problem:
        """Return what is wrong with a part of it."""
        cell = self.cells.get(part)
        where = f"{self.where}, cell {cell}" if cell else self.where
        return Problem(where, message, sheet=self.sheet, cell=cell)


@dataclass(frozen=True)
class Said:
    """What a plan says.

    Attributes:
        lines: Its lines.
        where: What it is called.
        base: A source of models, or fields by name; None where the plan's workbook has it.
        assumptions: Assumptions and presets that it sets, as they are written.
        problems: What of it could not be read.
    """

    lines: tuple[Line, ...]
    where: str
    base: str | Mapping[str, object] | None = None
    assumptions: Mapping[str, float | str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def of(self, kind: Kind) -> tuple[Line, ...]:
        """Return the lines of a kind."""
        return tuple(line for line in self.lines if line.kind == kind)
