"""Small configs of the architectures of ``qwen_glm``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import flip, head_dim, kinds, routed, shape, width, window


def base(r: Random, experts: str = "num_experts") -> dict[str, Any]:
    """Sizes, experts and both kinds of FFN."""
    return shape(r) | routed(r, experts) | head_dim(r) | {
        "intermediate_size": width(r), "moe_intermediate_size": width(r),
    }  # fmt: skip


def grouped(r: Random) -> dict[str, Any]:
    """The same with experts as DeepSeek spells them, some of them shared, in one or two groups."""
    groups = r.choice([1, 2])
    experts = groups * r.choice([2, 3, 4])
    return base(r, "n_routed_experts") | {
        "n_routed_experts": experts,
        "num_experts_per_tok": r.randint(1, experts),
        "n_group": groups,
        "topk_group": groups,
        "n_shared_experts": r.randint(1, 3),
    }


def dense_first(r: Random, sizes: dict[str, Any]) -> dict[str, Any]:
    """The same with dense layers at the bottom."""
    return sizes | {"first_k_dense_replace": r.randint(0, sizes["num_hidden_layers"] - 1)}


def layer_types(r: Random, sizes: dict[str, Any]) -> dict[str, Any]:
    """Windows in listed layers, or in those of the architecture's rule."""
    listed = kinds(r, sizes["num_hidden_layers"], "sliding_attention", "full_attention")
    return {"sliding_window": window(r)} | ({"layer_types": listed} if flip(r) else {})


def mlp_types(r: Random, sizes: dict[str, Any]) -> dict[str, Any]:
    """Experts in listed layers, or in those of the architecture's rule."""
    listed = kinds(r, sizes["num_hidden_layers"], "sparse", "dense")
    return {"mlp_layer_types": listed} if flip(r) else {}


def sparse_step(r: Random, sizes: dict[str, Any]) -> dict[str, Any]:
    """Experts every so many layers, but for listed ones."""
    some = [0] if sizes["num_hidden_layers"] > 2 and flip(r) else []
    return {"decoder_sparse_step": r.choice([1, 1, 2]), "mlp_only_layers": some}


def _qwen2(r: Random) -> dict[str, Any]:
    sizes = base(r)
    return sizes | layer_types(r, sizes) | sparse_step(r, sizes) | {
        "shared_expert_intermediate_size": width(r),
        "qkv_bias": flip(r),
        "use_sliding_window": flip(r),
        "max_window_layers": r.randint(1, 6),
    }  # fmt: skip


def _glm4(r: Random) -> dict[str, Any]:
    return dense_first(r, grouped(r)) | {"attention_bias": flip(r), "use_qk_norm": flip(r)}


def _sarvam(r: Random) -> dict[str, Any]:
    config = _glm4(r) | {"head_dim": r.choice([8, 12, 22])}
    names = {
        "n_routed_experts": "num_experts", "n_shared_experts": "num_shared_experts",
        "attention_bias": "use_qkv_bias",
    }  # fmt: skip
    if flip(r):  # as published
        config = {names.get(key, key): value for key, value in config.items()}
        config["moe_router_enable_expert_bias"] = True
    return config


def _solar(r: Random) -> dict[str, Any]:
    return grouped(r) | {"attention_bias": flip(r)}


def _dots1(r: Random) -> dict[str, Any]:
    sizes = dense_first(r, grouped(r))
    return sizes | layer_types(r, sizes) | {
        "attention_bias": flip(r), "max_window_layers": r.randint(0, 6),
    }  # fmt: skip


def _hy3(r: Random) -> dict[str, Any]:
    sizes = base(r)
    return sizes | mlp_types(r, sizes) | {
        "num_shared_experts": r.randint(1, 3), "attention_bias": flip(r), "mlp_bias": flip(r),
    }  # fmt: skip


def pictures(text: dict[str, Any], model_type: str) -> dict[str, Any]:
    """The config of a model for text and pictures."""
    part = {"model_type": model_type} | text
    return {"text_config": part, "tie_word_embeddings": text["tie_word_embeddings"]}


