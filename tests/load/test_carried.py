"""Columns of the user's own: their formulas move into the report and stay live."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.hyperlink import Hyperlink

from moe_report.ooxml.addresses import split_address
from moe_report.ooxml.package import Package
from tests.commands import run
from tests.office import FIRST, HEADER, recalculated, stored
from tests.workbooks import F, calculated, parts_of, sheet_xml, zipped

FORMATS = ("xlsx", "html", "json", "jsonl", "csv", "md")
HEAD = ("name", "num_experts", "num_experts_per_tok", "Total (B)")


def reported(folder: Path, *columns: tuple[str, object, object], formats: object = None) -> Path:
    """The report of two models with columns of the user's own: header, and a cell of each."""
    rows = [
        (*HEAD, *(header for header, _, _ in columns)),
        ("a", 8, 2, 46.7, *(first for _, first, _ in columns)),
        ("b", 64, 4, 16, *(second for _, _, second in columns)),
    ]
    path = calculated(folder / "models.xlsx", {"Models": rows}, formats=formats)  # type: ignore[arg-type]
    done = run("run", path, "-o", folder, "--format", "xlsx")
    assert done.exit_code == 0, done.output
    return folder / "models.report.xlsx"


def cells(report: Path, header: str) -> list[tuple[str, object, str]]:
    """Formula or value, stored value, and number format of a column's two cells."""
    book, sheet = openpyxl.load_workbook(report), stored(report, "Models")
    [column] = [at for at, text in enumerate(sheet[HEADER - 1]) if text == header]
    found = []
    for row in (FIRST, FIRST + 1):
        cell = book["Models"].cell(row, column + 1)
        found.append((str(cell.value), sheet[row - 1][column], cell.number_format))
    return found


def letters(report: Path) -> Mapping[str, str]:
    """The letters of a report's columns, by header."""
    sheet = openpyxl.load_workbook(report)["Models"]
    return {str(cell.value): cell.column_letter for cell in sheet[HEADER]}


def test_a_formula_of_its_row_moves_and_is_live(tmp_path: Path) -> None:
    """It refers to the report's cells: change an input in LibreOffice, and it follows."""
    report = reported(
        tmp_path, ("Ratio", F("=B2/C2", 4), F("=B3/$C3", 16)),
        ("Twice", F("=E2*2", 8), F("=2*E3", 32)),
    )  # fmt: skip
    at = letters(report)
    assert cells(report, "Ratio")[0][:2] == (
        "=Models[[#This Row],[num_experts]]/Models[[#This Row],[num_experts_per_tok]]", 4,
    )  # fmt: skip
    assert cells(report, "Twice")[1][:2] == (f"=2*{at['Ratio']}5", 32)
    book = openpyxl.load_workbook(report)
    book["Models"][f"{at['num_experts']}4"] = 24
    book.save(tmp_path / "changed.xlsx")
    rows = recalculated(tmp_path / "changed.xlsx", tmp_path / "office", "Models")
    found = dict(zip(rows[HEADER - 1], rows[FIRST - 1], strict=True))
    assert (found["Ratio"], found["Twice"]) == (12, 24)


def test_a_unit_is_divided_out(tmp_path: Path) -> None:
    """The user's 46.7 is 46.7 billion in the report; a price for each of them stays the same."""
    report = reported(tmp_path, ("Price", F("=D2*0.5+1", 24.35), F("=D3*0.5+1", 9)))
    rows = recalculated(report, tmp_path / "office", "Models")
    found = [dict(zip(rows[HEADER - 1], row, strict=True)) for row in rows[FIRST - 1 : FIRST + 1]]
    assert [row["Price"] for row in found] == [pytest.approx(24.35, rel=1e-12), 9]
    assert [row["total_params"] for row in found] == [46.7e9, 16e9]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=D2/SUM(D2:D3)", 0.74), ("=ROW()", 2), ("=B2/B3", 0.125), ("=Rates!A1*B2", 40),
        ("=rate*B2", 40), ("=F2+1", 6),
        ("=SUM(B2:C2)", 10), ("=B$1", "num_experts"), ("=INDEX($B:$B,2)", 8),
        ("=ROW()+A1048576", 2),
        ("=OFFSET(B2,1,0)", 64),
    ],
)  # fmt: skip
def test_a_formula_that_leads_elsewhere_stays_as_its_value(
    tmp_path: Path, formula: str, value: object
) -> None:
    """Other rows, areas, other sheets, names, empty columns: it is said which cells."""
    rows = [(*HEAD, "Own"), ("a", 8, 2, 46.7, F(formula, value)), ("b", 64, 4, 16, 1)]  # type: ignore[arg-type]
    path = calculated(tmp_path / "models.xlsx", {"Models": rows, "Rates": [(5,)]})
    done = run("run", path, "-o", tmp_path, "--format", "xlsx")
    assert done.exit_code == 0, done.output
    assert "formulas that refer elsewhere than to their own row are carried as values: E2" in (
        done.output
    )
    assert cells(tmp_path / "models.report.xlsx", "Own")[0][:2] == (str(value), value)


def test_a_formula_that_leads_elsewhere_and_has_no_value_is_named(tmp_path: Path) -> None:
    """Nothing of it is in the report, and so nobody may take it for carried."""
    path = tmp_path / "models.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEAD, "Own"])
    sheet.append(["a", 8, 2, 46.7, "=SUM(B2:B3)"])
    book.save(path)
    done = run("run", path, "-o", tmp_path, "--format", "json")
    assert done.exit_code == 0, done.output
    assert "than to their own row and have no stored value are carried along empty" in done.output


