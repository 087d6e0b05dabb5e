"""A template and a report give a filled workbook."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from moe_report.cells import Provenance
from moe_report.errors import InputError
from moe_report.fill.check import check_template
from moe_report.fill.fill import fill
from moe_report.fill.new_template import build_template
from moe_report.fill.row_pattern import RowPattern
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import OFFICE_REL, PACKAGE_REL, parse
from moe_report.ooxml.rows import Contents
from moe_report.reports import Report
from moe_report.schema.registry import installed, load
from tests.fill.books import opened, parts, repacked, saved, sheet_template, template
from tests.office import convert, stored
from tests.reports import MIXTRAL, OLMOE, many_models, report_of, row, usual_report


def filled(data: bytes, report: Report | None = None, **options: Any) -> Any:
    """A filled template as openpyxl reads it."""
    return opened(fill(data, report or usual_report(), where="t.xlsx", **options).data)


def problems_of(data: bytes, report: Report | None = None) -> str:
    """What is wrong with a template."""
    with pytest.raises(InputError) as caught:
        fill(data, report or usual_report(), where="t.xlsx")
    return str(caught.value)


def assert_recalculates(
    data: bytes, folder: Path, sheets: Sequence[str], expected: Mapping[tuple[str, str], object]
) -> None:
    """LibreOffice, made to recalculate, finds in every cell what is stored or expected."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "filled.xlsx"
    path.write_bytes(data)
    converted = convert(path, folder / "out")
    compared = 0
    for sheet in sheets:
        ours, theirs = stored(path, sheet), stored(converted, sheet)
        for r, line in enumerate(ours, start=1):
            for c, value in enumerate(line, start=1):
                there = (
                    theirs[r - 1][c - 1] if r <= len(theirs) and c <= len(theirs[r - 1]) else None
                )
                value = expected.get((sheet, f"{column_letters(c)}{r}"), value)
                where = f"{sheet}!{column_letters(c)}{r}"
                if isinstance(value, (int, float)):
                    assert isinstance(there, (int, float)), (where, value, there)
                    assert math.isclose(there, value, rel_tol=1e-12), (where, value, there)
                    compared += 1
                else:
                    assert (there or "") == (value or ""), (where, value, there)
    assert compared


def test_a_cell_gets_the_value_and_its_kind() -> None:
    """Alone in a cell, a number stays a number; within a text it becomes text."""
    book = Workbook()
    sheet: Any = book.active
    sheet["A1"] = '{{ models["Mixtral 8x7B"].total_params }}'
    sheet["A1"].number_format = '0.0,,,"B"'
    sheet["A2"] = (
        "Of {{ report.num_models }} models, {{ models[0].name }} has {{ models[0].num_experts }}"
    )
    sheet["A3"] = "{{ models[0].num_experts > 4 }}"
    sheet["A4"] = '{{ models["A layer"].total_params }}'
    sheet["A4"].number_format = "0.00"
    sheet["B9"] = "stays"
    done = filled(saved(book)).active
    report = usual_report()
    assert done["A1"].value == report.columns["total_params"].cells[0].value
    assert done["A1"].number_format == '0.0,,,"B"'
    assert done["A2"].value == "Of 5 models, Mixtral 8x7B has 8"
    assert done["A3"].value is True
    assert done["A4"].value is None
    assert done["A4"].number_format == "0.00"
    assert done["B9"].value == "stays"


def test_a_text_from_outside_is_never_a_formula(tmp_path: Path) -> None:
    """Whatever a name starts with, the cell holds a text, here and after LibreOffice."""
    names = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "=1+1", "\t=1", "a\nb", "_x0041_<&>"]
    report = report_of(*(row(name, MIXTRAL) for name in names))
    data = fill(template(["{{ m.name }}", "{{ m.num_experts }}"]), report, where="t.xlsx").data
    sheet = opened(data)["Data"]
    for at, name in enumerate(names, start=2):
        assert sheet.cell(at, 1).data_type in ("s", "inlineStr"), name
    assert b"<f" not in parts(data)["xl/worksheets/sheet1.xml"]
    path = tmp_path / "names.xlsx"
    path.write_bytes(data)
    lines = stored(convert(path, tmp_path / "out"), "Data")
    assert [line[0] for line in lines[1:]] == names


