"""``import --into``: rows into somebody's workbook, and nothing else of it changes."""

from __future__ import annotations

import json
import os
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableFormula

from moe_report.cli import import_models as importing
from moe_report.load.models_sheet import Places
from tests.commands import leftovers, put, run, same_metrics
from tests.configs import MIXTRAL, config
from tests.office import convert, stored
from tests.workbooks import FEW, book_of, parts_of, png, row_of, sheet_xml, zipped

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# The numbers of that config, by header.
NUMBERS = {
    "vocab_size": 32000, "hidden_size": 4096, "moe_intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "num_experts": 8, "num_experts_per_tok": 2, "tie_word_embeddings": 0,
    "num_sliding_window_layers": 0, "num_nextn_predict_layers": 0,
    "routed_expert_weight_bits": 16, "other_matrix_weight_bits": 16, "remaining_weight_bits": 16,
}  # fmt: skip
TEXTS = ("model_type", "source", "remark")
SHEET = "xl/worksheets/sheet1.xml"


def refused(workbook: Path, *sources: object, options: Iterable[object] = ()) -> str:
    """Import models into a workbook that refuses them, and stays as it is; return what is said."""
    before = workbook.read_bytes()
    result = run("import", *sources, "--into", workbook, *options)
    assert result.exit_code == 1, result.output
    assert workbook.read_bytes() == before
    assert leftovers(workbook) == []
    return result.stderr


def with_table(path: Path, *rows: Iterable[object], top: int = 1, **columns: str) -> Path:
    """Write a workbook with an Excel Table; ``columns`` has formulas of computed columns."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Models"
    for at, row in enumerate(rows):
        for column, value in enumerate(row, start=1):
            sheet.cell(top + at, column, value)
    headers = [str(item) for item in next(iter(rows))]
    last = sheet.cell(top + len(rows) - 1, len(headers)).coordinate
    table: Any = Table(displayName="Ours", ref=f"A{top}:{last}")
    table._initialise_columns()
    for header, item in zip(headers, table.tableColumns, strict=True):
        item.name = header
        if header in columns:
            item.calculatedColumnFormula = TableFormula(attr_text=columns[header])
    sheet.add_table(table)
    book.save(path)
    return path


def values(path: Path, sheet: str = "Models") -> list[list[object]]:
    """The values of a sheet, without empty cells at the right of a row."""
    found = []
    for row in stored(path, sheet):
        while row and row[-1] is None:
            row = row[:-1]
        found.append(row)
    return found


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def changed(before: Mapping[str, bytes], path: Path) -> set[str]:
    """Names of the parts that are not byte for byte what they were; none may be gone or new."""
    after = parts(path)
    assert list(after) == list(before)
    return {name for name in after if after[name] != before[name]}


def assert_nothing_lost(before: bytes, after: bytes, but: Iterable[str] = ()) -> None:
    """Assert that a part has every element and attribute that it had, in the same order.

    Args:
        before: The part as it was.
        after: The part as it is.
        but: Attributes that may have another value, or go.
    """

    def walk(old: etree._Element, new: etree._Element) -> None:
        assert old.tag == new.tag
        for key, value in old.attrib.items():
            assert key in but or new.get(key) == value, (old.tag, key, value, new.get(key))
        if etree.QName(old).localname not in but:
            assert (old.text or "").strip() == (new.text or "").strip()
        rest = iter(new)
        for child in old:
            key = child.get("r") or child.get("id")
            found = next(
                item for item in rest
                if item.tag == child.tag and (key is None or key in (item.get("r"), item.get("id")))
            )  # fmt: skip
            walk(child, found)

    walk(etree.fromstring(before), etree.fromstring(after))


# -- where rows go


def test_a_workbook_is_made(tmp_path: Path) -> None:
    """Without a workbook there is one with the models alone, which gives the same numbers."""
    path = tmp_path / "new" / "models.xlsx"
    path.parent.mkdir()
    output = put(path, config(tmp_path, "one"), config(tmp_path, "two", num_local_experts=4))
    assert output.splitlines() == [f"wrote {path}", "  added one", "  added two"]
    row = row_of(path, "one", 3)
    assert {key: row.get(key) for key in NUMBERS} == NUMBERS
    same_metrics(tmp_path / "one" / "config.json", path, "one", tmp_path)


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "with examples"])
def test_into_a_starter_workbook(tmp_path: Path, empty: bool) -> None:
    """The table of the starter workbook grows by the row; only its two parts change."""
    path = tmp_path / "models.xlsx"
    assert run("init", path, *["--empty"] * empty).exit_code == 0
    before = parts(path)
    source = config(tmp_path, "Mine")
    put(path, source)
    assert changed(before, path) <= {"xl/worksheets/sheet1.xml", "xl/tables/table1.xml"}
    assert_nothing_lost(before[SHEET], parts(path)[SHEET], but=("sqref", "ref", "spans"))
    row = row_of(path, "Mine", 3)
    assert {key: row.get(key) for key in NUMBERS} == NUMBERS
    table = openpyxl.load_workbook(path)["Models"].tables["Models"]
    assert table.ref.endswith(str(len(values(path))))
    same_metrics(source, path, "Mine", tmp_path)


def test_into_a_plain_sheet(tmp_path: Path) -> None:
    """A sheet without a table gets its row below the last, and a column for each missing field."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    before = parts(path)
    source = config(tmp_path)
    output = put(path, source)
    assert "  added Mixtral" in output.splitlines()
    columns = re.search("new columns: (.*)", output)
    assert columns
    assert set(columns[1].split(", ")) == {*NUMBERS, *TEXTS} - set(FEW)
    assert changed(before, path) == {SHEET}
    assert_nothing_lost(before[SHEET], parts(path)[SHEET], but=("ref",))
    assert values(path)[1] == ["a", 16, 2, 4]
    row = row_of(path, "Mixtral")
    assert {key: row[key] for key in NUMBERS} == NUMBERS
    assert row["source"] == str(source)
    same_metrics(source, path, "Mixtral", tmp_path)


