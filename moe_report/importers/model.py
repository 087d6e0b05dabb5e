"""A model's own files to a row: ``config.json``, a checkpoint folder, a GGUF file, the Hub."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem, shortened
from moe_report.importers.cache_keys import BY_SHAPES, unknown_cache
from moe_report.importers.checkpoint import (
    BYTES,
    TOP_K,
    WAY_OUT,
    Census,
    components_of_census,
    experts_of_census,
    mtp_of_census,
    notes_of_census,
    row_of_census,
    take_census,
)
from moe_report.importers.config import ConfigRow, row_from_config
from moe_report.importers.config_json import NOT_THERE, read_config
from moe_report.importers.lora import refuse_adapter
from moe_report.importers.naming import Counting, named, refuse_uncountable, with_names
from moe_report.importers.quantization import quantization_of, with_recipe
from moe_report.importers.safetensors import Tensor, read_folder
from moe_report.importers.section_fields import read_section_fields
from moe_report.schema.fields import AT_MOST, FIELDS, Field
from moe_report.schema.parts import LEDGER, Part
from moe_report.schema.registry import Registry
from moe_report.table import Row, given
from moe_report.text import CONTROL

HUB = "hf:"
_NO_EXPERTS: Mapping[str, float] = {
    "num_experts": 1, "num_experts_per_tok": 1, "num_moe_layers": 0, Part.ONE_EXPERT: 0,
}  # fmt: skip
_BY_HEADERS = "Counted from the checkpoint's headers"


@dataclass(frozen=True)
class Options:
    """How models are imported.

    Attributes:
        allow_dense: Take a model without experts instead of refusing it.
        with_transformers: Build an architecture that no adapter knows on torch's meta device.
        fields: Fields of sections, which keys of a config give by their names or aliases.
    """

    allow_dense: bool = False
    with_transformers: bool = False
    fields: tuple[Field, ...] = ()


def is_model(source: str) -> bool:
    """Whether a source is a model's own files rather than a workbook."""
    suffix = Path(source).suffix.lower()
    # Unlike a path's own, it says no to a name that is too long or may not be looked at.
    return source.startswith(HUB) or suffix in (".json", ".gguf") or os.path.isdir(source)


def import_model(
    source: str, options: Options, registry: Registry, *, name: str | None = None
) -> Row:
    """Return the row of a model given by its own files.

    Args:
        source: A ``config.json``, a folder with it and perhaps safetensors files, a ``.gguf`` file,
            or ``hf:owner/name`` with perhaps ``@revision``.
        options: How to import.
        registry: Whose metrics count what no field holds.
        name: What to call the row; by default what the files are called.

    Raises:
        InputError: The source cannot be read, what it says is not understood, it has no experts,
            or its name cannot stand in a cell.
    """
    if not is_model(source):
        there = "is no config.json, checkpoint folder, .gguf file or hf:owner/name"
        raise InputError([Problem(source, there if os.path.exists(source) else NOT_THERE)])
    try:
        its_name, read = _read(source, options, registry.counting)
    except OSError as error:
        raise InputError([Problem(source, f"cannot be read ({error.strerror})")]) from error
    return _row(name or its_name, source, read, options, registry.counting)


def _read(source: str, options: Options, counting: Counting) -> tuple[str, ConfigRow]:
    """What a model's files are called, and what they say."""
    if source.startswith(HUB):
        from moe_report.importers.hub import fetch

        found = fetch(source.removeprefix(HUB))
        notes = (_no_headers([]),) if found.tensors is None else ()
        read = _counted(source, found.config, found.tensors, options, counting, notes)
        return found.name, read
    path = Path(source)
    if path.suffix.lower() == ".gguf":
        from moe_report.importers.gguf import read_gguf

        return path.stem, read_gguf(path, options.fields)
    if path.is_dir():
        return path.resolve().name, _of_folder(path, source, options, counting)
    folder = path.parent if path.name == "config.json" else None
    config = read_config(path) if folder is None else with_recipe(read_config(path), folder)
    return _name_of(path), _counted(source, config, None, options, counting)


