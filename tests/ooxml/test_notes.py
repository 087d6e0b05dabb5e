"""Notes are put beside those that a sheet has, or in their place, and read again."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from lxml import etree
from openpyxl import Workbook
from openpyxl.comments import Comment

from moe_report.ooxml.notes import Note, add_notes, read_notes
from moe_report.ooxml.package import Package, parse, serialize
from tests.workbooks import parts_of, zipped

_SHEET = "xl/worksheets/sheet1.xml"
_THREADS = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
_THREADED = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"


def put(package: Package, *notes: Note, replace: bool = False) -> Package:
    """A package with notes on its sheet, saved and read again."""
    root = parse(package[_SHEET])
    add_notes(package, _SHEET, root, notes, replace=replace)
    package[_SHEET] = serialize(root)
    return Package(package.save())


def by_openpyxl(package: Package) -> dict[str, tuple[str, str]]:
    """Author and text of each note as openpyxl reads them."""
    sheet = openpyxl.load_workbook(io.BytesIO(package.save())).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    return {cell.coordinate: (cell.comment.author, cell.comment.text) for cell in cells}


def boxes(package: Package) -> list[tuple[str, str, str]]:
    """Id, row and column of each note's box."""
    (drawing,) = package.related_parts(_SHEET, "vmlDrawing")
    shapes = etree.fromstring(package[drawing]).iter("{urn:schemas-microsoft-com:vml}shape")
    return [
        (str(s.get("id")), str(s.findtext(".//{*}Row")), str(s.findtext(".//{*}Column")))
        for s in shapes
    ]


@pytest.fixture
def package() -> Package:
    """The smallest workbook there is."""
    return Package(zipped(parts_of()))


def test_notes_are_read_as_they_were_put(package: Package) -> None:
    """Text and author come back letter by letter, also in another reader."""
    notes = [Note(2, 2, "a < b\n_x0041_ é", "Ann"), Note(1, 1, "x", "Bob")]
    done = put(package, *notes)
    read = [(note.cell, note.text, note.author) for note in read_notes(done, _SHEET)]
    assert read == [("A1", "x", "Bob"), ("B2", "a < b\n_x0041_ é", "Ann")]
    assert by_openpyxl(done)["A1"] == ("Bob", "x")
    assert by_openpyxl(done)["B2"][0] == "Ann"
    assert [box[1:] for box in boxes(done)] == [("0", "0"), ("1", "1")]


def test_a_second_note_is_added_to_the_first_or_takes_its_place(package: Package) -> None:
    """Each cell has one note, with one box."""
    first = put(package, Note(2, 2, "old", "Ann"), Note(3, 3, "stays", "Ann"))
    added = put(first, Note(2, 2, "new", "Bob"))
    assert {note.cell: note.text for note in read_notes(added, _SHEET)} == {
        "B2": "old\nBob: new", "C3": "stays",
    }  # fmt: skip
    replaced = put(added, Note(2, 2, "newest", "Bob"), replace=True)
    assert by_openpyxl(replaced) == {"B2": ("Bob", "newest"), "C3": ("Ann", "stays")}
    for done in (added, replaced):
        assert sorted(box[1:] for box in boxes(done)) == [("1", "1"), ("2", "2")]
        assert len({box[0] for box in boxes(done)}) == 2


def test_a_note_keeps_its_looks_and_its_conversation(package: Package) -> None:
    """A note that was read goes to another cell with its runs and the comments it stands for."""
    book = Workbook()
    book.worksheets[0]["B2"].comment = Comment("why?", "Ann")
    out = io.BytesIO()
    book.save(out)
    source = Package(out.getvalue())
    thread = "xl/threadedComments/threadedComment1.xml"
    source[thread] = (
        f'<ThreadedComments xmlns="{_THREADED}"><threadedComment ref="B2" id="{{1}}"><text>why?'
        '</text></threadedComment><threadedComment ref="B2" id="{2}"><text>so</text>'
        "</threadedComment></ThreadedComments>"
    ).encode()
    source.relate(_SHEET, _THREADS, thread)
    (note,) = read_notes(source, _SHEET)
    assert (note.text, note.conversation) == ("why?", "why?\nso")
    moved = Note(5, 4, note.text, note.author, note.element, note.thread)
    (found,) = read_notes(put(package, moved), _SHEET)
    assert (found.cell, found.author, found.conversation) == ("D5", "Ann", "why?\nso")


def test_a_drawing_that_is_lost_is_made_anew(package: Package) -> None:
    """The sheet names one drawing of boxes, and it is there."""
    done = put(package, Note(1, 1, "a", "Ann"))
    (lost,) = done.related_parts(_SHEET, "vmlDrawing")
    del done[lost]
    done = put(done, Note(2, 2, "b", "Ann"))
    assert done[_SHEET].count(b"<legacyDrawing ") == 1
    assert [box[1:] for box in boxes(done)] == [("1", "1")]
    assert set(by_openpyxl(done)) == {"A1", "B2"}


def test_boxes_come_in_blocks(package: Package) -> None:
    """Ids are given in blocks of 1024 that the drawing lists; the first of each is not used."""
    done = put(package, *(Note(row, 1, "x", "Ann") for row in range(1, 1500)))
    done = put(done, *(Note(row, 2, "x", "Ann") for row in range(1, 1500)))
    numbers = [int(box[0].removeprefix("_x0000_s")) for box in boxes(done)]
    assert len(set(numbers)) == 2998
    assert not any(number % 1024 == 0 for number in numbers)
    (drawing,) = done.related_parts(_SHEET, "vmlDrawing")
    said = re.search(rb'data="([^"]*)"', done[drawing])
    assert said is not None
    assert {int(block) for block in said[1].split(b",")} == {n // 1024 for n in numbers}
