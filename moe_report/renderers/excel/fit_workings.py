"""What the sheet Fit computes with, on the hidden sheet Workings: a row a number, a column a model.

A metric that rests on what a column may change is computed anew in the column, by its own formula;
whatever does not is taken from the table Models. A number that is typed there holds here, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moe_report.compute.chains import Chain, chain_of, chain_values
from moe_report.errors import PluginError
from moe_report.formula.excel import excel, lacking
from moe_report.formula.expr import Expr
from moe_report.formula.operations import evaluate, missing_symbols
from moe_report.load.our_sheets import FIT_SHEET, SHEET, WORKINGS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import MAX_FORMULA
from moe_report.renderers.excel.assumptions_sheet import chosen_preset
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.fit_choices import (
    COLUMNS,
    FIRST,
    MODEL,
    PLACE,
    Choice,
    Chosen,
    changing,
    choices_of,
    chosen_in,
)
from moe_report.renderers.excel.palette import CODE, LINK, QUIET, SOFT, Look
from moe_report.renderers.excel.presets_sheet import rows_of_presets
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.typed_numbers import is_right, number_if_right
from moe_report.reports import Column, Report
from moe_report.schema.planner import DEVICES, Planner

TOP = 4  # the first row of numbers
VERDICT = "verdict"  # the row of 1 where the model fits, 0 where it does not
NEVER = -1  # what stands there of a layout that no engine runs
_VALUE = "value "  # before a name in the tests of the audit
_COLUMN = "\0"  # stands for a column's letters in a formula until those are known
_NUMBER, _LINK = Look(), Look(color=LINK)


def formulas_shown(report: Report, planner: Planner) -> dict[tuple[str, int], str]:
    """Return the formulas of a sheet Fit in which nothing is chosen, by their row's label."""
    workings = FitWorkings(Book(WORKINGS_SHEET), report, planner)
    return {
        (choice.label, column): f"={workings.shown(choice, column)}"
        for choice in workings.choices
        if choice.name != DEVICES
        for column in COLUMNS
    }


