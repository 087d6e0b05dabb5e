"""What a user typed over or made look otherwise on our sheets: an update keeps it, or names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from tests.edit.test_update import at, edited, loaded, run, update
from tests.edit.test_update import made as made  # a fixture
from tests.edit.test_update import report as report
from tests.edit.test_users_columns import letters, turned
from tests.office import HEADER

Book = Any
LOOKS: dict[str, Callable[[Any], Any]] = {
    "number_format": lambda cell: "0.000E+00",
    "fill": lambda cell: PatternFill("solid", fgColor="FFFFFF00"),
    "font": lambda cell: Font(name="Arial", size=14, strike=True, color="FFAA0000"),
    "border": lambda cell: Border(top=Side("thick")),
    "alignment": lambda cell: Alignment(horizontal="center"),
}
# Our cells by sheet and row or column: where a formula, an input, a text, and a header are.
CELLS: dict[str, Callable[[Book], Any]] = {
    "a metric": lambda book: at(book["Models"], "Large", "total_params"),
    "an input": lambda book: at(book["Models"], "Large", "num_experts"),
    "a name": lambda book: at(book["Models"], "Large", "name"),
    "a header": lambda book: find_header(book, "total_params"),
    "a number of the summary": lambda book: row_of(book["Summary"], "Large")[2],
    "an assumption": lambda book: row_of(book["Assumptions"], "Context length")[2],
    "a title": lambda book: book["Method"]["A1"],
}


def find_header(book: Book, *names: str) -> Any:
    """The cell of a header of Models, under one of its names."""
    return next(cell for cell in book["Models"][HEADER] if cell.value in names)


def row_of(sheet: Any, text: str) -> Any:
    """The cells of the row that begins with a text."""
    return next(row for row in sheet.iter_rows() if row[0].value == text)


@pytest.mark.parametrize("look", LOOKS)
def test_looks_stay_with_their_cells(report: Path, tmp_path: Path, look: str) -> None:
    """Wherever a row goes; cells beside them look as they do in a new report."""

    def found(look: str, right: int = 0) -> dict[str, str]:
        book = loaded(report)
        cells = {which: find(book).offset(column=right) for which, find in CELLS.items()}
        return {which: repr(getattr(cell, look)) for which, cell in cells.items()}

    def change(book: Book) -> None:
        for find in CELLS.values():
            setattr(find(book), look, LOOKS[look](find(book)))

    beside = found("number_format", right=1)
    edited(report, change)
    wanted = found(look)
    done = run(turned(tmp_path, "New"), "--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    assert found(look) == wanted
    assert found("number_format", right=1) == beside


def test_bold_where_another_cell_of_ours_is_bold(report: Path) -> None:
    """A look is the user's where none of ours in that column has it."""

    def find(book: Book) -> Any:
        return at(book["Models"], "Large", "total_params")

    def make_bold(book: Book) -> None:
        font = find(book).font
        find(book).font = Font(name=font.name, size=font.size, bold=True, color=font.color)

    edited(report, make_bold)
    update(report)
    assert find(loaded(report)).font.bold
    assert not at(loaded(report)["Models"], "Small", "total_params").font.bold


def test_new_models_look_as_all_others_of_the_column(report: Path, tmp_path: Path) -> None:
    """A format that all models have is the column's; one that some have is theirs."""

    def change(book: Book) -> None:
        for name in ("Small", "Large"):
            at(book["Models"], name, "total_params").number_format = "0.0E+00"
        at(book["Models"], "Small", "active_params").number_format = "0.0E+00"

    plain = at(loaded(report)["Models"], "Large", "active_params").number_format
    edited(report, change)
    update(report, turned(tmp_path, "New"))
    sheet = loaded(report)["Models"]
    assert at(sheet, "New", "total_params").number_format == "0.0E+00"
    assert at(sheet, "New", "active_params").number_format == plain


TITLES = {
    "Summary": ("A1", "Q3"), "Models": ("A1", "Our models"), "Assumptions": ("A2", "as agreed"),
    "Method": ("A1", "How we count"), "Findings": ("A1", "42"), "Charts": ("A1", "Pictures"),
    "Compare": ("A1", "Side by side"),
}  # fmt: skip


