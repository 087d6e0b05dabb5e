"""What a sweep tells while it runs: how many designs there are, how fast, and how long it takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import click

from moe_report.cli.terminal import say

if TYPE_CHECKING:
    from moe_report.sweeps.run import Progress
    from moe_report.sweeps.spool import Spool

_MANY = 10_000_000  # designs from which on it is said how many there are
_LONG = 60  # seconds from which on it is said how long it takes
_MEASURED = 1  # seconds until the rate is told
_UNITS = (("years", 31_557_600), ("days", 86_400), ("hours", 3600), ("minutes", 60))


def lasting(seconds: float) -> str:
    """Return how long something takes, in the largest unit of which it takes two.

    >>> lasting(137_000), lasting(95), lasting(3e13)
    ('38 hours', '95 seconds', '950,643 years')
    """
    unit, size = next((one for one in _UNITS if seconds >= 2 * one[1]), ("seconds", 1))
    return f"{seconds / size:,.0f} {unit}"


class _Rate:
    """How fast designs are counted, from the end of the first block on: workers may be late."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.counted = 0
        self.started: float | None = None

    def add(self, done: int) -> None:
        self.left -= done
        if self.started is None:
            self.started = perf_counter()
        else:
            self.counted += done

    @property
    def seconds(self) -> float:
        """For how long it was measured."""
        return 0 if self.started is None else perf_counter() - self.started

    def told(self) -> str:
        """The rate, and how long the rest takes; empty while nothing is measured."""
        if not (self.counted and self.seconds):
            return ""
        return f"{self.counted / self.seconds:,.0f} designs/s, {lasting(self.rest)} left"

    @property
    def rest(self) -> float:
        """Seconds that the rest takes."""
        return self.left / self.counted * self.seconds


@contextmanager
def progress_of(spool: Spool, quiet: bool) -> Iterator[Progress]:
    """What tells how far a sweep is: a bar if somebody sees it, else a line if it takes long."""
    if quiet:
        yield lambda done: None
        return
    done_before = spool.designs_done()
    rate = _Rate(spool.plan.designs - done_before)
    if rate.left > _MANY:
        say(f"{rate.left:,} designs; Ctrl-C keeps what is done", err=True)
    if not sys.stderr.isatty():
        yield _line(rate)
        return

    def told(_: int | None) -> str:
        return rate.told()

    # click's own time left is wrong where some designs were done before
    with click.progressbar(
        length=spool.plan.designs, label="designs", item_show_func=told,
        show_eta=False, show_pos=True, file=sys.stderr,
    ) as bar:  # fmt: skip
        bar.update(done_before, 0)

        def progress(done: int) -> None:
            rate.add(done)
            bar.update(done, done)

        yield progress


def _line(rate: _Rate) -> Progress:
    """What says once how long it takes."""
    said = False

    def progress(done: int) -> None:
        nonlocal said
        rate.add(done)
        if not said and rate.counted and rate.seconds >= _MEASURED:
            said = True
            if rate.rest >= _LONG:
                say(rate.told(), err=True)

    return progress
