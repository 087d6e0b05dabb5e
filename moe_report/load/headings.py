"""Rows of words below a header: the header again, headers of something else, or neither."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from moe_report.load.layout import Layout, like_a_number
from moe_report.load.says_number import says_a_number
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.values import Reading, seen_in

# ``again``: of the columns they stand in. ``table``: surely headers, and of other columns.
# ``other``: they name other things. ``words``: it cannot be told what they are.
# ``rule``: the line below a header in Markdown.
Kind = Literal["", "again", "table", "other", "words", "rule"]
_RULE = re.compile(r":?-{2,}:?")
# What a table is about that stands below one of models, and is no field of theirs.
_OTHER = re.compile(
    r"(?:prices?|costs?|[$€£¥]|vendors?|providers?|compan(?:y|ies)|countr(?:y|ies)|licen[cs]es?|gpus?|"
    r"devices?|accelerators?|hardware|memory|bandwidth|benchmarks?|scores?|power|currency)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Headings:
    """Judges rows of words by what their columns hold.

    Attributes:
        layout: The header, and the cells.
        headers: What recognises words of headers.
    """

    layout: Layout
    headers: Headers

    @property
    def names(self) -> frozenset[int]:
        """The columns of names; without a header of their own, all before those of fields."""
        readings = self.layout.readings
        named = frozenset(
            at
            for at, reading in readings.items()
            if any(known.name == "name" for known in reading.known)
        )
        fields = (at for at, reading in readings.items() if reading.state != "carried")
        return named or frozenset(range(1, min(fields, default=1)))

    def kind(self, row: int) -> Kind:
        """Return what the words of a row are; nothing of a row that has numbers or marks."""
        grid = self.layout.grid
        cells = grid.cells[row - 1]
        if any(isinstance(value, (int, float)) for value in cells):
            return ""  # as soon as can be: that is nearly every row
        found = range(1, len(cells) + 1)
        texts = {at: text for at in found if (text := grid.text(row, at))}
        if len(texts) < 2:
            return ""
        if all(map(_RULE.fullmatch, texts.values())):
            return "rule"
        if all(self._shown(at) == text.casefold() for at, text in texts.items()):
            return "again"
        names = self.names
        first = self.headers.read(next(iter(texts.values()))).known
        named = bool(first) and first[0].name == "name"
        if not all(self._is_word(row, at, named=named) for at in texts if at not in names):
            return ""
        verdicts = {self._verdict(at, text) for at, text in texts.items() if at not in names}
        against = {"other", ""} if named else {"other"}  # below "Model" all words are headers
        if "again" in verdicts and verdicts.isdisjoint(against):
            return "again"
        if named:
            return "table" if self._stand_over(row, texts) else "words"
        title = any(_OTHER.fullmatch(text) for at, text in texts.items() if at in names)
        return "other" if title or "other" in verdicts else "words"

    def _shown(self, at: int) -> str:
        header = self.layout.headers.get(at)
        return header.text.casefold() if header else ""

    def _is_word(self, row: int, at: int, *, named: bool) -> bool:
        """Whether a cell may be a header: neither a number nor a mark such as "yes" or "TBD".

        Beside "Model" it may have digits, if not first: "$ / 1M in".
        """
        value = self.layout.grid.value(row, at)
        if not isinstance(value, str) or self.layout.grid.formula(row, at):
            return False
        if any(map(str.isdigit, value)):
            return not (like_a_number(value) if named else says_a_number(value))
        return seen_in(value).kind not in ("", "flag", "no")

    def _verdict(self, at: int, text: str) -> Literal["", "again", "other", "none"]:
        """What a word says in its column: the same again, something else, or nothing.

        ``none`` is for a column that has no numbers of a field.
        """
        own, said = self.layout.readings.get(at), self.headers.read(text)
        if self._shown(at) == text.casefold() or _fields(own).items() & _fields(said).items():
            return "again"
        is_known = bool(said.known) and not said.of_text
        if not _fields(own):
            return "other" if is_known and not (own and own.of_text) else "none"
        return "other" if is_known or _OTHER.match(text) else ""

    def _stand_over(self, row: int, texts: Mapping[int, str]) -> bool:
        """Whether the row below has no number of a field but below these words."""
        grid = self.layout.grid
        if row >= len(grid.cells):
            return True
        return all(
            at in texts or not says_a_number(grid.value(row + 1, at))
            for at, reading in self.layout.readings.items()
            if reading.known and not reading.of_text
        )


def _fields(reading: Reading | None) -> dict[str, int | Decimal]:
    """The fields that have numbers and may be what a header says, each with its scale."""
    if reading is None:
        return {}
    return {
        known.name: known.scale
        for known in (*reading.known, *reading.candidates, *reading.together)
        if known.field is None or known.field.kind not in ("text", "flag")
    }
