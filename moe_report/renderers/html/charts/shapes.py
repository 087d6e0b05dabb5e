"""Geometry of charts: scales, ticks, and the shapes that a template draws.

Everything here is plain data in the units of a drawing's ``viewBox``. What is drawn, and of which
numbers, is decided in :mod:`~moe_report.renderers.html.charts.plots` and
:mod:`~moe_report.renderers.html.charts.figures`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar

from moe_report.display import MINUS, prefixes, unit_sign

_T = TypeVar("_T")
_K = TypeVar("_K")
Shape = Literal["circle", "diamond", "square"]


@dataclass(frozen=True)
class Box:
    """A rectangle: of a bar, or of the room that a label takes.

    Attributes:
        x: Left edge.
        y: Upper edge.
        width: Width.
        height: Height.
        css: Classes of the shape.
    """

    x: float
    y: float
    width: float
    height: float
    css: str = ""

    def within(self, other: Box) -> bool:
        """Whether it lies inside another."""
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.x + self.width <= other.x + other.width
            and self.y + self.height <= other.y + other.height
        )


@dataclass(frozen=True)
class Segment:
    """A straight line.

    Attributes:
        x1: Horizontal position of its start.
        y1: Vertical position of its start.
        x2: Horizontal position of its end.
        y2: Vertical position of its end.
        css: Classes of the shape.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    css: str


@dataclass(frozen=True)
class Mark:
    """A point of data.

    Attributes:
        x: Horizontal position.
        y: Vertical position.
        radius: Half of its size.
        shape: ``circle``, ``diamond`` or ``square``, so that series differ without colour.
        css: Classes of the shape.
    """

    x: float
    y: float
    radius: float
    shape: Shape
    css: str


@dataclass(frozen=True)
class Text:
    """A line of text.

    Attributes:
        x: Where it is anchored.
        y: Its baseline.
        text: What it says.
        anchor: ``start``, ``middle`` or ``end``.
        css: Classes of the shape.
    """

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    css: str = ""


@dataclass(frozen=True)
class Path:
    """All lines or all bars of one class as one shape, which takes few bytes.

    Attributes:
        css: Classes of the shape.
        d: Its path data.
    """

    css: str
    d: str


@dataclass(frozen=True)
class TextGroup:
    """Texts of one class.

    Attributes:
        css: Its classes, the anchor among them.
        x: Where all of them are anchored; None if they differ.
        texts: The texts.
    """

    css: str
    x: float | None
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Rows:
    """Where a drawing has a row a model.

    Attributes:
        top: Upper edge of the first.
        step: Height of each.
    """

    top: float
    step: float


@dataclass(frozen=True)
class Drawing:
    """Shapes in the order they are drawn: segments, boxes, marks, texts.

    Attributes:
        width: Width of the ``viewBox``.
        height: Height of the ``viewBox``.
        segments: Grid, axes and connections.
        boxes: Bars.
        marks: Points; those of a class are in the order of the chart's table.
        texts: Labels.
        rows: Where it has a row a model, else None.
        x: Axis from left to right, where a point can be put in later, else None.
        y: Axis from bottom to top, likewise.
    """

    width: float
    height: float
    segments: tuple[Segment, ...] = ()
    boxes: tuple[Box, ...] = ()
    marks: tuple[Mark, ...] = ()
    texts: tuple[Text, ...] = ()
    rows: Rows | None = None
    x: Axis | None = None
    y: Axis | None = None

    @property
    def lines(self) -> tuple[Path, ...]:
        """The segments, one path a class."""
        grouped = _by(self.segments, lambda item: item.css)
        return tuple(Path(css, "".join(map(_line, items))) for css, items in grouped)

    @property
    def bars(self) -> tuple[Path, ...]:
        """The boxes, one path a class."""
        grouped = _by(self.boxes, lambda item: item.css)
        return tuple(Path(css, "".join(map(_bar, items))) for css, items in grouped)

    @property
    def points(self) -> tuple[tuple[str, tuple[Mark, ...]], ...]:
        """The marks by class."""
        return _by(self.marks, lambda item: item.css)

    @property
    def labels(self) -> tuple[TextGroup, ...]:
        """The texts by class and anchor, of rows also by column, if it has more than two."""
        columns = Counter((item.css, item.anchor, item.x) for item in self.texts if self.rows)

        def group(item: Text) -> tuple[str, float | None]:
            long = columns[item.css, item.anchor, item.x] > 2
            return f"{item.css} {item.anchor}".strip(), item.x if long else None

        return tuple(TextGroup(*of, texts) for of, texts in _by(self.texts, group))


