"""Columns of ours that a report does not have any more: deleted, or under another header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from moe_report.edit.cell_keys import Contents
from moe_report.errors import Problem, first_of
from moe_report.load.columns import ColumnReading
from moe_report.load.our_sheets import SHEET
from moe_report.load.record import Footprint, mark_of_constant
from moe_report.load.workbook import Read
from moe_report.text import shown


class GoneColumns(NamedTuple):
    """A problem for each column that seems to have another header, and a note on all others."""

    renamed: list[Problem]
    told: list[str]


def gone_columns(
    read: Read, ours: Footprint, cells: Contents, fresh: Iterable[str], file: str
) -> GoneColumns:
    """Return what there is to say of columns that we wrote and that are not there any more.

    The new report has them again, without what was typed in them.

    Args:
        read: What was read from the old report.
        ours: What we wrote on its sheet Models.
        cells: What stands on that now.
        fresh: The names of fields and metrics that head columns of the new one, left to right.
        file: The old report's name, for messages.
    """
    assert read.places is not None
    now, rows = read.places.columns, read.places.rows.values()
    gone = [name for name in fresh if mark_of_constant(name) in ours.texts and name not in now]
    columns = read.columns[read.table.source.name, read.table.source.sheet].all
    strangers = {
        one.number: one
        for one in columns
        if not one.known and not one.said and mark_of_constant(one.header) not in ours.texts
        if any(not cells.get((one.number, row), "=").startswith("=") for row in rows)
    }
    where = f"{file}, sheet {SHEET}"
    renamed = dict(_in_place_of([name for name in fresh if name in {*now, *gone}], now, strangers))
    problems = [
        Problem(
            f"{where}, cell {one.cell}",
            f"found {shown(one.header)} where the report had the column {name}, which would come "
            f"back empty; --column '{one.spelled}={name}' reads it so, --column '{one.spelled}=' "
            "says that it is a column of your own",
            sheet=SHEET,
            cell=one.cell,
        )
        for name, one in renamed.items()
    ]
    deleted = [name for name in gone if name not in renamed]
    told = f"{where}: columns of the report are gone, and come back without what was typed in them"
    return GoneColumns(problems, [f"{told}: {first_of(deleted)}"] if deleted else [])


def _in_place_of(
    names: Sequence[str], now: Mapping[str, int], strangers: Mapping[int, ColumnReading]
) -> Iterator[tuple[str, ColumnReading]]:
    """Give the names that have no column, each with the stranger that stands in its place.

    Right of all of ours the user's own columns stand, whatever of ours is gone there.
    """
    at, last = 0, max(now.values())
    for name in names:
        if name in now:
            at = now[name]
        elif at + 1 in strangers and at + 1 < last:
            at += 1
            yield name, strangers[at]
