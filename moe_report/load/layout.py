"""Where a sheet has its models: in rows or in columns, below which one or two rows of headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from moe_report.load.grid import HEADER_ROWS, Grid
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.units import unit_of
from moe_report.schema.headers.values import Reading

_HEADER_COLUMNS = 8  # of a sheet whose models are columns, the headers are looked for in so many
# What stands in a row of units for columns that are in single ones.
_COUNTED = frozenset({"#", "-", "count", "number", "dims", "dim", "channels", "layers", "heads",
                      "experts", "tokens", "个", "個", "개"})  # fmt: skip
_LIKE_A_NUMBER = re.compile(r"\s*[~≈<>]?\s*\d[\d.,]*\s*[a-zA-Z%]{0,3}\s*(\(|$)")
_MOST_FIELDS = 500  # no sheet whose models are columns has more rows
_ASKED = 0.25  # what a header that may be a field's counts, beside one that surely is


@dataclass(frozen=True)
class Header:
    """The header of a column.

    Attributes:
        row: The row that it stands in, the lower one of two.
        text: What stands there; empty if nothing does.
        above: The header of the group that it belongs to, if there is one.
        unit: What a row of units says below it.
    """

    row: int
    text: str
    above: str = ""
    unit: str = ""

    @property
    def shown(self) -> str:
        """The header as messages and reports name it, e.g. ``Experts / Total``."""
        return " / ".join(filter(None, (self.above, self.text)))


@dataclass(frozen=True)
class Layout:
    """Where the models of a sheet stand.

    Attributes:
        grid: The sheet's cells, turned if its models are columns.
        headers: By number of column.
        readings: What the headers may stand for, by number of column.
        top: The first row of headers.
        bottom: The last one; models stand below it.
        score: How much of the headers was understood.
    """

    grid: Grid
    headers: Mapping[int, Header]
    readings: Mapping[int, Reading]
    top: int
    bottom: int
    score: float

    @property
    def fields(self) -> int:
        """Number of the columns that surely hold numbers of a model."""
        return sum(1 for reading in self.readings.values() if _is_number(reading))


def find_layout(grid: Grid, headers: Headers) -> Layout | None:
    """Return where a sheet has its models, or None if no headers of fields are found."""
    upright = list(_candidates(grid, headers, HEADER_ROWS))
    turned = []
    if not grid.own_report and len(grid.cells) <= _MOST_FIELDS:
        turned = list(_candidates(grid.turn(), headers, _HEADER_COLUMNS))
    # the first of the best: rows rather than columns
    best = max((*upright, *turned), key=_worth, default=None)
    return best if best and best.score else None


def _worth(layout: Layout) -> tuple[float, bool]:
    """Of two that are understood alike, that of an Excel Table's own headers is worth more."""
    grid = layout.grid
    return layout.score, not grid.turned and layout.top in grid.heads


def _candidates(grid: Grid, headers: Headers, rows: int) -> Iterator[Layout]:
    for top in range(1, min(len(grid.cells), rows) + 1):
        texts = _texts(grid, top)
        if not texts or len(texts) < len(_numbers(grid, top)):
            continue
        single = _layout(grid, headers, top, top, {at: Header(top, text) for at, text in texts})
        yield single
        if not grid.own_report and top < len(grid.cells) and not _numbers(grid, top + 1):
            both = _under_groups(grid, top)
            if any(header.above for header in both.values()) and not _is_title(grid, top):
                yield _layout(grid, headers, top, top + 1, both)


def _layout(
    grid: Grid, headers: Headers, top: int, bottom: int, found: Mapping[int, Header]
) -> Layout:
    units = {} if grid.own_report else _units(grid, headers, bottom, found)
    if units:
        bottom += 1
        found = {
            at: Header(head.row, head.text, head.above, units.get(at, ""))
            for at, head in found.items()
        }
    readings = {
        at: headers.read(head.text, above=head.above, unit=head.unit) for at, head in found.items()
    }
    numbers = [reading for reading in readings.values() if _is_number(reading)]
    asked = sum(reading.state == "ask" for reading in readings.values())
    # a field counts once, however many headers it has: values may look like headers, too
    surest: dict[str, int] = {}
    for reading in numbers:
        for known in reading.known:
            surest[known.name] = max(surest.get(known.name, 0), known.exact)
    score = sum(surest.values())
    named = any(known.name == "name" for one in readings.values() for known in one.known)
    if not numbers and not (asked and named):
        return Layout(grid, found, readings, top, bottom, 0)
    return Layout(grid, found, readings, top, bottom, score + _ASKED * asked + 2 * named)


def _is_number(reading: Reading) -> bool:
    """Whether a column surely holds numbers of a model."""
    return any(known.field is None or known.field.kind != "text" for known in reading.known)


def _under_groups(grid: Grid, top: int) -> dict[int, Header]:
    """Headers in two rows: of the upper one a cell stands above all up to the next one."""
    upper, lower = dict(_texts(grid, top)), dict(_texts(grid, top + 1))
    tall = {
        left
        for left, above, right, below in grid.merged()
        if above == top < below and left == right
    }
    found: dict[int, Header] = {}
    group = ""
    for column in range(1, grid.last_column + 1):
        own = upper.get(column, "")
        group = own or group
        if column in lower and column not in tall:
            found[column] = Header(top + 1, lower[column], group)
        elif own:
            found[column] = Header(top, own)
            group = ""
    return found


def _is_title(grid: Grid, top: int) -> bool:
    """Whether a row is a title above the headers: one text, which begins where they do."""
    texts, headers = _texts(grid, top), _texts(grid, top + 1)
    return len(texts) == 1 and bool(headers) and texts[0][0] <= headers[0][0]


def _units(
    grid: Grid, headers: Headers, bottom: int, found: Mapping[int, Header]
) -> dict[int, str]:
    """What a row of units below the headers says, if there is one."""
    if bottom >= len(grid.cells):
        return {}
    texts = {at: text.strip("()[] ") for at, text in _texts(grid, bottom + 1)}
    if any(headers.read(found[at].text).of_text for at in texts.keys() & found.keys()):
        return {}  # a model may be called M
    units = {at for at, text in texts.items() if text in _COUNTED or unit_of(text)}
    if not units & found.keys() or set(_numbers(grid, bottom + 1)) - units:
        return {}
    return texts if len(units) >= (len(texts) + 1) // 2 else {}


def like_a_number(text: str) -> bool:
    """Whether a text is a number rather than a header."""
    return bool(_LIKE_A_NUMBER.match(text))


def _texts(grid: Grid, row: int) -> list[tuple[int, str]]:
    return [
        (column, grid.text(row, column))
        for column in range(1, len(grid.cells[row - 1]) + 1)
        if isinstance(grid.value(row, column), str) and grid.text(row, column)
    ]


def _numbers(grid: Grid, row: int) -> list[int]:
    return [
        column
        for column in range(1, len(grid.cells[row - 1]) + 1)
        if isinstance(value := grid.value(row, column), (int, float))
        or (isinstance(value, str) and like_a_number(value))
    ]
