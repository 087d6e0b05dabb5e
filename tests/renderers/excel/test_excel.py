"""The annotated workbook, checked against LibreOffice's own calculation and other readers."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import openpyxl
import pandas
import pytest
from click.testing import CliRunner

from moe_report.cli.main import main
from moe_report.ooxml.package import Package
from tests.office import FIRST, HEADER, convert, disagreements, recalculated, stored


@pytest.mark.parametrize("sheet", ["Summary", "Models", "Assumptions"])
def test_stored_values_are_what_libreoffice_computes(
    demo: Path, tmp_path: Path, sheet: str
) -> None:
    """Every stored value of the demo agrees with a forced recalculation."""
    workbook = demo / "models.report.xlsx"
    rows = stored(workbook, sheet)
    assert not disagreements(rows, recalculated(workbook, tmp_path, sheet))
    assert len(rows) > 5


def test_so_they_are_in_another_scenario(demo: Path, tmp_path: Path) -> None:
    """The same of all sections' numbers for a scenario that is not the base."""
    said = ["--scenario", "long context", "-o", str(tmp_path), "--format", "xlsx"]
    result = CliRunner().invoke(main, ["run", str(demo / "models.xlsx"), *said])
    assert result.exit_code == 0, result.output
    workbook = tmp_path / "models.report.xlsx"
    live = convert(workbook, tmp_path / "live")
    for sheet in ("Summary", "Models", "Assumptions"):
        assert not disagreements(stored(workbook, sheet), stored(live, sheet)), sheet
    assert str(stored(workbook, "Summary")[1][0]).endswith(" · scenario long context")


def test_a_false_stored_value_is_noticed(demo: Path, tmp_path: Path) -> None:
    """The check above would see a stored value that the formula does not give."""
    data = (demo / "models.report.xlsx").read_bytes()
    package = Package(data)
    part = package.sheets()["Models"]
    xml = package[part]
    assert xml.count(b"<v>46702792704</v>") == 1
    package[part] = xml.replace(b"<v>46702792704</v>", b"<v>46702792705</v>")
    falsified = tmp_path / "falsified.xlsx"
    falsified.write_bytes(package.save())
    wrong = disagreements(
        stored(falsified, "Models"), recalculated(falsified, tmp_path / "out", "Models")
    )
    assert len(wrong) == 1
    assert "46702792705" in wrong[0]


def cell_of(workbook: Path, model: str, column: str) -> str:
    """Address of a model's cell on the sheet Models."""
    rows = stored(workbook, "Models")
    at = rows[HEADER - 1].index(column)
    row = next(n for n, cells in enumerate(rows, start=1) if cells[0] == model)
    return f"{openpyxl.utils.get_column_letter(at + 1)}{row}"


def with_values(workbook: Path, target: Path, values: dict[str, float]) -> None:
    """A copy of a workbook with some numbers changed, as somebody would in a spreadsheet."""
    package = Package(workbook.read_bytes())
    part = package.sheets()["Models"]
    root = openpyxl.xml.functions.fromstring(package[part])
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    for address, value in values.items():
        cell = root.find(f".//m:c[@r='{address}']", space)
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", None)
        number = openpyxl.xml.functions.SubElement(cell, f"{{{space['m']}}}v")
        number.text = repr(value)
    package[part] = openpyxl.xml.functions.tostring(root)
    target.write_bytes(package.save())


CHANGES = {
    ("Mixtral-8x7B", "num_experts_per_tok"): 4,
    ("DeepSeek-V3", "num_experts_per_tok"): 16,
    ("gpt-oss-120b", "num_hidden_layers"): 40,
    ("OLMoE-1B-7B", "num_experts"): 128,
    ("Qwen3-30B-A3B", "total_params"): 31e9,
}  # in one workbook, for each row is computed for itself


