"""Architectures with hyper-connections: several streams of activations, mixed around each layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    MLP_BIAS,
    NO_CORE,
    SHAPE,
    TOP_K,
    head_dim,
)
from moe_report.importers.architectures.latent import (
    INDEXED,
    INDEXER,
    SELECTING,
    all_indexed,
    checked,
    compressed_queries,
    deepseek,
    listed_selecting,
    selecting,
    sparse_layers,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, MLP_TYPES, without_mtp
from moe_report.importers.architectures.text_part import text_or_flat, tied_outside

_WINDOW, _SPARSE, _HEAVY = (
    "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"
)  # fmt: skip
_RATIOS = {0: _WINDOW, 4: _SPARSE, 128: _HEAVY}  # tokens that are compressed into one


def hyper_connections(r: Reading, *, mixed: bool, gathered: bool) -> mixers.Mixer:
    """What joins streams before attention and FFN of all layers, and spreads them after.

    Args:
        r: The config.
        mixed: Whether streams are also mixed with each other.
        gathered: Whether weights say how streams are joined after the last layer.
    """
    streams, both = r["hc_mult"], 2 * r["num_hidden_layers"]
    width = streams * r["hidden_size"]
    outputs = 2 * streams + (streams * streams if mixed else 0)
    last = streams if gathered else 0
    return mixers.Mixer(
        (both * outputs + last) * width,
        both * (outputs + (3 if mixed else 2)) + (last + 1 if gathered else 0),
    )


def _fixed_leading(r: Reading, leading: int) -> None:
    """Refuse keys for dense layers that transformers does not read here."""
    if r["mlp_layer_types"] is None and (
        r["first_k_dense_replace"] != leading or r["moe_layer_freq"] not in (None, 1)
    ):
        r.refuse("first_k_dense_replace", f"or moe_layer_freq differs from {leading} and 1, where"
                 " only mlp_layer_types says which layers are dense")  # fmt: skip


def _derive_hy4(r: Reading) -> Mapping[str, float]:
    given = checked(r)
    _fixed_leading(r, 1)
    all_indexed(r)
    if not compressed_queries(r):
        return {}
    layers, heads = r["num_hidden_layers"], r["num_attention_heads"]
    if r["indexer_types"] is not None:
        selected = sum(listed_selecting(r))
    else:
        selected = sum(layer == 0 or layer % 4 == 1 for layer in range(layers))
    gated = mixers.latent_attention(r).plus(r["hidden_size"] * heads * r["v_head_dim"], heads)
    given |= mixers.typed((layers, gated), (selected, mixers.indexer(r))) | {
        "num_sliding_window_layers": layers,
        **caches.latent(r, indexers=selected),
    }
    return mixers.beside_attention(given, hyper_connections(r, mixed=False, gathered=True))


def _deepseek4_kinds(r: Reading) -> Counter[str]:
    """Return how many layers compress in which way; lists may go on beyond the model's layers."""
    layers = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        r.values["layer_types"] = r["layer_types"][:layers]
        return mixers.kinds(r, "layer_types", _WINDOW, _SPARSE, _HEAVY)
    if r["compress_ratios"] is not None:
        r.values["compress_ratios"] = r["compress_ratios"][:layers]
        ratios = Counter(r.one_per_layer("compress_ratios"))
        if unknown := set(ratios) - set(_RATIOS):
            r.refuse("compress_ratios", f"has {sorted(unknown)}; known are 0, 4 and 128")
        return Counter({kind: ratios[ratio] for ratio, kind in _RATIOS.items()})
    sparse = sum(layer % 2 for layer in range(max(layers - 2, 0)))
    return Counter({_SPARSE: sparse, _HEAVY: layers - sparse})


def _derive_deepseek4(r: Reading) -> Mapping[str, float]:
    """One head of keys, which are the values too; what is compressed stands beside a window."""
    without_mtp(r)
    for key in ("num_key_value_heads", "n_shared_experts"):
        if r[key] != 1:
            r.refuse(key, "is not 1, as it is in this architecture")
    if r["attention_bias"]:
        r.refuse("attention_bias", "is true, but this architecture has no such biases")
    if r["mlp_layer_types"] is not None:
        r.values["mlp_layer_types"] = r["mlp_layer_types"][: r["num_hidden_layers"]]
        mixers.kinds(r, "mlp_layer_types", "hash_moe", "moe")
    layers, d, rank = r["num_hidden_layers"], r["hidden_size"], r["q_lora_rank"]
    heads, head, groups = r["num_attention_heads"], r["head_dim"], r["o_groups"]
    if heads * head % groups:
        r.refuse("o_groups", f"is {groups}, which does not divide the {heads * head} channels")
    plain = mixers.Mixer(
        rank * (d + heads * head) + d * head + (heads * head + groups * d) * r["o_lora_rank"],
        rank + head + heads,
    )
    selecting_heads, narrow = r["index_n_heads"], r["index_head_dim"]
    both, every = head + narrow, r["compressed_sparse_attention"]
    sparse = plain.plus(
        4 * d * both + selecting_heads * (d + rank * narrow), (2 * every + 1) * both
    )
    heavy = plain.plus(2 * d * head, (r["heavily_compressed_attention"] + 1) * head)
    found = _deepseek4_kinds(r)
    given = mixers.typed((found[_WINDOW], plain), (found[_SPARSE], sparse), (found[_HEAVY], heavy))
    given["num_sliding_window_layers"] = layers
    if r["mlp_bias"]:  # of shared experts; those that are routed have none
        given["other_params"] = layers * (2 * r["moe_intermediate_size"] + d)
    return mixers.beside_attention(given, hyper_connections(r, mixed=True, gathered=True))


