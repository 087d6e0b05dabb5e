"""Keys that many architectures share."""

from __future__ import annotations

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
HEAD_DIM = {"head_dim": may(None, "head_dim")}
WINDOW = {"sliding_window": may(None, "sliding_window")}


def kv_heads(default: int | None) -> dict[str, Key]:
    """The heads of keys and values; by default as many as query heads, or as given."""
    return {"num_key_value_heads": may(default, "num_key_value_heads", null=True)}


def attention_bias(default: bool) -> dict[str, Key]:
    """One switch for the biases of all four projections."""
    return {"attention_bias": may(default, "qkv_bias", "attention_out_bias")}