def test_into_a_table(tmp_path: Path) -> None:
    """The table's area, its filter and its list of columns grow."""
    path = with_table(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), ("b", 8, 2, 4))
    before = parts(path)
    put(path, config(tmp_path))
    assert changed(before, path) == {SHEET, "xl/tables/table1.xml"}
    after = parts(path)["xl/tables/table1.xml"]
    assert_nothing_lost(before["xl/tables/table1.xml"], after, but=("ref", "count"))
    sheet = openpyxl.load_workbook(path)["Models"]
    table = sheet.tables["Ours"]
    width = len(FEW) + len(NUMBERS) - 3 + len(TEXTS)
    last = sheet.cell(4, width).coordinate
    assert (table.ref, table.autoFilter.ref) == (f"A1:{last}", f"A1:{last}")
    assert [item.name for item in table.tableColumns] == [cell.value for cell in sheet[1]]
    ids = [item.id for item in table.tableColumns]
    assert len(set(ids)) == len(ids)
    assert_reads_in_libreoffice(path, "Mixtral", tmp_path)


def assert_reads_in_libreoffice(path: Path, name: str, folder: Path, header: int = 1) -> None:
    """Assert that LibreOffice sees the values of Mixtral under their headers."""
    row = row_of(convert(path, folder / "libre"), name, header)
    assert {key: row.get(key) for key in NUMBERS} == NUMBERS


def test_headers_in_other_words(tmp_path: Path) -> None:
    """Other spellings of a header are the field's, and a unit divides the value."""
    headers = ("Model name", "Experts", "top-k", "n_layers", "d_model", "Vocabulary (k)",
               "#cost", "Published total (B)")  # fmt: skip
    path = book_of(tmp_path / "models.xlsx", headers, ("a", 16, 2, 4, 64, 1, "much", 7.5))
    output = put(path, config(tmp_path))
    rows = values(path)
    assert rows[0][:8] == list(headers)
    assert rows[2][:8] == ["Mixtral", 8, 2, 32, 4096, 32, None, None]
    assert "num_experts" not in output
    same_metrics(tmp_path / "Mixtral" / "config.json", path, "Mixtral", tmp_path)


def test_a_number_under_a_unit_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    """Attention that no field describes is given as parameters; in billions it is the same."""
    sizes = {
        "model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048,
        "num_hidden_layers": 48, "num_attention_heads": 16, "num_key_value_heads": 2,
        "intermediate_size": 5120, "moe_intermediate_size": 512, "num_experts": 512,
        "num_experts_per_tok": 10, "shared_expert_intermediate_size": 512, "head_dim": 256,
        "tie_word_embeddings": False,
    }  # fmt: skip
    source = tmp_path / "Qwen3-Next" / "config.json"
    source.parent.mkdir()
    source.write_text(json.dumps(sizes))
    path = book_of(tmp_path / "models.xlsx", (*FEW, "Attention (B)"), ("a", 16, 2, 4, 1.5))
    put(path, source)
    typed = row_of(path, "Qwen3-Next")["Attention (B)"]
    assert isinstance(typed, float)
    assert 0.1 < typed < 10
    same_metrics(source, path, "Qwen3-Next", tmp_path)


def test_titles_above_and_columns_of_the_users_own(tmp_path: Path) -> None:
    """Rows above the header, a shifted table and ``#`` columns are no obstacle."""
    path = book_of(
        tmp_path / "models.xlsx",
        (None, "Our models"), (), (None, "#owner", *FEW), (None, "Ann", "a", 16, 2, 4),
    )  # fmt: skip
    put(path, config(tmp_path))
    rows = values(path)
    assert rows[3] == [None, "Ann", "a", 16, 2, 4]
    assert rows[4][:6] == [None, None, "Mixtral", 8, 2, 32]
    assert len(rows) == 5


