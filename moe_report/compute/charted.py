"""The charts of a report: which can be drawn, of which models, and what their titles say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from moe_report.compute.kinds import rows_by_kind
from moe_report.errors import cause, printable
from moe_report.reports import Column, Report, ReportChart
from moe_report.schema.charts import Bars, Chart, Lines, Points, Rows, Series, Stack, Words
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section, line_of
from moe_report.text import isolated

MOST_LEADING = 2
_SKIPPED = "its section is not part of this report"
_NO_NUMBERS = "no model has all the numbers that it needs"

_Numbers = Mapping[str, float]


def charted(report: Report, registry: Registry) -> Report:
    """Return a report with the charts that its sections declare.

    A title that fails is replaced by what the chart shows, and a warning says so.
    """
    drawn: list[ReportChart] = []
    undrawn = {_SKIPPED: [*registry.skipped_charts], _NO_NUMBERS: []}
    warnings: list[str] = []
    declared = [(chart, section) for section in registry.sections for chart in section.charts]
    for chart, section in sorted(declared, key=lambda pair: _rank(pair[0])):
        if not report.columns.keys() >= {*chart.columns}:
            undrawn[_SKIPPED].append(chart.name)
            continue
        numbers = _complete(report, chart)
        if not numbers:
            undrawn[_NO_NUMBERS].append(chart.name)
            continue
        one, failed = _worded(report, _labelled(chart, report.columns), numbers, section)
        drawn.append(replace(one, leads=len(drawn) < MOST_LEADING))
        warnings += failed
    return replace(
        report,
        charts=tuple(drawn),
        undrawn=tuple(
            f"No chart of {_or(names)}: {why}." for why, names in undrawn.items() if names
        ),
        warnings=(*report.warnings, *warnings),
    )


def _rank(chart: Chart) -> tuple[bool, float]:
    return chart.rank is None, chart.rank or 0


def _or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _labelled(chart: Chart, columns: Mapping[str, Column]) -> Chart:
    """Return a chart whose series all have a label, and its axis words."""

    def said(series: Series) -> Series:
        label = series.label or columns[series.columns[0]].label
        return replace(series, label=label, head=series.head or label)

    chart = replace(chart, series=tuple(map(said, chart.series)))
    chart = replace(chart, axis=chart.axis or _axis(chart, columns))
    return replace(chart, x=said(chart.x)) if isinstance(chart, Points) else chart


def _axis(chart: Chart, columns: Mapping[str, Column]) -> str:
    """Return what the axis counts, of a chart that does not say it."""
    if isinstance(chart, Stack) and chart.shares:
        return "share of the whole"
    first, *more = chart.series
    unit = columns[first.columns[0]].unit
    counted = isinstance(chart, Stack) or more
    return unit if counted and unit != "ratio" else first.label


def _complete(report: Report, chart: Chart) -> dict[int, _Numbers]:
    """Return the numbers of the models that a chart can show, by place, in its order."""
    found: dict[int, _Numbers] = {}
    columns = {name: report.columns[name].cells.values for name in chart.columns}
    known = ~np.isnan(np.array([*columns.values()])).any(axis=0)
    for at in rows_by_kind(report).get("models", ()):
        if known[at]:
            numbers = {name: float(values[at]) for name, values in columns.items()}
            if _fits(chart, numbers):
                found[at] = numbers
    if isinstance(chart, Bars) and chart.order == "as read":
        return found
    smallest = isinstance(chart, Lines) or (
        isinstance(chart, Bars) and chart.order == "smallest first"
    )
    return dict(sorted(found.items(), key=lambda item: _size(chart, item[1]), reverse=not smallest))


def _fits(chart: Chart, numbers: _Numbers) -> bool:
    """Whether a chart can show a model of such numbers."""
    if isinstance(chart, Stack):
        wholes = (_whole(parts, numbers) for _, parts in chart.bars)
        return min(numbers.values()) >= 0 and min(wholes) > 0
    only_positive = isinstance(chart, Bars) and not chart.zeros
    if only_positive or (isinstance(chart, (Bars, Points)) and chart.log is True):
        return min(numbers.values()) > 0
    return True


def _size(chart: Chart, numbers: _Numbers) -> float:
    """Return what orders the models of a chart."""
    if isinstance(chart, Stack):
        _, parts = chart.bars[0]
        whole = _whole(parts, numbers)
        return whole if chart.focus is None else _whole([parts[chart.focus]], numbers) / whole
    return numbers[chart.by] if isinstance(chart, Bars) else numbers[chart.columns[0]]


def _whole(parts: Sequence[Sequence[str]], numbers: _Numbers) -> float:
    return sum(numbers[name] for part in parts for name in part)


def _worded(
    report: Report, chart: Chart, numbers: Mapping[int, _Numbers], section: Section
) -> tuple[ReportChart, list[str]]:
    """Return a chart with its words, and a sentence on each that failed."""
    trusted = [at for at in numbers if report.models[at].name not in report.doubted] or [*numbers]
    rows = Rows(
        tuple(isolated(report.models[at].name) for at in trusted),
        MappingProxyType(
            {name: tuple(numbers[at][name] for at in trusted) for name in chart.columns}
        ),
        MappingProxyType({item.definition.name: item.value for item in report.assumptions}),
    )
    labels = ", ".join(series.label for series in chart.series)
    failed: list[str] = []

    def words(what: str, said: Words, instead: str) -> str:
        if isinstance(said, str):
            return said
        try:
            text = said(rows)
            if not isinstance(text, str) or not text.strip():
                raise TypeError(f"it gives {text!r:.60}, expected a sentence")
        except (Exception, SystemExit) as error:  # whatever somebody's function raises
            why = cause(error) + line_of(section.module, error)
            left = f"it is {instead!r} instead" if instead else "it is left out"
            failed.append(
                f"the {what} of chart {chart.name!r} of {section.origin} failed: {why}; {left}"
            )
            return instead
        return printable(text)

    title = words("title", chart.title, labels)
    caption = words("caption", chart.caption, "")
    without = tuple(at for at in rows_by_kind(report).get("models", ()) if at not in numbers)
    drawn = ReportChart(chart, title, caption, tuple(numbers), without, tuple(trusted), leads=False)
    return drawn, failed
