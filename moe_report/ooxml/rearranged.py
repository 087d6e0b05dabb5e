"""Sheets that were written anew with rows and columns in other places, and what refers to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from moe_report.ooxml.addresses import LAST_COLUMN, LAST_ROW, Area, column_letters
from moe_report.ooxml.formula_text import Reference, reference_of, references, split_end
from moe_report.ooxml.references import is_dead

GONE = "#REF!"
_TEXT = re.compile(r'("(?:[^"]|"")*")')


class GoneError(ValueError):
    """The cells that are referred to are not there any more."""


class ScatteredError(ValueError):
    """The cells that are referred to are in places now that no reference means."""


@dataclass(frozen=True)
class Rearranged:
    """Where the cells of a sheet are now.

    Attributes:
        sheet: Its name.
        columns: The new number of each column that is still there, by the old one.
        rows: The new number of each row that is still there, by the old one.
        before: The first and last of the rows of records, such as models, as they were.
        after: The first and last of these rows now: what meant all of them means all of these.
        table: The name of its Excel Table; empty if it has none.
        headers: What the headers of the table's columns are now, where they are others; empty for a
            column that is not there any more.
        is_sure: Whether what is not among the rows and columns is gone, rather than not found.
    """

    sheet: str
    columns: Mapping[int, int]
    rows: Mapping[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    table: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_sure: bool = True

    @property
    def is_same(self) -> bool:
        """Whether every cell is where it was."""
        places = (*self.columns.items(), *self.rows.items())
        return all(old == new for old, new in places) and self.before == self.after

    def area(self, area: Area, *, single: bool = False) -> Area:
        """Return where an area is; a single cell is that of one record, a range may be of all.

        Raises:
            GoneError: It is not there any more.
            ScatteredError: Its cells do not stand together, or in another order.
        """
        try:
            return self._area(area, single)
        except GoneError:
            if self.is_sure:
                raise
            raise ScatteredError from None

    def _area(self, area: Area, single: bool) -> Area:
        left, top, right, bottom = area
        columns = (left, right) if (left, right) == (1, LAST_COLUMN) else self._columns(left, right)
        if (top, bottom) == (1, LAST_ROW):
            rows = (top, bottom)
        elif single:
            rows = (self._row(top),) * 2
        else:
            rows = self._rows(top, bottom)
        return columns[0], rows[0], columns[1], rows[1]

    def _columns(self, left: int, right: int) -> tuple[int, int]:
        last = max(self.columns)
        behind = self.columns[last] - last
        if left > last:  # where nothing is
            return left + behind, min(right + behind, LAST_COLUMN)
        found = [self.columns.get(at) for at in range(left, min(right, last) + 1)]
        if set(found) == {None}:
            raise GoneError
        first = found[0]
        if first is None or found != list(range(first, first + len(found))):
            raise ScatteredError
        return first, first + right - left

    def _row(self, row: int) -> int:
        if row in self.rows:
            return self.rows[row]
        if row <= max((self.before[1], *self.rows)):
            raise GoneError
        return min(row + self.after[1] - self.before[1], LAST_ROW)  # below all there is

    def _rows(self, top: int, bottom: int) -> tuple[int, int]:
        (first, last), (new_first, new_last) = self.before, self.after
        if top > last or bottom < first:
            return self._row(top), self._row(bottom)
        starts = new_first if top == first else self._row(top) if top < first else 0
        ends = new_last if bottom == last else self._row(bottom) if bottom > last else 0
        if top <= first and bottom >= last:
            return starts, min(ends, LAST_ROW)
        inner = range(max(top, first), min(bottom, last) + 1)
        kept = sorted(self.rows[row] for row in inner if row in self.rows)
        if not kept:
            raise GoneError
        together = kept[-1] - kept[0] == len(kept) - 1
        if not together or (top < first and kept[0] != new_first):
            raise ScatteredError
        if bottom > last and kept[-1] != new_last:
            raise ScatteredError
        return (starts if top < first else kept[0]), (ends if bottom > last else kept[-1])


@dataclass(frozen=True)
class Moved:
    """A formula as it is now.

    Attributes:
        text: The formula.
        lost: What it referred to that is not there any more, as it was written.
    """

    text: str
    lost: tuple[str, ...] = ()


def moved(
    text: str,
    on: str,
    sheets: Sequence[str],
    places: Iterable[Rearranged],
    row: tuple[int, int] | None = None,
) -> Moved:
    """Return a formula, without ``=``, that refers to the same cells as before.

    Args:
        text: The formula.
        on: Name of the sheet on which it stands, or stood.
        sheets: Names of the workbook's sheets in order.
        places: The sheets whose cells have moved.
        row: The row that it counts from, if that is not one record's, and which it is now.

    Raises:
        ScatteredError: Some of its cells do not stand together any more.
        ValueError: It cannot be read.
    """
    by_sheet = {place.sheet.casefold(): place for place in places}
    pieces, lost, done = [], [], 0
    for found in references(text, on, sheets):
        if found.sheet.casefold() != found.last_sheet.casefold():
            spanned = {name.casefold() for name in found.spanned(sheets)}
            if any(not by_sheet[name].is_same for name in spanned & by_sheet.keys()):
                raise ScatteredError
            continue
        place = by_sheet.get(found.sheet.casefold())
        if place is None:
            continue
        try:
            now = _written(found, _area(found, place, row if found.sheet == on else None))
        except GoneError:
            now = GONE
            lost.append(text[found.outset : found.end])
        pieces += [text[done : found.start], now]
        done = found.end
    result = "".join([*pieces, text[done:]])
    for place in by_sheet.values():
        result = _in_table(result, place, lost)
    return Moved(result, tuple(lost))


def _area(found: Reference, place: Rearranged, row: tuple[int, int] | None) -> Area:
    """Where a reference leads now; in the row that a formula counts from, it stays in that."""
    own = row is not None and found.area[1::2] == (row[0], row[0])
    if row is not None and own and not _is_fixed(found):
        left, _, right, _ = place.area((found.area[0], 1, found.area[2], LAST_ROW))
        return left, row[1], right, row[1]
    if row is not None and not place.is_same and not _is_fixed(found):
        raise ScatteredError
    return place.area(found.area, single=not found.last)


def _is_fixed(found: Reference) -> bool:
    ends = (split_end(end) for end in (found.first, found.last) if end)
    return all(dollar or not number for _, dollar, number in ends)


def _written(found: Reference, area: Area) -> str:
    left, top, right, bottom = area
    ends = [(found.first, left, top)]
    if found.last:
        ends.append((found.last, right, bottom))
    return found.gap.join(_end(*end) for end in ends)


def _end(said: str, column: int, row: int) -> str:
    letters, dollar, number = split_end(said)
    letters = ("$" * letters.startswith("$") + column_letters(column)) if letters else ""
    return f"{letters}{dollar}{row}" if number else letters


def _in_table(text: str, place: Rearranged, lost: list[str]) -> str:
    """Rename the columns of a table in a formula; those that are gone are added to ``lost``."""
    if not place.headers or place.table.casefold() not in text.casefold():
        return text
    column = r"(?:[^\[\]']|'.)+"
    inside = re.compile(rf"(?<=\[)({column})(?=\])")
    whole = re.compile(
        rf"(?<![\w.]){re.escape(place.table)}\[(?:{column}|(?:[^\[\]]|\[{column}\])+)\]",
        re.IGNORECASE,
    )
    renamed = {spelled(old).casefold(): new for old, new in place.headers.items()}

    def name(match: re.Match[str]) -> str:
        new = renamed.get(match[1].casefold())
        return match[1] if not new else spelled(new)

    def reference(match: re.Match[str]) -> str:
        names = [found.casefold() for found in inside.findall(match[0])]
        if any(renamed.get(found) == "" for found in names):
            lost.append(match[0])
            return GONE
        return inside.sub(name, match[0])

    pieces = _TEXT.split(text)
    pieces[::2] = [whole.sub(reference, piece) for piece in pieces[::2]]
    return "".join(pieces)


def spelled(header: str) -> str:
    """Return a header as references to its table's column write it.

    >>> spelled("# of [x]")
    "'# of '[x']"
    """
    return re.sub(r"(['#@\[\]])", r"'\1", header)


def moved_areas(sqref: str, place: Rearranged) -> tuple[str, Collection[str]]:
    """Return a list of areas of a sheet as they are now, and those that are not there any more.

    Of what was dead before, nothing is said.
    """
    now, lost = [], []
    for ref in (ref for ref in sqref.split() if not is_dead(ref)):
        try:
            found = reference_of(ref)
            area = place.area(found.area, single=False)
        except ValueError:
            lost.append(ref)
            continue
        now.append(_written(found, area))
    return " ".join(now), lost
