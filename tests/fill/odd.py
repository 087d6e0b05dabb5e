"""What hardly any program writes into a workbook, and what is allowed all the same."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

from moe_report.ooxml.package import Package
from tests.fill.makers import made_with_xlsxwriter, write_formulas
from tests.fill.packages import rewritten


def plain() -> bytes:
    """Return the workbook that the odd ones are made from."""
    return made_with_xlsxwriter(write_formulas)


def _sheet(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    part = "xl/worksheets/sheet1.xml"
    return lambda data: rewritten(data, {part: change(Package(data)[part])})


def _prefixed(xml: bytes) -> bytes:
    """Every element of the main namespace with a prefix, as some programs write them."""
    xml = xml.replace(b'<worksheet xmlns="', b'<worksheet xmlns:x="')
    return re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", xml)


def _zipped(kind: int, *, folders: bool = False) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(_Stream(out), "w") as new:
            if folders:
                new.writestr("xl/", b"")
            for item in old.infolist():
                new.writestr(item.filename, old.read(item), kind)
        return out.getvalue()

    return change


class _Stream(io.RawIOBase):
    """A file that cannot go back: the sizes of parts stand behind their data."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._out.write(data)


def _renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        package = Package(data)
        content = package[old]
        links, types = "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
        short = old.removeprefix("xl/").encode()
        return rewritten(data, {
            new: content, old: None,
            links: package[links].replace(b'"' + short, b'"/' + new.encode()),
            types: package[types].replace(b"/" + old.encode(), b"/" + new.encode()),
        })  # fmt: skip

    return change


def _with_chain(data: bytes) -> bytes:
    package = Package(data)
    package["xl/calcChain.xml"] = (
        b'<?xml version="1.0"?><calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
        b'2006/main"><c r="C2" i="1"/><c r="F2" i="1"/></calcChain>'
    )
    package.declare(
        "xl/calcChain.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml",
    )
    package.relate(
        "xl/workbook.xml",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain",
        "xl/calcChain.xml",
    )
    return package.save()


def zipped_by_macos(data: bytes) -> bytes:
    """Add what macOS zips beside files: their attributes, under the same endings."""
    kept = b"\0\5\x16\7\0\2\0\0Mac OS X" + b"\0" * 16 + b"S Other's Table1 com.apple.quarantine"
    names = [name for name in Package(data) if name.startswith("xl/") and name.count("/") < 3]
    beside = ["__MACOSX/" + "/._".join(name.rsplit("/", 1)) for name in names]
    return rewritten(data, dict.fromkeys(beside, kept))


ODD: dict[str, Callable[[bytes], bytes]] = {
    "prefixed elements": _sheet(_prefixed),
    "no row numbers": _sheet(lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml)),
    "no addresses": _sheet(lambda xml: re.sub(rb'<c r="[AB][12]"', b"<c", xml)),
    "no dimension": _sheet(lambda xml: re.sub(rb"<dimension[^>]*>", b"", xml)),
    "comments and instructions": _sheet(
        lambda xml: xml.replace(b"<sheetData>", b"<!-- a --><sheetData><?pi x?>")
    ),
    "byte order mark": _sheet(lambda xml: b"\xef\xbb\xbf" + xml),
    "UTF-16": _sheet(lambda xml: xml.decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16")),
    "single quotes": _sheet(lambda xml: re.sub(rb' (r|s|ref)="([^"]*)"', rb" \1='\2'", xml)),
    "line breaks": _sheet(lambda xml: xml.replace(b"><", b">\r\n  <")),
    "unknown extension": _sheet(
        lambda xml: xml.replace(
            b"</worksheet>",
            b'<extLst><ext uri="{0}" xmlns:q="urn:q"><q:a q:b="1"> t </q:a></ext></extLst>'
            b"</worksheet>",
        )
    ),
    "ignorable prefix": _sheet(
        lambda xml: xml.replace(
            b"<worksheet ",
            b'<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
            b'xmlns:xr="urn:xr" mc:Ignorable="xr" xr:uid="{1}" ', 1,
        )
    ),
    "calculation chain": _with_chain,
    "stored": _zipped(zipfile.ZIP_STORED),
    "streamed": _zipped(zipfile.ZIP_DEFLATED),
    "zipped by macOS": zipped_by_macos,
    "folders": _zipped(zipfile.ZIP_DEFLATED, folders=True),
    "other part names": _renamed("xl/worksheets/sheet1.xml", "xl/Sheets/Blatt-a.xml"),
    "absolute targets": _renamed("xl/sharedStrings.xml", "strings/SharedStrings.xml"),
}  # fmt: skip
