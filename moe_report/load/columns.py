"""What each column of a sheet of models is: a field or several, carried along, or to be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import Literal

from moe_report.errors import first_of, shortened
from moe_report.load.decisions import Decisions
from moe_report.load.grid import Grid
from moe_report.load.layout import Layout
from moe_report.ooxml.addresses import column_letters
from moe_report.schema.fields import FEWEST
from moe_report.schema.headers.headers import Headers
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.headers.text import folded
from moe_report.schema.headers.values import Reading
from moe_report.text import is_number, shown

State = Literal["read", "ask", "carried"]
_LONGEST_TYPED = 30  # characters of a header that a command is shown with; of others its cell
_SAMPLES = 400  # values of a column by which its header is decided
_SHOWN_VALUES = 3
_METRIC = re.compile(r"[a-z][a-z0-9_]*")  # how a metric is called
_SAMPLING = re.compile(r"\btop ?p\b|\btemperature\b|\bmin ?p\b")
_TOP_K = re.compile(r"\W*top ?k\W*")


@dataclass(frozen=True)
class ColumnReading:
    """What one column is.

    Attributes:
        number: Its number among a row's cells, from 1.
        header: Its header as messages name it.
        cell: Address of the header, or of the place where it would be.
        known: What its cells hold: a field or metric, or several; nothing if it is carried along.
        candidates: What it may be, the likeliest first, where that is to be asked.
        why: What decided.
        values: The first values below it, as texts.
        called: What reports call it if it is carried along; empty if that is its header.
        assumption: What it says that is no property of a model: it is carried along then.
        said: Whether the user has said what it is.
    """

    number: int
    header: str
    cell: str
    known: tuple[Known, ...] = ()
    candidates: tuple[Known, ...] = ()
    why: str = ""
    values: tuple[str, ...] = ()
    called: str = ""
    assumption: str = ""
    said: bool = False

    @property
    def state(self) -> State:
        """Whether it is read, or carried along, perhaps with a question."""
        return "read" if self.known else "ask" if self.candidates else "carried"

    @property
    def spelled(self) -> str:
        """How a command that is shown calls it."""
        return self.header if len(self.header) <= _LONGEST_TYPED else self.cell

    @property
    def question(self) -> str:
        """What is not known of a column, and how to say it."""
        names = [known.with_unit for known in self.candidates]
        may_be = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        return (
            f"the column {shown(self.header)} may be {may_be}: it is carried along, and no number "
            f"rests on it. --column '{self.spelled}={names[0]}' reads it so, "
            f"--column '{self.spelled}=' says that it is none"
        )


@dataclass(frozen=True)
class Columns:
    """What the columns of the rows below a header are.

    Attributes:
        bottom: The last row of the header.
        all: Every column that has a header or values.
    """

    bottom: int
    all: tuple[ColumnReading, ...]

    @cached_property
    def known(self) -> Mapping[int, tuple[Known, ...]]:
        """The fields and metrics of each column that has such, by its number."""
        return {column.number: column.known for column in self.all if column.known}

    @cached_property
    def carried(self) -> Mapping[int, str]:
        """What reports call the columns that are carried along, by their numbers."""
        return {one.number: one.called or one.header for one in self.all if not one.known}

    @cached_property
    def asked(self) -> tuple[ColumnReading, ...]:
        """The columns that may be a field's."""
        return tuple(column for column in self.all if column.state == "ask")

    def column(self, number: int) -> ColumnReading:
        """Return the column of a number."""
        return self._by_number[number]

    @cached_property
    def _by_number(self) -> Mapping[int, ColumnReading]:
        return {column.number: column for column in self.all}

    def at(self, name: str) -> int:
        """Return the number of the column of a field or metric that has one; the surest first."""
        holding = (column for column in self.all if name in (known.name for known in column.known))
        return min(holding, key=lambda column: len(column.known)).number


