"""What a GGUF file's metadata say of heads and the cache, as llama.cpp lays it out by them.

Only of architectures whose layers are known here: of others the metadata leave open which layers
have a window or a state, for llama.cpp has that in its code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moe_report.importers.cache_keys import unknown_cache
from moe_report.text import shown

# Every layer sees the whole text, and keeps keys and values of its heads.
_PLAIN = {
    "arctic", "bailingmoe", "bailingmoe2", "dbrx", "deepseek", "dots1", "ernie4_5-moe", "glm4moe",
    "granitemoe", "grok", "hunyuan-moe", "llama", "minimax-m2", "olmoe", "qwen2", "qwen2moe",
    "qwen3", "qwen3moe", "qwen3vlmoe",
}  # fmt: skip
_LATENT = {"deepseek2"}
_EVERY_OTHER_WINDOW = {"gpt-oss"}  # the first layer has one
_INTERVAL = {"qwen3next", "qwen35moe"}
_NO_HEADS = {"granitehybrid", "jamba", "lfm2moe"}  # where there are no heads, there is a state
_LIKE = re.compile(
    r"sliding|swa|shared_kv|recurrent|indexer|latent|kv_lora|(^|\.)(ssm|kda|wkv|shortconv)\."
    r"|full_attention_interval|compress|kpool|chunk_size"
)


class _UntoldError(Exception):
    """The metadata do not say enough: in words."""


@dataclass
class _Said:
    """The metadata of an architecture; which of its keys are read is noted."""

    values: Mapping[str, object]
    architecture: str

    def __post_init__(self) -> None:
        self.read: set[str] = set()

    def count(self, name: str, default: int | None = None) -> int:
        """Return a whole number; without a default it must be there."""
        value = self._value(name, default)
        if type(value) is not int or value < 0:
            raise _UntoldError(f"key {self._key(name)!r} is {shown(value)}, expected a number")
        return value

    def for_each(self, name: str, layers: int, default: int | None = None) -> Sequence[int]:
        """Return a number for each layer, which may be one for all."""
        value = self._value(name, default)
        if type(value) is int:
            return [self.count(name, default)] * layers
        if isinstance(value, list) and len(value) >= layers:
            found = value[:layers]
            if all(type(each) is int and each >= 0 for each in found):
                return found
        raise _UntoldError(f"key {self._key(name)!r} does not give a number for {layers} layers")

    def check_rest(self) -> None:
        """Raise if a key that nobody has read sounds like the cache."""
        for key, value in self.values.items():
            prefix, _, name = key.partition(".")
            of_cache = prefix == self.architecture and _LIKE.search(name)
            if of_cache and value and name not in self.read:
                raise _UntoldError(f"how key {key!r} changes it is not known")

    def _key(self, name: str) -> str:
        return f"{self.architecture}.{name}"

    def _value(self, name: str, default: int | None) -> object:
        self.read.add(name)
        value = self.values.get(self._key(name), default)
        if value is None:
            raise _UntoldError(f"key {self._key(name)!r} is missing")
        return value


def cache_of(
    values: Mapping[str, object], architecture: str
) -> tuple[dict[str, float], Mapping[str, str]]:
    """Return the fields of cache and heads that the metadata give, or why they are not known.

    Args:
        values: The metadata by key, short lists of numbers among them.
        architecture: What the file calls it.
    """
    said = _Said(values, architecture)
    try:
        found = _kept(said)
        said.check_rest()
    except _UntoldError as error:
        return {}, unknown_cache(str(error))
    return {name: float(value) for name, value in found.items()}, {}


def _kept(said: _Said) -> dict[str, int]:
    architecture = said.architecture
    layers = said.count("block_count") - said.count("nextn_predict_layers", 0)
    if architecture in _LATENT:
        return _latent(said, layers)
    pairs = _pairs(said, layers)
    if architecture in _PLAIN:
        return _heads(said, layers) | {"kv_values_per_token": sum(pairs)}
    if architecture in _EVERY_OTHER_WINDOW:
        return _heads(said, layers) | {
            "kv_values_per_token": sum(pairs[1::2]),
            "window_kv_values_per_token": sum(pairs[::2]),
            "num_sliding_window_layers": len(pairs[::2]),
            "sliding_window": said.count("attention.sliding_window"),
        }
    if architecture in _INTERVAL:
        interval = said.count("full_attention_interval")
        stateful = [not interval or (layer + 1) % interval > 0 for layer in range(layers)]
    elif architecture in _NO_HEADS:
        stateful = [not pair for pair in pairs]
    else:
        raise _UntoldError(f"which layers of {architecture!r} keep what is not known")
    full = sum(pair for pair, state in zip(pairs, stateful, strict=True) if not state)
    return {"kv_values_per_token": full, **_states(said, sum(stateful))}


def _latent(said: _Said, layers: int) -> dict[str, int]:
    """Latent attention: its ranks, and its heads where they are written as published."""
    rank, rope = said.count("attention.kv_lora_rank"), said.count("rope.dimension_count")
    found = {"kv_values_per_token": layers * (rank + rope)}
    key, value = (
        said.count("attention.key_length_mla", 0),
        said.count("attention.value_length_mla", 0),
    )
    if key > rope and value:
        found |= {
            "num_attention_heads": said.count("attention.head_count"),
            "kv_lora_rank": rank,
            "q_lora_rank": said.count("attention.q_lora_rank", 0),
            "qk_rope_head_dim": rope,
            "qk_nope_head_dim": key - rope,
            "v_head_dim": value,
        }
    return found


def _heads(said: _Said, layers: int) -> dict[str, int]:
    """Heads and their width, where all layers have the same and keys are as wide as values."""
    queries, keys = _queries_and_keys(said, layers)
    key, value = _widths(said, queries)
    if key != value or len({*queries}) != 1 or len({*keys}) != 1:
        return {}
    return {
        "num_attention_heads": queries[0],
        "num_key_value_heads": keys[0],
        "head_dim": key,
    }


def _queries_and_keys(said: _Said, layers: int) -> tuple[Sequence[int], Sequence[int]]:
    """Heads of each layer; keys and values have as many as queries unless it is said."""
    queries = said.for_each("attention.head_count", layers)
    heads = said.values.get(f"{said.architecture}.attention.head_count_kv")
    keys = queries if heads is None else said.for_each("attention.head_count_kv", layers)
    said.read.add("attention.head_count_kv")
    return queries, keys


def _widths(said: _Said, queries: Sequence[int]) -> tuple[int, int]:
    """How wide a head's key and value are."""
    width = said.count("embedding_length") // max(queries, default=1) if any(queries) else 0
    return said.count("attention.key_length", width), said.count("attention.value_length", width)


def _pairs(said: _Said, layers: int) -> list[int]:
    """Numbers of keys and values that each layer keeps of a token."""
    queries, keys = _queries_and_keys(said, layers)
    both = sum(_widths(said, queries))
    return [number * both for number in keys]


def _states(said: _Said, layers: int) -> dict[str, int]:
    """States of so many layers; a convolution keeps all inputs but the current one."""
    if not layers:
        return {}
    if said.architecture == "lfm2moe":
        state, channels = 0, said.count("embedding_length")
        kernel = said.count("shortconv.l_cache")
    else:
        inner, size = said.count("ssm.inner_size"), said.count("ssm.state_size")
        state, channels = inner * size, inner + 2 * said.count("ssm.group_count", 0) * size
        kernel = said.count("ssm.conv_kernel")
        said.read.add("ssm.time_step_rank")
    return {
        "num_linear_attention_layers": layers,
        "linear_attention_state_size": state,
        "linear_attention_conv_size": channels * max(kernel - 1, 0),
    }
