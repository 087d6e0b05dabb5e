"""GGUF files: the tensors of a file that the format's own package wrote."""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moe_report.errors import InputError
from moe_report.importers.gguf_header import read_header
from moe_report.importers.model import Options
from moe_report.table import Row
from moe_report_metrics import parameter_ledger as ledger
from moe_report_metrics import sharding
from tests.libraries import library
from tests.rows import import_model

gguf: Any = library("gguf")
WIDTH, INNER, EXPERTS, WORDS = 64, 32, 4, 300
# Shapes as numpy and torch have them: in the file they are the other way round.
ATTENTION = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64), "attn_output": (64, 64)}
MOE = {
    "ffn_gate_inp": (EXPERTS, WIDTH),
    "ffn_gate_exps": (EXPERTS, INNER, WIDTH),
    "ffn_up_exps": (EXPERTS, INNER, WIDTH),
    "ffn_down_exps": (EXPERTS, WIDTH, INNER),
    "ffn_gate_inp_shexp": (1, WIDTH),
    "ffn_gate_shexp": (32, WIDTH),
    "ffn_up_shexp": (32, WIDTH),
    "ffn_down_shexp": (WIDTH, 32),
}
DENSE = {"ffn_gate": (96, WIDTH), "ffn_up": (96, WIDTH), "ffn_down": (WIDTH, 96)}
NORMS = {"attn_norm": (WIDTH,), "ffn_norm": (WIDTH,)}
PARTS = {
    "attention_params": 2 * 2 * 64 * 96,
    "routed_expert_params": 3 * EXPERTS * INNER * WIDTH,
    "shared_expert_params": WIDTH + 3 * 32 * WIDTH,
    "router_params": EXPERTS * WIDTH,
    "dense_ffn_params": 3 * 96 * WIDTH,
    "embedding_params": WORDS * WIDTH,
    "unembedding_params": WORDS * WIDTH,
    "norm_and_other_params": 5 * WIDTH,
}


def tensors() -> dict[str, tuple[int, ...]]:
    """The tensors of a model of a dense layer and one of experts."""
    return (
        {"token_embd.weight": (WORDS, WIDTH), "output_norm.weight": (WIDTH,)}
        | {"output.weight": (WORDS, WIDTH)}
        | {f"blk.0.{name}.weight": shape for name, shape in (ATTENTION | DENSE | NORMS).items()}
        | {f"blk.1.{name}.weight": shape for name, shape in (ATTENTION | MOE | NORMS).items()}
    )


def write(
    path: Path,
    shapes: dict[str, tuple[int, ...]],
    *,
    experts: int = EXPERTS,
    packed: bool = False,
    split: tuple[int, int] | None = None,
    more: dict[str, Any] | None = None,
    **how: Any,
) -> Path:
    """Write a file; packed, its matrices have blocks of four bits (Q4_0)."""
    writer = gguf.GGUFWriter(path, "qwen2moe", **how)
    writer.add_array("tokenizer.ggml.tokens", [f"<{number}>" for number in range(20)])
    writer.add_array("tokenizer.ggml.scores", [0.5] * 20)
    for key, value in (more or {}).items():
        add = {str: writer.add_string, int: writer.add_int32, list: writer.add_array}[type(value)]
        add(key, value)
    writer.add_block_count(2)
    writer.add_embedding_length(WIDTH)
    writer.add_expert_count(experts)
    writer.add_expert_used_count(2)
    if split:
        writer.add_uint16("split.no", split[0])
        writer.add_uint16("split.count", split[1])
    for name, shape in shapes.items():
        values = np.zeros(shape, "float32" if len(shape) == 1 else "float16")
        if packed and len(shape) > 1:
            kind = gguf.GGMLQuantizationType.Q4_0
            blocks = gguf.quants.quantize(values.astype("float32"), kind)
            writer.add_tensor(name, blocks, raw_dtype=kind)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def read(path: Path, **options: bool) -> Row:
    """The row of a file."""
    return import_model(str(path), Options(**options))


def problem(path: Path) -> str:
    """The one thing that is wrong with a file."""
    with pytest.raises(InputError) as caught:
        read(path)
    (found,) = map(str, caught.value.problems)
    assert "\n" not in found
    return found


