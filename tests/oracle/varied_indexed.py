"""Small configs of the architectures of ``indexed``, and of ``mistral3``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_hybrid import latent, mlp_kinds
from tests.oracle.varied_plain import flip, kinds, width, window
from tests.oracle.varied_qwen_glm import OUTSIDE, pictures

INDEXED, WINDOW, FULL = "indexed_attention", "sliding_attention", "full_attention"


def selected(r: Random, *, leading: bool = True) -> dict[str, Any]:
    """Latent attention to selected tokens, and DeepSeek's experts."""
    config = latent(r)
    layers = config["num_hidden_layers"]
    if leading:
        config["first_k_dense_replace"] = r.randint(0, layers - 1)
    return config | mlp_kinds(r, layers) | {
        "q_lora_rank": r.choice([9, 14]),
        "index_topk": r.choice([4, 60]),
        "index_head_dim": r.choice([8, 12]),
        "index_n_heads": r.choice([1, 3]),
        "layer_types": r.choice([None, [INDEXED] * layers]),
    }  # fmt: skip


def selecting(r: Random, layers: int) -> dict[str, Any]:
    """Which layers select for themselves."""
    rest = r.choices("FS", k=layers - 1)
    names = {"F": "full", "S": "shared"}
    return r.choice([
        {},
        {"index_topk_freq": r.randint(1, 3), "index_skip_topk_offset": r.randint(1, 3)},
        {"index_topk_pattern": "".join(["F", *rest])},
        {"indexer_types": [names[letter] for letter in ["F", *rest]]},
    ])  # fmt: skip


_PIXTRAL = {
    "model_type": "pixtral", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
    "num_attention_heads": 2, "image_size": 56, "patch_size": 14,
}  # fmt: skip


def _axk2(r: Random) -> dict[str, Any]:
    config = selected(r)
    if flip(r):
        config |= {"n_group": None, "topk_group": None}
    return config | {"gated_norm_rank": r.choice([3, 5])}


def _mistral3(r: Random) -> dict[str, Any]:
    text = latent(r) | {"first_k_dense_replace": 0, "attention_bias": False}
    return pictures(text, "mistral4") | {"vision_config": _PIXTRAL}


def _mistral_large4(r: Random) -> dict[str, Any]:
    text = selected(r)
    del text["q_lora_rank"]
    layers = text["num_hidden_layers"]
    ropes = [1, *(r.randint(0, 1) for _ in range(layers))]
    own = [layer == 0 or flip(r) for layer in range(layers)]
    # A layer takes the keys of one that turns its own alike.
    sources = [
        layer if own[layer] or not (alike := [
            earlier for earlier in range(layer) if own[earlier] and ropes[earlier] == ropes[layer]
        ]) else alike[-1]
        for layer in range(layers)
    ]  # fmt: skip
    for layer, source in enumerate(sources):
        own[layer] = source == layer
    text |= selecting(r, layers) | r.choice([
        {"no_rope_layer_interval": r.randint(2, 4)},
        {"no_rope_layers": ropes, "kv_source_layers": _settled(sources)},
    ])  # fmt: skip
    return pictures(text, "mistral_large4_text") | {"vision_config": _PIXTRAL}


def _settled(sources: list[int]) -> list[int]:
    """Each source a layer that is its own."""
    for layer, source in enumerate(sources):
        sources[layer] = sources[source]
    return sources


def _dots3_text(r: Random) -> dict[str, Any]:
    text = selected(r, leading=False)
    text["n_routed_experts"] = max(4, text["n_routed_experts"])
    layers = text["num_hidden_layers"]
    text |= {
        "head_dim": text["qk_nope_head_dim"] + text["qk_rope_head_dim"],
        "shared_experts_intermediate_size": width(r),
        "layer_types": r.choice([None, kinds(r, layers, INDEXED, WINDOW, FULL)]),
        "use_dsa": r.choice([True, False]),
        "use_sliding_window": flip(r),
        "swa_num_attention_heads": r.choice([2, 3]),
        "swa_q_lora_rank": r.choice([7, 11]),
        "swa_kv_lora_rank": r.choice([6, 13]),
        "swa_qk_nope_head_dim": r.choice([6, 8]),
        "swa_head_dim": r.choice([12, 16]),
        "swa_v_head_dim": r.choice([5, 9]),
    }  # fmt: skip
    text["swa_num_key_value_heads"] = text["swa_num_attention_heads"]
    if flip(r):
        del text["use_dsa"]
    if "mlp_layer_types" not in text:
        text["first_k_dense_replace"] = r.randint(0, layers - 1)
        text["moe_layer_freq"] = r.choice([1, [0] * (layers - 1) + [1]])
    return text | {r.choice(["sliding_window", "sliding_window_size"]): window(r)}


def _dots3(r: Random) -> dict[str, Any]:
    text = _dots3_text(r)
    width = {"adapter_out_dim": text["hidden_size"]}
    towers = {
        "vision_config": {
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "adapter_in_dim": 16, "mlp_layer_types": ["dense"],
        } | width,
        "audio_config": {
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "adapter_input_size": 16, "downsample_hidden_size": 8,
        } | width,
    }  # fmt: skip
    return towers | (text if flip(r) else pictures(text, "dots3_note_text"))


SELECTED: dict[str, Any] = {
    "core": False,
    "windows": False,
    "why": "no field describes attention to selected tokens: see test_indexed_families",
}
_GATES = (("norms and other", r"layernorm\.mlp\."),)
FAMILIES = (
    Family("axk2", _axk2, places=_GATES, **SELECTED),
    Family("mistral_large4", _mistral_large4, head="MistralLarge4ForConditionalGeneration",
           outside=OUTSIDE, places=(("norms and other", r"rotary_emb\.alpha$"),), **SELECTED),
    Family("dots3_note", _dots3, head="Dots3NoteForConditionalGeneration", outside=OUTSIDE,
           **SELECTED),
    Family("dots3_note_text", _dots3_text, **SELECTED),
    Family("mistral3", _mistral3, {"text_config": {"model_type": "mistral4"}}, outside=OUTSIDE,
           head="Mistral3ForConditionalGeneration"),
)  # fmt: skip
