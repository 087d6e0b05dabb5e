"""Files are read up to a limit, and only files: a pipe or a device may never end."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import BinaryIO


def why_no_file(path: Path) -> str:
    """Return what is there in place of a file that can be read to its end; empty if one is."""
    if path.is_file():
        return ""
    if path.is_dir():
        return "is a folder"
    return "is a pipe or a device" if path.exists() else "there is no such file"


def open_file(path: Path, buffering: int = -1) -> BinaryIO:
    """Return a file, open to be read, with so many bytes read ahead.

    Raises:
        OSError: It is not there, is no file, or cannot be read.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, expected a file")
    return path.open("rb", buffering=buffering)


def read_file(path: Path, most: int) -> bytes:
    """Return a file's bytes; of one that has more than ``most`` one more than that.

    Raises:
        OSError: As of :func:`open_file`.
    """
    with open_file(path) as file:
        return file.read(most + 1)
