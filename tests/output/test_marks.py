"""A file that we marked is known again, and any other byte in it is noticed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from moe_report.output.content import Spooled, Standing, whole
from moe_report.output.marks import is_as_written, marked
from tests.workbooks import parts_of, zipped

BOOK = zipped(parts_of())
FILES = {
    ".xlsx": BOOK, ".html": b"<html>", ".HTM": b"", ".md": "# ½\n".encode(), ".tex": b"x",
    ".yaml": b"a: 1\n", ".json": b'{\n "schema": 1,\n "models": []\n}\n',
}  # fmt: skip


@pytest.mark.parametrize("suffix", FILES)
def test_a_marked_file_is_known(suffix: str) -> None:
    """Also one that is marked again, after it has become the content of another."""
    content = marked(FILES[suffix], suffix)
    assert is_as_written(FILES[suffix]) is None
    assert is_as_written(content) is True
    assert is_as_written(marked(content, suffix)) is True
    assert marked(FILES[suffix], suffix) == content


@pytest.mark.parametrize("suffix", FILES)
def test_any_change_is_noticed(suffix: str) -> None:
    """A byte that is changed, taken out or put in, anywhere."""
    content = marked(FILES[suffix], suffix)
    for at in range(len(content) + 1):
        head, tail = content[:at], content[at:]
        for changed in (head + b"x" + tail, head + tail[1:], head + b"\xff" + tail[1:]):
            assert is_as_written(changed) is not True or changed == content, at


@pytest.mark.parametrize("piece", [1, 50, 64, 81, 82, 83, 1000])
def test_a_mark_is_found_wherever_pieces_of_a_large_file_end(
    piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the midst of it as well; of two marks, the last one counts."""
    monkeypatch.setattr("moe_report.output.content._PIECE", piece)
    content = marked(FILES[".html"] + b"<p>" * 40, ".html")
    path = tmp_path / "page.html"
    for text, expected in (
        (content, True), (marked(content + b"<p>", ".html"), True), (content + b" ", False),
        (b" " + content, False), (content[:-20], None),
    ):  # fmt: skip
        path.write_bytes(text)
        assert is_as_written(Standing(path)) is is_as_written(text) is expected


def test_a_marked_workbook_is_as_good_a_zip_file() -> None:
    """Its parts are the same, and who writes them anew does not take the mark along."""
    content = marked(BOOK, ".xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    assert dict(parts) == {
        name: part if isinstance(part, bytes) else part.encode()
        for name, part in parts_of().items()
    }
    assert is_as_written(zipped(parts)) is None


@pytest.mark.parametrize("suffix", [".json", ".csv", ".txt", ""])
def test_what_has_no_place_for_a_mark_stays_as_it_is(suffix: str) -> None:
    """Data for programs, and formats of other people's."""
    assert marked(b"name,a\r\n", suffix) == b"name,a\r\n"


@pytest.mark.parametrize("content", [b"PK", b"PK" + bytes(40), BOOK[:-9], BOOK + b"more"])
def test_a_broken_zip_file_stays_as_it_is(content: bytes) -> None:
    """There is no directory that could hold the mark."""
    assert marked(content, ".xlsx") == content


@pytest.mark.parametrize("suffix", [*FILES, ".csv"])
def test_what_is_kept_on_the_disk_gets_the_same_mark(suffix: str) -> None:
    """A content that waits on the disk, piece by piece, ends up as one in memory does."""
    content = FILES.get(suffix, b"a,b\r\n")
    kept = Spooled(content[at : at + 7] for at in range(0, len(content), 7))
    assert kept == content
    assert whole(marked(kept, suffix)) == marked(content, suffix)
    assert kept == marked(content, suffix)
    assert (kept == content) == (marked(content, suffix) == content)
