"""Commands over damaged packages: each ends as documented, and nothing is lost or torn."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

from moe_report.fill.calculate import engines
from moe_report.ooxml.guard import check_package
from tests.fill.packages import whole_problems
from tests.stress.commands import Child, Outcome
from tests.stress.findings import LOST, TRACEBACK, WRONG, Finding
from tests.stress.mutants import mutant
from tests.stress.seeds import Seeds
from tests.stress.writers import files, harmed

COMMANDS = (
    "check it.xlsx",
    "run it.xlsx -o new",
    "fill it.xlsx models.xlsx -o new.xlsx",
    "template check it.xlsx",
    "import config.json --into it.xlsx --name Another",
    "run --update it.xlsx",
)
CALCULATED = 25  # every so many packages is given to the programs that calculate
_IT = Path("it.xlsx")


def packages(
    made: Path, seeds: Seeds, folder: Path, count: int, chance: random.Random, keep: Path
) -> Iterator[list[Finding]]:
    """Damage so many packages; yield for each command what went wrong, and keep such packages."""
    home = folder / "damaged"
    shutil.copytree(made, home)
    for number in range(count):
        data = mutant(seeds.choose(number, chance), chance)
        with _engines(number % CALCULATED == 0), Child(home) as child:
            for command in COMMANDS:
                found = list(_tried(command, data, child))
                if found:
                    kept = keep / f"{folder.name}-{number}.xlsx"
                    kept.write_bytes(data)
                    command = command.replace("it.xlsx", str(kept))
                yield [Finding(one.kind, f"{command}: {one.text}") for one in found]


def _engines(wanted: bool) -> AbstractContextManager[object]:
    """Keep programs that calculate, whose start costs most, from all that is forked meanwhile."""

    def fails(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, b"", b"not asked")

    if wanted:
        return nullcontext()
    return patch.multiple(engines, run_module=fails, run_program=fails)


def _tried(command: str, data: bytes, child: Child) -> Iterator[Finding]:
    """Give a command a package, and say what is wrong with its end and what it has written."""
    home = child.folder
    for path in home.glob("new*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (home / _IT).write_bytes(data)
    before = files(home)
    outcome = child.run(command.split())
    now = files(home)
    changed = {path for path in now if before.get(path) != now[path]}
    yield from _ended(outcome, changed)
    harm = list(harmed(before, now))
    yield from harm
    if not harm and not command.startswith("run"):
        for path in changed:
            yield from _lost_parts(data, now[path])


def _ended(outcome: Outcome, changed: set[Path]) -> Iterator[Finding]:
    if outcome.hung:
        yield Finding(WRONG, "hangs")
    elif not outcome.clean:
        said = " | ".join(outcome.said.strip().splitlines())
        yield Finding(TRACEBACK, f"exit {outcome.code}: {said}")
    if any(len(line) > 400 for line in outcome.said.splitlines() if line.startswith("Error")):
        yield Finding(WRONG, "a line of more than 400 characters")
    if outcome.code in (1, 2) and changed:
        yield Finding(WRONG, f"refused, and wrote {', '.join(map(str, sorted(changed)))}")


def _lost_parts(before: bytes, after: bytes) -> Iterator[Finding]:
    """Say which parts of a package that was written over, or filled, are gone."""
    old, new = check_package(before, "before"), check_package(after, "after")
    gone = {name for name in old if name not in new and "calcchain" not in name.lower()}
    if gone:
        yield Finding(LOST, ", ".join(sorted(gone)))
    known = set(whole_problems(old))
    for problem in whole_problems(new):
        if problem not in known:
            yield Finding(WRONG, problem)
