"""A report's data as the page carries it: packed, for a page of hundreds of models is mailed.

``templates/data.js`` unpacks it. Numbers, and where they come from, stand in columns, for models
are alike in most: a run of a column is written once, and so is a number that a model has twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from typing import Any

import numpy as np

from moe_report.cells import given_note
from moe_report.display import tables
from moe_report.renderers.data import around_models, plain_number
from moe_report.renderers.html.findings import numbered
from moe_report.renderers.model_lines import model_head, source_of
from moe_report.reports import Column, Report
from moe_report.schema.layers import TOKENS, TOKENS_LABEL, TOKENS_SYMBOL
from moe_report.schema.number_words import number_tables
from moe_report.schema.scenario_names import BASE

_NOT_SHOWN = ("formula", "mathml", "source", "section", "headline")
_TOLD = ("label", "symbol", "unit")
_USUAL: Mapping[str, Any] = {
    "better": None,
    "format": "si",
    "minimum": 0,
    "maximum": 2**53,
    "whole": False,
}
_LAST_NUMBER = re.compile(r"\d+$")


def packed(report: Report) -> dict[str, Any]:
    """Return what ``run --format json`` writes, without formulas and sources, packed.

    What a metric says of itself is where its formula stands, what a field says in the glossary, and
    what a finding says among the findings, by its number, and a model's source and remark in the
    notes; what an assumption means, in their table. Metrics, fields and assumptions are a list of
    label, symbol and unit, and the rest by name; what most do not have is left out.
    ``provenance`` lists what is said of numbers: from where, a note, and whether the number of the
    model's ``row`` ends the note. ``numbers`` and ``said`` have a column a field, then a metric,
    joined by semicolons, and in it a model each, joined by commas: a number, empty where missing,
    and a place in that list; ``3x8`` is eight times 3, and ``=5`` is the model's number in column
    5. ``computed`` of a model has what the formula gives, where a typed number stands in its place.
    What a metric needs and assumes, its formula says (``templates/formulas.js``). A section has the
    number of its metrics, and a preset its numbers in the order of what its group ``sets``;
    ``headline`` has the names of the metrics that come first, in their order. ``scenarios`` leave
    out what is at its default. ``layers`` has the metrics of layers, and last the tokens that they
    are of, which a model has layer by layer, if they were counted. ``units`` are what
    ``templates/numbers.js`` writes numbers with.
    """
    data = around_models(report, [model_head(report, at) for at in range(len(report.models))])
    for kind in ("metrics", "fields"):
        data[kind] = {
            name: {
                key: value
                for key, value in of.items()
                if key not in _NOT_SHOWN and _is_unusual(key, value)
            }
            for name, of in data[kind].items()
        }
    if report.layers:
        data["layers"] = _layers(data["layers"])
    data["assumptions"] = {name: _assumption(of) for name, of in data["assumptions"].items()}
    symbols = [*data["fields"], *data["metrics"], *data["assumptions"]]
    place_of = {name: place for place, name in enumerate(symbols)}
    for known in (*data["metrics"].values(), *data["fields"].values()):
        del known["description"]
    for metric in data["metrics"].values():
        del metric["needs"], metric["assumes"]
    for kind in ("metrics", "fields", "assumptions"):
        data[kind] = {name: _told(of) for name, of in data[kind].items()}
    for section in data["sections"]:
        section["metrics"] = len(section["metrics"])
    for one in report.presets:
        data["presets"][one.group.name] |= {
            "sets": [place_of.get(name, name) for name in one.group.sets],
            "presets": {
                preset.name: [preset.source, *(preset.values[name] for name in one.group.sets)]
                for preset in one.group.presets
            },
        }
    data["headline"] = [column.name for column in report.headline]
    if not data["scenarios"]:
        del data["scenario"]
    elif report.usual_scenario != BASE:
        data["usual"] = report.usual_scenario
    for scenario in report.scenarios:
        data["scenarios"][scenario.name] = {
            item.definition.name: scenario.values[item.definition.name]
            for item in report.assumptions
            if scenario.values[item.definition.name] != item.definition.default
        }
    by_model: dict[str, list[list[Any]]] = {}
    for number, found in numbered(report):
        about = [number, found.level, found.column, found.stated, found.computed]
        by_model.setdefault(found.model, []).append(about)
    columns = (*report.fields, *report.metrics)
    rows = [_row(columns, at) for at in range(len(report.models))]
    for row, model in zip(rows, data["models"], strict=True):
        model["texts"] = {
            key: text for key, text in model["texts"].items() if key not in ("source", "remark")
        }
        model["findings"] = by_model.get(model["name"], [])
        if report.layers and (counts := report.routing.get(model["name"])):
            tokens = counts.tokens.astype(int).tolist()
            model["tokens"] = ";".join(",".join(map(str, row)) for row in tokens)
        model["row"] = row
    _add_computed(data["models"], columns)
    for column in report.fields:
        for at in np.flatnonzero(column.cells.unclear).tolist():
            data["models"][at].setdefault("unclear", []).append(column.name)
    texts = ([_text(one) for one in column.cells.numbers] for column in columns)
    data["numbers"] = _columns(map(_shortened, zip(*texts, strict=True)))
    places: dict[tuple[str, str, bool], int] = {}
    said = zip(*map(_told_of, columns), strict=True)
    data["said"] = _columns(map(_said, said, rows, repeat(places)))
    data["units"] = tables() | number_tables()
    data["provenance"] = [[*place[:2], int(place[2])] for place in places]
    whole: dict[str, Any] = _without_points(data)
    return whole


def _layers(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Label, symbol and unit of each metric of layers, and what it assumes; tokens are the last."""
    told = {
        name: [*(of[key] for key in _TOLD), *([{"assumes": of["assumes"]}] * bool(of["assumes"]))]
        for name, of in metrics.items()
    }
    return {**told, TOKENS: [TOKENS_LABEL, TOKENS_SYMBOL, "tokens"]}


