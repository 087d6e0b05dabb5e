"""Latent attention, linear attention and state spaces: what is refused, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.errors import InputError
from tests.rows import row_from_config

SHAPE: dict[str, Any] = {
    "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 96, "moe_intermediate_size": 32,
    "num_hidden_layers": 6, "num_attention_heads": 4, "num_experts_per_tok": 2,
    "tie_word_embeddings": False,
}  # fmt: skip
PLAIN = {key: value for key, value in SHAPE.items() if key != "moe_intermediate_size"}
LATENT = SHAPE | {
    "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8,
    "n_routed_experts": 8,
}  # fmt: skip
V32 = LATENT | {"model_type": "deepseek_v32"}
GLM = LATENT | {"model_type": "glm_moe_dsa"}
BAILING = LATENT | {"model_type": "bailing_hybrid"}
KIMI = LATENT | {"model_type": "kimi_linear"}
QWEN = SHAPE | {"model_type": "qwen3_next", "num_experts": 8}
JAMBA = PLAIN | {"model_type": "jamba", "num_experts": 4, "attn_layer_period": 3} | {
    "attn_layer_offset": 1, "num_key_value_heads": 2
}  # fmt: skip
GRANITE = PLAIN | {"model_type": "granitemoehybrid", "num_local_experts": 8, "mamba_n_heads": 8}
MINIMAX = PLAIN | {"model_type": "minimax_text_01", "num_local_experts": 8} | {
    "num_key_value_heads": 2
}  # fmt: skip
LFM2 = SHAPE | {"model_type": "lfm2_moe", "num_experts": 8, "layer_types": ["conv"] * 6} | {
    "num_key_value_heads": 4
}  # fmt: skip
NEMOTRON = SHAPE | {
    "model_type": "nemotron_h", "n_routed_experts": 8, "num_key_value_heads": 2,
    "moe_shared_expert_intermediate_size": 32, "hybrid_override_pattern": "MEME*E",
}  # fmt: skip
LONGCAT = LATENT | {
    "model_type": "longcat_flash", "num_layers": 2, "ffn_hidden_size": 96,
    "expert_ffn_hidden_size": 32, "moe_topk": 2,
}  # fmt: skip
for key in ("intermediate_size", "moe_intermediate_size", "num_experts_per_tok"):
    del LONGCAT[key]
NLLB: dict[str, Any] = {
    "model_type": "nllb-moe", "vocab_size": 100, "d_model": 32, "encoder_layers": 4,
    "decoder_layers": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "num_experts": 4,
}  # fmt: skip
KNOWN = [V32, GLM, BAILING, KIMI, QWEN, JAMBA, GRANITE, MINIMAX, LFM2, NEMOTRON, LONGCAT, NLLB]


@pytest.mark.parametrize("config", KNOWN, ids=lambda config: config["model_type"])
def test_small_configs_are_read(config: dict[str, Any]) -> None:
    """Each of the configs that the other tests spoil is a valid one, with something to say."""
    row = row_from_config(config, where="config.json")
    assert row.numbers["num_experts"] in (4, 8)
    assert row.notes


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (V32 | {"q_lora_rank": None}, "the indexer needs compressed queries"),
        (V32 | {"layer_types": ["full_attention"] * 6}, "'layer_types' may say"),
        (V32 | {"mlp_layer_types": ["sparse"] * 5}, "has 5 items for 6 layers"),
        (V32 | {"mlp_layer_types": ["moe"] * 6}, "'dense' and 'sparse' only"),
        (GLM | {"index_topk_pattern": "FSX"}, "must say 'F' or 'S' for each layer"),
        (GLM | {"indexer_types": ["full"] * 5}, "has 5 items for 6 layers"),
        (BAILING | {"group_norm_size": 4}, "which architectures does not name"),
        (BAILING | {"linear_attention": "gla"}, 'is "gla", which is not modelled'),
        (BAILING | {"tie_word_embeddings": True}, "never ties them"),
        (KIMI | {"linear_attn_config": {"full_attn_layers": [4], "kda_layers": [1, 2]}}, "once"),
        (QWEN | {"layer_types": ["mamba3"] * 6}, "layers of the kind 'mamba3'"),
        (QWEN | {"layer_types": ["mamba"] * 6}, "layers of the kind 'mamba'"),
        (JAMBA | {"num_experts": 1, "num_experts_per_tok": 1}, "not a Mixture-of-Experts"),
        (JAMBA | {"attn_layer_offset": 3}, "not below the period 3"),
        (JAMBA | {"mamba_dt_rank": "none"}, 'or "auto"'),
        (GRANITE | {"mamba_d_head": 5}, "is 40, expected 128"),
        (GRANITE | {"num_local_experts": 0}, "not a Mixture-of-Experts"),
        (MINIMAX | {"attn_type_list": [0, 1, 2, 0, 0, 0]}, "may say 0 (linear) and 1 (softmax)"),
        (MINIMAX | {"shared_intermediate_size": 8}, "shared experts are not modelled"),
        (NEMOTRON | {"hybrid_override_pattern": "MEXE"}, "must have one of M * E -"),
        (NEMOTRON | {"hybrid_override_pattern": "MMMM**"}, "not a Mixture-of-Experts"),
        (NEMOTRON | {"mlp_bias": True}, "not modelled"),
        (LONGCAT | {"expert_kind": "odd"}, "'expert_kind' sounds like experts"),
        (NLLB | {"decoder_ffn_dim": 40}, "only one width is modelled"),
        (NLLB | {"tie_word_embeddings": False}, "only shared embeddings"),
    ],
)
def test_what_is_not_modelled_is_refused(config: dict[str, Any], said: str) -> None:
    """What the formulas would get wrong is refused by name."""
    with pytest.raises(InputError) as caught:
        row_from_config(config, where="config.json")
    assert any(said in str(problem) for problem in caught.value.problems)


def test_layers_of_each_kind_are_counted() -> None:
    """Layers of softmax attention are those that are neither linear nor without attention.

    Short convolutions are linear, with no state but their own: a kernel of one keeps nothing.
    """
    given = row_from_config(NEMOTRON, where="").numbers
    assert given["num_hidden_layers"] == 6
    assert (given["num_linear_attention_layers"], given["num_attention_free_layers"]) == (2, 3)
    given = row_from_config(LFM2, where="").numbers
    assert (given["num_linear_attention_layers"], given["linear_attention_state_size"]) == (6, 0)
    assert given["linear_attention_conv_size"] == 2 * given["hidden_size"]
    short = row_from_config(LFM2 | {"conv_L_cache": 1}, where="").numbers
    assert (short["num_linear_attention_layers"], short["linear_attention_conv_size"]) == (6, 0)
    assert row_from_config(LONGCAT, where="").numbers["num_hidden_layers"] == 4


def test_text_part_and_config_may_not_disagree_on_ties() -> None:
    """A config for images ties the embeddings itself; its text part must not say otherwise."""
    config = {"model_type": "kimi_vl", "text_config": LATENT, "tie_word_embeddings": True}
    with pytest.raises(InputError, match=r"text_config\.tie_word_embeddings"):
        row_from_config(config, where="config.json")
