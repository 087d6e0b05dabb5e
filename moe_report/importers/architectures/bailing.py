"""Ling and Ring (Bailing): the first generation, and the second under either of its names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moe_report.importers.adapter import REQUIRED, Adapter, Reading, may, need
from moe_report.importers.architectures.common import EXPERTS, HEAD_DIM, SHAPE, TOP_K, head_dim
from moe_report.importers.architectures.layers import MTP, with_mtp

_SECOND = "BailingMoeV2ForCausalLM"
# What would change shapes, and how it may be said that it does not.
_UNMODELLED: Mapping[str, tuple[Any, ...]] = {
    "use_bias": (False,),
    "use_sliding_window": (None, False),
    "multi_gate": (None, False),
    "router_type": (None, "topN"),
    "moe_router_enable_shared_expert": (None, True),
}


def _derive(r: Reading) -> Mapping[str, float]:
    for key, plain in _UNMODELLED.items():
        if r[key] not in plain:
            r.refuse(key, f"is {json.dumps(r[key])}, which is not modelled")
    norms = r["use_qk_norm"]
    if norms is None:  # only the second generation has them where nothing is said
        norms = _SECOND in (r["architectures"] or ())
    if norms and r["use_rmsnorm"] is False:
        r.refuse("use_rmsnorm", "is false, which is not modelled with norms of queries and keys")
    if r["first_k_dense_replace"] and r["intermediate_size"] is None:
        r.refuse("intermediate_size", "must be there where first_k_dense_replace is not 0")
    shared = r["moe_shared_expert_intermediate_size"] or r["moe_intermediate_size"]
    return {"qk_norm": int(norms), "shared_expert_intermediate_size": shared, **with_mtp(r)}


_KEYS = SHAPE | TOP_K | EXPERTS | HEAD_DIM | MTP | {
    "architectures": may(None, kind="texts"),
    "intermediate_size": may(None, "intermediate_size"),
    "moe_intermediate_size": need("moe_intermediate_size"),
    "moe_shared_expert_intermediate_size": may(None),
    "use_qkv_bias": may(False, "qkv_bias"),
    "use_qk_norm": may(None, kind="flag"),
    "use_rmsnorm": may(None, kind="flag"),
    "use_sliding_window": may(None, kind="flag"),
    "multi_gate": may(None, kind="flag"),
    "router_type": may(None, kind="text"),
    "moe_router_enable_shared_expert": may(None, kind="flag"),
}  # fmt: skip
ROUTING = frozenset({
    "moe_router_enable_expert_bias", "moe_router_enable_routed_scaling", "router_dtype",
    "norm_head",
})  # fmt: skip

ADAPTERS: Mapping[str, Adapter] = {
    # Both generations go by this name, and their defaults differ: what matters must be there.
    "bailing_moe": Adapter(
        _KEYS | {
            "num_key_value_heads": need("num_key_value_heads"),
            "num_shared_experts": may(REQUIRED, "num_shared_experts", null=True),
            "first_k_dense_replace": need("first_k_dense_replace"),
            "use_bias": may(REQUIRED, kind="flag"),
        },
        derive=_derive, irrelevant=ROUTING,
    ),
    "bailing_moe_v2": Adapter(
        _KEYS | head_dim(128) | {
            "num_key_value_heads": may(4, "num_key_value_heads"),
            "num_shared_experts": may(1, "num_shared_experts", null=True),
            "first_k_dense_replace": may(1, "first_k_dense_replace"),
            "use_bias": may(False, kind="flag"),
            "use_qk_norm": may(True, kind="flag"),
        },
        derive=_derive, irrelevant=ROUTING,
    ),
}  # fmt: skip
