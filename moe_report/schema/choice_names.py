"""Names that a cell of a workbook chooses: of scenarios and of presets."""

from __future__ import annotations

import re

from moe_report.text import CONTROL

_LONGEST = 60
_WILD = re.compile(r"[*?~]")  # what MATCH of a spreadsheet takes for other letters


def unfit(name: str) -> str:
    """Return what to say behind "expected a name" of one that cannot be chosen; nothing if it can.

    >>> unfit("H100*"), unfit("H100 SXM")
    (', without * ? ~', '')
    """
    if _WILD.search(name):
        return ", without * ? ~"
    if CONTROL.search(name):
        return ", without control characters"
    return f": at most {_LONGEST} characters" if len(name) > _LONGEST else ""
