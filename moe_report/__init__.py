"""Metrics of Mixture-of-Experts models, in spreadsheets and reports.

This is what the author of a metric imports, and nothing else::

    from moe_report import Model, metric
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing takes as long to import as Python to start
if TYPE_CHECKING:
    from typing import Any

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
    from moe_report.schema.checks import Doubt, check, derived, doubt, rounding, typed
    from moe_report.schema.metrics import Metric, Model, metric
    from moe_report.schema.points import Numbers, point, question

__version__ = "0.1.0"
# Of the plugin door: one more whenever it gets something that a section may use, or loses
# something. A section's module may say the one that it was written for, as API = 1.
API_VERSION = 1

__all__ = [
    "API_VERSION",
    "Doubt",
    "Metric",
    "Model",
    "Numbers",
    "assumption",
    "ceil",
    "check",
    "coalesce",
    "derived",
    "doubt",
    "exp",
    "floor",
    "ln",
    "log2",
    "log10",
    "maximum",
    "metric",
    "minimum",
    "point",
    "question",
    "rounding",
    "sqrt",
    "typed",
    "where",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    # Loaded on first use, so that `moe-report --help` does not wait for numpy.
    modules = ("assumptions", "checks", "metrics", "points")
    for module in ("formula.functions", *(f"schema.{module}" for module in modules)):
        if name in __all__:
            found = vars(import_module(f"moe_report.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(f"module 'moe_report' has no attribute {name!r}")
