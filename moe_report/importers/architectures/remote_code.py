"""Decoders that transformers does not have: the modelling code is published with the weights.

A default is that of the published configuration class, or of the code that reads the config.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter, Key, Kind, Reading, may, need
from moe_report.importers.architectures.common import (
    SHAPE,
    TIED,
    TOP_K,
    WINDOW,
    head_dim,
    kv_heads,
    one_value,
    only,
    windowed,
)

# Its name also stands for models without experts.
_OR_NONE = may(None, "num_experts")


def _derive_smallthinker(r: Reading) -> Mapping[str, float]:
    only(r, _SMALL)
    layers = r["num_hidden_layers"]
    for key, allowed in (("sliding_window_layout", {0, 1}), ("moe_layer_layout", {1})):
        if r[key] is not None and set(r.one_per_layer(key)) - allowed:
            r.refuse(key, f"may say {' and '.join(map(str, sorted(allowed)))} only")
    windows = sum(r["sliding_window_layout"] or [0] * layers)
    if not windows:
        return {}
    return {"num_sliding_window_layers": windows, "sliding_window": r["sliding_window_size"]}


def _derive_arctic(r: Reading) -> Mapping[str, float]:
    """Beside the experts of a layer stands an FFN as wide as the model, with a norm of its own."""
    d, layers = r["hidden_size"], r["num_hidden_layers"]
    moe = layers // r["moe_layer_frequency"]
    given = {**windowed(r), "num_moe_layers": moe}
    if not r["parallel_attn_mlp_res"]:
        return given
    return given | {
        "num_shared_experts": 1,
        "shared_expert_intermediate_size": d,
        "other_params": moe * d,
    }


def _derive_grok2(r: Reading) -> Mapping[str, float]:
    """Beside the experts of each layer stands a dense FFN, if there is one."""
    if r["sliding_window_size"] > 0:
        r.refuse("sliding_window_size", "is a window, which is not modelled")
    given = {"moe_intermediate_size": r["moe_intermediate_size"] or r["intermediate_size"]}
    if not r["residual_moe"]:
        return given
    return given | {
        "num_shared_experts": 1,
        "shared_expert_intermediate_size": r["intermediate_size"],
    }


def _derive_skywork(r: Reading) -> Mapping[str, float]:
    only(r, _SKYWORK)
    value = r["num_experts"]
    number = value[0] if isinstance(value, list) else value
    if r["num_local_experts"] not in (None, number):
        r.refuse("num_local_experts", f"is not the {number} of num_experts")
    return {"num_experts": number}


def _is_experts(value: object) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return len(numbers) == 1 and type(numbers[0]) is int and numbers[0] > 1


_EXPERTS = Kind("a whole number of at least 2 or a list of one", _is_experts)
_SMALL = {
    "use_qk_norm": False, "moe_shared_primary_experts": 0, "moe_enable_secondary_experts": False,
}  # fmt: skip
# The gate may be two matrices, and not every layer may have experts.
_SKYWORK = {"moe_2layer_gate": False, "moe_expert_interval": 1}
_GROK2 = Adapter(
    SHAPE | TOP_K | head_dim(128) | {
        "num_key_value_heads": need("num_key_value_heads"),
        "num_local_experts": _OR_NONE,
        "intermediate_size": need("intermediate_size"),
        "moe_intermediate_size": may(None),
        "residual_moe": may(False, kind="flag"),
        "sliding_window_size": may(-1, minimum=-1),
    },
    fixed={"num_norms_per_layer": 4}, derive=_derive_grok2,
    irrelevant=frozenset({"router_logit_softcapping"}),
)  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    "smallthinker": Adapter(
        SHAPE | TIED | head_dim(128) | one_value(_SMALL) | {
            "num_key_value_heads": need("num_key_value_heads"),
            "moe_ffn_hidden_size": need("moe_intermediate_size"),
            "moe_num_primary_experts": need("num_experts"),
            "moe_num_active_primary_experts": need("num_experts_per_tok"),
            "moe_layer_layout": may(None, kind="numbers"),
            "sliding_window_layout": may(None, kind="numbers"),
            "sliding_window_size": may(4096),
        },
        derive=_derive_smallthinker,
        irrelevant=frozenset({
            "moe_enable_early_router", "moe_primary_router_apply_softmax",
            "moe_primary_router_use_sigmoid", "moe_num_secondary_experts",
            "moe_secondary_expert_size",
        }),
    ),
    "arctic": Adapter(
        SHAPE | WINDOW | kv_heads(None) | {
            "intermediate_size": need("intermediate_size", "moe_intermediate_size"),
            "num_experts_per_tok": may(1, "num_experts_per_tok"),
            "num_local_experts": need("num_experts"),
            "moe_layer_frequency": may(2),
            "parallel_attn_mlp_res|use_residual": may(False, kind="flag"),
        },
        derive=_derive_arctic,
        irrelevant=frozenset({
            "moe_train_capacity_factor", "moe_eval_capacity_factor", "moe_min_capacity",
            "moe_token_dropping", "enable_expert_tensor_parallelism",
        }),
    ),
    # Grok 2 is published under the name of another architecture.
    "git": _GROK2,
    "grok-2": _GROK2,
    "skywork": Adapter(
        SHAPE | kv_heads(None) | {
            "num_experts": Key((), _EXPERTS),
            "num_local_experts": may(None),
            "intermediate_size": need("moe_intermediate_size"),
            "num_experts_per_tok": may(2, "num_experts_per_tok"),
            **one_value(_SKYWORK),
            "moe_2layer_gate": may(False, kind="flag"),
        },
        derive=_derive_skywork,
        irrelevant=frozenset({
            "moe_use_mixtral_gating", "moe_use_skywork_gating", "moe_use_logits_norm",
            "moe_gate_norm_std", "moe_feature_no_mul_topk",
        }),
    ),
    "xverse": Adapter(
        SHAPE | kv_heads(None) | {
            "num_experts": _OR_NONE,
            "moe_top_k|num_experts_per_tok": need("num_experts_per_tok"),
            "intermediate_size": need("moe_intermediate_size"),
            "num_shared_experts": may(None, "num_shared_experts", minimum=0),
        },
    ),
}  # fmt: skip
