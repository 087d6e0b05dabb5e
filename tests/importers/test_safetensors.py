"""Headers of safetensors files: read exactly, or refused by the name of what is wrong."""

from __future__ import annotations

import codecs
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moe_report.errors import InputError
from moe_report.importers.safetensors import INDEX, MAX_HEADER, Tensor, read_folder, read_index
from tests.importers.safetensors_files import Shapes, header_of, room_of, write, write_raw
from tests.libraries import library

ONE: Shapes = {"a.weight": ("BF16", (2, 3)), "b.weight": ("F32", (4,)), "c": ("F8_E4M3", ())}


def write_index(folder: Path, weight_map: Any) -> None:
    """Write an index of weights."""
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), "utf-8")


def problems(folder: Path) -> list[str]:
    """What is found wrong with a folder."""
    with pytest.raises(InputError) as caught:
        read_folder(folder)
    said = [str(problem) for problem in caught.value.problems]
    assert all("\n" not in problem for problem in said)
    return said


def test_one_file(tmp_path: Path) -> None:
    """Names, types, shapes and bytes are those of the header; a scalar is one number."""
    write(tmp_path / "model.safetensors", ONE)
    tensors = read_folder(tmp_path)
    assert tensors == [
        Tensor("a.weight", "BF16", (2, 3), 12),
        Tensor("b.weight", "F32", (4,), 16),
        Tensor("c", "F8_E4M3", (), 1),
    ]
    assert [tensor.numel for tensor in tensors] == [6, 4, 1]


@pytest.mark.slow
def test_a_file_that_another_program_wrote(tmp_path: Path) -> None:
    """The format's own library writes, and we read the same."""
    numpy = library("safetensors.numpy")
    arrays = {"x": np.zeros((3, 5), "float16"), "y": np.ones((2, 2, 2), "int32")}
    numpy.save_file(arrays, tmp_path / "model.safetensors", metadata={"format": "np"})
    assert {tensor.name: (tensor.dtype, tensor.shape) for tensor in read_folder(tmp_path)} == {
        "x": ("F16", (3, 5)),
        "y": ("I32", (2, 2, 2)),
    }


def test_no_weight_is_read(tmp_path: Path) -> None:
    """Of a file of 40 terabytes only the header is read; the rest is a hole."""
    write(tmp_path / "model.safetensors", {"w": ("BF16", (20_000_000_000, 100))})
    (tensor,) = read_folder(tmp_path)
    assert tensor.bytes == 4_000_000_000_000


