"""Small configs of the architectures of ``hyper_connected``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_indexed import SELECTED, selected, selecting
from tests.oracle.varied_plain import flip, kinds, routed, shape, width
from tests.oracle.varied_qwen_glm import OUTSIDE, pictures

FULL, LINEAR = "indexed_attention", "linear_attention"
WINDOW, SPARSE, HEAVY = (
    "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"
)  # fmt: skip


def _hy4(r: Random) -> dict[str, Any]:
    config = selected(r, leading=False) | {"hc_mult": r.choice([1, 2, 3])}
    if flip(r):
        rest = r.choices(["full", "shared"], k=config["num_hidden_layers"] - 1)
        config["indexer_types"] = ["full", *rest]
    return config


def _hy4_pictures(r: Random) -> dict[str, Any]:
    text = _hy4(r) | {"qk_rope_head_dim": 8}
    text["rope_parameters"] = {
        "rope_type": "default",
        "rope_theta": 1e4,
        "mrope_section": [2, 1, 1],
    }
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_image_size": 32, "out_hidden_size": text["hidden_size"],
    }  # fmt: skip
    return pictures(text, "hy_v4_vl_text") | {"vision_config": vision}


def _deepseek4(r: Random) -> dict[str, Any]:
    sizes = shape(r) | {"num_key_value_heads": 1, "head_dim": r.choice([8, 16])}
    layers, groups = sizes["num_hidden_layers"], r.choice([1, 2])
    listed: list[dict[str, Any]] = [
        {},
        {"layer_types": kinds(r, layers, WINDOW, SPARSE, HEAVY)},
        {"compress_ratios": [*r.choices([0, 4, 128], k=layers), 0]},
    ]
    rates: list[dict[str, Any]] = [
        {},
        {"compress_rates": {SPARSE: r.choice([2, 3]), HEAVY: r.choice([5, 8])}},
        {"compress_rate_csa": 3, "compress_rate_hca": 7},
    ]
    routing: list[dict[str, Any]] = [
        {},
        {"num_hash_layers": r.randint(0, layers)},
        {"mlp_layer_types": r.choices(["hash_moe", "moe"], k=layers)},
    ]
    return sizes | routed(r, "n_routed_experts") | r.choice(listed) | r.choice(rates) | {
        "moe_intermediate_size": width(r),
        "q_lora_rank": r.choice([9, 14]),
        "o_groups": groups,
        "o_lora_rank": r.choice([6, 10]),
        "index_n_heads": r.choice([1, 3]),
        "index_head_dim": r.choice([8, 12]),
        "index_topk": r.choice([2, 60]),
        "partial_rotary_factor": 0.5,
        "hc_mult": r.choice([1, 2, 3]),
        "mlp_bias": flip(r),
        "sliding_window": r.choice([5, 100]),
    } | r.choice(routing)  # fmt: skip


def _glm5(r: Random) -> dict[str, Any]:
    text = selected(r, leading=False)
    layers = text["num_hidden_layers"]
    if layers < 4:  # the first three are dense, if not listed
        text["mlp_layer_types"] = kinds(r, layers, "sparse", "dense")
    linear: list[dict[str, Any]] = [
        {"linear_head_dim": 6, "linear_num_heads": 3, "linear_conv_kernel_dim": 2},
        {"linear_attn_config": {"head_dim": 6, "num_heads": 1, "short_conv_kernel_size": 4}},
    ]
    text |= selecting(r, layers) | r.choice(linear) | {
        "qk_rope_head_dim": 0,
        "num_key_value_heads": text["num_attention_heads"],
        "layer_types": r.choice([None, kinds(r, layers, FULL, LINEAR)]),
        "index_topk": 4 * r.choice([1, 20]),
        "index_kpool": r.choice([2, 4]),
        "hc_mult": r.choice([1, 2, 3]),
    }  # fmt: skip
    if text["layer_types"] is not None and "indexer_types" in text:
        # The first layer of softmax attention has none before it to take a selection from.
        text["indexer_types"][text["layer_types"].index(FULL)] = "full"
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
        "out_hidden_size": text["hidden_size"], "projection_intermediate_size": 16,
    }  # fmt: skip
    whole = text if flip(r) else pictures(text, "glm5_next_text")
    return whole | {"vision_config": vision}


_STREAMS = (("norms and other", r"(^|[._])hc[._]"),)
_BIASES = (("norms and other", r"shared_experts\.\w+\.bias"),)
_MIXED = SELECTED | {"linear": False}
FAMILIES = (
    Family("hy_v4", _hy4, places=_STREAMS, **SELECTED),
    Family("hy_v4_vl", _hy4_pictures, head="HYV4VLForConditionalGeneration", outside=OUTSIDE,
           places=_STREAMS, **SELECTED),
    Family("deepseek_v4", _deepseek4, places=_STREAMS + _BIASES, **_MIXED),
    Family("glm5_next", _glm5, head="Glm5NextForConditionalGeneration", outside=OUTSIDE,
           places=_STREAMS, **_MIXED),
)  # fmt: skip
