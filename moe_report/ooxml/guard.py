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
from typing import IO, NoReturn

from lxml import etree

from moe_report.errors import InputError, Problem, first_line
from moe_report.ooxml.damage import broken_xml
from moe_report.ooxml.markup import MAIN, UTF16, in_utf8, is_markup, local_name
from moe_report.ooxml.package import SAVE_AGAIN, STRICT_MAIN, Package
from moe_report.ooxml.part_names import part_key
from moe_report.ooxml.zip_parts import compressed_bytes

MAX_FILE = 200_000_000
MAX_PARTS = 10_000
MAX_INFLATED = 1_000_000_000
MAX_PART = 400_000_000
MAX_RATIO = 250  # deflate reaches about 1000; sheets of repeated rows about 100
MAX_ROWS = 100_000
MAX_COLUMNS = 2_000
MAX_AREA = 20_000_000
_TYPES = "[Content_Types].xml"
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']", re.IGNORECASE)
# In these a DOCTYPE is spelled with the bytes of ASCII, or of UTF-16; in UTF-7 or EBCDIC it is not.
_KNOWN_ENCODING = re.compile(
    rb"utf-?8|utf-?16|us-ascii|ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE
)
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)


def check_package(data: bytes, name: str) -> Package:
    """Return the package of a file's bytes; ``name`` is the file's, for errors.

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
    except (*_DAMAGE, OSError) as error:
        _refuse(name, f"the file is damaged or cut short ({first_line(error)})")
    package = Package(data, name)
    if _TYPES not in package or "_rels/.rels" not in package:
        opened = " but an OpenDocument file" if "mimetype" in package else ""
        _refuse(name, f"this zip file is not an Excel workbook (.xlsx){opened}; {SAVE_AGAIN}")
    try:
        main = package.workbook_part()
    except StopIteration:
        _refuse(name, "this zip file is not an Excel workbook (.xlsx): it names no main part")
    if main.endswith(".bin"):
        _refuse(name, f"this is a binary workbook (.xlsb); {SAVE_AGAIN}")
    package.root(_TYPES, "Types")
    for link in package.relationships(main):
        if link.kind == "styles" and link.target not in package:
            package.refuse(link.target, "it is missing")
    _check_sheets(package, name)
    return package


def why_too_large(package: IO[bytes]) -> str:
    """Return what of a package that was written keeps it from being read again; or nothing."""
    try:
        with zipfile.ZipFile(package) as archive:
            _check_directory(archive, "")
    except InputError as error:
        return error.problems[0].message
    return ""


def _check_sheets(package: Package, name: str) -> None:
    main = package.workbook_part()
    strict = main in package and STRICT_MAIN in package[main]
    sheets = {} if strict else package.sheets()
    seen: dict[str, str] = {}
    for item in () if strict else package.listed_sheets():
        sheet = item.get("name", "")
        key = sheet.casefold()
        if key in seen:
            _refuse(name, f"has two sheets of one name, {seen[key]!r} and {sheet!r}; {SAVE_AGAIN}")
        seen[key] = sheet
    for sheet, part in sheets.items():
        if part not in package:
            _refuse(name, f"the sheet {sheet!r} is missing: the package has no part {part}")
        _check_root(package, part)
    if not sheets:
        said = " (it is a Strict Open XML workbook)" if strict else ""
        _refuse(name, f"found no worksheet in it{said}; {SAVE_AGAIN}")


def _check_root(package: Package, part: str) -> None:
    """Refuse a sheet whose part begins as none does; the rest of it is for who reads it."""
    try:
        _, root = next(
            iter(etree.iterparse(io.BytesIO(next(package.pieces(part), b"")), events=("start",)))
        )
    except etree.XMLSyntaxError as error:
        package.refuse(part, broken_xml(error))
    if root.tag != f"{{{MAIN}}}worksheet":
        name = local_name(root)
        found = root.tag if name == "worksheet" else name
        package.refuse(part, f"found <{found}>, expected a worksheet")


def _refuse(name: str, message: str) -> NoReturn:
    raise InputError([Problem(name, message)])


def _check_directory(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        _refuse(name, f"the package has {len(parts):,} parts, expected at most {MAX_PARTS:,}")
    seen: dict[str, str] = {}
    for part in parts:
        key = part_key(part.filename)
        if key in seen:
            found = f"{seen[key]} and {part.filename}"
            _refuse(name, f"the package has two parts of one name, {found}; {SAVE_AGAIN}")
        seen[key] = part.filename
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
    elif part.compress_type == zipfile.ZIP_DEFLATED and not packed:
        content = packed  # some programs write nothing for an empty part
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
    named = is_markup(part, content)
    if content.startswith(UTF16):
        content = in_utf8(content)
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
