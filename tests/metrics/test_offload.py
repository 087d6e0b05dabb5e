"""Experts on the CPU, against what people run with llama.cpp."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moe_report.load.examples import example_models, published_models
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import load
from moe_report_metrics.hardware import RTX_5090
from moe_report_metrics.offload import (
    cpu_expert_bytes,
    cpu_moe_layers_needed,
    cpu_moe_layers_taken,
    expert_layer_bytes,
    first_layers_on_cpu,
    fullest_stages,
    offload_fits,
    offload_tokens_per_s,
    offloaded_device_bytes,
)
from moe_report_metrics.sharding import device_bytes, device_layer_bytes

GIB = 2**30
MXFP4 = {"routed_expert_bits": 4.25}  # gpt-oss as published
GPT_OSS = {
    row.name: {name: item.value for name, item in row.numbers.items()}
    for row in example_models(load())
}["gpt-oss-120b"]
LAYER = 1_692_057_600
LONG = {"context_length": 131_072}
UNKNOWN = {"Switch-C"}  # of which nobody says how many bytes its attention has: nothing follows
TWO_CARDS = {  # of 32 GiB, with all of it in use but 1 GiB each
    "tensor_parallel": 2, "device_memory": 32 * GIB, "memory_utilisation": 1,
    "activation_bytes": GIB,
}  # fmt: skip


def of(metric: Metric, **assumed: float) -> float:
    """The number of gpt-oss-120b at its published bits."""
    return metric.of(**GPT_OSS, **MXFP4, **assumed)


def test_bytes_of_a_layer_of_gpt_oss() -> None:
    """128 experts of three matrices of 2880², at 17/32 bytes; the checkpoint's bytes give it, too.

    Biases stay where they are: llama.cpp's option moves the weights alone.
    """
    assert of(expert_layer_bytes) == LAYER == 128 * 3 * 2880**2 * 17 // 32
    biases = 36 * 128 * (2 * 2880 + 2880) * 2
    published = GPT_OSS | {"routed_expert_bytes": 36 * LAYER + biases}
    assert expert_layer_bytes.of(**published) == LAYER


def test_three_layers_on_the_cpu_of_two_cards() -> None:
    """llama.cpp, pull request #15077: exactly three for gpt-oss-120b on two cards of 32 GB."""
    assert of(cpu_moe_layers_needed, **LONG, **TWO_CARDS) == 3
    assert of(cpu_expert_bytes, **LONG, **TWO_CARDS) == 3 * LAYER
    one = TWO_CARDS | {"cpu_moe_layers": 1}
    for cards, both in ((TWO_CARDS, 60.54), (one, 65.27 - LAYER / GIB)):
        held = of(offloaded_device_bytes, **LONG, **cards) / GIB
        copied = 36 * (2880 * 128 + 128 + 2 * 2880) * 2 / 2 / GIB  # routers, norms: on both cards
        assert held == pytest.approx(both / 2 + copied + 1, abs=0.005)  # with a card's activations


def test_a_device_holds_what_it_needs_where_nothing_is_offloaded() -> None:
    """The bytes that are held against those that may be used: weights, cache and activations."""
    card = {"device_memory": 80 * GIB}
    assert of(cpu_moe_layers_taken, **card) == 0
    assert of(offloaded_device_bytes, **card) == of(device_bytes)


def test_layers_asked_for_are_taken() -> None:
    """More than there are are all; none asked for are those needed, none where all fits."""
    assert of(cpu_moe_layers_taken, cpu_moe_layers=5) == 5
    assert of(cpu_moe_layers_taken, cpu_moe_layers=99) == 36
    assert of(cpu_moe_layers_taken) == 0
    assert of(cpu_moe_layers_taken, **LONG, **TWO_CARDS) == 3


@pytest.mark.parametrize(
    ("gib", "layers"), [(80, 0), (65.3, 0), (64, 1), (63, 2), (20, 29), (10, 36)]
)
def test_fewest_layers(gib: float, layers: int) -> None:
    """With so many the rest fits, with one fewer it does not."""
    card = {"device_memory": gib * GIB, "memory_utilisation": 1, "activation_bytes": 0}
    assert of(cpu_moe_layers_needed, **LONG, **card) == layers
    held = [65.27 * GIB - some * LAYER <= gib * GIB for some in range(37)]
    assert held.index(True) == layers


