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
    from moe_report.schema.metrics import Metric, metric
    from moe_report.schema.model import Model
    from moe_report.schema.presets import Preset, preset
    from moe_report.schema.section_fields import SectionField, field

__version__ = "0.1.0"

__all__ = [
    "Metric",
    "Model",
    "Preset",
    "SectionField",
    "assumption",
    "ceil",
    "coalesce",
    "exp",
    "field",
    "floor",
    "ln",
    "log2",
    "log10",
    "maximum",
    "metric",
    "minimum",
    "preset",
    "sqrt",
    "where",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    # Loaded on first use, so that `moe-report --help` does not wait for numpy.
    modules = ("formula.functions", "schema.assumptions", "schema.metrics", "schema.model",
               "schema.presets", "schema.section_fields")  # fmt: skip
    for module in modules:
        if name in __all__:
            found = vars(import_module(f"moe_report.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(f"module 'moe_report' has no attribute {name!r}")
