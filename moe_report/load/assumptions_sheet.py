"""The sheet Assumptions of a workbook: what the metrics are computed for, perhaps by scenario.

Beside the column ``value`` each further column is a scenario, headed with its name; a cell of it
that is empty is as in base. Base is the column of that name, or else ``value``. Above the header
the cell right of "Scenario" names the chosen one. Where there is a column ``base``, ``value`` holds
the formulas that choose, and a number typed over one of them holds in every scenario.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from moe_report.load.grid import Grid, address
from moe_report.load.presets_sheet import PresetReader, changes_of_presets
from moe_report.schema.assumptions import Assumption
from moe_report.schema.choice_names import unfit
from moe_report.schema.presets import merged_changes, with_changes
from moe_report.schema.registry import Registry
from moe_report.schema.scenario_names import OURS, is_no_scenario
from moe_report.table import BASE, Given, Scenarios, given
from moe_report.text import is_number, one_of, shown

LABEL = "Scenario"
CHOOSES = re.compile(r"\bMATCH\(", re.IGNORECASE)  # the formula of a scenario's value


def read_assumptions(
    grid: Grid | None, registry: Registry, presets: Sequence[Grid] = ()
) -> tuple[dict[str, Given], Scenarios]:
    """Return what the sheet Assumptions says, if it has the columns 'name' and 'value'.

    Args:
        grid: The sheet; None if there is none.
        registry: What assumptions and presets there are.
        presets: The sheets of presets, whose numbers hold if somebody has changed them.
    """
    known = registry.assumptions
    changes = merged_changes(*(changes_of_presets(one, registry.presets, known) for one in presets))
    if grid is None:
        return {}, Scenarios(changes=changes)
    if found := grid.header("name", "value"):
        read = PresetReader(grid, with_changes(registry.presets, changes))
        base, scenarios = _Sheet(grid, found[0], registry.assumptions, read).read()
        return base, replace(scenarios, changes=changes)
    grid.skip_without("name", "value")
    return {}, Scenarios(changes=changes)


@dataclass
class _Sheet:
    grid: Grid
    top: int
    known: Mapping[str, Assumption]
    presets: PresetReader
    columns: dict[str, int] = field(default_factory=dict)
    scenarios: dict[str, int] = field(default_factory=dict)

    def read(self) -> tuple[dict[str, Given], Scenarios]:
        label = self._label()
        self._find_columns(strict=label is not None)
        chosen = BASE if label is None else self._chosen(*label)
        base_at = self.columns.get(BASE)
        base: dict[str, Given] = {}
        own: dict[str, dict[str, Given]] = {name: {} for name in self.scenarios}
        first: dict[str, str] = {}
        rows = {}
        at = self.columns["value"] if base_at is None else base_at
        groups = self._read_groups({BASE: at, **self.scenarios}, base_at is not None)
        for row in self.grid.below(self.top):
            if row in groups:
                continue
            what = self._row(row, first, (at, self.columns["value"], *self.scenarios.values()))
            if what is None:
                continue
            rows[row] = what
            value = self._typed(row, at, what)
            chosen_one = self.presets.chosen(BASE, what.name)
            if value is not None and (value.value != what.default or chosen_one):
                base[what.name] = value
            for name, column in self.scenarios.items():
                value = self._typed(row, column, what)
                if value is not None:
                    own[name][what.name] = value
        fixed: dict[str, Given] = {}
        if base_at is not None:
            active = {**base, **own.get(chosen, {})}
            fixed = self._fixed(rows, {name: item.value for name, item in active.items()})
        return base, Scenarios(chosen, own, fixed, self.presets.choices)

    def _read_groups(self, columns: Mapping[str, int], by_scenario: bool) -> set[int]:
        """Read the rows that choose presets; return which they are."""
        found = set()
        first: dict[str, str] = {}
        name_at = self.columns["name"]
        for row in self.grid.below(self.top):
            group = self.presets.group(self.grid.value(row, name_at))
            if group is None:
                continue
            found.add(row)
            if any(self.grid.text(row, column) for column in columns.values()):
                if group.name in first:
                    self._once_more(row, group.name, first[group.name])
                    continue
                first[group.name] = address(row, name_at)
            for name, column in columns.items():
                self.presets.read(row, column, group, name)
            value = self.columns["value"]
            if by_scenario and self.grid.text(row, value) and not self.grid.formula(row, value):
                message = f"found {shown(self.grid.value(row, value))} in place of the formula, "
                message += "which nothing follows; choose it in the column base or a scenario's"
                self.grid.problem(row, value, message)
        return found

    def _typed(self, row: int, column: int, what: Assumption) -> Given | None:
        """The number of a cell, unless it follows a preset."""
        formula = self.grid.formula(row, column)
        if formula is not None and self.presets.follows(what.name, formula.text):
            return None
        return self._number(row, column, what)

    # -- the header, and what is above it

    def _label(self) -> tuple[int, int] | None:
        """Row and column of the cell that names the chosen scenario."""
        for row in range(1, self.top):
            for column in range(1, len(self.grid.cells[row - 1]) + 1):
                text = self.grid.text(row, column).rstrip(":").rstrip()
                if text.casefold() == LABEL.casefold():
                    return row, column + 1
        return None

    def _chosen(self, row: int, column: int) -> str:
        names = {name.casefold(): name for name in (BASE, *self.scenarios)}
        text = self.grid.text(row, column)
        if self.grid.lacks_value(row, column) or not text:
            return BASE
        if text.casefold() not in names:
            found = tuple(names.values())
            message = f"found {shown(self.grid.value(row, column))}, expected {one_of(found)}."
            self.grid.problem(row, column, message + self.grid.collected.nearest(text, found))
        return names.get(text.casefold(), BASE)

    def _find_columns(self, *, strict: bool) -> None:
        seen: dict[str, str] = {}
        for at in range(1, len(self.grid.cells[self.top - 1]) + 1):
            value, text = self.grid.value(self.top, at), self.grid.text(self.top, at)
            folded = text.casefold()
            message, row = "", self.top
            if folded in OURS and not (strict and folded in self.columns):
                self.columns[folded] = at
            elif folded in OURS:
                message = f"found {text!r} once more; expected each column once"
            elif not text and strict and (number := self._first_number(at)):
                row = number
                message = f"found {shown(self.grid.value(row, at))} in a column without header"
                message += "; expected the name of a scenario above it"
            elif is_no_scenario(text):
                continue
            elif folded in seen:
                message = f"found the scenario {text!r} once more (already in {seen[folded]})"
                message += "; expected each name once"
            elif folded == BASE:
                self.columns[BASE] = at
            elif not strict and self._is_words(at):
                skipped = f"the column {shown(text)} of the sheet {self.grid.sheet} holds no"
                self.grid.collected.notice("skipped-column", f"{skipped} numbers and is skipped")
            else:
                message = _unfit(value, text)
                if not message:
                    self.scenarios[text] = at
            if message:
                self.grid.problem(row, at, message)
            seen.setdefault(folded, address(self.top, at))

    def _first_number(self, column: int) -> int:
        """The first row of an assumption that has a number in a column; 0 for none."""
        for row in self.grid.below(self.top):
            named = "name" in self.columns and self.grid.value(row, self.columns["name"])
            if named and isinstance(self.grid.value(row, column), (int, float)):
                return row
        return 0

    def _is_words(self, column: int) -> bool:
        """Whether a column has words and no number, as one of remarks does."""
        names = self.columns.get("name", 0)
        if any(
            self.presets.group(self.grid.value(row, names)) and self.grid.text(row, column)
            for row in (self.grid.below(self.top) if names else ())
        ):
            return False
        values = [self.grid.value(row, column) for row in self.grid.below(self.top)]
        words = [value for value in values if isinstance(value, str) and value.strip()]
        numbers = [value for value in values if isinstance(value, (bool, int, float))]
        return bool(words) and not numbers and not any(map(is_number, words))

    # -- the rows

    def _row(self, row: int, first: dict[str, str], columns: Sequence[int]) -> Assumption | None:
        """The assumption of a row, None if it is none; what is wrong with its name is noted."""
        name_at = self.columns["name"]
        name = self.grid.value(row, name_at)
        name = name.strip() if isinstance(name, str) else name
        values = [value for at in columns if (value := self.grid.value(row, at)) not in (None, "")]
        formula = any(self.grid.formula(row, at) for at in columns)
        if not values and not (formula and name in self.known):
            return None
        if name in (None, ""):
            numbers = [value for value in values if not isinstance(value, str)]
            if numbers:  # else a remark between the assumptions
                message = f"found {shown(numbers[0])} without a name"
                message += "; expected the name of an assumption"
                self.grid.problem(row, name_at, message)
            return None
        what = self.known.get(name)
        if what is None and self.grid.own_report:
            message = f"assumption {name!r} of the earlier report is skipped: no installed metric"
            self.grid.collected.notice("unknown-assumption", f"{message} takes it")
        elif what is None:
            message = f"found {shown(name)}, expected the name of an assumption."
            self.grid.problem(
                row, name_at, message + self.grid.collected.nearest(str(name), self.known)
            )
        elif name in first:
            self._once_more(row, str(name), first[name])
            what = None
        first.setdefault(str(name), address(row, name_at))
        return what

    def _once_more(self, row: int, name: str, first: str) -> None:
        message = f"found {name} once more (already in {first}); expected it once"
        self.grid.problem(row, self.columns["name"], message)

    def _number(self, row: int, column: int, what: Assumption) -> Given | None:
        value = self.grid.number(row, column, what)
        place = f"{self.grid.sheet}!{address(row, column)}"
        return None if value is None else given(value, 1, place)

    def _fixed(self, rows: dict[int, Assumption], active: dict[str, float]) -> dict[str, Given]:
        """What is typed under 'value' over the formulas that choose."""
        found = {}
        column = self.columns["value"]
        for row, what in rows.items():
            formula = self.grid.formula(row, column)
            if formula is not None and CHOOSES.search(formula.text):
                continue
            number = self._number(row, column, what)
            if number is None:
                continue
            follows = active.get(what.name, what.default)
            if formula is not None and math.isclose(number.value, follows, rel_tol=1e-12):
                continue
            found[what.name] = number
            if self.scenarios:
                message = f"{what.name} is {number.value:g} in every scenario, for that stands in "
                message += f"{number.place} in place of the formula"
                self.grid.collected.notice("fixed-assumption", message)
        return found


def _unfit(value: object, name: str) -> str:
    """What is wrong with the name of a scenario."""
    if not isinstance(value, str):
        return f"found {shown(value)}, expected a text: the name of a scenario"
    expected = unfit(name)
    return f"found {shown(name)}, expected the name of a scenario{expected}" if expected else ""
