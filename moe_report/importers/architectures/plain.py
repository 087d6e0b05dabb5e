"""Architectures with ordinary attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures.common import (
    BASE,
    EXPERTS,
    HEAD_DIM,
    LOCAL,
    TIED,
    WINDOW,
    WINDOW_SWITCH,
    attention_bias,
    head_dim,
    kv_heads,
    window,
    windowed,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, SPARSE_STEP, sparse_step
from moe_report.importers.architectures.text_part import NO_IMAGES


def _derive_qwen3(r: Reading) -> Mapping[str, float]:
    if not r["use_sliding_window"] or not r["sliding_window"]:
        return sparse_step(r)
    return {**sparse_step(r), **windowed(r), "sliding_window": r["sliding_window"]}


def _derive_gpt_oss(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    if r["sliding_window"] is None:
        return {}
    if r["layer_types"] is None:
        return {"num_sliding_window_layers": (layers + 1) // 2}
    return {"num_sliding_window_layers": r.one_per_layer("layer_types").count("sliding_attention")}


def _derive_llama4(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    sparse = layers // r["interleave_moe_layer_step"]
    given = {"num_moe_layers": sparse if r["moe_layers"] is None else r.layers("moe_layers")}
    if r["attention_chunk_size"] is None:
        return given
    if r["layer_types"] is not None:
        chunked = r.one_per_layer("layer_types").count("chunked_attention")
    elif r["no_rope_layers"]:
        chunked = sum(r.one_per_layer("no_rope_layers"))  # despite its name, 1 is a layer with RoPE
    else:
        chunked = layers - layers // r["no_rope_layer_interval"]
    return given | {"num_chunked_attention_layers": chunked}


_LLAMA4 = Adapter(
    LOCAL | kv_heads(8) | attention_bias(False) | {
        "intermediate_size": need("moe_intermediate_size", "shared_expert_intermediate_size"),
        "intermediate_size_mlp": may(16384, "intermediate_size"),
        **head_dim(128, null=True),
        "moe_layers": may(None, kind="numbers"),
        "interleave_moe_layer_step": may(1),
        "attention_chunk_size": may(8192, "attention_chunk_size", null=True),
        "no_rope_layers": may(None, kind="numbers"),
        "no_rope_layer_interval": may(4),
        "layer_types": may(None, kind="texts"),
    },
    fixed={"num_shared_experts": 1}, derive=_derive_llama4,
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "mixtral": Adapter(LOCAL | kv_heads(8) | HEAD_DIM | WINDOW, derive=windowed),
    "qwen3_moe": Adapter(
        BASE | kv_heads(4) | attention_bias(False) | EXPERTS | SPARSE_STEP | WINDOW_SWITCH | {
            "sliding_window": may(4096, null=True),
        },
        fixed={"qk_norm": 1},
        derive=_derive_qwen3,
    ),
    "gpt_oss": Adapter(
        LOCAL | kv_heads(8) | attention_bias(True) | head_dim(64) | window(128) | LAYER_TYPES
        | {"num_experts_per_tok|experts_per_token": need("num_experts_per_tok")},
        fixed={"router_bias": 1, "expert_bias": 1, "attention_sinks": 1},
        derive=_derive_gpt_oss,
    ),
    "olmoe": Adapter(LOCAL | kv_heads(None) | attention_bias(False), fixed={"qk_norm": 2}),
    "dbrx": Adapter(
        {
            "n_layers|num_hidden_layers": need("num_hidden_layers"),
            "d_model|hidden_size": need("hidden_size"),
            "vocab_size": need("vocab_size"),
            "tie_word_embeddings": may(False, "tie_word_embeddings"),
            "n_heads|num_attention_heads": need("num_attention_heads"),
            "attn_config.kv_n_heads": may(1, "num_key_value_heads"),
            "ffn_config.moe_num_experts": need("num_experts"),
            "ffn_config.moe_top_k": need("num_experts_per_tok"),
            "ffn_config.ffn_hidden_size": need("moe_intermediate_size"),
        },
        irrelevant=frozenset({
            "ffn_config.moe_jitter_eps", "ffn_config.moe_loss_weight",
            "ffn_config.moe_normalize_expert_weights", "ffn_config.uniform_expert_assignment",
        }),
    ),
    "llama4_text": _LLAMA4,
    "llama4": replace(_LLAMA4, section="text_config", note=NO_IMAGES),
    "phimoe": Adapter(
        LOCAL | kv_heads(8) | HEAD_DIM | attention_bias(False) | WINDOW
        | {"lm_head_bias": may(False, "unembedding_bias")},
        fixed={"norm_bias": 1},
        derive=windowed,
    ),
    "granitemoe": Adapter(LOCAL | kv_heads(None) | HEAD_DIM | attention_bias(False)),
    # Counted as a Mixtral; the released code has two more norms a layer.
    "grok-1": Adapter(
        LOCAL | TIED | {
            "num_key_value_heads": need("num_key_value_heads"),
        },
    ),
}  # fmt: skip
