"""The report as data for programs: JSON after a schema that is shipped, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import Any, cast

from moe_report.display import scale, show
from moe_report.formula.excel import plain
from moe_report.formula.mathml import mathml
from moe_report.renderers import saying
from moe_report.renderers.model_lines import model_as_dict, model_lines, to_json
from moe_report.renderers.own_columns import without_value
from moe_report.reports import EVERY_MODEL, Column, LayerColumn, Report
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import NUMBER_FIELDS, numbers_of
from moe_report.schema.registry import load
from moe_report.text import written

SCHEMA_VERSION = 1
_AT_ONCE = 500  # models, whose texts are made at the same time
_QUOTE = '"'
_ENDS = {",", ";", "\t", "\r", "\n", _QUOTE}  # of a text of CSV that is not in quotes
# What of an assumption its key says, and what only headers of workbooks are read by.
_OF_COLUMNS = frozenset({"name", "aliases", "headers"})


def schema() -> dict[str, Any]:
    """Return the JSON Schema of :func:`report_as_dict`'s result."""
    text = (files("moe_report") / "report.schema.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


def report_as_dict(report: Report) -> dict[str, Any]:
    """Return the report as JSON-able data, as the shipped schema describes it."""
    models = [model_as_dict(report, at) for at in range(len(report.models))]
    return around_models(report, models)


def without_models(report: Report) -> dict[str, Any]:
    """Return what :func:`report_as_dict` says of all but the models."""
    return {key: value for key, value in around_models(report, None).items() if key != "models"}


def around_models(report: Report, models: object) -> dict[str, Any]:
    """Return a report as data, with something in the place of its models."""
    return {
        "schema": SCHEMA_VERSION,
        "version": report.version,
        "title": report.title,
        "created": report.created,
        "source": asdict(report.source),
        **({"sweep": asdict(report.sweep)} if report.sweep else {}),
        "models": models,
        "metrics": {column.name: _metric(report, column) for column in report.metrics},
        "fields": {column.name: _field(column) for column in report.fields},
        **(
            {"layers": {one.name: _layer_metric(one) for one in report.layers}}
            if report.layers
            else {}
        ),
        "assumptions": {
            item.definition.name: {
                "value": item.value,
                "given": item.given,
                **{
                    key: value
                    for key, value in asdict(item.definition).items()
                    if key not in _OF_COLUMNS
                },
            }
            for item in report.assumptions
        },
        **({"presets": _presets(report)} if report.presets else {}),
        "scenario": report.scenario,
        "scenarios": {scenario.name: dict(scenario.values) for scenario in report.scenarios},
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "distribution": section.distribution,
                "version": section.version,
                "module": section.module,
                "metrics": [column.name for column in section.columns],
            }
            for section in report.sections
        ],
        "failures": [asdict(failure) for failure in report.failures],
        "warnings": [*report.warnings, *_of_columns(report)],
    }


def _presets(report: Report) -> dict[str, Any]:
    return {
        one.group.name: {
            "label": one.group.label,
            "chosen": one.chosen or None,
            "presets": {
                preset.name: {"values": dict(preset.values), "source": preset.source}
                for preset in one.group.presets
            },
        }
        for one in report.presets
    }


@saying(without_value)
def render_json(report: Report) -> Iterator[bytes]:
    """Give the report as JSON in UTF-8, piece by piece: a line for each model, metric and so on."""
    return map(str.encode, _json_parts(report))


@saying(without_value)
def render_jsonl(report: Report) -> Iterator[bytes]:
    """Give the models as JSON in UTF-8, a line each, with what the report's JSON says of one."""
    return (f"{line}\n".encode() for line in model_lines(report))


def _json_parts(report: Report) -> Iterator[str]:
    before = "{\n"
    for key, value in around_models(report, model_lines(report)).items():
        yield f"{before} {to_json(key)}: "
        if isinstance(value, dict):
            lines: Iterable[str] = (f"{to_json(k)}: {to_json(item)}" for k, item in value.items())
            yield from _in_lines("{", lines, "}")
        elif isinstance(value, list):
            yield from _in_lines("[", map(to_json, value), "]")
        elif isinstance(value, Iterator):
            yield from _in_lines("[", value, "]")
        else:
            yield to_json(value)
        before = ",\n"
    yield "\n}\n"


def _in_lines(start: str, lines: Iterable[str], end: str) -> Iterator[str]:
    between = f"{start}\n  "
    for line in lines:
        yield between + line
        between = ",\n  "
    yield f"\n {end}" if between[0] == "," else start + end


