"""The sheet Assumptions of a workbook."""

from __future__ import annotations

import openpyxl
import pytest

from moe_report.renderers.excel.assumptions_sheet import VALUE
from tests.office import convert, stored
from tests.renderers.excel.test_fit_sheet import report, written

_SAYS = 20  # a column beside all others
PASTED = {"context_length": 0, "num_sequences": 2.5, "attention_bits": "eight", "device_price": 3}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """What the rules of some cells say of what was pasted there, by the assumption's name."""
    folder = tmp_path_factory.mktemp("pasted")
    book = openpyxl.load_workbook(written(report(), folder / "report.xlsx"))
    sheet = book["Assumptions"]
    rows = {cell.value: cell.row for cell in sheet["B"] if cell.value in PASTED}
    for area in sheet.conditional_formatting:
        for row in {cells.min_row for cells in area.sqref.ranges} & {*rows.values()}:
            (rule,) = area.rules
            sheet.cell(row, _SAYS).value = f"={rule.formula[0]}"
    for name, row in rows.items():
        sheet.cell(row, VALUE).value = PASTED[name]
    book.save(folder / "pasted.xlsx")
    found = stored(convert(folder / "pasted.xlsx", folder / "live"), "Assumptions")
    return {name: bool(found[row - 1][_SAYS - 1]) for name, row in rows.items()}


def test_what_is_pasted_past_a_check_stands_out(said: dict[str, bool]) -> None:
    """Below the least, no whole number, and a text; a number that may be does not."""
    wrong = {name: name != "device_price" for name in said}
    assert said == wrong
    assert len(said) == len(PASTED)
