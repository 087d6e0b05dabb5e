"""The numbers of a column of a report, and where each of them comes from: arrays, no object a cell.

A :class:`Cell` is what there is to know of one number; it is made when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from operator import index
from typing import overload

import numpy as np
from numpy.typing import NDArray

from moe_report.table import Given


class Provenance(StrEnum):
    """Where a number comes from.

    ``given``: typed by the user. ``default``: the field's default. ``derived``: computed from the
    row alone. ``assumed``: computed with assumptions. ``missing``: not there, and the note says
    what it lacks.
    """

    GIVEN = "given"
    DEFAULT = "default"
    DERIVED = "derived"
    ASSUMED = "assumed"
    MISSING = "missing"


@dataclass(frozen=True)
class Cell:
    """A number of one model.

    Attributes:
        value: The number, None if missing.
        provenance: Where it comes from.
        note: A sentence for the reader; empty where there is nothing to say.
        computed: What the formula gives, where a given number stands in its place.
        undefined: Whether it is missing although all it needs is there (a division by zero).
        unclear: Whether it is missing because the input may say it, in a way that is not sure: it
            has no default then.
    """

    value: float | None
    provenance: Provenance
    note: str = ""
    computed: float | None = None
    undefined: bool = False
    unclear: bool = False


@dataclass(frozen=True, eq=False)
class Cells(Sequence[Cell]):
    """The numbers of a column, one a model.

    Attributes:
        values: The numbers; NaN where one is missing.
        states: What cells have in common beside their numbers.
        state: Of each cell its place among the states.
        computed: What the formula gives, where a given number stands in its place; else NaN.
        typed: The numbers that were typed, by their place, with their own: where they stood.
    """

    values: NDArray[np.float64]
    states: tuple[Cell, ...]
    state: NDArray[np.int32]
    computed: NDArray[np.float64]
    typed: Mapping[int, Given]

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Cells:
        """Return cells that were made one by one."""
        made = [*cells]
        states: dict[Cell, int] = {}
        state = [
            states.setdefault(replace(one, value=None, computed=None), len(states)) for one in made
        ]
        return cls(
            _array(one.value for one in made),
            tuple(states),
            np.array(state, dtype=np.int32),
            _array(one.computed for one in made),
            {},
        )

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, at: int) -> Cell: ...
    @overload
    def __getitem__(self, at: slice) -> Cells: ...

    def __getitem__(self, at: int | slice) -> Cell | Cells:
        if isinstance(at, slice):
            return self.take(range(len(self))[at])
        at = range(len(self))[index(at)]
        state = self.states[self.state[at]]
        typed = self.typed.get(at)
        return Cell(
            number_of(self.values[at]),
            state.provenance,
            given_note(typed) if typed else state.note,
            number_of(self.computed[at]),
            state.undefined,
            state.unclear,
        )

    def __iter__(self) -> Iterator[Cell]:
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return self is other or (len(self) == len(other) and all(map(Cell.__eq__, self, other)))

    def __hash__(self) -> int:
        return hash((self.values + 0.0).tobytes())  # 0 and -0 are equal

    def take(self, places: Sequence[int]) -> Cells:
        """Return the cells of some models, in the order of these places."""
        at = np.asarray(places, dtype=np.intp)
        typed = {new: self.typed[old] for new, old in enumerate(places) if old in self.typed}
        return replace(
            self,
            values=self.values[at],
            state=self.state[at],
            computed=self.computed[at],
            typed=typed,
        )

    @cached_property
    def numbers(self) -> list[float | None]:
        """The numbers, None where one is missing."""
        return numbers_of(self.values)

    def are(self, provenance: Provenance) -> NDArray[np.bool_]:
        """Return which of the numbers come from there."""
        return np.array([one.provenance == provenance for one in self.states], bool)[self.state]

    @property
    def provenances(self) -> set[Provenance]:
        """Where one of the numbers comes from."""
        return {self.states[at].provenance for at in np.unique(self.state)}

    @property
    def unclear(self) -> NDArray[np.bool_]:
        """Which of the numbers are missing because the input may say them."""
        return np.array([one.unclear for one in self.states], bool)[self.state]


def given_note(typed: Given) -> str:
    """Return the note on a number that was typed."""
    return f"given in the input, {typed.place}" if typed.place else "given"


def number_of(value: float) -> float | None:
    """Return a number of a column, None if it is missing."""
    return None if value != value else float(value)


def numbers_of(values: NDArray[np.float64]) -> list[float | None]:
    """Return the numbers of a column, None where one is missing."""
    return [None if value != value else value for value in values.tolist()]


def _array(numbers: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if one is None else one for one in numbers], dtype=np.float64)
