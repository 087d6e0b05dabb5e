"""Reading and checking 10,000 models, against openpyxl reading the same file: fresh processes.

Run by hand: ``make bench``. The three take turns and what counts is the ratio within one run: the
target is at most three times openpyxl's time, and less than 400 MB of memory.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from moe_report.edit.new_workbook import build_starter
from moe_report.schema import registry

_READ = """
import sys
from pathlib import Path
from moe_report.load.workbook import read_workbook
from moe_report.schema import registry
read_workbook(Path(sys.argv[1]), registry.load())
"""
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
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    command = [sys.executable, *arguments]
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)
    _, _, used = os.wait4(child, 0)
    return time.perf_counter() - started, used.ru_maxrss / 1024


def main(models: int = 10_000, rounds: int = 3) -> None:
    """Print the times, the memory and the ratios."""
    runs: dict[str, list[tuple[float, float]]] = {"openpyxl": [], "read": [], "check": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "models.xlsx"
        with ProcessPoolExecutor(1) as other:  # a child counts the memory of its parent, too
            path.write_bytes(other.submit(workbook_of, models).result())
        print(f"{models:,} models, {path.stat().st_size:,} bytes")
        for _ in range(rounds):
            for name, arguments in (
                ("openpyxl", ("-c", _BARE, str(path))),
                ("read", ("-c", _READ, str(path))),
                ("check", ("-m", "moe_report", "check", str(path))),
            ):
                runs[name].append(seconds_and_memory(*arguments))
    for name, figures in runs.items():
        seconds, memory = (statistics.median(one) for one in zip(*figures, strict=True))
        ratios = sorted(
            own[0] / other[0] for own, other in zip(figures, runs["openpyxl"], strict=True)
        )
        print(
            f"{name:8} median {seconds:.2f} s, {memory:.0f} MB, "
            f"ratio {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