@pytest.mark.parametrize("packed", [False, True], ids=["16 bits", "Q4_0"])
def test_every_component_is_counted(tmp_path: Path, packed: bool) -> None:
    """Parameters are those of the shapes, whatever the type; bytes are those of the file."""
    row = read(write(tmp_path / "tiny.gguf", tensors(), packed=packed))
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    assert {name: numbers[name] for name in PARTS} == PARTS
    assert ledger.total_params.of(**numbers) == sum(PARTS.values())
    unused = PARTS["routed_expert_params"] / 2
    assert ledger.active_params.of(**numbers) == sum(PARTS.values()) - unused
    assert numbers["routed_expert_bytes"] == PARTS["routed_expert_params"] * (
        18 / 32 if packed else 2
    )
    assert numbers["norm_and_other_bytes"] == 4 * PARTS["norm_and_other_params"]
    for name, value in {
        "num_hidden_layers": 2, "num_moe_layers": 1, "num_experts": EXPERTS,
        "num_experts_per_tok": 2, "vocab_size": WORDS, "hidden_size": WIDTH,
    }.items():  # fmt: skip
        assert numbers[name] == value, name
    assert "tie_word_embeddings" not in numbers
    assert row.name == "tiny"
    assert row.texts["model_type"] == "qwen2moe"


@pytest.mark.parametrize("turned", [False, True])
def test_heads_of_each_layer_are_read(tmp_path: Path, turned: bool) -> None:
    """A list says how many heads of 16 keep keys and values in each layer: 2, and then 1."""
    heads: dict[str, Any] = {
        "qwen2moe.attention.head_count": 4, "qwen2moe.attention.head_count_kv": [2, 1],
    }  # fmt: skip
    how = {"endianess": gguf.GGUFEndian.BIG} if turned else {}
    row = read(write(tmp_path / "model.gguf", tensors(), more=heads, **how))
    assert row.numbers["kv_values_per_token"].value == (2 + 1) * 2 * 16
    assert not row.unclear
    row = read(write(tmp_path / "other.gguf", tensors()))
    assert "attention.head_count' is missing" in row.unclear["kv_values_per_token"]
    assert "attention.head_count' is missing" in row.texts["remark"]


def test_devices_share_a_file(tmp_path: Path) -> None:
    """With the heads that its metadata tell, two devices hold its weights: each half of most."""
    heads = {"qwen2moe.attention.head_count": 4, "qwen2moe.attention.head_count_kv": 2}
    row = read(write(tmp_path / "model.gguf", tensors(), more=heads))
    numbers = {name: typed.value for name, typed in row.numbers.items()}
    alone = sharding.device_weight_bytes.of(**numbers)
    copied = PARTS["router_params"] * 2 + numbers["norm_and_other_bytes"]
    two = sharding.device_weight_bytes.of(**numbers, tensor_parallel=2)
    assert two == (alone - copied) / 2 + copied


def test_tied_embeddings(tmp_path: Path) -> None:
    """Without an output head the embedding is one."""
    shapes = tensors()
    del shapes["output.weight"]
    numbers = read(write(tmp_path / "tied.gguf", shapes)).numbers
    assert numbers["tie_word_embeddings"].value == 1
    assert numbers["unembedding_params"].value == 0


def test_one_tensor_an_expert(tmp_path: Path) -> None:
    """Files of early converters have each expert apart (ffn_gate.0)."""
    shapes = {name: shape for name, shape in tensors().items() if "_exps" not in name} | {
        f"blk.1.ffn_{matrix}.{expert}.weight": (WIDTH, INNER)
        if matrix == "down"
        else (INNER, WIDTH)
        for expert in range(EXPERTS)
        for matrix in ("gate", "up", "down")
    }
    numbers = read(write(tmp_path / "early.gguf", shapes)).numbers
    assert {name: numbers[name].value for name in PARTS} == PARTS
    assert numbers["num_experts"].value == EXPERTS


def test_what_is_no_parameter_or_not_of_the_model(tmp_path: Path) -> None:
    """Offsets of routers, rotary tables, a further token's layer, the same weights taken apart."""
    more = {
        "rope_freqs.weight": (8,),
        "blk.1.exp_probs_b.bias": (EXPERTS,),
        "blk.2.attn_q.weight": (64, 64),
        "blk.2.nextn.eh_proj.weight": (64, 128),
        "blk.2.nextn.enorm.weight": (64,),
        "blk.0.attn_kv_b.weight": (20, 10),
        "blk.0.attn_k_b.weight": (2, 5, 10),
        "blk.0.attn_v_b.weight": (2, 10, 5),
    }
    numbers = read(write(tmp_path / "more.gguf", tensors() | more)).numbers
    expected = PARTS | {"attention_params": PARTS["attention_params"] + 200}
    assert {name: numbers[name].value for name in PARTS} == expected
    assert numbers["num_hidden_layers"].value == 2


