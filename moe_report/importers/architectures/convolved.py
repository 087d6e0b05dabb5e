"""Architectures whose attention has short convolutions in it (Inkling, ZAYA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Reading, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    NO_CORE,
    SHAPE,
    TIED,
    TOP_K,
    WINDOW,
    head_dim,
)
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    MLP_TYPES,
    MTP,
    sparse,
)
from moe_report.importers.architectures.text_part import text_part
from moe_report.schema.parts import Part

FULL, WINDOWED = "hybrid", "hybrid_sliding"
_CORE = (
    "Attention is biased by position, and its heads may differ between layers, which no field"
    " describes: the attention core is left out"
)
_ROUTER = (
    "The router also scores the shared experts, which no field describes: its parameters are"
    " given, and those FLOPs with attention's"
)


def _heads(r: Reading, *, windowed: bool) -> tuple[int, int, int]:
    """Give the query heads of a kind of layer, its heads of keys and values, and their width."""
    names = ("num_attention_heads", "num_key_value_heads", "head_dim")
    heads, kv, width = (r[f"swa_{name}" if windowed else name] for name in names)
    if heads % kv:
        r.refuse("num_key_value_heads", f"is {kv}, of which the {heads} heads are no multiple")
    return heads, kv, width


def _attention(r: Reading, *, windowed: bool) -> mixers.Mixer:
    """Inkling's attention: keys, values and the layer's two outputs go through a convolution."""
    d, kernel = r["hidden_size"], r["conv_kernel_size"]
    heads, kv, width = _heads(r, windowed=windowed)
    reach = r["sliding_window_size"] if windowed else r["rel_extent"]
    matrices = d * (2 * heads * width + 2 * kv * width + heads * r["d_rel"])
    convolutions = kernel * (2 * kv * width + 2 * d)
    return mixers.Mixer(matrices + convolutions, r["d_rel"] * reach)


def _layers(r: Reading) -> tuple[int, int]:
    """Count the layers that see everything, and those with a window."""
    layers = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        found = mixers.kinds(r, "layer_types", FULL, WINDOWED)
        return found[FULL], found[WINDOWED]
    if r.values.get("local_layer_ids") is not None:
        windows = len(set(r["local_layer_ids"]) & set(range(layers)))
    else:
        windows = layers - layers // 6
    return layers - windows, windows


def _further_tokens(r: Reading, width: int) -> Mapping[str, float]:
    """Dense layers that predict further tokens, each behind a matrix and two norms."""
    d, number = r["hidden_size"], r["num_nextn_predict_layers"] or 0
    local = set(r["mtp_local_layer_ids"] or ())
    total = d if number and r["chain_hidden_post_norm"] else 0
    for layer in range(number):
        windowed = layer in local
        mixer = _attention(r, windowed=windowed)
        norms = 2 * r["swa_head_dim" if windowed else "head_dim"] + 4 * d
        total += mixer.products + mixer.others + norms + 3 * d * width + 1 + 2 * d * d
    return {"num_nextn_predict_layers": number, Part.FURTHER_PREDICTION: total}


def _derive_inkling(r: Reading) -> Mapping[str, float]:
    mixers.untied(r)
    full, windows = _layers(r)
    moe = dict(sparse(r, lambda layer: layer >= (r["dense_mlp_idx"] or 0)))
    d, layers, expert = r["hidden_size"], r["num_hidden_layers"], r["moe_intermediate_size"]
    width = r["intermediate_size"]
    if r["dense_intermediate_size"] is not None:  # then the plain width is that of experts
        expert, width = width, r["dense_intermediate_size"]
    if r["n_shared_experts"] == 0:
        r.refuse("n_shared_experts", "is 0, but this architecture always shares experts")
    if expert is None:
        r.refuse("moe_intermediate_size", "is missing")
        return {}
    norms = 2 * (full * r["head_dim"] + windows * r["swa_head_dim"])
    given = mixers.typed(
        (full, _attention(r, windowed=False)), (windows, _attention(r, windowed=True))
    )
    if r["unpadded_vocab_size"] not in (None, r["vocab_size"]):
        r.notes.append("The output head is counted with the rows of vocab_size")
    r.notes.append(_CORE)
    number, scored = moe["num_moe_layers"], r["n_routed_experts"] + r["n_shared_experts"]
    shared_scores = number * r["n_shared_experts"] * d
    return moe | {
        Part.ATTENTION_PROJECTIONS: given[Part.ATTENTION_PROJECTIONS] + shared_scores,
        Part.ATTENTION: given[Part.ATTENTION] + norms,
        "num_sliding_window_layers": windows,
        "moe_intermediate_size": expert,
        "intermediate_size": width,
        # The scores have a scale for all of them.
        Part.ROUTER: number * (scored * d + 1),
        # The embedding has a norm, and the FFN of a dense layer a scale.
        "other_params": d + layers - number,
        **_further_tokens(r, width),
    }


def _shorter_head(r: Reading) -> Mapping[str, float]:
    """An output head of fewer rows than the embedding: the vocabulary is its own."""
    padded, rows = r["vocab_size"], r["unpadded_vocab_size"]
    if rows == padded:
        return {}
    r.notes.append(
        f"The output head has {rows} rows, and the embedding {padded}: vocab_size is the head's,"
        " and the embedding's parameters are given"
    )
    return {"vocab_size": rows, Part.EMBEDDING: padded * r["hidden_size"]}


def _attentions2(r: Reading) -> tuple[mixers.Mixer, mixers.Mixer]:
    """Inkling 2's attention, where all is seen and in a window."""
    d = r["hidden_size"]
    of_kinds = []
    for windowed in (False, True):
        heads, kv, width = _heads(r, windowed=windowed)
        # A gate, a sink, and a scale of each query and each position.
        mixer = _attention(r, windowed=windowed).plus(
            d * heads * (width + 1), heads * (width + r["d_rel"])
        )
        of_kinds.append(mixer if windowed else mixer.plus(2 * d * kv * r["conv_kernel_size"]))
    return of_kinds[0], of_kinds[1]