def test_a_row_repeats_in_the_order_and_with_the_filter_of_the_note() -> None:
    """Rows are sorted and filtered, take the row's style and height, and the table grows."""

    def change(sheet: Any) -> None:
        sheet["B2"].number_format = "#,##0"
        sheet.row_dimensions[2].height = 27
        sheet["E2"] = "beside"
        sheet["A4"] = "below"

    data = template(
        ["{{ m.name }}", "{{ m.total_params }}", "{{ number }}"],
        note="sort: -total_params\nwhere: num_experts >= 8", change=change,
    )  # fmt: skip
    sheet = filled(data)["Data"]
    assert [sheet.cell(r, 1).value for r in range(2, 7)] == [
        "DeepSeek-V2 (as tabled)", "Mixtral 8x7B", "Qwen3-30B-A3B", "OLMoE-1B-7B", "A layer",
    ]  # fmt: skip
    assert [sheet.cell(r, 3).value for r in range(2, 7)] == [1, 2, 3, 4, 5]
    assert sheet["B6"].value is None  # what is missing comes last
    for r in range(2, 7):
        assert sheet.cell(r, 2).number_format == "#,##0"
        assert sheet.row_dimensions[r].height == 27
        assert sheet.cell(r, 5).value == ("beside" if r == 2 else None)
    assert sheet["A8"].value == "below"
    assert sheet.tables["Filled"].ref == "A1:C6"


@pytest.mark.parametrize("only", ["num_experts > 100000", 'name == "OLMoE-1B-7B"'])
def test_no_model_and_one_model_leave_one_row(only: str) -> None:
    """Without a model the row stays, empty; with one it is filled, and nothing moves."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}"], note=f"where: {only}",
                    change=lambda sheet: sheet.__setitem__("A4", "below"))  # fmt: skip
    sheet = filled(data)["Data"]
    found = [sheet["A2"].value, sheet["B2"].value]
    assert found == ([None, None] if "100000" in only else ["OLMoE-1B-7B", 64])
    assert sheet["A4"].value == "below"
    assert sheet.tables["Filled"].ref == "A1:B2"


def test_formulas_all_around_agree_with_the_engine(tmp_path: Path) -> None:
    """Above, below, beside and on another sheet: LibreOffice computes what the report says."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Data"
    other: Any = book.create_sheet("It's other")
    sheet["A1"] = "=SUM(B6:B6)"
    sheet["B1"] = "=SUM(Filled[Total])"
    sheet["C1"] = "=MAX(B6:C6)"
    sheet["D1"] = "=B10"
    for number, text in enumerate(
        ("Name", "Total", "Active", "Share", "Twice", "Running"), start=1
    ):
        sheet.cell(5, number, text)
    cells = ("{{ m.name }}", "{{ m.total_params }}", "{{ m.active_params }}",
             "{{ m.parameter_efficiency | formula }}", "=B6*2", "=SUM(B$6:B6)")  # fmt: skip
    for number, text in enumerate(cells, start=1):
        sheet.cell(6, number, text)
    sheet["H6"] = "=SUM(B6:C6)"
    sheet["I6"] = "=B6/B$10"
    sheet["B8"] = "=SUM(B6:B6)"
    sheet["B10"] = "=AVERAGE($B$6:$B$6)"
    sheet["A12"] = "=B8-A1"
    other["A1"] = "=SUM(Data!B6:B6)"
    other["A2"] = "=Data!B8+Data!$B$10"
    other["A3"] = "=COUNTA(Data!A6:A6)"
    other["A4"] = "=SUMPRODUCT(Data!B6:B6,Data!C6:C6)"
    sheet.add_table(Table(displayName="Filled", ref="A5:F6"))
    whole = [row("one", MIXTRAL), row("two", OLMOE), row("three", {**OLMOE, "num_experts": 32})]
    report = report_of(*whole)
    totals = [cell.value for cell in report.columns["total_params"].cells]
    active = [cell.value for cell in report.columns["active_params"].cells]
    data = fill(saved(book), report, where="t.xlsx").data
    total, count = sum(totals), len(totals)  # type: ignore[arg-type]
    running = [sum(totals[: at + 1]) for at in range(count)]  # type: ignore[arg-type]
    expected: dict[tuple[str, str], object] = {
        ("Data", "A1"): total, ("Data", "B1"): total, ("Data", "C1"): max(totals),  # type: ignore[type-var]
        ("Data", "D1"): total / count, ("Data", "B10"): total, ("Data", "B12"): total / count,
        ("Data", "A14"): 0, ("It's other", "A1"): total,
        ("It's other", "A2"): total + total / count,
        ("It's other", "A3"): count,
        ("It's other", "A4"): sum(a * b for a, b in zip(totals, active, strict=True)),  # type: ignore[operator]
    }  # fmt: skip
    for at in range(count):
        t, a = totals[at], active[at]
        assert t is not None
        assert a is not None
        expected |= {
            ("Data", f"B{6 + at}"): t, ("Data", f"D{6 + at}"): a / t, ("Data", f"E{6 + at}"): 2 * t,
            ("Data", f"F{6 + at}"): running[at],
        }  # fmt: skip
    expected |= {  # what stands beside the table stays, once
        ("Data", "H6"): totals[0] + active[0], ("Data", "I6"): totals[0] / (total / count),
    }  # fmt: skip
    assert_recalculates(data, tmp_path, ["Data", "It's other"], expected)


