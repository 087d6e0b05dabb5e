"""A sweep of ten metrics, three constraints and two objectives, against numpy written by hand.

Run by hand: ``python -m tests.benchmarks.sweeps [DESIGNS]``, by default 10^7 and at most 8 * 10^7.
Each way runs in processes of its own, in turns, and its best one counts; so does the ratio within
one run, and each has a peak of memory of its own. The script by hand knows the one architecture
that it is for, and has the front alone; the sweep has what each constraint removed, and the state
to go on from.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from moe_report.api.asked import Sections
from moe_report.api.sweep import AskedSweep, read_sweep
from moe_report.sweeps.cluster import cluster
from moe_report.sweeps.executor import Executor, InProcess
from moe_report.sweeps.parquet import write_parquet
from moe_report.sweeps.plan import Plan
from moe_report.sweeps.run import BLOCK, merged, run_blocks
from moe_report.sweeps.spool import open_spool
from tests.benchmarks.compiled import BASE, WANTED, by_hand

AXES: dict[str, tuple[int, int, int]] = {  # from, step, how many
    "num_experts": (64, 64, 10),
    "num_experts_per_tok": (1, 1, 8),
    "num_key_value_heads": (1, 1, 5),
    "hidden_size": (2048, 256, 25),
    "moe_intermediate_size": (256, 64, 50),
    "num_hidden_layers": (94, 1, 160),
}
LIMITS = {"total_params": 400e9, "active_params": 30e9, "device_bytes": 640e9}
BY_HAND = 65_536  # designs of a block by hand, of which its rate is best
TURNS = 3
WORKERS = {"one worker": 1, "two workers": 2}  # of Dask's; their start is not timed
WAYS = ("by hand", "sweep", "sweep, with Parquet", *WORKERS)


def axes_of(designs: int) -> dict[str, list[float]]:
    """The values of each axis, of the last one as many as make so many designs."""
    found = {
        name: [float(first + at * step) for at in range(count)]
        for name, (first, step, count) in AXES.items()
    }
    of_others = int(np.prod([len(values) for values in found.values()][:-1]))
    return {
        **found,
        "num_hidden_layers": found["num_hidden_layers"][: max(1, designs // of_others)],
    }


def plan_of(designs: int, folder: Path) -> Plan:
    """The plan of so many designs."""
    lines = [f'base = "{BASE}"', f"columns = {json.dumps(WANTED)}"]
    lines.append(f"constraints = {json.dumps([f'{name} <= {at}' for name, at in LIMITS.items()])}")
    lines.append('objectives = ["max total_params", "min forward_flops"]\n[vary]')
    lines += [f"{name} = {values}" for name, values in axes_of(designs).items()]
    (folder / "plan.toml").write_text("\n".join(lines), "utf-8")
    return read_sweep(AskedSweep(folder / "plan.toml", {}), Sections()).plan


def swept(
    plan: Plan, folder: Path, *, keep_all: bool, executor: Executor | None = None
) -> tuple[int, int]:
    """Sweep; return how many designs pass, and how many are on the front."""
    spool = open_spool(folder / "state", plan, BLOCK, keep_all=keep_all)
    run_blocks(spool, executor or InProcess(), lambda done: None)
    found = merged(plan, spool, executor)
    if keep_all:
        write_parquet(folder / "all.parquet", plan, spool, found)
    spool.remove()
    return found.passed, len(found.front)


def handmade(designs: int) -> tuple[int, int]:
    """The same by hand, in blocks; the front by a sorted running minimum."""
    axes = {name: np.array(values) for name, values in axes_of(designs).items()}
    shape = tuple(map(len, axes.values()))
    passed, front = 0, np.empty((0, 2))
    for first in range(0, designs, BY_HAND):
        at = np.unravel_index(np.arange(first, min(first + BY_HAND, designs)), shape)
        chosen = {name: values[one] for (name, values), one in zip(axes.items(), at, strict=True)}
        found = by_hand(**chosen)
        kept = np.logical_and.reduce([found[name] <= limit for name, limit in LIMITS.items()])
        passed += int(kept.sum())
        costs = np.stack([-found["total_params"][kept], found["forward_flops"][kept]], axis=1)
        front = np.concatenate([front, costs])
        front = front[np.lexsort((front[:, 1], front[:, 0]))]
        before = np.concatenate([[np.inf], np.minimum.accumulate(front[:, 1])[:-1]])
        same = np.concatenate([[False], (front[1:] == front[:-1]).all(axis=1)])
        better = front[:, 1] < before
        for row in np.flatnonzero(same):  # of equal ones all, or none
            better[row] = better[row - 1]
        front = front[better]
    return passed, len(front)


def measured(way: str, designs: int) -> dict[str, Any]:
    """Run one way, here: how long it takes, what it finds, and how much memory at most."""
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(designs, Path(folder))
        with cluster(None, WORKERS[way]) if way in WORKERS else nullcontext() as executor:
            began = time.perf_counter()
            if way == "by hand":
                found = handmade(designs)
            else:
                keep_all = way == "sweep, with Parquet"
                found = swept(plan, Path(folder), keep_all=keep_all, executor=executor)
            seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "found": found, "peak": peak}


def main(designs: int) -> None:
    """Print the rate and the memory of each way."""
    results: dict[str, dict[str, Any]] = {}
    for way in WAYS * TURNS:
        command = [sys.executable, "-m", __spec__.name, str(designs), way]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        if way not in results or found["seconds"] < results[way]["seconds"]:
            results[way] = found
    assert len({tuple(one["found"]) for one in results.values()}) == 1, results
    passed, on_front = results[WAYS[0]]["found"]
    print(f"{designs:,} designs × {len(WANTED)} metrics, {len(LIMITS)} constraints, 2 objectives: "
          f"{passed:,} pass, {on_front} on the front")  # fmt: skip
    for way, one in results.items():
        ratio = results[WAYS[0]]["seconds"] / one["seconds"]
        print(f"  {way:20} {one['seconds']:6.1f} s  {designs / one['seconds']:12,.0f} designs/s  "
              f"{ratio:5.2f} × by hand  {one['peak'] / 1e6:6,.0f} MB at most")  # fmt: skip
    one, two = (results[way]["seconds"] for way in WORKERS)
    print(f"  two workers are {one / two:.2f} × as fast as one")


if __name__ == "__main__":
    number = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**7
    if len(sys.argv) > 2:
        print(json.dumps(measured(sys.argv[2], number)))
    else:
        main(number)
