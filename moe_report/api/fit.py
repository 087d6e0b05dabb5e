"""Whether models fit into devices: from what was asked to numbers, by a section's planner.

Only what the planner names is computed, so that the answer comes at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from moe_report.api.fit_asked import AUTO, Question, refuse_no_device, said_in
from moe_report.api.fit_models import models_of
from moe_report.api.fit_price import Priced, free, price_said
from moe_report.api.prepare import Used, used_assumptions
from moe_report.compute.assumed import assumption_values
from moe_report.compute.audit import audit
from moe_report.compute.evaluate import NEEDS, Evaluation, evaluate_table
from moe_report.compute.scenarios import groups_of, presets_in
from moe_report.errors import InputError, PluginError, Problem
from moe_report.formula.operations import evaluate
from moe_report.reports import AssumptionValue, Column, Finding
from moe_report.schema.planner import DEVICES, Planner
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.registry import Registry, installed
from moe_report.schema.sections import Section
from moe_report.text import listed

if TYPE_CHECKING:
    from moe_report.load.workbook import WorkbookFile
    from moe_report.table import ModelTable

UNBOUNDED = "any, for the memory that it takes stops growing"
_AS_SOLD = (1, 2, 4, *range(8, 72, 8))  # devices of part of a node, and of whole ones


class Verdict(StrEnum):
    """What came out: it fits, as it is or with experts on the CPU; it does not; or who knows."""

    FITS = auto()
    OFFLOADED = auto()
    SHORT = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Fit:
    """One model on devices.

    Attributes:
        name: The model's.
        verdict: What came out.
        why: Why there is no verdict; empty if there is one.
        devices: How many devices there are; 0 where that is not known.
        assumed: The value of each assumption, the layout among them.
        columns: The numbers of the planner and of what they need, by name.
        at: The model's place in them.
        short_by: Bytes that each device lacks; 0 if none.
        offloaded: Layers whose experts are on the CPU: as many as are needed, or asked for.
        remark: What its importer, or its row, says of it.
        findings: What the audit doubts of the numbers.
    """

    name: str
    verdict: Verdict
    why: str
    devices: int
    assumed: Mapping[str, AssumptionValue]
    columns: Mapping[str, Column]
    at: int
    short_by: float = 0
    offloaded: int = 0
    remark: str = ""
    findings: tuple[Finding, ...] = ()

    def value(self, name: str) -> float | None:
        """Return a number, or an assumption; None where it is missing or not asked for."""
        if name in self.assumed:
            return self.assumed[name].value
        return self.columns[name].cells[self.at].value if name in self.columns else None

    def is_unbounded(self, name: str) -> bool:
        """Return whether any number fits: the most is undefined though some do."""
        return self.verdict == Verdict.FITS and self.columns[name].cells[self.at].undefined

    def is_too_large(self, planner: Planner) -> bool:
        """Return whether it does not even fit with all experts on the CPU."""
        offload = planner.offload
        cells = self.columns[offload.layers].cells if offload else ()
        return self.verdict == Verdict.SHORT and bool(cells) and cells[self.at].undefined

    def beyond(self, planner: Planner) -> str:
        """Return words on what the model is made for, where a longer context fits; else nothing."""
        made, name = self.value(planner.made_for), planner.longest_context
        if not name or made is None:
            return ""
        is_beyond = (self.value(name) or 0) > made or self.is_unbounded(name)
        return f"beyond the {made:,.0f} that the model is made for" * is_beyond

    def to_copy(self, planner: Planner) -> str:
        """Return what an engine is told of the layers on the CPU; empty if there is no such."""
        layers = self.value(planner.offload.copied) if planner.offload and self.offloaded else None
        if planner.offload is None or layers is None:
            return ""
        return planner.offload.to_copy.format(math.ceil(layers))


@dataclass(frozen=True)
class Answer:
    """All models, and what they were computed for.

    Attributes:
        planner: What was declared, without what is not installed.
        fits: A model each.
        groups: The presets by group, with what a workbook says of them.
        presets: The chosen one of each group.
        notes: Sentences on what of the input was skipped, and of what was set is not used.
        unread: What is wrong with the sources that could not be read.
        table: The models.
        used: What was set, by option or name.
        price: What a device costs, where somebody said it; None if it is the device's own price.
        reports: The older reports among the sources.
    """

    planner: Planner
    fits: tuple[Fit, ...]
    groups: Mapping[str, PresetGroup]
    presets: Mapping[str, Preset]
    notes: tuple[str, ...]
    unread: tuple[Problem, ...]
    table: ModelTable
    used: Used
    price: Priced | None = None
    reports: tuple[WorkbookFile, ...] = ()


def fit(question: Question) -> Answer:
    """Answer whether models fit.

    Raises:
        InputError: An input, a name or a value was refused.
        PluginError: No section declares a planner.
        UnclearError: A value is no number, or names no preset of its group.
    """
    known = installed()
    section = next((one for one in known.sections if one.planner), None)
    if section is None:
        failed = "".join(f" The {one}" for one in known.failures)
        raise PluginError(f"no installed section says how models fit into devices.{failed}")
    chosen = known.choose(_telling(known, section))
    planner = chosen.planner
    assert planner is not None
    asked = models_of(question.sources, question.models, known, question.scenario)
    table, scenario = asked.table, asked.scenario
    groups = groups_of(table, chosen.presets)
    used, notes = used_assumptions(said_in(question, chosen, planner, groups), known, chosen)
    in_use = {**presets_in(table, scenario, groups), **used.presets}
    price, lost = price_said(question, planner, known, groups, in_use, used, asked)
    if price is not None and not price.is_own:
        used.assumptions[planner.price] = price.value
    values = assumption_values(table, chosen, groups, used.assumptions, used.presets, scenario)
    refuse_no_device(planner, groups, in_use, used, values)
    given = {
        item.definition.name: item.value
        for item in values
        if item.definition.name in planner.layout
        and (item.definition.name in used.assumptions or item.value != item.definition.default)
    }
    assumed = {item.definition.name: item for item in values}
    work = _Work(chosen, planner, table, assumed, given, bool(price and price.is_free))
    presets = {
        group: one for group, name in in_use.items() for one in groups[group].presets
        if one.name == name
    }  # fmt: skip
    fits = work.fits(question.devices)
    said = (*map(str, table.warnings), *notes, *lost)
    return Answer(
        planner, fits, groups, presets, said, asked.problems, table, used, price, asked.reports
    )


def _telling(known: Registry, section: Section) -> list[str]:
    """The sections whose numbers a planner shows: they are doubted as their own checks do."""
    assert section.planner is not None
    shown = {*section.planner.columns}
    return [
        one.name for one in known.sections
        if one is section or shown & {metric.name for metric in one.metrics}
    ]  # fmt: skip


@dataclass(frozen=True)
class _Work:
    registry: Registry
    planner: Planner
    table: ModelTable
    assumed: Mapping[str, AssumptionValue]
    given: Mapping[str, float]
    is_free: bool

    def fits(self, devices: str) -> tuple[Fit, ...]:
        """Every model on some devices; those of one layout are computed together."""
        first = self._evaluated({}, tuple(filter(None, (self.planner.in_use, self.planner.needed))))
        layouts = [self._layout(first, at, devices) for at in range(len(self.table.rows))]
        if devices == AUTO:
            layouts = [self._fewer(first, at, layout) for at, layout in enumerate(layouts)]
        found = {key: self._evaluated(dict(key)) for key in map(_key, layouts)}
        doubts = {key: audit(self.table, one, {}, self.registry) for key, one in found.items()}
        fits = [
            self._doubted(self._fit(found[_key(layout)], at, layout), doubts[_key(layout)])
            for at, layout in enumerate(layouts)
        ]
        for one, layout in zip(fits, layouts, strict=True):
            if devices != AUTO and one.devices != int(devices) and one.verdict != Verdict.REFUSED:
                given = " × ".join(f"{name} {layout[name]:g}" for name in self.given)
                free = [
                    f"--{asked.option}" for asked in self.planner.asked
                    if asked.name in self._counted(first) - {*self.given}
                ]  # fmt: skip
                other = f"say {' or '.join(free)} too, or " * bool(free)
                message = f"found {devices}, but {given} takes {one.devices} of them"
                hint = f"; {other}leave --devices to auto"
                raise InputError([Problem("--devices", message + hint)])
        return tuple(fits)

    def _evaluated(
        self, layout: Mapping[str, float], wanted: Sequence[str] | None = None
    ) -> Evaluation:
        numbers = {name: item.value for name, item in self.assumed.items()}
        numbers |= {self.planner.price: 1} if self.is_free else {}  # 0 stands for one not known
        return evaluate_table(self.table, self.registry, {**numbers, **layout}, wanted)

    def _counted(self, first: Evaluation) -> set[str]:
        """The assumptions of the layout that say how many devices there are."""
        if not self.planner.in_use:
            return set()
        return {*first.metrics[self.planner.in_use].rests_on} & {*self.planner.layout}

    def _layout(self, first: Evaluation, at: int, devices: str) -> dict[str, float]:
        """The assumptions by which devices are spread; those that were given as they are."""
        given = {name: self.given[name] for name in self.given if name in self._counted(first)}
        if devices == AUTO and given:
            return dict(self.given)
        count: float | None = None
        if devices != AUTO:
            taken = math.prod(given.values())  # the others share what that leaves
            count = float(devices) / taken
            if count != round(count):
                said = " × ".join(f"{name} {value:g}" for name, value in given.items())
                message = f"found {devices}, but {said} takes a multiple of {taken:g}"
                raise InputError([Problem("--devices", message)])
        elif self.planner.needed:
            count = first.metrics[self.planner.needed].cells[at].value
        return self._spread(first, at, 1 if count is None else count)

    def _spread(self, first: Evaluation, at: int, devices: float) -> dict[str, float]:
        """How engines spread some devices; what was given is as it is."""
        columns = {column.name: column.cells[at].value for column in first.fields}
        row = {name: math.nan if value is None else value for name, value in columns.items()}
        row[DEVICES] = devices
        spread = {
            name: float(evaluate(expr, {one: row[one] for one in expr.symbols()}))
            for name, expr in self.planner.layout.items()
        }
        return {**spread, **self.given}

    def _fewer(self, first: Evaluation, at: int, layout: dict[str, float]) -> dict[str, float]:
        """The layout of fewer devices, where those hold it with the experts that the CPU has."""
        offload = self.planner.offload
        asked = self.assumed.get(offload.set_by) if offload else None
        if not asked or not asked.value or {*self.given} & self._counted(first):
            return layout
        needed = first.metrics[self.planner.needed].cells[at].value if self.planner.needed else None
        for devices in (one for one in _AS_SOLD if needed is None or one < needed):
            fewer = self._spread(first, at, devices)
            fit = self._fit(self._evaluated(fewer), at, fewer)
            if fit.verdict in (Verdict.FITS, Verdict.OFFLOADED):
                return fewer
        return layout

    def _fit(self, found: Evaluation, at: int, layout: Mapping[str, float]) -> Fit:
        planner = self.planner
        columns = {**found.metrics, **{column.name: column for column in found.fields}}
        if self.is_free:
            costs = {name: one for name, one in found.metrics.items()
                     if planner.price in one.rests_on}  # fmt: skip
            columns |= {name: free(one) for name, one in costs.items()}
        assumed = {
            name: replace(item, value=dict(_key(layout)).get(name, item.value))
            for name, item in self.assumed.items()
        }

        def value(name: str) -> float | None:
            return columns[name].cells[at].value if name else None

        row = self.table.rows[at]
        why = self._why_not(columns, at, layout)
        devices = int(value(planner.in_use) or 0)
        fit = Fit(
            row.name, Verdict.REFUSED, why, devices, assumed, columns, at,
            remark=row.texts.get("remark", ""),
        )  # fmt: skip
        if why:
            return fit
        offload = planner.offload
        asked = assumed[offload.set_by].value if offload and offload.set_by in assumed else 0
        taken = offload.taken if offload and offload.taken and asked else ""
        on_cpu = math.ceil(value(taken) or 0)
        if value(planner.verdict) == 1:
            return replace(fit, verdict=Verdict.FITS, offloaded=on_cpu)
        short = (value(planner.total) or 0) - (value(planner.limit) or 0)
        fit = replace(fit, verdict=Verdict.SHORT, short_by=short)
        needed = value(offload.layers) if offload else None
        if offload is None or not needed:
            return fit
        fit = replace(fit, offloaded=on_cpu or math.ceil(needed))
        if fit.offloaded < needed or value(offload.verdict) == 0:  # too few, or too many for it
            return fit
        return replace(fit, verdict=Verdict.OFFLOADED)

    def _doubted(self, fit: Fit, findings: Sequence[Finding]) -> Fit:
        """The answer with what is doubted of it; none where one of its numbers cannot be."""
        own = tuple(one for one in findings if one.model in (fit.name, ""))
        planned = {*self.planner.columns}
        never = (one for one in own if one.level == "impossible" and one.column in planned)
        if fit.verdict == Verdict.REFUSED or (wrong := next(never, None)) is None:
            return replace(fit, findings=own)
        why = f"{wrong.column}: {wrong.message}"
        return replace(fit, verdict=Verdict.REFUSED, why=why, short_by=0, offloaded=0)

    def _why_not(self, columns: Mapping[str, Column], at: int, layout: Mapping[str, float]) -> str:
        """Why there is no verdict; empty if there is one."""
        cells = [columns[name].cells[at] for name in self.planner.needs]
        if lacking := next((cell for cell in cells if cell.value is None), None):
            why = lacking.note
        elif any(map(math.isnan, layout.values())):
            needed = {one for expr in self.planner.layout.values() for one in expr.symbols()}
            names = [
                one for one in columns if one in needed and columns[one].cells[at].value is None
            ]
            why = f"missing: {NEEDS} {listed(names)}, by which devices are spread"
        else:
            return ""
        return why


def _key(layout: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """A layout as a key; nothing of it where a part of it is missing."""
    return () if any(map(math.isnan, layout.values())) else tuple(layout.items())
