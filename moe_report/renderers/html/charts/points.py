"""Drawings with two axes of numbers: points with guide lines, and lines through points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moe_report.renderers.html.charts.labels import (
    SMALL_TEXT,
    fit,
    overlap,
    place_labels,
    room_of,
    text_width,
    tick_labels,
)
from moe_report.renderers.html.charts.plots import WIDE, Drawn, Numbers, Unit
from moe_report.renderers.html.charts.shapes import (
    Axis,
    Box,
    Drawing,
    Mark,
    Segment,
    Text,
    axis,
    tick_text,
)

CROWD = 60  # more models get smaller marks, which are not joined
_MOST_GUIDES = 6
_SHORTEST = 70.0  # a shorter line does not show where it leads
_MARGIN = 54.0  # at the right, for the labels of the lines


@dataclass(frozen=True)
class Plane:
    """What two axes count, and whether equal steps on them are equal ratios."""

    x: Unit
    y: Unit
    x_log: bool
    y_log: bool


@dataclass(frozen=True)
class Guide:
    """A line through the points that have one ratio of y to x.

    Attributes:
        slope: That ratio.
        segment: Where it runs.
        label: At its end, outside of the axes; None if it found no room.
    """

    slope: float
    segment: Segment
    label: Text | None


def scatter(
    names: Sequence[str],
    numbers: Numbers,
    series: Sequence[Drawn],
    width: float,
    plane: Plane,
    slopes: Sequence[tuple[str, float]] = (),
) -> tuple[Drawing, int]:
    """Return numbers against a number, and how many labels found no room.

    A model has its x, then its y; where it has several, a line joins its marks.
    """
    x, y = _axes(numbers, width, plane)
    guides = guide_lines(x, y, slopes, width)
    segments = [*_frame(x, y), *(guide.segment for guide in guides)]
    texts = [guide.label for guide in guides if guide.label]
    crowd = len(names) > CROWD
    marks, thin = [], []
    for across, *ups in numbers:
        at, highs = x.at(across), [y.at(up) for up in ups]
        if not crowd and len(highs) > 1:
            segments.append(Segment(at, max(highs), at, min(highs), "span"))
            thin.append(Box(at - 1.5, min(highs), 3, max(highs) - min(highs)))
        for item, high, later in reversed([*zip(series, highs, range(len(highs)), strict=True)]):
            radius = (2.5 if crowd else 4.0) if later else (3.0 if crowd else 5.0)
            css = f"ring {item.css}" if later else item.css
            marks.append(Mark(at, high, radius, "circle", css))
    points = [(x.at(row[0]), y.at(row[1])) for row in numbers]
    return _labelled(names, points, (segments, marks, texts, thin), (x, y), plane, width)


def lines(
    names: Sequence[str],
    numbers: Numbers,
    series: Sequence[Drawn],
    width: float,
    plane: Plane,
) -> tuple[Drawing, int]:
    """Return a line for each y through the models, and how many labels found no room.

    A model has its x, then its y; they come in the order of x.
    """
    x, y = _axes(numbers, width, plane)
    segments, marks, thin = _frame(x, y), [], []
    radius = 2.5 if len(names) > CROWD else 4.0
    for at, item in enumerate(series, start=1):
        places = [(x.at(row[0]), y.at(row[at])) for row in numbers]
        for (left, low), (right, high) in pairwise(places):
            segments.append(Segment(left, low, right, high, f"line {item.css}"))
            thin += _boxes_along(left, low, right, high)
        marks += [Mark(across, up, radius, "circle", item.css) for across, up in places]
    points = [(x.at(row[0]), y.at(row[1])) for row in numbers]
    drawing, left_off = _labelled(names, points, (segments, marks, [], thin), (x, y), plane, width)
    return drawing, left_off


_Shapes = tuple[list[Segment], list[Mark], list[Text], list[Box]]


def _labelled(
    names: Sequence[str],
    points: Sequence[tuple[float, float]],
    shapes: _Shapes,
    axes: tuple[Axis, Axis],
    plane: Plane,
    width: float,
) -> tuple[Drawing, int]:
    """Return a drawing of shapes with the names of its points, and how many found no room."""
    (segments, marks, texts, thin), (x, y) = shapes, axes
    solid = [room_of(text) for text in texts]
    for mark in marks:
        around = mark.radius + 1
        solid.append(Box(mark.x - around, mark.y - around, 2 * around, 2 * around))
    room = Box(x.start + 2, y.end, width - x.start - 2, y.start - y.end)
    named = [(at, up, fit(name, 150)) for name, (at, up) in zip(names, points, strict=True)]
    labels = place_labels(named, solid, thin, room)
    placed = [label for label in labels if label]
    segments = [*segments, *(label.leader for label in placed if label.leader)]
    texts = [*texts, *(label.text for label in placed), *_axis_texts(x, y, plane, width)]
    drawing = Drawing(
        width, y.start + 44, tuple(segments), (), tuple(marks), tuple(texts), x=x, y=y
    )
    return drawing, labels.count(None)


def _axes(numbers: Numbers, width: float, plane: Plane) -> tuple[Axis, Axis]:
    height = 260.0 if len(numbers) < 3 else 360.0 if len(numbers) < 8 else 470.0
    height -= 50 if width < WIDE else 0
    top, bottom = 30.0, height - 44
    ups = [number for row in numbers for number in row[1:]]
    if plane.y_log:
        ups.append(min(row[1] for row in numbers) / 1.3)  # leaves room for labels below
    y = axis(ups, bottom, top, log=plane.y_log, most=6)
    ticks = [tick_text(tick, plane.y.name, plane.y.format) for tick in y.ticks]
    left = max(text_width(text, SMALL_TEXT) for text in ticks) + 10
    sizes = [row[0] for row in numbers]
    most = 6 if width == WIDE else 4
    return axis(sizes, left, width - _MARGIN, log=plane.x_log, most=most), y


def _frame(x: Axis, y: Axis) -> list[Segment]:
    left, right, top, bottom = x.start, x.end, y.end, y.start
    return [
        *(Segment(x.at(tick), bottom, x.at(tick), bottom + 4, "grid") for tick in x.ticks),
        *(Segment(left - 4, y.at(tick), left, y.at(tick), "grid") for tick in y.ticks),
        Segment(left, top, left, bottom, "grid"),
        Segment(left, bottom, right, bottom, "grid"),
    ]


def _axis_texts(x: Axis, y: Axis, plane: Plane, width: float) -> list[Text]:
    def said(unit: Unit, *, log: bool) -> str:
        return fit(f"{unit.said}, logarithmic scale" if log else unit.said, width)

    across = [(x.at(tick), tick_text(tick, plane.x.name, plane.x.format)) for tick in x.ticks]
    up = [(y.at(tick) + 4, tick_text(tick, plane.y.name, plane.y.format)) for tick in y.ticks]
    below = said(plane.x, log=x.log)
    half = text_width(below, SMALL_TEXT) / 2
    middle = min(max((x.start + x.end) / 2, half), width - half)
    return [
        *tick_labels(across, y.start + 16, 0, width),
        *(Text(x.start - 7, at, words, "end", "tick") for at, words in up),
        Text(middle, y.start + 36, below, "middle", "axis"),
        Text(0, 11, said(plane.y, log=y.log), "start", "axis"),
    ]


def fractions_of(label: str, slope: float, numbers: Numbers) -> list[tuple[str, float]]:
    """Return a slope and halves of it, or quarters and so on, down to the lowest of the points."""
    lowest = min(row[1] / row[0] for row in numbers) / slope
    factor = 2 ** max(1, math.ceil(math.log2(1 / min(lowest, 1.0)) / (_MOST_GUIDES - 1)))
    powers = [factor**power for power in range(_MOST_GUIDES)]
    return [(label if power == 1 else f"1/{power}", slope / power) for power in powers]


def guide_lines(x: Axis, y: Axis, slopes: Sequence[tuple[str, float]], width: float) -> list[Guide]:
    """Return the lines of some slopes, where they run inside of the axes.

    Args:
        x: Axis from left to right.
        y: Axis upwards.
        slopes: What stands at the end of each line, and its y over its x; the first is drawn whole.
        width: Of the drawing; labels end before it.
    """
    guides: list[Guide] = []
    taken: list[Box] = []
    for at, (words, slope) in enumerate(slopes):
        begin, end = max(x.low, y.low / slope), min(x.high, y.high / slope)
        if begin >= end:
            continue
        from_x, from_y = x.at(begin), y.at(begin * slope)
        to_x, to_y = x.at(end), y.at(end * slope)
        if math.hypot(to_x - from_x, to_y - from_y) < _SHORTEST:
            continue
        label = _end_label(to_x, to_y, words, x, width)
        room = room_of(label)
        free = room.x + room.width <= width and not any(overlap(room, one) for one in taken)
        taken.append(room)
        segment = Segment(from_x, from_y, to_x, to_y, "iso" if at else "iso whole")
        guides.append(Guide(slope, segment, label if free else None))
    return guides


def _end_label(at: float, high: float, words: str, x: Axis, width: float) -> Text:
    """Return a label right of the frame, or above it where the line leaves there."""
    if at >= x.end - 0.5:
        return Text(at + 5, high + 4, fit(words, _MARGIN - 6), "start", "iso-label")
    words = fit(words, width / 3)
    half = text_width(words, SMALL_TEXT) / 2
    return Text(min(at, width - half), high - 5, words, "middle", "iso-label")


def _boxes_along(left: float, low: float, right: float, high: float) -> list[Box]:
    """Return small boxes along a line, which labels keep off."""
    steps = max(1, round(math.hypot(right - left, high - low) / 8))
    return [
        Box(left + (right - left) * at / steps - 1.5, low + (high - low) * at / steps - 1.5, 3, 3)
        for at in range(steps + 1)
    ]