def test_several_models_at_once(tmp_path: Path) -> None:
    """Models stand in the order in which they are named."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    put(path, config(tmp_path, "two"), config(tmp_path, "one"))
    put(path, config(tmp_path, "three"))
    assert [row[0] for row in values(path)] == ["name", "a", "two", "one", "three"]


def test_a_column_right_of_the_table_is_left_alone(tmp_path: Path) -> None:
    """The table does not swallow what stands beside it: new columns go behind that."""
    path = with_table(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    book = openpyxl.load_workbook(path)
    book["Models"]["F1"] = "# beside"
    book["Models"]["F2"] = "kept"
    book.save(path)
    put(path, config(tmp_path))
    sheet = openpyxl.load_workbook(path)["Models"]
    table = sheet.tables["Ours"]
    assert table.ref == "A1:D3"
    assert len(table.tableColumns) == 4
    assert (sheet["F1"].value, sheet["F2"].value, sheet["F3"].value) == ("# beside", "kept", None)
    assert sheet["G1"].value not in (None, "")
    assert_reads_in_libreoffice(path, "Mixtral", tmp_path)
    same_metrics(tmp_path / "Mixtral" / "config.json", path, "Mixtral", tmp_path)


def test_blank_rows_of_a_table_are_filled_first(tmp_path: Path) -> None:
    """A table that was drawn larger than its models keeps its size until it is full."""
    path = with_table(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), (None,) * 4, (None,) * 4)
    put(path, config(tmp_path, "b"))
    assert openpyxl.load_workbook(path)["Models"].tables["Ours"].ref.endswith("4")
    put(path, config(tmp_path, "c"), config(tmp_path, "d"))
    assert openpyxl.load_workbook(path)["Models"].tables["Ours"].ref.endswith("5")
    assert [row[0] for row in values(path)] == ["name", "a", "b", "c", "d"]


def test_computed_columns_get_their_formula(tmp_path: Path) -> None:
    """A computed column goes on, and its value follows once it is computed."""
    path = tmp_path / "models.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Models")
        twice = "=2*Ours[[#This Row],[num_experts]]"
        columns = [{"header": header} for header in FEW] + [{"header": "# twice", "formula": twice}]
        data = [["a", 16, 2, 4]]
        sheet.add_table("A1:E2", {"name": "Ours", "columns": columns, "data": data})
        sheet.write_formula("E2", twice, None, 32)
    before = parts(path)
    output = put(path, config(tmp_path))
    formula = openpyxl.load_workbook(path)["Models"]["E3"].value
    assert formula == "=2*Ours[[#This Row],[num_experts]]"
    assert "changed" in output
    assert changed(before, path) == {SHEET, "xl/tables/table1.xml"}  # recalculated already
    done = convert(path, tmp_path / "libre")
    assert row_of(done, "Mixtral")["# twice"] == 16
    assert run("check", done).exit_code == 0


def test_values_of_formulas_are_not_trusted_any_more(tmp_path: Path) -> None:
    """A formula that depends on what changed has a value of before: run says so."""
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>num_experts</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>num_experts_per_tok</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>4*C3</f><v>36</v></c>'
        '<c r="C2"><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>Mixtral</t></is></c><c r="B3"><v>64</v></c>'
        '<c r="C3"><v>9</v></c></row>'
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    assert "may be stale" not in run("check", path).output
    put(path, config(tmp_path), options=["--replace"])
    assert "may be stale" in run("check", path).output
    assert row_of(convert(path, tmp_path / "libre"), "a")["num_experts"] == 8


# -- our own report


def test_into_our_own_report(tmp_path: Path) -> None:
    """A row of a report gets the report's formulas, and run gives what the config alone gives."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    assert run("run", path, "-o", tmp_path / "out", "--format", "xlsx").exit_code == 0
    report = tmp_path / "out" / "models.report.xlsx"
    before = parts(report)
    source = config(tmp_path)
    output = put(report, source)
    assert "new columns" not in output
    assert "note:" not in output
    touched = changed(before, report)
    assert {name for name in touched if not name.startswith("xl/tables/")} == {
        next(name for name in touched if "worksheets" in name)
    }
    formulas = openpyxl.load_workbook(report)["Models"]
    headers = {cell.value: cell.column for cell in formulas[3]}
    assert str(formulas.cell(5, headers["total_params"]).value).startswith("=")
    assert formulas.cell(5, headers["num_experts"]).value == 8
    same_metrics(source, report, "Mixtral", tmp_path)
    computed = row_of(convert(report, tmp_path / "libre"), "Mixtral", 3)
    assert computed["total_params"] == 46_702_792_704
    assert computed["head_dim"] == 128


