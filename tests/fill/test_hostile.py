from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.ooxml.package import Package
from tests.fill.packages import Touched, compare, rewritten

CALC = "=cmd|' /C calc'!A0"
NUMBERS = {"num_hidden_layers": 16, "hidden_size": 2048, "vocab_size": 50304,
           "num_attention_heads": 16, "intermediate_size": 1024, "num_experts": 64,
           "num_experts_per_tok": 8}  # fmt: skip


def models(folder: Path, *names: str) -> Path:
    """Write a workbook of models that differ in their names."""
    path = folder / "models.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Models")
    sheet.write_row(0, 0, ["name", *NUMBERS])
    for at, name in enumerate(names):
        sheet.write_string(at + 1, 0, name)
        sheet.write_row(at + 1, 1, list(NUMBERS.values()))
    book.close()
    return path


def template(*texts: str, sheet: str = "Board", table: bool = False) -> bytes:
    """Return a template with texts in its first column; with a table of models if it shall."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet(sheet)
    for at, text in enumerate(texts):
        page.write_string(at, 0, text)
    if table:
        page.add_table("C1:D2", {"name": "T", "columns": [{"header": "N"}, {"header": "P"}]})
        page.write_string("C2", "{{ m.name }}")
        page.write_string("D2", "{{ m.total_params }}")
    book.close()
    return out.getvalue()


def fill(folder: Path, data: bytes, *names: str, name: str = "t.xlsx") -> Result:
    """Fill a template from the command line, into a folder that holds only the outcome."""
    (folder / name).write_bytes(data)
    made = models(folder, *(names or ("A model", "Another")))
    out = folder / "out" / "x.xlsx"
    return CliRunner().invoke(main, ["fill", str(folder / name), str(made), "-o", str(out)])


def refused(folder: Path, data: bytes, message: str, name: str = "t.xlsx") -> None:
    """Assert that a template ends in one line, soon, and that nothing is written."""
    started = time.monotonic()
    result = fill(folder, data, name=name)
    assert time.monotonic() - started < 5
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    lines = [line for line in result.output.splitlines() if line.strip()]
    assert len(lines) == 1, result.output
    assert message in lines[0]
    assert len(lines[0]) < 600
    assert "Traceback" not in result.output
    assert not (folder / "out").exists() or not list((folder / "out").iterdir())


EXPRESSIONS = {
    '{{ "".__class__.__mro__ }}': "A1",
    "{{ report.__class__ }}": "A1",
    '{{ report["__class__"] }}': "A1",
    '{{ report|attr("__class__") }}': "A1",
    '{{ "{0.__class__}".format(report) }}': "A1",
    "{{ self.__init__.__globals__ }}": "A1",
    "{{ cycler.__init__.__globals__.os }}": "A1",
    "{{ lipsum.__globals__ }}": "A1",
    "{% for i in range(10**12) %}{{ i }}{% endfor %}": "A1",
    "{{ range(10**9) | list }}": "A1",
    "{{ range(10**9) | sum }}": "A1",
    '{{ "a" * 10**10 }}': "A1",
    '{{ "a" * 99999 * 99999 }}': "A1",
    '{{ "%99999999999d" % 1 }}': "A1",
    '{{ "a".rjust(9999999999) }}': "A1",
    '{{ "a".center(9999999999) }}': "A1",
    '{{ "a" | center(9999999999) }}': "A1",
    '{{ "a\\nb" | indent(9999999999) }}': "A1",
    "{{ [1] * 10**10 }}": "A1",
    "{{ 9**(9**9) }}": "A1",
    "{{ 10**(10**10) }}": "A1",
    "{{ 2**(2**40) }}": "A1",
    "{{ 9999**9999**2 | length }}": "A1",
    "{{ 1/0 }}": "A1",
    "{{ (" + "(" * 5000 + "1" + ")" * 5000 + ") }}": "A1",
    "{{ " + "-" * 20000 + "1 }}": "A1",
    "{{ " + "1+" * 5000 + "1 }}": "A1",
    "{{ never ends": "A1",
    "{{ report.version }} and {{ never ends": "A1",
    "{{ }}": "A1",
    '{% include "/etc/passwd" %}': "A1",
    "{{ report.no_such }}": "A1",
    "{{ models }}": "A1",
    "{{ 1 if }}": "A1",
}


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: text[:40])
def test_a_hostile_expression_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    """Whatever reaches outside, never ends or grows without bound; the line names the cell."""
    refused(tmp_path, template(text), EXPRESSIONS[text])


@pytest.mark.parametrize(
    "rule",
    ["where: ''.__class__", "where: 9**(9**9)", 'sort: "a" * 10**10', "where: {{", "sort: -"],
)
def test_a_hostile_rule_is_refused_in_one_line(tmp_path: Path, rule: str) -> None:
    """What a table's note says is no safer place."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("Board")
    page.add_table("A1:B2", {"name": "T", "columns": [{"header": "N"}, {"header": "P"}]})
    page.write_string("A2", "{{ m.name }}")
    page.write_comment("A1", rule)
    book.close()
    refused(tmp_path, out.getvalue(), "Board")


def test_a_hostile_sheet_name_is_refused_in_one_line(tmp_path: Path) -> None:
    """A sheet's name is an expression as well."""
    data = template("{{ m.name }}", sheet="x")
    book = Package(data)["xl/workbook.xml"]
    for text in ("{{ m.__class__ }}", "{{ 9**(9**9) }}", "{{ m.name"):
        changed = book.replace(b'sheet name="x"', f'sheet name="{text}"'.encode())
        refused(tmp_path, rewritten(data, {"xl/workbook.xml": changed}), "t.xlsx")


