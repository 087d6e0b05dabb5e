"""What hangs on a sheet: the parts that are its own, those that it shares, and what names it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.formula_text import references, same_sheet, words_of
from moe_report.ooxml.markup import local_name
from moe_report.ooxml.package import Package
from moe_report.ooxml.part_names import Relationship
from moe_report.ooxml.sheet_names import quoted, renamed

# By the end of the type of the link to it: what a copy of a sheet has its own of, what it shares.
OWN = {
    "drawing", "vmlDrawing", "comments", "threadedComment", "table", "chart", "chartEx",
    "chartUserShapes", "chartStyle", "chartColorStyle", "diagramData", "diagramLayout",
    "diagramQuickStyle", "diagramColors", "diagramDrawing", "printerSettings",
}  # fmt: skip
SHARED = {"image", "hyperlink", "themeOverride"}
_FORMULAS = {
    "f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula",
    "definedName",
}  # fmt: skip
_FORMULA_ATTRIBUTES = ("textlink", "fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup",
                       "linkedCell", "listFillRange", "cellRange")  # fmt: skip
# These name a sheet as such: what a pivot table counts, what a consolidation adds up.
_SOURCES = ("{*}worksheetSource", "{*}rangeSet", "{*}dataRef")


def links_of(package: Package, part: str) -> Iterator[tuple[Relationship, str]]:
    """Give every link that leads from a part, or from what is its own, and the part it is of.

    One that leads to nothing within the package is no link.
    """
    stack, seen = [part], {part}
    while stack:
        holder = stack.pop()
        for link in package.relationships(holder):
            if not link.external and not link.target.startswith("#") and link.target not in package:
                continue
            yield link, holder
            if link.kind in OWN and link.target in package and link.target not in seen:
                seen.add(link.target)
                stack.append(link.target)


def own_parts(package: Package, part: str) -> list[str]:
    """Return the parts that are a sheet's own, but for the sheet itself."""
    links = [link for link, _ in links_of(package, part) if link.kind in OWN]
    return list(dict.fromkeys(link.target for link in links if link.target in package))


def table_names(package: Package, part: str) -> list[str]:
    """Return the names of the Excel Tables of a sheet."""
    tables = package.related_parts(part, "table")
    return [package.root(name, "table").get("displayName", "") for name in tables]


def formulas_of(root: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    """Give the elements of a part that have formulas, with the attribute, empty for the text."""
    for item in root.iter():
        if not isinstance(item.tag, str):
            continue
        if local_name(item) in _FORMULAS and item.text:
            yield item, "", item.text
        for key in _FORMULA_ATTRIBUTES:
            if said := item.get(key):
                yield item, key, said


@dataclass(frozen=True)
class Named:
    """A sheet with its tables, as formulas name them.

    Attributes:
        sheet: Its name.
        tables: The names of its tables.
        names: Defined names, which are no tables where they stand alone.
    """

    sheet: str
    tables: tuple[str, ...]
    names: Collection[str]

    @property
    def words(self) -> tuple[str, ...]:
        """Its name, plain and as formulas write it, and the tables' names."""
        return self.sheet, quoted(self.sheet)[1:-1], *self.tables

    def in_formula(self, text: str) -> bool:
        """Whether a formula refers to the sheet or to one of its tables."""
        other = {name: f"{name}_" for name in self.tables}
        return renamed(text, {self.sheet: f"{self.sheet}_"}, other, self.names) != text

    def is_led_to(self, text: str) -> bool:
        """Whether a formula leads to cells of the sheet, or to a table, and not to dead ones."""
        if not self.in_formula(text):
            return False
        try:
            found = list(references(text, sheets=[self.sheet]))
        except ValueError:
            return False
        tables = {name.casefold() for name in self.tables} & {x.casefold() for x in words_of(text)}
        return bool(tables) or any(same_sheet(item.sheet, self.sheet) for item in found)

    def ends_span(self, text: str) -> bool:
        """Whether a formula refers to a span of sheets of which the sheet is the first or last."""
        key = quoted(self.sheet).casefold()[1:-1]
        for word in words_of(text):
            if word[0] == "'" and ":" in word and key in word[1:-1].casefold().split(":"):
                return True
        return False

    def in_part(self, root: etree._Element) -> etree._Element | None:
        """Return the first element of a part that refers to the sheet."""
        for item, _, text in formulas_of(root):
            if item.tag != f"{TAG}definedName" and self.in_formula(text):
                return item
        for item in root.iter(*_SOURCES):
            if item.get("sheet", "").casefold() == self.sheet.casefold():
                return item
        return None


def rename(
    root: etree._Element,
    sheets: Mapping[str, str],
    tables: Mapping[str, str],
    names: Collection[str] = (),
) -> bool:
    """Let a part know sheets and tables by other names, and say whether it names any."""
    changed = False
    for item, key, text in list(formulas_of(root)):
        fresh = renamed(text, sheets, tables, names)
        if fresh != text:
            changed = True
            if key:
                item.set(key, fresh)
            else:
                item.text = fresh
    for item in root.iter("{*}hyperlink"):
        place = item.get("location", "")
        fresh = renamed_place(place, sheets)
        if fresh != place:
            changed = True
            item.set("location", fresh)
    return changed


def renamed_place(place: str, sheets: Mapping[str, str]) -> str:
    """Return a place that a link leads to, within sheets of other names.

    >>> renamed_place("{{ m.name }}!A1", {"{{ m.name }}": "a b"})
    "'a b'!A1"
    """
    head, bang, cell = place.rpartition("!")
    named = head.strip()
    if named.startswith("'") and named.endswith("'"):
        named = named[1:-1].replace("''", "'")
    fresh = {old.casefold(): new for old, new in sheets.items()}.get(named.casefold())
    return place if fresh is None or not bang else f"{quoted(fresh)}!{cell}"


def shared_names(book: etree._Element, named: Named, at: int) -> list[etree._Element]:
    """Return the names of a workbook that lead to a sheet, and are not hidden by one of its own.

    Args:
        book: The root of the workbook's part.
        named: The sheet.
        at: Its place among the sheets.
    """
    defined = book.findall(f"{TAG}definedNames/{TAG}definedName")
    own = {x.get("name", "").casefold() for x in defined if x.get("localSheetId") == str(at)}
    return [
        item
        for item in defined
        if item.get("localSheetId") is None
        and item.get("name", "").casefold() not in own
        and not item.get("function")
        and named.is_led_to(item.text or "")
    ]
