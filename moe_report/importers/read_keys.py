"""The keys that an adapter reads: their values, their defaults, and what they cannot be."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping

from moe_report.importers.adapter import REQUIRED, Adapter, Key, Reading
from moe_report.importers.architectures.dense import DENSE
from moe_report.importers.config_json import at, said
from moe_report.importers.impossible import ALLOW, moe_layers
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import FIELDS

_DENSE_WIDTH = "intermediate_size"
_STAND_IN = 1  # for a width that is not told


def read_keys(
    config: Mapping[str, object], adapter: Adapter, model_type: str, reading: Reading
) -> Iterator[tuple[str, float]]:
    """Read every key into ``reading`` and give the fields that are copies."""
    prefix = adapter.prefix
    defaults = []
    for names, key in adapter.keys.items():
        paths = [prefix + name for name in names.split("|")]
        found = [(path, value) for path in paths for value in at(config, path)]
        if not key.nullable:  # null says nothing where another spelling has a value
            found = [each for each in found if each[1] is not None] or found
        told = any(value is not None for _, value in found)
        if not told and key.default is REQUIRED and key.fields == (_DENSE_WIDTH,):
            reading.values[_name(paths[0])] = _STAND_IN
            reading.untold[paths[0]] = _untold(paths, found, key)
            continue
        if not found and key.default is REQUIRED:
            reading.problems.append(_untold(paths, found, key))
            continue
        if not found and key.default is not None:
            defaults.append(f"{paths[0]} = {json.dumps(key.default)}")
            reading.defaults.update((*key.fields, _name(paths[0])))
        if found:
            reading.given.update(key.fields)
        path, value = found[0] if found else (paths[0], key.default)
        for other, its_value in found[1:]:
            if its_value != value:
                reading.refuse(other, f"is {said(its_value)}, but {path} is {said(value)}")
        if "num_experts" in key.fields and not value:
            way_out = ALLOW if model_type in DENSE else ""
            why = f"is {said(value)}: the model is not a Mixture-of-Experts{way_out}"
            reading.refuse(path, why)
        elif not key.accepts(value):
            reading.refuse(path, f"is {said(value)}, expected {key.expected}")
        elif type(value) is int and value > (most := _most(path, key)):
            reading.refuse(path, f"is {said(value)}, expected at most {most:,.0f}")
        else:
            reading.values[_name(paths[0])] = value
            if value is not None:
                yield from ((name, value) for name in key.fields)
    heads, width = reading.values.get("num_attention_heads"), reading.values.get("hidden_size")
    if heads and width and "head_dim" in reading.values and reading.values["head_dim"] is None:
        defaults.append(f"{adapter.home}head_dim = {width} / {heads}")
    if defaults:
        reading.notes.append(f"Not in the config, so as {model_type} has it: {', '.join(defaults)}")


def refuse_untold(adapter: Adapter, reading: Reading, numbers: Mapping[str, float]) -> None:
    """Refuse a width that is not told, unless no layer has it and nothing else depends on it."""
    for path, problem in reading.untold.items():
        some, other = (
            _derived(adapter, reading, _name(path), width) for width in (_STAND_IN, _STAND_IN + 1)
        )
        layers = numbers["num_hidden_layers"] if "num_experts" in numbers else None
        if some != other or moe_layers(numbers) != layers:
            reading.problems.append(problem)
        else:
            del reading.values[_name(path)]
            reading.notes.append(f"{path} is not in the config, and no layer has such an FFN")


def _derived(adapter: Adapter, reading: Reading, name: str, width: int) -> Mapping[str, float]:
    trial = copy.deepcopy(reading)
    trial.values[name] = width
    return adapter.derive(trial) if adapter.derive else {}


def _untold(paths: list[str], found: list[tuple[str, object]], key: Key) -> str:
    if found:
        return f"key {found[0][0]!r} is null, expected {key.expected}"
    return f"key {' or '.join(map(repr, paths))} is missing"


def _name(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _most(path: str, key: Key) -> float:
    """The largest number that a key may have; loops over layers must end."""
    layers = FIELDS["num_hidden_layers"].maximum
    most = layers if path.endswith("layers") else LARGEST
    return min([most, *(FIELDS[name].maximum for name in key.fields)])
