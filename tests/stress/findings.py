"""What a trial found, by its kind."""

from __future__ import annotations

from dataclasses import dataclass

TRACEBACK, WRONG, LOST, TORN = "tracebacks", "wrong", "lost", "torn"
REFUSED, UNTRIED = "refused", "not tried"  # of workbooks of others; no fault of ours
FAULTS = (TRACEBACK, WRONG, LOST, TORN)


@dataclass(frozen=True)
class Finding:
    """Something of note about one trial."""

    kind: str
    text: str
