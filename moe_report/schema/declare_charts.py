"""Charts that a section declares: module constants beside its metrics, drawn in page and workbook.

>>> from moe_report import Model, bars, metric
>>> @metric(symbol="r", unit="ratio", source="convention")
... def resting_share(m: Model) -> float:
...     '''Share of the experts that rest while a token passes.'''
...     return 1 - m.num_experts_per_tok / m.num_experts
>>> resting = bars("resting", resting_share, title="Most experts rest")
>>> resting.columns, resting.series[0].color
(('resting_share',), 'blue')
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

from moe_report.errors import PluginError, nearest
from moe_report.schema.bounds import is_number
from moe_report.schema.charts import (
    Bars,
    Color,
    Column,
    Lines,
    Log,
    Order,
    Part,
    Scatter,
    Series,
    Stack,
    Words,
    name_of,
)
from moe_report.schema.metrics import Metric
from moe_report.schema.section_fields import SectionField
from moe_report.text import A_TEXT, is_text

_IN_TURN: tuple[Color, ...] = (
    "blue", "orange", "green", "grey", "sky", "black", "silver", "pale",
)  # fmt: skip
_MOST_SERIES = {"bars": 3, "stack": len(_IN_TURN), "scatter": 3, "lines": 4}


def bars(
    name: str,
    series: Column | Sequence[Column],
    *,
    title: Words,
    caption: Words = "",
    labels: Sequence[str] = (),
    heads: Sequence[str] = (),
    colors: Sequence[Color] = (),
    axis: str = "",
    order: Order = "largest first",
    by: Column | None = None,
    first: str = "",
    log: Log = "auto",
    zeros: bool = True,
    headline: bool | float = False,
) -> Bars:
    """Declare a chart with a row a model: one to three numbers, as bars, the later ones inside.

    Several shares, and all numbers on a logarithmic axis, are marks on a line instead: there a
    bar's length says nothing.

    Args:
        name: Its anchor: small letters, digits, ``-`` and ``_``.
        series: The metrics, or names of fields; of one unit.
        title: Its point: a sentence, or a function that makes one of :class:`Rows`.
        caption: How to read it: sentences, or a function likewise.
        labels: What each of the series is; by default the label of the metric or field.
        heads: A word for each, above its column of numbers; by default its label.
        colors: A colour for each: black, blue, green, grey, orange, pale, silver or sky.
        axis: What the axis counts; by default the label of a single number, the unit of several.
        order: ``largest first``, ``smallest first`` or ``as read``.
        by: Which of the series orders the models; by default the first.
        first: Who is on top, e.g. ``largest model``, for the caption.
        log: Whether the axis is logarithmic; ``auto`` where the numbers span decades.
        zeros: Whether a model with a 0, or less, is shown.
        headline: True, or a number that is lower the earlier it comes, for a chart that answers
            what readers ask first.

    Raises:
        PluginError: One of them is none of what is accepted; the nearest is named.
    """
    single = isinstance(series, (Metric, SectionField, str))
    uses = _different(name, [series] if single else _listed(name, "series", series))
    drawn = _series(name, "bars", [(item,) for item in uses], labels, heads, colors)
    _one_of(name, "order", order, get_args(Order))
    _flags(name, zeros=zeros)
    key = drawn[0].columns[0] if by is None else name_of(_column(name, by))
    if key not in [item.columns[0] for item in drawn]:
        raise PluginError(f"chart {name!r} is ordered by {key!r}, which is none of its series")
    return Bars(
        **_common(name, title, caption, axis, headline), series=drawn, uses=tuple(uses),
        order=order, by=key, first=_text(name, "first", first), log=_log(name, log), zeros=zeros,
    )  # fmt: skip


def stack(
    name: str,
    parts: Sequence[Part] | Mapping[str, Sequence[Part]],
    *,
    title: Words,
    caption: Words = "",
    labels: Sequence[str] = (),
    colors: Sequence[Color] = (),
    axis: str = "",
    shares: bool = False,
    focus: str = "",
    first: str = "",
    headline: bool | float = False,
) -> Stack:
    """Declare a chart of the parts of a whole: stacked bars, a row a model, the largest on top.

    Args:
        name: Its anchor: small letters, digits, ``-`` and ``_``.
        parts: Metrics, or names of fields, from left to right; several in brackets are one part.
            Where a model has several bars, such parts by the word above each bar's numbers; a
            workbook has the first of them.
        title: Its point: a sentence, or a function that makes one of :class:`Rows`.
        caption: How to read it: sentences, or a function likewise.
        labels: What each part is; by default the label of the metric or field.
        colors: A colour for each part: black, blue, green, grey, orange, pale, silver or sky.
        axis: What the axis counts; by default the unit.
        shares: Whether a bar is 100 %, not an amount.
        focus: Label of the part whose shares are written beside the bars and order the models; by
            default it is the last, and of amounts the whole.
        first: Who is on top, e.g. ``largest share of routed experts``, for the caption.
        headline: True, or a number that is lower the earlier it comes.

    Raises:
        PluginError: One of them is none of what is accepted; the nearest is named.
    """
    named = dict(parts) if isinstance(parts, Mapping) else {"": parts}
    stacks = {_text(name, "bar", head): _parts(name, bar) for head, bar in named.items()}
    if not stacks:
        raise PluginError(f"chart {name!r} has no parts")
    if len({len(bar) for bar in stacks.values()}) != 1:
        raise PluginError(f"chart {name!r} has bars of different numbers of parts")
    own = next(iter(stacks.values()))
    drawn = _series(name, "stack", own, labels, (), colors)
    _flags(name, shares=shares)
    known = [item.label or item.columns[0] for item in drawn]
    if focus and focus not in known:
        raise PluginError(
            f"chart {name!r} has the focus {focus!r:.60}, expected the label of a part."
            f"{nearest(str(focus), known)}"
        )
    at = known.index(focus) if focus else len(known) - 1 if shares else None
    return Stack(
        **_common(name, title, caption, axis, headline), series=drawn,
        uses=tuple(item for bar in stacks.values() for part in bar for item in part),
        bars=tuple(
            (head, tuple(tuple(map(name_of, part)) for part in bar)) for head, bar in stacks.items()
        ),
        shares=shares, focus=at, first=_text(name, "first", first),
    )  # fmt: skip


def scatter(
    name: str,
    x: Column,
    y: Column | Sequence[Column],
    *,
    title: Words,
    caption: Words = "",
    labels: Sequence[str] = (),
    colors: Sequence[Color] = (),
    x_axis: str = "",
    axis: str = "",
    log: Log = "auto",
    guides: Mapping[str, float | str] | None = None,
    fractions: bool = False,
    headline: bool | float = False,
) -> Scatter:
    """Declare a chart with a point a model; of several numbers on y the later ones are rings.

    The model of the page's calculator has a mark of its own on it, at its x and its first y.

    Args:
        name: Its anchor: small letters, digits, ``-`` and ``_``.
        x: The metric, or the name of the field, that runs from left to right.
        y: Those that run upwards; of one unit.
        title: Its point: a sentence, or a function that makes one of :class:`Rows`.
        caption: How to read it: sentences, or a function likewise.
        labels: What each y is; by default the label of the metric or field.
        colors: A colour for each y: black, blue, green, grey, orange, pale, silver or sky.
        x_axis: What x counts; by default the label of the metric or field.
        axis: What y counts; by default the label of a single number, the unit of several.
        log: Whether the axes are logarithmic; ``auto`` for each where its numbers span decades.
        guides: Lines ``y = slope · x`` by what stands at their ends; a slope is a number, or the
            name of an assumption whose value it is.
        fractions: Whether there are lines at 1/2, 1/4 … of the first guide as well, as far down as
            the points are.
        headline: True, or a number that is lower the earlier it comes.

    Raises:
        PluginError: One of them is none of what is accepted; the nearest is named.
    """
    uses, own, drawn = _against(name, "scatter", x, y, x_axis, labels, colors)
    _flags(name, fractions=fractions)
    slopes = dict(guides or {})
    for label, slope in slopes.items():
        _text(name, "guide", label)
        if not isinstance(slope, str) and not (is_number(slope) and slope > 0):
            raise PluginError(
                f"chart {name!r} has the guide {slope!r:.60}, expected a number above 0, or the "
                "name of an assumption"
            )
    if fractions and not slopes:
        raise PluginError(f"chart {name!r} has fractions of no guide")
    return Scatter(
        **_common(name, title, caption, axis, headline), series=drawn, uses=uses, x=own,
        log=_log(name, log), guides=tuple(slopes.items()), fractions=fractions,
    )  # fmt: skip


def lines(
    name: str,
    x: Column,
    y: Column | Sequence[Column],
    *,
    title: Words,
    caption: Words = "",
    labels: Sequence[str] = (),
    colors: Sequence[Color] = (),
    x_axis: str = "",
    axis: str = "",
    log: Log = "auto",
    headline: bool | float = False,
) -> Lines:
    """Declare a chart with a line for each y through the models, in the order of their x.

    Args:
        name: Its anchor: small letters, digits, ``-`` and ``_``.
        x: The metric, or the name of the field, that runs from left to right.
        y: Those that run upwards; of one unit.
        title: Its point: a sentence, or a function that makes one of :class:`Rows`.
        caption: How to read it: sentences, or a function likewise.
        labels: What each y is; by default the label of the metric or field.
        colors: A colour for each y: black, blue, green, grey, orange, pale, silver or sky.
        x_axis: What x counts; by default the label of the metric or field.
        axis: What y counts; by default the label of a single number, the unit of several.
        log: Whether the axes are logarithmic; ``auto`` for each where its numbers span decades.
        headline: True, or a number that is lower the earlier it comes.

    Raises:
        PluginError: One of them is none of what is accepted; the nearest is named.
    """
    uses, own, drawn = _against(name, "lines", x, y, x_axis, labels, colors)
    return Lines(
        **_common(name, title, caption, axis, headline), series=drawn, uses=uses, x=own,
        log=_log(name, log),
    )  # fmt: skip


def _common(name: str, title: Words, caption: Words, axis: str, headline: object) -> dict[str, Any]:
    """Return what all charts have, if it is what it should be."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise PluginError(
            f"a chart has the name {name!r:.60}, expected small letters, digits, - and _"
        )
    for what, words in (("title", title), ("caption", caption)):
        if not callable(words):
            _text(name, what, words)
    if isinstance(title, str) and not title.strip():
        raise PluginError(f"chart {name!r} has an empty title")
    if not isinstance(headline, bool) and not is_number(headline):
        raise PluginError(
            f"chart {name!r} has the headline {headline!r:.60}, expected True or a number"
        )
    rank = None if headline is False else float(headline)  # type: ignore[arg-type]
    module = sys._getframe(2).f_globals.get("__name__", "")
    said = {"title": title, "caption": caption, "axis": _text(name, "axis", axis)}
    return {"name": name, "rank": rank, "module": module, **said}


