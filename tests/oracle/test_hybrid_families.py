"""What the checks of all families cannot see: recurrences, and models that are unlike others."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from moe_report_metrics.flops_savings import (
    attended_tokens,
    attention_core_flops,
    linear_flops,
    router_flops,
)
from moe_report_metrics.parameter_ledger import (
    active_params,
    active_params_no_embedding,
    routed_expert_params,
    total_params,
    unembedding_params,
)
from tests.oracle.census import torch
from tests.oracle.families import COMPONENTS, TOKENS, Family, real
from tests.oracle.running import numbers, products, run
from tests.oracle.varied_hybrid import FAMILIES, FULL, LONGCAT, SLIDING, longcat, nllb
from tests.rows import row_from_config

SEEDS = range(3)
SOFTMAX = (FULL, SLIDING)
HYBRIDS = [family for family in FAMILIES if "recurrence" in family.why]
DSA = [family for family in FAMILIES if family.model_type in ("deepseek_v32", "glm_moe_dsa")]


@pytest.mark.parametrize("family", HYBRIDS, ids=lambda family: family.model_type)
def test_weights_and_softmax_of_hybrids_cost_what_the_formulas_say(family: Family) -> None:
    """Products with weights, and those of queries, keys and values in layers of softmax attention.

    A convolution is counted by its weights, without the padding that torch computes too. What
    torch's fallback of a recurrence multiplies is not the recurrence, so it is left out: the size
    of the state is checked elsewhere.
    """
    for seed in SEEDS:
        config = family.varied(seed)
        row = row_from_config(config, where="config.json")
        given = row.numbers
        _, model, counted = run(family, config, use_cache=False)
        convolutions = sum(
            parameter.numel()
            for name, parameter in model.named_parameters()
            if re.search(r"\.conv(1d)?\.weight$", name) and "visual" not in name
        )
        found = linear_flops.of(**given)
        if math.isnan(found):
            assert any("are left out" in note for note in row.notes)
        else:
            expected = products(counted) + 2 * TOKENS * convolutions
            assert TOKENS * found == expected, config
        types = model.config.get_text_config().layer_types
        softmax = "|".join(str(layer) for layer, kind in enumerate(types) if kind in SOFTMAX)
        core = sum(
            operations.get("aten.bmm", 0)
            for module, operations in counted.items()
            if softmax and re.search(rf"layers\.({softmax})\.(self_attn|mixer)$", module)
        )
        state = given.get("linear_attention_state_size", 0)
        linear = 4 * given["num_linear_attention_layers"] * state if state else 0
        unmasked = given | {"num_sliding_window_layers": 0}
        found = attention_core_flops.of(**unmasked, context_length=TOKENS, causal=0)
        assert TOKENS * (found - linear) == core, config


@pytest.mark.parametrize("family", HYBRIDS, ids=lambda family: family.model_type)
def test_states_are_as_large_as_those_of_the_cache(family: Family) -> None:
    """The state of linear attention is what a real model keeps between tokens."""
    for seed in range(5):
        config = family.varied(seed)
        given = numbers(config)
        if FULL not in family.load(config).get_text_config().layer_types:
            continue  # without softmax attention some models find no length in their cache
        kept, _, _ = run(family, config, use_cache=True)
        cache = kept.past_key_values
        states = [*getattr(cache, "linear_cache", ())]  # MiniMax
        for layer in cache.layers:
            states += getattr(layer, "recurrent_states", {}).values()
        size = sum(state.numel() for state in states if torch.is_tensor(state))
        layers = given.get("num_linear_attention_layers", 0)
        assert size == layers * given.get("linear_attention_state_size", 0), config


@pytest.mark.parametrize("family", DSA, ids=lambda family: family.model_type)
def test_attention_to_selected_tokens_is_missing_rather_than_wrong(family: Family) -> None:
    """Without a field for the selection, the core is left out, and everything else is there."""
    for seed in SEEDS:
        row = row_from_config(family.varied(seed), where="config.json")
        assert math.isnan(attention_core_flops.of(**row.numbers))
        assert any("index_topk" in note for note in row.notes)
        assert math.isnan(attended_tokens.of(**row.numbers))
        assert linear_flops.of(**row.numbers) > 0


def test_experts_that_compute_nothing_have_a_share_of_the_router_only() -> None:
    """LongCat's zero-computation experts have no weights, though transformers allocates some."""
    family = Family("longcat_flash", longcat, places=LONGCAT, top_k="moe_topk")
    for seed in range(20):
        config = family.varied(seed) | {"zero_expert_num": 3}
        given, truth = numbers(config), real(family, config).components
        layers, width = config["num_layers"], config["hidden_size"]
        unused = layers * 3 * 2 * config["expert_ffn_hidden_size"] * width
        truth["routed experts"] -= unused
        for component, metric in COMPONENTS.items():
            assert metric.of(**given) == truth[component], component
        one = routed_expert_params.of(**given) / config["n_routed_experts"]
        active = truth.total() - (config["n_routed_experts"] - config["moe_topk"]) * one
        assert active_params.of(**given) == active
        assert router_flops.of(**given) == 2 * layers * config["n_routed_experts"] * width


