"""Which formulas and pivot tables rest on cells that change, at once or by way of others.

All that has to know it asks here: what loses its stored value, and what is to be computed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from moe_report.ooxml.addresses import Area
from moe_report.ooxml.calculation import sheets_with_formulas
from moe_report.ooxml.cells import TAG, Cells, drop_value
from moe_report.ooxml.formula_cells import placed_formulas, some_of
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting import dependents
from moe_report.ooxml.resting.dependents import Place
from moe_report.ooxml.resting.formula_sources import ALL_CELLS, Changed, Reads, Sources, State
from moe_report.ooxml.resting.stale_pivots import PivotTable, pivot_tables


@dataclass(frozen=True, eq=False)
class FormulaCell:
    """A cell with a formula, and the cells that show what it gives.

    Attributes:
        sheet: The sheet's name.
        column: Its column.
        row: Its row.
        grid: The sheet's cells by row and column.
        area: The cells that show its values: its own, or all of an array.
        spills: Where its values may reach when they are more than they were.
        reads: What it rests on.
    """

    sheet: str
    column: int
    row: int
    grid: Mapping[int, Mapping[int, etree._Element]]
    area: Area
    spills: Area
    reads: Reads

    @property
    def places(self) -> Sequence[Place]:
        """Where the cells are that it reads."""
        return self.reads.places

    def forget(self) -> bool:
        """Drop the values that are stored, and say whether there were any."""
        left, top, right, bottom = self.area
        lost = False
        for row in some_of(range(top, bottom + 1), self.grid):
            for column in some_of(range(left, right + 1), self.grid[row]):
                cell = self.grid[row][column]
                if (column, row) == (self.column, self.row) or cell.find(f"{TAG}f") is None:
                    lost |= drop_value(cell)
        return lost


@dataclass(frozen=True)
class Resting:
    """What rests on cells that change.

    Attributes:
        formulas: Formulas of the workbook.
        pivots: Its pivot tables.
        roots: The XML of the sheets that have formulas, by their names.
        sources: What formulas of the workbook read.
        state: The cells that change, and those of the formulas and pivot tables.
    """

    formulas: Sequence[FormulaCell]
    pivots: Sequence[PivotTable]
    roots: Mapping[str, etree._Element]
    sources: Sources
    state: State


def resting_on(
    package: Package,
    changed: Mapping[str, Changed],
    repeated: Collection[str] = (),
    *,
    moved: bool = False,
) -> Resting:
    """Return what rests on cells. Nothing is changed.

    Args:
        package: The workbook.
        changed: The cells, by the sheet's name; formulas of sheets of which all cells change are
            none of those that are returned.
        repeated: Names of the sheets that will be there several times.
        moved: Whether rows have come in.
    """
    sources = Sources(package, repeated, moved=moved)
    state = _state(changed)
    roots = {
        name: package.root(part)
        for name, part in sheets_with_formulas(package).items()
        if changed.get(name) != ALL_CELLS
    }
    formulas = [item for name, root in roots.items() for item in _formulas(name, root, sources)]
    found = _resting([*formulas, *pivot_tables(package, sources)], state) if changed else []
    return Resting(
        [item for item in found if isinstance(item, FormulaCell)],
        [item for item in found if isinstance(item, PivotTable)],
        roots,
        sources,
        state,
    )


def _state(changed: Mapping[str, Changed]) -> State:
    return {
        name.casefold(): Changed(
            list(cells.areas), {at: [*rows] for at, rows in cells.cells.items()}
        )
        for name, cells in changed.items()
    }


def _resting(
    items: Sequence[FormulaCell | PivotTable], state: State
) -> list[FormulaCell | PivotTable]:
    """Return what rests on what changed, and add its cells to that."""
    first = [item for item in items if item.reads.meets(state)]
    found = dependents.resting_on(items, first)
    for item in found:
        state.setdefault(item.sheet.casefold(), Changed()).add_area(item.spills)
    return found


def _formulas(sheet: str, root: etree._Element, sources: Sources) -> Iterator[FormulaCell]:
    cells = Cells(root, sheet)
    for item in placed_formulas(cells):
        reads = Reads(unknown=True)
        if item.text is not None:
            reads = sources.read_by(item.text, sheet, item.column, item.row)
        yield FormulaCell(sheet, item.column, item.row, cells.grid, item.area, item.spills, reads)
