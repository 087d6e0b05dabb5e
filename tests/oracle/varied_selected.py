"""Small configs of the architectures of ``selected``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_hybrid import FULL, LINEAR
from tests.oracle.varied_plain import flip, head_dim, kinds, routed, shape, some_layers, width
from tests.oracle.varied_qwen_glm import OUTSIDE, pictures

SELECTED, BLOCKS = "indexed_attention", "minimax_m3_sparse"


def _minimax(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    layers, groups = sizes["num_hidden_layers"], sizes["num_key_value_heads"]
    flags = [int(kind == BLOCKS) for kind in kinds(r, layers, FULL, BLOCKS)]
    select = {"index_n_heads": groups, "index_head_dim": r.choice([8, 12])}
    where = r.choice([
        {}, select | {"layer_types": [(FULL, BLOCKS)[flag] for flag in flags]},
        {"sparse_attention_config": {
            "sparse_attention_freq": flags, "sparse_num_index_heads": groups,
            "sparse_index_dim": select["index_head_dim"], "sparse_topk_blocks": 2,
        }},
    ])  # fmt: skip
    dense = kinds(r, layers, "sparse", "dense")
    return sizes | routed(r, "num_local_experts") | where | r.choice([
        {}, {"mlp_layer_types": dense}, {"moe_layer_freq": [int(x == "sparse") for x in dense]},
    ]) | {
        "head_dim": r.choice([8, 12]),
        "rotary_dim": 4,
        "index_block_size": 16,
        "intermediate_size": width(r),
        "dense_intermediate_size": width(r),
        "shared_intermediate_size": width(r),
    }  # fmt: skip


def _minimax_pictures(r: Random) -> dict[str, Any]:
    return pictures(_minimax(r), "minimax_m3_vl_text") | {
        "vision_config": {
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "image_size": 28,
        },
        "projector_hidden_size": 8,
    }  # fmt: skip


def _qwen4(r: Random) -> dict[str, Any]:
    sizes, groups = shape(r), r.choice([1, 2])
    layers = sizes["num_hidden_layers"]
    listed = kinds(r, layers, r.choice([FULL, SELECTED]), LINEAR)
    config = (
        sizes
        | routed(r, "num_experts")
        | {
            "head_dim": r.choice([8, 12, 20]),
            "attention_bias": flip(r),
            "moe_intermediate_size": width(r),
            "shared_expert_intermediate_size": width(r),
            "linear_conv_kernel_dim": r.choice([2, 4]),
            "linear_key_head_dim": r.choice([4, 6]),
            "linear_value_head_dim": r.choice([4, 10]),
            "linear_num_key_heads": groups,
            "linear_num_value_heads": groups * r.choice([1, 2]),
            "hc_count": r.choice([2, 3]),
            "hc_lowrank": r.choice([5, 12]),
            "indexer_n_heads": r.choice([1, 3]),
            "indexer_kv_heads": 1,
            "indexer_head_dim": r.choice([20, 24]),
            "indexer_budget": 8,
            "indexer_compress_ratio": 4,
        }
        | r.choice([{}, {"full_attention_interval": r.randint(1, 3)}, {"layer_types": listed}])
    )
    names = config.get("layer_types")
    interval = config.get("full_attention_interval", 4)
    linear = [
        layer + 1
        for layer in range(layers)
        if (names[layer] == LINEAR if names else (layer + 1) % interval)
    ]
    if not linear or flip(r):
        return config
    heads = r.choice([2, 3])
    return config | {
        "tie_word_embeddings": False,
        "ple_layer_ids": [linear[at] for at in some_layers(r, len(linear))],
        "ple_embed_dim": 6 * heads,
        "ple_conv_kernel_size": r.choice([2, 3]),
        "ngram_size": r.choice([2, 3]),
        "heads_per_ngram": heads,
        "ngram_vocab_size_base": r.randint(1, 60),
        "make_ngram_vocab_size_divisible_by": r.choice([1, 16]),
    }


def _qwen4_pictures(r: Random) -> dict[str, Any]:
    return pictures(_qwen4(r), "qwen4_exp_text") | {
        "vision_config": {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2},
    }


def _doge(r: Random) -> dict[str, Any]:
    experts = r.choice([9, 16, 20])
    return shape(r) | head_dim(r) | {
        "is_moe": True,
        "num_experts": experts,
        "num_experts_per_tok": r.randint(1, 9),
        "intermediate_size": width(r),
        "attention_bias": flip(r),
        "mlp_bias": flip(r),
        "keep_window_size": r.choice([8, 100]),
    }  # fmt: skip


_SEE = "see test_selected_families"
_QSA = {
    "indexer_n_heads": 4, "indexer_kv_heads": 1, "indexer_head_dim": 256, "indexer_budget": 64,
    "indexer_compress_ratio": 16, "ple_layer_ids": [2], "eos_token_id": 2,
}  # fmt: skip
_QWEN4_PLACES = (
    ("embedding", r"\.ngram_embedding\."),
    ("norms and other", r"\.ple\.|hyper_connection"),
    ("attention", r"\.linear_attn\."),
    ("shared experts", r"\.shared_expert_gate\."),
)
_BLOCKS: dict[str, Any] = {
    "core": False, "windows": False, "why": "no field describes attention to selected blocks",
}  # fmt: skip
_STREAMS: dict[str, Any] = {
    "places": _QWEN4_PLACES, "linear": False, "core": False, "windows": False,
    "why": f"no field describes attention to selected tokens: {_SEE}",
}  # fmt: skip
FAMILIES = (
    Family("minimax_m3_vl", _minimax_pictures, outside=OUTSIDE,
           head="MiniMaxM3SparseForConditionalGeneration", **_BLOCKS),
    Family("minimax_m3_vl_text", _minimax, **_BLOCKS),
    Family("qwen4_exp", _qwen4_pictures, {"text_config": _QSA}, outside=OUTSIDE,
           head="Qwen4ExpForConditionalGeneration", **_STREAMS),
    Family("qwen4_exp_text", _qwen4, _QSA, **_STREAMS),
    Family("doge", _doge, {"is_moe": True}, places=(
               ("router", r"\.router_gate\."), ("routed experts", r"\.mlp\.(down|up)_embed\."),
               ("shared experts", r"\.mlp\.\w+_proj\."), ("norms and other", "_residual$"),
           ), linear=False, core=False, windows=False,
           why=f"no field describes attention to selected tokens, nor its routers: {_SEE}"),
)  # fmt: skip
