"""The report as data for programs: JSON after a schema that is shipped, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any, cast

from moe_report.cells import Cell, Provenance
from moe_report.display import scale, show
from moe_report.formula.excel import plain
from moe_report.formula.mathml import mathml
from moe_report.reports import EVERY_MODEL, Column, Finding, LayerColumn, Report
from moe_report.schema.bounds import LARGEST
from moe_report.schema.fields import NUMBER_FIELDS
from moe_report.schema.registry import load

SCHEMA_VERSION = 1
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
    models = []
    for at, model in enumerate(report.models):
        cells = {column.name: column.cells[at] for column in report.metrics}
        inputs = {column.name: column.cells[at] for column in report.fields}
        both = inputs | cells
        models.append(
            {
                "name": model.name,
                "texts": dict(model.texts),
                "carried": {key: _plain_value(value) for key, value in model.carried.items()},
                "inputs": {name: cell.value for name, cell in inputs.items()},
                "values": {name: cell.value for name, cell in cells.items()},
                "provenance": {name: _provenance(cell) for name, cell in both.items()},
                "findings": [_finding(finding) for finding in report.findings_of(model.name)],
                **_layers_of(report, model.name),
            }
        )
    return {
        "schema": SCHEMA_VERSION,
        "version": report.version,
        "title": report.title,
        "created": report.created,
        "source": asdict(report.source),
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


def render_json(report: Report) -> bytes:
    """Return the report as JSON in UTF-8: a line for each model, metric and so on."""
    parts = []
    for key, value in report_as_dict(report).items():
        if isinstance(value, list) and value:
            lines = ",\n  ".join(map(_json, value))
            parts.append(f" {_json(key)}: [\n  {lines}\n ]")
        elif isinstance(value, dict) and value:
            lines = ",\n  ".join(f"{_json(name)}: {_json(item)}" for name, item in value.items())
            parts.append(f" {_json(key)}: {{\n  {lines}\n }}")
        else:
            parts.append(f" {_json(key)}: {_json(value)}")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _json(value: object) -> str:
    # json.dumps is ten times slower when it indents
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


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


def is_csv_of_ours(content: bytes, fresh: bytes) -> bool:
    """Whether a file has no other columns than a CSV of ours, and its numbers spelled as there."""
    try:
        head, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        wanted = next(csv.reader(io.StringIO(fresh.decode())))
        numbers = [cell for row in rows for cell in row[1:] if cell]
        known = load()
        common = set(head) & set(NUMBER_FIELDS)  # another version may have others
        return (
            head[:1] == ["name"]
            and 2 * len(common) > len(NUMBER_FIELDS)
            and set(head) <= {*wanted, *known.fields, *known.metrics}
            and all(len(row) == len(head) for row in rows)
            and all(plain_number(float(number)) == number for number in numbers)
        )
    except (ValueError, OverflowError, csv.Error):
        return False


def render_csv(report: Report) -> bytes:
    """Return every field and metric as CSV: a row a model, plain numbers, empty where missing."""
    columns = (*report.fields, *report.metrics)
    rows = [["name", *(column.name for column in columns)]]
    for at, model in enumerate(report.models):
        values = (column.cells[at].value for column in columns)
        numbers = ("" if value is None else plain_number(value) for value in values)
        rows.append([_quoted(_inert(model.name)), *numbers])
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode()


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


def _provenance(cell: Cell) -> dict[str, str]:
    obvious = not cell.note or cell.provenance in (Provenance.DEFAULT, Provenance.DERIVED)
    said = {"from": str(cell.provenance)}
    return said if obvious else said | {"note": cell.note}


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


def _finding(finding: Finding) -> dict[str, Any]:
    return {key: value for key, value in asdict(finding).items() if key != "model"}


def _plain_value(value: object) -> str | float | bool | None:
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def plain_number(value: float) -> str:
    """Return a number to its last bit, and a whole one without a point.

    >>> plain_number(46702792704.0), plain_number(0.25), plain_number(2.4e23)
    ('46702792704', '0.25', '2.4e+23')
    """
    return str(int(value)) if abs(value) <= LARGEST and value == int(value) else repr(value)


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