def test_texts_in_a_formula_are_no_references(tmp_path: Path) -> None:
    """What stands in quotes looks like a cell and is none."""
    report = reported(tmp_path, ("Own", F('="B2 of "&B2', "B2 of 8"), "x"))
    formula = '="B2 of "&Models[[#This Row],[num_experts]]'
    assert cells(report, "Own")[0][:2] == (formula, "B2 of 8")
    rows = recalculated(report, tmp_path / "office", "Models")
    assert "B2 of 8" in rows[FIRST - 1]


def test_a_missing_cell_is_not_taken_for_a_default(tmp_path: Path) -> None:
    """Where the user's cell is empty the report may have a number: the formula stays behind."""
    rows = [("name", "num_experts", "num_shared_experts", "Own"), ("a", 8, None, F("=C2+1", 1))]
    path = calculated(tmp_path / "models.xlsx", {"Models": rows})
    assert run("run", path, "-o", tmp_path, "--format", "xlsx").exit_code == 0
    sheet = stored(tmp_path / "models.report.xlsx", "Models")
    at = sheet[HEADER - 1].index("Own")
    assert sheet[FIRST - 1][at] == 1
    text = (
        openpyxl.load_workbook(tmp_path / "models.report.xlsx")["Models"].cell(FIRST, at + 1).value
    )
    assert text == 1


def test_number_formats_and_dates_come_along(tmp_path: Path) -> None:
    """A price is shown as one, a day as a day."""
    report = reported(
        tmp_path, ("Price", 2.5, 3), ("Seen", datetime.datetime(2024, 1, 8), None),
        formats={"E2": '"$"0.00', "F2": "dd/mm/yyyy"},
    )  # fmt: skip
    assert cells(report, "Price") == [("2.5", 2.5, '"$"0.00'), ("3", 3, "General")]
    [seen, _] = cells(report, "Seen")
    assert (seen[1], seen[2]) == (datetime.datetime(2024, 1, 8), "dd/mm/yyyy")


def test_a_report_is_read_again_as_it_was(tmp_path: Path) -> None:
    """The carried formulas of a report are the report's own next time."""
    report = reported(tmp_path, ("Ratio", F("=B2/C2", 4), F("=B3/C3", 16)))
    again = tmp_path / "again"
    assert run("run", report, "-o", again, "--format", "xlsx").exit_code == 0
    report = again / "models.report.xlsx"
    assert [cell[1] for cell in cells(report, "Ratio")] == [4, 16]


def test_what_stays_behind_is_one_line(tmp_path: Path) -> None:
    """Comments, links and sheets of the input are no part of a report, which is said."""
    path = calculated(
        tmp_path / "models.xlsx", {"Models": [HEAD, ("a", 8, 2, 46.7)], "Prices": [(1,)]},
        comments={"B2": "from the paper", "C2": "so, too"},
    )  # fmt: skip
    book = openpyxl.load_workbook(path)
    sheet = book["Models"]
    sheet["A2"].hyperlink = "https://example.org/card"
    sheet["F2"] = "https://example.org"  # which a spreadsheet makes a link, of the same address
    sheet["F2"].hyperlink = "https://example.org/"
    sheet["ZZ9"].hyperlink = Hyperlink(ref="ZZ9", location="Prices!A1")
    book.save(path)
    package = Package(path.read_bytes())
    part = package.sheets()["Models"]
    package[part] = package[part].replace(b'ref="ZZ9"', b'ref="ZZ99"')  # beyond all cells
    path.write_bytes(package.save())
    said = "not taken along: the sheet 'Prices'; 2 comments (B2, C2); 2 links (A2, ZZ99)\n"
    assert said in run("check", path).output


def test_a_number_past_all_numbers_is_carried_as_a_text(tmp_path: Path) -> None:
    """A file may say 1e400; no format but a text has a place for it."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>name</v></c><c r="B1" t="str"><v>num_experts</v></c>'
        '<c r="C1" t="str"><v>Own</v></c></row><row r="2"><c r="A2" t="str"><v>a</v></c>'
        '<c r="B2"><v>8</v></c><c r="C2"><v>1e400</v></c></row>'
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    done = run("run", path, "-o", tmp_path, *(f"--format={form}" for form in FORMATS))
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "models.report.json").read_text())["models"][0]["carried"] == {
        "Own": "inf"
    }
    assert "inf" in stored(tmp_path / "models.report.xlsx", "Models")[FIRST - 1]


def test_a_column_beside_those_of_a_new_workbook_keeps_its_header(tmp_path: Path) -> None:
    """The labels above the table's own headers are of their columns, not of what is beside."""
    path = tmp_path / "models.xlsx"
    assert run("init", path).exit_code == 0
    book = openpyxl.load_workbook(path)
    sheet = book["Models"]
    [table] = sheet.tables.values()
    last = split_address(table.ref.partition(":")[2])[0]
    head = next(row for row in range(1, 9) if sheet.cell(row, 1).value == "name")
    sheet.cell(head, last + 1).value = "Own"
    sheet.cell(head + 1, last + 1).value = 7
    book.save(path)
    done = run("run", path, "-o", tmp_path, "--format", "json")
    assert done.exit_code == 0, done.output
    first = json.loads((tmp_path / "models.report.json").read_text())["models"][0]
    assert first["carried"] == {"Own": 7}
