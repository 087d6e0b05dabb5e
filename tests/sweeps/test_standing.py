"""Where the model stands that all designs are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moe_report.sweeps.block import Block, count_block
from moe_report.sweeps.run import merged
from moe_report.sweeps.standing import standing_of_base
from tests.sweeps.plans import sweep_of

PLAN = """
base = "Mixtral-8x7B"
constraints = ["{constraint}"]
objectives = {objectives}
[vary]
num_experts_per_tok = [1, 2, 3]
num_hidden_layers = [31, 32, 33]
"""
BOTH = '["max total_params", "min forward_flops"]'


@pytest.mark.parametrize(
    ("constraint", "objectives", "said"),
    [
        ("num_experts_per_tok >= 2", BOTH,
         "is on the front: no design that passed beats it"),
        ("num_experts >= 2", BOTH,
         "is not on the front: 2 designs there beat it, with up to 3.11 % more total_params or "
         "42.4 % less forward_flops"),
        ("num_experts_per_tok <= 1", BOTH, "does not keep to num_experts_per_tok <= 1"),
        ("num_experts >= 2", '["min published_total_params + num_experts_per_tok"]',
         "lacks a number that the objectives take"),
    ],
)  # fmt: skip
def test_base_is_on_the_front_or_what_beats_it_is_told(
    tmp_path: Path, constraint: str, objectives: str, said: str
) -> None:
    """By how much at most, in each objective; or why it is not among those that passed."""
    sweep = sweep_of(tmp_path, PLAN.format(constraint=constraint, objectives=objectives))
    found = merged(sweep.plan, [count_block(sweep.plan, Block(0, sweep.plan.designs))])
    assert f"Mixtral-8x7B itself {said}" in standing_of_base(sweep, found)
    assert np.isfinite(found.front.costs).all()
