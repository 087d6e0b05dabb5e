"""Architectures with multi-head latent attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    FFN_WIDTHS,
    ROUTED,
    SHAPE,
    TOP_K,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, MTP, with_mtp, without_mtp
from moe_report.importers.architectures.text_part import NO_IMAGES, text_part, tied_outside
from moe_report.schema.parts import Part


def deepseek(*, shared: int = 1, leading: int, q_rank: int | None) -> dict[str, Key]:
    """The keys of DeepSeek's models, and the defaults in which their descendants differ."""
    return SHAPE | TOP_K | mixers.LATENT | MTP | {
        "q_lora_rank": may(q_rank, "q_lora_rank", null=True),
        **FFN_WIDTHS,
        **ROUTED,
        "n_shared_experts": may(shared, "num_shared_experts", null=True),
        "first_k_dense_replace": may(leading, minimum=0),
        "moe_layer_freq": may(None),
        "mlp_layer_types": may(None, kind="texts"),
        "mlp_bias": may(None, kind="flag"),
    }  # fmt: skip


def sparse_layers(r: Reading) -> dict[str, float]:
    """Which layers have experts: as listed, or all after the leading ones."""
    layers = r["num_hidden_layers"]
    if r["mlp_layer_types"] is None:
        leading, freq = r["first_k_dense_replace"], r["moe_layer_freq"] or 1
        sparse = [layer >= leading and layer % freq == 0 for layer in range(layers)]
    else:
        listed = r.one_per_layer("mlp_layer_types")
        if not set(listed) <= {"dense", "sparse"}:
            r.refuse("mlp_layer_types", "may say 'dense' and 'sparse' only")
        sparse = [kind == "sparse" for kind in listed]
    leading = sparse.index(True) if any(sparse) else layers
    return {"num_moe_layers": sum(sparse), "first_k_dense_replace": leading}


def checked(r: Reading, *, mtp: bool = False) -> dict[str, float]:
    """What all of them have in common; refuses what the formulas would get wrong.

    Args:
        r: The config.
        mtp: Whether what predicts further tokens is made as in DeepSeek-V3.
    """
    for key in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        if r[key] == 0:
            r.refuse(key, "is 0: without latent attention it is not this architecture")
    if r["q_lora_rank"] == 0:
        r.refuse("q_lora_rank", "is 0; queries that are not compressed have null")
    if r.values.get("mlp_bias"):
        r.refuse("mlp_bias", "is true, which is not modelled")
    if mtp and not r["attention_bias"]:
        return {**sparse_layers(r), **with_mtp(r)}
    without_mtp(r)
    return sparse_layers(r)


def _biases(r: Reading, layers: int) -> dict[str, float]:
    """Biases of attention: no field describes those of compressed queries, keys and values."""
    if not r["attention_bias"]:
        return {}
    compressed = (r["q_lora_rank"] or 0) + r["kv_lora_rank"] + r["qk_rope_head_dim"]
    return {"attention_out_bias": 1, "other_params": layers * compressed}


def _derive_deepseek(r: Reading) -> Mapping[str, float]:
    return checked(r, mtp=True) | _biases(r, r["num_hidden_layers"])


def _derive_plain(r: Reading) -> Mapping[str, float]:
    return checked(r) | _biases(r, r["num_hidden_layers"])


def _derive_axk1(r: Reading) -> Mapping[str, float]:
    """Count the third norm of a layer with experts."""
    given = checked(r) | _biases(r, r["num_hidden_layers"])
    norms = given["num_moe_layers"] * r["hidden_size"]
    return given | {"other_params": given.get("other_params", 0) + norms}


INDEXER = {
    "index_topk": may(2048),
    "index_head_dim": may(128),
}
INDEXED = (
    "A token attends to the index_topk tokens that an indexer selects, and no field describes that:"
    " attention's parameters are given; a window and the attention core are left out"
)


INDEXED_KINDS = {"indexed_attention", "deepseek_sparse_attention"}


def all_indexed(r: Reading) -> None:
    """Refuse layers that are said to attend to other than selected tokens."""
    if r["layer_types"] is not None and set(r.one_per_layer("layer_types")) - INDEXED_KINDS:
        r.refuse("layer_types", f"may say {' or '.join(sorted(INDEXED_KINDS))} only")


def compressed_queries(r: Reading) -> bool:
    """Refuse queries that are not compressed: the indexer takes them in that form."""
    if r["q_lora_rank"] is None:
        r.refuse("q_lora_rank", "is null; the indexer needs compressed queries")
    return r["q_lora_rank"] is not None


def _indexed(indexers: Callable[[Reading], int]) -> Callable[[Reading], Mapping[str, float]]:
    def derive(r: Reading) -> Mapping[str, float]:
        if not compressed_queries(r):
            return {}
        all_indexed(r)
        layers, selecting = r["num_hidden_layers"], indexers(r)
        given = checked(r, mtp=selecting == layers)
        parts = (layers, mixers.latent_attention(r)), (selecting, mixers.indexer(r))
        given |= mixers.typed(*parts) | caches.latent(r, indexers=selecting)
        return given | {"num_sliding_window_layers": layers}

    return derive


# Which layers select for themselves: a list, a pattern, or every so many.
SELECTING = {
    "indexer_types": may(None, kind="texts"),
    "index_topk_pattern": may(None, kind="text"),
    "index_topk_freq": may(1),
    "index_skip_topk_offset": may(2, minimum=0),
}


