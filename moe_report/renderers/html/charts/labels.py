"""Labels of charts: how wide a text is, how it is cut, and where it fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from moe_report.renderers.html.charts.shapes import Box, Segment, Text

TEXT_SIZE, SMALL_TEXT = 12.0, 11.0
_LARGE = frozenset({"name", "value"})  # the classes of texts that are not small
_MOST = 40  # labels tried; more never fit a chart
# Advance widths in em, each of whichever font has the character widest: DejaVu Sans, Verdana,
# Liberation Sans (as wide as Arial) or Open Sans. Which one a reader has is not known.
_EMS = {
    0.37: " ',.fijl",
    0.46: '!"()-/:;I[\\]rt',
    0.56: "?JLcsz|",
    0.64: "$*0123456789FT_`abdeghknopquvxy{}",
    0.74: "ABCEKPRSUVXYZ",
    0.79: "&DGHNOQ",
    0.84: "#+<=>^w~",
    0.91: "M",
    1.02: "@Wm",
    1.08: "%",
}
_EM = {char: width for width, chars in _EMS.items() for char in chars}
_OTHER = 1.1  # what neither Greek nor Cyrillic exceed; characters of Chinese are 1.0


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return how wide a text is at most.

    >>> text_width("ill") < text_width("and") < text_width("MoE") < text_width("模型数")
    True
    """
    return sum(_EM.get(char, _OTHER) for char in text) * size


def room_of(text: Text) -> Box:
    """Return the room that a text takes in a drawing at most."""
    size = TEXT_SIZE if text.css in _LARGE else SMALL_TEXT
    width = text_width(text.text, size)
    left = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return Box(left, text.y - size * 0.86, width, size * 1.09)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def tick_labels(
    ticks: Sequence[tuple[float, str]], baseline: float, left: float, right: float
) -> list[Text]:
    """Return the labels below an axis: all of them, or every second or third, so that none touch.

    Args:
        ticks: Position and text of each.
        baseline: Where they stand.
        left: No label begins before it.
        right: No label ends behind it.
    """
    halves = [text_width(words, SMALL_TEXT) / 2 for _, words in ticks]
    middles = [
        min(max(at, left + half), right - half) for (at, _), half in zip(ticks, halves, strict=True)
    ]
    for every in range(1, len(ticks) + 1):
        kept = range(0, len(ticks), every)
        if all(
            middles[one] + halves[one] + 4 <= middles[other] - halves[other]
            for one, other in pairwise(kept)
        ):
            return [Text(middles[at], baseline, ticks[at][1], "middle", "tick") for at in kept]
    return []


def fit(text: str, width: float) -> str:
    """Return a text, cut with an ellipsis in its middle if it is wider than there is room.

    The end stays, for names often differ only there.

    >>> fit("a-model-with-a-long-name-7B", 120)
    'a-model…ame-7B'
    """
    if text_width(text) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        front = (kept + 1) // 2
        short = f"{text[:front]}…{text[len(text) - (kept - front) :]}"
        if text_width(short) <= width:
            return short
    return "…"


@dataclass(frozen=True)
class Label:
    """A label that found room.

    Attributes:
        text: Where it stands.
        leader: A thin line to its point, where it is not right beside it.
    """

    text: Text
    leader: Segment | None = None


def place_labels(
    points: Sequence[_Point], marks: Sequence[Box], lines: Sequence[Box], frame: Box
) -> list[Label | None]:
    """Return a label for each point, None where it would lie on something.

    Labels are put right beside their points first; those that find no room there may stand apart,
    at the end of a thin line.

    Args:
        points: Position and text of each, the most important first.
        marks: What neither a label nor its line may lie on.
        lines: What a label may not lie on, though its line may cross it.
        frame: Where labels have to lie.
    """
    solid, thin = _Obstacles(marks), _Obstacles(lines)
    labels: list[Label | None] = [None] * len(points)
    for places in (_BESIDE, _APART):
        for at, point in enumerate(points[:_MOST]):
            labels[at] = labels[at] or _placed(point, places, solid, thin, frame)
    return labels


class _Obstacles:
    """Boxes that others must not lie on, as an array: a crowded chart asks a million times."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._edges = np.empty((4, 0))
        self.add(*boxes)

    def add(self, *boxes: Box) -> None:
        """Put more boxes in the way."""
        edges = [(b.x, b.y, b.x + b.width, b.y + b.height) for b in boxes]
        if edges:
            self._edges = np.hstack([self._edges, np.array(edges).T])

    def meet(self, box: Box) -> bool:
        """Whether a box lies on one of them."""
        left, top, right, bottom = self._edges
        return bool(
            np.any(
                (box.x < right)
                & (left < box.x + box.width)
                & (box.y < bottom)
                & (top < box.y + box.height)
            )
        )


def _placed(
    point: _Point, places: Sequence[_Place], solid: _Obstacles, thin: _Obstacles, frame: Box
) -> Label | None:
    x, y, text = point
    for anchor, dx, dy in places:
        placed = Text(round(x + dx, 2), round(y + dy, 2), text, anchor, "point-label")
        box = room_of(placed)
        if not box.within(frame) or solid.meet(box) or thin.meet(box):
            continue
        leader = None
        if places is _APART:
            end = x + dx + (-2 if anchor == "start" else 2)
            leader = Segment(x, y, end, y + dy - 3.5, "leader")
        line = _along(leader) if leader else []
        if not any(map(solid.meet, line)):
            solid.add(box)
            thin.add(*line)
            return Label(placed, leader)
    return None


def _along(line: Segment) -> list[Box]:
    """Return small boxes along a line, from where it leaves the mark that it starts at."""
    across, down = line.x2 - line.x1, line.y2 - line.y1
    length = math.hypot(across, down)
    steps = max(1, round(length / 5))
    shares = [at / steps for at in range(steps + 1) if at / steps * length > 9]
    return [Box(line.x1 + across * at - 1, line.y1 + down * at - 1, 2, 2) for at in shares]


_Anchor = Literal["start", "middle", "end"]
_Place = tuple[_Anchor, float, float]
_Point = tuple[float, float, str]
_BESIDE: tuple[_Place, ...] = (
    ("start", 10, 4),
    ("end", -10, 4),
    ("middle", 0, 18),
    ("start", 6, 14),
    ("end", -6, 14),
    ("start", 6, -6),
    ("end", -6, -6),
    ("start", -5, 18),
    ("end", 5, 18),
)
# Down first: above a point stands the mark that it is compared with.
_APART: tuple[_Place, ...] = tuple(
    ("start" if right else "end", (1 if right else -1) * aside, down)
    for distance in (24, 38, 52, 68, 86, 106, 130, 156)
    for aside, down in (
        (10, distance),
        (distance, distance / 2 + 4),
        (distance, 4),
        (10, -distance),
    )
    for right in (True, False)
)
