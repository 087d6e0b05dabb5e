"""What keeps a sheet from being copied: what hangs on it, and what elsewhere refers to it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.formula_text import words_of
from moe_report.ooxml.markup import is_markup, mentions
from moe_report.ooxml.package import Package
from moe_report.ooxml.sheet_parts import (
    OWN,
    SHARED,
    Named,
    formulas_of,
    links_of,
    own_parts,
    shared_names,
    table_names,
)

_REFUSED = {
    "pivotTable": "a pivot table", "slicer": "a slicer", "timeline": "a timeline",
    "ctrlProp": "a form control", "control": "an ActiveX control", "oleObject": "an OLE object",
    "queryTable": "a table of a query", "tableSingleCells": "an XML map",
    "customProperty": "a custom property", "package": "an embedded file",
    "webextension": "an Office add-in", "namedSheetView": "a view that was saved for its filters",
}  # fmt: skip
_NEVER_REFER = {"calcChain", "sharedStrings", "styles"}


def copying_obstacles(package: Package, sheet: str, *, where: str) -> list[Problem]:
    """Return what of a sheet cannot be copied, and what elsewhere refers to the sheet."""
    try:
        return list(_obstacles(package, sheet, where))
    except InputError as error:  # a part of it is damaged
        return list(error.problems)


def _obstacles(package: Package, sheet: str, where: str) -> Iterator[Problem]:
    place = f"{where}, sheet {sheet}"
    part = package.sheets()[sheet]
    kinds = {}
    for link, holder in links_of(package, part):
        embedded = link.kind == "package" and "chart" in package.content_type(holder)
        if link.kind not in {*OWN, *SHARED} and not embedded:
            kinds[_REFUSED.get(link.kind, f"something of the kind {link.kind!r}")] = True
    for table in package.related_parts(part, "table"):
        if package.root(table, "table").get("tableType") == "xml":
            kinds["a table of an XML map"] = True
    for what in kinds:
        yield Problem(place, f"has {what}, which cannot be copied for each model", sheet=sheet)
    book = package.root(package.workbook_part())
    names = book.findall(f"{TAG}definedNames/{TAG}definedName")
    named = Named(
        sheet, tuple(table_names(package, part)), [name.get("name", "") for name in names]
    )
    own = {part, *own_parts(package, part)}
    titles = {at: title for title, at in package.sheets().items()}
    for name in package:
        if not is_markup(name, package[name], (".xml",)):
            continue
        if name not in own and not mentions(package[name], named.words):
            continue
        if any(name == package.related_part(package.workbook_part(), k) for k in _NEVER_REFER):
            continue
        at = f"{where}, sheet {titles[name]}" if name in titles else f"{where}, {name}"
        root = package.root(name)
        for item, _, text in formulas_of(root):
            if named.ends_span(text):
                yield Problem(
                    at + _spot(item),
                    f"refers to a span of sheets up to the sheet {sheet!r}, which repeats for each "
                    "model; expected sheets before and behind it as the ends",
                )
                break
        found = None if name in own else named.in_part(root)
        if found is not None:
            yield Problem(
                at + _spot(found),
                f"refers to the sheet {sheet!r}, which repeats for each model; expected references "
                "to it on itself only",
            )


def users_of_names(package: Package, sheet: str) -> Iterator[tuple[str, str]]:
    """Give where other sheets use names that lead to a sheet, which will lead to the first copy.

    With each place comes the name.
    """
    book = package.root(package.workbook_part())
    defined = book.findall(f"{TAG}definedNames/{TAG}definedName")
    tables = tuple(table_names(package, package.sheets()[sheet]))
    named = Named(sheet, tables, [item.get("name", "") for item in defined])
    at = [item.get("name") for item in book.iterfind(f"{TAG}sheets/{TAG}sheet")].index(sheet)
    for name in (item.get("name", "") for item in shared_names(book, named, at)):
        for other, part in package.sheets().items():
            if other == sheet or not mentions(package[part], [name]):
                continue
            for item, _, text in formulas_of(package.root(part)):
                if name.casefold() in map(str.casefold, words_of(text)):
                    yield f"sheet {other}{_spot(item)}", name
                    break


def _spot(item: etree._Element) -> str:
    """Where in its part an element stands: its cell, or the name that it is."""
    cell = item.getparent()
    if item.tag == f"{TAG}definedName":
        return f", name {item.get('name')}"
    return f", cell {cell.get('r')}" if cell is not None and cell.tag == f"{TAG}c" else ""
