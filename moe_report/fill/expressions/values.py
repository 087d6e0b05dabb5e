"""What the values of expressions are: numbers, texts, truths, and what is missing."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from moe_report.fill.expressions.scope import Missing, Model, TemplateValueError
from moe_report.ooxml.rows import MAX_TEXT
from moe_report.text import shown


def number_of(value: object) -> float:
    """Return a value that must be a number; it is an error if it is missing or none."""
    if type(value) is float:
        return value
    raise TemplateValueError(f"found {in_words(value)}, expected a number")


def finite(value: object) -> float:
    """Return the result of a calculation; it is an error if it is too large or no number."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise TemplateValueError("a calculation has no finite number as its result")


def as_text(value: object) -> str:
    """Return a value as a part of a text: 128, 0.25, TRUE; nothing of an empty text.

    >>> as_text(128.0), as_text(0.1 + 0.2), as_text(True), as_text(None)
    ('128', '0.3', 'TRUE', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value == int(value) and abs(value) < 2**53
        return str(int(value)) if whole else f"{value:.15g}"
    return str(value)  # an error if it is missing


def in_words(value: object) -> str:
    """Return a value as an error shows it; what is missing is an error of its own."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if value is None:
        return "nothing"
    return "a model" if isinstance(value, Model) else as_text(value)


def joined(texts: Sequence[str], between: str = "") -> str:
    """Return texts as one; what a cell cannot hold is an error before it is put together."""
    length = sum(map(len, texts)) + len(between) * (len(texts) - 1)
    if length > MAX_TEXT:
        raise TemplateValueError(
            f"found a text of {length:,} characters, expected at most {MAX_TEXT:,}"
        )
    return between.join(texts)


def is_lacking(value: object) -> bool:
    """Whether a number is missing or a text is empty."""
    return value is None or isinstance(value, Missing)


@functools.total_ordering
class Comparable:
    """A value in a comparison, which compares with its like only; Python takes TRUE for 1."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparable) and bool(self.value == other.value)

    def __lt__(self, other: Comparable) -> bool:
        left, right = self.value, other.value
        if type(left) is not type(right) or left is None:
            raise TemplateValueError(
                f"found {in_words(left)} and {in_words(right)}, which compare as nothing"
            )
        return bool(left < right)

    def __contains__(self, item: Comparable) -> bool:
        found, holder = in_words(item.value), self.value
        if isinstance(holder, (list, tuple)):
            return any(item.value == each for each in holder if not isinstance(each, Missing))
        if not isinstance(holder, str):
            raise TemplateValueError(
                f"found {in_words(holder)} behind `in`, expected a text or list"
            )
        if not isinstance(item.value, str):
            raise TemplateValueError(f"found {found} in front of `in`, expected a text")
        return item.value in holder
