"""Which rows of a report are models: claims and lone layers stand apart from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from moe_report.reports import Column, Provenance, Report
from moe_report.schema.fields import LONE_LAYER

Kind = Literal["models", "claims", "layers"]


def rows_by_kind(report: Report) -> Mapping[Kind, tuple[int, ...]]:
    """Return the places of the rows of each kind that there is.

    A row of claims is compared with a model; a lone layer is one without a model around it.
    """
    places: dict[Kind, list[int]] = {"models": [], "claims": [], "layers": []}
    for at, model in enumerate(report.models):
        kind: Kind = "models"
        if model.texts.get("compare_with"):
            kind = "claims"
        elif _is_layer(report, at):
            kind = "layers"
        places[kind].append(at)
    return {kind: tuple(found) for kind, found in places.items() if found}


def only_models(report: Report) -> Report:
    """Return a report as if it had its models alone, if there are any."""
    return only(report, rows_by_kind(report).get("models", range(len(report.models))))


def _is_layer(report: Report, at: int) -> bool:
    given = {
        column.name for column in report.fields if column.cells[at].provenance == Provenance.GIVEN
    }
    layers = {column.name for column in report.fields if column.group == LONE_LAYER}
    return bool(given & layers) and "num_hidden_layers" not in given


def only(report: Report, places: Sequence[int]) -> Report:
    """Return a report as if it had some of its rows alone."""
    if len(places) == len(report.models):
        return report

    def fewer(columns: Sequence[Column]) -> tuple[Column, ...]:
        return tuple(
            replace(column, cells=tuple(column.cells[at] for at in places)) for column in columns
        )

    models = tuple(report.models[at] for at in places)
    names = {model.name for model in models}
    return replace(
        report,
        models=models,
        fields=fewer(report.fields),
        sections=tuple(
            replace(section, columns=fewer(section.columns)) for section in report.sections
        ),
        findings=tuple(found for found in report.findings if found.model in names),
    )
