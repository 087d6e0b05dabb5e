"""The values that a line gives to what it varies: steps, factors of the base's value, or a list."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from moe_report.formula.operations import Column
from moe_report.schema.one_number import one_number
from moe_report.sweeps.said import PARTS, Line
from moe_report.text import one_of, shown

_MOST = 10_000_000  # of one axis
_TIMES = re.compile(r"\s*[×x*]\s*(?=\d)")
_EITHER = re.compile(r"\d{1,3}(,\d{3})+")
_RANGE = ("from", "to", "step")


class ValuesError(ValueError):
    """A line gives no values; ``part`` is what of it is at fault."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


def axis_values(line: Line, base: float, *, whole: bool, unit: str) -> Column:
    """Return the values that a line says, without its formula.

    Args:
        line: A line that varies something.
        base: What the base has; NaN if that is missing.
        whole: Whether it takes whole numbers alone.
        unit: What it counts.

    Raises:
        ValuesError: It says none, or some that are no numbers.

    >>> def of(**parts): return axis_values(Line("vary", "k", parts, ""), 8.0, whole=True, unit="")
    >>> of(values="1; 2; 4"), of(factors=[0.5, 1]), of(**{"from": 8, "to": 64, "step": "×2"})
    (array([1., 2., 4.]), array([4., 8.]), array([ 8., 16., 32., 64.]))
    """
    if unknown := [part for part in line.parts if part not in PARTS]:
        raise ValuesError(unknown[0], f"found {shown(unknown[0])}, expected {one_of(tuple(PARTS))}")
    given = [part for part in ("values", "factors") if part in line.parts]
    ranged = [part for part in _RANGE if part in line.parts]
    if len(given) + bool(ranged) != 1:
        message = "expected from, to and step, or values, or factors, or a formula"
        if given or ranged:
            message = f"found {' and '.join([*given, *ranged])}; {message}"
        raise ValuesError("name", message)

    def number(said: object, part: str) -> Decimal:
        return _number(said, part, whole=whole and part != "factors", unit=unit)

    if ranged:
        found = _range(line, number)
    else:
        (part,) = given
        found = [number(one, part) for one in _several(line.parts[part], part)]
    if not found:
        raise ValuesError((given or ranged)[0], "there are no values")
    if len(set(found)) < len(found):
        twice = next(one for at, one in enumerate(found) if one in found[:at])
        raise ValuesError((given or ranged)[0], f"found {twice:f} twice")
    if given == ["factors"]:
        found = _times_base(found, line.name, base)
    return np.array([float(one) for one in found])


def _times_base(factors: list[Decimal], name: str, base: float) -> list[Decimal]:
    if math.isnan(base):
        raise ValuesError("factors", f"the base has no {name} that they could be factors of")
    if base == 0 and len(factors) > 1:
        raise ValuesError("factors", f"the base has {name} 0, and so all are 0; expected values")
    return [one * Decimal(repr(base)) for one in factors]


def _range(line: Line, number: Any) -> list[Decimal]:
    if lacking := [part for part in ("from", "to") if part not in line.parts]:
        raise ValuesError(lacking[0], f"expected {lacking[0]}, too")
    first, last = (number(line.parts[part], part) for part in ("from", "to"))
    step, times = line.parts.get("step", 1), False
    if isinstance(step, str) and (found := _TIMES.match(step)):
        step, times = step[found.end() :], True
    size = _number(step, "step", whole=False, unit="")
    if last < first:
        raise ValuesError(
            "to", f"found {first:f} to {last:f}, expected from the less to the more: "
            f"from {last:f}, to {first:f}, and a step above 0",
        )  # fmt: skip
    if times and first <= 0:
        expected = "expected from above 0, or a step without ×"
        raise ValuesError("from", f"found {first:f}, of which ×{size:f} makes no more; {expected}")
    if size <= (1 if times else 0):
        least = "above ×1" if times else "above 0"
        raise ValuesError("step", f"found a step of {shown(step)}, expected one {least}")
    # a float would hold no step of ×1.00000000000000000001
    count = (last / first).ln() / size.ln() if times else (last - first) / size
    if count >= _MOST:
        raise ValuesError("step", f"makes more than {_MOST:,} values")
    return list(_times(first, last, size) if times else _steps(first, last, size))


def _steps(first: Decimal, last: Decimal, size: Decimal) -> Iterator[Decimal]:
    for at in range(int((last - first) / size) + 1):
        yield first + at * size


def _times(first: Decimal, last: Decimal, size: Decimal) -> Iterator[Decimal]:
    while first <= last:
        yield first
        first *= size


def _several(said: object, part: str) -> list[object]:
    """What a list is made of; as text its items are parted by semicolons, or commas and spaces."""
    if isinstance(said, list):
        return said
    if not isinstance(said, str):
        return [said]
    if ";" not in said and _EITHER.fullmatch(said.strip()):
        parted = said.strip().replace(",", "; ")
        raise ValuesError(
            part, f"found {said!r}, one number or several: write {parted}, or no comma"
        )
    between = r";" if ";" in said else r",\s+" if re.search(r",\s", said) else ","
    return [one for one in re.split(between, said) if one.strip()]


def _number(said: object, part: str, *, whole: bool, unit: str) -> Decimal:
    if isinstance(said, str):
        try:
            return one_number(said, whole=whole, unit=unit)
        except ValueError as error:
            raise ValuesError(part, str(error)) from error
    if isinstance(said, bool) or not isinstance(said, (int, float)) or not math.isfinite(said):
        raise ValuesError(part, f"found {shown(said)}, expected a number")
    return Decimal(repr(said))
