"""A number that a cell says, in the unit of its field; and what else a cell may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.number_words import EITHER
from moe_report.schema.numerals import Mark, Numeral


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
        percents: Whether some are shown as percents.
    """

    decimal: Mark = ""
    percents: bool = False


def unclear(value: object, known: Sequence[Known], why: str = "") -> Said:
    """Return that a cell does not surely say what its column holds, and why."""
    names = tuple(item.name for item in known)
    text = why or f"no number that is understood for {' and '.join(names)}"
    return Said(unclear=text, fields=names)


class AmbiguousError(Exception):
    """Digits that may be either of two numbers."""


def amount(
    digits: str,
    item: Known,
    style: Style,
    multiple: int | Decimal = 1,
    header: Known | None = None,
    usual: Mark = "",
) -> tuple[Decimal, int | Decimal]:
    """Return a number and what one of it is.

    Raises:
        AmbiguousError: It may be either of two numbers.
    """
    scale = multiple if multiple != 1 or header is None else header.scale
    whole = item.field is not None and item.field.kind == "number" and scale == 1
    readings = Numeral(digits, usual=usual).values("" if whole else style.decimal)
    if whole:
        readings = readings[:1]  # nobody writes 256 as 256.000
    fitting = [number for number in readings if _fits(number * scale, item)]
    if len(fitting) == 2 and "," not in digits:
        fitting = fitting[1:]  # a point parts decimals, unless the column says otherwise
    if len(fitting) == 2:
        one, other = (f"{number.normalize():f}" for number in readings)
        raise AmbiguousError(
            f"expected a number for {item.name} that can be read in one way; this "
            f"{EITHER.format(one=one, other=other)}"
        )
    return (fitting or readings)[0], scale


def _fits(value: Decimal, item: Known) -> bool:
    """Whether a field can have a value; a metric can have any that is not negative."""
    if item.field is None:
        if item.unit in ("parameters", "FLOP", "FLOP/token", "byte"):
            return value == int(value) and (item.unit != "parameters" or value >= 1000)
        return not (item.unit == "ratio" and value > 1000)
    within = item.field.minimum <= value <= item.field.maximum
    return within and not (item.field.whole and value != int(value))
