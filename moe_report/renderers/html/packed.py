"""A report's data as the page carries it: packed, for a page of hundreds of models is mailed.

``templates/data.js`` unpacks it. A model's numbers are one text, in the order of fields and then
metrics; where they come from is one text of places in a list that all models share.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from moe_report.display import tables
from moe_report.renderers.data import plain_number, report_as_dict
from moe_report.renderers.html.findings import numbered
from moe_report.reports import Report
from moe_report.schema.number_words import number_tables

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
    model's ``row`` ends the note. A model has ``numbers`` and ``said``, joined by commas: a number,
    empty where missing, and a place in that list; ``3x8`` is eight times place 3. ``computed``
    has what the formula gives, where a typed number stands in its place. What a metric needs and
    assumes, its formula says (``templates/formulas.js``). A section has the number of its metrics,
    and a preset its numbers in the order of what its group ``sets``; ``headline`` has the names of
    the metrics that come first, in their order. ``scenarios`` leave out what is at its default.
    ``units`` are what ``templates/numbers.js`` writes numbers with.
    """
    data = report_as_dict(report)
    for kind in ("metrics", "fields"):
        data[kind] = {
            name: {
                key: value
                for key, value in of.items()
                if key not in _NOT_SHOWN and _is_unusual(key, value)
            }
            for name, of in data[kind].items()
        }
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
    for scenario in report.scenarios:
        data["scenarios"][scenario.name] = {
            item.definition.name: scenario.values[item.definition.name]
            for item in report.assumptions
            if scenario.values[item.definition.name] != item.definition.default
        }
    places: dict[tuple[str, str, bool], int] = {}
    data["models"] = [_model(model, places) for model in data["models"]]
    data["units"] = tables() | number_tables()
    data["provenance"] = [[*place[:2], int(place[2])] for place in places]
    by_model: dict[str, list[list[Any]]] = {}
    for number, found in numbered(report):
        about = [number, found.level, found.column, found.stated, found.computed]
        by_model.setdefault(found.model, []).append(about)
    for at, model in enumerate(data["models"]):
        model["findings"] = by_model.get(model["name"], [])
        model["texts"] = {
            key: text for key, text in model["texts"].items() if key not in ("source", "remark")
        }
        computed = {
            column.name: column.cells[at].computed
            for column in (*report.fields, *report.metrics)
            if column.cells[at].computed not in (None, column.cells[at].value)
        }
        if computed:
            model["computed"] = computed
        unclear = [column.name for column in report.fields if column.cells[at].unclear]
        if unclear:
            model["unclear"] = unclear
    return data


def _is_unusual(key: str, value: object) -> bool:
    return key not in _USUAL or value != _USUAL[key]


def _told(of: Mapping[str, Any]) -> list[Any]:
    rest = {key: value for key, value in of.items() if key not in _TOLD}
    return [*(of[key] for key in _TOLD), *([rest] if rest else [])]


def _assumption(of: Mapping[str, Any]) -> dict[str, Any]:
    as_usual = {"help"} if of["given"] else {"help", "given", "value"}
    return {k: v for k, v in of.items() if k not in as_usual and _is_unusual(k, v)}


def _model(model: Mapping[str, Any], places: dict[tuple[str, str, bool], int]) -> dict[str, Any]:
    numbers = model["inputs"] | model["values"]
    ends = (_LAST_NUMBER.search(said.get("note", "")) for said in model["provenance"].values())
    row = next((end[0] for end in ends if end), "")
    said = []
    for name in numbers:
        about = model["provenance"][name]
        note = about.get("note", "")
        end = _LAST_NUMBER.search(note)
        numbered = bool(row) and end is not None and end[0] == row
        place = (about["from"], note.removesuffix(row) if numbered else note, numbered)
        said.append(places.setdefault(place, len(places)))
    kept = {key: model[key] for key in ("name", "texts", "carried", "findings")}
    return kept | {
        "row": row,
        "numbers": ",".join(
            "" if number is None else plain_number(number) for number in numbers.values()
        ),
        "said": ",".join(_run(place, len([*same])) for place, same in groupby(said)),
    }


def _run(place: int, length: int) -> str:
    return str(place) if length == 1 else f"{place}x{length}"