def test_merged_cells_beside_a_table_are_merged_in_each_row() -> None:
    """What is merged in the row that repeats is merged in all that come of it; it stands once."""

    def change(sheet: Any) -> None:
        sheet["E2"] = "{{ report.num_models }} models"
        sheet.merge_cells("E2:G2")
        sheet.merge_cells("A4:B5")

    data = template(["{{ m.name }}", "{{ m.num_experts }}"], change=change)
    done = fill(data, usual_report(), where="t.xlsx").data
    sheet = opened(done)["Data"]
    found = {str(area) for area in sheet.merged_cells.ranges}
    assert found == {*(f"E{row}:G{row}" for row in range(2, 7)), "A8:B9"}
    assert parts(done)["xl/worksheets/sheet1.xml"].count(b"<mergeCell ") == len(found)
    assert [sheet.cell(row, 5).value for row in range(2, 7)] == ["5 models", *[None] * 4]


def test_a_totals_row_and_two_tables_on_a_sheet(tmp_path: Path) -> None:
    """Totals move down and reach all rows; each table has its own models in its own order."""
    book = opened(template(["{{ m.name }}", "{{ m.num_experts }}"], note="sort: num_experts"))
    sheet = book["Data"]
    sheet.tables["Filled"].ref = "A1:B3"
    sheet.tables["Filled"].totalsRowCount = 1
    sheet.tables["Filled"]._initialise_columns()
    for at, column in enumerate(sheet.tables["Filled"].tableColumns):
        column.name = f"H{at + 1}"
    sheet.tables["Filled"].tableColumns[1].totalsRowFunction = "sum"
    sheet["B3"] = "=SUBTOTAL(109,Filled[H2])"
    sheet["A6"], sheet["B6"] = "Name", "Top"
    sheet["A7"], sheet["B7"] = "{{ m.name }}", "{{ m.num_experts_per_tok }}"
    sheet["A6"].comment = Comment("where: num_experts_per_tok == 2", "test")
    sheet["D7"], sheet["E7"] = "=B7+B$3", "=SUM(B$7:B7)"
    sheet.add_table(Table(displayName="Second", ref="A6:B7"))
    data = fill(saved(book), usual_report(), where="t.xlsx").data
    done = opened(data)["Data"]
    assert done.tables["Filled"].ref == "A1:B7"
    assert done.tables["Second"].ref == "A10:B12"
    assert [done.cell(r, 2).value for r in range(2, 7)] == [8, 64, 64, 128, 1000]
    assert [done.cell(r, 1).value for r in (11, 12)] == ["Mixtral 8x7B", "A layer"]
    expected: dict[tuple[str, str], object] = {
        ("Data", "B7"): 1264, ("Data", "D11"): 1266, ("Data", "E11"): 2,  # beside: once
    }  # fmt: skip
    assert [done.cell(12, column).value for column in (4, 5)] == [None, None]
    assert_recalculates(data, tmp_path, ["Data"], expected)


def test_a_problem_in_a_row_says_which_model_it_is_about() -> None:
    """Once: by itself where the number is missing, behind the sentence where it says of none."""
    lacking = problems_of(template(["{{ m.name }}", "{{ m.total_params + 1 }}"]))
    assert lacking.count("model 'A layer'") == 1
    assert "(model" not in lacking
    text = problems_of(template(["{{ m.name | billions }}"]))
    assert "found the text 'Mixtral 8x7B', expected a number (model 'Mixtral 8x7B')" in text


def test_a_formula_that_would_drift_is_refused() -> None:
    """Each copy of the row would refer to another one; the row above, as in a sum, is meant."""
    for formula, other in (("=B2/B9", "B9"), ("=SUM(B2:B5)", "B2:B5"), ("=B2+Data!B8", "B8")):
        with pytest.raises(InputError, match=rf"cell C2: its formula refers to {other}, and each"):
            fill(
                template(["{{ m.name }}", "{{ m.num_experts }}", formula]),
                usual_report(), where="t.xlsx",
            )  # fmt: skip
    data = template(["{{ m.name }}", "{{ m.num_experts }}", "=B2/B$9+B1+SUM($A2:B2)"])
    assert fill(data, usual_report(), where="t.xlsx").data


