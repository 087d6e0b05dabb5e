"""A block of a sweep: which of its designs pass, what they have, and why the others do not.

>>> from moe_report.formula.expr import symbol
>>> from moe_report.sweeps.plan import Axis, Constraint, Objective, Stage
>>> a, b = symbol("a"), symbol("b")
>>> formulas = {"c": a + b}
>>> stages = (Stage((Constraint("c < 8", symbol("c") < 8),), formulas),)
>>> axes = Axis("a", np.array([1.0, 2.0])), Axis("b", np.array([5.0, 6.0]))
>>> aims = (Objective("max c", symbol("c"), True),)
>>> plan = Plan(axes, {}, stages, formulas, aims, ("a", "b", "c"))
>>> found = count_block(plan, Block(0, 4))
>>> found.design.tolist(), found.columns["c"].tolist(), found.removed.tolist()
([0, 1, 2], [6.0, 7.0, 7.0], [[1, 0], [0, 0]])
>>> found.front.tolist()
[False, True, True]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.compiled import Compiled
from moe_report.formula.operations import Column
from moe_report.sweeps.front import Mask, on_front
from moe_report.sweeps.plan import Plan


@dataclass(frozen=True)
class Block:
    """Designs from one number up to before another; whether to keep all that pass."""

    first: int
    last: int
    keep_all: bool = True


@dataclass(frozen=True, eq=False)
class Passed:
    """What was found of a block.

    Attributes:
        removed: For each constraint, and then each objective: how many designs it removed of those
            that the ones before had left, and of how many its number is undefined.
        passed: How many are left.
        design: The numbers of those that are kept.
        columns: What they have, by name.
        costs: Their objectives, a column each, of which less is better.
        front: Which of them are on the front of the block.
        best: Which of them are the best of the block.
    """

    removed: NDArray[np.int64]
    passed: int
    design: NDArray[np.int64]
    columns: Mapping[str, Column]
    costs: Column
    front: Mask
    best: Mask


def count_block(plan: Plan, block: Block) -> Passed:
    """Return what passes of a block; it depends on nothing else."""
    design = np.arange(block.first, block.last, dtype=np.int64)
    columns: dict[str, Column] = plan.columns(block.first, block.last)
    removed: list[tuple[int, int]] = []
    for stage in plan.stages:
        tests = _computed(plan, stage.program, columns, len(design))
        left = np.ones(len(design), bool)
        for one, test in zip(stage.constraints, tests.values(), strict=True):
            failed = int(np.count_nonzero(left & (test == 0)))
            before = int(np.count_nonzero(left))
            left &= (test != 0) if one.lenient else (test == 1)  # NaN is neither 0 nor 1
            removed.append((failed, before - failed - int(np.count_nonzero(left))))
        design, columns = _of(left, design, columns)
    columns |= _computed(plan, plan.program, columns, len(design))
    kept = {
        name: columns[name] if name in columns else np.full(len(design), plan.constants[name])
        for name in plan.kept
    }
    left = np.ones(len(design), bool)
    for aim in plan.objectives:
        undefined = left & np.isnan(kept[aim.formula])
        removed.append((0, int(undefined.sum())))
        left &= ~undefined
    design, kept = _of(left, design, kept)
    costs = np.array([-kept[aim.formula] if aim.maximize else kept[aim.formula]
                      for aim in plan.objectives]).T  # fmt: skip
    front = on_front(costs)
    best = is_best(costs, plan.best)
    passed = len(design)
    if not block.keep_all:
        chosen = front | best
        design, kept = _of(chosen, design, kept)
        costs, front, best = costs[chosen], front[chosen], best[chosen]
    counts = np.array(removed, dtype=np.int64).reshape(-1, 2)
    return Passed(counts, passed, design, kept, costs, front, best)


def is_best(costs: Column, most: int) -> Mask:
    """Return which designs have the least costs, the first one first; of equal ones the first."""
    found = np.zeros(len(costs), bool)
    if most < len(costs):
        near = np.flatnonzero(costs[:, 0] <= np.partition(costs[:, 0], most)[most])
        found[near[np.lexsort(costs[near].T[::-1])[:most]]] = True
    else:
        found[:] = True
    return found


def _computed(
    plan: Plan, program: Compiled, columns: Mapping[str, Column], count: int
) -> dict[str, Column]:
    found = program({**plan.constants, **columns})
    return {name: np.broadcast_to(values, count) for name, values in found.items()}


def _of(
    left: Mask, design: NDArray[np.int64], columns: Mapping[str, Column]
) -> tuple[NDArray[np.int64], dict[str, Column]]:
    """The designs that are left, with their columns."""
    if left.all():
        return design, dict(columns)
    return design[left], {name: values[left] for name, values in columns.items()}
