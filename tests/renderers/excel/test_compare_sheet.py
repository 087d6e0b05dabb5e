"""The sheet Compare, calculated by LibreOffice."""

from __future__ import annotations

import io
import math
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.formula.translate import Translator

from moe_report.cli.main import main
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.renderers.excel.compare_sheet import CHOICE, LAST, PLACE, TOP, VALUES, groups
from moe_report.renderers.excel.render import render
from moe_report.reports import Report
from tests.office import convert, disagreements, recalculated, stored
from tests.reports import LAYER, MIXTRAL, OLMOE, QWEN3, report_of, row, usual_report

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(report: Report, folder: Path) -> Path:
    """The workbook of a report."""
    path = folder / "written.xlsx"
    path.write_bytes(render(report))
    return path


def choose(workbook: Path, target: Path, **names: str) -> None:
    """A copy of a workbook with other names chosen, by the address of the cell."""
    package = Package(workbook.read_bytes())
    part = package.sheets()["Compare"]
    root = parse(package[part])
    for address, name in names.items():
        cell = root.find(f".//{MAIN}c[@r='{address}']")
        assert cell is not None
        text = cell.find(f"{MAIN}is/{MAIN}t")
        assert text is not None
        text.text = name
    package[part] = serialize(root)
    target.write_bytes(package.save())


def numbers_of(report: Report, name: str) -> list[float | None]:
    """What a column of the sheet must hold for a model, row by row."""
    at = [model.name for model in report.models].index(name)
    return [column.cells[at].value for _, columns in groups(report) for column in columns]


def rows_of_numbers(report: Report, rows: list[list[object]]) -> list[list[object]]:
    """The rows of the sheet that hold metrics and inputs."""
    labels = {title for title, _ in groups(report)} | {"Model type"}
    return [cells for cells in rows[TOP - 1 :] if cells[0] not in labels]


def assert_shows(rows: list[list[object]], report: Report, names: list[str]) -> None:
    """The sheet shows these models; an empty name leaves its columns empty."""
    body = rows_of_numbers(report, rows)
    first = numbers_of(report, names[0]) if names[0] else [None] * len(body)
    seen = 0
    for column, name in zip(VALUES, names, strict=True):
        wanted = numbers_of(report, name) if name else [None] * len(body)
        assert len(wanted) == len(body)
        for cells, value, reference in zip(body, wanted, first, strict=True):
            found = cells[column - 1] or cells[column - 1] == 0
            if not name:
                assert not found
            elif value is None:
                assert cells[column - 1] == "–"
            else:
                assert math.isclose(cells[column - 1], value, rel_tol=1e-12), cells[0]
                seen += 1
            if column == VALUES[0]:
                continue
            ratio = cells[column]
            if value and reference and min(value, reference) > 0:
                assert math.isclose(ratio, value / reference, rel_tol=1e-12), cells[0]
            else:
                assert ratio in (None, "")
    assert seen > 10


def test_stored_values_are_what_libreoffice_computes(demo: Path, tmp_path: Path) -> None:
    """Every stored value of the demo's comparison agrees with a forced recalculation."""
    workbook = demo / "models.report.xlsx"
    rows = stored(workbook, "Compare")
    computed = recalculated(workbook, tmp_path, "Compare")
    assert not disagreements(rows, computed)
    assert sum(isinstance(cell, (int, float)) for cells in computed for cell in cells) > 300
    names = [rows[CHOICE - 1][column - 1] for column in VALUES]
    assert names == ["Mixtral-8x7B", "Mixtral-8x22B", "DeepSeek-V2", "DeepSeek-V2-Lite"]
    assert [rows[PLACE - 1][column - 1] for column in VALUES] == [1, 2, 3, 4]


def test_the_first_models_are_chosen(tmp_path: Path) -> None:
    """A new workbook compares its first models, and shows what the engine computes."""
    report = usual_report()
    rows = stored(written(report, tmp_path), "Compare")
    assert_shows(rows, report, [model.name for model in report.models[:4]])


def test_another_choice_shows_that_model(tmp_path: Path) -> None:
    """Names written over the choice give those models' numbers, and ratios to the new first."""
    report = usual_report()
    changed = tmp_path / "changed.xlsx"
    choice = ["A layer", "Qwen3-30B-A3B", "Qwen3-30B-A3B", "Mixtral 8x7B"]
    addresses = [f"{'ABCDEFGHIJ'[column - 1]}{CHOICE}" for column in VALUES]
    choose(written(report, tmp_path), changed, **dict(zip(addresses, choice, strict=True)))
    rows = recalculated(changed, tmp_path / "live", "Compare")
    assert_shows(rows, report, choice)
    assert [rows[PLACE - 1][column - 1] for column in VALUES] == [5, 3, 3, 1]


