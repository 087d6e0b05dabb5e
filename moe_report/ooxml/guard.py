"""What a file must be before any reader sees it: a small, honest .xlsx package.

A file of a few kilobytes can ask for gigabytes of memory (a zip bomb, XML entities) or for a
million empty rows (a single cell at XFD1048576). Everything is judged from the zip directory and
the parts' own bytes, within bounds.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import NoReturn

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.package import MAIN, STRICT_MAIN, Package, compressed_bytes

MAX_FILE = 200_000_000
MAX_PARTS = 10_000
MAX_INFLATED = 1_000_000_000
MAX_PART = 400_000_000
MAX_RATIO = 250  # deflate reaches about 1000; sheets of repeated rows about 100
MAX_ROWS = 100_000
MAX_COLUMNS = 2_000
MAX_AREA = 20_000_000
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']", re.IGNORECASE)
# In these a DOCTYPE is spelled with the bytes of ASCII, or of UTF-16; in UTF-7 or EBCDIC it is not.
_KNOWN_ENCODING = re.compile(
    rb"utf-?8|utf-?16|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AGAIN = "open it in Excel or LibreOffice and save it as .xlsx"


@dataclass(frozen=True)
class Formula:
    """A formula cell: its text, and whether a value is stored with it."""

    text: str
    has_value: bool


@dataclass(frozen=True)
class Scan:
    """What a look at a sheet's XML says.

    Attributes:
        formulas: Formula cells by address.
        rows: Number of the last row with content.
        columns: Number of the last column with content.
        merged: Corners of the merged cells: first column and row, last column and row.
    """

    formulas: dict[str, Formula]
    rows: int
    columns: int
    merged: tuple[tuple[int, int, int, int], ...] = ()


def check_package(data: bytes, name: str) -> Package:
    """Return the package of a file's bytes.

    Args:
        data: The bytes.
        name: The file's name, for the error.

    Raises:
        InputError: It is no .xlsx file, or one that no honest program writes.
    """
    if len(data) > MAX_FILE:
        _refuse(name, f"the file has {len(data):,} bytes, expected at most {MAX_FILE:,}")
    if data.startswith(_OLD_OFFICE):
        _refuse(
            name,
            "this is an old .xls workbook or one with a password; save it as .xlsx without one",
        )
    if not data:
        _refuse(name, "the file is empty; expected an Excel workbook (.xlsx)")
    if not data.startswith(b"PK"):
        _refuse(name, "this is not an Excel workbook (.xlsx); expected a zip package")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive, name)
            for part in archive.infolist():
                archive.open(part).close()  # compares the part's own header with the directory
                _check_markup(part.filename, _unpacked(data, part, name), name)
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, OSError) as error:
        _refuse(name, f"the file is damaged or cut short ({_line(error)})")
    except (struct.error, zlib.error) as error:
        _refuse(name, f"the file is damaged or cut short ({_line(error)})")
    package = Package(data)
    if "[Content_Types].xml" not in package or "_rels/.rels" not in package:
        opened = " but an OpenDocument file" if "mimetype" in package else ""
        _refuse(name, f"this zip file is not an Excel workbook (.xlsx){opened}; {_SAVE_AGAIN}")
    try:
        _check_sheets(package, name)
    except StopIteration:
        _refuse(name, "this zip file is not an Excel workbook (.xlsx): it names no main part")
    except (KeyError, ValueError, etree.XMLSyntaxError) as error:
        _refuse(name, f"its list of sheets cannot be read ({_line(error)})")
    return package


def _check_sheets(package: Package, name: str) -> None:
    main = package.workbook_part()
    if main.endswith(".bin"):
        _refuse(name, f"this is a binary workbook (.xlsb); {_SAVE_AGAIN}")
    for sheet, part in package.sheets().items():
        if part not in package:
            _refuse(name, f"the sheet {sheet!r} is missing: the package has no part {part}")
    if not package.sheets():
        strict = " (it is a Strict Open XML workbook)" if STRICT_MAIN in package[main] else ""
        _refuse(name, f"found no worksheet in it{strict}; {_SAVE_AGAIN}")


def scan_sheet(xml: bytes, where: str) -> Scan:
    """Return where a sheet has content, and its formulas.

    Args:
        xml: The sheet's part.
        where: File and sheet, for the error.

    Raises:
        InputError: A cell lies out of bounds, or the XML is broken.
    """
    scan = _Scanner(where)
    try:
        for event, item in etree.iterparse(
            io.BytesIO(xml), events=("start", "end"), tag=(_ROW, _CELL, _MERGED),
            resolve_entities=False, no_network=True,
        ):  # fmt: skip
            if event == "start":
                if item.tag == _ROW:
                    scan.start_row(item)
            elif item.tag == _CELL:
                scan.cell(item)
            elif item.tag == _MERGED:
                scan.merge(item)
            else:
                item.clear()
                while item.getprevious() is not None:  # a million empty rows must not pile up
                    del item.getparent()[0]
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError([Problem(where, f"the sheet's XML is broken ({_line(error)})")]) from error
    return Scan(scan.formulas, scan.last_row, scan.last_column, tuple(scan.merged))


_ROW, _CELL, _MERGED = (f"{{{MAIN}}}{tag}" for tag in ("row", "c", "mergeCell"))
_FORMULA, _VALUE = (f"{{{MAIN}}}{tag}" for tag in ("f", "v"))


class _Scanner:
    """Goes through a sheet cell by cell."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.formulas: dict[str, Formula] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.last_row = self.last_column = 0
        self.row = self.column = 0
        self.columns: set[int] = set()

    def refuse(self, cell: str, message: str) -> NoReturn:
        raise InputError([Problem(f"{self.where}, cell {cell}", message)])

    def start_row(self, row: etree._Element) -> None:
        number = int(row.get("r") or self.row + 1)  # without one: the row below the one before
        if number <= self.row:
            self.refuse(
                f"A{number}",
                f"row {number} stands behind row {self.row} in the file; {_SAVE_AGAIN}",
            )
        self.row, self.column = number, 0
        self.columns.clear()

    def cell(self, cell: etree._Element) -> None:
        address = cell.get("r")
        if address is None:  # allowed: the cell right of the one before
            self.column += 1
            address = f"{column_letters(self.column)}{self.row}"
        else:
            self.column, row = split_address(address)
            if row != self.row:
                self.refuse(address, f"it stands in row {self.row} of the file; {_SAVE_AGAIN}")
        if self.column in self.columns:
            self.refuse(address, f"the file holds it twice; {_SAVE_AGAIN}")
        self.columns.add(self.column)
        if not len(cell):
            return
        formula, value, kind = cell.find(_FORMULA), cell.find(_VALUE), cell.get("t", "n")
        text = value.text if value is not None else None
        if formula is not None:
            # openpyxl writes <v/> behind a formula; a formula that gives "" has the type str
            stored = bool(text) or (value is not None and kind == "str")
            self.formulas[address] = Formula(formula.text or "", stored)
        if kind == "n" and text and not _is_number(text):
            self.refuse(address, f"found {text!r}, while the file says that it is a number")
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        if self.last_row > MAX_ROWS or self.last_column > MAX_COLUMNS:
            self.refuse(
                address,
                f"there is content this far out; expected at most {MAX_ROWS:,} rows and "
                f"{MAX_COLUMNS:,} columns",
            )
        if self.last_row * self.last_column > MAX_AREA:
            self.refuse(
                address,
                f"the sheet is {self.last_row:,} rows by {self.last_column:,} columns up to here; "
                f"expected at most {MAX_AREA:,} cells",
            )

    def merge(self, item: etree._Element) -> None:
        first, _, last = item.get("ref", "").partition(":")
        self.merged.append((*split_address(first), *split_address(last or first)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def split_address(address: str) -> tuple[int, int]:
    """Return column and row of an address, counted from 1.

    >>> split_address("XFD1048576")
    (16384, 1048576)
    """
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})", address)
    if not match:
        raise ValueError(f"{address!r} is no cell address")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return column, int(match[2])


