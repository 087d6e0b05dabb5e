"""How numbers are shown."""

from __future__ import annotations

from typing import Literal

Format = Literal["integer", "si", "percent", "factor", "decimal"]


def format_of(unit: str) -> Format:
    """Return the format of a metric that says none."""
    return "percent" if unit == "ratio" else "si"
