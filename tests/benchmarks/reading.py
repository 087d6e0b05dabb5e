"""`check` of 10,000 models, against openpyxl reading the same file: fresh processes, in turns.

Run by hand: ``make bench``. What counts is the ratio within one run: the target is at most three
times openpyxl's time, and less than 400 MB of memory.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from moe_report.edit.new_workbook import build_starter
from moe_report.schema import registry

_CHECK = "from moe_report.__main__ import main; main()"
_BARE = """
import sys, openpyxl
for sheet in openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True):
    for row in sheet.iter_rows(values_only=True):
        pass
"""


def workbook_of(models: int) -> bytes:
    """Return the workbook of ``moe-report init``, its examples repeated, saved by openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(build_starter(registry.load())))
    sheet = book["Models"]
    assert isinstance(sheet, Worksheet)
    [table] = sheet.tables.values()
    top, last = sheet[table.ref][0], sheet[table.ref][-1]
    examples = [[cell.value for cell in row] for row in sheet[table.ref][1:]]
    for at in range(models):
        name, *values = examples[at % len(examples)]
        for cell, value in zip(top, (f"{name} #{at}", *values), strict=True):
            sheet.cell(cell.row + 1 + at, cell.column, value)
    table.ref = f"{top[0].coordinate}:{last[-1].column_letter}{top[0].row + models}"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def seconds_and_memory(*arguments: str) -> tuple[float, float]:
    """How long a fresh Python takes, and how many MB it needs."""
    started = time.perf_counter()
    child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, *arguments])
    _, _, used = os.wait4(child, 0)
    return time.perf_counter() - started, used.ru_maxrss / 1024


def main(models: int = 10_000, rounds: int = 5) -> None:
    """Print the times, the memory and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "models.xlsx"
        path.write_bytes(workbook_of(models))
        print(f"{models:,} models, {path.stat().st_size:,} bytes")
        ours, bare = [], []
        for _ in range(rounds):
            ours.append(seconds_and_memory("-c", _CHECK, "check", str(path)))
            bare.append(seconds_and_memory("-c", _BARE, str(path)))
    for name, runs in (("check", ours), ("openpyxl", bare)):
        seconds, memory = (statistics.median(one) for one in zip(*runs, strict=True))
        print(f"{name:8} median {seconds:.2f} s, {memory:.0f} MB")
    ratios = sorted(one[0] / other[0] for one, other in zip(ours, bare, strict=True))
    print(f"ratio    median {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
