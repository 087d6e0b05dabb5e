"""Workbooks of other formats, as LibreOffice writes them; and what no honest program writes."""

from __future__ import annotations

import datetime
import resource
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from moe_report.errors import InputError
from moe_report.load import other_workbook
from moe_report.load.inputs import inspect_inputs
from moe_report.load.other_workbook import read_other
from moe_report.load.workbook import Read
from moe_report.schema.registry import Registry
from tests.office import convert_all
from tests.workbooks import F, calculated

FORMATS = ("ods", "xls")
ROWS = [
    ("Our models",),
    ("Model", "Params (B)", "Active (B)", "Active %", "# Experts", "Top-K", "Seen", "Vendor"),
    ("Mixtral", 46.7, 12.9, F("=C3/B3", 12.9 / 46.7), 8, 2, datetime.datetime(2024, 1, 8), "Ann"),
    ("Qwen3", 30.5, "~3.3", F("=3.3/B4", 3.3 / 30.5), 128, 8, None, "Bob"),
    ("Total", F("=SUM(B3:B4)", 77.2)),
]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One workbook in each format."""
    folder = tmp_path_factory.mktemp("formats")
    path = calculated(
        folder / "models.xlsx", {"Overview": ROWS, "Prices": [("Model", "$/h"), ("Mixtral", 2)]},
        formats={"G3": "yyyy-mm-dd", "D3": "0.0%", "D4": "0.0%"},
    )  # fmt: skip
    return {to: convert_all([path], folder / to, to)[0] for to in FORMATS}


def read(path: Path, registry: Registry) -> Read:
    """What a file is read as."""
    return inspect_inputs([str(path)], registry)


@pytest.mark.parametrize("kind", FORMATS)
def test_values_and_places_are_those_of_the_sheet(
    books: Mapping[str, Path], registry: Registry, kind: str
) -> None:
    """The sheet that has models is found; numbers, texts and dates are as they were."""
    found = read(books[kind], registry)
    assert found.problems == ()
    assert found.table.source.sheet == "Overview"
    first, second = found.table.rows[:2]
    assert (first.name, first.place) == ("Mixtral", "Overview!3")
    numbers = {name: number.value for name, number in first.numbers.items()}
    assert numbers["total_params"] == 46.7e9
    assert (numbers["num_experts"], numbers["num_experts_per_tok"]) == (8, 2)
    assert second.numbers["active_params"].value == 3.3e9
    assert second.numbers["active_params"].about
    assert first.carried["Vendor"] == "Ann"
    assert str(first.carried["Seen"]).startswith("2024-01-08")
    assert any("the sheet 'Prices'" in str(note) for note in found.table.warnings)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_share_without_a_format_is_asked_about(
    books: Mapping[str, Path], registry: Registry, kind: str
) -> None:
    """These files tell no formats: 0.276 under % may be a share or hundredths, and is neither."""
    found = read(books[kind], registry)
    assert "parameter_efficiency" not in found.table.rows[0].numbers
    assert any("parameter_efficiency" in one.fields for one in found.table.unclear)


@pytest.mark.parametrize("kind", FORMATS)
def test_typed_totals_are_left_out_by_name_and_numbers(
    books: Mapping[str, Path], registry: Registry, kind: str
) -> None:
    """Without its formula the row of totals is known all the same."""
    assert [row.name for row in read(books[kind], registry).table.rows] == ["Mixtral", "Qwen3"]


def test_without_the_library_its_extra_is_named(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another way out."""
    monkeypatch.setattr(other_workbook, "find_spec", lambda name: None)
    (tmp_path / "a.ods").write_bytes(b"PK")
    [problem] = read(tmp_path / "a.ods", registry).problems
    assert "pip install 'moe-report[calamine]'" in str(problem)
    assert "save it as .xlsx" in str(problem)


# -- what no honest program writes

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def ods(path: Path, table: str) -> Path:
    """Write an .ods whose one table has this content."""
    content = (
        f'<office:document-content xmlns:office="{_OFFICE}office:1.0" '
        f'xmlns:table="{_OFFICE}table:1.0" xmlns:text="{_OFFICE}text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Models">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_OFFICE}manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def cell(text: str, repeated: int = 1) -> str:
    """A cell of text, so many times."""
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}" '
        f'office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def row(*cells: str, repeated: int = 1) -> str:
    """A row, so many times."""
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}'
        "</table:table-row>"
    )


HEADER = row(cell("name"), cell("num_experts"), cell("num_experts_per_tok"))
MODEL = row(cell("a"), cell("8"), cell("2"))


def test_an_ods_of_a_few_bytes_is_read(tmp_path: Path, registry: Registry) -> None:
    """What the hostile ones are made of is read where it is honest."""
    found = read(ods(tmp_path / "a.ods", HEADER + MODEL), registry)
    assert found.problems == ()
    assert found.table.rows[0].numbers["num_experts"].value == 8


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(HEADER + row(cell("x", 1_000_000)), id="a million columns"),
        pytest.param(HEADER + row(cell("x", 2**31), repeated=2**31), id="all there are"),
        pytest.param(HEADER + row(cell("a"), repeated=10_000_000), id="ten million rows"),
        pytest.param(HEADER + row(cell("x", 16384), repeated=1_048_576), id="a full sheet"),
        pytest.param(HEADER + row(cell("x", -5)), id="fewer than none"),
        pytest.param(HEADER + "<table:table-row>", id="not closed"),
    ],
)
def test_an_ods_that_says_it_is_huge_is_one_line(
    tmp_path: Path, registry: Registry, table: str
) -> None:
    """It takes neither our memory nor our time; the file is named."""
    path = ods(tmp_path / "huge.ods", table)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    [problem] = read(path, registry).problems
    assert str(problem).startswith("huge.ods: ")
    assert "\n" not in str(problem)
    assert len(str(problem)) < 400
    assert time.monotonic() - start < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes


@pytest.mark.parametrize("suffix", ["ods", "xls", "xlsb"])
@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"name,8", bytes(99)],
    ids=["empty", "cut off", "zeros", "text", "all zeros"],
)  # fmt: skip
def test_broken_files_are_one_line(
    tmp_path: Path, registry: Registry, suffix: str, data: bytes
) -> None:
    """Cut off, of another kind, or of zeros."""
    (tmp_path / f"a.{suffix}").write_bytes(data)
    [problem] = read(tmp_path / f"a.{suffix}", registry).problems
    assert str(problem).startswith(f"a.{suffix}: cannot be read (")
    assert "Traceback" not in str(problem)


def test_an_xls_with_flipped_bytes_is_read_or_refused(
    books: Mapping[str, Path], tmp_path: Path, registry: Registry
) -> None:
    """No damage is more than a line."""
    whole = books["xls"].read_bytes()
    for at in range(0, len(whole), len(whole) // 8):
        data = bytearray(whole)
        data[at] ^= 0xFF
        (tmp_path / "a.xls").write_bytes(bytes(data))
        found = read(tmp_path / "a.xls", registry)
        assert found.table.rows or found.problems


def test_a_reader_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the process of the library is stopped, in one line."""
    monkeypatch.setattr(other_workbook, "_SECONDS", 0.001)
    with pytest.raises(InputError, match=r"a\.ods: reading it takes more than"):
        read_other(tmp_path / "a.ods", b"PK")


def test_an_xlsb_is_no_xlsx_by_another_name(tmp_path: Path, registry: Registry) -> None:
    """A file whose name lies about its kind is one line."""
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsb")
    found = read(tmp_path / "a.xlsb", registry)
    assert len(found.problems) == 1