def test_no_choice_and_unknown_names_leave_the_column_empty(tmp_path: Path) -> None:
    """No error, no zero: neither where nothing is chosen nor where there is no such model."""
    report = usual_report()
    changed = tmp_path / "changed.xlsx"
    choose(written(report, tmp_path), changed, D5="", E5="No such model", G5="mixtral 8X7b")
    rows = recalculated(changed, tmp_path / "live", "Compare")
    assert_shows(rows, report, ["", "", "", report.models[3].name])
    assert not [cell for cells in rows for cell in cells if str(cell).startswith("#")]


@pytest.mark.parametrize("count", [1, 3])
def test_few_models_leave_places_free(tmp_path: Path, count: int) -> None:
    """With fewer than four models the other columns are empty, and nothing disagrees."""
    given = (row("name", MIXTRAL), row("b*", OLMOE), row("B?", QWEN3))[:count]
    report = report_of(*given)
    workbook = written(report, tmp_path)
    rows = stored(workbook, "Compare")
    assert not disagreements(rows, recalculated(workbook, tmp_path / "live", "Compare"))
    assert_shows(rows, report, [*(item.name for item in given), *[""] * (4 - count)])


def test_names_are_told_apart_to_the_letter(tmp_path: Path) -> None:
    """Case, wildcards and names longer than MATCH takes lead to the right row."""
    names = ["a", "A", "x*", "x" * 300, "xy", "~x"]
    numbers = (MIXTRAL, OLMOE, QWEN3, LAYER, {**MIXTRAL, "num_experts": 16}, {**OLMOE})
    report = report_of(*(row(name, what) for name, what in zip(names, numbers, strict=True)))
    changed = tmp_path / "changed.xlsx"
    choice = ["A", "x*", "x" * 300, "~x"]
    choose(written(report, tmp_path), changed, D5="A", E5="x*", G5="x" * 300, I5="~x")
    rows = recalculated(changed, tmp_path / "live", "Compare")
    assert_shows(rows, report, choice)


def test_missing_and_undefined_numbers_are_dashes(tmp_path: Path) -> None:
    """What a model lacks, and a division by zero, is an en dash here, before and after."""
    zero = {**MIXTRAL, "total_params": 0, "active_params": 0}
    report = report_of(row("a", zero), row("b", LAYER), row("c", OLMOE))
    assert report.columns["parameter_efficiency"].cells[0].undefined
    workbook = written(report, tmp_path)
    rows = stored(workbook, "Compare")
    assert not disagreements(rows, recalculated(workbook, tmp_path / "live", "Compare"))
    efficiency = next(cells for cells in rows if cells[0] == "Efficiency")
    assert [efficiency[3], efficiency[6]] == ["–", "–"]  # the layer stands behind the models
    assert isinstance(efficiency[4], float)


def test_a_row_that_is_added_to_the_table_can_be_chosen(tmp_path: Path) -> None:
    """The names are those of the table's column, however long it has become."""
    report = report_of(row("a", MIXTRAL), row("b", OLMOE), row("c", QWEN3))
    package = Package(render(report))
    table = next(name for name in package if b'displayName="Models"' in package[name])
    package[table] = re.sub(rb"(A3:[A-Z]+)6", rb"\g<1>7", package[table])
    sheet = package.sheets()["Models"]
    line = re.search(rb'<row r="6".*?</row>', package[sheet])
    assert line is not None
    added = re.sub(rb'r="([A-Z]*)6"', rb'r="\g<1>7"', line[0])
    added = added.replace(b">c<", b">added<")
    package[sheet] = package[sheet].replace(line[0], line[0] + added)
    (tmp_path / "longer.xlsx").write_bytes(package.save())
    choose(tmp_path / "longer.xlsx", tmp_path / "changed.xlsx", D5="added", I5="c")
    rows = recalculated(tmp_path / "changed.xlsx", tmp_path / "live", "Compare")
    wanted = report_of(row("added", QWEN3), row("b", OLMOE), row("c", QWEN3))
    assert_shows(rows, wanted, ["added", "b", "c", "c"])


def test_the_list_offers_the_models(demo: Path, tmp_path: Path) -> None:
    """Each choice has a list, over a name that stands for the table's column of names."""
    book = openpyxl.load_workbook(demo / "models.report.xlsx")
    sheet = book["Compare"]
    (check,) = sheet.data_validations.dataValidation
    assert (check.type, check.formula1) == ("list", "model_list")
    assert sorted(str(check.sqref).split()) == [f"{c}{CHOICE}" for c in "DEGI"]
    assert book.defined_names["model_list"].attr_text == "Models[name]"
    # LibreOffice, too, takes it for the names: it saves the name as the cells that it found.
    package = Package(convert(demo / "models.report.xlsx", tmp_path).read_bytes())
    saved = re.search(rb'name="model_list"[^>]*>([^<]*)<', package[package.workbook_part()])
    assert saved is not None
    last = 3 + len(stored(demo / "models.report.xlsx", "Models")[3:])
    assert saved[1].decode().replace("$", "") in ("Models[name]", f"Models!A4:A{last}")


