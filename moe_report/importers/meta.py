"""Any architecture of ``transformers``, built on torch's meta device: shapes, and no weight.

Needs the extra ``transformers``. Code that a repository brings is never run.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from moe_report.errors import InputError, Problem, first_line
from moe_report.importers.cache_keys import BY_SHAPES, unknown_cache
from moe_report.importers.checkpoint import (
    BYTES,
    TOP_K,
    notes_of_census,
    row_of_census,
    take_census,
)
from moe_report.importers.config import ConfigRow
from moe_report.importers.published_bits import notes_of_bits, notes_of_recipe, published_bits
from moe_report.importers.safetensors import Tensor
from moe_report.schema.parts import Part

_HEADS = (
    "AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoModelForImageTextToText",
    "AutoModelForTokenClassification",
)  # fmt: skip


def row_from_transformers(config: Mapping[str, Any], *, where: str) -> ConfigRow:
    """Return a row counted from the model that ``transformers`` builds of a config.

    Of a model of text and images it is the part for text.

    Raises:
        InputError: transformers is not installed, does not know the architecture, or cannot build
            it; or its names fit no component.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise InputError(
            [Problem(where, "needs torch and transformers: pip install 'moe-report[transformers]'")]
        ) from error

    model_type = str(config.get("model_type"))
    if problems := [Problem(where, message) for message in _endless(config)]:
        raise InputError(problems)
    try:
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")
            values = {key: value for key, value in config.items() if key != "model_type"}
            values.pop("quantization_config", None)  # of the weights, and changes no shape
            loaded = transformers.AutoConfig.for_model(model_type, **values)
            both = getattr(loaded, "is_encoder_decoder", False)
            text = loaded if both else loaded.get_text_config(decoder=True)
            if text is not loaded and hasattr(loaded, "tie_word_embeddings"):
                text.tie_word_embeddings = loaded.tie_word_embeddings
            # Of a model that also speaks it is the part that thinks.
            model = _build(transformers, text, getattr(loaded, "thinker_config", loaded))
    except Exception as error:  # whatever an odd config makes transformers raise
        build = f"transformers {transformers.__version__} cannot build {model_type!r}"
        message = f"{build}: {first_line(error):.200}"
        raise InputError([Problem(where, message)]) from error
    tensors = [
        Tensor(name, "F32", tuple(parameter.shape), 0)
        for name, parameter in model.named_parameters()
    ]
    census = take_census(tensors, where=where, built=True)
    numbers = row_of_census(census, where)
    # No files, so no bytes; and transformers leaves out what predicts further tokens.
    numbers = {
        name: value
        for name, value in numbers.items()
        if name not in (*BYTES.values(), Part.FURTHER_PREDICTION)
    }
    top_k = next((getattr(text, key) for key in (*TOP_K, "top_k") if hasattr(text, key)), None)
    if type(top_k) is int and census.num_experts:
        numbers["num_experts_per_tok"] = float(top_k)
    notes = [f"Counted from the model that transformers {transformers.__version__} builds"]
    notes += notes_of_census(census)
    bits, no_bits = published_bits(config, numbers)
    notes += [*notes_of_bits(bits, no_bits), *notes_of_recipe(config)]
    unclear = {**no_bits, **unknown_cache(BY_SHAPES)}
    return ConfigRow(model_type, numbers | bits, tuple(notes), unclear)


# Of what transformers builds one by one: building must end. The largest published ones have less
# than a hundredth of it.
_MOST = (
    (re.compile(r"layers?$|depth$|blocks?$"), 10_000),
    (re.compile(r"experts$"), 100_000),
)


def _endless(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with numbers of which each is a module that would be built."""
    level: list[tuple[str, Mapping[str, Any]]] = [("", config)]
    for path, part in level:
        level.extend((f"{path}{key}.", value) for key, value in part.items()
                     if isinstance(value, Mapping))  # fmt: skip
        for key, value in part.items():
            for pattern, most in _MOST:
                if pattern.search(key) and type(value) is int and value > most:
                    yield f"key '{path}{key}' is {value:,}, expected at most {most:,}"


def _build(transformers: Any, *configs: Any) -> Any:
    """Build the first of the configs that a class with a language model's head takes."""
    for config in configs:
        for name in _HEADS:
            head = getattr(transformers, name)
            if type(config) in head._model_mapping:
                return head.from_config(config, trust_remote_code=False)
    raise ValueError("no class with a language model's head takes it")
