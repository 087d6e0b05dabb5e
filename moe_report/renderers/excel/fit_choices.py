"""What is chosen in the columns of the sheet Fit: rows to choose in, and what was typed there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moe_report.compute.kinds import rows_by_kind
from moe_report.formula.operations import evaluate
from moe_report.load.our_sheets import FIT_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.reports import Report
from moe_report.schema.assumptions import Assumption
from moe_report.schema.planner import DEVICES, Planner
from moe_report.schema.presets import NO_PRESET, PresetGroup
from moe_report.text import shown

HEAD, PLACE, FIRST = 5, 6, 7  # rows: the models chosen, where they are in Models, what else is
COLUMNS = (3, 4, 5, 6)
MODEL = "model"
_SPREAD = "Devices, spread as engines do"
_COUNT = Assumption(DEVICES, _SPREAD, "N", "devices", "", 1, 1, 1_000_000, whole=True)

Typed = Mapping[str, str | float]
Cells = Mapping[tuple[int, int], str]  # texts of cells, formulas as such


@dataclass(frozen=True)
class Choice:
    """A row to choose in.

    Attributes:
        name: The assumption or the group of presets that it sets; or :data:`DEVICES`.
        label: What it is called.
        unit: What is counted.
        sets: The assumptions that it sets.
        number: What a number there may be; None if it is a name of a preset.
    """

    name: str
    label: str
    unit: str
    sets: tuple[str, ...]
    number: Assumption | None = None


@dataclass(frozen=True)
class Chosen:
    """What is chosen in a column.

    Attributes:
        at: The model's place in the report; None for none.
        typed: What was typed, by the names of choices.
        shown: What each choice shows.
        assumptions: The number of every assumption.
    """

    at: int | None
    typed: Typed
    shown: Mapping[str, str | float | None]
    assumptions: Mapping[str, float]


def choices_of(report: Report, planner: Planner) -> list[Choice]:
    """Return the rows to choose in: what the planner asks, and how many devices, if it spreads."""
    groups, known = _groups(report), _assumptions(report)
    found = []
    for asked in planner.asked:
        if asked.name in groups:
            found.append(Choice(asked.name, asked.words, "", groups[asked.name].sets))
        elif asked.name in known:
            what = known[asked.name]
            found.append(Choice(asked.name, asked.words, what.unit, (asked.name,), what))
    if planner.layout:
        spread = [at for at, one in enumerate(found) if one.name in planner.layout]
        devices = Choice(DEVICES, _SPREAD, _COUNT.unit, tuple(planner.layout), _COUNT)
        found.insert(min(spread, default=len(found)), devices)
    return found


def changing(choices: Sequence[Choice]) -> frozenset[str]:
    """Return the names of the assumptions that a column may change."""
    return frozenset(name for choice in choices for name in choice.sets)


def chosen_in(report: Report, planner: Planner) -> list[Chosen]:
    """Return what each column chooses: in a new workbook, the first models, and nothing else."""
    choices = choices_of(report, planner)
    if report.fitted is None:
        first = [at for rows in rows_by_kind(report).values() for at in rows][: len(COLUMNS)]
        told: list[Typed] = [{MODEL: report.models[at].name} for at in first]
    else:
        told = list(report.fitted[: len(COLUMNS)])
    told += [{}] * (len(COLUMNS) - len(told))
    return [_chosen(report, planner, choices, typed) for typed in told]


def _chosen(report: Report, planner: Planner, choices: Sequence[Choice], typed: Typed) -> Chosen:
    places = {model.name: at for at, model in enumerate(report.models)}
    at = places.get(str(typed.get(MODEL, "")))
    numbers = {item.definition.name: item.value for item in report.assumptions}
    groups, known = _groups(report), _assumptions(report)
    in_use = {one.group.name: one.chosen or NO_PRESET for one in report.presets}
    shown: dict[str, str | float | None] = {}
    devices = typed.get(DEVICES)
    if isinstance(devices, float):
        numbers |= _spread(report, planner, at, devices)
    for choice in choices:
        name, said = choice.name, typed.get(choice.name)
        if name == DEVICES:
            shown[name] = said
        elif name in groups:
            shown[name] = said if said is not None else in_use[name]
            if shown[name] != in_use[name]:
                values = groups[name].values[str(said).replace(NO_PRESET, "")]
                numbers |= {one: values.get(one, known[one].default) for one in choice.sets}
    for choice in choices:  # a number wins over a preset that sets it
        if choice.name in known:
            said = typed.get(choice.name)
            numbers |= {choice.name: said} if isinstance(said, float) else {}
            shown[choice.name] = None if np.isnan(numbers[choice.name]) else numbers[choice.name]
    return Chosen(at, typed, shown, numbers)


def _spread(report: Report, planner: Planner, at: int | None, devices: float) -> dict[str, float]:
    """The layout of some devices; NaN where the model lacks what it is made of."""
    found = {}
    for name, expr in planner.layout.items():
        values = {DEVICES: devices}
        for field in expr.symbols():
            if field != DEVICES:
                value = None if at is None else report.columns[field].cells[at].value
                values[field] = np.nan if value is None else value
        found[name] = float(evaluate(expr, values))
    return found


def is_choice(cells: Cells, column: int, row: int) -> bool:
    """Whether a cell of a sheet Fit is one to choose in."""
    below = FIRST
    while cells.get((1, below)):
        below += 1
    return column in COLUMNS and (row == HEAD or FIRST <= row < below)


def read_choices(
    cells: Cells, report: Report, planner: Planner
) -> tuple[tuple[Typed, ...], list[str]]:
    """Return what was typed in the columns of a sheet, and what of it cannot be chosen any more.

    Args:
        cells: Its texts, with formulas as such.
        report: What can be chosen.
        planner: The report's planner.
    """
    choices = {choice.label: choice for choice in choices_of(report, planner)}
    names = {model.name for model in report.models}
    found: list[Typed] = []
    gone = []
    for column in COLUMNS:
        typed: dict[str, str | float] = {}
        for (at, row), text in sorted(cells.items()):
            if at != column or not is_choice(cells, column, row) or text.startswith("="):
                continue
            text = " ".join(text.split())
            choice = choices.get(cells.get((1, row), ""))
            value: str | float | None = text if text in names else None
            if row != HEAD:
                value = None if choice is None else _value(report, choice, text)
            if value is None:
                gone.append(f"{shown(text)} in {column_letters(column)}{row}")
            else:
                typed[MODEL if choice is None else choice.name] = value
        found.append(typed)
    return tuple(found), gone


def users_formulas(
    cells: Cells, ours: Mapping[tuple[str, int], str]
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the formulas of a sheet's cells to choose in that are not ours there.

    Rows of other sheets that ours refer to may have moved, so numbers do not count; nor do
    brackets, which LibreOffice adds. What Excel shares with another cell is ``=`` alone.

    Args:
        cells: The sheet's texts.
        ours: The formulas that we write, by the label of the row and the column.
    """
    for (column, row), text in sorted(cells.items()):
        if text.startswith("=") and text != "=" and is_choice(cells, column, row):
            label = cells.get((1, row), "")
            if told(text) != told(ours.get((label, column), "")):
                yield (column, row), text


def told(formula: str) -> str:
    """Return what of a formula does not change as rows move, or as LibreOffice saves it."""
    return re.sub(rf"[\d\s$()]|{FIT_SHEET}!", "", formula)


def _value(report: Report, choice: Choice, text: str) -> str | float | None:
    group = _groups(report).get(choice.name)
    if group is not None:
        name = group.find(text)
        return None if name is None else name or NO_PRESET
    try:
        number = float(text)
    except ValueError:
        return None
    return None if choice.number is None or choice.number.refusal(number) else number


def _groups(report: Report) -> dict[str, PresetGroup]:
    return {choice.group.name: choice.group for choice in report.presets}


def _assumptions(report: Report) -> dict[str, Assumption]:
    return {item.definition.name: item.definition for item in report.assumptions}
