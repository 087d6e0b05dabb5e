"""What rests on what changed, step by step, however long and in whatever order the chain is."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
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
    Those that meet several rows have the first of them, or begin below it.
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

    def pop(self, sheet: str, area: Area) -> list[T]:
        """Take what rests on an area that changed; each area that it rests on gives it once."""
        left, top, right, bottom = area
        columns: Iterable[int] = (left, _ANY)
        if left < right:
            columns = (at for at in self._starts[sheet] if at == _ANY or left <= at <= right)
        met: list[Place] = []
        for column in columns:
            for level in range(_LEVELS):  # what has the first of the rows
                block = self._blocks.get((sheet, column, level, (top - 1) >> level), [])
                met += _taken(block, 0, len(block), area)
            if top < bottom:
                listed = self._starts[sheet].get(column, [])
                first, end = (bisect_right(listed, row, key=_top) for row in (top, bottom))
                met += _taken(listed, first, end, area)
        return [thing for place in met for thing in self._waiting.pop(place, ())]

    @cached_property
    def _starts(self) -> Mapping[str, dict[int, list[Place]]]:
        """The areas by sheet and column, from the uppermost on: only areas of several ask."""
        found: dict[str, dict[int, list[Place]]] = defaultdict(dict)
        for place in sorted(self._waiting, key=_top):
            for column in _columns(place[1]):
                found[place[0]].setdefault(column, []).append(place)
        return found


def _taken(places: list[Place], first: int, end: int, area: Area) -> list[Place]:
    """Take those of some places that meet an area out of their list."""
    some = places[first:end]
    places[first:end] = [place for place in some if not meet(area, place[1])]
    return [place for place in some if meet(area, place[1])]


def _top(place: Place) -> int:
    return place[1][1]


def _columns(area: Area) -> Iterable[int]:
    left, _, right, _ = area
    return range(left, right + 1) if right - left < _WIDE else (_ANY,)


def meet(first: Area, second: Area) -> bool:
    """Whether two areas have a cell in common."""
    return (
        first[0] <= second[2]
        and second[0] <= first[2]
        and first[1] <= second[3]
        and second[1] <= first[3]
    )


def _keys(place: Place) -> Iterator[tuple[str, int, int, int]]:
    sheet, area = place
    for level, block in _blocks(area[1] - 1, area[3]):
        for column in _columns(area):
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
