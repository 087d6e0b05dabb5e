"""What stands beside a table in the row that repeats, and seems to be meant for each row.

What stands there stays once, since most of it has nothing to do with the models. Where it has, a
note says how it becomes part of the table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from moe_report.errors import Notice
from moe_report.fill.template import Template, TemplateTable, columns_of
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.formula_text import references, same_sheet, split_end
from moe_report.ooxml.package import Package


def notes_beside(package: Package, template: Template) -> Iterator[Notice]:
    """Say of each formula beside a table that it is there once, if it refers to the row's model."""
    sheets = list(package.sheets())
    for (sheet, row), tables in template.rows.items():
        own = columns_of(tables)
        belonging = set(own)  # a formula may refer to one that belongs to the row itself
        for column, text in sorted(_formulas(package, tables[0].part, row).items()):
            found = _refers(text, tables, belonging, sheets) if column not in own else ""
            if found:
                where = f"sheet {sheet}, cell {column_letters(column)}{row}"
                once = f"refers to this row ({found}), and stays there once, for the first model"
                yield Notice(
                    "beside-table", where, f"{once}; {how_to_join(column, tables, belonging)}"
                )
                belonging.add(column)


def how_to_join(column: int, tables: Sequence[TemplateTable], joined: Collection[int] = ()) -> str:
    """Say how a cell beside tables becomes part of one.

    Args:
        column: That of the cell.
        tables: Those in whose row it stands.
        joined: Other columns that are to become part of them.
    """
    left = [table.area for table in tables if table.area.right < column]
    name = max(left, key=lambda area: area.right).name if left else tables[0].area.name
    if column - 1 in {*columns_of(tables), *joined}:
        return f"drag the lower right corner of the table {name} over it to have it in each row"
    return (
        f"put it right of the table {name} and drag the table's lower right corner over it to have "
        "it in each row"
    )


def _formulas(package: Package, part: str, row: int) -> dict[int, str]:
    """The formulas of a row by column; without those that cannot be read."""
    formulas = Cells(package.root(part), "").formulas()
    found = {}
    for address in formulas.elements:
        column, at = split_address(address)
        if at == row:
            try:
                found[column] = formulas.text(address)
            except ValueError:
                continue
    return found


def _refers(
    text: str, tables: Sequence[TemplateTable], belonging: Collection[int], sheets: Sequence[str]
) -> str:
    """The reference of a formula to the cells of its row that belong to the model, if any."""
    sheet, row = tables[0].sheet, tables[0].row
    for table in tables:
        name = re.escape(table.area.name)
        own = rf"\b{name}\[(?:\[#This Row\],?[^\]]*\]?|#This Row|@[^\]]*)\]"
        if match := re.search(own, text, re.IGNORECASE):
            return match[0]
    try:
        found = list(references(text, sheet, sheets))
    except ValueError:
        return ""
    for item in found:
        left, top, right, bottom = item.area
        one = same_sheet(item.sheet, sheet) and same_sheet(item.last_sheet, sheet)
        if not one or (top, bottom) != (row, row) or _is_whole_column(item.first, item.last):
            continue
        if any(left <= column <= right for column in belonging):
            return item.text
    return ""


def _is_whole_column(first: str, last: str) -> bool:
    """Whether a range such as C5:C5 stands for a column of all models."""
    ends = [split_end(end) for end in (first, last or "")]
    (left, fixed, _), (right, other, _) = ends
    return bool(last) and left.strip("$") == right.strip("$") and fixed == other
