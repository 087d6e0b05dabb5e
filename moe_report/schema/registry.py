"""Sections of the report: modules of metrics, found through entry points or given as files."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from moe_report.errors import PluginError, cause, nearest
from moe_report.schema.api import newer, newer_by_its_source
from moe_report.schema.assumptions import Assumption
from moe_report.schema.charts import Chart
from moe_report.schema.checks import Check
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
from moe_report.schema.known_charts import charts_of, needs_of, refuse_double_charts
from moe_report.schema.metrics import Metric
from moe_report.schema.model import Called
from moe_report.schema.parts import Part
from moe_report.schema.points import Point
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.section_fields import SectionField, under, with_needs
from moe_report.schema.short_form import ShortForm
from moe_report.text import shown

GROUP = "moe_report.metrics"
_Declared = TypeVar("_Declared", Metric, Check)


@dataclass(frozen=True)
class Section:
    """A module of metrics.

    Attributes:
        name: Name of its entry point, or of its file: what ``--only`` and ``--skip`` take.
        title: First line of the module's docstring.
        introduction: The other paragraphs of the docstring.
        metrics: Its metrics, in source order.
        distribution: The package that brings it, or the file.
        version: The package's version; empty for a file.
        module: The module's import name.
        order: ``ORDER`` of the module; sections are sorted by it, then by distribution and name.
        words: ``HEADER_WORDS`` of the module: words of headers that it adds, by concept.
        checks: Its checks, in source order.
        points: ``POINTS`` of the module: what it says in the reading help.
        scenarios: ``SCENARIOS`` of the module: examples of sets of assumptions, by name.
        charts: Its charts, in source order.
        fields: Fields of models that it adds, in source order.
        short_form: ``SHORT_FORM`` of the module: what the page's calculator asks for first.
        presets: Presets of assumptions that it adds, in source order.
    """

    name: str
    title: str
    introduction: tuple[str, ...]
    metrics: tuple[Metric, ...]
    distribution: str
    version: str
    module: str
    order: float = 100
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    checks: tuple[Check, ...] = ()
    points: tuple[Point, ...] = ()
    scenarios: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    charts: tuple[Chart, ...] = ()
    fields: tuple[SectionField, ...] = ()
    short_form: ShortForm | None = None
    presets: tuple[Preset, ...] = ()

    @property
    def origin(self) -> str:
        """Distribution and module, as an error names them."""
        return f"{self.distribution} ({self.module})"


@dataclass(frozen=True)
class Failure:
    """A section that is left out, where it comes from, and the exception that is why, as a line."""

    section: str
    distribution: str
    module: str
    cause: str

    def __str__(self) -> str:
        return (
            f"section {self.section!r} of {self.distribution} ({self.module}) failed: {self.cause}"
        )


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
            section = _section(get(), name, distribution, version)
            for metric in section.metrics:
                _record(metric)
            metric = None
            for check in section.checks:
                _record_check(check)
        except (Exception, SystemExit) as error:  # whatever somebody's module raises
            why = newer_by_its_source(module, file) or (
                cause(error) + line_of(module, error, metric)
            )
            failures.append(Failure(name, distribution, module, why))
        else:
            sections.append(section)

    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=_origin_of_point):
        attempt(*_origin_of_point(point), point.load)
    for path in files:
        attempt(path.stem, str(path), "", path.stem, partial(_module_of_file, path), path)

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


def _section(module: object, name: str, distribution: str, version: str) -> Section:
    if not isinstance(module, ModuleType):
        raise TypeError(f"the entry point names {module!r}, not a module of metrics")
    if why := newer(getattr(module, "API", 1)):
        raise PluginError(why)
    metrics, checks = _declared(module, Metric), _declared(module, Check)
    fields = _fields(module)
    presets = tuple(
        item
        for item in vars(module).values()
        if isinstance(item, Preset) and item.module == module.__name__
    )
    if not (metrics or fields or presets):
        raise TypeError("the module defines no @metric function")
    parts = inspect.cleandoc(module.__doc__ or "").split("\n\n")
    paragraphs = [" ".join(part.split()) for part in parts]
    title = paragraphs[0].rstrip(".") or name.replace("_", " ").capitalize()
    order = getattr(module, "ORDER", Section.order)
    introduction = tuple(part for part in paragraphs[1:] if part)
    words, points = getattr(module, "HEADER_WORDS", {}), getattr(module, "POINTS", ())
    if isinstance(order, bool) or not isinstance(order, (int, float)):
        raise TypeError(f"ORDER is {order!r:.60}, expected a number")
    if not isinstance(words, Mapping) or not all(
        isinstance(text, str) for pair in words.items() for text in pair
    ):
        raise TypeError(f"HEADER_WORDS is {words!r:.60}, expected texts by texts")
    scenarios = getattr(module, "SCENARIOS", {})
    if not isinstance(scenarios, Mapping) or not all(
        isinstance(name, str) and isinstance(own, Mapping) for name, own in scenarios.items()
    ):
        raise TypeError(f"SCENARIOS is {scenarios!r:.60}, expected values by name, by scenario")
    if not isinstance(points, tuple) or not all(isinstance(one, Point) for one in points):
        raise TypeError(f"POINTS is {points!r:.60}, expected a tuple of point() and question()")
    short_form = getattr(module, "SHORT_FORM", None)
    if short_form is not None and not isinstance(short_form, ShortForm):
        raise TypeError(f"SHORT_FORM is {short_form!r:.60}, expected a ShortForm")
    return Section(
        name,
        title,
        introduction,
        metrics,
        distribution,
        version,
        module.__name__,
        float(order),
        dict(words),
        checks,
        points,
        scenarios,
        charts_of(module),
        fields,
        short_form,
        tuple(dict.fromkeys(presets)),
    )


def _declared(module: ModuleType, kind: type[_Declared]) -> tuple[_Declared, ...]:
    """What a module declares of a kind, in source order; one may have a second name there."""
    found = (item for item in vars(module).values() if isinstance(item, kind))
    return tuple(dict.fromkeys(item for item in found if item.module == module.__name__))


def _fields(module: ModuleType) -> tuple[SectionField, ...]:
    own = {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, SectionField) and item.module == module.__name__
    }
    for name, item in own.items():
        if own.get(item.name) is not item:
            raise TypeError(
                f"the field {item.name!r} is called {name} in the module; write "
                f"{item.name} = field({item.name!r}, ...)"
            )
    return tuple(dict.fromkeys(own.values()))


def _origin_of_point(point: importlib.metadata.EntryPoint) -> tuple[str, str, str, str]:
    """Section, distribution, version and module of an entry point, however broken it is."""
    distribution, version = "?", ""
    with contextlib.suppress(Exception):  # a distribution without metadata
        if point.dist is not None:
            distribution, version = point.dist.name or "?", point.dist.version or ""
    module = re.match(r"[\w.]+(?=\s*(:|\[|$))", point.value)
    return point.name, distribution, version, module[0] if module else point.value


def line_of(module: str, error: BaseException | None, metric: Metric | None = None) -> str:
    """File and line of a module where an error came from; at least where its metric begins."""
    if isinstance(error, SyntaxError):  # says so itself
        return ""
    packages = {module.partition(".")[0], _name_of_file(Path(module))}
    code = metric.function.__code__ if metric else None
    line = f" ({Path(code.co_filename).name}, line {code.co_firstlineno})" if code else ""
    while error is not None:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] in packages:
                line = f" ({Path(frame.f_code.co_filename).name}, line {number})"
        error = error.__cause__
    return line


def _record(metric: Metric) -> None:
    try:
        _ = metric.expr, metric.assumptions
    except (Exception, SystemExit) as error:
        raise PluginError(f"metric {metric.name!r}: {cause(error)}") from error


def _record_check(check: Check) -> None:
    try:
        _ = check.rule
    except (Exception, SystemExit) as error:
        raise PluginError(f"check {check.name!r}: {cause(error)}") from error


def _name_of_file(path: Path) -> str:
    return f"moe_report_file_{re.sub(r'[^0-9A-Za-z]', '_', path.stem)}"


def _module_of_file(path: Path) -> ModuleType:
    name = _name_of_file(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TypeError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations of its metrics are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


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
