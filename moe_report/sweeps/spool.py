"""The folder in which a sweep keeps what it has found so far, so that it can go on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np

from moe_report.errors import OutputError
from moe_report.sweeps.block import Block, Passed
from moe_report.sweeps.plan import Plan

_STATE = "state.json"
_KEPT = ("removed", "design", "costs", "front", "best")
_COLUMN = "column "


@dataclass(frozen=True)
class Spool:
    """A folder with a file for each block that is done.

    Attributes:
        folder: Where it is.
        plan: Of what.
        size: Designs of a block.
        keep_all: Whether all that pass are kept.
    """

    folder: Path
    plan: Plan
    size: int
    keep_all: bool

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-self.plan.designs // self.size)

    def block(self, at: int) -> Block:
        """Return a block by its place."""
        first = at * self.size
        return Block(first, min(first + self.size, self.plan.designs), self.keep_all)

    def done(self) -> set[int]:
        """Return the places of the blocks that are done, and whose file is not damaged."""
        found = (path for path in self.folder.glob("*.npz") if path.stem.isdecimal())
        return {int(path.stem) for path in found if is_zipfile(path)}

    def missing(self) -> Iterator[int]:
        """Give the places of the others, of which there may be very many."""
        done = self.done()
        return (at for at in range(self.blocks) if at not in done)

    def designs_done(self) -> int:
        """Return how many designs are in the blocks that are done."""
        return sum(block.last - block.first for block in map(self.block, self.done()))

    def _path(self, at: int) -> Path:
        return self.folder / f"{at:012d}.npz"

    def put(self, at: int, passed: Passed) -> None:
        """Keep what was found of a block: all of it or nothing."""
        arrays: dict[str, Any] = {name: getattr(passed, name) for name in _KEPT}
        arrays |= {_COLUMN + name: values for name, values in passed.columns.items()}
        fresh = self.folder / f"{at:012d}.part"
        with fresh.open("wb") as file:
            np.savez(file, passed=np.array(passed.passed), **arrays)
        os.replace(fresh, self._path(at))

    def __iter__(self) -> Iterator[Passed]:
        for at in range(self.blocks):
            with np.load(self._path(at), allow_pickle=False) as found:
                arrays = {name: found[name] for name in _KEPT}
                columns = {name: found[_COLUMN + name] for name in self.plan.kept}
                yield Passed(passed=int(found["passed"]), columns=columns, **arrays)

    def remove(self) -> None:
        """Remove what was kept: all is done."""
        _remove(self.folder)


def open_spool(
    folder: Path,
    plan: Plan,
    size: int,
    *,
    keep_all: bool,
    resume: bool = False,
    force: bool = False,
    ways: Sequence[str] = ("go on with it", "begin anew"),
) -> Spool:
    """Return a spool, a new one or, to go on, the one that is there.

    Args:
        folder: Where it is.
        plan: Of what.
        size: Designs of a block, unless one goes on.
        keep_all: Whether all that pass are kept.
        resume: Whether to go on.
        force: Whether to begin anew whatever is there.
        ways: What to do about a folder that is there: how to go on, how to begin anew.

    Raises:
        OutputError: There is one that is not to be gone on with, or one of another plan.
    """
    state = {"plan": plan.mark, "keep_all": keep_all}
    path = folder / _STATE
    if force and not resume and path.exists():
        _remove(folder)
    if folder.exists():
        if not resume:
            raise OutputError(f"{folder}: a sweep was interrupted here; {', '.join(ways)}")
        try:
            found = json.loads(path.read_text("utf-8"))
            size = int(found.pop("block"))
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise OutputError(f"{folder}: is no state of a sweep; {ways[-1]}") from error
        if found != state:
            different = (
                "another plan, --top or version" if found.get("plan") != plan.mark else "a sweep "
            )
            different += "with other outputs" * (found.get("plan") == plan.mark)
            raise OutputError(f"{folder}: is the state of {different}; {ways[-1]}")
        return Spool(folder, plan, size, keep_all)
    folder.mkdir(parents=True)
    path.write_text(json.dumps({**state, "block": size}), "utf-8")
    return Spool(folder, plan, size, keep_all)


def _remove(folder: Path) -> None:
    """Remove what a sweep has written into its folder, and the folder if nothing else is in it."""
    for path in (*folder.glob("*.npz"), *folder.glob("*.part"), folder / _STATE):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