# -- what may be in the way


def test_something_below_is_refused_by_cell(tmp_path: Path) -> None:
    """A footnote below the models is named, and nothing is written over it."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), (None, None, "see the paper"))
    said = refused(path, config(tmp_path))
    assert "models.xlsx, sheet Models, cell C3: has something, where the new row of" in said
    path = book_of(tmp_path / "gap.xlsx", FEW, ("a", 16, 2, 4), (), ("a footnote",))
    put(path, config(tmp_path, "fits"))
    assert "cell A4" in refused(path, config(tmp_path, "fits not"))


def test_a_row_of_totals_is_refused(tmp_path: Path) -> None:
    """A new row would stand behind the totals, or in them."""
    path = with_table(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), ("Total", 16, 2, 4))
    table = parts(path)["xl/tables/table1.xml"].replace(b"<table ", b'<table totalsRowCount="1" ')
    table = table.replace(b'totalsRowCount="1" ', b"", table.count(b"totalsRowCount=") - 1)
    rewrite(path, {"xl/tables/table1.xml": table})
    said = refused(path, config(tmp_path))
    assert "sheet Models, row 3: is the row of totals of the table" in said
    assert "switch it off" in said
    book = openpyxl.load_workbook(path)
    assert book["Models"].tables["Ours"].totalsRowCount == 1


def rewrite(path: Path, new: Mapping[str, bytes | str]) -> None:
    """Put other parts into a package."""
    path.write_bytes(zipped(parts(path) | dict(new)))


def test_merged_cells_below_are_refused(tmp_path: Path) -> None:
    """What is written into merged cells does not show."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    book = openpyxl.load_workbook(path)
    book["Models"].merge_cells("B3:D4")
    book.save(path)
    assert "cell B3:D4: are merged cells" in refused(path, config(tmp_path))


@pytest.mark.parametrize(
    ("merged", "first_new"),
    [("F3:G3", "H"), ("F:G", "H"), ("F1:G9", "H"), ("9:9", "E"), ("A9:F12", "E")],
)
def test_merged_cells_beside_the_new_rows_are_left_alone(
    merged: str, first_new: str, tmp_path: Path
) -> None:
    """New columns stand behind those that reach the new rows: all that is written shows."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    behind = f'</sheetData><mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
    rewrite(path, {SHEET: parts(path)[SHEET].replace(b"</sheetData>", behind.encode())})
    assert "added Mixtral" in put(path, config(tmp_path))
    written = parts(path)[SHEET].decode()
    assert re.findall(r'r="([A-Z]+)1"', written)[len(FEW)] == first_new
    assert f'<mergeCell ref="{merged}"/>' in written


def test_part_of_an_array_formula_is_refused(tmp_path: Path) -> None:
    """One cell of an array formula cannot be overwritten; the error names it."""
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>num_experts</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>Mixtral</t></is></c>'
        '<c r="B2"><f t="array" ref="B2:B3">{4;5}</f><v>4</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c><c r="B3"><v>5</v></c></row>'
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    said = refused(path, config(tmp_path), options=["--replace"])
    assert "cell B2: is part of the array formula of B2:B3" in said


def test_a_name_that_is_there_is_refused(tmp_path: Path) -> None:
    """Both ways out are named, and the row too."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("Mixtral", 16, 2, 4))
    said = refused(path, config(tmp_path))
    assert "models.xlsx, sheet Models, row 2: has a model named 'Mixtral' already" in said
    assert "--replace" in said
    assert "--name" in said
    put(path, config(tmp_path), options=["--name", "Mixtral again"])
    assert values(path)[2][0] == "Mixtral again"


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    """Whether both are to be imported, or both in the workbook already."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    twins = config(tmp_path, "Twin"), config(tmp_path / "elsewhere", "Twin")
    said = refused(path, *twins, options=["--replace"])
    assert f"{twins[1]}: is a second model named 'Twin'" in said
    path = book_of(tmp_path / "two.xlsx", FEW, ("Mixtral", 16, 2, 4), ("Mixtral", 8, 2, 4))
    assert "has 2 models named 'Mixtral'" in refused(path, config(tmp_path), options=["--replace"])


def test_a_workbook_without_a_header_is_refused(tmp_path: Path) -> None:
    """Where no row says what the columns are, nothing can be added."""
    path = book_of(tmp_path / "models.xlsx", ("some", "words"), (1, 2))
    assert "found no header row" in refused(path, config(tmp_path))


def test_a_workbook_with_other_problems_is_told(tmp_path: Path) -> None:
    """A bad cell elsewhere does not keep a row out, but that run refuses it is said."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", -16, 2, 4), ("b", 8, 9, 4))
    output = put(path, config(tmp_path))
    assert "note: run will refuse it: models.xlsx, sheet Models, cell B2: found -16" in output
    assert "and 1 more like this" in output


