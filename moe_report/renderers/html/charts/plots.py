"""Drawings with a row a model: pairs of marks, bars, stacked bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from moe_report.display import show
from moe_report.renderers.html.charts.labels import SMALL_TEXT, fit, text_width, tick_labels
from moe_report.renderers.html.charts.shapes import (
    Axis,
    Box,
    Drawing,
    Mark,
    Rows,
    Segment,
    Text,
    axis,
    tick_text,
)
from moe_report.schema.components import COMPONENTS

WIDE, NARROW = 540.0, 340.0
_ROW, _TALL_ROW = 23.0, 38.0  # a tall row has the name above its marks
_NAME = 175.0  # the most room that names take beside their marks
_GAP = 15.0  # between columns of numbers
_BAR_COLUMN = 66.0  # the least room of a column of numbers that lie on bars

Numbers = Sequence[tuple[float, ...]]


@dataclass(frozen=True)
class Series:
    """One of the two numbers of a row.

    Attributes:
        css: Class of its colour.
        head: A word above its column.
        label: What it is.
    """

    css: str
    head: str
    label: str


def slices() -> list[tuple[str, str, slice]]:
    """Return class, label and place of each component in a row of the ledger's numbers."""
    found, start = [], 0
    for (css, label), parts in groupby(COMPONENTS, lambda part: (part.css, part.group)):
        end = start + len(list(parts))
        found.append((css, label, slice(start, end)))
        start = end
    return found


def pairs(
    names: Sequence[str],
    numbers: Numbers,
    series: tuple[Series, Series],
    width: float,
    unit: str,
    said: str,
    *,
    log: bool,
) -> Drawing:
    """Return two numbers a row: marks joined by a line, or of linear amounts a bar inside a bar.

    ``said`` is the label of the axis.
    """
    frame = _Frame(names, _columns(numbers, series, unit), width)
    x = frame.axis([number for row in numbers for number in row], log=log)
    segments, texts = frame.grid(x, unit, said)
    if unit == "ratio" or log:
        lines, marks = _joined(frame, x, numbers, series)
        return frame.drawing(segments + lines, [], marks, texts)
    boxes = [
        Box(frame.left, frame.middle(at) - height / 2, x.at(number) - frame.left, height, item.css)
        for at, row in enumerate(numbers)
        for item, number, height in zip(series, row, (14, 8), strict=True)
    ]
    return frame.drawing(segments, boxes, [], texts)


def overheads(
    names: Sequence[str],
    numbers: Numbers,
    series: tuple[Series, Series],
    width: float,
    *,
    log: bool,
) -> Drawing:
    """Return two shares a row as marks joined by a line, and an amount in bytes on a bar.

    A row has the two shares, of which ``series`` and ``log`` speak, and the bytes.
    """
    shares = [row[:2] for row in numbers]
    moved = ("moved", *(show(row[2], "byte/token", "si") for row in numbers))
    columns = [*_columns(shares, series, "ratio"), _Column("moved-text", moved, _BAR_COLUMN)]
    frame = _Frame(names, columns, width)
    x = frame.axis([share for row in shares for share in row], log=log)
    segments, texts = frame.grid(x, "ratio", "share of the model")
    lines, marks = _joined(frame, x, shares, series)
    left, right = frame.room(2)
    most = max(row[2] for row in numbers)
    boxes = [
        Box(left, frame.middle(at) - 8, (right - left) * row[2] / most, 16, "moved")
        for at, row in enumerate(numbers)
    ]
    return frame.drawing(segments + lines, boxes, marks, texts)


def stacks(names: Sequence[str], numbers: Numbers, width: float) -> Drawing:
    """Return two stacked bars a row: all parameters by component, and those of a token.

    A row has the components in the order of the ledger, then the active routed experts.
    """
    both = [(row[:-1], (*row[:-2], row[-1])) for row in numbers]
    shown = [
        tuple(show(parts[-1] / sum(parts), "ratio", "percent") for parts in row) for row in both
    ]
    columns = [
        _Column("", (head, *(texts[at] for texts in shown)))
        for at, head in enumerate(("of all", "of active"))
    ]
    frame = _Frame(names, columns, width, higher=8)
    x = axis([0.0, 1 / 1.03], frame.left, frame.right, log=False, most=5)
    segments, texts = frame.grid(x, "ratio", "share of parameters")
    boxes: list[Box] = []
    for at, (whole, used) in enumerate(both):
        y = frame.middle(at)
        boxes += _stack(whole, x, y - 10, 12)
        boxes += _stack(used, x, y + 3, 6)
    return frame.drawing(segments, boxes, [], texts)


