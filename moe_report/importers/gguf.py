"""GGUF files: metadata and shapes of tensors, no weight. Needs the extra ``gguf``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem, first_line
from moe_report.importers.checkpoint import notes_of_census, row_of_census, take_census
from moe_report.importers.config import ConfigRow
from moe_report.importers.safetensors import Tensor

_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})")
# Attention of DeepSeek's models once as published and once taken apart: the same weights twice.
_APART = re.compile(r"attn_[kv]_b\.weight$")


def read_gguf(path: Path) -> ConfigRow:
    """Return what a GGUF file says of its model: typed components, and shapes.

    Of a model in several files any one may be named; all are read.

    Raises:
        InputError: The gguf package is not installed, or a file is none of its kind or missing.
    """
    where = str(path)
    try:
        import gguf
    except ImportError as error:
        raise InputError([Problem(where, "needs gguf: pip install 'moe-report[gguf]'")]) from error
    files = _shards(path)
    lacking = [file for file in files if not file.is_file()]
    if lacking:
        raise InputError([Problem(str(file), "there is no such file") for file in lacking])
    tensors: dict[str, Tensor] = {}
    said: dict[str, Any] = {}
    for file in files:
        found, metadata = _read(file, gguf)
        tensors |= {tensor.name: tensor for tensor in found}
        said = metadata | said
    number = said.get("split.count", len(files))
    if number not in (0, len(files)):
        message = f"is one of {number} files, and not called ...-00001-of-{number:05}.gguf"
        raise InputError([Problem(where, message)])
    for tensor in [tensor for tensor in tensors if _APART.search(tensor)]:
        if _APART.sub("attn_kv_b.weight", tensor) in tensors:
            del tensors[tensor]
    census = take_census(tensors.values(), where=where)
    numbers = row_of_census(census, where)
    architecture = str(said.get("general.architecture", ""))
    experts = said.get(f"{architecture}.expert_count", census.num_experts)
    if census.num_experts != experts:
        message = f"holds {census.num_experts} experts a layer, but expert_count is {experts}"
        raise InputError([Problem(where, message)])
    top_k = said.get(f"{architecture}.expert_used_count")
    if type(top_k) is int and top_k > 0:
        numbers["num_experts_per_tok"] = float(top_k)
    notes = ("Counted from the file's tensors", *notes_of_census(census))
    return ConfigRow(architecture, numbers, notes)


def _shards(path: Path) -> list[Path]:
    shard = _SHARD.fullmatch(path.stem)
    if not shard:
        return [path]
    return [
        path.with_name(f"{shard[1]}-{number:05}-of-{shard[3]}{path.suffix}")
        for number in range(1, int(shard[3]) + 1)
    ]


def _read(path: Path, gguf: Any) -> tuple[list[Tensor], dict[str, Any]]:
    try:
        reader = gguf.GGUFReader(path)
        tensors = []
        for item in reader.tensors:
            dtype, shape = f"GGUF_{item.tensor_type.name}", tuple(int(n) for n in item.shape)
            tensors.append(Tensor(item.name, dtype, shape, int(item.n_bytes)))
        return tensors, {key: field.contents() for key, field in reader.fields.items()}
    except Exception as error:  # the reader raises whatever a broken file makes it stumble over
        raise InputError(
            [Problem(str(path), f"is not a GGUF file ({first_line(error):.200})")]
        ) from error
