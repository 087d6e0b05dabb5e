"""Stored values that become wrong with others: they are dropped, and computed on opening.

Excel computes all formulas of a filled or updated workbook anew, other programs show what is
stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.resting.resting_formulas import resting_on
from moe_report.ooxml.resting.stale_pictures import forget_pictures


def forget_values(
    package: Package,
    changed: Mapping[str, Changed],
    repeated: Collection[str] = (),
    *,
    moved: bool = False,
) -> Mapping[str, int]:
    """Drop the stored value of each formula that rests on what changed, in any sheet.

    With it go the values that charts and text boxes have of such cells, and pivot tables are asked
    to count anew.

    Args:
        package: The workbook, with all rows where they will be.
        changed: What changes, by the sheet's name.
        repeated: Names of the sheets that will be there several times.
        moved: Whether rows have come in.

    Returns:
        How many formulas lost theirs, by the sheet's name.
    """
    if not changed:
        return {}
    resting = resting_on(package, changed, repeated, moved=moved)
    sheets = package.sheets()
    forgotten = Counter(item.sheet for item in resting.formulas if item.forget())
    for name in forgotten:
        package[sheets[name]] = serialize(resting.roots[name])
    for pivot in resting.pivots:
        pivot.refresh(package)
    forget_pictures(package, resting.sources, resting.state)
    return forgotten
