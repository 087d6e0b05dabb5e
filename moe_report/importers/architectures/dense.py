"""Architectures without experts, which are read only where the user allows it.

They are written like the others. That a model has no experts is said for all of them at once, in
``moe_report.importers.config``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from moe_report.importers.adapter import Adapter, Key, Reading, may, need
from moe_report.importers.architectures import plain, qwen_glm, state_space
from moe_report.importers.architectures.common import (
    HEAD_DIM,
    MLP_BIAS,
    SHAPE,
    TIED,
    WINDOW,
    WINDOW_SWITCH,
    attention_bias,
    head_dim,
    kv_heads,
    window,
    windowed,
)
from moe_report.importers.architectures.layers import LAYER_TYPES, Rule, sliding

_OF_EXPERTS = frozenset({
    "num_experts", "num_experts_per_tok", "moe_intermediate_size", "num_shared_experts",
    "shared_expert_intermediate_size", "shared_expert_gate",
})  # fmt: skip
_Derive = Callable[[Reading], Mapping[str, float]]
_BASE = SHAPE | HEAD_DIM | {"intermediate_size": need("intermediate_size")}
_CAUSAL = {"use_bidirectional_attention": may(None, kind="flag")}


def _without_experts(adapter: Adapter, **ffn: Key) -> Adapter:
    """Return how a Mixture-of-Experts architecture is read where its config has no experts.

    Args:
        adapter: How it is read with them.
        ffn: Keys that are read otherwise then.
    """
    dropped = {name for name, key in adapter.keys.items() if _OF_EXPERTS & set(key.fields)}
    spellings = {spelling for name in dropped for spelling in name.split("|")}
    return replace(
        adapter,
        keys={name: key for name, key in adapter.keys.items() if name not in dropped} | ffn,
        fixed={name: value for name, value in adapter.fixed.items() if name not in _OF_EXPERTS},
        irrelevant=adapter.irrelevant | spellings - set(ffn),
    )


def _every(default: int) -> dict[str, Key]:
    """Every so many layers see all tokens."""
    return {"sliding_window_pattern|_sliding_window_pattern": may(default)}


def _ffn_biases(r: Reading, key: str = "mlp_bias", matrices: int = 3) -> Mapping[str, float]:
    """Biases of the FFN, if switched on: no field describes them."""
    if not r[key]:
        return {}
    biases = (matrices - 1) * r["intermediate_size"] + r["hidden_size"]
    return {"other_params": r["num_hidden_layers"] * biases}


def _alternating(rule: Rule) -> _Derive:
    return lambda r: sliding(r, rule)


def _derive_qwen(r: Reading) -> Mapping[str, float]:
    if not r["use_sliding_window"] or not r["sliding_window"]:
        return {}
    found = sliding(r, lambda layer: layer >= r["max_window_layers"])
    return {**found, "sliding_window": r["sliding_window"]}


def _derive_gemma(r: Reading) -> Mapping[str, float]:
    if r["use_bidirectional_attention"]:
        r.refuse("use_bidirectional_attention", "is true; only language models are read")
    if "sliding_window_pattern" in r.values:
        return _derive_pattern(r)
    if "layer_types" in r.values:
        return sliding(r, lambda layer: layer % 2 == 0)
    return {}


def _derive_pattern(r: Reading) -> Mapping[str, float]:
    return sliding(r, lambda layer: (layer + 1) % r["sliding_window_pattern"] != 0)


def _derive_starcoder(r: Reading) -> Mapping[str, float]:
    switch = int(r["use_bias"])
    biases = _ffn_biases(r, "use_bias", matrices=2)
    return {**windowed(r), **biases, "qkv_bias": switch, "attention_out_bias": switch}


def _derive_smollm(r: Reading) -> Mapping[str, float]:
    if not r["use_sliding_window"] or not r["sliding_window"]:
        return _ffn_biases(r)
    if r["no_rope_layers"]:
        turns = r.one_per_layer("no_rope_layers")  # despite the name, 1 is a layer with RoPE
        found = sliding(r, lambda layer: layer < len(turns) and not turns[layer])
    else:
        found = sliding(r, lambda layer: (layer + 1) % r["no_rope_layer_interval"] == 0)
    return {**_ffn_biases(r), **found, "sliding_window": r["sliding_window"]}


_QWEN = _BASE | LAYER_TYPES | kv_heads(32) | WINDOW_SWITCH | {
    "sliding_window": may(4096, null=True, minimum=0),
    "max_window_layers": may(28, minimum=0),
}  # fmt: skip
_GEMMA = _BASE | TIED | _CAUSAL | attention_bias(False) | head_dim(256)
_QKV_BIAS = {"attention_bias": may(True, "qkv_bias")}
_GLM = _BASE | kv_heads(2) | head_dim(128, null=True) | _QKV_BIAS
_LLAMA = _BASE | kv_heads(None) | attention_bias(False) | MLP_BIAS

DENSE: Mapping[str, Adapter] = {
    "llama": Adapter(_LLAMA, derive=_ffn_biases),
    "mistral": Adapter(_BASE | kv_heads(8) | window(4096), derive=windowed),
    "ministral": Adapter(
        _BASE | LAYER_TYPES | kv_heads(8) | window(4096) | {"head_dim": need("head_dim")},
        derive=_alternating(lambda _: True),
    ),
    "qwen2": Adapter(_QWEN, fixed={"qkv_bias": 1}, derive=_derive_qwen),
    "qwen3": Adapter(
        _QWEN | attention_bias(False) | head_dim(128, null=True),
        fixed={"qk_norm": 1}, derive=_derive_qwen,
    ),
    "gemma": Adapter(_GEMMA | kv_heads(16), derive=_derive_gemma),
    "gemma2": Adapter(
        _GEMMA | LAYER_TYPES | kv_heads(4) | window(4096),
        fixed={"num_norms_per_layer": 4}, derive=_derive_gemma,
    ),
    "gemma3_text": Adapter(
        _GEMMA | LAYER_TYPES | kv_heads(4) | window(4096) | _every(6),
        fixed={"num_norms_per_layer": 4, "qk_norm": 1}, derive=_derive_gemma,
    ),
    "granite": Adapter(_LLAMA, derive=_ffn_biases),
    "phi3": Adapter(_BASE | kv_heads(None) | WINDOW, derive=windowed),
    "olmo2": Adapter(_BASE | kv_heads(None) | attention_bias(False), fixed={"qk_norm": 2}),
    "olmo3": Adapter(
        _BASE | LAYER_TYPES | kv_heads(None) | attention_bias(False) | window(4096),
        fixed={"qk_norm": 2}, derive=_alternating(lambda layer: (layer + 1) % 4 != 0),
    ),
    "cohere": Adapter(
        _BASE | TIED | kv_heads(None) | attention_bias(False)
        | {"use_qk_norm": may(False, kind="flag")},
        fixed={"num_norms_per_layer": 1}, derive=lambda r: {"qk_norm": 2 * r["use_qk_norm"]},
    ),
    "cohere2": Adapter(
        _BASE | TIED | LAYER_TYPES | kv_heads(None) | attention_bias(False) | window(4096)
        | _every(4),
        fixed={"num_norms_per_layer": 1}, derive=_derive_pattern,
    ),
    "exaone4": Adapter(
        _BASE | LAYER_TYPES | kv_heads(32) | window(4096) | _every(4),
        fixed={"qk_norm": 1}, derive=_derive_pattern,
    ),
    "glm": Adapter(_GLM),
    "glm4": Adapter(_GLM, fixed={"num_norms_per_layer": 4}),
    "seed_oss": Adapter(
        _BASE | kv_heads(8) | MLP_BIAS | head_dim(128, null=True) | _QKV_BIAS
        | {"attention_out_bias": may(False, "attention_out_bias")},
        derive=_ffn_biases,
    ),
    "smollm3": Adapter(
        _BASE | TIED | LAYER_TYPES | kv_heads(4) | attention_bias(False) | MLP_BIAS | {
            **WINDOW_SWITCH,
            "sliding_window": may(None),
            "no_rope_layers": may(None, kind="numbers"),
            "no_rope_layer_interval": may(4),
        },
        derive=_derive_smollm,
    ),
    # Their FFN has no gate.
    "starcoder2": Adapter(
        _BASE | TIED | kv_heads(2) | WINDOW | {"use_bias": may(True, kind="flag")},
        fixed={"num_ffn_matrices": 2, "norm_bias": 1}, derive=_derive_starcoder,
    ),
    "nemotron": Adapter(
        _LLAMA | {"num_key_value_heads": need("num_key_value_heads")},
        fixed={"num_ffn_matrices": 2, "norm_bias": 1},
        derive=lambda r: _ffn_biases(r, matrices=2),
    ),
    "arcee": Adapter(
        _LLAMA, fixed={"num_ffn_matrices": 2}, derive=lambda r: _ffn_biases(r, matrices=2)
    ),
    # Mixture-of-Experts architectures that can do without: these are read if there are no experts.
    "qwen2_moe": _without_experts(qwen_glm.ADAPTERS["qwen2_moe"]),
    "qwen3_moe": _without_experts(plain.ADAPTERS["qwen3_moe"]),
    "granitemoehybrid": _without_experts(
        state_space.ADAPTERS["granitemoehybrid"],
        shared_intermediate_size=may(1024, "intermediate_size"),
    ),
}  # fmt: skip
