"""Metrics computed anew where some assumptions change, and the rest taken as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moe_report.cells import Provenance
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate
from moe_report.reports import Column, Report


@dataclass(frozen=True)
class Chain:
    """What some metrics are made of where some assumptions change.

    Attributes:
        assumed: Names of the assumptions.
        taken: Fields and metrics that rest on none of those that change.
        computed: Metrics that do, each after those that it needs.
    """

    assumed: tuple[str, ...]
    taken: tuple[Column, ...]
    computed: tuple[Column, ...]


def chain_of(report: Report, wanted: Iterable[str], changing: Collection[str]) -> Chain:
    """Return what metrics, fields or assumptions of these names are made of."""
    assumed: dict[str, None] = {}
    taken: dict[str, Column] = {}
    computed: dict[str, Column] = {}

    def visit(name: str) -> None:
        column = report.columns.get(name)
        if column is None:
            assumed[name] = None
        elif column.expr is None or not {*changing} & {*column.rests_on}:
            taken[name] = column
        elif name not in computed:
            for needed in column.expr.symbols():
                visit(needed)
            computed[name] = column

    for name in wanted:
        visit(name)
    return Chain(tuple(assumed), tuple(taken.values()), tuple(computed.values()))


def chain_values(
    chain: Chain, places: Sequence[int], assumptions: Mapping[str, float], *, typed: bool = True
) -> dict[str, Values]:
    """Return all numbers of a chain for the models at some places, NaN where one is missing.

    A number that is typed in place of a computed one holds, unless ``typed`` says otherwise.
    """
    values: dict[str, Values] = {name: np.asarray(assumptions[name]) for name in chain.assumed}
    for column in chain.taken:
        values[column.name] = _numbers(column, places)
    for column in chain.computed:
        assert column.expr is not None
        needed = {name: values[name] for name in column.expr.symbols()}
        found = np.broadcast_to(evaluate(column.expr, needed), len(places))
        held = are_typed(column)[[*places]] & typed
        values[column.name] = np.where(held, _numbers(column, places), found)
    return values


def are_typed(column: Column) -> NDArray[np.bool_]:
    """Of each model whether a typed number, or a text that is none, is in a formula's place."""
    return column.cells.are(Provenance.GIVEN) | column.cells.unclear


def _numbers(column: Column, places: Sequence[int]) -> Values:
    return column.cells.values[[*places]]
