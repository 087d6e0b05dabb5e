"""Whether models fit into devices: from what was asked to numbers, by a section's planner.

Only what the planner names is computed, so that the answer comes at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from moe_report.api.asked import number_said
from moe_report.api.fit_models import models_of
from moe_report.api.prepare import Used, used_assumptions
from moe_report.compute.assumed import assumption_values
from moe_report.compute.audit import audit
from moe_report.compute.evaluate import NEEDS, Evaluation, evaluate_table
from moe_report.compute.scenarios import groups_of, presets_in, typed_in
from moe_report.errors import InputError, PluginError, Problem, first_of, nearest
from moe_report.formula.operations import evaluate
from moe_report.reports import AssumptionValue, Column, Finding
from moe_report.schema.assumptions import Assumption
from moe_report.schema.planner import DEVICES, Planner
from moe_report.schema.presets import Preset, PresetGroup
from moe_report.schema.registry import Registry, installed
from moe_report.schema.sections import Section
from moe_report.text import listed

if TYPE_CHECKING:
    from moe_report.load.workbook import WorkbookFile
    from moe_report.table import ModelTable

AUTO = "auto"
_DEVICE = "device"  # the option without which there is nothing to fit into


class Verdict(StrEnum):
    """What came out: it fits, as it is or with experts on the CPU; it does not; or who knows."""

    FITS = auto()
    OFFLOADED = auto()
    SHORT = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Question:
    """What was asked.

    Attributes:
        sources: Configs, checkpoints, models of the Hub, names of examples, workbooks.
        models: Of these, the ones to look at, by name; empty for all.
        options: What the planner asks, as it was typed, by option.
        assumptions: Others by name, as typed.
        devices: A number of them, or ``auto`` for as few as fit.
        scenario: Of the workbook; by default the one that it chooses.
    """

    sources: tuple[str, ...]
    models: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    devices: str = AUTO
    scenario: str | None = None


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
    table, scenario, unread, reports = models_of(
        question.sources, question.models, known, question.scenario
    )
    groups = groups_of(table, chosen.presets)
    used, notes = used_assumptions(_said(question, chosen, planner, groups), known, chosen)
    typed = typed_in(table, scenario, groups).get(planner.price)
    if typed and typed.place:  # an option that names a device is no word on what one pays for it
        used.assumptions.setdefault(planner.price, typed.value)
    values = assumption_values(table, chosen, groups, used.assumptions, used.presets, scenario)
    in_use = {**presets_in(table, scenario, groups), **used.presets}
    _refuse_no_device(planner, groups, in_use, used, values)
    given = {
        item.definition.name: item.value
        for item in values
        if item.definition.name in planner.layout
        and (item.definition.name in used.assumptions or item.value != item.definition.default)
    }
    work = _Work(chosen, planner, table, {item.definition.name: item for item in values}, given)
    presets = {
        group: one for group, name in in_use.items() for one in groups[group].presets
        if one.name == name
    }  # fmt: skip
    fits = work.fits(question.devices)
    said = (*map(str, table.warnings), *notes)
    return Answer(planner, fits, groups, presets, said, unread, table, used, reports)


def _telling(known: Registry, section: Section) -> list[str]:
    """The sections whose numbers a planner shows: they are doubted as their own checks do."""
    assert section.planner is not None
    shown = {*section.planner.columns}
    return [
        one.name for one in known.sections
        if one is section or shown & {metric.name for metric in one.metrics}
    ]  # fmt: skip


def _said(
    question: Question, known: Registry, planner: Planner, groups: Mapping[str, PresetGroup]
) -> dict[str, str]:
    """What was set, by the names of assumptions and groups of presets."""
    found: dict[str, str] = {}
    problems = []
    said = [(f"--set {name}", name, text) for name, text in question.assumptions.items()]
    for option, text in question.options.items():
        asked = planner.asks(option)
        if asked is None:
            problems.append(Problem(f"--{option}", "no installed section asks for it"))
        elif asked.name in question.assumptions:
            problems.append(Problem(f"--{option}", f"{asked.name} is set twice, by --set too"))
        else:
            said.append((f"--{option}", asked.name, text))
    for option, name, text in said:
        if name in groups:
            names = groups[name].matching(text)
            if len(names) != 1:
                problems.append(Problem(option, _which(text, names, groups[name])))
            found[name] = names[0] if names else ""
        else:
            found[name] = text
            if why := _no_number(text, known.assumptions.get(name)):
                problems.append(Problem(option, why))
    if problems:
        raise InputError(problems)
    return found


def _no_number(text: str, item: Assumption | None) -> str:
    """Why a text is no number of an assumption that there is; empty if it is one."""
    try:
        number = number_said(text, whole=item.whole) if item else 0
    except ValueError as error:
        return str(error)
    expected = item.refusal(number) if item else ""
    return f"found {number:,g}, expected {expected}" if expected else ""


def _which(text: str, names: Sequence[str], group: PresetGroup) -> str:
    """What is said of a text that may mean several presets, or none."""
    if names:
        return f"{text!r} may be {' or '.join(map(repr, names))}; give the whole name"
    hint = nearest(text, (*group.names, *(word for name in group.names for word in name.split())))
    known = first_of(group.names, room=200)
    return f"there is no {group.label.lower()} {text!r}.{hint} Known are {known}"


def _refuse_no_device(
    planner: Planner,
    groups: Mapping[str, PresetGroup],
    in_use: Mapping[str, str],
    used: Used,
    values: Sequence[AssumptionValue],
) -> None:
    """Refuse a question without a device: none is meant by default."""
    asked = planner.asks(_DEVICE)
    if asked is None or asked.name not in groups or in_use.get(asked.name):
        return
    sets = {*groups[asked.name].sets} - {planner.price}  # a price alone is no device
    if any(
        item.definition.name in used.assumptions or item.value != item.definition.default
        for item in values
        if item.definition.name in sets
    ):
        return
    known = first_of(groups[asked.name].names, room=200)
    raise InputError([Problem(f"--{_DEVICE}", f"say which, one of {known}")])


@dataclass(frozen=True)
class _Work:
    registry: Registry
    planner: Planner
    table: ModelTable
    assumed: Mapping[str, AssumptionValue]
    given: Mapping[str, float]

    def fits(self, devices: str) -> tuple[Fit, ...]:
        """Every model on some devices; those of one layout are computed together."""
        first = self._evaluated({}, tuple(filter(None, (self.planner.in_use, self.planner.needed))))
        layouts = [self._layout(first, at, devices) for at in range(len(self.table.rows))]
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
        columns = {column.name: column.cells[at].value for column in first.fields}
        row = {name: math.nan if value is None else value for name, value in columns.items()}
        row[DEVICES] = 1 if count is None else count
        spread = {
            name: float(evaluate(expr, {one: row[one] for one in expr.symbols()}))
            for name, expr in self.planner.layout.items()
        }
        return {**spread, **self.given}

    def _fit(self, found: Evaluation, at: int, layout: Mapping[str, float]) -> Fit:
        planner = self.planner
        columns = {**found.metrics, **{column.name: column for column in found.fields}}
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
        if offload is None or needed is None:
            return fit
        if (taken and on_cpu < needed) or not needed:  # the even split fits, but not this one
            return replace(fit, offloaded=on_cpu)
        if value(offload.verdict) == 0:
            return fit
        return replace(fit, verdict=Verdict.OFFLOADED, offloaded=on_cpu or math.ceil(needed))

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
