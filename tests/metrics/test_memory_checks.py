"""What the sections on memory find wrong with a row or its use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moe_report.compute.build import build_report
from moe_report.load.examples import published_models
from moe_report.schema.registry import installed
from moe_report.table import Given, ModelTable, Source

MODELS = {row.name: row for row in published_models(installed())}


def found(name: str, numbers: dict[str, float] | None = None, **assumptions: float) -> list[str]:
    """The findings about one example that are not about claims."""
    row = MODELS[name]
    typed = {name: Given(value, half_unit=5e7) for name, value in (numbers or {}).items()}
    table = ModelTable((replace(row, numbers={**row.numbers, **typed}),), Source("models.xlsx"))
    report = build_report(table, installed(), assumptions=assumptions)
    return [f"{one.level} {one.column}: {one.message}" for one in report.findings]


@pytest.mark.parametrize(
    ("name", "assumptions", "said"),
    [
        ("Llama-4-Scout", {"tensor_parallel": 16}, "40 query heads cannot be divided evenly"),
        ("Mixtral-8x7B", {"expert_parallel": 16}, "8 experts cannot be spread over 16"),
        ("Mixtral-8x7B", {"data_parallel": 16}, "8 experts cannot be spread over 16"),
    ],
)
def test_a_layout_that_engines_refuse(name: str, assumptions: dict[str, float], said: str) -> None:
    """Heads that do not divide, more groups than experts."""
    assert any(said in one for one in found(name, **assumptions)), found(name, **assumptions)


@pytest.mark.parametrize(
    "assumptions", [{"tensor_parallel": 8}, {"expert_parallel": 8, "data_parallel": 8}, {}]
)
def test_a_layout_that_they_take(assumptions: dict[str, float]) -> None:
    """Nothing is found."""
    assert found("Mixtral-8x7B", **assumptions) == []


def test_a_context_beyond_the_model() -> None:
    """Only where the row says how long it may be."""
    said = "the context is 65,536 tokens, longer than the 32,768 that the model is made for"
    assert any(said in one for one in found("Mixtral-8x7B", context_length=65536))
    assert found("Mixtral-8x7B", context_length=32768) == []
    own = {"max_position_embeddings": 65536.0}
    assert found("Mixtral-8x7B", own, context_length=65536) == []
    assert not any("context" in one for one in found("Switch-C", context_length=65536))


def test_active_parameters_taken_for_all() -> None:
    """Mixtral does not run in what its 12.9 B active parameters take."""
    wrong = found("Mixtral-8x7B", {"weight_bytes": 25.8e9})
    assert any("memory holds all experts" in one for one in wrong), wrong
    assert not any("memory holds" in one for one in found("Mixtral-8x7B", {"weight_bytes": 93.4e9}))


@pytest.mark.parametrize(
    ("bits", "fp8", "lacks"), [(8.002, 0.0, True), (8.002, 2e15, False), (4.25, 0.0, False)]
)
def test_a_precision_that_the_device_lacks(bits: float, fp8: float, lacks: bool) -> None:
    """FP8 weights on a device without FP8 are said; 4 bit ones are widened everywhere."""
    said = found("Mixtral-8x7B", routed_expert_bits=bits, fp8_flops=fp8)
    assert any("it has no FP8" in one for one in said) == lacks, said