def _of_folder(path: Path, source: str, options: Options, counting: Counting) -> ConfigRow:
    if adapter := refuse_adapter(path):
        raise adapter
    config_path = path / "config.json"
    config = with_recipe(read_config(config_path), path) if config_path.exists() else None
    others = sorted(file.name for file in path.iterdir() if _NOT_READ.fullmatch(file.name))
    notes = (_no_headers(others),) if others else ()
    has_weights = any(path.glob("*.safetensors")) or any(path.glob("*.safetensors.index.json"))
    if config is None and not has_weights:
        message = "found neither config.json nor *.safetensors in this folder"
        if ggufs := [file for file in others if file.endswith(".gguf")]:
            message += f"; its GGUF files are imported one by one: {ggufs[0]}"
        elif others:
            message += f"; of {others[0]} no header can be read"
        raise InputError([Problem(source, message)])
    if has_weights:
        return _counted(source, config, read_folder(path), options, counting)
    return _counted(source, config, None, options, counting, notes)


# Weights in files whose headers cannot be read, or are not looked for beside a config.
_NOT_READ = re.compile(
    r"(pytorch_model|model|consolidated|weights|tf_model|flax_model)[\w.-]*"
    r"\.(bin|pt|pth|ckpt|npz|h5|msgpack)|.+\.gguf"
)


def _no_headers(others: list[str]) -> str:
    """The note on a config whose weights are not in safetensors files."""
    there = f", but {others[0]}" if others else ""
    return f"No headers of safetensors files were found{there}: the config alone is counted"


def _row(name: str, source: str, read: ConfigRow, options: Options, counting: Counting) -> Row:
    """The row as a workbook can hold it and give it back, with experts if it has none."""
    if CONTROL.search(name) or not name.strip():
        message = f"is named {name!r}, which cannot stand in a cell; --name gives another name"
        raise InputError([Problem(source, message)])
    if "num_experts" not in read.numbers:
        if not options.allow_dense:
            message = "has no experts: it is not a Mixture-of-Experts; --allow-dense takes it"
            raise InputError([Problem(source, message)])
        read = replace(read, numbers={**read.numbers, **_NO_EXPERTS})
    numbers = read.numbers
    problems = [
        Problem(source, f"{key} is {numbers[key]:,.0f}, more than {limit}, {most:,.0f}")
        for key, limit in AT_MOST.items()
        if numbers.get(key, 0) > (most := numbers.get(limit, math.inf))
    ]
    if problems:
        raise InputError(problems)
    read = with_names(read, counting)
    texts = {"model_type": read.model_type, "source": source, "remark": ". ".join(read.notes)}
    return Row(
        " ".join(_printable(name).split()),
        source,
        {key: CONTROL.sub("\ufffd", _printable(text)) for key, text in texts.items() if text},
        {key: given(value) for key, value in read.numbers.items()},
        unclear={key: why for key, why in read.unclear.items() if key not in read.numbers},
    )


def _printable(text: str) -> str:
    """A text without the halves of characters that stand for what is no UTF-8 in a file's name."""
    return text.encode("utf-8", "replace").decode()


def _name_of(path: Path) -> str:
    return path.resolve().parent.name if path.stem == "config" else path.stem


def _counted(
    source: str,
    config: Mapping[str, Any] | None,
    tensors: list[Tensor] | None,
    options: Options,
    counting: Counting,
    notes: Iterable[str] = (),
) -> ConfigRow:
    if tensors is None:
        assert config is not None
        read = _from_config(config, source, options, counting)
        return replace(read, notes=(*read.notes, *notes))
    if config is None:
        census = take_census(tensors, where=source)
        notes = (_BY_HEADERS, *notes_of_census(census))
        return ConfigRow("", row_of_census(census, source), notes, unknown_cache(BY_SHAPES))
    return _from_both(source, config, tensors, options, counting)


