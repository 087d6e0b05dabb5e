"""The filters of a template's expressions: units, texts, and what is over all models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from moe_report import display
from moe_report.fill.expressions.scope import (
    Group,
    Kind,
    Missing,
    Model,
    Models,
    TemplateValueError,
)
from moe_report.fill.expressions.values import (
    as_text,
    finite,
    in_words,
    is_lacking,
    joined,
    number_of,
)

Run = Callable[..., Any]
_MOST_REMEMBERED = 1000  # for one group of models
_NOTHING = "there is nothing to choose from"


@dataclass(frozen=True)
class Filter:
    """A filter.

    Attributes:
        takes: The kinds it stands behind.
        run: Called with the value and the arguments.
        gives: What it gives; ``one`` is one of what it stands behind.
        counts: How many arguments it may have.
        keeps: Whether what it gives is still in the unit of what it is given.
        attribute: Whether its first argument is the name of a field or metric.
    """

    takes: tuple[Kind, ...]
    run: Run
    gives: Kind | Literal["one"] = "value"
    counts: tuple[int, ...] = (0,)
    keeps: bool = False
    attribute: bool = False

    def kind_behind(self, kind: Kind, arguments: int) -> Kind:
        """Return the kind of what it gives behind a kind, with so many arguments."""
        if self.gives != "one":
            return self.gives
        return "model" if kind == "models" and (arguments or not self.attribute) else "value"


def remembered(run: Run) -> Run:
    """Make of a filter one that remembers what it gave for a group."""

    def remembering(value: object, *arguments: object) -> object:
        # Only texts make a key: 1 and TRUE would be the same one.
        if not isinstance(value, Group) or not all(isinstance(item, str) for item in arguments):
            return run(value, *arguments)
        if (run, arguments) in value.memo:
            return value.memo[run, arguments]
        found = run(value, *arguments)
        if len(value.memo) < _MOST_REMEMBERED:  # arguments may be others in every row
            value.memo[run, arguments] = found
        return found

    return remembering


def _of_number(run: Run) -> Run:
    """Make of a filter of numbers one that leaves a missing one missing."""

    def or_missing(value: object, *arguments: object) -> object:
        return value if isinstance(value, Missing) else run(number_of(value), *arguments)

    return or_missing


def _divided(by: float) -> Run:
    return _of_number(lambda number: finite(number / by))


def _round(number: float, places: object = 0.0) -> float:
    digits = number_of(places)
    if digits != int(digits) or abs(digits) > 15:
        raise TemplateValueError(f"round takes -15 to 15 digits, found {as_text(digits)}")
    if abs(number) >= 2**53:
        return number
    exact = Decimal(repr(number))
    return float(exact.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


def _column(models: Sequence[Any], attribute: str) -> Group[Any]:
    return Group(model[attribute] for model in models)


def _numbers(items: Sequence[object], attribute: str | None) -> list[float]:
    """The numbers of an attribute of models, or those of a list."""
    values = items if attribute is None else _column(items, attribute)
    for item in values:
        if isinstance(item, Missing):
            raise TemplateValueError(
                f"model {item.model!r} has no {item.name}; "
                f'`selectattr("{item.name}", "defined")` in front leaves out such models',
                model=item.model,
            )
    return [number_of(item) for item in values]


def _sum(items: Sequence[object], attribute: str | None = None) -> float:
    return finite(math.fsum(_numbers(items, attribute)))


def _extreme(choose: Callable[..., Any]) -> Run:
    def run(items: Sequence[object], attribute: str | None = None) -> object:
        numbers = _numbers(items, attribute)
        if not numbers:
            raise TemplateValueError(_NOTHING)
        return items[choose(range(len(numbers)), key=numbers.__getitem__)]

    return run


def _end(at: int) -> Run:
    def run(items: Sequence[object]) -> object:
        if not items:
            raise TemplateValueError(_NOTHING)
        return items[at]

    return run


def _join(items: Sequence[object], between: object = "") -> str:
    return joined([as_text(item) for item in items], as_text(between))


def _selectattr(models: Sequence[Model], attribute: str, test: object) -> Models:
    if test not in ("defined", "none"):
        raise TemplateValueError(
            f"found {in_words(test)} in selectattr, expected 'defined' or 'none'"
        )
    return Models(model for model in models if is_lacking(model[attribute]) == (test == "none"))


_SOME: tuple[Kind, ...] = ("models", "list")
_ONE: tuple[Kind, ...] = ("value", "truth")

FILTERS: Mapping[str, Filter] = {
    "thousands": Filter(_ONE, _divided(1e3)),
    "millions": Filter(_ONE, _divided(1e6)),
    "billions": Filter(_ONE, _divided(1e9)),
    "gb": Filter(_ONE, _divided(1e9)),
    "gib": Filter(_ONE, _divided(2.0**30)),
    "round": Filter(_ONE, _of_number(_round), "value", (0, 1), keeps=True),
    "default": Filter(
        _ONE, lambda value, other: other if is_lacking(value) else value, "value", (1,), keeps=True
    ),
    "si": Filter(_ONE, _of_number(lambda number, unit: display.show(number, unit, "si"))),
    "exact": Filter(_ONE, _of_number(display.exact)),
    "percent": Filter(_ONE, _of_number(lambda number: display.show(number, "ratio", "percent"))),
    "upper": Filter(_ONE, lambda value: joined([as_text(value).upper()])),
    "length": Filter(_SOME, lambda items: float(len(items))),
    "map": Filter(("models",), _column, "list", (1,), keeps=True, attribute=True),
    "sum": Filter(_SOME, _sum, "value", (0, 1), keeps=True, attribute=True),
    "min": Filter(_SOME, _extreme(min), "one", (0, 1), keeps=True, attribute=True),
    "max": Filter(_SOME, _extreme(max), "one", (0, 1), keeps=True, attribute=True),
    "first": Filter(_SOME, _end(0), "one", keeps=True),
    "last": Filter(_SOME, _end(-1), "one", keeps=True),
    "join": Filter(("list",), _join, "value", (0, 1)),
    "selectattr": Filter(("models",), _selectattr, "models", (2,), keeps=True, attribute=True),
}
