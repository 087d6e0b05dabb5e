"""The models that come with the tool: published configs, and claims about them to audit.

A model is a file: its name, where its config is published, what was published about it and where,
and the keys of the config that describe the architecture. ``papers.json`` has models whose papers
alone say what they are, ``claims.json`` claims and single layers, both as rows of numbers by field
and part. Out come rows of a table.

    >>> example_names()[0]
    'Mixtral-8x7B'
"""

from __future__ import annotations

import json
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
_ROWS = ("papers", "claims")
_CLAIMED = ("published_total_params", "published_active_params")


@cache
def example_names() -> tuple[str, ...]:
    """Return what the examples are called."""
    rows = (row["name"] for file in _ROWS for row in _load(file))
    return (*(_load(stem)["name"] for stem in _MODELS), *rows)


@cache
def example_models(registry: Registry) -> tuple[Row, ...]:
    """Return all examples: published models, those of papers, tabulated claims, single layers.

    Args:
        registry: Whose metrics count what no field holds.
    """
    rows = (_typed(row, registry.counting) for file in _ROWS for row in _load(file))
    return (*published_models(registry), *rows)


def published_models(registry: Registry) -> tuple[Row, ...]:
    """Return the examples that have a published config, as a registry counts them."""
    return tuple(_model(stem, registry.counting) for stem in _MODELS)


def _load(name: str) -> Any:
    return json.loads((resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8"))


def _model(stem: str, counting: Counting) -> Row:
    file: dict[str, Any] = _load(stem)
    try:
        row = with_names(row_from_config(file["config"], where=stem), counting)
    except InputError as error:
        raise AssertionError(f"a shipped example is wrong: {error}") from error
    texts = {"model_type": row.model_type, "source": file["source"], "remark": _remark(file)}
    claimed = {name: file[name] for name in _CLAIMED if name in file}
    return _row(file["name"], texts, row.numbers | claimed)


def _typed(row: dict[str, Any], counting: Counting) -> Row:
    texts: dict[str, str] = {key: row[key] for key in ("source", "compare_with") if key in row}
    texts["remark"] = _remark(row)
    numbers = {
        name if name in FIELDS else Part(name): value for name, value in row["numbers"].items()
    }
    return _row(row["name"], texts, named(numbers, counting))


def _remark(file: dict[str, Any]) -> str:
    published = file.get("published_source")
    told = f"Published figures: {published}." if published else ""
    return f"{file.get('remark', '')} {told}".strip()


def _row(name: str, texts: dict[str, str], numbers: dict[str, float]) -> Row:
    typed = {name: given(float(value)) for name, value in numbers.items()}
    return Row(name, texts=texts, numbers=typed)