def _qwen3_vl(r: Random) -> dict[str, Any]:
    text = base(r) | {"head_dim": r.choice([8, 12, 24]), "attention_bias": flip(r)}
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
        "out_hidden_size": text["hidden_size"], "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }  # fmt: skip
    text |= sparse_step(r, text) | {
        "rope_parameters": {
            "rope_type": "default", "rope_theta": 1e4,
            "mrope_section": [text["head_dim"] // 2 - 2, 1, 1],
        },
    }  # fmt: skip
    return pictures(text, "qwen3_vl_moe_text") | {"vision_config": vision}


def qwen3_omni(r: Random) -> dict[str, Any]:
    """A model for text, pictures and sound."""
    config = _qwen3_vl(r)
    config["text_config"]["model_type"] = "qwen3_omni_moe_text"
    audio = {
        "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "d_model": 16,
        "output_dim": config["text_config"]["hidden_size"], "downsample_hidden_size": 8,
        "num_mel_bins": 16,
    }  # fmt: skip
    return config | {"audio_config": audio}


def _glm4v(r: Random) -> dict[str, Any]:
    text = dense_first(r, grouped(r)) | {"attention_bias": flip(r), "head_dim": 16}
    text["rope_parameters"] = {
        "rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5,
        "mrope_section": [2, 1, 1],
    }  # fmt: skip
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    return pictures(text, "glm4v_moe_text") | {
        "vision_config": vision | {"out_hidden_size": text["hidden_size"]},
    }  # fmt: skip


def _ocr(r: Random, name: str, vision: dict[str, Any]) -> dict[str, Any]:
    text = grouped(r)
    text.pop("head_dim", None)
    text |= {"attention_bias": flip(r), "topk_method": "greedy"}
    text["mlp_layer_types"] = kinds(r, text["num_hidden_layers"], "sparse", "dense")
    sam = {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 64,
        "output_channels": 16, "mlp_dim": 16, "global_attn_indexes": [0],
    }  # fmt: skip
    return pictures(text, name) | {"vision_config": {"sam_config": sam, "encoder_config": vision}}


def _deepseek_ocr2(r: Random) -> dict[str, Any]:
    encoder = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "vocab_size": 10,
        "num_attention_heads": 2, "num_key_value_heads": 2,
    }  # fmt: skip
    return _ocr(r, "deepseek_ocr2_text", encoder)


def _unlimited_ocr(r: Random) -> dict[str, Any]:
    encoder = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 28,
    }  # fmt: skip
    config = _ocr(r, "unlimited_ocr_text", encoder)
    text = config["text_config"]
    if flip(r):
        del text["mlp_layer_types"]
        text["first_k_dense_replace"] = r.randint(0, text["num_hidden_layers"] - 1)
    # Its attention takes as many heads of keys as of queries.
    return config | {"text_config": text | {"num_key_value_heads": text["num_attention_heads"]}}


OUTSIDE = r"visual|vision|audio|projector|resampler|view_sep|image_newline"
# Biases of FFNs are other parameters: no field describes them.
FFN_BIASES = (("norms and other", r"(gate|up|down)_proj\.bias$"),)
_NINE = {"n_routed_experts": 9, "n_shared_experts": 2, "num_experts_per_tok": 3}
_SPARSE = {"num_experts_per_tok": 6, "mlp_layer_types": ["dense"] + ["sparse"] * 31}
FAMILIES = (
    Family("qwen2_moe", _qwen2),
    Family("glm4_moe", _glm4, {"head_dim": 128}),
    Family("sarvam_moe", _sarvam),
    Family("solar_open", _solar),
    Family("dots1", _dots1, _NINE),
    Family("hy_v3", _hy3, places=FFN_BIASES),
    Family("qwen3_vl_moe", _qwen3_vl, head="Qwen3VLMoeForConditionalGeneration", outside=OUTSIDE),
    Family("qwen3_omni_moe_thinker", qwen3_omni, {"text_config": {"head_dim": 128}},
           outside=OUTSIDE, head="Qwen3OmniMoeThinkerForConditionalGeneration"),
    Family("glm4v_moe", _glm4v, {"text_config": {"head_dim": 128}}, outside=OUTSIDE,
           head="Glm4vMoeForConditionalGeneration"),
    Family("deepseek_ocr2", _deepseek_ocr2, {"text_config": _SPARSE}, outside=OUTSIDE,
           head="DeepseekOcr2ForConditionalGeneration"),
    Family("unlimited_ocr", _unlimited_ocr, outside=OUTSIDE, core=False, windows=False,
           head="UnlimitedOcrForConditionalGeneration",
           why="its windows leave the prompt and the picture in sight, which no field describes"),
)  # fmt: skip
