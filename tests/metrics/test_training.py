"""Training and design against the numbers that the papers they cite have."""

from __future__ import annotations

import math

import pytest

from moe_report.load.examples import example_models
from moe_report.schema.registry import load
from moe_report_metrics import design, training
from moe_report_metrics.flops_savings import training_flops
from moe_report_metrics.hardware import H800

NUMBERS = {
    row.name: {name: item.value for name, item in row.numbers.items()}
    for row in example_models(load())
}
V3 = NUMBERS["DeepSeek-V3"]
H800_PEAK = H800.values["bf16_flops"]
DAY, DEVICES = 272.80e9, 2048  # tokens of a day on so many devices, arXiv 2505.09343, Table 4
LLAMA_405B = {
    "num_hidden_layers": 126, "hidden_size": 16384, "vocab_size": 128256, "head_dim": 128,
    "num_attention_heads": 128, "num_key_value_heads": 8, "intermediate_size": 53248,
    "num_moe_layers": 0, "num_experts": 1, "num_experts_per_tok": 1, "moe_intermediate_size": 1,
}  # fmt: skip
TABLE_2 = {  # arXiv 2505.09343, Table 2: GFLOP a token; how far ours may be off
    "DeepSeek-V2": (155, 0.003), "DeepSeek-V3": (250, 0.003), "Llama-405B": (2448, 0.0105),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE_2)
def test_flops_of_a_token_are_those_of_the_paper(name: str) -> None:
    """Table 2 of arXiv 2505.09343, causal at 4096 tokens.

    Its row of Qwen-72B is left out: no convention that fits the others gives it.
    """
    published, near = TABLE_2[name]
    flops = training_flops.of(**(NUMBERS | {"Llama-405B": LLAMA_405B})[name])
    assert flops == pytest.approx(published * 1e9, rel=near)


def test_flops_of_a_token_to_the_digit() -> None:
    """Three times the products with weights, without the input embedding, and the causal core."""
    assert round(training_flops.of(**NUMBERS["DeepSeek-V2"]) / 1e9, 1) == 155.3
    assert training_flops.of(**V3) == 250_449_887_232


@pytest.mark.parametrize(
    ("causal", "tflops", "mfu"), [(1, 385, 0.3894), (0, 432, 0.4373)], ids=["causal", "all"]
)
def test_a_day_of_the_paper(causal: int, tflops: float, mfu: float) -> None:
    """Table 4 of arXiv 2505.09343: what 2048 H800 do in a day, both ways of counting attention.

    The table's own 249.72 GFLOP a token is 0.3 % below ours, and its rates are rounded.
    """
    hours = training.training_device_hours.of(
        **V3, causal=causal, training_tokens=DAY, training_mfu=mfu, bf16_flops=H800_PEAK
    )
    assert hours == pytest.approx(24 * DEVICES, rel=0.005)
    run = training.training_run_flops.of(**V3, causal=causal, training_tokens=DAY)
    assert run / 86400 / DEVICES == pytest.approx(tflops * 1e12, rel=0.005)
    step = training.training_device_hours.of(
        **V3, causal=causal, training_tokens=15360 * 4096, training_mfu=mfu, bf16_flops=H800_PEAK
    )
    assert step * 3600 / DEVICES == pytest.approx(19.926, rel=0.005)


def test_the_whole_run_of_deepseek_v3() -> None:
    """Table 1 of arXiv 2412.19437: 2664 K hours; with 119 K and 5 K more $5.576 M."""
    hours = training.training_device_hours.of(**V3, training_tokens=14.8e12)
    assert hours == pytest.approx(2664e3, rel=0.005)
    assert training.training_cost.of(training_device_hours=2664e3 + 119e3 + 5e3) == pytest.approx(
        5.576e6
    )


def test_energy_is_that_of_the_devices() -> None:
    """Llama 4's model card: Scout 5.0 M hours and 1,354 t, Maverick 2.38 M and 645 t, at 700 W."""
    scout, maverick = (
        training.training_energy_kwh.of(training_device_hours=hours, device_tdp=700)
        for hours in (5.0e6, 2.38e6)
    )
    assert scout == pytest.approx(3.5e6)
    assert scout / maverick == pytest.approx(1354 / 645, rel=0.001)
    assert math.isnan(training.training_energy_kwh.of(training_device_hours=1, device_tdp=0))


BYTES = {  # Megatron-LM, docs, dist_optimizer.md: plain, and copied + divided
    "FP16": (20, 4, 16), "BF16": (18, 6, 12), "FP32": (16, 8, 8),
}  # fmt: skip


