"""What importers count, under the names of the metrics that count it: how a row has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.errors import InputError, Problem
from moe_report.importers.config import ConfigRow
from moe_report.schema.bounds import LARGEST
from moe_report.schema.metrics import Metric
from moe_report.schema.parts import SUMS, Part

Counting = Mapping[Part, Metric]


def named(numbers: Mapping[str, float], counting: Counting) -> dict[str, float]:
    """Return values by field and metric; parts that no section counts are left out."""
    found = {}
    for key, value in numbers.items():
        if not isinstance(key, Part):
            found[key] = value
        elif key in counting:
            found[counting[key].name] = value
    return found


def refuse_uncountable(read: ConfigRow, where: str, counting: Counting) -> ConfigRow:
    """Return what was read of a config; with a note where nobody counts how much it adds up to.

    Raises:
        InputError: There are more parameters than a float counts one by one.
    """
    if Part.TOTAL not in counting:
        note = "No installed section counts a total: it may be too large to be exact"
        return replace(read, notes=(*read.notes, note))
    total = counting[Part.TOTAL].of(**named(read.numbers, counting))
    if total > LARGEST:
        message = f"{total:.3g} parameters are more than 2^53: they cannot be counted exactly"
        raise InputError([Problem(where, message)])
    return read


def with_names(read: ConfigRow, counting: Counting) -> ConfigRow:
    """Return what was read, by field and metric, and a note on what a sum of the report lacks."""
    left_out = [
        f"{key} = {value:,.0f}"
        for key, value in read.numbers.items()
        if isinstance(key, Part) and key not in counting
        if any(part in counting for part in SUMS.get(key, ()))
    ]
    notes = read.notes
    if left_out:
        listed = ", ".join(left_out)
        notes = (*notes, f"Left out, though it is in totals, for no section counts it: {listed}")
    return replace(read, numbers=named(read.numbers, counting), notes=notes)
