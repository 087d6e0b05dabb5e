"""Points of the reading help: what a section's numbers mean, and what they say of these models.

>>> from moe_report import Numbers, point
>>> def largest(numbers: Numbers) -> str:
...     '''The model with the most experts.'''
...     rows = numbers.rows("num_experts")
...     return max(rows, key=lambda row: row[1])[0] if rows else ""
>>> point("Experts", "Each has [weights](total_params) of its own.", here=largest).title
'Experts'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moe_report.errors import PluginError
from moe_report.schema.model import Called
from moe_report.text import A_TEXT, is_text


@dataclass(frozen=True)
class Point:
    """A point of the reading help, or a question with its answer.

    Attributes:
        title: Its heading; the question.
        text: A paragraph; ``[words](target)`` links to a metric, to ``arXiv:…``, ``doi:…`` or an
            address, or to a part of the page such as ``#calculator``, ``*words*`` are emphasised.
        here: Gives a sentence on this report's numbers, or nothing; None if there is none.
        is_question: Whether it is a question.
    """

    title: str
    text: str
    here: Callable[[Numbers], str] | None
    is_question: bool = False

    def __post_init__(self) -> None:
        for what, said in (("title", self.title), ("text", self.text)):
            if not is_text(said) or not said.strip():
                raise PluginError(f"a point has the {what} {said!r:.60}, expected {A_TEXT}")


@dataclass(frozen=True)
class Series:
    """The numbers of a field or metric, one a model, NaN where one is missing.

    ``typed`` says which of a metric's are typed in.
    """

    numbers: NDArray[np.float64]
    typed: NDArray[np.bool_]


class NotOneValueError(Exception):
    """What a sentence asks for as an assumption has a value of its own for each model."""


class _Assumptions(Mapping[str, float]):
    """Values by name; one that is varied has a column of its own instead."""

    def __init__(self, values: Mapping[str, float], varied: Set[str]) -> None:
        self._values, self._varied = values, varied

    def __getitem__(self, name: str) -> float:
        if name in self._varied:
            raise NotOneValueError(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Numbers:
    """The numbers that a sentence may speak of.

    Args:
        models: Names.
        series: Fields and metrics by name.
        doubted: Models of which a computed number is doubted: nobody speaks of them.
        assumptions: Values by name.
        varied: Names of columns, among which are the assumptions that are varied.

    Attributes:
        assumptions: Values by name.
        left_out: Whether some models were not among the rows that were asked for.
        lacking: Names that were asked for, and are no field or metric of the report.
    """

    def __init__(
        self,
        models: tuple[str, ...],
        series: Mapping[str, Series],
        doubted: frozenset[str],
        assumptions: Mapping[str, float],
        varied: Set[str] = frozenset(),
    ) -> None:
        self._models = models
        self._series = series
        self._doubted = doubted
        self.assumptions: Mapping[str, float] = _Assumptions(assumptions, varied)
        self.left_out = False
        self.lacking: set[str] = set()

    def rows(
        self, *columns: Called | str, typed: bool = True
    ) -> list[tuple[str, tuple[float, ...]]]:
        """Return name and numbers of each model that has all of them, and of which none is doubted.

        Args:
            columns: Metrics, and names of fields; if the report lacks one there are no rows.
            typed: Whether a metric may be typed in rather than computed.
        """
        names = [one.name if isinstance(one, Called) else one for one in columns]
        if lacking := {*names} - {*self._series}:
            self.lacking |= lacking
            return []
        numbers = [self._series[name].numbers for name in names]
        wanted = np.array([model not in self._doubted for model in self._models], dtype=bool)
        for name in names:
            series = self._series[name]
            wanted &= ~np.isnan(series.numbers)
            if not typed:
                wanted &= ~series.typed
        rows = [
            (self._models[at], tuple(float(column[at]) for column in numbers))
            for at in np.flatnonzero(wanted)
        ]
        self.left_out |= 0 < len(rows) < len(self._models)
        return rows


def point(title: str, text: str, *, here: Callable[[Numbers], str] | None = None) -> Point:
    """Return a point of the reading help, for the constant ``POINTS`` of a section's module.

    Args:
        title: Its heading.
        text: A paragraph, marked up as :class:`Point` says.
        here: A function of the report's numbers that returns a sentence, or nothing.

    Raises:
        PluginError: It has no title or no text.
    """
    return Point(title, text, here)


def question(title: str, text: str, *, here: Callable[[Numbers], str] | None = None) -> Point:
    """Return a question of the reading help and its answer, for the constant ``POINTS``.

    Args:
        title: The question.
        text: The answer, marked up as :class:`Point` says.
        here: A function of the report's numbers that returns a sentence, or nothing.

    Raises:
        PluginError: One of the two is empty.
    """
    return Point(title, text, here, is_question=True)