def _stack(parts: Sequence[float], x: Axis, y: float, height: float) -> Iterator[Box]:
    total, before = sum(parts), 0.0
    for css, _, at in slices():
        amount = sum(parts[at])
        start, end = x.at(before / total), x.at((before + amount) / total)
        before += amount
        gap = 1.0 if end - start > 3 else 0.0  # a hairline between parts that can spare it
        if end - start >= 0.1:  # less is not drawn; the table has it
            yield Box(start, y, end - start - gap, height, css)


def _joined(
    frame: _Frame, x: Axis, numbers: Numbers, series: tuple[Series, Series]
) -> tuple[list[Segment], list[Mark]]:
    segments, marks = [], []
    for at, (first, second) in enumerate(numbers):
        y = frame.middle(at)
        segments.append(Segment(x.at(second), y, x.at(first), y, "span"))
        marks.append(Mark(x.at(first), y, 5, "circle", series[0].css))
        marks.append(Mark(x.at(second), y, 5, "diamond", series[1].css))
    return segments, marks


@dataclass(frozen=True)
class _Column:
    """A column of numbers at the right: class of its head, head and numbers, the least width."""

    css: str
    texts: tuple[str, ...]
    least: float = 0.0

    @property
    def width(self) -> float:
        head, *numbers = self.texts
        widest = max(text_width(head, SMALL_TEXT), *(text_width(text) for text in numbers))
        return max(self.least, widest)


def _columns(numbers: Numbers, series: tuple[Series, Series], unit: str) -> list[_Column]:
    form = "percent" if unit == "ratio" else "si"
    return [
        _Column(f"{item.css}-text", (item.head, *(show(row[at], unit, form) for row in numbers)))
        for at, item in enumerate(series)
    ]


class _Frame:
    """Where rows, their names and columns of numbers stand in a drawing of some width."""

    def __init__(
        self, names: Sequence[str], columns: Sequence[_Column], width: float, *, higher: float = 0
    ) -> None:
        self.names = names
        self.columns = columns
        self.width = width
        self.tall = width < WIDE
        longest = max(text_width(name) for name in names)
        self.left = 8.0 if self.tall else min(longest, _NAME) + 18
        self.right = self.room(0)[0] - 10
        self.step = (_TALL_ROW if self.tall else _ROW) + higher
        self.top = 24.0
        self.bottom = self.top + self.step * len(names)

    def room(self, column: int) -> tuple[float, float]:
        """Return the left and right edge of a column of numbers."""
        after = sum(item.width + _GAP for item in self.columns[column + 1 :])
        right = self.width - 2 - after
        return right - self.columns[column].width, right

    def middle(self, at: int) -> float:
        return self.top + self.step * (at + 0.5) + (8 if self.tall else 0)

    def axis(self, numbers: Sequence[float], *, log: bool) -> Axis:
        most = max(2, int((self.right - self.left) / 42))
        return axis(numbers, self.left, self.right, log=log, most=most)

    def grid(self, x: Axis, unit: str, said: str) -> tuple[list[Segment], list[Text]]:
        segments = [Segment(x.at(t), self.top, x.at(t), self.bottom, "grid") for t in x.ticks]
        ticks = [(x.at(tick), tick_text(tick, unit)) for tick in x.ticks]
        texts = tick_labels(ticks, self.bottom + 15, 0, self.room(0)[1])
        label = f"{said}, logarithmic scale" if x.log else said
        half = text_width(label, SMALL_TEXT) / 2
        middle = max(half, (self.left + self.right) / 2)
        texts.append(Text(middle, self.bottom + 32, label, "middle", "axis"))
        return segments, texts

    def drawing(
        self,
        segments: Sequence[Segment],
        boxes: Sequence[Box],
        marks: Sequence[Mark],
        texts: Sequence[Text],
    ) -> Drawing:
        """Return the drawing, with the names and the columns of numbers."""
        return Drawing(
            self.width,
            self.bottom + 38,
            segments=tuple(segments),
            boxes=tuple(boxes),
            marks=tuple(marks),
            texts=(*texts, *self._names(), *self._numbers()),
            rows=Rows(self.top, self.step),
        )

    def _names(self) -> Iterator[Text]:
        room = self.width if self.tall else self.left - 14
        for at, name in enumerate(self.names):
            y = self.middle(at)
            if self.tall:
                yield Text(0, y - 14, fit(name, room), "start", "name")
            else:
                yield Text(room, y + 4, fit(name, room), "end", "name")

    def _numbers(self) -> Iterator[Text]:
        for at, column in enumerate(self.columns):
            edge = self.room(at)[1] - (3 if column.least else 0)
            head, *numbers = column.texts
            yield Text(edge, 12, head, "end", f"head {column.css}".rstrip())
            for row, text in enumerate(numbers):
                yield Text(edge, self.middle(row) + 4, text, "end", "value")
