"""The truth about parameters: models as transformers builds them, on torch's meta device."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import Any

from tests.libraries import library

torch = library("torch")
transformers = library("transformers")

PLACES = (
    ("shared experts", r"shared_(expert|mlp)"),
    ("router", r"\.(router|gate)\.|correction_bias|expert_bias"),
    ("routed experts", r"\.experts\."),
    ("attention", r"\.(self_attn|attn|SelfAttention|EncDecAttention)\."),
    ("dense FFN", r"\.(mlp|feed_forward|ffn)\.\w+\.(weight|bias)"),
    ("embedding", r"(embed_tokens|wte|shared)\.weight"),
    ("unembedding", r"(^|\.)lm_head\."),
    ("norms and other", r"norm"),
)


def component(parameter: str, places: tuple[tuple[str, str], ...] = ()) -> str:
    """The component that a parameter's name puts it in; ``places`` are tried before PLACES."""
    return next(place for place, pattern in places + PLACES if re.search(pattern, parameter))


@cache
def _count(config: str) -> Counter[str]:
    """Parameters by component of the model that transformers builds; tied ones once."""
    values = json.loads(config)
    values = values.get("text_config", values)
    loaded = transformers.AutoConfig.for_model(**values)
    with torch.device("meta"):
        if values["model_type"] == "switch_transformers":
            model = transformers.SwitchTransformersForConditionalGeneration(loaded)
        else:
            model = transformers.AutoModelForCausalLM.from_config(loaded)
    counted: Counter[str] = Counter()
    for name, parameter in model.named_parameters():
        counted[component(name)] += parameter.numel()
    return counted


def counted(config: dict[str, Any]) -> Counter[str]:
    """As ``_count``, of a config that is not text."""
    return _count(json.dumps(config))