@pytest.mark.parametrize("named", [1, 2])
def test_a_model_in_several_files(tmp_path: Path, named: int) -> None:
    """Any of the files stands for all of them."""
    items = list(tensors().items())
    for number, part in enumerate((items[:9], items[9:])):
        path = tmp_path / f"big-{number + 1:05}-of-00002.gguf"
        write(path, dict(part), split=(number, 2))
    numbers = read(tmp_path / f"big-{named:05}-of-00002.gguf").numbers
    assert {name: numbers[name].value for name in PARTS} == PARTS


def test_one_of_several_files_is_missing(tmp_path: Path) -> None:
    """It is named; and a part under a whole model's name is not taken for one."""
    path = write(tmp_path / "big-00001-of-00003.gguf", tensors(), split=(0, 3))
    with pytest.raises(InputError) as caught:
        read(path)
    assert [str(found) for found in caught.value.problems] == [
        f"{tmp_path}/big-0000{number}-of-00003.gguf: there is no such file" for number in (2, 3)
    ]
    renamed = path.rename(tmp_path / "small.gguf")
    assert problem(renamed).endswith("is one of 3 files, and not called ...-00001-of-00003.gguf")


def test_metadata_that_contradict_the_tensors(tmp_path: Path) -> None:
    """Neither is taken for right."""
    path = write(tmp_path / "odd.gguf", tensors(), experts=8)
    assert problem(path).endswith("holds 4 experts a layer, but expert_count is 8")


def test_dense_model(tmp_path: Path) -> None:
    """A model without experts is refused, unless they are asked for."""
    shapes = {name: shape for name, shape in tensors().items() if not name.startswith("blk.1")}
    path = write(tmp_path / "dense.gguf", shapes, experts=0)
    assert "not a Mixture-of-Experts" in problem(path)
    numbers = {name: typed.value for name, typed in read(path, allow_dense=True).numbers.items()}
    expected = 2 * WORDS * WIDTH + 2 * 64 * 96 + 3 * 96 * WIDTH + 3 * WIDTH
    assert ledger.total_params.of(**numbers) == ledger.active_params.of(**numbers) == expected


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04" + bytes(60), b"\xff" * 100])
def test_what_is_no_gguf_file(tmp_path: Path, content: bytes) -> None:
    """Refused in a line, whatever the package stumbles over."""
    path = tmp_path / "no.gguf"
    path.write_bytes(content)
    assert problem(path).startswith(f"{path}: is not a GGUF file (")


