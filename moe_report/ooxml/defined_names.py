"""The names that a workbook defines, and what they stand for."""

from __future__ import annotations

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import Package


def defined_names(package: Package) -> dict[str, list[str]]:
    """Return the formulas of names in small letters; one may be there for several sheets."""
    found: dict[str, list[str]] = {}
    root = package.root(package.workbook_part())
    for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName"):
        found.setdefault(item.get("name", "").casefold(), []).append(item.text or "")
    return found
