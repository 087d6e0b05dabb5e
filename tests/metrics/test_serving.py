"""How fast tokens come and what they cost, against published speeds and bills."""

from __future__ import annotations

import math

import pytest

from moe_report.compute.build import build_report
from moe_report.load.examples import example_models
from moe_report.schema.metrics import Metric
from moe_report.schema.presets import Preset
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from moe_report_metrics import serving
from moe_report_metrics.flops_savings import linear_flops
from moe_report_metrics.hardware import A100, B200, GB200, H20, H100, H800
from tests.reports import row

REGISTRY = load()
NUMBERS = {
    row.name: {name: item.value for name, item in row.numbers.items()}
    for row in example_models(REGISTRY)
}
V3, GPT_OSS, QWEN = (NUMBERS[name] for name in ("DeepSeek-V3", "gpt-oss-120b", "Qwen3-30B-A3B"))
FP8 = {"routed_expert_weight_bits": 8.00195, "other_matrix_weight_bits": 8.00195}
MXFP4 = {"routed_expert_bits": 4.25}
MANY = 10_000_000  # sequences: the most there may be


def of(metric: Metric, **known: float) -> float:
    """The number of a model, of those assumptions that it and what it needs know."""
    reached = [metric]
    for one in reached:
        reached += [called for called in one.calls.values() if called not in reached]
    asked = {item.name for one in reached for item in one.assumptions}
    all_assumed = REGISTRY.assumptions
    return metric.of(**{k: v for k, v in known.items() if k not in all_assumed or k in asked})


def on(device: Preset, **more: float) -> dict[str, float]:
    """The assumptions of a device, and others."""
    return dict(device.values) | more


@pytest.mark.parametrize(
    ("experts", "chosen", "batch", "distinct"),
    [
        (256, 8, 8, 57.42),
        (256, 8, 32, 163.31),
        (256, 8, 128, 251.60),
        (8, 2, 4, 5.469),
        (256, 8, 1, 8),
        (8, 8, 5, 8),
        (512, 10, MANY, 512),
    ],
)
def test_distinct_experts(experts: int, chosen: int, batch: int, distinct: float) -> None:
    """E·(1−(1−k/E)^B)."""
    found = serving.distinct_experts.of(
        num_experts=experts, num_experts_per_tok=chosen, num_sequences=batch
    )
    assert found == pytest.approx(distinct, abs=0.005)


def test_bytes_of_a_step_by_hand() -> None:
    """Qwen3-30B in BF16: all but embedding and routed experts, 8 of 128 of these, and the cache."""
    always = 2 * (30_532_122_624 - 151936 * 2048 - 48 * 128 * 3 * 2048 * 768)
    routed = 2 * 48 * 3 * 2048 * 768
    step = of(serving.decode_bytes_per_step, **QWEN, num_sequences=1, context_length=4096)
    assert step == always + 8 * routed + 98304 * 4096
    two = of(serving.decode_bytes_per_step, **QWEN, num_sequences=2, context_length=4096)
    assert two == pytest.approx(always + 15.5 * routed + 2 * 98304 * 4096)


def test_windows_are_read_as_far_as_they_show() -> None:
    """Also where the full length is allocated."""
    read = of(serving.cache_bytes_per_step, **GPT_OSS, context_length=8192, allocate_in_full=1)
    assert read == 36_864 * 8192 + 4_718_592


@pytest.mark.parametrize(("context", "met"), [(1000, 1000), (8192, 8192), (20_000, 4096)])
def test_of_a_chunk_half_is_read(context: int, met: int) -> None:
    """Llama 4, on average past the first chunk of 8192."""
    model = NUMBERS["Llama-4-Scout"]
    read = of(serving.cache_bytes_per_step, **model, context_length=context)
    assert read == 49_152 * context + 3 * 49_152 * met