def test_a_change_in_the_workbook_gives_what_a_run_gives(demo: Path, tmp_path: Path) -> None:
    """Changed in the spreadsheet and recalculated there, or run again: the same numbers."""
    workbook = demo / "models.report.xlsx"
    changed = tmp_path / "changed.xlsx"
    values = {cell_of(workbook, *place): value for place, value in CHANGES.items()}
    with_values(workbook, changed, values)
    live = recalculated(changed, tmp_path / "live", "Models")
    again_in = ["-o", str(tmp_path / "again"), "--format", "xlsx"]
    result = CliRunner().invoke(main, ["run", str(changed), *again_in])
    assert result.exit_code == 0, result.output
    again = stored(tmp_path / "again" / "changed.report.xlsx", "Models")
    assert live[HEADER - 1] == again[HEADER - 1]
    assert not disagreements(again, live)
    before = {cells[0]: cells for cells in stored(workbook, "Models")}
    moved = {cells[0] for cells in again[FIRST - 1 :] if cells != before[cells[0]]}
    assert moved == {model for model, _ in CHANGES}


def test_other_programs_see_numbers(demo: Path) -> None:
    """With pandas one reads the values that are stored with the formulas."""
    frame = pandas.read_excel(
        demo / "models.report.xlsx", "Models", header=HEADER - 1, engine="openpyxl"
    )
    frame = frame.set_index("name")
    assert frame.loc["Mixtral-8x7B", "total_params"] == 46_702_792_704
    assert frame.loc["Layer, 1000 experts, top-2", "expert_flops_savings"] == 0.998
    assert pandas.isna(frame.loc["Layer, 1000 experts, top-2", "total_params"])


def test_every_metric_is_a_live_formula(demo: Path, registry) -> None:
    """A metric's cell is a formula unless its number was typed in."""
    workbook = openpyxl.load_workbook(demo / "models.report.xlsx")
    sheet = workbook["Models"]
    columns = {cell.value: cell.column for cell in sheet[HEADER]}
    typed = 0
    for name in registry.with_counts(there=False).metrics:
        for row in range(FIRST, sheet.max_row + 1):
            cell = sheet.cell(row, columns[name])
            assert cell.data_type in ("f", "n")
            typed += cell.data_type == "n"
    assert typed == 18  # totals of the four tabulated rows, components of four other models
    table = sheet.tables["Models"]
    assert (
        table.ref
        == f"A{HEADER}:{sheet.cell(HEADER, sheet.max_column).column_letter}{sheet.max_row}"
    )


