"""The sheet Assumptions of a workbook: what the metrics are computed for, perhaps by scenario.

Beside the column ``value`` each further column is a scenario, headed with its name; a cell of it
that is empty is as in base. Base is the column of that name, or else ``value``. Above the header
the cell right of "Scenario" names the chosen one. Where there is a column ``base``, ``value`` holds
the formulas that choose, and a number typed over one of them holds in every scenario.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from moe_report.errors import nearest
from moe_report.load.grid import (
    ASSUMPTIONS_SHEET,
    HEADER_ROWS,
    STORED_AS_TEXT,
    plain,
    read_grid,
    sheet_named,
)
from moe_report.load.models_sheet import SheetReader
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import Package
from moe_report.ooxml.scan import Scan
from moe_report.schema.assumptions import Assumption
from moe_report.schema.registry import Registry
from moe_report.table import BASE, Given, Scenarios, Source, given
from moe_report.text import CONTROL, is_number, one_of, shown

LABEL = "Scenario"
# Columns that are no scenarios: ours, and remarks. One that starts with # is none either.
OURS = frozenset({"label", "name", "value", "unit", "symbol", "default", "help"})
_REMARKS = frozenset({"comment", "comments", "description", "meaning", "note", "notes", "remark",
                      "remarks", "source"})  # fmt: skip
_LONGEST_NAME = 60
_WILD = re.compile(r"[*?~]")  # what MATCH takes for other letters
_CHOOSES = re.compile(r"\bMATCH\(", re.IGNORECASE)


def read_assumptions(
    book: Any, package: Package, source: Source, registry: Registry, reader: SheetReader
) -> tuple[dict[str, Given], Scenarios]:
    """Return what the sheet Assumptions says, if it has the columns 'name' and 'value'."""
    sheet = sheet_named(ASSUMPTIONS_SHEET, package.sheets())
    if sheet is None:
        return {}, Scenarios()
    scan, grid = read_grid(book, package, source.name, sheet)
    header = next(
        (
            number
            for number, cells in enumerate(grid[:HEADER_ROWS])
            if {"name", "value"} <= {str(cell.value).strip().casefold() for cell in cells}
        ),
        None,
    )
    if header is None:
        reader.warnings.append(
            f"{source.name}: the sheet {sheet} has no columns 'name' and 'value' and is skipped"
        )
        return {}, Scenarios()
    return _Sheet(sheet, scan, grid, header, registry, reader).read()


@dataclass
class _Sheet:
    sheet: str
    scan: Scan
    grid: Sequence[Sequence[Any]]
    top: int
    registry: Registry
    reader: SheetReader
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
        for number in range(self.top + 1, len(self.grid)):
            at = self.columns["value"] if base_at is None else base_at
            what = self._row(number, first, (at, self.columns["value"], *self.scenarios.values()))
            if what is None:
                continue
            rows[number] = what
            value = self._number(number, at, what)
            if value is not None and value.value != what.default:
                base[what.name] = value
            for name, column in self.scenarios.items():
                value = self._number(number, column, what)
                if value is not None:
                    own[name][what.name] = value
        fixed: dict[str, Given] = {}
        if base_at is not None:
            active = {**base, **own.get(chosen, {})}
            fixed = self._fixed(rows, {name: item.value for name, item in active.items()})
        return base, Scenarios(chosen, own, fixed)

    # -- the header, and what is above it

    def _label(self) -> tuple[int, int] | None:
        for number, cells in enumerate(self.grid[: self.top]):
            for at, cell in enumerate(cells):
                text = str(cell.value).strip().rstrip(":").rstrip().casefold()
                if text == LABEL.casefold():
                    return number, at + 1
        return None

    def _chosen(self, row: int, column: int) -> str:
        value = self._value(row, column)
        names = {name.casefold(): name for name in (BASE, *self.scenarios)}
        if self._lacks_value(row, column):
            return BASE
        if value is None or not str(value).strip():
            return BASE
        text = " ".join(str(value).split())
        if text.casefold() not in names:
            found = tuple(names.values())
            near = nearest(text, found)
            message = f"found {shown(value)}, expected {one_of(found)}.{near}"
            self._problem(row, column, message)
        return names.get(text.casefold(), BASE)

    def _find_columns(self, *, strict: bool) -> None:
        seen: dict[str, str] = {}
        for at in range(len(self.grid[self.top])):
            value = self._value(self.top, at)
            text = " ".join(str(value).split()) if value is not None else ""
            folded = text.casefold()
            if folded in OURS and not (strict and folded in self.columns):
                self.columns[folded] = at
            elif folded in OURS:
                message = f"found {text!r} once more; expected each column once"
                self._problem(self.top, at, message)
            elif not text and strict and (row := self._first_number(at)):
                message = f"found {shown(self._value(row, at))} in a column without header"
                self._problem(row, at, f"{message}; expected the name of a scenario above it")
            elif not text or folded in _REMARKS or text.startswith("#"):
                continue
            elif folded in seen:
                message = f"found the scenario {text!r} once more (already in {seen[folded]})"
                self._problem(self.top, at, f"{message}; expected each name once")
            elif folded == BASE:
                self.columns[BASE] = at
            elif not strict and self._is_words(at):
                self.reader.warnings.append(
                    f"{self.reader.source.name}: the column {shown(text)} of the sheet "
                    f"{self.sheet} holds no numbers and is skipped"
                )
            elif message := _unfit(value, text):
                self._problem(self.top, at, message)
            else:
                self.scenarios[text] = at
            seen.setdefault(folded, self._address(self.top, at))

    def _first_number(self, column: int) -> int:
        """The first row of an assumption that has a number in a column; 0 for none."""
        for row in range(self.top + 1, len(self.grid)):
            named = "name" in self.columns and self._value(row, self.columns["name"])
            if named and isinstance(self._value(row, column), (int, float)):
                return row
        return 0

    def _is_words(self, column: int) -> bool:
        """Whether a column has words and no number, as one of remarks does."""
        values = [self._value(row, column) for row in range(self.top + 1, len(self.grid))]
        words = [value for value in values if isinstance(value, str) and value.strip()]
        numbers = [value for value in values if isinstance(value, (bool, int, float))]
        return bool(words) and not numbers and not any(map(is_number, words))

    # -- the rows

    def _row(self, row: int, first: dict[str, str], columns: Sequence[int]) -> Assumption | None:
        """The assumption of a row, None if it is none; what is wrong with its name is noted."""
        known = self.registry.assumptions
        name_at = self.columns["name"]
        name = self._value(row, name_at)
        name = name.strip() if isinstance(name, str) else name
        values = [self._value(row, at) for at in columns]
        values = [value for value in values if value is not None and value != ""]
        formula = any(self._address(row, at) in self.scan.formulas for at in columns)
        if not values and not (formula and name in known):
            return None
        if name is None or name == "":
            numbers = [value for value in values if not isinstance(value, str)]
            if numbers:  # else a remark between the assumptions
                message = f"found {shown(numbers[0])} without a name"
                self._problem(row, name_at, f"{message}; expected the name of an assumption")
            return None
        what = known.get(name)
        if what is None and self.reader.own_report:
            self.reader.warnings.append(
                f"{self.reader.source.name}: assumption {name!r} of the earlier report is skipped: "
                "no installed metric takes it"
            )
        elif what is None:
            near = nearest(str(name), known)
            message = f"found {shown(name)}, expected the name of an assumption.{near}"
            self._problem(row, name_at, message)
        elif name in first:
            message = f"found {name} once more (already in {first[name]}); expected it once"
            self._problem(row, name_at, message)
            what = None
        first.setdefault(str(name), self._address(row, name_at))
        return what

    def _number(self, row: int, column: int, what: Assumption) -> Given | None:
        value = self._value(row, column)
        if self._lacks_value(row, column) or value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            message = f"found {shown(value)}, expected a number for {what.name}"
            if isinstance(value, str) and is_number(value):
                message += STORED_AS_TEXT
        elif expected := what.refusal(value):
            message = f"found {value!r}, expected {expected} for {what.name}"
        else:
            return given(value, 1, f"{self.sheet}!{self._address(row, column)}")
        self._problem(row, column, message)
        return None

    def _fixed(self, rows: dict[int, Assumption], active: dict[str, float]) -> dict[str, Given]:
        """What is typed under 'value' over the formulas that choose."""
        found = {}
        column = self.columns["value"]
        for row, what in rows.items():
            formula = self.scan.formulas.get(self._address(row, column))
            if formula is not None and _CHOOSES.search(formula.text):
                continue
            number = self._number(row, column, what)
            if number is None:
                continue
            follows = active.get(what.name, what.default)
            if formula is not None and math.isclose(number.value, follows, rel_tol=1e-12):
                continue
            found[what.name] = number
            if self.scenarios:
                self.reader.warnings.append(
                    f"{self.reader.source.name}: {what.name} is {number.value:g} in every scenario,"
                    f" for that stands in {number.place} in place of the formula"
                )
        return found

    # -- cells

    def _value(self, row: int, column: int) -> Any:
        cells = self.grid[row]
        return plain(cells[column].value) if column < len(cells) else None

    def _lacks_value(self, row: int, column: int) -> bool:
        formula = self.scan.formulas.get(self._address(row, column))
        if formula is None or formula.has_value:
            return False
        message = (
            f"found the formula ={formula.text} without a stored value; open the file in Excel or "
            "LibreOffice and save it"
        )
        self._problem(row, column, message)
        return True

    def _address(self, row: int, column: int) -> str:
        return f"{column_letters(column + 1)}{row + 1}"

    def _problem(self, row: int, column: int, message: str) -> None:
        self.reader.problem(self._address(row, column), message, self.sheet)


def _unfit(value: object, name: str) -> str:
    """What is wrong with the name of a scenario."""
    if not isinstance(value, str):
        return f"found {shown(value)}, expected a text: the name of a scenario"
    if CONTROL.search(name) or _WILD.search(name):
        return f"found {shown(name)}, expected the name of a scenario, without * ? ~"
    if len(name) > _LONGEST_NAME:
        most = f"at most {_LONGEST_NAME} characters"
        return f"found {shown(name)}, expected the name of a scenario: {most}"
    return ""
