"""Architectures with an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Reading, may, need


def _derive_switch(r: Reading) -> Mapping[str, float]:
    encoder, d = r["num_layers"], r["d_model"]
    decoder = r["num_decoder_layers"] or encoder
    sparse = 0
    for key, layers in (("encoder", encoder), ("decoder", decoder)):
        step = layers // r[f"num_sparse_{key}_layers"]
        if step == 0:
            r.refuse(f"num_sparse_{key}_layers", f"is more than the {layers} layers of the {key}")
        sparse += sum(step == 1 or layer % step == 1 for layer in range(layers) if step)
    if r["dense_act_fn"].startswith("gated"):
        r.refuse("dense_act_fn", f"is {r['dense_act_fn']!r}; gated FFNs are not modelled here")
    if not r["tie_word_embeddings"]:
        r.refuse("tie_word_embeddings", "is false; only shared embeddings are modelled here")
    # A layer of the decoder has a second attention, to the encoder, and a norm before it.
    projections = (encoder + 2 * decoder) * 4 * d * r["num_heads"] * r["d_kv"]
    position = 2 * r["relative_attention_num_buckets"] * r["num_heads"]
    return {
        "num_hidden_layers": encoder + decoder,
        "num_moe_layers": sparse,
        "attention_projection_params": projections,
        "attention_params": projections + position,
        "other_params": (decoder + 1) * d,
    }


ADAPTERS: Mapping[str, Adapter] = {
    "switch_transformers": Adapter(
        {
            "num_layers": need(),
            "num_decoder_layers": may(None),
            "num_sparse_encoder_layers": may(3),
            "num_sparse_decoder_layers": may(3),
            "d_model": need("hidden_size"),
            "d_ff": need("intermediate_size", "moe_intermediate_size"),
            "num_heads": need(),
            "d_kv": may(64),
            "vocab_size": need("vocab_size"),
            "tie_word_embeddings": may(True, "tie_word_embeddings"),
            "num_experts": need("num_experts"),
            "num_selected_experts|num_experts_per_tok": may(1, "num_experts_per_tok"),
            "router_bias": may(False, "router_bias"),
            "relative_attention_num_buckets": may(32),
            "dense_act_fn": may("relu", kind="text"),
        },
        fixed={"num_ffn_matrices": 2},
        derive=_derive_switch,
        irrelevant=frozenset({
            "expert_capacity", "router_dtype", "router_ignore_padding_tokens", "router_type",
            "add_router_probs", "router_z_loss_coef",
        }),
        note="Encoder and decoder are added up, for one token read and one written. No field"
        " describes attention between them: the heads, and so the attention core, are left out",
    ),
}  # fmt: skip