def is_json_of_ours(content: bytes, fresh: bytes) -> bool:
    """Whether a file holds nothing but what a JSON of ours does; ``fresh`` is one.

    A number that somebody has changed in it is not noticed: programs write and read it.
    """
    try:
        there, ours = json.loads(content), json.loads(fresh)
        models = [set(model) for model in there["models"]]
        known = set().union(*map(set, ours["models"]))
        return {"schema", "version"} <= set(there) <= set(ours) and all(
            model <= known for model in models
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def is_jsonl_of_ours(content: bytes, fresh: bytes) -> bool:
    """Whether a file holds nothing but lines as ours have them; ``fresh`` is one of ours."""
    try:
        models = [json.loads(line) for line in content.splitlines()]
        known = set().union(*(json.loads(line) for line in fresh.splitlines()))
        return all({"name", "values"} <= set(model) <= known for model in models)
    except (ValueError, TypeError, RecursionError):
        return False


def is_csv_of_ours(content: bytes, fresh: bytes) -> bool:
    """Whether a file has no other columns than a CSV of ours, and its numbers spelled as there."""
    try:
        head, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        wanted = next(csv.reader(io.StringIO(fresh.decode())))
        known = load()
        counted = {*numbers_of(known.fields), *known.metrics}
        places = [at for at, name in enumerate(head) if name in counted]
        common = set(head) & set(NUMBER_FIELDS)  # another version may have others
        return (
            head[:1] == ["name"]
            and 2 * len(common) > len(NUMBER_FIELDS)
            and set(head) <= {*wanted, *known.fields, *known.metrics, *known.assumptions}
            and all(len(row) == len(head) for row in rows)
            and all(_is_plain(row[at]) for row in rows for at in places if row[at])
        )
    except (ValueError, OverflowError, csv.Error):
        return False


@saying(without_value)
def render_csv(report: Report) -> bytes:
    """Return every field and metric as CSV: a row a model, plain numbers, empty where missing.

    Behind them stand the columns that were carried along.
    """
    columns = (*report.fields, *report.metrics)
    values = [column.cells.values for column in columns]
    carried = [[_word(value) for value in column] for column in report.carried.values()]
    heads = ["name", *(column.name for column in columns), *map(_word, report.carried)]
    lines = [",".join(heads)]
    for first in range(0, len(report.models), _AT_ONCE):
        models = report.models[first : first + _AT_ONCE]
        names = [_word(model.name) for model in models]
        numbers = [_plain_numbers(one[first : first + _AT_ONCE].tolist()) for one in values]
        others = (column[first : first + _AT_ONCE] for column in carried)
        lines += map(",".join, zip(names, *numbers, *others, strict=True))
    return "".join(f"{line}\r\n" for line in lines).encode()


def render_markdown(report: Report) -> bytes:
    """Return the headline table and the findings as Markdown."""
    headline = report.headline
    scales = [scale(column.unit, column.format, column.cells.numbers) for column in headline]
    lines = [f"# {_escaped(report.title)}", ""]
    labels = [_escaped(column.label) for column in headline]
    lines.append("| " + " | ".join(["Model", *labels]) + " |")
    lines.append("| " + " | ".join(["---", *("---:" for _ in headline)]) + " |")
    for at, model in enumerate(report.models):
        shown = [
            show(column.cells[at].value, column.unit, column.format, unit)
            for column, unit in zip(headline, scales, strict=True)
        ]
        lines.append("| " + " | ".join([_escaped(model.name), *shown]) + " |")
    if report.findings:
        lines += ["", "## Findings", ""]
        lines += [
            f"- **{finding.level}**: {_escaped(finding.model or EVERY_MODEL)}, "
            f"`{finding.column}`: "
            f"{_escaped(finding.message)}"
            for finding in report.findings
        ]
    return ("\n".join(lines) + "\n").encode()


def _metric(report: Report, column: Column) -> dict[str, Any]:
    assert column.expr is not None  # only fields may be without a formula
    return {
        **_field(column),
        "source": column.source,
        "format": column.format,
        "better": column.better,
        "headline": bool(column.headline),
        "section": next(section.name for section in report.sections if column in section.columns),
        "needs": column.expr.symbols(),
        "assumes": list(column.rests_on),
        "mathml": mathml(column.expr, report.symbols, result=column.symbol),
    }


def _layer_metric(column: LayerColumn) -> dict[str, Any]:
    return {
        **_field(column),
        "source": column.source,
        "format": column.format,
        "assumes": list(column.rests_on),
    }


def _field(column: Column | LayerColumn) -> dict[str, Any]:
    return {
        "label": column.label,
        "symbol": column.symbol,
        "unit": column.unit,
        "description": column.description,
        "formula": None if column.expr is None else plain(column.expr),
    }


def _of_columns(report: Report) -> list[str]:
    """What is to be said of the input's columns, which no model has among its findings."""
    return [f"{finding.place}: {finding.message}" for finding in report.findings_of("")]


def plain_number(value: float) -> str:
    """Return a number to its last bit, and a whole one without a point.

    >>> plain_number(46702792704.0), plain_number(0.25), plain_number(2.4e23)
    ('46702792704', '0.25', '2.4e+23')
    """
    return str(int(value)) if abs(value) <= LARGEST and value == int(value) else repr(value)


def _is_plain(number: str) -> bool:
    """Whether a number is spelled as we do."""
    return plain_number(float(number)) == number


def _plain_numbers(values: Sequence[float]) -> list[str]:
    return ["" if value != value else plain_number(value) for value in values]


def _word(value: object) -> str:
    """A cell that is no number of ours, as spreadsheets write it in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return str(value) if isinstance(value, int) else plain_number(value)
    return _quoted(_inert(written(value)))


def _inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula when it opens the CSV."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _quoted(text: str) -> str:
    """A text in quotes where some reader of CSV would end it: in many countries at a semicolon."""
    return f'"{text.replace(_QUOTE, 2 * _QUOTE)}"' if set(text) & _ENDS else text


def _escaped(text: str) -> str:
    for sign in "\\|*_`<>[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
