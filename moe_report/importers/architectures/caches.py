"""What layers keep of each token, where it does not follow from the fields.

An adapter says nothing where attention is of one kind, gives ``kept`` where layers differ, and a
sentence, ``Adapter.cache``, where no field describes what its layers keep.
"""

from __future__ import annotations

from moe_report.importers.adapter import Reading

POOLED = (
    "an indexer joins the keys of index_kpool tokens, and whether each token's key and gate are"
    " kept or what is joined is up to the engine"
)
POOLED_AND_CONVOLVED = (
    "an indexer joins the keys of indexer_compress_ratio tokens, and whether these or what is"
    " joined are kept is up to the engine; layers of ple_layer_ids keep a further convolution"
)
CONVOLVED = (
    "layers with attention also keep the last inputs of four short convolutions, of keys, values"
    " and both outputs, for which no field is"
)
DELAYED = (
    "layers with attention also keep the last inputs of two convolutions of queries and keys, and"
    " half of the last token's values, for which no field is"
)
COMPRESSED = (
    "each layer keeps a window, one entry for every 4 or 128 tokens, and what of the last tokens is"
    " not yet compressed, for which no field is"
)
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
