"""Metrics of Mixture-of-Experts models, in spreadsheets and reports.

This is what the author of a metric imports, and nothing else::

    from moe_report import Model, metric

and what a notebook does::

    import moe_report

    r = moe_report.report("models.xlsx", context_length=32768)

Numbers in sentences are worded by :mod:`moe_report.wording`.
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
    from moe_report.formula.reductions import (
        count,
        deviation,
        entropy,
        largest,
        largest_block,
        mean,
        median,
        sum_of_squares,
        total,
        total_above,
        zeros,
    )
    from moe_report.schema.assumptions import assumption
    from moe_report.schema.charts import Rows
    from moe_report.schema.checks import Doubt, check, derived, doubt, rounding, typed
    from moe_report.schema.declare_charts import bars, lines, scatter, stack
    from moe_report.schema.layers import Layer, LayerMetric, layer_metric
    from moe_report.schema.metrics import Metric, metric
    from moe_report.schema.model import Model
    from moe_report.schema.planner import planner
    from moe_report.schema.points import Numbers, point, question
    from moe_report.schema.presets import Preset, preset
    from moe_report.schema.section_fields import SectionField, field
    from moe_report.schema.short_form import short_form

__version__ = "0.1.0"
# Of the plugin door: one more whenever it gets something that a section may use, or loses
# something. A section's module may say the one that it was written for, as API = 1.
API_VERSION = 1

__all__ = [
    "API_VERSION",
    "Doubt",
    "Layer",
    "LayerMetric",
    "Metric",
    "Model",
    "MoeReportError",
    "Numbers",
    "Preset",
    "Report",
    "ReportedModel",
    "Rows",
    "SectionField",
    "assumption",
    "bars",
    "ceil",
    "check",
    "coalesce",
    "count",
    "derived",
    "deviation",
    "doubt",
    "entropy",
    "exp",
    "field",
    "floor",
    "largest",
    "largest_block",
    "layer_metric",
    "lines",
    "ln",
    "log2",
    "log10",
    "maximum",
    "mean",
    "median",
    "metric",
    "minimum",
    "planner",
    "point",
    "preset",
    "question",
    "report",
    "rounding",
    "scatter",
    "short_form",
    "sqrt",
    "stack",
    "sum_of_squares",
    "total",
    "total_above",
    "typed",
    "where",
    "zeros",
]

# Where a name stands; the modules are looked through in order.
_MODULES = (
    "errors",
    "formula.functions",
    "formula.reductions",
    "schema.assumptions",
    "schema.layers",
    "schema.metrics",
    "schema.model",
    "schema.section_fields",
    "schema.presets",
    "schema.checks",
    "schema.points",
    "schema.charts",
    "schema.declare_charts",
    "schema.short_form",
    "schema.planner",
    "api.row",
    "api.reported",
    "api.door",
)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    # Loaded on first use, so that `moe-report --help` does not wait for numpy.
    for module in _MODULES if name in __all__ else ():
        whole = f"moe_report.{module}"
        found = vars(import_module(whole)).get(name)
        if getattr(found, "__module__", "") == whole:  # what others import is not theirs
            return found
    raise AttributeError(f"module 'moe_report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