def test_a_shared_formula_in_the_row_is_written_out(tmp_path: Path) -> None:
    """Cells that share a formula with a row that repeats keep what they say."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}", "=B2*2"])
    xml = parts(data)["xl/worksheets/sheet1.xml"].decode()
    shared = xml.replace("<f>B2*2</f>", '<f t="shared" ref="C2:C4" si="0">B2*2</f>').replace(
        "</sheetData>",
        '<row r="4"><c r="B4"><v>5</v></c><c r="C4"><f t="shared" si="0"/></c></row></sheetData>',
    )
    assert shared != xml
    changed = repacked(data, {"xl/worksheets/sheet1.xml": shared.encode()})
    done = fill(changed, usual_report(), where="t.xlsx").data
    sheet = opened(done)["Data"]
    assert [sheet.cell(r, 3).value for r in (2, 3, 6, 8)] == ["=B2*2", "=B3*2", "=B6*2", "=B8*2"]


def all_formulas(report: Report) -> bytes:
    """A template with every field, every metric as a formula, every assumption."""
    names = [column.name for column in report.fields]
    columns = ["{{ m.name }}", *(f"{{{{ m.{name} }}}}" for name in names)]
    columns += [f"{{{{ m.{column.name} | formula }}}}" for column in report.metrics]

    def change(sheet: Any) -> None:
        for at, item in enumerate(report.assumptions, start=1):
            sheet.cell(1, at, f"{{{{ assumptions.{item.definition.name} }}}}")

    return template(columns, top=3, change=change)


def test_every_formula_agrees_with_the_engine(tmp_path: Path) -> None:
    """All metrics as live formulas, of whole models, totals alone, and a lone layer."""
    report = usual_report()
    data = fill(all_formulas(report), report, where="t.xlsx").data
    live = opened(data)["Data"]
    assert sum(str(cell.value).startswith("=") for line in live.iter_rows() for cell in line) > 200
    expected = {}
    first = 2 + len(report.fields)
    path = tmp_path / "filled.xlsx"
    path.write_bytes(data)
    values = stored(convert(path, tmp_path / "out"), "Data")
    for number, column in enumerate(report.metrics, start=first):
        for at, cell in enumerate(column.cells):
            there = values[3 + at][number - 1]
            expected[column.name, at] = cell.value
            if cell.value is None:
                assert not isinstance(there, (int, float)), (column.name, at, there)
            else:
                assert isinstance(there, (int, float)), (column.name, at, there)
                assert math.isclose(there, cell.value, rel_tol=1e-12), (column.name, at)
    assert sum(value is not None for value in expected.values()) > 100


def test_a_formula_stands_on_fields_alone(tmp_path: Path) -> None:
    """Metrics without a column are written out; numbers that were typed stay what they are."""
    names = [column.name for column in usual_report().fields]
    typed = row("typed", {**MIXTRAL, "expert_params": 1e9})
    report = report_of(
        row("plain", MIXTRAL), typed, row("given", {**MIXTRAL, "active_params": 5e9})
    )
    columns = [f"{{{{ m.{name} }}}}" for name in names]
    metrics = [
        "active_params",
        "expert_utilisation",
        "routed_expert_params",
        "parameter_efficiency",
    ]
    columns += [f"{{{{ m.{name} | formula }}}}" for name in metrics]
    data = fill(template(columns), report, where="t.xlsx").data
    cell = report.columns["active_params"].cells[2]
    assert cell.provenance == Provenance.GIVEN
    sheet = opened(data)["Data"]
    assert sheet.cell(4, len(names) + 1).value == 5e9
    path = tmp_path / "filled.xlsx"
    path.write_bytes(data)
    values = stored(convert(path, tmp_path / "out"), "Data")
    for number, name in enumerate(metrics, start=len(names)):
        for at, expected in enumerate(report.columns[name].cells):
            assert math.isclose(values[1 + at][number], expected.value, rel_tol=1e-12), (name, at)  # type: ignore[arg-type]


def test_a_formula_that_lacks_something_is_refused_by_name() -> None:
    """The error names the cell, the fields and the assumptions that are not there."""
    said = problems_of(template(["{{ m.num_experts }}", "{{ m.expert_utilisation | formula }}"]))
    assert "sheet Data, cell B2" in said
    assert "{{ m.num_experts_per_tok }}" in said
    columns = ["{{ m.sparse_layer_macs }}", "{{ m.sparse_layer_flops | formula }}"]
    assert "{{ assumptions.flops_per_mac }}" in problems_of(template(columns))


@pytest.mark.parametrize(
    "header", ["Share [%] #1", "it's", "a@b", "two\nlines", "ä ü", "Total (B)"]
)
def test_headers_with_signs_of_their_own_are_escaped(header: str, tmp_path: Path) -> None:
    """A structured reference finds a column whatever its header is."""
    columns = [
        "{{ m.total_params }}",
        "{{ m.active_params }}",
        "{{ m.parameter_efficiency | formula }}",
    ]
    data = template(columns, change=lambda sheet: sheet.__setitem__("A1", header))
    report = report_of(row("one", MIXTRAL), row("two", OLMOE))
    done = fill(data, report, where="t.xlsx").data
    path = tmp_path / "filled.xlsx"
    path.write_bytes(done)
    values = stored(convert(path, tmp_path / "out"), "Data")
    for at, cell in enumerate(report.columns["parameter_efficiency"].cells):
        assert cell.value is not None
        assert math.isclose(values[1 + at][2], cell.value, rel_tol=1e-12)  # type: ignore[arg-type]


def test_a_formula_uses_a_defined_name_for_an_assumption() -> None:
    """A name that is an assumption is filled, and formulas call it by name."""
    columns = ["{{ m.sparse_layer_macs }}", "{{ m.sparse_layer_flops | formula }}"]
    book = opened(template(columns))
    book["Data"]["H9"] = 99
    book.defined_names["FLOPS_per_mac"] = DefinedName("FLOPS_per_mac", attr_text="Data!$H$9")
    done = filled(saved(book))
    assert done["Data"]["H13"].value == 2
    assert "FLOPS_per_mac" in done["Data"]["B2"].value
    assert done.defined_names["FLOPS_per_mac"].attr_text == "Data!$H$13"


def test_a_sheet_repeats_with_all_that_is_its_own(tmp_path: Path) -> None:
    """Values, charts, notes, tables and print areas follow; later sheets keep theirs."""
    report = report_of(row("One/two", MIXTRAL), row("Ünï 'x'", OLMOE), row("x" * 40, OLMOE))
    result = fill(saved(sheet_template()), report, where="t.xlsx")
    names = ["One-two", "Ünï 'x", "x" * 31]
    book = opened(result.data)
    assert book.sheetnames == ["First", *names, "Last"]
    assert book.active.title == "Last"
    said = [str(note) for note in result.notes]
    assert any("'One/two' is named 'One-two'" in note for note in said)
    assert not any("chart" in note and "{{" in note for note in said)
    tables = set()
    for name, experts in zip(names, (8, 64, 64), strict=True):
        sheet = book[name]
        quoted = "'" + name.replace("'", "''") + "'"
        assert sheet["B1"].value == experts
        assert sheet["C1"].value == f"={quoted}!B1*2"
        (table,) = sheet.tables
        tables.add(table)
        assert sheet["C2"].value == f"=SUM({table}[One])"
        assert sheet["A1"].comment.text == "a note"
        assert sheet._charts[0].series[0].val.numRef.f == f"{quoted}!$B$1:$B$2"
        assert sheet.print_area == f"{quoted}!$A$1:$C$9"
    assert len(tables) == 3
    assert book["Last"].print_area == "'Last'!$A$1:$B$2"
    expected: dict[tuple[str, str], object] = {("First", "A1"): 7}
    for name, experts in zip(names, (8, 64, 64), strict=True):
        expected |= {(name, "C1"): 2 * experts, (name, "C2"): 1, (name, "B5"): experts + 1}
    assert_recalculates(result.data, tmp_path, book.sheetnames, expected)


def test_copies_have_parts_ids_and_shapes_of_their_own() -> None:
    """No two sheets share a drawing, a table's id, a sheet's id or a link's id."""
    data = fill(saved(sheet_template()), usual_report(), where="t.xlsx").data
    content = parts(data)
    targets = [
        item.get("Target")
        for name, xml in content.items() if name.startswith("xl/worksheets/_rels/")
        for item in parse(xml)
    ]  # fmt: skip
    assert len(targets) == len(set(targets)) == 5 * 4
    tables = [parse(xml) for name, xml in content.items() if name.startswith("xl/tables/")]
    assert len({table.get("id") for table in tables}) == 5
    assert len({table.get("displayName") for table in tables}) == 5
    sheets = [item for item in parse(content["xl/workbook.xml"]).iter() if item.get("sheetId")]
    assert len({item.get("sheetId") for item in sheets}) == 7
    declared = [item.get("PartName") for item in parse(content["[Content_Types].xml"])]
    assert len([name for name in declared if name]) == len({name for name in declared if name})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "A"], ["a", "A (2)"]),
        (["Last", "first"], ["Last (2)", "first (2)"]),
        (["[x]*?:\\", "'q'"], ["-x-----", "q"]),
        (["History", "..."], ["History (2)", "..."]),
        (["y" * 31, "y" * 35], ["y" * 31, "y" * 27 + " (2)"]),
        (["😀" * 20, "b"], ["😀" * 15, "b"]),
    ],
)
def test_names_of_sheets_are_made_such_as_excel_takes(
    names: list[str], expected: list[str]
) -> None:
    """Forbidden letters are replaced, long names cut, and no two are one but for their case."""
    report = report_of(*(row(name, MIXTRAL) for name in names))
    assert filled(saved(sheet_template()), report).sheetnames == ["First", *expected, "Last"]


