"""The sheet Assumptions: a named cell each, so that every formula follows it, and scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from moe_report.load.assumptions_sheet import LABEL
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import number_text
from moe_report.renderers.excel.book import Book, Sheet, freeze
from moe_report.renderers.excel.palette import INPUT, QUIET, Look
from moe_report.renderers.excel.reference_sheets import CODE, SOFT, TEXT, heading, table_head
from moe_report.report import AssumptionValue, Report
from moe_report.table import BASE

TOP = 4  # the header's row
VALUE = 3  # the column that the formulas use
CHOICE = "$B$3"  # the cell that names the scenario
_CHOSEN_FILL = "E3EFFA"
_BOX = Look(
    color=INPUT, bold=True, fill=_CHOSEN_FILL, rule=True, number_format="@", horizontal="left"
)
_AFTER_NUMBER = Look(wrap=True, vertical="top", indent=1)


def chosen_scenario() -> str:
    """Return the formula, without ``=``, of the chosen scenario's name, for other sheets."""
    cell = f"{ASSUMPTIONS_SHEET}!{CHOICE}"
    return f'IF({cell}="","{BASE}",{cell})'


def write_assumptions(book: Book, report: Report) -> None:
    """Fill the sheet Assumptions."""
    sheet, style = book[ASSUMPTIONS_SHEET], book.palette
    scenarios = [scenario.name for scenario in report.scenarios]
    how = (
        "Choose a scenario, or change a value in blue, and everything follows."
        if scenarios else "Change a value in blue and everything follows."
    )  # fmt: skip
    heading(book, sheet, "Assumptions", f"What the metrics are computed for. {how}")
    columns = {
        "label": 28.0, "name": 20.0, "value": 12.0,
        **{name: max(12.0, min(len(name) + 3.0, 24.0)) for name in scenarios},
        "unit": 12.0, "symbol": 9.0, "default": 10.0, "help": 78.0,
    }  # fmt: skip
    table_head(book, sheet, TOP, columns, right=("value", *scenarios, "default"))
    after = VALUE + len(scenarios)
    for row, item in enumerate(report.assumptions, start=TOP + 1):
        what = item.definition
        sheet.rows.text(row, 1, what.label, style(Look(bold=True, vertical="top")))
        sheet.rows.text(row, 2, what.name, style(CODE))
        if scenarios:
            _choices(book, sheet, row, item, report)
        else:
            typed = _look(item.value, color=INPUT, bold=item.given)
            sheet.rows.number(row, VALUE, item.value, style(typed))
        sheet.rows.text(row, after + 1, what.unit, style(replace(SOFT, indent=1)))
        sheet.rows.text(row, after + 2, what.symbol.replace("_", " "), style(TEXT))
        plain_default = _look(what.default, color=QUIET)
        sheet.rows.number(row, after + 3, what.default, style(plain_default))
        sheet.rows.text(row, after + 4, what.help, style(_AFTER_NUMBER))
        cell = f"${column_letters(VALUE)}${row}"
        target = f"{ASSUMPTIONS_SHEET}!{cell}"
        book.shell.defined_names[what.name] = DefinedName(what.name, attr_text=target)
        check = DataValidation(
            type="whole" if what.whole else "decimal", operator="between",
            formula1=f"{what.minimum:g}",
            formula2=f"{what.maximum:.17g}", allow_blank=bool(scenarios), showErrorMessage=True,
            errorTitle=what.label[:32],
            error=f"A number from {what.minimum:g} to {what.maximum:g}."[:255],
        )  # fmt: skip
        check.add(f"{column_letters(VALUE)}{row}:{column_letters(after)}{row}")
        sheet.shell.add_data_validation(check)
    longest = max((len(f"{item.value:,.4f}") for item in report.assumptions), default=0)
    sheet.width(VALUE, max(12, longest))
    if scenarios:
        _choice(book, sheet, report, scenarios)
    freeze(sheet.shell, f"{column_letters(VALUE)}{TOP + 1}" if scenarios else f"A{TOP + 1}", 100,
           gridlines=False)  # fmt: skip
    sheet.print_setup(f"{TOP}:{TOP}")


def _choice(book: Book, sheet: Sheet, report: Report, scenarios: Sequence[str]) -> None:
    """The cell that chooses, and what marks the column that it chose."""
    style = book.palette
    sheet.rows.text(3, 1, LABEL, style(Look(bold=True)))
    sheet.rows.text(3, 2, report.scenario, style(_BOX))
    hint = (
        "← choose here. What a scenario leaves empty is as in base. To add one, insert a column "
        "left of the last and head it with a name."
    )
    sheet.rows.text(3, VALUE, hint, style(Look(color=QUIET, italic=True, size=9, indent=1)))
    sheet.height(3, 20)
    first, last = column_letters(VALUE + 1), column_letters(VALUE + len(scenarios))
    offered = DataValidation(
        type="list", formula1=f"${first}${TOP}:${last}${TOP}", allow_blank=False,
        showErrorMessage=True, errorTitle=LABEL, error="The name of a column of this sheet.",
    )  # fmt: skip
    offered.add(CHOICE.replace("$", ""))
    sheet.shell.add_data_validation(offered)
    is_chosen = f'{first}${TOP}=IF({CHOICE}="","{BASE}",{CHOICE})'
    sheet.shell.conditional_formatting.add(
        f"{first}{TOP}:{last}{TOP + len(report.assumptions)}",
        FormulaRule(formula=[is_chosen], fill=PatternFill(bgColor=_CHOSEN_FILL)),
    )


def _choices(book: Book, sheet: Sheet, row: int, item: AssumptionValue, report: Report) -> None:
    """What each scenario says, and the formula that takes the chosen one's."""
    style, name = book.palette, item.definition.name
    base = report.scenarios[0]
    numbers = [base.own.get(name, item.definition.default)]
    numbers += [scenario.own[name] for scenario in report.scenarios[1:] if name in scenario.own]
    if item.fixed:
        sheet.rows.number(row, VALUE, item.value, style(_look(item.value, color=INPUT, bold=True)))
        sheet.note(row, VALUE, "Typed in place of the formula: it holds in every scenario.")
    else:
        first, last = column_letters(VALUE + 1), column_letters(VALUE + len(report.scenarios))
        heads = f"${first}${TOP}:${last}${TOP}"
        chosen = f'INDEX({first}{row}:{last}{row},IF({CHOICE}="",1,MATCH({CHOICE},{heads},0)))'
        default = number_text(item.definition.default)
        base_value = f'IF({first}{row}="",{default},{first}{row})'
        formula = f'IF({chosen}="",{base_value},{chosen})'
        look = replace(_look(*numbers), bold=True)
        sheet.rows.formula(row, VALUE, formula, item.value, style(look))
    for column, scenario in enumerate(report.scenarios, start=VALUE + 1):
        number = scenario.own.get(name, numbers[0] if scenario is base else None)
        if number is None:
            sheet.rows.blank(row, column, style(_look(*numbers, color=INPUT)))
        else:
            look = _look(number, color=INPUT, bold=name in scenario.own)
            sheet.rows.number(row, column, number, style(look))


def _look(*numbers: float, color: str = "000000", bold: bool = False) -> Look:
    """The look of a cell that holds one of these numbers."""
    whole = [number == int(number) for number in numbers]
    format = "#,##0" if all(whole) else "General" if any(whole) else "#,##0.####"
    return Look(color=color, bold=bold, number_format=format, vertical="top")