def column_letters(column: int) -> str:
    """Return the letters of a column counted from 1.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _refuse(name: str, message: str) -> NoReturn:
    raise InputError([Problem(name, message)])


def _check_directory(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        _refuse(name, f"the package has {len(parts):,} parts, expected at most {MAX_PARTS:,}")
    if len({part.filename.casefold() for part in parts}) < len(parts):
        _refuse(name, "the package has two parts of one name")
    if sum(part.file_size for part in parts) > MAX_INFLATED:
        _refuse(name, f"the package unpacks to more than {MAX_INFLATED:,} bytes")
    for part in parts:
        if part.flag_bits & 1:
            _refuse(name, f"part {part.filename} is encrypted")
        if part.file_size > MAX_PART:
            _refuse(name, f"part {part.filename} unpacks to more than {MAX_PART:,} bytes")
        if part.file_size > 1_000_000 and part.file_size > MAX_RATIO * part.compress_size:
            _refuse(
                name,
                f"part {part.filename} unpacks to {part.file_size // part.compress_size} times its "
                f"size, expected at most {MAX_RATIO}",
            )


def _unpacked(data: bytes, part: zipfile.ZipInfo, name: str) -> bytes:
    """The content of a part, within the size that the directory promises: zipfile trusts it."""
    packed = compressed_bytes(data, part)
    whole = True
    if part.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        content = unpacker.decompress(packed, part.file_size + 1)
        whole = unpacker.eof
    else:
        _refuse(name, f"part {part.filename} is compressed in a way that no spreadsheet uses")
    if not whole or len(content) != part.file_size or zlib.crc32(content) != part.CRC:
        _refuse(name, f"the file is damaged: part {part.filename} is not what its directory says")
    return content


def _check_markup(part: str, content: bytes, name: str) -> None:
    """Refuse a DOCTYPE, under whatever name and in whatever encoding."""
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    named = part.lower().endswith((".xml", ".rels", ".vml"))
    if content[:2] in _UTF16:
        content = content.decode("utf-16", "replace").encode()
        start = content[:200]
    if named and b"\0" in start:
        _refuse(name, f"part {part} is in an encoding that no spreadsheet writes")
    if not named and not start.startswith(b"<"):
        return
    encoding = _ENCODING.match(start)
    if encoding and not _KNOWN_ENCODING.fullmatch(encoding[1]):
        _refuse(name, f"part {part} is in an encoding that no spreadsheet writes")
    if _DOCTYPE.search(content):
        _refuse(name, f"part {part} declares a DOCTYPE, which no spreadsheet writes")
