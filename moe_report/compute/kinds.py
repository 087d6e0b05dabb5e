"""Which rows of a report are models: claims and lone layers stand apart from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from moe_report.reports import Column, Provenance, Report
from moe_report.schema.fields import LONE_LAYER
from moe_report.text import counted

Kind = Literal["models", "claims", "layers"]
_WORDS: Mapping[Kind, str] = {"models": "model", "claims": "claim", "layers": "lone layer"}


def rows_by_kind(report: Report) -> Mapping[Kind, tuple[int, ...]]:
    """Return the places of the rows of each kind that there is; no models if there is no row.

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
    found = {kind: tuple(rows) for kind, rows in places.items() if rows}
    return found or {"models": ()}


def counted_by_kind(report: Report) -> tuple[str, ...]:
    """Return how many rows of each kind there are, in words: ``3 models``, ``1 claim``."""
    return tuple(counted(len(rows), _WORDS[kind]) for kind, rows in rows_by_kind(report).items())


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
