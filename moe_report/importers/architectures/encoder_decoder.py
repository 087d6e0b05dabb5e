"""Architectures with an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.schema.parts import Part


def _derive_switch(r: Reading) -> Mapping[str, float]:
    encoder, d = r["num_layers"], r["d_model"]
    decoder = r["num_decoder_layers"] or encoder
    sparse = 0
    for key, layers in (("encoder", encoder), ("decoder", decoder)):
        claimed, step = r[f"num_sparse_{key}_layers"], r[f"{key}_sparse_step"]
        if step is None and claimed > layers:
            r.refuse(f"num_sparse_{key}_layers", f"is more than the {layers} layers of the {key}")
        if step is None:  # a step that the config names wins, also over what it claims beside it
            step = layers // claimed
        with_experts = sum(step == 1 or layer % step == 1 for layer in range(layers) if step)
        if with_experts != claimed:
            r.notes.append(
                f"{with_experts} of the {layers} layers of the {key} have experts, as its step of"
                f" {step} has it, not the {claimed} of num_sparse_{key}_layers"
            )
        sparse += with_experts
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
        Part.ATTENTION_PROJECTIONS: projections,
        Part.ATTENTION: projections + position,
        "other_params": (decoder + 1) * d,
    }


def _derive_nllb(r: Reading) -> Mapping[str, float]:
    encoder, decoder, d = r["encoder_layers"], r["decoder_layers"], r["d_model"]
    sparse = 0
    for key, layers in (("encoder", encoder), ("decoder", decoder)):
        step = r[f"{key}_sparse_step"]
        sparse += layers // step if step else 0
    f = r["encoder_ffn_dim"]
    if r["decoder_ffn_dim"] != f:
        r.refuse("decoder_ffn_dim", f"is not the {f} of the encoder; only one width is modelled")
    if not r["tie_word_embeddings"]:
        r.refuse("tie_word_embeddings", "is false; only shared embeddings are modelled here")
    attentions = encoder + 2 * decoder
    return {
        "num_hidden_layers": encoder + decoder,
        "num_moe_layers": sparse,
        "intermediate_size": f,
        "moe_intermediate_size": f,
        Part.ATTENTION_PROJECTIONS: attentions * 4 * d * d,
        Part.ATTENTION: attentions * 4 * d * (d + 1),
        # FFNs have biases, and the decoder a third norm a layer and a final one of its own.
        Part.DENSE_FFN: (encoder + decoder - sparse) * (2 * d * f + f + d),
        "other_params": (decoder + 1) * 2 * d,
    }


_BOTH = (
    "Encoder and decoder are added up, for one token read and one written. No field"
    " describes attention between them: the heads, and so the attention core, are left out"
)
_TWO_TEXTS = "what is read and what is written are kept apart, and their lengths are two"

ADAPTERS: Mapping[str, Adapter] = {
    "switch_transformers": Adapter(
        {
            "num_layers": need(),
            "num_decoder_layers": may(None),
            "num_sparse_encoder_layers": may(3),
            "num_sparse_decoder_layers": may(3),
            "encoder_sparse_step": may(None, minimum=0),
            "decoder_sparse_step": may(None, minimum=0),
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
            "add_router_probs", "router_z_loss_coef", "encoder_sparse_step", "decoder_sparse_step",
            "feed_forward_proj",  # T5's word for dense_act_fn
        }),
        note=_BOTH, cache=_TWO_TEXTS,
    ),
    "nllb-moe": Adapter(
        {
            "encoder_layers": need(),
            "decoder_layers": need(),
            "encoder_sparse_step": may(4, minimum=0),
            "decoder_sparse_step": may(4, minimum=0),
            "d_model": need("hidden_size"),
            "encoder_ffn_dim": need(),
            "decoder_ffn_dim": need(),
            "vocab_size": need("vocab_size"),
            "tie_word_embeddings": may(True, "tie_word_embeddings"),
            "num_experts": need("num_experts"),
            "router_bias": may(False, "router_bias"),
        },
        fixed={
            "num_experts_per_tok": 2, "num_ffn_matrices": 2, "norm_bias": 1, "expert_bias": 1,
        },
        derive=_derive_nllb,
        irrelevant=frozenset({
            "expert_capacity", "second_expert_policy", "moe_eval_capacity_token_fraction",
            "moe_token_dropout", "normalize_router_prob_before_dropping", "router_dtype",
            "router_ignore_padding_tokens", "router_type", "router_z_loss_coef",
            "encoder_attention_heads", "decoder_attention_heads",  # as wide together as the model
        }),
        note=_BOTH, cache=_TWO_TEXTS,
    ),
}  # fmt: skip
