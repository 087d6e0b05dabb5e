"""``--annotate-errors``: the bad cells of a refused workbook, marked in a copy of it."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from moe_report.cli.main import main
from moe_report.edit.mark_problems import annotate
from moe_report.errors import Problem
from moe_report.ooxml.guard import check_package
from tests.office import convert
from tests.workbooks import parts_of, png, sheet_xml, zipped

VML = "{urn:schemas-microsoft-com:vml}"
RED = "FFFFC7CE"
HEADER = ("name", "num_experts", "num_experts_per_tok", "num_hidden_layers")


def check(workbook: Path, copy: Path) -> Result:
    """Run ``moe-report check --annotate-errors`` on a workbook that is refused."""
    result = CliRunner().invoke(main, ["check", str(workbook), "--annotate-errors", str(copy)])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    return result


def changed_parts(before: Path, after: Path) -> set[str]:
    """Return the names of the parts that are not byte for byte the same."""
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
        assert new.testzip() is None
        names = {*old.namelist(), *new.namelist()}
        assert set(old.namelist()) <= set(new.namelist())
        return {
            name for name in names if name not in old.namelist() or old.read(name) != new.read(name)
        }


def notes_of(path: Path, sheet: str = "Models") -> dict[str, str]:
    """Return the notes of a sheet as openpyxl reads them."""
    book = openpyxl.load_workbook(path)
    notes = {
        c.coordinate: c.comment.text for row in book[sheet].iter_rows() for c in row if c.comment
    }
    book.close()
    return notes


def red_cells(path: Path, sheet: str = "Models") -> set[str]:
    """Return the cells that are filled red."""
    book = openpyxl.load_workbook(path)
    found = {
        cell.coordinate
        for row in book[sheet].iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == RED
    }
    book.close()
    return found


def plain_workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    """Write a workbook with openpyxl."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Models"
    for row in (HEADER, *rows):
        sheet.append(row)
    book.save(path)
    return path


def test_bad_cells_get_a_fill_and_a_note(tmp_path: Path) -> None:
    """Each cell with a problem is red, its note says the message, and no other cell is touched."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4), ("b", 8, 9, 0.5))
    copy = tmp_path / "marked.xlsx"
    result = check(path, copy)
    assert f"wrote {copy}" in result.output
    assert red_cells(copy) == {"B2", "C3", "D3"}
    notes = notes_of(copy)
    assert set(notes) == {"B2", "C3", "D3"}
    assert "found -8, expected " in notes["B2"]
    for address in notes:
        assert f"cell {address}: {notes[address]}" in result.output


def test_nothing_but_the_marks_changes(tmp_path: Path) -> None:
    """Every part but the sheet, the styles and the two lists of parts is byte for byte the same."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4))
    copy = tmp_path / "marked.xlsx"
    before = path.read_bytes()
    check(path, copy)
    assert path.read_bytes() == before
    assert changed_parts(path, copy) == {
        "[Content_Types].xml", "xl/styles.xml", "xl/worksheets/sheet1.xml",
        "xl/worksheets/_rels/sheet1.xml.rels", "xl/comments/comment1.xml",
        "xl/drawings/notes1.vml",
    }  # fmt: skip


def test_a_marked_cell_keeps_its_looks_and_value(tmp_path: Path) -> None:
    """Only the fill of a cell changes; font, number format and value stay, also of its twins."""
    path = tmp_path / "models.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Models"
    for row in (HEADER, ("a", -5, 2, 4), ("b", 8, 2, 4)):
        sheet.append(row)
    for address in ("B2", "B3"):
        sheet[address].font = Font(bold=True, color="FF0000FF")
        sheet[address].number_format = "0.00"
        sheet[address].fill = PatternFill("solid", fgColor="FF00FF00")
    book.save(path)
    check(path, tmp_path / "marked.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")["Models"]
    assert marked["B2"].value == -5
    assert marked["B2"].font.bold
    assert marked["B2"].number_format == "0.00"
    assert marked["B2"].fill.fgColor.rgb == RED
    assert marked["B3"].fill.fgColor.rgb == "FF00FF00"
    assert marked["B3"].font.bold


def test_an_empty_bad_cell_is_marked(tmp_path: Path) -> None:
    """A missing name is a bad cell that the file does not even hold; it is made in its place."""
    path = plain_workbook(
        tmp_path / "models.xlsx", ("a", 8, 2, 4), (None, 16, 2, 4), ("c", 8, 2, 4)
    )
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    assert red_cells(copy) == {"A3"}
    assert "without a name" in notes_of(copy)["A3"]
    sheet = openpyxl.load_workbook(copy)["Models"]
    assert [cell.value for cell in sheet[3]] == [None, 16, 2, 4]


