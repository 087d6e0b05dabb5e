"""Wherever its blocks are counted, and whoever dies over it, a sweep finds the same."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

import moe_report
from moe_report.errors import MoeReportError
from moe_report.sweeps import cluster as module
from moe_report.sweeps import run
from moe_report.sweeps.cluster import cluster
from moe_report.sweeps.executor import Executor, InProcess
from moe_report.sweeps.parquet import write_parquet
from moe_report.sweeps.run import Found, merged, run_blocks
from tests.sweeps.plans import SMALL, counted, spool_of, sweep_of

ROOT = Path(__file__).parents[2]
SIZE = 4  # designs of a block, so that there are some hundred


class Programs:
    """A scheduler and workers of Dask's, as processes on this machine that are ended at last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        address = folder / "scheduler.json"
        # whoever is killed before it ends them leaves nothing for long
        self.start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard",
                   "--idle-timeout", "300", "--scheduler-file", str(address))  # fmt: skip
        until(address.exists)
        self.address = str(json.loads(address.read_text("utf-8"))["address"])

    def start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        """Start one; what it says goes into a file."""
        log = (self.folder / f"{kind}-{len(self.running)}.log").open("wb")
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=self.folder, env=environment
        )
        log.close()
        self.running.append(process)
        return process

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread."""
        return self.start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--host", "127.0.0.1", "--death-timeout", "60", *options,
        )  # fmt: skip

    def end(self) -> None:
        """Kill what is left."""
        for process in reversed(self.running):
            process.kill()
            process.wait(30)


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to hold."""
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """A scheduler without workers yet."""
    found = Programs(tmp_path)
    try:
        yield found
    finally:
        found.end()


class Slowly:
    """An executor that takes its time, so that there is one for whoever is to die."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def run(
        self, function: Callable[[Any], Any], tasks: Iterable[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Run the tasks, each a little later."""
        return self.executor.run(partial(after_a_while, function), tasks)


def after_a_while(function: Callable[[Any], Any], task: Any) -> Any:
    """Run a task, slowly."""
    time.sleep(0.02)
    return function(task)


def fail_at_8(number: int) -> int:
    """Fail at a task."""
    if number == 8:
        raise ZeroDivisionError("of the eighth")
    return number


def die(number: int) -> None:
    """Die."""
    os.kill(os.getpid(), signal.SIGKILL)


def same_found(one: Found, other: Found) -> None:
    """Both have the same counts, front and best."""
    assert one.passed == other.passed
    assert one.removed.tolist() == other.removed.tolist()
    for ours, theirs in ((one.front, other.front), (one.best, other.best)):
        assert ours.design.tolist() == theirs.design.tolist()
        assert all(
            ours.columns[name].tolist() == theirs.columns[name].tolist() for name in ours.columns
        )


def test_worker_that_is_killed_loses_nothing(programs: Programs, tmp_path: Path) -> None:
    """Of two workers one is killed in the middle; counts, front and Parquet are the same bytes."""
    sweep = sweep_of(tmp_path)
    found, content = counted(tmp_path, sweep, 1000)
    victim, _ = programs.worker(), programs.worker()
    done = 0

    def kill(designs: int) -> None:
        nonlocal done
        done += designs
        if done >= 5 * SIZE and victim.poll() is None:
            victim.kill()
            victim.wait(30)

    with cluster(programs.address, 0) as executor:
        until(lambda: executor.threads == 2)
        spool = spool_of(tmp_path, sweep, SIZE)
        run_blocks(spool, Slowly(executor), kill)
        again = merged(sweep.plan, spool, executor)
    assert done == sweep.plan.designs
    assert victim.returncode == -signal.SIGKILL
    same_found(again, found)
    write_parquet(tmp_path / "again.parquet", sweep.plan, spool, again)
    assert (tmp_path / "again.parquet").read_bytes() == content


