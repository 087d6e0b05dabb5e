"""Small configs of the architectures of ``convolved``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import flip, kinds, routed, shape, some_layers, width, window

FULL, WINDOWED = "hybrid", "hybrid_sliding"


def _untied(r: Random) -> dict[str, Any]:
    """What both Inklings have; heads of their own in layers with a window, or the same."""
    sizes = shape(r)
    del sizes["tie_word_embeddings"]
    groups = r.choice([1, 2, 3])
    return sizes | {
        "head_dim": r.choice([8, 12]),
        "swa_head_dim": r.choice([8, 10]),
        "swa_num_attention_heads": groups * r.choice([1, 2]),
        "swa_num_key_value_heads": groups,
        "sliding_window_size": window(r),
        "d_rel": r.choice([2, 5]),
        "rel_extent": r.choice([7, 60]),
        "conv_kernel_size": r.choice([2, 4]),
        "moe_intermediate_size": width(r),
    } | routed(r, "n_routed_experts")  # fmt: skip


def _inkling(r: Random) -> dict[str, Any]:
    config = _untied(r)
    layers = config["num_hidden_layers"]
    where = r.choice([
        {}, {"layer_types": kinds(r, layers, FULL, WINDOWED)},
        {"local_layer_ids": some_layers(r, layers)},
    ])  # fmt: skip
    dense = r.choice([
        {}, {"mlp_layer_types": kinds(r, layers, "sparse", "dense")},
        {"dense_mlp_idx": r.randint(0, layers - 1)},
    ])  # fmt: skip
    widths = {"intermediate_size": width(r)}
    if flip(r):  # as checkpoints have it: the plain width is that of experts
        widths["dense_intermediate_size"] = width(r)
    return config | where | dense | widths | {
        "n_shared_experts": r.randint(1, 3),
        "num_mtp_layers": r.choice([None, 2]),
        "mtp_local_layer_ids": r.choice([None, [1]]),
        "chain_hidden_post_norm": flip(r),
    }  # fmt: skip


def _inkling2(r: Random) -> dict[str, Any]:
    config = _untied(r)
    layers = config["num_hidden_layers"]
    where = {"layer_types": kinds(r, layers, FULL, WINDOWED)} if flip(r) else {}
    rows = r.choice([config["vocab_size"], config["vocab_size"] - 7])
    return config | where | {
        "n_layers_per_attn_res_block": r.randint(1, 3), "unpadded_vocab_size": rows,
    }  # fmt: skip


def _loop(r: Random) -> dict[str, Any]:
    config = _inkling2(r)
    block = config["n_layers_per_attn_res_block"]
    start, more = block * r.randint(1, 2), block * r.randint(1, 2)
    layers = config["num_hidden_layers"] = start + more + r.randint(0, 2)
    config.pop("layer_types", None)
    names = ("loop_layer_index_start", "loop_layer_index_end", "loop_num_passes", "loop_gate_rank")
    published = ("core_start", "core_end", "num_passes", "gate_rank")
    sizes = (start, start + more, r.randint(1, 3), r.choice([3, 5]))
    loop = r.choice([
        dict(zip(names, sizes, strict=True)),
        {"loop_config": dict(zip(published, sizes, strict=True))},
    ])  # fmt: skip
    where = {"layer_types": kinds(r, layers, FULL, WINDOWED)} if flip(r) else {}
    return config | where | loop


def _loop_pictures(r: Random) -> dict[str, Any]:
    config = _with_pictures(r)
    text = {"model_type": "inkling2_loop_text"} | _loop(r)
    return {
        "text_config": text,
        "vision_config": config["vision_config"] | {"text_hidden_size": text["hidden_size"]},
    }


def _with_sound(r: Random) -> dict[str, Any]:
    text = _inkling(r)
    config = {
        "text_config": {"model_type": "inkling_text"} | text,
        "audio_config": {"n_mel_bins": 4, "mel_vocab_size": 4},
        "vision_config": {"hidden_size": 16, "num_hidden_layers": 8, "patch_size": 4},
    }
    if flip(r):  # as checkpoints have it
        names = {
            "num_mtp_layers": "num_nextn_predict_layers", "mtp_local_layer_ids": "local_layer_ids",
            "chain_hidden_post_norm": "chain_hidden_post_norm",
        }  # fmt: skip
        config["mtp_config"] = {
            outside: config["text_config"].pop(name) for name, outside in names.items()
        }
    return config


def _with_pictures(r: Random) -> dict[str, Any]:
    text = _inkling2(r)
    return {
        "text_config": {"model_type": "inkling2_text"} | text,
        "vision_config": {
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "projection_hidden_dim": 8, "posemb_grid_size": 2,
            "text_hidden_size": text["hidden_size"],
        },
    }  # fmt: skip


def _zaya(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    layers = sizes["num_hidden_layers"]
    windows: dict[str, Any] = {"layer_types": kinds(r, layers, FULL, WINDOWED)}
    return sizes | (windows | {"sliding_window": window(r)} if flip(r) else {}) | {
        "head_dim": r.choice([8, 12]),
        "num_experts": r.randint(2, 7),
        "num_experts_per_tok": 1,
        "moe_intermediate_size": width(r),
        "router_hidden_size": r.choice([6, 20]),
        "cca_time0": r.choice([2, 3]),
        "cca_time1": r.choice([2, 4]),
        "attention_bias": flip(r),
        "lm_head_bias": flip(r),
    }  # fmt: skip


_TYPES = {"moe_intermediate_size": 3072}
_OUTSIDE = r"vision|audio"
_PLACES = (
    ("norms and other", r"\.mlp\.global_scale$|attention_input|mlp_input|final_input|message_"),
    ("attention", r"_sconv\.|post_(attention|mlp)_convolution"),
)
_BIASED: dict[str, Any] = {
    "places": _PLACES, "linear": False, "core": False,
    "why": "no field describes attention that is biased by position: see test_selected_families",
}  # fmt: skip
FAMILIES = (
    Family("inkling_mm_model", _with_sound, {"text_config": _TYPES}, outside=_OUTSIDE,
           head="InklingForConditionalGeneration", **_BIASED),
    Family("inkling_text", _inkling, _TYPES, **_BIASED),
    Family("inkling2", _with_pictures, outside=_OUTSIDE,
           head="Inkling2ForConditionalGeneration", **_BIASED),
    Family("inkling2_text", _inkling2, **_BIASED),
    Family("inkling2_loop", _loop_pictures, outside=_OUTSIDE,
           head="Inkling2LoopForConditionalGeneration", **_BIASED),
    Family("inkling2_loop_text", _loop, **_BIASED),
    Family("zaya", _zaya, places=(("norms and other", "residual_scale|input_hidden_states"),),
           linear=False, why="no field describes its routers: see test_selected_families"),
)  # fmt: skip
