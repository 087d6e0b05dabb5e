"""A plain copy of a workbook for openpyxl, which reads cells well and stumbles over much else.

It has the cells, their texts and the formats of their numbers under the names that openpyxl looks
for, and no looks, drawings or properties: whatever those hold keeps nobody's numbers from being
read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html import escape

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import CONTENT_TYPES, OFFICE_REL, PACKAGE_REL, Package
from moe_report.ooxml.texts import shared_part

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NO_TEXTS = f'<sst xmlns="{MAIN}"/>'.encode()
_LOOKS = (
    "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
    '<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
)

_ROOT = re.compile(rb"<([\w.:-]+)[^<>]*>")
_ROWS = re.compile(rb"<(?:[\w.-]+:)?sheetData\b[^<>]*>")
_END = re.compile(rb"</(?:[\w.-]+:)?sheetData\s*>")


def plain_copy(package: Package) -> bytes:
    """Return the bytes of a workbook that has the worksheets of another, and their order.

    Raises:
        InputError: The table of styles is damaged.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in _parts(package):
            archive.writestr(name, content)
    return out.getvalue()


def _parts(package: Package) -> Iterator[tuple[str, str | bytes]]:
    main = package.workbook_part()
    texts = shared_part(package)
    listed, links, types = [], [], [_declared("sharedStrings"), _declared("styles")]
    for number, (name, part) in enumerate(package.sheets().items(), start=1):
        yield f"xl/worksheets/sheet{number}.xml", _cells_alone(package[part])
        listed.append(f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>')
        target = f"/xl/worksheets/sheet{number}.xml"
        links.append(_link(f"rId{number}", "worksheet", target))
        types.append(_declared("worksheet", target))
    yield "xl/sharedStrings.xml", package[texts] if texts else _NO_TEXTS
    yield "xl/styles.xml", _styles(package)
    settings = package.root(main).find(f"{TAG}workbookPr")
    said = "0" if settings is None else settings.get("date1904", "0")
    year = ' date1904="1"' if said in ("1", "true", "on") else ""
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE_REL}"><workbookPr{year}/>'
        f"<sheets>{''.join(listed)}</sheets></workbook>",
    )
    yield "xl/_rels/workbook.xml.rels", _links(*links)
    yield "_rels/.rels", _links(_link("rId1", "officeDocument", "/xl/workbook.xml"))
    types.append(
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    yield "[Content_Types].xml", f'<Types xmlns="{CONTENT_TYPES}">{"".join(types)}</Types>'


def _cells_alone(sheet: bytes) -> bytes:
    """A sheet without what stands around its rows; one with XML that only looks like rows whole."""
    root, rows = _ROOT.search(sheet), _ROWS.search(sheet)
    if root is None or rows is None or b"<!--" in sheet or b"<![CDATA[" in sheet:
        return sheet
    end = None if rows[0].endswith(b"/>") else _END.search(sheet, rows.end())
    stop = end.end() if end else rows.end()
    return sheet[: root.end()] + sheet[rows.start() : stop] + b"</" + root[1] + b">"


def _styles(package: Package) -> str:
    part = package.related_part(package.workbook_part(), "styles")
    codes, formats = [], ["0"]
    if part:
        root = package.root(part, "styleSheet")
        codes = [
            (item.get("numFmtId", "0"), item.get("formatCode", "General"))
            for item in root.iterfind(f"{TAG}numFmts/{TAG}numFmt")
        ]
        cells = root.iterfind(f"{TAG}cellXfs/{TAG}xf")
        formats = [item.get("numFmtId", "0") for item in cells] or formats
    numbers = "".join(
        f'<numFmt numFmtId="{id}" formatCode="{escape(code)}"/>' for id, code in codes
    )
    styles = "".join(
        f'<xf numFmtId="{id}" fontId="0" fillId="0" borderId="0" xfId="0"/>' for id in formats
    )
    numbers = f"<numFmts>{numbers}</numFmts>" if numbers else ""
    return f'<styleSheet xmlns="{MAIN}">{numbers}{_LOOKS}<cellXfs>{styles}</cellXfs></styleSheet>'


def _declared(kind: str, part: str = "") -> str:
    name = part or f"/xl/{kind}.xml"
    return f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>'


def _link(id: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id}" Type="{OFFICE_REL}/{kind}" Target="{target}"/>'


def _links(*links: str) -> str:
    return f'<Relationships xmlns="{PACKAGE_REL}">{"".join(links)}</Relationships>'