@pytest.mark.parametrize(("context", "met"), [(1000, 1000), (100_000, 2048)])
def test_sparse_attention_reads_what_is_selected(context: int, met: int) -> None:
    """DeepSeek-V3.2: 2048 latents of 576 values, and an indexer's 132 bytes a layer of each token.

    How many are selected is not guessed.
    """
    sparse = V3 | {"indexer_values_per_token": 61 * 128}
    read = of(serving.cache_bytes_per_step, **sparse, index_topk=2048, context_length=context)
    assert read == 70_272 * met + 61 * 132 * context
    flops = of(serving.decode_flops_per_token, **sparse, index_topk=2048, context_length=context)
    assert flops - linear_flops.of(**V3) == 2 * 61 * 128 * (2 * 512 + 64) * met
    assert math.isnan(of(serving.cache_bytes_per_step, **sparse))


def test_a_token_attends_to_the_whole_context() -> None:
    """Full layers to all of it, windows to 128: gpt-oss."""
    flops = of(serving.decode_flops_per_token, **GPT_OSS, context_length=10_000)
    core = 2 * 64 * (2 * 64) * (18 * 10_000 + 18 * 128)
    assert flops == linear_flops.of(**GPT_OSS) + core


@pytest.mark.parametrize(
    ("device", "bits", "peak"),
    [
        (B200, 4.25, 9000),
        (B200, 8.25, 4500),
        (B200, 16, 2250),
        (H100, 4.25, 1978),
        (H100, 8.00195, 1978),
        (H100, 16, 989),
        (A100, 4.5, 312),
        (A100, 8, 312),
    ],
)
def test_the_peak_is_the_highest_there_is(device: Preset, bits: float, peak: float) -> None:
    """For bits that are asked for, those published, and those of a checkpoint's bytes alike."""
    experts = 48 * 128 * 3 * 2048 * 768
    said: tuple[dict[str, float], ...] = (
        {"routed_expert_bits": bits},
        {"routed_expert_weight_bits": bits},
        {"routed_expert_bytes": experts * bits / 8},
    )
    for one in said:
        known = {**QWEN, **on(device), **one}
        assert of(serving.peak_flops, **known) == peak * 1e12


@pytest.mark.parametrize(
    ("model", "simulated"), [(GPT_OSS | MXFP4, 220), (QWEN, 209)], ids=["gpt-oss", "qwen"]
)
def test_the_estimate_holds_what_a_simulation_says(
    model: dict[str, float], simulated: float
) -> None:
    """AIConfigurator, one H100, batch 1, context 4k: 220 and 209 tokens/s."""
    known = model | on(H100, num_sequences=1, context_length=4096)
    low, high = (
        of(metric, **known)
        for metric in (
            serving.estimated_decode_tokens_per_s_low,
            serving.estimated_decode_tokens_per_s_high,
        )
    )
    assert low < simulated < high < of(serving.decode_tokens_per_s, **known)


@pytest.mark.parametrize(
    ("model", "device", "published"),
    [
        pytest.param(V3 | FP8, H800, 14_800 / 8, id="DeepSeek, overview of day 6"),
        pytest.param(V3 | FP8, H100, 22_300 / 8, id="SGLang, 96 H100"),
        pytest.param(V3 | FP8, GB200, 7_583, id="SGLang, GB200"),
        pytest.param(V3 | FP8, H800, 2_324, id="InferSim's README, measured"),
        pytest.param(V3 | FP8, H800, 2_675, id="InferSim's README, simulated"),
        pytest.param(QWEN, H20, 2_749, id="InferSim's README, Qwen3 measured"),
        pytest.param(QWEN, H20, 2_632, id="InferSim's README, Qwen3 simulated"),
    ],
)
def test_no_published_decoding_is_above_the_bound(
    model: dict[str, float], device: Preset, published: float
) -> None:
    """Tokens a second of a device.

    Their batches and contexts are not all published. With the largest batch the weights are read
    for most tokens at once, at a context of 1 the least is cached: what that allows is a bound for
    any.
    """
    known = model | on(device, num_sequences=MANY, context_length=1)
    bound = of(serving.decode_tokens_per_s_per_device, **known)
    assert published < bound
    for batch, context in ((1, 1), (1024, 1), (MANY, 4096)):
        less = known | {"num_sequences": batch, "context_length": context}
        assert of(serving.decode_tokens_per_s_per_device, **less) <= bound


