"""CSV and TSV files: encodings, separators, numbers; and files that no honest program writes."""

from __future__ import annotations

import codecs
import re
import time
from pathlib import Path

import pytest

from moe_report.errors import InputError
from moe_report.load.inputs import inspect_inputs
from moe_report.load.workbook import Read
from moe_report.ooxml.guard import MAX_FILE
from moe_report.schema.registry import Registry
from tests.commands import run

PLAIN = "name,num_experts,num_experts_per_tok\nМиксер é 中,8,2\n"


def read(folder: Path, registry: Registry, content: str | bytes, name: str = "models.csv") -> Read:
    """What a text file is read as."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return inspect_inputs([str(folder / name)], registry)


def refusal(folder: Path, registry: Registry, content: bytes, name: str = "models.csv") -> str:
    """The one line with which a text file is refused, within a few seconds."""
    start = time.monotonic()
    try:
        [problem] = read(folder, registry, content, name).problems
    except InputError as error:
        [problem] = error.problems
    assert time.monotonic() - start < 20
    assert str(problem).startswith(name)
    assert "\n" not in str(problem)
    assert len(str(problem)) < 500
    return str(problem)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(), codecs.BOM_UTF8 + PLAIN.encode(), PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
    ],
)  # fmt: skip
def test_encodings_are_told_apart(tmp_path: Path, registry: Registry, data: bytes) -> None:
    """With a mark of the byte order and without one."""
    found = read(tmp_path, registry, data)
    assert found.problems == ()
    [row] = found.table.rows
    assert row.name == "Миксер é 中"
    assert row.numbers["num_experts"].value == 8


def test_an_older_windows_file_is_read(tmp_path: Path, registry: Registry) -> None:
    """What is no UTF-8 is of one byte a letter, curly quotes and dashes among them."""
    data = "name;num_experts;num_experts_per_tok\r\nKüche – “x”;8;2\r\n".encode("cp1252")
    [row] = read(tmp_path, registry, data).table.rows
    assert row.name == "Küche – “x”"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["models.csv", "models.tsv", "models.TAB", "models.CSV"])
def test_separators_are_found(
    tmp_path: Path, registry: Registry, separator: str, ending: str, name: str
) -> None:
    """Whatever the file's name says, and whatever ends its lines."""
    lines = ["Our models", "", "name|num_experts|Total", "a|8|46.7B", "b, or c|16|9B"]
    content = ending.join(line.replace("|", separator) for line in lines)
    if separator == ",":
        content = content.replace("b, or c", '"b, or c"')
    found = read(tmp_path, registry, content, name)
    assert found.problems == ()
    assert [row.name for row in found.table.rows] == ["a", "b, or c"]
    assert found.table.rows[0].numbers["total_params"].value == 46.7e9
    assert found.table.rows[0].place == "models!4"


def test_decimal_commas_follow_from_the_column(tmp_path: Path, registry: Registry) -> None:
    """1.576 among 46,7 and 9,5 is a thousand and more; so is it where only whole numbers go."""
    lines = ["name;Total (B);Experts", "a;46,7;8", "b;1.576;16", "c;9,5;1.024"]
    rows = read(tmp_path, registry, "\n".join(lines)).table.rows
    assert [row.numbers["total_params"].value for row in rows] == [46.7e9, 1576e9, 9.5e9]
    assert [row.numbers["num_experts"].value for row in rows] == [8, 16, 1024]


def test_quoted_cells_hold_separators_and_lines(tmp_path: Path, registry: Registry) -> None:
    """As spreadsheets write them; a doubled quote is one."""
    content = 'name,"Total\nparameters (B)",remark,Experts\n"a ""x""",46.7,"one, two\nthree",8\n'
    [row] = read(tmp_path, registry, content).table.rows
    assert (row.name, row.texts["remark"]) == ('a "x"', "one, two\nthree")
    assert row.numbers["total_params"].value == 46.7e9


def test_rows_of_different_lengths_are_read(tmp_path: Path, registry: Registry) -> None:
    """What is not there is empty; a cell beyond the header is carried along."""
    rows = read(tmp_path, registry, "name,num_experts,top_k\na,8\nb,16,2,more\n").table.rows
    assert [(row.name, {*row.numbers}) for row in rows] == [
        ("a", {"num_experts"}), ("b", {"num_experts", "num_experts_per_tok"}),
    ]  # fmt: skip
    assert "more" in rows[1].carried.values()


def test_a_text_is_never_a_formula(tmp_path: Path) -> None:
    """What starts with = in a text file stays a text in the workbook that comes out."""
    (tmp_path / "models.csv").write_text("name,num_experts,top_k,Link\n=1+1,8,2,=HYPERLINK(1)\n")
    assert run("run", tmp_path / "models.csv", "-o", tmp_path, "-q").exit_code == 0
    import openpyxl

    sheet = openpyxl.load_workbook(tmp_path / "models.report.xlsx")["Models"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    odd = [cell.data_type for cell in cells if cell.value in ("=1+1", "=HYPERLINK(1)")]
    assert odd == ["s", "s"] or odd == ["inlineStr", "inlineStr"]


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf", b",,,\n,,,\n", b"\x00" * 999])
def test_files_without_a_table_are_refused(
    tmp_path: Path, registry: Registry, content: bytes
) -> None:
    """Empty, blank, of zeros."""
    assert refusal(tmp_path, registry, content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"name,num_experts\na," + b"9" * 5_000_000, id="a huge cell"),
        pytest.param(b"name,num_experts\n" + b"," * 1_000_000, id="a million columns"),
        pytest.param(b"name," * 300_000, id="a million headers"),
        pytest.param(b'name,num_experts\n"' + b"a,8\n" * 500_000, id="an open quote"),
        pytest.param(b"a\n" * 2_000_000, id="two million rows"),
        pytest.param(b"\xff\xfea", id="half a letter"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, id="a picture"),
    ],
)
def test_hostile_files_are_one_line(tmp_path: Path, registry: Registry, content: bytes) -> None:
    """Each is refused at once, by a line that names the file."""
    assert refusal(tmp_path, registry, content)


def test_nul_letters_are_no_part_of_a_name(tmp_path: Path, registry: Registry) -> None:
    """A workbook cannot hold them: the cell is named."""
    rows = b"".join(b"model %d,8\n" % number for number in range(30))
    data = b"name,num_experts\n" + rows + b"a\x00b,8\n"
    assert "cell A32: found 'a\\x00b', expected text" in refusal(tmp_path, registry, data)


def test_too_large_a_file_is_not_decoded(tmp_path: Path, registry: Registry) -> None:
    """Its size alone is enough."""
    with (tmp_path / "models.csv").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    [problem] = inspect_inputs([str(tmp_path / "models.csv")], registry).problems
    assert re.match(r"models.csv: the file has .* bytes, expected at most", str(problem))
