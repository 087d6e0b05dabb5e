"""Reports written again over older ones: what a user added is there afterwards, or refused."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName

from moe_report.cli.main import main
from moe_report.load import inputs
from moe_report.ooxml.cells_by_rows import CellsByRows
from moe_report.ooxml.package import Package, parse
from tests.office import FIRST, HEADER, convert, disagreements, recalculated, stored

MODELS = {
    "name": ("Small", "Large"),
    "num_hidden_layers": (16, 48),
    "hidden_size": (2048, 2048),
    "vocab_size": (50304, 151936),
    "num_attention_heads": (16, 32),
    "moe_intermediate_size": (1024, 768),
    "num_experts": (64, 128),
    "num_experts_per_tok": (8, 8),
    "remark": ("from the paper", None),
    "#price": (1.5, 9),
}


def write_input(path: Path, columns: Mapping[str, Any] = MODELS) -> Path:
    """A workbook of models."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Models"
    sheet.append(list(columns))
    for values in zip(*columns.values(), strict=True):
        sheet.append(list(values))
    book.save(path)
    return path


def context_of(book: Any) -> Any:
    """The cell of the assumed context, wherever it is among those of other sections."""
    sheet = book["Assumptions"]
    rows = (row for row in sheet.iter_rows() if "context_length" in [cell.value for cell in row])
    return sheet.cell(next(rows)[0].row, 3)


def run(*arguments: str | Path) -> Result:
    """The command line, run."""
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def update(report: Path, *arguments: str | Path) -> Result:
    """A report updated, which must succeed."""
    done = run("--update", report, "-q", *arguments)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two models."""
    folder = tmp_path_factory.mktemp("report")
    done = run(write_input(folder / "models.xlsx"), "-o", folder, "--format", "xlsx", "-q")
    assert done.exit_code == 0, done.output
    return folder / "models.report.xlsx"


@pytest.fixture
def report(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(made, tmp_path / "models.report.xlsx"))


def loaded(path: Path) -> Any:
    """A workbook as openpyxl reads it, formulas and all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


def edited(path: Path, edit: Callable[[Any], None], *, settle: bool = False) -> Path:
    """The workbook with something changed, as a user would.

    openpyxl drops the values that are stored with formulas; LibreOffice settles them.
    """
    book = loaded(path)
    edit(book)
    book.save(path)
    if not settle:
        return path
    settled = convert(path, path.parent / "settled")
    shutil.move(settled, path)
    return path


def at(sheet: Any, model: str, header: str) -> Any:
    """A cell of the sheet Models."""
    column = next(c.column for c in sheet[HEADER] if c.value == header)
    row = next(r for r in range(FIRST, sheet.max_row + 1) if sheet.cell(r, 1).value == model)
    return sheet.cell(row, column)


def value_of(path: Path, model: str, header: str) -> Any:
    """A stored value of the sheet Models."""
    rows = stored(path, "Models")
    column = rows[HEADER - 1].index(header)
    return next(cells[column] for cells in rows[FIRST - 1 :] if cells[0] == model)


def write_everywhere(book: Any) -> None:
    """What a user may do to a report."""
    notes, models = book["Notes"], book["Models"]
    notes["A7"], notes["B7"] = "Large", "=Q3 numbers: to be checked\nwith Ann"
    notes["B7"].data_type = "s"
    notes["F30"] = "far below"
    notes["F30"].font = Font(bold=True, color="FF00AA00", name="Arial")
    notes["F30"].fill = PatternFill("solid", fgColor="FFFFFF00")
    notes["G30"] = 0.125
    notes["G30"].number_format = "0.0%"
    notes["H30"] = '=Models!A4&"!"'
    notes["I30"] = "=SUM(G30,1)"
    notes.column_dimensions["F"].width = 33
    notes.row_dimensions[30].height = 44
    notes["A31"] = "paper"
    notes["A31"].hyperlink = "https://example.org/paper?a=1&b=2"
    notes["F30"].comment = Comment("do look", "Ann")
    at(models, "Large", "num_experts_per_tok").value = 16
    at(models, "Small", "num_experts").comment = Comment("as in table 3", "Ann")
    at(models, "Large", "remark").value = "typed in the report"
    at(models, "Large", "source").value = "the card"
    at(models, "Large", "source").hyperlink = "https://example.org/card"
    at(models, "Small", "total_params").value = 7e9
    own = book.create_sheet("Mine", 1)
    own["B2"] = "mine"
    own["B2"].font = Font(italic=True, size=15)
    own["B3"] = "=B4*2"
    own["B4"] = 21
    own["B5"], own["B6"], own["B7"] = 1, 2, 3
    chart = BarChart()
    chart.add_data(Reference(own, min_col=2, min_row=5, max_row=7))
    own.add_chart(chart, "D2")
    book.defined_names["my_cell"] = openpyxl.workbook.defined_name.DefinedName(
        "my_cell", attr_text="Mine!$B$4"
    )
    context_of(book).value = 32768


