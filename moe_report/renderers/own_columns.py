"""Columns of the user's own in files of data: what kind of values each has, and what it lacks."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from moe_report.errors import first_of
from moe_report.reports import Report

# Kinds of values, each with the types that it has; a truth is a number to Python, and a time of day
# with its date a date, so those come first.
_KINDS: dict[str, tuple[type, ...]] = {
    "truth": (bool,),
    "number": (int, float),
    "time": (datetime.datetime,),
    "date": (datetime.date,),
    "time of day": (datetime.time,),
    "duration": (datetime.timedelta,),
}
TEXT = "text"
_EXACT = 2**53  # whole numbers up to here are floats, too


def kind_of(values: Iterable[object]) -> str:
    """Return what a whole column holds, beside nothing; texts if it is of several kinds.

    >>> kind_of([1, 2.5, None]), kind_of([True, 1]), kind_of([2**60])
    ('number', 'text', 'text')
    """
    kinds = {_kind(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else TEXT


def _kind(value: object) -> str:
    if isinstance(value, int) and abs(value) > _EXACT:
        return TEXT
    return next((kind for kind, types in _KINDS.items() if isinstance(value, types)), TEXT)


def texts_of_others(report: Report) -> list[str]:
    """Return the headers of columns that are texts since they hold something beside texts."""
    return [
        header
        for header, values in report.carried.items()
        if kind_of(values) == TEXT
        and any(not isinstance(value, str) for value in values if value is not None)
    ]


def without_value(report: Report) -> str:
    """Return a sentence on formulas of the user's that have no value; empty if all have one.

    Of those that give an empty text and those that were not computed a report holds the same.
    """
    without = [
        header
        for header, values in report.carried.items()
        if any(
            value is None and header in model.looks and model.looks[header].formula
            for model, value in zip(report.models, values, strict=True)
        )
    ]
    if not without:
        return ""
    return (
        f"is empty in {first_of(without)} where a formula of yours has no value; if it was not "
        "computed yet, open the input in Excel or LibreOffice and save it"
    )
