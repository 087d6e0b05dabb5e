"""Parts of a zip file as they stand there: copied without unpacking, or written piece by piece."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from copy import copy
from typing import Protocol

from moe_report.errors import OutputError

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_MOST_BYTES = 2**31 - 1  # of a part
# The date of every part: a package must not change with the hour it is written.
_PART_DATE = (1980, 1, 1, 0, 0, 0)
_RIGHTS = 0o600 << 16


def copy_raw(
    data: bytes, info: zipfile.ZipInfo, target: zipfile.ZipFile, *, anew: bool = False
) -> None:
    """Write a part with the compressed bytes that it has in another zip file.

    With ``anew`` it has the date and the rights of one that is written.
    """
    moved = copy(info)
    if anew:
        moved.date_time, moved.external_attr = _PART_DATE, _RIGHTS
    moved.extra = b""  # dates, and sizes of more than 4 GB: both stand in the header already
    moved.flag_bits &= ~0x08  # sizes stand in the header, not behind the data
    assert target.fp is not None
    moved.header_offset = target.fp.tell()
    target.fp.write(moved.FileHeader())
    target.fp.write(compressed_bytes(data, info))
    # zipfile has no public way to add an entry that is compressed already.
    target.filelist.append(moved)
    target.NameToInfo[moved.filename] = moved
    target.start_dir = target.fp.tell()
    target._didModify = True  # type: ignore[attr-defined]


class Held(Protocol):
    """A part that is large, and so not made as a whole before it is asked for."""

    def pieces(self) -> Iterator[bytes]:
        """Give the part piece by piece."""


def write_pieces(target: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> None:
    """Write a part piece by piece.

    Raises:
        OutputError: It has more than 2 GB: its size would stand where Excel does not look.
    """
    info = zipfile.ZipInfo(name, _PART_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = _RIGHTS
    written = 0
    with target.open(info, "w") as part:
        for piece in pieces:
            written += len(piece)
            if written > _MOST_BYTES:
                raise OutputError(
                    f"the part {name} of the workbook has more than 2 GB, which Excel "
                    "does not open; write fewer models, or another format such as csv"
                )
            part.write(piece)


def compressed_bytes(data: bytes, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a part as they stand in a zip file."""
    header = _LOCAL_HEADER.unpack_from(data, info.header_offset)
    start = info.header_offset + _LOCAL_HEADER.size + header[-2] + header[-1]
    return data[start : start + info.compress_size]
