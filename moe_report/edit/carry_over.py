"""An update of a report: what is ours is told from what is the user's, which is carried over."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from moe_report.edit.carry_columns import UsersColumns
from moe_report.edit.carry_formulas import keep_typed_formulas
from moe_report.edit.carry_looks import Looks
from moe_report.edit.cell_keys import Address, header_of_models, models_moved, others_moved
from moe_report.edit.gone_columns import gone_columns
from moe_report.edit.labels import labels_of
from moe_report.edit.our_cells import OurCells
from moe_report.edit.replace_sheets import Renewal, names_leading_to
from moe_report.edit.say_anew import say_anew
from moe_report.edit.strangers import (
    has_notes,
    renamed,
    rows_without_numbers,
    strangers,
    typed_numbers,
)
from moe_report.edit.typed_assumptions import replaced_formulas
from moe_report.edit.unclear_words import keep_unclear_words
from moe_report.errors import InputError, Problem, first_of
from moe_report.load.our_sheets import (
    ASSUMPTIONS_SHEET,
    NOTES_SHEET,
    OUR_AUTHOR,
    REPORT_SHEET,
    SHEET,
    WORKINGS_SHEET,
)
from moe_report.load.record import RECORD_SHEET, Footprint, Record, mark_of, record_in, record_of
from moe_report.load.workbook import Read
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.cells_by_rows import cells_by_rows
from moe_report.ooxml.follow_cells import Following, follow_cells, following_of
from moe_report.ooxml.hyperlinks import Link, add_links, read_links
from moe_report.ooxml.notes import Note, add_notes, read_notes
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting.formula_sources import ALL_CELLS
from moe_report.ooxml.resting.stale_values import forget_values
from moe_report.ooxml.texts import SheetContents, Texts
from moe_report.reports import Report
from moe_report.schema.fields import TEXT_FIELDS
from moe_report.text import counted, shown

Item = TypeVar("Item", Note, Link)
# Sheets of reports that were written before there was a record of them.
_EARLY = ("Summary", SHEET, ASSUMPTIONS_SHEET, "Method", "Findings", REPORT_SHEET, RECORD_SHEET)
_YOURS = (NOTES_SHEET, REPORT_SHEET)  # the user's once they are there


class Carryover:
    """What an older report has that a new one gets: in the sheets that stay, and in new cells.

    Args:
        file: The older report's name.
        read: What was read from it.
        old: Its workbook, which changes.
        new: The new report's workbook, which changes.
        report: The new report.
        said: The headers of the user's columns that an input says of a model, by its name.
        is_input: Whether the new report's models were read from the older one.

    Attributes:
        notes: What there is to say to the user afterwards.
    """

    def __init__(
        self,
        file: str,
        read: Read,
        old: Package,
        new: Package,
        report: Report,
        said: Mapping[str, Collection[str]],
        *,
        is_input: bool,
    ) -> None:
        self.file, self.read, self.old, self.new, self.report = file, read, old, new, report
        self.said, self.is_input = said, is_input
        self.notes: list[str] = []
        self.texts = Texts(old)
        fresh = _held(new)
        self.fresh_contents = fresh[SHEET]
        self.fresh_cells = {name: contents.texts for name, contents in fresh.items()}
        written = record_in(self.fresh_cells[RECORD_SHEET])
        assert written is not None
        self.fresh = written
        known = record_of(old, self.texts)
        self.record = known or self._guessed()
        sheets = old.sheets()
        there = {*sheets, *[NOTES_SHEET] * has_notes(old)}  # it may have another name
        self.kept = [name for name in _YOURS if name in there]
        listed = {*self.record.sheets, RECORD_SHEET, SHEET}
        self.ours = [name for name in sheets if name in listed and name not in self.kept]
        if known is None:
            self.notes.append(
                f"{self.file}: was written by an earlier version, so what you added to the sheets "
                f"{', '.join(self.ours)} cannot be told; only inputs and notes on cells are kept"
            )
        elif not any(item.looks for item in known.sheets.values()):
            self.notes.append(
                f"{self.file}: was written by an earlier version, so titles and formats that you "
                "changed on its sheets cannot be told, and are written anew"
            )
        self.sheets = {
            name: cells_by_rows(old, sheets[name], f"{file}, sheet {name}") for name in self.ours
        }
        self.contents = {
            name: self.texts.contents(cells, sheets[name]) for name, cells in self.sheets.items()
        }
        self.cells = {name: contents.texts for name, contents in self.contents.items()}
        places = read.places
        assert places is not None
        self.places_before, self.header, self.totals = places, places.header, places.totals
        columns = read.columns[read.table.source.name, read.table.source.sheet]
        self.carried = columns.carried
        scenarios = read.table.scenarios.values.keys()
        self.our_cells = OurCells(self.cells, report, scenarios)
        self.models = models_moved(
            self.cells[SHEET], self.fresh_cells[SHEET], places, columns.carried
        )
        names = places.rows.keys(), {model.name for model in report.models}
        self.places = {SHEET: self.models} | {
            name: others_moved(name, self.cells[name], self.fresh_cells[name], names)
            for name in self.ours
            if name in self.fresh_cells and name not in (SHEET, RECORD_SHEET)
        }
        self.remarks: dict[str, Collection[Note]] = {}
        self.links: dict[str, Collection[Link]] = {}

    def _guessed(self) -> Record:
        """What an early version must have written: all that is there."""
        every = {}
        for name in _EARLY:
            if name in self.old.sheets():
                known = self.fresh.sheets.get(name, self.fresh.sheets[SHEET])
                drawings = max(known.drawings, 2)
                every[name] = Footprint(_rows_of(self.texts(name)), drawings, known.notes)
        return Record(every, names_leading_to(self.old, ASSUMPTIONS_SHEET))

    def renewed(self) -> bytes:
        """Return the old workbook with the new one's sheets in place of ours."""
        leading = {name for sheet in self.ours for name in names_leading_to(self.old, sheet)}
        names = leading & self.record.names  # that we wrote
        before = Package(self.old.save())
        self._tell_forgotten(forget_values(self.old, dict.fromkeys(self.ours, ALL_CELLS)))
        self._follow(names)
        Renewal(self.old, self.new, self.file, ours=self.ours, kept=self.kept, names=names).renew()
        self._keep_looks(before)
        work = self._users_columns(before)
        work.put()
        self.notes += work.notes
        return self.old.save()

    def _keep_looks(self, before: Package) -> None:
        is_label = labels_of(self.report)
        for name, place in self.places.items():
            headers = self._typed_columns() if name == SHEET else {}
            record = self.record.sheets.get(name, Footprint())
            texts = {
                (column, row): text
                for (column, row), text in self.cells[name].items()
                if not self._is_input(name, column, row)
            }
            places = (place, *(other for other in self.places.values() if other is not place))
            fresh = self.fresh_cells[name]
            work = Looks(
                before, self.old, self.sheets[name], self.contents[name], places, record, texts,
                fresh, headers, is_label,
            )  # fmt: skip
            work.put()
            if work.lost:
                self.notes.append(
                    f"{self.file}, sheet {name}: not kept, for an update writes this sheet anew: "
                    f"{first_of(work.lost, room=160)}"
                )

    def _is_input(self, sheet: str, column: int, row: int) -> bool:
        """Whether a cell of a sheet of ours holds what is read from it, or is the user's."""
        if sheet == SHEET:
            return row > self.header or column in self.carried
        return self.our_cells.is_input(sheet, column, row)

    def _users_columns(self, before: Package) -> UsersColumns:
        headers = self._fresh_headers()
        filled = {
            (headers[header], self.models.after[0] + at)
            for at, model in enumerate(self.report.models)
            for header in self.said.get(model.name, ())
            if header in headers
        }
        places = tuple(self.places.values())
        where = self.file
        return UsersColumns(
            before, self.old, self.sheets[SHEET], self.contents[SHEET], places, self.header,
            self.carried, self.totals, filled, where,
        )  # fmt: skip

    def _fresh_headers(self) -> dict[str, int]:
        """The columns of the new sheet Models by their headers, from left to right."""
        cells = self.fresh_cells[SHEET]
        header = header_of_models(cells)
        headers = sorted((column, text) for (column, row), text in cells.items() if row == header)
        return {text: column for column, text in headers}

    def _follow(self, names: Collection[str]) -> None:
        """Let formulas, names and charts of the user's refer to what they referred to."""
        ours = {
            item.text or ""
            for name in self.kept
            if name in self.new.sheets()
            for item in self.new.root(self.new.sheets()[name]).iter(f"{TAG}formula1")
        }
        done = follow_cells(
            self.old, self.places.values(), without=self.ours, names={*names, *ours},
            where=self.file,
        )  # fmt: skip
        self.notes += [
            f"{self.file}, {place}: refers to {reference}, which the report does not have any "
            "more; there it says #REF!"
            for place, reference in done.lost
        ]
        self._tell_unsure(done)

    def _tell_forgotten(self, formulas: Mapping[str, int]) -> None:
        theirs = {sheet: number for sheet, number in formulas.items() if sheet not in self.ours}
        if theirs:
            number = sum(theirs.values())
            self.notes.append(
                f"{self.file}: {counted(number, 'formula')} of yours ({first_of([*theirs])}) "
                f"{'rests' if number == 1 else 'rest'} on the report: "
                f"{'its value is' if number == 1 else 'their values are'} computed when a "
                "spreadsheet program opens it"
            )

    def _tell_unsure(self, done: Following) -> None:
        self.notes += [
            f"{self.file}, {place}: refers to cells of the report, where models or columns have "
            "moved; look whether it still means what it should"
            for place in done.unsure
        ]

    # -- what would be lost

    def check(self) -> None:
        """Refuse what cannot be carried over.

        Raises:
            InputError: With everything that would be lost.
        """
        theirs = [name for name in self.old.sheets() if name not in (*self.ours, *self.kept)]
        problems = [
            *rows_without_numbers(self.read),
            *typed_numbers(self.read.table, self.report, self.file),
            *renamed(self.old, self.record, self.texts, theirs, self.file),
        ]
        for sheet in self.ours:
            if sheet != RECORD_SHEET:
                ours = self.record.sheets.get(sheet, Footprint())
                added = (
                    self.our_cells.added_to_models(self.places_before)
                    if sheet == SHEET
                    else self.our_cells.added(sheet, ours)
                )
                problems += strangers(self.old, ours, sheet, added, self.file)
        gone = [name for name in self.ours if name not in (*self.fresh_cells, WORKINGS_SHEET)]
        if gone:
            self.notes.append(
                f"{self.file}: the sheet{'s' * (len(gone) > 1)} {', '.join(gone)} "
                f"{'leave' if len(gone) > 1 else 'leaves'} the report, with what was chosen and "
                "typed there: no section that is chosen has it"
            )
        problems += self._notes_and_links()
        if self.is_input:
            ours, cells = self.record.sheets.get(SHEET, Footprint()), self.cells[SHEET]
            known = {*self.report.columns, *TEXT_FIELDS}
            names = [name for name in self._fresh_headers() if name in known]
            columns = gone_columns(self.read, ours, cells, names, self.file)
            problems += columns.renamed
            self.notes += columns.told
        if problems:
            raise InputError(problems)

    def _notes_and_links(self) -> Iterator[Problem]:
        for sheet in self.ours:
            known = self.record.sheets.get(sheet)
            marks = (known or Footprint()).notes | self.fresh.sheets.get(sheet, Footprint()).notes
            part = self.old.sheets()[sheet]
            notes = (
                note
                for note in read_notes(self.old, part)
                if mark_of(note.text) not in marks and (known or note.author != OUR_AUTHOR)
            )
            self.remarks[sheet] = yield from self._moved(sheet, notes)
            # ours lead to cells of Models
            every = read_links(self.old, part, self.sheets[sheet].root)
            links = (link for link in every if sheet == SHEET or link.target)
            self.links[sheet] = yield from self._moved(sheet, links)

    def _moved(
        self, sheet: str, items: Iterable[Item]
    ) -> Generator[Problem, None, Collection[Item]]:
        """Return notes or links at their new places, and give a problem for each that has none."""
        found: dict[Address, Item] = {}
        for item in items:
            at = self._where_now(sheet, (item.column, item.row))
            if at is not None:
                found[at] = replace(item, column=at[0], row=at[1])
                continue
            address = f"{column_letters(item.column)}{item.row}"
            if isinstance(item, Note):
                what = f"the note {shown(item.text)}"
            else:
                what = f"the link to {shown(item.target)}"
            yield Problem(
                f"{self.file}, sheet {sheet}, cell {address}",
                f"{what} would be lost: the new report has no such cell; move it to the sheet "
                "Notes",
                sheet=sheet,
                cell=address,
            )
        return found.values()

    def _where_now(self, sheet: str, at: Address) -> Address | None:
        """Where what a cell is about stands in the new workbook."""
        try:
            column, row, _, _ = self.places[sheet].area((*at, *at), single=True)
        except (KeyError, ValueError):
            return None
        return column, row

    # -- what is carried over

    def carry(self) -> None:
        """Put into the new sheets, and into those that stay, what belongs there."""
        sheets = self.new.sheets()
        for sheet, notes in self.remarks.items():
            if notes:
                cells = cells_by_rows(self.new, sheets[sheet], sheet)
                add_notes(self.new, sheets[sheet], cells.root, notes, replace=True)
                self.new.hold(sheets[sheet], cells)
        names = tuple(self.old.sheets())
        following = following_of(self.places.values(), self.file, names)
        for sheet, links in self.links.items():
            if links:
                now = [link.led(partial(following.link, on=sheet)) for link in links]
                add_links(self.new, sheets[sheet], now)
        self._tell_unsure(following)
        self.notes += keep_typed_formulas(
            self.sheets[SHEET], self.contents[SHEET], names, self.new, self.fresh_contents,
            tuple(self.places.values()), self._typed_columns(),
            self.record.sheets.get(SHEET, Footprint()), self.report.definitions, self.file
        )  # fmt: skip
        if self.is_input:
            keep_unclear_words(
                self.cells[SHEET], self.new, self.fresh_cells[SHEET], self.models,
                self._typed_columns(),
            )  # fmt: skip
        self.notes += replaced_formulas(self.cells.get(ASSUMPTIONS_SHEET, {}), self.file)
        if REPORT_SHEET in self.kept:
            before = self.read.table.settings
            self.notes += say_anew(self.old, self.file, before, self.report.branding)

    def _typed_columns(self) -> dict[int, str]:
        """The columns of fields and metrics of the old sheet Models, by number."""
        assert self.read.places is not None
        return {column: name for name, column in self.read.places.columns.items()}


def _held(package: Package) -> dict[str, SheetContents]:
    """What stands in the sheets of a new workbook, which holds their cells from now on."""
    texts = Texts(package)
    found = {}
    for name, part in package.sheets().items():
        cells = cells_by_rows(package, part, name)
        package.hold(part, cells)
        found[name] = texts.contents(cells, part)
    return found


def _rows_of(cells: Mapping[Address, str]) -> dict[int, frozenset[int]]:
    rows: dict[int, set[int]] = {}
    for column, row in cells:
        rows.setdefault(row, set()).add(column)
    return {row: frozenset(columns) for row, columns in rows.items()}
