"""A template and a report in, a filled workbook out: all is planned before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.errors import InputError, Notice, Problem
from moe_report.fill.computed_values import compute_values
from moe_report.fill.expressions.scope import Context
from moe_report.fill.foresee import ASKS_FOR_NOTHING
from moe_report.fill.plan import Plan, make_plan
from moe_report.fill.read_template import read_template
from moe_report.fill.write_sheet import unshared, write_sheet
from moe_report.ooxml.addresses import LAST_COLUMN
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.copy_sheet import SheetCopies
from moe_report.ooxml.file_types import drop_signatures, kind_of, set_kind
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.insert_rows.insert import insert_rows
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.resting.stale_values import forget_values
from moe_report.reports import Report


@dataclass(frozen=True)
class Filled:
    """A filled workbook.

    Attributes:
        data: The file's bytes.
        notes: What the user should know: names of sheets that were changed, a signature dropped.
    """

    data: bytes
    notes: tuple[Notice, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the template asked for nothing."""
        return any(note.kind == ASKS_FOR_NOTHING for note in self.notes)


def fill(
    data: bytes, report: Report, *, where: str, suffix: str = "", calc: str = "none"
) -> Filled:
    """Fill a template with a report's numbers.

    Args:
        data: The template's bytes.
        report: What to fill in.
        where: The template's name, for errors.
        suffix: The ending of the name under which the workbook will be written, which says whether
            it is a template or has macros; the template's own if empty.
        calc: What computes the values of formulas that rest on filled cells: one of ENGINES,
            ``auto`` for the first that is installed, or ``none``.

    Raises:
        InputError: It is no workbook, has cells out of order or bounds, asks for what there is not,
            or cannot be filled without damage; every problem is named, and nothing has been done.
    """
    package = check_package(data, where)
    own = kind_of(package, where)
    suffix = suffix or own
    if suffix[-1] != own[-1]:
        problem = Problem(where, f"is an {own} workbook by its content; expected a name to match")
        raise InputError([problem])
    context = Context(report)
    template = read_template(package, context.known, where)
    plan = make_plan(package, template, context, where)
    drop_signatures(package)
    _write(package, plan, where)
    notes = plan.notes + compute_values(
        package, _filled(plan), calc, where, repeated=plan.copies, moved=plan.moves
    )
    set_kind(package, suffix)
    return Filled(package.save(), tuple(dict.fromkeys(notes)))


def _write(package: Package, plan: Plan, where: str) -> None:
    for sheet, part in package.sheets().items():
        rows = [insertion.after for insertion, _ in plan.insertions if insertion.sheet == sheet]
        if rows:
            package[part] = unshared(package[part], rows, f"{where}, sheet {sheet}")
    for insertion, table in plan.insertions:
        insert_rows(package, insertion, where=where, table=table)
    forget_values(package, _changed(plan), plan.copies, moved=plan.moves)
    parts: dict[str, list[str]] = {}
    if plan.copies:
        listed = SheetCopies(package)
        for sheet, copies in plan.copies.items():
            parts[sheet] = listed.repeat(sheet, list(copies))
        listed.save()
    lost = bool(parts) or plan.moves
    for sheet in plan.filled_sheets():
        part = package.sheets()[sheet]
        values, bands = plan.cells.get(sheet, {}), plan.bands.get(sheet, ())
        package[part], changed = write_sheet(
            package[part], values, bands, f"{where}, sheet {sheet}"
        )
        lost |= changed
    for sheet, copies in plan.copies.items():
        for part, values in zip(parts[sheet], copies.values(), strict=True):
            package[part], _ = write_sheet(package[part], values, (), f"{where}, sheet {sheet}")
    if lost:
        drop_calculation_chain(package)
    ask_to_recalculate(package)


def _filled(plan: Plan) -> dict[str, Changed]:
    """Return the cells that have got values, by sheet, in each copy of a sheet too."""
    found = _changed(plan)
    for sheet, copies in plan.copies.items():
        found |= dict.fromkeys(copies, found.pop(sheet, Changed()))
    return found


def _changed(plan: Plan) -> dict[str, Changed]:
    """Return the cells that get values, by sheet; a copied sheet stands for its copies."""
    found: dict[str, Changed] = {}
    for sheet, bands in plan.bands.items():
        rows = found.setdefault(sheet, Changed())
        rows.areas += [(1, band.row, LAST_COLUMN, band.row + band.count - 1) for band in bands]
    copied = {sheet: next(iter(copies.values())) for sheet, copies in plan.copies.items()}
    for sheet, cells in (*plan.cells.items(), *copied.items()):
        for row, column in cells:
            found.setdefault(sheet, Changed()).add(column, row)
    return found