def test_the_report_is_a_valid_input(demo: Path, tmp_path: Path) -> None:
    """Run again over its own report, nothing changes: not a number, not a provenance."""
    report = demo / "models.report.xlsx"
    result = CliRunner().invoke(main, ["run", str(report), "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    import json

    first = json.loads((demo / "models.report.json").read_text("utf-8"))
    second = json.loads((tmp_path / "models.report.json").read_text("utf-8"))
    for before, after in zip(first["models"], second["models"], strict=True):
        assert before["values"] == after["values"]
        assert before["inputs"] == after["inputs"]
        origins = [{k: v["from"] for k, v in m["provenance"].items()} for m in (before, after)]
        assert origins[0] == origins[1]


def test_a_report_saved_by_libreoffice_is_a_valid_input(demo: Path, tmp_path: Path) -> None:
    """LibreOffice rewrites the whole file; formulas are still told from typed numbers."""
    saved = convert(demo / "models.report.xlsx", tmp_path / "saved")
    result = CliRunner().invoke(main, ["run", str(saved), "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    before = stored(demo / "models.report.xlsx", "Models")
    assert not disagreements(before, stored(tmp_path / "models.report.xlsx", "Models"))


def test_two_runs_are_byte_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SOURCE_DATE_EPOCH set, the same input gives the same bytes."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    contents = []
    for name in ("one", "two"):
        result = CliRunner().invoke(main, ["demo", "-o", str(tmp_path / name), "--quiet"])
        assert result.exit_code == 0, result.output
        contents.append(
            {path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())}
        )
    assert contents[0].keys() == {
        "models.xlsx", "models.report.xlsx", "models.report.html", "models.report.json"
    }  # fmt: skip
    for name in contents[0]:
        assert contents[0][name] == contents[1][name], name


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    """A model named =1+1 stays text in every cell that shows it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["name", "num_experts", "num_experts_per_tok", "#=SUM(1)"])
    sheet.append(["x", 8, 2, "y"])
    sheet["A2"].value = "=1+1"
    sheet["A2"].data_type = "s"
    sheet["D2"].value = "=cmd|' /C calc'!A0"
    sheet["D2"].data_type = "s"
    sheet["D1"].data_type = "s"
    book.save(tmp_path / "evil.xlsx")
    result = CliRunner().invoke(main, ["run", str(tmp_path / "evil.xlsx"), "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    report = openpyxl.load_workbook(tmp_path / "evil.report.xlsx")
    seen = 0
    for sheet in report:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and ("1+1" in cell.value or "cmd" in cell.value):
                    assert cell.data_type == "s"
                    seen += 1
    assert seen >= 3


def test_notes_say_where_a_number_comes_from(demo: Path) -> None:
    """Cells have notes for typed, default and missing numbers and for findings; headers too."""
    sheet = openpyxl.load_workbook(demo / "models.report.xlsx")["Models"]
    columns = {cell.value: cell.column for cell in sheet[HEADER]}
    rows = {sheet.cell(row, 1).value: row for row in range(FIRST, sheet.max_row + 1)}

    def note(model: str, column: str) -> str:
        comment = sheet.cell(rows[model], columns[column]).comment
        return comment.text if comment else ""

    assert "given in the input, Models!" in note("Switch-C", "attention_params")
    assert "default" in note("Mixtral-8x7B", "num_shared_experts")
    assert "needs vocab_size" in note("Layer, 10 experts, top-1", "total_params")
    assert "impossible" in note("DeepSeek-V2 (as tabulated)", "active_params")
    assert "derived" in note("Mixtral-8x7B", "head_dim")
    header = sheet.cell(HEADER, columns["attention_core_flops"]).comment.text
    for part in ("Symbol", "Formula", "Source", "context_length"):
        assert part in header


def test_the_package_is_what_the_standard_asks(demo: Path) -> None:
    """Every part is declared once, every link leads to a part, all XML is well-formed."""
    data = (demo / "models.report.xlsx").read_bytes()
    package = Package(data)
    names = list(package)
    assert len(names) == len(set(names))
    for name in names:
        if name.endswith((".xml", ".rels", ".vml")):
            openpyxl.xml.functions.fromstring(package[name])
        if not name.endswith(".rels"):
            for link in package.relationships(name):
                assert link.target in package, f"{name} links to {link.target}"
    with zipfile.ZipFile(demo / "models.report.xlsx") as archive:
        assert archive.testzip() is None
    assert os.path.getsize(demo / "models.report.xlsx") < 700_000


def test_negative_numbers_keep_their_sign(demo: Path, tmp_path: Path) -> None:
    """As shown by LibreOffice, a negative number has its minus sign."""
    book = openpyxl.load_workbook(demo / "models.report.xlsx")
    sheet = book["Models"]
    columns = {cell.value: cell.column for cell in sheet[HEADER]}
    cell = next(
        sheet.cell(row, columns["implied_shared_params"])
        for row in range(FIRST, sheet.max_row + 1)
        if sheet.cell(row, 1).value == "DeepSeek-V2 (as tabulated)"
    )
    assert cell.data_type == "f"
    shown = openpyxl.Workbook()
    shown.worksheets[0]["A1"] = -1_241_379_310.3
    shown.worksheets[0]["A1"].number_format = cell.number_format
    shown.save(tmp_path / "shown.xlsx")
    as_shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
    text = convert(tmp_path / "shown.xlsx", tmp_path / "out", as_shown).read_text("utf-8")
    assert text.strip() == "-1.24 B"


@pytest.mark.parametrize(("sheet", "column"), [("Summary", "A"), ("Findings", "G")])
def test_findings_lead_to_the_cells_that_they_are_about(
    demo: Path, sheet: str, column: str
) -> None:
    """A click on a finding opens the number that it doubts."""
    book = openpyxl.load_workbook(demo / "models.report.xlsx")
    links = [cell.hyperlink.location for cell in book[sheet][column] if cell.hyperlink]
    assert len(links) == 13
    assert all(book["Models"][link.removeprefix("Models!")].fill.fill_type for link in links)
