"""Small configs of the architectures of ``latent`` and ``hybrid``, and of ``nllb-moe``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import (
    COMPRESSED,
    flip,
    head_dim,
    kinds,
    routed,
    shape,
    width,
    window,
)

FULL, LINEAR, SLIDING = "full_attention", "linear_attention", "sliding_attention"


def mlp_kinds(r: Random, layers: int) -> dict[str, Any]:
    """A list of dense and sparse layers, or none."""
    return {"mlp_layer_types": kinds(r, layers, "sparse", "dense")} if flip(r) else {}


def latent(r: Random) -> dict[str, Any]:
    """Latent attention and DeepSeek's experts."""
    sizes, groups = shape(r), r.choice([1, 2])
    experts = groups * r.choice([2, 3, 4])
    return sizes | {
        "num_key_value_heads": sizes["num_attention_heads"],
        "n_routed_experts": experts,
        "num_experts_per_tok": r.randint(1, experts),
        "n_group": groups,
        "topk_group": groups,
        "n_shared_experts": r.randint(1, 3),
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "kv_lora_rank": r.choice([10, 20]),
        "q_lora_rank": r.choice([None, 14]),
        "qk_nope_head_dim": r.choice([6, 14]),
        "qk_rope_head_dim": r.choice([4, 8]),
        "v_head_dim": r.choice([5, 10]),
        "attention_bias": flip(r),
    }


def _listed(r: Random) -> dict[str, Any]:
    config = latent(r)
    return config | mlp_kinds(r, config["num_hidden_layers"])


def _leading(r: Random) -> dict[str, Any]:
    config = latent(r)
    return config | {"first_k_dense_replace": r.randint(0, config["num_hidden_layers"] - 1)}


def _axk1(r: Random) -> dict[str, Any]:
    config = _leading(r)
    config |= mlp_kinds(r, config["num_hidden_layers"])
    return config | {"q_lora_rank": config["q_lora_rank"] or 9}


def _mistral4(r: Random) -> dict[str, Any]:
    return latent(r) | {"first_k_dense_replace": 0, "attention_bias": False}


def _sparse(r: Random) -> dict[str, Any]:
    return _axk1(r) | {
        "index_topk": r.choice([4, 60]),
        "index_head_dim": r.choice([8, 12]),
        "index_n_heads": r.choice([1, 3]),
    }


def _glm_dsa(r: Random) -> dict[str, Any]:
    config = _sparse(r)
    layers = config["num_hidden_layers"]
    rest = r.choices("FS", k=layers - 1)
    names = {"F": "full", "S": "shared"}
    return config | r.choice([
        {},
        {"index_topk_freq": r.randint(1, 3), "index_skip_topk_offset": r.randint(0, 3)},
        {"index_topk_pattern": "".join(["F", *rest])},
        {"indexer_types": [names[letter] for letter in ["F", *rest]]},
    ])  # fmt: skip


def longcat(r: Random) -> dict[str, Any]:
    """Two attentions and two FFNs a layer; no experts that compute nothing."""
    config = latent(r)
    names = {"num_hidden_layers": "num_layers", "intermediate_size": "ffn_hidden_size"}
    names |= {"num_experts_per_tok": "moe_topk", "moe_intermediate_size": "expert_ffn_hidden_size"}
    config = {names.get(key, key): value for key, value in config.items()}
    for key in ("n_group", "topk_group", "n_shared_experts"):
        del config[key]
    config["num_layers"] = r.randint(1, 3)
    return config | {
        "q_lora_rank": r.choice([9, 14]),
        "head_dim": config["qk_rope_head_dim"],
        "zero_expert_num": 0,
        "router_bias": flip(r),
    }


def _delta(r: Random) -> dict[str, Any]:
    sizes, groups = shape(r), r.choice([1, 2])
    layers = sizes["num_hidden_layers"]
    listed = {"layer_types": kinds(r, layers, FULL, LINEAR)}
    return sizes | routed(r, "num_experts") | {
        "head_dim": r.choice([8, 12, 20]),
        "attention_bias": flip(r),
        "moe_intermediate_size": width(r),
        "shared_expert_intermediate_size": width(r),
        "linear_conv_kernel_dim": r.choice([2, 4]),
        "linear_key_head_dim": r.choice([4, 6]),
        "linear_value_head_dim": r.choice([4, 10]),
        "linear_num_key_heads": groups,
        "linear_num_value_heads": groups * r.choice([1, 2]),
    } | r.choice([{}, listed, {"full_attention_interval": r.randint(1, 3)}])  # fmt: skip


def _qwen3_next(r: Random) -> dict[str, Any]:
    config = _delta(r)
    dense = [0] if config["num_hidden_layers"] > 2 and flip(r) else []
    return config | {
        "intermediate_size": width(r),
        "decoder_sparse_step": r.choice([1, 1, 2]),
        "mlp_only_layers": dense,
    }


