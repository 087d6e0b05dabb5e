"""Fields that sections bring, in whatever files a model is: read, or refused by the key's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers import meta
from moe_report.importers.config import ConfigRow
from moe_report.importers.model import Options, import_model
from moe_report.schema.registry import Registry, installed
from tests.importers import test_gguf as ggufs
from tests.importers.checkpoints import QWEN, build, folder_of, headers_of
from tests.sections import ENERGY, registry_with

Keys = Mapping[str, Any]
UNKNOWN = {"model_type": "qwen9_moe"}


@pytest.fixture(scope="module")
def energy(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A section with fields."""
    return registry_with(tmp_path_factory.mktemp("energy"), ENERGY)


def config(folder: Path, keys: Keys) -> Path:
    """A config alone."""
    path = folder / "config.json"
    path.write_text(json.dumps({**QWEN, **keys}), "utf-8")
    return path


def checkpoint(folder: Path, keys: Keys) -> Path:
    """A checkpoint with its config."""
    return folder_of(folder / "model", headers_of(build(QWEN), hub=True), {**QWEN, **keys})


def unknown(folder: Path, keys: Keys) -> Path:
    """A checkpoint whose config is not understood."""
    return checkpoint(folder, {**keys, **UNKNOWN})


def inner(folder: Path, keys: Keys) -> Path:
    """A checkpoint whose config is not understood, and has a part on the text model."""
    text = {**QWEN, **keys, **UNKNOWN}
    headers = headers_of(build(QWEN), hub=True)
    return folder_of(folder / "model", headers, {**UNKNOWN, "text_config": text})


def built(folder: Path, keys: Keys) -> Path:
    """A config that no adapter knows and transformers does."""
    return config(folder, {**keys, **UNKNOWN})


def gguf(folder: Path, keys: Keys) -> Path:
    """A GGUF file."""
    more = {f"qwen2moe.{key}": value for key, value in keys.items()}
    return ggufs.write(folder / "model.gguf", ggufs.tensors(), more=more)


WAYS: tuple[Callable[[Path, Keys], Path], ...] = (config, checkpoint, unknown, inner, built, gguf)
HUGE = 10**400
WRONG: tuple[tuple[str, object, str], ...] = (
    ("gpus", 0, "is 0, expected from 1 to 10,000 for num_devices"),
    ("gpus", -5, "is -5, expected from 1 to 10,000 for num_devices"),
    ("gpus", HUGE, "expected from 1 to 10,000 for num_devices"),
    ("tdp", "high", "is 'high', expected a number for device_power"),
    ("gpus", HUGE, "is a number of more than "),
    ("tdp", -HUGE, "is a number of more than "),
    ("rack_power", HUGE, "expected at most 2^53 (9,007,199,254,740,992) for rack_power"),
)


@pytest.fixture(autouse=True)
def _transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What transformers would build of a config, unless that is not asked for."""
    row = ConfigRow("qwen9_moe", {"num_experts": 8.0, "num_experts_per_tok": 2.0}, ())
    monkeypatch.setattr(meta, "row_from_transformers", lambda config, where: row)


def options(way: object, registry: Registry) -> Options:
    """How a file is imported with the section's fields."""
    return Options(with_transformers=way is built, fields=tuple(registry.own_fields.values()))


@pytest.mark.parametrize("way", WAYS)
def test_a_field_is_read(
    way: Callable[[Path, Keys], Path], energy: Registry, tmp_path: Path
) -> None:
    """By its name and by an alias."""
    path = way(tmp_path, {"device_power": 300, "gpus": 4})
    row = import_model(str(path), options(way, energy), installed())
    assert row.numbers["device_power"].value == 300
    assert row.numbers["num_devices"].value == 4


@pytest.mark.parametrize(
    ("way", "key", "value", "said"),
    [
        (way, *wrong)
        for way in WAYS
        for wrong in WRONG
        if way is not gguf or wrong[1] not in (HUGE, -HUGE)  # which it cannot hold
    ],
)
def test_a_wrong_one_is_refused(
    way: Callable[[Path, Keys], Path], key: str, value: object, said: str, energy: Registry,
    tmp_path: Path,
) -> None:  # fmt: skip
    """With its key, and whatever else is not understood."""
    path = way(tmp_path, {key: value})
    with pytest.raises(InputError) as caught:
        import_model(str(path), options(way, energy), installed())
    (problem,) = caught.value.problems
    assert f"{key}' is " in str(problem)
    assert said in str(problem)
