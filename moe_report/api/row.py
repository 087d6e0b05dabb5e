"""One model of a report, as a notebook has it in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moe_report.cells import Cell
from moe_report.errors import MoeReportError
from moe_report.reports import Finding, ModelInfo, Report, no_such_column
from moe_report.schema.fields import TEXT_FIELDS


class NoSuchModelError(MoeReportError, KeyError):
    """A report has no model of that name; the nearest one is named."""


class NoSuchColumnError(MoeReportError, KeyError, AttributeError):
    """A model has no field, metric, text or column of that name; the nearest one is named."""


class ReportedModel:
    """A model of a report: its numbers as attributes, under the names of fields and metrics.

    A number that is missing is None, a text that is missing is empty. In brackets, as in
    ``model["# Owner"]``, stands any name, that of a column which was carried along too.

    Attributes:
        report: The report that it is of.
        at: Its place among the models of the report, from 0.
    """

    def __init__(self, report: Report, at: int) -> None:
        self.report = report
        self.at = at

    @property
    def info(self) -> ModelInfo:
        """Who it is, with its texts and where its row was read."""
        return self.report.models[self.at]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit saw of it."""
        return self.report.findings_of(self.info.name)

    def cell(self, name: str) -> Cell:
        """Return the number of a field or metric with its provenance and note.

        Raises:
            NoSuchColumnError: There is no such field or metric.
        """
        column = self.report.columns.get(name)
        if column is None:
            if name in TEXT_FIELDS or name in self.info.carried:
                raise NoSuchColumnError(f"{name!r} is no number: model[{name!r}] is what it says")
            raise self._lacks(name)
        return column.cells[self.at]

    def __getitem__(self, name: str) -> object:
        if name == "name":
            return self.info.name
        if name in self.report.columns:
            return self.cell(name).value
        if name in self.info.carried:
            return self.info.carried[name]
        if name in TEXT_FIELDS:
            return self.info.texts.get(name, "")
        raise self._lacks(name)

    if TYPE_CHECKING:  # the texts; every other name is a number's
        name: str
        model_type: str
        source: str
        remark: str
        compare_with: str

        def __getattr__(self, name: str) -> float | None: ...

    else:

        def __getattr__(self, name: str) -> object:
            if name.startswith("_"):  # what Python and notebooks look for
                raise AttributeError(name)
            return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *TEXT_FIELDS, *self.report.columns]

    def __repr__(self) -> str:
        return f"<model {self.info.name!r} of a moe_report.Report>"

    def _lacks(self, name: str) -> NoSuchColumnError:
        known = (*self.report.columns, *TEXT_FIELDS, *self.info.carried)
        failed = " ".join(f"The {failure}" for failure in self.report.failures)
        said = no_such_column(f"model {self.info.name!r}", name, known)
        return NoSuchColumnError(f"{said} {failed}".rstrip())