def _lara(r: Random) -> dict[str, Any]:
    config = _delta(r)
    config.pop("full_attention_interval", None)
    if "layer_types" in config:
        config["layer_types"] = kinds(r, config["num_hidden_layers"], FULL, LINEAR, SLIDING)
    return config | {"sliding_window": window(r)}


def _qwen3_5(r: Random) -> dict[str, Any]:
    text = _delta(r)
    return {
        "text_config": {"model_type": "qwen3_5_moe_text"} | text,
        "vision_config": {"depth": 1, "hidden_size": 8, "intermediate_size": 8, "num_heads": 1},
        "tie_word_embeddings": text["tie_word_embeddings"],
    }


def _jamba(r: Random) -> dict[str, Any]:
    periods: dict[str, Any] = {}
    for name in ("attn", "expert"):
        period = r.randint(1, 2)
        periods[f"{name}_layer_period"] = period
        periods[f"{name}_layer_offset"] = r.randrange(period)
    return shape(r) | periods | {
        "num_experts": r.randint(2, 5),
        "num_experts_per_tok": r.randint(1, 2),
        "intermediate_size": width(r),
        "mamba_d_state": r.choice([3, 8]),
        "mamba_d_conv": r.choice([2, 4]),
        "mamba_expand": r.choice([1, 2]),
        "mamba_dt_rank": r.choice(["auto", 5]),
        "mamba_conv_bias": flip(r),
        "mamba_proj_bias": flip(r),
    }  # fmt: skip


def _granite(r: Random) -> dict[str, Any]:
    sizes, heads = shape(r), r.choice([2, 4])
    sizes["hidden_size"] = sizes["num_attention_heads"] * 8
    layers = sizes["num_hidden_layers"]
    expand = r.choice([1, 2])
    head = expand * sizes["hidden_size"] // heads
    return sizes | routed(r, "num_local_experts") | {
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "shared_intermediate_size": width(r),
        "layer_types": r.choice([None, kinds(r, layers, "attention", "mamba")]),
        "mamba_n_heads": heads,
        "mamba_d_head": r.choice(["auto", head]),
        "mamba_expand": expand,
        "mamba_n_groups": r.choice([1, 2]),
        "mamba_d_state": r.choice([4, 6]),
        "mamba_d_conv": r.choice([2, 4]),
        "mamba_conv_bias": flip(r),
        "mamba_proj_bias": flip(r),
        "mamba_chunk_size": 16,
    }  # fmt: skip


