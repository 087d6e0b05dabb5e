"""Fields that sections bring, of a model's ``config.json``: by their names or aliases as keys."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from moe_report.importers.config_json import at
from moe_report.schema.fields import Field
from moe_report.schema.headers.text import folded
from moe_report.text import shown


@dataclass
class Found:
    """What a config says of the fields of sections.

    Attributes:
        numbers: Values by field.
        paths: The keys that say them.
        problems: Why such a key is refused, if one is.
    """

    numbers: dict[str, float] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_section_fields(
    config: Mapping[str, object], section: str, fields: Collection[Field]
) -> Found:
    """Return what a config says of fields, at its top or in the object of its text part."""
    found = Found()
    for path, value in _keys(config, section):
        name = folded(path.rpartition(".")[2])
        for one in fields:
            if name in map(folded, (one.name, *one.aliases)) and value is not None:
                _take(one, path, value, found)
    return found


def _keys(config: Mapping[str, object], section: str) -> Iterator[tuple[str, object]]:
    yield from config.items()
    for inner in at(config, section) if section else ():
        if isinstance(inner, Mapping):
            yield from ((f"{section}.{key}", value) for key, value in inner.items())


def _take(one: Field, path: str, value: object, found: Found) -> None:
    number = _as_float(value) if isinstance(value, (bool, int, float)) else None
    truth = isinstance(value, bool) and one.kind != "flag"
    before = found.paths.setdefault(one.name, path)
    if number is None or truth:
        kind = "true or false" if one.kind == "flag" else "a number"
        found.problems.append(f"key {path!r} is {shown(value)}, expected {kind} for {one.name}")
    elif expected := one.refusal(number):
        found.problems.append(f"key {path!r} is {shown(value)}, expected {expected} for {one.name}")
    elif found.numbers.setdefault(one.name, number) != number:
        found.problems.append(f"key {path!r} is {value}, but {before} says another {one.name}")


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
