"""What a user changed on sheets that are ours, and stays: words typed over ours, widths, looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property

from lxml import etree

from moe_report.edit.carry_overlays import Overlays, columns_laid_over
from moe_report.edit.carry_sheet import WholeSheet
from moe_report.edit.cell_keys import Address
from moe_report.load.record import Footprint, is_constant_of, mark_of_constant, mark_of_look
from moe_report.ooxml.addresses import Area, area_of, column_letters
from moe_report.ooxml.cell_looks import CellLooks, differ
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.column_spans import said_of_column, say_of_columns
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import Package
from moe_report.ooxml.rearranged import Rearranged, moved_areas
from moe_report.ooxml.resting.dependents import meet
from moe_report.ooxml.texts import SheetContents
from moe_report.text import shown

_NEAR = 0.5  # characters by which programs spell a width otherwise
_NEAR_HIGH = 1  # points by which they spell a height otherwise
_PAGE = ("orientation", "paperSize", "scale")
_VIEW = ("zoomScale", "showGridLines", "rightToLeft", "view")
_DEFAULTS = {"zoomScale": "100", "showGridLines": "1", "rightToLeft": "0", "view": "normal",
             "orientation": "portrait", "paperSize": "1", "scale": "100"}  # fmt: skip


@dataclass
class Looks:
    """A sheet of ours, and what of the old one's looks it takes over.

    Args:
        before: The old workbook.
        after: The new one, which changes; its styles are also those of the old one.
        old: The cells of the old sheet.
        contents: What stands in them.
        places: Where the cells of our sheets are now, those of this one first.
        record: What we wrote on the old sheet.
        texts: What stood in the cells of the old sheet that are ours and hold no input.
        fresh: What stands in those of the new one.
        headers: What the record calls columns of the old sheet that have another name than their
            letters; those that are not among them are the user's, if there are any.
        is_label: Whether a text says of which model, metric or assumption a row or column is.

    Attributes:
        lost: What is not kept, each with its cell or without.
    """

    before: Package
    after: Package
    old: CellsByRows
    contents: SheetContents
    places: Sequence[Rearranged]
    record: Footprint
    texts: Mapping[Address, str]
    fresh: Mapping[Address, str]
    headers: Mapping[int, str]
    is_label: Callable[[str], bool]
    lost: list[str] = field(default_factory=list)

    def put(self) -> None:
        """Take over what the user changed."""
        self.place = self.places[0]
        sheet = self.place.sheet
        part = self.after.sheets()[sheet]
        self.new = cells_by_rows(self.after, part, sheet)
        self._words()
        self._formats()
        self._columns()
        self._rows()
        self._merged()
        self._sheet()
        if self.record.looks:
            self._around()
        self.after.hold(part, self.new)

    def _around(self) -> None:
        """Keep what is set for the sheet, and laid over cells; on Models columns bring the latter.

        Earlier versions may have written another of it, and have not recorded that.
        """
        whole = WholeSheet(self.before, self.after, self.old.root, self.new.root, self.places)
        whole.put()
        self.lost += whole.lost
        if self.headers:
            return
        ours = columns_laid_over(self.new.root)
        sheets = tuple(self.before.sheets())
        work = Overlays(self.old.root, self.new.root, tuple(self.places), sheets, ours)
        work.put()
        if work.lost:
            areas = ", ".join(dict.fromkeys(work.lost))
            self.lost.append(f"conditional formats or validations on {areas}")

    def _where(self, at: Address) -> Address | None:
        try:
            column, row, _, _ = self.place.area((*at, *at), single=True)
        except ValueError:
            return None
        return column, row

    # -- words

    def _words(self) -> None:
        """Keep words that were typed over ours, where ours would stand again."""
        if not self.record.texts:
            return
        there = {mark_of_constant(text) for text in self.texts.values()}
        gone = self.record.texts - there
        for at, text in sorted(self.texts.items(), key=lambda item: item[0][::-1]):
            now = self._where(at)
            ours = self.fresh.get(now, "") if now is not None else ""
            if self._is_ours(at, now, text, ours):
                continue
            # on Models the name below it says the same
            fixed = text.startswith("=") or (self.is_label(ours) and not self.headers)
            fixed = fixed or self._is_header(now)
            if now is not None and mark_of_constant(ours) in gone and not fixed:
                self._type_over(self.old.grid[at[1]][at[0]], now)
            else:
                self.lost.append(f"{shown(text)} in {column_letters(at[0])}{at[1]}")

    def _is_ours(self, at: Address, now: Address | None, text: str, ours: str) -> bool:
        """Whether we wrote a text, in whose place there is another one now."""
        if self._is_header(now):
            return self.headers.get(at[0], text) == text
        if text.startswith("="):
            return not ours or ours.startswith("=")
        return is_constant_of(self.record, text)

    def _is_header(self, now: Address | None) -> bool:
        """Whether a cell heads a column of the table, which has its name from there."""
        return now is not None and bool(self.headers) and now[1] == self.place.after[0] - 1

    def _type_over(self, source: etree._Element, at: Address) -> None:
        cell = self.new.cell(at[1], at[0])
        for child in list(cell):
            cell.remove(child)
        cell.set("t", source.get("t", "n"))
        cell.extend(deepcopy(list(source)))

    # -- formats

    def _formats(self) -> None:
        """Keep the looks of cells that have none of those that we gave to their column."""
        if not self.record.looks:
            return
        looks = CellLooks(self.after)
        ours = self._looks_of_ours(looks)
        first, last = self.place.before
        theirs: dict[int, set[tuple[int, str]]] = {}
        others = sorted(
            (row, column, style)
            for (column, style), rows in self.contents.styles.items()
            if not ours(column, style)
            for row in rows
            if not self.headers or row <= last
        )
        for row, column, style in others:
            is_filled = looks(int(style))[1]  # of an empty cell, the fill counts
            if not is_filled and not len(self.old.grid[row][column]):
                continue
            now = self._where((column, row))
            if now is not None and now[1] in self.new.rows:
                self.new.cell(now[1], now[0]).set("s", style)
                theirs.setdefault(column, set()).add((row, style))
            elif not first <= row <= last:
                self.lost.append(f"the format of {column_letters(column)}{row}")
        for column, found in theirs.items():
            self._go_on(column, dict(found))

    def _looks_of_ours(self, looks: CellLooks) -> Callable[[int, str], bool]:
        """A function that says whether we gave a style to a column, or the column is the user's."""

        @cache
        def is_ours(column: int, style: str) -> bool:
            header = self.headers.get(column) if self.headers else column_letters(column)
            return not header or mark_of_look(header, *looks(int(style))) in self.record.looks

        return is_ours

    def _go_on(self, column: int, styles: Mapping[int, str]) -> None:
        """Give the new models the format that a column has in the rows of all old ones."""
        (first, last), (start, end) = self.place.before, self.place.after
        before = {styles.get(row) for row in range(first, last + 1) if row in self.place.rows}
        style = before.pop() if first and len(before) == 1 else None
        if style is None:
            return
        for row in {*range(start, end + 1)} - {*self.place.rows.values()}:
            self.new.cell(row, self.place.columns[column]).set("s", style)

    # -- columns and rows

    def _columns(self) -> None:
        """Keep widths that are not those that we gave, and columns hidden or shown by the user."""
        ours = [column for column in sorted(self.place.columns) if column in self.headers]
        said = {}
        numbers = ours or range(1, len(self.record.columns) + 1)
        for column, width in zip(numbers, self.record.columns, strict=False):
            if column not in self.place.columns:
                continue
            old = said_of_column(self.old.root, column)
            new = self.place.columns[column]
            fresh = said_of_column(self.new.root, new)
            now = dict(fresh)
            if (had := old.get("width")) and differ(had, str(abs(width)), _NEAR, less=0.71):
                now |= {"width": had, "customWidth": "1"}
            if width and _is_true(old.get("hidden")) != (width < 0):
                now["hidden"] = "1" if _is_true(old.get("hidden")) else "0"
            level = old.get("outlineLevel", "0")
            if level != fresh.get("outlineLevel", "0"):
                now["outlineLevel"] = level
            if now != fresh:
                said[new] = now
        say_of_columns(self.new.root, said)

    def _rows(self) -> None:
        """Keep heights, levels, and rows hidden by hand; those that a filter hides show again."""
        filtered = any(True for _ in self._filters())
        if filtered:
            self.lost.append("the filter of the table")
        for number, row in self.old.rows.items():
            now = self._where((1, number))
            if now is None or now[1] not in self.new.rows:
                continue
            fresh = self.new.rows[now[1]]
            if _is_true(row.get("hidden")) and not filtered:
                fresh.set("hidden", "1")
            for name in ("outlineLevel", "collapsed"):
                if row.get(name, "0") not in ("0", "false"):
                    fresh.set(name, row.get(name, ""))
            if _is_true(row.get("customHeight")) and self._is_height_of_theirs(row, fresh):
                fresh.set("ht", row.get("ht", ""))
                fresh.set("customHeight", "1")

    def _filters(self) -> Iterator[etree._Element]:
        yield from self.old.root.iter(f"{TAG}filterColumn")
        for name in self.before.related_parts(self.before.sheets()[self.place.sheet], "table"):
            yield from self.before.root(name).iter(f"{TAG}filterColumn")

    def _is_height_of_theirs(self, row: etree._Element, fresh: etree._Element) -> bool:
        """Whether a height is not ours, which is that of the texts in the row."""
        if not row.get("ht"):
            return False
        if not fresh.get("ht"):
            return True
        if not differ(row.get("ht", "0"), fresh.get("ht", "0"), _NEAR_HIGH):
            return False
        old, new = int(row.get("r", "0")), int(fresh.get("r", "0"))
        return self._rows_of_texts[0].get(old) == self._rows_of_texts[1].get(new)

    @cached_property
    def _rows_of_texts(self) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        """The texts of each row, of the old sheet and of the new one."""
        found: tuple[dict[int, list[str]], dict[int, list[str]]] = ({}, {})
        for rows, texts in zip(found, (self.texts, self.fresh), strict=True):
            for (_, row), text in sorted(texts.items()):
                rows.setdefault(row, []).append(text)
        return found

    def _merged(self) -> None:
        """Keep merged cells that are not ours; a table must have none."""
        listed = self.new.root.find(f"{TAG}mergeCells")
        ours = [] if listed is None else [area_of(item.get("ref", "")) for item in listed]
        items = self.old.root.iterfind(f"{TAG}mergeCells/{TAG}mergeCell")
        refs = [item.get("ref", "") for item in items]
        refs = [ref for ref in refs if not self._is_merged_by_us(area_of(ref), ours)]
        if not refs:
            return
        header = self.place.after[0] - 1
        now, lost = moved_areas(" ".join(refs), self.place)
        kept = [
            ref for ref in now.split()
            if not (self.headers and area_of(ref)[3] >= header)
            and not any(meet(area_of(ref), area) for area in ours)
        ]  # fmt: skip
        if lost or len(kept) < len(now.split()):
            self.lost.append(f"merged cells among {', '.join(refs)}")
        if kept:
            if listed is None:
                listed = etree.Element(f"{TAG}mergeCells")
                insert_in_order(self.new.root, listed)
            listed.extend(etree.Element(f"{TAG}mergeCell", ref=ref) for ref in kept)
            listed.set("count", str(len(listed)))

    def _is_merged_by_us(self, area: Area, ours: Collection[Area]) -> bool:
        """Whether cells are merged anew, or hold a text of ours where we merge some."""
        if area in ours:
            return True
        left, top, _, bottom = area
        text = self.texts.get((left, top), "")
        known = text.startswith("=") or is_constant_of(self.record, text)
        alike = ((first, last - start) for first, start, _, last in ours)
        return bool(text) and known and (left, bottom - top) in alike

    # -- the sheet as a whole

    def _sheet(self) -> None:
        """Keep its colour, what is frozen, the zoom and the paper."""
        old, new = self.old.root, self.new.root
        colour = old.find(f"{TAG}sheetPr/{TAG}tabColor")
        if colour is not None:
            properties = new.find(f"{TAG}sheetPr")
            if properties is None:
                properties = etree.Element(f"{TAG}sheetPr")
                insert_in_order(new, properties)
            for item in properties.findall(f"{TAG}tabColor"):
                properties.remove(item)
            properties.insert(0, deepcopy(colour))
        view, there = (root.find(f"{TAG}sheetViews/{TAG}sheetView") for root in (old, new))
        if view is not None and there is not None:
            _take(view, there, _VIEW)
            pane, ours = view.find(f"{TAG}pane"), there.find(f"{TAG}pane")
            if pane is not None and (ours is None or _frozen(pane) != _frozen(ours)):
                for item in list(there):
                    there.remove(item)
                there.extend(deepcopy(list(view)))
        page, there = (root.find(f"{TAG}pageSetup") for root in (old, new))
        if page is not None and there is not None:
            _take(page, there, _PAGE)


def _take(old: etree._Element, new: etree._Element, names: tuple[str, ...]) -> None:
    for name in names:
        said = _plain(old.get(name) or _DEFAULTS[name])
        if said != _plain(new.get(name) or _DEFAULTS[name]):
            new.set(name, said)


def _plain(said: str) -> str:
    return {"true": "1", "false": "0"}.get(said, said)


def _is_true(said: str | None) -> bool:
    return said in ("1", "true")


def _frozen(pane: etree._Element) -> tuple[str, str]:
    return pane.get("xSplit", "0"), pane.get("ySplit", "0")
