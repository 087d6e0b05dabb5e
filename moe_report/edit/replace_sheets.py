"""A report's workbook with our sheets replaced by new ones; every other part stays byte for byte.

The old package is the base. Sheets that are not ours keep their parts, and so their cells, styles,
charts and pictures; our new sheets are copied in, with the indices of their styles changed to those
of the workbook's own style table, to which ours are appended.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, parse, serialize
from moe_report.ooxml.styles import MergedStyles


@dataclass(frozen=True)
class Renewal:
    """What is to be replaced.

    Attributes:
        file: The old workbook's name, for the error.
        ours: Names of the old workbook's sheets that are ours.
        kept: Names of sheets that stay although the new workbook has them too.
        names: Defined names of the old workbook that are ours.
    """

    file: str
    ours: Collection[str]
    kept: Collection[str]
    names: Collection[str]


def renew(old: Package, new: Package, what: Renewal) -> bytes:
    """Return the old workbook with the new one's sheets in place of ours.

    Raises:
        InputError: Something of the user's has the name of something of ours.
    """
    work = _Work(old, new, what)
    work.refuse_clashes()
    work.replace_sheets()
    work.replace_names()
    work.replace_properties()
    return work.save()


class _Work:
    def __init__(self, old: Package, new: Package, what: Renewal) -> None:
        self.old, self.new, self.what = old, new, what
        self.part = old.workbook_part()
        self.book = parse(old[self.part])
        self.fresh = parse(new[new.workbook_part()])
        self.reached = _reachable(old)
        self.copied: dict[str, str] = {}
        kept = set(what.kept)
        self.wanted = [
            item for item in self._sheets(self.fresh) if item.get("name", "") not in kept
        ]
        self.styles = MergedStyles(old, new)
        self.their_tables = _tables(old, what.ours)
        self.table_ids = [int(table.get("id", "0")) for table in self.their_tables]
        self.before = [item.get("name", "") for item in self._sheets(self.book)]

    @staticmethod
    def _sheets(book: etree._Element) -> list[etree._Element]:
        return book.findall(f"{TAG}sheets/{TAG}sheet")

    # -- before anything is changed

    def refuse_clashes(self) -> None:
        """Refuse names of the user's sheets, tables and cells that are those of ours."""
        ours = {name.casefold() for name in (*self.what.ours, *self.what.kept)}
        problems = [
            self._clash("sheet", name)
            for name in self.before
            if name.casefold() not in ours
            and name.casefold() in {_folded(item) for item in self.wanted}
        ]
        taken = {table.get("displayName", "").casefold() for table in self.their_tables}
        tables = _tables(self.new, self.what.kept)
        fresh = [table.get("displayName", "").casefold() for table in tables]
        problems += [self._clash("table", name) for name in fresh if name in taken]
        own = {name.casefold() for name in self.what.names}
        theirs = {
            _folded(item): item.get("name", "")
            for item in self.book.iterfind(f"{TAG}definedNames/{TAG}definedName")
            if item.get("localSheetId") is None and _folded(item) not in own
        }
        problems += [
            self._clash("defined name", theirs[name])
            for item in self.fresh.iterfind(f"{TAG}definedNames/{TAG}definedName")
            if item.get("localSheetId") is None and (name := _folded(item)) in theirs
        ]
        if problems:
            raise InputError(problems)

    def _clash(self, kind: str, name: str) -> Problem:
        message = f"the {kind} {name!r} is yours, and the report has one of that name; rename yours"
        return Problem(self.what.file, message)

    # -- sheets

    def replace_sheets(self) -> None:
        """Put our new sheets where the old ones were, and drop what only those had."""
        links = {item.id: item.target for item in self.old.relationships(self.part)}
        ours = {name.casefold() for name in self.what.ours}
        listed = self.book.find(f"{TAG}sheets")
        assert listed is not None
        entries = {_folded(item): item for item in listed}
        codes = {}
        for name, item in entries.items():
            if name in ours and links.get(item.get(LINK_ID, "")):
                codes[name] = _code_name(self.old[links[item.get(LINK_ID, "")]])
                self.old.unlink(self.part, item.get(LINK_ID, ""))
        for part in self.reached - _reachable(self.old):
            del self.old[part]
        drop_calculation_chain(self.old)
        active = self._active()
        sources = self.new.sheets()
        previous = -1
        for item in self.wanted:
            name = item.get("name", "")
            entry = entries.get(name.casefold())
            if entry is None:
                entry = etree.Element(f"{TAG}sheet", name=name)
                numbers = [int(other.get("sheetId", "0")) for other in listed]
                entry.set("sheetId", str(max([*numbers, 0]) + 1))
                listed.insert(previous + 1, entry)
            entry.set("name", name)
            if item.get("state", "visible") != "visible":
                entry.set("state", item.get("state", ""))
            part = self._copy(sources[name])
            self._dress(part, codes.get(name.casefold(), ""), selected=name.casefold() == active)
            entry.set(LINK_ID, self.old.relate(self.part, f"{OFFICE_REL}/worksheet", part))
            previous = listed.index(entry)
        fresh = {_folded(item) for item in self.wanted}
        for name in ours - fresh - {kept_name.casefold() for kept_name in self.what.kept}:
            if name in entries:
                listed.remove(entries[name])
        self._activate(active)

    def _active(self) -> str:
        """The name of the sheet that the workbook opens on."""
        view = self.book.find(f"{TAG}bookViews/{TAG}workbookView")
        at = int(view.get("activeTab", "0")) if view is not None else 0
        return self.before[at].casefold() if at < len(self.before) else ""

    def _activate(self, name: str) -> None:
        view = self.book.find(f"{TAG}bookViews/{TAG}workbookView")
        names = [_folded(item) for item in self._sheets(self.book)]
        if view is not None:
            view.set("activeTab", str(names.index(name) if name in names else 0))
            view.set("firstSheet", "0")

    def _copy(self, source: str) -> str:
        """Copy a part of the new package with all that it is linked to; return its name here."""
        if source in self.copied:
            return self.copied[source]
        target = self.copied[source] = self.old.free_name(source)
        self.old[target] = self.new[source]
        self.old.declare_like(target, source, self.new)
        if target.startswith("xl/tables/"):
            self._adapt_table(target)
        self.old.copy_links(source, target, lambda link: f"/{self._copy(link.target)}", self.new)
        return target

    def _adapt_table(self, part: str) -> None:
        root = parse(self.old[part])
        id = next(n for n in count(1) if n not in self.table_ids)
        self.table_ids.append(id)
        root.set("id", str(id))
        for item in root.iter():
            for name, value in item.attrib.items():
                if str(name).lower().endswith("dxfid"):
                    item.set(name, str(self.styles.difference(int(value))))
        self.old[part] = serialize(root)

    def _dress(self, part: str, code: str, *, selected: bool) -> None:
        """Change the indices of a sheet's styles to those of the workbook's own table."""
        root = parse(self.old[part])
        for tag, name in (("c", "s"), ("row", "s"), ("col", "style")):
            for item in root.iter(f"{TAG}{tag}"):
                if name in item.attrib or tag == "c":
                    item.set(name, str(self.styles.cell(int(item.get(name, "0")))))
                assert item.get("t") != "s"  # we write texts into the cells
        for item in root.iter(f"{TAG}cfRule"):
            if "dxfId" in item.attrib:
                item.set("dxfId", str(self.styles.difference(int(item.get("dxfId", "0")))))
        for item in root.iter(f"{TAG}sheetView"):
            item.attrib.pop("tabSelected", "")
            if selected:
                item.set("tabSelected", "1")
        properties = root.find(f"{TAG}sheetPr")
        if code and properties is not None:
            properties.set("codeName", code)  # macros know the sheet by it
        self.old[part] = serialize(root)

    # -- names and properties

    def replace_names(self) -> None:
        """Let names lead to the new sheets, and local ones belong to the right sheet."""
        listed = self.book.find(f"{TAG}definedNames")
        if listed is None:
            listed = etree.Element(f"{TAG}definedNames")
            insert_in_order(self.book, listed)
        now = [_folded(item) for item in self._sheets(self.book)]
        ours = {name.casefold() for name in self.what.ours}
        own = {name.casefold() for name in self.what.names}
        seen = set()
        for item in list(listed.iterchildren(f"{TAG}definedName")):
            sheet, name = item.get("localSheetId"), _folded(item)
            owner = self.before[int(sheet)].casefold() if sheet is not None else ""
            # LibreOffice writes some names of a sheet twice
            if (owner in ours) or (not owner and name in own) or (owner, name) in seen:
                listed.remove(item)
                continue
            seen.add((owner, name))
            if owner:
                item.set("localSheetId", str(now.index(owner)))
        names = [_folded(item) for item in self._sheets(self.fresh)]
        fresh = {_folded(item) for item in self.wanted}
        for item in self.fresh.iterfind(f"{TAG}definedNames/{TAG}definedName"):
            sheet = item.get("localSheetId")
            owner = names[int(sheet)] if sheet is not None else ""
            if sheet is None or owner in fresh:
                if owner:
                    item.set("localSheetId", str(now.index(owner)))
                listed.append(item)
        if not len(listed):
            self.book.remove(listed)

    def replace_properties(self) -> None:
        """Take over who wrote it when."""
        for kind in ("custom-properties", "core-properties"):
            ours, theirs = self.new.related_part("", kind), self.old.related_part("", kind)
            if not ours or not theirs:
                continue
            fresh, root = parse(self.new[ours]), parse(self.old[theirs])
            wanted: Mapping[str, etree._Element] = {
                item.get("name", item.tag): item for item in fresh
            }
            for item in list(root):
                same = wanted.get(item.get("name", item.tag))
                if same is not None and (item.get("name") or item.tag.endswith(_RENEWED)):
                    item[:] = list(same)
                    item.text = same.text
            self.old[theirs] = serialize(root)

    def save(self) -> bytes:
        """Return the package's bytes."""
        self.old[self.part] = serialize(self.book)
        self.styles.save()
        ask_to_recalculate(self.old)
        return self.old.save()


_RENEWED = ("}modified", "}title")


def _folded(item: etree._Element) -> str:
    """The name of a sheet or of cells, as names are compared."""
    return item.get("name", "").casefold()


def _tables(package: Package, without: Collection[str]) -> list[etree._Element]:
    """The Excel Tables of a workbook, but for those of some sheets."""
    return [
        parse(package[table])
        for name, part in package.sheets().items()
        if name not in without
        for table in package.related_parts(part, "table")
    ]


def _reachable(package: Package) -> set[str]:
    """The parts that a package's links lead to."""
    found: set[str] = set()
    ahead = [""]
    while ahead:
        links = package.relationships(ahead.pop())
        fresh = {link.target for link in links if link.target in package} - found
        found |= fresh
        ahead += fresh
    return found


def _code_name(xml: bytes) -> str:
    found = re.search(rb'<(?:\w+:)?sheetPr\b[^>]*?\bcodeName="([^"]*)"', xml)
    return found[1].decode() if found else ""
