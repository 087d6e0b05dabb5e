"""What a section cannot do without: metrics, fields and assumptions, its own and others'."""

from __future__ import annotations

from dataclasses import dataclass

from moe_report.schema.charts import Scatter
from moe_report.schema.model import Called
from moe_report.schema.section_fields import with_needs
from moe_report.schema.sections import Section


@dataclass(frozen=True)
class Needs:
    """What the formulas, charts and checks of a section refer to.

    Attributes:
        called: Metrics, and fields of sections.
        assumptions: Names of the assumptions that lines of charts follow.
        checked: Of each check its name, and the names of the fields and metrics that it takes.
        planned: Names of the metrics of a planner, installed or not.
    """

    called: frozenset[Called]
    assumptions: frozenset[str]
    checked: tuple[tuple[str, frozenset[str]], ...]
    planned: frozenset[str]


def needs_of(section: Section) -> Needs:
    """Return what a section cannot do without."""
    called: set[Called] = {*section.metrics, *with_needs(section.fields).values()}
    for metric in section.metrics:
        called |= {*metric.calls.values(), *metric.fields.values()}
    for check in section.checks:
        called |= {*check.calls}
    for chart in section.charts:
        called |= {one for one in chart.uses if not isinstance(one, str)}
    return Needs(
        frozenset(called),
        frozenset(
            name
            for chart in section.charts
            if isinstance(chart, Scatter)
            for name in chart.assumptions
        ),
        tuple((check.name, check.columns) for check in section.checks),
        frozenset(section.planner.columns if section.planner else ()),
    )