# -- --replace


def test_replace_overwrites_numbers_alone(tmp_path: Path) -> None:
    """``#`` columns, what was published and the user's text stay; old numbers do not."""
    headers = (*FEW, "# owner", "remark", "published_total_params", "qk_norm", "Total (B)")
    path = book_of(
        tmp_path / "models.xlsx", headers,
        ("a", 16, 2, 4, "Bo", "mine", 5e9, 1, 47),
        ("Mixtral", 99, 3, 5, "Ann", "ours", 47e9, 1, 46.7),
        ("b", 8, 2, 4, "Cy", "hers", 6e9, 0, 5),
    )  # fmt: skip
    source = config(tmp_path)
    output = put(path, source, options=["--replace"])
    rows = values(path)
    assert [row[0] for row in rows] == ["name", "a", "Mixtral", "b"]
    assert rows[2][:9] == ["Mixtral", 8, 2, 32, "Ann", "ours", 47_000_000_000, None, None]
    assert rows[1] == ["a", 16, 2, 4, "Bo", "mine", 5e9, 1, 47]
    assert "  replaced Mixtral" in output
    assert "emptied, for the import has no number: H3, I3" in output
    assert row_of(path, "Mixtral")["source"] == str(source)


def test_a_remark_that_stays_is_told(tmp_path: Path) -> None:
    """The import's own remark is said instead of written over the user's."""
    path = book_of(tmp_path / "models.xlsx", (*FEW, "remark"), ("Mixtral", 9, 3, 5, "ours"))
    source = config(tmp_path)
    short = {key: value for key, value in MIXTRAL.items() if key != "num_key_value_heads"}
    source.write_text(json.dumps(short))
    output = put(path, source, options=["--replace"])
    assert values(path)[1][4] == "ours"
    assert "Mixtral keeps its remark" in output
    assert "num_key_value_heads = 8" in output


