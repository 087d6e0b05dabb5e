"""Files are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from moe_report.errors import OutputError


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files so that either all are new or none is touched, each replaced in one step.

    Raises:
        OutputError: A folder or file cannot be written.
    """
    written: dict[Path, Path] = {}
    before: dict[Path, Path] = {}
    replaced: list[Path] = []
    try:
        for path, content in contents.items():
            _make_folder(path.parent)
            try:
                if path.is_dir():
                    raise IsADirectoryError(0, "it is a folder")
                written[path] = _temporary(path, content)
                if path.exists():
                    before[path] = _temporary(path)
                    shutil.copy2(path, before[path])
            except OSError as error:
                raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        for path, temporary in written.items():
            try:
                os.replace(temporary, path)
            except OSError as error:
                hint = "; is it open in another program?" if path.exists() else ""
                raise OutputError(f"{path}: cannot be written ({error.strerror}){hint}") from error
            replaced.append(path)
    except BaseException:
        for path in replaced:
            if path in before:
                os.replace(before[path], path)
            else:
                path.unlink()
        raise
    finally:
        for temporary in (*written.values(), *before.values()):
            temporary.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{folder}: found a file, expected a folder to write to") from error
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made ({error.strerror})") from error


def _temporary(path: Path, content: bytes = b"") -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".moe-report-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner may read
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def open_elsewhere(path: Path) -> str | None:
    """Return the program that seems to have a file open, by the lock file beside it."""
    if (path.parent / f"~${path.name}").exists():
        return "Excel"
    if (path.parent / f".~lock.{path.name}#").exists():
        return "LibreOffice"
    return None
