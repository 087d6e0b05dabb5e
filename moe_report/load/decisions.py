"""What the user has said of columns: the option ``--column``, and the sheet Columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.grid import Grid
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.headers.text import folded
from moe_report.text import shown


@dataclass
class Decisions:
    """Which field a column is, by its header; an empty name says that it is none.

    Attributes:
        said: What was said on the command line.
        used: The headers, folded, that a column had.
        written: What the workbook itself says, which the command line outdoes.
    """

    said: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    written: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)
    _known: dict[str, tuple[Known, ...]] = field(default_factory=dict)

    @classmethod
    def of_options(cls, said: Mapping[str, str], headers: Headers) -> Decisions:
        """Return what the command line says.

        Raises:
            InputError: It names what is no field and no metric.
        """
        decisions = cls(said)
        problems = []
        for header, name in said.items():
            known = _fields(name, headers)
            if isinstance(known, str):
                problems.append(Problem(f"--column '{header}={name}'", known))
            else:
                decisions._known[folded(header)] = known
        if problems:
            raise InputError(problems)
        return decisions

    def of(self, *spellings: str) -> tuple[Known, ...] | None:
        """Return what was said of a column that can be called so: nothing, if it is none."""
        for spelling in map(folded, spellings):
            if spelling in self._known:
                self.used.add(spelling)
                return self._known[spelling]
            if spelling in self.written:
                self.used.add(spelling)
                return self.written[spelling]
        return None

    def unused(self, headers: Sequence[str]) -> list[Problem]:
        """Return a problem for each thing said of a column that is not there."""
        return [
            Problem(
                f"--column '{header}={name}'", f"no column is headed so.{nearest(header, headers)}"
            )
            for header, name in self.said.items()
            if folded(header) not in self.used
        ]


def read_decisions(grid: Grid | None, headers: Headers) -> dict[str, tuple[Known, ...]]:
    """Return what the sheet Columns of a workbook says, if it has the columns header and field."""
    if grid is None:
        return {}
    found = grid.header("header", "field")
    if found is None:
        grid.skip_without("header", "field")
        return {}
    top, names = found
    header_at, field_at = names.index("header") + 1, names.index("field") + 1
    decisions = {}
    for row in grid.below(top):
        header, name = grid.text(row, header_at), grid.text(row, field_at)
        if not header:
            continue
        known = _fields(name, headers)
        if isinstance(known, str):
            grid.problem(row, field_at, f"found {shown(name)}: {known}")
        else:
            decisions[folded(header)] = known
    return decisions


def _fields(name: str, headers: Headers) -> tuple[Known, ...] | str:
    """The fields that a name stands for, several parted by commas; or what is wrong with it."""
    found = []
    for part in filter(None, map(str.strip, name.split(","))):
        known = headers.find(part)
        if isinstance(known, str):
            return f"{shown(part)} is no field or metric.{nearest(part, headers.catalogue)}"
        found.append(known)
    return tuple(found)