def test_what_fits_without_experts_in_no_way() -> None:
    """The rest alone is more than 8 GiB."""
    card = {"device_memory": 8 * GIB, "memory_utilisation": 1, "activation_bytes": 0}
    assert math.isnan(of(cpu_moe_layers_needed, **LONG, **card))
    assert math.isnan(of(offloaded_device_bytes, **LONG, **card))


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from([row.name for row in published_models(load())]),
    tensor=st.sampled_from([1, 2, 8]),
    stages=st.integers(1, 16),
    gib=st.sampled_from([16, 24, 48, 80, 141, 300]),
    asked=st.integers(1, 60),
    context=st.sampled_from([4096, 131_072]),
    batch=st.sampled_from([1, 64]),
)
@example("Qwen3-235B-A22B", 1, 6, 80, 3, 4096, 1)
@example("DeepSeek-V3", 1, 9, 80, 20, 4096, 1)
@example("gpt-oss-120b", 1, 5, 80, 36, 131_072, 64)
@example("Mixtral-8x7B", 1, 5, 80, 32, 131_072, 64)
def test_layers_are_taken_from_the_fullest_stage(
    name: str, tensor: int, stages: int, gib: int, asked: int, context: int, batch: int
) -> None:
    """One by one by hand: as many as the formula says are needed, and as much is then held.

    A stage gives up no more MoE layers than it has, if dense ones are spread evenly.
    """
    (row,) = (one for one in published_models(load()) if one.name == name)
    numbers = {name: item.value for name, item in row.numbers.items()}
    layout = {"tensor_parallel": tensor, "pipeline_parallel": stages,
              "context_length": context, "num_sequences": batch}  # fmt: skip
    layers = int(numbers["num_hidden_layers"])
    moe = int(numbers.get("num_moe_layers", layers))
    if stages > layers:
        return
    full = device_bytes.of(**numbers, **layout)
    one = device_layer_bytes.of(**numbers, **layout)
    cut = expert_layer_bytes.of(**numbers) / tensor
    of_stages = [len(range(stage, layers, stages)) for stage in range(stages)]
    held = [full - (max(of_stages) - some) * one for some in of_stages]
    left = [moe * some // layers for some in of_stages]
    fullest = [max(held)]
    for _ in range(moe):
        at = held.index(max(held))
        if left[at]:
            left[at] -= 1
            held[at] -= cut
        fullest.append(max(held))
    usable = 0.9 * gib * GIB
    needed = cpu_moe_layers_needed.of(**numbers, **layout, device_memory=gib * GIB)
    by_hand = next((some for some, held in enumerate(fullest) if held <= usable), math.nan)
    assert needed == pytest.approx(by_hand, nan_ok=True)
    assert math.isnan(full) == (name in UNKNOWN)
    taken = min(asked, moe)
    then = offloaded_device_bytes.of(**numbers, **layout, cpu_moe_layers=asked)
    assert then == pytest.approx(fullest[taken], rel=1e-9, nan_ok=name in UNKNOWN)


def test_a_stage_gives_up_no_more_layers_than_it_has() -> None:
    """With a long cache experts are the lesser part of a layer: four of five stages have more.

    On 16 stages of two layers each, all but their experts stays, however many are asked for.
    """
    (row,) = (one for one in published_models(load()) if one.name == "Mixtral-8x7B")
    numbers = {name: item.value for name, item in row.numbers.items()}
    long = {**numbers, "pipeline_parallel": 16, "context_length": 131_072, "num_sequences": 64}
    cut = expert_layer_bytes.of(**numbers)
    assert device_layer_bytes.of(**long) > 2 * cut
    rest = device_bytes.of(**long) - 2 * cut
    assert offloaded_device_bytes.of(**long, cpu_moe_layers=32) == pytest.approx(rest)
    uneven = long | {"pipeline_parallel": 3}  # of 11, 11 and 10 layers
    held = offloaded_device_bytes.of(**uneven, cpu_moe_layers=32)
    assert held == pytest.approx(device_bytes.of(**uneven) - 11 * cut)


def test_four_layers_of_six_stages() -> None:
    """94 layers of Qwen3-235B-A22B: four stages of 16, each 4.4 GiB too full, and two of 15."""
    (row,) = (one for one in published_models(load()) if one.name == "Qwen3-235B-A22B")
    numbers = {name: item.value for name, item in row.numbers.items()}
    stages = numbers | {"pipeline_parallel": 6}
    assert fullest_stages.of(num_hidden_layers=94, pipeline_parallel=6) == 4
    assert cpu_moe_layers_needed.of(**stages) == 4
    assert math.isnan(first_layers_on_cpu.of(**stages))
    assert offload_fits.of(**stages, cpu_moe_layers=3, cpu_memory=1e12) == 0
    assert offload_fits.of(**stages, cpu_moe_layers=4, cpu_memory=1e12) == 1


def test_first_layers_are_dense_ones_too() -> None:
    """Three of DeepSeek-V3's 61 layers, which an engine counts that takes the first ones."""
    (row,) = (one for one in published_models(load()) if one.name == "DeepSeek-V3")
    numbers = {name: item.value for name, item in row.numbers.items()}
    assert first_layers_on_cpu.of(**numbers, cpu_moe_layers=5) == 8
    assert of(first_layers_on_cpu, cpu_moe_layers=5) == 5
    assert of(first_layers_on_cpu) == 0


def test_no_first_layers_where_dense_ones_are_among_the_others() -> None:
    """Every other layer of Llama-4-Maverick is dense; and nobody says where DeepSeek-V3's are."""
    rows = {row.name: row for row in published_models(load())}
    maverick, deepseek = (
        {name: item.value for name, item in rows[model].numbers.items()}
        for model in ("Llama-4-Maverick", "DeepSeek-V3")
    )
    assert maverick["num_moe_layers"] == maverick["num_hidden_layers"] / 2
    assert math.isnan(first_layers_on_cpu.of(**maverick, cpu_moe_layers=6))
    nowhere = {**deepseek, "num_moe_layers": 58.0}
    del nowhere["first_k_dense_replace"]
    assert math.isnan(first_layers_on_cpu.of(**nowhere, cpu_moe_layers=5))
    all_first = nowhere | {"first_k_dense_replace": 3.0}
    assert first_layers_on_cpu.of(**all_first, cpu_moe_layers=5) == 8


def test_memory_of_the_cpu() -> None:
    """It is asked for only where something is on the CPU."""
    on_cards = LONG | TWO_CARDS
    assert math.isnan(of(offload_fits, **on_cards))
    assert of(offload_fits, **on_cards, cpu_memory=3 * LAYER) == 1
    assert of(offload_fits, **on_cards, cpu_memory=3 * LAYER - 1) == 0
    assert of(offload_fits, **on_cards, cpu_memory=99 * LAYER, cpu_moe_layers=2) == 0
    assert of(offload_fits) == 1


def test_published_speed_is_below_the_bound() -> None:
    """llama.cpp, pull request #15077: 108 tokens/s of gpt-oss-120b on two RTX 5090, three layers.

    The context is taken as 1, where least is read: a bound for any.
    """
    cards = {"tensor_parallel": 2, "cpu_moe_layers": 3, "context_length": 1,
             "memory_bandwidth": RTX_5090.values["memory_bandwidth"]}  # fmt: skip
    bound = of(offload_tokens_per_s, **cards)
    assert bound > 108
    cpu = 3 * LAYER * 4 / 128 / 89.6e9
    assert bound < 1 / cpu


def test_nothing_offloaded_is_as_fast_as_reading() -> None:
    """And each layer on a slower memory costs its bytes there."""
    slow = {"cpu_memory_bandwidth": 50e9}
    none, ten = (1 / of(offload_tokens_per_s, cpu_moe_layers=some, **slow) for some in (0, 10))
    moved = 10 * LAYER * 4 / 128
    assert ten - none == pytest.approx(moved / 50e9 - moved / 3350e9)
