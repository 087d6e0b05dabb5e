"""Numbers that transformers' own cache holds after a text, beside what the fields say.

Windows of transformers keep one token less than they see, which is taken into account.
"""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.importers.config import row_from_config
from moe_report.schema.registry import load
from tests.importers.test_cache import cell

TOKENS = 12
COMMON = {
    "num_hidden_layers": 4, "hidden_size": 64, "vocab_size": 60_000, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 32,
    "num_experts_per_tok": 2, "head_dim": 16,
}  # fmt: skip
MODELS: dict[str, dict[str, Any]] = {
    "qwen3_moe": {"num_experts": 4, "moe_intermediate_size": 16},
    "gpt_oss": {"num_local_experts": 4, "sliding_window": 5},
    "olmoe": {"num_experts": 4},
}


@pytest.mark.parametrize("model_type", MODELS)
def test_the_cache_holds_as_many_numbers(model_type: str) -> None:
    """Of keys and values, with windows or without."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = COMMON | MODELS[model_type]
    if model_type == "olmoe":
        config = {key: value for key, value in config.items() if key != "head_dim"}
    loaded = transformers.AutoConfig.for_model(model_type, **config)
    model = transformers.AutoModelForCausalLM.from_config(loaded).eval()
    with torch.no_grad():
        done = model(torch.zeros(1, TOKENS, dtype=torch.long), use_cache=True)
    held = sum(layer.keys.numel() + layer.values.numel() for layer in done.past_key_values.layers)
    read = row_from_config({"model_type": model_type} | config, where="x")
    known = load()
    full, window = (
        cell(read, known, name).value or 0
        for name in ("kv_values_per_token", "window_kv_values_per_token")
    )
    length = min(TOKENS, read.numbers.get("sliding_window", 1) - 1)
    assert held == full * TOKENS + window * length