def test_task_that_kills_its_workers_ends_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are started anew a few times, and not for ever."""
    monkeypatch.setitem(module._OF_OUR_OWN, "distributed.scheduler.allowed-failures", 0)
    monkeypatch.setattr(module, "_DEATHS", 1)
    with cluster(None, 1) as executor, pytest.raises(MoeReportError, match="memory enough"):
        list(executor.run(die, [1]))


def test_block_that_raises_is_an_error_with_its_cause(programs: Programs) -> None:
    """What a worker raises is raised here, and the other tasks are called off."""
    programs.worker()
    with cluster(programs.address, 0) as executor:
        assert sorted(executor.run(fail_at_8, range(8))) == [(at, at) for at in range(8)]
        with pytest.raises(ZeroDivisionError, match="of the eighth"):
            list(executor.run(fail_at_8, range(1000)))


def test_worker_with_another_version_is_refused_by_name(programs: Programs, tmp_path: Path) -> None:
    """Whether it is there at the beginning or comes later."""
    preload = tmp_path / "older.py"
    preload.write_text("import moe_report\nmoe_report.__version__ = '0.0.1'\n")
    with cluster(programs.address, 0) as executor:
        programs.worker("--preload", str(preload), "--name", "old")
        expected = (
            rf"worker .* has moe_report 0\.0\.1, and here is moe_report {moe_report.__version__}"
        )
        with pytest.raises(MoeReportError, match=expected):
            list(executor.run(fail_at_8, range(5)))
    with pytest.raises(MoeReportError, match=expected), cluster(programs.address, 0):
        pass


def test_worker_without_moe_report_is_refused_by_name(programs: Programs, tmp_path: Path) -> None:
    """It cannot even read what it is asked."""
    preload = tmp_path / "lacking.py"
    preload.write_text("import sys\nsys.modules['moe_report'] = None\n")
    programs.worker("--preload", str(preload))
    expected = r"worker .* cannot count: .*No module named"
    with pytest.raises(MoeReportError, match=expected), cluster(programs.address, 0) as executor:
        until(lambda: executor.threads > 0)


def test_scheduler_that_is_gone_ends_the_sweep(programs: Programs) -> None:
    """In a sentence, not for ever."""
    programs.worker()
    with cluster(programs.address, 0) as executor:
        results = executor.run(partial(after_a_while, fail_at_8), range(9, 1000))
        next(results)
        programs.running[0].kill()
        with pytest.raises(MoeReportError, match="the connection to the scheduler is lost"):
            list(results)


def test_scheduler_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence with its address, after some seconds."""
    monkeypatch.setattr(module, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://here"):
        with pytest.raises(MoeReportError, match=f"there is no scheduler at {address}: "):
            cluster(address, 0).__enter__()


def test_scheduler_is_asked_where_a_loop_runs_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, in which the thread of the cells has one."""
    monkeypatch.setattr(module, "PATIENCE", 1)

    async def cell() -> None:
        with pytest.raises(MoeReportError) as caught:
            cluster("tcp://127.0.0.1:1", 0).__enter__()
        assert "what is there does not answer" not in str(caught.value)

    with ThreadPoolExecutor(1) as aside:  # a test before may have left this thread a loop
        aside.submit(asyncio.run, cell()).result()


def test_what_is_no_scheduler_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that takes connections and says nothing, which a client of Dask's waits for."""
    monkeypatch.setattr(module, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with (
            pytest.raises(MoeReportError, match="what is there does not answer as one"),
            cluster(address, 0),
        ):
            pass


def test_ctrl_c_while_workers_start_ends_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes when all of it stands and can be closed: half of it would end in a traceback."""
    started: list[Any] = []

    def interrupted(**options: Any) -> Any:
        started.append(LocalCluster(**options))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    monkeypatch.setattr("distributed.LocalCluster", interrupted)
    with pytest.raises(KeyboardInterrupt), cluster(None, 1):
        pytest.fail("nothing is counted any more")
    assert started[0].status.name == "closed"


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MoeReportError, match=r"pip install 'moe-report\[dask\]'"):
        cluster(None, 2).__enter__()


def test_large_fronts_are_merged_by_the_executor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a tree, and it is the front of all."""
    text = SMALL.replace("]\n[vary]", ', "max num_experts_per_tok"]\n[vary]')
    sweep = sweep_of(tmp_path, text)
    found, _ = counted(tmp_path, sweep, 1000)
    sizes = []

    class Noted(InProcess):
        def run(self, function: Any, tasks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
            tasks = list(tasks)
            sizes.append(len(tasks))
            return reversed(list(super().run(function, tasks)))

    spool = spool_of(tmp_path, sweep, 1)
    run_blocks(spool, InProcess(), lambda done: None)
    monkeypatch.setattr(run, "_WORTH_SENDING", 0)
    same_found(merged(sweep.plan, spool, Noted()), found)
    assert sizes == [20, 3, 1]
    assert len(found.front) > 5


def test_interrupted_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    """Ctrl-C ends workers and command with a sentence, and the rest is counted later."""
    (tmp_path / "plan.toml").write_text(SMALL.replace("step = 256", "step = 1"), "utf-8")
    command = [
        sys.executable, "-m", "moe_report", "sweep", "plan.toml", "--block", "50", "--no-parquet",
        "--format", "json", "-o", "out", "--only", "flops_savings",
    ]  # fmt: skip
    sweeping = subprocess.Popen(
        [*command, "--workers", "2"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: len([*tmp_path.rglob("*.npz")]) > 3)
        os.killpg(sweeping.pid, signal.SIGINT)
        _, said = sweeping.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(sweeping.pid, signal.SIGKILL)
        sweeping.communicate()
    assert sweeping.returncode == 130, said
    assert said.startswith("interrupted: ")
    assert said.count("\n") == 1, said
    done = len([*tmp_path.rglob("*.npz")])
    assert done > 3
    gone_on = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True)
    assert gone_on.returncode == 0, gone_on.stderr
