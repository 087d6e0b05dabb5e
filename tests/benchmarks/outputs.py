"""100 models through all outputs, against a plain openpyxl script that writes the same cells.

Run by hand: ``make bench``. Machines differ and are noisy, so the two take turns and what counts is
the ratio within one run.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
from openpyxl.comments import Comment

from moe_report.api.write_reports import rendered
from moe_report.compute.build import build_report
from moe_report.output.content import whole
from moe_report.renderers import load_renderer, renderers
from moe_report.schema import registry
from moe_report.table import ModelTable, Source
from tests.rows import example_models

FORMATS = ("xlsx", "html", "json")


@dataclass(frozen=True)
class Written:
    """A cell of the report: what a plain script has to write again."""

    sheet: str
    address: str
    value: object
    note: str | None
    number_format: str


def all_outputs(models: int) -> dict[str, bytes]:
    """Compute and render everything for so many models."""
    examples = example_models()
    rows = tuple(
        replace(examples[at % len(examples)], name=f"{examples[at % len(examples)].name} #{at}")
        for at in range(models)
    )
    report = build_report(ModelTable(rows, Source("bench.xlsx")), registry.load())
    known = renderers()
    return {name: whole(rendered(name, load_renderer(name, known), report)) for name in FORMATS}


def cells_of(workbook: bytes) -> list[Written]:
    """Every cell of a workbook that holds something."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(workbook))
    return [
        Written(
            sheet.title, cell.coordinate, cell.value,
            cell.comment.text if cell.comment else None, cell.number_format,
        )
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None or cell.comment
    ]  # fmt: skip


def plain_script(cells: list[Written], target: Path) -> None:
    """Write the same cells and notes with openpyxl, computing nothing."""
    book = openpyxl.Workbook()
    for cell in cells:
        if cell.sheet not in book:
            book.create_sheet(cell.sheet)
        made = book[cell.sheet][cell.address]
        made.value = cell.value
        made.number_format = cell.number_format
        if cell.note:
            made.comment = Comment(cell.note, "plain")
    book.save(target)


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(models: int = 100, rounds: int = 7) -> None:
    """Print the times and the ratio."""
    outputs = all_outputs(models)
    cells = cells_of(outputs["xlsx"])
    notes = sum(cell.note is not None for cell in cells)
    print(f"{models} models, {len(cells):,} cells, {notes:,} notes")
    print(", ".join(f"{name} {len(content):,} bytes" for name, content in outputs.items()))
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            ours.append(seconds(lambda: all_outputs(models)))
            plain.append(seconds(lambda: plain_script(cells, Path(folder) / "plain.xlsx")))
    ratios = sorted(a / b for a, b in zip(ours, plain, strict=True))
    print(f"all outputs  median {statistics.median(ours):.2f} s")
    print(f"plain script median {statistics.median(plain):.2f} s")
    print(
        f"ratio        median {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
