"""What a number must keep to, and the words for it: of a workbook's problems, and in the page."""

from __future__ import annotations

import sys
from numbers import Real
from typing import cast

from moe_report.display import exact

LARGEST = 2.0**53  # past it a float64 no longer holds every whole number
LIKE_A_COUNT = 10**6  # parameters: fewer, and not whole, they are billions in truth

# What is expected in place of a number that is refused.
TOO_LARGE = "at most 2^53"
NOT_NEGATIVE = "a number that is not negative"
WHOLE = "a whole number"
LIMITED = "at most {limit}, which is {number}"


def is_number(value: object) -> bool:
    """Whether something is a number that a float can be: no truth, and neither NaN nor infinite.

    >>> [is_number(one) for one in (2, 0.5, True, "2", float("nan"), float("inf"), 10**400)]
    [True, True, False, False, False, False, False]
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return bool(abs(cast(float, value)) <= sys.float_info.max)


def between(minimum: float, maximum: float, *, whole: bool) -> str:
    """Return bounds in words.

    >>> between(1, 10_000, whole=True), between(1, LARGEST, whole=True), between(0, 1, whole=True)
    ('from 1 to 10,000', 'at least 1', '0 or 1')
    """
    if whole and (minimum, maximum) == (0, 1):
        return "0 or 1"
    if maximum >= LARGEST:
        return f"at least {exact(minimum)}"
    return f"from {exact(minimum)} to {exact(maximum)}"


def refusal(value: float, minimum: float, maximum: float, *, whole: bool) -> str:
    """Return what was expected in place of a number, or nothing if it will do."""
    if value > maximum >= LARGEST:
        return f"{TOO_LARGE} ({LARGEST:,.0f})" if maximum == LARGEST else f"at most {maximum:,g}"
    if not minimum <= value <= maximum:
        return between(minimum, maximum, whole=whole)
    return WHOLE if whole and value != int(value) else ""
