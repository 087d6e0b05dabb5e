"""Rows among and below models that are none: notes, legends, and small tables of something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile

from moe_report.load.headings import Headings
from moe_report.load.layout import Layout
from moe_report.load.says_number import NOTE, says_a_number
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.headers.values import seen_in


@dataclass(frozen=True)
class Asides:
    """What of a sheet's rows is no model.

    Attributes:
        notes: Rows of texts.
        tables: The rows of each table that has headers of its own.
    """

    notes: tuple[int, ...] = ()
    tables: tuple[Sequence[int], ...] = ()

    @property
    def rows(self) -> frozenset[int]:
        """The numbers of all those rows."""
        return frozenset({*self.notes, *(row for rows in self.tables for row in rows)})


def asides_among(layout: Layout, headers: Headers, rows: Sequence[int]) -> Asides:
    """Return which of the rows below a header are no models.

    What has a name and a number may be a model, and is none only under headers of its own.
    """
    return _Finder(layout, Headings(layout, headers)).read(rows)


@dataclass
class _Finder:
    layout: Layout
    headings: Headings
    notes: list[int] = field(default_factory=list)
    tables: list[Sequence[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = self.headings.names
        self.columns = {*self.layout.headers, *self.names}

    def read(self, rows: Sequence[int]) -> Asides:
        models = False
        for block in self._blocks(rows):
            counted = any(self._has_number(row) and not self._is_note(row) for row in block)
            if models and not counted:
                self.notes += [row for row in block if self._is_text(row)]
            else:
                table = self._table(block) if models else ()
                self.tables += [table] if table else []
                self.notes += [row for row in block if row not in table and self._is_note(row)]
            models = models or counted
        return Asides(tuple(self.notes), tuple(self.tables))

    def _blocks(self, rows: Sequence[int]) -> Iterator[list[int]]:
        """The rows between empty ones; what stands beside the table alone makes none full."""
        block: list[int] = []
        for row in rows:
            filled = self._filled(row)
            if block and not filled & self.columns:
                yield block
                block = []
            if filled:
                block.append(row)
        if block:
            yield block

    def _filled(self, row: int) -> set[int]:
        grid = self.layout.grid
        return {
            at
            for at in grid.present(row)
            if not isinstance(value := grid.value(row, at), str) or value.strip()
        }

    def _has_number(self, row: int) -> bool:
        grid = self.layout.grid
        return any(
            grid.formula(row, at) or grid.is_error(row, at) or says_a_number(grid.value(row, at))
            for at in self._filled(row) & self.columns - self.names
        )

    def _is_note(self, row: int) -> bool:
        """Whether a row has no name and no number, or is called a note."""
        grid, filled = self.layout.grid, self._filled(row)
        if not filled & self.names:
            has_text = any(isinstance(grid.value(row, at), str) for at in filled)
            return has_text and not self._has_number(row)
        if grid.own_report or not any(NOTE.match(grid.text(row, at)) for at in self.names):
            return False
        numbers = [at for at in filled - self.names if says_a_number(grid.value(row, at))]
        return len(numbers) < 2

    def _is_text(self, row: int) -> bool:
        """Whether a row has more than a name, which alone may be a model's without numbers."""
        return bool(self._filled(row) & self.columns - self.names) or self._is_note(row)

    def _table(self, block: Sequence[int]) -> Sequence[int]:
        """The rows of a table in a block whose own headers stand over all that is below them.

        Words alone make no headers: what is below is of something else only if no row of it can
        be a model.
        """
        if self.layout.grid.own_report:
            return ()
        titles = takewhile(lambda row: len(self._filled(row)) < 2, block)
        table = block[sum(1 for _ in titles) :]
        if len(table) < 2:
            return ()
        headers, *below = map(self._filled, table)
        gapless = max(headers) - min(headers) < len(headers) < len(self.layout.headers)
        over_all = headers.issuperset(chain(*below))
        if not (gapless and over_all):
            return ()
        kind = self.headings.kind(table[0])
        is_other = kind == "words" and not any(map(self._may_be_model, table[1:]))
        return table if is_other or kind == "other" else ()

    def _may_be_model(self, row: int) -> bool:
        """Whether a row has a name, and each of its numbers may be of the field it stands under."""
        filled, readings = self._filled(row), self.layout.readings
        return bool(filled & self.names) and all(
            self._may_be(self.layout.grid.value(row, at), readings[at].known)
            for at in filled & readings.keys() - self.names
        )

    @staticmethod
    def _may_be(value: object, known: Sequence[Known]) -> bool:
        if len(known) != 1 or not (field := known[0].field) or field.kind in ("text", "flag"):
            return True
        number = seen_in(value).number
        if value is None or (number is not None and known[0].scale != 1):
            return True
        return says_a_number(value) if number is None else not field.refusal(number)
