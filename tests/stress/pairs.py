"""Two writers of one file at once: both are heard, or the one that was not says so."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl

from tests.stress.commands import Outcome, finish, start
from tests.stress.kills import damage
from tests.stress.made import Made

WRITERS = {
    "models.xlsx": ("import", "config.json", "--into", "models.xlsx", "--name", "{name}"),
    "written/models.report.xlsx": ("run", "--update", "written/models.report.xlsx"),
    "filled.xlsx": ("fill", "template.xlsx", "models.xlsx", "-o", "filled.xlsx"),
}


def pairs(made: Made, folder: Path, count: int, chance: random.Random) -> Iterator[str]:
    """Start two of a writer at once; yield what went wrong, or nothing, for each pair."""
    for number in range(count):
        target = list(WRITERS)[number % len(WRITERS)]
        home = folder / "pair"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(made.folder, home)
        names = [f"Model {chance.randrange(10**6)} {which}" for which in "ab"]
        ends = _at_once(WRITERS[target], names, home)
        wrong = list(_judged(ends))
        if (home / target).exists():
            wrong += damage((home / target).read_bytes(), Path(target))
        if target == "models.xlsx":
            wrong += _rows(home / target, names, ends)
        yield "; ".join(f"{' '.join(WRITERS[target][:2])}: {text}" for text in wrong)


def _at_once(writer: tuple[str, ...], names: list[str], home: Path) -> list[Outcome]:
    said = [home.parent / f"{number}.said" for number, _ in enumerate(names)]
    started = [
        start([word.format(name=name) for word in writer], home, text)
        for name, text in zip(names, said, strict=True)
    ]
    return [finish(process, text) for process, text in zip(started, said, strict=True)]


def _judged(ends: list[Outcome]) -> Iterator[str]:
    """A loser says so in one line and exits 1; somebody wins."""
    if all(end.code for end in ends):
        yield "neither was heard"
    for end in ends:
        if end.code and (end.code != 1 or len(end.said.strip().splitlines()) != 1):
            yield f"exit {end.code}: {end.said.strip()}"


def _rows(workbook: Path, names: list[str], ends: list[Outcome]) -> Iterator[str]:
    """Who was told "added" has a row, and nobody else."""
    sheet = openpyxl.load_workbook(workbook, read_only=True)["Models"]
    found = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    for name, end in zip(names, ends, strict=True):
        if (name in found) != (end.code == 0):
            yield f"exit {end.code}, and its row is {'there' if name in found else 'missing'}"
