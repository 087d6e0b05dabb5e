"""Numbers typed in a sheet, as formulas see them: pasted ones pass by what the cells allow."""

from __future__ import annotations

from moe_report.ooxml.rows import number_text
from moe_report.schema.assumptions import Assumption
from moe_report.schema.bounds import LARGEST


def is_right(what: Assumption, cell: str) -> str:
    """Return the formula of whether a cell is empty, or has a number that something may be."""
    return f'IF(ISNUMBER({cell}),{_is_within(what, cell)},{cell}="")'


def number_if_right(what: Assumption, cell: str) -> str:
    """Return the formula of the number in a cell, which is empty where it is none that may be."""
    return f'IF(ISNUMBER({cell}),IF({_is_within(what, cell)},{cell},""),"")'


def _is_within(what: Assumption, cell: str) -> str:
    tests = [f"{cell}>={number_text(what.minimum)}"]
    if what.maximum < LARGEST:  # which programs spell in their own ways
        tests.append(f"{cell}<={number_text(what.maximum)}")
    return f"AND({','.join(tests + [f'{cell}=INT({cell})'] * what.whole)})"
