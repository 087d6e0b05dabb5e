"""How a column of a sheet of presets is headed: a name, and the unit that its numbers are in.

>>> unit_factor("GB/s", "byte/s")
1000000000.0
"""

from __future__ import annotations

from moe_report.schema.assumptions import Assumption

SHOWN = {"byte": "GB", "byte/s": "GB/s", "FLOP/s": "TFLOP/s"}  # what numbers are written in
_PREFIXES = {
    "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "Ki": 2.0**10, "Mi": 2.0**20,
    "Gi": 2.0**30, "Ti": 2.0**40,
}  # fmt: skip


def heading(what: Assumption) -> str:
    """Return the header of an assumption's column, with the unit of its numbers."""
    return f"{what.name} ({SHOWN.get(what.unit, what.unit)})"


def factor(what: Assumption) -> float:
    """Return what a number of that column is multiplied with to be the assumption's."""
    return unit_factor(SHOWN.get(what.unit, what.unit), what.unit) or 1.0


def unit_factor(written: str, unit: str) -> float | None:
    """Return how much of a unit another spelling of it is; None if it is none."""
    for spelling in (unit, unit.replace("byte", "B")):
        if written.endswith(spelling):
            return _PREFIXES.get(written.removesuffix(spelling))
    return None
