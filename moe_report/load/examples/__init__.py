"""The models that come with the tool: published configs, and claims about them to audit.

A model is a file: its name, where its config is published, what was published about it and where,
and the keys of the config that describe the architecture. ``claims.json`` has rows of numbers. Out
come examples, which :func:`rows_of_examples` makes rows of a table.

    >>> example_models()[0].name
    'Mixtral-8x7B'
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from moe_report.errors import InputError
from moe_report.importers.config import row_from_config
from moe_report.table import Row, given

_MODELS = (
    "mixtral-8x7b", "mixtral-8x22b", "deepseek-v2", "deepseek-v2-lite", "deepseek-v3",
    "qwen3-30b-a3b", "qwen3-235b-a22b", "gpt-oss-20b", "gpt-oss-120b", "llama-4-scout",
    "llama-4-maverick", "olmoe-1b-7b", "dbrx", "phi-3.5-moe", "granite-3.0-3b-a800m", "grok-1",
    "switch-c",
)  # fmt: skip
_CLAIMED = ("published_total_params", "published_active_params")


@dataclass(frozen=True)
class Example:
    """A row that comes with the tool.

    Attributes:
        name: The name of the row.
        texts: Its fields that are text, as far as it has them.
        numbers: Its fields, and metrics that count as typed, by name.
    """

    name: str
    texts: Mapping[str, str]
    numbers: Mapping[str, float]


@cache
def example_models() -> tuple[Example, ...]:
    """Return all examples: published models by family, tabulated claims, then single layers."""
    return (*(_model(stem) for stem in _MODELS), *_claims())


def published_models() -> tuple[Example, ...]:
    """Return the examples that are whole published models."""
    return tuple(map(_model, _MODELS))


def rows_of_examples(examples: Iterable[Example]) -> tuple[Row, ...]:
    """Return examples as rows of a table."""
    return tuple(
        Row(
            name=example.name,
            texts=example.texts,
            numbers={name: given(value) for name, value in example.numbers.items()},
        )
        for example in examples
    )


def _load(name: str) -> Any:
    return json.loads((resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8"))


def _model(stem: str) -> Example:
    file: dict[str, Any] = _load(stem)
    try:
        row = row_from_config(file["config"], where=stem)
    except InputError as error:
        raise AssertionError(f"a shipped example is wrong: {error}") from error
    remark = f"{file.get('remark', '')} Published figures: {file['published_source']}.".strip()
    claimed = {name: float(file[name]) for name in _CLAIMED if name in file}
    texts = {"model_type": row.model_type, "source": file["source"], "remark": remark}
    return Example(file["name"], texts, row.numbers | claimed)


def _claims() -> Iterator[Example]:
    for row in _load("claims"):
        texts = {key: row[key] for key in ("source", "remark", "compare_with") if key in row}
        yield Example(row["name"], texts, {key: float(n) for key, n in row["numbers"].items()})
