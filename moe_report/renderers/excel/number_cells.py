"""The numbers of the sheet Models: of a column all at once, for there may be many models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moe_report.cells import Cell, Provenance
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import Contents, number_texts
from moe_report.renderers.excel.palette import FORMULA, INPUT, QUIET, WARN_FILL, Look
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Column, Finding, Report
from moe_report.schema.number_words import UNKNOWN_MARK

MOST_NOTES = 10_000  # on cells of models; with hundreds of thousands Excel takes minutes to open
_PLAIN_INPUT = frozenset({Provenance.GIVEN, Provenance.MISSING})


@dataclass(frozen=True)
class NumberCells:
    """The cells of a field or metric on the sheet Models.

    Attributes:
        sheet: The sheet.
        number: The number of the column there, from 1.
        first: The row of the first model.
        column: The numbers.
        formula: What computes them; empty where that is not written.
        number_format: How they are shown.
        is_input: Whether it is a field.
        doubted: What was found of single numbers, by the places of their models.
    """

    sheet: Sheet
    number: int
    first: int
    column: Column
    formula: str
    number_format: str
    is_input: bool
    doubted: Mapping[int, Sequence[Finding]] = field(default_factory=dict)

    def __call__(self, rows: range) -> Iterator[str]:
        """Give the cells of some rows, as the sheet stores them."""
        before, behind, values, kinds = self._spelled
        start = f'<c r="{column_letters(self.number)}'
        places = slice(rows.start - self.first, rows.stop - self.first)
        numbers = number_texts(values[places].tolist())
        return (
            f"{start}{row}{before[kind]}{number}{behind[kind]}"
            for row, number, kind in zip(rows, numbers, kinds[places].tolist(), strict=True)
        )

    @cached_property
    def _spelled(
        self,
    ) -> tuple[list[str], list[str], NDArray[np.float64], NDArray[np.int32]]:
        """What stands before and behind the numbers of each kind, the numbers, and their kinds.

        The kinds are the states of cells, and then those of doubted ones.
        """
        cells, contents = self.column.cells, Contents()
        states = len(cells.states)
        around = [self._around(state, contents) for state in cells.states]
        kinds = cells.state.copy()
        kinds[[*self.doubted]] += states
        before, behind = [""] * (2 * states), [end for _, end in around] * 2
        for kind in np.unique(kinds).tolist():
            state = cells.states[kind % states]
            style = self.sheet.style(self.number, self._look(state, doubted=kind >= states))
            before[kind] = f'" s="{style}"{around[kind % states][0]}'
        written = np.array([bool(end) for end in behind])[kinds]
        return before, behind, np.where(written, cells.values, np.nan), kinds

    def _look(self, state: Cell, *, doubted: bool) -> Look:
        given = state.provenance == Provenance.GIVEN
        default = state.provenance == Provenance.DEFAULT
        return Look(
            color=INPUT if given else QUIET if default else FORMULA,
            bold=given and not self.is_input,
            italic=default,
            fill=WARN_FILL if doubted else "",
            number_format=self.number_format,
        )

    def _around(self, state: Cell, contents: Contents) -> tuple[str, str]:
        """What stands in a cell before its number and behind it: nothing of a cell without one."""
        if state.provenance == Provenance.GIVEN:
            return contents.around()
        if state.unclear:
            # a text in place of a number, so that a report that is read again has no default either
            return contents.of(UNKNOWN_MARK), ""
        if not self.formula:
            return contents.of(None), ""
        if state.provenance == Provenance.MISSING:
            return contents.formula(self.formula, None), ""
        return contents.around(self.formula)

    def write(self) -> None:
        """Give all cells their styles, and let rows be as high as texts need."""
        _ = self._spelled
        for at in np.flatnonzero(self.column.cells.unclear).tolist():
            look = self._look(self.column.cells[at], doubted=at in self.doubted)
            self.sheet.remember(self.first + at, self.number, UNKNOWN_MARK, look)

    def note(self, at: int) -> str:
        """Return the note on the cell of a model."""
        cell = self.column.cells[at]
        lines = [f"{finding.level}: {finding.message}" for finding in self.doubted.get(at, ())]
        if _says(cell, self.is_input):
            lines.append(cell.note)
        if cell.computed is not None and not self.is_input:
            lines.append(f"the formula gives {cell.computed:,.15g}")
        return "\n".join(lines)


def noted(column: Column, is_input: bool) -> NDArray[np.bool_]:
    """Return of which models there is something to say on the cell, but for what is doubted."""
    says = np.array([_says(one, is_input) for one in column.cells.states], bool)
    replaced = ~np.isnan(column.cells.computed) & (not is_input)
    return says[column.cells.state] | replaced


def _says(state: Cell, is_input: bool) -> bool:
    """Whether there is something to say of cells of a state."""
    if is_input and state.provenance in _PLAIN_INPUT:
        return state.unclear
    return bool(state.note) or state.provenance == Provenance.GIVEN


def notes_left_out(report: Report) -> str:
    """Return a sentence if the sheet Models has no room for all notes on cells; else nothing."""
    places = {model.name: at for at, model in enumerate(report.models)}
    doubted: dict[str, list[int]] = {}
    for found in report.findings:
        if found.model in places:
            doubted.setdefault(found.column, []).append(places[found.model])
    count = 0
    for column in report.columns.values():
        said = noted(column, column.name in report.definitions)
        said[doubted.get(column.name, [])] = False
        count += int(said.sum())
    if count <= MOST_NOTES:
        return ""
    return (
        f"the sheet Models has notes on the first {MOST_NOTES:,} cells that have something to say, "
        "and on all that are doubted; JSON says of every number where it comes from"
    )
