"""Damaged packages, killed writers, writers at once and workbooks of others, in numbers.

Run by hand: ``make stress``. It takes at most ten minutes: what is not reached by then is not
counted, and the figures say how much was tried.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.fill.corpus import installed
from tests.stress.kills import kills
from tests.stress.made import make
from tests.stress.packages import packages
from tests.stress.pairs import pairs
from tests.stress.public import REFUSED, UNTRIED, public

WORKERS = 2
SECONDS = 600
SAID = (REFUSED, UNTRIED)  # what ends so is counted, and is no fault


def main() -> None:
    """Try everything and print what went wrong, and how much was tried."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--packages", type=int, default=1500)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--pairs", type=int, default=100)
    options.add_argument(
        "--corpus", type=Path, help="a folder of workbooks of others; each is filled in one cell"
    )
    asked = options.parse_args()
    ends = time.monotonic() + SECONDS
    with tempfile.TemporaryDirectory() as folder:
        jobs = [
            (Path(folder) / f"worker-{number}", asked, asked.seed + number, ends)
            for number in range(WORKERS)
        ]
        with multiprocessing.Pool(WORKERS) as pool:
            results = pool.starmap(work, jobs)
    bad = 0
    for name in results[0]:
        found = sum((result[name] for result in results), Counter[str]())
        fine = found.pop("", 0)
        wrong = sum(times for text, times in found.items() if not text.startswith(SAID))
        bad += wrong
        print(f"{name}: {found.total() + fine:,} tried, {fine:,} fine, {wrong:,} wrong")
        for text, times in found.most_common(20):
            print(f"  {times} × {text[:300]}")
    sys.exit(bool(bad))


def work(
    folder: Path, asked: argparse.Namespace, seed: int, ends: float
) -> dict[str, Counter[str]]:
    """Do a worker's share, in a folder of its own."""
    folder.mkdir()
    chance = random.Random(seed)
    made = make(folder / "made")
    others = sorted(asked.corpus.iterdir(), key=_size) if asked.corpus else []
    more = list(installed().values())
    return {
        "kills": until(ends, kills(made, folder, asked.kills // WORKERS, chance)),
        "pairs": until(ends, pairs(made, folder, asked.pairs // WORKERS, chance)),
        "packages": until(ends, packages(made, folder, asked.packages // WORKERS, chance, more)),
        "public workbooks": until(ends, public(others[seed - asked.seed :: WORKERS])),
    }


def _size(path: Path) -> int:
    return path.stat().st_size


def until(ends: float, trials: Iterator[str]) -> Counter[str]:
    """Count what trials yield, until the time is over."""
    found: Counter[str] = Counter()
    for text in trials:
        found[text] += 1
        if time.monotonic() > ends:
            break
    return found


if __name__ == "__main__":
    main()