def check_everything(path: Path) -> None:
    """What :func:`write_everywhere` wrote is there."""
    book = loaded(path)
    notes, models, own = book["Notes"], book["Models"], book["Mine"]
    assert (notes["A7"].value, notes["B7"].value) == (
        "Large", "=Q3 numbers: to be checked\nwith Ann",
    )  # fmt: skip
    assert notes["B7"].data_type == "s"
    assert notes["F30"].value == "far below"
    assert notes["F30"].font.b
    assert notes["F30"].font.name == "Arial"
    assert notes["F30"].font.color.rgb == "FF00AA00"
    assert notes["F30"].fill.fgColor.rgb == "FFFFFF00"
    assert (notes["G30"].value, notes["G30"].number_format) == (0.125, "0.0%")
    assert notes["H30"].value == '=Models!A4&"!"'
    assert notes["I30"].value == "=SUM(G30,1)"
    assert notes.column_dimensions["F"].width == pytest.approx(33, abs=0.8)
    assert notes.row_dimensions[30].height == pytest.approx(44, abs=0.5)
    assert notes["A31"].hyperlink.target == "https://example.org/paper?a=1&b=2"
    assert notes["F30"].comment.text.strip() == "do look"
    assert at(models, "Large", "num_experts_per_tok").value == 16
    assert at(models, "Small", "num_experts").comment.text == "as in table 3"
    assert at(models, "Small", "remark").value == "from the paper"
    assert at(models, "Large", "remark").value == "typed in the report"
    assert at(models, "Large", "source").value == "the card"
    assert at(models, "Large", "source").hyperlink.target == "https://example.org/card"
    assert at(models, "Small", "total_params").value == 7e9
    assert at(models, "Large", "#price").value == 9
    assert own["B2"].value == "mine"
    assert (own["B2"].font.i, own["B2"].font.sz) == (True, 15)
    assert own["B3"].value == "=B4*2"
    assert len(own._charts) == 1
    assert book.defined_names["my_cell"].attr_text == "Mine!$B$4"
    assert book.sheetnames.index("Mine") == 1
    assert context_of(book).value == 32768


def test_what_the_user_wrote_is_kept(report: Path) -> None:
    """Notes, inputs, remarks, links, sheets and names survive; metrics follow the inputs."""
    before = value_of(report, "Large", "active_params")
    edited(report, write_everywhere, settle=True)
    check_everything(report)
    update(report)
    check_everything(report)
    after = value_of(report, "Large", "active_params")
    assert after > before
    assert value_of(report, "Small", "total_params") == 7e9


def test_stored_values_agree_after_an_update(report: Path, tmp_path: Path) -> None:
    """LibreOffice computes what is stored, on our sheets; theirs it computes on its own."""
    update(edited(report, write_everywhere))
    for sheet in ("Summary", "Models", "Assumptions", "Compare"):
        rows = stored(report, sheet)
        assert not disagreements(rows, recalculated(report, tmp_path / "again", sheet)), sheet
    settled = tmp_path / "again" / report.name
    assert stored(settled, "Notes")[29][7:9] == ["Small!", 1.125]
    assert stored(settled, "Mine")[2][1] == 42


