"""Files of safetensors whose tensors are all zero."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moe_report.importers.safetensors import BITS

Shapes = Mapping[str, tuple[str, Sequence[int]]]  # type and shape by name


def header_of(shapes: Shapes) -> dict[str, Any]:
    """The header that lays tensors out one behind another."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in shapes.items():
        begin, end = end, end + math.prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return header


def room_of(shapes: Shapes) -> int:
    """Bytes of the tensors together."""
    return sum(math.prod(shape) * BITS[dtype] // 8 for dtype, shape in shapes.values())


def write(path: Path, shapes: Shapes) -> None:
    """Write a file of tensors that are all zero, and take no room on the disk."""
    write_raw(path, json.dumps(header_of(shapes)).encode(), room_of(shapes))


def write_raw(path: Path, header: bytes, room: int, length: int | None = None) -> None:
    """Write a header, whatever it is, and so many bytes behind it."""
    start = struct.pack("<Q", len(header) if length is None else length) + header
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + room)
