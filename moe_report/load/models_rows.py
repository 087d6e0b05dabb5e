"""The rows below the header of a sheet of models: every value with the cell that it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from moe_report.load.collected import NO_NUMBER, NO_STORED_VALUE
from moe_report.load.grid import Grid, address, no_number
from moe_report.load.models_checks import check_rules, out_of_bounds
from moe_report.load.models_header import Columns
from moe_report.schema.headers import Known
from moe_report.table import Given, Row, given
from moe_report.text import CONTROL, shown

_MISSING_SIGNS = {"", "-", "–", "—", "n/a", "na", "none"}
_PERCENT = Decimal("0.01")
_YES_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


@dataclass
class RowReader:
    """Reads rows of models, and remembers the formulas whose stored values it took."""

    grid: Grid
    columns: Columns
    formulas: list[str] = field(default_factory=list)

    def read(self, row: int) -> Row | None:
        """Return the model of a row; None if there is none, or none that can be used."""
        columns = self.columns
        if not any(self._is_filled(row, column) for column in (*columns.known, *columns.carried)):
            return None
        texts: dict[str, str] = {}
        numbers: dict[str, Given] = {}
        problems = self.grid.collected.problems
        before = len(problems)
        for column, known in columns.known.items():
            if known.field is not None and known.field.kind == "text":
                text = self._text(row, column)
                if known.name in ("name", "compare_with"):
                    text = " ".join(text.split())  # a line break in a name is layout
                if text:
                    texts[known.name] = text
            else:
                number = self._number(row, column, known)
                if number is not None:
                    numbers[known.name] = number
        name = texts.pop("name", "")
        place = f"{self.grid.sheet}!{row}"
        if not name:
            at = columns.at("name")
            if not any(problem.cell == address(row, at) for problem in problems[before:]):
                message = "found a row without a name; expected one in every row"
                self.grid.problem(row, at, message)
            return None
        if not numbers and len(problems) == before:
            message = f"{shown(name)} has no number at all and is skipped"
            self.grid.collected.notice(NO_NUMBER, message, place)
            return None
        check_rules(self.grid, row, columns, numbers)
        carried = {header: self._carried(row, column) for column, header in columns.carried.items()}
        return Row(name, place, texts, numbers, carried)

    def _is_filled(self, row: int, column: int) -> bool:
        if self.grid.value(row, column) is None:
            return not self.grid.own_report and self.grid.formula(row, column) is not None
        return bool(self.grid.text(row, column))

    def _text(self, row: int, column: int) -> str:
        value = self.grid.value(row, column)
        if self.grid.is_broken(row, column) or value is None:
            return ""
        expected = ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            expected = "text"
        elif CONTROL.search(str(value)):
            expected = "text without control characters"
        if expected:
            self.grid.problem(row, column, f"found {shown(value)}, expected {expected}")
            return ""
        return str(value).strip()

    def _number(self, row: int, column: int, known: Known) -> Given | None:
        formula = self.grid.formula(row, column)
        # A formula of our own reports: a metric's, or a default.
        ours = known.field is None or known.field.default is not None
        if formula and self.grid.own_report and ours:
            return None
        value = self.grid.value(row, column)
        if self.grid.is_broken(row, column) or value is None:
            return None
        if isinstance(value, str) and value.strip().casefold() in _MISSING_SIGNS:
            return None
        if known.field is not None and known.field.kind == "flag":
            if isinstance(value, str):
                value = _YES_NO.get(value.strip().casefold(), value)
            elif isinstance(value, bool):
                value = int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.grid.problem(row, column, no_number(value, known.name))
            return None
        scale = known.scale
        if scale == _PERCENT and _shows_percent(self.grid.cells[row - 1][column - 1].number_format):
            scale = 1  # the cell shows 27.6 % for 0.276
        cell = address(row, column)
        typed = given(value, scale, f"{self.grid.sheet}!{cell}")
        if wrong := out_of_bounds(known, typed.value):
            scaled = f" ({typed.value:,.15g})" if scale != 1 else ""
            message = f"found {value!r}{scaled}, expected {wrong} for {known.name}"
            self.grid.problem(row, column, message)
            return None
        if formula:
            self.formulas.append(cell)
        return typed

    def _carried(self, row: int, column: int) -> object:
        if not self.grid.own_report:
            self.grid.lacks_value(row, column)
        elif (formula := self.grid.formula(row, column)) and not formula.has_value:
            message = "a formula of yours has no stored value yet and is carried along empty"
            place = f"{self.grid.sheet}!{address(row, column)}"
            self.grid.collected.notice(NO_STORED_VALUE, message, place)
        return self.grid.value(row, column)


def _shows_percent(number_format: str) -> bool:
    """Whether a number format shows hundredths; a quoted or escaped % is only a letter."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", number_format)
