"""The program that calculates with formulon: a task and a workbook on stdin, values on stdout.

The engine is young: it has been seen to compute a formula before what it rests on. So each formula
is evaluated once more when all is known, and what doesn't hold then is refused, with all else.
"""

from __future__ import annotations

import json
import math
import sys
from contextlib import suppress
from typing import Any


def _main() -> None:
    import wasmtime

    with suppress(wasmtime.WasmtimeError):  # where nothing can be kept, each start takes seconds
        _keep_compiled(wasmtime)
    from formulon import FormulonError, Workbook

    task = json.loads(sys.stdin.buffer.readline())
    try:
        with Workbook.load(sys.stdin.buffer.read()) as book:
            book.recalc()
            places = {book.sheet_name(at): at for at in range(book.sheet_count())}
            for sheet, column, row in task["checked"]:
                _check(book, places[sheet], row - 1, column - 1)
            found = [
                _plain(book.get_value(places[sheet], row - 1, column - 1))
                for sheet, column, row in task["asked"]
            ]
    except FormulonError as error:
        sys.exit(f"{error}")
    json.dump(found, sys.stdout)


def _keep_compiled(wasmtime: Any) -> None:
    """Let wasmtime keep what it compiles, in its own folder of the user's caches."""
    config = wasmtime.Config()
    config.cache = True
    engine = wasmtime.Engine
    wasmtime.Engine = lambda given=None: engine(given or config)


def _check(book: Any, sheet: int, row: int, column: int) -> None:
    formula = book.get_formula(sheet, row, column)
    value = _plain(book.get_value(sheet, row, column))
    if value == _plain(book.evaluate_formula_array(sheet, row, column, formula)[0][0]):
        return
    book.set_formula(sheet, row, column, formula)  # what is evaluated alone sees no whole columns
    book.recalc()
    if value != _plain(book.get_value(sheet, row, column)):
        sys.exit(f"{book.sheet_name(sheet)}, row {row + 1}, column {column + 1} does not hold")


def _plain(value: Any) -> float | str | bool | None:
    """A value as JSON has it; None for an error, and for what no cell holds."""
    found = value.to_python()
    if isinstance(found, float) and not math.isfinite(found):
        return None
    return found if isinstance(found, float | str | bool) else None


if __name__ == "__main__":
    _main()