def _by(items: Iterable[_T], key: Callable[[_T], _K]) -> tuple[tuple[_K, tuple[_T, ...]], ...]:
    groups: dict[_K, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return tuple((name, tuple(members)) for name, members in groups.items())


def px(value: float) -> str:
    """Return a coordinate to a tenth of a pixel.

    >>> px(12.04), px(-0.01)
    ('12', '0')
    """
    return f"{round(value, 1) + 0:g}"


def _line(item: Segment) -> str:
    if item.y1 == item.y2:
        return f"M{px(item.x1)} {px(item.y1)}H{px(item.x2)}"
    if item.x1 == item.x2:
        return f"M{px(item.x1)} {px(item.y1)}V{px(item.y2)}"
    return f"M{px(item.x1)} {px(item.y1)}L{px(item.x2)} {px(item.y2)}"


def _bar(item: Box) -> str:
    # Edges are rounded, not widths, so that bars side by side stay side by side.
    left, right = round(item.x, 1), round(item.x + item.width, 1)
    across, down = px(right - left), px(item.height)
    return f"M{px(left)} {px(item.y)}h{across}v{down}h-{across}z"


@dataclass(frozen=True)
class Axis:
    """From numbers to positions.

    Attributes:
        low: Number at ``start``.
        high: Number at ``end``.
        start: Position of ``low``.
        end: Position of ``high``.
        log: Whether equal steps are equal ratios.
        ticks: Numbers that carry a label.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool
    ticks: tuple[float, ...]

    def at(self, number: float) -> float:
        """Return the position of a number."""
        low, high, value = self.low, self.high, number
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(number)
        return round(self.start + (value - low) / (high - low) * (self.end - self.start), 2)


def axis(numbers: Sequence[float], start: float, end: float, *, log: bool, most: int = 6) -> Axis:
    """Return an axis on which all of the numbers lie.

    A linear axis begins at 0. A logarithmic one needs positive numbers.

    >>> axis([3, 46], 0, 100, log=False).ticks
    (0.0, 10.0, 20.0, 30.0, 40.0)
    >>> axis([3, 4600], 0, 100, log=True).ticks
    (10.0, 100.0, 1000.0)
    >>> axis([-0.03, -0.01], 0, 100, log=False).ticks
    (-0.03, -0.02, -0.01, 0.0)
    """
    if log:
        low, high = min(numbers) / 1.35, max(numbers) * 1.35
        narrow = max(1.0, (10 * low / high) ** 0.5)  # at least a decade, or there are no ticks
        low, high = low / narrow, high * narrow
        return Axis(low, high, start, end, True, _log_ticks(low, high, most))
    low, high = min(0.0, *numbers) * 1.03, max(0.0, *numbers) * 1.03
    if low == high:  # both 0
        high = 1.0
    step = _step((high - low) / most)
    first = math.ceil(low / step)
    count = math.floor(high / step) - first + 1
    return Axis(low, high, start, end, False, tuple((first + at) * step for at in range(count)))


def tick_text(number: float, unit: str, format: str = "si") -> str:
    """Return a number as short as an axis wants it.

    >>> tick_text(2e10, "parameters"), tick_text(0, "FLOP/token"), tick_text(-2e3, "byte")
    ('20 B', '0', '−2 kB')
    >>> tick_text(0.05, "ratio", "percent"), tick_text(2.5, "ratio", "factor")
    ('5 %', '2.5×')
    """
    if number < 0:
        return MINUS + tick_text(-number, unit, format)
    if number == 0:
        return "0"
    if format == "percent":
        return f"{Decimal(f'{number * 100:.3g}'):f} %"
    if format == "factor":
        return f"{number:g}×"
    for factor, sign in prefixes(unit):
        if number >= factor:
            return f"{number / factor:g} {sign}"
    return f"{number:g} {unit_sign(unit)}".rstrip()


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _log_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [
            number
            for exponent in exponents
            for factor in factors
            if low <= (number := factor * 10.0**exponent) <= high
        ]
        if len(ticks) <= most:
            return tuple(ticks)
    return tuple(ticks[:: math.ceil(len(ticks) / most)])
