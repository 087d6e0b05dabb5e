"""The cells of a sheet, by row and column: what they hold, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

from moe_report.errors import InputError
from moe_report.load.collected import Collected
from moe_report.load.record import Footprint, mark_of_constant
from moe_report.ooxml.addresses import Area, column_letters
from moe_report.ooxml.cell_values import CellValues
from moe_report.ooxml.number_formats import GENERAL, NumberFormats
from moe_report.ooxml.package import Package
from moe_report.ooxml.scan import Scan, scan_sheet
from moe_report.ooxml.sheet_cells import NOT_THERE, Formula
from moe_report.ooxml.tables import tables_of
from moe_report.schema.assumptions import Assumption
from moe_report.text import is_number, shown

HEADER_ROWS = 30  # a header is looked for in so many rows
NO_FORMAT = ""  # how a cell is shown, where the file does not tell


@dataclass(frozen=True)
class Grid:
    """The values of a sheet within the bounds of its content; rows and columns count from 1.

    What is wrong with one of them is collected. In an earlier report, formulas may be ours. A grid
    that is turned has the sheet's columns as its rows; addresses are the sheet's all the same.
    ``tables`` are the names of the Excel Tables on it, case-folded; ``totals`` are the rows in
    which they sum up theirs, and ``heads`` those in which they have their headers. ``record`` is
    what we wrote on the sheet, and ``formats`` are how its cells show numbers, if that is known.
    """

    sheet: str
    cells: Sequence[Sequence[Any]]
    scan: Scan
    collected: Collected
    own_report: bool = False
    turned: bool = False
    tables: frozenset[str] = frozenset()
    totals: frozenset[int] = frozenset()
    heads: frozenset[int] = frozenset()
    record: Footprint | None = None
    formats: NumberFormats | None = None

    def wrote(self, text: str) -> bool:
        """Whether a text of an earlier report may be ours: it is unless the record says no."""
        texts = self.record.texts if self.record else ()
        return not texts or mark_of_constant(text) in texts

    def turn(self) -> Grid:
        """Return the same cells with the sheet's columns as rows."""
        columns = [list(column) for column in zip_longest(*self.cells)]
        return replace(self, cells=columns, turned=not self.turned)

    @cached_property
    def last_column(self) -> int:
        """Number of the last column with content."""
        return max((len(cells) for cells in self.cells), default=0)

    def below(self, row: int) -> range:
        """Return the numbers of the rows below one."""
        return range(row + 1, len(self.cells) + 1)

    def value(self, row: int, column: int) -> Any:
        """Return what a cell holds; None if it is empty or out of bounds."""
        if self._top:
            row = self._top.get((row, column), row)
        cells = self.cells[row - 1]
        return cells[column - 1] if column <= len(cells) else None

    def unlike(self, rows: Sequence[int]) -> Sequence[int]:
        """Return rows of which each other one has the styles of one, to look at in its place."""
        if self.turned:
            return rows
        return list({self.scan.styles.get(row): row for row in rows}.values())

    def row(self, row: int) -> Sequence[Any]:
        """Return what the cells of a row hold, up to the last that holds something."""
        if not self._top:
            return self.cells[row - 1]
        return [self.value(row, column) for column in range(1, self.last_column + 1)]

    def present(self, row: int) -> set[int]:
        """Return the columns of a row's cells that hold something, or have a formula."""
        found = {at for at, value in enumerate(self.row(row), 1) if value is not None}
        return found.union(self._marked.get(row, ()))

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds as text on one line; empty if there is nothing to be seen."""
        value = self.value(row, column)
        return "" if value is None else " ".join(str(value).split())

    def formula(self, row: int, column: int) -> Formula | None:
        """Return a cell's formula."""
        if column not in self._marked.get(row, ()):
            return None
        return self.scan.formulas.get((column, row) if self.turned else (row, column))

    def formula_text(self, row: int, column: int) -> str:
        """Return a cell's formula as it has it, shared or not; empty if it has none."""
        formula = self.formula(row, column)
        return formula.at(self.address(row, column)) if formula else ""

    def number_format(self, row: int, column: int) -> str:
        """Return how a cell shows its number."""
        if self.formats is None:
            return NO_FORMAT
        across, down = (row, column) if self.turned else (column, row)
        styles = self.scan.styles.get(down, ())
        style = styles[across - 1] if across <= len(styles) else NOT_THERE
        return GENERAL if style == NOT_THERE else self.formats.of(style)

    def address(self, row: int, column: int) -> str:
        """Return the address that a cell has in the sheet."""
        return address(column, row) if self.turned else address(row, column)

    def place(self, row: int) -> str:
        """Return where a row stands: ``Models!5``, or ``Models!E`` if it is a column there."""
        return f"{self.sheet}!{column_letters(row) if self.turned else row}"

    def merged(self) -> Iterable[Area]:
        """Return the corners of merged cells: first column and row, last column and row."""
        for left, top, right, bottom in self.scan.merged:
            yield (top, left, bottom, right) if self.turned else (left, top, right, bottom)

    @cached_property
    def _marked(self) -> Mapping[int, set[int]]:
        """The columns of a row's formulas and errors."""
        found: dict[int, set[int]] = {}
        for row, column in (*self.scan.formulas, *self.scan.errors):
            row, column = (column, row) if self.turned else (row, column)
            found.setdefault(row, set()).add(column)
        return found

    @cached_property
    def _top(self) -> Mapping[tuple[int, int], int]:
        """The first row of the merged cells that a cell lies in, below it in the same column."""
        if self.own_report:
            return {}
        return {
            (row, left): top
            for left, top, _, bottom in self.merged()
            for row in range(top + 1, min(bottom, len(self.cells)) + 1)
        }

    def header(self, *names: str) -> tuple[int, list[str]] | None:
        """Return the first row near the top that has these headers, and all of its, case-folded."""
        for row, cells in enumerate(self.cells[:HEADER_ROWS], start=1):
            headers = [str(cell).strip().casefold() for cell in cells]
            if {*names} <= {*headers}:
                return row, headers
        return None

    def skip_without(self, *names: str) -> None:
        """Record that the sheet is skipped, for it has no such columns."""
        columns = " and ".join(map(repr, names))
        text = f"the sheet {self.sheet} has no columns {columns} and is skipped"
        self.collected.notice("skipped-sheet", text)

    def problem(self, row: int, column: int, message: str, cause: str = "") -> None:
        """Record what is wrong with a cell; what cells of a column share has one cause."""
        self.collected.problem(message, self.sheet, self.address(row, column), cause)

    def is_error(self, row: int, column: int) -> bool:
        """Whether a cell holds an error such as #DIV/0!."""
        return ((column, row) if self.turned else (row, column)) in self.scan.errors

    def lacks_value(self, row: int, column: int) -> bool:
        """Whether a cell is a formula without a stored value, which is a problem then."""
        formula = self.formula(row, column)
        if formula is None or formula.has_value:
            return False
        what = f"the formula ={formula.text}" if formula.text else "a formula"
        message = f"found {what} without a stored value; open the file in Excel or LibreOffice and"
        self.problem(row, column, f"{message} save it")
        return True

    def number(self, row: int, column: int, what: Assumption, factor: float = 1) -> float | None:
        """Return an assumption's value in a cell; what is wrong with it is a problem.

        The cell's number is multiplied with a factor, which is that of its column's unit.
        """
        value = self.value(row, column)
        if self.lacks_value(row, column) or value in (None, ""):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            message = _no_number(value, what.name)
        elif expected := what.refusal(value * factor):
            message = f"found {value * factor!r}, expected {expected} for {what.name}"
        else:
            return float(value * factor)
        self.problem(row, column, message)
        return None

    def is_broken(self, row: int, column: int) -> bool:
        """Whether a cell has an error or lacks its value, which is a problem then."""
        if column not in self._marked.get(row, ()):
            return False
        if self.is_error(row, column):
            message = f"found the error {self.value(row, column)}; expected a value"
            self.problem(row, column, message)
            return True
        return self.lacks_value(row, column)


