"""Assumptions that a sweep varies are fields of its designs: each row has a value of its own.

An assumption has one value in a report. Where designs differ in it, the same metrics are computed
of a field of that name instead; their formulas stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from moe_report.schema.assumptions import Assumption
from moe_report.schema.charts import Chart, Scatter
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry
from moe_report.schema.section_fields import SectionField
from moe_report.schema.sections import Section
from moe_report.sweeps.own_section import own_section

TITLE = "Sweep"  # of the section that has them, and the heading of their columns


def with_varied_assumptions(registry: Registry, values: Mapping[str, float]) -> Registry:
    """Return a registry in which some assumptions are fields, with these defaults.

    What takes them as assumptions is not there: a planner, guides of charts.
    """
    if not values:
        return registry
    known = registry.assumptions
    fields = {name: _as_field(known[name], value) for name, value in values.items()}
    metrics: dict[str, Metric] = {}
    for metric in registry.evaluation_order():
        metrics[metric.name] = _of_fields(metric, fields, metrics)
    own = own_section("varied_assumptions", TITLE, __name__, [*fields.values()])
    sections = (_of_metrics(section, metrics, values) for section in registry.sections)
    return replace(registry, sections=(*sections, own))


def _of_metrics(
    section: Section, metrics: Mapping[str, Metric], varied: Collection[str]
) -> Section:
    return replace(
        section,
        metrics=tuple(metrics[one.name] for one in section.metrics),
        charts=tuple(one for one in section.charts if not _takes(one, varied)),
        planner=None,
    )


def _takes(chart: Chart, varied: Collection[str]) -> bool:
    return isinstance(chart, Scatter) and not {*varied}.isdisjoint(chart.assumptions)


def _as_field(one: Assumption, value: float) -> SectionField:
    return SectionField(
        name=one.name,
        label=one.label,
        symbol=one.symbol,
        unit=one.unit,
        help=one.help,
        group=TITLE,
        kind="number" if one.whole else "decimal",
        minimum=one.minimum,
        maximum=one.maximum,
        default=value,
        aliases=one.aliases,
        headers=one.headers,
        module=__name__,
    )


def _of_fields(
    metric: Metric, fields: Mapping[str, SectionField], metrics: Mapping[str, Metric]
) -> Metric:
    """The metric with fields in place of some of its assumptions, which calls metrics like it."""
    found = replace(metric)
    taken = {name: field for name, field in fields.items() if name in metric.assumption_names}
    # A metric keeps what was recorded of its function; here it is what a field would have given.
    found.__dict__.update(
        _recorded=metric._recorded,
        calls={name: metrics[name] for name in metric.calls},
        layers=metric.layers,
        fields={**metric.fields, **taken},
        own_assumptions=_without(metric.own_assumptions, taken),
        assumptions=_without(metric.assumptions, taken),
    )
    return found


def _without(assumptions: Iterable[Assumption], taken: Collection[str]) -> tuple[Assumption, ...]:
    return tuple(one for one in assumptions if one.name not in taken)
