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
from typing import TYPE_CHECKING

from moe_report.errors import PluginError, cause, nearest
from moe_report.schema.api import newer_by_its_source
from moe_report.schema.assumptions import Assumption
from moe_report.schema.clashes import (
    refuse_double_aliases,
    refuse_double_names,
    refuse_double_parts,
    refuse_odd_assumptions,
    refuse_odd_presets,
)
from moe_report.schema.fields import FIELDS, Field
from moe_report.schema.known_charts import refuse_double_charts
from moe_report.schema.layers import LayerMetric
from moe_report.schema.metrics import Metric
from moe_report.schema.needs import lacking, needed_by, of_the_needed, with_calls
from moe_report.schema.parts import Part
from moe_report.schema.planner import Planner
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.section_fields import SectionField, under
from moe_report.schema.sections import (
    Failure,
    Recorded,
    Section,
    line_of,
    module_of_file,
    record,
    section_of,
)
from moe_report.text import shown

if TYPE_CHECKING:
    from moe_report.schema.headers.headers import Headers

GROUP = "moe_report.metrics"
_OWN = "moe-report"  # the distribution of the built-in sections


@dataclass(frozen=True)
class Registry:
    """Everything installed that computes, in a stable order, and what could not be used of it.

    ``skipped_charts`` are the names of the charts of sections that were not chosen, ``asked`` those
    of sections that were asked for one by one.
    """

    sections: tuple[Section, ...]
    failures: tuple[Failure, ...] = ()
    skipped_charts: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, in order."""
        return {metric.name: metric for section in self.sections for metric in section.metrics}

    @property
    def layers(self) -> dict[str, LayerMetric]:
        """Every metric of layers by name, in order."""
        found = {one.name: one for section in self.sections for one in section.layers}
        for metric in self.metrics.values():
            found |= metric.layers
        return found

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
    def planner(self) -> Planner | None:
        """The first section's planner, without what of it is not there."""
        found = next((one.planner for one in self.sections if one.planner), None)
        return found and found.of(self.metrics | self.fields | self.assumptions | self.presets)

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
        names: dict[str, str] = {}
        for section in self.sections:
            for name, own in section.scenarios.items():
                found.setdefault(names.setdefault(name.casefold(), name), {}).update(own)
        return found

    @cached_property
    def headers(self) -> Headers:
        """What recognises headers; its vocabulary takes a while to load and to put together."""
        from moe_report.schema.headers.headers import Headers

        return Headers(self.metrics, self.assumptions, self.header_words, self.fields)

    def evaluation_order(self, names: Iterable[str] | None = None) -> list[Metric]:
        """Return the metrics so that each comes after those its formula refers to.

        Of some names it is those, and what they refer to.
        """
        metrics = self.metrics
        wanted = metrics.values() if names is None else [metrics[name] for name in names]
        return list(with_calls(wanted).values())

    def with_counts(self, *, there: bool) -> Registry:
        """Return a registry without sections on tokens of experts if none were counted.

        Raises:
            PluginError: One of them was asked for by name.
        """
        of_layers = [section.name for section in self.sections if section.layers]
        if there or not of_layers:
            return self
        if asked := {*of_layers} & {*self.asked}:
            needs = "needs counts of tokens: a sheet Routing, or --routing FILE"
            raise PluginError(f"the section {min(asked)} {needs}")
        return self.choose(skip=of_layers)

    def choose(self, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Registry:
        """Return a registry of some sections, with whatever metrics and fields of others they need.

        Of a section that is not chosen nothing is said beside its numbers: it has no charts and no
        points, and of its checks those of the numbers that stay. Its presets stay where they set
        what a metric still takes: a workbook may have chosen one. All sections are kept if no names
        are given.

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
        chosen = [one for one in self.sections if one.name in kept]
        needed = needed_by(chosen, self.sections)
        sections = [
            one if one.name in kept else of_the_needed(one, needed) for one in self.sections
        ]
        return replace(
            self,
            sections=tuple(
                one for one in sections if one.metrics or one.fields or one.presets or one.planner
            ),
            skipped_charts=(
                *self.skipped_charts,
                *(
                    one.name
                    for section in self.sections
                    if section.name not in kept
                    for one in section.charts
                ),
            ),
            failures=tuple(failure for failure in self.failures if failure.section in kept),
            asked=(*self.asked, *only),
        )


def load(files: Iterable[Path] = ()) -> Registry:
    """Load every section: from entry points of the group ``moe_report.metrics``, then from files.

    A section that raises, or that cannot be beside another one, is left out and becomes a
    :class:`Failure`; the others come out.

    Raises:
        PluginError: Python has stripped the docstrings.
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
        declared: Recorded | None = None
        try:
            section = section_of(get(), name, distribution, version)
            for declared in section.recorded:
                record(declared)
            declared = None
        except (Exception, SystemExit) as error:  # whatever somebody's module raises
            why = newer_by_its_source(module, file) or (
                cause(error) + line_of(module, error, declared)
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
    for leave_out in (_with_known_calls, _without_clashes, _with_known_calls):
        sections, more = leave_out(sections)
        failures += more
    return Registry(tuple(sections), tuple(failures))


@cache
def installed() -> Registry:
    """Return the sections of the entry points, loaded once."""
    return load()


def _origin_of_point(point: importlib.metadata.EntryPoint) -> tuple[str, str, str, str]:
    """Section, distribution, version and module of an entry point, however broken it is."""
    distribution, version = "?", ""
    with contextlib.suppress(Exception):  # a distribution without metadata
        if point.dist is not None:
            distribution, version = _named(point.dist)
    module = re.match(r"[\w.]+(?=\s*(:|\[|$))", point.value)
    return point.name, distribution, version, module[0] if module else point.value


@cache  # what a distribution says of itself is read anew each time that it is asked
def _named(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    """Name and version."""
    said = distribution.metadata
    return said["Name"] or "?", said["Version"] or ""


def _with_known_calls(sections: list[Section]) -> tuple[list[Section], list[Failure]]:
    """Leave out sections that refer to what no section brings."""
    failures = []
    while True:
        for section in sections:
            if why := lacking(section, sections):
                failures.append(Failure(section.name, section.distribution, section.module, why))
                sections = [other for other in sections if other is not section]
                break
        else:
            return sections, failures


def _without_clashes(sections: list[Section]) -> tuple[list[Section], list[Failure]]:
    """Leave out sections that cannot be beside those before them; the built-in ones come first."""
    with contextlib.suppress(PluginError):
        _refuse_clashes(sections)
        return sections, []
    kept: list[Section] = []
    failures = []
    for section in sorted(sections, key=lambda one: one.distribution != _OWN):
        try:
            _refuse_clashes([*kept, section])
        except PluginError as error:
            failures.append(Failure(section.name, section.distribution, section.module, str(error)))
        else:
            kept.append(section)
    return [section for section in sections if section in kept], failures


def _refuse_clashes(sections: Sequence[Section]) -> None:
    """Refuse sections that cannot all be in one registry.

    Raises:
        PluginError: Two of them bring one name, or assumptions or presets that differ; formulas
            refer to each other in a circle.
    """
    refuse_double_names(sections)
    refuse_double_aliases(sections)
    refuse_double_parts(sections)
    refuse_double_charts((item, one.origin) for one in sections for item in one.charts)
    registry = Registry(tuple(sections))
    registry.evaluation_order()
    refuse_odd_assumptions(registry.metrics, registry.fields)
    refuse_odd_presets(sections, registry.fields, registry.assumptions)
