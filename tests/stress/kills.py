"""Writers that are killed: what stood there stands there still, or the new file is whole."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from moe_report.ooxml.guard import check_package
from moe_report.output.marks import is_as_written
from tests.commands import leftovers
from tests.stress.commands import run
from tests.stress.made import Made

WRITERS = {
    "run": ("run", "models.xlsx", "-o", "written"),
    "run --update": ("run", "--update", "written/models.report.xlsx"),
    "fill": ("fill", "template.xlsx", "models.xlsx", "-o", "filled.xlsx"),
    "import --into": ("import", "config.json", "--into", "models.xlsx", "--replace"),
}


def kills(made: Made, folder: Path, count: int, chance: random.Random) -> Iterator[str]:
    """Kill writers at random moments of their work; yield what went wrong, or nothing, for each."""
    for number in range(count):
        name = list(WRITERS)[number % len(WRITERS)]
        home = folder / "killed"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(made.folder, home)
        before = files(home)
        began = time.perf_counter()
        if not run(WRITERS[name], home).clean:
            yield f"{name}: does not work"
            continue
        lasted = time.perf_counter() - began
        after = {path: len(content) for path, content in files(home).items()}
        shutil.rmtree(home)
        shutil.copytree(made.folder, home)
        run(WRITERS[name], home, kill_after=chance.uniform(0.3, 1.1) * lasted)
        wrong = torn(home, before, set(after))
        again = run(WRITERS[name], home)
        litter = [item for path in home.rglob("*.xlsx") for item in leftovers(path)]
        if again.code:
            wrong.append(f"the next run: {again.said.strip()}")
        yield "; ".join((*wrong, *(f"left behind: {item}" for item in sorted(set(litter)))))


def torn(home: Path, before: dict[Path, bytes], expected: set[Path]) -> list[str]:
    """Say what of a folder is neither as it was nor a whole new file."""
    wrong = []
    now = files(home)
    for path, content in before.items():
        if path not in now:
            wrong.append(f"{path} is lost")
        elif now[path] != content:
            wrong += damage(now[path], path)
    for path in sorted(now.keys() - before.keys() & expected):
        wrong += damage(now[path], path)
    return wrong


def files(home: Path) -> dict[Path, bytes]:
    """Return what stands in a folder, but for what a writer makes for the time of its work."""
    return {
        path.relative_to(home): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def damage(data: bytes, path: Path) -> list[str]:
    """Say why a package cannot be read, or that a page is not whole."""
    if path.suffix == ".html":
        return [] if is_as_written(data) else [f"{path} is torn"]
    if path.suffix != ".xlsx":
        return []
    try:
        check_package(data, str(path))
    except Exception as error:
        return [f"{path} is torn: {error}"]
    return []
