"""What a scenario can be called: it heads a column of a sheet, and a cell of it names one."""

from __future__ import annotations

BASE = "base"  # the scenario that is always there
# Columns that are no scenarios: ours, and remarks. One that starts with # is none either.
OURS = frozenset({"label", "name", "value", "unit", "symbol", "default", "help"})
REMARKS = frozenset({"comment", "comments", "description", "meaning", "note", "notes", "remark",
                     "remarks", "source"})  # fmt: skip


def is_no_scenario(header: str) -> bool:
    """Whether a column of such a header holds something else."""
    return not header or header.startswith("#") or header.casefold() in OURS | REMARKS
