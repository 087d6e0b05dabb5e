"""What no reader may see: files that are no workbook, or one that would choke the reader."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moe_report.cli.main import main
from moe_report.errors import InputError
from moe_report.ooxml import guard
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.scan import scan_sheet
from tests.workbooks import MAIN, ROWS, parts_of, sheet_xml, zipped


def refusal(data: bytes) -> str:
    """Return the one line with which the guard refuses a file."""
    with pytest.raises(InputError) as caught:
        check_package(data, "models.xlsx")
    message = caught.value.message
    assert message.startswith("models.xlsx: ")
    assert "\n" not in message
    return message


def check(path: Path) -> Result:
    """Run ``moe-report check`` on a file; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_smallest_workbook_passes(tmp_path: Path) -> None:
    """What the tests below break is a workbook that is fine before."""
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of()))
    result = check(path)
    assert result.exit_code == 0, result.output
    assert "1 model" in result.output


def test_an_empty_file_is_refused() -> None:
    """A file of no bytes says that it is empty, not that a zip directory is missing."""
    assert "is empty" in refusal(b"")


def test_a_file_that_is_no_zip_is_refused() -> None:
    """A CSV file under the name of a workbook is told apart from a damaged one."""
    assert "not an Excel workbook" in refusal(b"name,num_experts\nMixtral,8\n")


def test_an_old_workbook_is_refused_with_the_way_out() -> None:
    """The signature of .xls and of encrypted workbooks leads to a hint on how to save."""
    message = refusal(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096))
    assert ".xls" in message
    assert "password" in message


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float) -> None:
    """A download that was cut short is damaged, wherever the cut is."""
    data = zipped(parts_of())
    assert "damaged or cut short" in refusal(data[: int(len(data) * share)])


def test_a_file_with_flipped_bytes_never_ends_in_a_traceback() -> None:
    """Whichever byte of a workbook is destroyed, the guard passes the file or refuses it."""
    data = zipped(parts_of())
    refused = 0
    for at in range(0, len(data), 3):
        broken = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        with contextlib.suppress(InputError):
            check_package(broken, "models.xlsx")
            refused -= 1
        refused += 1
    assert refused > len(data) / 6


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """A megabyte that would inflate to a gigabyte of zeros is refused, within little memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    chunk = bytes(1 << 20)
    packed = b"".join(packer.compress(chunk) for _ in range(1024)) + packer.flush()
    bomb = _with_raw_part(packed, 1 << 30, 0)
    assert len(bomb) < 2_000_000
    tracemalloc.start()
    try:
        assert "unpacks to" in refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_part_that_inflates_beyond_reason_is_refused() -> None:
    """A part may be within the bounds on sizes, and still be one that no program writes."""
    content = bytes(10_000_000)
    parts = parts_of() | {"xl/media/image1.png": content}
    assert "times its size, expected at most 250" in refusal(zipped(parts))


def test_a_zip_bomb_that_lies_about_its_size_is_refused() -> None:
    """The directory may promise ten bytes: no more than those are ever unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    chunk = bytes(1 << 20)
    packed = b"".join(packer.compress(chunk) for _ in range(256)) + packer.flush()
    bomb = _with_raw_part(packed, 10, zlib.crc32(bytes(10)))
    tracemalloc.start()
    try:
        assert "is not what its directory says" in refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def _with_raw_part(packed: bytes, size: int, crc: int) -> bytes:
    """A workbook with one more part, whose compressed bytes and promised size are given."""
    out = io.BytesIO(zipped(parts_of()))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("xl/media/bomb.xml")
        info.compress_type = zipfile.ZIP_DEFLATED
        info.compress_size, info.file_size, info.CRC = len(packed), size, crc
        assert archive.fp is not None
        archive.fp.seek(archive.start_dir)
        info.header_offset = archive.fp.tell()
        archive.fp.write(info.FileHeader() + packed)
        archive.filelist.append(info)
        archive.NameToInfo[info.filename] = info
        archive.start_dir = archive.fp.tell()
        archive._didModify = True  # type: ignore[attr-defined]
    return out.getvalue()


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of parts is bounded."""
    monkeypatch.setattr(guard, "MAX_PARTS", 50)
    parts = parts_of() | {f"xl/media/image{n}.png": b"" for n in range(50)}
    assert "55 parts, expected at most 50" in refusal(zipped(parts))


def test_a_file_that_is_too_large_is_refused_without_being_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file past the bound not more than the bound is read."""
    monkeypatch.setattr("moe_report.load.workbook.MAX_FILE", 1_000)
    monkeypatch.setattr(guard, "MAX_FILE", 1_000)
    path = tmp_path / "models.xlsx"
    with path.open("wb") as file:
        file.truncate(500_000_000)  # a sparse file: it takes no room on the disk
    tracemalloc.start()
    try:
        assert "expected at most 1,000" in check(path).output
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "twin",
    ["xl/workbook.xml", "xl/Workbook.XML", "/xl/workbook.xml", "./xl/workbook.xml",
     "xl/worksheets/../workbook.xml", "xl\\workbook.xml", "xl/%77orkbook.xml"],
)  # fmt: skip
def test_two_parts_of_one_name_are_refused(twin: str) -> None:
    """Two readers might read two different workbooks in such a file, however a name is spelled."""
    items = [*parts_of().items(), (twin, "<workbook/>")]
    assert f"two parts of one name, xl/workbook.xml and {twin}" in refusal(zipped(items))


