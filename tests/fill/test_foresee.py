"""What `fill` tells of a template, `template check` tells before, in the same words."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.fill.check import check_template
from moe_report.fill.fill import fill
from moe_report.fill.new_template import build_template
from moe_report.ooxml.file_types import kind_of
from moe_report.ooxml.package import Package
from moe_report.schema.registry import Registry, installed
from tests.fill import test_meaning_kept, test_stale_values
from tests.fill.books import opened, repacked, saved, sheet_template, template
from tests.fill.corpus import all_workbooks, with_question
from tests.fill.rich import rich_template
from tests.fill.test_fill import problems_of, side_by_side
from tests.reports import usual_report

# What only the models decide.
OF_MODELS = {"no-rows", "limited-rows", "renamed-sheet"}
COLUMNS = ["{{ m.name }}", "{{ m.num_experts }}"]


def _beside(sheet: Any) -> None:
    sheet["C2"], sheet["D2"], sheet["F2"] = "=B2*2", "=C2+1", "=Filled[H2]"
    sheet["H2"], sheet["B5"], sheet["B6"] = "=B2", "=B2+1", '=INDIRECT("B2")'


def _near(sheet: Any) -> None:
    sheet["E7"], sheet["E8"] = "<<m.name>>", '="{{"'
    sheet["B1"].comment = Comment("sort by: name\nlimit: 3", "test")


def _named(sheet: Any) -> None:
    for name, target in (("relative", "Data!B2"), ("total_parms", "Data!$H$9"), ("top_k", "#REF!")):
        sheet.parent.defined_names[name] = DefinedName(name, attr_text=target)


def _tables(sheet: Any) -> None:
    side_by_side(sheet.parent, sheet.parent.create_sheet("Two"))
    sheet.parent["Two"]["B5"] = "=B2"


CHANGES: dict[str, Callable[[Any], None]] = {
    "beside": _beside, "near misses": _near, "names": _named, "two more tables": _tables,
}  # fmt: skip


def signed() -> bytes:
    """A template with a digital signature."""
    return repacked(template(COLUMNS), {"_xmlsignatures/sig1.xml": b"<Signature/>"})


def templates() -> dict[str, bytes]:
    """The templates that the tests fill."""
    return {
        "the starting one": build_template(installed()),
        "rich": rich_template(macros=False),
        "stale values": test_stale_values.template(),
        "pivot": test_stale_values.shown_elsewhere(),
        "meaning": test_meaning_kept.template(seed=2)[0],
        "a sheet": saved(sheet_template()),
        "signed": signed(),
        "empty": saved(openpyxl.Workbook()),
        "plain": template(COLUMNS),
        **{name: template(COLUMNS, change=change) for name, change in CHANGES.items()},
    }


def differences(data: bytes, registry: Registry) -> set[str]:
    """What one of the two tells and the other does not."""
    where = f"t{kind_of(Package(data), '')}"
    told = fill(data, usual_report(), where=where).notes
    checked = check_template(data, registry, where=where).notes
    return {str(note) for note in told if note.kind not in OF_MODELS} ^ {*map(str, checked)}


@pytest.mark.parametrize("name", templates())
def test_check_tells_what_fill_tells(name: str, registry: Registry) -> None:
    """Whatever is in the template."""
    assert differences(templates()[name], registry) == set()


def test_check_tells_what_fill_tells_of_the_corpus(tmp_path: Path, registry: Registry) -> None:
    """Of every workbook of every program, with a cell that asks."""
    wrong = {}
    for name, data in all_workbooks(tmp_path).items():
        asking = with_question(data, "{{ report.version }}")[0]
        if found := differences(asking, registry):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("xl/styles.xml", {b"</styleSheet>": b"</sty"}, "part xl/styles.xml"),
        ("xl/worksheets/sheet1.xml", {b'r="1"': b'r="200001"', b'r="B1"': b'r="B200001"'},
         "content this far out"),
    ],
)  # fmt: skip
def test_damage_is_seen_by_both(
    registry: Registry, part: str, changes: dict[bytes, bytes], said: str
) -> None:
    """In the sheet that is filled, and in the looks of its cells."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("S").write("B1", "{{ report.version }}")
    book.close()
    package = Package(out.getvalue())
    for old, new in changes.items():
        assert old in package[part]
        package[part] = package[part].replace(old, new)
    with pytest.raises(InputError, match=said):
        fill(package.save(), usual_report(), where="t.xlsx")
    problems = check_template(package.save(), registry, where="t.xlsx").problems
    assert any(said in str(problem) for problem in problems)


