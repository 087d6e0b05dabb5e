"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from moe_report.errors import OutputError
from moe_report.output.content import Content, Found, found_in
from moe_report.output.interrupts import put_off
from moe_report.output.lock import locked
from moe_report.output.temporary import discard, make_temporary, remove_leftovers

# Is given what stands at each path, None for nothing, and raises if that must stay.
Check = Callable[[Mapping[Path, Found | None]], None]


def write_files(contents: Mapping[Path, Content], check: Check | None = None) -> list[str]:
    """Write files so that either all are new or none is touched, each replaced in one step.

    What a link leads to is written, not the link. A file that is replaced keeps its rights, and its
    owner and group where the system allows it.

    Args:
        contents: What to write, by path.
        check: Looks at what stands there, at a moment from which on nobody else of ours writes.

    Returns:
        What is not as it was beside the contents, a sentence each.

    Raises:
        OutputError: A folder or file cannot be written, or another run is writing there.
    """
    targets = _targets(contents)
    fresh: dict[Path, Path] = {}
    try:
        for path, target in targets.items():
            with _told(path):
                _make_folder(target.parent, path.parent)
                remove_leftovers(target.parent)
                fresh[path] = make_temporary(target.parent, contents[path])
        with ExitStack() as locks:
            for folder in sorted({target.parent for target in targets.values()}):
                with _told(folder):
                    locks.enter_context(locked(folder))
            with put_off():
                before = {path: _content(path, target) for path, target in targets.items()}
                if check is not None:
                    check(before)
                return _put_in_place(targets, fresh, before)
    finally:
        for temporary in fresh.values():
            discard(temporary)


def standing(paths: Iterable[Path]) -> dict[Path, Found | None]:
    """Return what stands at paths, None for nothing.

    Raises:
        OutputError: There is no file there, but something else.
    """
    return {path: _content(path, followed(path)) for path in paths}


def unchanged_since(read: Mapping[Path, Found | None]) -> Check:
    """Return a check that files are still what was read; None stands for no file."""

    def check(before: Mapping[Path, Found | None]) -> None:
        for path, content in read.items():
            if before[path] != content:
                done = "was made" if content is None else "was changed"
                raise OutputError(
                    f"{path}: {done} by another program in the meantime; nothing is written, run "
                    "this again"
                )

    return check


def followed(path: Path) -> Path:
    """Return where a file is, or will be, that links lead to.

    Raises:
        OutputError: They lead in a circle.
    """
    target = Path(os.path.realpath(path))
    if os.path.islink(target):
        raise OutputError(f"{path}: is a link that leads in a circle")
    return target


def _targets(contents: Iterable[Path]) -> dict[Path, Path]:
    """Where each file is written, all of them apart."""
    targets: dict[Path, Path] = {}
    for path in contents:
        target = followed(path)
        if target in targets.values():
            other = next(other for other, taken in targets.items() if taken == target)
            raise OutputError(f"{path}: leads to the same file as {other}")
        targets[path] = target
    return targets


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Name the file where the system refuses something."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def _make_folder(folder: Path, named: Path) -> None:
    followed(named)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{named}: found a file, expected a folder to write to") from error
    except OSError as error:
        raise OutputError(f"{named}: the folder cannot be made ({error.strerror})") from error


def _content(path: Path, target: Path) -> Found | None:
    """What stands at a path; a pipe is not read from, for that may never end."""
    with _told(path):
        try:
            kind = target.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(0, "it is a folder")
        if not stat.S_ISREG(kind):
            raise OSError(0, "it is a pipe or a device; expected a file")
        return found_in(target)


def _put_in_place(
    targets: Mapping[Path, Path],
    fresh: Mapping[Path, Path],
    before: Mapping[Path, Found | None],
) -> list[str]:
    """Put files in the place of others, and all of those back if one of them cannot be."""
    notes: list[str] = []
    old: dict[Path, Path] = {}
    replaced: list[Path] = []
    try:
        for path, target in targets.items():
            with _told(path):
                notes += _make_alike(fresh[path], target, path)
                content = before[path]
                if content is not None and len(targets) > 1:
                    old[path] = make_temporary(target.parent, content)
                    _make_alike(old[path], target, path)
        for path, target in targets.items():
            try:
                os.replace(fresh[path], target)
            except OSError as error:
                hint = "" if before[path] is None else "; is it open in another program?"
                raise OutputError(f"{path}: cannot be written ({error.strerror}){hint}") from error
            replaced.append(path)
    except BaseException:
        for path in replaced:
            if path in old:
                os.replace(old[path], targets[path])
            else:
                targets[path].unlink()
        raise
    finally:
        for temporary in old.values():
            discard(temporary)
    return notes


def _make_alike(temporary: Path, target: Path, path: Path) -> list[str]:
    """Give a file the owner and the rights of that which it will replace; say what it loses."""
    try:
        there = target.stat()
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        _allow(temporary, 0o666 & ~umask)  # as any new file
        return []
    rights = there.st_mode & 0o777
    if os.name == "posix":
        if not _given(temporary, there.st_uid, there.st_gid):
            rights &= ~0o070 | (rights & 0o007) << 3  # another group gets no more than all
        _copy_attributes(target, temporary)
    _allow(temporary, rights)
    if there.st_nlink > 1:
        others = f"{there.st_nlink - 1} other name{'s' * (there.st_nlink > 2)} (hard links)"
        return [f"{path}: had {others}, under which the former content stays"]
    return []


def _allow(file: Path, rights: int) -> None:
    """Give a file rights, where the file system has such; without, it stays its owner's alone."""
    with suppress(OSError):
        file.chmod(rights)


def _given(file: Path, owner: int, group: int) -> bool:
    """Give a file to an owner and a group, and say whether it belongs to the group."""
    for wanted in (owner, -1):
        with suppress(OSError):
            os.chown(file, wanted, group)
            return True
    return file.stat().st_gid == group


def _copy_attributes(source: Path, target: Path) -> None:
    """Copy what else a file system says of a file, such as who else may read it."""
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(source):
                with suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))


def open_elsewhere(path: Path) -> str | None:
    """Return the program that seems to have a file open, by the lock file beside it."""
    if (path.parent / f"~${path.name}").exists():
        return "Excel"
    if (path.parent / f".~lock.{path.name}#").exists():
        return "LibreOffice"
    return None
