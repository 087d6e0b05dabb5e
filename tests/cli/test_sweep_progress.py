"""What ``sweep`` tells of how many designs there are, and how long they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from moe_report.cli import sweep_progress
from moe_report.cli.sweep_progress import progress_of
from moe_report.sweeps.block import count_block
from tests.sweeps.plans import spool_of, sweep_of

pytestmark = pytest.mark.usefixtures("counting_alone")


def test_long_sweep_is_told_before_and_once_its_rate_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what is left, at the rate of now: blocks of an earlier run took no time of this one."""
    now = 0.0
    monkeypatch.setattr(sweep_progress, "perf_counter", lambda: now)
    monkeypatch.setattr(sweep_progress, "_MANY", 100)
    monkeypatch.setattr(sweep_progress, "_LONG", 5)
    sweep = sweep_of(tmp_path)
    spool = spool_of(tmp_path, sweep, 20)
    assert sweep.plan.designs == 156
    spool.put(0, count_block(sweep.plan, spool.block(0)))
    with progress_of(spool, quiet=False) as progress:
        assert capsys.readouterr().err == "136 designs; Ctrl-C keeps what is done\n"
        now = 50.0
        progress(20)
        assert capsys.readouterr().err == "", "workers may have come late"
        now = 52.0
        progress(20)
        assert capsys.readouterr().err == "10 designs/s, 10 seconds left\n"
        progress(20)
        assert capsys.readouterr().err == ""
    with progress_of(spool, quiet=True) as progress:
        progress(20)
    assert capsys.readouterr().err == ""
