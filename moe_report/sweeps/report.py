"""The front and the best of a sweep as a usual report: live formulas, and the front as a chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from moe_report.branding import Branding
from moe_report.compute.build import build_report
from moe_report.display import exact
from moe_report.reports import Report
from moe_report.schema.charts import Chart
from moe_report.schema.declare_charts import scatter
from moe_report.schema.registry import Registry
from moe_report.schema.section_fields import SectionField
from moe_report.schema.sweep_result import SweepResult, SweepRule
from moe_report.sweeps.front import Mask
from moe_report.sweeps.make_plan import Sweep
from moe_report.sweeps.own_section import own_section
from moe_report.sweeps.run import Designs, Found
from moe_report.sweeps.standing import standing_of_base
from moe_report.sweeps.varied_assumptions import TITLE
from moe_report.table import Given, Row
from moe_report.text import counted, listed

MOST_OF_FRONT = 500  # designs: what a page and a workbook show well
ON_FRONT = SectionField(
    name="on_front",
    label="On the front",
    symbol="b_front",
    unit="0 or 1",
    help="1 if no design of the sweep that passed beats this one in an objective without losing in "
    "another, else 0.",
    group=TITLE,
    kind="flag",
    maximum=1,
    default=None,
    module=__name__,
)


@dataclass(frozen=True)
class Axes:
    """What the chart of the front has from left to right, and upwards; empty for no chart."""

    x: str
    y: str


def axes_of(sweep: Sweep, x: str | None, y: str | None) -> Axes:
    """Return the axes of the chart: those that were asked for, else the first two objectives.

    With one objective alone the first field that is varied runs from left to right.
    """
    known = {*sweep.registry.metrics, *sweep.registry.fields}
    aims = [one.name for one in sweep.plan.objectives if one.name in known]
    aims += [axis.name for axis in sweep.plan.axes if axis.name not in aims]
    if len(sweep.plan.objectives) == 1:
        aims[:2] = aims[1::-1]
    first = x or next((one for one in aims if one != y), "")
    return Axes(first, y or next((one for one in aims if one != first), ""))


def report_of(
    sweep: Sweep, found: Found, axes: Axes, most: int, title: str, branding: Branding
) -> Report:
    """Return the report of what a sweep has found: the base, the front, and the best.

    Args:
        sweep: What was swept.
        found: What was found.
        axes: Of the chart.
        most: How many designs of the front are shown.
        title: Its heading, where branding has none.
        branding: What else it says.
    """
    shown = found.front.of(shown_of(found, most)).ordered()
    extra = ~np.isin(found.best.design, found.front.design)
    front = [*rows_of(sweep, shown, on_front=True)]
    rows = [
        sweep.base,
        *front,
        *rows_of(sweep, found.best.of(extra).ordered(), on_front=False),
    ]
    table = replace(sweep.table, rows=tuple(rows), unclear=(), routing={})
    said = "\n\n".join(told(sweep, found, len(shown)))
    intro = "\n\n".join(filter(None, (branding.intro, said)))
    report = build_report(
        table,
        _with_chart(sweep.registry, axes),
        assumptions=sweep.assumptions,
        presets=sweep.presets,
        scenario=sweep.scenario,
        title=title,
        branding=replace(branding, intro=intro),
    )
    numbers = zip((row.name for row in front), shown.design.tolist(), strict=True)
    return replace(report, sweep=_result(sweep, found, dict(numbers)))


def _result(sweep: Sweep, found: Found, front: Mapping[str, int]) -> SweepResult:
    """What the report says of the sweep to programs."""
    plan = sweep.plan
    return SweepResult(
        base=sweep.base.name,
        designs=plan.designs,
        varied={one.name: len(one.values) for one in plan.axes},
        followed=tuple(plan.tied),
        objectives=tuple(one.text for one in plan.objectives),
        rules=tuple(SweepRule(*one) for one in outcomes(sweep, found)),
        passed=found.passed,
        on_front=len(found.front),
        standing=standing_of_base(sweep, found) if found.passed else "",
        front=front,
    )


def shown_of(found: Found, most: int) -> Mask:
    """Return which designs of the front are shown: so many, spread evenly, and the best."""
    front = found.front
    if len(front) <= most:
        return np.ones(len(front), bool)
    shown = np.isin(front.design, found.best.design)
    order = np.lexsort(front.costs.T[::-1])
    shown[order[np.linspace(0, len(front) - 1, most).round().astype(np.int64)]] = True
    return shown


def told(sweep: Sweep, found: Found, shown: int) -> Iterator[str]:
    """Give the paragraphs that a report says of a sweep."""
    plan = sweep.plan
    varied = ", ".join(f"{one.name} ({len(one.values):,})" for one in plan.axes)
    if tied := [*plan.tied]:
        varied += f"; {listed(tied)} follow{'s' * (len(tied) == 1)} from them"
    yield (
        f"{plan.designs:,} designs of {sweep.base.name} were counted, of {varied}. "
        f"{found.passed:,} passed, and {len(found.front):,} of these are on the front of "
        f"{' and '.join(one.text for one in plan.objectives)}."
    )
    removed = [f"{count:,} by {text}" for text, count, _ in outcomes(sweep, found) if count]
    undefined = [f"{count:,} in {text}" for text, _, count in outcomes(sweep, found) if count]
    sentences = []
    if removed:
        sentences.append(f"Removed, one rule after another: {'; '.join(removed)}.")
    if undefined:
        sentences.append(f"Undefined: {'; '.join(undefined)}.")
    if sentences:
        yield " ".join(sentences)
    if found.passed:
        yield standing_of_base(sweep, found)
    if shown < len(found.front):
        yield (
            f"Of the front {counted(shown, 'design')} are shown here, spread evenly over "
            f"{plan.objectives[0].formula}."
        )


def outcomes(sweep: Sweep, found: Found) -> Iterator[tuple[str, int, int]]:
    """Give each rule and objective, how many designs it removed, and of how many it is undefined.

    Each counts of those that the ones before it have left.
    """
    plan = sweep.plan
    texts = [*(one.text for one in plan.constraints), *(one.text for one in plan.objectives)]
    for text, (removed, undefined) in zip(texts, found.removed.tolist(), strict=True):
        yield text, removed, undefined


def name_of_design(sweep: Sweep, columns: Mapping[str, float]) -> str:
    """Return what a design is called: by the symbols of what is varied, and its values."""
    fields = sweep.registry.fields
    axes = sweep.plan.axes
    varied = [one.name for one in axes if len(one.values) > 1] or [one.name for one in axes]
    return " ".join(f"{fields[name].symbol}={_short(columns[name])}" for name in varied)


def _short(value: float) -> str:
    """A value in a name: ``7168``, ``1.5``, ``80G``."""
    for size, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(value) >= size and value % (size / 1000) == 0:
            return f"{value / size:g}{sign}"
    return exact(value).replace(",", "") if value == round(value) else f"{value!r}"


def rows_of(sweep: Sweep, designs: Designs, *, on_front: bool) -> Iterator[Row]:
    """Give the rows of designs: the base, and what is varied of it."""
    base = sweep.row.numbers
    varied = [*(axis.name for axis in sweep.plan.axes), *sweep.plan.tied]
    for at in range(len(designs)):
        own = {name: float(designs.columns[name][at]) for name in varied}
        numbers = {**base, **{name: Given(value) for name, value in own.items()}}
        numbers[ON_FRONT.name] = Given(float(on_front))
        yield Row(name_of_design(sweep, own), numbers=numbers, unclear=sweep.row.unclear)


def _with_chart(registry: Registry, axes: Axes) -> Registry:
    charts: tuple[Chart, ...] = ()

    def label(name: str) -> str:
        metric = registry.metrics.get(name)
        return metric.label if metric else registry.fields[name].label

    if axes.x and axes.y:
        charts = (
            scatter(
                "front",
                axes.x,
                axes.y,
                title=f"The front: {label(axes.y)} against {label(axes.x)}",
                caption="The designs on the front, the best by the first objective, and the model "
                "that all are made of.",
                headline=0.5,
            ),
        )
    own = own_section("sweep", TITLE, __name__, (ON_FRONT,), charts)
    return replace(registry, sections=(own, *registry.sections))
