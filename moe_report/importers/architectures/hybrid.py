"""Architectures that mix softmax attention with linear attention or convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moe_report.importers.adapter import REQUIRED, Adapter, Reading, may, need
from moe_report.importers.architectures import mixers
from moe_report.importers.architectures.common import (
    ATTENTION_BIAS,
    BASE,
    EXPERTS,
    HEAD_DIM,
    LOCAL,
    SHAPE,
    TIED,
    TOP_K,
    WINDOW,
    head_dim,
    kv_heads,
    one_value,
    only,
    shared_width,
    window,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, SPARSE_STEP, sparse_step
from moe_report.importers.architectures.text_part import NO_IMAGES, text_part, tied_outside
from moe_report.schema.parts import Part

_GATED = {"attn_output_gate": True}


def _derive_qwen3_next(r: Reading) -> Mapping[str, float]:
    only(r, _GATED)
    found = mixers.interval(r)
    softmax = mixers.attention(r, gated=True, qk_norm=True, bias="attention_bias")
    given = mixers.typed(
        (found[mixers.FULL], softmax), (found[mixers.LINEAR], mixers.gated_delta(r))
    )
    of_all = {"num_moe_layers": r["num_hidden_layers"]}
    given |= sparse_step(r) if "decoder_sparse_step" in r.values else of_all
    return given | _mtp(r, softmax)


_LARA = (mixers.LINEAR, mixers.SLIDING, mixers.LINEAR, mixers.FULL, mixers.SLIDING)


def _derive_lara(r: Reading) -> Mapping[str, float]:
    """Three kinds of layers, in turns of five if they are not listed."""
    if r["layer_types"] is None:
        turns = (_LARA[layer % len(_LARA)] for layer in range(r["num_hidden_layers"]))
        r.values["layer_types"] = list(turns)
    found = mixers.kinds(r, "layer_types", *_LARA)
    softmax = mixers.attention(r, qk_norm=True, bias="attention_bias")
    windows = found[mixers.SLIDING]
    return mixers.typed(
        (found[mixers.FULL] + windows, softmax), (found[mixers.LINEAR], mixers.gated_delta(r))
    ) | {"num_sliding_window_layers": windows}


def _mtp(r: Reading, softmax: mixers.Mixer) -> dict[str, float]:
    """Layers of softmax attention, behind one matrix and three norms; none if none is told of."""
    layers = r.values.get("mtp_num_hidden_layers")
    if layers is None:
        return {}
    d = r["hidden_size"]
    widths = r["num_experts"] * r["moe_intermediate_size"] + r["shared_expert_intermediate_size"]
    experts = d * (3 * widths + r["num_experts"] + 1)
    layer = softmax.products + softmax.others + experts + 2 * d
    return {
        "num_nextn_predict_layers": layers,
        Part.FURTHER_PREDICTION: layers and layers * layer + 2 * d * d + 3 * d,
    }


def _derive_minimax(r: Reading) -> Mapping[str, float]:
    layers = r["num_hidden_layers"]
    if r["layer_types"] is not None:
        full = mixers.kinds(r, "layer_types", mixers.FULL, mixers.LINEAR)[mixers.FULL]
    elif r["attn_type_list"] is not None:
        full = sum(r.one_per_layer("attn_type_list"))
        if set(r["attn_type_list"]) - {0, 1}:
            r.refuse("attn_type_list", "may say 0 (linear) and 1 (softmax) only")
    else:
        full = (layers + 1) // 2
    if r["shared_intermediate_size"]:
        r.refuse("shared_intermediate_size", "is not 0; shared experts are not modelled here")
    window = {"num_sliding_window_layers": full if r["sliding_window"] else 0}
    return window | mixers.typed((full, mixers.attention(r)), (layers - full, mixers.lightning(r)))


def _derive_lfm2(r: Reading) -> Mapping[str, float]:
    found = mixers.kinds(r, "layer_types", mixers.FULL, "conv")
    softmax = mixers.attention(r, qk_norm=True)
    return mixers.typed((found[mixers.FULL], softmax), (found["conv"], mixers.short_convolution(r)))


_NO_ORACLE = "The model's own code is read as transformers has it under 'minimax'"
_QWEN = SHAPE | TOP_K | EXPERTS | kv_heads(2) | {
    "moe_intermediate_size": need("moe_intermediate_size"),
    **shared_width(512),
    **head_dim(256),
} | ATTENTION_BIAS | LAYER_TYPES | mixers.GATED_DELTA  # fmt: skip
_QWEN_FIXED = {"num_shared_experts": 1, "shared_expert_gate": 1}
_QWEN35 = Adapter(
    _QWEN | one_value(_GATED) | mixers.INTERVAL | {"mtp_num_hidden_layers": may(None, minimum=0)},
    fixed=_QWEN_FIXED, derive=_derive_qwen3_next, note=mixers.MIXED, untold_mtp=True,
    irrelevant=frozenset({"output_gate_type"}),
)  # fmt: skip
_MINIMAX = Adapter(
    LOCAL | kv_heads(8) | HEAD_DIM | WINDOW | LAYER_TYPES | {
        "attn_type_list": may(None, kind="numbers"),
        "shared_intermediate_size": may(None, minimum=0),
    },
    derive=_derive_minimax, irrelevant=frozenset({"shared_moe_mode", "postnorm"}),
    note=mixers.MIXED,
)  # fmt: skip
_MINIMAX_CODE = replace(_MINIMAX, note=f"{mixers.MIXED}. {_NO_ORACLE}")

ADAPTERS: Mapping[str, Adapter] = {
    "qwen3_next": Adapter(
        _QWEN | one_value(_GATED) | mixers.INTERVAL | SPARSE_STEP
        | {"intermediate_size": may(5632, "intermediate_size")},
        fixed=_QWEN_FIXED, derive=_derive_qwen3_next, note=mixers.MIXED, untold_mtp=True,
    ),
    "lara_mini": Adapter(
        _QWEN | {
            **TIED,
            **kv_heads(4),
            **head_dim(128),
            **window(512),
            "linear_num_key_heads": may(8),
            "linear_num_value_heads": may(16),
        },
        fixed={"num_shared_experts": 1}, derive=_derive_lara, note=mixers.MIXED,
    ),
    "qwen3_5_moe_text": _QWEN35,
    "qwen3_5_moe": tied_outside(_QWEN35, note=NO_IMAGES),
    "minimax": _MINIMAX,
    "minimax_text_01": _MINIMAX_CODE,
    "minimax_m1": _MINIMAX_CODE,
    "minimax_vl_01": text_part(_MINIMAX_CODE, note=NO_IMAGES),
    "lfm2_moe": Adapter(
        BASE | EXPERTS | kv_heads(8) | {
            "tie_word_embeddings|tie_embedding": may(True, "tie_word_embeddings"),
            "num_dense_layers": may(2, "first_k_dense_replace"),
            "layer_types": may(REQUIRED, kind="texts"),
            "conv_L_cache": may(3),
            "conv_bias": may(False, kind="flag"),
        },
        derive=_derive_lfm2,
        irrelevant=frozenset({"use_expert_bias"}),
        note=f"{mixers.MIXED}. Layers of short convolutions count as linear attention whose only"
        " state is the convolution's: their products are those of their weights",
    ),
}  # fmt: skip
