"""What the expressions of a template see: models, assumptions, the report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from moe_report.errors import MoeReportError, nearest
from moe_report.report import Report
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS, TEXT_FIELDS
from moe_report.schema.registry import Registry

# What `report` has, and what it is.
REPORT_NAMES: Mapping[str, str] = {
    "title": "heading of the report",
    "version": "version of moe-report",
    "created": "when it was made: ISO 8601, UTC",
    "date": "the day it was made, such as 2026-11-30",
    "source": "name of the file that the models were read from",
    "sheet": "name of the sheet that they were read from",
    "intro": "introduction, as the user wrote it",
    "footer": "footer, as the user wrote it",
    "num_models": "number of models",
    "num_metrics": "number of metrics",
    "num_findings": "number of findings of the audit",
}


class TemplateValueError(MoeReportError):
    """An expression that cannot be read, or has no value; who knows the cell adds it."""


def short(text: str, most: int = 60) -> str:
    """Return a text in quotes, cut to a line.

    >>> short("a" * 100)[-5:]
    "aaa…'"
    """
    return repr(text if len(text) <= most else text[: most - 1] + "…")


def near(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name; a long name has none."""
    return nearest(name, known) if len(name) <= 100 else ""


@dataclass(frozen=True)
class Missing:
    """The value of a number that a model lacks: an empty cell, and never a 0."""

    model: str
    name: str

    def __str__(self) -> str:
        return (
            f"model {self.model!r} has no {self.name}; `default(…)` says what stands in its place, "
            "`is none` asks for it"
        )


# Numbers are always floats here; None is a text that is empty.
Value = float | str | bool | None | Missing


class Meaning(NamedTuple):
    """What a name stands for.

    Attributes:
        kind: ``field``, ``metric`` or ``assumption``.
        label: In words.
        unit: What is counted.
        format: How its numbers are shown: ``integer``, ``si``, ``percent``, ``factor``, ``decimal``
            or, for text, nothing.
    """

    kind: str
    label: str
    unit: str
    format: str


