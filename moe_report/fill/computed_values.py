"""Values for the formulas that rest on filled cells, where a program that calculates is at hand.

Without them previewers, phones and pandas show blanks until somebody opens and saves the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from moe_report.errors import Notice, shortened
from moe_report.fill.calculate.engines import EngineError, Values, engines
from moe_report.fill.calculate.formulas import FormulaCell, Formulas
from moe_report.ooxml.cells import TAG, put_value
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.resting.resting_formulas import resting_on

MOST_FORMULAS = 100_000  # to be computed; more take minutes
_LONGEST = 200  # characters of a note
HINT = "pip install 'moe-report[calc]' to have them computed"


def compute_values(
    package: Package,
    filled: Mapping[str, Changed],
    calc: str,
    where: str,
    *,
    repeated: Collection[str] = (),
    moved: bool = False,
) -> list[Notice]:
    """Store values with the formulas that rest on filled cells; return what the user should know.

    Only formulas without a value get one, and nothing else of the package changes. No value is
    stored that rests on the hour, on chance, on another file, or on a function that no test holds
    against a second engine; nor an error, nor any of a workbook that iterates or rounds as shown.

    Args:
        package: The workbook, filled.
        filled: The cells that were filled, by the name of their sheet.
        calc: Which engine: ``auto``, one of ENGINES, or ``none``.
        where: The workbook's name, for the notes.
        repeated: Names of the sheets that were there once and are there several times.
        moved: Whether rows have come in.
    """
    if calc == "none":
        return []
    found = resting_on(package, filled, repeated, moved=moved).formulas
    resting = {(item.sheet, item.column, item.row) for item in found}
    if not resting:
        return []
    formulas = Formulas(package)
    wanted = [item for item in formulas.cells if item.is_empty and item.place in resting]
    if not wanted:
        return []
    values, why = _computed(formulas, wanted, calc)
    left = len(wanted) - sum(_store(item, values) for item in wanted)
    sheets = package.sheets()
    for name in {item.sheet for item in wanted if not item.is_empty}:
        package[sheets[name]] = serialize(formulas.roots[name])
    if not left:
        return []
    rest = "formula that rests" if len(wanted) == 1 else "formulas that rest"
    count = f"{left:,} of {len(wanted):,}" if left < len(wanted) else f"{left:,}"
    head = (
        f"no value is stored with {count} {rest} on filled cells; previews show none until Excel "
        "opens the file; "
    )
    room = (_LONGEST - len(head)) // len(why) - 1
    return [Notice("no-value", where, head + "; ".join(shortened(one, room) for one in why))]


def _computed(
    formulas: Formulas, wanted: Sequence[FormulaCell], calc: str
) -> tuple[Values, list[str]]:
    """Return the values that an engine gives, and why some are missing, if any are."""
    settings = formulas.package.root(formulas.package.workbook_part()).find(f"{TAG}calcPr")
    if settings is not None and settings.get("iterate") in ("1", "true"):
        return {}, ["the workbook iterates, which is left to Excel"]
    if settings is not None and settings.get("fullPrecision") in ("0", "false"):
        return {}, ["the workbook computes with numbers as shown, which is left to Excel"]
    if len(wanted) > MOST_FORMULAS:
        return {}, [f"expected at most {MOST_FORMULAS:,} to compute"]
    failed = []
    for engine in engines(calc):
        computed = formulas.computable(engine.functions)
        try:
            values = engine.compute(formulas, computed) if computed else {}
        except EngineError as error:
            failed.append(f"{engine.name}: {error}")
            continue
        why = f"{engine.name} gave an error, or only Excel is sure of them (dates, chance)"
        return values, [why]
    return {}, failed or [HINT]


def _store(item: FormulaCell, values: Values) -> bool:
    """Store the value of a formula, of an array's in all its cells; say whether there is one."""
    found = [values.get(cell) for cell in item.filled]
    if any(value is None for value in found):
        return False
    for cell, value in zip(item.members.values(), found, strict=True):
        put_value(cell, value)
    return True
