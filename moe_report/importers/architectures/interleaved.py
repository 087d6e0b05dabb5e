"""Architectures that take layers with a window in turn with layers that see everything."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, may, need
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    BASE,
    EXPERTS,
    LOCAL,
    SHAPE,
    TIED,
    TOP_K,
    attention_bias,
    granite_shared,
    head_dim,
    kv_heads,
    leading,
    shared_experts,
    shared_width,
    window,
)
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    MLP_TYPES,
    MTP,
    SPARSE_STEP,
    gated_attention,
    sliding,
    sparse,
    sparse_step,
    with_mtp,
    without_mtp,
)
from moe_report.importers.architectures.mixers import attention, typed, untied
from moe_report.importers.architectures.text_part import text_part
from moe_report.schema.parts import Part


def every(number: int, layer: int) -> bool:
    """Whether a layer is the last of so many."""
    return (layer + 1) % number == 0


def _derive_exaone(r: Reading) -> Mapping[str, float]:
    without_mtp(r)
    pattern = r["sliding_window_pattern"]
    if isinstance(pattern, str) and r["layer_types"] is None:
        r.refuse("sliding_window_pattern", f"is {pattern!r}, and there are no layer_types")
        return {}
    windows = sliding(r, lambda layer: bool(pattern) and not every(pattern, layer))
    moe = sparse(r, lambda layer: layer >= r["first_k_dense_replace"])
    flags = r["is_moe_layer"]
    if flags is not None and sum(r.one_per_layer("is_moe_layer")) != moe["num_moe_layers"]:
        r.refuse("is_moe_layer", f"has not the {moe['num_moe_layers']} layers of other keys")
    return {**windows, **moe}


def _derive_afmoe(r: Reading) -> Mapping[str, float]:
    number = r["global_attn_every_n_layers"]
    heads = r["num_hidden_layers"] * r["num_attention_heads"]
    attention = gated_attention(r, heads, per_head=False)
    return {**sliding(r, lambda layer: not every(number, layer)), **attention}


def _derive_cohere2(r: Reading) -> Mapping[str, float]:
    first = r["first_k_dense_replace"]
    in_prefix, after = r["prefix_dense_sliding_window_pattern"], r["sliding_window_pattern"]
    given = {
        **sliding(
            r,
            lambda layer: (
                not (every(in_prefix, layer) if layer < first else every(after, layer - first))
            ),
        ),
        **sparse(r, lambda layer: layer >= first),
    }
    if r["prefix_dense_intermediate_size"] is None:
        given["intermediate_size"] = r["intermediate_size"]
    return given


def _is_flags(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(type(x) is bool for x in value))


_FLAGS = Kind("a list of true and false", _is_flags)
# A text has a letter for each layer.
_PATTERN = Kind(
    "a whole number or a text", lambda value: value is None or type(value) in (int, str)
)


def _derive_mellum(r: Reading) -> Mapping[str, float]:
    given = {**sliding(r, lambda layer: False), **sparse(r, lambda layer: True)}
    if set(r["mtp_mlp_layer_types"] or ()) <= {"sparse"}:
        return {**given, **with_mtp(r)}
    without_mtp(r)
    return given


def _derive_flint(r: Reading) -> Mapping[str, float]:
    last = r["num_hidden_layers"] - 1
    windows = sliding(r, lambda layer: layer > 1 and layer % 4 != 1 and layer != last)
    return {**sparse_step(r), **windows}


def _derive_beam(r: Reading) -> Mapping[str, float]:
    last = r["num_hidden_layers"] - 1
    heads = r["num_hidden_layers"] * r["num_attention_heads"]
    given = gated_attention(r, heads, per_head=False)
    return {
        **sliding(r, lambda layer: not every(6, layer) and layer != last),
        **sparse(r, lambda layer: layer >= 3),
        **given,
        Part.ATTENTION: given[Part.ATTENTION] + heads,  # a bias of the gate for each
    }


def _derive_muse(r: Reading) -> Mapping[str, float]:
    untied(r)
    d, layers, heads = r["hidden_size"], r["num_hidden_layers"], r["num_attention_heads"]
    last = layers - 1
    moe = sparse(r, lambda layer: True)
    gated = attention(r, bias="attention_bias").plus(d * heads * r["head_dim"])
    number = moe["num_moe_layers"]
    return {
        **sliding(r, lambda layer: bool((last - layer) % 4)),
        **moe,
        **typed((layers, gated)),
        **_narrow_experts(r, number),
        # Two gates of what is passed on; norms before and after the experts.
        "other_params": 2 * layers * d + 2 * number * r["moe_hidden_size"],
    }


def _narrow_experts(r: Reading, number: int) -> dict[str, float]:
    """FFNs in pairs of matrices: of three, and of experts in a space narrower than the model."""
    d, inner, dense = r["hidden_size"], r["moe_hidden_size"], r["intermediate_size"]
    weights = 3 * inner * r["moe_intermediate_size"]
    given = {"shared_expert_intermediate_size": inner}
    dense_layers = r["num_hidden_layers"] - number
    note = f"Experts work in a space of width {inner}; its two matrices count as a shared expert"
    if weights % (2 * d) or (dense_layers and dense % 2):
        r.notes.append(f"{note}; FLOPs of experts and dense layers are left out")
        return given | {
            Part.ONE_EXPERT: number * weights,
            Part.DENSE_FFN: dense_layers * 3 * d * dense,
        }
    r.notes.append(
        f"{note}, and FFNs are given as large as they are with two matrices in place of three"
    )
    given["moe_intermediate_size"] = weights // (2 * d)
    return given | ({} if dense % 2 else {"intermediate_size": 3 * dense // 2})


_MUSE = Adapter(
    SHAPE | TOP_K | LAYER_TYPES | MLP_TYPES | kv_heads(16) | head_dim(64) | window(2048)
    | ATTENTION_BIAS | {
        "intermediate_size": need(),
        "moe_intermediate_size": need(),
        "moe_hidden_size": may(4096),
        "num_local_experts|num_experts": need("num_experts"),
    },
    fixed={"num_shared_experts": 1, "num_ffn_matrices": 2, "num_norms_per_layer": 3},
    derive=_derive_muse,
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "exaone_moe": Adapter(
        BASE | EXPERTS | MTP | LAYER_TYPES | MLP_TYPES | kv_heads(32) | leading(1) | window(4096)
        | shared_experts(1) | {
            "is_moe_layer": Key((), _FLAGS, None),
            "sliding_window_pattern": Key((), _PATTERN, 4, minimum=0),
        },
        fixed={"qk_norm": 1}, derive=_derive_exaone,
    ),
    "afmoe": Adapter(
        BASE | EXPERTS | LAYER_TYPES | kv_heads(None) | window(1024) | {
            "num_dense_layers": may(1, "first_k_dense_replace"),
            "num_shared_experts": may(2, "num_shared_experts"),
            **head_dim(128),
            **ATTENTION_BIAS,
            "global_attn_every_n_layers": may(4),
        },
        fixed={"router_bias": 1, "num_norms_per_layer": 4}, derive=_derive_afmoe,
        irrelevant=frozenset({"num_expert_groups"}),
    ),
    "cohere2_moe": Adapter(
        SHAPE | TOP_K | EXPERTS | LAYER_TYPES | MLP_TYPES | kv_heads(None) | leading(0)
        | attention_bias(False) | window(4096) | TIED | head_dim(128) | {
            "intermediate_size": need("moe_intermediate_size", "shared_expert_intermediate_size"),
            "prefix_dense_intermediate_size": may(None, "intermediate_size"),
            "num_shared_experts": may(0, "num_shared_experts"),
            "prefix_dense_sliding_window_pattern": may(1),
            "sliding_window_pattern": may(4),
        },
        fixed={"num_norms_per_layer": 1}, derive=_derive_cohere2,
        irrelevant=frozenset({"expert_selection_fn", "shared_expert_combination_strategy"}),
    ),
    "mellum": Adapter(
        BASE | EXPERTS | LAYER_TYPES | MLP_TYPES | MTP | kv_heads(4) | attention_bias(False)
        | window(1024) | head_dim(128) | {"mtp_mlp_layer_types": may(None, kind="texts")},
        fixed={"qk_norm": 1}, derive=_derive_mellum,
    ),
    "kolibri1": Adapter(
        BASE | EXPERTS | LAYER_TYPES | kv_heads(4) | window(513) | shared_width(512) | head_dim(128)
        | {"intermediate_size": may(None)},
        fixed={"qk_norm": 1, "num_shared_experts": 1, "num_norms_per_layer": 4},
        derive=lambda r: sliding(r, lambda layer: not every(5, layer)),
    ),
    "flint": Adapter(
        BASE | EXPERTS | SPARSE_STEP | LAYER_TYPES | kv_heads(4) | attention_bias(False)
        | window(513) | shared_width(1024) | head_dim(128)
        | {"mlp_only_layers": may([0, 1], kind="numbers")},
        fixed={"qk_norm": 1, "attention_sinks": 1, "num_shared_experts": 1}, derive=_derive_flint,
    ),
    "beam": Adapter(
        BASE | EXPERTS | LAYER_TYPES | MLP_TYPES | kv_heads(8) | window(512) | head_dim(128)
        | ATTENTION_BIAS,
        fixed={"num_norms_per_layer": 4}, derive=_derive_beam,
    ),
    "granitemoe_swa": Adapter(
        LOCAL | LAYER_TYPES | kv_heads(None) | attention_bias(False) | window(128)
        | {"shared_intermediate_size": may(0, minimum=0)},
        fixed={"attention_sinks": 1},
        derive=lambda r: {**sliding(r, lambda layer: layer % 4 > 0), **granite_shared(r)},
    ),
    "muse_spark": text_part(_MUSE),
    "muse_spark_text": _MUSE,
}  # fmt: skip
