"""A text part counts the same alone as in the model around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from moe_report.importers.architectures import ADAPTERS
from moe_report.importers.exactness import exactness
from tests.oracle.census import transformers
from tests.oracle.families import all_families
from tests.rows import row_from_config

FAMILIES = {family.model_type: family for family in all_families()}
DENSE = {"mistral", "qwen2"}  # what mistral3 and InternVL have if they are not told otherwise


def text_parts() -> Iterator[tuple[str, str]]:
    """Architectures that are read here, and the text parts that transformers gives them."""
    for model_type in sorted(set(ADAPTERS) & set(transformers.CONFIG_MAPPING)):
        whole = transformers.CONFIG_MAPPING[model_type]()
        text = whole.get_text_config().model_type
        if text not in {model_type, *DENSE}:
            yield model_type, text


PARTS = dict(text_parts())


def _counted(config: dict[str, Any]) -> dict[str, float]:
    """The numbers but for layers for further tokens, which Inkling speaks of outside."""
    numbers = row_from_config(config, where="config.json").numbers
    outside = {"num_nextn_predict_layers", "mtp_params"}
    return {key: value for key, value in numbers.items() if key not in outside}


def test_there_are_text_parts() -> None:
    """The search above finds what it is for."""
    assert len(PARTS) > 15
    assert PARTS["qwen3_vl_moe"] == "qwen3_vl_moe_text"


@pytest.mark.parametrize(("model_type", "text"), PARTS.items(), ids=PARTS)
def test_every_text_part_is_read_alone(model_type: str, text: str) -> None:
    """It has an adapter, which is as exact as that of the whole."""
    assert exactness()[text].flops == exactness()[model_type].flops


@pytest.mark.parametrize(
    ("model_type", "text"), [(m, t) for m, t in PARTS.items() if m in FAMILIES], ids=str
)
def test_a_text_part_alone_counts_the_same(model_type: str, text: str) -> None:
    """The same numbers, whether embeddings are tied or not."""
    family = FAMILIES[model_type]
    for seed in range(10):
        config = family.varied(seed)
        inside = config.get("thinker_config", config).get("text_config")
        if inside is None:  # a config that is its own text part
            continue
        whole = _counted(config)
        alone = inside | {"model_type": text}
        if "tie_word_embeddings" in config:  # the whole ties them, where it has a say
            alone["tie_word_embeddings"] = config["tie_word_embeddings"]
        assert _counted(alone) == whole, config