@pytest.mark.parametrize("recipe", BYTES)
@pytest.mark.parametrize("copies", [1, 8, 64])
def test_bytes_of_the_optimizer(recipe: str, copies: int) -> None:
    """18, or 6 + 12/d bytes a parameter, and so on; of experts d is their own."""
    plain, copied, divided = BYTES[recipe]
    presets = load().presets["optimizer"].values
    assert [*presets[f"{recipe} plain"].values()] == [plain, 0]
    assert [*presets[f"{recipe} distributed"].values()] == [copied, divided]
    of = training.device_training_state_bytes.of
    spread = V3 | presets[f"{recipe} distributed"] | {"data_parallel": copies}
    experts = training.routed_expert_params.of(**V3)
    rest = training.total_params.of(**V3) - experts
    alone = of(**spread, expert_parallel=1)
    assert alone == pytest.approx((rest + experts) * (copied + divided / copies))
    over_all = of(**spread)
    assert over_all == pytest.approx(rest * (copied + divided / copies) + experts / copies * plain)
    assert of(**V3, **presets[f"{recipe} plain"], expert_parallel=1) == pytest.approx(
        training.training_state_bytes.of(**V3, **presets[f"{recipe} plain"])
    )


@pytest.mark.parametrize(
    ("tensor", "data", "experts", "expert_tensor", "copies"),
    [(1, 8, 0, 1, 1), (2, 8, 4, 1, 4), (2, 8, 4, 2, 2), (1, 64, 8, 1, 8), (8, 1, 8, 1, 1)],
)
def test_copies_of_an_expert(
    tensor: int, data: int, experts: int, expert_tensor: int, copies: int
) -> None:
    """Megatron: the ranks of a stage over expert times expert tensor parallelism."""
    parallel = {
        "tensor_parallel": tensor, "data_parallel": data, "expert_parallel": experts,
        "expert_tensor_parallel": expert_tensor,
    }  # fmt: skip
    assert training.expert_data_parallel.of(**parallel) == copies


def test_the_parts_of_devices_make_the_whole() -> None:
    """Without copies, stages and groups only divide what there is; ends stand on one stage."""
    plain = {"copied_state_bytes": 18, "divided_state_bytes": 0}
    model = V3 | plain
    whole = training.training_state_bytes.of(**model)
    of = training.device_training_state_bytes.of
    copied = 18 * (
        training.router_params.of(**V3) + training.norm_and_other_params.of(**V3)
    )  # by each of eight
    assert 8 * of(**model, tensor_parallel=8) == pytest.approx(whole + 7 * copied)
    ends = 18 * training.embedding_params.of(**V3)
    stages = 61 * of(**model, pipeline_parallel=61)
    assert stages == pytest.approx(whole - 2 * ends + 61 * ends)


LAW = {"total_params": 3e9, "embedding_params": 0, "unembedding_params": 0, "granularity_by_4d": 8,
       "training_tokens": 66e9}  # fmt: skip


def test_the_law_of_fine_grained_experts() -> None:
    """Eq. 9 of arXiv 2402.07871: c + (g/G^γ + a)/N^α + b/D^β with the constants of its table."""
    expected = 0.47 + (2.1 / 8**0.58 + 18.1) / 3e9**0.115 + 30.8 / 66e9**0.147
    assert training.fine_grained_law_loss.of(**LAW) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("total_params", 129e6, 3.7e9),
        ("training_tokens", 16e9, 130e9),
        ("granularity_by_4d", 1, 16),
    ],
)
def test_the_law_ends_where_its_data_do(name: str, lowest: float, highest: float) -> None:
    """As arXiv 2402.07871 says: 129 M to 3.7 B parameters, 16 to 130 B tokens, G from 1 to 16."""
    of = training.fine_grained_law_loss.of
    assert not any(math.isnan(of(**LAW | {name: value})) for value in (lowest, highest))
    assert all(math.isnan(of(**LAW | {name: v})) for v in (lowest * 0.99, highest * 1.01))


def test_two_granularities_and_what_follows() -> None:
    """In arXiv 2402.07871 an expert as wide as the FFN, 4d, has granularity 1 and E is their count.

    DeepSeekMoE, arXiv 2401.06066, section 3.1: cutting experts in m and choosing m times as many
    leaves the width that works on a token.
    """
    coarse = {"hidden_size": 1024, "moe_intermediate_size": 4096, "num_experts": 64,
              "num_experts_per_tok": 1, "num_shared_experts": 0}  # fmt: skip
    fine = coarse | {"moe_intermediate_size": 512, "num_experts": 512, "num_experts_per_tok": 8}
    for model, grains in ((coarse, 1), (fine, 8)):
        assert design.granularity_by_4d.of(**model) == grains
        assert design.granularity_by_2d.of(**model) == grains / 2  # arXiv 2507.17702
        assert design.expansion_rate.of(**model) == 64
        assert design.active_ffn_ratio.of(**model) == 4
    assert design.active_ffn_ratio.of(**V3) == (8 + 1) * 2048 / 7168
    assert design.moe_layer_share.of(**V3) == 58 / 61