def test_a_reference_to_a_sheet_that_repeats_is_refused() -> None:
    """Which of the copies is meant nobody knows."""
    book = sheet_template()
    book["Last"]["B1"] = "='{{ m.name }}'!B1"
    said = problems_of(saved(book))
    assert "Last" in said
    assert "repeats for each model" in said


def test_what_cannot_be_copied_is_refused_by_name() -> None:
    """A sheet with a pivot table does not repeat."""
    data = saved(sheet_template())
    links = "xl/worksheets/_rels/sheet2.xml.rels"
    pivot = (
        f'<Relationship Id="rId99" Type="{OFFICE_REL}/pivotTable" '
        'Target="/xl/pivotTables/pivotTable1.xml"/></Relationships>'
    ).encode()
    changed = repacked(
        data,
        {
            links: parts(data)[links].replace(b"</Relationships>", pivot),
            "xl/pivotTables/pivotTable1.xml": b"<pivotTableDefinition/>",
        },
    )
    assert "has a pivot table, which cannot be copied" in problems_of(changed)


def test_all_problems_are_told_at_once() -> None:
    """Unknown names, missing numbers and formulas: each with its cell, and nothing else happens."""
    book = opened(template(["{{ m.nmae }}", "{{ m.num_experts + m.total_params }}"]))
    book["Data"]["F9"] = "{{ assumptions.contextlength }}"
    said = problems_of(saved(book))
    assert "cell A2" in said
    assert "'name'" in said
    assert "cell F9" in said
    only = problems_of(template(["{{ m.num_experts + m.total_params }}"]))
    assert "cell A2" in only
    assert "'A layer'" in only


