"""The sheet Report of a workbook: what its report shall say, a key and a text a row."""

from __future__ import annotations

from pathlib import Path

from moe_report.branding import KEYS, Setting
from moe_report.errors import nearest
from moe_report.load.grid import HEADER_ROWS, Grid, address
from moe_report.text import CONTROL, shown

_EXPECTED = f"{', '.join(KEYS[:-1])} or {KEYS[-1]}"


def read_settings(grid: Grid | None, folder: Path) -> dict[str, Setting]:
    """Return what the sheet Report of a workbook in a folder says, if it has keys and values."""
    if grid is None:
        return {}
    place = _columns(grid)
    if place is None:
        grid.skip_without("key", "value")
        return {}
    header, key_at, value_at = place
    found: dict[str, Setting] = {}
    first: dict[str, str] = {}
    for row in grid.below(header):
        key = grid.text(row, key_at).casefold()
        value = grid.value(row, value_at)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = f"{value:.15g}"
        formula = grid.formula(row, value_at)
        lacks_value = formula is not None and not formula.has_value
        if not key and not lacks_value and not grid.text(row, value_at):
            continue
        if wrong := _wrong_key(grid, row, key_at, value, first):
            grid.problem(row, key_at, wrong)
        elif not grid.lacks_value(row, value_at) and value is not None:
            message = ""
            if grid.is_error(row, value_at):
                message = f"found the error {value}; expected a text"
            elif not isinstance(value, str):
                message = f"found {shown(value)}, expected a text for {key}"
            elif CONTROL.search(value):
                message = f"found {shown(value)}, expected text without control characters"
            elif value.strip():
                where = f"{grid.collected.file}, sheet {grid.sheet}, cell {address(row, value_at)}"
                found[key] = Setting(value.strip(), where, folder)
            if message:
                grid.problem(row, value_at, message)
        first.setdefault(key, address(row, key_at))
    return found


def _wrong_key(grid: Grid, row: int, column: int, value: object, first: dict[str, str]) -> str:
    """What is wrong with the key of a row."""
    written = grid.value(row, column)
    key = grid.text(row, column).casefold()
    if not key:
        return f"found {shown(value)} without a key; expected {_EXPECTED}"
    if key not in KEYS:
        return f"found {shown(written)}, expected {_EXPECTED}.{nearest(key, KEYS)}"
    if key in first:
        return f"found {key} once more (already in {first[key]}); expected it once"
    return ""


def _columns(grid: Grid) -> tuple[int, int, int] | None:
    """How many rows stand above the keys, and the columns of keys and values."""
    if found := grid.header("key", "value"):
        header, names = found
        return header, names.index("key") + 1, names.index("value") + 1
    keys = {grid.text(row, 1).casefold() for row in grid.below(0)[:HEADER_ROWS]}
    return (0, 1, 2) if keys & set(KEYS) else None
