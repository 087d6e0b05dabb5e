"""A workbook of bare cells for an engine: what has a value is a constant, all else a formula.

An engine gets to see no macro, no link, no picture and no formula that is not known, whatever the
workbook holds; and it has nothing to compute but what is asked for and what that rests on.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape

from lxml import etree

from moe_report.fill.calculate.formulas import FormulaCell, Formulas
from moe_report.fill.sheet_parts import sheet_titles
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.cells import TAG, placed_cells, placed_rows
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import CONTENT_TYPES, OFFICE_REL, PACKAGE_REL
from moe_report.ooxml.rows import text_of
from moe_report.ooxml.texts import shared_strings, string_text, unescaped

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
Row = Sequence[str]


def excerpt(
    formulas: Formulas, computed: Collection[FormulaCell], asked: Sequence[Row] = ()
) -> bytes:
    """Return a workbook that an engine can calculate.

    Args:
        formulas: Those of the workbook.
        computed: Which of them the engine computes; the others are the values they have.
        asked: Rows of formulas to put on one more sheet, behind all others.
    """
    package = formulas.package
    by_cell = {id(item.cell): item for item in computed}
    names = sheet_titles(package)  # all of them: local names go by their order
    parts_of = package.sheets()
    texts = [string_text(item) for item in shared_strings(package)]
    sheets = []
    for name in names:
        root = formulas.roots.get(name)
        if root is None and name in parts_of:
            root = package.root(parts_of[name])
        sheets.append("" if root is None else "".join(_rows(root, by_cell, texts)))
    if asked:
        names.append(next(name for name in ("asked", "asked ", "asked  ") if name not in names))
        sheets.append("".join(_asked(asked)))
    parts = {"_rels/.rels": _links({"officeDocument": "xl/workbook.xml"})}
    links = {}
    for number, rows in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'{_HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
        links[f"worksheet{number}"] = f"xl/worksheets/sheet{number}.xml"
    used = {name for item in computed for name in item.needs.names}
    parts["xl/workbook.xml"] = _workbook(formulas, names, used)
    parts["xl/_rels/workbook.xml.rels"] = _links(links)
    parts["[Content_Types].xml"] = _types(len(sheets))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _rows(
    root: etree._Element, computed: Mapping[int, FormulaCell], texts: Sequence[str]
) -> Iterator[str]:
    for number, row in placed_rows(root):
        hidden = ' hidden="1"' if row.get("hidden") in ("1", "true") else ""
        yield f'<row r="{number}"{hidden}>'
        for column, cell in placed_cells(row):
            address = f"{column_letters(column)}{number}"
            item = computed.get(id(cell))
            if item is not None:
                yield f'<c r="{address}"><f{_array(item)}>{_formula(item.needs.text)}</f></c>'
            elif content := _value(cell, texts):
                yield f'<c r="{address}"{content}</c>'
        yield "</row>"


def _array(item: FormulaCell) -> str:
    if not item.is_array:
        return ""
    left, top, right, bottom = item.area
    return f' t="array" ref="{column_letters(left)}{top}:{column_letters(right)}{bottom}"'


def _value(cell: etree._Element, texts: Sequence[str]) -> str:
    """The constant of a cell, or the value of its formula: its type, and what is in it.

    LibreOffice takes an empty text for an empty cell, unless it is a formula that gives it.
    """
    inline, value = cell.find(f"{TAG}is"), cell.findtext(f"{TAG}v")
    kind = cell.get("t", "n")
    if kind == "s" and value:
        text: str | None = texts[int(value)]
    elif inline is not None:
        text = string_text(inline)
    else:
        text = unescaped(value or "") if kind == "str" else None
    if text is not None:
        shown = f'<is><t xml:space="preserve">{text_of(text)}</t></is>'
        return f' t="inlineStr">{shown}' if text else '><f>""</f>'
    return f' t="{kind}"><v>{escape(value, quote=False)}</v>' if value else ""


def _formula(text: str) -> str:
    return escape(text, quote=False)


def _asked(rows: Sequence[Row]) -> Iterator[str]:
    for number, formulas in enumerate(rows, start=1):
        yield f'<row r="{number}">'
        for column, formula in enumerate(formulas, start=1):
            yield f'<c r="{column_letters(column)}{number}"><f>{_formula(formula)}</f></c>'
        yield "</row>"


def _workbook(formulas: Formulas, names: Sequence[str], used: Collection[str]) -> str:
    root = formulas.package.root(formulas.package.workbook_part())
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="worksheet{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    defined = "".join(
        f'<definedName name="{escape(item.get("name", ""))}"{_scope(item)}>'
        f"{_formula(formulas.of_name(item))}</definedName>"
        for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName")
        if item.get("name", "").casefold() in used
    )
    said = root.find(f"{TAG}workbookPr")
    since = ' date1904="1"' if said is not None and said.get("date1904") in ("1", "true") else ""
    return (
        f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE_REL}"><workbookPr{since}/>'
        f"<sheets>{sheets}</sheets>"
        + (f"<definedNames>{defined}</definedNames>" if defined else "")
        + "</workbook>"
    )


def _scope(item: etree._Element) -> str:
    local = item.get("localSheetId")
    return f' localSheetId="{int(local)}"' if local else ""


def _links(targets: dict[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="{id}" Type="{OFFICE_REL}/{id.rstrip("0123456789")}" '
        f'Target="/{target}"/>'
        for id, target in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{PACKAGE_REL}">{links}</Relationships>'


def _types(sheets: int) -> str:
    kinds = {f"xl/worksheets/sheet{at}.xml": "worksheet" for at in range(1, sheets + 1)}
    kinds["xl/workbook.xml"] = "sheet.main"
    said = "".join(
        f'<Override PartName="/{part}" ContentType="{_TYPE}{kind}+xml"/>'
        for part, kind in kinds.items()
    )
    links = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{CONTENT_TYPES}"><Default Extension="rels" ContentType="{links}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{said}</Types>'
    )
