"""A model's ``config.json`` to the values of a row.

Each architecture has an adapter: the keys that it reads and the fields that they give, the values
that the architecture fixes, and perhaps a function for what is more than a copy. A key that may be
left out takes the default of the architecture's configuration class in ``transformers``, and a note
says so. Nothing is guessed: a key about experts that the adapter does not know is an error, for
leaving it out would give a smaller model than there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moe_report.errors import InputError, Problem, nearest
from moe_report.fields import RULES
from moe_report.importers.adapter import REQUIRED, Adapter, Reading
from moe_report.importers.architectures import ADAPTERS

_EXPERT_LIKE = re.compile("expert|moe|router|topk", re.IGNORECASE)


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


def row_from_config(config: Mapping[str, object], *, where: str) -> ConfigRow:
    """Return the values of a row that a model's ``config.json`` gives.

    Args:
        config: The parsed file.
        where: What to call the file in an error.

    Raises:
        InputError: The architecture is unknown or not a Mixture-of-Experts, a key is missing or
            has a wrong value, or a key about experts is not understood. All of it at once.
    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type not in ADAPTERS:
        raise InputError([Problem(where, _unknown(model_type, config))])
    adapter = ADAPTERS[model_type]
    reading = Reading(problems=_not_understood(config, adapter))
    numbers = dict(adapter.fixed)
    numbers.update(_read(config, adapter, model_type, reading))
    if not reading.problems:
        numbers.update(adapter.derive(reading) if adapter.derive else {})
        reading.problems.extend(_impossible(numbers))
    if reading.problems:
        raise InputError([Problem(where, problem) for problem in reading.problems])
    if adapter.note:
        reading.notes.append(adapter.note)
    return ConfigRow(
        model_type, {name: float(value) for name, value in numbers.items()}, tuple(reading.notes)
    )


def _unknown(model_type: object, config: Mapping[str, object]) -> str:
    if not isinstance(model_type, str):
        return f"key 'model_type' is {json.dumps(model_type)}, expected the architecture's name"
    if not any(_EXPERT_LIKE.search(key) for key in _paths(config, lambda _: True)):
        return (
            f"model_type {model_type!r}: no key of this config speaks of experts; it is not a"
            " Mixture-of-Experts"
        )
    known = ", ".join(sorted(ADAPTERS))
    return f"model_type {model_type!r} is unknown.{nearest(model_type, ADAPTERS)} Known: {known}"


def _paths(config: Mapping[str, object], into: Callable[[str], bool]) -> Iterator[str]:
    for key, value in config.items():
        yield key
        if isinstance(value, Mapping) and into(key):
            yield from (f"{key}.{path}" for path in _paths(value, into))


def _not_understood(config: Mapping[str, object], adapter: Adapter) -> list[str]:
    known = set(adapter.known_keys())
    read = {key.rsplit(".", 1)[0] for key in known if "." in key} | {adapter.section}
    bare = {key.rsplit(".", 1)[-1] for key in known}
    problems = []
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
                reading.refuse(other, f"is {json.dumps(its_value)}, but {path} is {value!r}")
        if "num_experts" in key.fields and not value:
            reading.refuse(path, f"is {json.dumps(value)}: the model is not a Mixture-of-Experts")
        elif not key.accepts(value):
            reading.refuse(path, f"is {json.dumps(value)}, expected {key.expected}")
        else:
            reading.values[paths[0].rsplit(".", 1)[-1]] = value
            if value is not None:
                yield from ((name, value) for name in key.fields)
    if defaults:
        reading.notes.append(f"Not in the config, so as {model_type} has it: {', '.join(defaults)}")


def _at(config: Mapping[str, Any], path: str) -> Iterable[Any]:
    first, _, rest = path.partition(".")
    if first not in config:
        return ()
    inner = config[first]
    if not rest:
        return (inner,)
    return _at(inner, rest) if isinstance(inner, Mapping) else ()


def _impossible(numbers: Mapping[str, float]) -> Iterator[str]:
    for rule in RULES:
        if numbers.get(rule.field, 0) > numbers.get(rule.limit, float("inf")):
            yield (
                f"{rule.field} is {numbers[rule.field]}, more than the {numbers[rule.limit]} of"
                f" {rule.limit}"
            )
    layers = numbers["num_hidden_layers"] - numbers.get("first_k_dense_replace", 0)
    if numbers.get("num_moe_layers", layers) == 0:
        yield "no layer has experts: the model is not a Mixture-of-Experts"
    heads = numbers.get("num_attention_heads", 1)
    if not {"head_dim", "kv_lora_rank"} & set(numbers) and numbers["hidden_size"] % heads:
        yield f"hidden_size {numbers['hidden_size']} is not a multiple of the {heads} heads"