def _from_config(
    config: Mapping[str, Any], where: str, options: Options, counting: Counting
) -> ConfigRow:
    try:
        read = row_from_config(
            config, where=where, allow_dense=options.allow_dense, fields=options.fields
        )
        return refuse_uncountable(read, where, counting)
    except InputError:
        if not options.with_transformers:
            raise
        from moe_report.importers.meta import row_from_transformers

        read = row_from_transformers(config, where=where)
        return _with_section_fields(read, config, where, options)


def _with_section_fields(
    read: ConfigRow, config: Mapping[str, Any], where: str, options: Options
) -> ConfigRow:
    """A row with what a config says of fields of sections, where no adapter has read it."""
    further = read_section_fields(config, "text_config", options.fields)
    if further.problems:
        raise InputError(Problem(where, problem) for problem in further.problems) from None
    return replace(read, numbers=read.numbers | further.numbers)


def _from_both(
    source: str,
    config: Mapping[str, Any],
    tensors: list[Tensor],
    options: Options,
    counting: Counting,
) -> ConfigRow:
    """The config's row where the checkpoint agrees with it; else what the checkpoint holds."""
    inner = config.get("text_config")
    text = inner if isinstance(inner, Mapping) else config
    census = take_census(
        tensors,
        where=source,
        quantization=quantization_of(config, text),
        mtp_layers=_mtp_layers(text, source),
        pictured_from=_first_of_pictures(text),
    )
    notes = notes_of_census(census)
    try:
        read = _from_config(config, source, options, counting)
    except InputError as error:
        why = shortened(error.problems[0].message)
        if not census.params[Part.ROUTED_EXPERTS] and (key := _key_of_experts(text)):
            raise _unnamed_experts(source, f"key {key!r} is {text[key]}", tensors) from error
        counted = row_of_census(census, source)
        top_k = next((text[key] for key in TOP_K if type(text.get(key)) is int), None)
        if top_k is not None and census.num_experts:
            counted["num_experts_per_tok"] = float(top_k)
        notes = [_BY_HEADERS, f"The config was not understood: {why}", *notes]
        read = ConfigRow(
            str(config.get("model_type", "")), counted, tuple(notes), unknown_cache(BY_SHAPES)
        )
        return _with_section_fields(read, config, source, options)
    if read.numbers.get("num_moe_layers") != 0 and not census.params[Part.ROUTED_EXPERTS]:
        raise _unnamed_experts(source, "by the config there are routed experts", tensors)
    if (top_k := read.numbers.get("num_experts_per_tok", 0)) > census.fewest_experts > 0:
        message = f"has a layer of {census.fewest_experts} experts, fewer than num_experts_per_tok"
        raise InputError([Problem(source, f"{message}, {top_k:.0f}")])
    numbers, compared = _compared(census, read.numbers, source, counting)
    return replace(read, numbers=read.numbers | numbers, notes=(*read.notes, *notes, *compared))


def _key_of_experts(text: Mapping[str, Any]) -> str | None:
    """The key by which a config that is not understood says that there are routed experts."""
    found = (key for key in text if _NUM_EXPERTS.search(key) and not _NOT_ROUTED.search(key))
    return next((key for key in found if type(text[key]) is int and text[key] > 1), None)


_NUM_EXPERTS = re.compile(r"(^|_)(num|n)_(\w+_)?experts$")
_NOT_ROUTED = re.compile(r"shared|zero|share_")


def _unnamed_experts(source: str, said: str, tensors: list[Tensor]) -> InputError:
    kinds = Counter(re.sub(r"\d+", "*", tensor.name) for tensor in tensors)
    names = ", ".join(name for name, _ in kinds.most_common(3))
    message = f"{said}, and no tensor is named as routed experts are; most are called {names}"
    return InputError([Problem(source, f"{message}{WAY_OUT}")])


