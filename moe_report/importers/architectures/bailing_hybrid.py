"""Ling and Ring with linear attention: lightning in Ring-linear and Ling-2.5, delta in Ling-3.0.

In a group of layers the last has softmax attention. Ling-2.5 and Ling-3.0 go by the same name, and
transformers has the latter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.bailing import ROUTING
from moe_report.importers.architectures.common import (
    EXPERTS,
    FFN_WIDTHS,
    HEAD_DIM,
    SHAPE,
    TOP_K,
    leading,
)
from moe_report.importers.architectures.kimi import KIMI, KIMI_ROUTING
from moe_report.importers.architectures.latent import checked
from moe_report.importers.architectures.layers import without_mtp

_LIGHTNING = "BailingMoeV2_5ForCausalLM"
# What only Ling-3.0 has.
_GATE = "gated_attention_proj_granularity_type"
_DELTA = ("no_kda_lora", _GATE, "linear_attention")
_UNSAID = "unsaid"  # other than null, with which there is no gate
_DELTA_DEFAULTS = {"layer_group_size": 6, "linear_conv_kernel_dim": 4}
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "use_bias": (None, False),
    "num_kv_heads_for_linear_attn": (None, 0),
    "moe_router_enable_shared_expert": (None, True),
    "pregate_enabled": (None, False),
}


def _only(r: Reading, modelled: Mapping[str, tuple[Any, ...]]) -> None:
    for key, values in modelled.items():
        if r[key] not in values:
            r.refuse(key, f"is {json.dumps(r[key])}, which is not modelled")


def _lightning(r: Reading) -> mixers.Mixer:
    head = r.values.get("head_dim") or r["hidden_size"] // r["num_attention_heads"]
    biases = 3 * r["num_attention_heads"] * head if r["use_qkv_bias"] else 0
    return mixers.lightning(r).plus(0, biases + (2 * head if r["use_qk_norm"] else 0))


def _full_layers(r: Reading) -> int:
    """How many layers have softmax attention: the last of each group, and what makes no group."""
    groups, rest = divmod(r["num_hidden_layers"], r["layer_group_size"])
    return int(groups + rest)


def _shared_width(r: Reading) -> dict[str, float]:
    shared = r["moe_shared_expert_intermediate_size"] or r["moe_intermediate_size"]
    return {"shared_expert_intermediate_size": shared}


def _derive_linear(r: Reading) -> Mapping[str, float]:
    _only(r, _PLAIN)
    without_mtp(r)
    full = _full_layers(r)
    softmax = mixers.attention(r, qk_norm=bool(r["use_qk_norm"]))
    if r["use_qkv_bias"]:
        heads = r["num_attention_heads"] + 2 * r["num_key_value_heads"]
        softmax = softmax.plus(
            0, heads * (r["head_dim"] or r["hidden_size"] // r["num_attention_heads"])
        )
    layers = (full, softmax), (r["num_hidden_layers"] - full, _lightning(r))
    return mixers.typed(*layers) | _shared_width(r)


def _is_lightning(r: Reading) -> bool:
    """Whether it is Ling-2.5 (or 2.6): by the name of its class, and nothing speaks of Ling-3.0."""
    speaks = any(r[key] not in (None, _UNSAID) for key in _DELTA)
    return _LIGHTNING in (r["architectures"] or ()) and not speaks


def _gate_width(r: Reading) -> int:
    """How many numbers gate what a layer with softmax attention gives."""
    heads: int = r["num_attention_heads"]
    widths: dict[str | None, int] = {
        None: 0,
        _UNSAID: heads,
        "head_wise": heads,
        "element_wise": heads * r["v_head_dim"],
    }
    if r[_GATE] not in widths:
        r.refuse(_GATE, f"is {json.dumps(r[_GATE])}, which is not modelled")
    return widths.get(r[_GATE], 0)


def _derive_hybrid(r: Reading) -> Mapping[str, float]:
    mixers.untied(r)
    _only(r, _PLAIN)
    layers = r["num_hidden_layers"]
    softmax = mixers.latent_attention(r)
    if _is_lightning(r):
        if r["layer_group_size"] is None:
            r.refuse("layer_group_size", "is missing")
            return {}
        full = _full_layers(r)
        return (
            checked(r)
            | mixers.typed((full, softmax), (layers - full, _lightning(r)))
            | _shared_width(r)
        )
    _only(r, {"linear_attention": (None, "kda")})
    if (r["group_norm_size"] or 1) > 1:
        r.refuse("group_norm_size", f"is that of {_LIGHTNING}, which architectures does not name")
    for key, default in _DELTA_DEFAULTS.items():
        if r[key] is None:
            r.values[key] = default
            r.notes.append(f"Not in the config, so as transformers has it: {key} = {default}")
    full = layers // r["layer_group_size"]
    if r["layer_types"] is not None:
        full = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    heads = r["num_attention_heads"]
    if r["linear_num_heads"] not in (None, heads):
        r.refuse("linear_num_heads", f"is not the {heads} of num_attention_heads")
    r.values["linear_num_heads"] = heads
    r.values["linear_head_dim"] = r["linear_head_dim"] or r["head_dim"]
    gated = softmax.plus(r["hidden_size"] * _gate_width(r))
    linear = mixers.kimi_delta(r, full_gates=0 if r["no_kda_lora"] is False else 2)
    return checked(r) | mixers.typed((full, gated), (layers - full, linear)) | _shared_width(r)


_KEYS = {
    "moe_shared_expert_intermediate_size": may(None),
    "use_bias": may(None, kind="flag"),
    "use_qkv_bias": may(None, kind="flag"),
    "use_qk_norm": may(None, kind="flag"),
    "num_kv_heads_for_linear_attn": may(None, minimum=0),
    "moe_router_enable_shared_expert": may(None, kind="flag"),
    "pregate_enabled": may(None, kind="flag"),
}

ADAPTERS: Mapping[str, Adapter] = {
    "bailing_moe_linear": Adapter(
        SHAPE | TOP_K | EXPERTS | HEAD_DIM | FFN_WIDTHS | leading(0) | _KEYS | {
            "num_key_value_heads": need("num_key_value_heads"),
            "num_shared_experts": may(0, "num_shared_experts", null=True),
            "layer_group_size": need(),
            "num_nextn_predict_layers": may(None, minimum=0),
        },
        derive=_derive_linear, note=mixers.MIXED,
        irrelevant=ROUTING | {"use_rmsnorm", "group_norm_size"},
    ),
    "bailing_hybrid": Adapter(
        KIMI | _KEYS | {
            "architectures": may(None, kind="texts"),
            "first_k_dense_replace": may(2, minimum=0),
            "head_dim": may(128),
            "linear_head_dim": may(None),
            "linear_num_heads": may(None),
            "linear_conv_kernel_dim|short_conv_kernel_size": may(None),
            "layer_group_size": may(None),
            "group_norm_size": may(None, minimum=0),
            "no_kda_lora": may(None, kind="flag"),
            _GATE: may(_UNSAID, kind="text", null=True),
            "linear_attention": may(None, kind="text"),
        },
        derive=_derive_hybrid, note=mixers.MIXED,
        irrelevant=KIMI_ROUTING | ROUTING | {
            "expert_swiglu_limit_list", "share_expert_swiglu_limit_list", "scale_router_input",
            "use_rmsnorm", "linear_silu",
        },
    ),
}  # fmt: skip
