"""Architectures like Qwen-MoE and GLM-MoE: shared experts, and dense layers among the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures.common import (
    BASE,
    EXPERTS,
    MLP_BIAS,
    NO_CORE,
    ROUTED,
    WINDOW_SWITCH,
    attention_bias,
    head_dim,
    kv_heads,
    leading,
    shared_experts,
    window,
)
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    MLP_TYPES,
    MTP,
    SPARSE_STEP,
    sliding,
    sparse,
    sparse_step,
    with_mtp,
    without_mtp,
)
from moe_report.importers.architectures.mixers import kinds
from moe_report.importers.architectures.text_part import text_part, tied_outside
from moe_report.schema.parts import Part


def _derive_qwen2(r: Reading) -> Mapping[str, float]:
    windows = sliding(r, lambda layer: layer % 2 == 0 and layer < r["max_window_layers"])
    if not r["use_sliding_window"] or not r["sliding_window"]:
        return sparse_step(r)
    return {**sparse_step(r), **windows, "sliding_window": r["sliding_window"]}


def _derive_hy3(r: Reading) -> Mapping[str, float]:
    without_mtp(r)
    if r["expert_hidden_dim"] not in (None, r["moe_intermediate_size"]):
        r.refuse("expert_hidden_dim", f"is not the {r['moe_intermediate_size']} of experts")
    layers = dict(sparse(r, lambda layer: layer > 0))
    if not r["mlp_bias"]:
        return layers
    moe, d = layers["num_moe_layers"], r["hidden_size"]
    dense_biases = (r["num_hidden_layers"] - moe) * (2 * r["intermediate_size"] + d)
    width = r["moe_intermediate_size"] * r["n_shared_experts"]
    return layers | {"other_params": dense_biases + moe * (2 * width + d)}


def _derive_ocr(r: Reading) -> Mapping[str, float]:
    if r["mlp_bias"]:
        r.refuse("mlp_bias", "is true, which is not modelled")
    return sparse(r, lambda layer: layer >= r["first_k_dense_replace"])


def _derive_unlimited_ocr(r: Reading) -> Mapping[str, float]:
    d, layers, heads = r["hidden_size"], r["num_hidden_layers"], r["num_attention_heads"]
    if d % heads:
        r.refuse("hidden_size", f"is {d}, not a multiple of the {heads} heads")
    if r["layer_types"] is not None:
        kinds(r, "layer_types", "reference_sliding_attention")
    width = d // heads
    kv = (r["num_key_value_heads"] or heads) * width
    bias = 2 * d + 2 * kv if r["attention_bias"] else 0
    r.notes.append(
        "A token attends to a window, and to all of the image and the prompt, which no field"
        " describes: the attention core is left out"
    )
    return {
        **_derive_ocr(r),
        Part.ATTENTION_PROJECTIONS: layers * 2 * d * (d + kv),
        Part.ATTENTION: layers * (2 * d * (d + kv) + bias),
    }


_OCR = BASE | ROUTED | kv_heads(None) | MLP_TYPES | leading(1) | attention_bias(False) | {
    "n_shared_experts": may(2, "num_shared_experts"),
    **MLP_BIAS,
}  # fmt: skip
_DEEPSEEK_OCR = Adapter(_OCR, derive=_derive_ocr)
_UNLIMITED_OCR = Adapter(
    _OCR | NO_CORE | LAYER_TYPES, derive=_derive_unlimited_ocr,
    cache="image and prompt are kept whole, and of what is written a window",
)  # fmt: skip
_QWEN3 = BASE | EXPERTS | SPARSE_STEP | attention_bias(False)
# The configuration class has a window that the layers never use.
_THINKER = Adapter(_QWEN3 | kv_heads(4), fixed={"qk_norm": 1}, derive=sparse_step)
# Alone, too, it ties nothing if it is silent, as the models around it; its class would, but has no
# output head.
_QWEN3_VL = Adapter(_QWEN3 | kv_heads(16), fixed={"qk_norm": 1}, derive=sparse_step)
_GLM4V = Adapter(
    BASE | ROUTED | kv_heads(8) | leading(1) | shared_experts(1)
    | {"attention_bias": may(True, "qkv_bias")}
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "qwen2_moe": Adapter(
        BASE | EXPERTS | SPARSE_STEP | LAYER_TYPES | kv_heads(16) | {
            "shared_expert_intermediate_size": need("shared_expert_intermediate_size"),
            "qkv_bias": may(True, "qkv_bias"),
            **WINDOW_SWITCH,
            "sliding_window": may(4096, null=True, minimum=0),
            "max_window_layers": may(28, minimum=0),
        },
        fixed={"num_shared_experts": 1, "shared_expert_gate": 1},
        derive=_derive_qwen2,
    ),
    "qwen3_vl_moe": tied_outside(_QWEN3_VL),
    "qwen3_vl_moe_text": _QWEN3_VL,
    "qwen3_omni_moe_thinker": tied_outside(_THINKER),
    "qwen3_omni_moe_text": _THINKER,
    "qwen3_omni_moe": tied_outside(
        replace(_THINKER, section="thinker_config"),
        note="Only the thinker's text model is counted, not those for images, video and sound,"
        " nor the talker",
    ),
    "glm4_moe": Adapter(
        BASE | ROUTED | MTP | kv_heads(8) | leading(1) | shared_experts(1) | {
            "attention_bias": may(False, "qkv_bias"),
            "use_qk_norm": may(False, kind="flag"),
        },
        derive=lambda r: {**with_mtp(r), "qk_norm": int(r["use_qk_norm"])},
    ),
    "glm4v_moe": text_part(_GLM4V),
    "glm4v_moe_text": _GLM4V,
    "sarvam_moe": Adapter(
        BASE | ROUTED | MTP | kv_heads(4) | leading(1) | shared_experts(1) | head_dim(64) | {
            "attention_bias|use_qkv_bias": may(False, "qkv_bias"),
            "use_qk_norm": may(True, kind="flag"),
        },
        derive=lambda r: {**with_mtp(r), "qk_norm": int(r["use_qk_norm"])},
        irrelevant=frozenset({"moe_router_enable_expert_bias", "router_dtype"}),
    ),
    "solar_open": Adapter(
        BASE | ROUTED | kv_heads(8) | shared_experts(1) | head_dim(128) | {
            # No layer has a dense FFN: its width is there, and never used.
            "intermediate_size": may(None),
            "attention_bias": may(False, "qkv_bias"),
        },
        derive=lambda r: {"first_k_dense_replace": 0},
    ),
    "dots1": Adapter(
        BASE | ROUTED | LAYER_TYPES | kv_heads(32) | leading(0) | attention_bias(False)
        | window(4096) | {
            "n_shared_experts": need("num_shared_experts"),
            "max_window_layers": may(62, null=True, minimum=0),
        },
        fixed={"qk_norm": 1},
        derive=lambda r: sliding(r, lambda layer: layer >= (r["max_window_layers"] or 0)),
    ),
    "hy_v3": Adapter(
        BASE | EXPERTS | MLP_TYPES | MTP | kv_heads(8) | shared_experts(1)
        | attention_bias(False) | head_dim(128) | MLP_BIAS | {"expert_hidden_dim": may(None)},
        fixed={"qk_norm": 1}, derive=_derive_hy3,
        irrelevant=frozenset({"router_scaling_factor", "enable_moe_fp32_combine"}),
    ),
    "deepseek_ocr2": tied_outside(_DEEPSEEK_OCR),
    "deepseek_ocr2_text": _DEEPSEEK_OCR,
    "unlimited_ocr": tied_outside(_UNLIMITED_OCR),
    "unlimited_ocr_text": _UNLIMITED_OCR,
}  # fmt: skip
