"""One writer at a time in a folder, while it looks what stands there and puts its files in place.

The lock is a file that can be made once, which holds on a network too. It is there for moments;
one that a killed process has left behind is told by what stands in it, and broken.
"""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moe_report.errors import OutputError
from moe_report.output.interrupts import put_off
from moe_report.output.temporary import PREFIX, UNFINISHED, age_of, discard, is_gone, writer

NAME = f"{PREFIX}lock"
_WAIT = 10.0  # seconds that another writer is waited for
_PAUSE, _LONGEST_PAUSE = 0.01, 0.25
_LONG = 600.0  # seconds after which a lock of another machine is taken for left behind
_BLANK = 10.0  # the same for one whose writer was stopped before it wrote who it is


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder.

    Raises:
        OutputError: Another process has it and does not let it go.
        OSError: It cannot be made.
    """
    lock = folder / NAME
    until, pause = time.monotonic() + _WAIT, _PAUSE
    while not _made(lock, f"{writer()} on {platform.node()}"):
        found = _look(lock)
        left = found is not None and _is_left(lock, found[0])
        if time.monotonic() > until:
            why = "this lock was left" if left else "another moe-report is writing here"
            raise OutputError(
                f"{lock}: {why}{_named(found)}, and nothing is written; try again, or delete this "
                "file if there is none"
            )
        if found is not None and left:
            _break(lock, found)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    try:
        yield
    finally:
        discard(lock)


_Found = tuple[bytes, int, int]  # what stands in a lock, and which file it is


def _made(lock: Path, content: str) -> bool:
    """Make a lock, if there is none."""
    with put_off():
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        UNFINISHED.add(lock)
        try:
            os.write(handle, content.encode())
        except OSError:
            discard(lock)
            raise
        finally:
            os.close(handle)
    return True


def _look(lock: Path) -> _Found | None:
    """What there is now; None if the lock is gone, or is not to be read."""
    with suppress(OSError):
        there = lock.stat()
        return lock.read_bytes(), there.st_ino, there.st_mtime_ns
    return None


def _is_left(lock: Path, content: bytes) -> bool:
    """Whether the process that has made a lock is there no more."""
    with suppress(OSError):
        if not content:
            return age_of(lock) > _BLANK
        return is_gone(content.decode("utf-8", "replace"), lock, _LONG)
    return False


def _break(lock: Path, found: _Found) -> None:
    """Remove a lock that was left behind, and no other that has taken its place since."""
    claim = _claim_of(lock, found)
    if not _made(claim, writer()):  # somebody else is about to, or was stopped before it could
        other = _look(claim)
        if other is not None and _is_left(claim, other[0]):
            with suppress(OSError):
                claim.unlink()
        return
    try:
        if _look(lock) == found:
            with suppress(OSError):  # it may be another user's
                lock.unlink()
    finally:
        discard(claim)


def _claim_of(lock: Path, found: _Found) -> Path:
    """What is made by the one that may remove a certain lock."""
    return lock.with_name(f"{NAME}-{hashlib.sha256(repr(found).encode()).hexdigest()[:8]}")


def _named(found: _Found | None) -> str:
    if found is None or not found[0]:
        return ""
    process, _, machine = found[0].decode("utf-8", "replace").partition(" on ")
    return f" (process {process.split('-')[1]} on {machine})" if "-" in process else ""