def _series(
    name: str,
    kind: str,
    parts: Sequence[Sequence[Column]],
    labels: Sequence[str],
    heads: Sequence[str],
    colors: Sequence[Color],
) -> tuple[Series, ...]:
    """Return what a chart draws, each in a colour of its own."""
    count, most = len(parts), _MOST_SERIES[kind]
    if not 0 < count <= most:
        raise PluginError(f"chart {name!r} draws {count} numbers, expected 1 to {most} in {kind}")
    for what, given in (("labels", labels), ("heads", heads), ("colors", colors)):
        texts = _listed(name, what, given)
        if texts and len(texts) != count:
            raise PluginError(
                f"chart {name!r} has {len(texts)} {what}, expected {count}, one for each number"
            )
        for text in texts:
            _text(name, what, text)
    chosen = tuple(colors) or _IN_TURN[:count]
    for color in chosen:
        _one_of(name, "color", color, _IN_TURN)
    for what, words in (("color", chosen), ("label", tuple(labels))):
        if twice := next((word for word in words if words.count(word) > 1), ""):
            raise PluginError(f"chart {name!r} has the {what} {twice!r} twice")
    labels = labels or [""] * count
    return tuple(
        Series(tuple(map(name_of, part)), label, head, color)
        for part, label, head, color in zip(parts, labels, heads or labels, chosen, strict=True)
    )


