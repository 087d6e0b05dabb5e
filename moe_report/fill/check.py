"""What is wrong with a template before there is a report: what is unknown, and what cannot move."""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.errors import Notice, Problem
from moe_report.fill.expressions.scope import known_of_registry
from moe_report.fill.foresee import ASKS_FOR_NOTHING, foresee
from moe_report.fill.outline import describe
from moe_report.fill.read_template import inspect_template
from moe_report.ooxml.file_types import refuse_name
from moe_report.ooxml.guard import check_package
from moe_report.schema.registry import Registry


@dataclass(frozen=True)
class Checked:
    """What a template asks for.

    Attributes:
        said: That in words.
        notes: What `fill` will tell of it, whatever the models.
        problems: Everything that cannot be filled.
    """

    said: str
    notes: tuple[Notice, ...]
    problems: tuple[Problem, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        return any(note.kind == ASKS_FOR_NOTHING for note in self.notes)


def check_template(data: bytes, registry: Registry, *, where: str) -> Checked:
    """Return what a template would fill, and everything that it could not.

    Raises:
        InputError: It is no workbook at all.
    """
    package = check_package(data, where)
    refuse_name(package, where)
    known = known_of_registry(registry)
    template, found = inspect_template(package, known, where)
    foreseen = foresee(package, template, dict.fromkeys(template.rows, 1), where)
    problems = (*found, *foreseen.problems)
    notes = (note for note in foreseen.notes if not (problems and note.kind == ASKS_FOR_NOTHING))
    return Checked(describe(template, known, problems), tuple(notes), problems)
