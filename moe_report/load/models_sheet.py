"""A sheet of models: its layout is found, its columns are understood, its rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from moe_report.errors import first_of
from moe_report.load.collected import LEFT_BEHIND, NO_NUMBER, SUMMARIES
from moe_report.load.columns import Columns, read_columns
from moe_report.load.decisions import Decisions
from moe_report.load.grid import HEADER_ROWS, Grid
from moe_report.load.headings import Headings
from moe_report.load.layout import Layout, find_layout
from moe_report.load.models_checks import check_comparisons
from moe_report.load.models_rows import RowReader
from moe_report.load.notes import asides_among
from moe_report.load.summaries import row_label, rows_below_models, summary_rows
from moe_report.schema.headers.headers import Headers
from moe_report.table import Row, Unclear
from moe_report.text import shown

_SHOWN_ROWS = 6  # rows that a line names


@dataclass(frozen=True)
class Places:
    """Where a sheet has what.

    Attributes:
        sheet: Name of the sheet.
        header: Number of the row that the headers of columns stand in; above a row of units.
        columns: Number of the column of each field and metric that has one of its own.
        scales: What one of a column's numbers is, where its header has a unit.
        rows: Number of the row of each model.
        totals: Numbers of the rows that sum up others.
        last_row: Number of the last row with content.
        last_column: Number of the last column with content.
    """

    sheet: str
    header: int
    columns: Mapping[str, int]
    scales: Mapping[str, float]
    rows: Mapping[str, int]
    totals: Sequence[int]
    last_row: int
    last_column: int


@dataclass(frozen=True)
class SheetRead:
    """What was read from a sheet of models.

    Attributes:
        rows: The models.
        unclear: Columns and cells that could not be told for sure.
        columns: What the columns are; None if there is no header.
        places: Where the sheet has what; None also if its models are columns.
    """

    rows: tuple[Row, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    columns: Columns | None = None
    places: Places | None = None


def read_models(
    grid: Grid,
    headers: Headers,
    decisions: Decisions,
    *,
    recalculated: bool,
    layout: Layout | None = None,
) -> SheetRead:
    """Return the models of a sheet and where it has what; the grid collects what is wrong.

    The values of formulas that the workbook's program left to be recalculated on opening may be
    stale. The layout is found if it is not known yet.
    """
    layout = layout or find_layout(grid, headers)
    if layout is None:
        grid.collected.problem(
            f"found no header row in the first {HEADER_ROWS} rows; expected a row with 'name' and "
            "field names such as 'num_experts' and 'num_experts_per_tok' (`moe-report init` writes "
            "a workbook that has one)",
            grid.sheet,
        )
        return SheetRead()
    return _Sheet(layout, headers, decisions).read(recalculated)


class _Sheet:
    def __init__(self, layout: Layout, headers: Headers, decisions: Decisions) -> None:
        self.layout = layout
        self.headers = headers
        self.grid = layout.grid
        self.collected = self.grid.collected
        self.repeated: list[int] = []
        rows = self._rows()
        self.asides = asides_among(layout, headers, rows)
        rows = [row for row in rows if row not in self.asides.rows]
        self.totals: tuple[int, ...] = ()
        self.columns = read_columns(layout, headers, decisions, rows)
        self.reader: RowReader | None = None
        if any(known[0].name == "name" for known in self.columns.known.values()):
            find = rows_below_models if self.grid.own_report else summary_rows
            summaries = find(self.grid, self.columns, rows)
            self._tell_summaries(summaries)
            self.totals = tuple(summaries)
            models = [row for row in rows if row not in summaries]
            self.reader = RowReader(self.grid, self.columns, headers.catalogue, models)

    def read(self, recalculated: bool) -> SheetRead:
        if self.reader is None:
            self.collected.problem(
                "found no column of the models' names; expected one headed 'name' or 'model'",
                self.grid.sheet,
            )
            return SheetRead(columns=self.columns)
        self._tell_merged()
        rows = self._read_rows(self.reader)
        self._tell_asides()
        self._tell_empty(self.reader.empty)
        self._tell_hidden(rows)
        check_comparisons(self.grid, self.columns, rows)
        if not rows and not self.collected.problems:
            self._refuse_empty(self.reader)
        text = "formulas that refer elsewhere than to their own row"
        for left, how in (
            (self.reader.left_behind, "are carried as values"),
            (self.reader.left_empty, "and have no stored value are carried along empty (Excel and "
             "LibreOffice store one when they save the file)"),
        ):  # fmt: skip
            if left:
                self._notice(LEFT_BEHIND, f"{text} {how}: {first_of(left, _SHOWN_ROWS)}")
        if recalculated and not self.grid.own_report and self.reader.formulas:
            self._tell_stale(self.reader.formulas)
        sheet = self.grid.sheet
        asked = tuple(
            Unclear(tuple(known.name for known in one.candidates), one.question,
                    f"{sheet}!{one.cell}")
            for one in self.columns.asked
        )  # fmt: skip
        unclear = (*asked, *_together(self.reader.unclear))
        places = None if self.grid.turned else self._places(rows)
        return SheetRead(tuple(rows.values()), unclear, self.columns, places)

    def _refuse_empty(self, reader: RowReader) -> None:
        """Refuse a sheet without a model, with what could be one if it were said."""
        below = "no row with a number" if reader.empty else "no model"
        message = f"found a header in row {self.layout.bottom} but {below} below it"
        if self.columns.asked:
            message = "no column is surely a number of a model's: "
            message += "; ".join(one.question for one in self.columns.asked)
        self.collected.problem(message, self.grid.sheet)

    def _places(self, rows: Mapping[int, Row]) -> Places:
        own = {known[0]: column for column, known in self.columns.known.items() if not known[1:]}
        return Places(
            sheet=self.grid.sheet,
            header=max(header.row for header in self.layout.headers.values()),
            columns={known.name: column for known, column in own.items()},
            scales={known.name: float(known.scale) for known in own},
            rows={row.name: at for at, row in rows.items()},
            last_row=len(self.grid.cells),
            totals=self.totals,
            last_column=self.grid.last_column,
        )

    def _rows(self) -> list[int]:
        """The rows below the header, without repetitions of it and what stands below others."""
        if self.grid.own_report:
            return list(self.grid.below(self.layout.bottom))
        found = []
        headings = Headings(self.layout, self.headers)
        reading = True
        for row in self.grid.below(self.layout.bottom):
            kind = headings.kind(row)
            if kind == "table" and reading:
                rest = f"what stands from {self.grid.address(row, 1)} on has headers of its own "
                rest += "and is not read"
                self._notice("second-table", rest)
                reading = False
            elif kind == "again":
                self.repeated.append(row)
                reading = True
            elif kind != "rule" and reading:
                found.append(row)
        return found

    def _read_rows(self, reader: RowReader) -> dict[int, Row]:
        """The models by the number of their row; one that has another's name is a problem."""
        rows: dict[int, Row] = {}
        first: dict[str, str] = {}
        name_at = self.columns.at("name")
        for at in reader.rows:
            row = reader.read(at)
            if row is None:
                continue
            if row.name in first:
                message = f"found a second model named {shown(row.name)} (the first is in"
                message += f" {first[row.name]}); expected each name once"
                self.grid.problem(at, name_at, message)
            first.setdefault(row.name, row.place)
            rows[at] = row
        return rows

    # -- what is said of the sheet

    def _notice(self, kind: str, text: str) -> None:
        self.collected.notice(kind, text, f"sheet {self.grid.sheet}")

    def _tell_summaries(self, summaries: Mapping[int, str]) -> None:
        if summaries:
            name_at = self.columns.at("name")
            named = [
                f"{shown(row_label(self.grid, row, name_at))} ({why})"
                for row, why in summaries.items()
            ]
            listed = first_of(named, _SHOWN_ROWS)
            self._notice(SUMMARIES, f"left out, for they sum up other rows: {listed}")

    def _tell_asides(self) -> None:
        """Say which rows are notes, headers again, or tables of something else."""
        if self.repeated:
            places = first_of([*map(self.grid.place, self.repeated)], _SHOWN_ROWS)
            self._notice("repeated-header", f"headers again, and skipped: {places}")
        notes = [
            f"{shown(row_label(self.grid, row, self.columns.at('name')))} ({self.grid.place(row)})"
            for row in self.asides.notes
        ]
        if notes:
            are = "is not a model and is" if len(notes) == 1 else "are not models and are"
            self._notice(NO_NUMBER, f"{first_of(notes, _SHOWN_ROWS)} {are} skipped")
        for rows in self.asides.tables:
            first, last = self.grid.place(rows[0]), self.grid.place(rows[-1])
            text = f"the table from {first} to {last} has headers of its own and is not read"
            self._notice("second-table", text)

    def _tell_empty(self, empty: Mapping[int, str]) -> None:
        """Say which rows have a name, or some text, and no number."""
        if not empty:
            return
        names = [
            f"{shown(name)} ({self.grid.place(row)})" if name else self.grid.place(row)
            for row, name in empty.items()
        ]
        have = "has no number at all and is" if len(names) == 1 else "have no number and are"
        self._notice(NO_NUMBER, f"{first_of(names, _SHOWN_ROWS)} {have} skipped")

    def _tell_merged(self) -> None:
        """Say which merged cells of fields stand for several models."""
        cells = [
            f"{self.grid.address(top, left)}:{self.grid.address(bottom, right)}"
            for left, top, right, bottom in self.grid.merged()
            if top > self.layout.bottom and bottom > top
            if any(left <= column <= right for column in self.columns.known)
        ]
        if cells and not self.grid.own_report:
            listed = first_of(cells, _SHOWN_ROWS)
            self._notice("merged", f"merged cells count for each of their rows: {listed}")

    def _tell_hidden(self, rows: Iterable[int]) -> None:
        scan = self.grid.scan
        most = len(self.grid.cells) if self.grid.turned else self.grid.last_column
        columns = {  # a run of them may say that it ends anywhere
            at for first, last in scan.hidden_columns for at in range(first, min(last, most) + 1)
        }
        models, fields = set(scan.hidden_rows), columns
        if self.grid.turned:
            models, fields = fields, models
        hidden = [self.grid.place(row) for row in rows if row in models]
        cells = [one.cell for one in self.columns.all if one.known and one.number in fields]
        if (hidden or cells) and not self.grid.own_report:
            listed = first_of([*hidden, *cells], _SHOWN_ROWS)
            self._notice("hidden", f"read although hidden: {listed}")

    def _tell_stale(self, formulas: Sequence[str]) -> None:
        self.collected.notice(
            "stale-values",
            "the program that wrote the file left its formulas to be computed on opening, so the "
            f"values stored with them ({first_of(formulas, 1)}) may be stale; to be sure, open the "
            "file in Excel or LibreOffice and save it",
        )


def _together(unclear: Sequence[Unclear]) -> Iterator[Unclear]:
    """One for all cells of a column of which the same is not clear."""
    alike: dict[tuple[object, ...], list[Unclear]] = {}
    for one in unclear:
        column = one.place.rstrip("0123456789")
        alike.setdefault((column, one.fields, one.cause or one.text), []).append(one)
    for first, *others in alike.values():
        if others:
            last = others[-1].place.rpartition("!")[2]
            place = f"{first.place}:{last} ({len(others) + 1} cells)"
            yield replace(first, place=place, model="")
        else:
            yield first