def selecting(r: Reading) -> list[bool]:
    """Whether each layer selects for itself, and not as the one before did."""
    if r["indexer_types"] is not None:
        return listed_selecting(r)
    if r["index_topk_pattern"] is not None:
        return _selecting(r, "index_topk_pattern", list(r["index_topk_pattern"]), "F", "S")
    since = [
        max(layer - r["index_skip_topk_offset"] + 1, 0) for layer in range(r["num_hidden_layers"])
    ]
    return [layer % r["index_topk_freq"] == 0 for layer in since]


def listed_selecting(r: Reading) -> list[bool]:
    """Whether each layer selects for itself, as listed."""
    return _selecting(r, "indexer_types", r.one_per_layer("indexer_types"), "full", "shared")


def _selecting(r: Reading, key: str, items: list[str], full: str, shared: str) -> list[bool]:
    if set(items) - {full, shared} or len(items) != r["num_hidden_layers"]:
        r.refuse(key, f"must say {full!r} or {shared!r} for each layer")
    return [item == full for item in items]


def _derive_longcat(r: Reading) -> Mapping[str, float]:
    if r["q_lora_rank"] == 0:
        r.refuse("q_lora_rank", "is 0, but this architecture compresses queries")
    layers, zero = r["num_layers"], r["zero_expert_num"] or 0
    given = _biases(r, 2 * layers) | {
        "num_hidden_layers": 2 * layers,
        "num_moe_layers": layers,
        "intermediate_size": 2 * r["ffn_hidden_size"],
    }
    if zero:
        outputs = r["n_routed_experts"] + zero
        given[Part.ROUTER] = layers * outputs * (r["hidden_size"] + r["router_bias"])
        r.notes.append(
            f"Of the experts that a token is sent to, some are among {zero} that compute nothing:"
            " active parameters and FLOPs are the most that a token can take. Their share of the"
            " router is in its parameters, not in its FLOPs"
        )
    return given


_NOT_IN_TRANSFORMERS = (
    "transformers has no such architecture; it is read as DeepSeek-V3, from which its own code is"
    " derived"
)
_V3 = Adapter(deepseek(leading=3, q_rank=1536), derive=_derive_deepseek)
_MISTRAL4 = Adapter(deepseek(leading=0, q_rank=1024), derive=_derive_plain)

ADAPTERS: Mapping[str, Adapter] = {
    "deepseek_v2": Adapter(deepseek(shared=2, leading=0, q_rank=1536), derive=_derive_plain),
    "deepseek_v3": _V3,
    "kimi_k2": replace(_V3, note=_NOT_IN_TRANSFORMERS),
    "kimi_k25": tied_outside(_V3, default=True, note=NO_IMAGES),
    "kimi_vl": text_part(_V3, note=f"{NO_IMAGES}. {_NOT_IN_TRANSFORMERS}"),
    "glm4_moe_lite": Adapter(deepseek(leading=1, q_rank=768), derive=_derive_deepseek),
    "sarvam_mla": Adapter(
        deepseek(leading=1, q_rank=None), derive=_derive_deepseek,
        irrelevant=frozenset({"moe_router_enable_expert_bias", "router_dtype"}),
    ),
    "mistral4": _MISTRAL4,
    "mistral3": tied_outside(
        replace(_MISTRAL4, text_model="mistral4"), default=True, note=NO_IMAGES
    ),
    "axk1": Adapter(deepseek(leading=1, q_rank=1536), derive=_derive_axk1),
    "deepseek_v32": Adapter(
        deepseek(leading=3, q_rank=1536) | INDEXER | LAYER_TYPES | {"index_n_heads": may(64)},
        derive=_indexed(lambda r: int(r["num_hidden_layers"])),
        note=INDEXED,
    ),
    "glm_moe_dsa": Adapter(
        deepseek(leading=3, q_rank=2048) | INDEXER | SELECTING | LAYER_TYPES
        | {"index_n_heads": may(32)},
        derive=_indexed(lambda r: sum(selecting(r))),
        note=INDEXED, irrelevant=frozenset({"index_share_for_mtp_iteration"}),
    ),
    "longcat_flash": Adapter(
        mixers.LATENT | {
            "num_layers": need(),
            "hidden_size": need("hidden_size"),
            "vocab_size": need("vocab_size"),
            "num_attention_heads": need("num_attention_heads"),
            "tie_word_embeddings": may(False, "tie_word_embeddings"),
            "q_lora_rank": may(1536, "q_lora_rank"),
            "ffn_hidden_size|intermediate_size": need(),
            "expert_ffn_hidden_size|moe_intermediate_size": need("moe_intermediate_size"),
            "moe_topk|num_experts_per_tok": need("num_experts_per_tok"),
            "n_routed_experts|num_local_experts": need("num_experts"),
            "zero_expert_num": may(256, null=True, minimum=0),
            "router_bias": may(False, "router_bias"),
        },
        derive=_derive_longcat, untold_mtp=True,
        irrelevant=frozenset({"zero_expert_type"}),
        note="A layer is two attentions, two FFNs and one set of experts: it is given as two"
        " layers, and both FFNs as one of twice the width",
    ),
}  # fmt: skip
