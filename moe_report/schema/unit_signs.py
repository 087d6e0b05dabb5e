"""Signs of units behind numbers and in headers: GB, TFLOPs, kW."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, get_args

Amount = Literal["byte", "bit", "FLOP", "MAC"]

PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "pi": 2**50}
_SI: Mapping[str, int | Decimal] = {
    "": 1, "n": Decimal("1e-9"), "µ": Decimal("1e-6"), "μ": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
}  # fmt: skip
_TELLING = frozenset("mMpP")  # prefixes of which the other case is another prefix
_LONGEST_SIGN = 3

# What a sign counts, and how many, in small letters.
AMOUNTS: Mapping[str, tuple[Amount, int]] = {
    **{f"{prefix}b": ("byte", factor) for prefix, factor in (PREFIXES | BINARY).items() if prefix},
    **{f"{prefix}flop{s}": ("FLOP", by) for prefix, by in PREFIXES.items() for s in ("", "s")},
    **{f"{prefix}mac{s}": ("MAC", by) for prefix, by in PREFIXES.items() for s in ("", "s")},
    **{f"{prefix}bit{s}": ("bit", factor)
       for prefix, factor in (PREFIXES | BINARY).items() for s in ("", "s")},
    "byte": ("byte", 1), "bytes": ("byte", 1),
}  # fmt: skip
KINDS = frozenset(get_args(Amount))


def is_sign(unit: str) -> bool:
    """Whether a unit is a sign that takes prefixes, as W and kWh/Mtoken do, and no word."""
    sign = unit.split("/")[0]
    return sign.isalpha() and len(sign) <= _LONGEST_SIGN and sign not in KINDS


def doubted(unit: str, written: str) -> str:
    """Return what a sign behind a number of a unit may mean as well; nothing if it is clear.

    >>> [doubted("byte/s", written) for written in ("Gb", "GB", "B")]
    ['may be bits; write GB, or Gbit', '', 'may be bytes or billions; write bytes, or GB']
    >>> [doubted(unit, "m") for unit in ("s", "byte")]
    ['may be thousandths or millions; write it in digits', '']
    """
    if unit.split("/")[0] == "byte":
        if written in ("B", "b"):
            return "may be bytes or billions; write bytes, or GB"
        if written.endswith("b") and written.casefold() in AMOUNTS:
            prefix = written[:-1].capitalize()
            return f"may be bits; write {prefix}B, or {prefix}bit"
    if written == "m" and is_sign(unit):
        return "may be thousandths or millions; write it in digits"
    return ""


def sign_scale(unit: str, written: str) -> int | Decimal | None:
    """Return what one of what is written is in a unit that is a sign; None if it is no such unit.

    >>> [sign_scale("W", written) for written in ("W", "w", "kW", "hp")]
    [1, 1, 1000, None]
    >>> [str(sign_scale("mW/GPU", written)) for written in ("mW", "MW", "μmW")]
    ['1', 'None', '0.000001']
    """
    sign = unit.split("/")[0]
    if not is_sign(unit):
        return None
    if written.endswith(sign):
        return _SI.get(written.removesuffix(sign))
    alike = written.casefold() == sign.casefold() and len(written) == len(sign)
    return 1 if alike and not (sign[1:] and sign[0] in _TELLING) else None
