"""10,000 models into a template, against bare zlib deflating the XML of the sheet that results.

Run by hand: ``make bench``. What counts is the ratio within one run: the target is at most twice
zlib's time and half a second.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

from openpyxl import Workbook
from openpyxl.worksheet.table import Table

from moe_report.compute.build import build_report
from moe_report.fill.fill import fill
from moe_report.reports import Report
from moe_report.schema import registry
from moe_report.table import ModelTable, Source
from tests.rows import example_models

EXPRESSIONS = (
    "m.name", "m.model_type", "m.num_hidden_layers", "m.hidden_size", "m.vocab_size",
    "m.num_experts", "m.num_experts_per_tok", "m.total_params", "m.active_params",
    "m.parameter_efficiency | formula", "m.expert_flops_savings | formula", "m.router_params",
    "m.attention_params", "m.embedding_params", "m.forward_flops", "m.training_flops",
    "m.expert_params", "m.dispatch_bytes_per_token", "m.total_params | billions", "number",
)  # fmt: skip


def report_of(models: int) -> Report:
    """Return a report of so many models."""
    examples = example_models()
    rows = tuple(
        replace(examples[at % len(examples)], name=f"{examples[at % len(examples)].name} #{at}")
        for at in range(models)
    )
    return build_report(ModelTable(rows, Source("bench.xlsx")), registry.load())


def template() -> bytes:
    """Return a template with a table of twenty columns."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([expression.replace("m.", "") for expression in EXPRESSIONS])
    sheet.append([f"{{{{ {expression} }}}}" for expression in EXPRESSIONS])
    for cell in sheet[2]:
        cell.number_format = "#,##0"
    sheet.add_table(Table(displayName="Models", ref="A1:T2"))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work keeps the processor busy."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main(models: int = 10_000, rounds: int = 5) -> None:
    """Print the times and the ratio."""
    report, data = report_of(models), template()
    filled = fill(data, report, where="bench.xlsx").data
    xml = zipfile.ZipFile(io.BytesIO(filled)).read("xl/worksheets/sheet1.xml")
    print(f"{models:,} models, {len(EXPRESSIONS)} columns, {len(xml):,} bytes of XML")
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(seconds(lambda: fill(data, report, where="bench.xlsx")))
        bare.append(seconds(lambda: zlib.compress(xml)))
    print(f"fill      median {statistics.median(ours):.2f} s")
    print(f"bare zlib median {statistics.median(bare):.2f} s")
    ratios = sorted((a - 0.5) / b for a, b in zip(ours, bare, strict=True))
    middle = statistics.median(ratios)
    print(f"(fill - 0.5 s) / zlib median {middle:.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
