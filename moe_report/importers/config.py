"""A model's ``config.json`` to the values of a row.

Each architecture has an adapter: the keys that it reads and the fields that they give, the values
that the architecture fixes, and perhaps a function for what is more than a copy. A key that may be
left out takes the default of the architecture's configuration class in ``transformers``, and a note
says so. Nothing is guessed: a key about experts that the adapter does not know is an error, for
leaving it out would give a smaller model than there is.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moe_report.errors import InputError, Problem, nearest
from moe_report.importers.adapter import REQUIRED, Adapter, Key, Reading
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.architectures.dense import DENSE
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import AT_MOST, FIELDS
from moe_report.schema.registry import installed

_EXPERT_LIKE = re.compile("expert|moe|router|topk", re.IGNORECASE)
_MTP = "num_nextn_predict_layers"
_MTP_LIKE = re.compile("(^|[._])(mtp|nextn)", re.IGNORECASE)
_NO_EXPERTS = {"num_experts": 1, "num_experts_per_tok": 1, "num_moe_layers": 0}
_ALLOW = "; --allow-dense takes it"
_SHOWN = 80  # characters of a value that an error quotes


@dataclass(frozen=True)
class ConfigRow:
    """What a config says of its model.

    Attributes:
        model_type: The architecture, as the config names it.
        numbers: Values by field, and by metric for parts of a model that no field describes.
        notes: What a reader should know: which defaults were taken, what is not counted.
    """

    model_type: str
    numbers: dict[str, float]
    notes: tuple[str, ...]


def row_from_config(
    config: Mapping[str, object], *, where: str, allow_dense: bool = False
) -> ConfigRow:
    """Return the values of a row that a model's ``config.json`` gives.

    Args:
        config: The parsed file.
        where: What to call the file in an error.
        allow_dense: Take a model without experts, as one expert in none of its layers.

    Raises:
        InputError: The architecture is unknown or not a Mixture-of-Experts, a key is missing or
            has a wrong value, or a key about experts is not understood. All of it at once.
    """
    model_type = config.get("model_type")
    adapter = _adapter(model_type, config) if allow_dense else ADAPTERS.get(str(model_type))
    if adapter is not None:
        adapter = adapter.by_text_model.get(str(_text_model(config)), adapter)
    if not isinstance(model_type, str) or adapter is None or _of_another(adapter, config):
        raise InputError([Problem(where, _unknown(model_type, config))])
    if config.get("text_config") is None:
        adapter = adapter.flat or adapter
    reading = Reading(problems=_not_understood(config, adapter))
    numbers = dict(adapter.fixed)
    numbers.update(_read(config, adapter, model_type, reading))
    if not reading.problems:
        numbers.update(adapter.derive(reading) if adapter.derive else {})
        if allow_dense and ("num_experts" not in numbers or _moe_layers(numbers) == 0):
            numbers.update(_NO_EXPERTS)
            reading.notes.append("Not a Mixture-of-Experts: no layer has experts")
        impossible = list(_impossible(numbers, allow_dense))
        reading.problems.extend(impossible or _too_large(numbers, reading.notes))
    if reading.problems:
        raise InputError([Problem(where, problem) for problem in reading.problems])
    if adapter.note:
        reading.notes.append(adapter.note)
    numbers.update(_further_tokens(config, adapter, numbers, reading))
    return ConfigRow(
        model_type, {name: float(value) for name, value in numbers.items()}, tuple(reading.notes)
    )


def _adapter(model_type: object, config: Mapping[str, object]) -> Adapter | None:
    """The adapter of an architecture that may be dense."""
    name = str(model_type)
    adapter = ADAPTERS.get(name)
    if adapter is None or name not in DENSE:
        return adapter or DENSE.get(name)
    counts = [
        value
        for spellings, key in adapter.keys.items()
        if "num_experts" in key.fields
        for spelling in spellings.split("|")
        for value in _at(config, spelling)
    ]
    return adapter if any(counts) or not counts else DENSE[name]


def _of_another(adapter: Adapter, config: Mapping[str, object]) -> bool:
    """Whether the text part is of an architecture that the adapter is not for."""
    wanted = _wanted(adapter)
    return bool(wanted) and _text_model(config) not in wanted


def _wanted(adapter: Adapter) -> tuple[str, ...]:
    return (adapter.text_model,) if adapter.text_model else tuple(adapter.by_text_model)


def _text_model(config: Mapping[str, object]) -> object:
    parts = ("text_config", "llm_config")
    return next((value for part in parts for value in _at(config, f"{part}.model_type")), None)


def _unknown(model_type: object, config: Mapping[str, object]) -> str:
    if not isinstance(model_type, str):
        return f"key 'model_type' is {_said(model_type)}, expected the architecture's name"
    if not any(_EXPERT_LIKE.search(key) for key in _paths(config, lambda _: True)):
        way_out = _ALLOW if model_type in DENSE else f". Known without experts: {', '.join(DENSE)}"
        return (
            f"model_type {model_type!r}: no key of this config speaks of experts; it is not a"
            f" Mixture-of-Experts{way_out}"
        )
    if model_type in ADAPTERS:
        return (
            f"key 'model_type' of the text part is {_said(_text_model(config))}, expected"
            f" {' or '.join(map(repr, _wanted(ADAPTERS[model_type])))} with model_type"
            f" {model_type!r}"
        )
    close = difflib.get_close_matches(model_type.casefold(), ADAPTERS, n=3, cutoff=0.4)
    listed = f" The nearest known are {', '.join(close)};" if close else ""
    return (
        f"model_type {model_type!r} is unknown.{listed} `moe-report import --list` lists all."
        " Two other ways: a folder with the checkpoint's safetensors files, whose headers are"
        " counted, or --with-transformers"
    )


def _said(value: object) -> str:
    """A value as an error quotes it."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _paths(config: Mapping[str, object], into: Callable[[str], bool]) -> Iterator[str]:
    for key, value in config.items():
        yield key
        if isinstance(value, Mapping) and into(key):
            yield from (f"{key}.{path}" for path in _paths(value, into))


