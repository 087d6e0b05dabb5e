"""Numbers in sentences, as the titles of the built-in charts write them; for plugin authors, too.

>>> from moe_report.wording import amount, digits, percent, span
>>> f"{amount(46.7e9, 'parameters')}, {percent(0.276)}, {digits(3.6217)} times"
'46.7 B, 27.6 %, 3.62 times'
>>> span(percent(0.02), percent(0.276)), span("8", "8")
('2.00 % to 27.6 %', '8')
"""

from __future__ import annotations

from moe_report.display import digits, percent, show

__all__ = ["amount", "digits", "percent", "span"]


def amount(number: float, unit: str) -> str:
    """Return an amount with the prefix and the sign of its unit.

    >>> amount(25.5e9, "FLOP/token"), amount(70_300, "byte/token"), amount(12, "experts")
    ('25.5 GFLOP', '70.3 kB', '12')
    """
    return show(number, unit, "si")


def span(least: str, most: str) -> str:
    """Return a range of two numbers in words, or the one that both are."""
    return most if least == most else f"{least} to {most}"
