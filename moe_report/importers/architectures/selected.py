"""Architectures whose attention sees what is selected for each token (MiniMax-M3, Qwen4, Doge)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    EXPERTS,
    MLP_BIAS,
    NO_CORE,
    SHAPE,
    TOP_K,
    head_dim,
    kv_heads,
    shared_width,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, MLP_TYPES, sparse
from moe_report.importers.architectures.ngrams import NGRAMS, ngram_tables
from moe_report.importers.architectures.text_part import text_part, tied_outside
from moe_report.schema.parts import Part

SELECTED, BLOCKS = "indexed_attention", "minimax_m3_sparse"
_SELECTION = "A token attends to what is selected for it, which no field describes"
_CORE = f"{_SELECTION}: a window and the attention core are left out"


def _indexer(r: Reading, *, heads: int, width: int) -> mixers.Mixer:
    """What selects: queries, one key, and a norm of each."""
    return mixers.Mixer(r["hidden_size"] * width * (heads + 1), 2 * width)


def _listed(r: Reading, key: str, flags: str, names: tuple[str, str]) -> None:
    """Take a list of 0 and 1, as the model's own code has it, where there is none of names."""
    if r[key] is not None or r[flags] is None:
        return
    if set(r[flags]) - {0, 1}:
        r.refuse(flags, "may say 0 and 1 only")
        return
    r.values[key] = [names[flag] for flag in r[flags]]


def _derive_minimax(r: Reading) -> Mapping[str, float]:
    _listed(r, "layer_types", "sparse_attention_freq", (mixers.FULL, BLOCKS))
    _listed(r, "mlp_layer_types", "moe_layer_freq", ("dense", "sparse"))
    layers = r["num_hidden_layers"]
    if r["n_shared_experts"] not in (None, 1):
        r.refuse("n_shared_experts", "is not 1, but this architecture shares one expert")
    given: dict[str, float] = dict(sparse(r, lambda layer: True))
    selecting = 0
    if r["layer_types"] is not None:
        selecting = mixers.kinds(r, "layer_types", mixers.FULL, BLOCKS)[BLOCKS]
    if not selecting:
        return given
    r.notes.append(_CORE)
    select = _indexer(r, heads=r["index_n_heads"], width=r["index_head_dim"])
    given |= mixers.typed((layers, mixers.attention(r, qk_norm=True)), (selecting, select))
    pairs = 2 * r["num_key_value_heads"] * r["head_dim"]
    given |= caches.kept(full=layers * pairs, indexer=selecting * r["index_head_dim"])
    return given | {"num_sliding_window_layers": layers}


def _derive_qwen4(r: Reading) -> Mapping[str, float]:
    layers, d = r["num_hidden_layers"], r["hidden_size"]
    full = layers // r["full_attention_interval"]
    linear = [bool((layer + 1) % r["full_attention_interval"]) for layer in range(layers)]
    if r["layer_types"] is not None:
        found = mixers.kinds(r, "layer_types", mixers.FULL, SELECTED, mixers.LINEAR)
        full, linear = (
            found[mixers.FULL] + found[SELECTED],
            [x == mixers.LINEAR for x in r["layer_types"]],
        )
    softmax = mixers.attention(r, gated=True, qk_norm=True, bias="attention_bias")
    if r["indexer_kv_heads"] not in (None, 1):
        r.refuse("indexer_kv_heads", "is not 1, which is not modelled")
    if full and r["indexer_n_heads"] and r["indexer_head_dim"]:
        select = _indexer(r, heads=r["indexer_n_heads"], width=r["indexer_head_dim"])
        softmax = softmax.plus(select.products, select.others)
    elif full:
        r.refuse("indexer_n_heads", "and indexer_head_dim are needed where layers select tokens")
    embedded = set(r["ple_layer_ids"] or ())
    for layer in sorted(embedded):
        if not 1 <= layer <= len(linear) or not linear[layer - 1]:
            r.refuse("ple_layer_ids", f"names layer {layer}, which is none of linear attention")
    if embedded and r["tie_word_embeddings"]:
        r.refuse("tie_word_embeddings", "is true, which is not modelled with ple_layer_ids")
    given = mixers.typed((full, softmax), (layers - full, mixers.gated_delta(r))) | {
        "num_sliding_window_layers": full,
        Part.EMBEDDING: r["vocab_size"] * d + ngram_tables(r, len(embedded)),
    }  # fmt: skip
    streams, ngrams = _streams(r), _embedded(r, len(embedded))
    # The norm at the end is as wide as all streams; the fields count one of hidden_size.
    return mixers.beside_attention(given, streams.plus(ngrams.products, ngrams.others - d))


def _streams(r: Reading) -> mixers.Mixer:
    """What mixes the streams of hidden states: twice a layer, and once at the end."""
    layers, streams = r["num_hidden_layers"], r["hc_count"]
    width, times = r["hidden_size"] * streams, 2 * r["num_hidden_layers"] + 1
    return mixers.Mixer(width * (times * 2 * r["hc_lowrank"] + 2 * layers * streams), times * width)


def _embedded(r: Reading, layers: int) -> mixers.Mixer:
    """What some layers do with embeddings of n-grams: two matrices, three norms, a convolution."""
    d, width = r["hidden_size"], r["hidden_size"] * r["hc_count"]
    products = (r["ple_embed_dim"] or d) * (width + d) + width * r["ple_conv_kernel_size"]
    return mixers.Mixer(layers * products, layers * 3 * width)


