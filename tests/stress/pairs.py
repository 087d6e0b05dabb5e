"""Two writers of one file at once: both are heard, or the one that was not says so."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import openpyxl

from tests.stress.commands import Outcome, finish, start
from tests.stress.findings import LOST, TRACEBACK, WRONG, Finding
from tests.stress.writers import Writer, files, harmed, in_turn


def pairs(made: Path, folder: Path, count: int, chance: random.Random) -> Iterator[list[Finding]]:
    """Start two of a writer at once; yield what went wrong with each pair."""
    home = folder / "pair"
    for writer in itertools.islice(in_turn(made, home), count):
        before = files(home)
        names = [f"Model-{chance.randrange(10**6)}-{which}" for which in "ab"]
        ends = _at_once(writer, names, home)
        found = [*_judged(ends), *harmed(before, files(home))]
        if writer.target == "models.xlsx":
            found += _rows(home / writer.target, names, ends)
        yield [Finding(one.kind, f"two of {writer.name}: {one.text}") for one in found]


def _at_once(writer: Writer, names: list[str], home: Path) -> list[Outcome]:
    said = [home.parent / f"{number}.said" for number, _ in enumerate(names)]
    started = [
        start(writer.arguments(name), home, text) for name, text in zip(names, said, strict=True)
    ]
    return [finish(process, text) for process, text in zip(started, said, strict=True)]


def _judged(ends: list[Outcome]) -> Iterator[Finding]:
    """A loser says so in one line and exits 1; somebody wins."""
    if all(end.code for end in ends):
        yield Finding(WRONG, "neither was heard")
    for end in ends:
        if end.code and (end.code != 1 or len(end.said.strip().splitlines()) != 1):
            kind = WRONG if end.clean else TRACEBACK
            yield Finding(kind, f"exit {end.code}: {end.said.strip()}")


def _rows(workbook: Path, names: list[str], ends: list[Outcome]) -> Iterator[Finding]:
    """Who was told "added" has a row, and nobody else."""
    sheet = openpyxl.load_workbook(workbook, read_only=True)["Models"]
    found = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    for name, end in zip(names, ends, strict=True):
        if end.code == 0 and name not in found:
            yield Finding(LOST, "the row of a writer that was told it was added")
        if end.code and name in found:
            yield Finding(WRONG, "the row of a writer that was told it was refused is there")