def test_nllb_is_counted_exactly() -> None:
    """Every component of an encoder and a decoder, zero off; two experts are active."""
    family = Family(
        "nllb-moe", nllb, head="NllbMoeForConditionalGeneration", top_k="",
        experts="num_experts", places=(("attention", r"\.cross_attention\."),),
    )  # fmt: skip
    for seed in range(20):
        config = family.varied(seed)
        given, truth = numbers(config), real(family, config)
        for component, metric in COMPONENTS.items():
            assert metric.of(**given) == truth.components[component], (component, config)
        second = truth.components["routed experts"] // config["num_experts"]
        assert active_params.of(**given) == truth.active + second


def test_nllb_costs_what_the_formulas_say() -> None:
    """A token read and one written cost NLLB the linear FLOPs, if no expert turns a token away."""
    family = Family("nllb-moe", nllb, head="NllbMoeForConditionalGeneration")
    config = family.varied(1) | {"expert_capacity": 2 * TOKENS, "num_experts": 2}
    text = torch.randint(5, 90, (1, TOKENS))
    _, _, counted = run(family, config, decoder_input_ids=text, use_cache=False)
    assert products(counted) == TOKENS * linear_flops.of(**numbers(config))


# From the config.json of each model, at huggingface.co under the name given.
JAMBA: dict[str, Any] = {  # ai21labs/Jamba-v0.1
    "model_type": "jamba", "vocab_size": 65536, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "num_experts": 16, "num_experts_per_tok": 2, "expert_layer_period": 2,
    "expert_layer_offset": 1, "attn_layer_period": 8, "attn_layer_offset": 4,
    "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 256,
    "mamba_conv_bias": True, "mamba_proj_bias": False, "tie_word_embeddings": False,
}  # fmt: skip
QWEN3_NEXT: dict[str, Any] = {  # Qwen/Qwen3-Next-80B-A3B-Instruct
    "model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048,
    "intermediate_size": 5120, "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512, "num_hidden_layers": 48, "num_attention_heads": 16,
    "num_key_value_heads": 2, "head_dim": 256, "num_experts": 512, "num_experts_per_tok": 10,
    "decoder_sparse_step": 1, "mlp_only_layers": [], "full_attention_interval": 4,
    "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "attention_bias": False,
    "tie_word_embeddings": False,
}  # fmt: skip
KIMI_K2: dict[str, Any] = {  # moonshotai/Kimi-K2-Instruct
    "model_type": "kimi_k2", "vocab_size": 163840, "hidden_size": 7168,
    "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
    "num_attention_heads": 64, "num_key_value_heads": 64, "n_routed_experts": 384,
    "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 1,
    "moe_layer_freq": 1, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64, "v_head_dim": 128, "attention_bias": False,
    "tie_word_embeddings": False, "num_nextn_predict_layers": 0, "n_group": 1,
    "topk_group": 1, "topk_method": "noaux_tc",
}  # fmt: skip
MINIMAX: dict[str, Any] = {  # MiniMaxAI/MiniMax-Text-01
    "model_type": "minimax_text_01", "vocab_size": 200064, "hidden_size": 6144,
    "intermediate_size": 9216, "num_hidden_layers": 80, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 32,
    "num_experts_per_tok": 2, "attn_type_list": ([0] * 7 + [1]) * 10,
    "shared_intermediate_size": 0, "shared_moe_mode": "sigmoid", "tie_word_embeddings": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "total", "active"),
    [
        (JAMBA, 51_570_323_328, 12_110_311_296),
        (QWEN3_NEXT, 79_674_391_296, 3_874_929_408),
    ],
)
def test_reference_numbers(config: dict[str, Any], total: int, active: int) -> None:
    """Total and active are those of an independent count with transformers."""
    assert total_params.of(**numbers(config)) == total
    assert active_params.of(**numbers(config)) == active


@pytest.mark.parametrize(
    ("config", "total", "active"),
    [
        (KIMI_K2, "1.0e+12", "32"),  # arXiv:2507.20534
        (MINIMAX, "4.56e+11", "45.9"),  # arXiv:2501.08313
    ],
)
def test_published_figures(config: dict[str, Any], total: str, active: str) -> None:
    """Models whose code is not in transformers compute to what was published.

    Published active parameters leave out the input embedding, MiniMax's the output head too.
    """
    given = numbers(config)
    digits = len(total.partition("e")[0].partition(".")[2])
    assert f"{total_params.of(**given):.{digits}e}" == total
    head = unembedding_params.of(**given) if config is MINIMAX else 0
    billions = (active_params_no_embedding.of(**given) - head) / 1e9
    assert f"{billions:.{len(active.partition('.')[2])}f}" == active


def test_kimi_is_deepseek_v3_in_other_clothes() -> None:
    """Under its own name, and as the text part of a config for images, it counts the same."""
    assert numbers(KIMI_K2) == numbers(KIMI_K2 | {"model_type": "deepseek_v3"})
    for model_type in ("kimi_k25", "kimi_vl"):
        whole = {"model_type": model_type, "text_config": KIMI_K2, "tie_word_embeddings": False}
        row = row_from_config(whole, where="")
        assert row.numbers == numbers(KIMI_K2)
        assert any("Only the text model" in note for note in row.notes)


def test_both_spellings_of_minimax_agree() -> None:
    """The list of the model's own code means the kinds of transformers."""
    listed = dict(MINIMAX, model_type="minimax")
    types = listed.pop("attn_type_list")
    listed["layer_types"] = [("linear_attention", FULL)[kind] for kind in types]
    assert numbers(listed) == numbers(MINIMAX)
