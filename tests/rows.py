"""Rows of models' own files and shipped examples, as the installed sections count them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moe_report.importers import config as configs
from moe_report.importers import meta
from moe_report.importers import model as models
from moe_report.importers.config import ConfigRow
from moe_report.importers.model import Options
from moe_report.importers.naming import refuse_uncountable, with_names
from moe_report.load import examples
from moe_report.schema.registry import installed
from moe_report.table import Row


def row_from_config(
    config: Mapping[str, object], *, where: str, allow_dense: bool = False
) -> ConfigRow:
    """What a config says, by field and metric."""
    read = configs.row_from_config(config, where=where, allow_dense=allow_dense)
    counting = installed().counting
    return with_names(refuse_uncountable(read, where, counting), counting)


def row_from_transformers(config: Mapping[str, Any], *, where: str) -> ConfigRow:
    """What transformers builds of a config, by field and metric."""
    return with_names(meta.row_from_transformers(config, where=where), installed().counting)


def import_model(source: str, options: Options, *, name: str | None = None) -> Row:
    """The row of a model's own files."""
    return models.import_model(source, options, installed(), name=name)


def example_models() -> tuple[Row, ...]:
    """All shipped examples."""
    return examples.example_models(installed())


def claims_and_layers() -> list[Row]:
    """The claims and lone layers among the shipped examples, and the models that claims are of."""
    rows = example_models()
    about = {row.texts.get("compare_with") for row in rows} - {None}
    return [
        row for row in rows
        if row.name in about or "compare_with" in row.texts or row.name.startswith("Layer")
    ]  # fmt: skip