@pytest.mark.parametrize("twin", ["Models", "MODELS", "models"])
def test_two_sheets_of_one_name_are_refused(twin: str) -> None:
    """One reader would take the values of one, and another the formulas of the other."""
    parts = parts_of()
    workbook = str(parts["xl/workbook.xml"])
    listed = f'<sheet name="{twin}" sheetId="7" r:id="rId1"/></sheets>'
    parts["xl/workbook.xml"] = workbook.replace("</sheets>", listed)
    assert f"two sheets of one name, 'Models' and {twin!r}" in refusal(zipped(parts))


@pytest.mark.parametrize("spelled", ["/{}", "./{}", "{upper}", "{backslash}"])
def test_a_part_is_found_however_its_name_is_spelled(tmp_path: Path, spelled: str) -> None:
    """Excel opens such files, so they are read."""
    parts = {
        spelled.format(name, upper=name.upper(), backslash=name.replace("/", "\\")): content
        for name, content in parts_of().items()
    }
    (tmp_path / "models.xlsx").write_bytes(zipped(parts))
    assert "1 model" in check(tmp_path / "models.xlsx").output


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_parts_may_be_in_any_encoding_of_unicode(tmp_path: Path, encoding: str) -> None:
    """A mark at the beginning says in which."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    named = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
    parts = {
        name: (mark + str(xml).replace('"UTF-8"', f'"{named}"', 1)).encode(encoding)
        for name, xml in parts_of().items()
    }
    (tmp_path / "models.xlsx").write_bytes(zipped(parts))
    assert "1 model" in check(tmp_path / "models.xlsx").output


def test_an_empty_part_may_be_packed_to_nothing() -> None:
    """Some programs say that an empty part is deflated, and write no byte for it."""
    check_package(_with_raw_part(b"", 0, 0), "models.xlsx")


def test_a_zip_file_may_have_a_comment(tmp_path: Path) -> None:
    """It stands at the end, where the directory is looked for."""
    out = io.BytesIO(zipped(parts_of()))
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"made by hand"
    (tmp_path / "models.xlsx").write_bytes(out.getvalue())
    assert "1 model" in check(tmp_path / "models.xlsx").output


def test_an_encrypted_part_is_refused() -> None:
    """A part with zip's own encryption is named."""
    data = bytearray(zipped(parts_of()))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "part [Content_Types].xml is encrypted" in refusal(bytes(data))


def test_a_part_that_is_compressed_in_another_way_is_refused() -> None:
    """Of the ways to compress, only those that spreadsheets use are unpacked."""
    out = io.BytesIO(zipped(parts_of()))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/media/a.xml", "<a/>" * 100)
    assert "compressed in a way that no spreadsheet uses" in refusal(out.getvalue())


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n + 1} "{f"&lol{n or str()};" * 10}">' for n in range(9))
    + ']><worksheet xmlns="'
    + MAIN
    + '"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&lol9;</t></is></c></row>'
    "</sheetData></worksheet>"
)


