"""ERNIE 4.5 VL: text and images have experts of their own; those for text are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, may, need
from moe_report.importers.architectures.common import (
    HEAD_DIM,
    SHAPE,
    TIED,
    kv_heads,
    one_value,
    only,
)
from moe_report.importers.architectures.layers import (
    MLP_TYPES,
    MTP,
    ONE_FOR_ALL,
    sparse,
    without_mtp,
)
from moe_report.importers.architectures.plain import ernie_ffn_biases
from moe_report.importers.architectures.text_part import TEXT_ONLY, tied_outside

_OTHERS = "the experts that only they are sent to"
_ONE_VALUE = {
    "use_bias": False, "use_rmsnorm": True, "moe_use_hard_gate": True, "moe_group_experts": False,
    "moe_use_token_type_bias": False, "moe_num_attn_experts": False, "mm_vocab_size": 0,
    "use_moe": True,
}  # fmt: skip


def _is_layer(value: object) -> bool:
    return type(value) is int and value >= -1


# A layer, or one for the experts of text and one for those of images; -1 is the last.
_LAYER = Kind(
    "a number of a layer or a list of two",
    lambda value: (
        _is_layer(value)
        or (isinstance(value, list) and len(value) == 2 and all(map(_is_layer, value)))
    ),
)


def _derive_text(r: Reading) -> Mapping[str, float]:
    text, *_ = r["moe_intermediate_size"]
    layers = sparse(r, lambda layer: layer > 0)
    biases = ernie_ffn_biases(r, layers["num_moe_layers"], text) if r["use_bias"] else 0
    return {**layers, "moe_intermediate_size": text, "other_params": biases}


def _derive_published(r: Reading) -> Mapping[str, float]:
    """Count the experts for text; images must have theirs in the same layers."""
    without_mtp(r)
    layers = r["num_hidden_layers"]
    only(r, _ONE_VALUE)
    experts, width = r["moe_num_experts"], r["moe_intermediate_size"]
    first, last = (
        value if isinstance(value, list) else [value, value]
        for value in (r["moe_layer_start_index"], r["moe_layer_end_index"])
    )
    found = {
        tuple(
            layer
            for layer in range(layers)
            if start <= layer <= (layers - 1 if end == -1 else end)
            and (layer + 1) % r["moe_layer_interval"] == 0
        )
        for start, end in zip(first, last, strict=True)
    }
    if len(found) > 1:
        r.refuse("moe_layer_start_index", "and the end give images experts in other layers")
    return {
        "num_experts": experts[0] if isinstance(experts, list) else experts,
        "moe_intermediate_size": width[0] if isinstance(width, list) else width,
        "num_moe_layers": len(found.pop()),
    }


def _is_widths(value: object) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return bool(numbers) and all(type(item) is int and item >= 1 for item in numbers)


# The experts of text come first.
_WIDTHS = Key((), Kind("a whole number of at least 1 or a list of them", _is_widths))
_LISTED = Kind(
    "a list of whole numbers of at least 1",
    lambda value: isinstance(value, list) and _is_widths(value),
)
_TEXT = Adapter(
    SHAPE | TIED | HEAD_DIM | kv_heads(4) | MLP_TYPES | {
        "intermediate_size": need("intermediate_size"),
        "moe_intermediate_size": Key((), _LISTED, default=[1536, 512]),
        "moe_num_experts|num_experts": need("num_experts"),
        "moe_k|num_experts_per_tok": need("num_experts_per_tok"),
        "moe_num_shared_experts": may(2, "num_shared_experts"),
        "use_bias": may(False, "qkv_bias", "attention_out_bias"),
    },
    fixed={"router_bias": 1}, derive=_derive_text, irrelevant=frozenset({"moe_norm_min"}),
)  # fmt: skip
# As the code that is published with the weights has it.
_PUBLISHED = Adapter(
    SHAPE | HEAD_DIM | MTP | one_value(_ONE_VALUE) | {
        "num_key_value_heads": may(None, "num_key_value_heads"),
        "intermediate_size": need("intermediate_size"),
        "moe_intermediate_size": _WIDTHS,
        "moe_num_experts": Key((), ONE_FOR_ALL),
        "moe_k": need("num_experts_per_tok"),
        "moe_num_shared_experts": may(0, "num_shared_experts", null=True),
        "moe_layer_start_index": Key((), _LAYER, minimum=-1),
        "moe_layer_end_index": Key((), _LAYER, default=-1, minimum=-1),
        "moe_layer_interval": need(),
        "moe_use_aux_free": may(True, "router_bias"),
    },
    derive=_derive_published, note=f"{TEXT_ONLY}, nor {_OTHERS}",
    irrelevant=frozenset({
        "moe_capacity", "moe_gate", "moe_gate_act", "moe_norm_gate_logits", "moe_norm_min",
        "moe_group", "moe_group_origin", "moe_group_orthogonal_loss", "moe_aux_loss_lambda",
        "moe_z_loss_lambda", "moe_orthogonal_loss_lambda", "moe_dropout_prob",
        "moe_all_to_all_dropout", "moe_reverse_token_drop", "moe_fuse_experts",
        "moe_use_size_all2all", "moe_dense_experts_token_type_id", "moe_layer_feed_fake_token",
        "moe_multimodal_dispatch_use_allgather", "moe_rank", "moe_world_size",
        "use_recompute_moe", "multimodel_experts",
    }),
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "ernie4_5_vl_moe": tied_outside(_TEXT, default=True, note=f"{TEXT_ONLY}, nor {_OTHERS}"),
    "ernie4_5_vl_moe_text": replace(
        _TEXT, note="The experts that only images and video are sent to are not counted"
    ),
    "ernie4_5_moe_vl": _PUBLISHED,
}