_FIELDS = {
    field.name: Meaning(
        "field", field.label, field.unit, "" if field.kind == "text" else "integer"
    )
    for field in FIELDS.values()
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """The names that expressions may use.

    Attributes:
        columns: Fields and metrics, texts too.
        assumptions: Assumptions.
        models: Names of the models, None where they are not known yet.
        carried: Headers of columns that are carried through, None where they are not known yet.
    """

    columns: Mapping[str, Meaning]
    assumptions: Mapping[str, Meaning]
    models: tuple[str, ...] | None = None
    carried: tuple[str, ...] | None = None

    def column(self, name: str, of: str = "m") -> Meaning:
        """Return what a field or metric is.

        Raises:
            TemplateValueError: There is none of that name; the nearest one is named.
        """
        if name not in self.columns:
            raise TemplateValueError(
                f"{of} has no {short(name)}: it is no field or metric.{near(name, self.columns)}"
            )
        return self.columns[name]


def known_of_registry(registry: Registry) -> Known:
    """Return the names that a report of any models would have."""
    metrics = {
        metric.name: Meaning("metric", metric.label, metric.unit, metric.format)
        for metric in registry.metrics.values()
    }
    assumptions = {
        item.name: Meaning("assumption", item.label, item.unit, "decimal")
        for item in registry.assumptions.values()
    }
    return Known(_FIELDS | metrics, assumptions)


def known_of_report(report: Report) -> Known:
    """Return the names that a report has."""
    metrics = {
        column.name: Meaning("metric", column.label, column.unit, column.format)
        for column in report.metrics
    }
    assumptions = {
        item.definition.name: Meaning(
            "assumption", item.definition.label, item.definition.unit, "decimal"
        )
        for item in report.assumptions
    }
    headers = dict.fromkeys(header for model in report.models for header in model.carried)
    names = tuple(model.name for model in report.models)
    return Known(_FIELDS | metrics, assumptions, names, tuple(headers))


class Model:
    """A model as expressions see it.

    Attributes:
        at: Its place among the models of the report, from 0.
        name: Its name.
    """

    __slots__ = ("_context", "at", "name")

    def __init__(self, context: Context, at: int, name: str) -> None:
        self._context = context
        self.at = at
        self.name = name

    def value(self, name: str) -> Value:
        """Return a field, a metric or a text.

        Raises:
            TemplateValueError: There is none of that name.
        """
        column = self._context.columns.get(name)
        if column is not None:
            number = column[self.at]
            return Missing(self.name, name) if number is None else number
        return self._context.text(self, name)

    def item(self, header: str) -> Value:
        """Return what stands under a header: a field, a metric, a text or a carried column."""
        if header in self._context.known.columns:
            return self.value(header)
        return self._context.carried(self, header)


class _Columns(Mapping[str, tuple[float | None, ...]]):
    """The numbers of each field and metric, taken from the report when they are asked for."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._names = dict.fromkeys([*report.columns, *NUMBER_FIELDS])
        self._taken: dict[str, tuple[float | None, ...]] = {}

    def __getitem__(self, name: str) -> tuple[float | None, ...]:
        if name not in self._taken:
            if name not in self._names:
                raise KeyError(name)
            column = self._report.columns.get(name)
            self._taken[name] = (
                (None,) * len(self._report.models)
                if column is None
                else tuple([_float(cell.value) for cell in column.cells])
            )
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Context:
    """A report as expressions see it.

    Attributes:
        report: The report.
        known: The names that it has.
        models: Its models in order.
        by_name: The same by name.
        columns: The numbers of each field and metric, one a model; None if missing.
        assumptions: Value of each assumption.
        facts: What ``report`` has, by name.
        memo: Results that are the same for all models, by the part of an expression.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.known = known_of_report(report)
        self.models = tuple(Model(self, at, info.name) for at, info in enumerate(report.models))
        self.by_name = {model.name: model for model in self.models}
        self.columns = _Columns(report)
        self.assumptions = {item.definition.name: float(item.value) for item in report.assumptions}
        self.facts: dict[str, Value] = {
            "title": report.title,
            "version": report.version,
            "created": report.created,
            "date": report.created[:10],
            "source": report.source.name,
            "sheet": report.source.sheet or None,
            "intro": report.branding.intro or None,
            "footer": report.branding.footer or None,
            "num_models": float(len(report.models)),
            "num_metrics": float(len(report.metrics)),
            "num_findings": float(len(report.findings)),
        }
        self.memo: dict[object, object] = {}

    def text(self, model: Model, name: str) -> Value:
        """Return a text field of a model, None if it is empty."""
        if name == "name":
            return model.name
        if name not in TEXT_FIELDS:
            self.known.column(name)
        return self.report.models[model.at].texts.get(name) or None

    def carried(self, model: Model, header: str) -> Value:
        """Return what a model has in a column that is carried through."""
        carried = self.report.models[model.at].carried
        if header not in carried:
            raise_unless_header(header, self.known)
        value = carried.get(header)
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, float)):
            return float(value)
        if isinstance(value, datetime.datetime) and value.time() == datetime.time():
            return value.date().isoformat()
        return str(value)

    def model(self, key: Value) -> Model:
        """Return the model of a name, or of a place in the order.

        Raises:
            TemplateValueError: There is no such model.
        """
        if isinstance(key, str):
            if key not in self.by_name:
                raise unknown_model(key, self.by_name)
            return self.by_name[key]
        return model_at(self.models, key)


def raise_unless_header(header: str, known: Known) -> None:
    """Refuse a header that no column has.

    Raises:
        TemplateValueError: It is none; the nearest one is named.
    """
    if known.carried is None or header in known.carried or header in known.columns:
        return
    meant = near(header, (*known.carried, *known.columns))
    raise TemplateValueError(
        f"m has no {short(header)}: it is no field, no metric, and no column that is carried along."
        f"{meant}"
    )


def unknown_model(name: str, known: Iterable[str]) -> TemplateValueError:
    """Return the error for a name that no model has."""
    return TemplateValueError(f"there is no model {short(name)}.{near(name, known)}")


def model_at(models: tuple[Model, ...], key: Value) -> Model:
    """Return the model at a place, from 0; -1 is the last.

    Raises:
        TemplateValueError: There is none.
    """
    if not isinstance(key, float) or key != int(key):
        raise TemplateValueError(
            f"found {short(str(key))} behind models, expected a name in quotes"
        )
    if not -len(models) <= key < len(models):
        raise TemplateValueError(f"there is no model {key:g}: there are {len(models)}, from 0")
    return models[int(key)]


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)
