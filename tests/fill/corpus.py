"""Many different workbooks: of XlsxWriter, openpyxl and LibreOffice, of others, and odd ones."""

from __future__ import annotations

import io
import re
import sysconfig
import warnings
from pathlib import Path
from typing import Any

import openpyxl

from moe_report.ooxml.addresses import LAST_ROW
from moe_report.ooxml.guard import check_package
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.scan import scan_sheet
from tests.fill.makers import (
    OPENPYXL,
    XLSXWRITER,
    made_with_openpyxl,
    made_with_xlsxwriter,
)
from tests.fill.odd import ODD, plain
from tests.fill.packages import rewritten
from tests.fill.rich import RULES, rich_template
from tests.office import convert_all


def all_workbooks(folder: Path) -> dict[str, bytes]:
    """Return every workbook by a name that says where it comes from and what it has.

    Args:
        folder: Where LibreOffice may work.
    """
    found = {
        f"xlsxwriter: {name}": made_with_xlsxwriter(write) for name, write in XLSXWRITER.items()
    }
    found |= {f"openpyxl: {name}": made_with_openpyxl(write) for name, write in OPENPYXL.items()}
    found["xlsxwriter: everything"] = silent(rich_template(macros=False))
    found["xlsxwriter: everything, with macros"] = silent(rich_template())
    again = {
        "everything": silent(rich_template(macros=False)),
        **{
            name: found[f"xlsxwriter: {name}"]
            for name in ("chart", "table", "conditional formats", "validation", "notes", "images")
        },
        **{name: found[f"openpyxl: {name}"] for name in ("pie", "frozen and grouped", "styles")},
    }
    texts = {"text.csv": CSV, "page.xls": HTML, **{f"{n}.fods": _fods(x) for n, x in FODS.items()}}
    found |= converted(texts, again, folder)
    found |= {f"odd: {name}": change(plain()) for name, change in ODD.items()}
    found |= installed()
    return found


def silent(data: bytes) -> bytes:
    """Return the rich template without what it asks for: its rules, its name, its expressions."""
    package = Package(data)
    return rewritten(
        data,
        {
            "xl/sharedStrings.xml": package["xl/sharedStrings.xml"].replace(b"{{", b"[["),
            "xl/comments1.xml": package["xl/comments1.xml"].replace(RULES.encode(), b"A note"),
            "xl/workbook.xml": package["xl/workbook.xml"].replace(b"context_length", b"our_own"),
        },
    )


def installed(folder: Path | None = None) -> dict[str, bytes]:
    """Return the workbooks that installed packages ship with their tests and data."""
    home = folder or Path(sysconfig.get_paths()["purelib"])
    found = {}
    for kind in ("xlsx", "xlsm", "xltx", "xltm"):
        for path in sorted(home.rglob(f"*.{kind}"))[:30]:
            data = path.read_bytes()
            try:
                check_package(data, path.name)
            except Exception:  # packages ship broken ones on purpose
                continue
            found[f"{path.relative_to(home).parts[0]}: {path.name}"] = data
    return found


# -- a text into a cell that is empty


def with_question(data: bytes, text: str) -> tuple[bytes, str, str, str]:
    """Put a text into a cell of the first sheet, and change no other byte of any part.

    It goes into an empty cell that has a style if there is one, else into a new row at the end, or
    the first that is free; as a shared text if the workbook has such.

    Returns:
        The package, the sheet's name, its part, and the cell's address.
    """
    package = Package(data)
    sheet, part = next(iter(package.sheets().items()))
    xml = package[part]
    wide = xml.startswith((b"\xff\xfe", b"\xfe\xff"))
    xml = xml.decode("utf-16").encode() if wide else xml
    changes: dict[str, bytes | None] = {}
    prefix = re.search(rb"<(\w+:)?sheetData", xml)
    assert prefix is not None
    tag = (prefix[1] or b"").decode()
    strings = next((n for n in package if n.lower().endswith("/sharedstrings.xml")), None)
    if strings is not None and b"</" in package[strings][-40:]:
        own = re.search(rb"<(\w+:)?sst", package[strings])
        assert own is not None
        mine = (own[1] or b"").decode()
        number = sum(1 for item in parse(package[strings]) if isinstance(item.tag, str))
        entry = f"<{mine}si><{mine}t>{_escaped(text)}</{mine}t></{mine}si></{mine}sst>".encode()
        changes[strings] = package[strings].replace(f"</{mine}sst>".encode(), entry)
        kind, body = "s", f"<{tag}v>{number}</{tag}v>"
    else:
        kind, body = "inlineStr", f"<{tag}is><{tag}t>{_escaped(text)}</{tag}t></{tag}is>"
    empty = re.search(rf'<{tag}c r="([A-Z]+\d+)" s="\d+"\s*/>'.encode(), xml)
    merged = re.findall(rb'mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"', xml)
    if empty and not merged:
        address = empty[1].decode()
        cell = empty[0].rstrip(b"/> ") + f' t="{kind}">{body}</{tag}c>'.encode()
        changes[part] = xml.replace(empty[0], cell, 1)
    else:
        starts = list(re.finditer(rf"<{tag}row[^>]*? r=[\"'](\d+)".encode(), xml))
        taken = {int(start[1]): start.start() for start in starts}
        last = max([scan_sheet(package[part], part).rows, *taken])
        number = last + 2
        if number > LAST_ROW:
            number = next(n for n in range(1, LAST_ROW) if n not in taken)
        address = f"B{number}"
        row = f'<{tag}row r="{number}"><{tag}c r="{address}" t="{kind}">{body}</{tag}c></{tag}row>'
        closing = f"</{tag}sheetData>".encode()
        if closing in xml:
            at = min([xml.index(closing), *(taken[n] for n in taken if n > number)])
            changes[part] = xml[:at] + row.encode() + xml[at:]
        else:
            changes[part] = re.sub(
                rf"<{tag}sheetData\s*/>".encode(),
                f"<{tag}sheetData>{row}</{tag}sheetData>".encode(), xml,
            )  # fmt: skip
    if wide:
        changes[part] = (changes[part] or b"").decode().encode("utf-16")
    return rewritten(data, changes), sheet, part, address


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


