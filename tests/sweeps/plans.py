"""Plans as tests write them, and what a sweep finds of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from moe_report.api.asked import Sections
from moe_report.api.sweep import AskedSweep, read_sweep
from moe_report.sweeps.executor import Executor, InProcess
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.parquet import write_parquet
from moe_report.sweeps.run import Found, merged, run_blocks
from moe_report.sweeps.spool import Spool, open_spool

SMALL = """
base = "Mixtral-8x7B"
constraints = ["total_params <= 50e9"]
objectives = ["max total_params", "min forward_flops"]
[vary]
num_experts = [4, 8, 16, 24]
num_experts_per_tok = {from = 1, to = 3}
moe_intermediate_size = "14336 * 8 / num_experts"
hidden_size = {from = 2048, to = 5120, step = 256}
"""


def sweep_of(folder: Path, text: str = SMALL, **assumptions: float | str) -> Sweep:
    """The sweep that the text of a .toml file says."""
    path = folder / "plan.toml"
    path.write_text(text, "utf-8")
    return read_sweep(AskedSweep(path, assumptions, best=5), Sections())


def spool_of(
    folder: Path, sweep: Sweep, size: int, *, resume: bool = False, keep_all: bool = True
) -> Spool:
    """A spool in a folder."""
    return open_spool(
        folder / "state", sweep.plan, size, keep_all=keep_all, resume=resume, ways=("on", "anew")
    )


def counted(
    folder: Path, sweep: Sweep, size: int, executor: Executor | None = None
) -> tuple[Found, bytes]:
    """What a sweep in blocks of a size finds, and the bytes of its Parquet."""
    spool = spool_of(folder, sweep, size)
    run_blocks(spool, executor or InProcess(), lambda done: None)
    found = merged(sweep.plan, spool)
    write_parquet(folder / "all.parquet", sweep.plan, spool, found)
    spool.remove()
    return found, (folder / "all.parquet").read_bytes()


class Backwards:
    """An executor that is done with the last task first."""

    def run(
        self, function: Callable[[Any], Any], tasks: Iterable[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Give what the tasks give, the last one first."""
        for at, task in reversed([*enumerate(tasks)]):
            yield at, function(task)
