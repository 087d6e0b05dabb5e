"""Which rows of a report are models: claims and lone layers stand apart from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from moe_report.cells import Provenance
from moe_report.reports import Column, Report
from moe_report.schema.fields import LONE_LAYER
from moe_report.text import counted

Kind = Literal["models", "claims", "layers"]
_WORDS: Mapping[Kind, str] = {"models": "model", "claims": "claim", "layers": "lone layer"}


def rows_by_kind(report: Report) -> Mapping[Kind, tuple[int, ...]]:
    """Return the places of the rows of each kind that there is; no models if there is no row.

    A row of claims is compared with a model; a lone layer is one without a model around it.
    """
    places: dict[Kind, list[int]] = {"models": [], "claims": [], "layers": []}
    alone = _are_layers(report)
    for at, model in enumerate(report.models):
        kind: Kind = "models"
        if model.texts.get("compare_with"):
            kind = "claims"
        elif alone[at]:
            kind = "layers"
        places[kind].append(at)
    found = {kind: tuple(rows) for kind, rows in places.items() if rows}
    return found or {"models": ()}


def counted_by_kind(report: Report) -> tuple[str, ...]:
    """Return how many rows of each kind there are, in words: ``3 models``, ``1 claim``."""
    return tuple(counted(len(rows), _WORDS[kind]) for kind, rows in rows_by_kind(report).items())


def only_models(report: Report) -> Report:
    """Return a report as if it had its models alone, if there are any."""
    return only(report, rows_by_kind(report).get("models", range(len(report.models))))


def _are_layers(report: Report) -> NDArray[np.bool_]:
    """Of each row whether numbers of a lone layer are given, and not how many a model has."""
    found = np.zeros(len(report.models), dtype=bool)
    for column in report.fields:
        if column.group == LONE_LAYER:
            found |= column.cells.are(Provenance.GIVEN)
    whole = report.columns.get("num_hidden_layers")
    return found if whole is None else found & ~whole.cells.are(Provenance.GIVEN)


def only(report: Report, places: Sequence[int]) -> Report:
    """Return a report as if it had some of its rows alone; what is about all of them stays."""
    if [*places] == [*range(len(report.models))]:
        return report
    now = {old: new for new, old in enumerate(places)}

    def placed(old: Sequence[int]) -> tuple[int, ...]:
        return tuple(now[at] for at in old if at in now)

    def fewer(columns: Sequence[Column]) -> tuple[Column, ...]:
        return tuple(replace(column, cells=column.cells.take(places)) for column in columns)

    models = tuple(report.models[at] for at in places)
    names = {model.name for model in models}
    return replace(
        report,
        models=models,
        fields=fewer(report.fields),
        sections=tuple(
            replace(section, columns=fewer(section.columns)) for section in report.sections
        ),
        findings=tuple(one for one in report.findings if not one.model or one.model in names),
        charts=tuple(
            replace(
                chart,
                models=placed(chart.models),
                without=placed(chart.without),
                trusted=placed(chart.trusted) or placed(chart.models),
            )
            for chart in report.charts
            if placed(chart.models)
        ),
        routing={name: counts for name, counts in report.routing.items() if name in names},
    )
