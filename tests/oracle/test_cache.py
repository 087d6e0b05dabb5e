"""Numbers that transformers' own cache holds after a text, beside what the fields say.

Every family with a known cache, latent attention too: transformers keeps the latents. It keeps one
token less of a window or a chunk than a token sees, and one input more of a convolution than the
next token needs; both are taken into account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest

from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.config import row_from_config
from moe_report.schema.registry import Registry, load
from tests.importers.test_cache import cell
from tests.oracle.census import torch
from tests.oracle.families import TOKENS, Family, all_families

KNOWN = [family for family in all_families() if not ADAPTERS[family.model_type].cache]
SEEDS, RUNS = range(9), 2
PLACES = {
    "keys": "text", "values": "text", "indexer_keys": "indexer", "idx_keys": "indexer",
    "recurrent_states": "states", "linear_cache": "states", "conv_states": "convolutions",
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> Registry:
    """The installed sections."""
    return load()


def _numbers(value: object) -> Iterator[Any]:
    """Give the tensors of numbers in a cache's attribute."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)


def _held(cache: Any) -> Counter[str]:
    """Count the numbers in a cache, by what they are."""
    held: Counter[str] = Counter()
    for part in (cache, *cache.layers):
        for name, value in vars(part).items():
            for tensor in _numbers(value) if name != "layers" else ():
                place = PLACES[name]
                last = tensor.shape[-1]
                needed = last - 1 if place == "convolutions" else last
                held[place] += tensor.numel() // last * needed if last else 0
    return held


def _said(config: Mapping[str, Any], registry: Registry) -> Counter[str]:
    """Count the same by what the row says."""
    row = row_from_config(config, where="x")

    def field(name: str) -> float:
        value = cell(row, registry, name).value
        assert value is not None, name
        return value

    text = field("kv_values_per_token") * TOKENS
    for held, length in (
        ("window_kv_values_per_token", "sliding_window"),
        ("chunk_kv_values_per_token", "attention_chunk_size"),
    ):
        text += (each := field(held)) and each * min(TOKENS, field(length) - 1)
    said = {"text": text, "indexer": field("indexer_values_per_token") * TOKENS}
    if layers := field("num_linear_attention_layers"):
        said["states"] = layers * field("linear_attention_state_size")
        said["convolutions"] = layers * field("linear_attention_conv_size")
    return Counter({name: int(number) for name, number in said.items() if number})


def _runs(family: Family) -> Iterator[dict[str, Any]]:
    """Give configs that transformers runs with a cache: not those without any attention."""
    for seed in SEEDS:
        config = family.varied(seed)
        text = config.get("text_config", config)
        switched_off = text.get("use_sliding_window") is False
        if switched_off and "sliding_attention" in (text.get("layer_types") or ()):
            continue  # it then masks a window of no tokens
        numbers = row_from_config(config, where="x").numbers
        if numbers.get("num_linear_attention_layers", 0) + numbers.get(
            "num_attention_free_layers", 0
        ) < numbers["num_hidden_layers"]:  # fmt: skip
            yield config


@pytest.mark.parametrize("family", KNOWN, ids=lambda family: family.model_type)
def test_the_cache_holds_as_many_numbers(known: Registry, family: Family) -> None:
    """Of keys and values, latents, indexers, recurrent states and convolutions."""
    configs = list(islice(_runs(family), RUNS))
    assert len(configs) == RUNS
    for config in configs:
        torch.manual_seed(0)
        model = family.build(family.load(config)).eval().get_submodule(family.text)
        with torch.no_grad():
            done = model(torch.randint(5, 90, (1, TOKENS)), use_cache=True)
        assert _held(done.past_key_values) == _said(config, known), config