def test_notes_of_openpyxl_stay(tmp_path: Path) -> None:
    """Notes that are there stay; on a bad cell that has one, the message is added to it."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2.5, 4))
    book = openpyxl.load_workbook(path)
    book["Models"]["B2"].comment = Comment("from the paper", "Ann")
    book["Models"]["D2"].comment = Comment("with embeddings", "Ann")
    book.save(path)
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    _notes_stay(copy, tmp_path / "libre")
    authors = openpyxl.load_workbook(copy)["Models"]
    assert authors["D2"].comment.author == "Ann"
    assert authors["C2"].comment.author == "moe-report"


def test_notes_of_xlsxwriter_stay(tmp_path: Path) -> None:
    """The same for a workbook from XlsxWriter, which lays out its parts another way."""
    path = tmp_path / "models.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Models")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("a", -8, 2.5, 4))
        sheet.write_comment("B2", "from the paper", {"author": "Ann"})
        sheet.write_comment("D2", "with embeddings", {"author": "Ann"})
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    _notes_stay(copy, tmp_path / "libre")


def test_notes_of_libreoffice_stay(tmp_path: Path) -> None:
    """The same for a workbook that LibreOffice saved, whose note boxes have a type of their own."""
    path = plain_workbook(tmp_path / "raw.xlsx", ("a", -8, 2.5, 4))
    book = openpyxl.load_workbook(path)
    book["Models"]["B2"].comment = Comment("from the paper", "Ann")
    book["Models"]["D2"].comment = Comment("with embeddings", "Ann")
    book.save(path)
    path = convert(path, tmp_path / "libre-made")
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    _notes_stay(copy, tmp_path / "libre")


def _notes_stay(copy: Path, folder: Path) -> None:
    for path in (copy, convert(copy, folder)):
        notes = notes_of(path)
        assert set(notes) == {"B2", "C2", "D2"}, path
        assert notes["B2"].startswith("from the paper")
        assert "expected at least 1 for num_experts" in notes["B2"]
        assert "a whole number for num_experts_per_tok" in notes["C2"]
        assert notes["D2"].strip() == "with embeddings"
        assert red_cells(path) == {"B2", "C2"}
    with zipfile.ZipFile(copy) as archive:
        drawing = next(name for name in archive.namelist() if name.endswith(".vml"))
        vml = etree.fromstring(archive.read(drawing))
    boxes = vml.findall(f"{VML}shape")
    kinds = {f"#{kind.get('id')}" for kind in vml.findall(f"{VML}shapetype")}
    assert {box.get("type") for box in boxes} <= kinds
    columns = [box.findtext("{*}ClientData/{*}Column") for box in boxes]
    assert sorted(str(column) for column in columns) == ["1", "2", "3"]
    ids = [box.get("id") for box in boxes]
    assert ids.count(ids[columns.index("2")]) == 1


def test_pictures_charts_and_other_sheets_stay(tmp_path: Path) -> None:
    """Charts, pictures, a picture in the page's header and other sheets keep their bytes."""
    (tmp_path / "dot.png").write_bytes(png())
    path = tmp_path / "models.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Models")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("a", -8, 2, 4))
        sheet.insert_image("G2", str(tmp_path / "dot.png"))
        sheet.set_header("&L&G", {"image_left": str(tmp_path / "dot.png")})
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Models!$C$2:$D$2"})
        sheet.insert_chart("G8", chart)
        book.add_worksheet("Other").write(0, 0, "kept")
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    changed = changed_parts(path, copy)
    assert not {name for name in changed if "media" in name or "chart" in name or "sheet2" in name}
    assert "xl/drawings/drawing1.xml" not in changed
    assert "xl/drawings/vmlDrawing1.vml" not in changed  # the picture in the header
    assert set(notes_of(copy)) == {"B2"}
    with zipfile.ZipFile(copy) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    order = [sheet.index(f"<{name}") for name in ("drawing", "legacyDrawing ", "legacyDrawingHF")]
    assert order == sorted(order)
    assert set(notes_of(convert(copy, tmp_path / "libre"))) == {"B2"}


def test_a_workbook_without_styles_or_addresses_is_marked(tmp_path: Path) -> None:
    """The smallest valid workbook has no style table, and cells that say not where they are."""
    rows = (
        '<row><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>num_experts</t></is>'
        "</c></row><row/>"
        '<row><c t="inlineStr"><is><t>a</t></is></c><c s="7"><v>-8</v></c></row>'
        "<row><c/><c><v>16</v></c></row>"
    )
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    assert red_cells(copy) == set(notes_of(copy)) == {"B3", "A4"}
    assert openpyxl.load_workbook(copy)["Models"]["B4"].value == 16
    with zipfile.ZipFile(copy) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert [row.get("r") for row in sheet.iter("{*}row")] == ["1", "2", "3", "4"]
    assert red_cells(convert(copy, tmp_path / "libre")) == {"B3", "A4"}


