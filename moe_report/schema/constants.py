"""The constants that a section's module may have beside what it declares by calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from moe_report.schema.bounds import is_number
from moe_report.schema.choice_names import unfit
from moe_report.schema.planner import Planner
from moe_report.schema.points import Point
from moe_report.schema.scenario_names import BASE, is_no_scenario
from moe_report.schema.short_form import ShortForm

_DEFAULT_ORDER = 100


def _is_words(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _is_scenarios(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and isinstance(own, Mapping)
        and all(isinstance(key, str) and is_number(number) for key, number in own.items())
        for name, own in value.items()
    )


def _is_points(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, Point) for one in value)


# Of each its default, whether a value is one, and what is expected.
_CONSTANTS: Mapping[str, tuple[object, Callable[[object], bool], str]] = {
    "ORDER": (_DEFAULT_ORDER, is_number, "a number"),
    "HEADER_WORDS": ({}, _is_words, "texts by texts"),
    "POINTS": ((), _is_points, "a tuple of point() and question()"),
    "SCENARIOS": ({}, _is_scenarios, "numbers by the names of assumptions, by scenario"),
    "SHORT_FORM": (
        None,
        lambda value: value is None or isinstance(value, ShortForm),
        "what short_form() gives",
    ),
    "PLANNER": (
        None,
        lambda value: value is None or isinstance(value, Planner),
        "what planner() gives",
    ),
}


def constants_of(module: ModuleType) -> dict[str, Any]:
    """Return the constants of a section's module by name, each or its default.

    Raises:
        TypeError: One is of another kind than it must be, or a scenario has no fit name.
    """
    found: dict[str, Any] = {}
    for name, (default, is_right, expected) in _CONSTANTS.items():
        value = found[name] = getattr(module, name, default)
        if not is_right(value):
            raise TypeError(f"{name} is {value!r:.60}, expected {expected}")
    for name in found["SCENARIOS"]:
        taken = is_no_scenario(name) or name.casefold() == BASE or name != name.strip()
        if expected := ": another one" if taken else unfit(name):
            message = f"expected the name of a scenario{expected}"
            raise TypeError(f"SCENARIOS has {name!r:.70}, {message}")
    return found