# -- LibreOffice

CSV = 'name;cost\nä;1,5\n"a;b";2\n=1+1;2026-01-02\n'
HTML = (
    "<html><body><table border=1><caption>C</caption><tr><th colspan=2>Head<th>B</tr><tr><td "
    "bgcolor=yellow>1<td><a href='https://example.org/'>link</a><td rowspan=2>2</tr><tr><td>3<td>"
    "4</tr></table></body></html>"
)
_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"),
        ("number", "datastyle"), ("fo", "xsl-fo-compatible"), ("of", "of"),
    )
)  # fmt: skip
_CELL = (
    '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p>'
    "</table:table-cell>"
)


def _row(*cells: object) -> str:
    made = "".join(item if isinstance(item, str) else _CELL.format(item, item) for item in cells)
    return f"<table:table-row>{made}</table:table-row>"


def _formula(text: str) -> str:
    return f'<table:table-cell table:formula="of:={text}" office:value-type="float"/>'


FODS = {
    "numbers": f'<table:table table:name="S">{_row(1, 2, 3)}{_row(4, 5)}</table:table>',
    "formulas": f'<table:table table:name="S">{_row(1, 2)}{_row(_formula("SUM([.A1:.B1])"))}'
                f'{_row(_formula("IF([.A1]&gt;0;[.A2];0)"))}</table:table>',
    "two sheets": f'<table:table table:name="S 1">{_row(1)}</table:table><table:table '
                  f'''table:name="Other's">{_row(_formula("[$'S 1'.A1]*2"))}</table:table>''',
    "names and filter": f'<table:table table:name="S">{_row(1, 2)}{_row(3, 4)}</table:table>'
                        '<table:named-expressions><table:named-range table:name="N" '
                        'table:base-cell-address="$S.$A$1" '
                        'table:cell-range-address="$S.$A$1:.$B$2"/>'
                        '</table:named-expressions><table:database-ranges><table:database-range '
                        'table:name="D" table:target-range-address="S.A1:S.B2" '
                        'table:display-filter-buttons="true"/></table:database-ranges>',
    "merged and noted": '<table:table table:name="S"><table:table-row><table:table-cell '
                        'table:number-columns-spanned="2" table:number-rows-spanned="2">'
                        '<office:annotation><text:p>A note</text:p></office:annotation><text:p>M'
                        '</text:p></table:table-cell><table:covered-table-cell/></table:table-row>'
                        '<table:table-row><table:covered-table-cell/><table:covered-table-cell/>'
                        f'</table:table-row>{_row(7)}</table:table>',
    "grouped": f'<table:table table:name="S"><table:table-row-group>{_row(1)}{_row(2)}'
               f'</table:table-row-group>{_row(3)}</table:table>',
    "validation": '<table:content-validations><table:content-validation table:name="v" '
                  'table:condition="of:cell-content-is-in-list(&quot;a&quot;;&quot;b&quot;)"/>'
                  '</table:content-validations><table:table table:name="S"><table:table-row>'
                  '<table:table-cell table:content-validation-name="v"/></table:table-row>'
                  f'{_row(5)}</table:table>',
}  # fmt: skip


def _fods(body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMES} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document>"
    )


def converted(texts: dict[str, str], again: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    """Return files of other kinds, and workbooks, as LibreOffice writes them."""
    source, target = folder / "source", folder / "target"
    source.mkdir()
    for name, text in texts.items():
        (source / name).write_text(text, "utf-8")
    for name, data in again.items():
        (source / f"again {name}.xlsx").write_bytes(data)
    convert_all(sorted(source.iterdir()), target)
    found = {f"libreoffice: {path.stem}": path.read_bytes() for path in sorted(target.iterdir())}
    assert len(found) == len(texts) + len(again), sorted(found)
    return found


def opened(data: bytes) -> Any:
    """Return what openpyxl reads of a workbook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what it would lose if it saved
        return openpyxl.load_workbook(io.BytesIO(data))
