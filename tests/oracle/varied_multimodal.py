"""Small configs of text models within models for images, video and sound."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_hybrid import LIMIT, SCANNED, STATE_SPACE, nemotron
from tests.oracle.varied_plain import (
    COMPRESSED,
    deepseek,
    flip,
    gpt_oss,
    kinds,
    qwen3_moe,
    routed,
    shape,
    width,
    window,
)
from tests.oracle.varied_qwen_glm import OUTSIDE, pictures, qwen3_omni


def _muse(r: Random) -> dict[str, Any]:
    sizes = shape(r) | {"tie_word_embeddings": False}
    layers = sizes["num_hidden_layers"]
    listed = {"layer_types": kinds(r, layers, "sliding_attention", "full_attention")}
    dense = {"mlp_layer_types": kinds(r, layers, "sparse", "dense")}
    text = sizes | routed(r, "num_local_experts") | (listed if flip(r) else {}) | {
        "head_dim": r.choice([8, 12, 24]),
        "attention_bias": flip(r),
        "sliding_window": window(r),
        "intermediate_size": width(r),
        # As with the published sizes, experts have a width that is whole without the space's.
        "moe_intermediate_size": r.choice([8, 24, 40]),
        "moe_hidden_size": sizes["hidden_size"] // r.choice([1, 2]),
    } | (dense if flip(r) else {})  # fmt: skip
    return {
        "text_config": {"model_type": "muse_spark_text"} | text,
        "vision_config": {
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "pos_emb_height": 4, "pos_emb_width": 4,
        },
        "audio_config": {
            "patch_sizes": [4], "hidden_sizes": [8], "depths": [1], "num_hidden_layers": 1,
            "out_hidden_size": sizes["hidden_size"],
        },
        "out_hidden_size": 64,
        "projector_hidden_size": 8,
    }  # fmt: skip


def _internvl(r: Random) -> dict[str, Any]:
    model_type, vary = r.choice([("qwen3_moe", qwen3_moe), ("gpt_oss", gpt_oss)])
    text = vary(r) | {"model_type": model_type}
    return _IN_INTERNVL | {"text_config": text, "tie_word_embeddings": flip(r)}


_IN_INTERNVL = {
    "vision_config": {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": [28, 28], "patch_size": [14, 14],
    },
}  # fmt: skip


# Which language model it is decides what is needed.
_QWEN = {
    "model_type": "qwen3_moe", "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 24, "moe_intermediate_size": 8,
    "num_experts": 6, "num_experts_per_tok": 2,
}  # fmt: skip


def _kimi(r: Random) -> dict[str, Any]:
    text = deepseek(r) | {"q_lora_rank": r.choice([9, 14])}
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "pos_emb_height": 4, "pos_emb_width": 4,
    }  # fmt: skip
    config = pictures(text, r.choice(["kimi_k2", "deepseek_v3"]))
    return config | {"vision_config": vision, "projection_hidden_size": 16}


def _omni(r: Random) -> dict[str, Any]:
    text = nemotron(r)
    config: dict[str, Any] = {
        "vision_config": {
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32,
            "max_img_size": 32, "video_temporal_patch_size": 2,
        },
        "vision_hidden_size": 16,
        "projector_hidden_size": 8,
    }  # fmt: skip
    return config | {r.choice(["text_config", "llm_config"]): {"model_type": "nemotron_h"} | text}


def _transcribe(r: Random) -> dict[str, Any]:
    sizes = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }  # fmt: skip
    return {
        "text_config": {"model_type": "nemotron_h"} | nemotron(r),
        "audio_config": {"asr_config": sizes | {"num_mel_bins": 16}},
        "word_timestamp_config": sizes | {"vocab_size": 9, "blank_token_id": 8},
    }


class _Thinker(Family):
    """A model that only generates: what runs is its thinker."""

    def build(self, loaded: Any) -> Any:
        """The thinker of the whole model."""
        return super().build(loaded).thinker


def _whole(r: Random) -> dict[str, Any]:
    return {"thinker_config": qwen3_omni(r), "enable_audio_output": False}


_OUTSIDE = r"visual|vision|audio"
_OMNI = {
    "thinker_config": {"text_config": {"head_dim": 128}},
    "enable_audio_output": False,  # transformers does not build a talker of its own sizes
}
_NEMOTRON = {"text_config": LIMIT}
FAMILIES = (
    Family("kimi_k25", _kimi, head="Kimi_K25ForConditionalGeneration", outside=OUTSIDE,
           places=COMPRESSED),
    Family("nemotron_h_omni", _omni, _NEMOTRON, head="NemotronH_Omni_Reasoning_V3",
           outside=OUTSIDE, text="language_model", places=STATE_SPACE, **SCANNED),
    Family("nemo_speechlm", _transcribe, _NEMOTRON, places=STATE_SPACE,
           head="Nemotron3_5TranscribeForConditionalGeneration",
           outside="audio|timestamp|projector", **SCANNED),
    Family("muse_spark", _muse, outside=_OUTSIDE, head="MuseSparkForConditionalGeneration",
           places=(
               ("norms and other", r"pre_expert_norm|post_expert_norm|residual_gate"),
               ("shared experts", r"(pre|post)_expert_proj"),
           )),
    Family("internvl", _internvl, _IN_INTERNVL | {"text_config": _QWEN},
           head="InternVLForConditionalGeneration", outside=f"{_OUTSIDE}|projector"),
    _Thinker("qwen3_omni_moe", _whole, _OMNI, outside=_OUTSIDE,
             head="Qwen3OmniMoeForConditionalGeneration"),
)  # fmt: skip
