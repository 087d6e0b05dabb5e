"""One number that somebody types for something of a unit: ``32k``, ``512 GiB``, ``90 GB/s``."""

from __future__ import annotations

import re
from decimal import Decimal

from moe_report.schema.number_words import EITHER
from moe_report.schema.numerals import numbers_in
from moe_report.schema.unit_signs import AMOUNTS, KINDS, doubted, sign_scale

_BITS_A_BYTE = 8
_WITH_UNIT = re.compile(r"(.*?[\d)kKmMbBtTgG])\s*(?:([^\W\d]*)\s*/\s*([^\W\d]+)|([^\W\d]+))\s*")


def one_number(text: str, *, whole: bool = False, unit: str = "") -> Decimal:
    """Return the number that a text is; of two that it may be the whole one, if it is to be whole.

    Behind it may stand the unit of what it is typed for, with a prefix where that takes one.

    Raises:
        ValueError: It is none, or several, may be read in two ways, or is of another unit.

    >>> [str(one_number(text)) for text in ("32k", "1.5e-3", "4,096,000", "0,5", "-2")]
    ['32000', '0.0015', '4096000', '0.5', '-2']
    >>> str(one_number("2 GiB", unit="byte")), str(one_number("90 GB/s", unit="byte/s"))
    ('2147483648', '90000000000')
    """
    digits, scale = _without_unit(text, unit)
    sign = -1 if re.match(r"\s*[-−]\s*\d", digits) else 1
    numbers = numbers_in(re.sub(r"^\s*[-−+]", "", digits)).numbers
    if (
        len(numbers) != 1
        or numbers[0].unknown
        or numbers[0].labels
        or numbers[0].comparison
        or numbers[0].bound
        or (numbers[0].unit if unit else numbers[0].unit in KINDS)
        or (numbers[0].percent and unit not in ("", "ratio"))
    ):
        expected = f", expected {unit}" if unit and numbers else ""
        raise ValueError(f"{text.strip()!r} is no number{expected}")
    values = [sign * value * numbers[0].multiple * scale for value in numbers[0].values("")]
    if len(values) == 2 and whole:
        values = [value for value in values if value == int(value)]
    elif len(values) == 2 and "," not in numbers[0].digits:
        values = values[1:]  # a point parts decimals
    if len(values) == 2:
        either = EITHER.format(one=f"{values[0]:f}", other=f"{values[1]:f}")
        raise ValueError(f"{text.strip()!r} {either}")
    return values[0].normalize() if values[0] != int(values[0]) else Decimal(int(values[0]))


def _without_unit(text: str, unit: str) -> tuple[str, int | Decimal]:
    """A text without the unit behind its number, and what one of that is in the unit wanted.

    What is no unit stays in the text.

    Raises:
        ValueError: It is another unit, or may be none.
    """
    found = _WITH_UNIT.fullmatch(text.replace("$", "") if unit.startswith("$") else text)
    if found is None:
        return text, 1
    digits, before, per, alone = found.groups()
    word = before or alone or ""
    kind, _, wanted_per = unit.partition("/")
    known = AMOUNTS.get(word.casefold())
    if per is not None and per != wanted_per:
        raise ValueError(f"{text.strip()!r} is a number per {per}, expected {unit or 'none'}")
    if doubt := doubted(unit, word):
        raise ValueError(f"{text.strip()!r} {doubt}")
    if known and (known[0], kind) == ("bit", "byte"):
        return digits, Decimal(known[1]) / _BITS_A_BYTE
    if known and known[0] != kind:
        raise ValueError(f"{text.strip()!r} is a number of {known[0]}s, expected {unit or 'none'}")
    if known:
        return digits, known[1]
    scale = sign_scale(unit, word) if word else None
    if scale is None and word.casefold() in (
        "",
        kind.casefold(),
        kind.casefold().removesuffix("s"),
    ):
        scale = 1
    return (text, 1) if scale is None else (digits, scale)
