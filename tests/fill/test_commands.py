"""The commands about templates: fill, run --template, template new, template check."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from moe_report.cli.main import main
from moe_report.fill.new_template import build_template
from moe_report.schema.registry import installed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example models and the starting template, which is the current one."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "models.xlsx").exit_code == 0
    (tmp_path / "t.xlsx").write_bytes(build_template(installed()))
    return tmp_path


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(arguments))


def files(folder: Path) -> set[str]:
    """Names of all files in a folder and below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_fill_writes_the_workbook(folder: Path) -> None:
    """The example models go into the starting template; nothing else is written."""
    before = files(folder)
    result = run(
        "fill", "t.xlsx", "models.xlsx", "-o", "out/q3.xlsx", "--set", "context_length=777"
    )
    assert result.exit_code == 0, result.output
    assert "wrote out/q3.xlsx" in result.output
    assert files(folder) == before | {"out/q3.xlsx"}
    book = openpyxl.load_workbook("out/q3.xlsx")
    assert book["Overview"]["C6"].value == 777
    assert "Mixtral-8x7B" in book.sheetnames


def test_the_report_and_the_template_go_to_two_places(folder: Path) -> None:
    """A template called report would take the report's name."""
    (folder / "report.xlsx").write_bytes(build_template(installed()))
    before = files(folder)
    result = run("run", "models.xlsx", "--template", "report.xlsx", "-o", "out")
    assert result.exit_code == 1
    assert "Error: out/models.report.xlsx: both the report and the filled" in result.output
    assert files(folder) == before


def test_many_problems_of_a_template_are_counted(folder: Path) -> None:
    """They are not in the models' workbook, whose cells could be marked; and it asks for much."""
    book = openpyxl.load_workbook("t.xlsx")
    for at in range(30):
        book["Overview"][f"AA{at + 1}"] = f"{{{{ nothing_{at} }}}}"
    book.save("t.xlsx")
    result = run("fill", "t.xlsx", "models.xlsx", "-o", "out.xlsx")
    assert result.output.splitlines()[-1] == "and 10 more problems"
    assert "asks for nothing" not in run("template", "check", "t.xlsx").output


def test_fill_asks_where_to_write(folder: Path) -> None:
    """Without -o it is wrong usage, in a line."""
    before = files(folder)
    result = run("fill", "t.xlsx", "models.xlsx")
    assert result.exit_code == 2
    assert "Missing option '-o' / '--output'" in result.output
    assert files(folder) == before


def test_run_fills_a_template_beside_the_reports(folder: Path) -> None:
    """The filled template is named after both, and its path is printed."""
    result = run("run", "models.xlsx", "--template", "t.xlsx", "-o", "report", "--format", "json")
    assert result.exit_code == 0, result.output
    assert "wrote report/models.t.xlsx" in result.output
    assert files(folder / "report") == {"models.report.json", "models.t.xlsx"}
    book = openpyxl.load_workbook("report/models.t.xlsx")
    assert book["Overview"]["A12"].value


def test_a_template_that_cannot_be_filled_leaves_no_report(folder: Path) -> None:
    """All is refused together: the reports are not written either."""
    book = Workbook()
    book.worksheets[0]["B3"] = "{{ report.tilte }}"
    book.save(folder / "bad.xlsx")
    result = run("run", "models.xlsx", "--template", "bad.xlsx", "-o", "report", "--format", "json")
    assert result.exit_code == 1
    assert "bad.xlsx, sheet Sheet, cell B3" in result.output
    assert "'title'" in result.output
    assert not (folder / "report").exists()


def test_template_new_writes_what_check_finds_nothing_wrong_with(folder: Path) -> None:
    """The starting template is understood whole; it is not overwritten unless asked."""
    result = run("template", "new", "q.xlsx")
    assert result.exit_code == 0
    assert "moe-report fill q.xlsx models.xlsx" in result.output
    checked = run("template", "check", "q.xlsx")
    assert checked.exit_code == 0, checked.output
    assert "A12" in checked.output
    assert "{{ m.parameter_efficiency | formula }}" in checked.output
    assert "flops_per_mac" in checked.output
    again = run("template", "new", "q.xlsx")
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert run("template", "new", "q.xlsx", "--force").exit_code == 0
    assert run("template", "new", "q.xltx").exit_code == 2


