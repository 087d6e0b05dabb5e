"""Whatever the blocks, and however often it was interrupted, a sweep finds the same."""

from __future__ import annotations

import pickle
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from moe_report.errors import OutputError
from moe_report.sweeps.block import Block, count_block
from moe_report.sweeps.executor import InProcess
from moe_report.sweeps.plan import Axis, Plan
from moe_report.sweeps.run import merged, run_blocks
from moe_report.sweeps.spool import Spool
from tests.sweeps.plans import SMALL, Backwards, counted, spool_of, sweep_of


def test_block_size_and_order_change_no_byte(tmp_path: Path) -> None:
    """Of each size the front, the counts and the Parquet are the same."""
    sweep = sweep_of(tmp_path)
    found, content = counted(tmp_path, sweep, 1000)
    assert len(found.front) > 3
    assert 0 < found.passed < sweep.plan.designs
    for size, executor in ((1, InProcess()), (7, Backwards())):
        other, other_content = counted(tmp_path, sweep, size, executor)
        assert other_content == content
        assert other.removed.tolist() == found.removed.tolist()
        assert other.front.design.tolist() == found.front.design.tolist()
        assert other.best.design.tolist() == found.best.design.tolist()


def test_parquet_has_all_that_passed_in_order(tmp_path: Path) -> None:
    """A row a design, with what is varied, what is asked, and whether it is on the front."""
    sweep = sweep_of(tmp_path)
    found, _ = counted(tmp_path, sweep, 50)
    table = parquet.read_table(tmp_path / "all.parquet").to_pydict()
    assert len(table["design"]) == found.passed
    assert table["design"] == sorted(table["design"])
    assert max(table["total_params"]) <= 50e9
    on_front = [one for one, on in zip(table["design"], table["on_front"], strict=True) if on]
    assert on_front == found.front.design.tolist()
    assert {*table} >= {"num_experts", "moe_intermediate_size", "forward_flops"}


def test_small_groups_of_rows_are_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of several groups has every row once, and does not depend on the blocks either."""
    monkeypatch.setattr("moe_report.sweeps.parquet._GROUP", 10)
    sweep = sweep_of(tmp_path)
    found, content = counted(tmp_path, sweep, 7)
    assert counted(tmp_path, sweep, 1000)[1] == content
    file = parquet.ParquetFile(tmp_path / "all.parquet")
    assert file.num_row_groups == -(-found.passed // 10)
    assert len({*file.read().to_pydict()["design"]}) == found.passed


def test_blocks_of_more_designs_than_any_memory_holds(tmp_path: Path) -> None:
    """An outer axis has one value for very many designs; a block takes no more than its own size.

    What is missing is found without a list of all blocks.
    """
    counts = (3, 100_000, 50_000, 70_000)
    axes = [Axis(f"a{at}", np.arange(float(count))) for at, count in enumerate(counts)]
    plan = Plan((*axes, Axis("a4", np.arange(7.0))), {}, (), {}, (), ())
    for first in (0, plan.designs // 3 - 50, plan.designs - 100):
        columns = plan.columns(first, first + 100)
        expected = np.unravel_index(np.arange(first, first + 100), plan.shape)
        for values, wanted in zip(columns.values(), expected, strict=True):
            np.testing.assert_array_equal(values, wanted)
    spool = Spool(tmp_path, plan, 100, keep_all=False)
    assert [*islice(spool.missing(), 3)] == [0, 1, 2]
    assert spool.designs_done() == 0


def test_interrupted_sweep_goes_on_and_finds_the_same(tmp_path: Path) -> None:
    """Blocks that are done are not counted again."""
    sweep = sweep_of(tmp_path)
    found, _ = counted(tmp_path, sweep, 20)

    def interrupt(done: int) -> None:
        if len([*(tmp_path / "state").glob("*.npz")]) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_blocks(spool_of(tmp_path, sweep, 20), InProcess(), interrupt)
    spool = spool_of(tmp_path, sweep, 999, resume=True)
    assert spool.size == 20
    assert len([*spool.missing()]) == spool.blocks - 3
    assert spool.designs_done() == 60
    told: list[int] = []
    run_blocks(spool, InProcess(), told.append)
    assert sum(told) == sweep.plan.designs - 60
    assert spool.designs_done() == sweep.plan.designs
    again = merged(sweep.plan, spool)
    assert again.front.design.tolist() == found.front.design.tolist()
    assert again.removed.tolist() == found.removed.tolist()


def test_state_of_another_plan_is_refused(tmp_path: Path) -> None:
    """Another constraint is another sweep; so is one that keeps only the front."""
    sweep = sweep_of(tmp_path)
    spool_of(tmp_path, sweep, 20)
    with pytest.raises(OutputError, match="interrupted here"):
        spool_of(tmp_path, sweep, 20)
    with pytest.raises(OutputError, match="with other outputs"):
        spool_of(tmp_path, sweep, 20, resume=True, keep_all=False)
    other = sweep_of(tmp_path, SMALL.replace("50e9", "51e9"))
    with pytest.raises(OutputError, match="another plan"):
        spool_of(tmp_path, other, 20, resume=True)


def test_front_and_best_are_found_without_all_the_others(tmp_path: Path) -> None:
    """Where not all that pass are kept, what is reported is the same."""
    sweep = sweep_of(tmp_path)
    found, _ = counted(tmp_path, sweep, 33)
    spool = spool_of(tmp_path, sweep, 33, keep_all=False)
    run_blocks(spool, InProcess(), lambda done: None)
    few = merged(sweep.plan, spool)
    assert few.front.design.tolist() == found.front.design.tolist()
    assert few.best.columns["total_params"].tolist() == found.best.columns["total_params"].tolist()
    assert few.passed == found.passed
    assert sum(len(one.design) for one in spool) < found.passed


def test_best_are_the_first_in_the_first_objective(tmp_path: Path) -> None:
    """They are what sorting all that passed gives."""
    sweep = sweep_of(tmp_path)
    found, _ = counted(tmp_path, sweep, 33)
    table = parquet.read_table(tmp_path / "all.parquet").to_pydict()
    rows = [*zip(table["total_params"], table["forward_flops"], table["design"], strict=True)]
    best = sorted(rows, key=lambda row: (-row[0], row[1], row[2]))[:5]
    assert found.best.design.tolist() == sorted(row[2] for row in best)


def test_plan_can_be_sent_to_another_process(tmp_path: Path) -> None:
    """A worker gets the plan as bytes, and finds the same."""
    plan = sweep_of(tmp_path).plan
    sent = pickle.loads(pickle.dumps(plan))
    block = Block(11, 97)
    one, other = count_block(plan, block), count_block(sent, block)
    assert sent.mark == plan.mark
    np.testing.assert_array_equal(one.costs, other.costs)
    assert one.removed.tolist() == other.removed.tolist()
