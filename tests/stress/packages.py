"""Commands over damaged packages: each ends as documented, and nothing is lost or torn."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from moe_report.ooxml.guard import check_package
from tests.fill.packages import whole_problems
from tests.stress.commands import Outcome, run
from tests.stress.kills import damage, files
from tests.stress.made import Made
from tests.stress.mutants import mutant

COMMANDS = (
    ("check", "it.xlsx"),
    ("run", "it.xlsx", "-o", "new"),
    ("fill", "it.xlsx", "models.xlsx", "-o", "new.xlsx"),
    ("template", "check", "it.xlsx"),
    ("import", "config.json", "--into", "it.xlsx", "--name", "Another"),
    ("run", "--update", "it.xlsx"),
)
SEEDS = ("models.xlsx", "template.xlsx", "written/models.report.xlsx")


def packages(
    made: Made, folder: Path, count: int, chance: random.Random, more: list[bytes]
) -> Iterator[str]:
    """Damage so many packages; yield for each command what went wrong, or nothing."""
    seeds = [(made.folder / name).read_bytes() for name in SEEDS] + more
    home = folder / "damaged"
    shutil.copytree(made.folder, home)
    for number in range(count):
        data = mutant(seeds[number % len(seeds)], chance)
        for command in COMMANDS:
            for path in home.glob("new*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            (home / "it.xlsx").write_bytes(data)
            before = files(home)
            wrong = list(judged(run(command, home), command, home, before))
            if wrong:
                kept = folder / f"kept-{number}.xlsx"
                kept.write_bytes(data)
                wrong.append(f"{kept.name}: {' '.join(command)}")
            yield "; ".join(wrong)


def judged(
    outcome: Outcome, command: tuple[str, ...], home: Path, before: dict[Path, bytes]
) -> Iterator[str]:
    """Say what is wrong with a command's end and what it has written."""
    if not outcome.clean:
        said = outcome.said.strip().splitlines() or [""]
        yield f"{'hangs' if outcome.hung else f'exit {outcome.code}'}: {said[-1]}"
    if any(len(line) > 400 for line in outcome.said.splitlines() if line.startswith("Error")):
        yield "a line of more than 400 characters"
    now = files(home)
    changed = {path for path in now if before.get(path) != now[path]}
    if outcome.code in (1, 2) and changed:
        yield f"refused, and wrote {', '.join(map(str, sorted(changed)))}"
    for path in before.keys() - now.keys():
        yield f"{path} is lost"
    for path in changed:
        if path.suffix == ".xlsx":
            yield from damage(now[path], path)
            yield from lost_parts(before[Path("it.xlsx")], now[path], command)


def lost_parts(before: bytes, after: bytes, command: tuple[str, ...]) -> Iterator[str]:
    """Say which parts of a package that was written over, or filled, are gone."""
    if command[0] == "run":
        return
    old, new = check_package(before, "before"), check_package(after, "after")
    gone = {name for name in old if name not in new and "calcchain" not in name.lower()}
    if gone:
        yield f"lost {', '.join(sorted(gone))}"
    known = set(whole_problems(old))
    yield from (problem for problem in whole_problems(new) if problem not in known)