def read_grid(
    package: Package,
    values: CellValues,
    sheet: str,
    collected: Collected,
    own_report: bool,
    record: Footprint | None = None,
) -> Grid:
    """Return the cells of a sheet of a package, which refer to some values.

    Raises:
        InputError: The sheet as a whole cannot be read.
    """
    part = package.sheets()[sheet]
    scan = scan_sheet(package[part], f"{collected.file}, sheet {sheet}", values)
    try:
        areas = list(tables_of(package, part))
    except (ValueError, InputError):  # a broken one has no name
        areas = []
    tables = frozenset(area.name.casefold() for area in areas)
    totals = frozenset(row for area in areas for row in range(area.last + 1, area.bottom + 1))
    heads = frozenset(area.top for area in areas if area.first > area.top)
    return Grid(
        sheet, scan.cells or [[None]], scan, collected, own_report, False, tables, totals, heads,
        record, values.formats,
    )  # fmt: skip


def address(row: int, column: int) -> str:
    """Return the address of a cell.

    >>> address(7, 28)
    'AB7'
    """
    return f"{column_letters(column)}{row}"


def _no_number(value: object, name: str) -> str:
    """Return what to say of a value that stands in place of a number."""
    hint = " (it is stored as text; convert the cell to a number)"
    as_text = isinstance(value, str) and is_number(value)
    return f"found {shown(value)}, expected a number for {name}{hint * as_text}"


def sheet_named(wanted: str, names: Iterable[str]) -> str | None:
    """Return the sheet of that name; like Excel, without regard to case."""
    return {name.casefold(): name for name in names}.get(wanted.casefold())