def zip_bomb() -> bytes:
    """A part that unpacks to a thousand times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        good = Package(template("{{ report.version }}"))
        for name in good:
            archive.writestr(name, good[name])
        archive.writestr("xl/media/image1.bin", bytes(50_000_000))
    return out.getvalue()


def entity_bomb() -> bytes:
    """Ten entities, each ten times the one before."""
    data = template("{{ report.version }}")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))
    texts = Package(data)["xl/sharedStrings.xml"].replace(
        b"<sst ", f'<!DOCTYPE sst [<!ENTITY e0 "ha">{entities}]><sst '.encode(), 1
    ).replace(b"{{ report.version }}", b"&e10;")  # fmt: skip
    return rewritten(data, {"xl/sharedStrings.xml": texts})


def deep() -> bytes:
    """A sheet of elements within elements within elements."""
    data = template("{{ report.version }}")
    part = "xl/worksheets/sheet1.xml"
    inner = b"<a>" * 100_000 + b"</a>" * 100_000
    ext = b"<extLst><ext>" + inner + b"</ext></extLst></worksheet>"
    return rewritten(data, {part: Package(data)[part].replace(b"</worksheet>", ext)})


_TABLE = "xl/tables/table1.xml"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (zip_bomb, "image1.bin unpacks to"),
    "an entity bomb": (entity_bomb, "DOCTYPE"),
    "elements without end": (deep, "t.xlsx"),
    "cut short": (lambda: template("{{ report.version }}")[:-300], "damaged or cut short"),
    "an old workbook": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), ".xls"),
    "a page": (lambda: b"<html><table><tr><td>{{ report.version }}</table>", "not an Excel"),
    "a text": (lambda: b"{{ report.version }};1\n", "not an Excel"),
    "nothing": (lambda: b"", "is empty"),
    "another package": (lambda: _zip({"word/document.xml": b"<a/>"}), "not an Excel"),
    "a package without a sheet": (
        lambda: rewritten(template("a"), {"xl/worksheets/sheet1.xml": None}), "is missing"
    ),
    "broken XML": (
        lambda: rewritten(template("{{ report.version }}"), {"xl/worksheets/sheet1.xml": b"<a"}),
        "t.xlsx",
    ),
    "a cell far out": (
        lambda: _changed(template("{{ report.version }}"), b'r="A1"', b'r="XFE1"'), "t.xlsx"
    ),
    "rows in disorder": (
        lambda: _changed(template("a", "{{ report.version }}"), b'row r="2"', b'row r="1"'),
        "t.xlsx",
    ),
    "a table that is not there": (
        lambda: _changed(
            rewritten(template(table=True), {"xl/tables/table1.xml": None}),
            b"{{ m.total_params }}", b"a text", "xl/sharedStrings.xml",
        ),
        "C2",
    ),
    "a table of no area": (
        lambda: _changed(template(table=True), b'ref="C1:D2"', b'ref="1:D"', _TABLE),
        "t.xlsx",
    ),
}  # fmt: skip


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _changed(data: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    content = Package(data)[part]
    assert old in content
    return rewritten(data, {part: content.replace(old, new)})


@pytest.mark.parametrize("what", FILES)
def test_a_hostile_file_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    """A bomb, a torso, or no workbook at all."""
    make, message = FILES[what]
    refused(tmp_path, make(), message)


@pytest.mark.parametrize(
    ("old", "new"), [(b"<v>0</v>", b"<v>77</v>"), (b"<v>0</v>", b"<v>-1</v>"), (b"<v>0</v>", b"")]
)
def test_a_text_that_is_not_there_is_left_as_it_is(tmp_path: Path, old: bytes, new: bytes) -> None:
    """A cell that leads nowhere asks for nothing, which is said."""
    data = _changed(template("{{ report.version }}"), old, new)
    result = fill(tmp_path, data)
    assert result.exit_code == 3
    assert "asks for nothing" in result.output
    assert compare(data, (tmp_path / "out" / "x.xlsx").read_bytes(), Touched()) == []


def test_a_name_that_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    """In a cell, within a text, in a table; nothing of it is computed."""
    one = f'{{{{ models["{CALC}"].name }}}}'
    result = fill(
        tmp_path, template(one, "{{ models[0].name }}", table=True),
        CALC, "+1+1", "@SUM(1)", "-2", "\t=1", "<b>&amp;",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    out = tmp_path / "out" / "x.xlsx"
    sheet = Package(out.read_bytes())["xl/worksheets/sheet1.xml"]
    assert b"<f" not in sheet
    book = openpyxl.load_workbook(out)
    page = book["Board"]
    assert (page["A1"].value, page["A2"].value) == (CALC, CALC)
    assert page["A1"].data_type == "s"
    assert [page.cell(row, 3).value for row in range(2, 7)] == [
        CALC, "+1+1", "@SUM(1)", "-2", "=1",
    ]  # fmt: skip
    book.close()


def test_an_outcome_that_was_there_survives_an_error(tmp_path: Path) -> None:
    """A refused template does not touch what stands in the folder."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.xlsx").write_bytes(b"older")
    result = fill(tmp_path, template("{{ 9**(9**9) }}"))
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.xlsx"]
    assert (tmp_path / "out" / "x.xlsx").read_bytes() == b"older"


def test_the_template_is_not_overwritten(tmp_path: Path) -> None:
    """The outcome has another name than the template."""
    data = template("{{ report.version }}")
    (tmp_path / "t.xlsx").write_bytes(data)
    made = models(tmp_path, "A model")
    same = str(tmp_path / "t.xlsx")
    result = CliRunner().invoke(main, ["fill", same, str(made), "-o", same])
    assert result.exit_code in (1, 2)
    assert (tmp_path / "t.xlsx").read_bytes() == data
