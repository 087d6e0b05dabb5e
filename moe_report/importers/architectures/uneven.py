"""Architectures whose attention has other heads, or wider ones, in some layers than in others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, is_count, may, need
from moe_report.importers.architectures import caches, mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    BASE,
    EXPERTS,
    FFN_WIDTHS,
    MLP_BIAS,
    NO_CORE,
    ROUTED,
    SHAPE,
    TIED,
    head_dim,
    kv_heads,
    one_value,
    only,
    shared_width,
    window,
)
from moe_report.importers.architectures.interleaved import every
from moe_report.importers.architectures.layers import (
    LAYER_TYPES,
    MLP_TYPES,
    MTP,
    gated_attention,
    sliding,
    sparse,
    without_mtp,
)
from moe_report.importers.architectures.text_part import NO_IMAGES, tied_outside
from moe_report.schema.parts import Part

UNEVEN = "Heads differ between layers, which no field describes: the attention core is left out"
_GATING = Kind(
    "true, 'per-head' or 'per-element'",
    lambda value: value is True or value in ("per-head", "per-element"),
)


_SINKS = {"add_swa_attention_sink_bias": True, "add_full_attention_sink_bias": False}
_SAME_IN_WINDOWS = ("num_attention_heads", "head_dim", "v_head_dim")


def _derive_mimo(r: Reading) -> Mapping[str, float]:
    only(r, _SINKS)
    layers, d = r["num_hidden_layers"], r["hidden_size"]
    given: dict[str, float] = {
        **sliding(r, lambda layer: layer > 0 and not every(6, layer)),
        **sparse(r, lambda layer: layer > 0),
    }
    if r["sliding_window_size"]:  # it leaves out the token itself
        given["sliding_window"] = r["sliding_window_size"] + 1
    for key, number in (
        ("hybrid_layer_pattern", "num_sliding_window_layers"), ("moe_layer_freq", "num_moe_layers")
    ):  # fmt: skip
        if r[key] is not None and sum(r.one_per_layer(key)) != given[number]:
            r.refuse(key, f"does not give the {given[number]} layers that other keys give")
    heads, key_width, value_width = r["num_attention_heads"], r["head_dim"], r["v_head_dim"]
    kv = r["num_key_value_heads"] or heads
    if r["swa_num_key_value_heads"] not in (None, 2 * kv):
        r.refuse("swa_num_key_value_heads", f"is not twice the {kv} of num_key_value_heads")
    for size in _SAME_IN_WINDOWS:
        if r[f"swa_{size}"] not in (None, r[size]):
            r.refuse(f"swa_{size}", f"is not {r[size]}, as in the other layers")
    if r["n_shared_experts"]:
        r.refuse("n_shared_experts", "is not 0, but this architecture shares no experts")
    if (key_width + value_width) % 2:
        r.refuse("v_head_dim", "and head_dim add up to an odd number, which is not modelled")
    swa = given["num_sliding_window_layers"]
    pairs = kv * (layers + swa)  # heads of keys and values, over all layers
    widths = key_width + value_width
    projections = d * widths * (layers * heads + pairs)
    bias = layers * heads * key_width + pairs * widths if r["attention_bias"] else 0
    given |= caches.kept(full=(layers - swa) * kv * widths, window=swa * 2 * kv * widths)
    return given | {
        "num_window_key_value_heads": 2 * kv,
        "head_dim": widths // 2,
        Part.ATTENTION_PROJECTIONS: projections,
        Part.ATTENTION: projections + bias + swa * heads,
    }


def _derive_laguna(r: Reading) -> Mapping[str, float]:
    heads = [r["num_attention_heads"]] * r["num_hidden_layers"]
    if r["num_attention_heads_per_layer"] is not None:
        heads = r.one_per_layer("num_attention_heads_per_layer")
    return {
        **sliding(r, lambda layer: False),
        **sparse(r, lambda layer: layer > 0),
        **gated_attention(r, sum(heads), per_head=r["gating"] != "per-element"),
        **_same_heads(r, set(heads)),
    }


def _same_heads(r: Reading, heads: set[int]) -> Mapping[str, float]:
    """Give the heads of a layer if they are as many in all layers."""
    if len(heads) == 1:
        return {"num_attention_heads": heads.pop()}
    r.notes.append(UNEVEN)
    return {}


def _is_overrides(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(
        number.isdigit() and isinstance(layer, dict) and all(map(is_count, layer.values()))
        for number, layer in value.items()
    ))  # fmt: skip


# What a layer has otherwise, by the layer's number.
OVERRIDES = Key(
    (), Kind("an object that gives whole numbers for numbers of layers", _is_overrides), None
)


def _gemma4_layers(r: Reading) -> Iterator[tuple[bool, int, int]]:
    """Give for each layer whether it has a window, the width of a head, and key heads."""
    last = r["num_hidden_layers"] - 1
    kinds = r["layer_types"] and r.one_per_layer("layer_types")
    overrides = {int(number): given for number, given in (r["per_layer_config"] or {}).items()}
    for layer in range(last + 1):
        full = layer == last or (kinds[layer] == "full_attention" if kinds else every(6, layer))
        given = overrides.get(layer, {})
        if r["per_layer_config"] is None and full:
            given = {"head_dim": r["global_head_dim"]}
            if r["attention_k_eq_v"] and r["num_global_key_value_heads"]:
                given["num_key_value_heads"] = r["num_global_key_value_heads"]
        width = given.get("head_dim", r["head_dim"])
        yield not full, width, given.get("num_key_value_heads", r["num_key_value_heads"])


_GEMMA4_PARTS = ("hidden_size_per_layer_input", "num_kv_shared_layers")


def _derive_gemma4(r: Reading) -> Mapping[str, float]:
    if not r["enable_moe_block"]:
        r.refuse("enable_moe_block", "is false: the model is not a Mixture-of-Experts")
    if r["use_bidirectional_attention"] == "all":
        r.refuse("use_bidirectional_attention", "is 'all', which is not modelled")
    for key in _GEMMA4_PARTS:
        if r[key]:
            r.refuse(key, "is not 0, which is not modelled with experts")
    sliding(r, lambda layer: False)  # refuses other kinds of layers
    if r.problems:
        return {}
    d, heads = r["hidden_size"], r["num_attention_heads"]
    products = others = windows = full = in_windows = 0
    window_heads = set()
    widths = set()
    for sliding_layer, width, kv in _gemma4_layers(r):
        pairs = kv * (1 if r["attention_k_eq_v"] and not sliding_layer else 2)
        products += d * width * (2 * heads + pairs)
        others += 2 * width + (width * (heads + pairs) + d if r["attention_bias"] else 0)
        windows += sliding_layer
        widths.add(width)
        if sliding_layer:
            in_windows += 2 * kv * width
            window_heads.add(kv)
        else:
            full += 2 * kv * width
    given = {
        "num_sliding_window_layers": windows,
        **caches.kept(full=full, window=in_windows),
        Part.ATTENTION_PROJECTIONS: products,
        Part.ATTENTION: products + others,
        "other_params": r["num_hidden_layers"] * d,
    }
    if len(window_heads) == 1:
        given["num_window_key_value_heads"] = window_heads.pop()
    if len(widths) > 1:
        r.notes.append(UNEVEN)
        return given
    return given | {"num_attention_heads": heads, "head_dim": widths.pop()}


def _derive_diffusion(r: Reading) -> Mapping[str, float]:
    """Gemma 4 that reads a text and writes a canvas, with the same weights but for an FFN."""
    if not r["tie_word_embeddings"]:
        r.refuse("tie_word_embeddings", "is false: reading and writing would have weights apart")
    if r["attention_bias"]:
        r.refuse("attention_bias", "is true, which is not modelled")
    as_gemma = dict.fromkeys(_NOT_OF_DIFFUSION, 0) | {
        "attention_k_eq_v": True, "enable_moe_block": True,
    }  # fmt: skip
    given = dict(_derive_gemma4(replace(r, values=r.values | as_gemma)))
    if r.problems:
        return {}
    of_gemma = ("num_attention_heads", "head_dim", "num_window_key_value_heads")
    for name in (*of_gemma, *caches.kept(full=0)):
        given.pop(name, None)
    d = r["hidden_size"]
    # What was written the step before goes through an FFN, with a norm.
    conditioning = mixers.Mixer(3 * d * r["intermediate_size"], d)
    windows = {"num_sliding_window_layers": r["num_hidden_layers"]}
    return mixers.beside_attention(given | windows, conditioning)


def _derive_step(r: Reading) -> Mapping[str, float]:
    without_mtp(r)
    layers, more = r["num_hidden_layers"], r["num_nextn_predict_layers"] or 0
    for key in ("layer_types", "mlp_layer_types"):
        if r[key] is not None and len(r[key]) == layers + more:
            r.values[key] = r[key][:layers]
    if r["mlp_bias"]:
        r.refuse("mlp_bias", "is true, which is not modelled")
    if r["use_head_wise_attn_gate"] is False:
        r.refuse("use_head_wise_attn_gate", "is false, but this architecture has a gate of heads")
    for windowed_size, size in (
        ("num_attention_groups", "num_key_value_heads"), ("head_dim", "head_dim")
    ):  # fmt: skip
        if r[f"sliding_{windowed_size}"] not in (None, r[size]):
            key = f"attention_other_setting.{windowed_size}"
            r.refuse(key, f"is not {r[size]}, as in the other layers")
    if r["attention_type"] not in (None, "sliding_attention"):
        r.refuse("attention_other_setting.attention_type", "is not 'sliding_attention'")
    enum = r["moe_layers_enum"]
    if enum is None and r["mlp_layer_types"] is None:
        for key, plain in (("moe_every_n_layer", 1), ("moe_layer_offset", 0)):
            if r[key] not in (None, plain):
                r.refuse(key, "is given without moe_layers_enum, and only that says what it means")
    listed = {int(x) for x in enum.split(",") if x.strip().isdigit()} if enum else range(3, layers)
    given = {**sliding(r, lambda layer: False), **sparse(r, lambda layer: layer in listed)}
    windowed = (r["layer_types"] or []).count("sliding_attention")
    heads = r["num_attention_heads"]
    other = r["num_sliding_attention_heads"] or heads
    number = {heads: layers - windowed}
    number[other] = number.get(other, 0) + windowed
    all_heads = sum(each * count for each, count in number.items())
    return {
        **given,
        **gated_attention(r, all_heads, per_head=True),
        **_same_heads(r, {each for each, count in number.items() if count}),
    }


_GEMMA4 = Adapter(
    SHAPE | TIED | NO_CORE | LAYER_TYPES | {
        "num_key_value_heads": need(),
        "head_dim": may(256),
        "global_head_dim": may(512),
        "num_global_key_value_heads": may(None),
        "per_layer_config": OVERRIDES,
        "attention_k_eq_v": may(False, kind="flag"),
        "attention_bias": may(False, kind="flag"),
        "sliding_window": may(512, "sliding_window"),
        # The dense FFN beside the experts of each layer is a shared expert.
        "intermediate_size": need("shared_expert_intermediate_size"),
        "moe_intermediate_size": need("moe_intermediate_size"),
        "num_experts": need("num_experts"),
        "top_k_experts|num_experts_per_tok": need("num_experts_per_tok"),
        "enable_moe_block": may(False, kind="flag"),
        "hidden_size_per_layer_input": may(256, minimum=0),
        "num_kv_shared_layers": may(0, minimum=0),
        "use_bidirectional_attention": may(None, kind="text"),
    },
    fixed={"num_shared_experts": 1, "num_norms_per_layer": 7, "router_bias": 1},
    derive=_derive_gemma4, irrelevant=frozenset({"vocab_size_per_layer_input"}),
)  # fmt: skip
_NOT_OF_DIFFUSION = (*_GEMMA4_PARTS, "attention_k_eq_v", "enable_moe_block", "sliding_window")
_DIFFUSION = Adapter(
    {name: key for name, key in _GEMMA4.keys.items() if name not in _NOT_OF_DIFFUSION},
    fixed=_GEMMA4.fixed, derive=_derive_diffusion, irrelevant=_GEMMA4.irrelevant,
    cache="a canvas is written anew beside the text that is kept",
    note="A token of the canvas attends to all of it and to the text, which no field describes: the"
    " attention core is left out. FLOPs are those of a token of the canvas in one step; what weighs"
    " the embedding with the scores of the step before, vocab_size times hidden_size, is left out."
    " The FFN that it goes through is among the other parameters, its FLOPs among those of"
    " attention's projections",
)  # fmt: skip
_STEP = Adapter(
    SHAPE | NO_CORE | LAYER_TYPES | MLP_TYPES | MTP | {
        "num_sliding_attention_heads|attention_other_setting.num_attention_heads": may(None),
        "num_key_value_heads|num_attention_groups": need("num_key_value_heads"),
        "head_dim": may(128, "head_dim"),
        **FFN_WIDTHS,
        "n_routed_experts|moe_num_experts|num_local_experts": need("num_experts"),
        "num_experts_per_tok|moe_top_k": need("num_experts_per_tok"),
        "share_expert_dim|share_expert_dims": may(1280, "shared_expert_intermediate_size"),
        "sliding_window": may(None, "sliding_window"),
        **ATTENTION_BIAS,
        **MLP_BIAS,
        "moe_layers_enum": may(None, kind="text"),
        "moe_every_n_layer": may(None),
        "moe_layer_offset": may(None, minimum=0),
        "use_head_wise_attn_gate": may(None, kind="flag"),
        "attention_other_setting.attention_type": may(None, kind="text"),
        "sliding_num_attention_groups|attention_other_setting.num_attention_groups": may(None),
        "sliding_head_dim|attention_other_setting.head_dim": may(None),
    },
    fixed={"num_shared_experts": 1}, derive=_derive_step,
    irrelevant=frozenset({
        "moe_router_scaling_factor", "moe_router_activation", "use_moe_router_bias", "use_moe",
        "norm_expert_weight",
    }),
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "mimo_v2_flash": Adapter(
        BASE | ROUTED | LAYER_TYPES | MLP_TYPES | kv_heads(4) | window(129) | {
            "head_dim": may(192),
            "v_head_dim": may(128),
            "attention_bias": may(False, kind="flag"),
            "sliding_window_size": may(None),
            "hybrid_layer_pattern": may(None, kind="numbers"),
            "moe_layer_freq": may(None, kind="numbers"),
            "swa_num_key_value_heads": may(None),
            **{f"swa_{size}": may(None) for size in _SAME_IN_WINDOWS},
            "n_shared_experts": may(None, minimum=0),
            **one_value(_SINKS),
        },
        untold_mtp=True, derive=_derive_mimo,
        irrelevant=frozenset({"attention_chunk_size"}),  # its code reads the window alone
        note="Keys and values differ in width, and in number between layers: head_dim is the mean"
        " width, and attention is counted as a whole",
    ),
    "laguna": Adapter(
        BASE | EXPERTS | LAYER_TYPES | MLP_TYPES | NO_CORE | kv_heads(8) | window(512)
        | shared_width(512) | head_dim(128) | ATTENTION_BIAS | {
            "gating": Key((), _GATING, True),
            "num_attention_heads_per_layer": may(None, kind="numbers"),
        },
        fixed={"num_shared_experts": 1, "router_bias": 1}, derive=_derive_laguna,
        irrelevant=frozenset({
            "moe_routed_scaling_factor", "moe_apply_router_weight_on_input",
            "moe_router_logit_softcapping",
        }),
    ),
    "gemma4_text": _GEMMA4,
    "gemma4": tied_outside(_GEMMA4, default=True),
    "diffusion_gemma": tied_outside(_DIFFUSION, default=True, note=NO_IMAGES),
    "diffusion_gemma_text": _DIFFUSION,
    "step3p5": _STEP,
    "step3p7": tied_outside(_STEP),
}  # fmt: skip
