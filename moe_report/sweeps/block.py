"""A block of a sweep: which of its designs pass, what they have, and why the others do not.

>>> from moe_report.formula.expr import symbol
>>> from moe_report.sweeps.plan import Axis, Constraint, Objective, Stage
>>> a, b = symbol("a"), symbol("b")
>>> stages = Stage({"c": a + b}, (Constraint("c < 8", symbol("c") < 8),)), Stage({})
>>> axes = Axis("a", np.array([1.0, 2.0])), Axis("b", np.array([5.0, 6.0]))
>>> plan = Plan(axes, {}, stages, (Objective("max c", symbol("c"), True),), ("a", "b", "c"))
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
    for stage, program, needed in zip(plan.stages, plan.programs, plan.later, strict=True):
        columns |= _computed(plan, program, columns, len(design))
        left = np.ones(len(design), bool)
        for name, one in zip(stage.tests, stage.constraints, strict=True):
            test = columns.pop(name)
            failed = left & (test == 0)
            undefined = left & np.isnan(test) & (not one.lenient)
            removed.append((int(failed.sum()), int(undefined.sum())))
            left &= ~(failed | undefined)
        columns = {name: values for name, values in columns.items() if name in needed}
        design, columns = _of(left, design, columns)
    found = _computed(plan, plan.aiming, columns, len(design))
    left = np.ones(len(design), bool)
    for values in found.values():
        undefined = left & np.isnan(values)
        removed.append((0, int(undefined.sum())))
        left &= ~undefined
    signs = [-1 if one.maximize else 1 for one in plan.objectives]
    costs = np.stack(
        [found[one.formula] * sign for one, sign in zip(plan.objectives, signs, strict=True)],
        axis=1,
    )
    columns |= found
    kept = {
        name: columns[name] if name in columns else np.full(len(design), plan.constants[name])
        for name in plan.kept
    }
    design, kept = _of(left, design, kept)
    costs = costs[left]
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
