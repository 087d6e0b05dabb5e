"""The plan of a sweep to begin with: what ``moe-report init --sweep`` writes."""

from __future__ import annotations

from collections.abc import Iterator

from moe_report.edit.new_workbook import build_starter
from moe_report.load.examples import published_models
from moe_report.schema.parts import Part
from moe_report.schema.registry import Registry
from moe_report.sweeps.said import Kind, Line
from moe_report.table import Row


def build_sweep(registry: Registry) -> bytes:
    """Return a workbook with a model, and a sheet Sweep that varies it; it runs as it is."""
    base = published_models(registry)[0]
    return build_starter(registry, examples=False, models=[base], sweep=[*_lines(registry, base)])


def _lines(registry: Registry, base: Row) -> Iterator[tuple[Line, str]]:
    """What is varied around the first example, each line with a remark on it."""

    def line(kind: Kind, name: str = "", **parts: object) -> Line:
        return Line(kind, name, {key.rstrip("_"): said for key, said in parts.items()}, "")

    numbers = {name: f"{item.value:g}" for name, item in base.numbers.items()}
    width, experts = numbers["moe_intermediate_size"], numbers["num_experts"]
    yield (
        line("vary", "num_experts", from_=4, to=64, step="×2"),
        "4, 8, 16, 32 and 64: each twice the one before.",
    )
    yield (
        line("vary", "moe_intermediate_size", formula=f"{width} * {experts} / num_experts"),
        "More experts are narrower ones: the parameters of a layer stay the same.",
    )
    yield line("vary", "num_experts_per_tok", from_=1, to=8), "1, 2, 3 … 8."
    yield (
        line("vary", "num_hidden_layers", values="24; 32; 40; 48"),
        "These alone, parted by semicolons.",
    )
    yield line("vary", "hidden_size", factors="0.5; 0.75; 1; 1.25"), "Times the model's own."
    counting = registry.counting
    if total := counting.get(Part.TOTAL):
        limit = f"{total.name} <= 60e9"
        yield line("constraint", formula=limit), "Designs with more are removed, and counted."
        yield line("objective", formula=f"max {total.name}"), "The most parameters …"
    if cost := counting.get(Part.FORWARD_FLOPS):
        yield line("objective", formula=f"min {cost.name}"), "… for the least computing."
    if not total and not cost:
        yield line("objective", formula="max num_experts"), "The most experts."
