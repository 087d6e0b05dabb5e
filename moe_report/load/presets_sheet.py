"""Presets that a workbook chooses, and the sheet Presets, whose numbers may have been changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moe_report.load.grid import Grid
from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.schema.assumptions import Assumption
from moe_report.schema.presets import NO_PRESET, PresetGroup
from moe_report.table import BASE, Given, given
from moe_report.text import one_of, shown

Values = Mapping[tuple[str, str], Mapping[str, float]]  # by group and preset, then by assumption


@dataclass
class PresetReader:
    """Reads which presets the columns of a sheet Assumptions choose.

    Attributes:
        grid: The sheet's cells.
        groups: The groups of presets by name.
        values: What the workbook's own table of presets says.
        choices: What was chosen, by scenario and then by group; empty for none.
    """

    grid: Grid
    groups: Mapping[str, PresetGroup]
    values: Values
    choices: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of = {name: group for group in self.groups.values() for name in group.sets}

    def group(self, name: object) -> PresetGroup | None:
        """Return the group of a row, by what stands under 'name'."""
        return self.groups.get(name.strip()) if isinstance(name, str) else None

    def read(self, row: int, column: int, group: PresetGroup, scenario: str) -> None:
        """Take what a cell chooses for a scenario."""
        if self.grid.is_broken(row, column) or not (text := self.grid.text(row, column)):
            return
        name = group.find(text)
        if name is None:
            expected = f"expected {one_of((*group.names, NO_PRESET))}."
            expected += self.grid.collected.nearest(text, group.names)
            message = f"found {shown(self.grid.value(row, column))}, {expected}"
            self.grid.problem(row, column, message)
        else:
            self.choices.setdefault(scenario, {})[group.name] = name

    def chosen(self, scenario: str, assumption: str) -> str:
        """Return the preset that sets an assumption; empty for none."""
        group = self._of.get(assumption)
        return self.choices.get(scenario, {}).get(group.name, "") if group else ""

    def follows(self, assumption: str, formula: str) -> bool:
        """Whether the formula of an assumption looks up what a preset sets."""
        return assumption in self._of and f"{PRESETS_SHEET}!" in formula.replace("'", "")

    def changed(self, what: Assumption, scenario: str, place: str) -> Given | None:
        """Return what the workbook's own table gives in place of what the preset sets, if it does.

        What the file still holds as the formula's value may be of another choice.
        """
        group = self._of[what.name]
        name = self.choices.get(scenario, {}).get(group.name, "" if scenario == BASE else None)
        if name is None:
            return None
        value = group.values[name].get(what.name, what.default)
        theirs = self.values.get((group.name, name), {}).get(what.name, value)
        if theirs == value:
            return None
        said = f"{name or NO_PRESET} sets {what.name} to {theirs:g} there, and to {value:g} in its "
        said += "section: the number there is taken as typed"
        self.grid.collected.notice("changed-preset", said, PRESETS_SHEET)
        return given(theirs, 1, place)


def values_of_presets(grid: Grid | None) -> Values:
    """Return the numbers of a sheet Presets, if it has the columns 'group' and 'preset'."""
    found = grid.header("group", "preset") if grid is not None else None
    if grid is None or not found:
        return {}
    top = found[0]
    heads = {grid.text(top, at): at for at in range(1, len(grid.cells[top - 1]) + 1)}
    values = {}
    for row in grid.below(top):
        name = grid.text(row, heads["preset"])
        numbers = {
            head: float(value)
            for head, at in heads.items()
            if isinstance(value := grid.value(row, at), (int, float))
            and not isinstance(value, bool)
        }
        key = (grid.text(row, heads["group"]), "" if name == NO_PRESET else name)
        values[key] = numbers
    return values