def test_twice_is_once(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update of an update is the same file, byte for byte."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    update(edited(report, write_everywhere))
    first = report.read_bytes()
    update(report)
    assert report.read_bytes() == first
    check_everything(report)


def test_an_unchanged_report_keeps_its_users_parts_byte_for_byte(report: Path) -> None:
    """Parts of sheets that are not ours are not written again."""
    edited(report, write_everywhere)
    before = Package(report.read_bytes())
    update(report)
    after = Package(report.read_bytes())
    mine = before.sheets()["Mine"]
    links = {link.type.rsplit("/", 1)[-1]: link.target for link in before.relationships(mine)}
    for part in (links["drawing"], "xl/sharedStrings.xml", "xl/theme/theme1.xml"):
        if part in before:
            assert after[part] == before[part]
    assert after.sheets()["Mine"] == mine


def test_a_round_trip_through_libreoffice_in_between(report: Path) -> None:
    """What an update wrote, saved by LibreOffice, can be updated again."""
    update(edited(report, write_everywhere))
    edited(report, lambda book: None, settle=True)
    update(report)
    check_everything(report)
    assert at(loaded(report)["Models"], "Small", "num_experts").comment.text == "as in table 3"


def test_no_part_is_left_over_or_lacking(report: Path) -> None:
    """Every part is linked and has a type, and every link leads to a part."""
    update(edited(report, write_everywhere, settle=True))
    package = Package(report.read_bytes())
    parts = {name for name in package if not name.endswith(".rels")} - {"[Content_Types].xml"}
    linked = {
        link.target
        for owner in ["", *parts]
        for link in package.relationships(owner)
        if "://" not in link.target
    }
    assert linked == parts
    types = parse(package["[Content_Types].xml"])
    named = [item.get("PartName") for item in types if item.get("PartName")]
    assert len(named) == len(set(named))
    assert {name.lstrip("/") for name in named} <= set(package)
    ids = [
        parse(package[part]).get("id") for part in parts if part.startswith("xl/tables/")
    ]  # fmt: skip
    assert len(ids) == len(set(ids)) == 2


def test_models_from_another_input(report: Path, tmp_path: Path) -> None:
    """Numbers come from INPUT; remarks and added columns of the old report are kept beside them."""
    edited(report, lambda book: book["Notes"].__setitem__("B7", "on Small"))
    columns = {key: value for key, value in MODELS.items() if key not in ("remark", "#price")}
    columns |= {"name": ("Large", "New"), "num_experts_per_tok": (4, 2)}
    source = write_input(tmp_path / "next.xlsx", columns)
    done = run(source, "--update", report, "-q")
    assert done.exit_code == 0, done.output
    assert "'Small' is not in the input and leaves the report" in done.output
    book = loaded(report)
    assert [book["Models"].cell(row, 1).value for row in (FIRST, FIRST + 1)] == ["Large", "New"]
    assert at(book["Models"], "Large", "#price").value == 9
    assert book["Notes"]["B7"].value == "on Small"
    assert value_of(report, "Large", "num_experts_per_tok") == 4


def test_a_note_moves_with_its_model(report: Path, tmp_path: Path) -> None:
    """A note on a cell is found at the same model and column in a new order."""

    def remark(book: Any) -> None:
        at(book["Models"], "Large", "hidden_size").comment = Comment("see p. 3", "Bob")

    edited(report, remark)
    columns = {key: tuple(reversed(value)) for key, value in MODELS.items()}
    source = write_input(tmp_path / "turned.xlsx", columns)
    update(report, source)
    sheet = loaded(report)["Models"]
    assert sheet.cell(FIRST, 1).value == "Large"
    cell = at(sheet, "Large", "hidden_size")
    assert (cell.row, cell.comment.text) == (FIRST, "see p. 3")
    assert at(sheet, "Small", "hidden_size").comment is None


def test_a_note_of_a_model_that_leaves_is_refused(report: Path, tmp_path: Path) -> None:
    """A note on a cell that the new report lacks is named, and nothing is written."""

    def remark(book: Any) -> None:
        at(book["Models"], "Small", "hidden_size").comment = Comment("see p. 3", "Bob")

    edited(report, remark)
    before = report.read_bytes()
    columns = {key: value[1:] for key, value in MODELS.items()}
    done = run(write_input(tmp_path / "one.xlsx", columns), "--update", report)
    assert done.exit_code == 1
    assert re.search(r"sheet Models, cell [A-Z]+4: the note 'see p. 3' would be lost", done.output)
    assert report.read_bytes() == before


@pytest.mark.parametrize("sheet", ["Summary", "Method", "Findings", "Assumptions", "Compare"])
def test_a_remark_on_a_sheet_of_ours_is_refused(report: Path, sheet: str) -> None:
    """What stands beside our cells is named rather than lost."""
    edited(report, lambda book: book[sheet].__setitem__("M2", "ask Bob"))
    before = report.read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    assert f"models.report.xlsx, sheet {sheet}, cell M2: 'ask Bob' would be lost" in done.output
    assert len(done.output.splitlines()) == 1
    assert report.read_bytes() == before


def test_a_chart_on_a_sheet_of_ours_is_refused(report: Path) -> None:
    """Charts that the user added to our sheets are counted, and theirs refused."""

    def draw(book: Any) -> None:
        chart = BarChart()
        chart.add_data(Reference(book["Models"], min_col=1, min_row=4, max_row=5))
        book["Models"].add_chart(chart, "D20")

    edited(report, draw)
    done = run("--update", report)
    assert done.exit_code == 1
    assert "sheet Models: has 1 charts, pictures or shapes, 0 of them written by" in done.output


def test_a_sheet_with_the_name_of_ours_is_refused(report: Path) -> None:
    """A table of the user's with the name of ours is named."""

    def clash(book: Any) -> None:
        del book["Notes"]
        own = book.create_sheet("Mine")
        own.append(["a"])
        own.append([1])
        own.add_table(openpyxl.worksheet.table.Table(displayName="Notes", ref="A1:A2"))

    edited(report, clash)
    done = run("--update", report)
    assert done.exit_code == 1
    assert "the table 'notes' is yours" in done.output


def test_a_deleted_sheet_comes_back(report: Path) -> None:
    """Sheets of ours that were deleted are written again, where they were."""
    order = loaded(report).sheetnames

    def remove(book: Any) -> None:
        del book["Notes"]
        del book["Compare"]

    update(edited(report, remove))
    assert loaded(report).sheetnames == order


def test_a_formula_typed_as_an_input_stays(report: Path) -> None:
    """A formula in place of a number is kept with its value."""

    def type_formula(book: Any) -> None:
        at(book["Models"], "Large", "num_experts").value = "=2^7*2"

    update(edited(report, type_formula, settle=True))
    assert at(loaded(report)["Models"], "Large", "num_experts").value == "=2^7*2"
    assert value_of(report, "Large", "num_experts") == 256


def test_a_formula_in_a_column_of_ones_own_stays_live(report: Path, tmp_path: Path) -> None:
    """A user's column of formulas is kept wherever it moves, and has no stale value."""
    formula = "Models[[#This Row],[total_params]]*2"

    def add_column(book: Any) -> None:
        sheet = book["Models"]
        at(sheet, "Small", "#price").value = f"={formula}"

    edited(report, add_column)
    for _ in range(2):
        update(report)
        cell = at(loaded(report)["Models"], "Small", "#price")
        assert cell.value == f"={formula}"
        assert value_of(report, "Small", "#price") is None
    rows = recalculated(report, tmp_path / "again", "Models")
    price = rows[FIRST - 1][rows[HEADER - 1].index("#price")]
    assert price == 2 * value_of(report, "Small", "total_params")


def test_a_renamed_sheet_of_ours_is_refused(report: Path) -> None:
    """A sheet of ours under another name would keep old numbers."""
    edited(report, lambda book: setattr(book["Summary"], "title", "Overview"))
    done = run("--update", report)
    assert done.exit_code == 1
    assert "sheet Overview: looks like the report's sheet 'Summary' under another" in done.output


def test_words_that_are_not_surely_a_number_stay(report: Path) -> None:
    """Each update tells of them."""
    heads = loaded(report)["Models"][HEADER]
    at = next(cell.column_letter for cell in heads if cell.value == "hidden_size")
    edited(report, lambda book: book["Models"].__setitem__(f"{at}4", "120-130"))
    for _ in range(2):
        done = run("--update", report)
        assert f"hidden_size (Models!{at}4): found '120-130': a range" in done.output
        assert loaded(report)["Models"][f"{at}4"].value == "120-130"


def test_the_sheet_of_notes_may_have_another_name(report: Path) -> None:
    """It is the user's, and there is no second one."""

    def rename(book: Any) -> None:
        book["Notes"]["B7"] = "mine"
        book["Notes"].title = "What we know"

    before = loaded(edited(report, rename)).sheetnames
    done = run("--update", report)
    assert (done.exit_code, "Notes" in done.output) == (0, False)
    book = loaded(report)
    assert book.sheetnames == before
    assert book["What we know"]["B7"].value == "mine"
    assert [*book["What we know"].tables] == ["Notes"]


@pytest.mark.parametrize("name", ["Modelle", "Q3 | Models", "Q3"])
def test_a_report_whose_sheet_of_models_is_renamed(report: Path, name: str) -> None:
    """It is a report; what the sheet is called now, and was, is said."""
    edited(report, lambda book: setattr(book["Models"], "title", name))
    done = run("--update", report)
    assert done.exit_code == 1
    wanted = f"its sheet 'Models' is called '{name}' now; rename it back to 'Models'"
    assert done.output.splitlines() == [f"Error: models.report.xlsx: {wanted}"]


def test_a_report_without_its_sheet_of_models(report: Path) -> None:
    """It is one as well."""
    edited(report, lambda book: book.remove(book["Models"]))
    done = run("--update", report)
    assert done.exit_code == 1
    assert "models.report.xlsx: its sheet 'Models' is missing" in done.output


def test_a_clash_of_defined_names_is_refused(report: Path) -> None:
    """A name that the user leads to a place of their own is not led back in silence."""

    def lead(book: Any) -> None:
        own = book.create_sheet("Mine")
        own["A1"] = 4096
        book.defined_names["context_length"].attr_text = "Mine!$A$1"

    edited(report, lead)
    done = run("--update", report)
    assert done.exit_code == 1
    assert "the defined name 'context_length' is yours" in done.output


@pytest.mark.parametrize(
    "formula",
    ['=INDIRECT("Models!A4")', "=INDEX(Models[num_experts],2)", "=INDEX(Models,2,3)",
     "=INDEX(theirs,2)", "=OFFSET(Models[[#Headers],[name]],2,0)"],
)  # fmt: skip
def test_formulas_that_cannot_follow_the_report_are_told(
    report: Path, tmp_path: Path, formula: str
) -> None:
    """A formula that finds cells of Models by a text or a number is named if models move."""

    def add(book: Any) -> None:
        book["Notes"]["B7"] = formula
        book.defined_names["theirs"] = DefinedName("theirs", attr_text="Models!$A$4:$A$5")

    edited(report, add)
    columns = {key: tuple(reversed(value)) for key, value in MODELS.items()}
    done = run(write_input(tmp_path / "turned.xlsx", columns), "--update", report, "-q")
    assert done.exit_code == 0, done.output
    assert "sheet Notes, cell B7: refers to cells of the report" in done.output
    assert loaded(report)["Notes"]["B7"].value == formula


def test_a_report_of_an_earlier_version(report: Path) -> None:
    """Without the record of what is ours, inputs are kept and the user is warned."""

    def age(book: Any) -> None:
        del book["Notes"]
        del book["Compare"]
        for name in ("Charts", "Fit", "Devices", "Presets", "Hardware", "Workings"):
            if name in book.sheetnames:
                del book[name]
        book["Chart data"].delete_cols(90, 30)
        del book.defined_names["model_list"]
        at(book["Models"], "Large", "remark").value = "typed"

    edited(report, age)
    done = run("--update", report, "-q")
    assert done.exit_code == 0, done.output
    assert "was written by an earlier version" in done.output
    book = loaded(report)
    assert at(book["Models"], "Large", "remark").value == "typed"
    assert {"Notes", "Compare"} <= set(book.sheetnames)


def test_of_a_report_without_marks_of_looks_it_is_said(report: Path) -> None:
    """What was typed over titles cannot be told from what an earlier version wrote there."""

    def age(book: Any) -> None:
        rows = book["Chart data"].iter_rows(min_col=90)
        for row in rows:
            for name, kind, text in zip(row, row[1:], row[2:], strict=False):
                if kind.value in ("texts", "formulas", "looks", "columns"):
                    name.value, kind.value, text.value = "Models", "names", "model_list"

    edited(report, age)
    done = run("--update", report, "-q")
    assert done.exit_code == 0, done.output
    assert "titles and formats that you changed on its sheets cannot be told" in done.output


@pytest.mark.parametrize("cell", ["ZZ5", "B90"])
def test_a_formula_without_a_value_is_not_passed_over(report: Path, cell: str) -> None:
    """A program that doesn't calculate wrote it under no header, or in no model's row."""
    edited(report, lambda book: book["Models"].__setitem__(cell, "=D5*2"))
    before = report.read_bytes()
    done = run("--update", report, "-q")
    assert done.exit_code == 1
    assert f"sheet Models, cell {cell}: '=D5*2' would be lost" in done.output
    assert report.read_bytes() == before


def test_macros_stay(report: Path) -> None:
    """A report saved with macros keeps them."""
    package = Package(report.read_bytes())
    package["xl/vbaProject.bin"] = b"macros"
    package.declare("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject")
    package.relate(
        "xl/workbook.xml",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "xl/vbaProject.bin",
    )
    macros = report.with_suffix(".xlsm")
    macros.write_bytes(package.save())
    update(macros)
    assert Package(macros.read_bytes())["xl/vbaProject.bin"] == b"macros"
    done = run("--update", macros, "-o", report.with_name("new.xlsx"))
    assert "expected a name that ends in .xlsm" in done.output


def test_elsewhere(report: Path, tmp_path: Path) -> None:
    """With -o the old report stays as it is."""
    before = report.read_bytes()
    update(report, "-o", tmp_path / "out" / "new.xlsx", "--set", "context_length=4096")
    update(report, "-o", tmp_path / "folder", "--format", "json")
    assert report.read_bytes() == before
    assert context_of(loaded(tmp_path / "out" / "new.xlsx")).value == 4096
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == [
        "models.report.json", "models.report.xlsx",
    ]  # fmt: skip


def test_the_heading_stays(report: Path) -> None:
    """The heading goes on naming the first input, and words of the sheet Report are kept."""
    update(report)
    assert loaded(report)["Summary"]["A1"].value == "Mixture-of-Experts models of models.xlsx"
    update(report, "--title", "Ours", "--intro", "First.")
    edited(report, lambda book: book["Report"].__setitem__("B6", "Second."))
    update(report, "--title", "Theirs")
    book = loaded(report)
    assert book["Summary"]["A1"].value == "Theirs"
    assert (book["Report"]["B5"].value, book["Report"]["B6"].value) == ("Theirs", "Second.")
    assert book["Summary"]["A4"].value == "Second."


def test_the_chosen_models_stay_chosen(report: Path) -> None:
    """The choice on the sheet Compare is the user's."""
    edited(report, lambda book: book["Compare"].__setitem__("D5", "Large"))
    update(report)
    rows = stored(report, "Compare")
    assert (rows[4][3], rows[4][4]) == ("Large", "Large")
    assert rows[5][3] == 2


def test_threads_stay_threads(report: Path) -> None:
    """A conversation of Excel's keeps its link between note, thread and person."""
    package = Package(report.read_bytes())
    part = package.sheets()["Models"]
    comments = next(i.target for i in package.relationships(part) if i.type.endswith("/comments"))
    cell = at(loaded(report)["Models"], "Large", "hidden_size").coordinate
    text = package[comments].replace(b"</authors>", b"<author>tc={ABC}</author></authors>")
    entry = f'<comment ref="{cell}" authorId="1"><text><t>[Threaded comment] why?</t></text>'
    package[comments] = text.replace(b"</commentList>", f"{entry}</comment></commentList>".encode())
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    package["xl/threadedComments/threadedComment1.xml"] = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="{cell}" personId="{{P}}" '
        'id="{ABC}"><text>why?</text></threadedComment></ThreadedComments>'
    ).encode()
    package.declare(
        "xl/threadedComments/threadedComment1.xml",
        "application/vnd.ms-excel.threadedcomments+xml",
    )
    package.relate(part, kind, "xl/threadedComments/threadedComment1.xml")
    report.write_bytes(package.save())
    update(report)
    package = Package(report.read_bytes())
    links = {link.type: link.target for link in package.relationships(package.sheets()["Models"])}
    thread = parse(package[links[kind]])[0]
    assert (thread.get("ref"), thread.get("id"), thread[0].text) == (cell, "{ABC}", "why?")
    comment = at(loaded(report)["Models"], "Large", "hidden_size").comment
    assert (comment.author, comment.text) == ("tc={ABC}", "[Threaded comment] why?")


