"""What a user put on our sheets beside the cells' contents: an update keeps it, or names it."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils.cell import absolute_coordinate, coordinate_from_string
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from moe_report.ooxml.package import Package
from tests.edit.test_update import at, edited, loaded, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import YELLOW, add_column, letters, turned
from tests.fill.richparts import add_pivot
from tests.office import FIRST, stored


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


RESTING = ("=SUM(counts)", "=A1+1", "=ROWS(Models)", '=VLOOKUP("Small",Models,3,FALSE)',
           "=SUM(Models[num_experts])", "='Models'!A4", "=SUM(Summary:Models!B6)")  # fmt: skip
FREE = ("=D1*2", '=D1&"Models!A4"', "=D2")


def test_no_stored_value_is_of_the_report_before(report: Path, tmp_path: Path) -> None:
    """Whatever way a formula, a chart or a pivot table of the user's comes to our cells."""

    def rest(book: Any) -> None:
        own = book.create_sheet("Mine")
        cells = cells_of(book["Models"], "num_experts")
        fixed = f"Models!{absolute_coordinate(cells)}"
        book.defined_names["counts"] = DefinedName("counts", attr_text=fixed)
        for row, (resting, free) in enumerate(zip_longest(RESTING, FREE), start=1):
            own[f"A{row}"], own[f"B{row}"] = resting, free
        own["D1"], own["D2"] = 3, 4
        chart = BarChart()
        chart.add_data(Reference(book["Models"], range_string=f"Models!{cells}"))
        own.add_chart(chart, "H1")

    edited(report, rest)
    package = Package(report.read_bytes())
    part = package.sheets()["Mine"]
    package[part] = re.sub(rb"<v ?/>|<v></v>", b"<v>42</v>", package[part])
    drawing = package.related_part(part, "drawing") or ""
    chart = package.related_part(drawing, "chart") or ""
    package[chart] = package[chart].replace(
        b"</f></numRef>", b"</f><numCache><ptCount val='2'/></numCache></numRef>"
    )
    add_pivot(package, part)
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    package[cache] = package[cache].replace(b'ref="A20:C23" sheet="Models"', b'name="Models"')
    report.write_bytes(package.save())

    update(report, turned(tmp_path, "New"))
    rows = stored(report, "Mine")
    assert [row[0] for row in rows[: len(RESTING)]] == [None] * len(RESTING)
    assert [row[1] for row in rows[: len(FREE)]] == [42] * len(FREE)
    package = Package(report.read_bytes())
    assert b"numCache" not in package[chart]
    assert b'refreshOnLoad="1"' in package[cache]