@pytest.mark.parametrize(
    ("model", "device", "published"),
    [
        pytest.param(V3 | FP8, H800, 73_700 / 8, id="DeepSeek, overview of day 6, with hits"),
        pytest.param(V3 | FP8, H100, 52_300 / 8, id="SGLang, 96 H100"),
        pytest.param(V3 | FP8, H800, 7_839, id="InferSim's README, measured"),
        pytest.param(V3 | FP8, H800, 9_034, id="InferSim's README, simulated"),
        pytest.param(QWEN, H20, 16_594, id="InferSim's README, Qwen3 measured"),
        pytest.param(QWEN, H20, 17_350, id="InferSim's README, Qwen3 simulated"),
    ],
)
def test_no_published_reading_of_prompts_is_above_the_bound(
    model: dict[str, float], device: Preset, published: float
) -> None:
    """Tokens a second of a device; at 4096 tokens, the length of InferSim's prompts."""
    assert published < of(serving.prefill_tokens_per_s, **model, **on(device, context_length=4096))


@pytest.mark.parametrize("layout", [{"pipeline_parallel": 36}, {"pipeline_parallel": 4}])
def test_stages_do_not_speed_up_one_sequence(layout: dict[str, float]) -> None:
    """Its token passes them one after another, each reading its part of the weights."""
    for metric in (
        serving.decode_tokens_per_s,
        serving.estimated_decode_tokens_per_s_low,
        serving.estimated_decode_tokens_per_s_high,
    ):
        alone = of(metric, **GPT_OSS, **on(H100))
        assert of(metric, **GPT_OSS, **on(H100, **layout)) == pytest.approx(alone, rel=1e-12)


def test_copies_read_what_every_token_passes_through() -> None:
    """Without sequences of their own they share experts and nothing else."""
    rest = of(serving.always_read_weight_bytes, **GPT_OSS)
    for copies in (2, 64, 4096):
        speed = of(serving.decode_tokens_per_s, **GPT_OSS, **on(H100, data_parallel=copies))
        assert speed < H100.values["memory_bandwidth"] / rest


@pytest.mark.parametrize("sequences", [1, 3, 16, 200])
def test_a_layout_is_no_faster_than_as_many_devices_that_share_all(sequences: int) -> None:
    """Tensor parallelism divides all that is read: of so many devices it is the bound."""
    load = on(H100, num_sequences=sequences)
    shared = of(serving.decode_tokens_per_s, **V3, **load, tensor_parallel=32)
    for tensor, data, stages in ((8, 4, 1), (8, 1, 4), (4, 2, 4), (1, 32, 1), (16, 2, 1)):
        layout = {"tensor_parallel": tensor, "data_parallel": data, "pipeline_parallel": stages}
        assert of(serving.decode_tokens_per_s, **V3, **load, **layout) <= shared * (1 + 1e-12)


def test_a_card_at_home() -> None:
    """OLMoE in Q4_K_M decodes 257.1 tokens/s on an RX 6900 XT of 512 GB/s: 39 % of the bound."""
    mix = dict.fromkeys(
        ("routed_expert_bits", "shared_expert_bits", "attention_bits", "dense_ffn_bits",
         "embedding_bits", "remaining_bits"), 4.8944,
    )  # fmt: skip
    known = NUMBERS["OLMoE-1B-7B"] | mix | {"memory_bandwidth": 512e9, "context_length": 512}
    share = of(serving.measured_of_bound, **known, measured_decode_tokens_per_s=257.1)
    assert share == pytest.approx(0.39, abs=0.02)


def test_where_decoding_turns_compute_bound() -> None:
    """One sequence fewer waits for memory; with a long text it always does."""
    known = V3 | FP8 | on(H800, context_length=512)
    batch = of(serving.compute_bound_batch, **known)
    flops = of(serving.decode_flops_per_token, **known) / 1979e12
    for some, computing in ((batch, True), (batch - 2, False)):
        read = of(serving.decode_bytes_per_step, **known, num_sequences=some) / 3430e9
        assert (some * flops >= read * (1 - 1e-9)) == computing
    assert math.isnan(of(serving.compute_bound_batch, **known | {"context_length": 131072}))


