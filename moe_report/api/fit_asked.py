"""What was asked of ``moe-report fit``: options and assumptions, as typed, by what they set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moe_report.api.asked import number_said
from moe_report.errors import InputError, Problem, first_of, nearest
from moe_report.schema.assumptions import Assumption
from moe_report.schema.planner import Planner
from moe_report.schema.presets import PresetGroup
from moe_report.schema.registry import Registry

if TYPE_CHECKING:
    from moe_report.api.prepare import Used
    from moe_report.reports import AssumptionValue

AUTO = "auto"
DEVICE = "device"  # the option without which there is nothing to fit into


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


def said_in(
    question: Question, known: Registry, planner: Planner, groups: Mapping[str, PresetGroup]
) -> dict[str, str]:
    """Return what was set, by the names of assumptions and groups of presets.

    Raises:
        InputError: An option, or what it is set to, is not understood.
    """
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
        number = number_said(text, whole=item.whole, unit=item.unit) if item else 0
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


def refuse_no_device(
    planner: Planner,
    groups: Mapping[str, PresetGroup],
    in_use: Mapping[str, str],
    used: Used,
    values: Sequence[AssumptionValue],
) -> None:
    """Refuse a question without a device: none is meant by default.

    Raises:
        InputError: There is none.
    """
    asked = planner.asks(DEVICE)
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
    raise InputError([Problem(f"--{DEVICE}", f"say which, one of {known}")])
