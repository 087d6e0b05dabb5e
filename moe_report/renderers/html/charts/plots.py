"""Drawings with a row a model: marks, bars, stacked bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moe_report.display import show
from moe_report.renderers.html.charts.labels import SMALL_TEXT, fit, text_width, tick_labels
from moe_report.renderers.html.charts.shapes import (
    Axis,
    Box,
    Drawing,
    Mark,
    Rows,
    Segment,
    Shape,
    Text,
    axis,
    tick_text,
)

WIDE, NARROW = 540.0, 340.0
_ROW, _TALL_ROW = 23.0, 38.0  # a tall row has the name above its marks
_NAME = 175.0  # the most room that names take beside their marks
_GAP = 15.0  # between columns of numbers
_HEAD = 80.0  # the most room of a word above a column of numbers

Numbers = Sequence[tuple[float, ...]]
_SHAPES: tuple[Shape, ...] = ("circle", "diamond", "square")
_HEIGHTS = (14, 8, 4)  # of bars inside each other


@dataclass(frozen=True)
class Drawn:
    """One of the numbers of a row, or a part of a bar.

    Attributes:
        css: Class of its colour.
        head: A word above its column.
        label: What it is.
    """

    css: str
    head: str
    label: str


@dataclass(frozen=True)
class Unit:
    """What an axis counts.

    Attributes:
        name: The unit of the numbers.
        format: How they are shown.
        said: Words below the axis.
    """

    name: str
    format: str
    said: str

    def show(self, number: float) -> str:
        """Return a number as it stands at the right of a row."""
        return show(number, self.name, self.format)


def joined(count: int, unit: Unit, *, log: bool) -> bool:
    """Whether the numbers of a row are marks on a line, not bars."""
    return log or (count > 1 and unit.format == "percent")


def shape_of(at: int, count: int, unit: Unit, *, log: bool) -> str:
    """Return the shape of one of the numbers of a row, as a legend draws it."""
    return _SHAPES[at] if joined(count, unit, log=log) else "bar"


def rows(
    names: Sequence[str],
    numbers: Numbers,
    series: Sequence[Drawn],
    width: float,
    unit: Unit,
    *,
    log: bool,
) -> Drawing:
    """Return some numbers a row: marks joined by a line, or bars inside each other."""
    frame = _Frame(names, _columns(numbers, series, unit), width)
    x = frame.axis([number for row in numbers for number in row], log=log)
    segments, texts = frame.grid(x, unit)
    if joined(len(series), unit, log=log):
        lines, marks = _joined(frame, x, numbers, series)
        return frame.drawing(segments + lines, [], marks, texts)
    zero = x.at(0)
    boxes = [
        Box(
            min(zero, x.at(number)),
            frame.middle(at) - height / 2,
            abs(x.at(number) - zero),
            height,
            item.css,
        )
        for at, row in enumerate(numbers)
        for item, number, height in zip(series, row, _HEIGHTS, strict=False)
    ]
    return frame.drawing(segments, boxes, [], texts)


def stacks(
    names: Sequence[str],
    bars: Sequence[Numbers],
    series: Sequence[Drawn],
    heads: Sequence[str],
    width: float,
    unit: Unit,
    *,
    focus: int | None,
    shares: bool,
) -> Drawing:
    """Return one or more stacked bars a row, the first of them the thickest.

    Args:
        names: The models' names.
        bars: For each model its bars, each the numbers of its parts.
        series: The parts.
        heads: A word for each bar, above its column of numbers.
        width: Of the drawing.
        unit: What the parts are counted in.
        focus: Place of the part whose share is written beside a bar; None for the whole.
        shares: Whether each bar is 100 %.
    """
    unit = replace(unit, name="ratio", format="percent") if shares else unit

    def said(parts: Sequence[float]) -> str:
        if focus is None:
            return unit.show(sum(parts))
        return show(parts[focus] / sum(parts), "ratio", "percent")

    count = len(heads)
    columns = [
        _Column("", (head, *(said(model[at]) for model in bars))) for at, head in enumerate(heads)
    ]
    frame = _Frame(names, columns, width, higher=8 * (count - 1))
    longest = max(sum(parts) for model in bars for parts in model)
    if shares:
        x = axis([0.0, 1 / 1.03], frame.left, frame.right, log=False, most=5)
    else:
        x = frame.axis([0.0, longest], log=False)
    segments, texts = frame.grid(x, unit)
    boxes: list[Box] = []
    for at, model in enumerate(bars):
        top = frame.middle(at) - (12 + 7 * (count - 1)) / 2
        for place, parts in enumerate(model):
            whole = sum(parts) if shares else 1.0
            y, height = (top, 12) if place == 0 else (top + 6 + 7 * place, 6)
            boxes += _stack([part / whole for part in parts], series, x, y, height)
    return frame.drawing(segments, boxes, [], texts)


def _stack(
    parts: Sequence[float], series: Sequence[Drawn], x: Axis, y: float, height: float
) -> Iterator[Box]:
    before = 0.0
    for item, amount in zip(series, parts, strict=True):
        start, end = x.at(before), x.at(before + amount)
        before += amount
        gap = 1.0 if end - start > 3 else 0.0  # a hairline between parts that can spare it
        if end - start >= 0.1:  # less is not drawn; the table has it
            yield Box(start, y, end - start - gap, height, item.css)


def _joined(
    frame: _Frame, x: Axis, numbers: Numbers, series: Sequence[Drawn]
) -> tuple[list[Segment], list[Mark]]:
    segments, marks = [], []
    for at, row in enumerate(numbers):
        y = frame.middle(at)
        if len(row) > 1:
            segments.append(Segment(x.at(min(row)), y, x.at(max(row)), y, "span"))
        for item, number, shape in zip(series, row, _SHAPES, strict=False):
            marks.append(Mark(x.at(number), y, 5, shape, item.css))
    return segments, marks


@dataclass(frozen=True)
class _Column:
    """A column of numbers at the right: class of its head, head and numbers."""

    css: str
    texts: tuple[str, ...]

    @property
    def width(self) -> float:
        head, *numbers = self.texts
        return max(text_width(head, SMALL_TEXT), *(text_width(text) for text in numbers))


def _columns(numbers: Numbers, series: Sequence[Drawn], unit: Unit) -> list[_Column]:
    return [
        _Column(
            f"{item.css}-text",
            (fit(item.head, _HEAD), *(unit.show(row[at]) for row in numbers)),
        )
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
        self.top = 24.0 if self.tall else 24.5  # the middle of a row is a whole pixel
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

    def grid(self, x: Axis, unit: Unit) -> tuple[list[Segment], list[Text]]:
        segments = [Segment(x.at(t), self.top, x.at(t), self.bottom, "grid") for t in x.ticks]
        ticks = [(x.at(tick), tick_text(tick, unit.name, unit.format)) for tick in x.ticks]
        texts = tick_labels(ticks, self.bottom + 15, 0, self.room(0)[1])
        label = f"{unit.said}, logarithmic scale" if x.log else unit.said
        label = fit(label, self.width)
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
            edge = self.room(at)[1]
            head, *numbers = column.texts
            yield Text(edge, 12, head, "end", f"head {column.css}".rstrip())
            for row, text in enumerate(numbers):
                yield Text(edge, self.middle(row) + 4, text, "end", "value")