def read_columns(
    layout: Layout, headers: Headers, decisions: Decisions, rows: Sequence[int]
) -> Columns:
    """Return what the columns are, for the rows of models; the grid collects what is wrong."""
    reader = _Reader(layout, headers, decisions, rows)
    for column in range(1, layout.grid.last_column + 1):
        reader.read(column)
    reader.name_the_models()
    reader.settle_sampling()
    reader.settle_twins()
    reader.settle_equal_headers()
    reader.tell()
    return Columns(layout.bottom, tuple(reader.found.values()))


@dataclass
class _Reader:
    layout: Layout
    headers: Headers
    decisions: Decisions
    rows: Sequence[int]
    found: dict[int, ColumnReading] = field(default_factory=dict)
    said: set[int] = field(default_factory=set)  # columns of which the user has said what they are

    @property
    def grid(self) -> Grid:
        return self.layout.grid

    def read(self, column: int) -> None:
        header = self.layout.headers.get(column)
        row = header.row if header else self.layout.bottom
        if self.grid.is_broken(row, column):
            return
        text = header.shown if header else self.grid.text(row, column)
        values = self._values(column)
        if not text and not values:
            return
        cell = self.grid.address(row, column)
        sample = tuple(dict.fromkeys(" ".join(str(value).split()) for value in values))
        one = ColumnReading(column, text, cell, values=sample[:_SHOWN_VALUES])
        if not text:
            self._without_header(column, one)
            return
        own = header.text if header else text
        said = self.decisions.of(text, own, cell, _with_cell(text, cell))
        if said is not None:
            self.said.add(column)
            why = "said so" if said else "said to be none"
            self.found[column] = replace(one, known=said, why=why, said=True)
        elif self.grid.own_report:
            self._of_ours(column, one)
        else:
            reading = self.layout.readings.get(column) or self.headers.read(text)
            spelled, alone = self.headers.find(text), self.headers.find(own)
            has_unit = header is not None and header.unit  # which a name alone says nothing of
            if isinstance(alone, Known) and _is_name(own, alone) and not has_unit:
                reading = replace(reading, known=(alone,))  # whatever group stands above it
            elif isinstance(spelled, Known) and spelled.scale != 1:
                reading = replace(reading, known=(spelled,))  # documented so: that is sure
            else:
                reading = self.headers.decide(reading, values)
            one = _without_unit(_decided(one, reading), values)
            if not values:  # the heading of a group, or nothing yet: there is nothing to ask
                one = replace(one, candidates=(), why="no value below it")
            self.found[column] = one

    def _values(self, column: int) -> list[object]:
        return [
            value
            for row in self.rows[:_SAMPLES]
            if (value := self.grid.value(row, column)) not in (None, "")
        ]

    def _without_header(self, column: int, one: ColumnReading) -> None:
        """Carry a column without header along; in an earlier report it is a mistake."""
        if not self.grid.own_report:
            letters = one.cell.rstrip("0123456789") if not self.grid.turned else one.cell
            why = "has no header"
            self.found[column] = replace(one, header=f"column {letters}", why=why)
            return
        row = next(row for row in self.rows if self.grid.text(row, column))
        message = f"found {shown(self.grid.value(row, column))} in a column without header"
        self.grid.problem(row, column, f"{message}; expected a header in row {self.layout.bottom}")

    def _of_ours(self, column: int, one: ColumnReading) -> None:
        """A column of an earlier report, whose headers are the fields' and metrics' own names.

        Another header that stands for one is that column's, renamed, where it is the only one. A
        column of formulas under a header that we did not write is the user's, whatever that is.
        """
        known = self.headers.find(one.header)
        formulas = {row for row in self.rows if self.grid.formula(row, column)}
        computed = bool(formulas) and not any(
            self.grid.text(row, column) for row in self.rows if row not in formulas
        )
        theirs = computed and not self.grid.wrote(one.header)
        if one.header.startswith("#") or isinstance(known, str):
            if computed and not theirs and _METRIC.fullmatch(one.header):
                message = f"column {one.header!r} ({one.cell}) of the earlier report is skipped: "
                message += "its metric is not installed"
                self.grid.collected.notice("unknown-metric", message)
                return
            read = self.headers.read(one.header).known
            names = (item.name for item in read if item.kind == "assumption")
            own = next((name for name in names if name == one.header), "")  # varied in a sweep
            self.found[column] = replace(one, why="carried along before", assumption=own)
        elif one.header != known.name and known.name in self._headers:
            self.found[column] = replace(one, why=f"beside {known.name}")
        elif theirs or (computed and one.header in self._read_before(column)):
            called = _with_cell(one.header, one.cell)
            self.found[column] = replace(one, called=called, why="formulas of your own")
        else:
            self.found[column] = replace(one, known=(known,), why="its own name")

    @cached_property
    def _headers(self) -> frozenset[str]:
        return frozenset(header.text for header in self.layout.headers.values())

    def _read_before(self, column: int) -> set[str]:
        return {one.header for number, one in self.found.items() if number < column}

    # -- once all are read

    def name_the_models(self) -> None:
        """Take the first column of texts that differ for the names, where none is headed so."""
        if any(known.name == "name" for one in self.found.values() for known in one.known):
            return
        what = "row" if self.grid.turned else "column"
        why = f"the first {what} of texts that differ"
        # one that may be headed so, or else one before what is said of the named
        ahead = takewhile(lambda one: not one.known, self.found.values())
        asked = (
            one
            for one in self.found.values()
            if any(known.name == "name" for known in one.candidates)
        )
        chosen = next(filter(self._names, (*asked, *ahead)), None)
        if chosen is not None:
            name = self.headers.catalogue["name"]
            self.found[chosen.number] = replace(chosen, known=(name,), candidates=(), why=why)
            text = f"the models' names are taken from the {what} of {chosen.cell}, {why}"
            self.grid.collected.notice("names", text)

    def _names(self, one: ColumnReading) -> bool:
        """Whether a column has texts that all differ."""
        texts = [text for row in self.rows if (text := self.grid.text(row, one.number))]
        return bool(texts) and len(set(texts)) == len(texts) and not any(map(is_number, texts))

    def settle_sampling(self) -> None:
        """Ask about a top-k that stands beside what tokens are sampled with: it may be of these."""
        headers = [folded(one.header) for one in self.found.values()]
        if not any(_SAMPLING.search(header) for header in headers):
            return
        for column, one in self.found.items():
            if self.grid.own_report or column in self.said:
                continue
            if _TOP_K.fullmatch(folded(one.header)) and one.known:
                why = "may be of sampling, as its neighbours are"
                self.found[column] = replace(one, known=(), candidates=one.known, why=why)

    def settle_twins(self) -> None:
        """Leave each field to one column: the one that is surest of it."""
        first: dict[str, ColumnReading] = {}
        singles = [one for one in self.found.values() if len(one.known) == 1]

        def sureness(one: ColumnReading) -> tuple[bool, bool]:
            return one.number not in self.said, not _is_name(one.header, one.known[0])

        for one in sorted(singles, key=sureness):
            (known,) = one.known
            winner = first.setdefault(known.name, one)
            if winner is one:
                continue
            by_name = _is_name(winner.header, known) and not _is_name(one.header, known)
            if {winner.number, one.number} & self.said == {winner.number}:
                why = f"{known.name} is said to be in {winner.cell}"
                self.found[one.number] = replace(one, known=(), why=why)
            elif by_name and not self.grid.own_report:
                why = f"{known.name} is in {winner.cell}"
                self.found[one.number] = replace(one, known=(), candidates=(known,), why=why)
            elif self.grid.own_report:
                message = f"found {shown(one.header)}, which is {known.name} once more (already in "
                message += f"{winner.cell}); expected each column once"
                self.grid.problem(self.layout.headers[one.number].row, one.number, message)
                self.found[one.number] = replace(one, known=())
            elif known.field is not None and known.field.kind == "text":
                self.found[one.number] = replace(one, known=(), why=f"beside {winner.cell}")
            elif self._same_values(winner, one):
                self.found[one.number] = replace(one, known=(), why=f"repeats {winner.cell}")
            else:
                why = f"{winner.cell} and {one.cell} are both of it, and differ"
                for column in (winner.number, one.number):
                    asked = self.found[column]
                    candidates = asked.candidates or asked.known
                    self.found[column] = replace(asked, known=(), candidates=candidates, why=why)

    def _same_values(self, one: ColumnReading, other: ColumnReading) -> bool:
        """Whether two columns say the same wherever both say something."""
        if one.known[0].scale != other.known[0].scale:
            return False
        both = [
            (self.grid.text(row, one.number), self.grid.text(row, other.number))
            for row in self.rows
        ]
        filled = [pair for pair in both if all(pair)]
        return bool(filled) and all(first == second for first, second in filled)

    def settle_equal_headers(self) -> None:
        """Tell carried columns of one header apart by their cells.

        So is told apart in reports, whose every column has a name of its own, what has the name of
        a field or metric there.
        """
        seen: dict[str, ColumnReading] = {}
        for column, one in self.found.items():
            if one.known:
                continue
            twin = seen.setdefault(folded(one.header), one)
            unique = _with_cell(one.header, one.cell)
            if twin is not one and self.grid.own_report:
                message = f"found {shown(one.header)} once more (already in column "
                message += f"{column_letters(twin.number)}); expected each column once"
                self.grid.problem(self.layout.bottom, column, message)
            if twin is not one:
                self.found[column] = replace(one, header=unique)
            elif not self.grid.own_report and isinstance(self.headers.find(one.header), Known):
                self.found[column] = replace(one, called=unique)

    def tell(self) -> None:
        """Say what is carried along."""
        carried = [one for one in self.found.values() if one.state == "carried" and one.values]
        sheet = f"sheet {self.grid.sheet}"
        if carried and not self.grid.own_report:
            names = first_of([one.header for one in carried])
            self.grid.collected.notice("carried", f"carried along: {names}", sheet)
        for one in carried:
            if one.assumption:
                text = f"{shortened(one.header, 60)} is an assumption, no property of a model: "
                text += f"set it for all with --set {one.assumption}=… or in the sheet "
                text += "Assumptions"
                self.grid.collected.notice("assumption", text, f"{sheet}, cell {one.cell}")