# -- what cannot be updated


def test_an_input_is_no_report(tmp_path: Path) -> None:
    """Only a report of ours can be updated."""
    source = write_input(tmp_path / "models.xlsx")
    before = source.read_bytes()
    done = run("--update", source)
    assert done.exit_code == 1
    assert "models.xlsx: is not a report of moe-report" in done.output
    assert len(done.output.splitlines()) == 1
    assert source.read_bytes() == before


def test_a_truncated_report(report: Path) -> None:
    """A file that was cut short is refused in a line."""
    data = report.read_bytes()
    report.write_bytes(data[: len(data) // 2])
    done = run("--update", report)
    assert done.exit_code == 1
    assert "models.report.xlsx: the file is damaged or cut short" in done.output
    assert report.read_bytes() == data[: len(data) // 2]


@pytest.mark.parametrize(("lock", "program"), [
    ("~$models.report.xlsx", "Excel"), (".~lock.models.report.xlsx#", "LibreOffice"),
])  # fmt: skip
def test_a_report_that_is_open(report: Path, lock: str, program: str) -> None:
    """A report that is open elsewhere may hold what is not saved yet."""
    (report.parent / lock).write_text("Ann")
    before = report.read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    assert f"is open in {program}; save and close it there first" in done.output
    assert report.read_bytes() == before


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    """The nearest name is suggested."""
    (tmp_path / "models.report.xlsx").write_bytes(b"")
    done = run("--update", tmp_path / "model.report.xlsx")
    assert done.exit_code == 1
    assert "there is no such file. Did you mean 'models.report.xlsx'?" in done.output


def test_without_input_or_report() -> None:
    """A run without either is a wrong usage, as before."""
    done = run("-q")
    assert done.exit_code == 2
    assert "Missing argument 'INPUT...'" in done.output


def test_a_failure_while_writing_leaves_the_old_one(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new file cannot take the place of the old one, the old one stays."""
    before = report.read_bytes()

    def locked(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", locked)
    done = run("--update", report)
    assert done.exit_code == 1
    assert "cannot be written (Permission denied); is it open in another program?" in done.output
    assert report.read_bytes() == before
    assert [path.name for path in report.parent.iterdir()] == [report.name]


def test_a_typed_total_without_its_section_is_refused(report: Path) -> None:
    """A number typed for a metric that is not computed this time is not lost."""

    def type_savings(book: Any) -> None:
        at(book["Models"], "Small", "expert_flops_savings").value = 0.875

    edited(report, type_savings)
    done = run("--update", report, "--only", "parameter_ledger")
    assert done.exit_code == 1, done.output
    assert "expert_flops_savings of 'Small' is typed, and would be lost" in done.output


def test_new_sheets_look_as_in_a_new_report(report: Path, made: Path) -> None:
    """The styles of our sheets are those of a report that is written for the first time."""

    def looks(path: Path, sheet: str) -> dict[str, tuple[object, ...]]:
        # how an input was read is said of that input alone
        rows = (row for row in loaded(path)[sheet].iter_rows() if row[0].value != "note")
        cells = [cell for row in rows for cell in row if cell.has_style]
        return {
            cell.coordinate: (
                cell.number_format, cell.font.name, cell.font.sz, cell.font.b, cell.font.i,
                cell.font.color.rgb[-6:], cell.fill.fill_type and cell.fill.fgColor.rgb[-6:],
                cell.alignment.horizontal or "general", bool(cell.alignment.wrap_text),
                bool(cell.border.bottom and cell.border.bottom.style),
            )
            for cell in cells
            if cell.value is not None
        }  # fmt: skip

    edited(report, lambda book: book["Notes"].__setitem__("B7", "kept"), settle=True)
    update(report)
    for sheet in ("Summary", "Compare", "Models", "Assumptions", "Method", "Findings"):
        assert looks(report, sheet) == looks(made, sheet), sheet
        ours, fresh = loaded(report)[sheet], loaded(made)[sheet]
        rules = [
            [
                (rule.type, rule.formula, rule.dxf.font.color.rgb if rule.dxf and rule.dxf.font
                 and rule.dxf.font.color else None)
                for area in book_sheet.conditional_formatting for rule in area.rules
            ]
            for book_sheet in (ours, fresh)
        ]  # fmt: skip
        assert rules[0] == rules[1], sheet
        assert ours.freeze_panes == fresh.freeze_panes


def test_a_column_of_words_and_formulas_is_kept(report: Path) -> None:
    """Only a column of nothing but formulas can be one of a metric that is gone."""

    def add_column(book: Any) -> None:
        sheet = book["Models"]
        column = sheet.max_column + 1
        for row, value in zip((HEADER, FIRST, FIRST + 1), ("owner", "infra", '="x"'), strict=True):
            sheet.cell(row, column).value = value

    update(edited(report, add_column, settle=True))
    sheet = loaded(report)["Models"]
    first = sheet.cell(FIRST, 1).value
    assert at(sheet, first, "owner").value == "infra"


def test_a_row_without_a_number_is_not_lost(report: Path) -> None:
    """A run passes over it with a word; an update, which would lose it, does nothing."""

    def add_row(book: Any) -> None:
        sheet = book["Models"]
        sheet.cell(sheet.max_row + 1, 1).value = "to do"

    before = edited(report, add_row, settle=True).read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    lost = (
        r"'to do' \(Models!\d+\) has no number at all and is skipped, and would be lost; .* Notes"
    )
    assert re.search(
        rf"^Error: models.report.xlsx, sheet Models: {lost}$", done.output, re.MULTILINE
    )
    assert report.read_bytes() == before


def test_all_that_would_be_lost_is_one_list(report: Path) -> None:
    """A row of words on Models, and remarks on other sheets."""

    def write(book: Any) -> None:
        book["Models"].cell(book["Models"].max_row + 2, 1).value = "NOTE BELOW TABLE"
        book["Summary"]["M2"], book["Method"]["M2"] = "ask Bob", "ask Ann"

    done = run("--update", edited(report, write, settle=True))
    assert done.exit_code == 1
    for found in ("'NOTE BELOW TABLE'", "'ask Bob'", "'ask Ann'"):
        assert re.search(rf"{found}.* would be lost.*; .*sheet Notes", done.output)


def test_a_formula_over_a_metric_is_not_lost(report: Path) -> None:
    """Where ours stand, a formula of the user's cannot; the old file stays as it is."""

    def type_over(book: Any) -> None:
        sheet = book["Models"]
        at(sheet, sheet.cell(FIRST, 1).value, "total_params").value = "=SUM(1,2)*1E9"

    before = edited(report, type_over, settle=True).read_bytes()
    done = run("--update", report)
    assert done.exit_code == 1
    assert "your formula =SUM(1,2)*1" in done.output
    assert "would be lost" in done.output
    assert report.read_bytes() == before


def test_an_update_reads_a_report_once_and_its_rows_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a model's row is parsed cell by cell while nothing in it is the user's."""
    ours = {name: MODELS[name] for name in MODELS if name not in ("remark", "#price")}
    run(write_input(tmp_path / "m.xlsx", ours), "-o", tmp_path, "--format", "xlsx", "-q")
    report = tmp_path / "m.report.xlsx"
    asked, read = [], []
    read_row, inspect = CellsByRows._read, inputs.inspect_workbook

    def counted(cells: CellsByRows, number: int) -> None:
        asked.append((cells.where.rpartition("sheet ")[2], number))
        read_row(cells, number)

    def inspected(*arguments: Any, **options: Any) -> Any:
        read.append(arguments)
        return inspect(*arguments, **options)

    monkeypatch.setattr(CellsByRows, "_read", counted)
    monkeypatch.setattr(inputs, "inspect_workbook", inspected)
    update(report)
    assert not [row for sheet, row in asked if sheet == "Models" and row >= FIRST]
    assert not read  # but to be updated
    book = loaded(report)
    book["Models"].cell(FIRST, 1).fill = PatternFill("solid", fgColor="FFEE00")
    book.save(report)
    update(report, "--sheet", "Models")
    assert {row for sheet, row in asked if sheet == "Models" and row >= FIRST} == {FIRST}
    assert read
    assert loaded(report)["Models"].cell(FIRST, 1).fill.fgColor.rgb == "00FFEE00"