def _derive_glm5(r: Reading) -> Mapping[str, float]:
    """Softmax attention without positions, and Kimi Delta Attention."""
    without_mtp(r)
    _fixed_leading(r, 3)
    for key in ("qk_rope_head_dim", "mlp_bias"):
        if r[key]:
            r.refuse(key, f"is {r[key]}, which this architecture does not have")
    for key in ("kv_lora_rank", "qk_nope_head_dim", "v_head_dim", "q_lora_rank"):
        if r[key] == 0:
            r.refuse(key, "is 0: without latent attention it is not this architecture")
    if not compressed_queries(r):
        return {}
    layers = r["num_hidden_layers"]
    if r["layer_types"] is None:
        listed = [layer % 4 != 3 for layer in range(layers)]
    else:
        mixers.kinds(r, "layer_types", mixers.LINEAR, "indexed_attention", "full_attention")
        listed = [kind == mixers.LINEAR for kind in r["layer_types"]]
    linear = sum(listed)
    selected = sum(
        selects and not is_linear for selects, is_linear in zip(selecting(r), listed, strict=False)
    )
    pooled = mixers.indexer(r).plus(
        r["hidden_size"] * r["index_head_dim"], r["index_kpool"] * r["index_head_dim"]
    )
    given = sparse_layers(r) | mixers.typed(
        (layers - linear, mixers.latent_attention(r)), (selected, pooled),
        (linear, mixers.kimi_delta(r)),
    ) | {"num_sliding_window_layers": layers - linear}  # fmt: skip
    return mixers.beside_attention(given, hyper_connections(r, mixed=True, gathered=False))


_STREAMS = {"hc_mult": may(4)}
_BESIDE = (
    "Hyper-connections are among the other parameters, their FLOPs among those of attention's"
    " projections"
)
_SELECTED = INDEXER | SELECTING | NO_CORE
_GLM5 = deepseek(leading=3, q_rank=1536) | _SELECTED | LAYER_TYPES | _STREAMS | {
    "qk_rope_head_dim": may(0, "qk_rope_head_dim"),
    "index_n_heads": may(32),
    "index_kpool": may(16),
    "linear_head_dim|linear_attn_config.head_dim": may(128),
    "linear_num_heads|linear_attn_config.num_heads": may(64),
    "linear_conv_kernel_dim|linear_attn_config.short_conv_kernel_size": may(4),
}  # fmt: skip
_GLM5_TEXT = Adapter(
    _GLM5, derive=_derive_glm5, untold_mtp=True, note=f"{INDEXED}. {_BESIDE}",
    cache=caches.POOLED, irrelevant=frozenset({"index_kpool_always_select_tail"}),
)  # fmt: skip


def _hy4(*, q_rank: int, index_heads: int) -> Adapter:
    return Adapter(
        deepseek(leading=1, q_rank=q_rank) | INDEXER | LAYER_TYPES | _STREAMS | {
            "index_n_heads": may(index_heads),
            "indexer_types": may(None, kind="texts"),
        },
        derive=_derive_hy4, untold_mtp=True, note=f"{INDEXED}. {_BESIDE}",
    )  # fmt: skip


_HY4_TEXT = _hy4(q_rank=2048, index_heads=32)

ADAPTERS: Mapping[str, Adapter] = {
    "hy_v4": _hy4(q_rank=1536, index_heads=16),
    "hy_v4_vl": tied_outside(_HY4_TEXT),
    "hy_v4_vl_text": _HY4_TEXT,
    "deepseek_v4": Adapter(
        SHAPE | TOP_K | LAYER_TYPES | MLP_TYPES | NO_CORE | _STREAMS | {
            "num_key_value_heads": may(1),
            **head_dim(512),
            "q_lora_rank": may(1024),
            "o_groups": may(8),
            "o_lora_rank": may(1024),
            **ATTENTION_BIAS,
            "compress_ratios": may(None, kind="numbers"),
            "compress_rates.compressed_sparse_attention|compress_rate_csa": may(4),
            "compress_rates.heavily_compressed_attention|compress_rate_hca": may(128),
            "index_n_heads": may(64),
            "index_head_dim": may(128),
            "index_topk": may(512),
            "moe_intermediate_size|intermediate_size": need("moe_intermediate_size"),
            "n_routed_experts|num_local_experts": need("num_experts"),
            "n_shared_experts": may(1, "num_shared_experts"),
            **MLP_BIAS,
            "num_nextn_predict_layers|num_mtp_layers": may(1, minimum=0),
        },
        derive=_derive_deepseek4, cache=caches.COMPRESSED,
        irrelevant=frozenset({
            "expert_dtype", "qk_nope_head_dim", "qk_rope_head_dim", "sliding_window",
            "num_hash_layers",
        }),
        note="A token attends to a window and to what an indexer or all of a compressor gives, and"
        " no field describes that: attention's parameters are given; heads and window, and so the"
        f" attention core, are left out. {_BESIDE}",
    ),
    "glm5_next": text_or_flat(_GLM5_TEXT),
    "glm5_next_text": _GLM5_TEXT,
}  # fmt: skip
