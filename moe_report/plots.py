"""Drawings of numbers: pairs of marks a row, a scatter, stacked bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moe_report.charts import (
    Axis,
    Box,
    Drawing,
    Mark,
    Segment,
    Text,
    axis,
    tick_text,
)
from moe_report.display import exact, show
from moe_report.labels import fit, place_labels, text_width

WIDE, NARROW = 540.0, 340.0
_ROW, _TALL_ROW = 23.0, 38.0  # a tall row has the name above its marks
_VALUE = 62.0  # room of a column of numbers at the right

# Always-active components in the order they are stacked, then what routing switches.
COMPONENTS = (
    ("embedding", "Embeddings", ("embedding_params", "unembedding_params")),
    ("attention", "Attention", ("attention_params",)),
    ("dense", "Dense FFN", ("dense_ffn_params",)),
    ("shared", "Shared experts", ("shared_expert_params",)),
    ("router", "Router", ("router_params",)),
    ("other", "Norms and other", ("norm_and_other_params",)),
    ("routed", "Routed experts", ("routed_expert_params",)),
)

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
    for css, label, names in COMPONENTS:
        found.append((css, label, slice(start, start + len(names))))
        start += len(names)
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

    Args:
        names: A name a row.
        numbers: Two numbers a row.
        series: What they are.
        width: Of the drawing.
        unit: Their unit.
        said: Label of the axis.
        log: Whether the axis is logarithmic.
    """
    frame = _Frame(names, width)
    most = max(2, int((frame.right - frame.left) / 42))
    flat = [number for row in numbers for number in row]
    x = axis(flat, frame.left, frame.right, log=log, most=most)
    segments, texts = frame.grid(x, unit, said)
    boxes: list[Box] = []
    marks: list[Mark] = []
    for at, (name, row) in enumerate(zip(names, numbers, strict=True)):
        y = frame.middle(at)
        titles = [f"{name}, {s.label}: {exact(n)}" for s, n in zip(series, row, strict=True)]
        if unit == "ratio" or log:
            segments.append(Segment(x.at(row[1]), y, x.at(row[0]), y, "span"))
            marks.append(Mark(x.at(row[0]), y, 5, "circle", series[0].css, titles[0]))
            marks.append(Mark(x.at(row[1]), y, 5, "diamond", series[1].css, titles[1]))
        else:
            for item, number, title, height in zip(series, row, titles, (14, 8), strict=True):
                length = x.at(number) - frame.left
                boxes.append(Box(frame.left, y - height / 2, length, height, item.css, title))
        for column, number in enumerate(row):
            shown = show(number, unit, "percent" if unit == "ratio" else "si")
            texts.append(Text(frame.value_edge(column), y + 4, shown, "end", "value"))
    for column, item in enumerate(series):
        texts.append(Text(frame.value_edge(column), 12, item.head, "end", f"head {item.css}-text"))
    texts.extend(frame.names())
    return Drawing(width, frame.height, tuple(segments), tuple(boxes), tuple(marks), tuple(texts))


def stacks(names: Sequence[str], numbers: Numbers, width: float) -> Drawing:
    """Return two stacked bars a row: all parameters by component, and those of a token.

    Args:
        names: A name a row.
        numbers: The components in the order of :data:`COMPONENTS`, then the active routed experts.
        width: Of the drawing.
    """
    frame = _Frame(names, width, higher=8)
    x = axis([0.0, 1 / 1.03], frame.left, frame.right, log=False, most=5)
    segments, texts = frame.grid(x, "ratio", "share of parameters")
    boxes: list[Box] = []
    for at, (name, row) in enumerate(zip(names, numbers, strict=True)):
        y = frame.middle(at)
        whole, used = row[:-1], (*row[:-2], row[-1])
        boxes += _stack(f"{name}, of all", whole, x, y - 10, 12)
        boxes += _stack(f"{name}, of a token", used, x, y + 3, 6)
        for column, parts in enumerate((whole, used)):
            share = show(parts[-1] / sum(parts), "ratio", "percent")
            texts.append(Text(frame.value_edge(column), y + 4, share, "end", "value"))
    for column, words in enumerate(("of all", "of active")):
        texts.append(Text(frame.value_edge(column), 12, words, "end", "head"))
    texts.extend(frame.names())
    return Drawing(width, frame.height, tuple(segments), tuple(boxes), (), tuple(texts))


def _stack(whose: str, parts: Sequence[float], x: Axis, y: float, height: float) -> Iterator[Box]:
    total, before = sum(parts), 0.0
    for css, label, at in slices():
        amount = sum(parts[at])
        start, end = x.at(before / total), x.at((before + amount) / total)
        before += amount
        if amount:
            share = show(amount / total, "ratio", "percent")
            gap = 1.0 if end - start > 3 else 0.0  # a hairline between parts that can spare it
            title = f"{whose}, {label}: {exact(amount)} ({share})"
            yield Box(start, y, round(end - start - gap, 2), height, css, title)


