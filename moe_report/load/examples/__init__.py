"""The models that come with the tool: published configs, and claims about them to audit.

A model is a file: its name, where its config is published, what was published about it and where,
and the keys of the config that describe the architecture. ``claims.json`` has rows of numbers. Out
come rows of a table.

    >>> example_names()[0]
    'Mixtral-8x7B'
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from moe_report.errors import InputError
from moe_report.importers.config import row_from_config
from moe_report.importers.naming import Counting, named, with_names
from moe_report.schema.fields import FIELDS
from moe_report.schema.parts import Part
from moe_report.schema.registry import Registry
from moe_report.table import Row, given

_MODELS = (
    "mixtral-8x7b", "mixtral-8x22b", "deepseek-v2", "deepseek-v2-lite", "deepseek-v3",
    "qwen3-30b-a3b", "qwen3-235b-a22b", "gpt-oss-20b", "gpt-oss-120b", "llama-4-scout",
    "llama-4-maverick", "olmoe-1b-7b", "dbrx", "phi-3.5-moe", "granite-3.0-3b-a800m", "grok-1",
    "switch-c",
)  # fmt: skip
_CLAIMED = ("published_total_params", "published_active_params")


@cache
def example_names() -> tuple[str, ...]:
    """Return what the examples are called."""
    return (*(_load(stem)["name"] for stem in _MODELS), *(row["name"] for row in _load("claims")))


@cache
def example_models(registry: Registry) -> tuple[Row, ...]:
    """Return all examples: published models by family, tabulated claims, then single layers.

    Args:
        registry: Whose metrics count what no field holds.
    """
    return (*published_models(registry), *_claims(registry.counting))


def published_models(registry: Registry) -> tuple[Row, ...]:
    """Return the examples that are whole published models, as a registry counts them."""
    return tuple(_model(stem, registry.counting) for stem in _MODELS)


def _load(name: str) -> Any:
    return json.loads((resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8"))


def _model(stem: str, counting: Counting) -> Row:
    file: dict[str, Any] = _load(stem)
    try:
        row = with_names(row_from_config(file["config"], where=stem), counting)
    except InputError as error:
        raise AssertionError(f"a shipped example is wrong: {error}") from error
    remark = f"{file.get('remark', '')} Published figures: {file['published_source']}.".strip()
    texts = {"model_type": row.model_type, "source": file["source"], "remark": remark}
    claimed = {name: file[name] for name in _CLAIMED if name in file}
    return _row(file["name"], texts, row.numbers | claimed)


def _claims(counting: Counting) -> Iterator[Row]:
    for row in _load("claims"):
        texts = {key: row[key] for key in ("source", "remark", "compare_with") if key in row}
        numbers = {
            name if name in FIELDS else Part(name): value for name, value in row["numbers"].items()
        }
        yield _row(row["name"], texts, named(numbers, counting))


def _row(name: str, texts: dict[str, str], numbers: dict[str, float]) -> Row:
    typed = {name: given(float(value)) for name, value in numbers.items()}
    return Row(name, texts=texts, numbers=typed)
