"""Rows among and below models that are none: notes, legends, and small tables of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile

from moe_report.load.layout import Layout
from moe_report.schema.headers.values import seen_in
from moe_report.schema.number_words import ABOUT, IGNORED, LABELS, MULTIPLES
from moe_report.schema.numerals import LONGEST
from moe_report.schema.sentences import without_places

# What begins a note even if a number stands beside it, as where a comma parts cells:
# "Source: vendor page, 2025".
_LABEL = re.compile(
    r"\W*(?:sources?|notes?|legend|remarks?|comments?|(?:last )?updated?|as of|date|references?|"
    r"quellen?|anmerkung(?:en)?|hinweise?|legende|stand|datum|notas?|fuentes?|fontes?|leyenda|"
    r"remarques?|légende|источники?|примечани[ея]|来源|來源|注|备注|備註|出典|注記|출처|비고|주)"
    r"\s*[:：]",
    re.IGNORECASE,
)  # fmt: skip
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_WORDS = 1  # beside a number, of those that nobody knows
_NO_NUMBERS = ("text", "architecture", "flag")
_KNOWN = frozenset({*LABELS, *MULTIPLES, *IGNORED, *(word.strip(" .") for word in ABOUT)})


@dataclass(frozen=True)
class Asides:
    """What of a sheet's rows is no model.

    Attributes:
        notes: Rows of texts.
        tables: The rows of each table that has headers of its own.
    """

    notes: tuple[int, ...] = ()
    tables: tuple[Sequence[int], ...] = ()

    @property
    def rows(self) -> frozenset[int]:
        """The numbers of all those rows."""
        return frozenset({*self.notes, *(row for rows in self.tables for row in rows)})


def says_a_number(value: object) -> bool:
    """Whether a cell may say a number of a model's, or that there is none.

    A sentence, a link or a date says none, whatever digits are in it.

    >>> [says_a_number(value) for value in (8, "~671B", "n/a", "see vendor page, 2025", "8 of 256")]
    [True, True, True, False, True]
    """
    if not isinstance(value, str):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    text = _DATE.sub("", without_places(value[:LONGEST])).strip()
    if not text.strip("()[] ") or _LABEL.match(text):
        return False
    if (kind := seen_in(text).kind) != "several":
        return kind not in _NO_NUMBERS
    words = (word.casefold() for word in _WORD.findall(text))
    return sum(word not in _KNOWN for word in words) <= _MOST_WORDS


def asides_among(layout: Layout, rows: Sequence[int]) -> Asides:
    """Return which of the rows below a header are no models.

    What has a name and a number may be a model, and is none only under headers of its own.
    """
    return _Finder(layout).read(rows)


@dataclass
class _Finder:
    layout: Layout
    notes: list[int] = field(default_factory=list)
    tables: list[Sequence[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        readings = self.layout.readings
        named = {
            at
            for at, reading in readings.items()
            if any(known.name == "name" for known in reading.known)
        }
        fields = [
            at for at, reading in readings.items() if reading.state != "carried" and at not in named
        ]
        # without a header of their own, they stand before what is said of them
        self.names = named or set(range(1, min(fields, default=1)))
        self.columns = {*self.layout.headers, *self.names}

    def read(self, rows: Sequence[int]) -> Asides:
        models = False
        for block in self._blocks(rows):
            counted = any(self._has_number(row) and not self._is_note(row) for row in block)
            if models and not counted:
                self.notes += [row for row in block if self._is_text(row)]
            else:
                table = self._table(block) if models else ()
                self.tables += [table] if table else []
                self.notes += [row for row in block if row not in table and self._is_note(row)]
            models = models or counted
        return Asides(tuple(self.notes), tuple(self.tables))

    def _blocks(self, rows: Sequence[int]) -> Iterator[list[int]]:
        """The rows between empty ones; what stands beside the table alone makes none full."""
        block: list[int] = []
        for row in rows:
            filled = self._filled(row)
            if block and not filled & self.columns:
                yield block
                block = []
            if filled:
                block.append(row)
        if block:
            yield block

    def _filled(self, row: int) -> set[int]:
        grid = self.layout.grid
        return {
            at
            for at in range(1, len(grid.cells[row - 1]) + 1)
            if grid.text(row, at) or grid.formula(row, at)
        }

    def _has_number(self, row: int) -> bool:
        grid = self.layout.grid
        return any(
            grid.formula(row, at) or grid.is_error(row, at) or says_a_number(grid.value(row, at))
            for at in self._filled(row) & self.columns - self.names
        )

    def _is_note(self, row: int) -> bool:
        """Whether a row has no name and no number, or is called a note."""
        grid, filled = self.layout.grid, self._filled(row)
        if not filled & self.names:
            has_text = any(isinstance(grid.value(row, at), str) for at in filled)
            return has_text and not self._has_number(row)
        numbers = [at for at in filled - self.names if says_a_number(grid.value(row, at))]
        called = any(_LABEL.match(grid.text(row, at)) for at in self.names)
        return called and not grid.own_report and len(numbers) < 2

    def _is_text(self, row: int) -> bool:
        """Whether a row has more than a name, which alone may be a model's without numbers."""
        return bool(self._filled(row) & self.columns - self.names) or self._is_note(row)

    def _table(self, block: Sequence[int]) -> Sequence[int]:
        """The rows of a table in a block whose own headers stand over all that is below them."""
        if self.layout.grid.own_report:
            return ()
        titles = takewhile(lambda row: len(self._filled(row)) < 2, block)
        table = block[sum(1 for _ in titles) :]
        if len(table) < 2:
            return ()
        headers, *below = map(self._filled, table)
        gapless = max(headers) - min(headers) < len(headers) < len(self.layout.headers)
        over_all = headers.issuperset(chain(*below))
        are_texts = all(self._is_header(table[0], column) for column in headers)
        return table if gapless and over_all and are_texts else ()

    def _is_header(self, row: int, column: int) -> bool:
        value = self.layout.grid.value(row, column)
        if not isinstance(value, str) or self.layout.grid.formula(row, column):
            return False
        has_digit = any(map(str.isdigit, value))
        return not says_a_number(value) if has_digit else bool(seen_in(value).kind)