def scatter(names: Sequence[str], numbers: Numbers, width: float) -> tuple[Drawing, int]:
    """Return FLOPs against size, and how many labels found no room.

    Args:
        names: A name a model.
        numbers: Total parameters, FLOPs as routed and FLOPs with every expert on of each.
        width: Of the drawing.
    """
    height = 260.0 if len(names) < 3 else 360.0 if len(names) < 8 else 470.0
    height -= 50 if width < WIDE else 0
    left, right, top, bottom = 66.0, width - 48, 28.0, height - 44
    least = min(row[1] for row in numbers) / 1.3  # leaves room for labels below
    costs = [least, *(number for row in numbers for number in row[1:])]
    x = axis([row[0] for row in numbers], left, right, log=True, most=6 if width == WIDE else 4)
    y = axis(costs, bottom, top, log=True, most=6)
    segments = [Segment(x.at(tick), top, x.at(tick), bottom, "grid") for tick in x.ticks]
    segments += [Segment(left, y.at(tick), right, y.at(tick), "grid") for tick in y.ticks]
    across = [(x.at(tick), tick_text(tick, "parameters")) for tick in x.ticks]
    up = [(y.at(tick) + 4, tick_text(tick, "FLOP/token")) for tick in y.ticks]
    size = "total parameters, logarithmic scale"
    texts = [
        *(Text(at, bottom + 16, words, "middle", "tick") for at, words in across),
        *(Text(left - 8, at, words, "end", "tick") for at, words in up),
        Text((left + right) / 2, bottom + 36, size, "middle", "axis"),
        Text(0, 11, "FLOPs a token, logarithmic scale", "start", "axis"),
    ]
    marks, solid, thin, points = [], [], [], []
    for name, (total, sparse, dense) in zip(names, numbers, strict=True):
        at, low, high = x.at(total), y.at(sparse), y.at(dense)
        segments.append(Segment(at, low, at, high, "span"))
        for number, position, radius, css, words in (
            (dense, high, 4, "dense-equivalent", "every expert on"),
            (sparse, low, 5, "active", "as routed"),
        ):
            title = f"{name}, {words}: {show(number, 'FLOP/token', 'si')}"
            marks.append(Mark(at, position, radius, "circle", css, title))
            solid.append(
                Box(at - radius - 1, position - radius - 1, 2 * radius + 2, 2 * radius + 2)
            )
        thin.append(Box(at - 1.5, high, 3, low - high))
        points.append((at, low, fit(name, 150)))
    labels = place_labels(
        points, solid, thin, Box(left - 4, top, width - left + 4, bottom - top + 4)
    )
    texts += [label.text for label in labels if label]
    segments += [label.leader for label in labels if label and label.leader]
    drawing = Drawing(width, height, tuple(segments), (), tuple(marks), tuple(texts))
    return drawing, labels.count(None)


class _Frame:
    """Where rows, their names and two columns of numbers stand in a drawing of some width."""

    def __init__(self, labels: Sequence[str], width: float, *, higher: float = 0) -> None:
        self.labels = labels
        self.width = width
        self.tall = width < WIDE
        longest = max(text_width(label) for label in labels)
        self.left = 8.0 if self.tall else min(longest, 175.0) + 18
        self.right = width - 2 * _VALUE - 8
        self.step = (_TALL_ROW if self.tall else _ROW) + higher
        self.top = 24.0
        self.bottom = self.top + self.step * len(labels)
        self.height = self.bottom + 38

    def middle(self, at: int) -> float:
        return self.top + self.step * (at + 0.5) + (8 if self.tall else 0)

    def value_edge(self, column: int) -> float:
        return self.width - (1 - column) * _VALUE - 2

    def names(self) -> list[Text]:
        room = self.width if self.tall else self.left - 14
        return [
            Text(0, self.middle(at) - 14, fit(label, room), "start", "name")
            if self.tall
            else Text(room, self.middle(at) + 4, fit(label, room), "end", "name")
            for at, label in enumerate(self.labels)
        ]

    def grid(self, x: Axis, unit: str, said: str) -> tuple[list[Segment], list[Text]]:
        segments = [Segment(x.at(t), self.top, x.at(t), self.bottom, "grid") for t in x.ticks]
        texts = [
            Text(x.at(t), self.bottom + 15, tick_text(t, unit), "middle", "tick") for t in x.ticks
        ]
        label = f"{said}, logarithmic scale" if x.log else said
        texts.append(Text((self.left + self.right) / 2, self.bottom + 32, label, "middle", "axis"))
        return segments, texts
