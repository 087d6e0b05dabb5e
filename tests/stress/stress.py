"""Damaged packages, killed writers, writers at once, or workbooks of others, in numbers.

Run by hand: ``make stress``. It takes at most ten minutes: what is not reached by then is not
counted, and the figures say how much was tried.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from moe_report.schema import registry
from tests.stress.findings import FAULTS, Finding
from tests.stress.kills import kills
from tests.stress.made import make, make_large
from tests.stress.packages import COMMANDS, packages
from tests.stress.pairs import pairs
from tests.stress.public import public
from tests.stress.seeds import Seeds

WORKERS = 2
SECONDS = 600  # for all
SHARES = (90, 60, SECONDS)  # of kills, of pairs, of damaged packages
Trials = Iterator[list[Finding]]


@dataclass
class Counted:
    """How many trials there were, how long they took, and what they found."""

    tried: int = 0
    seconds: float = 0.0
    computed: float = 0.0  # seconds that processors worked for them
    found: Counter[Finding] = field(default_factory=Counter)

    def count(self, trials: Trials, seconds: float) -> Counted:
        """Count what trials find, until the time is over."""
        began, worked = time.monotonic(), _worked()
        while time.monotonic() - began < seconds and (findings := next(trials, None)) is not None:
            self.tried += 1
            self.found.update(findings)
        self.seconds += time.monotonic() - began
        self.computed += _worked() - worked
        return self

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.tried + other.tried,
            max(self.seconds, other.seconds),
            self.computed + other.computed,
            self.found + other.found,
        )

    def __str__(self) -> str:
        kinds = dict.fromkeys(FAULTS, 0)
        for finding, times in self.found.items():
            kinds[finding.kind] = kinds.get(finding.kind, 0) + times
        figures = ", ".join(f"{times:,} {kind}" for kind, times in kinds.items())
        times = f"{self.seconds:.0f} s ({self.computed:.0f} s of processors)"
        return f"{self.tried:,} in {times}: {figures}"


def _worked() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def main() -> None:
    """Try everything and print what went wrong, and how much was tried."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--packages", type=int, default=1500)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--pairs", type=int, default=100)
    options.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "moe-stress")
    options.add_argument(
        "--corpus", type=Path, help="a folder of workbooks of others; each is filled in one cell"
    )
    asked = options.parse_args()
    began = time.monotonic()
    asked.keep.mkdir(exist_ok=True)
    sections = registry.installed()  # once for all commands
    with (
        tempfile.TemporaryDirectory() as name,
        patch.object(registry, "load", lambda files=(): sections),
    ):
        folder = Path(name)
        make(folder / "made")
        make_large(folder / "large")
        gc.freeze()  # what the processes share that are forked from here, they need not copy
        ends = began + SECONDS
        jobs = [(folder, number, asked, ends) for number in range(WORKERS)]
        with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
            results = pool.starmap(work_on_others if asked.corpus else work, jobs)
    bad = 0
    for name in results[0]:
        counted = sum((result[name] for result in results), Counted())
        print(f"{name}: {counted}")
        for finding, times in counted.found.most_common(40):
            print(f"  {times} × {finding.kind}: {finding.text[:400]}")
            bad += finding.kind in FAULTS
    sys.exit(bool(bad))


def work(folder: Path, number: int, asked: argparse.Namespace, ends: float) -> dict[str, Counted]:
    """Do a worker's share, in a folder of its own."""
    own = folder / f"seed-{asked.seed + number}"
    own.mkdir()
    chance = random.Random(asked.seed + number)
    made = folder / "made"
    seeds = Seeds(made, folder / "large")
    trials = {
        "kills": kills(made, own, asked.kills // WORKERS, chance),
        "pairs": pairs(made, own, asked.pairs // WORKERS, chance),
        f"damaged packages, {len(COMMANDS)} commands each": packages(
            made, seeds, own, asked.packages // WORKERS, chance, asked.keep
        ),
    }
    counted = {name: Counted() for name in trials}
    for seconds in (SHARES, (SECONDS,) * len(SHARES)):  # what was cut off goes on at the end
        for (name, left), most in zip(trials.items(), seconds, strict=True):
            counted[name].count(left, min(most, ends - time.monotonic()))
    return counted


def work_on_others(
    folder: Path, number: int, asked: argparse.Namespace, ends: float
) -> dict[str, Counted]:
    """Fill a worker's share of the workbooks of others, the largest last."""
    others = sorted(asked.corpus.iterdir(), key=lambda path: path.stat().st_size)
    trials = public(others[number::WORKERS])
    return {"workbooks of others": Counted().count(trials, ends - time.monotonic())}


if __name__ == "__main__":
    main()
