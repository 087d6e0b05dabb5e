"""Architectures with ordinary attention that is alike in every layer, or nearly so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures.common import (
    BASE,
    EXPERTS,
    FFN_WIDTHS,
    HEAD_DIM,
    LOCAL,
    SHAPE,
    TIED,
    WINDOW,
    WINDOW_SWITCH,
    attention_bias,
    granite_shared,
    head_dim,
    kv_heads,
    one_value,
    only,
    window,
    windowed,
)
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    ONE_FOR_ALL,
    SPARSE_STEP,
    one_for_all,
    sparse_step,
    without_mtp,
)
from moe_report.importers.architectures.mixers import FULL, SLIDING, kinds
from moe_report.importers.architectures.text_part import NO_IMAGES, tied_outside
from moe_report.schema.parts import Part


def _derive_qwen3(r: Reading) -> Mapping[str, float]:
    if not r["use_sliding_window"] or not r["sliding_window"]:
        return sparse_step(r)
    return {**sparse_step(r), **windowed(r), "sliding_window": r["sliding_window"]}


def _derive_gpt_oss(r: Reading) -> Mapping[str, float]:
    windows = (r["num_hidden_layers"] + 1) // 2
    if r["layer_types"] is not None:
        windows = kinds(r, "layer_types", SLIDING, FULL)[SLIDING]
    return {"num_sliding_window_layers": windows} if r["sliding_window"] else {}


def _derive_llama4(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    sparse = layers // r["interleave_moe_layer_step"]
    given = {"num_moe_layers": sparse if r["moe_layers"] is None else r.layers("moe_layers")}
    if r["use_qk_norm"]:
        r.notes.append("use_qk_norm changes no number: these norms have no weights")
    if r["layer_types"] is not None:
        chunked = kinds(r, "layer_types", "chunked_attention", FULL)["chunked_attention"]
    elif r["no_rope_layers"]:
        chunked = sum(r.one_per_layer("no_rope_layers"))  # despite its name, 1 is a layer with RoPE
    else:
        chunked = layers - layers // r["no_rope_layer_interval"]
    return given | ({"num_chunked_attention_layers": chunked} if r["attention_chunk_size"] else {})


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
        "use_qk_norm": may(None, kind="flag"),
    },
    fixed={"num_shared_experts": 1}, derive=_derive_llama4,
)  # fmt: skip


def ernie_ffn_biases(r: Reading, moe: int, width: int) -> int:
    """Biases of dense FFNs and of shared experts, which no field describes."""
    d, shared = r["hidden_size"], r["moe_num_shared_experts"]
    dense: int = (r["num_hidden_layers"] - moe) * (2 * r["intermediate_size"] + d)
    return dense + moe * (2 * width * shared + d if shared else 0)


def _derive_ernie(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    end = layers - 1 if r["moe_layer_end_index"] == -1 else r["moe_layer_end_index"]
    moe = sum(
        (layer + 1) % r["moe_layer_interval"] == 0
        for layer in range(r["moe_layer_start_index"], min(end + 1, layers))
    )
    biases = ernie_ffn_biases(r, moe, r["moe_intermediate_size"]) if r["use_bias"] else 0
    return {"num_moe_layers": moe, "other_params": biases}


def _derive_hunyuan(r: Reading) -> Mapping[str, float]:
    width = r["intermediate_size"]
    for key, wanted in (("num_shared_expert", 1), ("moe_intermediate_size", width)):
        if r[key] is not None and one_for_all(r, key) != wanted:
            r.refuse(key, f"is not {wanted}, as this architecture has it")
    if r["use_qk_norm"] is False:
        r.refuse("use_qk_norm", "is false, but this architecture has norms of queries and keys")
    return {
        "num_experts": one_for_all(r, "num_experts"),
        "num_experts_per_tok": one_for_all(r, "moe_topk"),
    }


def _derive_aria(r: Reading) -> Mapping[str, float]:
    width = r["moe_intermediate_size"]
    if r["model_type"] != "aria_moe_lm":  # as first published, it has a width that nothing uses
        if width not in (None, r["intermediate_size"]):
            r.refuse("moe_intermediate_size", f"is {width}, not {r['intermediate_size']}")
        width = r["intermediate_size"]
    elif width is None:
        r.refuse("moe_intermediate_size", "is missing")
        return {}
    given = {"moe_intermediate_size": width}
    if not r["mlp_bias"]:
        return given
    shared = 2 * width * r["moe_num_shared_experts"]
    return given | {"other_params": r["num_hidden_layers"] * (shared + r["hidden_size"])}


def _derive_jetmoe(r: Reading) -> Mapping[str, float]:
    # Queries and outputs of attention are experts, too: as many, with a router of their own.
    layers, d, k = r["num_hidden_layers"], r["hidden_size"], r["num_experts_per_tok"]
    keys_and_values = pair = 2 * d * r["num_key_value_heads"] * r["kv_channels"]
    router = r["num_local_experts"] * d
    return {
        "num_attention_heads": k * r["num_key_value_heads"],
        Part.ATTENTION_PROJECTIONS: layers * (keys_and_values + k * pair + router),
        Part.ATTENTION: layers * (keys_and_values + router + d),
        Part.ONE_EXPERT: layers * (3 * d * r["intermediate_size"] + pair),
        "other_params": layers * d,
    }


_NORMS = {"qk_norm_type": "per_layer"}


def _derive_minimax_m2(r: Reading) -> Mapping[str, float]:
    if r["shared_intermediate_size"]:
        r.refuse("shared_intermediate_size", "is not 0, but this architecture shares no experts")
    if r["use_qk_norm"] is False:
        r.refuse("use_qk_norm", "is false, but this architecture has norms of queries and keys")
    only(r, _NORMS)
    without_mtp(r, "num_mtp_modules")
    return {}


_ARIA = Adapter(
    SHAPE | HEAD_DIM | kv_heads(None) | attention_bias(False) | {
        "model_type": may(None, kind="text"),
        "intermediate_size": need(),
        "moe_intermediate_size": may(None),
        "moe_num_experts": need("num_experts"),
        "moe_topk": need("num_experts_per_tok"),
        "moe_num_shared_experts": may(2, "num_shared_experts"),
        "mlp_bias": may(False, kind="flag"),
    },
    derive=_derive_aria, irrelevant=frozenset({"moe_aux_loss_coeff", "moe_z_loss_coeff"}),
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
            "ffn_config.ffn_act_fn",
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
    # Its two norms a layer stand behind attention and experts, not before.
    "flex_olmo": Adapter(
        LOCAL | HEAD_DIM | kv_heads(None) | attention_bias(False), fixed={"qk_norm": 2}
    ),
    "minimax_m2": Adapter(
        LOCAL | kv_heads(8) | head_dim(128) | {
            "use_qk_norm": may(None, kind="flag"),
            "num_mtp_modules": may(None, minimum=0),
            "shared_intermediate_size": may(None, minimum=0),
            **one_value(_NORMS),
        },
        fixed={"qk_norm": 2}, derive=_derive_minimax_m2,
        irrelevant=frozenset({"mlp_intermediate_size", "shared_moe_mode", "use_routing_bias",
            "use_mtp", "mtp_transformer_layers",
        }),
    ),
    "granitemoeshared": Adapter(
        LOCAL | HEAD_DIM | kv_heads(None) | attention_bias(False)
        | {"shared_intermediate_size": may(0, minimum=0)},
        derive=granite_shared,
    ),
    "ernie4_5_moe": Adapter(
        SHAPE | HEAD_DIM | kv_heads(4) | TIED | {
            **FFN_WIDTHS,
            "moe_num_experts|num_experts|num_local_experts": need("num_experts"),
            "moe_k|num_experts_per_tok": need("num_experts_per_tok"),
            "moe_num_shared_experts": may(2, "num_shared_experts"),
            "moe_layer_start_index": may(1, minimum=0),
            "moe_layer_end_index": may(-1, minimum=-1),
            "moe_layer_interval": may(1),
            "use_bias": may(False, "qkv_bias", "attention_out_bias", "unembedding_bias"),
        },
        fixed={"router_bias": 1}, derive=_derive_ernie,
        irrelevant=frozenset({
            "moe_norm_min", "moe_capacity", "moe_use_aux_free", "moe_gate", "moe_group",
            "moe_use_hard_gate", "moe_multimodal_dispatch_use_allgather", "moe_aux_loss_lambda",
            "moe_layer_use_dispatch", "moe_gate_act", "moe_world_size", "moe_rank",
        }),
    ),
    "hunyuan_v1_moe": Adapter(
        SHAPE | HEAD_DIM | kv_heads(None) | attention_bias(False) | {
            "intermediate_size": need("moe_intermediate_size"),
            "num_experts|num_local_experts": Key((), ONE_FOR_ALL),
            "moe_topk|num_experts_per_tok": Key((), ONE_FOR_ALL),
            "num_shared_expert": Key((), ONE_FOR_ALL, None, nullable=True),
            "moe_intermediate_size": Key((), ONE_FOR_ALL, None, nullable=True),
            "use_qk_norm": may(None, kind="flag"),
        },
        fixed={"num_shared_experts": 1, "qk_norm": 1}, derive=_derive_hunyuan,
        irrelevant=frozenset({
            "moe_drop_tokens", "moe_random_routing_dropped_token", "moe_layer_num_skipped",
            "use_mixed_mlp_moe",
        }),
    ),
    "aria_text": _ARIA,
    "aria": tied_outside(_ARIA),
    "jetmoe": Adapter(
        {name: need(name) for name in ("num_hidden_layers", "hidden_size", "vocab_size")} | {
            "tie_word_embeddings": may(True, "tie_word_embeddings"),
            "num_key_value_heads": need("num_key_value_heads"),
            "kv_channels|head_dim": may(128, "head_dim"),
            "intermediate_size": need("moe_intermediate_size"),
            "num_local_experts|moe_num_experts": need("num_experts"),
            "num_experts_per_tok|moe_top_k": need("num_experts_per_tok"),
        },
        derive=_derive_jetmoe,
        note="Queries and outputs of attention are routed experts, too, and are counted as part of"
        " the experts; their FLOPs stand with attention",
    ),
}  # fmt: skip