def kinds(data: bytes) -> str:
    """The type of a workbook's main part."""
    root = parse(parts(data)["[Content_Types].xml"])
    return next(
        item.get("ContentType", "") for item in root if item.get("PartName") == "/xl/workbook.xml"
    )


def typed(data: bytes, content_type: str) -> bytes:
    """A workbook whose main part is of another type."""
    types = parts(data)["[Content_Types].xml"].decode()
    return repacked(
        data, {"[Content_Types].xml": types.replace(kinds(data), content_type).encode()}
    )


def test_a_template_file_becomes_a_workbook() -> None:
    """An .xltx written as .xlsx says so inside, and Excel opens it as a workbook."""
    source = "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"
    data = typed(template(["{{ m.name }}"]), source)
    done = fill(data, usual_report(), where="t.xltx", suffix=".xlsx").data
    assert kinds(done).endswith("spreadsheetml.sheet.main+xml")
    assert kinds(fill(data, usual_report(), where="t.xltx").data) == source


def test_macros_and_their_signature_stay_and_the_packages_signature_goes() -> None:
    """Macros are kept byte for byte; a signature of the package no longer holds, which is told."""
    macros = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    data = typed(template(["{{ m.name }}"]), macros)
    content = parts(data)
    types = content["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        b'<Default Extension="sigs" '
        b'ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/>'
        b"</Types>",
    )
    links = content["_rels/.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="sig" Type="{PACKAGE_REL}/digital-signature/origin" '
        'Target="_xmlsignatures/origin.sigs"/></Relationships>'.encode(),
    )
    binary = random.Random(5).randbytes(4000)
    signed = repacked(
        data,
        {
            "[Content_Types].xml": types, "_rels/.rels": links, "xl/vbaProject.bin": binary,
            "xl/vbaProjectSignature.bin": binary[::-1], "_xmlsignatures/origin.sigs": b"",
            "_xmlsignatures/sig1.xml": b"<Signature/>",
        },
    )  # fmt: skip
    result = fill(signed, usual_report(), where="t.xlsm", suffix=".xlsm")
    after = parts(result.data)
    assert after["xl/vbaProject.bin"] == binary
    assert after["xl/vbaProjectSignature.bin"] == binary[::-1]
    assert not any(name.startswith("_xmlsignatures") for name in after)
    assert b"signature" not in after["_rels/.rels"]
    assert any("digital signature is dropped" in note.text for note in result.notes)
    assert kinds(result.data) == macros