def _not_understood(config: Mapping[str, object], adapter: Adapter) -> list[str]:
    known = set(adapter.known_keys())
    read = {key.rsplit(".", 1)[0] for key in known if "." in key} | {adapter.section}
    bare = {key.rsplit(".", 1)[-1] for key in known}
    problems = [
        f"key {path!r} is {_said(value)}, expected an object"
        for path in sorted(read - {""})
        for value in _at(config, path)
        if value is not None and not isinstance(value, Mapping)
    ]
    for path in _paths(config, lambda key: key in read):
        name = path.rsplit(".", 1)[-1]
        if _EXPERT_LIKE.search(name) and path.removeprefix(f"{adapter.section}.") not in known:
            problems.append(
                f"key {path!r} sounds like experts and is not understood.{nearest(name, bare)}"
            )
    return problems


def _read(
    config: Mapping[str, object], adapter: Adapter, model_type: str, reading: Reading
) -> Iterator[tuple[str, float]]:
    """Read every key into ``reading`` and give the fields that are copies."""
    prefix = f"{adapter.section}." if adapter.section else ""
    defaults = []
    for spellings, key in adapter.keys.items():
        paths = [prefix + spelling for spelling in spellings.split("|")]
        found = [(path, value) for path in paths for value in _at(config, path)]
        if not found and key.default is REQUIRED:
            reading.problems.append(f"key {' or '.join(map(repr, paths))} is missing")
            continue
        if not found and key.default is not None:
            defaults.append(f"{paths[0]} = {json.dumps(key.default)}")
        path, value = found[0] if found else (paths[0], key.default)
        for other, its_value in found[1:]:
            if its_value != value:
                reading.refuse(other, f"is {_said(its_value)}, but {path} is {_said(value)}")
        if "num_experts" in key.fields and not value:
            way_out = _ALLOW if model_type in DENSE else ""
            why = f"is {_said(value)}: the model is not a Mixture-of-Experts{way_out}"
            reading.refuse(path, why)
        elif not key.accepts(value):
            reading.refuse(path, f"is {_said(value)}, expected {key.expected}")
        elif type(value) is int and value > (most := _most(path, key)):
            reading.refuse(path, f"is {_said(value)}, expected at most {most:,.0f}")
        else:
            reading.values[paths[0].rsplit(".", 1)[-1]] = value
            if value is not None:
                yield from ((name, value) for name in key.fields)
    if defaults:
        reading.notes.append(f"Not in the config, so as {model_type} has it: {', '.join(defaults)}")


def _most(path: str, key: Key) -> float:
    """The largest number that a key may have; loops over layers must end."""
    layers = FIELDS["num_hidden_layers"].maximum
    most = layers if path.endswith("layers") else LARGEST
    return min([most, *(FIELDS[name].maximum for name in key.fields)])


def _further_tokens(
    config: Mapping[str, object], adapter: Adapter, numbers: Mapping[str, float], reading: Reading
) -> Mapping[str, float]:
    """Without modules that predict further tokens, unless something speaks of them."""
    if _MTP in numbers or _MTP in reading.unknown:
        return {}
    known = set(adapter.known_keys())
    paths = [path for path in _paths(config, lambda _: True) if _MTP_LIKE.search(path)]
    told_of = any(value for path in paths if path not in known for value in _at(config, path))
    if adapter.untold_mtp and not told_of:
        told = "Published models have layers that predict further tokens (MTP), of which the config"
        reading.notes.append(f"{told} does not tell: they are not counted")
    elif told_of:
        reading.notes.append("The layers that predict further tokens (MTP) are not counted")
    else:
        return {_MTP: 0}
    return {}


def _at(config: Mapping[str, Any], path: str) -> Iterable[Any]:
    first, _, rest = path.partition(".")
    if first not in config:
        return ()
    inner = config[first]
    if not rest:
        return (inner,)
    return _at(inner, rest) if isinstance(inner, Mapping) else ()


def _moe_layers(numbers: Mapping[str, float]) -> float:
    layers = numbers["num_hidden_layers"] - numbers.get("first_k_dense_replace", 0)
    return numbers.get("num_moe_layers", layers)


def _too_large(numbers: Mapping[str, float], notes: list[str]) -> Iterator[str]:
    metric = installed().metrics.get("total_params")
    if metric is None:
        notes.append("No installed section counts total_params: may be too many to count exactly")
    elif (total := metric.of(**numbers)) > LARGEST:
        yield f"{total:.3g} parameters are more than 2^53: they cannot be counted exactly"


def _impossible(numbers: Mapping[str, float], allow_dense: bool) -> Iterator[str]:
    for name, value in numbers.items():
        if value > LARGEST:
            yield f"{name} is {value}, more than 2^53: it cannot be counted exactly"
    for name, limit in AT_MOST.items():
        if numbers.get(name, 0) > numbers.get(limit, float("inf")):
            yield f"{name} is {numbers[name]}, more than the {numbers[limit]} of {limit}"
    if _moe_layers(numbers) == 0 and not allow_dense:
        yield f"no layer has experts: the model is not a Mixture-of-Experts{_ALLOW}"
    heads = numbers.get("num_attention_heads", 1)
    if not {"head_dim", "kv_lora_rank"} & set(numbers) and numbers["hidden_size"] % heads:
        yield f"hidden_size {numbers['hidden_size']} is not a multiple of the {heads} heads"
