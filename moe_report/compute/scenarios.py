"""Scenarios: named sets of assumptions, of which a report is computed for one."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET
from moe_report.schema.presets import PresetGroup, with_changes
from moe_report.table import BASE, Given, ModelTable, given
from moe_report.text import one_of, shown


def scenario_named(table: ModelTable, wanted: str | None) -> str:
    """Return the scenario of that name, without regard to case; by default the chosen one.

    Raises:
        InputError: There is none of that name.
    """
    names = (BASE, *table.scenarios.values)
    name = table.scenarios.chosen if wanted is None else " ".join(wanted.split())
    found = {one.casefold(): one for one in names}.get(name.casefold())
    if found is not None:
        return found
    if table.scenarios.values:
        message = f"there is no such scenario; expected {one_of(names)}.{nearest(name, names)}"
    else:
        message = (
            f"{table.source.name} has no scenarios: columns beside 'value' of the sheet "
            f"{ASSUMPTIONS_SHEET}, each headed with a name"
        )
    raise InputError([Problem(f"scenario {shown(name)}", message)])


def groups_of(table: ModelTable, groups: Mapping[str, PresetGroup]) -> dict[str, PresetGroup]:
    """Return the groups of presets with what the table's workbook says of them, by name."""
    return with_changes(groups, table.scenarios.changes)


def typed_in(
    table: ModelTable, scenario: str, groups: Mapping[str, PresetGroup]
) -> Mapping[str, Given]:
    """Return the assumptions that a table sets where a scenario is chosen, by name.

    What the scenario types wins over the preset that it names, and both over what base says.
    """
    found: dict[str, Given] = {}
    for name in dict.fromkeys((BASE, scenario)):
        usual = dict.fromkeys(groups, "") if name == BASE else {}
        for group, chosen in {**usual, **table.scenarios.presets.get(name, {})}.items():
            if group in groups:
                for key in groups[group].sets:
                    found.pop(key, None)
                values = groups[group].values[chosen]
                found |= {key: given(value) for key, value in values.items()}
        found |= table.assumptions if name == BASE else table.scenarios.values.get(name, {})
    return {**found, **table.scenarios.fixed}


def presets_in(
    table: ModelTable, scenario: str, groups: Mapping[str, PresetGroup]
) -> Mapping[str, str]:
    """Return the preset of each group where a scenario is chosen; empty for none."""
    found = dict.fromkeys(groups, "")
    for name in (BASE, scenario):
        chosen = table.scenarios.presets.get(name, {})
        found |= {group: preset for group, preset in chosen.items() if group in groups}
    return found