def test_replace_in_a_report_brings_the_formulas_back(tmp_path: Path) -> None:
    """A number typed over a formula of a report goes when the row is replaced."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("Mixtral", 16, 2, 4))
    assert run("run", path, "-o", tmp_path, "--format", "xlsx").exit_code == 0
    report = tmp_path / "models.report.xlsx"
    book = openpyxl.load_workbook(report)
    headers = {cell.value: cell.column for cell in book["Models"][3]}
    book["Models"].cell(4, headers["total_params"]).value = 5
    book.save(report)
    source = config(tmp_path)
    put(report, source, options=["--replace"])
    same_metrics(source, report, "Mixtral", tmp_path)


def test_a_shared_formula_survives_its_first_cell(tmp_path: Path) -> None:
    """Excel stores a formula that is filled down once; the other cells refer to the first."""
    text = '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>'
    rows = (
        f'<row r="1">{text.format("A1", "name")}{text.format("B1", "num_experts")}'
        f"{text.format('C1', 'num_hidden_layers')}</row>"
        f'<row r="2">{text.format("A2", "Mixtral")}<c r="B2"><f t="shared" ref="B2:B4" si="0">'
        '2*C2+$C$2</f><v>12</v></c><c r="C2"><v>4</v></c></row>'
        f'<row r="3">{text.format("A3", "b")}<c r="B3"><f t="shared" si="0"/><v>14</v></c>'
        '<c r="C3"><v>5</v></c></row>'
        f'<row r="4">{text.format("A4", "c")}<c r="B4"><f t="shared" si="0"/><v>16</v></c>'
        '<c r="C4"><v>6</v></c></row>'
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    put(path, config(tmp_path), options=["--replace"])
    sheet = openpyxl.load_workbook(path)["Models"]
    assert [sheet[f"B{row}"].value for row in (2, 3, 4)] == [8, "=2*C3+$C$2", "=2*C4+$C$2"]
    assert b't="shared"' not in parts(path)[SHEET]
    done = values(convert(path, tmp_path / "libre"))
    assert [row[1] for row in done[1:]] == [8, 42, 44]


def test_the_chain_of_calculation_goes_with_a_formula(tmp_path: Path) -> None:
    """Excel calls a chain that names a cell without formula damage, so there is none any more."""
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>num_experts</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>Mixtral</t></is></c>'
        '<c r="B2"><f>2+2</f><v>4</v></c></row>'
    )
    made = dict(parts_of(sheet_xml(rows)))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    made["xl/calcChain.xml"] = f'<calcChain xmlns="{MAIN[1:-1]}"><c r="B2" i="1"/></calcChain>'
    made["[Content_Types].xml"] = str(made["[Content_Types].xml"]).replace(
        "</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'
    )
    links = "xl/_rels/workbook.xml.rels"
    made[links] = str(made[links]).replace(
        "</Relationships>",
        '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/calcChain" Target="calcChain.xml"/></Relationships>',
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(made))
    put(path, config(tmp_path, "other"))
    assert "xl/calcChain.xml" in parts(path)  # nothing was taken away yet
    put(path, config(tmp_path), options=["--replace"])
    after = parts(path)
    assert "xl/calcChain.xml" not in after
    assert not any(b"calcChain" in after[name] for name in (links, "[Content_Types].xml"))
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    assert row_of(convert(path, tmp_path / "libre"), "Mixtral")["num_experts"] == 8


# -- what lies over the rows


def test_formats_and_validations_reach_the_new_rows(tmp_path: Path) -> None:
    """Those that end at the last row go on; others stay; cells look as those above."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), ("b", 8, 2, 4))
    book = openpyxl.load_workbook(path)
    sheet = book["Models"]
    fill = PatternFill("solid", bgColor="FFFF0000")
    sheet.conditional_formatting.add("B2:B3", CellIsRule("greaterThan", formula=["9"], fill=fill))
    sheet.conditional_formatting.add("D2:D2", CellIsRule("greaterThan", formula=["9"], fill=fill))
    check = DataValidation(type="whole", operator="between", formula1="1", formula2="99")
    check.add("B2:C3")
    check.add("H2:H9")
    sheet.add_data_validation(check)
    sheet.auto_filter.ref = "A1:D3"
    sheet.auto_filter.add_filter_column(0, ["b"])
    sheet.row_dimensions[2].hidden = True
    for cell in sheet[3]:
        cell.font = Font(bold=True)
        cell.number_format = "0.0"
    sheet.column_dimensions["B"].width = 33
    book.save(path)
    before = parts(path)
    put(path, config(tmp_path))
    assert_nothing_lost(before[SHEET], parts(path)[SHEET], but=("sqref", "ref"))
    sheet = openpyxl.load_workbook(path)["Models"]
    assert {str(item.sqref) for item in sheet.conditional_formatting} == {"B2:B4", "D2"}
    (validation,) = sheet.data_validations.dataValidation
    assert set(str(validation.sqref).split()) == {"B2:C4", "H2:H9"}
    assert sheet.auto_filter.ref == "A1:D4"
    assert sheet.row_dimensions[2].hidden
    assert not sheet.row_dimensions[4].hidden
    assert sheet["B4"].font.bold
    assert (sheet["B4"].number_format, sheet["B4"].value) == ("0.0", 8)
    names = re.findall(rb"<definedName [^>]*>([^<]*)<", parts(path)["xl/workbook.xml"])
    assert names == [b"'Models'!$A$1:$D$4"]


def test_extended_formats_reach_the_new_rows(tmp_path: Path) -> None:
    """Data bars have a second half in the sheet's extensions, with the same area."""
    path = tmp_path / "models.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Models")
        for at, row in enumerate((FEW, ("a", 16, 2, 4), ("b", 8, 2, 4))):
            sheet.write_row(at, 0, row)
        sheet.conditional_format("B2:B3", {"type": "data_bar", "data_bar_2010": True})
        sheet.add_sparkline("H3", {"range": "Models!B3:D3"})
    put(path, config(tmp_path))
    found = re.findall(rb"<xm:sqref>([^<]*)<", parts(path)[SHEET])
    assert sorted(found) == [b"B2:B4", b"H3"]
    assert b'sqref="B2:B4"' in parts(path)[SHEET]


def test_new_cells_look_like_their_kind(tmp_path: Path) -> None:
    """A number takes the look of a number above, not of the formula between them."""
    path = with_table(
        tmp_path / "models.xlsx", ("name", "num_experts", "num_hidden_layers"),
        ("a", 16, 4), ("b", "=2*C3", 4),
    )  # fmt: skip
    book = openpyxl.load_workbook(path)
    book["Models"]["B2"].font = Font(color="FF0000FF")
    book["Models"]["B3"].font = Font(italic=True)
    book.save(path)
    path = convert(path, tmp_path / "made")
    put(path, config(tmp_path))
    font = openpyxl.load_workbook(path)["Models"]["B4"].font
    assert (font.color.rgb, bool(font.i)) == ("FF0000FF", False)


# -- other programs' workbooks


