"""What says on our sheets of which model, metric or assumption a row or column is."""

from __future__ import annotations

from collections.abc import Callable

from moe_report.reports import Report

_SIGNS = "≈ "  # behind a label


def labels_of(report: Report) -> Callable[[str], bool]:
    """Return a function that says whether a text names one of these, however a sheet writes it.

    Numbers stand beside them, so what is typed over one would be said of another thing.
    """
    columns = ((one.name, one.label) for one in report.columns.values())
    assumptions = ((one.definition.name, one.definition.label) for one in report.assumptions)
    groups = [choice.group for choice in report.presets]
    known = {model.name for model in report.models}.union(*columns, *assumptions)
    known = known.union(*((group.name, group.label, *group.names) for group in groups))
    return lambda text: text in known or text.partition("\n")[0].rstrip(_SIGNS) in known
