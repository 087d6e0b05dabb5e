"""Whether a row's cache is known: what an adapter says, and keys that sound like it, unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from moe_report.importers.adapter import Adapter
from moe_report.importers.config_json import entries
from moe_report.importers.harmless_keys import is_nothing
from moe_report.text import shown

BY_SHAPES = "shapes of weights do not tell what layers keep of a text"
# What has a default, which would stand there otherwise.
_OF_CACHE = (
    "kv_values_per_token", "window_kv_values_per_token", "chunk_kv_values_per_token",
    "indexer_values_per_token",
)  # fmt: skip
_LIKE = re.compile(
    r"kv_?(shar|sourc|compress|cache_(shar|group))|shar\w*_(kv|keys?|cache)|cross_layer|(^|_)cla(_|$)"
    r"|layer_types|layers_block_type|attn_type|attention_(type|pattern)|hybrid_\w*pattern"
    r"|sliding|(^|_)swa_|window|attention_chunk|compress_r|kv_lora|linear_attn|mamba|ssm_"
    r"|(^|_)index(er)?_(n_|num_|head|topk)|recurrent|yoco|num_memory",
    re.IGNORECASE,
)
# No name of such a key says what is kept; and with the switch off a window is not used.
_NOT = re.compile(
    r"vision|visual|image|audio|video|speech|max_window_layers|rope_|implementation"
    r"|dtype$|(alpha|beta)_factor$|_act$|sink|mamba_chunk_size|num_attention_heads"
)
_FULL = {"full_attention", "attention"}
_PLAIN = {"attn_type_list": {"1"}}  # softmax, as MiniMax writes it


def unknown_cache(why: str) -> dict[str, str]:
    """Return the fields of the cache that are missing for a reason."""
    return dict.fromkeys(_OF_CACHE, why)


def unclear_cache(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float]
) -> Mapping[str, str]:
    """Return why the fields of a config's cache are not known; nothing if they are."""
    if adapter.cache:
        return unknown_cache(adapter.cache)
    for path, value in _unread(config, adapter):
        return unknown_cache(f"key {path!r} is {shown(value)}, and how it changes it is not known")
    lengths = {
        "num_sliding_window_layers": ("sliding_window", "window_kv_values_per_token"),
        "num_chunked_attention_layers": ("attention_chunk_size", "chunk_kv_values_per_token"),
    }
    for layers, (length, held) in lengths.items():
        if numbers.get(layers) and length not in numbers and numbers.get(held) != 0:
            return unknown_cache(f"layers have a window, and nothing says {length}")
    return {}


def _unread(config: Mapping[str, object], adapter: Adapter) -> Iterator[tuple[str, object]]:
    """Give the keys of the text model that sound like the cache, and that nobody reads."""
    section = f"{adapter.section}." if adapter.section else ""
    known, objects = adapter.known_keys, adapter.objects
    home = section + next(iter(adapter.keys)).split("|")[0].rpartition(".")[0]
    switched = {path.rpartition(".")[0] for path, value in entries(config)
                if path.endswith("use_sliding_window") and value is False}  # fmt: skip
    for path, value in entries(config, lambda path: path in objects):
        outside, _, name = path.rpartition(".")
        if path.removeprefix(section) in known or path in objects or outside != home.rstrip("."):
            continue
        if is_nothing(value) or not _LIKE.search(name) or _NOT.search(name):
            continue
        off = "window" in name and outside in switched
        plain = isinstance(value, list) and {*map(str, value)} <= _PLAIN.get(name, _FULL)
        if not (off or plain):
            yield path, value
