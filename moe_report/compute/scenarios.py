"""Scenarios: named sets of assumptions, of which a report is computed for one."""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET
from moe_report.table import BASE, Given, ModelTable
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


def typed_in(table: ModelTable, scenario: str) -> Mapping[str, Given]:
    """Return the assumptions that a table sets where a scenario is chosen, by name."""
    own = {} if scenario == BASE else table.scenarios.values[scenario]
    return {**table.assumptions, **own, **table.scenarios.fixed}
