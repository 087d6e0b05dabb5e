"""A template and a report in, a filled workbook out: all is planned before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.errors import InputError, Problem
from moe_report.fill.expressions.scope import Context
from moe_report.fill.plan import Plan, make_plan
from moe_report.fill.read_template import read_template
from moe_report.fill.stale_values import Changed, forget_values
from moe_report.fill.write_sheet import unshared, write_sheet
from moe_report.ooxml.addresses import LAST_COLUMN
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.copy_sheet import SheetCopies
from moe_report.ooxml.file_types import drop_signatures, kind_of, set_kind
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.insert_rows.insert import insert_rows
from moe_report.ooxml.package import Package
from moe_report.ooxml.scan import scan_sheet
from moe_report.report import Report


@dataclass(frozen=True)
class Filled:
    """A filled workbook.

    Attributes:
        data: The file's bytes.
        notes: What the user should know: names of sheets that were changed, a signature dropped.
    """

    data: bytes
    notes: tuple[str, ...]


def fill(data: bytes, report: Report, *, where: str, suffix: str = "") -> Filled:
    """Fill a template with a report's numbers.

    Args:
        data: The template's bytes.
        report: What to fill in.
        where: The template's name, for errors.
        suffix: The ending of the name under which the workbook will be written, which says whether
            it is a template or has macros; the template's own if empty.

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
    for sheet in (*plan.filled_sheets(), *plan.copies):
        scan_sheet(package[package.sheets()[sheet]], f"{where}, sheet {sheet}")
    notes = list(plan.notes)
    if drop_signatures(package):
        notes.append(f"{where}: its digital signature is dropped: it was that of the template")
    notes += _write(package, plan, where)
    set_kind(package, suffix)
    return Filled(package.save(), tuple(dict.fromkeys(notes)))


def _write(package: Package, plan: Plan, where: str) -> list[str]:
    for sheet, part in package.sheets().items():
        rows = [insertion.after for insertion, _ in plan.insertions if insertion.sheet == sheet]
        if rows:
            package[part] = unshared(package[part], rows, f"{where}, sheet {sheet}")
    notes: list[str] = []
    for insertion, table in plan.insertions:
        notes += insert_rows(package, insertion, where=where, table=table)
    forget_values(package, _changed(plan))
    parts: dict[str, list[str]] = {}
    if plan.copies:
        listed = SheetCopies(package)
        for sheet, copies in plan.copies.items():
            parts[sheet] = listed.repeat(sheet, list(copies))
        listed.save()
        notes += listed.notes
    lost = bool(parts) or any(insertion.count for insertion, _ in plan.insertions)
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
    return notes


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
