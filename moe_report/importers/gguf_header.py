"""The beginning of a GGUF file: metadata, and where its tensors lie. No weight is read.

Counts and lengths are those of a file, so each is compared with what the file has room for before
anything is as long as it says.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from moe_report.importers.lfs import POINTER, WHAT_A_POINTER_IS
from moe_report.importers.safetensors import MAX_NAME, Tensor
from moe_report.input import open_file

Types = Mapping[int, tuple[str, int, int]]  # of each type: name, numbers in a block, its bytes
MAGIC, VERSIONS = b"GGUF", (2, 3)
_ALIGNMENT = 32
# Types of values: the letter that struct has for a number; a text, and a list of values.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}  # fmt: skip
_TEXT, _LIST = 8, 9
# A file may have room for more, and still no model has it: bytes of a text; keys, or tensors;
# values of all lists together, of which the tokens and merges of a vocabulary are most.
_LONGEST_TEXT, _MOST, _MOST_LISTED = 10_000_000, 200_000, 3_000_000
_READ_AHEAD = 2**20
_MOST_NESTED, _MOST_DIMENSIONS, _MOST_LAYERS = 8, 8, 10_000
# The shortest that an entry can be: a name of no letters, a type, and a byte of value or an offset.
_LEAST_KEY, _LEAST_TENSOR = 13, 24


class BrokenError(Exception):
    """A file contradicts itself: in words."""


@dataclass
class Header:
    """What the beginning of a file says.

    Attributes:
        said: Numbers and texts of the metadata by key.
        listed: Lists of numbers that may say something of each layer, by key; no longer ones.
        tensors: The tensors, their shapes the other way round than elsewhere.
    """

    said: dict[str, Any] = field(default_factory=dict)
    listed: dict[str, list[Any]] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)


def read_header(path: Path, types: Types) -> Header:
    """Return what a file says of its tensors.

    Args:
        path: The file.
        types: Of each number that stands for a type, what it stands for.

    Raises:
        BrokenError: It is no GGUF file, or describes more than it holds.
        OSError: It cannot be read.
    """
    with open_file(path, _READ_AHEAD) as file:
        return _Reader(file, path.stat().st_size).header(types)


class _Reader:
    """Goes through a file from its beginning."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size, self.at, self.order = file, size, 0, "<"
        self.left = _MOST_LISTED

    def header(self, types: Types) -> Header:
        if (magic := self._bytes(4)) != MAGIC:
            pointer = magic + self.file.read(len(POINTER) - 4) == POINTER
            raise BrokenError(WHAT_A_POINTER_IS if pointer else "it does not begin with GGUF")
        version = self._number("I")
        if version % 65536 == 0:  # written by a machine that has its bytes the other way round
            self.order, version = ">", version >> 24
        if version not in VERSIONS:
            raise BrokenError(f"it is of version {version}, which is not known")
        num_tensors, num_keys = self._number("Q"), self._number("Q")
        self._room(num_keys, _LEAST_KEY, "keys")
        found = Header()
        for _ in range(num_keys):
            key = self._text()
            value = self._value(self._number("I"))
            if isinstance(value, list):
                found.listed[key] = value
            elif value is not None:
                found.said[key] = value
        self._room(num_tensors, _LEAST_TENSOR, "tensors")
        spans: list[tuple[int, int, str]] = []
        names: set[str] = set()
        for _ in range(num_tensors):
            tensor, begin = self._tensor(types)
            if tensor.name in names:
                raise BrokenError(f"it holds {tensor.name} twice")
            names.add(tensor.name)
            found.tensors.append(tensor)
            spans.append((begin, begin + tensor.bytes, tensor.name))
        step = found.said.get("general.alignment", _ALIGNMENT)
        if type(step) is not int or step < 1:
            raise BrokenError(f"general.alignment is {step!r}")
        start = -(-self.at // step) * step
        if why := _gap(sorted(spans), max(0, self.size - start), step):
            raise BrokenError(why)
        return found

    def _tensor(self, types: Types) -> tuple[Tensor, int]:
        name = self._text()
        if len(name) > MAX_NAME:
            raise BrokenError(f"a tensor has a name of {len(name):,} characters")
        dimensions = self._number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise BrokenError(f"{name} has {dimensions:,} dimensions")
        shape = tuple(self._number("Q") for _ in range(dimensions))
        kind, begin = self._number("I"), self._number("Q")
        if kind not in types:
            raise BrokenError(f"{name} is of type {kind}, which the installed gguf does not know")
        word, block, size = types[kind]
        if shape and shape[0] % block:
            raise BrokenError(f"rows of {name} have {shape[0]:,} numbers, no multiple of {block}")
        return Tensor(name, f"GGUF_{word}", shape, math.prod(shape) // block * size), begin

    def _value(self, kind: int, depth: int = 0) -> Any:
        """Read past a value; a number, a text or a short list of numbers is given back."""
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _TEXT:
            return self._text()
        if kind != _LIST or depth > _MOST_NESTED:
            raise BrokenError(f"its metadata have a value of type {kind}, which is not known")
        inner, length = self._number("I"), self._number("Q")
        if inner in _NUMBERS:
            size = struct.calcsize(self.order + _NUMBERS[inner])
            if length * size > self.size - self.at:
                raise BrokenError(f"it claims a list of {length:,} numbers in {self.size:,} bytes")
            if not depth and length <= min(_MOST_LAYERS, self.left):
                self.left -= length
                letters = f"{self.order}{length}{_NUMBERS[inner]}"
                return list(struct.unpack(letters, self._bytes(length * size)))
            self.at += length * size
            self.file.seek(self.at)
            return None
        self._room(length, 8, "values of a list", self.left)
        self.left -= length
        for _ in range(length):
            self._value(inner, depth + 1)
        return None

    def _number(self, letter: str) -> Any:
        (value,) = struct.unpack(self.order + letter, self._bytes(struct.calcsize("<" + letter)))
        return value

    def _text(self) -> str:
        length = self._number("Q")
        if length > _LONGEST_TEXT:
            raise BrokenError(f"it has a text of {length:,} bytes in its header")
        return self._bytes(length).decode("utf-8", "replace")

    def _bytes(self, length: int) -> bytes:
        if length > self.size - self.at:
            raise BrokenError(f"it ends within its header, at byte {self.size:,}")
        self.at += length
        return self.file.read(length)

    def _room(self, number: int, least: int, what: str, most: int = _MOST) -> None:
        if number * least > self.size - self.at or number > most:
            raise BrokenError(f"it claims {number:,} {what} in {self.size:,} bytes")


def _gap(spans: list[tuple[int, int, str]], room: int, step: int) -> str:
    """What keeps the tensors from lying one behind another, each at a multiple of a step."""
    last, before = 0, ""
    for begin, end, name in spans:
        if end > room:
            return f"{name} ends at byte {end:,} of {room:,}: the file is cut off"
        if begin < last:
            return f"{name} begins at byte {begin:,} of the data, within {before}"
        if begin != -(-last // step) * step:
            expected = -(-last // step) * step
            return f"{name} begins at byte {begin:,} of the data, expected {expected:,}"
        last, before = end, name
    return ""