@pytest.mark.parametrize(
    "sheet",
    [
        _LAUGHS.encode(),
        _LAUGHS.encode("utf-16"),
        b"\xfe\xff" + _LAUGHS.encode("utf-16-be"),
        b"\xef\xbb\xbf" + _LAUGHS.encode(),
        sheet_xml().replace("<worksheet", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet'),
        sheet_xml().replace("<worksheet", '<!doctype x [<!entity a "b">]><worksheet'),
    ],
    ids=["billion laughs", "utf-16", "utf-16 big-endian", "utf-8 mark", "external", "lower case"],
)
def test_a_doctype_is_refused(sheet: str | bytes) -> None:
    """No part declares a DOCTYPE or an entity, in whatever encoding."""
    message = refusal(zipped(parts_of() | {"xl/worksheets/sheet1.xml": sheet}))
    assert "xl/worksheets/sheet1.xml declares a DOCTYPE" in message


def test_a_doctype_is_found_under_any_name_of_a_part() -> None:
    """A part is read for what its links say, so its name need not end in .xml."""
    parts = parts_of()
    links = str(parts.pop("xl/_rels/workbook.xml.rels")).replace("sheet1.xml", "sheet1.png")
    parts |= {"xl/_rels/workbook.xml.rels": links, "xl/worksheets/sheet1.png": _LAUGHS}
    assert "sheet1.png declares a DOCTYPE" in refusal(zipped(parts))


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_xml().encode("utf-16-le"),
        sheet_xml().encode("utf-32"),
        b'<?xml version="1.0" encoding="UTF-7"?>' + _LAUGHS[21:].encode("utf-7"),
        b'<?xml version="1.0" encoding="cp037"?>' + _LAUGHS[21:].encode("cp037"),
    ],
    ids=["utf-16 without mark", "utf-32", "utf-7", "ebcdic"],
)
def test_an_encoding_that_could_hide_a_doctype_is_refused(sheet: bytes) -> None:
    """In UTF-7 or EBCDIC a DOCTYPE has other bytes than those that are looked for."""
    parts = parts_of() | {"xl/worksheets/sheet1.xml": sheet}
    message = refusal(zipped(parts))
    assert "encoding that no spreadsheet writes" in message or "DOCTYPE" in message


@pytest.mark.parametrize("beside", ["__MACOSX/xl/worksheets/._sheet1.xml", "xl/._workbook.xml"])
def test_what_macos_zips_beside_a_part_is_no_part_in_an_odd_encoding(beside: str) -> None:
    """A workbook that was unpacked and zipped again on a Mac; nobody reads these."""
    attributes = b"\0\5\x16\7\0\2\0\0Mac OS X        " + b"\0" * 40
    assert beside in check_package(zipped(parts_of() | {beside: attributes}), "models.xlsx")
    hidden = sheet_xml().encode("utf-16-le")
    assert "encoding" in refusal(zipped(parts_of() | {beside: hidden}))


def test_a_sheet_in_utf_16_is_read(tmp_path: Path) -> None:
    """UTF-16 with its mark is a legitimate encoding of a part."""
    sheet = sheet_xml().replace("UTF-8", "UTF-16").encode("utf-16")
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of() | {"xl/worksheets/sheet1.xml": sheet}))
    assert check(path).exit_code == 0


def test_a_cell_in_the_last_corner_is_refused_fast(tmp_path: Path) -> None:
    """One cell at XFD1048576 makes naive readers build 17 billion cells."""
    rows = ROWS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    started = time.perf_counter()
    result = check(path)
    assert time.perf_counter() - started < 5
    assert result.exit_code == 1
    assert "models.xlsx, sheet Models, cell XFD1048576: " in result.output


def test_a_styled_cell_in_the_last_corner_is_passed_over(tmp_path: Path) -> None:
    """A cell that has a style and no content does not stretch the sheet."""
    rows = ROWS + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(rows))))
    started = time.perf_counter()
    assert check(path).exit_code == 0
    assert time.perf_counter() - started < 5


def test_a_long_and_wide_sheet_is_refused() -> None:
    """Each side may be within bounds and the area still too large to hold in memory."""
    rows = (
        '<row r="1"><c r="BXX1"><v>1</v></c></row><row r="90000"><c r="A90000"><v>1</v></c></row>'
    )
    with pytest.raises(InputError, match=r"cell A90000: the sheet is 90,000 rows by 2,000 columns"):
        scan_sheet(sheet_xml(rows).encode(), "models.xlsx, sheet Models")