def _derive_doge(r: Reading) -> Mapping[str, float]:
    if not r["is_moe"]:
        r.refuse("is_moe", "is false: the model is not a Mixture-of-Experts")
    d, layers, f = r["hidden_size"], r["num_hidden_layers"], r["intermediate_size"]
    heads, kv = r["num_attention_heads"], r["num_key_value_heads"] or r["num_attention_heads"]
    width = r["head_dim"] or d // heads
    if r["head_dim"] is None and d % heads:
        r.refuse("hidden_size", f"is {d}, not a multiple of the {heads} heads")
    if heads % kv:
        r.refuse("num_key_value_heads", f"is {kv}, of which the {heads} heads are no multiple")
    keys = isqrt(r["num_experts"])
    if r["num_experts_per_tok"] > keys * keys:
        r.refuse("num_experts_per_tok", f"is more than the {keys * keys} pairs of keys")
    products = 2 * d * width * (heads + kv) + kv * width * kv
    bias = (heads + 2 * kv) * width + d + kv if r["attention_bias"] else 0
    ffn = 3 * d * f + (2 * f + d if r["mlp_bias"] else 0)
    matrix = r["vocab_size"] * d
    return {
        "num_sliding_window_layers": layers,
        **caches.kept(full=layers * 2 * kv * width),
        "head_dim": width,
        Part.ATTENTION_PROJECTIONS: layers * products,
        Part.ATTENTION: layers * (products + kv + 2 * width + bias),
        Part.SHARED_EXPERTS: layers * ffn,
        Part.ROUTER: layers * 2 * d * keys,
        # An expert is a row into one number, and a row out of it.
        Part.ONE_EXPERT: layers * 2 * d,
        Part.EMBEDDING: matrix,
        Part.UNEMBEDDING: 0 if r["tie_word_embeddings"] else matrix,
        # Two norms a layer, as many scales of what is passed on, and the last norm.
        Part.NORMS_AND_OTHER: d * (4 * layers + 1),
    }


_INDEX = "sparse_attention_config.sparse"
_MINIMAX = Adapter(
    SHAPE | TOP_K | LAYER_TYPES | MLP_TYPES | kv_heads(4) | head_dim(128) | {
        "num_local_experts|num_experts": need("num_experts"),
        "intermediate_size": need("moe_intermediate_size"),
        "dense_intermediate_size": may(12288, "intermediate_size"),
        "shared_intermediate_size": may(3072, "shared_expert_intermediate_size"),
        "n_shared_experts|num_shared_experts": may(None),
        f"index_n_heads|{_INDEX}_num_index_heads": may(4),
        f"index_head_dim|{_INDEX}_index_dim": may(128),
        f"index_topk_blocks|{_INDEX}_topk_blocks": may(16),
        "sparse_attention_config.sparse_attention_freq": may(None, kind="numbers"),
        "moe_layer_freq": may(None, kind="numbers"),
    },
    fixed={"qk_norm": 1, "num_shared_experts": 1}, derive=_derive_minimax, untold_mtp=True,
    irrelevant=frozenset({"index_block_size", "index_local_blocks"}),
)  # fmt: skip
_QWEN4 = Adapter(
    SHAPE | TOP_K | LAYER_TYPES | NGRAMS | NO_CORE | {
        "num_key_value_heads": may(2),
        "head_dim": may(256),
        **EXPERTS,
        "moe_intermediate_size": need("moe_intermediate_size"),
        **shared_width(512),
        **ATTENTION_BIAS,
        **mixers.INTERVAL,
        **mixers.GATED_DELTA,
        "hc_count": may(4, minimum=2),
        "hc_lowrank": may(320),
        "indexer_n_heads": may(None),
        "indexer_kv_heads": may(None),
        "indexer_head_dim": may(None),
    },
    fixed={"num_shared_experts": 1, "shared_expert_gate": 1, "num_norms_per_layer": 0},
    derive=_derive_qwen4, untold_mtp=True, cache=caches.POOLED_AND_CONVOLVED,
    irrelevant=frozenset({"indexer_compress_ratio", "split_ngram_parts"}),
    note=f"{_CORE}. No field describes either what mixes streams between the layers, and adds"
    " embeddings of n-grams to them: these count with the embedding, and the rest as other"
    " parameters, whose FLOPs are given with those of attention",
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "minimax_m3_vl": text_part(_MINIMAX),
    "minimax_m3_vl_text": _MINIMAX,
    "qwen4_exp": tied_outside(_QWEN4),
    "qwen4_exp_text": _QWEN4,
    "doge": Adapter(
        SHAPE | TOP_K | NO_CORE | {
            "hidden_size": need(),
            "num_key_value_heads": may(None),
            "head_dim": may(None),
            "num_experts": need("num_experts"),
            "intermediate_size": need(),
            "is_moe": may(False, kind="flag"),
            **ATTENTION_BIAS,
            **MLP_BIAS,
        },
        fixed={"num_shared_experts": 1}, derive=_derive_doge,
        irrelevant=frozenset({"keep_window_size"}),  # all are kept, and so many looked at
        note=f"{_SELECTION}, nor routers of pairs of keys: components are given as a whole, and"
        " hidden_size, heads and window, and so the attention core and the FLOPs of routers and"
        " experts, are left out",
    ),
}  # fmt: skip