@pytest.mark.parametrize("index", [True, False])
def test_shards(tmp_path: Path, index: bool) -> None:
    """Shards are read together, with an index or by their names."""
    write(tmp_path / "model-00001-of-00002.safetensors", {"a": ("BF16", (2,))})
    write(tmp_path / "model-00002-of-00002.safetensors", {"b": ("BF16", (3,))})
    if index:
        write_index(
            tmp_path,
            {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"},
        )
        write(tmp_path / "consolidated.safetensors", {"other": ("BF16", (9,))})
    assert [tensor.name for tensor in read_folder(tmp_path)] == ["a", "b"]


def test_missing_shard_of_an_index(tmp_path: Path) -> None:
    """The file is named."""
    write(tmp_path / "one.safetensors", {"a": ("BF16", (2,))})
    write_index(tmp_path, {"a": "one.safetensors", "b": "two.safetensors"})
    assert problems(tmp_path) == [
        f"{tmp_path / INDEX}: names the file two.safetensors, which is not there"
    ]


def test_many_missing_shards_of_an_index(tmp_path: Path) -> None:
    """The first are named, and the others counted."""
    write(tmp_path / "0.safetensors", {"a": ("BF16", (2,))})
    write_index(tmp_path, {f"w{shard}": f"{shard}.safetensors" for shard in range(10_000)})
    *named, last = problems(tmp_path)
    assert len(named) == 8
    assert last == f"{tmp_path / INDEX}: names 9,991 more files that are not there"


def test_missing_shard_without_an_index(tmp_path: Path) -> None:
    """The names of shards say how many there are: each that is not there is named."""
    for shard in (1, 3):
        name = f"model-{shard:05}-of-00004.safetensors"
        write(tmp_path / name, {f"w{shard}": ("BF16", (2,))})
    assert problems(tmp_path) == [f"{tmp_path}: lacks shard 2, 4 of 4 of model"]


def test_a_name_that_speaks_of_more_shards_than_there_can_be(tmp_path: Path) -> None:
    """The first are named and the others counted, at once: no list is as long as a name says."""
    write(tmp_path / "model-00002-of-99999999999.safetensors", ONE)
    assert problems(tmp_path) == [
        f"{tmp_path}: lacks shard 1, 3, 4, 5, 6, 7, 8, 9 and 99,999,999,990 more"
        " of 99,999,999,999 of model"
    ]


def test_tensor_in_the_index_and_in_no_file(tmp_path: Path) -> None:
    """An index that promises more than the files hold is refused."""
    write(tmp_path / "one.safetensors", {"a": ("BF16", (2,))})
    write_index(tmp_path, {"a": "one.safetensors", "b": "one.safetensors"})
    assert problems(tmp_path) == [f"{tmp_path / INDEX}: names the tensor b, which no file holds"]


def test_tensor_in_two_files(tmp_path: Path) -> None:
    """What would be counted twice is refused."""
    for shard in (1, 2):
        write(tmp_path / f"model-0000{shard}-of-00002.safetensors", ONE)
    (problem,) = problems(tmp_path)
    assert problem.endswith("00002.safetensors: holds a.weight and 2 more a second time")


def test_two_checkpoints_in_one_folder(tmp_path: Path) -> None:
    """Without an index the file that is called model counts; else there is nothing to choose by."""
    write(tmp_path / "consolidated.safetensors", {"tok.weight": ("BF16", (2,))})
    write(tmp_path / "adapter_model.safetensors", {"lora": ("BF16", (2,))})
    assert [tensor.name for tensor in read_folder(tmp_path)] == ["tok.weight"]
    write(tmp_path / "other.safetensors", {"tok.weight": ("BF16", (2,))})
    assert problems(tmp_path) == [
        f"{tmp_path}: holds several checkpoints and no {INDEX} to choose by: consolidated, other"
    ]
    write(tmp_path / "model.safetensors", ONE)
    assert len(read_folder(tmp_path)) == len(ONE)
    write(tmp_path / "model-00001-of-00002.safetensors", ONE)
    assert len(read_folder(tmp_path)) == len(ONE)


def test_no_file(tmp_path: Path) -> None:
    """A folder without weights says so."""
    assert problems(tmp_path) == [f"{tmp_path}: found no *.safetensors file in this folder"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "Expecting property name"),
        ("[]", "no object 'weight_map'"),
        ('{"metadata": {}}', "no object 'weight_map'"),
        ('{"weight_map": ["a"]}', "has no attribute 'items'"),
        ("[" * 100_000, ""),
        ("\udcff", ""),
        ("version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS, and not the"),
    ],
)
def test_broken_index(tmp_path: Path, text: str, cause: str) -> None:
    """An index that is none is refused as such."""
    write(tmp_path / "model.safetensors", ONE)
    (tmp_path / INDEX).write_bytes(text.encode(errors="surrogateescape"))
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{tmp_path / INDEX}: is not an index of weights (")
    assert cause in problem


# What stands in place of a large file in a repository that was fetched without them.
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"0" * 64)
GOOD = json.dumps(header_of(ONE)).encode()
ROOM = room_of(ONE)


