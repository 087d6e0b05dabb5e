"""A small valid config for each architecture, made of what its adapter cannot do without."""

from __future__ import annotations

from typing import Any

from moe_report.importers.adapter import REQUIRED
from moe_report.importers.architectures import ADAPTERS

LAYERS = 6
# By the field that a key gives, or else by the last part of the key's own name.
_VALUES: dict[str, Any] = {
    "num_hidden_layers": LAYERS, "num_layers": LAYERS, "encoder_layers": LAYERS,
    "decoder_layers": LAYERS, "hidden_size": 64, "d_model": 64, "vocab_size": 1000,
    "num_attention_heads": 32, "num_heads": 32, "num_key_value_heads": 2, "num_experts": 8,
    "num_experts_per_tok": 2, "moe_topk": 2, "moe_k": 2, "num_shared_experts": 1,
    "intermediate_size": 96, "d_ff": 96, "encoder_ffn_dim": 96, "decoder_ffn_dim": 96,
    "ffn_hidden_size": 96, "moe_intermediate_size": 32, "expert_ffn_hidden_size": 32,
    "shared_expert_intermediate_size": 32, "moe_shared_expert_intermediate_size": 32,
    "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8,
    "moe_num_experts": 8, "moe_layer_freq": [1] * LAYERS, "moe_layer_start_index": 1,
    "moe_layer_interval": 1, "moe_every_n_layers": 2, "first_k_dense_replace": 1,
    "layer_group_size": 3, "use_bias": False, "rotary_emb_fraction": 1.0,
    "layer_types": ["conv", "full_attention"] * (LAYERS // 2),
}  # fmt: skip
# May be left out, and then the architecture's own value gives no Mixture-of-Experts, or none yet.
_SWITCHES: dict[str, Any] = {
    "is_moe": True, "enable_moe_block": True, "hidden_size_per_layer_input": 0,
    "indexer_n_heads": 2, "indexer_head_dim": 8, "num_experts": 8, "num_local_experts": 8,
    "loop_layer_index_start": 2, "loop_layer_index_end": 4,
}  # fmt: skip
_OF_ONE: dict[str, dict[str, Any]] = {
    "PanguProMoE": {"num_experts_per_tok": 8},
    "bailing_moe_v2": {"intermediate_size": 96},
    "llada": {"dense_intermediate_size": 96},
    "llada_moe": {"dense_intermediate_size": 96},
    "mimo_v2": {"moe_layer_freq": [0, *[1] * (LAYERS - 1)]},
    "bailing_moe": {"intermediate_size": 96},
    "inkling_text": {"moe_intermediate_size": 32},
    "inkling_mm_model": {"text_config.moe_intermediate_size": 32},
}

# Some architectures are no more than a choice of others.
MODEL_TYPES = tuple(name for name, adapter in ADAPTERS.items() if adapter.keys)


def small_config(model_type: str) -> dict[str, Any]:
    """The config of an architecture with the keys that may not be left out."""
    adapter = ADAPTERS[model_type]
    config: dict[str, Any] = {"model_type": model_type}
    if adapter.text_model:
        config["text_config"] = {"model_type": adapter.text_model}
    prefix = f"{adapter.section}." if adapter.section else ""
    for names, key in adapter.keys.items():
        path = prefix + names.split("|")[0]
        last = path.rsplit(".", 1)[-1]
        if key.default is REQUIRED:
            fields = [field for field in key.fields if field in _VALUES]
            put(config, path, _VALUES[(fields or [last])[0]])
        elif last in _SWITCHES:
            put(config, path, _SWITCHES[last])
    for path, value in _OF_ONE.get(model_type, {}).items():
        put(config, path, value)
    return config


def put(config: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path, in objects that are made where they are not there."""
    *parts, last = path.split(".")
    for part in parts:
        config = config.setdefault(part, {})
    config[last] = value
