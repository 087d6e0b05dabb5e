"""What an update would change in a report: models, columns and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from moe_report.load.models_sheet import Places
from moe_report.load.our_sheets import SHEET
from moe_report.load.workbook import Read
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.package import Package
from moe_report.reports import Report
from moe_report.schema.fields import TEXT_FIELDS

_SAME = 1e-12  # relative: LibreOffice stores 15 digits


@dataclass(frozen=True)
class Changes:
    """What a new report has otherwise than the old one.

    Attributes:
        added: Names of models that come.
        removed: Names of models that leave.
        new_columns: Fields and metrics that come.
        old_columns: Fields and metrics that leave.
        numbers: Names of the numbers that change, by model.
        unknown: Models whose numbers the old workbook does not store, so that nothing is known.
        kept: Headers of the user's own columns.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    new_columns: tuple[str, ...]
    old_columns: tuple[str, ...]
    numbers: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]
    kept: tuple[str, ...]


def changes_of(read: Read, package: Package, report: Report) -> Changes:
    """Return what a new report has otherwise than the old one, of which its workbook tells."""
    places = read.places
    assert places is not None
    cells = Cells(package.root(package.sheets()[SHEET]), SHEET)
    models = [model.name for model in report.models]
    numbers, unknown = {}, []
    for at, model in enumerate(models):
        if model not in places.rows:
            continue
        stored = _stored(cells, places, places.rows[model])
        if stored is None:
            unknown.append(model)
            continue
        changed = [
            name
            for name, column in report.columns.items()
            if name in stored and not _same(stored[name], column.cells[at].value)
        ]
        if changed:
            numbers[model] = tuple(changed)
    headers = read.columns[read.table.source.name, read.table.source.sheet]
    theirs = {header for model in report.models for header in model.carried}
    return Changes(
        added=tuple(name for name in models if name not in places.rows),
        removed=tuple(name for name in places.rows if name not in models),
        new_columns=tuple(name for name in report.columns if name not in places.columns),
        old_columns=tuple(
            name
            for name in places.columns
            if name not in report.columns and name not in ("name", *TEXT_FIELDS)
        ),
        numbers=numbers,
        unknown=tuple(unknown),
        kept=tuple(header for header in headers.carried.values() if header in theirs),
    )


def _stored(cells: Cells, places: Places, row: int) -> dict[str, float | None] | None:
    """The numbers that a row stores, by name; None if it has formulas without their values."""
    found: dict[str, float | None] = {}
    for name, column in places.columns.items():
        cell = cells.grid.get(row, {}).get(column)
        if cell is not None and _lacks_value(cell):
            return None
        found[name] = _number(cell)
    return found


def _lacks_value(cell: etree._Element) -> bool:
    return (
        cell.find(f"{TAG}f") is not None
        and not cell.findtext(f"{TAG}v")
        and cell.get("t") not in ("str", "e")
    )


def _number(cell: etree._Element | None) -> float | None:
    if cell is None or cell.get("t", "n") != "n":
        return None
    try:
        return float(cell.findtext(f"{TAG}v", ""))
    except ValueError:
        return None


def _same(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return math.isclose(old, new, rel_tol=_SAME)
