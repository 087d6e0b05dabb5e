"""Counts of tokens to the numbers of each layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moe_report.errors import InputError, Problem
from moe_report.reports import LayerColumn
from moe_report.routing.counts import Counts, of_model
from moe_report.schema.layers import LayerMetric


def layers_of(
    routing: Mapping[str, Counts], sizes: Mapping[str, Mapping[str, float]]
) -> dict[str, Counts]:
    """Return counts of tokens with the numbers that the layers have in their models.

    Args:
        routing: The counts, by model.
        sizes: The fields of each model, NaN where one is missing.

    Raises:
        InputError: Some are of other experts or layers than their model has.
    """
    found: dict[str, Counts] = {}
    problems: list[Problem] = []
    for name, fields in sizes.items():
        counts = routing[name]
        known = {one: None if np.isnan(value) else value for one, value in fields.items()}
        try:
            found[name] = of_model(counts, known, counts.where or name)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return found


def layer_columns(
    metrics: Mapping[str, LayerMetric], routing: Mapping[str, Counts], assumed: Mapping[str, float]
) -> tuple[LayerColumn, ...]:
    """Return what metrics of layers are of each layer that was counted, if one was."""
    return tuple(
        LayerColumn(
            name=one.name,
            label=one.label,
            symbol=one.symbol,
            unit=one.unit,
            description=one.description,
            source=one.source,
            format=one.format,
            expr=one.expr,
            values={
                name: tuple(
                    None if np.isnan(value) else float(value)
                    for value in one.of(counts.tokens, assumed)
                )
                for name, counts in routing.items()
            },
            rests_on=tuple(one.expr.symbols()),
        )
        for one in metrics.values()
    )
