"""A sheet that repeats: its copies, with all that hangs on them."""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from urllib.parse import quote, unquote

from lxml import etree

from moe_report.errors import Problem
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, Relationship, parse, serialize
from moe_report.ooxml.sheet_names import quoted, renamed

MAX_SHEETS = 1000
_REVISION = "{http://schemas.microsoft.com/office/spreadsheetml/2014/revision}uid"
_FORMULAS = {
    "f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula",
    "definedName",
}  # fmt: skip
# What hangs on a sheet, by the end of the link's type: what a copy has its own of, what it shares.
_OWN = {
    "drawing", "vmlDrawing", "comments", "threadedComment", "table", "chart", "chartEx",
    "chartUserShapes", "chartStyle", "chartColorStyle", "diagramData", "diagramLayout",
    "diagramQuickStyle", "diagramColors", "diagramDrawing",
}  # fmt: skip
_SHARED = {"image", "hyperlink", "printerSettings", "themeOverride"}
_REFUSED = {
    "pivotTable": "a pivot table", "slicer": "a slicer", "timeline": "a timeline",
    "ctrlProp": "a form control", "control": "an ActiveX control", "oleObject": "an OLE object",
    "queryTable": "a table of a query", "tableSingleCells": "an XML map",
    "customProperty": "a custom property", "package": "an embedded file",
}  # fmt: skip


def copying_obstacles(package: Package, sheet: str, *, where: str) -> list[Problem]:
    """Return what of a sheet cannot be copied, and what elsewhere refers to the sheet."""
    place = f"{where}, sheet {sheet}"
    part = package.sheets()[sheet]
    problems = []
    for link, holder in _links(package, part):
        embedded = link.kind == "package" and "/charts/" in holder  # the numbers of a chart
        if link.kind not in {*_OWN, *_SHARED} and not embedded:
            what = _REFUSED.get(link.kind, f"something of the kind {link.kind!r}")
            problems.append(
                Problem(place, f"has {what}, which cannot be copied for each model", sheet=sheet)
            )
    own = {part, *_own(package, part)}
    tables = [
        package.root(name).get("displayName", "")
        for name in own
        if posixpath.basename(posixpath.dirname(name)) == "tables"
    ]
    for name in package:
        if name in own or not name.endswith(".xml") or not name.startswith("xl/"):
            continue
        if name.endswith(("calcChain.xml", "sharedStrings.xml", "styles.xml")):
            continue
        if _mentions(package[name], sheet, tables):
            found = next((title for title, at in package.sheets().items() if at == name), name)
            message = (
                f"refers to the sheet {sheet!r}, which repeats for each model; expected references "
                "to it on itself only"
            )
            problems.append(Problem(f"{where}, {found}", message))
    return problems


def _mentions(content: bytes, sheet: str, tables: Sequence[str]) -> bool:
    words = [quoted(sheet) + "!", *(f"{name}[" for name in tables)]
    text = content.decode("utf-8", "replace").replace("&apos;", "'")
    if not any(word.casefold() in text.casefold() for word in words):
        return False
    for item in parse(content).iter():
        if not isinstance(item.tag, str) or etree.QName(item).localname not in _FORMULAS:
            continue
        if item.get("localSheetId") is None and any(
            word.casefold() in (item.text or "").casefold() for word in words
        ):
            return True
    return False


def _links(package: Package, part: str) -> Iterator[tuple[Relationship, str]]:
    """Every link that leads from a part, or from what is its own, and the part it stands in."""
    stack, seen = [part], {part}
    while stack:
        holder = stack.pop()
        for link in package.relationships(holder):
            yield link, holder
            if link.kind in _OWN and link.target in package and link.target not in seen:
                seen.add(link.target)
                stack.append(link.target)


def _own(package: Package, part: str) -> list[str]:
    """The parts that are a sheet's own, but for the sheet itself."""
    links = [link for link, _ in _links(package, part) if link.kind in _OWN]
    return list(dict.fromkeys(link.target for link in links if link.target in package))


def named_only(package: Package, sheet: str) -> set[str]:
    """Return the parts of a sheet, such as its charts, that hold braces in its name alone."""
    name = quoted(sheet).encode()
    return {
        part
        for part in _own(package, package.sheets()[sheet])
        if b"{{" not in package[part].replace(b"&apos;", b"'").replace(name, b"")
    }


