"""Small configs of the architectures of ``uneven``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import flip, kinds, routed, shape, width, window
from tests.oracle.varied_qwen_glm import OUTSIDE, base, grouped, layer_types, mlp_types, pictures


def _mimo(r: Random) -> dict[str, Any]:
    sizes = grouped(r) | {"num_attention_heads": 8, "num_key_value_heads": r.choice([1, 2, 4])}
    del sizes["n_shared_experts"]
    return sizes | layer_types(r, sizes) | mlp_types(r, sizes) | {
        "head_dim": r.choice([8, 12]), "v_head_dim": r.choice([6, 10]), "attention_bias": flip(r),
        "rope_parameters": {
            kind: {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5}
            for kind in ("full_attention", "sliding_attention")
        },
    }  # fmt: skip


def _laguna(r: Random) -> dict[str, Any]:
    sizes = base(r) | {"head_dim": r.choice([8, 12, 24])}
    if flip(r):
        heads = [sizes["num_key_value_heads"] * n for n in r.choices([1, 2, 3], k=6)]
        sizes["num_attention_heads_per_layer"] = heads[: sizes["num_hidden_layers"]]
    return sizes | layer_types(r, sizes) | mlp_types(r, sizes) | {
        "shared_expert_intermediate_size": width(r),
        "attention_bias": flip(r),
        "gating": r.choice([True, "per-head", "per-element"]),
    }  # fmt: skip


def _gemma4(r: Random) -> dict[str, Any]:
    sizes = shape(r) | {"num_hidden_layers": r.randint(3, 7)}
    listed = kinds(r, sizes["num_hidden_layers"] - 1, "sliding_attention", "full_attention")
    wide = {"global_head_dim": r.choice([16, 24]), "head_dim": r.choice([8, 16])}
    return sizes | routed(r, "num_experts", "top_k_experts") | wide | {
        "intermediate_size": width(r),
        "moe_intermediate_size": width(r),
        "sliding_window": window(r),
        "layer_types": r.choice([None, [*listed, "full_attention"]]),
        "attention_k_eq_v": flip(r),
        "num_global_key_value_heads": r.choice([None, 1, 2]),
        "attention_bias": flip(r),
        "enable_moe_block": True,
        "hidden_size_per_layer_input": 0,
    }  # fmt: skip


def _gemma4_pictures(r: Random) -> dict[str, Any]:
    return pictures(_gemma4(r), "gemma4_text") | {
        "vision_config": {
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
        },
        "audio_config": None,
    }  # fmt: skip


def _diffusion(r: Random) -> dict[str, Any]:
    text = _gemma4(r) | {"attention_bias": False, "tie_word_embeddings": True}
    for name in ("attention_k_eq_v", "enable_moe_block", "hidden_size_per_layer_input"):
        del text[name]
    vision = _gemma4_pictures(r)["vision_config"]
    return pictures(text, "diffusion_gemma_text") | {"vision_config": vision, "canvas_length": 16}


def _step(r: Random) -> dict[str, Any]:
    text = grouped(r) | {"num_attention_heads": 8, "head_dim": r.choice([8, 12, 24])}
    text |= {"num_key_value_heads": r.choice([1, 2, 4]), "hidden_size": 40}
    del text["n_shared_experts"], text["n_group"], text["topk_group"]
    text |= layer_types(r, text) | mlp_types(r, text) | {
        "share_expert_dim": width(r), "attention_bias": flip(r),
        "num_sliding_attention_heads": r.choice([None, 8, 12]),
    }  # fmt: skip
    if "mlp_layer_types" not in text:
        text["moe_layers_enum"] = "1,2"
    return pictures(text, "step3p5") | {
        "vision_config": {
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 56,
            "mlp_ratio": 2.0,
        },
    }  # fmt: skip


_EXPERTS = {"num_experts": 8, "top_k_experts": 2, "moe_intermediate_size": 704}
_GEMMA4 = _EXPERTS | {"enable_moe_block": True, "hidden_size_per_layer_input": 0}
_GEMMA4_PLACES = (
    ("norms and other", r"\.router\.scale$"),
    ("router", r"\.router\."),
    ("shared experts", r"\.mlp\."),
)
_HEADS = "no field describes that heads differ between layers"
FAMILIES = (
    Family("mimo_v2_flash", _mimo),
    Family("laguna", _laguna, core=False, why=_HEADS),
    Family("gemma4_text", _gemma4, _GEMMA4, top_k="top_k_experts", places=_GEMMA4_PLACES,
           core=False, why=_HEADS),
    Family("gemma4", _gemma4_pictures, {"text_config": _GEMMA4}, outside=OUTSIDE,
           head="Gemma4ForConditionalGeneration", top_k="top_k_experts", places=_GEMMA4_PLACES,
           core=False, why=_HEADS),
    Family("diffusion_gemma", _diffusion, {"text_config": _EXPERTS}, outside=OUTSIDE,
           head="DiffusionGemmaForBlockDiffusion", top_k="top_k_experts",
           places=(("norms and other", r"\.self_conditioning\."), *_GEMMA4_PLACES),
           linear=False, core=False, windows=False,
           why="no field describes what a canvas attends to: see test_selected_families"),
    Family("step3p7", _step, head="Step3p7ForConditionalGeneration", outside=OUTSIDE, core=False,
           why=_HEADS),
)  # fmt: skip
