"""References to Excel Tables, written out as cells: what is one, and what only looks like it."""

from __future__ import annotations

from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from moe_report.ooxml.package import Package
from moe_report.ooxml.structured_references import Tables
from tests.fill.books import saved


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Two tables on a sheet, in columns A to C and E, with years as headers."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Years"
    for row in (["name", "2024", "1", None, "2024"], ["a", 1, 2, None, 3], ["b", 4, 5, None, 6]):
        sheet.append(row)
    sheet.add_table(Table(displayName="Costs", ref="A1:C3"))
    sheet.add_table(Table(displayName="Plan", ref="E1:E3"))
    book.defined_names["Plan"] = DefinedName("Plan", attr_text="Years!$A$1")
    return Tables(Package(saved(book)))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(Costs[2024])", "SUM('Years'!$B$2:$B$3)"),
        ("SUM(costs[1])", "SUM('Years'!$C$2:$C$3)"),
        ("[2024]*2+[1]", "'Years'!$B$2:$B$3*2+'Years'!$C$2:$C$3"),
        ("[@2024]", "'Years'!$B$2"),
        ("SUM(Costs[[2024]:[1]])", "SUM('Years'!$B$2:$C$3)"),
        ("SUM(Plan[2024])", "SUM('Years'!$E$2:$E$3)"),
        ("ROWS(Costs)", "ROWS('Years'!$A$2:$C$3)"),
        ("ROWS( COSTS )&Costs", "ROWS( 'Years'!$A$2:$C$3 )&'Years'!$A$2:$C$3"),
    ],
)
def test_columns_and_tables_are_written_out(tables: Tables, formula: str, expected: str) -> None:
    """A number may be a column's name, and a table's name alone is its data."""
    assert tables.written_out(formula, "Years", 3, 2) == expected


@pytest.mark.parametrize(
    "formula",
    [
        "[1]Sheet1!A1", "[1]!name", "[12]'a b'!A1", "'[1]Years'!A1+[2]Costs!B2", "Costs!A1",
        "'Costs'!A1", "Costs(1)", 'A1&"Costs[2024]"', "Years!Costs", "Costs.1+_Costs+$Costs",
        "A1:Costs", "Costs:B2", "Plan*2",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_stays(tables: Tables, formula: str) -> None:
    """Another workbook's number, a sheet, a function, a defined name, a text, an end of a range."""
    assert tables.written_out(formula, "Years", 3, 2) == formula


@pytest.mark.parametrize("formula", ["Costs[2025]", "[3]", "Other[1]"])
def test_what_leads_nowhere_is_wrong(tables: Tables, formula: str) -> None:
    """A column or a table that is not there."""
    with pytest.raises(ValueError, match=r"there is no table|has no column"):
        tables.written_out(formula, "Years", 3, 2)