@pytest.mark.parametrize("between", [False, True])
def test_titles_typed_over_stay(report: Path, tmp_path: Path, between: bool) -> None:
    """Also the second time, and through another program."""

    def type_over(book: Book) -> None:
        for sheet, (address, text) in TITLES.items():
            book[sheet][address] = text
        book["Models"][f"{letters(book['Models'], 'total_params')}{HEADER - 1}"] = "Gesamt"

    edited(report, type_over, settle=between)
    for source in ((), (turned(tmp_path, "New"),)):
        done = run(*source, "--update", report, "-q")
        assert (done.exit_code, done.output) == (0, "")
        book = loaded(report)
        for sheet, (address, text) in TITLES.items():
            assert book[sheet][address].value == text
        above = book["Models"][f"{letters(book['Models'], 'total_params')}{HEADER - 1}"]
        assert above.value == "Gesamt"


NAMED = {
    "a header": ("Models", lambda book: find_header(book, "num_experts", "Experts"), "Experts"),
    "a number over a formula": ("Summary", CELLS["a number of the summary"], 12),
    "a formula over a title": ("Method", lambda book: book["Method"]["A1"], "=1+1"),
    "a model's name": ("Summary", lambda book: row_of(book["Summary"], "Large")[0], "My Large"),
    "a metric's label": ("Summary", lambda book: book["Summary"]["B5"], "Gesamt"),
    "a label with a sign": ("Summary", lambda book: book["Summary"]["G5"], "FLOPs"),
    "a label of two models": ("Compare", lambda book: row_of(book["Compare"], "Experts")[0], "E!"),
    "a label of the method": ("Method", lambda book: row_of(book["Method"], "P emb")[1], "Input"),
    "a metric's name": ("Method", lambda book: row_of(book["Method"], "P emb")[2], "emb"),
    "an assumption's label": ("Assumptions", lambda book: book["Assumptions"]["A6"], "Kontext"),
}  # fmt: skip


@pytest.mark.parametrize("which", NAMED)
def test_what_is_typed_over_and_cannot_stay_is_named(report: Path, which: str) -> None:
    """What tables and links need is written anew; what stood there is said."""
    sheet, find, value = NAMED[which]
    address = find(loaded(report)).coordinate
    before = find(loaded(report)).value
    edited(report, lambda book: setattr(find(book), "value", value))
    done = update(report)
    wanted = (
        f"sheet {sheet}: not kept, for an update writes this sheet anew: '{value}' in {address}"
    )
    assert wanted in done.output
    assert loaded(report)[sheet][address].value == before


@pytest.mark.parametrize("between", [False, True])
def test_the_sheet_as_a_whole(report: Path, between: bool) -> None:
    """Widths, hidden columns and rows, merged cells, the tab's colour and what is frozen."""

    def change(book: Book) -> None:
        sheet = book["Models"]
        sheet.column_dimensions[letters(sheet, "total_params")].width = 41
        sheet.column_dimensions[letters(sheet, "active_params")].hidden = True
        sheet.row_dimensions[at(sheet, "Small", "name").row].hidden = True
        sheet.sheet_properties.tabColor = "FF00AA00"
        sheet.freeze_panes = "D4"
        sheet.sheet_view.zoomScale = 70
        book["Summary"].column_dimensions["C"].width = 37
        book["Method"].merge_cells("A1:C1")

    edited(report, change, settle=between)
    done = run("--update", report, "-q")
    assert (done.exit_code, done.output) == (0, "")
    book = loaded(report)
    sheet = book["Models"]
    widths = sheet.column_dimensions
    assert widths[letters(sheet, "total_params")].width == pytest.approx(41, abs=0.5)
    assert widths[letters(sheet, "active_params")].hidden
    assert sheet.row_dimensions[at(sheet, "Small", "name").row].hidden
    assert not sheet.row_dimensions[at(sheet, "Large", "name").row].hidden
    assert sheet.sheet_properties.tabColor.rgb == "FF00AA00"
    if not between:  # LibreOffice does not keep these
        assert (sheet.freeze_panes, sheet.sheet_view.zoomScale) == ("D4", 70)
    assert [str(area) for area in book["Method"].merged_cells.ranges] == ["A1:C1"]
    assert book["Summary"].column_dimensions["C"].width == pytest.approx(37, abs=0.5)


def test_a_filter_is_named(report: Path) -> None:
    """Rows that it hides show again, for it may hide others now."""

    def filter_names(book: Book) -> None:
        sheet = book["Models"]
        sheet.tables["Models"].autoFilter.add_filter_column(0, ["Small"])
        sheet.row_dimensions[at(sheet, "Large", "name").row].hidden = True

    edited(report, filter_names)
    assert "anew: the filter of the table" in update(report).output
    sheet = loaded(report)["Models"]
    assert not sheet.row_dimensions[at(sheet, "Large", "name").row].hidden
