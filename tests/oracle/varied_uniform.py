"""Small configs of the further architectures of ``plain``, and of ``labelling``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import flip, head_dim, routed, shape, width
from tests.oracle.varied_qwen_glm import FFN_BIASES, OUTSIDE, mlp_types, pictures


def _flex_olmo(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_experts") | head_dim(r) | {
        "attention_bias": flip(r), "intermediate_size": width(r),
    }  # fmt: skip


def _minimax_m2(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_local_experts") | {
        "head_dim": r.choice([8, 12, 22]), "intermediate_size": width(r),
    }  # fmt: skip


def _granite_shared(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "num_local_experts") | head_dim(r) | {
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "shared_intermediate_size": r.choice([0, 10]),
    }  # fmt: skip


def _ernie(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    layers = sizes["num_hidden_layers"]
    start = r.randint(0, layers - 1)
    return sizes | routed(r, "moe_num_experts", "moe_k") | head_dim(r) | {
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "moe_num_shared_experts": r.randint(0, 2),
        "moe_layer_start_index": 0 if layers > 2 else start,
        "moe_layer_end_index": r.choice([-1, layers - 1]),
        "moe_layer_interval": r.choice([1, 2]) if layers > 2 else 1,
        "use_bias": flip(r),
    }  # fmt: skip


def _hunyuan(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    routing = routed(r, "num_experts", "moe_topk")
    if flip(r):
        routing["moe_topk"] = [routing["moe_topk"]] * sizes["num_hidden_layers"]
    return sizes | routing | {
        "head_dim": r.choice([8, 12, 22]), "attention_bias": flip(r), "intermediate_size": width(r),
    }  # fmt: skip


def _aria(r: Random) -> dict[str, Any]:
    return shape(r) | routed(r, "moe_num_experts", "moe_topk") | head_dim(r) | {
        "intermediate_size": width(r),
        "moe_num_shared_experts": r.randint(1, 3),
        "attention_bias": flip(r),
        "mlp_bias": flip(r),
    }  # fmt: skip


def _jetmoe(r: Random) -> dict[str, Any]:
    sizes = shape(r)
    del sizes["num_attention_heads"]
    return sizes | routed(r, "num_local_experts") | {
        "kv_channels": r.choice([8, 12, 22]), "intermediate_size": width(r),
    }  # fmt: skip


def _aria_pictures(r: Random) -> dict[str, Any]:
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    return pictures(_aria(r), "aria_text") | {
        "vision_config": vision, "projector_patch_to_query_dict": {"4": 4},
    }  # fmt: skip


def _ernie_vl(r: Random) -> dict[str, Any]:
    text = shape(r) | routed(r, "moe_num_experts", "moe_k") | {"head_dim": 16}
    text |= mlp_types(r, text) | {
        "intermediate_size": width(r),
        "moe_intermediate_size": [width(r), width(r)],
        "moe_num_shared_experts": r.randint(0, 2),
        "use_bias": flip(r),
        "rope_parameters": {
            "rope_type": "default", "rope_theta": 1e4, "mrope_section": [3, 3, 2],
        },
    }  # fmt: skip
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    return pictures(text, "ernie4_5_vl_moe_text") | {"vision_config": vision}


def _privacy_filter(r: Random) -> dict[str, Any]:
    labels = r.choice([
        {}, {"num_labels": 7}, {"id2label": {str(n): f"label {n}" for n in range(5)}},
    ])  # fmt: skip
    return shape(r) | routed(r, "num_local_experts") | labels | {
        "head_dim": r.choice([8, 12, 22]),
        "attention_bias": flip(r),
        "intermediate_size": width(r),
        "sliding_window": r.choice([4, 100]),
        "tie_word_embeddings": False,
    }  # fmt: skip


FAMILIES = (
    Family("flex_olmo", _flex_olmo),
    Family("minimax_m2", _minimax_m2),
    Family("openai_privacy_filter", _privacy_filter, core=False, windows=False,
           head="OpenAIPrivacyFilterForTokenClassification", places=(("unembedding", r"^score\."),),
           why="no field describes a window to both sides"),
    Family("granitemoeshared", _granite_shared),
    Family("ernie4_5_moe", _ernie, places=FFN_BIASES),
    Family("hunyuan_v1_moe", _hunyuan, {"head_dim": 128}, top_k="moe_topk"),
    Family("aria_text", _aria, top_k="moe_topk", places=FFN_BIASES),
    Family("aria", _aria_pictures, head="AriaForConditionalGeneration", outside=OUTSIDE,
           top_k="moe_topk", places=FFN_BIASES),
    Family("ernie4_5_vl_moe", _ernie_vl, outside=OUTSIDE, places=FFN_BIASES,
           head="Ernie4_5_VLMoeForConditionalGeneration"),
    Family("jetmoe", _jetmoe, attention=r"\.self_attention$", places=(
        ("router", r"\.mlp\.router\."),
        ("routed experts", r"\.(in|out)put_linear\."),
        ("attention", r"\.self_attention\."),
        ("norms and other", r"\.mlp\.bias$"),
    )),
)  # fmt: skip
