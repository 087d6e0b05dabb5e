"""The headers of safetensors files: names, types and shapes of tensors, and no weight.

A file begins with eight bytes, the length of a JSON object that describes every tensor. A sharded
checkpoint is several such files, and mostly an index that says which tensor is in which.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem, first_of
from moe_report.importers.config_json import parse_json
from moe_report.importers.lfs import POINTER, WHAT_A_POINTER_IS
from moe_report.importers.shards import MOST_NAMED, SHARD, missing
from moe_report.input import open_file, read_file

MAX_HEADER = 100_000_000  # bytes; the format's own limit
# No published model has a fifth of these.
MAX_FILES, MAX_TENSORS = 10_000, 1_000_000
MAX_DIMENSIONS, MAX_SIZE = 64, 2**63  # more is no tensor, and its size takes long to compute
MAX_NAME = 500  # characters; a longer one is none of a model, and takes long to look through
INDEX = "model.safetensors.index.json"
# How PEFT and MLX call the files with an adapter's weights.
ADAPTERS = ("adapter_model", "adapters")
# Bits of one number of each type.
BITS: Mapping[str, int] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16,
    "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """One tensor of a checkpoint, by its header.

    Attributes:
        name: As in the model's state dict.
        dtype: As safetensors names it, e.g. ``BF16``.
        shape: Its dimensions.
        bytes: What it takes in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    @property
    def numel(self) -> int:
        """How many numbers of its type it holds."""
        return math.prod(self.shape)


def read_folder(folder: Path) -> list[Tensor]:
    """Return all tensors of a checkpoint in a folder, from the headers alone.

    Raises:
        InputError: There is no safetensors file, a shard is missing, or a header is broken. All
            of it at once.
    """
    index = read_index(folder / INDEX, str(folder / INDEX)) if (folder / INDEX).exists() else {}
    there = sorted(folder.glob("*.safetensors"))
    files, problems = _of_index(folder, index, there) if index else _of_names(folder, there)
    tensors: dict[str, Tensor] = {}
    if len(files) > MAX_FILES:
        message = f"holds {len(files):,} files of weights, expected at most {MAX_FILES:,}"
        raise InputError([Problem(str(folder), message)])
    for path in files:
        if len(tensors) > MAX_TENSORS:
            problems = [Problem(str(folder), f"holds more than {MAX_TENSORS:,} tensors")]
            break
        try:
            with open_file(path) as file:
                found = parse_header(file.read, str(path), path.stat().st_size)
        except InputError as error:
            problems.extend(error.problems)
            continue
        except OSError as error:
            problems.append(Problem(str(path), f"cannot be read ({error.strerror})"))
            continue
        twice = [tensor.name for tensor in found if tensor.name in tensors]
        if twice:
            problems.append(Problem(str(path), f"holds {first_of(twice, 1)} a second time"))
        tensors |= {tensor.name: tensor for tensor in found}
    if not problems:
        problems.extend(
            Problem(str(folder / INDEX), f"names the tensor {name}, which no file holds")
            for name in sorted(set(index) - set(tensors))[:5]
        )
    if problems:
        raise InputError(problems)
    return list(tensors.values())


def _of_index(
    folder: Path, index: Mapping[str, str], there: list[Path]
) -> tuple[list[Path], list[Problem]]:
    """The files that an index names, and those of them that are not there."""
    named = set(index.values())
    lacking = sorted(named - {path.name for path in there})
    messages = [f"names the file {name}, which is not there" for name in lacking[:MOST_NAMED]]
    if more := len(lacking) - len(messages):
        messages.append(f"names {more:,} more files that are not there")
    problems = [Problem(str(folder / INDEX), message) for message in messages]
    return [path for path in there if path.name in named], problems


def _of_names(folder: Path, there: list[Path]) -> tuple[list[Path], list[Problem]]:
    """The files of a checkpoint without an index, by their names: some folders hold two."""
    where = str(folder)
    if not there:
        return [], [Problem(where, "found no *.safetensors file in this folder")]
    sets: dict[str, list[Path]] = {}
    for path in there:
        shard = SHARD.fullmatch(path.stem)
        sets.setdefault(shard[1] if shard else path.stem, []).append(path)
    if "model" in sets:
        sets = {"model": sets["model"]}
    # An adapter beside a model changes it, and is not it.
    sets = {name: found for name, found in sets.items() if name not in ADAPTERS} or sets
    if len(sets) > 1:
        message = f"holds several checkpoints and no {INDEX} to choose by: {first_of([*sets])}"
        return [], [Problem(where, message)]
    (files,) = sets.values()
    shards = [shard for path in files if (shard := SHARD.fullmatch(path.stem))]
    if len(shards) < len(files):  # also whole in one file
        return [path for path in files if not SHARD.fullmatch(path.stem)], []
    number = max(int(shard[3]) for shard in shards)
    first, more = missing({int(shard[2]) for shard in shards}, number)
    if not first:
        return files, []
    named = ", ".join(map(str, first)) + (f" and {more:,} more" if more else "")
    return files, [Problem(where, f"lacks shard {named} of {number:,} of {shards[0][1]}")]


