"""What the checks of all families cannot see of ``selected``, ``convolved`` and ``multimodal``."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.config import row_from_config
from moe_report_metrics.flops_savings import (
    attention_core_flops,
    attention_projection_flops,
    forward_flops,
    linear_flops,
    routed_expert_flops,
    router_flops,
    shared_expert_flops,
)
from tests.oracle.families import TOKENS, Family, all_families, check_parameters
from tests.oracle.running import numbers, run

FAMILIES = {family.model_type: family for family in all_families()}
SEEDS = range(3)
MIXED = ("inkling_text", "inkling2_text", "qwen4_exp_text")
PARTS = ("doge", "zaya")
PRODUCTS = ("aten.mm", "aten.addmm")
CONVOLUTION = re.compile(r"(conv1d|conv_qk_\w+)\.weight$|\.static_weight$")


def products(counted: dict[str, dict[str, int]], module: str = "Global") -> int:
    """FLOPs of products with matrices of weights within a module."""
    return sum(counted.get(module, {}).get(name, 0) for name in PRODUCTS)


def within(counted: dict[str, dict[str, int]], pattern: str, *names: str) -> int:
    """FLOPs of some operations in all modules of a name."""
    return sum(
        operations.get(name, 0)
        for module, operations in counted.items()
        for name in names
        if re.search(pattern, module)
    )


def convolutions(model: Any) -> int:
    """Weights of convolutions: each is multiplied once with every token."""
    return sum(
        parameter.numel()
        for name, parameter in model.named_parameters()
        if CONVOLUTION.search(name)
    )


@pytest.mark.parametrize("model_type", MIXED)
def test_products_with_weights_cost_what_the_formulas_say(model_type: str) -> None:
    """To the FLOP; what selects tokens, and what biases attention by position, are its core."""
    family = FAMILIES[model_type]
    for seed in SEEDS:
        config = family.varied(seed)
        given = numbers(config)
        _, model, counted = run(family, config, use_cache=False)
        core = within(counted, r"\.(rel_logits_proj|relative_position_bias)$", *PRODUCTS)
        core -= within(counted, r"\.relative_position_bias\.linear$", *PRODUCTS)
        core += within(counted, r"\.indexer$", *PRODUCTS)
        core -= within(counted, r"\.index_qk_proj$", *PRODUCTS)
        # Shared experts that are one tensor are multiplied at once.
        batched = within(counted, r"\.shared_experts$", "aten.bmm")
        found = products(counted) - core + batched + 2 * TOKENS * convolutions(model)
        assert TOKENS * linear_flops.of(**given) == found, config
        assert math.isnan(attention_core_flops.of(**given))
        assert math.isnan(forward_flops.of(**given))


@pytest.mark.parametrize("model_type", PARTS)
def test_routers_that_no_field_describes_are_missing(model_type: str) -> None:
    """Attention's products are exact; those of the router, and so the whole, are left out."""
    family = FAMILIES[model_type]
    for seed in SEEDS:
        config = family.varied(seed)
        row = row_from_config(config, where="config.json")
        _, model, counted = run(family, config, use_cache=False)
        found = within(counted, r"\.self_attn$", *PRODUCTS) + 2 * TOKENS * convolutions(model)
        # Before the first token there is a value of zeros.
        found -= within(counted, r"\.v_proj_delayed$", *PRODUCTS) // (TOKENS + 1)
        assert TOKENS * attention_projection_flops.of(**row.numbers) == found, config
        for metric in (router_flops, routed_expert_flops, linear_flops, forward_flops):
            assert math.isnan(metric.of(**row.numbers))
        assert any("left out" in note for note in row.notes)


def test_attention_to_blocks_is_missing_where_there_is_some() -> None:
    """MiniMax-M3 without sparse layers is counted as a whole; with them, without the core."""
    family = FAMILIES["minimax_m3_vl_text"]
    found = set()
    for seed in range(8):
        config = family.varied(seed)
        sparse = "minimax_m3_sparse" in family.load(config).layer_types
        found.add(sparse)
        assert math.isnan(forward_flops.of(**numbers(config))) == sparse
        assert linear_flops.of(**numbers(config)) > 0
    assert found == {True, False}


