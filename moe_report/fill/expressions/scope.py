"""What the expressions of a template see: models, assumptions, the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal, TypeVar

from jinja2 import StrictUndefined

from moe_report.errors import MoeReportError
from moe_report.reports import Column, Report, no_such_column, no_such_model
from moe_report.schema.assumptions import Assumption
from moe_report.schema.fields import Field
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry
from moe_report.text import shown, written

# What a part of an expression gives; `truth` is a value that can only be true or false.
Kind = Literal["value", "truth", "model", "models", "list", "assumptions", "report"]
NAMES: Mapping[str, Kind] = {
    "m": "model", "models": "models", "assumptions": "assumptions", "report": "report",
    "number": "value",
}  # fmt: skip


class TemplateValueError(MoeReportError):
    """An expression that cannot be read, or has no value; who knows the cell adds it.

    Attributes:
        model: Name of the model that the message says lacks something; None if it says of none.
    """

    def __init__(self, message: str, *, model: str | None = None) -> None:
        super().__init__(message)
        self.model = model


def unknown_model(name: str, known: Iterable[str]) -> TemplateValueError:
    """Return the error for a name that no model has."""
    return TemplateValueError(no_such_model(name, known))


# What a name stands for: its label, and its unit, which only texts lack.
Meaning = Field | Metric | Column | Assumption


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
        """Return what a field or metric is; of an unknown one the error names the nearest."""
        if name not in self.columns:
            raise TemplateValueError(no_such_column(of, name, self.columns))
        return self.columns[name]

    def meaning(self, name: str | None) -> Meaning | None:
        """Return what a field, metric or assumption is; None if it is none."""
        return self.columns.get(name or "") or self.assumptions.get(name or "")


def known_of_registry(registry: Registry) -> Known:
    """Return the names that a report of any models would have."""
    return Known({**registry.fields, **registry.metrics}, registry.assumptions)


class Missing(StrictUndefined):
    """The value of a number that a model lacks: an empty cell, and never a 0.

    Whatever is done with it raises an error that names it, but for ``== none``.
    """

    def __init__(self, model: str, name: str) -> None:
        why = (
            f"model {model!r} has no {name}; `default(…)` says what stands in its place, "
            "`is none` asks for it"
        )
        super().__init__(why, exc=partial(TemplateValueError, model=model))  # type: ignore[arg-type]
        self.model = model
        self.name = name

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return other is None or super().__eq__(other)


# Numbers are always floats here; None is a text that is empty.
Value = float | str | bool | None | Missing
Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class Model:
    """A model as expressions see it.

    Attributes:
        context: The report that it is of.
        at: Its place among the models of the report, from 0.
        name: Its name.
    """

    context: Context
    at: int
    name: str

    def __getitem__(self, header: str) -> Value:
        """Return a field, a metric or a text, or what stands in a column that is carried along."""
        info = self.context.report.models[self.at]
        meaning = self.context.known.columns.get(header)
        if meaning is None:
            return _plain_value(info.carried.get(header))
        if not meaning.unit:
            return self.name if header == "name" else info.texts.get(header) or None
        number = self.context.numbers(header)[self.at]
        return Missing(self.name, header) if number is None else number


def _plain_value(value: object) -> Value:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    return written(value)


class Group(tuple[Item, ...]):
    """Models, or what each of them has."""

    @cached_property
    def memo(self) -> dict[object, object]:
        """What filters gave for them: a total is the same in every row of a table."""
        return {}


class Models(Group[Model]):
    """Models, each found by its name or its place."""

    @cached_property
    def by_name(self) -> Mapping[str, Model]:
        """The models by name."""
        return {model.name: model for model in self}

    def __getitem__(self, key: object) -> Model:  # type: ignore[override]
        """Return the model of a name, or of a place in the order, from 0; -1 is the last."""
        if isinstance(key, str):
            if key not in self.by_name:
                raise unknown_model(key, self.by_name)
            return self.by_name[key]
        if not isinstance(key, (int, float)) or isinstance(key, bool) or key != int(key):
            raise TemplateValueError(
                f"found {shown(str(key))} behind models, expected a name in quotes"
            )
        if not -len(self) <= key < len(self):
            raise TemplateValueError(f"there is no model {key:g}: there are {len(self)}, from 0")
        return super().__getitem__(int(key))


# What `report` has: what it is, and where it is found.
_FACTS: Mapping[str, tuple[str, Callable[[Report], str | int | None]]] = {
    "title": ("heading of the report", lambda report: report.title),
    "version": ("version of moe-report", lambda report: report.version),
    "created": ("when it was made: ISO 8601, UTC", lambda report: report.created),
    "date": ("the day it was made, such as 2026-11-30", lambda report: report.created[:10]),
    "source": (
        "name of the file that the models were read from", lambda report: report.source.name
    ),
    "sheet": (
        "name of the sheet that they were read from", lambda report: report.source.sheet or None
    ),
    "intro": ("introduction, as the user wrote it", lambda report: report.branding.intro or None),
    "footer": ("footer, as the user wrote it", lambda report: report.branding.footer or None),
    "num_models": ("number of models", lambda report: len(report.models)),
    "num_metrics": ("number of metrics", lambda report: len(report.metrics)),
    "num_findings": ("number of findings of the audit", lambda report: len(report.findings)),
}  # fmt: skip
REPORT_NAMES: Mapping[str, str] = {name: label for name, (label, _) in _FACTS.items()}


class Context:
    """A report as expressions see it.

    Attributes:
        report: The report.
        known: The names that it has.
        models: Its models in order.
        assumptions: Value of each assumption.
        names: What those names stand for that are the same for all models.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        metrics = {column.name: column for column in report.metrics}
        assumptions = {item.definition.name: item.definition for item in report.assumptions}
        names = tuple(model.name for model in report.models)
        carried = tuple(report.carried)
        self.known = Known({**report.definitions, **metrics}, assumptions, names, carried)
        self.models = Models(Model(self, at, info.name) for at, info in enumerate(report.models))
        self.assumptions = {item.definition.name: float(item.value) for item in report.assumptions}
        facts = {name: _plain_value(found(report)) for name, (_, found) in _FACTS.items()}
        self._numbers: dict[str, Sequence[float | None]] = {}
        self.names = {"models": self.models, "assumptions": self.assumptions, "report": facts}

    def numbers(self, name: str) -> Sequence[float | None]:
        """Return a field or metric of each model, in order; None where it is missing."""
        if name not in self._numbers:
            column = self.report.columns.get(name)
            values = column.cells.numbers if column else [None] * len(self.models)
            self._numbers[name] = [None if value is None else float(value) for value in values]
        return self._numbers[name]
