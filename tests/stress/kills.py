"""Writers that are killed: what stood there stands there still, or the new file is whole."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from moe_report.output.temporary import PREFIX
from tests.commands import leftovers
from tests.stress.commands import Outcome, finish, run, start
from tests.stress.findings import WRONG, Finding
from tests.stress.writers import files, harmed, in_turn

WRITING = 0.005  # seconds about that a writer takes from its first file beside the output on


def kills(made: Path, folder: Path, count: int, chance: random.Random) -> Iterator[list[Finding]]:
    """Kill writers in their work; yield what went wrong with each.

    Every second is killed while it writes, the others at any moment. Those that end before they
    are killed are not counted.
    """
    home = folder / "killed"
    lasted = {}
    for writer in in_turn(made, home):
        arguments = writer.arguments("Killed")
        if writer not in lasted:
            began = time.perf_counter()
            assert run(arguments, home).code == 0
            lasted[writer] = time.perf_counter() - began
            continue
        before = files(home)
        written = (home / writer.target).parent
        ended = _killed(arguments, home, written, lasted[writer], chance)
        if ended.code != -signal.SIGKILL:
            continue
        found = list(harmed(before, files(home)))
        again = run(arguments, home)
        if again.code:
            found.append(Finding(WRONG, f"the next run: {again.said.strip()}"))
        litter = {item for path in home.rglob("*.xlsx") for item in leftovers(path)}
        found += [Finding(WRONG, f"left behind: {item}") for item in sorted(litter)]
        yield [Finding(one.kind, f"{writer.name}, killed: {one.text}") for one in found]
        count -= 1
        if not count:
            return


def _writes(folder: Path) -> bool:
    return any(name.startswith(PREFIX) for name in os.listdir(folder))


def _killed(
    arguments: list[str], home: Path, written: Path, lasts: float, chance: random.Random
) -> Outcome:
    said = home.parent / "killed.said"
    began = time.perf_counter()
    process = start(arguments, home, said)
    if chance.random() < 0.5:
        while time.perf_counter() - began < lasts and not _writes(written):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, WRITING))
    else:
        time.sleep(chance.uniform(0.1, 1) * lasts)
    os.kill(process, signal.SIGKILL)
    return finish(process, said)