def read_index(path: Path, where: str) -> dict[str, str]:
    """Return the file that each tensor is in, as an index of weights has it.

    Raises:
        InputError: It is no index, or cannot be read.
    """
    try:
        text = read_file(path, MAX_HEADER)
        if len(text) > MAX_HEADER:
            raise InputError([Problem(where, f"is larger than {MAX_HEADER:,} bytes")])
        if text.startswith(POINTER):
            message = f"is not an index of weights ({WHAT_A_POINTER_IS})"
            raise InputError([Problem(where, message)])
        said = parse_json(text)["weight_map"]
        return {str(name): str(file) for name, file in said.items()}
    except (
        ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        cause = "no object 'weight_map'" if isinstance(error, KeyError | TypeError) else str(error)
        raise InputError([Problem(where, f"is not an index of weights ({cause})")]) from error
    except OSError as error:
        raise InputError([Problem(where, f"cannot be read ({error.strerror})")]) from error


def parse_header(read: Callable[[int], bytes], where: str, size: int) -> list[Tensor]:
    """Return the tensors that the beginning of a safetensors file describes.

    Args:
        read: Gives the next bytes of the file, so many.
        where: What to call the file in an error.
        size: The file's size in bytes.

    Raises:
        InputError: The header is broken, or describes more than the file holds.
    """

    def refuse(why: str) -> InputError:
        return InputError([Problem(where, f"is not a safetensors file ({why})")])

    start = read(8)
    if len(start) < 8:
        raise refuse("it is shorter than eight bytes")
    if start == POINTER[:8] and read(len(POINTER) - 8) == POINTER[8:]:
        raise refuse(WHAT_A_POINTER_IS)
    (length,) = struct.unpack("<Q", start)
    if length > min(MAX_HEADER, size - 8):
        raise refuse(f"its header claims {length:,} bytes of {size:,}")
    try:
        header = parse_json(read(length).decode(), _once)
        entries = [(str(name), entry) for name, entry in header.items() if name != "__metadata__"]
    except _TwiceError as error:
        raise refuse(f"its header has {error} twice") from error
    except OverflowError as error:
        raise refuse(f"its header has {error}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise refuse("its header is no JSON object") from error
    spans: list[tuple[int, int, str]] = []
    tensors = []
    for name, entry in entries:
        try:
            tensors.append(tensor_of(name, entry["dtype"], entry["shape"], entry["data_offsets"]))
            spans.append((*entry["data_offsets"], name))
        except (KeyError, TypeError, ValueError) as error:
            cause = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise refuse(f"its entry for {name[:MAX_NAME]} is broken: {cause}") from error
    if why := _gap(sorted(spans), size - 8 - length):
        raise refuse(why)
    return tensors


class _TwiceError(Exception):
    """A name that a JSON object has twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise _TwiceError(name)
    return dict(pairs)


def _gap(spans: list[tuple[int, int, str]], room: int) -> str:
    """What keeps the tensors from covering the file's data exactly once, as the format has it."""
    last = 0
    for begin, end, name in spans:
        if end > room:
            return f"{name} ends at byte {end:,} of {room:,}: the file is cut off"
        if begin != last:
            return f"{name} begins at byte {begin:,} of the data, expected {last:,}"
        last = end
    return f"{room - last:,} bytes at its end belong to no tensor" if last != room else ""


def tensor_of(name: str, dtype: Any, shape: Any, offsets: Any) -> Tensor:
    """Return the tensor that an entry of a header describes.

    Raises:
        ValueError: The entry contradicts itself.
        TypeError: A part of it is of the wrong kind.
    """
    sizes, (begin, end) = tuple(shape), offsets
    if not all(type(size) is int and size >= 0 for size in (*sizes, begin, end)):
        raise ValueError("a size that is no whole number")
    if len(name) > MAX_NAME:
        raise ValueError(f"a name of {len(name):,} characters")
    if len(sizes) > MAX_DIMENSIONS or max(*sizes, begin, end) > MAX_SIZE:
        raise ValueError(f"more than {MAX_DIMENSIONS} dimensions, or one past 2^63")
    if dtype not in BITS:
        raise ValueError(f"the unknown type {dtype!r}")
    if (end - begin) * 8 != math.prod(sizes) * BITS[dtype]:
        raise ValueError(f"{end - begin:,} bytes for {list(sizes)} of {dtype}")
    return Tensor(name, dtype, sizes, end - begin)
