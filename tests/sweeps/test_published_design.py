"""What the guide says of DeepSeek-V3 among a million designs of its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from moe_report.sweeps.executor import InProcess
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.run import BLOCK, Found, merged, run_blocks
from moe_report.sweeps.standing import standing_of_base
from tests.sweeps.plans import spool_of, sweep_of
from tests.test_readme import DOCS, blocks

GUIDE = DOCS / "guides" / "sweeps.md"
PLAN = blocks(GUIDE, "toml")[-1]


def found_of(folder: Path, text: str) -> tuple[Sweep, Found]:
    """A sweep, and what it finds."""
    sweep = sweep_of(folder, text)
    spool = spool_of(folder, sweep, BLOCK, keep_all=False)
    run_blocks(spool, InProcess(), lambda done: None)
    return sweep, merged(sweep.plan, spool)


def test_published_design_is_on_the_front_where_depth_counts(tmp_path: Path) -> None:
    """No other design has as many parameters and layers for as little computing."""
    aims = '"min forward_flops", "max num_hidden_layers"'
    sweep, found = found_of(tmp_path, PLAN.replace('"min forward_flops"', aims))
    said = GUIDE.read_text("utf-8")
    assert f"the front has {len(found.front):,} designs" in said
    assert f"none of {found.passed:,} has" in said
    assert standing_of_base(sweep, found).endswith("no design that passed beats it.")
    row = sweep.base.numbers
    same = [found.front.columns[axis.name] == row[axis.name].value for axis in sweep.plan.axes]
    assert np.logical_and.reduce(same).sum() == 1, "it is itself one of the designs"
