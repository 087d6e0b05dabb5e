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

from collections.abc import Mapping, Sequence
from typing import get_args

from moe_report.errors import PluginError, nearest
from moe_report.schema.bounds import is_number
from moe_report.schema.chart_arguments import (
    against,
    column_of,
    common,
    different,
    drawn_series,
    listed,
    log_of,
    one_of,
    parts_of,
    refuse_no_flags,
    text_of,
)
from moe_report.schema.charts import (
    Bars,
    Color,
    Column,
    Lines,
    Log,
    Order,
    Part,
    Scatter,
    Stack,
    Words,
    name_of,
)
from moe_report.schema.metrics import Metric
from moe_report.schema.section_fields import SectionField


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
    uses = different(name, [series] if single else listed(name, "series", series))
    drawn = drawn_series(name, "bars", [(item,) for item in uses], labels, heads, colors)
    one_of(name, "order", order, get_args(Order))
    refuse_no_flags(name, zeros=zeros)
    key = drawn[0].columns[0] if by is None else name_of(column_of(name, by))
    if key not in [item.columns[0] for item in drawn]:
        raise PluginError(f"chart {name!r} is ordered by {key!r}, which is none of its series")
    return Bars(
        **common(name, title, caption, axis, headline), series=drawn, uses=tuple(uses),
        order=order, by=key, first=text_of(name, "first", first), log=log_of(name, log),
        zeros=zeros,
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
    stacks = {text_of(name, "bar", head): parts_of(name, bar) for head, bar in named.items()}
    if not stacks:
        raise PluginError(f"chart {name!r} has no parts")
    if len({len(bar) for bar in stacks.values()}) != 1:
        raise PluginError(f"chart {name!r} has bars of different numbers of parts")
    own = next(iter(stacks.values()))
    drawn = drawn_series(name, "stack", own, labels, (), colors)
    refuse_no_flags(name, shares=shares)
    known = [item.label or item.columns[0] for item in drawn]
    if focus and focus not in known:
        raise PluginError(
            f"chart {name!r} has the focus {focus!r:.60}, expected the label of a part."
            f"{nearest(str(focus), known)}"
        )
    at = known.index(focus) if focus else len(known) - 1 if shares else None
    return Stack(
        **common(name, title, caption, axis, headline), series=drawn,
        uses=tuple(item for bar in stacks.values() for part in bar for item in part),
        bars=tuple(
            (head, tuple(tuple(map(name_of, part)) for part in bar)) for head, bar in stacks.items()
        ),
        shares=shares, focus=at, first=text_of(name, "first", first),
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
    uses, own, drawn = against(name, "scatter", x, y, x_axis, labels, colors)
    refuse_no_flags(name, fractions=fractions)
    slopes = dict(guides or {})
    for label, slope in slopes.items():
        text_of(name, "guide", label)
        if not isinstance(slope, str) and not (is_number(slope) and slope > 0):
            raise PluginError(
                f"chart {name!r} has the guide {slope!r:.60}, expected a number above 0, or the "
                "name of an assumption"
            )
    if fractions and not slopes:
        raise PluginError(f"chart {name!r} has fractions of no guide")
    return Scatter(
        **common(name, title, caption, axis, headline), series=drawn, uses=uses, x=own,
        log=log_of(name, log), guides=tuple(slopes.items()), fractions=fractions,
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
    uses, own, drawn = against(name, "lines", x, y, x_axis, labels, colors)
    return Lines(
        **common(name, title, caption, axis, headline), series=drawn, uses=uses, x=own,
        log=log_of(name, log),
    )  # fmt: skip