def entry(**changes: object) -> bytes:
    """A header with one tensor, of which something is changed."""
    good = {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}
    return json.dumps({"w": {**good, **changes}}).encode()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "shorter than eight bytes"),
        (b"1234567", "shorter than eight bytes"),
        (struct.pack("<Q", 0), "no JSON object"),
        (b"\x00" * 8, "no JSON object"),
        (b"\xff" * 8, "its header claims 18,446,744,073,709,551,615 bytes of 8"),
        (struct.pack("<Q", MAX_HEADER + 1) + GOOD, "its header claims 100,000,001 bytes of"),
        (struct.pack("<Q", len(GOOD) + ROOM + 1) + GOOD + bytes(ROOM), "its header claims"),
        (struct.pack("<Q", len(GOOD) + 3) + GOOD + bytes(ROOM), "no JSON object"),
        (struct.pack("<Q", len(GOOD) - 3) + GOOD + bytes(ROOM), "no JSON object"),
        (b"PK\x03\x04" + bytes(200), "its header claims"),
        (POINTER, "it is a pointer of Git LFS, and not the file: `git lfs pull` fetches that"),
        (b"version " + bytes(200), "its header claims"),
    ],
    ids=["empty", "7 bytes", "8 bytes", "zeros", "8 full bytes", "past the limit", "past the file",
         "too long", "too short", "zip", "pointer", "no pointer"],
)  # fmt: skip
def test_lengths_that_lie(tmp_path: Path, content: bytes, cause: str) -> None:
    """A header that is not where it should be is refused, and never looked for elsewhere."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{path}: is not a safetensors file (")
    assert cause in problem


@pytest.mark.parametrize(
    ("header", "room", "cause"),
    [
        (GOOD, ROOM - 1, "c ends at byte 29 of 28: the file is cut off"),
        (GOOD, ROOM + 5, "5 bytes at its end belong to no tensor"),
        (b"[]", 0, "no JSON object"),
        (b"12", 0, "no JSON object"),
        (b"null", 0, "no JSON object"),
        (b"{'a': 1}", 0, "no JSON object"),
        (b"\xff\xfe{}", 0, "no JSON object"),
        (b"[" * 100_000, 0, "no JSON object"),
        (GOOD[:-1] + b"," + GOOD[1:], ROOM, "its header has __metadata__ twice"),
        (b'{"w": 1}', 0, "entry for w is broken"),
        (b'{"w": {}}', 0, "entry for w is broken: no 'dtype'"),
        (entry(shape=[3, 3]), 12, "12 bytes for [3, 3] of BF16"),
        (entry(data_offsets=[0, 6]), 6, "6 bytes for [2, 3] of BF16"),
        (entry(data_offsets=[12, 0]), 12, "-12 bytes for [2, 3] of BF16"),
        (entry(data_offsets=[-12, 0]), 12, "no whole number"),
        (entry(data_offsets=[0]), 12, "entry for w is broken"),
        (entry(data_offsets=[0, 12.0]), 12, "no whole number"),
        (entry(data_offsets=None), 12, "entry for w is broken"),
        (entry(data_offsets=[4, 16]), 16, "w begins at byte 4 of the data, expected 0"),
        (entry(data_offsets=[10**18, 10**18 + 12]), 12, "the file is cut off"),
        (
            entry(data_offsets=[10**30, 10**30 + 12]),
            12,
            "more than 64 dimensions, or one past 2^63",
        ),
        (entry(shape=[10**900] * 2), 12, "more than 64 dimensions, or one past 2^63"),
        (entry(shape=[10**4000] * 2), 12, "its header has a number of 4,001 digits"),
        (entry(shape=[1] * 100_000), 12, "more than 64 dimensions, or one past 2^63"),
        (entry(shape=[2, -3]), 12, "no whole number"),
        (entry(shape=[2, True]), 12, "no whole number"),
        (entry(shape="ab"), 12, "no whole number"),
        (entry(shape=None), 12, "entry for w is broken"),
        (
            json.dumps({"w" * 501: json.loads(entry())["w"]}).encode(),
            12,
            "a name of 501 characters",
        ),
        (entry(dtype="BF17"), 12, "the unknown type 'BF17'"),
        (entry(dtype=["BF16"]), 12, "entry for w is broken"),
        (
            b'{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},'
            b' "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}',
            6,
            "b begins at byte 2 of the data, expected 4",
        ),
        (
            b'{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},'
            b' "a": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]}}',
            6,
            "its header has a twice",
        ),
    ],
)
def test_headers_that_contradict_themselves(
    tmp_path: Path, header: bytes, room: int, cause: str
) -> None:
    """Tensors cover the data exactly once, each with the bytes of its shape and type."""
    path = tmp_path / "model.safetensors"
    write_raw(path, header, room)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{path}: is not a safetensors file (")
    assert cause in problem


def test_every_broken_file_is_named(tmp_path: Path) -> None:
    """All of it at once, not the first only."""
    for shard in (1, 2, 3):
        path = tmp_path / f"model-0000{shard}-of-00003.safetensors"
        write_raw(path, GOOD[:shard], 0)
    assert len(problems(tmp_path)) == 3


def test_an_index_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    """As editors put one in front."""
    index = json.dumps({"weight_map": {"a": "model.safetensors"}}).encode()
    for text in (index, codecs.BOM_UTF8 + index):
        (tmp_path / INDEX).write_bytes(text)
        assert read_index(tmp_path / INDEX, "it") == {"a": "model.safetensors"}
