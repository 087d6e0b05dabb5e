"""What the values of expressions are: numbers, texts, truths, and what is missing."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from moe_report.fill.expressions.scope import (
    Context,
    Missing,
    Model,
    TemplateValueError,
    Value,
    model_at,
    short,
    unknown_model,
)
from moe_report.ooxml.rows import MAX_TEXT

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
}


def number_of(value: object) -> float:
    """Return a value that must be a number.

    Raises:
        TemplateValueError: It is missing, or no number.
    """
    if type(value) is float:
        return value
    if isinstance(value, Missing):
        raise TemplateValueError(str(value))
    raise TemplateValueError(f"found {in_words(value)}, expected a number")


def finite(value: object) -> float:
    """Return the result of a calculation.

    Raises:
        TemplateValueError: It is too large, or no number.
    """
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise TemplateValueError("a calculation has no finite number as its result")


def as_text(value: object) -> str:
    """Return a value as a part of a text: 128, 0.25, TRUE; nothing of an empty text.

    >>> as_text(128.0), as_text(0.1 + 0.2), as_text(True), as_text(None)
    ('128', '0.3', 'TRUE', '')
    """
    if isinstance(value, Missing):
        raise TemplateValueError(str(value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value == int(value) and abs(value) < 2**53
        return str(int(value)) if whole else f"{value:.15g}"
    return str(value)


def in_words(value: object) -> str:
    """Return a value as an error shows it."""
    if isinstance(value, str):
        return f"the text {short(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, (bool, int, float)):
        return as_text(value)
    return "a list" if isinstance(value, (list, tuple)) else "a model"


def bounded(text: str) -> str:
    """Return a text that a cell can hold.

    Raises:
        TemplateValueError: It is longer.
    """
    if len(text) > MAX_TEXT:
        raise TemplateValueError(
            f"found a text of {len(text):,} characters, expected at most {MAX_TEXT:,}"
        )
    return text


def assumption_of(context: Context, name: str) -> float:
    """Return the value of an assumption.

    Raises:
        TemplateValueError: The report has none of that name.
    """
    if name not in context.assumptions:
        raise TemplateValueError(f"there is no assumption {name!r} in this report")
    return context.assumptions[name]


def model_of(context: Context, models: tuple[Model, ...], key: Value) -> Model:
    """Return the model of a name, or of a place in the order.

    Raises:
        TemplateValueError: There is no such model.
    """
    if models is context.models:
        return context.model(key)
    if isinstance(key, str):
        for model in models:
            if model.name == key:
                return model
        raise unknown_model(key, (model.name for model in models))
    return model_at(models, key)


def is_true(value: Value) -> bool:
    """Whether a value counts as true: not false, 0 or empty.

    Raises:
        TemplateValueError: It is missing.
    """
    if isinstance(value, Missing):
        raise TemplateValueError(str(value))
    return bool(value)


def compared(op: str, left: Any, right: Any) -> bool:
    """Return the outcome of a comparison, by Jinja's name of it.

    Raises:
        TemplateValueError: The two do not compare.
    """
    if op in ("eq", "ne") and (left is None or right is None):
        empty = all(item is None or isinstance(item, Missing) for item in (left, right))
        return empty == (op == "eq")
    for item in (left, right):
        if isinstance(item, Missing):
            raise TemplateValueError(str(item))
    if op in ("in", "notin"):
        if isinstance(right, str) and not isinstance(left, str):
            raise TemplateValueError(f"found {in_words(left)} in front of `in`, expected a text")
        if not isinstance(right, (str, list)):
            raise TemplateValueError(
                f"found {in_words(right)} behind `in`, expected a text or list"
            )
        return (left in right) == (op == "in")
    if op not in ("eq", "ne") and (type(left) is not type(right) or left is None):
        raise TemplateValueError(
            f"found {in_words(left)} and {in_words(right)}, which compare as nothing"
        )
    return _COMPARISONS[op](left, right)
