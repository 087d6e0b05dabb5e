"""What is written waits in memory, or on the disk where it is much, and a full disk is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import IO

import pytest

from moe_report.errors import OutputError
from moe_report.output.content import Spooled, gathered, pieces_written, whole

FULL = r"the temporary folder: cannot be written to \(No space left on device\)"


def full(*_: object) -> None:
    """Do what the system does where no space is left."""
    raise OSError(28, "No space left on device")


def test_few_bytes_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only very many wait on the disk, and where that has no room, a line says so."""
    pieces = [b"abc", b"def", b"ghi"]
    assert gathered(pieces) == b"abcdefghi"
    monkeypatch.setattr("moe_report.output.content._IN_MEMORY", 4)
    many = gathered(pieces)
    assert isinstance(many, Spooled)
    assert whole(many) == b"abcdefghi"

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(OutputError, match=FULL):
        gathered(pieces)


def test_what_is_written_into_a_file_is_given() -> None:
    """All of it from the beginning, as it stands there at the end."""

    def write(file: IO[bytes]) -> None:
        file.write(b"abc")
        file.seek(0)
        file.write(b"A")

    assert b"".join(pieces_written(write)) == b"Abc"


def test_a_disk_that_fills_up_is_told() -> None:
    """While a file is written to be given, and while one that waits gets its mark."""
    with pytest.raises(OutputError, match=FULL):
        next(pieces_written(full))
    kept = Spooled([b"<p>"])
    kept.file.close()
    kept.file = SimpleNamespace(seek=full, close=lambda: None)  # type: ignore[assignment]
    with pytest.raises(OutputError, match=FULL):
        kept.put(3, b"</p>")
