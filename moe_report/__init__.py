"""Metrics of Mixture-of-Experts models, in spreadsheets and reports.

This is what the author of a metric imports, and nothing else::

    from moe_report import Model, metric
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from moe_report.schema.metrics import Model, assumption, metric

__version__ = "0.1.0"

_FUNCTIONS = (
    "ceil",
    "coalesce",
    "exp",
    "floor",
    "ln",
    "log10",
    "log2",
    "maximum",
    "minimum",
    "sqrt",
    "where",
)

__all__ = [
    "Model",
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
    "sqrt",
    "where",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `moe-report --help` does not wait for numpy.
    if name in _FUNCTIONS:
        import moe_report.formula.functions as module
    elif name in __all__:
        import moe_report.schema.metrics as module  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module 'moe_report' has no attribute {name!r}")
    return getattr(module, name)
