"""Formulas after rows were put in: alone, shared by cells, or laid over areas of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from moe_report.errors import Problem
from moe_report.ooxml.addresses import LAST_ROW, Area, area_of, column_letters, split_address
from moe_report.ooxml.formula_text import (
    Reference,
    references,
    same_sheet,
    split_end,
    split_row,
    translated,
)
from moe_report.ooxml.insert_rows.shifts import is_area, moved_link
from moe_report.ooxml.references import (
    Insertion,
    is_dead,
    moved_area,
    moved_formula,
    moved_row,
    untraceable,
)

_SAMPLE = 64  # rows of an area of whose formulas each is looked at


@dataclass
class Move:
    """An insertion while everything is moved: what is in its way, and what to tell the user.

    Attributes:
        where: The workbook's name, for errors.
        sheets: Names of all its sheets in order.
        untraced: Cells whose formulas find others by a text or a number.
        alone: Formulas elsewhere that refer to one cell of the repeated row, not to a range.
        notes: What else to tell the user.
        formulas_moved: Whether a formula is now another one, or in another cell.
        numbers: Names of the sheets by the number that the file gives them.
        grown_tables: Names of the tables that grow, in small letters.
        table_columns: The columns of these; what stands beside them is there once.
        pushed_out: What would fall off the sheet; each is told once.
    """

    insertion: Insertion
    where: str
    sheets: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    untraced: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    formulas_moved: bool = False
    numbers: dict[str, str] = field(default_factory=dict)
    grown_tables: set[str] = field(default_factory=set)
    table_columns: set[int] = field(default_factory=set)
    pushed_out: set[str] = field(default_factory=set)

    def is_on(self, sheet: str) -> bool:
        """Whether a sheet is the one with the new rows."""
        return same_sheet(sheet, self.insertion.sheet)

    def refuse(self, message: str, cell: str, sheet: str | None = None) -> None:
        """Note what cannot be moved."""
        on = self.insertion.sheet if sheet is None else sheet
        self.problems.append(
            Problem(f"{self.where}, sheet {on}, cell {cell}", message, sheet=on, cell=cell)
        )

    def refuse_cut(self, what: str, ref: str) -> None:
        """Note what the new rows would cut in two."""
        self.refuse(
            f"{what} has rows above and below the rows that are inserted below row "
            f"{self.insertion.after}, which would cut it in two; put it above or below the rows "
            "that repeat, or on another sheet",
            ref,
        )

    def row(self, number: int, what: str) -> int:
        """Return where a row is now; note it if it falls off the sheet."""
        try:
            return moved_row(number, self.insertion)
        except ValueError:
            if what not in self.pushed_out:
                self.pushed_out.add(what)
                message = (
                    f"{what} would be pushed below row {LAST_ROW:,}, the last of a sheet, by "
                    f"{self.insertion.count:,} more rows; clear it, or ask for fewer models"
                )
                self.refuse(message, f"A{number}")
            return number

    def link(self, location: str, on: str) -> str:
        """Return a link to cells, on a sheet, after the insertion."""
        return moved_link(location, on, self.insertion)

    def area(self, ref: str, sheet: str) -> str:
        """Return an area of a sheet after the insertion; it grows with the repeated row."""
        return moved_area(ref, self.insertion) if self.is_on(sheet) and is_area(ref) else ref

    def formula(
        self,
        text: str,
        on: str,
        cell: str,
        *,
        single: bool = False,
        row: int = 0,
        of: str = "cell",
        stays: Callable[[Reference], bool] | None = None,
    ) -> str:
        """Return a formula after the insertion.

        Args:
            text: The formula.
            on: The sheet that it stands on; empty where every reference names its sheet.
            cell: Its cell or the like, for errors.
            single: Whether the repeated row alone stands for all the rows that come of it.
            row: The row that it stands in; 0 where it has none.
            of: What ``cell`` names.
            stays: Says whether a reference stays as it is.
        """
        if not text.strip():
            return text
        place = ", ".join(filter(None, (on and f"sheet {on}", f"{of} {cell}")))
        body = text.removeprefix("=")
        try:
            if function := untraceable(body):
                self.untraced.append(f"{place} ({function})")
            own = self._own(on, row)
            if own and of == "cell" and not self._is_in_table(cell):
                own = self._is_across
            if of == "cell" and not single and not own:
                self._note_single(body, on, place)
            moved = moved_formula(
                body, on, self.insertion, single=single, sheets=self.sheets, stays=stays or own
            )
            moved = "=" * text.startswith("=") + moved
        except ValueError as error:
            self.problems.append(
                Problem(f"{self.where}, {place}", str(error), sheet=on or None, cell=cell)
            )
            return text
        self.formulas_moved |= moved != text
        return moved

    def _note_single(self, text: str, on: str, place: str) -> None:
        if f"{self.insertion.after}" not in text:
            return
        for found in references(text, on, self.sheets):
            row, _ = split_row(found.first)
            alone = not found.last and row == self.insertion.after and self.is_on(found.sheet)
            if alone and self._is_in_table(found.first):
                self.alone.append(f"{place} ({found.first})")
                return

    def _own(self, on: str, row: int) -> Callable[[Reference], bool] | None:
        """Return what says which references of a row stay as they are, if it is repeated."""
        return self._is_own if row == self.insertion.after and self.is_on(on) else None

    def _is_own(self, found: Reference) -> bool:
        """Whether a range is one that the repeated row has of itself, as each of its copies has."""
        ends = [split_row(end) for end in (found.first, found.last)]
        own = any(row == self.insertion.after and not fixed for row, fixed in ends)
        lower = any(row > self.insertion.after for row, _ in ends)
        return bool(found.last) and own and not lower and self.is_on(found.sheet)

    def _is_in_table(self, cell: str) -> bool:
        return not self.table_columns or split_address(cell)[0] in self.table_columns

    def _is_across(self, found: Reference) -> bool:
        """Whether a range that stands beside the table is of the row; one of a column grows."""
        (left, first_fixed, _), (right, last_fixed, _) = map(split_end, (found.first, found.last))
        column = left.strip("$") == right.strip("$") and first_fixed == last_fixed
        return not column and self._is_own(found)

    def laid(self, text: str, on: str, areas: str, *, of: str) -> str:
        """Return a formula that is laid over areas of cells, after the insertion.

        Its relative references count from the upper left corner. Where rows came between some of
        the cells and what they refer to, those that most cells refer to are kept.
        """
        refs = [ref for ref in areas.replace("$", "").split() if not is_dead(ref)]
        if not refs or not text.strip():
            return text
        if text.startswith("="):
            return "=" + self.laid(text[1:], on, areas, of=of)
        corners = [area_of(ref) for ref in refs]
        base = min(top for _, top, _, _ in corners)
        moved = self.formula(text, on, refs[0], row=base, of=of)
        if self.problems or not (self.is_on(on) or moved != text):
            return moved
        column = column_letters(min(left for left, _, _, _ in corners))
        counted = Counter(self._for_rows(text, on, column, base, _sample(corners)))
        if len(counted) < 2:
            return next(iter(counted), moved)
        (best, most), (_, next_most) = counted.most_common(2)
        if most == next_most:  # as far apart as that, what the upper left cell means is kept
            best = moved
        self.notes.append(
            f"sheet {on}, {of} {areas}: its formula {text} refers from some cells to others across "
            "the new rows; it is kept as most of the cells have it"
        )
        return best

    def _for_rows(
        self, text: str, on: str, column: str, base: int, rows: Iterable[int]
    ) -> Iterator[str]:
        insertion = self.insertion if self.is_on(on) else replace(self.insertion, count=0)
        home = f"{column}{moved_row(base, insertion)}"
        for row in rows:
            try:
                there = translated(text, f"{column}{base}", f"{column}{row}")
                own = self._own(on, row)
                moved = moved_formula(there, on, self.insertion, sheets=self.sheets, stays=own)
                back = translated(moved, f"{column}{moved_row(row, insertion)}", home)
            except ValueError:
                continue
            if "#REF!" not in back or "#REF!" in text:
                yield back


def _sample(areas: Sequence[Area]) -> list[int]:
    """Return rows of areas: all of them, or of many some that are spread evenly."""
    found: list[int] = []
    for _, top, _, bottom in areas[:_SAMPLE]:
        found += range(top, bottom + 1, max(1, (bottom - top + 1) // _SAMPLE))
    return found[:: max(1, len(found) // (4 * _SAMPLE))]