def _parts(name: str, bar: Sequence[Part]) -> tuple[tuple[Column, ...], ...]:
    return tuple(_columns(name, "parts", part) for part in _listed(name, "parts", bar))


def _columns(name: str, what: str, part: object) -> tuple[Column, ...]:
    """Return a metric or field, or several in brackets, as a tuple."""
    items = tuple(part) if isinstance(part, tuple) else (part,)
    for item in items:
        if not isinstance(item, (Metric, SectionField, str)):
            raise PluginError(
                f"chart {name!r} has {item!r:.60} for {what}, expected metrics, or names of fields"
            )
    if not items:
        raise PluginError(f"chart {name!r} has nothing in a pair of brackets for {what}")
    return items


def _column(name: str, item: object) -> Column:
    """Return a metric or the name of a field that stands alone."""
    columns = _columns(name, "a number", item)
    if len(columns) > 1:
        raise PluginError(f"chart {name!r} has several columns for one number")
    return columns[0]


def _different(name: str, items: Sequence[object]) -> list[Column]:
    """Return metrics and names of fields, each of which is there once."""
    columns = [_column(name, item) for item in items]
    names = [name_of(column) for column in columns]
    if twice := next((one for one in names if names.count(one) > 1), ""):
        raise PluginError(f"chart {name!r} draws {twice!r} twice")
    return columns