def _derive_inkling2(r: Reading) -> Mapping[str, float]:
    mixers.untied(r)
    full, windows = _layers(r)
    d, layers = r["hidden_size"], r["num_hidden_layers"]
    seeing, windowed = _attentions2(r)
    # The last layer's output and both inputs of each layer are chosen from earlier outputs by a
    # learned query; where all is seen, queries, keys and values have one each, and a norm.
    first_full = bool(r["layer_types"]) and r["layer_types"][0] == FULL
    choices = 2 * layers + 2 * (full - int(first_full))
    r.notes.append(_CORE)
    return mixers.typed((full, seeing), (windows, windowed)) | {
        "num_sliding_window_layers": windows,
        "other_params": d * (1 + choices + 2 * full),
        **_shorter_head(r),
    }


def _derive_loop(r: Reading) -> Mapping[str, float]:
    """Inkling 2 with layers that a token passes several times: each pass is given as layers."""
    layers, start, end = (
        r[key] for key in ("num_hidden_layers", "loop_layer_index_start", "loop_layer_index_end")
    )
    if not start < end <= layers:
        r.refuse("loop_layer_index_end", f"is {end}, expected more than {start}, at most {layers}")
        return {}
    kinds = r["layer_types"] or [WINDOWED if (n + 1) % 6 else FULL for n in range(layers)]
    given = dict(_derive_inkling2(r))
    d, looped, more = r["hidden_size"], end - start, r["loop_num_passes"] - 1
    windows = kinds[start:end].count(WINDOWED)
    seeing, windowed = _attentions2(r)
    passes = mixers.typed((more * (looped - windows), seeing), (more * windows, windowed))
    # From the second pass on, queries, keys, values and the FFN's input take in a message of the
    # pass before, through two gates that share a compressed form.
    gates = looped * 4 * 4 * d * r["loop_gate_rank"]
    messages = looped * 4 * d
    expert = 3 * d * r["moe_intermediate_size"]
    r.notes.append(
        f"{looped} layers are passed {more + 1} times, and are given as {(more + 1) * looped}:"
        " FLOPs and cache follow them; their parameters are counted once, and the experts of one"
        " pass are the active ones"
    )
    return given | {
        "num_hidden_layers": layers + more * looped,
        "num_sliding_window_layers": given["num_sliding_window_layers"] + more * windows,
        Part.ATTENTION_PROJECTIONS: given[Part.ATTENTION_PROJECTIONS]
        + passes[Part.ATTENTION_PROJECTIONS]
        + more * gates,
        Part.ROUTER: layers * r["n_routed_experts"] * d,
        Part.ONE_EXPERT: layers * expert,
        Part.NORMS_AND_OTHER: d * (2 * layers + 1) + given["other_params"] + gates + messages,
    }


