"""Commands that write, each over a fresh copy of a user's folder, and whether files are whole."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from moe_report.ooxml.guard import check_package
from moe_report.output.marks import is_as_written
from tests.stress.findings import LOST, TORN, Finding


@dataclass(frozen=True)
class Writer:
    """A command that writes.

    Attributes:
        name: What findings call it.
        line: What is typed; ``{name}`` stands for a model's name.
        target: A file that it writes.
    """

    name: str
    line: str
    target: str

    def arguments(self, name: str) -> list[str]:
        """Return what is typed, for a model."""
        return [word.format(name=name) for word in self.line.split()]


WRITERS = (
    Writer("run", "run models.xlsx -o written", "written/models.report.xlsx"),
    Writer("run --update", "run --update written/models.report.xlsx", "written/models.report.xlsx"),
    Writer("fill", "fill template.xlsx models.xlsx -o filled.xlsx --calc none", "filled.xlsx"),
    Writer(
        "import --into",
        "import config.json --into models.xlsx --name {name} --replace",
        "models.xlsx",
    ),
)


def in_turn(made: Path, home: Path) -> Iterator[Writer]:
    """Yield one writer after the other without end, each time with a fresh copy at home."""
    for writer in itertools.cycle(WRITERS):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(made, home)
        yield writer


def files(home: Path) -> dict[Path, bytes]:
    """Return what stands in a folder, but for what a writer makes for the time of its work."""
    return {
        path.relative_to(home): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def harmed(before: dict[Path, bytes], now: dict[Path, bytes]) -> Iterator[Finding]:
    """Say what of a folder is neither as it was nor a whole new file."""
    for path in before.keys() - now.keys():
        yield Finding(LOST, f"{path} is gone")
    for path, content in now.items():
        if content != before.get(path):
            yield from damage(content, path)


def damage(data: bytes, path: Path) -> Iterator[Finding]:
    """Say why a package cannot be read, or that a page is not whole."""
    if path.suffix == ".html" and not is_as_written(data):
        yield Finding(TORN, f"{path} is cut off")
    if path.suffix == ".xlsx":
        try:
            check_package(data, str(path))
        except Exception as error:
            yield Finding(TORN, f"{path}: {error}")
