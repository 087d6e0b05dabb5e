"""What is written into a file: its bytes, or a file on the disk that holds very many of them."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from hashlib import sha256
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, TypeAlias

from moe_report.errors import OutputError

_PIECE = 1 << 20
_IN_MEMORY = 16 << 20


class _OnDisk(ABC):
    """Very many bytes, in a file. They equal bytes, or others in a file, that are the same.

    Attributes:
        size: How many.
    """

    size: int

    @abstractmethod
    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Return the file, open for reading."""

    def digest(self) -> str:
        """Return the SHA-256 of all bytes, in hex."""
        return digest_of(self.pieces())

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from some place on, piece by piece."""
        with self.opened() as file:
            file.seek(start)
            while piece := file.read(_PIECE):
                yield piece

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _OnDisk):
            return self.size == other.size and self.digest() == other.digest()
        if not isinstance(other, bytes):
            return NotImplemented
        return self.size == len(other) and self.digest() == digest_of([other])

    __hash__ = None  # type: ignore[assignment]  # what is in it may change


class Spooled(_OnDisk):
    """Bytes that are given piece by piece, and kept on the disk until they are put in place.

    Raises:
        OutputError: There is no room for them.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        with _told():
            self.file = tempfile.TemporaryFile()  # noqa: SIM115
            self.size = sum(map(self.file.write, pieces))
            self.file.flush()

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):  # it could not be made, or not be filled
            self.file.close()  # and thereby removed

    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Return the file, which stays open."""
        return nullcontext(self.file)

    def put(self, at: int, piece: bytes) -> None:
        """Replace bytes from some place on, and all that follow if these are more.

        Raises:
            OutputError: There is no room for them.
        """
        with _told():
            self.file.seek(at)
            self.file.write(piece)
            self.file.flush()
        self.size = max(self.size, at + len(piece))


class Standing(_OnDisk):
    """What stood in a file when it was looked at; its bytes are read from there once more.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size
        self._digest = digest_of(self.pieces())

    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Open the file."""
        return self._path.open("rb")

    def digest(self) -> str:
        """Return the SHA-256 of the bytes that stood there, in hex."""
        return self._digest


def digest_of(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 of bytes that are given piece by piece, in hex."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


Content: TypeAlias = bytes | Spooled
Found: TypeAlias = bytes | Standing  # where a content goes


def found_in(path: Path) -> Found:
    """Return what stands in a file: in memory, if it is not very much.

    Raises:
        OSError: It cannot be read.
    """
    return Standing(path) if path.stat().st_size > _IN_MEMORY else path.read_bytes()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(f"the temporary folder: cannot be written to ({why})") from error


def pieces_written(write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """Give piece by piece what is written into a file that it gets, of which nothing stays.

    Raises:
        OutputError: There is no room for it on the disk.
    """
    with _told():
        file = tempfile.TemporaryFile()  # noqa: SIM115
    with file:
        with _told():
            write(file)
            file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def gathered(pieces: Iterable[bytes]) -> Content:
    """Return bytes that are given piece by piece: in memory, if they are not very many.

    Raises:
        OutputError: They are, and there is no room for them on the disk.
    """
    first: list[bytes] = []
    size, rest = 0, iter(pieces)
    for piece in rest:
        first.append(piece)
        size += len(piece)
        if size > _IN_MEMORY:
            return Spooled(chain(first, rest))
    return b"".join(first)


def pieces_of(content: Content | Found) -> Iterable[bytes]:
    """Return a content piece by piece."""
    return (content,) if isinstance(content, bytes) else content.pieces()


def size_of(content: Content) -> int:
    """Return the number of its bytes."""
    return len(content) if isinstance(content, bytes) else content.size


def end_of(content: Content, start: int) -> bytes:
    """Return its bytes from some place on."""
    return content[start:] if isinstance(content, bytes) else b"".join(content.pieces(start))


def file_of(content: Content) -> IO[bytes]:
    """Return a file that is open for reading it."""
    return BytesIO(content) if isinstance(content, bytes) else content.file


def whole(content: Content | Found) -> bytes:
    """Return a content as bytes in memory."""
    return content if isinstance(content, bytes) else b"".join(content.pieces())
