"""What layers keep of each token, where it does not follow from the fields.

An adapter says nothing where attention is of one kind, gives ``kept`` where layers differ, and a
sentence, ``Adapter.cache``, where no field describes what its layers keep.
"""

from __future__ import annotations

from moe_report.importers.adapter import Reading

SELECTED = "the indexer's keys are kept in a way that no field describes"
CONVOLVED = "layers with attention also keep the states of convolutions, for which no field is"
COMPRESSED = "compressed keys stand beside a window and tokens not yet compressed"
BOTH_WAYS = "tokens see later ones, too: what is kept of them depends on how the text is made"


def kept(*, full: int, window: int = 0, indexer: int = 0) -> dict[str, float]:
    """Return the fields for numbers that all layers of a kind keep of a token."""
    return {
        "kv_values_per_token": full,
        "window_kv_values_per_token": window,
        "indexer_values_per_token": indexer,
    }


def latent(r: Reading, *, indexers: int = 0) -> dict[str, float]:
    """Compressed keys and values in every layer, and the keys of so many indexers."""
    width = r["kv_lora_rank"] + r["qk_rope_head_dim"]
    return kept(full=r["num_hidden_layers"] * width, indexer=indexers * r.values["index_head_dim"])
