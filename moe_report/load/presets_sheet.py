"""Presets that a workbook chooses, and the sheet Presets: numbers may be changed, rows added."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moe_report.load.grid import Grid, address
from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.schema.assumptions import Assumption
from moe_report.schema.choice_names import unfit
from moe_report.schema.preset_columns import heading, unit_factor
from moe_report.schema.presets import NO_PRESET, Changes, PresetChange, PresetGroup
from moe_report.text import one_of, shown


@dataclass
class PresetReader:
    """Reads which presets the columns of a sheet Assumptions choose.

    Attributes:
        grid: The sheet's cells.
        groups: The groups of presets by name.
        choices: What was chosen, by scenario and then by group; empty for none.
    """

    grid: Grid
    groups: Mapping[str, PresetGroup]
    choices: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of = {name: group for group in self.groups.values() for name in group.sets}
        self._sheets = {group.sheet or PRESETS_SHEET for group in self.groups.values()}

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
        bare = formula.replace("'", "")
        return assumption in self._of and any(f"{sheet}!" in bare for sheet in self._sheets)


def is_sheet_of_presets(grid: Grid) -> bool:
    """Whether a sheet is one of ours: another has no columns 'group' and 'preset'."""
    return grid.header("group", "preset") is not None


def changes_of_presets(
    grid: Grid, groups: Mapping[str, PresetGroup], known: Mapping[str, Assumption]
) -> Changes:
    """Return what a sheet of presets says otherwise than the sections, each with a notice.

    A row of another name in a group of theirs is a preset of the workbook's own.

    Args:
        grid: The sheet.
        groups: The groups of presets by name.
        known: The assumptions by name.
    """
    found = grid.header("group", "preset")
    return _Table(grid, *found, groups, known).read() if found else {}


@dataclass
class _Table:
    """The table of such a sheet; an assumption may be called as one of its own columns is."""

    grid: Grid
    top: int
    heads: Sequence[str]
    groups: Mapping[str, PresetGroup]
    known: Mapping[str, Assumption]

    def read(self) -> Changes:
        named = [self.heads.index(name) + 1 for name in ("group", "preset")]
        texts = {at: self.grid.text(self.top, at) for at in range(1, len(self.heads) + 1)}
        columns = self._columns({at: texts[at] for at in reversed(texts) if at not in named})
        alone = [one.name for one in self.groups.values() if one.sheet == self.grid.sheet]
        sources = [at for at, text in texts.items() if text == "source" and at not in named]
        changes: dict[str, dict[str, PresetChange]] = {}
        first: dict[tuple[str, str], str] = {}
        for row in self.grid.below(self.top):
            group_name, name = (self.grid.text(row, at) for at in named)
            group_name = group_name or (alone[0] if name and len(alone) == 1 else "")
            group = self.groups.get(group_name)
            if group is None or not name:
                if group_name or name:
                    said = f"the row of {shown(name)} is skipped: no section has presets of a "
                    self._notice(f"{said}group {shown(group_name)}, or it names none")
                continue
            own = changes.setdefault(group.name, {})
            preset = group.changed(own).find(name)
            place = address(row, named[1])
            if (there := first.setdefault((group_name, preset or name), place)) != place:
                message = f"found {shown(name)} once more (already in {there}); expected it once"
                self.grid.problem(row, named[1], message)
            elif preset is None:
                if change := self._own(row, columns, sources, group, name, named[1]):
                    own[name] = change
            else:
                values = self._changed(row, columns, group, preset)
                source = self._source(row, sources, group, preset)
                if values or source is not None:
                    own[preset] = PresetChange(values, source)
        return {group: own for group, own in changes.items() if own}

    def _columns(self, texts: Mapping[int, str]) -> dict[str, tuple[int, float]]:
        """The column of each assumption, and the factor of the unit that its header names."""
        found = {}
        for at, text in texts.items():
            name, bracket, unit = text.removesuffix(")").partition(" (")
            what = self.known.get(name)
            factor = unit_factor(unit, what.unit) if what and bracket else 1.0
            if factor is None and what:
                message = f"found the unit {shown(unit)}, expected {heading(what)}"
                self.grid.problem(self.top, at, message)
            found[name if what else text] = at, factor or 1.0
        return found

    def _own(
        self,
        row: int,
        columns: Mapping[str, tuple[int, float]],
        sources: Sequence[int],
        group: PresetGroup,
        name: str,
        named: int,
    ) -> PresetChange | None:
        """A preset of the workbook's own, which needs every number and should have a source."""
        if expected := unfit(name):
            self.grid.problem(row, named, f"found {shown(name)}, expected a name{expected}")
            return None
        values: dict[str, float] = {}
        for key in group.sets:
            at, factor = columns.get(key, (named, 1.0))
            value = None if at == named else self.grid.number(row, at, self.known[key], factor)
            if value is not None:
                values[key] = value
            elif self.grid.value(row, at) in (None, "") or at == named:
                message = f"found no {key}, which every {group.name} sets; expected a number"
                self.grid.problem(row, at, message)
        if len(values) < len(group.sets):
            return None
        source = self.grid.text(row, sources[-1]) if sources else ""
        self._notice(
            f"{name} is a preset of {group.name} of this workbook's own"
            + ("" if source else "; write into the column source where its numbers come from")
        )
        return PresetChange(values, source)

    def _changed(
        self,
        row: int,
        columns: Mapping[str, tuple[int, float]],
        group: PresetGroup,
        preset: str,
    ) -> dict[str, float]:
        values = {}
        for name in group.sets:
            usual = group.values[preset].get(name, self.known[name].default)
            if name not in columns:
                continue
            at, factor = columns[name]
            value = self.grid.number(row, at, self.known[name], factor)
            where = f"{preset or NO_PRESET} sets {name} to"
            if value is None:
                self._notice(
                    f"{where} nothing there, and to {usual:g} in its section, which is used"
                )
            elif not math.isclose(value, usual, rel_tol=1e-12):
                values[name] = value
                self._notice(f"{where} {value:g} there, and to {usual:g} in its section: the "
                             "number there holds")  # fmt: skip
        return values

    def _source(
        self, row: int, columns: Sequence[int], group: PresetGroup, preset: str
    ) -> str | None:
        usual = next((one.source for one in group.presets if one.name == preset), None)
        text = self.grid.text(row, columns[-1]) if columns else ""
        if usual is None or not text or text == " ".join(usual.split()):
            return None
        self._notice(f"the source of {preset} there is kept, which is not that of its section")
        return text

    def _notice(self, text: str) -> None:
        self.grid.collected.notice("changed-preset", text, self.grid.sheet)
