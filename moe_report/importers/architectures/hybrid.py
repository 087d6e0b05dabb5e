"""Architectures that mix softmax attention with linear attention or convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import REQUIRED, Adapter, Reading, may, need
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    BASE,
    EXPERTS,
    HEAD_DIM,
    LOCAL,
    SHAPE,
    TOP_K,
    WINDOW,
    head_dim,
    kv_heads,
    shared_width,
)
from moe_report.importers.architectures.latent import checked, deepseek
from moe_report.importers.architectures.layers import LAYER_TYPES, SPARSE_STEP, sparse_step
from moe_report.importers.architectures.text_part import NO_IMAGES, text_part, tied_outside


def _derive_qwen3_next(r: Reading) -> Mapping[str, float]:
    found = mixers.interval(r)
    softmax = mixers.attention(r, gated=True, qk_norm=True, bias="attention_bias")
    given = mixers.typed(
        (found[mixers.FULL], softmax), (found[mixers.LINEAR], mixers.gated_delta(r))
    )
    of_all = {"num_moe_layers": r["num_hidden_layers"]}
    given |= sparse_step(r) if "decoder_sparse_step" in r.values else of_all
    return given | _mtp(r, softmax)


def _mtp(r: Reading, softmax: mixers.Mixer) -> dict[str, float]:
    """Layers of softmax attention, behind one matrix and three norms; none if none is told of."""
    layers = r.values.get("mtp_num_hidden_layers")
    if layers is None:
        return {}
    d = r["hidden_size"]
    widths = r["num_experts"] * r["moe_intermediate_size"] + r["shared_expert_intermediate_size"]
    experts = d * (3 * widths + r["num_experts"] + 1)
    layer = softmax.products + softmax.others + experts + 2 * d
    return {
        "num_nextn_predict_layers": layers,
        "mtp_params": layers and layers * layer + 2 * d * d + 3 * d,
    }


def _derive_minimax(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        full = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    elif r["attn_type_list"] is not None:
        full = sum(r.one_per_layer("attn_type_list"))
        if set(r["attn_type_list"]) - {0, 1}:
            r.refuse("attn_type_list", "may say 0 (linear) and 1 (softmax) only")
    else:
        full = (layers + 1) // 2
    if r["shared_intermediate_size"]:
        r.refuse("shared_intermediate_size", "is not 0; shared experts are not modelled here")
    window = {"num_sliding_window_layers": full if r["sliding_window"] else 0}
    return window | mixers.typed((full, mixers.attention(r)), (layers - full, mixers.lightning(r)))


def _derive_lfm2(r: Reading) -> Mapping[str, float]:
    found = mixers.kinds(r, "layer_types", mixers.FULL, "conv")
    softmax = mixers.attention(r, qk_norm=True)
    return mixers.typed(
        (found[mixers.FULL], softmax), (found["conv"], mixers.short_convolution(r))
    ) | {
        "num_attention_free_layers": found["conv"],
    }


def _derive_kimi_linear(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        full = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    elif r["full_attn_layers"] is not None and r["kda_layers"] is not None:
        if sorted(r["full_attn_layers"] + r["kda_layers"]) != list(range(1, layers + 1)):
            r.refuse("kda_layers", "and full_attn_layers must name each layer once, from 1 on")
        full = len(r["full_attn_layers"])
    else:
        full = (layers - 1) // 4
    mixers.untied(r)
    linear = mixers.kimi_delta(r, low_rank=True)
    return checked(r) | mixers.typed((full, mixers.latent_attention(r)), (layers - full, linear))


def _derive_bailing(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    full = layers // r["layer_group_size"]
    if r["layer_types"] is not None:
        full = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    mixers.untied(r)
    for key in ("q_lora_rank", "group_norm_size"):
        if r[key]:
            r.refuse(key, "is given; only the kind with Kimi Delta Attention is modelled here")
    r.values["linear_num_heads"] = r["num_attention_heads"]
    r.values["linear_head_dim"] = r["linear_head_dim"] or r["head_dim"]
    softmax = mixers.latent_attention(r).plus(r["hidden_size"] * r["num_attention_heads"])
    linear = mixers.kimi_delta(r, low_rank=False)
    return checked(r) | mixers.typed((full, softmax), (layers - full, linear))


_NO_ORACLE = "The model's own code is read as transformers has it under 'minimax'"
_QWEN = SHAPE | TOP_K | EXPERTS | kv_heads(2) | {
    "moe_intermediate_size": need("moe_intermediate_size"),
    **shared_width(512),
    **head_dim(256),
} | ATTENTION_BIAS | LAYER_TYPES | mixers.GATED_DELTA  # fmt: skip
_QWEN_FIXED = {"num_shared_experts": 1, "shared_expert_gate": 1}
_QWEN35 = Adapter(
    _QWEN | {"mtp_num_hidden_layers": may(None, minimum=0)},
    fixed=_QWEN_FIXED, derive=_derive_qwen3_next, note=mixers.MIXED, untold_mtp=True,
)  # fmt: skip
_MINIMAX = Adapter(
    LOCAL | kv_heads(8) | HEAD_DIM | WINDOW | LAYER_TYPES | {
        "attn_type_list": may(None, kind="numbers"),
        "shared_intermediate_size": may(None, minimum=0),
    },
    derive=_derive_minimax, irrelevant=frozenset({"shared_moe_mode"}), note=mixers.MIXED,
)  # fmt: skip
_MINIMAX_CODE = replace(_MINIMAX, note=f"{mixers.MIXED}. {_NO_ORACLE}")
_KIMI = {
    spellings: key
    for spellings, key in deepseek(leading=1, q_rank=None).items()
    if "expert" not in spellings
} | {
    "num_experts_per_token|num_experts_per_tok": need("num_experts_per_tok"),
    "num_experts|num_local_experts|n_routed_experts": need("num_experts"),
    "num_shared_experts|n_shared_experts": may(1, "num_shared_experts", null=True),
} | LAYER_TYPES  # fmt: skip
_KIMI_ROUTING = frozenset({
    "moe_renormalize", "moe_router_activation_func", "num_expert_group",
})  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "qwen3_next": Adapter(
        _QWEN | {"intermediate_size": may(5632, "intermediate_size")} | SPARSE_STEP,
        fixed=_QWEN_FIXED, derive=_derive_qwen3_next, note=mixers.MIXED, untold_mtp=True,
    ),
    "qwen3_5_moe_text": _QWEN35,
    "qwen3_5_moe": tied_outside(_QWEN35, note=NO_IMAGES),
    "minimax": _MINIMAX,
    "minimax_text_01": _MINIMAX_CODE,
    "minimax_m1": _MINIMAX_CODE,
    "minimax_vl_01": text_part(_MINIMAX_CODE, note=NO_IMAGES),
    "lfm2_moe": Adapter(
        BASE | EXPERTS | kv_heads(8) | {
            "tie_word_embeddings|tie_embedding": may(True, "tie_word_embeddings"),
            "num_dense_layers": may(2, "first_k_dense_replace"),
            "layer_types": may(REQUIRED, kind="texts"),
            "conv_L_cache": may(3),
            "conv_bias": may(False, kind="flag"),
        },
        derive=_derive_lfm2, irrelevant=frozenset({"use_expert_bias"}),
        note=f"{mixers.MIXED}. Layers of short convolutions count as layers without attention:"
        " their products are those of their weights",
    ),
    "kimi_linear": Adapter(
        _KIMI | {
            "linear_head_dim|linear_attn_config.head_dim": may(128),
            "linear_num_heads|linear_attn_config.num_heads": may(32),
            "linear_conv_kernel_dim|linear_attn_config.short_conv_kernel_size": may(4),
            "linear_attn_config.full_attn_layers": may(None, kind="numbers"),
            "linear_attn_config.kda_layers": may(None, kind="numbers"),
        },
        derive=_derive_kimi_linear, irrelevant=_KIMI_ROUTING, note=mixers.MIXED,
    ),
    "bailing_hybrid": Adapter(
        _KIMI | {
            "first_k_dense_replace": may(2, minimum=0),
            "head_dim": may(128),
            "linear_head_dim": may(None),
            "linear_conv_kernel_dim|short_conv_kernel_size": may(4),
            "layer_group_size": may(6),
            "group_norm_size": may(None, minimum=0),
        },
        derive=_derive_bailing, note=mixers.MIXED,
        irrelevant=_KIMI_ROUTING | {"moe_router_enable_expert_bias", "router_dtype"},
    ),
}  # fmt: skip