def test_only_functions_of_excel_2016(demo: Path) -> None:
    """Nothing newer than Excel 2016, no macro, no array formula."""
    package = Package((demo / "models.report.xlsx").read_bytes())
    assert not [name for name in package if "vba" in name.casefold()]
    xml = package[package.sheets()["Compare"]].decode()
    formulas = re.findall(r"<f>(.*?)</f>", xml)
    assert len(formulas) > 300
    assert "<f " not in xml
    used = {name for formula in formulas for name in re.findall(r"([A-Z.]+)\(", formula)}
    assert used == {
        "IF", "INDEX", "ISNUMBER", "COUNT", "MIN", "EXACT", "MATCH", "ROWS", "SUMPRODUCT", "IFERROR"
    }  # fmt: skip


def test_the_best_of_a_row_is_marked(demo: Path, tmp_path: Path) -> None:
    """Where a metric says which way is better, the mark is on the best numbers, if they differ."""
    book = openpyxl.load_workbook(demo / "models.report.xlsx")
    sheet = book["Compare"]
    last = sheet.max_row
    rules = [
        (rule.formula[0], str(area.sqref))
        for area in sheet.conditional_formatting
        for rule in area.rules
        if "C7" in rule.formula[0]
    ]
    cells = " ".join(f"{letters}{TOP}:{letters}{last}" for letters in "DEGI")
    assert [area for _, area in rules] == [cells, cells]
    for line in range(TOP, last + 1):  # as formulas of cells, LibreOffice says where they hold
        for letters in "DEGI":
            for formula, column in zip((rule for rule, _ in rules), (20, 30), strict=True):
                at = f"{letters}{line}"
                moved = Translator(f"={formula}", f"D{TOP}").translate_formula(at)
                sheet.cell(
                    line, column + VALUES.index("ABCDEFGHI".index(letters) + 1)
                ).value = moved
    book.save(tmp_path / "rules.xlsx")
    marked: dict[str, list[int]] = {}
    for cells_of_row in recalculated(tmp_path / "rules.xlsx", tmp_path / "live", "Compare")[6:]:
        holds = [cells_of_row[19 + n] or cells_of_row[29 + n] for n in range(4)]
        if cells_of_row[2]:
            assert cells_of_row[2] in "↑↓"
            numbers = [cells_of_row[column - 1] for column in VALUES]
            best = (max if cells_of_row[2] == "↑" else min)(numbers)
            differ = max(numbers) > min(numbers)
            assert [bool(held) for held in holds] == [differ and n == best for n in numbers]
            marked[str(cells_of_row[0])] = [n for n, held in enumerate(holds) if held]
        else:
            assert not any(holds)
    assert marked["Forward FLOPs≈"] == [3]
    assert marked["Expert FLOPs savings"] == [2]
    assert marked["Padding≈"] == []


def test_the_sheet_is_made_to_be_read_and_printed(demo: Path) -> None:
    """No grid, names and labels stay in sight, pages are landscape and one wide."""
    sheet = openpyxl.load_workbook(demo / "models.report.xlsx")["Compare"]
    assert not sheet.sheet_view.showGridLines
    assert sheet.freeze_panes == f"D{TOP}"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == f"${CHOICE}:${PLACE}"
    assert sheet.oddFooter.left.text == "&F · &A"
    assert max(sheet.column_dimensions[c].width for c in "ABCDEFGHIJ") <= 41
    assert sheet.max_column == LAST


def test_the_report_with_it_is_a_valid_input(tmp_path: Path) -> None:
    """Whatever is chosen on Compare, the models are read from Models."""
    report = usual_report()
    choose(written(report, tmp_path), tmp_path / "again.xlsx", D5="nonsense", E5="")
    result = CliRunner().invoke(main, ["run", str(tmp_path / "again.xlsx"), "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    before = stored(tmp_path / "written.xlsx", "Models")
    assert not disagreements(before, stored(tmp_path / "again.report.xlsx", "Models"))


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the sheet depends on when or where it is written."""
    report = usual_report()
    assert render(report) == render(report)
    with zipfile.ZipFile(io.BytesIO(render(report))) as archive:
        assert archive.testzip() is None
