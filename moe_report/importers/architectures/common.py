"""Keys that many architectures share."""

from __future__ import annotations

import json
from collections.abc import Mapping

from moe_report.importers.adapter import Key, Reading, may, need


def windowed(r: Reading) -> Mapping[str, float]:
    """A window, if there is one, in every layer."""
    return {"num_sliding_window_layers": r["num_hidden_layers"] if r["sliding_window"] else 0}


SHAPE = {
    name: need(name)
    for name in ("num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads")
}
SHAPE["tie_word_embeddings"] = may(False, "tie_word_embeddings")
TOP_K = {"num_experts_per_tok": need("num_experts_per_tok")}
# The whole FFN of every layer is experts, and its width has the plain name.
LOCAL = SHAPE | TOP_K | {
    "num_local_experts|num_experts": need("num_experts"),
    "intermediate_size": need("moe_intermediate_size"),
}  # fmt: skip
TIED = {"tie_word_embeddings": may(True, "tie_word_embeddings")}
# Where the heads are read, and no field has them: the attention core would come out wrong.
NO_CORE = {"num_attention_heads": need()}
# Switches that the adapter's function reads.
ATTENTION_BIAS = {"attention_bias": may(False, kind="flag")}
MLP_BIAS = {"mlp_bias": may(False, kind="flag")}
WINDOW_SWITCH = {"use_sliding_window": may(False, kind="flag")}
FFN_WIDTHS = {name: need(name) for name in ("intermediate_size", "moe_intermediate_size")}
EXPERTS = {"num_experts|num_local_experts": need("num_experts")}
ROUTED = {"n_routed_experts|num_local_experts|num_experts": need("num_experts")}


def head_dim(default: int | None, *, null: bool = False) -> dict[str, Key]:
    """The width of a head; where it is null, hidden_size is split among the heads."""
    return {"head_dim": may(default, "head_dim", null=null)}


HEAD_DIM = head_dim(None)
WINDOW = {"sliding_window": may(None, "sliding_window")}
BASE = SHAPE | TOP_K | HEAD_DIM | FFN_WIDTHS


def window(default: int) -> dict[str, Key]:
    """A window, that of the configuration class by default; null for none."""
    return {"sliding_window": may(default, "sliding_window", null=True)}


def shared_width(default: int) -> dict[str, Key]:
    """The width of the expert that every token passes through."""
    name = "shared_expert_intermediate_size"
    return {name: may(default, name)}


def shared_experts(default: int) -> dict[str, Key]:
    """How many experts every token passes through."""
    return {"n_shared_experts|num_shared_experts": may(default, "num_shared_experts")}


def leading(default: int) -> dict[str, Key]:
    """Dense layers at the bottom."""
    return {"first_k_dense_replace": may(default, "first_k_dense_replace")}


def granite_shared(r: Reading) -> Mapping[str, float]:
    """A shared expert of a width of its own; none if that is 0."""
    width = r["shared_intermediate_size"]
    return {
        "num_shared_experts": int(width > 0),
        "shared_expert_intermediate_size": width or r["intermediate_size"],
    }


def kv_heads(default: int | None) -> dict[str, Key]:
    """The heads of keys and values; by default as many as query heads, or as given."""
    return {"num_key_value_heads": may(default, "num_key_value_heads", null=True)}


def attention_bias(default: bool) -> dict[str, Key]:
    """One switch for the biases of all four projections."""
    return {"attention_bias": may(default, "qkv_bias", "attention_out_bias")}


def one_value(values: Mapping[str, bool | int | str]) -> dict[str, Key]:
    """Keys of which one value is modelled each; what they are is checked by ``only``."""
    kinds = {bool: "flag", int: "number", str: "text"}
    return {name: may(None, kind=kinds[type(value)], minimum=0) for name, value in values.items()}


def only(r: Reading, values: Mapping[str, bool | int | str]) -> None:
    """Refuse the keys that are given and are not what is modelled."""
    for key, modelled in values.items():
        if r[key] not in (None, modelled):
            found, wanted = json.dumps(r[key]), json.dumps(modelled)
            r.refuse(key, f"is {found}; only {wanted} is modelled")
