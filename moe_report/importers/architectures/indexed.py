"""Architectures that attend to selected tokens, and whose attention is unlike DeepSeek's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import NO_CORE
from moe_report.importers.architectures.latent import (
    INDEXED,
    INDEXER,
    SELECTING,
    all_indexed,
    checked,
    compressed_queries,
    deepseek,
    selecting,
)
from moe_report.importers.architectures.layers import EACH_OR_EVERY, LAYER_TYPES
from moe_report.importers.architectures.text_part import text_or_flat, tied_outside
from moe_report.importers.architectures.uneven import OVERRIDES

FULL, SLIDING, INDEXED_KIND = "full_attention", "sliding_attention", "indexed_attention"


def _derive_axk2(r: Reading) -> Mapping[str, float]:
    """Queries come with a gate, from both forms of what is compressed; norms have a gate, too."""
    given = checked(r)
    all_indexed(r)
    if not compressed_queries(r):
        return {}
    layers, heads, rank = r["num_hidden_layers"], r["num_attention_heads"], r["q_lora_rank"]
    query = r["qk_nope_head_dim"] + r["qk_rope_head_dim"]
    gated = mixers.latent_attention(r).plus(rank * heads * (query + 2 * r["v_head_dim"]))
    given |= mixers.typed((layers, gated), (layers, mixers.indexer(r))) | {
        "num_sliding_window_layers": layers,
        **caches.latent(r, indexers=layers),
    }
    norms = layers + given["num_moe_layers"]
    gates = norms * 2 * r["hidden_size"] * r["gated_norm_rank"]
    return mixers.beside_attention(given, mixers.Mixer(int(gates)))


def _kv_sources(r: Reading) -> list[int]:
    """The layer whose compressed keys and values each layer takes."""
    layers = r["num_hidden_layers"]
    if r["kv_source_layers"] is None:
        return list(range(layers))
    sources: list[int] = r.one_per_layer("kv_source_layers")
    if any(
        not 0 <= source <= layer or sources[source] != source
        for layer, source in enumerate(sources)
    ):
        r.refuse("kv_source_layers", "must name for each layer itself or an earlier one that does")
    return sources


def _with_positions(r: Reading) -> list[bool]:
    """Whether each layer's queries and keys carry their position; despite its name, 1 says so."""
    layers = r["num_hidden_layers"]
    if r["no_rope_layers"] is None:
        return [(layer + 1) % r["no_rope_layer_interval"] != 0 for layer in range(layers)]
    if len(r["no_rope_layers"]) < layers:
        r.refuse("no_rope_layers", f"has {len(r['no_rope_layers'])} items for {layers} layers")
    return [bool(turned) for turned in r["no_rope_layers"][:layers]]


