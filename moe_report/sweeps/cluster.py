"""Blocks on more processes and machines: an executor on a cluster of Dask's ``distributed``.

Dask sends tasks to workers and again to others where one dies; here is what it does not know: how
many tasks to send at a time, and that who counts must count alike.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any
from uuid import uuid4

import numpy as np

import moe_report
from moe_report.errors import MoeReportError, first_lines
from moe_report.sweeps.executor import Result, Task
from moe_report.sweeps.undisturbed import undisturbed

PATIENCE = 10  # seconds to wait for a scheduler
_AHEAD = 3  # messages sent for each thread of a worker, so that none waits for its next one
_WORTH = 0.1  # seconds that the tasks of a message take, for each message costs some thousandths
_MOST = 8  # tasks of a message
_NAP = 0.003  # seconds between looks at what is done
_FEWEST = 8  # messages sent while no worker is known
# Of workers that we start. Dask has them give back memory at once, which is slow to fetch anew.
_OF_OUR_OWN = {
    "distributed.scheduler.allowed-failures": 100,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 28,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 1 << 25,
}
# Ctrl-C reaches them, too; it is this process that ends them. Where they can inherit that they are
# deaf to it, they are from their start on.
_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
_DEATHS = 5  # how often a task whose workers died is sent anew, beside what the scheduler does


@contextmanager
def cluster(scheduler: str | None, workers: int) -> Iterator[Cluster]:
    """Connect to a scheduler, or start one here with some workers, until the context ends.

    Raises:
        MoeReportError: Dask is not installed, there is no scheduler, or a worker is not like us.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MoeReportError("workers need dask: pip install 'moe-report[dask]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # of what is handled here
    stack = ExitStack()
    try:
        if scheduler is None:
            with undisturbed():
                stack.enter_context(dask.config.set(_OF_OUR_OWN))
                started = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # nor is 8787 asked for
                    silence_logs=logging.CRITICAL,
                    preload=[_DEAF],
                )
                client = Client(stack.enter_context(started), set_as_default=False)
                stack.enter_context(client)
        else:
            client = _connected(scheduler)
            stack.enter_context(client)
        yield Cluster(client)
    finally:
        with undisturbed():
            stack.close()


def _connected(scheduler: str) -> Any:
    """A client of a scheduler, which has first answered as one: a client would wait for ever."""
    from distributed import Client

    try:
        _ask(scheduler)
        return Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # of any kind: what is there may say anything
        said = str(error) if isinstance(error, (OSError, ValueError)) else ""
        why = said or "what is there does not answer as one"
        raise MoeReportError(f"there is no scheduler at {scheduler}: {why}") from error


def _ask(scheduler: str) -> None:
    """Raise what keeps a scheduler from answering, asked in a thread: notebooks have a loop."""
    failed: list[Exception] = []

    def ask() -> None:
        try:
            asyncio.run(asyncio.wait_for(_answers(scheduler), PATIENCE + 1))
        except Exception as error:  # raised where it is waited for
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


async def _answers(scheduler: str) -> None:
    from distributed.comm.core import connect
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    await (await connect(scheduler, timeout=PATIENCE, **arguments)).close()


class Cluster:
    """Runs tasks on the workers of a cluster."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._threads: dict[str, int] = {}
        self._looked = -math.inf
        self._look()

    @property
    def threads(self) -> int:
        """How many threads count, of all workers; they come and go."""
        self._look()
        return sum(self._threads.values())

    def run(
        self, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Give the place of each task with its result, as they come.

        Raises:
            MoeReportError: The scheduler is gone, a worker is not like us, or one task's workers
                die again and again.
        """
        from distributed import CancelledError, KilledWorker, as_completed

        client, left = self._client, enumerate(tasks)
        name = f"moe-report-{uuid4().hex}"
        # a task, as data that are sent are lost with the worker that has them
        sent = client.submit(_same, function, key=f"{name}-function")
        pending: dict[Any, tuple[list[tuple[int, Task]], int]] = {}
        done = as_completed(loop=client.loop)
        size = 1  # tasks of a message, as soon as it is known how long one takes

        def send(batch: list[tuple[int, Task]], deaths: int) -> None:
            key = f"{name}-{batch[0][0]}-{deaths}"
            tasks = [task for _, task in batch]
            future = client.submit(_counted, _versions(), sent, tasks, key=key)
            pending[future] = batch, deaths
            done.add(future)

        def send_more() -> None:
            most = max(_AHEAD * self.threads, _FEWEST)
            while len(pending) < most and (batch := list(islice(left, size))):
                send(batch, 0)

        try:
            send_more()
            while pending:
                if not done.has_ready():
                    time.sleep(_NAP)
                    self._look()
                    continue
                future = next(done)
                batch, deaths = pending.pop(future)
                try:
                    results, seconds = future.result()
                except KilledWorker as error:
                    if deaths == _DEATHS:
                        raise MoeReportError(_DYING) from error
                    send(batch, deaths + 1)
                    continue
                except CancelledError as error:
                    raise MoeReportError(_LOST) from error
                except Exception:
                    self._looked = -math.inf  # it may be a worker that has just come
                    self._look()
                    raise
                future.release()
                size = min(max(round(_WORTH * len(batch) / max(seconds, _WORTH / 99)), 1), _MOST)
                send_more()
                for (place, _), result in zip(batch, results, strict=True):
                    yield place, result
        finally:
            client.cancel(list(pending))

    def _look(self) -> None:
        """See from time to time who is there, and refuse a new worker that is not like us."""
        if time.monotonic() - self._looked < 1:
            return
        try:
            threads = dict(self._client.nthreads())
            new = [worker for worker in threads if worker not in self._threads]
            found = self._client.run(_versions, workers=new, on_error="return") if new else {}
        except OSError as error:
            raise MoeReportError(_LOST) from error
        _refuse_others(found)
        self._looked, self._threads = time.monotonic(), threads


def _refuse_others(workers: Mapping[str, object]) -> None:
    """Raise an error if a worker has other versions than we have.

    Args:
        workers: Their versions, or why there are none, by address.
    """
    wanted = _versions()
    lines = []
    for worker, found in workers.items():
        if isinstance(found, dict) and found != wanted:
            others = [f"{name} {one}" for name, one in found.items() if one != wanted[name]]
            ours = [f"{name} {one}" for name, one in wanted.items() if one != found[name]]
            lines.append(f"worker {worker} has {', '.join(others)}, and here is {', '.join(ours)}")
        elif isinstance(found, Exception) and not isinstance(found, OSError):  # it is not just gone
            lines.append(f"worker {worker} cannot count: {found}")
    if lines:
        raise MoeReportError(*first_lines(lines, "and {} more workers"))


_LOST = "the connection to the scheduler is lost; --resume goes on with what is done"
_DYING = "workers die again and again over a block: is there memory enough, and moe-report on each?"


def _versions() -> dict[str, str]:
    """The versions of what decides a number's last digit."""
    return {"moe_report": moe_report.__version__, "numpy": np.__version__}


def _same(function: Callable[[Task], Result]) -> Callable[[Task], Result]:
    return function


def _counted(
    versions: dict[str, str], function: Callable[[Task], Result], tasks: list[Task]
) -> tuple[list[Result], float]:
    """What a worker does, and how long it takes; one that came later may have other versions."""
    if versions != _versions():
        raise RuntimeError(f"{_versions()} in place of {versions}")
    began = time.perf_counter()
    return [function(task) for task in tasks], time.perf_counter() - began