def _derive_zaya(r: Reading) -> Mapping[str, float]:
    if r["num_experts_per_tok"] != 1:
        r.refuse("num_experts_per_tok", "is not 1, but this architecture takes one expert a token")
    d, layers, width = r["hidden_size"], r["num_hidden_layers"], r["head_dim"]
    heads, kv = r["num_attention_heads"], r["num_key_value_heads"]
    if heads % kv:
        r.refuse("num_key_value_heads", f"is {kv}, of which the {heads} heads are no multiple")
    if kv * width % 2:
        r.refuse("head_dim", "and num_key_value_heads are odd, but values come in two halves")
    windows = 0
    if r["layer_types"] is not None:
        windows = mixers.kinds(r, "layer_types", FULL, WINDOWED)[WINDOWED]
    if windows and not r["sliding_window"]:
        r.refuse("sliding_window", "is null, but layers have one")
    channels = (heads + kv) * width
    products = d * (2 * heads + 2 * kv) * width
    products += channels * (r["cca_time0"] + width * r["cca_time1"])
    bias = (heads + 2 * kv) * width + d if r["attention_bias"] else 0
    rank = r["router_hidden_size"]
    router = d * rank + 2 * rank * rank + rank * (r["num_experts"] + 1) + 4 * rank
    matrix = r["vocab_size"] * d
    return {
        "num_sliding_window_layers": windows,
        Part.ATTENTION_PROJECTIONS: layers * products,
        Part.ATTENTION: layers * (products + 2 * channels + kv + bias),
        # Each layer but the first scales what the router before it worked out.
        Part.ROUTER: layers * router + (layers - 1) * rank,
        Part.ONE_EXPERT: layers * 3 * d * r["moe_intermediate_size"],
        Part.EMBEDDING: matrix,
        Part.UNEMBEDDING: (0 if r["tie_word_embeddings"] else matrix)
        + (r["vocab_size"] if r["lm_head_bias"] else 0),
        # Two norms a layer; two sums, each of two things with a scale and a bias; both at the end.
        Part.NORMS_AND_OTHER: d * (10 * layers + 3),
    }


