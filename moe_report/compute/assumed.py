"""What a report is computed for: the value of each assumption, and what it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.compute.scenarios import presets_in, typed_in
from moe_report.errors import InputError, Problem, nearest
from moe_report.reports import AssumptionValue
from moe_report.schema.presets import PresetGroup
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable


def assumption_values(
    table: ModelTable,
    registry: Registry,
    groups: Mapping[str, PresetGroup],
    chosen: Mapping[str, float],
    presets: Mapping[str, str],
    scenario: str,
) -> tuple[AssumptionValue, ...]:
    """Return the value that each assumption has, and where it comes from.

    Args:
        table: What was read: it may set some, and choose presets.
        registry: The metrics.
        groups: The presets, by group.
        chosen: Numbers that win over all else, by name.
        presets: Presets by group that win over the table.
        scenario: Of the table.

    Raises:
        InputError: An assumption is unknown or out of bounds.
    """
    known = registry.assumptions
    problems = []
    for name in chosen:
        if name not in known:
            message = f"there is no such assumption.{nearest(name, (*known, *groups))}"
            problems.append(Problem(f"assumption {name!r}", message))
    typed_ones = typed_in(table, scenario, groups)
    by_preset = {
        key: groups[group].values[one].get(key, known[key].default)
        for group, one in presets.items()
        for key in groups[group].sets
    }
    in_use = {**presets_in(table, scenario, groups), **presets}
    values = []
    for name, definition in known.items():
        typed = typed_ones.get(name)
        set_ones = {**by_preset, **chosen}
        value = set_ones.get(name, typed.value if typed else definition.default)
        place = typed.place if typed and name not in set_ones else ""
        if expected := definition.refusal(value):
            where = f"{table.source.name}, {place}" if place else f"assumption {name!r}"
            problems.append(Problem(where, f"found {value:,g}, expected {expected} for {name}"))
        given = name in set_ones or typed is not None
        fixed = name in set_ones or name in table.scenarios.fixed
        preset = next((
            f"{group} {one}" for group, one in in_use.items()
            if one and name not in chosen and not place
            and groups[group].values[one].get(name) == value
        ), "")  # fmt: skip
        values.append(AssumptionValue(definition, value, given, fixed, preset))
    if problems:
        raise InputError(problems)
    return tuple(values)
