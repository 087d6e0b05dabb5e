"""Sections of the report: modules of metrics, found through entry points or given as files."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from operator import itemgetter
from pathlib import Path

from moe_report.errors import PluginError, cause, nearest
from moe_report.schema.api import newer_by_its_source
from moe_report.schema.assumptions import Assumption
from moe_report.schema.clashes import (
    Brought,
    refuse_double_aliases,
    refuse_double_names,
    refuse_double_parts,
    refuse_odd_assumptions,
    refuse_odd_presets,
)
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.headers.headers import Headers
from moe_report.schema.known_charts import needs_of, refuse_double_charts
from moe_report.schema.metrics import Metric
from moe_report.schema.model import Called
from moe_report.schema.parts import Part
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.section_fields import SectionField, under, with_needs
from moe_report.schema.sections import (
    Failure,
    Section,
    line_of,
    module_of_file,
    record,
    record_check,
    section_of,
)
from moe_report.text import shown

GROUP = "moe_report.metrics"


@dataclass(frozen=True)
class Registry:
    """Everything installed that computes, in a stable order, and what could not be used of it.

    ``skipped_charts`` are the names of the charts of sections that were not chosen.
    """

    sections: tuple[Section, ...]
    failures: tuple[Failure, ...] = ()
    skipped_charts: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, in order."""
        return {metric.name: metric for section in self.sections for metric in section.metrics}

    @property
    def counting(self) -> dict[Part, Metric]:
        """The metric that counts a part of a model, where one does."""
        return {metric.counts: metric for metric in self.metrics.values() if metric.counts}

    @property
    def own_fields(self) -> dict[str, SectionField]:
        """The fields that sections add, by name, under their sections' titles."""
        found: dict[str, SectionField] = {}
        for section in self.sections:
            found |= under(section.title, section.fields)
        return found

    @property
    def fields(self) -> dict[str, Field]:
        """Every field of a model by name: the built-in ones, then those of sections."""
        return {**FIELDS, **self.own_fields}

    @property
    def assumptions(self) -> dict[str, Assumption]:
        """Every assumption by name, in the order of the metrics that take them."""
        found: dict[str, Assumption] = {}
        for metric in self.metrics.values():
            for item in metric.assumptions:
                found.setdefault(item.name, item)
        return found

    @property
    def presets(self) -> dict[str, PresetGroup]:
        """The presets by group, as far as they set assumptions that a metric takes."""
        found: dict[str, list[Preset]] = {}
        for section in self.sections:
            for one in section.presets:
                found.setdefault(one.group, []).append(one)
        groups = (PresetGroup(name, tuple(presets)) for name, presets in found.items())
        known = self.assumptions
        return {one.name: kept for one in groups if (kept := one.of(known)) is not None}

    @property
    def header_words(self) -> dict[str, str]:
        """Every word of headers that sections add, by concept."""
        found: dict[str, list[str]] = {}
        for section in self.sections:
            for concepts, words in section.words.items():
                found.setdefault(concepts, []).append(words)
        return {concepts: ",".join(words) for concepts, words in found.items()}

    @property
    def headline(self) -> list[Metric]:
        """The metrics of the summary, in its order."""
        shown = (metric for metric in self.metrics.values() if metric.headline)
        return sorted(shown, key=lambda metric: metric.headline)

    @property
    def scenarios(self) -> dict[str, dict[str, float]]:
        """The sections' examples of scenarios: the assumptions that one sets, by its name."""
        found: dict[str, dict[str, float]] = {}
        for section in self.sections:
            for name, own in section.scenarios.items():
                found.setdefault(name, {}).update(own)
        return found

    @cached_property
    def headers(self) -> Headers:
        """What recognises headers; its vocabulary takes a while to put together."""
        return Headers(self.metrics, self.assumptions, self.header_words, self.fields)

    def evaluation_order(self) -> list[Metric]:
        """Return the metrics so that each comes after those its formula refers to."""
        ordered: dict[str, Metric] = {}
        for metric in self.metrics.values():
            _after_its_calls(metric, ordered, ())
        return list(ordered.values())

    def choose(self, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Registry:
        """Return a registry of some sections, with whatever metrics of others these need.

        All are kept if no names are given.

        Raises:
            PluginError: There is no section of that name.
        """
        names = [section.name for section in self.sections]
        known = {*names, *(failure.section for failure in self.failures)}
        for name in (*only, *skip):
            if name not in known:
                listed = ", ".join(sorted(known))
                raise PluginError(
                    f"there is no section {shown(name)}; installed are {listed}."
                    f"{nearest(name, known)}"
                )
        if not (only or skip):
            return self
        kept = {*(only or known)} - {*skip}
        if not kept & {*names, *only}:
            raise PluginError("no section is left: --skip leaves out all that --only keeps")
        wanted: dict[str, Metric] = {}
        fields: dict[str, SectionField] = {}
        for section in self.sections:
            if section.name in kept:
                fields |= with_needs(section.fields)
                for metric in section.metrics:
                    _after_its_calls(metric, wanted, ())
        for metric in wanted.values():
            fields |= metric.fields
        sections = [
            replace(
                section,
                metrics=tuple(metric for metric in section.metrics if metric.name in wanted),
                fields=tuple(one for one in section.fields if one.name in fields),
                presets=() if section.name in skip else section.presets,
            )
            for section in self.sections
        ]
        return replace(
            self,
            sections=tuple(one for one in sections if one.metrics or one.fields or one.presets),
            skipped_charts=tuple(
                chart.name
                for one in sections
                if not (one.metrics or one.fields or one.presets)
                for chart in one.charts
            ),
            failures=tuple(failure for failure in self.failures if failure.section in kept),
        )


def load(files: Iterable[Path] = ()) -> Registry:
    """Load every section: from entry points of the group ``moe_report.metrics``, then from files.

    A section that raises is left out and becomes a :class:`Failure`; the others come out.

    Raises:
        PluginError: Two metrics have one name, or two assumptions do and differ; formulas refer to
            each other in a circle; Python has stripped the docstrings.
    """
    if sys.flags.optimize > 1:
        raise PluginError(
            "python -OO strips docstrings, which describe the metrics: run without it"
        )
    sections: list[Section] = []
    failures: list[Failure] = []

    def attempt(
        name: str,
        distribution: str,
        version: str,
        module: str,
        get: Callable[[], object],
        file: Path | None = None,
    ) -> None:
        metric = None
        try:
            section = section_of(get(), name, distribution, version)
            for metric in section.metrics:
                record(metric)
            metric = None
            for check in section.checks:
                record_check(check)
        except (Exception, SystemExit) as error:  # whatever somebody's module raises
            why = newer_by_its_source(module, file) or (
                cause(error) + line_of(module, error, metric)
            )
            failures.append(Failure(name, distribution, module, why))
        else:
            sections.append(section)

    points = [(_origin_of_point(one), one) for one in importlib.metadata.entry_points(group=GROUP)]
    for origin, point in sorted(points, key=itemgetter(0)):
        attempt(*origin, point.load)
    for path in files:
        attempt(path.stem, str(path), "", path.stem, partial(module_of_file, path), path)

    sections.sort(key=lambda section: (section.order, section.distribution, section.name))
    brought = [
        Brought(one.name, one.origin, one.metrics, one.fields, one.presets) for one in sections
    ]
    refuse_double_names(brought)
    refuse_double_aliases(brought)
    refuse_double_parts(brought)
    refuse_double_charts((item, one.origin) for one in sections for item in one.charts)
    complete, incomplete = _with_known_calls(sections)
    registry = Registry(tuple(complete), (*failures, *incomplete))
    registry.evaluation_order()
    refuse_odd_assumptions(registry.metrics, registry.fields)
    refuse_odd_presets(brought, registry.fields, registry.assumptions)
    return registry


@cache
def installed() -> Registry:
    """Return the sections of the entry points, loaded once."""
    return load()


def _origin_of_point(point: importlib.metadata.EntryPoint) -> tuple[str, str, str, str]:
    """Section, distribution, version and module of an entry point, however broken it is."""
    distribution, version = "?", ""
    with contextlib.suppress(Exception):  # a distribution without metadata
        if point.dist is not None:
            distribution, version = point.dist.name or "?", point.dist.version or ""
    module = re.match(r"[\w.]+(?=\s*(:|\[|$))", point.value)
    return point.name, distribution, version, module[0] if module else point.value


def _with_known_calls(sections: list[Section]) -> tuple[list[Section], list[Failure]]:
    """Leave out sections whose formulas or charts refer to what no section brings."""
    failures = []
    while True:
        every = [metric for section in sections for metric in section.metrics]
        known: set[Called | str] = {item.name for metric in every for item in metric.assumptions}
        known |= {one for section in sections for one in (*section.metrics, *section.fields)}
        for section in sections:
            used: set[Called | str] = set(with_needs(section.fields).values())
            used |= {one for chart in section.charts for one in needs_of(chart)}
            for metric in section.metrics:
                used |= {*metric.calls.values(), *metric.fields.values()}
            lacking = {
                f"assumption {one!r}" if isinstance(one, str) else f"{one.name} of {one.module}"
                for one in used - known
            }
            if lacking:
                cause = f"it uses {', '.join(sorted(lacking))}, which no loaded section brings"
                failures.append(Failure(section.name, section.distribution, section.module, cause))
                sections = [other for other in sections if other is not section]
                break
        else:
            return sections, failures


def _after_its_calls(metric: Metric, ordered: dict[str, Metric], path: tuple[str, ...]) -> None:
    if metric.name in ordered:
        return
    if metric.name in path:
        circle = " -> ".join((*path[path.index(metric.name) :], metric.name))
        raise PluginError(f"metrics refer to each other in a circle: {circle} (of {metric.module})")
    for called in metric.calls.values():
        _after_its_calls(called, ordered, (*path, metric.name))
    ordered[metric.name] = metric
