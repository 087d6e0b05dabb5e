"""The models of a report as lines of JSON: a column at a time, for there may be many models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from moe_report.cells import Cell, Cells, Provenance, given_note
from moe_report.reports import Column, Finding, Report
from moe_report.text import written

_AT_ONCE = 500  # models, whose texts are made at the same time
_OBVIOUS = (Provenance.DEFAULT, Provenance.DERIVED)


def model_lines(report: Report) -> Iterator[str]:
    """Give a line of JSON for each model, as the shipped schema describes one."""
    models = len(report.models)
    for first in range(0, models, _AT_ONCE):
        places = range(first, min(first + _AT_ONCE, models))
        inputs = _objects(report.fields, places, _numbers)
        values = _objects(report.metrics, places, _numbers)
        sources = _objects((*report.fields, *report.metrics), places, _sources)
        for at, *objects in zip(places, inputs, values, sources, strict=True):
            head = to_json(model_head(report, at))[:-1]
            tail = to_json(_tail(report, at))[1:]
            said = zip(("inputs", "values", "provenance"), objects, strict=True)
            yield ", ".join([head, *(f'"{key}": {one}' for key, one in said), tail])


def model_as_dict(report: Report, at: int) -> dict[str, Any]:
    """Return a model as JSON-able data."""
    inputs = {column.name: column.cells[at] for column in report.fields}
    metrics = {column.name: column.cells[at] for column in report.metrics}
    both = inputs | metrics
    return {
        **model_head(report, at),
        "inputs": {name: cell.value for name, cell in inputs.items()},
        "values": {name: cell.value for name, cell in metrics.items()},
        "provenance": {name: source_of(cell, cell.note) for name, cell in both.items()},
        **_tail(report, at),
    }


def to_json(value: object) -> str:
    """Return data as JSON on one line."""
    # json.dumps is ten times slower when it indents
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON-able data, without its model."""
    return {key: value for key, value in asdict(finding).items() if key != "model"}


def model_head(report: Report, at: int) -> dict[str, Any]:
    """Return a model as JSON-able data, without its numbers."""
    model = report.models[at]
    return {
        "name": model.name,
        "texts": dict(model.texts),
        "carried": {key: plain_value(value) for key, value in model.carried.items()},
    }


def _tail(report: Report, at: int) -> dict[str, Any]:
    name = report.models[at].name
    return {
        "findings": [finding_as_dict(finding) for finding in report.findings_of(name)],
        **_layers_of(report, name),
    }


def _layers_of(report: Report, model: str) -> dict[str, Any]:
    """The tokens of a model's experts, and what is computed of them, if they were counted."""
    if model not in report.routing or not report.layers:
        return {}
    counts = report.routing[model]
    return {
        "layers": {
            "numbers": list(counts.layers),
            "tokens": [[int(tokens) for tokens in row] for row in counts.tokens.tolist()],
            "values": {one.name: list(one.values[model]) for one in report.layers},
        }
    }


Spelled = Callable[[str, Cells, slice], list[str]]


def _objects(columns: Sequence[Column], places: range, items: Spelled) -> Iterable[str]:
    """Of each of some models an object with an item a column."""
    some = slice(places.start, places.stop)
    spelled = [items(f"{to_json(column.name)}: ", column.cells, some) for column in columns]
    rows = zip(*spelled, strict=True) if spelled else [()] * len(places)
    return (f"{{{', '.join(row)}}}" for row in rows)


def _numbers(key: str, cells: Cells, some: slice) -> list[str]:
    """Numbers as items of objects; a column has none that is not finite."""
    missing = f"{key}null"
    values = cells.values[some].tolist()
    return [missing if value != value else f"{key}{value!r}" for value in values]


def _sources(key: str, cells: Cells, some: slice) -> list[str]:
    said = [key + to_json(source_of(state, state.note)) for state in cells.states]
    texts = [said[state] for state in cells.state[some].tolist()]
    for at in cells.typed.keys() & range(some.start, some.stop):
        texts[at - some.start] = key + to_json(source_of(cells[at], given_note(cells.typed[at])))
    return texts


def source_of(cell: Cell, note: str) -> dict[str, str]:
    """Return where a number comes from as JSON-able data, with its note if that says more."""
    said = {"from": str(cell.provenance)}
    return said | {"note": note} if note and cell.provenance not in _OBVIOUS else said


def plain_value(value: object) -> str | float | bool | None:
    """Return what a cell of the user's holds as JSON-able data."""
    return value if isinstance(value, (str, int, float, bool)) or value is None else written(value)
