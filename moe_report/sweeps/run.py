"""A whole sweep: its blocks through an executor, their counts summed, their fronts merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.operations import Column
from moe_report.sweeps.block import Block, Passed, count_block, is_best
from moe_report.sweeps.executor import Executor, InProcess
from moe_report.sweeps.front import Mask, on_front
from moe_report.sweeps.plan import Plan
from moe_report.sweeps.spool import Spool

BLOCK = 262_144  # designs: worth a file, and columns of some megabytes
_MERGED = 8  # fronts at a time
_WORTH_SENDING = 10_000  # designs of fronts; of two objectives one process is faster
Progress = Callable[[int], None]  # is told how many designs more are done


@dataclass(frozen=True, eq=False)
class Designs:
    """Some designs: their numbers, what they have, and their costs, in the order of the numbers."""

    design: NDArray[np.int64]
    columns: Mapping[str, Column]
    costs: Column

    def __len__(self) -> int:
        return len(self.design)

    def of(self, mask: Mask | NDArray[np.int64]) -> Designs:
        """Return some of them."""
        columns = {name: values[mask] for name, values in self.columns.items()}
        return Designs(self.design[mask], columns, self.costs[mask])

    def ordered(self) -> Designs:
        """Return them with the best by the first objective in front."""
        return self.of(np.lexsort(self.costs.T[::-1]))


@dataclass(frozen=True, eq=False)
class Found:
    """What a sweep has found.

    Attributes:
        removed: For each constraint, then each objective: how many designs it removed of those
            that the ones before had left, and of how many its number is undefined.
        passed: How many are left.
        front: Those on the front.
        best: The best by the first objective.
    """

    removed: NDArray[np.int64]
    passed: int
    front: Designs
    best: Designs


def run_blocks(spool: Spool, executor: Executor, progress: Progress) -> None:
    """Count the blocks that are not done, and keep what is found of each as soon as it is."""
    sent: dict[int, int] = {}  # blocks by the place of their tasks, until they are counted

    def blocks() -> Iterator[Block]:
        for place, at in enumerate(spool.missing()):
            sent[place] = at
            yield spool.block(at)

    for place, passed in executor.run(partial(count_block, spool.plan), blocks()):
        at = sent.pop(place)
        spool.put(at, passed)
        block = spool.block(at)
        progress(block.last - block.first)


def merged(plan: Plan, blocks: Iterable[Passed], executor: Executor | None = None) -> Found:
    """Return what blocks have found together; their order, and size, do not matter.

    Large fronts are merged by an executor, if there is one.
    """
    removed = np.zeros((len(plan.constraints) + len(plan.objectives), 2), np.int64)
    passed = 0
    best = _empty(plan)
    fronts = [best]
    for one in blocks:
        removed += one.removed
        passed += one.passed
        found = Designs(one.design, one.columns, one.costs)
        fronts.append(found.of(one.front))
        best = _together([best, found.of(one.best)])
        best = best.of(is_best(best.costs, plan.best))
    return Found(removed, passed, merged_fronts(plan, fronts, executor or InProcess()), best)


def merged_fronts(plan: Plan, fronts: Sequence[Designs], executor: Executor) -> Designs:
    """Return the front of fronts, merged as a tree, where that pays by an executor."""
    while len(fronts) > 1:
        groups = [_together(fronts[at : at + _MERGED]) for at in range(0, len(fronts), _MERGED)]
        large = len(plan.objectives) > 2 and sum(map(len, groups)) > _WORTH_SENDING
        where = executor if large else InProcess()
        masks = dict(where.run(on_front, [one.costs for one in groups]))
        fronts = [one.of(masks[at]) for at, one in enumerate(groups)]
    return fronts[0]


def _together(several: Sequence[Designs]) -> Designs:
    design = np.concatenate([one.design for one in several])
    order = np.argsort(design, kind="stable")
    columns = {
        name: np.concatenate([one.columns[name] for one in several])[order]
        for name in several[0].columns
    }
    return Designs(design[order], columns, np.concatenate([one.costs for one in several])[order])


def _empty(plan: Plan) -> Designs:
    columns = {name: np.zeros(0) for name in plan.kept}
    return Designs(np.zeros(0, np.int64), columns, np.zeros((0, len(plan.objectives))))