def test_truncated_files(tmp_path: Path) -> None:
    """Cut anywhere, in the metadata or in the weights, a file is refused."""
    whole = write(tmp_path / "whole.gguf", tensors()).read_bytes()
    path = tmp_path / "cut.gguf"
    for length in (*range(30, 4000, 397), len(whole) // 2, len(whole) - 200):
        path.write_bytes(whole[:length])
        assert problem(path).startswith(f"{path}: is not a GGUF file (")


@pytest.mark.parametrize("packed", [False, True], ids=["16 bits", "Q4_0"])
def test_the_same_as_the_package_reads(tmp_path: Path, packed: bool) -> None:
    """The package's own reader finds the same tensors, with the same bytes."""
    path = write(tmp_path / "tiny.gguf", tensors(), packed=packed)
    expected = [
        (item.name, f"GGUF_{item.tensor_type.name}", tuple(map(int, item.shape)), int(item.n_bytes))
        for item in gguf.GGUFReader(path).tensors
    ]
    types = {int(kind): (kind.name, *gguf.GGML_QUANT_SIZES[kind])
             for kind in gguf.GGMLQuantizationType}  # fmt: skip
    header = read_header(path, types)
    found = [(item.name, item.dtype, item.shape, item.bytes) for item in header.tensors]
    assert found == expected
    assert header.said["qwen2moe.expert_used_count"] == 2


F32, F16, Q4_0 = 0, 1, 2  # types as the format numbers them
Lying = tuple[str, tuple[int, ...], int, int]  # name, shape, type, offset


def text(value: str) -> bytes:
    """A text as the format has it."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def raw(
    tensors: Sequence[Lying] = (),
    room: int = 0,
    *,
    keys: bytes = b"",
    num_keys: int = 0,
    num_tensors: int | None = None,
) -> bytes:
    """A file that says what it likes, with so many bytes of weights."""
    number = len(tensors) if num_tensors is None else num_tensors
    found = b"GGUF" + struct.pack("<IQQ", 3, number, num_keys) + keys
    for name, shape, kind, offset in tensors:
        found += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        found += struct.pack("<IQ", kind, offset)
    return found + bytes(-len(found) % 32) + bytes(room)


@pytest.mark.parametrize(
    ("tensors", "room", "cause"),
    [
        ([("a", (8, 4), F32, 0)], 127, "a ends at byte 128 of 127: the file is cut off"),
        ([("a", (8, 4), F32, 0), ("b", (8, 4), F16, 128)], 160,
         "b ends at byte 192 of 160: the file is cut off"),
        ([("a", (8, 4), F32, 0), ("b", (8, 4), F32, 96)], 900,
         "b begins at byte 96 of the data, within a"),
        ([("a", (8, 4), F32, 0), ("b", (8, 4), F32, 0)], 900,
         "b begins at byte 0 of the data, within a"),
        ([("a", (8, 3), F32, 0), ("b", (4,), F32, 160)], 900,
         "b begins at byte 160 of the data, expected 96"),
        ([("a", (8, 5), F16, 0), ("b", (4,), F32, 80)], 900,
         "b begins at byte 80 of the data, expected 96"),
        ([("a", (2**63, 2**63), F32, 0)], 900, ": the file is cut off"),
        ([("a", (8,), F32, 2**63)], 900, "a ends at byte 9,223,372,036,854,775,840 of 900"),
        ([("a", (40, 2), Q4_0, 0)], 900, "rows of a have 40 numbers, no multiple of 32"),
        ([("a", (64, 2), 999, 0)], 900, "a is of type 999, which the installed gguf does not know"),
        ([("a", (1,) * 9, F32, 0)], 900, "a has 9 dimensions"),
        ([("a", (8,), F32, 0), ("a", (8,), F32, 32)], 900, "it holds a twice"),
        ([("a" * 501, (8,), F32, 0)], 900, "a tensor has a name of 501 characters"),
    ],
)  # fmt: skip
def test_offsets_that_contradict_the_shapes(
    tmp_path: Path, tensors: list[Lying], room: int, cause: str
) -> None:
    """Tensors lie one behind another in the file, each with the bytes of its shape and type."""
    path = tmp_path / "odd.gguf"
    path.write_bytes(raw(tensors, room))
    assert problem(path).startswith(f"{path}: is not a GGUF file (")
    assert cause in problem(path)


def test_a_type_that_packs_rows(tmp_path: Path) -> None:
    """Blocks of 32 numbers take 18 bytes: the next tensor begins at the next multiple of 32."""
    tensors = [("blk.0.ffn_up.weight", (64, 3), Q4_0, 0), ("output.weight", (8, 4), F32, 128)]
    path = tmp_path / "packed.gguf"
    path.write_bytes(raw(tensors, 256))
    numbers = read(path, allow_dense=True).numbers
    assert numbers["dense_ffn_params"].value == 192
    assert numbers["dense_ffn_bytes"].value == 192 * 18 / 32
    assert numbers["unembedding_bytes"].value == 128


LIST, WORD, BYTE, TEXT = 9, 4, 0, 8
NESTED = struct.pack("<IQ", LIST, 1) * 5_000


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (raw(num_tensors=2**40), "it claims 1,099,511,627,776 tensors in"),
        (raw(num_keys=2**63), "it claims 9,223,372,036,854,775,808 keys in"),
        (raw(keys=text("k") + struct.pack("<IIQ", LIST, WORD, 2**50), num_keys=1),
         "it claims a list of 1,125,899,906,842,624 numbers in"),
        (raw(keys=text("k") + struct.pack("<IIQ", LIST, TEXT, 2**50), num_keys=1),
         "it claims 1,125,899,906,842,624 values of a list in"),
        (raw(keys=text("k") + struct.pack("<I", LIST) + NESTED, num_keys=1),
         "a value of type 9, which is not known"),
        (raw(keys=text("k") + struct.pack("<IB", 77, 0), num_keys=1),
         "a value of type 77, which is not known"),
        (raw(keys=struct.pack("<Q", 2**62), num_keys=1, room=99), "it has a text of 4,611,686,"),
        (raw(keys=text("general.alignment") + struct.pack("<IB", BYTE, 0), num_keys=1),
         "general.alignment is 0"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "it is of version 1, which is not known"),
        (b"GGML" + bytes(40), "it does not begin with GGUF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
         "it is a pointer of Git LFS, and not the file: `git lfs pull` fetches that"),
    ],
    ids=["tensors", "keys", "numbers", "texts", "nested", "kind", "name", "alignment", "version",
         "magic", "pointer"],
)  # fmt: skip
def test_counts_that_lie(tmp_path: Path, content: bytes, cause: str) -> None:
    """What a file claims to have is compared with its size first, and refused at once."""
    path = tmp_path / "odd.gguf"
    path.write_bytes(content)
    assert problem(path).startswith(f"{path}: is not a GGUF file (")
    assert cause in problem(path)


@pytest.mark.parametrize(
    "content",
    [
        raw(num_tensors=2**31),
        raw(num_keys=2**31),
        raw(keys=text("k") + struct.pack("<IIQ", LIST, TEXT, 2**31), num_keys=1),
        raw(keys=text("k") + struct.pack("<IQ", TEXT, 2**31), num_keys=1),
        raw(keys=text("k") + struct.pack("<IIQ", LIST, WORD, 2**31), num_keys=1),
    ],
    ids=["tensors", "keys", "texts", "a text", "numbers"],
)
def test_a_file_with_room_for_what_it_claims(tmp_path: Path, content: bytes) -> None:
    """A hole of terabytes is gone through neither in memory nor one by one."""
    path = tmp_path / "hole.gguf"
    path.write_bytes(content)
    with path.open("ab") as file:
        file.truncate(2**43)
    began = time.monotonic()
    assert problem(path).startswith(f"{path}: ")
    assert time.monotonic() - began < 20


def test_bytes_the_other_way_round(tmp_path: Path) -> None:
    """A file for machines with the highest byte first holds the same."""
    path = write(tmp_path / "big.gguf", tensors(), endianess=gguf.GGUFEndian.BIG)
    assert {name: read(path).numbers[name].value for name in PARTS} == PARTS


def test_norms_of_experts(tmp_path: Path) -> None:
    """A norm before the experts is none of them (Arctic)."""
    path = write(tmp_path / "arctic.gguf", tensors() | {"blk.1.ffn_norm_exps.weight": (WIDTH,)})
    more = {"norm_and_other_params": PARTS["norm_and_other_params"] + WIDTH}
    assert {name: read(path).numbers[name].value for name in PARTS} == PARTS | more


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"general.type": "adapter"}, "holds no model: its general.type is 'adapter'"),
        ({"split.tensors.count": 99}, "tensors, but split.tensors.count is 99"),
        ({"split.count": "two"}, "is one of two files, and not called ...-00001-of-00two.gguf"),
    ],
)
def test_metadata_that_speak_of_something_else(
    tmp_path: Path, more: dict[str, Any], said: str
) -> None:
    """What is no model, or not all of one, is not taken for a model."""
    assert said in problem(write(tmp_path / "odd.gguf", tensors(), more=more))


def test_a_tensor_in_two_files(tmp_path: Path) -> None:
    """What would be counted once although it is there twice is refused."""
    for number in (1, 2):
        write(tmp_path / f"big-{number:05}-of-00002.gguf", tensors(), split=(number - 1, 2))
    found = problem(tmp_path / "big-00001-of-00002.gguf")
    assert found.endswith("00002-of-00002.gguf: holds token_embd.weight a second time")


def test_a_name_that_speaks_of_many_files(tmp_path: Path) -> None:
    """The first that lack are named, and the others counted."""
    path = write(tmp_path / "big-00001-of-99999.gguf", tensors())
    with pytest.raises(InputError) as caught:
        read(path)
    *named, last = map(str, caught.value.problems)
    assert named == [
        f"{tmp_path}/big-0000{number}-of-99999.gguf: there is no such file"
        for number in range(2, 10)
    ]
    assert last == f"{path}: 99,990 more of its files are not there"


def test_missing_file_and_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each."""
    path = tmp_path / "none.gguf"
    with pytest.raises(InputError, match=r"none\.gguf: "):
        read(path)
    write(path, tensors())
    monkeypatch.setitem(sys.modules, "gguf", None)
    assert problem(path) == f"{path}: needs gguf: pip install 'moe-report[gguf]'"