def test_a_file_that_is_another_kind_than_its_name_is_refused() -> None:
    """Excel opens no .xlsx with macros in it."""
    data = typed(template(["x"]), "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    with pytest.raises(InputError, match=r"is an \.xlsm workbook"):
        fill(data, usual_report(), where="t.xlsx", suffix=".xlsx")


def test_parts_that_nothing_is_asked_of_stay_byte_for_byte() -> None:
    """Only the sheet, the table and what they say of formulas change."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}"], note="sort: name")
    before, after = parts(data), parts(fill(data, usual_report(), where="t.xlsx").data)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"xl/worksheets/sheet1.xml", "xl/tables/table1.xml"}
    assert set(before) == set(after)


def test_a_sheet_with_a_prefix_before_its_elements_is_filled() -> None:
    """Some programs write <x:row>; the new rows are written so, too."""
    data = template(["{{ m.name }}", "{{ m.num_experts }}", "=B2*2"])
    xml = parts(data)["xl/worksheets/sheet1.xml"].decode()
    prefixed = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml).replace("xmlns=", "xmlns:x=")
    changed = repacked(data, {"xl/worksheets/sheet1.xml": prefixed.encode()})
    done = parts(fill(changed, usual_report(), where="t.xlsx").data)["xl/worksheets/sheet1.xml"]
    root = parse(done)
    rows = list(root.iter("{*}row"))
    assert len(rows) == 6
    assert {item.prefix for item in root.iter("{*}c")} == {"x"}


def test_ten_thousand_rows_are_all_there() -> None:
    """Each model has its row, in order, and what stood below stands below."""
    report = many_models(50)
    many = replace(
        report,
        models=tuple(replace(report.models[at % 50], name=f"M{at}") for at in range(10_000)),
        fields=tuple(
            replace(c, cells=c.cells.take([*range(len(c.cells))] * 200)) for c in report.fields
        ),
        sections=tuple(
            replace(
                s,
                columns=tuple(
                    replace(c, cells=c.cells.take([*range(len(c.cells))] * 200)) for c in s.columns
                ),
            )
            for s in report.sections
        ),
    )
    data = template(["{{ m.name }}", "{{ m.num_hidden_layers }}"],
                    change=lambda sheet: sheet.__setitem__("B4", "=SUM(B2:B2)"))  # fmt: skip
    sheet = filled(data, many)["Data"]
    assert [sheet.cell(r, 1).value for r in (2, 3, 10_001)] == ["M0", "M1", "M9999"]
    assert sheet.cell(10_001, 2).value == 8 + 9999 % 50
    assert sheet["B10003"].value == "=SUM(B2:B10001)"


def test_a_pattern_keeps_what_a_row_says_of_itself() -> None:
    """Attributes, percent signs and unknown elements of the template's row are in every row."""
    xml = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:y="urn:y"><sheetData><row r="3" ht="20" y:d="5%d"><c r="A3" s="4"/>'
        '<c r="B3" t="str"><v>5 %s</v></c><c r="C3" s="2"><f>A3*5%</f><v>9</v></c>'
        '<c r="D3"><v>1</v><extLst/></c></row></sheetData></worksheet>'
    )
    row = parse(xml.encode())[0][0]
    texts = Contents().numbers([1.0, None])
    text = RowPattern(row, {1: texts}, {1, 2, 3, 4}).text(3, 2)
    assert text == (
        '<row r="3" ht="20" y:d="5%d"><c r="A3" s="4"><v>1</v></c><c r="B3" t="str"><v>5 %s</v></c>'
        '<c r="C3" s="2"><f>A3*5%</f></c><c r="D3"><v>1</v><extLst/></c></row>'
        '<row r="4" ht="20" y:d="5%d"><c r="A4" s="4"/><c r="B4" t="str"><v>5 %s</v></c>'
        '<c r="C4" s="2"><f>A4*5%</f></c><c r="D4"><v>1</v><extLst/></c></row>'
    )


def test_a_panel_beside_a_table_stays_once(tmp_path: Path) -> None:
    """Key figures right of the table are not copied for each model: their sum is theirs."""

    def change(sheet: Any) -> None:
        sheet["D1"], sheet["D2"], sheet["E2"] = "Key figures", "Budget", 5_000_000
        sheet["D3"], sheet["E3"] = "Spent", 3_200_000
        sheet["D4"], sheet["E4"] = "Left", "=SUM(E2:E3)"

    data = template(["{{ m.name }}", "{{ m.num_experts }}"], change=change)
    done = fill(data, usual_report(), where="t.xlsx").data
    assert_recalculates(done, tmp_path, ["Data"], {("Data", "E8"): 8_200_000})
    assert [opened(done)["Data"].cell(row, 4).value for row in range(2, 9)] == [
        "Budget", None, None, None, None, "Spent", "Left",
    ]  # fmt: skip


def test_a_total_of_a_bare_column_forgets_its_value() -> None:
    """[Total] is a column of the table around the cell: what it was is wrong now."""
    book = opened(template(["{{ m.name }}", "{{ m.num_experts }}"]))
    sheet = book["Data"]
    sheet.tables["Filled"].ref = "A1:B3"
    sheet.tables["Filled"].totalsRowCount = 1
    sheet.tables["Filled"]._initialise_columns()
    for at, column in enumerate(sheet.tables["Filled"].tableColumns):
        column.name = f"H{at + 1}"
    sheet["B3"] = "=SUBTOTAL(109,[H2])"
    data, sheet1 = saved(book), "xl/worksheets/sheet1.xml"
    xml = re.sub(rb"(\]\)</f>)<v ?/?>(</v>)?", rb"\1<v>0</v>", parts(data)[sheet1])
    assert b"<v>0</v>" in xml
    done = fill(repacked(data, {sheet1: xml}), usual_report(), where="t.xlsx").data
    xml = parts(done)["xl/worksheets/sheet1.xml"]
    assert b"SUBTOTAL(109" in xml
    assert b"<v>0</v>" not in xml