@pytest.mark.parametrize(("inner", "dense"), [(10, 24), (32, 15)])
def test_widths_that_are_not_whole_are_left_out(inner: int, dense: int) -> None:
    """Parameters stay exact; FLOPs of experts and dense layers are missing, none is wrong."""
    family = FAMILIES["muse_spark"]
    config = family.varied(0)
    text = config["text_config"]
    kinds = ["dense", *["sparse"] * (text["num_hidden_layers"] - 1)]
    text |= {"moe_hidden_size": inner, "intermediate_size": dense, "hidden_size": 64,
             "num_attention_heads": 4, "mlp_layer_types": kinds}  # fmt: skip
    config["audio_config"]["out_hidden_size"] = 64
    check_parameters(family, config)
    row = row_from_config(config, where="config.json")
    assert math.isnan(routed_expert_flops.of(**row.numbers))
    assert math.isnan(linear_flops.of(**row.numbers))
    width = 2 * 64 * inner * row.numbers["num_moe_layers"]
    assert shared_expert_flops.of(**row.numbers) == 2 * width


def test_a_thinker_counts_the_same_within_the_whole_model() -> None:
    """What the talker's config says of its own experts changes nothing."""
    thinker = FAMILIES["qwen3_omni_moe_thinker"].varied(1)
    whole = {
        "model_type": "qwen3_omni_moe",
        "thinker_config": thinker,
        "talker_config": {"text_config": {"num_experts": 3, "num_experts_per_tok": 2}},
    }
    row = row_from_config(whole, where="config.json")
    assert row.numbers == numbers(thinker)
    assert any("nor the talker" in note for note in row.notes)


def test_experts_are_as_wide_as_checkpoints_say() -> None:
    """With a width of dense layers, Inkling's plain width is that of experts."""
    family: Family = FAMILIES["inkling_text"]
    config = family.varied(3) | {"intermediate_size": 14, "dense_intermediate_size": 24}
    del config["moe_intermediate_size"]
    check_parameters(family, config)
    assert numbers(config)["moe_intermediate_size"] == 14


@pytest.mark.parametrize(
    ("model_type", "change", "said"),
    [
        ("qwen4_exp_text", {"tie_word_embeddings": True}, "not modelled with ple_layer_ids"),
        ("qwen4_exp_text", {"ple_layer_ids": [4]}, "layer 4"),
        ("qwen4_exp_text", {"ple_layer_ids": [41]}, "layer 41"),
        ("qwen4_exp_text", {"ple_embed_dim": 100}, "no multiple of the 16 heads"),
        ("qwen4_exp_text", {"heads_per_ngram": 4096}, "8192 heads"),
        ("qwen4_exp_text", {"ngram_vocab_size_base": 10**12}, "more than 2147483648"),
        ("qwen4_exp_text", {"indexer_n_heads": None}, "are needed"),
        ("qwen4_exp_text", {"indexer_kv_heads": 2}, "not 1"),
        ("minimax_m3_vl_text", {"n_shared_experts": 2}, "shares one expert"),
        ("minimax_m3_vl_text", {"moe_layer_freq": [2] * 60, "mlp_layer_types": None}, "0 and 1"),
        ("doge", {"is_moe": False}, "not a Mixture-of-Experts"),
        ("doge", {"num_experts": 20, "num_experts_per_tok": 17}, "16 pairs"),
        ("doge", {"num_key_value_heads": 3}, "no multiple"),
        ("doge", {"num_attention_heads": 7}, "not a multiple of the 7 heads"),
        ("zaya", {"num_experts_per_tok": 2}, "one expert a token"),
        ("zaya", {"num_key_value_heads": 3}, "no multiple"),
        ("zaya", {"head_dim": 5, "num_key_value_heads": 1}, "two halves"),
        ("zaya", {"layer_types": ["hybrid_sliding"] * 40}, "layers have one"),
        ("inkling_text", {"n_shared_experts": 0}, "always shares"),
        ("inkling_text", {"tie_word_embeddings": True}, "never ties"),
        ("inkling_text", {"swa_num_key_value_heads": 5}, "no multiple"),
        ("inkling2_text", {"layer_types": ["full_attention"] * 48}, "full_attention"),
        ("inkling2_text", {"n_routed_expert": 3}, "sounds like experts"),
    ],
)
def test_what_an_architecture_cannot_be_is_refused(
    model_type: str, change: dict[str, Any], said: str
) -> None:
    """What transformers would not build, or the formulas get wrong, is an error that names it."""
    with pytest.raises(InputError) as caught:
        row_from_config(FAMILIES[model_type].defaults() | change, where="")
    assert any(said in str(problem) for problem in caught.value.problems)
