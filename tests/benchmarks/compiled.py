"""Ten metrics of many designs, against the same formulas written by hand in numpy.

Run by hand: ``python -m tests.benchmarks.compiled [DESIGNS]``. Machines differ and are noisy, so
what counts is the ratio within one run. The script by hand knows the one architecture that it is
for: it leaves out windows, latents, shared experts and precisions that the model has not, and does
not care for what has no value. It runs over whole columns, as one writes it first, and over blocks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.compiled import Compiled
from moe_report.formula.expr import Expr
from moe_report.schema.fields import numbers_of
from moe_report.schema.registry import installed
from tests.rows import example_models

Column = NDArray[np.float64]
BASE = "Qwen3-235B-A22B"
WANTED = (
    "total_params", "active_params", "parameter_efficiency", "forward_flops",
    "model_flops_savings", "weight_bytes", "kv_bytes_per_token", "kv_cache_bytes", "device_bytes",
    "devices_by_memory",
)  # fmt: skip
BLOCK = 10_000
TURNS = 3


def varied(designs: int) -> dict[str, Column]:
    """Fields of random designs."""
    random = np.random.default_rng(0)
    return {
        "num_experts": random.integers(8, 512, designs) * 1.0,
        "moe_intermediate_size": random.integers(8, 64, designs) * 64.0,
        "num_experts_per_tok": random.integers(1, 9, designs) * 1.0,
        "num_hidden_layers": random.integers(20, 100, designs) * 1.0,
        "hidden_size": random.integers(8, 64, designs) * 128.0,
        "num_key_value_heads": random.choice([1.0, 2.0, 4.0, 8.0, 16.0], designs),
    }


def compiled() -> Callable[[dict[str, Column]], Any]:
    """The metrics, of the example's fields where they are not varied."""
    registry = installed()
    row = next(row for row in example_models() if row.name == BASE)
    fixed = {name: one.default for name, one in registry.assumptions.items()}
    fixed |= dict.fromkeys(registry.layers, np.nan)
    defaults: dict[str, Expr] = {}
    for name in numbers_of(registry.fields):
        default = registry.fields[name].default_expr
        if name in row.numbers:
            fixed[name] = row.numbers[name].value
        elif default is not None and name not in varied(0):
            defaults[name] = default
        else:
            fixed[name] = np.nan
    order = TopologicalSorter({name: expr.symbols() for name, expr in defaults.items()})
    formulas = {name: defaults[name] for name in order.static_order() if name in defaults}
    formulas |= {one.name: one.expr for one in registry.evaluation_order(WANTED)}
    function = Compiled(formulas, WANTED)
    return lambda columns: function({**fixed, **columns})


def by_hand(
    num_experts: Column,
    moe_intermediate_size: Column,
    num_experts_per_tok: Column,
    num_hidden_layers: Column,
    hidden_size: Column,
    num_key_value_heads: Column,
) -> dict[str, Column]:
    """The same metrics, as a script for this one architecture has them."""
    vocab, heads, head_dim, moe_layers, dense_size = 151936.0, 64.0, 128.0, 94.0, 12288.0
    context, weight_bytes_each, cache_bytes_each = 4096.0, 2.0, 2.0
    tensor_parallel, expert_parallel, pipeline_parallel = 1.0, 1.0, 1.0
    layers, kv_heads = num_hidden_layers, num_key_value_heads

    embedding = vocab * hidden_size
    projections = layers * (2 * hidden_size * head_dim * (heads + kv_heads))
    attention = projections + layers * (2 * head_dim)
    dense_layers = layers - moe_layers
    one_dense = 3 * hidden_size * dense_size
    dense = np.where(dense_layers > 0, dense_layers * one_dense, 0)
    router = moe_layers * num_experts * hidden_size
    norms = (2 * layers + 1) * hidden_size
    always = embedding + embedding + attention + dense + router + norms
    one_expert = 3 * hidden_size * moe_intermediate_size
    routed = num_experts * (moe_layers * one_expert)
    total = always + routed
    active = always + num_experts_per_tok * (moe_layers * one_expert)

    routed_flops = 2 * moe_layers * num_experts_per_tok * one_expert
    linear = 2 * projections + 2 * dense + 2 * router + routed_flops + 2 * embedding
    forward = linear + 2 * (heads * 2 * head_dim * (layers * (context / 2)))
    dense_equivalent = forward + (num_experts / num_experts_per_tok - 1) * routed_flops

    ends_bytes = 2 * embedding * weight_bytes_each
    attention_bytes, dense_bytes = attention * weight_bytes_each, dense * weight_bytes_each
    copied_bytes = router * weight_bytes_each + norms * weight_bytes_each
    routed_bytes = routed * weight_bytes_each
    weight_bytes = ends_bytes + attention_bytes + dense_bytes + copied_bytes + routed_bytes

    kv_bytes = layers * (2 * kv_heads * head_dim) * cache_bytes_each
    cache = context * kv_bytes

    kv_weights = layers * 2 * hidden_size * head_dim * kv_heads
    kv_weight_bytes = attention_bytes * (kv_weights / attention)
    shared_by_heads = np.ceil(kv_heads / tensor_parallel) / kv_heads
    stage = np.ceil(layers / pipeline_parallel)
    share = stage / layers
    divided = attention_bytes - kv_weight_bytes + dense_bytes
    experts_share = np.where(dense_layers == 0, np.minimum(1, stage / moe_layers), share)
    device_weights = (
        (
            divided / tensor_parallel
            + kv_weight_bytes * shared_by_heads
            + copied_bytes
            + routed_bytes / expert_parallel
        )
        * share
        + routed_bytes / expert_parallel * (experts_share - share)
        + ends_bytes / tensor_parallel
    )
    device_cache = cache * shared_by_heads * share
    return {
        "total_params": total,
        "active_params": active,
        "parameter_efficiency": active / total,
        "forward_flops": forward,
        "model_flops_savings": 1 - forward / dense_equivalent,
        "weight_bytes": weight_bytes,
        "kv_bytes_per_token": kv_bytes,
        "kv_cache_bytes": cache,
        "device_bytes": device_weights + device_cache + 1e9,
        "devices_by_memory": np.ceil((weight_bytes + cache) / 76309411328.0),
    }


def in_blocks(columns: dict[str, Column]) -> dict[str, Column]:
    """The script by hand, over blocks of rows."""
    designs = len(columns["num_experts"])
    results = {name: np.empty(designs) for name in WANTED}
    for first in range(0, designs, BLOCK):
        block = slice(first, first + BLOCK)
        for name, values in by_hand(**{key: one[block] for key, one in columns.items()}).items():
            results[name][block] = values
    return results


def main(designs: int) -> None:
    """Check that the two compute the same, time them by turns, and print their rates."""
    columns, ours = varied(designs), compiled()
    few = {name: values[:1000] for name, values in columns.items()}
    for name, values in by_hand(**few).items():
        np.testing.assert_allclose(ours(few)[name], values, rtol=1e-12, err_msg=name)
    ways: dict[str, Callable[[dict[str, Column]], Any]] = {
        "compiled": ours,
        "by hand, whole columns": lambda columns: by_hand(**columns),
        "by hand, blocks": in_blocks,
    }
    taken = dict.fromkeys(ways, np.inf)
    for _ in range(TURNS):
        for name, way in ways.items():
            start = time.perf_counter()
            way(columns)
            taken[name] = min(taken[name], time.perf_counter() - start)
    for name, seconds in taken.items():
        share = taken[name] / taken["compiled"]
        print(
            f"{name:24}{designs / seconds / 1e6:6.1f} million designs/s, of which ours {share:.2f}"
        )


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**7)
