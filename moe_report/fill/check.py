"""What is wrong with a template before there is a report: what is unknown, and what cannot move."""

from __future__ import annotations

from collections.abc import Sequence

from moe_report.errors import Problem
from moe_report.fill.expressions.scope import known_of_registry
from moe_report.fill.outline import describe
from moe_report.fill.read_template import inspect_template
from moe_report.fill.template import TemplateTable
from moe_report.fill.write_sheet import neighbours, unrepeatable
from moe_report.ooxml.copying_obstacles import copying_obstacles
from moe_report.ooxml.file_types import refuse_name
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.insert_rows.insert import obstacles
from moe_report.ooxml.package import Package
from moe_report.ooxml.references import Insertion
from moe_report.schema.registry import Registry


def check_template(data: bytes, registry: Registry, *, where: str) -> tuple[str, list[Problem]]:
    """Return in words what a template would fill, and everything that it could not.

    Raises:
        InputError: It is no workbook at all.
    """
    package = check_package(data, where)
    refuse_name(package, where)
    known = known_of_registry(registry)
    template, found = inspect_template(package, known, where)
    problems = list(found)
    for tables in template.rows.values():
        problems += row_obstacles(package, tables, 1, where)
    titles = {part: title for title, part in package.sheets().items()}
    for sheet in template.sheets:
        problems += copying_obstacles(package, titles[sheet.part], where=where)
    return describe(template, known, problems), problems


def columns_of(tables: Sequence[TemplateTable]) -> frozenset[int]:
    """Return the numbers of the columns of tables."""
    return frozenset(
        column for table in tables for column in range(table.area.left, table.area.right + 1)
    )


def row_obstacles(
    package: Package, tables: Sequence[TemplateTable], more: int, where: str
) -> list[Problem]:
    """Return what is in the way of so many more rows like the one that repeats in some tables."""
    table, parts = tables[0], tuple(table.area.part for table in tables)
    insertion = Insertion(table.sheet, table.row, more)
    cells = (
        *unrepeatable(package[table.part], table.row, columns_of(tables)),
        *neighbours(package, table.part, table.row, parts),
    )
    return obstacles(package, insertion, where=where, table=parts) + [
        Problem(f"{where}, sheet {table.sheet}, cell {cell}", why, sheet=table.sheet, cell=cell)
        for cell, why in cells
    ]
