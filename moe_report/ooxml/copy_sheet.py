"""A sheet that repeats: its copies, with all that hangs on them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import copy

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.hyperlinks import place_led
from moe_report.ooxml.markup import folded_text, is_markup, mentions
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, serialize
from moe_report.ooxml.part_names import Relationship
from moe_report.ooxml.sheet_names import quoted, renamed
from moe_report.ooxml.sheet_parts import (
    OWN,
    Named,
    own_parts,
    rename,
    renamed_place,
    shared_names,
    table_names,
)

MAX_SHEETS = 1000
_REVISION = "schemas.microsoft.com/office/spreadsheetml/"  # of what tells edits of many apart


def named_only(package: Package, sheet: str) -> set[str]:
    """Return the parts of a sheet, such as its charts, that hold braces in its name alone."""
    name = quoted(sheet).casefold()
    return {
        part
        for part in own_parts(package, package.sheets()[sheet])
        if "{{" not in folded_text(package[part]).replace(name, "")
    }


class SheetCopies:
    """Makes copies of sheets; :meth:`save` puts the list of sheets into the package."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.workbook = package.workbook_part()
        self.root = package.root(self.workbook)
        listed = (table for part in package.sheets().values()
                  for table in package.related_parts(part, "table"))  # fmt: skip
        tables = [package.root(table, "table") for table in listed]
        self.table_id = max((int(table.get("id", "0")) for table in tables), default=0)
        self.names = {table.get("displayName", "").casefold() for table in tables}
        self.names |= {item.get("name", "").casefold() for item in self._defined()}

    def _defined(self) -> list[etree._Element]:
        return self.root.findall(f"{TAG}definedNames/{TAG}definedName")

    def repeat(self, sheet: str, names: Sequence[str]) -> list[str]:
        """Give a sheet the first of some names, copy it under the others, and return the parts."""
        sheets = self.root.find(f"{TAG}sheets")
        assert sheets is not None
        listed = sheets.findall(f"{TAG}sheet")
        entry = next(x for x in listed if x.get("name") == sheet and x.get(LINK_ID))
        at = listed.index(entry)
        part = self.package.sheets()[sheet]
        defined = [item.get("name", "") for item in self._defined()]
        named = Named(sheet, tuple(table_names(self.package, part)), defined)
        copies = [_Copy(self, named, name, part) for name in names[1:]]
        last = entry
        for made in copies:
            id = 1 + max(int(item.get("sheetId", "0")) for item in self.root.iter(f"{TAG}sheet"))
            fresh = etree.Element(f"{TAG}sheet", name=made.name, sheetId=str(id))
            if entry.get("state"):
                fresh.set("state", entry.get("state", ""))
            kind = f"{OFFICE_REL}/worksheet"
            fresh.set(LINK_ID, self.package.relate(self.workbook, kind, made.part))
            fresh.tail = entry.tail
            last.addnext(fresh)
            last = fresh
        self._rename_elsewhere({sheet: names[0]}, named)
        entry.set("name", names[0])
        self._count_sheets(at, len(copies))
        self._name_places(named, at, names[0], copies)
        return [part, *(made.part for made in copies)]

    def _count_sheets(self, at: int, more: int) -> None:
        """Let what counts sheets count the new ones."""
        for view in self.root.iter(f"{TAG}workbookView", f"{TAG}customWorkbookView"):
            for key in ("activeTab", "firstSheet"):
                if int(view.get(key, "0")) > at:
                    view.set(key, str(int(view.get(key, "0")) + more))
        for item in self._defined():
            local = item.get("localSheetId")
            if local is not None and int(local) > at:
                item.set("localSheetId", str(int(local) + more))

    def _name_places(self, named: Named, at: int, first: str, copies: Sequence[_Copy]) -> None:
        """Give each copy the names of its own, as Excel does when a sheet is duplicated.

        A name of the workbook that leads to the sheet leads to the first one, and becomes a name
        of each copy that leads to the copy. A dead one, without a place, stays alone.
        """
        shared = shared_names(self.root, named, at)
        for item in self._defined():
            text, last = item.text or "", item
            owner = item.get("localSheetId")
            item.text = renamed(text, {named.sheet: first}, {})
            if owner is None:
                if item not in shared:
                    continue
            elif int(owner) != at:
                continue
            for number, made in enumerate(copies, start=1):
                fresh = copy(item)
                fresh.set("localSheetId", str(at + number))
                fresh.text = made.renamed(text)
                fresh.tail = item.tail
                last.addnext(fresh)
                last = fresh

    def _rename_elsewhere(self, sheets: Mapping[str, str], named: Named) -> None:
        """Let the sheet itself, what is its own, and links of others know it by its new name."""

        def target(link: Relationship) -> str:
            return _renamed_link(link.target, sheets)

        for part in list(self.package):
            links = [link.target for link in self.package.relationships(part)]
            if any(place[:1] == "#" and _renamed_link(place, sheets) != place for place in links):
                self.package.copy_links(part, part, target)
            if part == self.workbook or not is_markup(part, self.package[part], (".xml",)):
                continue
            if mentions(self.package[part], named.words):
                root = self.package.root(part)
                if rename(root, sheets, {}):
                    self.package[part] = serialize(root)

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

    def __init__(self, copies: SheetCopies, named: Named, name: str, part: str) -> None:
        self.package = copies.package
        self.name = name
        self.names = named.names
        self.sheets = {named.sheet: name}
        self.root_part = part
        self.tables = {old: copies.free_table(old) for old in named.tables}
        self.ids: dict[str, str] = {}
        self.made: dict[str, str] = {}
        for thread in self.package.related_parts(part, "threadedComment"):
            for item in self.package.root(thread, "ThreadedComments"):
                old = item.get("id", "")
                fresh = uuid.uuid5(uuid.NAMESPACE_URL, f"{old}{name}")
                self.ids[old] = f"{{{str(fresh).upper()}}}"
        self.part = self._copied(part)

    def renamed(self, formula: str) -> str:
        """Return a formula of the sheet as the copy has it."""
        return renamed(formula, self.sheets, self._table_names(), self.names)

    def _table_names(self) -> dict[str, str]:
        return {old: fresh for old, (_, fresh) in self.tables.items()}

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
        own = link.kind in OWN and link.target in self.package
        return "/" + (self._copied(link.target) if own else link.target)

    def _content(self, part: str) -> bytes:
        if not part.lower().endswith(".xml"):
            return self.package[part]
        root = self.package.root(part)
        rename(root, self.sheets, self._table_names(), self.names)
        self._give_ids(root)
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

    def _give_ids(self, root: etree._Element) -> None:
        """Give comments of a conversation ids of their own; what else has one goes without."""
        for item in root.iter("*"):
            for key, value in [(str(key), str(value)) for key, value in item.attrib.items()]:
                if value in self.ids:
                    item.set(key, self.ids[value])
                elif key.endswith("}uid") and _REVISION in key:
                    del item.attrib[key]


def _renamed_link(target: str, sheets: Mapping[str, str]) -> str:
    """The target of a link within the workbook, a part or a place."""
    if not target.startswith("#"):
        return f"/{target}"
    return place_led(target, lambda place: renamed_place(place, sheets))
