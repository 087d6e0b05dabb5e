"""The arguments of the calls that declare charts: what each must be, and what is made of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from moe_report.errors import PluginError, nearest
from moe_report.schema.bounds import is_number
from moe_report.schema.charts import Color, Column, Log, Part, Series, Words, name_of
from moe_report.schema.metrics import Metric
from moe_report.schema.section_fields import SectionField
from moe_report.text import A_TEXT, is_text

_IN_TURN: tuple[Color, ...] = (
    "blue", "orange", "green", "grey", "sky", "black", "silver", "pale",
)  # fmt: skip
_MOST_SERIES = {"bars": 3, "stack": len(_IN_TURN), "scatter": 3, "lines": 4}


def common(name: str, title: Words, caption: Words, axis: str, headline: object) -> dict[str, Any]:
    """Return what all charts have, if it is what it should be."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise PluginError(
            f"a chart has the name {name!r:.60}, expected small letters, digits, - and _"
        )
    for what, words in (("title", title), ("caption", caption)):
        if not callable(words):
            text_of(name, what, words)
    if isinstance(title, str) and not title.strip():
        raise PluginError(f"chart {name!r} has an empty title")
    if not isinstance(headline, bool) and not is_number(headline):
        raise PluginError(
            f"chart {name!r} has the headline {headline!r:.60}, expected True or a number"
        )
    rank = None if headline is False else float(headline)  # type: ignore[arg-type]
    module = sys._getframe(2).f_globals.get("__name__", "")
    said = {"title": title, "caption": caption, "axis": text_of(name, "axis", axis)}
    return {"name": name, "rank": rank, "module": module, **said}


def drawn_series(
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
        texts = listed(name, what, given)
        if texts and len(texts) != count:
            raise PluginError(
                f"chart {name!r} has {len(texts)} {what}, expected {count}, one for each number"
            )
        for text in texts:
            text_of(name, what, text)
    chosen = tuple(colors) or _IN_TURN[:count]
    for color in chosen:
        one_of(name, "color", color, _IN_TURN)
    for what, words in (("color", chosen), ("label", tuple(labels))):
        if twice := next((word for word in words if words.count(word) > 1), ""):
            raise PluginError(f"chart {name!r} has the {what} {twice!r} twice")
    labels = labels or [""] * count
    return tuple(
        Series(tuple(map(name_of, part)), label, head, color)
        for part, label, head, color in zip(parts, labels, heads or labels, chosen, strict=True)
    )


def parts_of(name: str, bar: Sequence[Part]) -> tuple[tuple[Column, ...], ...]:
    """Return the parts of a bar, each as the columns that add up to it."""
    return tuple(columns_of(name, "parts", part) for part in listed(name, "parts", bar))


def columns_of(name: str, what: str, part: object) -> tuple[Column, ...]:
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


def column_of(name: str, item: object) -> Column:
    """Return a metric or the name of a field that stands alone."""
    columns = columns_of(name, "a number", item)
    if len(columns) > 1:
        raise PluginError(f"chart {name!r} has several columns for one number")
    return columns[0]


def different(name: str, items: Sequence[object]) -> list[Column]:
    """Return metrics and names of fields, each of which is there once."""
    columns = [column_of(name, item) for item in items]
    names = [name_of(column) for column in columns]
    if twice := next((one for one in names if names.count(one) > 1), ""):
        raise PluginError(f"chart {name!r} draws {twice!r} twice")
    return columns


def against(
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
    uses = different(name, [x, *([y] if single else listed(name, "y", y))])
    own = Series((name_of(uses[0]),), text_of(name, "x_axis", x_axis), "", "black")
    drawn = drawn_series(name, kind, [(item,) for item in uses[1:]], labels, (), colors)
    return tuple(uses), own, drawn


def listed(name: str, what: str, items: object) -> tuple[Any, ...]:
    """Return several of something, given in brackets."""
    if isinstance(items, (str, Mapping)) or not isinstance(items, Collection):
        raise PluginError(
            f"chart {name!r} has {items!r:.60} for {what}, expected several in brackets"
        )
    return tuple(items)


def text_of(name: str, what: str, text: object) -> str:
    """Return a text, if it is one."""
    if not isinstance(text, str) or not is_text(text):
        raise PluginError(f"chart {name!r} has the {what} {text!r:.60}, expected {A_TEXT}")
    return text


def one_of(name: str, what: str, word: object, words: Sequence[str]) -> None:
    """Refuse a word that is none of some; the nearest is named."""
    if word not in words:
        raise PluginError(
            f"chart {name!r} has the {what} {word!r:.60}, expected one of {', '.join(words)}."
            f"{nearest(str(word), words)}"
        )


def refuse_no_flags(name: str, **flags: object) -> None:
    """Refuse what is neither True nor False."""
    for what, flag in flags.items():
        if not isinstance(flag, bool):
            raise PluginError(f"chart {name!r} has {what}={flag!r:.60}, expected True or False")


def log_of(name: str, log: Log) -> Log:
    """Return whether an axis is logarithmic, if that is said."""
    if not isinstance(log, bool) and log != "auto":
        raise PluginError(f"chart {name!r} has log={log!r:.60}, expected True, False or 'auto'")
    return log
