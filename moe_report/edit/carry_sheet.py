"""What a user set for a sheet of ours as a whole, such as how it prints: it stays, or is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from moe_report.ooxml.cell_looks import differ
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.formula_text import references
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.rearranged import Rearranged, moved, moved_areas

_NEAR = 0.05  # inches by which programs spell a margin otherwise
_TAKEN = ("sheetProtection", "printOptions", "headerFooter")
_BREAKS = {"rowBreaks": "page breaks", "colBreaks": "page breaks between columns"}
# What is named if we write none of it, and is not what every program writes as it likes.
_NAMED = {
    "protectedRanges": "ranges that may be edited",
    "scenarios": "scenarios of the what-if analysis",
    "customSheetViews": "custom views",
    "dataConsolidate": "a consolidation",
    "cellWatches": "watched cells",
    "ignoredErrors": "errors to be ignored",
    "legacyDrawingHF": "pictures in the header or footer",
    "picture": "the background",
}
_FILTERED = "_xlnm._FilterDatabase"  # Excel writes it anew
_CALLED = {
    "_xlnm.Print_Area": "the print area",
    "_xlnm.Print_Titles": "rows or columns that repeat on each page",
}


@dataclass
class WholeSheet:
    """A sheet of ours, and what of the old one is taken over for it as a whole.

    Args:
        before: The old workbook.
        after: The new one, of which names change.
        old: The root of the old sheet.
        new: That of the new one, which changes.
        places: Where the cells of our sheets are now, those of this one first.

    Attributes:
        lost: What is not kept.
    """

    before: Package
    after: Package
    old: etree._Element
    new: etree._Element
    places: Sequence[Rearranged]
    lost: list[str] = field(default_factory=list)

    def put(self) -> None:
        """Take over what the user set."""
        for tag in _TAKEN:
            self._take(tag)
        self._margins()
        for tag in _BREAKS:
            self._breaks(tag)
        self._filter()
        self._names()
        self.lost += [
            said
            for tag, said in _NAMED.items()
            if self.old.find(f"{TAG}{tag}") is not None and self.new.find(f"{TAG}{tag}") is None
        ]

    def _take(self, tag: str) -> None:
        """Take an element over that leads to no cell."""
        theirs, ours = (root.find(f"{TAG}{tag}") for root in (self.old, self.new))
        if theirs is None or _said(theirs) == (_said(ours) if ours is not None else []):
            return
        if ours is not None:
            self.new.remove(ours)
        insert_in_order(self.new, deepcopy(theirs))

    def _margins(self) -> None:
        theirs, ours = (root.find(f"{TAG}pageMargins") for root in (self.old, self.new))
        if theirs is None or ours is None:
            return
        for side, width in theirs.attrib.items():
            if differ(str(width), ours.get(side, "0"), _NEAR):
                ours.set(side, width)

    def _breaks(self, tag: str) -> None:
        """Keep where pages end by the user's hand, beside the ends that we set."""
        listed = self.old.find(f"{TAG}{tag}")
        if listed is None:
            return
        across = tag == "colBreaks"
        ours = self.new.find(f"{TAG}{tag}")
        kept = etree.Element(f"{TAG}{tag}") if ours is None else ours
        known = {item.get("id") for item in kept}
        for item in listed:
            try:
                at = int(item.get("id", "0"))
                now = self.places[0].area((at, 1, at, 1) if across else (1, at, 1, at), single=True)
            except ValueError:
                if _BREAKS[tag] not in self.lost:
                    self.lost.append(_BREAKS[tag])
                continue
            copy = deepcopy(item)
            copy.set("id", str(now[0] if across else now[1]))
            if copy.get("id") not in known:
                kept.append(copy)
        if len(kept):
            kept[:] = sorted(kept, key=lambda item: int(item.get("id", "0")))
            kept.set("count", str(len(kept)))
            kept.set("manualBreakCount", str(len(kept)))
            if ours is None:
                insert_in_order(self.new, kept)

    def _filter(self) -> None:
        """Keep the arrows of a filter; what it hides is shown again, which is said elsewhere."""
        item = self.old.find(f"{TAG}autoFilter")
        if item is None or self.places[0].table:
            return
        now, _ = moved_areas(item.get("ref", ""), self.places[0])
        if now:
            insert_in_order(self.new, etree.Element(item.tag, ref=now))
        else:
            self.lost.append("the filter")

    # -- names of the sheet

    def _names(self) -> None:
        """Keep its print area and other names of its own."""
        sheet = self.places[0].sheet
        part = self.after.workbook_part()
        book = self.after.root(part)
        number = _number_of(book, sheet)
        there = {item.get("name", "").casefold(): item for item in _local(book, number)}
        old = self.before.root(self.before.workbook_part())
        listed = book.find(f"{TAG}definedNames")
        changed = False
        for item in _local(old, _number_of(old, sheet)):
            name = item.get("name", "")
            if name == _FILTERED:
                continue
            ours = there.get(name.casefold())
            sheets = tuple(self.before.sheets())
            try:
                now = moved(item.text or "", sheet, sheets, self.places)
            except ValueError:
                now = None
            if now is None or now.lost:
                if ours is None:
                    self.lost.append(_CALLED.get(name, f"the name {name}"))
                continue
            if ours is not None and _areas(ours.text or "") == _areas(now.text):
                continue
            copy = deepcopy(item)
            copy.text = now.text
            copy.set("localSheetId", str(number))
            if listed is None:
                listed = etree.Element(f"{TAG}definedNames")
                insert_in_order(book, listed)
            if ours is not None:
                listed.remove(ours)
            listed.append(copy)
            changed = True
        if changed:
            self.after[part] = serialize(book)


def _said(item: etree._Element) -> list[tuple[str, str]]:
    """What an element says, but for what is not set."""
    said = [(str(key), str(value)) for key, value in item.attrib.items()]
    said += [(str(inner.tag), inner.text) for inner in item if inner.text]
    said = [pair for pair in said if pair[0] != "gridLinesSet" and pair[1] not in ("0", "false")]
    return sorted(said)


def _number_of(book: etree._Element, sheet: str) -> int:
    names = [item.get("name", "") for item in book.iterfind(f"{TAG}sheets/{TAG}sheet")]
    return names.index(sheet)


def _local(book: etree._Element, number: int) -> Iterator[etree._Element]:
    for item in book.findall(f"{TAG}definedNames/{TAG}definedName"):
        if item.get("localSheetId") == str(number):
            yield item


def _areas(text: str) -> set[tuple[int, int, int, int]]:
    return {found.area for found in references(text)}
