"""Whether a row's cache is known: what an adapter says, and keys on which tokens layers see.

Such a key that nobody reads leaves the cache and the attention core without a number. What else
sounds like attention may change parameters, too: see ``attention_keys``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from moe_report.importers.adapter import Adapter
from moe_report.importers.config_json import at, entries, said, text_parts
from moe_report.importers.harmless_keys import is_nothing, words_of
from moe_report.importers.quantization import KEYS

BY_SHAPES = "shapes of weights do not tell what layers keep of a text"
# What has a default, which would stand there otherwise.
_OF_CACHE = (
    "kv_values_per_token", "window_kv_values_per_token", "chunk_kv_values_per_token",
    "indexer_values_per_token",
)  # fmt: skip
_SEEN = "num_sliding_window_layers"  # which decides the attention core, too
_WINDOWS = re.compile(
    r"sliding|(^|_)swa_|window|attention_chunk|(^|_)(local|global)_(attn|attention|layers?)|dilat",
    re.IGNORECASE,
)
# No name of such a key says which tokens are seen; sizes are those of attention itself.
_NOT = re.compile(
    r"vision|visual|image|audio|video|speech|rope_|implementation|dtype$|sink|^mtp_|heads|_dim$"
)
_OF_WINDOWS = {"window_kv_values_per_token", "num_window_key_value_heads"}  # of another size
_SWITCH, _FIRST = "use_sliding_window", "max_window_layers"
# Kinds of layers that differ in the tokens they see, and the fields that count such layers.
OF_WINDOWS = {
    "sliding_attention": _SEEN, "chunked_attention": "num_chunked_attention_layers",
}  # fmt: skip
_WIDTH = re.compile("_(dtype|bits|precision|quant\\w*|scheme|(fp|int|nvfp|mxfp)\\d+)_")
_CACHED = re.compile("_(kv|cache|ssm|mamba|states?)_")
_USUAL = {"auto", "bfloat16", "float16", "bf16", "fp16", "float32"}


def unknown_cache(why: str) -> dict[str, str]:
    """Return the fields of the cache that are missing for a reason."""
    return dict.fromkeys(_OF_CACHE, why)


def is_of_windows(name: str) -> bool:
    """Whether a key may mean that layers see a part of the text."""
    return bool(_WINDOWS.search(name)) and not _NOT.search(name)


def is_cache_width(name: str) -> bool:
    """Whether a key may say how wide a cached value is."""
    words = words_of(name)
    return bool(_CACHED.search(words) and _WIDTH.search(words))


def unclear_cache(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float]
) -> Mapping[str, str]:
    """Return why the fields of a config's cache are not known; nothing if they are."""
    whole = unknown_cache(adapter.cache) if adapter.cache else {}
    for path, why in _of_windows(config, adapter, numbers):
        if why:
            said_of = f"key {path!r} is {said(*at(config, path))}, and {why}"
            return unknown_cache(said_of) | whole | {_SEEN: said_of}
    if whole:
        return whole
    lengths = {
        _SEEN: ("sliding_window", "window_kv_values_per_token"),
        "num_chunked_attention_layers": ("attention_chunk_size", "chunk_kv_values_per_token"),
    }
    for layers, (length, held) in lengths.items():
        if numbers.get(layers) and length not in numbers and numbers.get(held) != 0:
            return unknown_cache(f"layers have a window, and nothing says {length}")
    return {}


def holds_all(numbers: Mapping[str, float]) -> bool:
    """Whether a window holds the longest sequence: such layers see all of it, as others do."""
    window, longest = (numbers.get(name) for name in ("sliding_window", "max_position_embeddings"))
    return bool(window and longest and window >= longest and not _OF_WINDOWS & numbers.keys())


def windows_told(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float]
) -> dict[str, str]:
    """Return keys on windows, each with why the cache is not known; nothing if it changes none."""
    return dict(_of_windows(config, adapter, numbers))


def _of_windows(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    """Give keys on which tokens layers see, and why that is not known; nothing if it is."""
    window = numbers.get("sliding_window")
    idle = holds_all(numbers)
    windows = numbers.get(_SEEN, 0) if window and not idle else 0
    told = "kv_values_per_token" in numbers  # by the adapter, which knows its kinds of layers
    for path, value in entries(config, lambda path: path in adapter.objects):
        outside, _, name = path.rpartition(".")
        read = path in adapter.known_paths
        if not path.startswith(adapter.home) or path in adapter.objects:
            continue
        if name == "layer_types" and isinstance(value, list):
            for kind, field in OF_WINDOWS.items():
                if field == _SEEN and idle:
                    continue
                alone = field == _SEEN and not (read or told)
                listed, counted = value.count(kind), windows if alone else numbers.get(field, 0)
                if listed and not (counted or told) if read else listed != counted:
                    yield path, f"{counted:.0f} layers are counted with {kind!r}"
        elif name == _SWITCH and type(value) is bool:
            if (value and not (idle or windows or told)) or (windows and not value and not read):
                yield path, f"{windows:.0f} layers are counted with a window"
        elif not (read or is_nothing(value)) and is_of_windows(name) and not is_cache_width(name):
            off = "window" in name and False in at(config, f"{outside}.{_SWITCH}".lstrip("."))
            idle = off or value == window or (name == _FIRST and not windows)
            yield path, "" if idle else "how it changes what layers see is not known"


def notes_of_widths(config: Mapping[str, object], adapter: Adapter) -> Iterator[str]:
    """Say which keys speak of the precision of the cache: it is assumed, and not read."""
    parts = [prefix for prefix, _ in text_parts(config)]
    recipes = {prefix + key for prefix in parts for key in KEYS}
    inside = (
        {prefix[:-1] for prefix in parts}
        | recipes
        | {f"{recipe}.quantization" for recipe in recipes}
    )
    for path, value in entries(config, lambda path: path in inside | adapter.objects):
        name = path.rsplit(".", 1)[-1]
        if is_cache_width(name) and not is_nothing(value) and str(value) not in _USUAL:
            yield (
                f"Key {path!r} is {said(value)}: it speaks of the cache's precision, and the cache"
                " is counted as wide as the assumptions say"
            )