def rich_workbook(path: Path) -> Path:
    """A workbook of XlsxWriter: shared strings, notes, a picture, a chart, names, other sheets."""
    (path.parent / "dot.png").write_bytes(png())
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Models")
        for at, row in enumerate((FEW, ("a", 16, 2, 4), ("b", 8, 2, 4))):
            sheet.write_row(at, 0, row)
        sheet.write_comment("B2", "from the paper", {"author": "Ann"})
        sheet.insert_image("H2", str(path.parent / "dot.png"))
        sheet.set_header("&L&G", {"image_left": str(path.parent / "dot.png")})
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Models!$B$2:$B$3"})
        sheet.insert_chart("H8", chart)
        sheet.freeze_panes(1, 1)
        sheet.set_column("B:B", 20, book.add_format({"num_format": "0.00"}))
        other = book.add_worksheet("Other")
        other.write_formula("A1", "=SUM(Models!B2:B3)", None, 24)
        book.define_name("Experts", "=Models!$B$2:$B$3")
        line = book.add_chart({"type": "line"})
        line.add_series({"values": "=Models!$B$2:$B$3"})
        book.add_chartsheet().set_chart(line)
    return path


def test_a_workbook_of_xlsxwriter_keeps_everything(tmp_path: Path) -> None:
    """Only the sheet of models changes, and it loses nothing."""
    path = rich_workbook(tmp_path / "models.xlsx")
    before = parts(path)
    put(path, config(tmp_path))
    assert changed(before, path) == {SHEET}
    assert_nothing_lost(before[SHEET], parts(path)[SHEET], but=("ref", "spans"))
    book = openpyxl.load_workbook(path)
    assert book["Models"]["B2"].comment.text == "from the paper"
    assert book["Models"]["B4"].number_format == "0.00"
    assert book.defined_names["Experts"].attr_text == "Models!$B$2:$B$3"
    assert_reads_in_libreoffice(path, "Mixtral", tmp_path)


def test_a_workbook_of_libreoffice_keeps_everything(tmp_path: Path) -> None:
    """LibreOffice writes parts in its own way; a formula in them has Excel recalculate."""
    path = convert(rich_workbook(tmp_path / "models.xlsx"), tmp_path / "made")
    before = parts(path)
    put(path, config(tmp_path))
    assert changed(before, path) == {SHEET, "xl/workbook.xml"}
    after = parts(path)
    assert_nothing_lost(before[SHEET], after[SHEET], but=("ref", "spans"))
    assert_nothing_lost(before["xl/workbook.xml"], after["xl/workbook.xml"])
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    assert_reads_in_libreoffice(path, "Mixtral", tmp_path)


def test_a_workbook_of_openpyxl_keeps_its_notes(tmp_path: Path) -> None:
    """Notes and other sheets stay as they are."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    book = openpyxl.load_workbook(path)
    book["Models"]["B2"].comment = Comment("from the paper", "Ann")
    book.create_sheet("Other")["A1"] = "kept"
    book.save(path)
    before = parts(path)
    put(path, config(tmp_path))
    assert changed(before, path) == {SHEET}
    assert openpyxl.load_workbook(path)["Models"]["B2"].comment.text == "from the paper"


def test_a_workbook_with_macros_stays_one(tmp_path: Path) -> None:
    """The macros and the type of the workbook stay."""
    made = dict(parts_of())
    made["[Content_Types].xml"] = str(made["[Content_Types].xml"]).replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    made["xl/vbaProject.bin"] = b"macros"
    path = tmp_path / "models.xlsm"
    path.write_bytes(zipped(made))
    before = parts(path)
    put(path, config(tmp_path))
    assert changed(before, path) == {SHEET}
    assert parts(path)["xl/vbaProject.bin"] == b"macros"


def test_a_sheet_with_prefixed_names(tmp_path: Path) -> None:
    """Some programs write <x:worksheet> for <worksheet>, which means the same."""
    sheet = sheet_xml()
    for tag in ("worksheet", "sheetData", "row", "c ", "is", "t>", "v>"):
        sheet = sheet.replace(f"<{tag}", f"<x:{tag}").replace(f"</{tag}", f"</x:{tag}")
    sheet = sheet.replace("</c>", "</x:c>").replace("xmlns=", "xmlns:x=")
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet)))
    put(path, config(tmp_path))
    after = parts(path)[SHEET]
    assert b"<x:worksheet" in after
    assert not re.search(rb"<(c|row|v|is)[ >]|ns0:", after)
    assert_reads_in_libreoffice(path, "Mixtral", tmp_path)


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1:B3"/>', '<dimension ref=""/>'])
def test_a_sheet_without_addresses_or_measure(tmp_path: Path, dimension: str) -> None:
    """Rows and cells that do not say where they are stand one behind the other."""
    rows = (
        '<row><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>num_experts</t></is>'
        "</c></row><row/><!-- a remark -->"
        '<row spans="1:2"><c t="inlineStr"><is><t>a</t></is></c><c><v>16</v></c></row>'
    )
    sheet = sheet_xml(rows).replace("<sheetData>", f"{dimension}<sheetData>")
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet)))
    put(path, config(tmp_path))
    root = etree.fromstring(parts(path)[SHEET])
    assert [row.get("r") for row in root.iter(f"{MAIN}row")] == ["1", "2", "3", "4"]
    found = values(path)
    assert found[2][:2] == ["a", 16]
    assert found[3][:2] == ["Mixtral", 8]
    if "A1" in dimension:
        measured = root.find(f"{MAIN}dimension")
        assert measured is not None
        assert re.fullmatch(r"A1:[O-S]4", measured.get("ref", ""))


def test_a_named_sheet(tmp_path: Path) -> None:
    """--sheet chooses; without it, of two sheets with models one must be called Models."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4), title="Ours")
    book = openpyxl.load_workbook(path)
    for row in (FEW, ("b", 16, 2, 4)):
        other = book["Other"] if "Other" in book.sheetnames else book.create_sheet("Other")
        other.append(row)
    book.save(path)
    assert "have models alike; name one" in refused(path, config(tmp_path))
    output = put(path, config(tmp_path), options=["--sheet", "ours"])
    assert f"changed {path}, sheet Ours" in output
    assert values(path, "Ours")[2][0] == "Mixtral"


