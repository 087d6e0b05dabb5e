"""Heads and cache of GGUF files, by keys as llama.cpp's converters write them."""

from __future__ import annotations

from typing import Any

import pytest

from moe_report.importers.config import ConfigRow, row_from_config
from moe_report.importers.gguf_cache import cache_of
from moe_report.schema.registry import Registry, load
from tests.importers.test_cache import cell, published

FIELDS = (
    "kv_values_per_token", "window_kv_values_per_token", "indexer_values_per_token",
    "kv_bytes_per_token", "kv_bytes_per_sequence",
)  # fmt: skip
PLAIN = {
    "block_count": 48, "embedding_length": 2048, "attention.head_count": 32,
    "attention.head_count_kv": 4, "attention.key_length": 128, "attention.value_length": 128,
}  # fmt: skip
LFM2 = {
    "block_count": 24, "embedding_length": 2048, "attention.head_count": 32,
    "attention.head_count_kv": [0, 0, 8, 0, 0, 0] * 4, "shortconv.l_cache": 3,
}  # fmt: skip
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "Qwen/Qwen3-30B-A3B": ("qwen3moe", PLAIN),
    "deepseek-ai/DeepSeek-V3": ("deepseek2", {
        "block_count": 61, "attention.head_count": 128, "attention.head_count_kv": 1,
        "attention.kv_lora_rank": 512, "rope.dimension_count": 64, "attention.q_lora_rank": 1536,
        "attention.key_length": 576, "attention.value_length": 512,
        "attention.key_length_mla": 192, "attention.value_length_mla": 128,
    }),
    "openai/gpt-oss-20b": ("gpt-oss", {
        "block_count": 24, "embedding_length": 2880, "attention.head_count": 64,
        "attention.head_count_kv": 8, "attention.key_length": 64, "attention.value_length": 64,
        "attention.sliding_window": 128,
    }),
    "Qwen/Qwen3-Next-80B-A3B-Instruct": ("qwen3next", {
        "block_count": 48, "embedding_length": 2048, "attention.head_count": 16,
        "attention.head_count_kv": 2, "attention.key_length": 256, "attention.value_length": 256,
        "full_attention_interval": 4, "ssm.conv_kernel": 4, "ssm.inner_size": 4096,
        "ssm.state_size": 128, "ssm.group_count": 16, "ssm.time_step_rank": 32,
    }),
    "zai-org/GLM-4.5-Air-Base": ("glm4moe", PLAIN | {
        "block_count": 47, "nextn_predict_layers": 1, "embedding_length": 4096,
        "attention.head_count": 96, "attention.head_count_kv": 8,
    }),
    "mistralai/Mixtral-8x7B-v0.1": ("llama", {
        "block_count": 32, "embedding_length": 4096, "attention.head_count": 32,
        "attention.head_count_kv": 8,
    }),
    "ai21labs/AI21-Jamba-1.5-Mini": ("jamba", {
        "block_count": 32, "embedding_length": 4096, "attention.head_count": 32,
        "attention.head_count_kv": [0, 0, 0, 0, 8, 0, 0, 0] * 4, "ssm.conv_kernel": 4,
        "ssm.inner_size": 8192, "ssm.state_size": 16, "ssm.time_step_rank": 256,
    }),
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> Registry:
    """The installed sections."""
    return load()


def _cache(architecture: str, keys: dict[str, Any]) -> tuple[dict[str, float], Any]:
    return cache_of({f"{architecture}.{key}": keys[key] for key in keys}, architecture)


@pytest.mark.parametrize("name", [*FILES][:3])
def test_a_file_says_how_attention_is_divided(name: str) -> None:
    """Heads, widths and ranks are those of the published config, so that devices can share them."""
    found, _ = _cache(*FILES[name])
    config = row_from_config(published(name), where=name).numbers
    heads = [field for field in found if "cache" not in field and "values" not in field]
    assert "num_attention_heads" in heads
    assert {field: found[field] for field in heads} == {field: config[field] for field in heads}


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_the_config_says(known: Registry, name: str) -> None:
    """Metadata and the published config of a model give the same cache."""
    found, unclear = _cache(*FILES[name])
    assert not unclear
    file, config = ConfigRow("x", found, ()), row_from_config(published(name), where=name)
    for field in FIELDS:
        assert cell(file, known, field).value == cell(config, known, field).value, field


def test_short_convolutions(known: Registry) -> None:
    """4 of 24 layers have 8 heads of 64; 20 keep two inputs of 2048 channels."""
    file = ConfigRow("x", _cache("lfm2moe", LFM2)[0], ())
    assert cell(file, known, "kv_values_per_token").value == 4 * 2 * 512
    assert cell(file, known, "kv_bytes_per_sequence").value == 20 * 2 * 2048 * 2


@pytest.mark.parametrize(
    ("architecture", "change", "said"),
    [
        ("gemma4", {}, "which layers of 'gemma4' keep what is not known"),
        ("qwen3moe", {"attention.sliding_window": 512}, "'qwen3moe.attention.sliding_window'"),
        ("qwen3moe", {"attention.shared_kv_layers": 4}, "'qwen3moe.attention.shared_kv_layers'"),
        ("qwen3moe", {"attention.indexer.key_length": 128}, "indexer.key_length' changes"),
        ("qwen3moe", {"attention.head_count_kv": [4] * 47}, "a number for 48 layers"),
        ("qwen3moe", {"attention.head_count_kv": -1}, "is -1, expected a number"),
        ("qwen3moe", {"attention.key_length": 1.5}, "is 1.5, expected a number"),
        ("qwen3moe", {"block_count": None}, "'qwen3moe.block_count' is missing"),
        ("deepseek2", {}, "'deepseek2.attention.kv_lora_rank' is missing"),
        ("gpt-oss", {}, "'gpt-oss.attention.sliding_window' is missing"),
        ("qwen3next", {}, "'qwen3next.full_attention_interval' is missing"),
        ("qwen3next", {"full_attention_interval": 4}, "'qwen3next.ssm.inner_size' is missing"),
    ],
)
def test_what_the_metadata_leave_open_is_missing(
    architecture: str, change: dict[str, Any], said: str
) -> None:
    """No default stands for it, and the reason names the key."""
    found, unclear = _cache(architecture, PLAIN | change)
    assert not found
    assert said in unclear["kv_values_per_token"]
    assert unclear.keys() >= {"window_kv_values_per_token", "indexer_values_per_token"}


def test_a_window_that_is_off_changes_nothing() -> None:
    """A window of 0 is none."""
    assert _cache("qwen3moe", PLAIN | {"attention.sliding_window": 0}) == _cache("qwen3moe", PLAIN)