def _without_points(value: Any) -> Any:
    """The same with each whole number as one without a point."""
    if isinstance(value, dict):
        return {key: _without_points(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_points(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_unusual(key: str, value: object) -> bool:
    return key not in _USUAL or value != _USUAL[key]


def _told(of: Mapping[str, Any]) -> list[Any]:
    rest = {key: value for key, value in of.items() if key not in _TOLD}
    return [*(of[key] for key in _TOLD), *([rest] if rest else [])]


def _assumption(of: Mapping[str, Any]) -> dict[str, Any]:
    as_usual = {"help"} if of["given"] else {"help", "given", "value"}
    return {k: v for k, v in of.items() if k not in as_usual and _is_unusual(k, v)}


def _add_computed(models: Sequence[dict[str, Any]], columns: Sequence[Column]) -> None:
    """Say of models what formulas give, where another number is typed in their place."""
    for column in columns:
        cells = column.cells
        differs = ~np.isnan(cells.computed) & (cells.computed != cells.values)
        for at in np.flatnonzero(differs).tolist():
            models[at].setdefault("computed", {})[column.name] = float(cells.computed[at])


_Told = tuple[str, str, str]  # from where, a note, and the number that ends it


def _told_of(column: Column) -> list[_Told]:
    """What is said of where each number of a column comes from."""
    cells = column.cells
    states = [_parted(source_of(state, state.note)) for state in cells.states]
    found = [states[state] for state in cells.state.tolist()]
    for at, typed in cells.typed.items():
        found[at] = _parted(source_of(cells.states[cells.state[at]], given_note(typed)))
    return found


def _parted(source: Mapping[str, str]) -> _Told:
    note = source.get("note", "")
    end = _LAST_NUMBER.search(note)
    return source["from"], note, end[0] if end else ""


def _row(columns: Iterable[Column], at: int) -> str:
    """The number that ends what is said of what was read: of the model's row."""
    cells = (column.cells[at] for column in columns)
    ends = (_parted(source_of(cell, cell.note))[2] for cell in cells)
    return next(filter(None, ends), "")


def _text(number: float | None) -> str:
    return "" if number is None else plain_number(number)


def _shortened(numbers: Iterable[str]) -> Iterator[str]:
    """A model's numbers; a long one that it has already is the place of that."""
    places: dict[str, str] = {}
    for at, text in enumerate(numbers):
        place = places.setdefault(text, f"={at}")
        yield place if place != f"={at}" and len(place) < len(text) else text


def _said(
    told: Iterable[_Told], row: str, places: dict[tuple[str, str, bool], int]
) -> Iterator[str]:
    """Where a model's numbers come from, as places."""
    for source, note, end in told:
        numbered = bool(row) and end == row
        place = (source, note.removesuffix(row) if numbered else note, numbered)
        yield str(places.setdefault(place, len(places)))


def _columns(rows: Iterable[Iterable[str]]) -> str:
    """Rows of texts as columns, in which runs are written once."""
    return ";".join(
        ",".join(_run(text, len([*same])) for text, same in groupby(column))
        for column in zip(*rows, strict=True)
    )


def _run(text: str, length: int) -> str:
    return min(",".join([text] * length), f"{text}x{length}", key=len)
