"""What the checks of all families cannot see of ``selected``, ``convolved`` and ``multimodal``."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report_metrics.flops_savings import (
    attention_core_flops,
    attention_projection_flops,
    forward_flops,
    linear_flops,
    routed_expert_flops,
    router_flops,
    shared_expert_flops,
)
from moe_report_metrics.parameter_ledger import active_params_no_embedding, total_params
from tests.oracle.census import torch
from tests.oracle.families import TOKENS, Family, all_families, check_parameters
from tests.oracle.running import numbers, run
from tests.rows import row_from_config

FAMILIES = {family.model_type: family for family in all_families()}
SEEDS = range(3)
MIXED = ("inkling_text", "inkling2_text", "inkling2_loop_text", "qwen4_exp_text")
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


def passes(model: Any, parameter: str) -> int:
    """How many times a token passes the layer that a parameter is of."""
    config, layer = model.config.get_text_config(), re.search(r"layers\.(\d+)\.", parameter)
    if layer is None or not hasattr(config, "loop_num_passes"):
        return 1
    looped = range(config.loop_layer_index_start, config.loop_layer_index_end)
    return config.loop_num_passes if int(layer[1]) in looped else 1


def convolutions(model: Any) -> int:
    """Weights of convolutions: each is multiplied once with every token, in each pass."""
    return sum(
        parameter.numel() * passes(model, name)
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


def test_a_canvas_costs_what_the_formulas_say() -> None:
    """A token that is written, in one step, without the scores of the step before."""
    family = FAMILIES["diffusion_gemma"]
    for seed in SEEDS:
        config = family.varied(seed)
        row = row_from_config(config, where="config.json")
        canvas = torch.randint(5, 90, (1, config["canvas_length"]))
        _, _, counted = run(family, config, decoder_input_ids=canvas)
        found = sum(
            products(counted, f"{family.head}.{module}") for module in ("model.decoder", "lm_head")
        )
        assert config["canvas_length"] * linear_flops.of(**row.numbers) == found, config
        assert math.isnan(attention_core_flops.of(**row.numbers))
        assert any("step before" in note for note in row.notes)


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


def test_looped_layers_are_as_many_as_a_token_visits() -> None:
    """Inkling 2 Mini has 24 layers and 48 visits of a token, 26 billion parameters, 3 active."""
    config = FAMILIES["inkling2_loop_text"].defaults()
    row = row_from_config(config, where="config.json")
    assert config["num_hidden_layers"] == 24
    assert row.numbers["num_hidden_layers"] == 48
    assert f"{total_params.of(**row.numbers) / 1e9:.0f}" == "26"
    assert f"{active_params_no_embedding.of(**row.numbers) / 1e9:.0f}" == "3"
    assert any("12 layers are passed 3 times" in note for note in row.notes)
    once = row_from_config(config | {"loop_num_passes": 1}, where="config.json").numbers
    assert total_params.of(**once) == total_params.of(**row.numbers)
    assert routed_expert_flops.of(**row.numbers) == 2 * routed_expert_flops.of(**once)


def test_nemotron_counts_the_same_under_its_published_name() -> None:
    """There the text part has another name, too."""
    config = FAMILIES["nemotron_h_omni"].varied(1)
    text = config.get("text_config") or config["llm_config"]
    published = {"model_type": "NemotronH_Nano_Omni_Reasoning_V3", "llm_config": text}
    assert numbers(published) == numbers(config)
    del text["n_routed_experts"]
    with pytest.raises(InputError, match=r"llm_config\.n_routed_experts"):
        numbers(published)


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
        ("inkling2_loop_text", {"loop_layer_index_end": 30}, "at most 24"),
        ("inkling2_loop_text", {"loop_layer_index_end": 6}, "more than 6"),
    ],
)
def test_what_an_architecture_cannot_be_is_refused(
    model_type: str, change: dict[str, Any], said: str
) -> None:
    """What transformers would not build, or the formulas get wrong, is an error that names it."""
    with pytest.raises(InputError) as caught:
        row_from_config(FAMILIES[model_type].defaults() | change, where="")
    assert any(said in str(problem) for problem in caught.value.problems)