class FitWorkings:
    """The block of the sheet Fit.

    Attributes:
        choices: The rows of the sheet Fit in which something is chosen.
        chosen: What each column chooses.
        values: Each column's numbers and verdict, NaN where one is missing.
        below: The first row below it.
    """

    def __init__(self, book: Book, report: Report, planner: Planner) -> None:
        self.sheet: Sheet = book[WORKINGS_SHEET]
        self.report, self.planner = report, planner
        self.choices = choices_of(report, planner)
        self.chosen = chosen_in(report, planner)
        fields = [name for expr in planner.layout.values() for name in expr.symbols()]
        wanted = [*planner.columns, *(part.name for part in planner.parts)]
        wanted += [name for name in fields if name != DEVICES]
        # no model can be so: the tests of the planner's numbers
        self._tests = [
            rule.when for rule in report.rules
            if rule.level == "impossible" and not {*rule.columns}.isdisjoint(planner.columns)
            and all(one.startswith(_VALUE) for one in rule.when.symbols())
        ]  # fmt: skip
        wanted += [_name(one) for test in self._tests for one in test.symbols()]
        self._presets = rows_of_presets(report)
        self._by_name = {name: one for one in self.choices for name in one.sets} | {
            one.name: one
            for one in self.choices  # a number wins over a preset that sets it
        }
        self.chain = chain_of(report, dict.fromkeys(wanted), changing(self.choices))
        self._names = [*self.chain.assumed, *(column.name for column in self._columns())]
        self._computed = {column.name: column for column in self.chain.computed}
        self._rows = {name: TOP + at for at, name in enumerate([*self._names, VERDICT])}
        self.below = TOP + len(self._rows) + 1
        self.values = [self._judged(self._values(self.chain, one)) for one in self.chosen]

    def _columns(self) -> Sequence[Column]:
        return *self.chain.taken, *self.chain.computed

    def _values(self, chain: Chain, chosen: Chosen) -> dict[str, float]:
        if chosen.at is None:
            return dict.fromkeys(self._rows, np.nan)
        if not chosen.typed.keys() - {MODEL}:  # as on Models
            cells = {one.name: one.cells[chosen.at].value for one in self._columns()}
            numbers = {name: np.nan if one is None else one for name, one in cells.items()}
            return {name: chosen.assumptions[name] for name in chain.assumed} | numbers
        found = chain_values(chain, [chosen.at], chosen.assumptions)
        return {name: float(np.broadcast_to(value, 1)[0]) for name, value in found.items()}

    def _judged(self, values: dict[str, float]) -> dict[str, float]:
        """The numbers of a column with its verdict."""
        known = {f"{_VALUE}{name}": value for name, value in values.items()}
        never = any(np.broadcast_to(evaluate(test, known), 1)[0] == 1 for test in self._tests)
        return {**values, VERDICT: NEVER if never else values[self.planner.verdict]}

    def cell(self, name: str, column: int) -> str:
        """Return where a number of a column of the sheet Fit is."""
        return f"{WORKINGS_SHEET}!{column_letters(column)}${self._rows[name]}"

    def undefined(self, name: str, column: int) -> tuple[str, bool]:
        """Return the test whether a metric is missing though nothing it needs is, and its truth.

        One that was cleared on Models is not, nor is one that no choice changes.
        """
        expr = self._computed[name].expr if name in self._computed else None
        if expr is None:
            return "FALSE", False
        taken = self._taken(name, f"{FIT_SHEET}!{column_letters(column)}${PLACE}")
        lacks = lacking(expr, lambda one: self.cell(one, column))
        test = f"AND(_xlfn.ISFORMULA({taken}),NOT({lacks}))"
        chosen, values = self.chosen[column - COLUMNS[0]], self.values[column - COLUMNS[0]]
        if chosen.at is None or self.report.columns[name].cells[chosen.at].unclear:
            return test, False

        def value(part: Expr) -> float:
            return float(evaluate(part, {one: values[one] for one in part.symbols()}))

        missing = missing_symbols(expr, value, lambda one: not np.isnan(values[one]))
        return test, bool(np.isnan(values[name])) and not missing

    def choice_row(self, name: str) -> int:
        """Return the row of the sheet Fit in which something is chosen."""
        return FIRST + [choice.name for choice in self.choices].index(name)

    def layout(self, name: str, column: int) -> str:
        """Return the formula of an assumption that the number of devices sets, if there is one."""
        choice = self._by_name[DEVICES]
        devices = f"{FIT_SHEET}!{column_letters(column)}${self.choice_row(DEVICES)}"
        spread = excel(
            self.planner.layout[name],
            lambda one: devices if one == DEVICES else self.cell(one, column),
        )
        assert choice.number is not None
        return f'IF({devices}="",{name},IF({is_right(choice.number, devices)},{spread},""))'

    def write(self) -> None:
        """Fill the block."""
        self.sheet.shell.sheet_state = "hidden"
        note = "How the sheet Fit computes: what each column assumes, what it takes from Models, "
        self.sheet.put(1, 1, f"{note}and the metrics that follow, by their formulas.", SOFT)
        for column, text in enumerate(("name", "unit"), start=1):
            self.sheet.put(TOP - 1, column, text, CODE)
        for column in COLUMNS:
            letters = column_letters(column)
            text = f'{FIT_SHEET}!{letters}$5&""'
            at = self.chosen[column - COLUMNS[0]].at
            name = "" if at is None else self.report.models[at].name
            self.sheet.formula(TOP - 1, column, text, name, _LINK)
        units = {item.definition.name: item.definition.unit for item in self.report.assumptions}
        for row, name in enumerate(self._names, start=TOP):
            unit = units.get(name) or self.report.columns[name].unit
            self.sheet.put(row, 1, name, CODE)
            self.sheet.put(row, 2, unit, Look(color=QUIET, size=9))
            self._row(name, row)
        self._verdicts(self._rows[VERDICT])
        self.sheet.width(1, 34)
        self.sheet.width(2, 14)
        for column in COLUMNS:
            self.sheet.width(column, 18)

    def _row(self, name: str, row: int) -> None:
        computed = self._computed
        place = f"{FIT_SHEET}!{_COLUMN}${PLACE}"
        if name in self.chain.assumed:
            self._assumption(name, row)
            return
        taken = self._taken(name, place)
        formula, look = f'IF(ISNUMBER({taken}),{taken},"")', _LINK
        if name in computed:
            expr = computed[name].expr
            assert expr is not None
            own = excel(expr, lambda one: f"{_COLUMN}${self._rows[one]}")
            formula, look = f"IF(_xlfn.ISFORMULA({taken}),{own},{formula})", _NUMBER
        formula = f'IF({place}=0,"",{formula})'
        for column, values in zip(COLUMNS, self.values, strict=True):
            text = formula.replace(_COLUMN, column_letters(column))
            if len(text) >= MAX_FORMULA:
                raise PluginError(too_long(name, text))
            self.sheet.formula(row, column, text, number(values[name]), look)

    def _verdicts(self, row: int) -> None:
        self.sheet.put(row, 1, VERDICT, CODE)
        for column, values in zip(COLUMNS, self.values, strict=True):
            tests = [
                f"{excel(test, lambda one: self._here(_name(one), column))}=TRUE"  # noqa: B023
                for test in self._tests
            ]
            formula = self._here(self.planner.verdict, column)
            if tests:
                formula = f"IF(OR({','.join(tests)}),{NEVER},{formula})"
            self.sheet.formula(row, column, formula, number(values[VERDICT]), _NUMBER)

    def _here(self, name: str, column: int) -> str:
        return f"{column_letters(column)}${self._rows[name]}"

    def _taken(self, name: str, place: str) -> str:
        return f"INDEX({SHEET}[{name}],{place})"

    def _assumption(self, name: str, row: int) -> None:
        for column, values in zip(COLUMNS, self.chosen, strict=True):
            formula = self._assumed(name, column)
            value = number(values.assumptions[name])
            self.sheet.formula(row, column, formula, value, _LINK)

    def _assumed(self, name: str, column: int) -> str:
        """The formula of an assumption: what the column's own choice says, else Assumptions."""
        setting = self._by_name.get(name)
        if setting is None:
            return name
        cell = f"{FIT_SHEET}!{column_letters(column)}${self.choice_row(setting.name)}"
        if setting.name == DEVICES:
            return self.layout(name, column)
        if setting.number is not None:
            follows = self.followed(name, column)  # as the cell did, before it was cleared
            return f"IF(ISBLANK({cell}),{follows},{number_if_right(setting.number, cell)})"
        return self._of_preset(setting, name, cell)

    def shown(self, choice: Choice, column: int) -> str:
        """Return the formula of what a choice shows, as long as nobody types over it."""
        if choice.number is None:
            return chosen_preset(self.report, choice.name)
        return self.followed(choice.name, column)

    def followed(self, name: str, column: int) -> str:
        """Return the formula of a number that may be typed, as long as nobody does.

        It is of the devices, or of the preset, that sets it, if there is one; else Assumptions'.
        """
        if name in self.planner.layout:
            return self.layout(name, column)
        groups = (one for one in self.choices if name in one.sets and name != one.name != DEVICES)
        if (setting := next(groups, None)) is None:
            return name
        row = self.choice_row(setting.name)
        return self._of_preset(setting, name, f"{FIT_SHEET}!{column_letters(column)}${row}")

    def _of_preset(self, choice: Choice, name: str, cell: str) -> str:
        same = chosen_preset(self.report, choice.name)
        value = self._presets[choice.name].value(name, cell)
        return f'IF(OR({cell}="",{cell}={same}),{name},IFERROR({value},""))'


def _name(symbol: str) -> str:
    return symbol.removeprefix(_VALUE)


def number(value: float) -> float | None:
    """Return a number, None for NaN."""
    return None if np.isnan(value) else float(value)


def too_long(name: str, text: str) -> str:
    """Return the sentence for a formula that is longer than Excel takes."""
    return (
        f"the formula of {name!r} on the sheet {WORKINGS_SHEET} has {len(text):,} characters, and "
        f"Excel takes {MAX_FORMULA:,}; split the metric in two"
    )
