"""Workbooks to read and to change: the smallest package there is, and plain ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import openpyxl
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from tests.office import stored

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>num_experts</t></is></c>'
    '<c r="C1" t="inlineStr"><is><t>num_experts_per_tok</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>tiny</t></is></c>'
    '<c r="B2"><v>8</v></c><c r="C2"><v>2</v></c></row>'
)
FEW = ("name", "num_experts", "num_experts_per_tok", "num_hidden_layers")


def sheet_xml(rows: str = ROWS, behind: str = "") -> str:
    """Return a worksheet's part."""
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheetData>{rows}</sheetData>'
        f"{behind}</worksheet>"
    )


def parts_of(sheet: str | None = None) -> dict[str, str | bytes]:
    """Return the parts of the smallest workbook there is: it has not even styles."""
    return {
        "[Content_Types].xml": (
            f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{_CONTENT}.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Models" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": sheet_xml() if sheet is None else sheet,
    }


def zipped(parts: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]) -> bytes:
    """Return a zip file of parts."""
    out = io.BytesIO()
    items = parts.items() if isinstance(parts, Mapping) else parts
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in items:
            archive.writestr(name, content)
    return out.getvalue()


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")
    )


def book_of(path: Path, *rows: Iterable[object], title: str = "Models") -> Path:
    """Write a workbook with openpyxl."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def row_of(path: Path, name: str, header: int = 1, sheet: str = "Models") -> dict[str, object]:
    """A model's row by header."""
    rows = stored(path, sheet)
    row = next(row for row in rows[header:] if name in row)
    return {
        str(key): value
        for key, value in zip(rows[header - 1], row, strict=True)
        if key is not None and value is not None
    }


class F(str):
    """A formula with the value that a program has stored for it."""

    value: float | str

    def __new__(cls, text: str, value: float | str) -> F:
        """Return the formula as text; the value is beside it."""
        made = super().__new__(cls, text)
        made.value = value
        return made


def calculated(
    path: Path,
    sheets: Mapping[str, Iterable[Iterable[object]]],
    *,
    merged: Mapping[str, Iterable[str]] | None = None,
    comments: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
) -> Path:
    """Write a workbook whose formulas have stored values, as a program that calculates leaves it.

    Args:
        path: Where it goes.
        sheets: The rows of each, with formulas as ``F``.
        merged: Areas to merge, by sheet; their texts are in the upper left cell.
        comments: Comments of the first sheet, by cell.
        formats: Number formats of the first sheet, by cell.
    """
    book = xlsxwriter.Workbook(str(path))
    book.calc_on_load = False
    for title, rows in sheets.items():
        sheet = book.add_worksheet(title)
        first = sheet is book.worksheets()[0]
        content = [list(row) for row in rows]
        for area in (merged or {}).get(title, ()):
            sheet.merge_range(area, "")
        for row, cells in enumerate(content):
            for column, value in enumerate(cells):
                shown = (formats or {}).get(xl_rowcol_to_cell(row, column)) if first else None
                look = book.add_format({"num_format": shown}) if shown else None
                if isinstance(value, F):
                    sheet.write_formula(row, column, str(value), look, value.value)
                elif value is not None:
                    sheet.write(row, column, value, look)
        for cell, text in (comments or {}).items() if first else ():
            sheet.write_comment(cell, text)
    book.close()
    return path
