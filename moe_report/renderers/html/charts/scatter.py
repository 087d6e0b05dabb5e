"""The drawing of FLOPs against size, with lines of equal efficiency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from moe_report.renderers.html.charts.labels import (
    SMALL_TEXT,
    fit,
    overlap,
    place_labels,
    room_of,
    text_width,
    tick_labels,
)
from moe_report.renderers.html.charts.plots import WIDE, Numbers
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
_MOST_LINES = 6
_SHORTEST = 70.0  # a shorter line does not show where it leads
_MARGIN = 54.0  # at the right, for the labels of the lines


@dataclass(frozen=True)
class IsoLine:
    """Where FLOPs a token are the same share of what a dense model of that size needs.

    Attributes:
        share: The share; 1 for the line of dense models.
        segment: Where it runs.
        label: At its end, outside of the axes; None if it found no room.
    """

    share: float
    segment: Segment
    label: Text | None


def scatter(
    names: Sequence[str], numbers: Numbers, width: float, flops_per_param: float
) -> tuple[Drawing, int]:
    """Return FLOPs against size, and how many labels found no room.

    A model has total parameters, FLOPs as routed and FLOPs with every expert on.
    """
    x, y = _axes(numbers, width)
    left, right, top, bottom = x.start, x.end, y.end, y.start
    segments = [Segment(x.at(tick), bottom, x.at(tick), bottom + 4, "grid") for tick in x.ticks]
    segments += [Segment(left - 4, y.at(tick), left, y.at(tick), "grid") for tick in y.ticks]
    segments.append(Segment(left, top, left, bottom, "grid"))
    segments.append(Segment(left, bottom, right, bottom, "grid"))
    lowest = min(sparse / total for total, sparse, _ in numbers) / flops_per_param
    lines = iso_lines(x, y, flops_per_param, lowest, width)
    segments += [line.segment for line in lines]
    texts = [line.label for line in lines if line.label]
    solid = [room_of(text) for text in texts]
    crowd = len(names) > CROWD
    marks, thin, points = [], [], []
    for name, (total, sparse, dense) in zip(names, numbers, strict=True):
        at, low, high = x.at(total), y.at(sparse), y.at(dense)
        if not crowd:
            segments.append(Segment(at, low, at, high, "span"))
            thin.append(Box(at - 1.5, high, 3, low - high))
        for position, radius, css in (
            (high, 2.5 if crowd else 4.0, "dense-equivalent"),
            (low, 3.0 if crowd else 5.0, "active"),
        ):
            marks.append(Mark(at, position, radius, "circle", css))
            around = radius + 1
            solid.append(Box(at - around, position - around, 2 * around, 2 * around))
        points.append((at, low, fit(name, 150)))
    labels = place_labels(points, solid, thin, Box(left + 2, top, width - left - 2, bottom - top))
    placed = [label for label in labels if label]
    segments += [label.leader for label in placed if label.leader]
    texts += [label.text for label in placed]
    texts += _axis_texts(x, y, width)
    drawing = Drawing(width, bottom + 44, tuple(segments), (), tuple(marks), tuple(texts), x=x, y=y)
    return drawing, labels.count(None)


def _axes(numbers: Numbers, width: float) -> tuple[Axis, Axis]:
    height = 260.0 if len(numbers) < 3 else 360.0 if len(numbers) < 8 else 470.0
    height -= 50 if width < WIDE else 0
    top, bottom = 30.0, height - 44
    least = min(row[1] for row in numbers) / 1.3  # leaves room for labels below
    costs = [least, *(number for row in numbers for number in row[1:])]
    y = axis(costs, bottom, top, log=True, most=6)
    left = max(text_width(tick_text(tick, "FLOP/token"), SMALL_TEXT) for tick in y.ticks) + 10
    sizes = [row[0] for row in numbers]
    return axis(sizes, left, width - _MARGIN, log=True, most=6 if width == WIDE else 4), y


def _axis_texts(x: Axis, y: Axis, width: float) -> list[Text]:
    size = "total parameters, logarithmic scale"
    across = [(x.at(tick), tick_text(tick, "parameters")) for tick in x.ticks]
    up = [(y.at(tick) + 4, tick_text(tick, "FLOP/token")) for tick in y.ticks]
    return [
        *tick_labels(across, y.start + 16, 0, width),
        *(Text(x.start - 7, at, words, "end", "tick") for at, words in up),
        Text((x.start + x.end) / 2, y.start + 36, size, "middle", "axis"),
        Text(0, 11, "FLOPs a token, logarithmic scale", "start", "axis"),
    ]


def iso_lines(
    x: Axis, y: Axis, flops_per_param: float, lowest: float, width: float
) -> list[IsoLine]:
    """Return the line of dense models, and those of equal shares of it, down to the lowest.

    Args:
        x: Axis of the total parameters.
        y: Axis of the FLOPs a token.
        flops_per_param: FLOPs of a parameter that works once.
        lowest: The smallest share among the points.
        width: Of the drawing; labels end before it.
    """
    steps = math.log2(1 / min(lowest, 1.0))
    factor = 2 ** max(1, math.ceil(steps / (_MOST_LINES - 1)))
    lines: list[IsoLine] = []
    taken: list[Box] = []
    for power in range(_MOST_LINES):
        share = 1 / factor**power
        slope = share * flops_per_param
        begin, end = max(x.low, y.low / slope), min(x.high, y.high / slope)
        if begin >= end:
            continue
        from_x, from_y = x.at(begin), y.at(begin * slope)
        to_x, to_y = x.at(end), y.at(end * slope)
        if math.hypot(to_x - from_x, to_y - from_y) < _SHORTEST:
            continue
        words = "dense" if power == 0 else f"1/{factor**power}"
        label = _end_label(to_x, to_y, words, x, width)
        room = room_of(label)
        free = room.x + room.width <= width and not any(overlap(room, one) for one in taken)
        taken.append(room)
        segment = Segment(from_x, from_y, to_x, to_y, "iso whole" if power == 0 else "iso")
        lines.append(IsoLine(share, segment, label if free else None))
    return lines


def _end_label(at: float, high: float, words: str, x: Axis, width: float) -> Text:
    """Return a label right of the frame, or above it where the line leaves there."""
    if at >= x.end - 0.5:
        return Text(at + 5, high + 4, words, "start", "iso-label")
    half = text_width(words, SMALL_TEXT) / 2
    return Text(min(at, width - half), high - 5, words, "middle", "iso-label")