@pytest.mark.slow
def test_a_million_empty_styled_cells_cost_little(tmp_path: Path) -> None:
    """A sheet that is formatted down to row 20,000 is read in seconds, in modest memory."""
    cells = "".join(f'<c r="{column_letters(n)}@" s="0"/>' for n in range(4, 54))
    rows = "".join(f'<row r="{n}">{cells.replace("@", str(n))}</row>' for n in range(3, 20_003))
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml(ROWS + rows))))
    code = (
        "import resource, sys; from moe_report.cli.main import main\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: main(['check', sys.argv[1]])\n"
        "except SystemExit as done: assert not done.code\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert time.perf_counter() - started < 60
    assert "1 model" in done.stdout
    if sys.platform == "linux":
        assert int(done.stdout.split()[-1]) < 400_000  # kilobytes


def test_broken_xml_is_refused(tmp_path: Path) -> None:
    """A sheet whose XML ends in the middle is named."""
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts_of(sheet_xml()[:-40])))
    result = check(path)
    assert result.exit_code == 1
    assert "models.xlsx" in result.output
    assert result.output.count("\n") == 1


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    """A zip file of something else, and an OpenDocument spreadsheet, are told from a workbook."""
    assert "not an Excel workbook" in refusal(zipped({"readme.txt": "hello"}))
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    message = refusal(zipped({"mimetype": mimetype, "content.xml": "<a/>"}))
    assert "OpenDocument" in message
    assert "save it as .xlsx" in message


def test_a_binary_workbook_is_refused_with_the_way_out() -> None:
    """An .xlsb file is an OOXML package too, but its parts are no XML."""
    parts = parts_of()
    links = str(parts["_rels/.rels"]).replace("workbook.xml", "workbook.bin")
    assert "(.xlsb)" in refusal(zipped(parts | {"_rels/.rels": links, "xl/workbook.bin": b"\x83"}))


def test_a_strict_workbook_is_refused_with_the_way_out() -> None:
    """Strict Open XML has other namespaces, in which no sheet would be found."""
    workbook = str(parts_of()["xl/workbook.xml"]).replace(
        MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    message = refusal(zipped(parts_of() | {"xl/workbook.xml": workbook}))
    assert "Strict Open XML" in message


@pytest.mark.parametrize("missing", list(parts_of()))
def test_a_missing_part_is_a_line(tmp_path: Path, missing: str) -> None:
    """Whichever part of the package is missing, the answer is one line."""
    parts = parts_of()
    del parts[missing]
    path = tmp_path / "models.xlsx"
    path.write_bytes(zipped(parts))
    result = check(path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: models.xlsx")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"/>', "cell A1: row 1 stands behind"),
        ('<row r="1"/><row r="1"/>', "cell A1: row 1 stands behind row 1"),
        ('<row r="2"><c r="A7"><v>1</v></c></row>', "cell A7: it stands in row 2"),
        (
            '<row r="1"><c r="B1"><v>1</v></c><c r="B1"><v>2</v></c></row>',
            "cell B1: the file holds",
        ),
        ('<row r="1"><c r="B1"><v>one</v></c></row>', "cell B1: found 'one', while"),
        ('<row r="one"/>', "found r='one' in the element <row>, line 2; expected a row from 1"),
        ('<row r="1"><c r="1A"><v>1</v></c></row>', "found r='1A' in the element <c> of row 1"),
    ],
)
def test_cells_that_a_reader_would_drop_or_mix_up_are_refused(rows: str, expected: str) -> None:
    """Rows out of order and cells that stand twice would otherwise vanish without a word."""
    with pytest.raises(InputError) as caught:
        scan_sheet(sheet_xml(rows).encode(), "models.xlsx, sheet Models")
    assert expected in caught.value.message


def test_a_scan_sees_formulas_content_and_merged_cells() -> None:
    """Addresses that the file leaves out count on from the cell and row before."""
    rows = (
        "<row><c><v>1</v></c><c><f>A1</f><v>1</v></c></row>"
        '<row r="4"><c r="C4"><f>A1</f><v/></c><c t="str"><f>""</f><v/></c><c s="1"/></row>'
    )
    merged = '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>'
    scan = scan_sheet(sheet_xml(rows, merged).encode(), "here")
    assert {at: item.has_value for at, item in scan.formulas.items()} == {
        (1, 2): True, (4, 3): False, (4, 4): True,
    }  # fmt: skip
    assert (scan.rows, scan.columns) == (4, 4)
    assert scan.merged == ((1, 1, 2, 2),)


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    """A missing file comes with the nearest name that is there."""
    (tmp_path / "models.xlsx").write_bytes(b"")
    folder = check(tmp_path)
    assert folder.exit_code == 1
    assert "found neither config.json nor *.safetensors" in folder.output
    missing = check(tmp_path / "model.xlsx")
    assert missing.exit_code == 1
    assert "no such file. Did you mean 'models.xlsx'?" in missing.output
    beneath = check(tmp_path / "models.xlsx" / "x.xlsx")
    assert beneath.exit_code == 1
    assert os.fspath(tmp_path) in beneath.output
