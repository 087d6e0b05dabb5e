"""What a scenario can be called: it heads a column of a sheet, and a cell of it names one."""

from __future__ import annotations

import re

from moe_report.text import CONTROL

BASE = "base"  # the scenario that is always there
# Columns that are no scenarios: ours, and remarks. One that starts with # is none either.
OURS = frozenset({"label", "name", "value", "unit", "symbol", "default", "help"})
REMARKS = frozenset({"comment", "comments", "description", "meaning", "note", "notes", "remark",
                     "remarks", "source"})  # fmt: skip
_LONGEST = 60
_WILD = re.compile(r"[*?~]")  # what MATCH takes for other letters


def is_no_scenario(header: str) -> bool:
    """Whether a column of such a header holds something else."""
    return not header or header.startswith("#") or header.casefold() in OURS | REMARKS


def unfit(name: str) -> str:
    """Return what was expected in place of a scenario's name; nothing if it will do.

    >>> unfit("long context"), unfit("a?b")
    ('', 'the name of a scenario, without * ? ~')
    """
    if CONTROL.search(name) or _WILD.search(name):
        return "the name of a scenario, without * ? ~"
    return f"the name of a scenario: at most {_LONGEST} characters" if len(name) > _LONGEST else ""
