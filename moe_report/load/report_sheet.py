"""The sheet Report of a workbook: what its report shall say, a key and a text a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moe_report.branding import KEYS, Setting
from moe_report.errors import nearest
from moe_report.load.grid import HEADER_ROWS, REPORT_SHEET, plain, read_grid, sheet_named
from moe_report.load.models_sheet import SheetReader
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import Package
from moe_report.table import Source
from moe_report.text import CONTROL, shown

_EXPECTED = f"{', '.join(KEYS[:-1])} or {KEYS[-1]}"


def read_settings(
    book: Any, package: Package, source: Source, reader: SheetReader, folder: Path
) -> dict[str, Setting]:
    """Return what the sheet Report says, if it has the columns 'key' and 'value'.

    Args:
        book: The workbook as openpyxl reads it.
        package: The same as a package.
        source: The file, and the sheet that the models are on.
        reader: What collects problems and notices.
        folder: The workbook's folder.
    """
    sheet = sheet_named(REPORT_SHEET, package.sheets())
    if sheet is None or sheet == source.sheet:
        return {}
    scan, grid = read_grid(book, package, source.name, sheet)
    place = _columns(grid)
    if place is None:
        text = f"the sheet {sheet} has no columns 'key' and 'value' and is skipped"
        reader.notice("skipped-sheet", text)
        return {}
    top, key_at, value_at = place
    found: dict[str, Setting] = {}
    first: dict[str, str] = {}
    for number, cells in enumerate(grid[top:], start=top + 1):
        written = _at(cells, key_at)
        key = str(written).strip().casefold() if written is not None else ""
        named = f"{column_letters(key_at + 1)}{number}"
        address = f"{column_letters(value_at + 1)}{number}"
        value = _at(cells, value_at)
        formula = scan.formulas.get(address)
        lacks_value = formula is not None and not formula.has_value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = f"{value:.15g}"
        if not key and not lacks_value and (value is None or not str(value).strip()):
            continue
        message = ""
        if not key:
            message, address = f"found {shown(value)} without a key; expected {_EXPECTED}", named
        elif key not in KEYS:
            message = f"found {shown(written)}, expected {_EXPECTED}.{nearest(key, KEYS)}"
            address = named
        elif key in first:
            message = f"found {key} once more (already in {first[key]}); expected it once"
            address = named
        elif lacks_value:
            message = (
                "found a formula without a stored value; open the file in Excel or LibreOffice and "
                "save it"
            )
        elif value is None:
            pass
        elif cells[value_at].data_type == "e":
            message = f"found the error {value}; expected a text"
        elif not isinstance(value, str):
            message = f"found {shown(value)}, expected a text for {key}"
        elif CONTROL.search(value):
            message = f"found {shown(value)}, expected text without control characters"
        elif value.strip():
            where = f"{source.name}, sheet {sheet}, cell {address}"
            found[key] = Setting(value.strip(), where, folder)
        first.setdefault(key, named)
        if message:
            reader.problem(address, message, sheet)
    return found


def _columns(grid: Sequence[Sequence[Any]]) -> tuple[int, int, int] | None:
    """How many rows stand above the keys, and the columns of keys and values."""
    for number, cells in enumerate(grid[:HEADER_ROWS], start=1):
        heads = [str(_at(cells, at)).strip().casefold() for at in range(len(cells))]
        if {"key", "value"} <= set(heads):
            return number, heads.index("key"), heads.index("value")
    keys = [str(_at(cells, 0)).strip().casefold() for cells in grid[:HEADER_ROWS]]
    return (0, 0, 1) if set(keys) & set(KEYS) else None


def _at(cells: Sequence[Any], column: int) -> Any:
    return plain(cells[column].value) if column < len(cells) else None