def test_time_to_the_first_token() -> None:
    """A long prompt multiplies, a short one reads; on two devices in half the time."""
    known = QWEN | on(H100)
    long = of(serving.time_to_first_token, **known, context_length=32768)
    assert long == 32768 / of(serving.prefill_tokens_per_s, **known, context_length=32768)
    one = of(serving.time_to_first_token, **known, context_length=1)
    cache = 98304 / 3350e9
    step = of(serving.decode_step_seconds, **known, context_length=1)
    assert one == pytest.approx(step - cache, rel=1e-12)
    two = of(serving.time_to_first_token, **known, context_length=1, tensor_parallel=2)
    assert two == one / 2


def test_a_bound_without_the_core_of_attention() -> None:
    """What attention's core takes is not known where no heads are: reading still takes its time."""
    known = QWEN | {"linear_attention_params": 0, "kv_values_per_token": 49152}
    whole = of(serving.decode_step_seconds, **known)
    known |= {"attention_projection_params": 906e6, "attention_params": 906e6}
    del known["num_attention_heads"]
    assert math.isnan(of(serving.decode_flops_per_token, **known))
    assert of(serving.decode_step_seconds, **known) == pytest.approx(whole, rel=1e-3)


def test_bills() -> None:
    """At $2 an hour: DeepSeek's overview of day 6, SGLang's post on 96 H100 (which says $0.20).

    226.75 nodes are $87,072 a day; 22.3k tokens/s of a node $0.1993 a million.
    """
    node = {"tensor_parallel": 8, "device_price": 2}
    assert serving.cost_per_day.of(**node, data_parallel=226.75) == 87_072
    for known in ({"measured_decode_tokens_per_s": 22_300}, {"decode_tokens_per_s": 22_300}):
        assert serving.cost_per_mtoken_out.of(**node, **known) == pytest.approx(0.1993, abs=5e-5)
    read = serving.cost_per_mtoken_in.of(**node, prefill_tokens_per_s=52_300)
    assert read == pytest.approx(16 / 3600 / 52_300 * 1e6)


def test_energy() -> None:
    """8 devices of 700 W at a PUE of 1.2 draw 6.72 kW: 1000 s of it are 1.867 kWh."""
    node = {"tensor_parallel": 8, "measured_decode_tokens_per_s": 1000}
    assert serving.energy_kwh_per_mtoken_out.of(**node) == pytest.approx(6.72 * 1000 / 3600)
    assert math.isnan(serving.energy_kwh_per_mtoken_out.of(**node, device_tdp=0))


def test_the_share_of_communication() -> None:
    """Two devices that share experts: half of what they send leaves, for the batch's tokens."""
    known = QWEN | on(H100, data_parallel=2, num_sequences=256, tokens_per_device=64)
    sent = 128 * 8 * 2048 * (2 + 2) / 2 * 48 / 450e9
    step = of(serving.decode_step_seconds, **known)
    share = of(serving.communication_share, **known)
    assert share == pytest.approx(sent / (sent + step))


@pytest.mark.parametrize(
    ("measured", "batch", "found"),
    [
        (500, 1, None),
        (530, 1, "impossible"),
        (1010, 4, "suspicious"),
        (2100, 4, "impossible"),
        (None, 1, None),
    ],
)
def test_what_is_measured_above_the_bound(
    measured: float | None, batch: int, found: str | None
) -> None:
    """Qwen3-30B on an H100: 516 tokens/s at batch 1; at 4 776, or 1,740 by the same experts."""
    typed = {} if measured is None else {"measured_decode_tokens_per_s": measured}
    models = ModelTable((row("Qwen", QWEN | typed),), Source("a test"))
    report = build_report(models, REGISTRY, assumptions={"num_sequences": batch})
    levels = [finding.level for finding in report.findings if "measured as" in finding.message]
    assert levels == ([] if found is None else [found])