def test_template_check_fails_for_what_is_unknown(folder: Path) -> None:
    """It says what and where, and exits with 1."""
    book = Workbook()
    book.worksheets[0]["B3"] = "{{ assumptions.contextlength }}"
    book.save(folder / "bad.xlsx")
    result = run("template", "check", "bad.xlsx")
    assert result.exit_code == 1
    assert "B3" in result.output
    assert "context_length" in result.output


@pytest.mark.parametrize(
    ("output", "said", "code"),
    [
        ("t.xlsx", "this is the template", 1),
        ("models.xlsx", "this is the input", 1),
        ("out.xlsm", "expected a name that ends in .xlsx", 2),
        ("out.pdf", "expected a name that ends in .xlsx", 2),
        ("there", "this is a folder", 1),
    ],
)
def test_an_output_that_would_do_harm_is_refused(
    folder: Path, output: str, said: str, code: int
) -> None:
    """Neither an input is overwritten, nor a file written under a name that lies."""
    (folder / "there").mkdir()
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    result = run("fill", "t.xlsx", "models.xlsx", "-o", output)
    assert result.exit_code == code, result.output
    assert said in result.output
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before


def bomb() -> bytes:
    """A small package that unpacks to much."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    return target.getvalue()


@pytest.mark.parametrize("name", ["bomb", "cut", "text", "empty", "folder", "missing", "old"])
def test_what_is_no_workbook_ends_in_one_line(folder: Path, name: str) -> None:
    """The error names the file, and the output folder is not even made."""
    path = folder / f"{name}.xlsx"
    cut = build_template(installed())[:9000]
    contents = {"bomb": bomb(), "cut": cut, "text": b"name,experts\n",
                "empty": b"", "old": bytes.fromhex("d0cf11e0a1b11ae1")}  # fmt: skip
    if name == "folder":
        path.mkdir()
    elif name != "missing":
        path.write_bytes(contents[name])
    result = run("fill", path.name, "models.xlsx", "-o", "out/q.xlsx")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert len(result.output.strip().splitlines()) == 1
    assert path.name in result.output
    assert not (folder / "out").exists()


def test_a_file_in_the_way_of_the_folder_is_told(folder: Path) -> None:
    """Where the folder cannot be made, the error says so."""
    (folder / "out").write_text("a file")
    result = run("fill", "t.xlsx", "models.xlsx", "-o", "out/q.xlsx")
    assert result.exit_code == 1
    assert "expected a folder" in result.output
    assert files(folder) == {"models.xlsx", "t.xlsx", "out"}


def test_a_workbook_that_is_open_elsewhere_is_told(folder: Path) -> None:
    """Who has it open sees the old one until it is loaded again."""
    (folder / "~$out.xlsx").write_text("")
    result = run("fill", "t.xlsx", "models.xlsx", "-o", "out.xlsx")
    assert result.exit_code == 0
    assert "seems to be open in Excel" in result.output


def test_a_template_becomes_a_workbook(folder: Path) -> None:
    """An .xltx may be written as .xlsx, and is beside the reports."""
    source = zipfile.ZipFile(io.BytesIO(build_template(installed())))
    with zipfile.ZipFile("t.xltx", "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(b"sheet.main+xml", b"template.main+xml")
            archive.writestr(name, content)
    result = run("fill", "t.xltx", "models.xlsx", "-o", "q.xlsx")
    assert result.exit_code == 0, result.output
    types = zipfile.ZipFile("q.xlsx").read("[Content_Types].xml")
    assert b"spreadsheetml.sheet.main+xml" in types
    assert b"template.main" not in types
    result = run("run", "models.xlsx", "--template", "t.xltx", "-o", "report", "--format", "json")
    assert result.exit_code == 0, result.output
    assert (folder / "report" / "models.t.xlsx").exists()


def test_what_is_written_has_the_time_that_is_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SOURCE_DATE_EPOCH no workbook says when the computer wrote it, in none of its parts."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert run("init", "new.xlsx").exit_code == 0
    assert run("template", "new", "q.xlsx").exit_code == 0
    assert run("fill", "q.xlsx", "new.xlsx", "-o", "filled.xlsx").exit_code == 0
    for name in ("new.xlsx", "q.xlsx", "filled.xlsx"):
        with zipfile.ZipFile(folder / name) as package:
            assert len({part.date_time for part in package.infolist()}) == 1
            core = package.read("docProps/core.xml").decode()
        assert re.findall(r"\d+-\d+-\d+T[\d:]+Z", core) == ["2023-11-14T22:13:20Z"] * 2