def test_the_lines_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the command line too, word by word."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert run(main, ["init", "models.xlsx"]).exit_code == 0
    for name in ("rich", "beside", "near misses", "names", "signed", "pivot"):
        Path("t.xlsx").write_bytes(templates()[name])
        lines = []
        for command in (["fill", "t.xlsx", "models.xlsx", "-o", "o.xlsx", "--calc", "none"],
                        ["template", "check", "t.xlsx"]):  # fmt: skip
            result = run(main, command)
            assert result.exit_code == 0, result.output
            said = [line for line in result.output.splitlines() if line.startswith("note: ")]
            lines.append([line for line in said if "as its limit says" not in line])
        assert lines[0] == lines[1] != []


def notes_of(change: Callable[[Any], None], columns: list[str] | None = None) -> list[str]:
    """What is said of cells beside a table, without the start that all have."""
    data = template(columns or COLUMNS, change=change)
    notes = fill(data, usual_report(), where="t.xlsx").notes
    said = [str(note) for note in notes if note.kind == "beside-table"]
    return [line.removeprefix("sheet Data, cell ") for line in said]


DRAG = "drag the lower right corner of the table Filled over it to have it in each row"
PUT = (
    "put it right of the table Filled and drag the table's lower right corner over it to have it "
    "in each row"
)
ONCE = "and stays there once, for the first model"
BELONGS = {
    "=B2*2": "B2", "=$B2/B$9": "$B2", "=SUM(A2:B2)": "A2:B2", "=Data!B2": "B2",
    "=Filled[[#This Row],[H2]]*2": "Filled[[#This Row],[H2]]", "=SUM(B$1:B2)+B2": "B2",
    "=B$2": "B$2", "=IF(A2=\"B2\",1,0)": "A2", "=VLOOKUP(A2,Data!H1:I9,2,0)": "A2",
}  # fmt: skip
APART = (
    "=SUM(B2:B2)", "=SUM(Filled[H2])", "=MAX($B$2:$B$2)", "=H9", "=SUM(H2:I2)", '="B2"', "=1+1",
    "=Other!B2", "=SUM(B:B)", "=B3", "=B1", "=SUM(B1:B2)", "=COUNTA(Filled[[#All],[H2]])",
)  # fmt: skip


@pytest.mark.parametrize(("formula", "found"), BELONGS.items())
def test_a_formula_of_the_row_beside_a_table_is_named(formula: str, found: str) -> None:
    """It stays where it is, once, and the note says how it comes into the table."""

    def change(sheet: Any) -> None:
        sheet.parent.create_sheet("Other")
        sheet["C2"] = formula

    assert notes_of(change) == [f"C2: refers to this row ({found}), {ONCE}; {DRAG}"]


def test_formulas_of_their_own_beside_a_table_get_no_word() -> None:
    """Sums over all models, and panels that have nothing to do with the row."""

    def change(sheet: Any) -> None:
        sheet.parent.create_sheet("Other")
        for at, formula in enumerate(APART, start=20):
            sheet.cell(2, at, formula)
        sheet["C2"], sheet["D2"], sheet["E2"] = "Budget", 5_000_000, "=D2*2"

    assert notes_of(change) == []


def test_formulas_of_a_panel_that_begins_in_the_row_get_no_word() -> None:
    """Its first cell is no model's, wherever it is referred to from."""

    def change(sheet: Any) -> None:
        sheet["D2"], sheet["D3"], sheet["D4"], sheet["H9"] = 5, 3, "=D2-D3", "=$D$2"

    done = fill(template(COLUMNS, change=change), usual_report(), where="t.xlsx")
    assert done.notes == ()
    sheet = opened(done.data)["Data"]
    assert [sheet["D8"].value, sheet["H13"].value] == ["=D2-D7", "=$D$2"]


