"""What will be in the way of a fill, and what its user should know, before anything is changed.

`fill` and `template check` ask here, so that both say the same in the same words. What only the
models decide, such as a filter that leaves none, is told by :mod:`moe_report.fill.plan`, and what
stays without a value by :mod:`moe_report.fill.computed_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from moe_report.errors import InputError, Notice, Problem
from moe_report.fill.beside_table import notes_beside
from moe_report.fill.template import Template, TemplateTable, columns_of
from moe_report.fill.write_sheet import neighbours, unrepeatable
from moe_report.ooxml.addresses import LAST_COLUMN
from moe_report.ooxml.copy_sheet import named_only
from moe_report.ooxml.copying_obstacles import copying_obstacles, users_of_names
from moe_report.ooxml.file_types import is_signed
from moe_report.ooxml.insert_rows.insert import tried
from moe_report.ooxml.package import Package
from moe_report.ooxml.references import Insertion
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.resting.resting_formulas import resting_on
from moe_report.ooxml.resting.stale_pivots import PivotTable
from moe_report.ooxml.scan import scan_sheet

ASKS_FOR_NOTHING = "asks-for-nothing"  # the kind of the notice


@dataclass
class Foreseen:
    """What will happen when a template is filled.

    Attributes:
        problems: What is in the way.
        notes: What the user should know.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)


def foresee(
    package: Package, template: Template, more: Mapping[tuple[str, int], int], where: str
) -> Foreseen:
    """Return what will happen when so many rows come in below those that repeat.

    Args:
        package: The workbook as it is.
        template: What it asks for.
        more: How many rows come in, by the sheet's name and the number of the row that repeats.
        where: The workbook's name.
    """
    found = Foreseen()
    titles = {part: title for title, part in package.sheets().items()}
    repeated = [titles[sheet.part] for sheet in template.sheets]
    if template.is_empty:
        text = (
            "asks for nothing: it has no {{ … }}, and no defined name that is a field's, a "
            "metric's or an assumption's"
        )
        found.notes.append(Notice(ASKS_FOR_NOTHING, where, text))
    known = set().union(*(named_only(package, title) for title in repeated))
    found.notes += [note for note in template.notes if note.where not in known]
    found.notes += notes_beside(package, template)
    found.problems += _damage(package, asked_cells(package, template), where)
    if is_signed(package):
        text = "its digital signature is dropped: it was that of the template"
        found.notes.append(Notice("signature", where, text))
    for place, tables in sorted(template.rows.items(), reverse=True):
        _foresee_rows(found, package, tables, more.get(place, 0), where)
    for title in repeated:
        found.problems += copying_obstacles(package, title, where=where)
        found.notes += [
            Notice("name-of-copies", on, f"uses the name {name}, which leads to the first of "
                   "the sheets that repeat")
            for on, name in users_of_names(package, title)
        ]  # fmt: skip
    if any(package.related_parts(part, "pivotTable") for part in titles):
        asked = asked_cells(package, template)
        resting = resting_on(package, asked, repeated, moved=any(more.values()))
        found.notes += map(_pivot_note, resting.pivots)
    found.notes = list(dict.fromkeys(found.notes))
    return found


def _damage(package: Package, sheets: Iterable[str], where: str) -> Iterator[Problem]:
    """Give what is broken in the sheets that are filled, and in the looks of their cells."""
    parts = package.sheets()
    looks = package.related_part(package.workbook_part(), "styles")
    checks: list[Callable[[], object]] = [
        partial(scan_sheet, package[parts[title]], f"{where}, sheet {title}") for title in sheets
    ]
    checks += [partial(package.root, looks)] if looks else []
    for check in checks:
        try:
            check()
        except InputError as error:
            yield from error.problems


def _pivot_note(pivot: PivotTable) -> Notice:
    on = f"sheet {pivot.sheet}, pivot table {pivot.name}"
    text = "shows the template's numbers until Excel opens the file, and counts anew then"
    return Notice("pivot-table", on, text)


def asked_cells(package: Package, template: Template) -> dict[str, Changed]:
    """Return the cells that get values, by the name of their sheet."""
    titles = {part: title for title, part in package.sheets().items()}
    found: dict[str, Changed] = {}
    for sheet, row in template.rows:
        found.setdefault(sheet, Changed()).areas.append((1, row, LAST_COLUMN, row))
    cells = [*template.cells, *(name.cell for name in template.names)]
    places = [(cell.sheet, cell) for cell in cells]
    places += [(titles[sheet.part], cell) for sheet in template.sheets for cell in sheet.cells]
    for title, cell in places:
        found.setdefault(title, Changed()).add(cell.column, cell.row)
    return found


def _foresee_rows(
    found: Foreseen, package: Package, tables: Sequence[TemplateTable], more: int, where: str
) -> None:
    """Add what happens when rows come in like the one that repeats in some tables."""
    if not more:
        return
    table, parts = tables[0], tuple(table.area.part for table in tables)
    insertion = Insertion(table.sheet, table.row, more)
    problems, notes = tried(package, insertion, where=where, table=parts)
    found.notes += [Notice("rows", "", note) for note in notes]
    cells = (
        *unrepeatable(package[table.part], table.row, columns_of(tables)),
        *neighbours(package, table.part, table.row, parts),
    )
    found.problems += problems + [
        Problem(f"{where}, sheet {table.sheet}, cell {cell}", why, sheet=table.sheet, cell=cell)
        for cell, why in cells
    ]
