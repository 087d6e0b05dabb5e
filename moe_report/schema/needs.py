"""What sections cannot do without: metrics, fields and assumptions, their own and others'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from moe_report.errors import PluginError, nearest
from moe_report.schema.charts import Scatter
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS
from moe_report.schema.metrics import Metric
from moe_report.schema.model import Called
from moe_report.schema.section_fields import SectionField, with_needs
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


def lacking(section: Section, sections: Iterable[Section]) -> str:
    """Return what a section refers to that none of all brings; nothing if there is all."""
    brought = {one for item in sections for one in (*item.metrics, *item.fields)}
    metrics = [one for one in brought if isinstance(one, Metric)]
    assumed = {item.name: item for metric in metrics for item in metric.assumptions}
    needs = needs_of(section)
    absent = {f"{one.name} of {one.module}" for one in needs.called - brought}
    absent |= {f"assumption {name!r}" for name in needs.assumptions - {*assumed}}
    if absent:
        return f"it uses {', '.join(sorted(absent))}, which no loaded section brings"
    known = {*NUMBER_FIELDS, *(one.name for one in brought)}
    named = [(f"check {check!r} is about", names) for check, names in needs.checked]
    if section.short_form is not None:
        named.append(("SHORT_FORM has", frozenset(section.short_form.columns)))
    if section.planner is not None:
        named.append(("PLANNER needs", frozenset(section.planner.needs)))
    for what, names in named:
        for name in sorted(names - known):
            kind = "text, not a number" if name in FIELDS else "no field or metric"
            return f"{what} {name!r}, which is {kind}.{nearest(name, known)}"
    for scenario, own in section.scenarios.items():
        for name, value in own.items():
            if name not in assumed:
                what = f"sets {name!r}, which is no assumption.{nearest(name, assumed)}"
                return f"scenario {scenario!r} {what}"
            if expected := assumed[name].refusal(value):
                return f"scenario {scenario!r} sets {name} to {value:,g}, expected {expected}"
    return ""


def with_calls(metrics: Iterable[Metric]) -> dict[str, Metric]:
    """Return metrics by name, each after those that its formula refers to, which are there too.

    Raises:
        PluginError: They refer to each other in a circle.
    """
    ordered: dict[str, Metric] = {}

    def visit(metric: Metric, path: tuple[str, ...]) -> None:
        if metric.name in ordered:
            return
        if metric.name in path:
            circle = " -> ".join((*path[path.index(metric.name) :], metric.name))
            raise PluginError(
                f"metrics refer to each other in a circle: {circle} (of {metric.module})"
            )
        for called in metric.calls.values():
            visit(called, (*path, metric.name))
        ordered[metric.name] = metric

    for metric in metrics:
        visit(metric, ())
    return ordered


def needed_by(chosen: Iterable[Section], sections: Sequence[Section]) -> Mapping[str, Called]:
    """Return the metrics and fields, of all sections, that the chosen ones have or need."""
    metrics = [one for section in sections for one in section.metrics]
    known: dict[str, Called] = {one.name: one for one in metrics}
    known |= {one.name: one for section in sections for one in section.fields}
    called: list[Called] = []
    for needs in map(needs_of, chosen):
        names = needs.planned.union(*(columns for _, columns in needs.checked))
        called += needs.called
        called += (known[name] for name in names & {*known})
        called += (
            next(one for one in metrics if name in one.assumption_names)
            for name in needs.assumptions
        )
    wanted = with_calls(one for one in called if isinstance(one, Metric))
    claims = {one.claim for one in wanted.values() if one.claim}
    # a claim is checked in every way it may be meant
    wanted = with_calls([*wanted.values(), *(one for one in metrics if one.claim in claims)])
    fields = with_needs(one for one in called if isinstance(one, SectionField))
    for metric in wanted.values():
        fields |= metric.fields
    return {**wanted, **fields}


def of_the_needed(section: Section, needed: Mapping[str, Called]) -> Section:
    """Return what stays of a section that is not chosen itself."""
    own = {one.name for one in (*section.metrics, *section.fields)} & {*needed}
    known = {*NUMBER_FIELDS, *needed}
    taken = {
        name for one in needed.values() if isinstance(one, Metric) for name in one.assumption_names
    }
    return replace(
        section,
        metrics=tuple(one for one in section.metrics if one.name in own),
        fields=tuple(one for one in section.fields if one.name in own),
        checks=tuple(one for one in section.checks if one.columns & own and one.columns <= known),
        presets=tuple(one for one in section.presets if taken & {*one.values}),
        points=(),
        charts=(),
        planner=None,
        layers=(),
    )