def _with_cell(header: str, cell: str) -> str:
    """A header that no other column has."""
    return f"{header} ({cell})"


def _is_name(header: str, known: Known) -> bool:
    """Whether a header is a field's own name, which no value can make doubtful."""
    return folded(header) == folded(known.name)


def _without_unit(one: ColumnReading, values: Sequence[object]) -> ColumnReading:
    """Ask in which unit parameters are, where all are too few to be what they are."""
    meant = (*one.known, *one.candidates)
    if len(meant) != 1 or meant[0].unit != "parameters" or meant[0].scale != 1:
        return one
    if _is_name(one.header, meant[0]) or meant[0].field is not None:
        return one
    numbers = [abs(value) for value in values if isinstance(value, (int, float))]
    if not numbers or len(numbers) < len(values) or max(numbers) >= FEWEST:
        return one
    candidates = tuple(replace(meant[0], scale=scale) for scale in (10**9, 10**6))
    why = "too few to be single parameters: in billions or in millions"
    return replace(one, known=(), candidates=candidates, why=why)


def _decided(one: ColumnReading, reading: Reading) -> ColumnReading:
    known, candidates = (
        tuple(item for item in items if item.kind != "assumption")
        for items in (reading.known, reading.candidates)
    )
    assumed = next((item.name for item in reading.known if item.kind == "assumption"), "")
    one = replace(one, known=known, candidates=candidates, why=reading.why, assumption=assumed)
    return replace(one, why=f"the assumption {assumed}") if assumed else one
