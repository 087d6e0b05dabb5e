"""What of a section's declarations a reader or a reviewer would stumble over."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

import numpy as np

from moe_report.errors import cause, nearest
from moe_report.formula.excel import excel
from moe_report.ooxml.rows import MAX_FORMULA
from moe_report.schema.assumptions import Assumption, assumptions_of
from moe_report.schema.points import Numbers, Series
from moe_report.schema.registry import Registry
from moe_report.schema.section_fields import SectionField
from moe_report.schema.sections import Section
from moe_report.testing.drawn import failed_titles, lost_links, most_complete
from moe_report.testing.random_rows import RandomRows
from moe_report.testing.spellings import is_known, not_citable, right_unit
from moe_report.text import counted


def findings(section: Section, registry: Registry, rows: RandomRows) -> tuple[str, ...]:
    """Return what is to be mended in a section, a line each.

    Args:
        section: The section.
        registry: Everything that its metrics need.
        rows: Random models, by which it is told what never has a value or never holds.
    """
    module = sys.modules[section.module]
    own = _own_assumptions(section, module)
    return (
        *_docs(section, module, own),
        *_units(section, own),
        *_sources(section),
        *_unused(section, registry, own),
        *_unreduced(section, registry),
        *_valueless(section, rows),
        *_long(section),
        *_checks(section, rows),
        *_points(section, rows),
        *lost_links(section, registry),
        *failed_titles(section, registry, rows),
    )


def notes(section: Section) -> tuple[str, ...]:
    """Return what the author of a section may want to know, though nothing is wrong."""
    found = []
    if (sys.modules[section.module].__doc__ or "").strip() and not section.introduction:
        found.append("the module's docstring is a title alone; what follows it introduces the page")
    for unit in dict.fromkeys(metric.unit for metric in section.metrics):
        if not is_known(unit) and not right_unit(unit):
            found.append(f"the unit {unit!r} is in no table: it is shown as it is written")
    return tuple(found)


def _own_assumptions(section: Section, module: ModuleType) -> dict[type, tuple[Assumption, ...]]:
    """The dataclasses of assumptions that the module defines, taken by a metric or not."""
    metrics = (*section.layers, *section.metrics)
    taken = [holder for metric in metrics for holder in metric.assumption_types]
    there = [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and dataclasses.is_dataclass(item)
        and any("moe_report" in one.metadata for one in dataclasses.fields(item))
    ]
    return {
        holder: assumptions_of(holder)
        for holder in dict.fromkeys((*there, *taken))
        if holder.__module__ == section.module
    }


def _docs(
    section: Section, module: ModuleType, own: dict[type, tuple[Assumption, ...]]
) -> Iterator[str]:
    if not (module.__doc__ or "").strip():
        yield f"section {section.name!r}: the module has no docstring, its title and introduction"
    for metric in (*section.layers, *section.metrics):
        if _folded(metric.doc) in (_folded(metric.name), _folded(metric.label)):
            yield f"metric {metric.name!r}: the docstring only says its name again"
    for holder, items in own.items():
        if (holder.__doc__ or "").startswith(f"{holder.__name__}("):  # dataclasses write their own
            yield f"assumptions {holder.__name__!r}: the dataclass has no docstring"
        for item in items:
            if _folded(item.help) in (_folded(item.name), _folded(item.label)):
                yield f"assumption {item.name!r}: the help only says its name again"
    for field in section.fields:
        if _folded(field.help) in (_folded(field.name), _folded(field.label)):
            yield f"field {field.name!r}: the help only says its name again"


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _units(section: Section, own: dict[type, tuple[Assumption, ...]]) -> Iterator[str]:
    for metric in (*section.layers, *section.metrics):
        if said := right_unit(metric.unit):
            yield f"metric {metric.name!r} has the unit {metric.unit!r}: {said}"
    others: list[tuple[str, Assumption | SectionField]]
    others = [("assumption", item) for items in own.values() for item in items]
    others += [("field", field) for field in section.fields]
    for kind, item in others:
        if right := right_unit(item.unit, scaled=False):
            yield f"{kind} {item.name!r} has the unit {item.unit!r}: {right}"


def _sources(section: Section) -> Iterator[str]:
    for metric in (*section.layers, *section.metrics):
        if why := not_citable(metric.source):
            yield (
                f"metric {metric.name!r} has the source {metric.source!r:.60}: {why}; name a paper "
                "and its section, an address, or the convention in words"
            )


def _unused(
    section: Section, registry: Registry, own: dict[type, tuple[Assumption, ...]]
) -> Iterator[str]:
    metrics = (*registry.layers.values(), *registry.metrics.values())
    used = {name for metric in metrics for name in metric.expr.symbols()}
    for item in (item for items in own.values() for item in items):
        if item.name not in used:
            yield f"assumption {item.name!r}: no metric uses it"
    used |= {name for chart in section.charts for name in chart.columns}
    used |= {name for check in section.checks for name in check.columns}
    used |= {one.name for field in registry.own_fields.values() for one in field.needs}
    for field in section.fields:
        if field.name not in used:
            yield f"field {field.name!r}: no metric, field, chart or check uses it"


def _unreduced(section: Section, registry: Registry) -> Iterator[str]:
    reduced = {name for metric in registry.metrics.values() for name in metric.layers}
    for one in section.layers:
        if one.name not in reduced:
            yield f"metric of layers {one.name!r}: no metric reduces it"


def _valueless(section: Section, rows: RandomRows) -> Iterator[str]:
    for metric in section.metrics:
        if np.isnan(rows.computed[metric.name]).all():
            yield f"metric {metric.name!r}: has a value in none of {rows.count:,} random rows"


def _long(section: Section) -> Iterator[str]:
    for metric in section.metrics:
        length = len(excel(metric.expr, lambda name: f"Models[[#This Row],[{name}]]"))
        if length >= MAX_FORMULA:
            yield (
                f"metric {metric.name!r}: its formula has {length:,} characters in Excel, which "
                f"takes {MAX_FORMULA:,}; split it in several"
            )


def _checks(section: Section, rows: RandomRows) -> Iterator[str]:
    for check in section.checks:
        holds = rows.holds(check.rule)
        if not holds.any():
            yield f"check {check.name!r}: holds in none of {rows.count:,} random rows"
            continue
        if holds.all():
            yield f"check {check.name!r}: holds in each of {rows.count:,} random rows"
        numbers = [piece.number for piece in check.rule.message if piece.number is not None]
        for place, number in enumerate(numbers, start=1):
            if np.isnan(rows.of_rule(check.rule, number)[holds]).all():
                yield (
                    f"check {check.name!r}: number {place} of its sentence is missing wherever it "
                    "holds"
                )


def _points(section: Section, rows: RandomRows) -> Iterator[str]:
    """What the sentences of points raise for reports of many models, of one, and of none."""
    whole = most_complete(section, rows)[0]
    for point in section.points:
        for some in (range(20), (whole,), ()) if point.here else ():
            assert point.here is not None
            numbers = _numbers(rows, some)
            try:
                said: object = point.here(numbers)
                wrong = "" if isinstance(said, str) else f"gives {said!r:.60}, expected a text"
            except (Exception, SystemExit) as error:  # whatever somebody's function raises
                wrong = f"raises {cause(error)}"
            for name in sorted(numbers.lacking):
                wrong = (
                    f"asks for {name!r}, which is no field or metric.{nearest(name, rows.typed)}"
                )
            if wrong:
                yield f"point {point.title!r}: for {counted(len(some), 'model')}, it {wrong}"
                break


def _numbers(rows: RandomRows, some: Sequence[int]) -> Numbers:
    """Some of the models as a sentence gets to see them."""
    at = [*some]
    series = {
        name: Series(rows.values[name][at], ~np.isnan(typed[at]))
        for name, typed in rows.typed.items()
    }
    assumptions = {
        name: float(values[0]) for name, values in rows.values.items() if name not in rows.typed
    }
    return Numbers(tuple(f"model {at}" for at in some), series, frozenset(), assumptions)
