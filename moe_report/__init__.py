"""Metrics of Mixture-of-Experts models, in spreadsheets and reports.

This is what the author of a metric imports, and nothing else::

    from moe_report import Model, metric

and what a notebook does::

    import moe_report

    r = moe_report.report("models.xlsx", context_length=32768)
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing takes as long to import as Python to start
if TYPE_CHECKING:
    from typing import Any

    from moe_report.api.door import report
    from moe_report.api.reported import Report
    from moe_report.api.row import ReportedModel
    from moe_report.errors import MoeReportError
    from moe_report.formula.functions import (
        ceil,
        coalesce,
        exp,
        floor,
        ln,
        log2,
        log10,
        maximum,
        minimum,
        sqrt,
        where,
    )
    from moe_report.schema.assumptions import assumption
    from moe_report.schema.metrics import Metric, Model, metric

__version__ = "0.1.0"

__all__ = [
    "Metric",
    "Model",
    "MoeReportError",
    "Report",
    "ReportedModel",
    "assumption",
    "ceil",
    "coalesce",
    "exp",
    "floor",
    "ln",
    "log2",
    "log10",
    "maximum",
    "metric",
    "minimum",
    "report",
    "sqrt",
    "where",
]


# Where each name stands that is loaded on first use, so that `moe-report --help` does not wait for
# numpy; all others stand in formula.functions.
_HOMES = {
    "Metric": "schema.metrics",
    "Model": "schema.metrics",
    "MoeReportError": "errors",
    "Report": "api.reported",
    "ReportedModel": "api.row",
    "assumption": "schema.assumptions",
    "metric": "schema.metrics",
    "report": "api.door",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'moe_report' has no attribute {name!r}")
    return getattr(import_module(f"moe_report.{_HOMES.get(name, 'formula.functions')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
