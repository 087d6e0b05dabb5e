"""A ``config.json`` of each kind of architecture, small or as published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MIXTRAL: dict[str, Any] = {
    "model_type": "mixtral", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": None,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
QWEN: dict[str, Any] = {
    "model_type": "qwen3_moe", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 96,
    "moe_intermediate_size": 32, "num_hidden_layers": 6, "num_attention_heads": 4,
    "num_experts": 8, "num_experts_per_tok": 2, "torch_dtype": "bfloat16",
}  # fmt: skip
LLAMA: dict[str, Any] = {
    "model_type": "llama4_text", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 96,
    "num_hidden_layers": 8, "num_attention_heads": 4, "num_key_value_heads": 2,
    "num_local_experts": 4, "num_experts_per_tok": 1,
}  # fmt: skip
DEEPSEEK: dict[str, Any] = {
    "model_type": "deepseek_v3", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 96,
    "moe_intermediate_size": 32, "num_hidden_layers": 6, "num_attention_heads": 4,
    "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8,
    "n_routed_experts": 8, "num_experts_per_tok": 2,
}  # fmt: skip
GPT_OSS: dict[str, Any] = dict(LLAMA, model_type="gpt_oss", num_hidden_layers=5)
SWITCH: dict[str, Any] = {
    "model_type": "switch_transformers", "vocab_size": 100, "d_model": 32, "d_ff": 48,
    "num_layers": 6, "num_heads": 4, "num_experts": 4,
}  # fmt: skip


def config(folder: Path, name: str = "Mixtral", **changes: object) -> Path:
    """Write a config.json in a folder of a model's name."""
    path = folder / name / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(MIXTRAL | changes), "utf-8")
    return path
