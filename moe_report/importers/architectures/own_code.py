"""Architectures of ordinary attention whose only code is what is published with the weights."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    EXPERTS,
    FFN_WIDTHS,
    ROUTED,
    SHAPE,
    TOP_K,
    attention_bias,
    kv_heads,
    shared_width,
)
from moe_report.importers.architectures.latent import sparse_layers
from moe_report.importers.architectures.layers import ONE_FOR_ALL, one_for_all


def _derive_hunyuan(r: Reading) -> Mapping[str, float]:
    """Layers take the keys and values of the first of each group, where groups share them."""
    experts, width = one_for_all(r, "num_experts"), r["intermediate_size"]
    if experts == 1:
        r.refuse("num_experts", "is 1: the model is not a Mixture-of-Experts")
    if r["moe_intermediate_size"] and one_for_all(r, "moe_intermediate_size") != width:
        r.refuse("moe_intermediate_size", f"is not the {width} of intermediate_size")
    heads, d = r["num_attention_heads"], r["hidden_size"]
    if d % heads:
        r.refuse("hidden_size", f"is {d}, not a multiple of the {heads} heads")
    head = d // heads
    for key in ("head_dim", "attention_head_dim"):
        if r[key] not in (None, head):
            r.refuse(key, f"is not {head}, the {d} of hidden_size for each of the {heads} heads")
    for key in ("mlp_bias", "add_classification_head", "moe_layer_num_skipped"):
        if r[key]:
            r.refuse(key, "is given, which is not modelled")
    layers = r["num_hidden_layers"]
    own = -(-layers // r["cla_share_factor"]) if r["use_cla"] else layers
    whole = mixers.attention(r, qk_norm=r["use_qk_norm"], bias="attention_bias")
    keys = 2 * (r["num_key_value_heads"] or heads) * head
    lent = whole.plus(-d * keys, -keys if r["attention_bias"] else 0)
    shared = one_for_all(r, "num_shared_expert") if r["use_mixed_mlp_moe"] else 0
    if own < layers:
        r.notes.append(f"Keys and values are made in {own} of {layers} layers, and lent to others")
    return (
        mixers.typed((own, whole), (layers - own, lent))
        | caches.kept(full=own * keys)
        | {
            "num_experts": experts,
            "num_experts_per_tok": one_for_all(r, "moe_topk"),
            "num_shared_experts": shared,
        }
    )


def _derive_pangu(r: Reading) -> Mapping[str, float]:
    """Each routed expert has a scale, and each of eight groups of experts gives one."""
    if r["mlp_only_layers"]:
        r.refuse("mlp_only_layers", "is not empty, but here every layer has experts")
    if r["num_experts_per_tok"] != 8 or r["num_experts"] % 8:
        r.refuse("num_experts_per_tok", "must be 8, one expert of each of eight equal groups")
    return {"other_params": r["num_hidden_layers"] * r["num_experts"]}


ADAPTERS: Mapping[str, Adapter] = {
    # The first of DeepSeek's Mixtures of Experts, and unlike the later ones in its attention.
    "deepseek": Adapter(
        SHAPE | TOP_K | FFN_WIDTHS | ROUTED | kv_heads(None) | attention_bias(False) | {
            "n_shared_experts": may(None, "num_shared_experts"),
            "first_k_dense_replace": may(0, minimum=0),
            "moe_layer_freq": may(1),
            "mlp_layer_types": may(None, kind="texts"),
        },
        derive=sparse_layers,
    ),
    "hunyuan": Adapter(
        SHAPE | kv_heads(None) | ATTENTION_BIAS | {
            "intermediate_size": need("moe_intermediate_size", "shared_expert_intermediate_size"),
            "num_experts": Key((), ONE_FOR_ALL),
            "moe_topk|num_experts_per_tok": Key((), ONE_FOR_ALL, 1),
            "num_shared_expert": Key((), ONE_FOR_ALL, 1),
            "moe_intermediate_size": Key((), ONE_FOR_ALL, None, nullable=True),
            "use_mixed_mlp_moe": may(False, kind="flag"),
            "use_qk_norm": may(False, kind="flag"),
            "use_cla": may(False, kind="flag"),
            "cla_share_factor": may(1),
            "head_dim": may(None),
            "attention_head_dim": may(None),
            "mlp_bias": may(None, kind="flag"),
            "add_classification_head": may(None, kind="flag"),
            "moe_layer_num_skipped": may(None, minimum=0),
        },
        derive=_derive_hunyuan,
        irrelevant=frozenset({"moe_drop_tokens", "moe_random_routing_dropped_token"}),
    ),
    "PanguProMoE": Adapter(
        SHAPE | TOP_K | EXPERTS | kv_heads(8) | shared_width(5376) | {
            "moe_intermediate_size": need("moe_intermediate_size"),
            "mlp_only_layers": may(None, kind="numbers"),
        },
        fixed={"num_shared_experts": 1, "qkv_bias": 1, "attention_out_bias": 1},
        derive=_derive_pangu,
        note="Each routed expert has a scale, which is among the other parameters",
    ),
}  # fmt: skip
