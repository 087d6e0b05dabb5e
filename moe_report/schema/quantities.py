"""What a cell says: numbers as people write them, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from moe_report.schema.headers import Known
from moe_report.text import is_number

_ABSENT = {"", "-", "–", "—", "n/a", "na", "none"}
_YES_NO = {"yes": 1, "true": 1, "no": 0, "false": 0}


@dataclass(frozen=True)
class Quantity:
    """A number that a cell says.

    Attributes:
        number: As it is written.
        scale: What one of it is, by the cell's unit or else the header's.
        about: Whether the cell says that it is approximate.
    """

    number: int | float | Decimal
    scale: int | Decimal = 1
    about: bool = False


@dataclass(frozen=True)
class Said:
    """What a cell says of the fields of its column.

    Attributes:
        numbers: By field.
        missing: That there is none: ``absent`` where the model has no such part, ``unknown`` where
            it has and nobody knows; empty if the cell says a number.
        wrong: What was expected, as in "expected a number for num_experts"; empty if nothing is
            wrong.
        unclear: What could not be told, though it may be a number; the fields it may be are
            ``fields``.
        fields: The fields that are unclear.
    """

    numbers: Mapping[str, Quantity] = field(default_factory=dict)
    missing: Literal["", "absent", "unknown"] = ""
    wrong: str = ""
    unclear: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Style:
    """How the numbers of a column are written.

    Attributes:
        decimal: The sign before decimals, ``.`` or ``,``; empty where nothing tells.
    """

    decimal: Literal["", ".", ","] = ""


def style_of(values: Sequence[object], known: Sequence[Known]) -> Style:
    """Return how the numbers of a column are written, as all of its cells together tell."""
    return Style()


def read_cell(
    value: object,
    known: Sequence[Known],
    catalogue: Mapping[str, Known],
    style: Style,
    *,
    number_format: str = "General",
) -> Said:
    """Return what a cell says.

    Args:
        value: As it stands there: text, number or truth.
        known: What its column holds: one field or metric, or several in the order of the header.
        catalogue: Every field and metric: a cell may say more than its header, as "671B (37B
            active)" under "Parameters" does.
        style: How the numbers of its column are written.
        number_format: How Excel shows it.
    """
    (one,) = known[:1]
    if isinstance(value, str) and value.strip().casefold() in _ABSENT:
        return Said(missing="absent")
    if one.field is not None and one.field.kind == "flag":
        if isinstance(value, str):
            value = _YES_NO.get(value.strip().casefold(), value)
        elif isinstance(value, bool):
            value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = " (it is stored as text; convert the cell to a number)"
        as_text = isinstance(value, str) and is_number(value)
        return Said(wrong=f"expected a number for {one.name}{hint * as_text}")
    scale = one.scale
    if scale == Decimal("0.01") and "%" in number_format:
        scale = 1  # the cell shows 27.6 % for 0.276
    return Said({one.name: Quantity(value, scale)})