def test_where_it_stands_says_how_it_comes_in() -> None:
    """Next to the table and next to what is next to it; apart from it, and left of it."""

    def change(sheet: Any) -> None:
        sheet["D2"], sheet["E2"], sheet["F2"] = "=A2", "=D2*2", "=E2+H2"
        sheet["I2"], sheet["J2"] = "=C2", "=B3"

    assert notes_of(change, [*COLUMNS, "{{ m.total_params }}"]) == [
        f"D2: refers to this row (A2), {ONCE}; {DRAG}",
        f"E2: refers to this row (D2), {ONCE}; {DRAG}",
        f"F2: refers to this row (E2), {ONCE}; {DRAG}",
        f"I2: refers to this row (C2), {ONCE}; {PUT}",
    ]


def test_what_the_note_says_to_do_does_it() -> None:
    """With the table drawn over the neighbours, each row has them, and no note is left."""
    data = template(COLUMNS, change=_beside)
    book = opened(data)
    table = book["Data"].tables["Filled"]
    book["Data"]["C1"], book["Data"]["D1"] = "H3", "H4"
    table.ref = table.autoFilter.ref = "A1:D2"
    table.tableColumns = []
    table._initialise_columns()
    for at, column in enumerate(table.tableColumns, start=1):
        column.name = f"H{at}"
    done = fill(saved(book), usual_report(), where="t.xlsx")
    sheet = opened(done.data)["Data"]
    assert [sheet.cell(row, 3).value for row in range(2, 7)] == [f"=B{r}*2" for r in range(2, 7)]
    assert [sheet.cell(row, 4).value for row in range(2, 7)] == [f"=C{r}+1" for r in range(2, 7)]
    cells = [str(note).split(":")[0] for note in done.notes if note.kind == "beside-table"]
    assert cells == ["sheet Data, cell H2"]


def test_a_cell_beside_a_table_that_asks_for_a_model_is_refused() -> None:
    """With how it comes into the table; braces do not end in what is written."""

    def change(sheet: Any) -> None:
        sheet["C2"], sheet["F2"], sheet["C9"] = "{{ m.name }}", "{{ number }}", "{{ m.name }}"

    said = problems_of(template(COLUMNS, change=change)).splitlines()
    found = "found m or number outside of an Excel Table, whose row would repeat"
    assert [line.removeprefix("t.xlsx, sheet Data, cell ") for line in said] == [
        f"C2: {found}; {DRAG}",
        f"F2: {found}; {PUT}",
        f'C9: {found}; expected models["a name"], or a sheet named {{{{ m.name }}}}',
    ]


def test_a_neighbour_is_left_as_it_is() -> None:
    """Formulas stand in the first row, once, and no other row has them."""
    sheet = opened(fill(template(COLUMNS, change=_beside), usual_report(), where="t.xlsx").data)
    found = [[sheet["Data"].cell(row, column).value for row in range(2, 7)] for column in (3, 4)]
    assert found == [["=B2*2", *[None] * 4], ["=C2+1", *[None] * 4]]


def test_a_sum_beside_a_table_reaches_all_models() -> None:
    """As it does above and below; a range across columns is of its row."""

    def change(sheet: Any) -> None:
        sheet["D2"], sheet["E2"], sheet["F2"] = "=SUM(B2:B2)", "=SUM(A2:B2)", "=SUM(B$2:B2)"

    sheet = opened(fill(template(COLUMNS, change=change), usual_report(), where="t.xlsx").data)
    found = [sheet["Data"].cell(2, column).value for column in (4, 5, 6)]
    assert found == ["=SUM(B2:B6)", "=SUM(A2:B2)", "=SUM(B$2:B2)"]


def test_a_template_that_asks_for_nothing_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filled, checked, or beside the reports, it is done but with 3."""
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write("A1", "{ { m.name } }")
    Path("t.xlsx").write_bytes(out.getvalue())
    run = CliRunner().invoke
    assert run(main, ["init", "models.xlsx"]).exit_code == 0
    for command in (
        ["fill", "t.xlsx", "models.xlsx", "-o", "o.xlsx"],
        ["template", "check", "t.xlsx"],
        ["run", "models.xlsx", "--template", "t.xlsx", "-o", "out", "--format", "json"],
    ):
        result = run(main, command)
        assert result.exit_code == 3, result.output
        assert "note: t.xlsx: asks for nothing" in result.output
        assert "note: sheet Sheet1, cell A1: found '{ { m.name } }'" in result.output
    assert Path("o.xlsx").exists()
    assert Path("out/models.t.xlsx").exists()