def test_the_starting_template_is_filled(tmp_path: Path) -> None:
    """Every convention that it shows works, and LibreOffice finds the same numbers."""
    report = report_of(row("one", MIXTRAL), row("two", OLMOE))
    result = fill(build_template(installed()), report, where="t.xlsx")
    book = opened(result.data)
    assert book.sheetnames == ["Overview", "one", "two", "How to"]
    assert not [
        (sheet.title, cell.coordinate)
        for sheet in book for line in sheet.iter_rows() for cell in line if "{{" in str(cell.value)
    ]  # fmt: skip
    overview = book["Overview"]
    assert (overview["C5"].value, overview["C6"].value) == (2, 4096)
    totals = [cell.value for cell in report.columns["total_params"].cells]
    assert [overview["E12"].value, overview["E13"].value] == totals
    total = sum(totals)  # type: ignore[arg-type]
    assert_recalculates(result.data, tmp_path, ["Overview"], {
        ("Overview", "E15"): total / 2,
        ("Overview", "F15"): sum(c.value for c in report.columns["active_params"].cells) / 2,  # type: ignore[misc]
        ("Overview", "G15"): sum(c.value for c in report.columns["parameter_efficiency"].cells) / 2,  # type: ignore[misc]
        ("Overview", "H15"): sum(c.value for c in report.columns["expert_flops_savings"].cells) / 2,  # type: ignore[misc]
    })  # fmt: skip


def side_by_side(book: Any, sheet: Any) -> None:
    """Two tables whose rows are one row of the sheet, with sums below."""
    for at, (name, field) in enumerate((("Left", "num_experts"), ("Right", "num_experts_per_tok"))):
        column = "AE"[at]
        value = "BF"[at]
        sheet[f"{column}1"], sheet[f"{value}1"] = "name", "n"
        sheet[f"{column}2"], sheet[f"{value}2"] = "{{ m.name }}", f"{{{{ m.{field} }}}}"
        sheet.add_table(Table(displayName=name, ref=f"{column}1:{value}2"))
        sheet[f"{value}4"] = f"=SUM({name}[n])"


def test_tables_side_by_side_both_grow(tmp_path: Path) -> None:
    """Each has its rows, and what sums it up sums all of them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    side_by_side(book, sheet)
    data = fill(saved(book), usual_report(), where="t.xlsx").data
    tables = opened(data)["Data"].tables
    assert (tables["Left"].ref, tables["Right"].ref) == ("A1:B6", "E1:F6")
    expected: dict[tuple[str, str], object] = {("Data", "B8"): 1264, ("Data", "F8"): 26}
    assert_recalculates(data, tmp_path, ["Data"], expected)


def test_a_row_of_another_table_is_not_copied() -> None:
    """A table beside the one that repeats would get its row once for each model."""
    book = openpyxl.Workbook()
    sheet = book.active
    side_by_side(book, sheet)
    sheet["E2"], sheet["F2"] = "EUR", 0.9
    with pytest.raises(InputError, match="cell E2: is in the table Right, whose row would be"):
        fill(saved(book), usual_report(), where="t.xlsx")


def test_a_reference_to_the_first_model_alone_is_told() -> None:
    """A sum over the cell of the row that repeats has one model; a range has all."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    side_by_side(book, sheet)
    sheet["B5"], sheet["B6"] = "=SUM(B2)", "=SUM(B2:B2)"
    notes = fill(saved(book), usual_report(), where="t.xlsx").notes
    (note,) = [str(note) for note in notes if "first model" in note.text]
    assert note.startswith("sheet Data, cell B5 (B2): refers to one cell of the row that repeats")
    assert "D2:D2" in note


def test_a_table_without_models_says_so() -> None:
    """No model meets the rule: a row is left, empty, and a note names the table."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    side_by_side(book, sheet)
    for cell in ("A1", "E1"):
        sheet[cell].comment = Comment("where: num_experts > 1e6", "test")
    filled = fill(saved(book), usual_report(), where="t.xlsx")
    assert [str(note) for note in filled.notes if note.kind == "no-rows"] == [
        f"t.xlsx, sheet Data, table {name}: no model has a row; one is left, empty"
        for name in ("Left", "Right")
    ]
    assert opened(filled.data)["Data"]["A2"].value is None


def test_check_sees_a_wrong_ending() -> None:
    """A name that ends as one of another kind is refused by check as by fill."""
    book = openpyxl.Workbook()
    with pytest.raises(InputError, match=r"is an \.xlsx workbook by its content"):
        check_template(saved(book), load(), where="t.xlsm")