_INKLING = SHAPE | TOP_K | NO_CORE | LAYER_TYPES | {
    "tie_word_embeddings": may(None, kind="flag"),
    "num_key_value_heads": need(),
    "head_dim": may(128),
    "swa_head_dim": may(128),
    "d_rel": may(16),
    "rel_extent": may(1024),
    "conv_kernel_size|sconv_kernel_size": may(4),
    "n_routed_experts|num_local_experts": need("num_experts"),
}  # fmt: skip
_ONE = Adapter(
    _INKLING | MLP_TYPES | MTP | {
        "swa_num_attention_heads": may(64),
        "swa_num_key_value_heads": may(16),
        "sliding_window_size|sliding_window": may(512, "sliding_window"),
        "local_layer_ids": may(None, kind="numbers"),
        "dense_mlp_idx": may(None, minimum=0),
        "intermediate_size": need(),
        "dense_intermediate_size": may(None),
        "moe_intermediate_size": may(None),
        "n_shared_experts": may(2, "num_shared_experts"),
        "unpadded_vocab_size": may(None),
        "mtp_hidden_states_first": may(True, kind="flag"),
        "mtp_local_layer_ids": may(None, kind="numbers"),
        "chain_hidden_post_norm": may(False, kind="flag"),
    },
    derive=_derive_inkling, note=_ROUTER, cache=caches.CONVOLVED,
    irrelevant=frozenset({
        "shared_expert_sink", "rms_norm_eps_moe_gate", "logits_mup_width_multiplier",
    }),
)  # fmt: skip
_INKLING2 = _INKLING | {
    "unpadded_vocab_size": may(200058),
    "swa_num_attention_heads": may(48),
    "swa_num_key_value_heads": may(8),
    "sliding_window_size|sliding_window": may(1024, "sliding_window"),
    "moe_intermediate_size|intermediate_size": need("moe_intermediate_size"),
}
_BOUNDARIES = frozenset({"n_layers_per_attn_res_block"})  # where sums begin anew
_TWO = Adapter(_INKLING2, derive=_derive_inkling2, cache=caches.CONVOLVED, irrelevant=_BOUNDARIES)
_LOOP = Adapter(
    _INKLING2 | {
        "swa_num_attention_heads": may(24),
        "loop_layer_index_start|loop_config.core_start": may(6),
        "loop_layer_index_end|loop_config.core_end": may(18),
        "loop_num_passes|loop_config.num_passes": may(3),
        "loop_gate_rank|loop_config.gate_rank": may(64),
    },
    irrelevant=_BOUNDARIES, derive=_derive_loop, cache=caches.CONVOLVED,
)  # fmt: skip


# How checkpoints tell of layers for further tokens, outside of the text part.
_OUTSIDE = {
    "num_nextn_predict_layers": "num_nextn_predict_layers",
    "mtp_local_layer_ids": "local_layer_ids",
    "chain_hidden_post_norm": "chain_hidden_post_norm",
}


def _with_mtp_outside(adapter: Adapter) -> Adapter:
    keys = {}
    for spellings, key in adapter.keys.items():
        outside = _OUTSIDE.get(spellings.partition("|")[0].rpartition(".")[2])
        keys[f"{spellings}|mtp_config.{outside}" if outside else spellings] = key
    return replace(adapter, keys=keys)


ADAPTERS: Mapping[str, Adapter] = {
    "inkling_mm_model": _with_mtp_outside(text_part(_ONE)),
    "inkling_text": _ONE,
    "inkling2": text_part(_TWO),
    "inkling2_text": _TWO,
    "inkling2_loop": text_part(_LOOP),
    "inkling2_loop_text": _LOOP,
    "zaya": Adapter(
        SHAPE | TIED | LAYER_TYPES | {
            "hidden_size": need(),
            "num_key_value_heads": may(2, "num_key_value_heads"),
            "num_experts_per_tok": may(1, "num_experts_per_tok"),
            "num_experts": need("num_experts"),
            "moe_intermediate_size": need(),
            **head_dim(128),
            **WINDOW,
            **ATTENTION_BIAS,
            "lm_head_bias": may(False, kind="flag"),
            "router_hidden_size": may(256),
            "cca_time0": may(2),
            "cca_time1": may(2),
        },
        derive=_derive_zaya, cache=caches.DELAYED,
        note="Routers are small networks, which no field describes: components are given as a"
        " whole, and hidden_size, and so the FLOPs of routers and experts, are left out. A token"
        " may be sent past all experts: active parameters are the most that it can take",
    ),
}  # fmt: skip
