"""Files that stand beside an output while it is written, and what tells whose they are."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import platform
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from moe_report.output.content import Content, Found, pieces_of
from moe_report.output.interrupts import put_off

PREFIX = ".moe-report-"
# What this process has not put in place or removed yet, for who ends it at once.
UNFINISHED: set[Path] = set()
_WRITER = re.compile(r"(?P<machine>[0-9a-f]{8})-(?P<process>\d{1,10})-(?P<began>\d{1,20})")
_OURS = re.compile(rf"{re.escape(PREFIX)}{_WRITER.pattern}-\w{{8}}")
_LONG = 24 * 3600.0  # seconds after which a file of a writer on another machine is taken for left


def writer() -> str:
    """Return what names this process among those of all machines that see a folder."""
    process = os.getpid()
    return f"{_machine()}-{process}-{_began(process)}"


def is_gone(text: str, file: Path, long: float = _LONG) -> bool:
    """Whether the writer that a text begins with has ended.

    One of another machine, which cannot be asked, has if it made its file ``long`` ago.
    """
    match = _WRITER.match(text)
    if match is None:
        return False
    if match["machine"] != _machine() or os.name != "posix":  # elsewhere, asking may end it
        return age_of(file) > long
    process, began = int(match["process"]), int(match["began"])
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass  # somebody else's
    return 0 != began != _began(process) != 0


@functools.cache
def _machine() -> str:
    """What is the same for all processes that can ask after each other by number."""
    said = [platform.node()]
    with suppress(OSError):
        said.append(Path("/proc/sys/kernel/random/boot_id").read_text("utf-8"))
    with suppress(OSError):
        said.append(os.readlink("/proc/self/ns/pid"))  # containers count their processes anew
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]


def _began(process: int) -> int:
    """When a process began, in the system's ticks: numbers of processes are given again.

    It is 0 where that cannot be asked, and -1 of one that has ended and was not asked after yet.
    """
    try:
        after_name = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0
    return -1 if after_name[0] in (b"Z", b"X") else int(after_name[19])


_NO_FSYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}  # of file systems that have none


def make_temporary(folder: Path, content: Content | Found) -> Path:
    """Write a file in a folder under a name of no other, which nobody else may read."""
    with put_off():
        handle, name = tempfile.mkstemp(dir=folder, prefix=f"{PREFIX}{writer()}-")
        UNFINISHED.add(Path(name))
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces_of(content):
                file.write(piece)
            file.flush()
            try:
                os.fsync(file.fileno())  # some file systems tell only now that there was no space
            except OSError as error:
                if error.errno not in _NO_FSYNC:
                    raise
    except BaseException:
        discard(Path(name))
        raise
    return Path(name)


def discard(path: Path) -> None:
    """Remove a file that this process has made, if it is still there."""
    path.unlink(missing_ok=True)
    UNFINISHED.discard(path)


def age_of(path: Path) -> float:
    """Return the seconds since a file was made, by the clock of the machine that keeps it."""
    probe = make_temporary(path.parent, b"")
    try:
        return probe.stat().st_mtime - path.stat().st_mtime
    finally:
        discard(probe)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of runs that were killed."""
    with suppress(OSError), os.scandir(folder) as items:
        for name in [item.name for item in items if _OURS.fullmatch(item.name)]:
            with suppress(OSError):
                if is_gone(name.removeprefix(PREFIX), folder / name):
                    (folder / name).unlink()