def _minimax(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    listed = kinds(r, sizes["num_hidden_layers"], FULL, LINEAR)
    return sizes | routed(r, "num_local_experts") | head_dim(r) | {
        "intermediate_size": width(r),
        "layer_types": r.choice([None, listed]),
        "sliding_window": None,
        "block_size": 16,
    }  # fmt: skip


def _lfm2(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    layers = sizes["num_hidden_layers"]
    return sizes | routed(r, "num_experts") | {
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "num_dense_layers": r.randint(0, layers - 1),
        "layer_types": kinds(r, layers, FULL, "conv"),
        "conv_L_cache": r.choice([2, 3]),
        "conv_bias": flip(r),
        "use_expert_bias": flip(r),
    }  # fmt: skip


def _kimi_linear(r: Random) -> dict[str, Any]:
    config = _listed(r)
    layers = config["num_hidden_layers"]
    names = {"n_routed_experts": "num_experts", "n_shared_experts": "num_shared_experts"}
    config = {names.get(key, key): value for key, value in config.items()}
    config["tie_word_embeddings"] = False
    config["num_experts_per_token"] = config.pop("num_experts_per_tok")
    full = sorted(r.sample(range(1, layers + 1), r.randint(1, layers)))
    linear: dict[str, Any] = {"head_dim": 6, "num_heads": r.choice([1, 3])}
    if flip(r):
        linear["full_attn_layers"] = full
        linear["kda_layers"] = [layer for layer in range(1, layers + 1) if layer not in full]
    return config | {
        "first_k_dense_replace": r.randint(0, layers - 1),
        "linear_attn_config": linear | {"short_conv_kernel_size": r.choice([2, 4])},
    }


def _bailing(r: Random) -> dict[str, Any]:
    config = _listed(r)
    layers = config["num_hidden_layers"]
    config["q_lora_rank"] = r.choice([None, 12])
    config["tie_word_embeddings"] = False
    config["num_experts"] = config.pop("n_routed_experts")
    config["num_shared_experts"] = config.pop("n_shared_experts")
    listed = {"layer_types": kinds(r, layers, FULL, LINEAR)}
    return config | {
        "first_k_dense_replace": r.randint(0, layers - 1),
        "head_dim": r.choice([6, 10]),
        "short_conv_kernel_size": r.choice([2, 4]),
        "num_nextn_predict_layers": r.choice([0, 1]),
        "pad_token_id": 0,
    } | r.choice([{}, {"layer_group_size": r.randint(1, 3)}, listed])  # fmt: skip


def nemotron(r: Random) -> dict[str, Any]:
    """Layers that are a mixer, an FFN or experts alone."""
    sizes = shape(r)
    del sizes["num_hidden_layers"]
    letters = ["E", *r.choices("ME*-" if flip(r) else "ME*", k=r.randint(1, 5))]
    r.shuffle(letters)
    names = {"M": "mamba", "*": "attention", "E": "moe", "-": "mlp"}
    pattern: dict[str, Any] = r.choice([
        {"hybrid_override_pattern": "".join(letters)},
        {"layers_block_type": [names[letter] for letter in letters]},
    ])  # fmt: skip
    groups = r.choice([1, 2])
    return sizes | pattern | routed(r, "n_routed_experts") | {
        "head_dim": r.choice([8, 12]),
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "moe_shared_expert_intermediate_size": width(r),
        "moe_latent_size": r.choice([None, 9, sizes["hidden_size"] // 2]),
        "mamba_num_heads": 2 * groups,
        "mamba_head_dim": r.choice([6, 8]),
        "n_groups": groups,
        "ssm_state_size": r.choice([4, 6]),
        "conv_kernel": r.choice([2, 4]),
        "chunk_size": 16,
        "use_bias": flip(r),
        "use_conv_bias": flip(r),
        "tie_word_embeddings": False,
    }  # fmt: skip


def nllb(r: Random) -> dict[str, Any]:
    """An encoder and a decoder that may have other depths."""
    heads = r.choice([2, 3])
    return {
        "vocab_size": r.randint(90, 130),
        "d_model": heads * 8,
        "encoder_layers": r.randint(1, 4),
        "decoder_layers": r.randint(1, 4),
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_sparse_step": r.choice([0, 1, 2]),
        "decoder_sparse_step": 1,
        "num_experts": r.randint(2, 5),
        "router_bias": flip(r),
        "tie_word_embeddings": True,
        "pad_token_id": 1,
    } | dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), width(r))


LONGCAT = (*COMPRESSED, ("dense FFN", r"\.mlps\."))
_SELECTED: dict[str, Any] = {
    "core": False,
    "windows": False,
    "why": "no field describes attention to selected tokens: see test_hybrid_families",
}
_SCAN = "torch's fallback of the recurrence computes other products: see test_hybrid_families"
_GATE = ("shared experts", r"\.shared_expert_gate\.")
_DELTA = (("attention", r"\.linear_attn\."), _GATE)
STATE_SPACE = (
    ("router", r"block_sparse_moe\.router"),
    ("attention", r"\.mamba\."),
    ("shared experts", r"latent_proj"),
    ("dense FFN", r"mixer\.(up|down)_proj\.weight"),
    ("router", r"mixer\.gate\."),
    ("routed experts", r"mixer\.experts\."),
    ("shared experts", r"mixer\.shared_experts\."),
    ("attention", r"\.mixer\."),
    ("embedding", r"model\.(language_model\.)?embeddings\."),
)
SCANNED: dict[str, Any] = {"linear": False, "core": False, "why": _SCAN}
_VISION = r"^model\.visual\.|^model\.vision"
# As written, infinity is no limit that transformers reads.
LIMIT = {"time_step_limit": [0.0, 100.0]}
_LFM2 = {"num_hidden_layers": 6, "layer_types": ["conv", "conv", FULL, "conv", FULL, "conv"]}

FAMILIES = (
    Family("glm4_moe_lite", _listed, places=COMPRESSED),
    Family("sarvam_mla", _leading, places=COMPRESSED),
    Family("mistral4", _mistral4, head="Mistral4ForCausalLM"),
    Family("axk1", _axk1, places=(*COMPRESSED, ("norms and other", "post_mlp_layernorm"))),
    Family("longcat_flash", longcat, {"zero_expert_num": 0}, places=LONGCAT,
           attention=r"\.self_attn\.\d+$"),
    Family("deepseek_v32", _sparse, **_SELECTED),
    Family("glm_moe_dsa", _glm_dsa, **_SELECTED),
    Family("qwen3_next", _qwen3_next, places=_DELTA, **SCANNED),
    Family("lara_mini", _lara, places=_DELTA, **SCANNED),
    Family("qwen3_5_moe_text", _delta, places=_DELTA, **SCANNED),
    Family("qwen3_5_moe", _qwen3_5, head="AutoModelForImageTextToText", outside=_VISION,
           places=_DELTA, **SCANNED),
    Family("jamba", _jamba, places=STATE_SPACE, **SCANNED),
    Family("granitemoehybrid", _granite, LIMIT, places=STATE_SPACE, **SCANNED),
    Family("nemotron_h", nemotron, LIMIT, places=STATE_SPACE, **SCANNED),
    Family("minimax", _minimax, **SCANNED, windows=False),
    Family("kimi_linear", _kimi_linear, **SCANNED),
    Family("bailing_hybrid", _bailing, **SCANNED),
    Family("lfm2_moe", _lfm2, _LFM2, places=(("attention", r"\.conv\."),), **SCANNED),
)  # fmt: skip
