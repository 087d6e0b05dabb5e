"""Reports to render in tests."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from moe_report.compute.build import build_report
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.schema.sections import Failure
from moe_report.table import ModelTable, Row, Source, given

ALPHABET = "aiIlmMW0-_. 7型ß@"
HOSTILE = "</script><img src=x onerror=alert(1)>"

MIXTRAL = {
    "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "num_experts": 8,
    "num_experts_per_tok": 2, "published_total_params": 46.7e9,
}  # fmt: skip
OLMOE = {
    "num_hidden_layers": 16, "hidden_size": 2048, "vocab_size": 50304, "num_attention_heads": 16,
    "intermediate_size": 1024, "num_experts": 64, "num_experts_per_tok": 8, "qk_norm": 2,
}  # fmt: skip
QWEN3 = {
    "num_hidden_layers": 48, "hidden_size": 2048, "vocab_size": 151936, "num_attention_heads": 32,
    "num_key_value_heads": 4, "head_dim": 128, "moe_intermediate_size": 768, "num_experts": 128,
    "num_experts_per_tok": 8, "qk_norm": 1,
}  # fmt: skip
TOTALS = {
    "num_experts": 64, "num_experts_per_tok": 6, "total_params": 236e9, "active_params": 21e9
}  # fmt: skip
LAYER = {
    "num_experts": 1000, "num_experts_per_tok": 2, "expert_input_dim": 512,
    "expert_output_dim": 512,
}  # fmt: skip


def row(name: str, numbers: Mapping[str, float], place: str = "", **texts: str) -> Row:
    """Return a row whose numbers were typed."""
    typed = {key: given(value, place=place) for key, value in numbers.items()}
    return Row(name, place, texts, typed)


def report_of(*rows: Row, only: Sequence[str] = (), **changes: Any) -> Report:
    """Return the report of some rows, of some sections, with some of its attributes replaced."""
    source = Source("models.xlsx", sha256="0" * 64, sheet="Models")
    report = build_report(ModelTable(rows, source), load().choose(only=only))
    return replace(report, **changes)


def usual_report(**changes: Any) -> Report:
    """Return a report with whole models, a row of totals that cannot be, and a lone layer."""
    return report_of(
        row("Mixtral 8x7B", MIXTRAL, "Models!2", source="https://arxiv.org/abs/2401.04088"),
        row("OLMoE-1B-7B", OLMOE, "Models!3"),
        row("Qwen3-30B-A3B", QWEN3, "Models!4"),
        row("DeepSeek-V2 (as tabled)", TOTALS, "Models!5", remark="from a table"),
        row("A layer", LAYER, "Models!6"),
        **changes,
    )


def many_models(count: int, **changes: Any) -> Report:
    """Return a report of so many models, all different."""
    rows = (row(f"Model {at}", MIXTRAL | {"num_hidden_layers": 8 + at}) for at in range(count))
    return report_of(*rows, **changes)


def failed_report() -> Report:
    """Return a report that lacks a section because it failed."""
    failure = Failure("energy", "moe-energy", "moe_energy", "ImportError: no module named 'watts'")
    return usual_report(failures=(failure,))


def varied(count: int, seed: int = 0, longest: int = 24, alphabet: str = ALPHABET) -> Report:
    """A report of so many models of different shapes, with names of all lengths."""
    draw = random.Random(seed)
    rows = []
    for at in range(count):
        numbers = dict(draw.choice((MIXTRAL, OLMOE, QWEN3)))
        numbers.pop("published_total_params", None)
        numbers["hidden_size"] = draw.choice((512, 1024, 2048, 4096, 8192, 16384))
        numbers["num_hidden_layers"] = draw.randint(1, 120)
        numbers["num_experts"] = draw.choice((8, 16, 64, 256, 2048))
        letters = "".join(draw.choice(alphabet) for _ in range(draw.randint(0, longest)))
        rows.append(row(f"{at} {letters}".strip(), numbers))
    return report_of(*rows)
