"""The sheet Assumptions: a named cell each, so that every formula follows it, and scenarios."""

from __future__ import annotations

from dataclasses import dataclass, replace

from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName

from moe_report.load.assumptions_sheet import LABEL
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import number_text
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.number_formats import number_format_of
from moe_report.renderers.excel.palette import (
    CODE,
    FORMULA,
    HINT,
    INPUT,
    QUIET,
    SOFT,
    STRONG,
    TEXT,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.presets_sheet import PresetRows, rows_of_presets
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.typed_numbers import is_right
from moe_report.reports import AssumptionValue, PresetChoice, Report, Scenario
from moe_report.schema.assumptions import Assumption
from moe_report.schema.presets import NO_PRESET
from moe_report.table import BASE

TOP = 4  # the header's row
VALUE = 3  # the column that the formulas use
CHOICE = "$B$3"  # the cell that names the scenario
_CHOSEN_FILL = "E3EFFA"
_BOX = Look(
    color=INPUT, bold=True, fill=_CHOSEN_FILL, rule=True, number_format="@", horizontal="right",
    vertical="top",
)  # fmt: skip


def chosen_scenario() -> str:
    """Return the formula, without ``=``, of the chosen scenario's name, for other sheets."""
    cell = f"{ASSUMPTIONS_SHEET}!{CHOICE}"
    return f'IF({cell}="","{BASE}",{cell})'


def chosen_preset(report: Report, group: str) -> str:
    """Return the formula, without ``=``, of a group's chosen preset, a dash for none."""
    row = [choice.group.name for choice in report.presets].index(group) + TOP + 1
    cell = f"{ASSUMPTIONS_SHEET}!${column_letters(VALUE)}${row}"
    return f'IF({cell}="","{NO_PRESET}",{cell})'


def write_assumptions(book: Book, report: Report) -> None:
    """Fill the sheet Assumptions."""
    sheet = book[ASSUMPTIONS_SHEET]
    scenarios = [scenario.name for scenario in report.scenarios]
    how = "Change a value in blue and everything follows."
    if scenarios:
        how = "Choose a scenario, or change a value in blue, and everything follows."
    sheet.heading("Assumptions", f"What the metrics are computed for. {how}")
    columns = {"label": 28.0, "name": 20.0, "value": 12.0}
    columns |= {name: max(12.0, min(len(name) + 3.0, 24.0)) for name in scenarios}
    columns |= {"unit": 12.0, "symbol": 9.0, "default": 10.0, "help": 78.0}
    sheet.table_head(TOP, columns.items(), right=("value", *scenarios, "default"))
    after = VALUE + len(scenarios)
    followed = _write_groups(sheet, report)
    for row, item in enumerate(report.assumptions, start=TOP + 1 + len(report.presets)):
        what = item.definition
        sheet.put(row, 1, what.label, STRONG)
        sheet.put(row, 2, what.name, CODE)
        follows = followed.get(what.name)
        if scenarios:
            _choices(sheet, row, item, report, follows)
        elif follows and item.value == follows.value(what, follows.choice.chosen):
            formula = follows.formula(what.name, VALUE)
            sheet.formula(row, VALUE, formula, item.value, _look(item.value, bold=item.given))
        else:
            sheet.put(row, VALUE, item.value, _look(item.value, color=INPUT, bold=item.given))
        sheet.put(row, after + 1, what.unit, replace(SOFT, indent=1))
        sheet.put(row, after + 2, what.symbol.replace("_", " "), TEXT)
        sheet.put(row, after + 3, what.default, _look(what.default, color=QUIET))
        sheet.put(row, after + 4, what.help, replace(TEXT, indent=1))
        target = f"{ASSUMPTIONS_SHEET}!${column_letters(VALUE)}${row}"
        book.shell.defined_names[what.name] = DefinedName(what.name, attr_text=target)
        area = f"{column_letters(VALUE)}{row}:{column_letters(after)}{row}"
        sheet.allow_number(area, what, blank=bool(scenarios))
        # what is pasted passes by what cells allow, and the metrics are computed with it
        wrong = f"NOT({is_right(what, f'{column_letters(VALUE)}{row}')})"
        sheet.highlight(area, wrong, fill=PatternFill("solid", bgColor=WARN_FILL))
    if scenarios:
        _choice(sheet, report)
        sheet.freeze(f"{column_letters(VALUE)}{TOP + 1}")


def _choice(sheet: Sheet, report: Report) -> None:
    """The cell that chooses, and what marks the column that it chose."""
    sheet.put(3, 1, LABEL, Look(bold=True))
    sheet.put(3, 2, report.scenario, replace(_BOX, horizontal="left", vertical="center"))
    hint = (
        "← choose here. What a scenario leaves empty is as in base. To add one, insert a column "
        "left of the last and head it with a name."
    )
    sheet.put(3, VALUE, hint, replace(HINT, indent=1))
    sheet.height(3, 20)
    first, last = column_letters(VALUE + 1), column_letters(VALUE + len(report.scenarios))
    sheet.allow(
        CHOICE.replace("$", ""),
        type="list",
        formula1=f"${first}${TOP}:${last}${TOP}",
        allow_blank=False,
        errorTitle=LABEL,
        error="The name of a column of this sheet.",
    )
    sheet.highlight(
        f"{first}{TOP}:{last}{TOP + len(report.presets) + len(report.assumptions)}",
        f'{first}${TOP}=IF({CHOICE}="","{BASE}",{CHOICE})',
        fill=PatternFill(bgColor=_CHOSEN_FILL),
    )


@dataclass(frozen=True)
class _Followed:
    """What an assumption follows that no number is typed for: the choice in a row of presets."""

    row: int
    choice: PresetChoice
    rows: PresetRows

    def formula(self, name: str, column: int) -> str:
        """Return the formula that follows the choice of a column."""
        return self.rows.value(name, f"${column_letters(column)}${self.row}")

    def value(self, what: Assumption, chosen: str) -> float:
        """Return what a preset sets, or the default for none."""
        return self.choice.group.values[chosen].get(what.name, what.default)


def _write_groups(sheet: Sheet, report: Report) -> dict[str, _Followed]:
    """Write a row to choose in for each group of presets; return what follows it, by name."""
    found: dict[str, _Followed] = {}
    rows = rows_of_presets(report)
    scenarios = report.scenarios
    for row, choice in enumerate(report.presets, start=TOP + 1):
        group = choice.group
        sheet.put(row, 1, group.label, STRONG)
        sheet.put(row, 2, group.name, CODE)
        after = VALUE + len(scenarios)
        if scenarios:
            _choose_by_scenario(sheet, row, choice, report)
        else:
            sheet.put(row, VALUE, choice.chosen or NO_PRESET, _BOX)
        sheet.put(row, after + 3, NO_PRESET, replace(SOFT, horizontal="right"))
        said = f"Choose, and {', '.join(group.sets)} follow; a number typed there wins. "
        said += f"The values and their sources are on the sheet {rows[group.name].sheet}."
        sheet.put(row, after + 4, said, replace(TEXT, indent=1))
        sheet.allow(
            f"{column_letters(VALUE + bool(scenarios))}{row}:{column_letters(after)}{row}",
            type="list",
            formula1=rows[group.name].names,
            allow_blank=True,
            errorTitle=group.label[:32],
            error="One of the presets, or – for none.",
        )
        found |= {name: _Followed(row, choice, rows[group.name]) for name in group.sets}
    longest = max((len(name) for one in report.presets for name in one.group.names), default=0)
    for column in range(VALUE, VALUE + 1 + len(scenarios)) if longest else ():
        least, most = sheet.limits.get(column, (0, 26))
        least = max(least, min(longest + 3.0, 26.0))
        sheet.limits[column] = least, max(least, most)
    return found


def _choose_by_scenario(sheet: Sheet, row: int, choice: PresetChoice, report: Report) -> None:
    """What each scenario chooses, and the formula that shows the chosen one's."""
    first, last = column_letters(VALUE + 1), column_letters(VALUE + len(report.scenarios))
    chosen = _of_chosen(first, last, row)
    formula = f'IF({chosen}="",IF({first}{row}="","{NO_PRESET}",{first}{row}),{chosen})'
    look = replace(_BOX, color=FORMULA, fill="", rule=False)
    sheet.formula(row, VALUE, formula, choice.chosen or NO_PRESET, look)
    for column, scenario in enumerate(report.scenarios, start=VALUE + 1):
        said = choice.by_scenario.get(scenario.name)
        sheet.put(row, column, NO_PRESET if said == "" else said, replace(_BOX, rule=False))


def _of_chosen(first: str, last: str, row: int) -> str:
    """The cell of a row in the column of the chosen scenario, as a formula."""
    heads = f"${first}${TOP}:${last}${TOP}"
    return f'INDEX({first}{row}:{last}{row},IF({CHOICE}="",1,MATCH({CHOICE},{heads},0)))'


def _choices(
    sheet: Sheet, row: int, item: AssumptionValue, report: Report, follows: _Followed | None
) -> None:
    """What each scenario says, and the formula that takes the chosen one's."""
    name = item.definition.name
    base = report.scenarios[0]
    numbers = [base.own.get(name, item.definition.default)]
    numbers += [scenario.own[name] for scenario in report.scenarios[1:] if name in scenario.own]
    if item.fixed:
        sheet.put(row, VALUE, item.value, _look(item.value, color=INPUT, bold=True))
        sheet.note(row, VALUE, "Typed in place of the formula: it holds in every scenario.")
    else:
        first, last = column_letters(VALUE + 1), column_letters(VALUE + len(report.scenarios))
        chosen = _of_chosen(first, last, row)
        default = number_text(item.definition.default)
        base_value = f'IF({first}{row}="",{default},{first}{row})'
        formula = f'IF({chosen}="",{base_value},{chosen})'
        sheet.formula(row, VALUE, formula, item.value, _look(*numbers, bold=True))
    for column, scenario in enumerate(report.scenarios, start=VALUE + 1):
        number = scenario.own.get(name, numbers[0] if scenario is base else None)
        shown = numbers if number is None else [number]
        if follows and name not in scenario.own:
            _follow(sheet, row, column, item, follows, scenario)
            continue
        sheet.put(row, column, number, _look(*shown, color=INPUT, bold=name in scenario.own))


def _follow(
    sheet: Sheet,
    row: int,
    column: int,
    item: AssumptionValue,
    follows: _Followed,
    scenario: Scenario,
) -> None:
    """What a scenario's preset sets; nothing where it names none, and base has it."""
    formula = follows.formula(item.definition.name, column)
    said = follows.choice.by_scenario.get(scenario.name)
    value: float | str = follows.value(item.definition, said or "")
    if scenario.name != BASE:
        formula = f'IF({column_letters(column)}${follows.row}="","",{formula})'
        value = "" if said is None else value
    look = _look(follows.value(item.definition, said or ""))
    sheet.formula(row, column, formula, value, look)


def _look(*numbers: float, color: str = "000000", bold: bool = False) -> Look:
    """The look of a cell that holds one of these numbers."""
    return Look(color=color, bold=bold, number_format=number_format_of(*numbers), vertical="top")
