"""Configs as transformers has them by itself: every model type, and every key that it saves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from moe_report.errors import InputError
from moe_report.importers.architectures import ADAPTERS
from tests.oracle.census import transformers
from tests.oracle.families import Family, all_families
from tests.rows import row_from_config

FAMILIES = {family.model_type: family for family in all_families()}
OWN = sorted(set(ADAPTERS) & set(transformers.CONFIG_MAPPING.keys()))
SOUNDS_LIKE_EXPERTS = re.compile("expert|moe|router|topk", re.IGNORECASE)

# Model types that speak of experts and are not read.
LEFT = {
    "dots3_note_vision_encoder": "sees, and is part of dots3_note",
    "gemma4_assistant": "refuses experts itself",
    "granite_docling": "its router chooses how finely a page is looked at",
    "layoutlmv2": "finds boxes; the keys are those of proposals",
    "layoutxlm": "finds boxes; the keys are those of proposals",
    "qwen3_omni_moe_talker_text": "speaks, and is part of qwen3_omni_moe",
    "vitpose": "finds poses; its backbone has an expert for each data set",
    "vitpose_backbone": "has an expert for each data set, which no token is sent to",
}
# Text parts that are read within the models they are part of.
PARTS = {
    "deepseek_ocr2_text", "ernie4_5_vl_moe_text", "glm4v_moe_text", "glm5_next_text",
    "mistral_large4_text", "muse_spark_text", "qwen3_omni_moe_text", "qwen3_vl_moe_text",
    "unlimited_ocr_text",
}  # fmt: skip
# Configuration classes whose own defaults are no Mixture-of-Experts that could be built.
NOT_BY_DEFAULT = {
    "deepseek_ocr2": "num_experts_per_tok' is null",
    "deepseek_ocr2_text": "num_experts_per_tok' is null",
    "deepseek_v2": "num_experts_per_tok' is null",
    "diffusion_gemma": "not a Mixture-of-Experts",
    "diffusion_gemma_text": "not a Mixture-of-Experts",
    "doge": "not a Mixture-of-Experts",
    "dots1": "not a Mixture-of-Experts",
    "gemma4": "not a Mixture-of-Experts",
    "gemma4_text": "not a Mixture-of-Experts",
    "git": "not a Mixture-of-Experts",  # there a model of pictures, with Grok 2's name
    "glm4_moe": "is not a multiple of the",
    "glm4v_moe": "is not a multiple of the",
    "glm4v_moe_text": "is not a multiple of the",
    "internvl": "not a Mixture-of-Experts",
    "lfm2_moe": "layer_types' is null",
    "mistral3": "not a Mixture-of-Experts",
    "nomic_bert": "not a Mixture-of-Experts",
    "qwen3_omni_moe": "is not a multiple of the",
    "qwen3_omni_moe_text": "is not a multiple of the",
    "qwen3_omni_moe_thinker": "is not a multiple of the",
    "qwen4_exp": "indexer_n_heads' and indexer_head_dim are needed",
    "qwen4_exp_text": "indexer_n_heads' and indexer_head_dim are needed",
}


def every_key(loaded: Any) -> dict[str, Any]:
    """A config with all that its class has, also what differs from no default."""
    written: dict[str, Any] = json.loads(json.dumps(loaded.to_dict(), default=str))
    return written


def keys(config: Mapping[Any, Any]) -> Iterator[str]:
    """All keys of a config, and of the objects in it."""
    for key, value in config.items():
        yield str(key)
        if isinstance(value, Mapping):
            yield from keys(value)


def speaks_of_experts(model_type: str) -> bool:
    """Whether a configuration class has keys about experts; also one that cannot be made."""
    made = transformers.CONFIG_MAPPING[model_type]
    try:
        names = list(keys(made().to_dict()))
    except Exception:  # some need other parts or a value, each in its own way
        names = list(made.__dataclass_fields__)
    return any(map(SOUNDS_LIKE_EXPERTS.search, names))


def test_every_mixture_of_experts_is_read_or_left_for_a_reason() -> None:
    """No model type of transformers that speaks of experts is forgotten."""
    speaking = set(filter(speaks_of_experts, transformers.CONFIG_MAPPING.keys()))
    assert len(speaking) > 100
    assert speaking - set(ADAPTERS) - set(LEFT) <= PARTS
    assert set(LEFT) | PARTS <= set(transformers.CONFIG_MAPPING.keys())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_config_with_every_key_counts_the_same(family: Family) -> None:
    """What transformers adds to a config, for itself or for generation, changes no number."""
    loaded = family.load(json.loads(json.dumps({"model_type": family.model_type} | family.default)))
    whole = row_from_config(every_key(loaded), where="config.json")
    assert whole.numbers == row_from_config(family.defaults(), where="config.json").numbers


def refused(config: dict[str, Any]) -> str:
    """Why a config is refused; empty if it is not."""
    try:
        row_from_config(config, where="config.json")
    except InputError as error:
        return " ".join(map(str, error.problems))
    return ""


@pytest.mark.parametrize("model_type", OWN)
def test_a_class_of_transformers_is_read_as_it_is(model_type: str) -> None:
    """Its own defaults, all of them, are taken, or are no such model."""
    said = refused(every_key(transformers.AutoConfig.for_model(model_type)))
    assert bool(said) == (model_type in NOT_BY_DEFAULT), said
    assert NOT_BY_DEFAULT.get(model_type, "") in said
