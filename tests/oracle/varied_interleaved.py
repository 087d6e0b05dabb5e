"""Small configs of the architectures of ``interleaved``."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.families import Family
from tests.oracle.varied_plain import flip, kinds, routed, shape, width, window
from tests.oracle.varied_qwen_glm import (
    base,
    dense_first,
    layer_types,
    mlp_types,
    sparse_step,
)


def _exaone(r: Random) -> dict[str, Any]:
    sizes = dense_first(r, base(r))
    return sizes | layer_types(r, sizes) | mlp_types(r, sizes) | {
        "num_shared_experts": r.randint(1, 3), "sliding_window_pattern": r.choice([2, 3]),
    }  # fmt: skip


def _afmoe(r: Random) -> dict[str, Any]:
    sizes = base(r)
    return sizes | layer_types(r, sizes) | {
        "head_dim": r.choice([8, 12, 22]),
        "num_dense_layers": r.randint(0, sizes["num_hidden_layers"] - 1),
        "num_shared_experts": r.randint(1, 3),
        "attention_bias": flip(r),
        "global_attn_every_n_layers": r.choice([2, 3]),
    }  # fmt: skip


def _cohere2(r: Random) -> dict[str, Any]:
    sizes = shape(r) | routed(r, "num_experts")
    placed = dense_first(r, sizes) if flip(r) else sizes | mlp_types(r, sizes)
    return placed | layer_types(r, sizes) | {
        "head_dim": r.choice([8, 12, 22]),
        "intermediate_size": width(r),
        "prefix_dense_intermediate_size": width(r) if flip(r) else None,
        "num_shared_experts": r.randint(0, 2),
        "attention_bias": flip(r),
        "sliding_window_pattern": r.choice([2, 3]),
        "prefix_dense_sliding_window_pattern": r.choice([1, 2]),
    }  # fmt: skip


def _mellum(r: Random) -> dict[str, Any]:
    sizes = base(r) | {"head_dim": r.choice([8, 12, 22])}
    return sizes | layer_types(r, sizes) | mlp_types(r, sizes) | {"attention_bias": flip(r)}


def _kolibri(r: Random) -> dict[str, Any]:
    sizes = base(r) | {"head_dim": r.choice([8, 12, 22])}
    return sizes | layer_types(r, sizes) | {"shared_expert_intermediate_size": width(r)}


def _flint(r: Random) -> dict[str, Any]:
    sizes = base(r) | {"head_dim": r.choice([8, 12, 22])}
    return sizes | layer_types(r, sizes) | sparse_step(r, sizes) | {
        "shared_expert_intermediate_size": width(r), "attention_bias": flip(r),
    }  # fmt: skip


def _beam(r: Random) -> dict[str, Any]:
    sizes = base(r) | {"head_dim": r.choice([8, 12, 22]), "num_hidden_layers": r.randint(4, 7)}
    groups = {"num_experts": 6, "num_experts_per_tok": r.randint(1, 6), "n_group": 2}
    return sizes | groups | layer_types(r, sizes) | mlp_types(r, sizes) | {
        "attention_bias": flip(r), "topk_group": 2,
    }  # fmt: skip


def _granite_swa(r: Random) -> dict[str, Any]:
    sizes = shape(r) | routed(r, "num_local_experts")
    listed = kinds(r, sizes["num_hidden_layers"], "sliding_attention", "full_attention")
    return sizes | {"intermediate_size": width(r), "sliding_window": window(r)} | {
        "attention_bias": flip(r),
        "shared_intermediate_size": r.choice([0, 10]),
        "layer_types": r.choice([None, listed]),
    }  # fmt: skip


FAMILIES = (
    Family("exaone_moe", _exaone),
    Family("afmoe", _afmoe),
    Family("cohere2_moe", _cohere2),
    Family("mellum", _mellum),
    Family("kolibri1", _kolibri),
    Family("flint", _flint),
    Family("beam", _beam),
    Family("granitemoe_swa", _granite_swa),
)
