"""Numbers as people read them: three significant digits, one unit a column.

``templates/numbers.js`` writes them alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_COUNT_PREFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
# Units that are written behind a prefix; of all others the prefix stands alone.
_SIGNS = {"FLOP": "FLOP", "MAC": "MAC", "byte": "B"}
COUNTED = ("parameters", *_SIGNS, "slots")  # of which there is no negative amount
_TINY, _HUGE = 1e-9, 1e15  # below and from where on digits stand before a power of ten
_LARGEST_WHOLE = 2**53  # whole numbers beyond it need not be exact
MINUS = "−"
MISSING = "–"


@dataclass(frozen=True)
class Scale:
    """The unit that a column is shown in.

    Attributes:
        factor: What one of it is, in the column's own unit.
        sign: What stands behind the number, e.g. ``B``, ``GFLOP``, ``kB``, ``%``.
    """

    factor: float
    sign: str


def unit_sign(unit: str) -> str:
    """Return what is written behind a prefix: ``FLOP`` of ``FLOP/token``; nothing of parameters."""
    return _SIGNS.get(unit.split("/")[0], "")


def prefixes(unit: str) -> tuple[tuple[float, str], ...]:
    """Return the factors and signs that a unit is scaled by, largest first.

    >>> prefixes("parameters")[1], prefixes("FLOP/token")[1]
    ((1000000000.0, 'B'), (1000000000.0, 'GFLOP'))
    """
    sign = unit_sign(unit)
    return tuple(
        (factor, prefix + sign) for factor, prefix in (_PREFIXES if sign else _COUNT_PREFIXES)
    )


def tables() -> dict[str, Any]:
    """Return what a unit is written with, as JSON-able data, for scripts that write alike."""
    return {"signs": _SIGNS, "prefixes": _PREFIXES, "counts": _COUNT_PREFIXES}


def scale(unit: str, format: str, values: Iterable[float | None]) -> Scale:
    """Return the unit in which a column's typical number reads best."""
    if format == "percent":
        return Scale(0.01, "%")
    if format == "factor":
        return Scale(1, "×")
    if format != "si":
        return Scale(1, unit_sign(unit))
    sizes = sorted(abs(value) for value in values if value)
    middle = sizes[len(sizes) // 2] if sizes else 0
    for factor, sign in prefixes(unit):
        if middle >= 0.9995 * factor:
            return Scale(factor, sign)
    return Scale(1, unit_sign(unit))


def digits(number: float, significant: int = 3) -> str:
    """Return a number with three significant digits, whole from a hundred on.

    >>> digits(46.702), digits(1571.3), digits(0.5235), digits(-1.2), digits(0), digits(96.25)
    ('46.7', '1,571', '0.524', '−1.20', '0', '96.3')
    >>> digits(0.000996, 2), digits(1.235e28), digits(-3e-12)
    ('0.0010', '1.24e+28', '−3.00e−12')
    """
    if number == 0:
        return "0"
    if not _TINY <= abs(number) < _HUGE:
        rounded = Context(significant, ROUND_HALF_UP).create_decimal(number)
        return f"{float(rounded):.{significant - 1}e}".replace("-", MINUS)
    places = max(0, significant - 1 - math.floor(math.log10(abs(number))))
    rounded = _half_up(number, places)
    if rounded and abs(rounded) >= Decimal(10) ** (significant - places) and places:
        places -= 1  # 9.996 became 10.00
    text = f"{abs(rounded):,.{places}f}"
    return (MINUS if rounded < 0 else "") + text


def _half_up(number: float, places: int) -> Decimal:
    """Round as a spreadsheet does: 96.25 to 96.3."""
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def show(
    number: float | None,
    unit: str,
    format: str,
    in_scale: Scale | None = None,
    *,
    significant: int = 3,
) -> str:
    """Return a number with its unit's sign, e.g. ``46.7 B``; an en dash if it is missing.

    >>> show(46702792704, "parameters", "si"), show(0.27578, "ratio", "percent")
    ('46.7 B', '27.6 %')
    >>> show(None, "parameters", "si"), show(2.2e-05, "ratio", "percent")
    ('–', '0.0022 %')
    >>> show(1 - 1 / 2048, "ratio", "percent")
    '99.95 %'
    """
    if number is None:
        return MISSING
    if format == "integer":
        return exact(number) if number == round(number) else f"{number:,.6g}".replace("-", MINUS)
    chosen = in_scale or scale(unit, format, [number])
    if format == "si" and number and abs(number) < chosen.factor / 1000:
        chosen = scale(unit, format, [number])  # 4,096 in billions says nothing
    scaled = number / chosen.factor
    if format == "si" and chosen.factor == 1 and number == round(number):
        text = exact(scaled)
    elif format == "percent":
        text = _percent_digits(scaled)
    else:
        text = digits(scaled, significant)
    return f"{text} {chosen.sign}".rstrip() if chosen.sign != "×" else f"{text}×"


def _percent_digits(share: float) -> str:
    size = abs(share)
    if 99.9 < size < 100:
        return digits(share, 4)  # 99.95 % is not all of it
    return digits(share, 3 if size >= 1 else 2)


def percent(share: float) -> str:
    """Return a share, e.g. ``27.6 %`` of 0.276."""
    return show(share, "ratio", "percent")


def parameters(number: float) -> str:
    """Return a number of parameters, e.g. ``46.7 B``."""
    return show(number, "parameters", "si")


def exact(number: float | None) -> str:
    """Return a number to its last digit: whole numbers grouped, others as short as they are exact.

    >>> exact(46702792704.0), exact(0.25), exact(-0.0), exact(None)
    ('46,702,792,704', '0.25', '0', '')
    >>> exact(2e15), exact(2e16)
    ('2,000,000,000,000,000', '2e+16')
    """
    if number is None:
        return ""
    if abs(number) > _LARGEST_WHOLE:
        return f"{Decimal(repr(float(number))).normalize():e}".replace("-", MINUS)
    if number == round(number):
        return f"{int(number):,}".replace("-", MINUS)
    return repr(number).replace("-", MINUS)


def difference(stated: float, computed: float) -> str:
    """Return how far a stated number is off, in percent of the computed one.

    >>> difference(314e9, 315684034560)
    '−0.53 %'
    """
    return off((stated - computed) / abs(computed) if computed else math.nan)


def off(share: float) -> str:
    """Return by what share something is off, in percent; NaN where there is nothing to share.

    >>> off(-0.0053), off(math.nan)
    ('−0.53 %', 'from 0')
    """
    if math.isnan(share):
        return "from 0"
    sign = "+" if share > 0 else ""
    hundredths = share * 100
    return f"{sign}{digits(hundredths, 3 if abs(hundredths) >= 1 else 2)} %"