def _derive_mistral_large4(r: Reading) -> Mapping[str, float]:
    """Layers may take another's keys; those without positions expand what carries it elsewhere."""
    given = checked(r)
    all_indexed(r)
    if r["q_lora_rank"] is not None:
        r.refuse("q_lora_rank", "is not null, but this architecture compresses no queries")
    layers, d, heads = r["num_hidden_layers"], r["hidden_size"], r["num_attention_heads"]
    sources, turned = _kv_sources(r), _with_positions(r)
    if r.problems:
        return {}
    query, rank = r["qk_nope_head_dim"] + r["qk_rope_head_dim"], r["kv_lora_rank"]
    parts = []
    for layer, source in enumerate(sources):
        rope = r["qk_rope_head_dim"] if turned[layer] else 0
        widths = {"qk_rope_head_dim": rope, "qk_nope_head_dim": query - rope}
        # Each head scales its queries by their position.
        here = mixers.latent_attention(replace(r, values=r.values | widths)).plus(0, 2 * heads)
        if source != layer:
            compressed = rank + rope
            here = here.plus(-d * compressed, -rank - compressed * r["attention_bias"])
        parts.append((1, here))
    number, head, indexers = r["index_n_heads"], r["index_head_dim"], sum(selecting(r))
    selected = mixers.Mixer(d * (number * head + number + head), 2 * (d + head + number))
    own = {*sources}
    with_rope = sum(turned[layer] for layer in own)
    return given | mixers.typed(*parts, (indexers, selected)) | {
        "num_sliding_window_layers": layers,
        **caches.kept(
            full=len(own) * rank + with_rope * r["qk_rope_head_dim"], indexer=indexers * head
        ),
        # The frequencies that positions are turned by are learned, once for all layers.
        "other_params": -(-r["qk_rope_head_dim"] // 2),
    }  # fmt: skip


_OWN = ("num_attention_heads", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim",
        "qk_rope_head_dim", "v_head_dim")  # fmt: skip


def _dots3_kinds(r: Reading) -> list[str]:
    selects = r["use_dsa"]
    if r["layer_types"] is None:
        full = FULL if selects is False else INDEXED_KIND
        windowed = r["use_sliding_window"]
        return [
            SLIDING if windowed and layer > 1 and layer % 4 != 1 else full
            for layer in range(r["num_hidden_layers"])
        ]
    if selects is None:
        selects = r["per_layer_config"] is None or None
    renamed = {True: {FULL: INDEXED_KIND}, False: {INDEXED_KIND: FULL}, None: {}}[selects]
    found = [renamed.get(kind, kind) for kind in r.one_per_layer("layer_types")]
    if other := set(found) - {FULL, SLIDING, INDEXED_KIND}:
        r.refuse("layer_types", f"has {sorted(other)}; known are full, sliding, indexed attention")
    return found


def _dots3_layers(r: Reading) -> Iterator[tuple[str, Reading]]:
    """Give for each layer its kind, and the config with the layer's own sizes."""
    in_window = {name: r[f"swa_{name}"] for name in _OWN}
    if in_window["qk_rope_head_dim"] is None:
        in_window["qk_rope_head_dim"] = r["swa_head_dim"] - r["swa_qk_nope_head_dim"]
    listed = r["per_layer_config"]
    own = {int(number): sizes for number, sizes in (listed or {}).items()}
    for layer, kind in enumerate(_dots3_kinds(r)):
        sizes = own.get(layer, {})
        if listed is None and kind == SLIDING:
            sizes = in_window
        if other := set(sizes) - {*_OWN, "head_dim", "num_key_value_heads"}:
            r.refuse("per_layer_config", f"has {sorted(other)}, which is not modelled")
        found = replace(r, values=r.values | sizes)
        heads = found["num_attention_heads"]
        if sizes.get("num_key_value_heads", heads) != heads:
            r.refuse("per_layer_config", f"has num_key_value_heads other than the {heads} heads")
        yield kind, found


def _derive_dots3(r: Reading) -> Mapping[str, float]:
    """Layers of each kind have their own sizes; heads have a gate, and positions a norm."""
    if isinstance(r["moe_layer_freq"], list):
        if r["mlp_layer_types"] is None:
            leading, chosen = r["first_k_dense_replace"], r.one_per_layer("moe_layer_freq")
            r.values["mlp_layer_types"] = [
                "sparse" if layer >= leading and expert else "dense"
                for layer, expert in enumerate(chosen)
            ]
        r.values["moe_layer_freq"] = None
    given = checked(r)
    if not r["n_shared_experts"]:
        r.refuse("n_shared_experts", f"is {r['n_shared_experts']}, expected at least 1")
    if r["swa_head_dim"] <= r["swa_qk_nope_head_dim"] and r["swa_qk_rope_head_dim"] is None:
        r.refuse("swa_head_dim", "is not more than swa_qk_nope_head_dim")
    if not compressed_queries(r) or r.problems:
        return {}
    r.values["sliding_window"] = r["sliding_window"] or r["sliding_window_size"]
    parts: list[tuple[int, mixers.Mixer]] = []
    kinds: Counter[str] = Counter()
    held: Counter[bool] = Counter()
    for kind, layer in _dots3_layers(r):
        kinds[kind] += 1
        held[kind == SLIDING] += layer["kv_lora_rank"] + layer["qk_rope_head_dim"]
        gate = r["hidden_size"] * layer["num_attention_heads"]
        parts.append((1, mixers.latent_attention(layer).plus(gate, layer["qk_rope_head_dim"])))
        if kind == INDEXED_KIND:
            parts.append((1, mixers.indexer(layer)))
    selecting_layers = kinds[INDEXED_KIND]
    keys = selecting_layers * r["index_head_dim"]
    given |= mixers.typed(*parts) | caches.kept(full=held[False], window=held[True], indexer=keys)
    if kinds[SLIDING]:
        given |= {"sliding_window": r["sliding_window"]}
    if selecting_layers:
        r.unclear["num_sliding_window_layers"] = f"{selecting_layers} layers see selected tokens"
        return given
    return given | {"num_sliding_window_layers": kinds[SLIDING]}


_DOTS3 = deepseek(leading=1, q_rank=1024) | INDEXER | NO_CORE | LAYER_TYPES | {
    name: need() for name in mixers.LATENT if name != "attention_bias"
} | {
    "index_n_heads": may(64),
    "q_lora_rank": may(1024, null=True),
    "moe_layer_freq": Key((), EACH_OR_EVERY, 1),
    "shared_experts_intermediate_size|moe_shared_expert_intermediate_size":
        may(1536, "shared_expert_intermediate_size"),
    "use_dsa": may(None, kind="flag"),
    "use_sliding_window": may(True, kind="flag"),
    "sliding_window": may(None),
    "sliding_window_size": may(512),
    "per_layer_config": OVERRIDES,
    "swa_num_attention_heads": may(64),
    "swa_q_lora_rank": may(1024),
    "swa_kv_lora_rank": may(1024),
    "swa_head_dim": may(256),
    "swa_qk_nope_head_dim": may(192),
    "swa_qk_rope_head_dim": may(None),
    "swa_v_head_dim": may(128),
}  # fmt: skip
_DOTS3_TEXT = Adapter(
    _DOTS3, derive=_derive_dots3, untold_mtp=True,
    irrelevant=frozenset({"swa_num_key_value_heads"}),  # latents have no heads
    note=f"{INDEXED}. Layers differ in the sizes of attention, which no field describes: it is"
    " counted as a whole",
)  # fmt: skip
_MISTRAL_LARGE4 = Adapter(
    deepseek(leading=1, q_rank=None) | INDEXER | SELECTING | LAYER_TYPES | {
        "index_n_heads": may(32),
        "no_rope_layers": may(None, kind="numbers"),
        "no_rope_layer_interval": may(4),
        "kv_source_layers": may(None, kind="numbers"),
    },
    derive=_derive_mistral_large4, note=INDEXED, untold_mtp=True,
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "axk2": Adapter(
        deepseek(leading=1, q_rank=384) | INDEXER | LAYER_TYPES | {
            "index_n_heads": may(16),
            "gated_norm_rank": may(16),
        },
        derive=_derive_axk2,
        note=f"{INDEXED}. Gates of norms are among the other parameters, their FLOPs among those"
        " of attention's projections",
    ),
    "mistral_large4": tied_outside(_MISTRAL_LARGE4),
    "mistral_large4_text": _MISTRAL_LARGE4,
    "dots3_note": text_or_flat(_DOTS3_TEXT),
    "dots3_note_text": _DOTS3_TEXT,
}  # fmt: skip
