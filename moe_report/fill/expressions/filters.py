"""The filters of a template's expressions: units, texts, and what is over all models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from moe_report import display
from moe_report.fill.expressions.scope import Meaning, Missing, Model, TemplateValueError
from moe_report.fill.expressions.values import as_text, bounded, finite, in_words, number_of
from moe_report.ooxml.rows import MAX_TEXT

# What a part of an expression gives; `truth` is a value that can only be true or false.
Kind = Literal["value", "truth", "model", "models", "list", "assumptions", "report"]


@dataclass(frozen=True)
class Filter:
    """A filter.

    Attributes:
        takes: The kinds it stands behind.
        run: Called with the value, its meaning if one is known, and the arguments.
        least: Fewest arguments.
        most: Most arguments.
        keeps: Whether what it gives is still in the unit of what it is given.
    """

    takes: tuple[Kind, ...]
    run: Callable[..., object]
    least: int = 0
    most: int = 0
    keeps: bool = False


def _divided(by: float) -> Callable[..., object]:
    def run(value: object, _: Meaning | None) -> object:
        return value if isinstance(value, Missing) else finite(number_of(value) / by)

    return run


def _round(value: object, _: Meaning | None, places: object = 0.0) -> object:
    if isinstance(value, Missing):
        return value
    digits = number_of(places)
    if digits != int(digits) or abs(digits) > 15:
        raise TemplateValueError(f"round takes -15 to 15 digits, found {as_text(digits)}")
    rounded = Decimal(repr(number_of(value)))
    if abs(rounded) >= 2**53:
        return float(rounded)
    return float(rounded.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


def _si(value: object, meaning: Meaning | None) -> object:
    if isinstance(value, Missing):
        return value
    return display.show(number_of(value), meaning.unit if meaning else "parameters", "si")


def _exact(value: object, _: Meaning | None) -> object:
    return value if isinstance(value, Missing) else display.exact(number_of(value))


def _percent(value: object, _: Meaning | None) -> object:
    if isinstance(value, Missing):
        return value
    return display.show(number_of(value), "ratio", "percent")


def _default(value: object, _: Meaning | None, other: object) -> object:
    return other if value is None or isinstance(value, Missing) else value


def _upper(value: object, _: Meaning | None) -> object:
    return bounded(as_text(value).upper())


def _length(value: Sequence[object], _: Meaning | None) -> object:
    return float(len(value))


def _column(value: Sequence[object], attribute: object) -> Sequence[object]:
    """The values of an attribute of models, or the list itself."""
    if attribute is None:
        return value
    return [item.value(str(attribute)) for item in value if isinstance(item, Model)]


def _numbers(value: Sequence[object], attribute: object) -> list[float]:
    items = _column(value, attribute)
    for item in items:
        if isinstance(item, Missing):
            raise TemplateValueError(
                f"model {item.model!r} has no {item.name}; "
                f'`selectattr("{item.name}", "defined")` in front leaves out such models'
            )
    return [number_of(item) for item in items]


def _map(value: Sequence[Model], _: Meaning | None, attribute: str) -> object:
    return _column(value, attribute)


def _sum(value: Sequence[object], _: Meaning | None, attribute: str | None = None) -> object:
    return finite(math.fsum(_numbers(value, attribute)))


def _extreme(choose: Callable[..., object]) -> Callable[..., object]:
    def run(value: Sequence[object], _: Meaning | None, attribute: str | None = None) -> object:
        keys = _numbers(value, attribute)
        at = choose(range(len(keys)), key=keys.__getitem__, default=None)
        if not isinstance(at, int):
            raise TemplateValueError("there is nothing to choose from")
        return value[at]

    return run


def _end(at: int) -> Callable[..., object]:
    def run(value: Sequence[object], _: Meaning | None) -> object:
        if not value:
            raise TemplateValueError("there is nothing to choose from")
        return value[at]

    return run


def _join(value: Sequence[object], _: Meaning | None, between: object = "") -> object:
    room = MAX_TEXT + 1
    texts = []
    for item in value:  # stops before a long text is made of long texts
        texts.append(as_text(item))
        room -= len(texts[-1])
        if room < 0:
            break
    return bounded(as_text(between).join(texts))


def _selectattr(
    value: Sequence[Model], _: Meaning | None, attribute: str, test: object
) -> tuple[Model, ...]:
    if test not in ("defined", "none"):
        raise TemplateValueError(
            f"found {in_words(test)} in selectattr, expected 'defined' or 'none'"
        )
    defined = test == "defined"
    kept = []
    for model in value:
        lacks = model.value(attribute)
        if (lacks is None or isinstance(lacks, Missing)) != defined:
            kept.append(model)
    return tuple(kept)


_SOME: tuple[Kind, ...] = ("models", "list")
_ONE: tuple[Kind, ...] = ("value", "truth")
# Filters whose first argument is the name of a field or metric.
WITH_ATTRIBUTE = ("map", "sum", "min", "max", "selectattr")

FILTERS: Mapping[str, Filter] = {
    "thousands": Filter(_ONE, _divided(1e3)),
    "millions": Filter(_ONE, _divided(1e6)),
    "billions": Filter(_ONE, _divided(1e9)),
    "gb": Filter(_ONE, _divided(1e9)),
    "gib": Filter(_ONE, _divided(2.0**30)),
    "round": Filter(_ONE, _round, 0, 1, True),
    "default": Filter(_ONE, _default, 1, 1, True),
    "si": Filter(_ONE, _si),
    "exact": Filter(_ONE, _exact),
    "percent": Filter(_ONE, _percent),
    "upper": Filter(_ONE, _upper),
    "length": Filter(_SOME, _length),
    "map": Filter(("models",), _map, 1, 1),
    "sum": Filter(_SOME, _sum, 0, 1),
    "min": Filter(_SOME, _extreme(min), 0, 1),
    "max": Filter(_SOME, _extreme(max), 0, 1),
    "first": Filter(_SOME, _end(0)),
    "last": Filter(_SOME, _end(-1)),
    "join": Filter(("list",), _join, 0, 1),
    "selectattr": Filter(("models",), _selectattr, 2, 2),
}  # fmt: skip


def kind_after(name: str, kind: Kind, arguments: int) -> Kind:
    """Return the kind of what a filter gives."""
    if name == "selectattr":
        return "models"
    if name == "map":
        return "list"
    if kind == "models" and (name in ("first", "last") or (name in ("min", "max") and arguments)):
        return "model"
    return "value"
