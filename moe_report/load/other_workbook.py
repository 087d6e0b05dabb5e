"""Workbooks that are no .xlsx: .ods, .xls and .xlsb, read by python-calamine.

It makes a sheet's whole area in memory, however large a file of a few bytes says that it is: so it
reads in a process of its own, whose memory and time are bounded.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from moe_report.child_process import run_module
from moe_report.errors import InputError, Problem
from moe_report.load.sheets import PlainSheet, PlainSheets, refuse_too_large
from moe_report.ooxml.guard import MAX_FILE

SUFFIXES = frozenset({".ods", ".xls", ".xlsb"})
_MEMORY = 4 * 2**30
_SECONDS = 120
_PARTS = "__moe_report__"  # the key of a value that JSON has no kind for


def read_other(path: Path, data: bytes) -> PlainSheets:
    """Return the sheets of such a workbook: values, without formulas and formats.

    Raises:
        InputError: The extra is not installed, or the file cannot be read.
    """
    if len(data) > MAX_FILE:
        _refuse(path, f"the file has {len(data):,} bytes, expected at most {MAX_FILE:,}")
    if find_spec("python_calamine") is None:
        _refuse(
            path,
            f"{path.suffix} files are read by python-calamine: pip install 'moe-report[calamine]', "
            "or save it as .xlsx",
        )
    try:
        done = run_module(__name__, data, seconds=_SECONDS, memory=_MEMORY)
    except subprocess.TimeoutExpired:
        _refuse(path, f"reading it takes more than {_SECONDS} s; save it as .xlsx")
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        cause = lines[-1] if lines and done.returncode == 1 else "it needs too much memory"
        _refuse(path, f"cannot be read ({cause}); save it as .xlsx")
    sheets = json.loads(done.stdout, object_hook=_value)
    return PlainSheets(path, {name: PlainSheet(**sheet) for name, sheet in sheets.items()})


def _refuse(path: Path, message: str) -> NoReturn:
    raise InputError([Problem(path.name, message)])


def _value(item: dict[str, Any]) -> Any:
    """A date or duration that was written as JSON; other objects as they are."""
    if _PARTS not in item:
        return item
    kind, text = item[_PARTS]
    if kind == "timedelta":
        return datetime.timedelta(seconds=float(text))
    if kind == "time":
        return datetime.time.fromisoformat(text)
    return (datetime.date if kind == "date" else datetime.datetime).fromisoformat(text)


def _written(value: object) -> dict[str, Any]:
    if isinstance(value, datetime.timedelta):
        return {_PARTS: ["timedelta", str(value.total_seconds())]}
    assert isinstance(value, (datetime.date, datetime.time))
    return {_PARTS: [type(value).__name__, value.isoformat()]}


def _main() -> None:
    """Read a workbook from stdin and write its sheets to stdout, as JSON."""
    import io

    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        found = {}
        for one in book.sheets_metadata:
            if one.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(one.name)
            refuse_too_large("", sheet.total_height, sheet.total_width)
            found[one.name] = {
                "rows": sheet.to_python(skip_empty_area=False),
                "hidden": one.visible != SheetVisibleEnum.Visible,
                "merged": [
                    (left + 1, top + 1, right + 1, bottom + 1)
                    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
                ],
            }
    except (CalamineError, InputError) as error:
        sys.exit(f"{error}")
    json.dump(found, sys.stdout, default=_written)


if __name__ == "__main__":
    _main()
