"""A row below the models that sums them up is the user's, and stays below them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Font

from tests.edit.test_update import edited, loaded, run, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import add_column, everywhere, letters, turned
from tests.office import FIRST, HEADER, recalculated

ROW = FIRST + 2
FORMULAS = {
    "SUBTOTAL(109,Models[{header}])": "SUBTOTAL(109,Models[{header}])",
    "SUM({at}4:{at}5)": "SUM({at}4:{at}6)",
    "SUM(${at}$4:${at}$5)/2": "SUM(${at}$4:${at}$6)/2",
}


def sum_up(book: Any, formula: str, *, in_table: bool, label: str) -> None:
    """Sum up a column of the user's and one of ours, as Excel's totals or by hand."""
    sheet = book["Models"]
    add_column(book, "cost", everywhere("={total_params}{row}*2"))
    sheet.cell(ROW, 1).value = label
    for header in ("cost", "total_params"):
        cell = sheet[f"{letters(sheet, header)}{ROW}"]
        cell.value = "=" + formula.format(header=header, at=cell.column_letter)
        cell.font = Font(bold=True, size=13)
    if in_table:
        table = sheet.tables["Models"]
        corner = table.ref.split(":")[1].rstrip("0123456789")
        table.ref, table.totalsRowCount = f"A{HEADER}:{corner}{ROW}", 1
        table.tableColumns[0].totalsRowLabel = label
        table.tableColumns[-1].totalsRowFunction = "sum"


@pytest.mark.parametrize(("formula", "in_table", "label", "settle"), [
    *((formula, True, "all of them", False) for formula in FORMULAS),
    *((formula, False, "Summe (2)", False) for formula in FORMULAS),
    ("SUM({at}4:{at}5)", True, "Total", True), ("SUM({at}4:{at}5)", False, "Total", True),
])  # fmt: skip
def test_a_row_of_totals_stays_below(
    report: Path, tmp_path: Path, formula: str, in_table: bool, label: str, settle: bool
) -> None:
    """With a model more, it sums up that, too; it is no model, also if its values are stored."""
    edited(
        report, lambda book: sum_up(book, formula, in_table=in_table, label=label), settle=settle
    )
    for source in ((), (turned(tmp_path, "New"),)):
        done = run(*source, "--update", report, "-q")
        assert (done.exit_code, done.output) == (0, "")
    sheet = loaded(report)["Models"]
    assert [sheet.cell(row, 1).value for row in range(FIRST, ROW + 3)] == [
        "New", "Large", "Small", label, None
    ]  # fmt: skip
    for header in ("cost", "total_params"):
        cell = sheet[f"{letters(sheet, header)}{ROW + 1}"]
        assert cell.value == "=" + FORMULAS[formula].format(header=header, at=cell.column_letter)
        assert (cell.font.bold, cell.font.size) == (True, 13)
    table = sheet.tables["Models"]
    assert table.ref.endswith(str(ROW + 1 if in_table else ROW))
    assert table.autoFilter.ref.endswith(str(ROW))
    assert (table.totalsRowCount or 0) == int(in_table)
    if in_table and not settle:  # LibreOffice drops them
        assert table.tableColumns[0].totalsRowLabel == label
        assert table.tableColumns[-1].totalsRowFunction == "sum"


def test_its_numbers_are_right(report: Path, tmp_path: Path) -> None:
    """LibreOffice adds up what there is now."""
    edited(report, lambda book: sum_up(book, "SUM({at}4:{at}5)", in_table=True, label="Total"))
    done = run(turned(tmp_path, "New"), "--update", report, "-q")
    assert done.exit_code == 0, done.output
    rows = recalculated(report, tmp_path / "office", "Models")
    at = rows[HEADER - 1].index("cost")
    assert rows[ROW][at] == pytest.approx(sum(row[at] for row in rows[FIRST - 1 : ROW]), rel=1e-12)
    assert rows[ROW][at] > 0


def test_a_table_made_plain_cells_is_one_again(report: Path, tmp_path: Path) -> None:
    """Excel's "Convert to Range"; the user's column and totals stay."""

    def turn_plain(book: Any) -> None:
        sum_up(book, "SUM({at}4:{at}5)", in_table=True, label="Total")
        del book["Models"].tables["Models"]

    edited(report, turn_plain)
    done = update(report, turned(tmp_path, "New"))
    assert "was no Excel Table any more; it is one again" in done.output
    sheet = loaded(report)["Models"]
    assert (sheet.cell(ROW + 1, 1).value, sheet.tables["Models"].totalsRowCount) == ("Total", None)
    for header in ("cost", "total_params"):
        at = letters(sheet, header)
        assert sheet[f"{at}{ROW + 1}"].value == f"=SUM({at}4:{at}6)"
