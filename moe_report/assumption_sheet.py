"""The sheet Assumptions of a workbook."""

from __future__ import annotations

from typing import Any

from moe_report.errors import nearest
from moe_report.grid import (
    ASSUMPTIONS_SHEET,
    HEADER_ROWS,
    STORED_AS_TEXT,
    is_number,
    plain,
    read_grid,
    sheet_named,
    shown,
)
from moe_report.guard import column_letters
from moe_report.ooxml import Package
from moe_report.registry import Registry
from moe_report.sheetreader import SheetReader
from moe_report.table import Given, Source, given


def read_assumptions(
    book: Any, package: Package, source: Source, registry: Registry, reader: SheetReader
) -> dict[str, Given]:
    """Return what the sheet Assumptions says, if it has the columns 'name' and 'value'."""
    sheet = sheet_named(ASSUMPTIONS_SHEET, package.sheets())
    if sheet is None:
        return {}
    known = registry.assumptions
    scan, grid = read_grid(book, package, source.name, sheet)
    header = next(
        (
            (number, {str(cell.value).strip().casefold(): at for at, cell in enumerate(cells)})
            for number, cells in enumerate(grid[:HEADER_ROWS])
            if {"name", "value"} <= {str(cell.value).strip().casefold() for cell in cells}
        ),
        None,
    )
    if header is None:
        reader.warnings.append(
            f"{source.name}: the sheet {sheet} has no columns 'name' and 'value' and is skipped"
        )
        return {}
    top, columns = header
    found: dict[str, Given] = {}
    first: dict[str, str] = {}
    for number, cells in enumerate(grid[top + 1 :], start=top + 2):
        name, value = (plain(cells[columns[header]].value) for header in ("name", "value"))
        name = name.strip() if isinstance(name, str) else name
        named = f"{column_letters(columns['name'] + 1)}{number}"
        address = f"{column_letters(columns['value'] + 1)}{number}"
        formula = scan.formulas.get(address)
        message = ""
        if formula is not None and not formula.has_value and name in known:
            message = (
                f"found the formula ={formula.text} without a stored value; open the file in Excel "
                "or LibreOffice and save it"
            )
        elif value is None or value == "":
            continue
        elif name is None or name == "":
            if isinstance(value, str):
                continue  # a remark between the assumptions
            address = named
            message = f"found {shown(value)} without a name; expected the name of an assumption"
        elif name not in known:
            if reader.own_report:
                reader.warnings.append(
                    f"{source.name}: assumption {name!r} of the earlier report is skipped: no "
                    "installed metric takes it"
                )
                continue
            address = named
            near = nearest(str(name), known)
            message = f"found {shown(name)}, expected the name of an assumption.{near}"
        elif name in first:
            address = named
            message = f"found {name} once more (already in {first[name]}); expected it once"
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            message = f"found {shown(value)}, expected a number for {name}"
            if isinstance(value, str) and is_number(value):
                message += STORED_AS_TEXT
        elif expected := known[name].refusal(value):
            message = f"found {value!r}, expected {expected} for {name}"
        elif value != known[name].default:
            found[name] = given(value, 1, f"{sheet}!{address}")
        first.setdefault(str(name), named)
        if message:
            reader.problem(address, message, sheet)
    return found
