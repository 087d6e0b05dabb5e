"""GGUF files: metadata and shapes of tensors, no weight.

Needs the extra ``gguf``, which knows how many bytes each type of numbers takes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem
from moe_report.importers.checkpoint import notes_of_census, row_of_census, take_census
from moe_report.importers.config import ConfigRow
from moe_report.importers.gguf_cache import cache_of
from moe_report.importers.gguf_header import BrokenError, Header, Types, read_header
from moe_report.importers.safetensors import Tensor
from moe_report.importers.section_fields import read_section_fields
from moe_report.importers.shards import SHARD, missing
from moe_report.schema.fields import Field

# Attention of DeepSeek's models once as published and once taken apart: the same weights twice.
_APART = re.compile(r"attn_[kv]_b\.weight$")


def read_gguf(path: Path, fields: Collection[Field] = ()) -> ConfigRow:
    """Return what a GGUF file says of its model: typed components, and shapes.

    Of a model in several files any one may be named; all are read. Keys of the metadata whose last
    part is called as one of the fields, which are of sections, give these.

    Raises:
        InputError: The gguf package is not installed, or a file is none of its kind or missing.
    """
    where = str(path)
    try:
        import gguf
    except ImportError as error:
        raise InputError([Problem(where, "needs gguf: pip install 'moe-report[gguf]'")]) from error
    types: Types = {
        int(kind): (kind.name, *gguf.GGML_QUANT_SIZES[kind])
        for kind in gguf.GGMLQuantizationType
        if kind in gguf.GGML_QUANT_SIZES
    }
    files = _shards(path)
    tensors: dict[str, Tensor] = {}
    said: dict[str, Any] = {}
    listed: dict[str, Any] = {}
    for file in files:
        header = _read(file, types)
        if twice := [tensor.name for tensor in header.tensors if tensor.name in tensors]:
            raise InputError([Problem(str(file), f"holds {twice[0]} a second time")])
        tensors |= {tensor.name: tensor for tensor in header.tensors}
        said, listed = header.said | said, header.listed | listed
    if (kind := said.get("general.type", "model")) != "model":
        raise InputError([Problem(where, f"holds no model: its general.type is {kind!r}")])
    number = said.get("split.count", len(files))
    if number not in (0, len(files)):
        message = f"is one of {number} files, and not called ...-00001-of-{number:0>5}.gguf"
        raise InputError([Problem(where, message)])
    if said.get("split.tensors.count", len(tensors)) != len(tensors):
        message = f"holds {len(tensors)} tensors, but split.tensors.count is"
        raise InputError([Problem(where, f"{message} {said['split.tensors.count']}")])
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
    further = read_section_fields(said, "", fields)
    if further.problems:
        raise InputError(Problem(where, problem) for problem in further.problems)
    numbers |= further.numbers
    kept, no_cache = cache_of(listed | said, architecture)
    notes = ["Counted from the file's tensors", *notes_of_census(census)]
    notes += dict.fromkeys(f"Cache: {why}" for why in no_cache.values())
    return ConfigRow(architecture, kept | numbers, tuple(notes), no_cache)


def _shards(path: Path) -> list[Path]:
    """All files of a model of which one is named; in a folder, a part may lack."""
    shard = SHARD.fullmatch(path.stem)
    if path.exists() and not path.is_file():
        raise InputError([Problem(str(path), "is no file")])
    if not shard or not path.exists():
        return [path]
    there = {
        int(found[2]): file
        for file in path.parent.glob(f"*{path.suffix}")
        if (found := SHARD.fullmatch(file.stem)) and (found[1], found[3]) == (shard[1], shard[3])
    }
    first, more = missing(there.keys(), int(shard[3]))
    if first:
        names = [f"{shard[1]}-{number:05}-of-{shard[3]}{path.suffix}" for number in first]
        problems = [Problem(str(path.with_name(name)), "there is no such file") for name in names]
        if more:
            problems.append(Problem(str(path), f"{more:,} more of its files are not there"))
        raise InputError(problems)
    return [there[number] for number in sorted(there)]


def _read(path: Path, types: Types) -> Header:
    try:
        return read_header(path, types)
    except BrokenError as error:
        raise InputError([Problem(str(path), f"is not a GGUF file ({error})")]) from error
    except FileNotFoundError as error:
        raise InputError([Problem(str(path), "there is no such file")]) from error
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read ({error.strerror})")]) from error
