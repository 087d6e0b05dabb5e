"""What rests on what changed, step by step, however long and in whatever order the chain is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from moe_report.ooxml.addresses import Area

Place = tuple[str, Area]  # a sheet's name in small letters, and an area of it
_LEVELS = 21  # blocks of 1, 2, 4 … 2^20 rows, which are all
_WIDE = 8  # columns; an area of more is listed once, not in each of them
_ANY = 0  # stands for the column of such an area


class Resting(Protocol):
    """A cell or a few, and what they rest on."""

    @property
    def sheet(self) -> str:
        """The name of their sheet."""

    @property
    def spills(self) -> Area:
        """Where they are, or may reach."""

    @property
    def places(self) -> Iterable[Place]:
        """What they rest on."""


T = TypeVar("T", bound=Resting)


def resting_on(things: Iterable[T], first: Iterable[T]) -> list[T]:
    """Return the first of some things, and all those that rest on them, by way of others too."""
    dependents = _Dependents(things)
    found = {id(thing): thing for thing in first}
    waiting = list(found.values())
    while waiting:
        thing = waiting.pop()
        for other in dependents.pop(thing.sheet.casefold(), thing.spills):
            if id(other) not in found:
                found[id(other)] = other
                waiting.append(other)
    return list(found.values())


class _Dependents(Generic[T]):
    """Things by the areas that they rest on.

    An area is cut into blocks of rows that each hold a power of two: a cell lies in few of them.
    """

    def __init__(self, things: Iterable[T]) -> None:
        self._waiting: dict[Place, list[T]] = {}
        self._blocks: dict[tuple[str, int, int, int], list[Place]] = defaultdict(list)
        for thing in things:
            for place in thing.places:
                if place not in self._waiting:
                    self._waiting[place] = []
                    for key in _keys(place):
                        self._blocks[key].append(place)
                self._waiting[place].append(thing)

    def pop(self, sheet: str, area: Area) -> Iterator[T]:
        """Give what rests on an area that changed; each area that it rests on gives it once."""
        left, top, right, bottom = area
        if (left, top) == (right, bottom):
            places = {
                place
                for level in range(_LEVELS)
                for column in (left, _ANY)
                for place in self._blocks.get((sheet, column, level, (top - 1) >> level), ())
            }
            for level in range(_LEVELS):
                self._blocks.pop((sheet, left, level, (top - 1) >> level), None)
        else:
            places = set(self._waiting)
        for place in places:
            if place[0] == sheet and meet(area, place[1]):
                yield from self._waiting.pop(place, ())


def meet(first: Area, second: Area) -> bool:
    """Whether two areas have a cell in common."""
    return (
        first[0] <= second[2]
        and second[0] <= first[2]
        and first[1] <= second[3]
        and second[1] <= first[3]
    )


def _keys(place: Place) -> Iterator[tuple[str, int, int, int]]:
    sheet, (left, top, right, bottom) = place
    columns = range(left, right + 1) if right - left < _WIDE else (_ANY,)
    for level, block in _blocks(top - 1, bottom):
        for column in columns:
            yield sheet, column, level, block


def _blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut rows, counted from 0, into blocks: the power of two, and how many of it come before.

    >>> list(_blocks(0, 2**20)), list(_blocks(3, 9))
    ([(20, 0)], [(0, 3), (2, 1), (0, 8)])
    """
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level
