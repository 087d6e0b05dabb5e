"""A sheet of models: its header is found, its columns are understood, its rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moe_report.load.collected import NO_NUMBER
from moe_report.load.grid import HEADER_ROWS, Grid
from moe_report.load.models_checks import check_comparisons, refuse_merged
from moe_report.load.models_header import Columns, header_row, read_columns
from moe_report.load.models_rows import RowReader
from moe_report.schema.headers import Headers
from moe_report.table import Row


@dataclass(frozen=True)
class Places:
    """Where a sheet has what.

    Attributes:
        sheet: Name of the sheet.
        header: Number of the header row.
        columns: Number of the column of each field and metric.
        scales: What one of a column's numbers is, where its header has a unit.
        rows: Number of the row of each model.
        last_row: Number of the last row with content.
        last_column: Number of the last column with content.
    """

    sheet: str
    header: int
    columns: Mapping[str, int]
    scales: Mapping[str, float]
    rows: Mapping[str, int]
    last_row: int
    last_column: int


def read_models(
    grid: Grid, headers: Headers, *, allow_unknown: bool, recalculated: bool
) -> tuple[tuple[Row, ...], Places | None]:
    """Return the models of a sheet and where it has what; the grid collects what is wrong.

    Unknown columns may be carried along. The values of formulas that the workbook's program left
    to be recalculated on opening may be stale.
    """
    collected = grid.collected
    header = header_row(grid, headers)
    if header is None:
        collected.problem(
            f"found no header row in the first {HEADER_ROWS} rows; expected a row with 'name' and "
            "field names such as 'num_experts' and 'num_experts_per_tok' (`moe-report init` writes "
            "a workbook that has one)",
            grid.sheet,
        )
        return (), None
    columns = read_columns(grid, header, headers, allow_unknown=allow_unknown)
    refuse_merged(grid, columns)
    reader = RowReader(grid, columns)
    rows = _read_rows(grid, columns, reader)
    check_comparisons(grid, columns, rows)
    if not rows and not collected.problems:
        skipped = any(notice.kind == NO_NUMBER for notice in collected.notices)
        below = "no row with a number" if skipped else "no model"
        collected.problem(f"found a header in row {header} but {below} below it", grid.sheet)
    if recalculated and not grid.own_report and reader.formulas:
        first, *more = reader.formulas
        cells = f"{first} and {len(more)} more" if more else first
        collected.notice(
            "stale-values",
            "the program that wrote the file left its formulas to be computed on opening, so the "
            f"values stored with them ({cells}) may be stale; to be sure, open the file in Excel "
            "or LibreOffice and save it",
        )
    places = Places(
        sheet=grid.sheet,
        header=header,
        columns={known.name: column for column, known in columns.known.items()},
        scales={known.name: float(known.scale) for known in columns.known.values()},
        rows={row.name: at for at, row in rows.items()},
        last_row=len(grid.cells),
        last_column=grid.last_column,
    )
    return tuple(rows.values()), places


def _read_rows(grid: Grid, columns: Columns, reader: RowReader) -> dict[int, Row]:
    """The models by the number of their row; one that has another's name is a problem."""
    rows: dict[int, Row] = {}
    first: dict[str, str] = {}
    for at in grid.below(columns.header):
        row = reader.read(at)
        if row is None:
            continue
        if row.name in first:
            message = f"found a second model named {row.name!r} (the first is in {first[row.name]})"
            grid.problem(at, columns.at("name"), f"{message}; expected each name once")
        first.setdefault(row.name, row.place)
        rows[at] = row
    return rows
