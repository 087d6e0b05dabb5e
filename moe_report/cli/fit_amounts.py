"""Amounts in what ``moe-report fit`` prints: bytes in the unit that fits them, all with a unit."""

from __future__ import annotations

from moe_report.display import MISSING, digits, exact, show, unit_sign
from moe_report.reports import AssumptionValue

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes"))
_LEAST = 0.1  # of a unit in which an amount is shown
_TOLD = 0.001  # what is less of its column's unit, or of a hundredth, is only said to be


def unit_for(number: float | None) -> tuple[int, str]:
    """Return the unit that an amount of bytes, or a column of such amounts, is shown in.

    >>> unit_for(80 * 2**30)[1], unit_for(0)[1], unit_for(5242)[1]
    ('GiB', 'GiB', 'KiB')
    """
    size = abs(number or _UNITS[0][0])
    return next((one for one in _UNITS if size >= _LEAST * one[0]), _UNITS[-1])


def amount(number: float | None, unit: tuple[int, str] | None = None) -> str:
    """Return an amount of bytes with its unit, by default the one that fits it.

    >>> amount(80 * 2**30), amount(0), amount(None), amount(5242), amount(7)
    ('80.0 GiB', '0 GiB', '–', '5.12 KiB', '7 bytes')
    >>> amount(5242, unit_for(80 * 2**30))
    '<0.001 GiB'
    """
    if number is None:
        return MISSING
    size, sign = unit or unit_for(number)
    if 0 < number < _TOLD * size:
        return f"<{_TOLD} {sign}"
    return f"{exact(number) if sign == 'bytes' else digits(number / size)} {sign}"


def sharing(part: float | None, whole: float | None) -> str:
    """Return a part of something in hundredths of it; nothing where there is none.

    >>> sharing(91, 100), sharing(1, 1e6), sharing(0, 5)
    ('91 %', '<0.1 %', '')
    """
    if not part or not whole:
        return ""
    return "<0.1 %" if part < _TOLD * whole else f"{digits(100 * part / whole, 2)} %"


def assumed(item: AssumptionValue) -> str:
    """Return the value of an assumption with its unit."""
    unit, value = item.definition.unit, item.value
    if unit == "byte":
        return amount(value)
    if unit_sign(unit):
        return show(value, unit, "si") + "/" * ("/" in unit) + unit.partition("/")[2]
    return with_unit(value, unit) if value == round(value) else f"{digits(value)} {unit}"


def with_unit(value: float, unit: str) -> str:
    """Return a whole number with its unit, of one in the singular.

    >>> with_unit(1, "sequences"), with_unit(1200, "tokens"), with_unit(1, "s")
    ('1 sequence', '1,200 tokens', '1 s')
    """
    return f"{exact(value)} {unit.removesuffix('s') if value == 1 and len(unit) > 1 else unit}"
