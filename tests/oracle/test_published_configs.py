"""Published configs against the models that transformers builds of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from moe_report.importers.exactness import exactness
from tests.oracle.families import all_families, real
from tests.published_models import READ, Published

FAMILIES = {family.model_type: family for family in all_families()}
BY_TRANSFORMERS = tuple(model for model in READ if model.against == "transformers")
# What says nothing of shapes, and would have transformers look for code or kernels.
STORAGE = (
    "quantization", "quantization_config", "compression_config", "auto_map", "dtype",
    "torch_dtype", "_name_or_path", "name_or_path", "transformers_version",
)  # fmt: skip
# Values that the class of transformers refuses, or wants, though they change no shape.
AMENDED: dict[str, dict[str, Any]] = {}
# Thousands of experts, a module each: counted by two small models, for all of it is linear in them.
EXTRAPOLATED = {"google/switch-c-2048": "num_experts"}


@cache
def _numbers(config: str) -> tuple[int, int]:
    """Total and active parameters of the text model that transformers builds."""
    values = json.loads(config)
    truth = real(FAMILIES[values["model_type"]], values)
    return truth.components.total(), truth.active


def _of_class(model: Published) -> dict[str, Any]:
    """The config with the model type whose class transformers has, without its storage."""
    config = {key: value for key, value in model.config.items() if key not in STORAGE}
    like = exactness()[config["model_type"]].like
    return config | ({"model_type": like} if like else {}) | AMENDED.get(model.name, {})


@pytest.mark.parametrize("model", BY_TRANSFORMERS, ids=[model.name for model in BY_TRANSFORMERS])
def test_numbers_are_those_of_the_model_that_is_built(model: Published) -> None:
    """Total and active are what transformers builds, to the parameter."""
    config = _of_class(model)
    if key := EXTRAPOLATED.get(model.name):
        (two, active), (three, _) = (
            _numbers(json.dumps(config | {key: few}, sort_keys=True)) for few in (2, 3)
        )
        step = three - two
        router = _router(config)
        total = two + (config[key] - 2) * step
        assert (model.total, model.active) == (total, active + (config[key] - 2) * router)
    else:
        assert (model.total, model.active) == _numbers(json.dumps(config, sort_keys=True))
