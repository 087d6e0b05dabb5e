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
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from moe_report.errors import PluginError, cause, nearest
from moe_report.schema.api import newer, newer_by_its_source
from moe_report.schema.assumptions import Assumption
from moe_report.schema.checks import Check
from moe_report.schema.fields import FIELDS
from moe_report.schema.headers.text import folded
from moe_report.schema.metrics import Metric
from moe_report.schema.points import Point
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
    """Everything installed that computes, in a stable order, and what could not be used of it."""

    sections: tuple[Section, ...]
    failures: tuple[Failure, ...] = ()

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, in order."""
        return {metric.name: metric for section in self.sections for metric in section.metrics}

    @property
    def assumptions(self) -> dict[str, Assumption]:
        """Every assumption by name, in the order of the metrics that take them."""
        found: dict[str, Assumption] = {}
        for metric in self.metrics.values():
            for item in metric.assumptions:
                found.setdefault(item.name, item)
        return found

    @property
    def header_words(self) -> dict[str, str]:
        """Every word of headers that sections add, by concept."""
        found: dict[str, list[str]] = {}
        for section in self.sections:
            for concepts, words in section.words.items():
                found.setdefault(concepts, []).append(words)
        return {concepts: ",".join(words) for concepts, words in found.items()}

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
        for section in self.sections:
            if section.name in kept:
                for metric in section.metrics:
                    _after_its_calls(metric, wanted, ())
        sections = [
            replace(section, metrics=tuple(m for m in section.metrics if m.name in wanted))
            for section in self.sections
        ]
        return replace(
            self,
            sections=tuple(section for section in sections if section.metrics),
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
                cause(error) + _line_of(module, error, metric)
            )
            failures.append(Failure(name, distribution, module, why))
        else:
            sections.append(section)

    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=_origin_of_point):
        attempt(*_origin_of_point(point), point.load)
    for path in files:
        attempt(path.stem, str(path), "", path.stem, partial(_module_of_file, path), path)

    sections.sort(key=lambda section: (section.order, section.distribution, section.name))
    _refuse_double_names(sections)
    _refuse_double_aliases(sections)
    complete, incomplete = _with_known_calls(sections)
    registry = Registry(tuple(complete), (*failures, *incomplete))
    registry.evaluation_order()
    _refuse_odd_assumptions(registry)
    return registry


@cache
def installed() -> Registry:
    """Return the sections of the entry points, loaded once; the importers ask it for metrics."""
    return load()


def _section(module: object, name: str, distribution: str, version: str) -> Section:
    if not isinstance(module, ModuleType):
        raise TypeError(f"the entry point names {module!r}, not a module of metrics")
    if why := newer(getattr(module, "API", 1)):
        raise PluginError(why)
    metrics, checks = _declared(module, Metric), _declared(module, Check)
    if not metrics:
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
    if not isinstance(points, tuple) or not all(isinstance(one, Point) for one in points):
        raise TypeError(f"POINTS is {points!r:.60}, expected a tuple of point() and question()")
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
    )


def _declared(module: ModuleType, kind: type[_Declared]) -> tuple[_Declared, ...]:
    """What a module declares of a kind, in source order; one may have a second name there."""
    found = (item for item in vars(module).values() if isinstance(item, kind))
    return tuple(dict.fromkeys(item for item in found if item.module == module.__name__))


def _origin_of_point(point: importlib.metadata.EntryPoint) -> tuple[str, str, str, str]:
    """Section, distribution, version and module of an entry point, however broken it is."""
    distribution, version = "?", ""
    with contextlib.suppress(Exception):  # a distribution without metadata
        if point.dist is not None:
            distribution, version = point.dist.name or "?", point.dist.version or ""
    module = re.match(r"[\w.]+(?=\s*(:|\[|$))", point.value)
    return point.name, distribution, version, module[0] if module else point.value


def _line_of(module: str, error: BaseException | None, metric: Metric | None) -> str:
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


def _refuse_double_names(sections: Iterable[Section]) -> None:
    seen: dict[str, tuple[Metric, Section]] = {}
    names: dict[str, Section] = {}
    for section in sections:
        if section.name in names:
            raise PluginError(
                f"two sections are named {section.name!r}: that of {names[section.name].origin} "
                f"and that of {section.origin}"
            )
        names[section.name] = section
        for metric in section.metrics:
            # Excel tells the columns of a table apart no better than the reader of headers
            other, owner = seen.setdefault(folded(metric.name), (metric, section))
            if other is not metric:
                also = "" if other.name == metric.name else f" and {other.name!r}"
                raise PluginError(
                    f"two metrics are named {metric.name!r}{also}: that of {owner.origin} "
                    f"and that of {section.origin}; rename one, or uninstall its package"
                )


def _refuse_double_aliases(sections: Iterable[Section]) -> None:
    """A header of a workbook must not stand for two things."""
    owners = {
        folded(text): f"field {field.name!r}"
        for field in FIELDS.values()
        for text in (field.name, *field.aliases)
    }
    named = {
        metric: f"metric {metric.name!r} of {section.origin}"
        for section in sections
        for metric in section.metrics
    }
    owners |= {folded(metric.name): own for metric, own in named.items()}
    for metric, own in named.items():
        for alias in metric.aliases:
            other = owners.setdefault(folded(alias), own)
            if other != own:
                raise PluginError(f"{own} has the alias {alias!r}, which is that of {other}")


def _with_known_calls(sections: list[Section]) -> tuple[list[Section], list[Failure]]:
    """Leave out sections whose formulas refer to metrics that no section brings."""
    failures = []
    while True:
        known = {id(metric) for section in sections for metric in section.metrics}
        for section in sections:
            lacking = {
                f"{called.name} of {called.module}"
                for metric in section.metrics
                for called in metric.calls.values()
                if id(called) not in known
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


def _refuse_odd_assumptions(registry: Registry) -> None:
    metrics = registry.metrics
    seen: dict[str, tuple[Assumption, Metric]] = {}
    taken = {folded(name) for name in (*metrics, *FIELDS)}
    for metric in metrics.values():
        for item in metric.assumptions:
            where = f"assumption {item.name!r} of metric {metric.name!r} ({metric.module})"
            if folded(item.name) in taken:
                raise PluginError(f"{where} has the name of a field or metric; choose another")
            if re.fullmatch(r"[A-Za-z]{1,3}\d+|[rRcC]|[rR]\d*[cC]\d*", item.name):
                raise PluginError(f"{where} reads as a cell's address; choose another name")
            if item.name.casefold() in _WORDS_OF_EXCEL:
                raise PluginError(f"{where} means something else in Excel; choose another name")
            other, owner = seen.setdefault(folded(item.name), (item, metric))
            if other != item:
                raise PluginError(
                    f"{where} differs from {other.name!r} of metric {owner.name!r} ({owner.module})"
                )


_WORDS_OF_EXCEL = frozenset({"true", "false", "models"})  # the last is the table's name
