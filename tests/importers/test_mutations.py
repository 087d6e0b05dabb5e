"""Published configs with something broken: an exact number or an error by name, never another."""

from __future__ import annotations

import copy
import json
import math
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.config_json import parse_config
from moe_report.load import examples
from moe_report_metrics.parameter_ledger import total_params
from tests.oracle.census import torch, transformers
from tests.rows import row_from_config

EXAMPLES = Path(examples.__file__).parent
RUNS = 500
LARGE = 400  # modules that transformers builds in passing; a config may say a billion
Config = dict[str, Any]
Spot = tuple[Config, str]  # an object of the config, and a key of it


@cache
def published() -> dict[str, Config]:
    """The configs that are shipped; of Switch-C's 2048 experts 16, which are built faster."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.json")):
        read = json.loads(path.read_text("utf-8"))
        if isinstance(read, dict) and "config" in read:
            found[path.stem] = read["config"]
    found["switch-c"]["num_experts"] = 16
    return found


def spots(config: Config) -> Iterator[Spot]:
    """Every key, those of nested objects too."""
    for key, value in config.items():
        yield config, key
        if isinstance(value, dict):
            yield from spots(value)


def spellings(config: Config, key: str) -> list[str]:
    """The other spellings of a key that its architecture knows."""
    adapter = ADAPTERS[config["model_type"]]
    for known in adapter.keys:
        names = [name.rsplit(".", 1)[-1] for name in known.split("|")]
        if key in names and len(names) > 1:
            return [name for name in names if name != key]
    return []


def _rename(r: Random, _: Config, spot: Spot) -> None:
    part, key = spot
    cut = r.randrange(len(key))
    part[r.choice([key + "s", key[:cut] + key[cut + 1 :], "n_" + key, key.upper()])] = part.pop(key)


def _retype(r: Random, _: Config, spot: Spot) -> None:
    part, key = spot
    old = part[key]
    part[key] = r.choice([str(old), float(old) if isinstance(old, int) else 1.5, not old, old == 1])


def _nest(r: Random, whole: Config, spot: Spot) -> None:
    part, key = spot
    part[key] = r.choice([{key: part[key]}, {}, {"text_config": part[key]}, copy.deepcopy(whole)])


def _shift(r: Random, _: Config, spot: Spot) -> None:
    part, key = spot
    if type(part[key]) is int:
        # Rotary positions need an even width.
        part[key] += r.choice([2, -2, 8, part[key]] if "dim" in key else [1, -1, 2, 7, part[key]])
    elif type(part[key]) is bool:
        part[key] = not part[key]
    else:
        part[key] = None


def _again(r: Random, whole: Config, spot: Spot) -> None:
    part, key = spot
    inner = part if "model_type" in part else whole
    other = r.choice(spellings(inner, key) or [key + "_2"])
    value = part[key]
    part[other] = r.choice([value + 1, value * 2]) if type(value) is int else "other"


def _set(values: Callable[[Random, Any], Any]) -> Callable[[Random, Config, Spot], None]:
    def mutate(r: Random, _: Config, spot: Spot) -> None:
        part, key = spot
        part[key] = values(r, part[key])

    return mutate


MUTATIONS: dict[str, Callable[[Random, Config, Spot], None]] = {
    "dropped": lambda r, whole, spot: spot[0].pop(spot[1]),
    "renamed": _rename,
    "of another type": _retype,
    "negative": _set(lambda r, old: -old if type(old) is int and old else -r.randint(1, 99)),
    "zero": _set(lambda r, old: 0),
    "absurdly large": _set(lambda r, old: r.choice([10**6, 10**9, 2**53, 10**30, 10**400])),
    "no number": _set(lambda r, old: r.choice([math.nan, math.inf, -math.inf])),
    "nested": _nest,
    "null": _set(lambda r, old: None),
    "a list": _set(lambda r, old: r.choice([[], [old], [old, old], [[old]], [None]])),
    "a text": _set(lambda r, old: r.choice(["", str(old), "many", "auto", "0x10", "\ud800", "\n"])),
    "another value": _shift,
    "spelled twice": _again,
}


def mutated(seed: int) -> tuple[str, str, Config]:
    """The name of an example, what was done to it, and the config that came out."""
    r = Random(seed)
    name = r.choice(sorted(published()))
    config = copy.deepcopy(published()[name])
    kind = r.choice(sorted(MUTATIONS))
    spot = r.choice(list(spots(config)))
    MUTATIONS[kind](r, config, spot)
    # As it would be read of a file.
    return name, f"{spot[1]} {kind}", parse_config(json.dumps(config).encode(), name)


# So many modules that transformers would be busy for minutes: only that the total grows is tested.
TOO_MANY = ("num_experts absurdly large", "num_hidden_layers absurdly large")
# Read by the code that is published with the weights, and not by transformers.
UNREAD = "moe_layer_freq another value"
# What null means where transformers no longer takes it, and earlier versions did.
NULL: dict[str, Callable[[Config], int]] = {
    "num_key_value_heads": lambda config: int(config["num_attention_heads"]),
    "n_shared_experts": lambda config: 0,
    "head_dim": lambda config: int(config["hidden_size"] // config["num_attention_heads"]),
}


def as_known(config: Config) -> Config:
    """A config as transformers has to be given it."""
    values: Config = json.loads(json.dumps(config))
    if values.get("model_type") == "grok-1":  # counted as what it is like
        values |= {"model_type": "mixtral", "num_local_experts": values.pop("num_experts", 8)}
    if values.get("model_type") == "dbrx" and not values.get("attn_config"):
        values["attn_config"] = {"rope_theta": 5e5}  # without which it builds nothing
    for key, meant in NULL.items():
        if key in values and values[key] is None:
            values[key] = meant(values)
    return values


def truth(config: Config, original: Config) -> float | None:
    """The parameters of the model that transformers builds; None if it builds none."""
    try:
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")
            try:
                loaded = transformers.AutoConfig.for_model(**as_known(config))
            except Exception:
                # It refuses what does not fit together, and its models would do with it.
                loaded = transformers.AutoConfig.for_model(**as_known(original))
                for key, value in config.items():
                    if value != original.get(key):
                        setattr(loaded, key, value)
            text = loaded.get_text_config()
            switch = text.model_type == "switch_transformers"
            if text.num_hidden_layers > LARGE or (switch and text.num_experts > LARGE):
                return None
            head = "AutoModelForSeq2SeqLM" if switch else "AutoModelForCausalLM"
            model = getattr(transformers, head).from_config(loaded if switch else text)
    except Exception:
        return None
    return float(sum(parameter.numel() for parameter in model.parameters()))


@cache
def unmutated(name: str) -> float | None:
    """The total of a config as it was published."""
    return total_params.of(**row_from_config(published()[name], where=name).numbers)


@pytest.mark.parametrize("start", range(0, RUNS, 50))
def test_a_broken_config_is_exact_or_refused(start: int) -> None:
    """Each of 500: the total of transformers, or an error of a line for each problem."""
    transformers.logging.set_verbosity_error()
    for seed in range(start, start + 50):
        name, what, config = mutated(seed)
        try:
            row = row_from_config(config, where=name)
        except InputError as error:
            broken = [line for line in map(str, error.problems) if not line.startswith(f"{name}: ")]
            broken += [line for line in map(str, error.problems) if "\n" in line]
            if broken or not error.problems:
                pytest.fail(f"{seed}, {what}: {broken}")
            continue
        total = total_params.of(**row.numbers)
        if what == UNREAD:
            continue
        expected = truth(config, published()[name])
        if expected is None:
            expected = unmutated(name)
            if what in TOO_MANY:
                assert total is not None
                assert total > (expected or 0)
                continue
        assert total == expected, (seed, name, what, config)


def test_mutations_find_both_ends() -> None:
    """The mutations are worth something: many configs are refused, many are read, few are equal."""
    outcomes = {True: 0, False: 0}
    seen = set()
    for seed in range(RUNS):
        name, _, config = mutated(seed)
        seen.add((name, repr(config)))
        try:
            row_from_config(config, where=name)
            outcomes[True] += 1
        except InputError:
            outcomes[False] += 1
    assert min(outcomes.values()) > RUNS / 10
    assert len(seen) > RUNS * 0.8