def _against(
    name: str,
    kind: str,
    x: Column,
    y: Column | Sequence[Column],
    x_axis: str,
    labels: Sequence[str],
    colors: Sequence[Color],
) -> tuple[tuple[Column, ...], Series, tuple[Series, ...]]:
    """Return all columns of a chart of points, then its x, then its y."""
    single = isinstance(y, (Metric, SectionField, str))
    uses = _different(name, [x, *([y] if single else _listed(name, "y", y))])
    own = Series((name_of(uses[0]),), _text(name, "x_axis", x_axis), "", "black")
    drawn = _series(name, kind, [(item,) for item in uses[1:]], labels, (), colors)
    return tuple(uses), own, drawn


def _listed(name: str, what: str, items: object) -> tuple[Any, ...]:
    if isinstance(items, (str, Mapping)) or not isinstance(items, Collection):
        raise PluginError(
            f"chart {name!r} has {items!r:.60} for {what}, expected several in brackets"
        )
    return tuple(items)


def _text(name: str, what: str, text: object) -> str:
    if not isinstance(text, str) or not is_text(text):
        raise PluginError(f"chart {name!r} has the {what} {text!r:.60}, expected {A_TEXT}")
    return text


def _one_of(name: str, what: str, word: object, words: Sequence[str]) -> None:
    if word not in words:
        raise PluginError(
            f"chart {name!r} has the {what} {word!r:.60}, expected one of {', '.join(words)}."
            f"{nearest(str(word), words)}"
        )


def _flags(name: str, **flags: object) -> None:
    for what, flag in flags.items():
        if not isinstance(flag, bool):
            raise PluginError(f"chart {name!r} has {what}={flag!r:.60}, expected True or False")


def _log(name: str, log: Log) -> Log:
    if not isinstance(log, bool) and log != "auto":
        raise PluginError(f"chart {name!r} has log={log!r:.60}, expected True, False or 'auto'")
    return log
