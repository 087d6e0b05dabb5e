"""Published configs against the models that transformers builds of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from moe_report.importers.exactness import exactness
from tests.oracle.families import all_families, real
from tests.published_models import READ, Published

Config = dict[str, Any]
FAMILIES = {family.model_type: family for family in all_families()}
BY_TRANSFORMERS = tuple(model for model in READ if model.against == "transformers")
# What says nothing of shapes, and would have transformers look for code or kernels, or warn.
STORAGE = (
    "quantization", "quantization_config", "compression_config", "auto_map", "dtype",
    "torch_dtype", "_name_or_path", "name_or_path", "transformers_version", "rope_scaling",
)  # fmt: skip
# Thousands of experts, a module each: counted by two small models, for all is linear in them.
EXTRAPOLATED = {"google/switch-c-2048": "num_experts"}


def _ernie_vl(config: Config) -> Config:
    """As transformers spells it: the text part by itself, and each layer's kind by name."""
    first = config["moe_layer_start_index"]
    last = config.get("moe_layer_end_index", -1)
    first, last = (
        value[0] if isinstance(value, list) else value % config["num_hidden_layers"]
        for value in (first, last)
    )
    kinds = [
        "sparse" if first <= layer <= last else "dense"
        for layer in range(config["num_hidden_layers"])
    ]
    text = config | {
        "model_type": "ernie4_5_vl_moe_text",
        "moe_num_experts": config["moe_num_experts"][0],
        "moe_num_shared_experts": config.get("moe_num_shared_experts", 0),
        "mlp_layer_types": kinds,
    }
    tied = config.get("tie_word_embeddings", True)
    return {"model_type": "ernie4_5_vl_moe", "text_config": text, "tie_word_embeddings": tied}


# How a published spelling is turned into that of a class of transformers, by model type.
SPELLED: dict[str, Callable[[Config], Config]] = {
    "aria": lambda config: config["text_config"] | {
        "model_type": "aria_text",
        "intermediate_size": config["text_config"].get(
            "moe_intermediate_size", config["text_config"]["intermediate_size"]
        ),
    },
    "ernie4_5_moe_vl": _ernie_vl,
    "hunyuan": lambda config: config | {
        "model_type": "hunyuan_v1_moe", "head_dim": config["attention_head_dim"],
    },
    "internvl_chat": lambda config: config["llm_config"],
    "llama4": lambda config: config | {
        "text_config": config["text_config"] | {"attn_temperature_tuning": True}
    },
    "minimax_m1": lambda config: config | {
        "layer_types": [
            "full_attention" if kind else "linear_attention" for kind in config["attn_type_list"]
        ],
    },
    "qwen3_omni_moe": lambda config: config["thinker_config"],
    "step3p5": lambda config: {
        "model_type": "step3p7",
        "text_config": config | {
            "layer_types": config["layer_types"][: config["num_hidden_layers"]]
        },
    },
}  # fmt: skip


@cache
def _numbers(config: str) -> tuple[int, int]:
    """Total and active parameters of the text model that transformers builds."""
    values = json.loads(config)
    truth = real(FAMILIES[values["model_type"]], values)
    return truth.components.total(), truth.active


def _built(config: Config, **changes: Any) -> tuple[int, int]:
    return _numbers(json.dumps(config | changes, sort_keys=True))


def _of_class(config: Config) -> Config:
    """The config as the class of transformers wants it, without its storage."""
    config = {key: value for key, value in config.items() if key not in STORAGE}
    as_spelled = SPELLED.get(config["model_type"], dict)(config)
    like = exactness()[as_spelled["model_type"]].like
    return as_spelled | ({"model_type": like} if like else {})


@pytest.mark.parametrize("model", BY_TRANSFORMERS, ids=[model.name for model in BY_TRANSFORMERS])
def test_numbers_are_those_of_the_model_that_is_built(model: Published) -> None:
    """Total and active are what transformers builds, to the parameter."""
    config = _of_class(model.config)
    if key := EXTRAPOLATED.get(model.name):
        of_two, of_three = _built(config, **{key: 2}), _built(config, **{key: 3})
        more = config[key] - 2
        built = tuple(
            two + more * (three - two) for two, three in zip(of_two, of_three, strict=True)
        )
    else:
        built = _built(config)
    assert (model.total, model.active) == built