class SheetCopies:
    """Makes copies of sheets; :meth:`save` puts the list of sheets into the package."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.workbook = package.workbook_part()
        self.root = package.root(self.workbook)
        parts = (name for name in package if "/tables/" in name and name.endswith(".xml"))
        tables = [package.root(name) for name in parts]
        self.table_id = max((int(table.get("id", "0")) for table in tables), default=0)
        self.names = {table.get("displayName", "").casefold() for table in tables}
        self.names |= {
            item.get("name", "").casefold()
            for item in self.root.iterfind(f"{TAG}definedNames/{TAG}definedName")
        }

    def repeat(self, sheet: str, names: Sequence[str]) -> list[str]:
        """Give a sheet the first of some names, copy it under the others, and return the parts."""
        sheets = self.root.find(f"{TAG}sheets")
        assert sheets is not None
        listed = [item.get("name") for item in sheets]
        at = listed.index(sheet)
        part = self.package.sheets()[sheet]
        parts = []
        for number, name in enumerate(names[1:], start=1):
            made = _Copy(self, sheet, name, part).part
            parts.append(made)
            id = 1 + max(int(item.get("sheetId", "0")) for item in self.root.iter(f"{TAG}sheet"))
            entry = etree.Element(f"{TAG}sheet", name=name, sheetId=str(id))
            if sheets[at].get("state"):
                entry.set("state", sheets[at].get("state", ""))
            kind = f"{OFFICE_REL}/worksheet"
            entry.set(LINK_ID, self.package.relate(self.workbook, kind, made))
            entry.tail = sheets[at].tail
            sheets.insert(at + number, entry)
        _rename_in_place(self.package, part, {sheet: names[0]})
        sheets[at].set("name", names[0])
        self._shift(sheet, at, names)
        return [part, *parts]

    def _shift(self, sheet: str, at: int, names: Sequence[str]) -> None:
        """Let what counts sheets count the new ones, and give each copy the names of its own."""
        more = len(names) - 1
        for view in self.root.iter(f"{TAG}workbookView", f"{TAG}customWorkbookView"):
            for key in ("activeTab", "firstSheet"):
                if int(view.get(key, "0")) > at:
                    view.set(key, str(int(view.get(key, "0")) + more))
        for item in list(self.root.iterfind(f"{TAG}definedNames/{TAG}definedName")):
            local = item.get("localSheetId")
            if local is not None and int(local) > at:
                item.set("localSheetId", str(int(local) + more))
            if local is None or int(local) != at:
                continue
            text, last = item.text or "", item
            item.text = renamed(text, {sheet: names[0]}, {})
            for number, name in enumerate(names[1:], start=1):
                fresh = copy(item)
                fresh.set("localSheetId", str(at + number))
                fresh.text = renamed(text, {sheet: name}, {})
                fresh.tail = item.tail
                last.addnext(fresh)
                last = fresh

    def free_table(self, name: str) -> tuple[int, str]:
        """Return the id and the name of a new table."""
        number = 2
        while f"{name}_{number}".casefold() in self.names:
            number += 1
        self.names.add(f"{name}_{number}".casefold())
        self.table_id += 1
        return self.table_id, f"{name}_{number}"

    def save(self) -> None:
        """Put the list of sheets into the package."""
        self.package[self.workbook] = serialize(self.root)


class _Copy:
    """One copy of a sheet and of all that is its own."""

    def __init__(self, copies: SheetCopies, sheet: str, name: str, part: str) -> None:
        self.package = copies.package
        self.sheets = {sheet: name}
        self.root_part = part
        self.tables: dict[str, tuple[int, str]] = {}
        self.ids: dict[bytes, bytes] = {}
        self.made: dict[str, str] = {}
        for table in self.package.related_parts(part, "table"):
            old = self.package.root(table).get("displayName", "")
            self.tables[old] = copies.free_table(old)
        for thread in self.package.related_parts(part, "threadedComment"):
            for item in self.package.root(thread):
                old = item.get("id", "")
                fresh = uuid.uuid5(uuid.NAMESPACE_URL, f"{old}{name}")
                self.ids[old.encode()] = f"{{{str(fresh).upper()}}}".encode()
        self.part = self._copied(part)

    def _copied(self, part: str) -> str:
        if part in self.made:
            return self.made[part]
        target = self.made[part] = self.package.free_name(part)
        self.package[target] = self._content(part)
        self.package.declare_like(target, part)
        self.package.copy_links(part, target, self._target)
        return target

    def _target(self, link: Relationship) -> str:
        if link.target.startswith("#"):
            return _renamed_link(link.target, self.sheets)
        own = link.kind in _OWN and link.target in self.package
        return "/" + (self._copied(link.target) if own else link.target)

    def _content(self, part: str) -> bytes:
        content = self.package[part]
        for old, fresh in self.ids.items():
            content = content.replace(old, fresh)
        if not part.endswith(".xml"):
            return content
        root = parse(content)
        _rename(root, self.sheets, {old: fresh for old, (_, fresh) in self.tables.items()})
        if not self.ids:
            for item in root.iter():
                item.attrib.pop(_REVISION, "")
        if part == self.root_part:
            for view in root.iter(f"{TAG}sheetView"):
                view.attrib.pop("tabSelected", "")
            for item in root.iterchildren(f"{TAG}sheetPr"):
                item.attrib.pop("codeName", "")  # a macro's module belongs to one sheet
        elif root.tag == f"{TAG}table":
            id, name = self.tables[root.get("displayName", "")]
            root.set("id", str(id))
            root.set("name", name)
            root.set("displayName", name)
        return serialize(root)


def _rename(root: etree._Element, sheets: Mapping[str, str], tables: Mapping[str, str]) -> None:
    for item in root.iter():
        if not isinstance(item.tag, str):
            continue
        if etree.QName(item).localname in _FORMULAS and item.text:
            item.text = renamed(item.text, sheets, tables)
        for key in ("location", "textlink"):
            if item.get(key):
                item.set(key, renamed(item.get(key, ""), sheets, tables))


def _renamed_link(target: str, sheets: Mapping[str, str]) -> str:
    place = unquote(target)
    fresh = renamed(place, sheets, {})
    return target if fresh == place else quote(fresh, safe="#'!$:")


def _rename_in_place(package: Package, sheet: str, sheets: Mapping[str, str]) -> None:
    """Let a sheet itself, and what is its own, know it by its new name."""

    def target(link: Relationship) -> str:
        within = link.target.startswith("#")
        return _renamed_link(link.target, sheets) if within else f"/{link.target}"

    words = [quoted(old).encode() + b"!" for old in sheets]
    for part in [sheet, *_own(package, sheet)]:
        if any(link.target.startswith("#") for link in package.relationships(part)):
            package.copy_links(part, part, target)
        content = package[part].replace(b"&apos;", b"'")
        if part.endswith(".xml") and any(word in content for word in words):
            root = package.root(part)
            _rename(root, sheets, {})
            package[part] = serialize(root)
