"""What of an older report gives way: to what an input says, or for what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moe_report.errors import first_of
from moe_report.reports import Report
from moe_report.table import CarriedCell, ModelTable, Row
from moe_report.text import counted, shown, shown_name

_SHOWN = 6


def replaced_by(rows: Sequence[Row], old: ModelTable) -> list[str]:
    """Say which cells of an older report an input has another value of, which is taken.

    Args:
        rows: The models of the input.
        old: Those of the report.
    """
    before = {row.name: row for row in old.rows}
    found = [
        f"{name} of {shown_name(row.name)}"
        for row in rows
        if row.name in before
        for name in _differing(row, before[row.name])
    ]
    if not found:
        return []
    return [
        f"{old.source.name}: what the input says takes the place of {counted(len(found), 'cell')} "
        f"that had something else: {first_of(found, _SHOWN)}"
    ]


def _differing(row: Row, old: Row) -> Iterator[str]:
    for name, number in row.numbers.items():
        if name in old.numbers and old.numbers[name].value != number.value:
            yield name
    for name, text in row.texts.items():
        if old.texts.get(name, text) != text:
            yield name
    for header, value in row.carried.items():
        if header not in old.carried:
            continue
        formulas = [_formula(one, header) for one in (row, old)]
        stood = old.carried[header]
        if formulas[0] != formulas[1] or not (any(formulas) or stood in (None, value)):
            yield header


def _formula(row: Row, header: str) -> str:
    """The formula of a cell, however a program spaces it; a unit of the input is spelled out."""
    parts = row.looks.get(header, CarriedCell()).formula
    text = "".join(part if isinstance(part, str) else part.at(f"[{part.name}]") for part in parts)
    return "".join(text.split())


def left_out_of(report: Report, old: ModelTable) -> list[str]:
    """Say which assumptions that an older report sets have no place in a new one of fewer sections.

    Args:
        report: The new one.
        old: What was read of the older one.
    """
    known = {item.definition.name for item in report.assumptions} | report.columns.keys()
    known |= {one.group.name for one in report.presets}
    settings = old.scenarios
    values = {"": {**old.assumptions, **settings.fixed}, **settings.values}
    gone = [
        f"{name} of the scenario {shown(scenario)}" if scenario else f"{name} = {said.value:g}"
        for scenario, assumptions in values.items()
        for name, said in assumptions.items()
        if name not in known
    ]
    groups = [group for chosen in settings.presets.values() for group in chosen]
    groups = [*dict.fromkeys([*groups, *settings.changes])]
    gone += [f"the presets of {group}" for group in groups if group not in known]
    if not gone:
        return []
    return [
        f"{old.source.name}: no section that is chosen takes {first_of(gone, _SHOWN)}; that leaves "
        "the report"
    ]