def _compared(
    census: Census, of_config: Mapping[str, float], where: str, counting: Counting
) -> tuple[dict[str, float], list[str]]:
    """What stands in place of or beside the config's numbers, and how far the two agree."""
    counted, notes = components_of_census(census), []
    if not counting.keys() >= {*LEDGER}:
        message = "No installed section counts components: config and checkpoint are not compared"
        return _bytes(counted), [message]
    values = named(of_config, counting)
    said = {part: counting[part].of(**values) for part in LEDGER}
    head = counted[Part.UNEMBEDDING]
    if of_config.get("tie_word_embeddings") and head == counted[Part.EMBEDDING]:
        notes.append("The tied output head is in the checkpoint a second time, not counted")
        counted |= {Part.UNEMBEDDING: 0.0, BYTES[Part.UNEMBEDDING]: 0.0}
    if 0 < said[Part.ROUTER] - counted[Part.ROUTER] <= census.offsets:
        counted[Part.ROUTER] = said[Part.ROUTER]  # here offsets are parameters
    counted |= _shared_by_another_name(said, counted)
    numbers = _bytes(counted)
    further = counting.get(Part.FURTHER_PREDICTION)
    if further and (mtp := mtp_of_census(census)) != further.of(**values):
        numbers[Part.FURTHER_PREDICTION] = mtp
    differing = [part for part in LEDGER if said[part] != counted[part]]
    listed = ", ".join(counting[part].name for part in differing)
    agree = "The checkpoint's headers agree with the config"
    if not differing:
        return numbers, [*notes, agree]
    if sum(said.values()) == sum(counted[part] for part in LEDGER):
        # Biases and the like, which one counts where they belong and the other where there is room.
        otherwise = f"by name they split {listed} otherwise, and so are the bytes"
        return numbers, [*notes, f"{agree}; {otherwise}"]
    if census.filled_up:
        message = "EXL3 fills matrices up to multiples of 128, and so are its parameters not those"
        raise InputError([Problem(where, f"{message} of the config: {listed}{WAY_OUT}")])
    numbers |= {part: counted[part] for part in differing}
    if Part.ROUTED_EXPERTS in differing:
        numbers |= experts_of_census(census)
    return numbers, [*notes, f"As in the checkpoint, not as in the config: {listed}"]


def _bytes(counted: Mapping[str, float]) -> dict[str, float]:
    return {field: counted[field] for field in BYTES.values()}


def _shared_by_another_name(
    said: Mapping[Part, float], counted: Mapping[str, float]
) -> dict[str, float]:
    """An expert that all tokens share, where it is called as an FFN beside experts (Gemma 4)."""
    shared, dense = Part.SHARED_EXPERTS, Part.DENSE_FFN
    if not said[shared] == counted[dense] > counted[shared]:
        return {}
    names = ((shared, dense), (BYTES[shared], BYTES[dense]))
    return {to: counted[of] for one, other in names for to, of in ((one, other), (other, one))}


def _mtp_layers(text: Mapping[str, Any], where: str) -> range:
    """Layers for further tokens, which are numbered on after the others."""
    first = text.get("num_hidden_layers")
    key = next((key for key in _MTP_LAYERS if key in text), "")
    number, most = text.get(key), FIELDS["num_hidden_layers"].maximum
    if type(number) is int and number > most:
        message = f"key {key!r} is {number:,}, expected at most {most:,.0f}"
        raise InputError([Problem(where, message)])
    return range(first, first + number) if type(first) is type(number) is int else range(0)


_MTP_LAYERS = ("num_nextn_predict_layers", "num_mtp_layers")


def _first_of_pictures(text: Mapping[str, Any]) -> int | None:
    """The number of the first expert for images, where they follow on those for text (Ernie)."""
    widths, number = text.get("moe_intermediate_size"), text.get("moe_num_experts")
    if not isinstance(widths, list):
        return None
    first = number[0] if isinstance(number, list) and number else number
    return first if type(first) is int else None
