"""The architectures whose ``config.json`` is understood, an adapter each.

A key that may be left out takes the default of the architecture's configuration class in
``transformers``.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Reading, may, need


def _windowed(r: Reading) -> Mapping[str, float]:
    """A window, if there is one, in every layer."""
    return {"num_sliding_window_layers": r["num_hidden_layers"] if r["sliding_window"] else 0}


_SHAPE = {
    name: need(name)
    for name in ("num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads")
}
_SHAPE["tie_word_embeddings"] = may(False, "tie_word_embeddings")
_TOP_K = {"num_experts_per_tok": need("num_experts_per_tok")}
# The whole FFN of every layer is experts, and its width has the plain name.
_LOCAL = _SHAPE | _TOP_K | {
    "num_local_experts|num_experts": need("num_experts"),
    "intermediate_size": need("moe_intermediate_size"),
}  # fmt: skip
_HEAD_DIM = {"head_dim": may(None, "head_dim")}
_WINDOW = {"sliding_window": may(None, "sliding_window")}


def _kv_heads(default: int | None) -> dict[str, Key]:
    return {"num_key_value_heads": may(default, "num_key_value_heads", null=True)}


def _attention_bias(default: bool) -> dict[str, Key]:
    return {"attention_bias": may(default, "qkv_bias", "attention_out_bias")}


def _deepseek(shared: int, leading: int) -> dict[str, Key]:
    latent = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    return _SHAPE | _TOP_K | {name: need(name) for name in latent} | {
        "q_lora_rank": may(1536, "q_lora_rank", null=True),
        "intermediate_size": need("intermediate_size"),
        "moe_intermediate_size": need("moe_intermediate_size"),
        "n_routed_experts|num_local_experts|num_experts": need("num_experts"),
        "n_shared_experts": may(shared, "num_shared_experts", null=True),
        "first_k_dense_replace": may(leading, "first_k_dense_replace"),
        "moe_layer_freq": may(1),
        "attention_bias": may(False, kind="flag"),
        "mlp_bias": may(None, kind="flag"),
        "num_nextn_predict_layers|num_mtp_layers": may(None, minimum=0),
    }  # fmt: skip


def _derive_deepseek(r: Reading) -> Mapping[str, float]:
    for key in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        if r[key] == 0:
            r.refuse(key, "is 0: without latent attention it is not this architecture")
    if r["mlp_bias"]:
        r.refuse("mlp_bias", "is true, which is not modelled")
    if r["num_nextn_predict_layers"]:
        r.notes.append("The layers that predict further tokens (MTP) are not counted")
    layers = range(r["first_k_dense_replace"], r["num_hidden_layers"])
    given = {"num_moe_layers": sum(layer % r["moe_layer_freq"] == 0 for layer in layers)}
    if r["attention_bias"]:
        compressed = (r["q_lora_rank"] or 0) + r["kv_lora_rank"] + r["qk_rope_head_dim"]
        given |= {"attention_out_bias": 1, "other_params": r["num_hidden_layers"] * compressed}
    return given


def _derive_qwen3(r: Reading) -> Mapping[str, float]:
    layers, dense = r["num_hidden_layers"], set(r["mlp_only_layers"] or ())
    sparse = set(range(r["decoder_sparse_step"] - 1, layers, r["decoder_sparse_step"]))
    given = {"num_moe_layers": len(sparse - dense)}
    if r["use_sliding_window"] and r["sliding_window"]:
        given |= {"sliding_window": r["sliding_window"], "num_sliding_window_layers": layers}
    return given


def _derive_gpt_oss(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    if r["sliding_window"] is None:
        return {}
    if r["layer_types"] is None:
        return {"num_sliding_window_layers": (layers + 1) // 2}
    return {"num_sliding_window_layers": r.one_per_layer("layer_types").count("sliding_attention")}


def _derive_llama4(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    sparse = layers // r["interleave_moe_layer_step"]
    given = {"num_moe_layers": sparse if r["moe_layers"] is None else r.layers("moe_layers")}
    if r["attention_chunk_size"] is None:
        return given
    if r["layer_types"] is not None:
        chunked = r.one_per_layer("layer_types").count("chunked_attention")
    elif r["no_rope_layers"]:
        chunked = sum(r.one_per_layer("no_rope_layers"))  # despite its name, 1 is a layer with RoPE
    else:
        chunked = layers - layers // r["no_rope_layer_interval"]
    return given | {"num_chunked_attention_layers": chunked}


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


_LLAMA4 = _LOCAL | _kv_heads(8) | _attention_bias(False) | {
    "intermediate_size": need("moe_intermediate_size", "shared_expert_intermediate_size"),
    "intermediate_size_mlp": may(16384, "intermediate_size"),
    "head_dim": may(128, "head_dim", null=True),
    "moe_layers": may(None, kind="numbers"),
    "interleave_moe_layer_step": may(1),
    "attention_chunk_size": may(8192, "attention_chunk_size", null=True),
    "no_rope_layers": may(None, kind="numbers"),
    "no_rope_layer_interval": may(4),
    "layer_types": may(None, kind="texts"),
}  # fmt: skip
_LLAMA4_FIXED = {"num_shared_experts": 1}

ADAPTERS: Mapping[str, Adapter] = {
    "mixtral": Adapter(_LOCAL | _kv_heads(8) | _HEAD_DIM | _WINDOW, derive=_windowed),
    "deepseek_v2": Adapter(_deepseek(shared=2, leading=0), derive=_derive_deepseek),
    "deepseek_v3": Adapter(_deepseek(shared=1, leading=3), derive=_derive_deepseek),
    "qwen3_moe": Adapter(
        _SHAPE | _TOP_K | _kv_heads(4) | _HEAD_DIM | _attention_bias(False) | {
            "num_experts|num_local_experts": need("num_experts"),
            "intermediate_size": need("intermediate_size"),
            "moe_intermediate_size": need("moe_intermediate_size"),
            "decoder_sparse_step": may(1),
            "mlp_only_layers": may([], kind="numbers", null=True),
            "use_sliding_window": may(False, kind="flag"),
            "sliding_window": may(4096, null=True),
        },
        fixed={"qk_norm": 1},
        derive=_derive_qwen3,
    ),
    "gpt_oss": Adapter(
        _LOCAL | _kv_heads(8) | _attention_bias(True) | {
            "num_experts_per_tok|experts_per_token": need("num_experts_per_tok"),
            "head_dim": may(64, "head_dim", null=True),
            "sliding_window": may(128, "sliding_window", null=True),
            "layer_types": may(None, kind="texts"),
        },
        fixed={"router_bias": 1, "expert_bias": 1, "attention_sinks": 1},
        derive=_derive_gpt_oss,
    ),
    "olmoe": Adapter(_LOCAL | _kv_heads(None) | _attention_bias(False), fixed={"qk_norm": 2}),
    "dbrx": Adapter(
        {
            "n_layers|num_hidden_layers": need("num_hidden_layers"),
            "d_model|hidden_size": need("hidden_size"),
            "vocab_size": need("vocab_size"),
            "tie_word_embeddings": may(False, "tie_word_embeddings"),
            "n_heads|num_attention_heads": need("num_attention_heads"),
            "attn_config.kv_n_heads": may(1, "num_key_value_heads"),
            "ffn_config.moe_num_experts": need("num_experts"),
            "ffn_config.moe_top_k": need("num_experts_per_tok"),
            "ffn_config.ffn_hidden_size": need("moe_intermediate_size"),
        },
        irrelevant=frozenset({
            "ffn_config.moe_jitter_eps", "ffn_config.moe_loss_weight",
            "ffn_config.moe_normalize_expert_weights", "ffn_config.uniform_expert_assignment",
        }),
    ),
    "llama4_text": Adapter(_LLAMA4, fixed=_LLAMA4_FIXED, derive=_derive_llama4),
    "llama4": Adapter(
        _LLAMA4, fixed=_LLAMA4_FIXED, derive=_derive_llama4, section="text_config",
        note="Only the text model is counted, not the one for images",
    ),
    "phimoe": Adapter(
        _LOCAL | _kv_heads(8) | _HEAD_DIM | _attention_bias(False) | _WINDOW
        | {"lm_head_bias": may(False, "unembedding_bias")},
        fixed={"norm_bias": 1},
        derive=_windowed,
    ),
    "granitemoe": Adapter(_LOCAL | _kv_heads(None) | _HEAD_DIM | _attention_bias(False)),
    # Norms before and after attention, and before and after the experts.
    "grok-1": Adapter(
        _LOCAL | _kv_heads(None) | {"tie_word_embeddings": may(True, "tie_word_embeddings")},
    ),
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