# -- names


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("=1+1", "=1+1"), ("<b> & 'c'", "<b> & 'c'"), ("Mix 🦙tral", "Mix 🦙tral"),
        ("  spaced \n out ", "spaced out"), ("_x0041_", "_x0041_"), ("&lt;", "&lt;"),
        ("007", "007"),
    ],
)  # fmt: skip
def test_any_name_comes_back(tmp_path: Path, name: str, read: str) -> None:
    """What looks like a formula, markup or an escape is a name all the same."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    source = config(tmp_path)
    put(path, source, options=["--name", name])
    result = run("run", path, "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
    models = json.loads((tmp_path / "out" / "models.report.json").read_text("utf-8"))["models"]
    assert [model["name"] for model in models] == ["a", read]
    assert "already" in refused(path, source, options=["--name", name])
    if "x0041" not in name:  # openpyxl does not read this escape of cells that hold their text
        assert values(convert(path, tmp_path / "libre"))[2][0] == read


def test_a_name_that_no_cell_holds_is_refused(tmp_path: Path) -> None:
    """A control character in a name cannot be read again."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    assert "which cannot stand in a cell" in refused(
        path, config(tmp_path), options=["--name", "a\x07b"]
    )


# -- writing


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a file that Excel holds: one line, and the workbook is as it was."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    source = config(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    said = refused(path, source)
    assert said.startswith(f"Error: {path}: cannot be written (No space left on device)")
    assert said.count("\n") == 1


def test_rights_and_links_stay(tmp_path: Path) -> None:
    """A private workbook stays private, and what a link points to is changed."""
    path = book_of(tmp_path / "real.xlsx", FEW, ("a", 16, 2, 4))
    path.chmod(0o600)
    link = tmp_path / "models.xlsx"
    link.symlink_to(path)
    put(link, config(tmp_path))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert values(path)[2][0] == "Mixtral"


def test_a_workbook_that_is_open_elsewhere_is_told(tmp_path: Path) -> None:
    """Saving in the other program would undo the import."""
    path = book_of(tmp_path / "models.xlsx", FEW, ("a", 16, 2, 4))
    (tmp_path / "~$models.xlsx").write_bytes(b"")
    result = run("import", config(tmp_path), "--into", path)
    assert "seems to be open in Excel" in result.output


def test_what_would_be_read_as_another_number_is_not_written(tmp_path: Path) -> None:
    """The workbook is read once more before it is written; here its columns are mistaken."""
    path = book_of(tmp_path / "models.xlsx", (*FEW, "vocab_size"), ("a", 16, 2, 4, 5))
    before = path.read_bytes()
    original = importing.append_rows

    def wrong(package: Any, places: Places, rows: Any, file: str, **options: Any) -> Any:
        scaled = replace(places, scales={**places.scales, "vocab_size": 10.0})
        return original(package, scaled, rows, file, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "append_rows", wrong)
        said = refused(path, config(tmp_path))
    assert "is unchanged" in said
    assert "its vocab_size of 32000 would be read as 3200" in said
    assert path.read_bytes() == before


def test_written_twice_the_bytes_are_the_same(tmp_path: Path) -> None:
    """The hour of the import is nowhere in the file."""
    source = config(tmp_path)
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "models.xlsx"
        path.write_bytes(zipped(parts_of()))
        put(path, source)
        found.append(parts(path))
    assert found[0] == found[1]


def test_every_reader_opens_the_result(tmp_path: Path) -> None:
    """Without a warning."""
    path = rich_workbook(tmp_path / "models.xlsx")
    put(path, config(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        openpyxl.load_workbook(path, read_only=True).close()
