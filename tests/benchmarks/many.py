"""Ten thousand models through every command, beside what others take for a part of it.

Run by hand: ``make bench``. Each line is a process of its own, all take turns, and what counts is
the ratio of medians within one run: machines differ and are noisy.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from moe_report.load.examples import example_models
from moe_report.schema import registry
from moe_report.schema.fields import TEXT_FIELDS

SHEET = "Models"
_READ = f"""
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1], read_only=True)
for row in book[{SHEET!r}].iter_rows(values_only=True):
    pass
"""
# What the largest sheet of a report takes to be packed, and nothing else.
_ZLIB = """
import sys, zipfile, zlib
book = zipfile.ZipFile(sys.argv[1])
packed = zlib.compressobj(6)
with book.open(max(book.infolist(), key=lambda part: part.file_size)) as sheet:
    while piece := sheet.read(1 << 20):
        packed.compress(piece)
packed.flush()
"""


@dataclass(frozen=True)
class Timed:
    """A process: what it does, how it is called, and against what it is measured.

    Attributes:
        name: What it is called in the table.
        command: Its words.
        beside: The name of another, of whose time it may take ``times``; empty for none.
        times: How many times as long it may take.
        seconds: How long it may take.
        megabytes: How much memory it may take.
    """

    name: str
    command: tuple[str, ...]
    beside: str = ""
    times: float = 0
    seconds: float = 0
    megabytes: float = 0


def fill_in(path: Path, models: int) -> None:
    """Write a workbook with so many models: the examples, again and again, under other names."""
    examples = example_models(registry.load())
    texts = [name for name in TEXT_FIELDS if name not in ("name", "compare_with")]
    numbers = list(dict.fromkeys(name for row in examples for name in row.numbers))
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(["name", *numbers, *texts])
    for at in range(models):
        row = examples[at % len(examples)]
        typed = [row.numbers[name].value if name in row.numbers else None for name in numbers]
        sheet.append([f"{row.name} #{at}", *typed, *map(row.texts.get, texts)])
    book.save(path)


def measured(command: Sequence[str]) -> tuple[float, float]:
    """Run a process; return its seconds, and the most megabytes it had at a time."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode in (0, 2), command
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def processes(folder: Path, models: int) -> list[Timed]:
    """What is timed, on workbooks that are made for it."""
    ours = str(Path(sys.executable).parent / "moe-report")
    book, fewer, output = folder / "models.xlsx", folder / "fewer.xlsx", folder / "out"
    fill_in(book, models)
    fill_in(fewer, models // 10)
    for one in (book, fewer):
        run = [ours, "run", str(one), "-o", str(output), "--format", "xlsx"]
        subprocess.run(run, check=True, capture_output=True)
    report, small = output / "models.report.xlsx", output / "fewer.report.xlsx"

    def run_as(form: str) -> tuple[str, ...]:
        return (ours, "run", str(book), "-o", str(folder / form), "--format", form, "--force")

    return [
        Timed("openpyxl reads", (sys.executable, "-c", _READ, str(book))),
        Timed("zlib packs", (sys.executable, "-c", _ZLIB, str(report))),
        Timed("check", (ours, "check", str(book)), "openpyxl reads", 3),
        Timed("csv", run_as("csv"), "check", 1.5),
        Timed("json", run_as("json"), "check", 2),
        Timed("jsonl", run_as("jsonl"), "check", 2),
        Timed("parquet", run_as("parquet"), "check", 2),
        Timed("html", run_as("html"), "check", 2, megabytes=300),
        Timed("xlsx", run_as("xlsx"), "zlib packs", 3, megabytes=400),
        Timed(f"update of {models // 10:,}", (ours, "run", "--update", str(small)), seconds=3),
    ]


def main(models: int = 10_000, rounds: int = 5) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        timed = processes(Path(folder), models)
        found: dict[str, list[tuple[float, float]]] = {one.name: [] for one in timed}
        for _ in range(rounds):
            for one in timed:
                found[one.name].append(measured(one.command))
        report = Path(folder) / "out" / "models.report.xlsx"
        size = max(part.file_size for part in zipfile.ZipFile(report).infolist())
    seconds = {name: statistics.median(took for took, _ in each) for name, each in found.items()}
    memory = {name: statistics.median(most for _, most in each) for name, each in found.items()}
    print(f"{models:,} models, the largest sheet {size:,} bytes, medians of {rounds}")
    print(f"{'':<18}{'seconds':>8}{'MB':>7}   of what it may take")
    for one in timed:
        said = f"{one.name:<18}{seconds[one.name]:>8.2f}{memory[one.name]:>7.0f}   "
        if one.beside:
            ratio = seconds[one.name] / seconds[one.beside]
            said += f"{ratio:.2f} of {one.times:g} × {one.beside}"
        if one.seconds:
            said += f"{seconds[one.name]:.2f} of {one.seconds:g} s"
        if one.megabytes:
            said += f", {memory[one.name]:.0f} of {one.megabytes:g} MB"
        print(said)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