def test_no_leftover_of_the_zip_format_is_copied(tmp_path: Path) -> None:
    """Some programs note sizes for files of 4 GB; in the copy they would contradict the header."""
    path = tmp_path / "models.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts_of(sheet_xml().replace("<v>8</v>", "<v>-8</v>")).items():
            info = zipfile.ZipInfo(name)
            info.extra = struct.pack("<HHQQ", 1, 16, len(content), len(content))
            archive.writestr(info, content)
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    with zipfile.ZipFile(copy) as archive:
        assert archive.testzip() is None
        assert not any(info.extra.startswith(b"\1\0") for info in archive.infolist())


def test_a_workbook_with_prefixed_names_is_marked(tmp_path: Path) -> None:
    """Some programs write <x:worksheet> for <worksheet>, which means the same."""
    sheet = sheet_xml().replace("<v>8</v>", "<v>-8</v>")
    for tag in ("worksheet", "sheetData", "row", "c ", "is", "t>", "v>"):
        sheet = sheet.replace(f"<{tag}", f"<x:{tag}").replace(f"</{tag}", f"</x:{tag}")
    sheet = sheet.replace("</c>", "</x:c>").replace("xmlns=", "xmlns:x=")
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet)))
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    assert red_cells(copy) == set(notes_of(copy)) == {"B2"}
    assert red_cells(convert(copy, tmp_path / "libre")) == {"B2"}


def test_cells_of_the_assumptions_are_marked(tmp_path: Path) -> None:
    """A wrong assumption is marked on its own sheet."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4))
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), ("context_length", "long")):
        sheet.append(row)
    book.save(path)
    copy = tmp_path / "marked.xlsx"
    check(path, copy)
    assert red_cells(copy) == {"B2"}
    assert red_cells(copy, "Assumptions") == set(notes_of(copy, "Assumptions")) == {"B2"}


def test_many_bad_cells_are_marked(tmp_path: Path) -> None:
    """Thousands of bad cells take seconds, and each gets its note."""
    rows = [(f"m{n}", -8, 2, 4) for n in range(3000)]
    path = plain_workbook(tmp_path / "models.xlsx", *rows)
    package = check_package(path.read_bytes(), path.name)
    problems = [
        Problem("", "found", sheet="Models", cell=f"{letter}{n}")
        for n in range(2, 3002)
        for letter in "BF"
    ]
    copy = tmp_path / "marked.xlsx"
    copy.write_bytes(annotate(package, problems))
    assert len(red_cells(copy)) == len(notes_of(copy)) == 6000


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    """The input as the file to write is refused, also through a link."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4))
    before = path.read_bytes()
    assert "this is the input" in check(path, path).output
    link = tmp_path / "link.xlsx"
    link.symlink_to(path)
    assert "this is the input" in check(path, link).output
    assert path.read_bytes() == before


def test_the_copy_keeps_the_kind_of_workbook(tmp_path: Path) -> None:
    """Excel opens no workbook with macros that is called .xlsx, so none is written."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4))
    copy = tmp_path / "marked.xlsm"
    result = CliRunner().invoke(main, ["check", str(path), "--annotate-errors", str(copy)])
    assert result.exit_code == 2
    assert "ends in .xlsx" in result.output
    assert not copy.exists()


def test_a_good_workbook_has_no_copy(tmp_path: Path) -> None:
    """Without problems nothing is written."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", 8, 2, 4))
    copy = tmp_path / "marked.xlsx"
    result = CliRunner().invoke(main, ["check", str(path), "--annotate-errors", str(copy)])
    assert result.exit_code == 0, result.output
    assert not copy.exists()


def test_problems_without_a_cell_mark_nothing(tmp_path: Path) -> None:
    """If the sheet as a whole is wrong, the answer says so and no copy is written."""
    path = plain_workbook(tmp_path / "models.xlsx")
    copy = tmp_path / "marked.xlsx"
    assert "is not written: no single cell is at fault" in check(path, copy).output
    assert not copy.exists()


def test_the_problems_are_told_where_the_copy_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk must not hide what is wrong with the workbook."""
    path = plain_workbook(tmp_path / "models.xlsx", ("a", -8, 2, 4))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    output = check(path, tmp_path / "marked.xlsx").output
    assert "No space left on device" in output
    assert "cell B2: found -8" in output
