"""What a user put on our sheets beside the cells' contents: an update keeps it, or names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.datavalidation import DataValidation

from tests.edit.test_update import at, edited, loaded, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import YELLOW, add_column, letters
from tests.office import FIRST


def test_a_link_to_a_place_in_the_workbook(report: Path) -> None:
    """As openpyxl writes one: with a target that is a place and no part."""

    def link(book: Any) -> None:
        book.create_sheet("Mine")
        at(book["Models"], "Large", "source").value = "see there"
        at(book["Models"], "Large", "source").hyperlink = "#Mine!A1"

    edited(report, link)
    update(report)
    assert at(loaded(report)["Models"], "Large", "source").hyperlink.target == "#Mine!A1"


def check(operator: str) -> DataValidation:
    """A validation that, but for its operator, could be one of ours."""
    return DataValidation(
        type="whole", operator=operator, formula1="0", formula2="1", errorTitle="mine"
    )


def mark(cells: str) -> FormulaRule:
    """A conditional format that could be one of ours."""
    column, row = coordinate_from_string(cells.partition(":")[0])
    formula = f"AND(COUNT({column}${row},{column}${row})=2,{column}{row}>{column}{row})"
    return FormulaRule(formula=[formula], fill=YELLOW)


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize(("header", "operator"), [
    ("cost", "between"), ("cost", "notBetween"), ("num_shared_experts", "notBetween"),
])  # fmt: skip
def test_rules_that_are_like_ours(
    report: Path, header: str, operator: str, *, between: bool
) -> None:
    """They are the user's where ours are not, or compare otherwise; ours stay once."""

    def lay(book: Any) -> None:
        add_column(book, "cost", {"Small": 1, "Large": 1})
        sheet = book["Models"]
        rule = check(operator)
        rule.add(cells_of(sheet, header))
        sheet.add_data_validation(rule)
        sheet.conditional_formatting.add(cells_of(sheet, "cost"), mark(cells_of(sheet, "cost")))

    count = len(loaded(report)["Models"].data_validations.dataValidation)
    edited(report, lay, settle=between)
    for _ in range(2):
        update(report)
        sheet = loaded(report)["Models"]
        rules = sheet.data_validations.dataValidation
        [mine] = [rule for rule in rules if rule.errorTitle == "mine"]
        assert (str(mine.sqref), mine.operator or "between") == (cells_of(sheet, header), operator)
        assert len(rules) == count + (header == "cost")
        areas = [str(item.sqref) for item in sheet.conditional_formatting]
        assert areas.count(cells_of(sheet, "cost")) == 1


def cells_of(sheet: Any, header: str) -> str:
    """The area of the models' cells in a column."""
    column = letters(sheet, header)
    return f"{column}{FIRST}:{column}{FIRST + 1}"
