"""A report's workbook with our sheets replaced by new ones; every other part stays byte for byte.

The old package is the base. Sheets that are not ours keep their parts, and so their cells, styles,
charts and pictures; our new sheets are copied in, with the indices of their styles changed to those
of the workbook's own style table, to which ours are appended.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import count

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.cells_by_rows import cells_by_rows
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import LINK_ID, OFFICE_REL, Package, serialize
from moe_report.ooxml.part_names import Relationship
from moe_report.ooxml.styles import MergedStyles

_RENEWED = ("}modified", "}title")


class Renewal:
    """The old workbook while the new one's sheets are put in place of ours.

    Args:
        old: The old workbook.
        new: The new one.
        file: The old one's name, for the error.
        ours: Names of its sheets that are ours.
        kept: Names of sheets that stay although the new workbook has them too.
        names: Defined names of the old workbook that are ours.
    """

    def __init__(
        self,
        old: Package,
        new: Package,
        file: str,
        *,
        ours: Iterable[str],
        kept: Iterable[str],
        names: Iterable[str],
    ) -> None:
        self.old, self.new, self.file = old, new, file
        self.ours, self.kept, self.names = (
            {name.casefold() for name in listed} for listed in (ours, kept, names)
        )
        self.part = old.workbook_part()
        self.book = old.root(self.part)
        self.fresh = new.root(new.workbook_part())
        self.reached = _reachable(old)
        self.copied: dict[str, str] = {}
        self.wanted = {
            name: item for name, item in _entries(self.fresh, "sheet") if name not in self.kept
        }
        self.styles = MergedStyles(old, new)
        self.their_tables = tables_of(old, self.ours)
        self.table_ids = [int(table.get("id", "0")) for table in self.their_tables]
        self.before = [name for name, _ in _entries(self.book, "sheet")]

    def renew(self) -> None:
        """Give the old workbook the new one's sheets.

        Raises:
            InputError: Something of the user's has the name of something of ours.
        """
        self._refuse_clashes()
        self._replace_sheets()
        self._replace_names()
        self._replace_properties()
        self.old[self.part] = serialize(self.book)
        self.styles.save()
        if self.ours:  # formulas may rest on what they had
            ask_to_recalculate(self.old)

    # -- before anything is changed

    def _refuse_clashes(self) -> None:
        """Refuse names of the user's sheets, tables and cells that are those of ours."""
        clashes = [
            ("sheet", item.get("name"))
            for name, item in _entries(self.book, "sheet")
            if name in self.wanted and name not in self.ours
        ]
        taken = {table.get("displayName", "").casefold() for table in self.their_tables}
        tables = tables_of(self.new, self.kept)
        fresh = [table.get("displayName", "").casefold() for table in tables]
        clashes += [("table", name) for name in fresh if name in taken]
        theirs = {
            name: item.get("name")
            for name, item in _entries(self.book, "definedName")
            if item.get("localSheetId") is None and name not in self.names
        }
        clashes += [
            ("defined name", theirs[name])
            for name, item in _entries(self.fresh, "definedName")
            if item.get("localSheetId") is None and name in theirs
        ]
        if clashes:
            message = "the {} {!r} is yours, and the report has one of that name; rename yours"
            raise InputError([Problem(self.file, message.format(*clash)) for clash in clashes])

    # -- sheets

    def _replace_sheets(self) -> None:
        """Put our new sheets where the old ones were, and drop what only those had."""
        links = {item.id: item.target for item in self.old.relationships(self.part)}
        listed = self.book.find(f"{TAG}sheets")
        assert listed is not None
        entries = dict(_entries(self.book, "sheet"))
        codes = {}
        for name, item in entries.items():
            id = item.get(LINK_ID, "")
            if name in self.ours and links.get(id):
                codes[name] = _code_name(next(self.old.pieces(links[id])))
                self.old.unlink(self.part, id)
        for part in self.reached - _reachable(self.old):
            del self.old[part]
        drop_calculation_chain(self.old)
        active = self._active()
        sources = self.new.sheets()
        # beside those that they replace; if they replace none, behind the user's
        previous = -1 if self.ours & entries.keys() else len(listed) - 1
        for name, item in self.wanted.items():
            spelled = item.get("name", "")
            entry = entries.get(name)
            if entry is None:
                entry = etree.Element(f"{TAG}sheet", name=spelled)
                numbers = [int(other.get("sheetId", "0")) for other in listed]
                entry.set("sheetId", str(max(numbers, default=0) + 1))
                listed.insert(previous + 1, entry)
            entry.set("name", spelled)
            if item.get("state", "visible") != "visible":
                entry.set("state", item.get("state", ""))
            part = self._copy(sources[spelled])
            self._dress(part, codes.get(name, ""), selected=name == active)
            entry.set(LINK_ID, self.old.relate(self.part, f"{OFFICE_REL}/worksheet", part))
            previous = listed.index(entry)
        for name in self.ours - self.wanted.keys():
            listed.remove(entries[name])
        self._activate(active)

    def _active(self) -> str:
        """The name of the sheet that the workbook opens on."""
        view = self.book.find(f"{TAG}bookViews/{TAG}workbookView")
        at = int(view.get("activeTab", "0")) if view is not None else 0
        return self.before[at] if at < len(self.before) else ""

    def _activate(self, name: str) -> None:
        view = self.book.find(f"{TAG}bookViews/{TAG}workbookView")
        names = [name for name, _ in _entries(self.book, "sheet")]
        if view is not None:
            view.set("activeTab", str(names.index(name) if name in names else 0))
            view.set("firstSheet", "0")

    def _copy(self, source: str) -> str:
        """Copy a part of the new package with all that it is linked to; return its name here."""
        if source in self.copied:
            return self.copied[source]
        target = self.copied[source] = self.old.free_name(source)
        if (held := self.new.held(source)) is not None:
            self.old.hold(target, held)
        else:
            self.old[target] = self.new[source]
        self.old.declare_like(target, source, self.new)
        if target.startswith("xl/tables/"):
            self._adapt_table(target)
        self.old.copy_links(source, target, self._target, self.new)
        return target

    def _target(self, link: Relationship) -> str:
        """What the copy of a link says, to a part or to a place in the workbook."""
        return link.target if link.target.startswith("#") else f"/{self._copy(link.target)}"

    def _adapt_table(self, part: str) -> None:
        root = self.old.root(part)
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
        cells = cells_by_rows(self.old, part, self.file)
        cells.restyle(self.styles.cell)
        root = cells.root
        for item in root.iter(f"{TAG}col"):
            if "style" in item.attrib:
                item.set("style", str(self.styles.cell(int(item.get("style", "0")))))
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
        self.old.hold(part, cells)

    # -- names and properties

    def _replace_names(self) -> None:
        """Let names lead to the new sheets, and local ones belong to the right sheet."""
        listed = self.book.find(f"{TAG}definedNames")
        if listed is None:
            listed = etree.Element(f"{TAG}definedNames")
            insert_in_order(self.book, listed)
        now = [name for name, _ in _entries(self.book, "sheet")]
        seen = set()
        for name, item in _entries(self.book, "definedName"):
            sheet = item.get("localSheetId")
            owner = self.before[int(sheet)] if sheet is not None else ""
            ours = owner in self.ours or (not owner and name in self.names)
            if ours or (owner, name) in seen:  # LibreOffice writes some names of a sheet twice
                listed.remove(item)
                continue
            seen.add((owner, name))
            if owner:
                item.set("localSheetId", str(now.index(owner)))
        names = [name for name, _ in _entries(self.fresh, "sheet")]
        for _, item in _entries(self.fresh, "definedName"):
            sheet = item.get("localSheetId")
            owner = names[int(sheet)] if sheet is not None else ""
            if owner in self.wanted:
                item.set("localSheetId", str(now.index(owner)))
            if not owner or owner in self.wanted:
                listed.append(item)
        if not len(listed):
            self.book.remove(listed)

    def _replace_properties(self) -> None:
        """Take over who wrote it when."""
        for kind in ("custom-properties", "core-properties"):
            ours, theirs = self.new.related_part("", kind), self.old.related_part("", kind)
            if not ours or not theirs:
                continue
            fresh, root = self.new.root(ours), self.old.root(theirs)
            wanted: Mapping[str, etree._Element] = {
                item.get("name", item.tag): item for item in fresh
            }
            for item in list(root):
                same = wanted.get(item.get("name", item.tag))
                if same is not None and (item.get("name") or item.tag.endswith(_RENEWED)):
                    item[:] = list(same)
                    item.text = same.text
            self.old[theirs] = serialize(root)


def _entries(book: etree._Element, tag: str) -> list[tuple[str, etree._Element]]:
    """The sheets or defined names that a workbook lists, each with its name without case."""
    return [
        (item.get("name", "").casefold(), item) for item in book.findall(f"{TAG}{tag}s/{TAG}{tag}")
    ]


def tables_of(package: Package, without: Collection[str] = ()) -> list[etree._Element]:
    """Return the Excel Tables of a workbook, but for those of some sheets."""
    return [
        package.root(table)
        for name, part in package.sheets().items()
        if name.casefold() not in without
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
    head, _, _ = xml.partition(b"sheetData")
    found = re.search(rb'<(?:\w+:)?sheetPr\b[^>]*?\bcodeName="([^"]*)"', head)
    return found[1].decode() if found else ""


def names_leading_to(package: Package, sheet: str) -> frozenset[str]:
    """Return the workbook's names for cells of a sheet, or for its table."""
    leads = re.compile(rf"'?{re.escape(sheet)}'?[!\[]")
    root = package.root(package.workbook_part())
    return frozenset(
        item.get("name", "")
        for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName")
        if item.get("localSheetId") is None and leads.match(item.text or "")
    )
