"""What a workbook asks to be filled in: its cells, rows of tables, sheets and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from moe_report.errors import Notice
from moe_report.fill.expressions.expression import Expression
from moe_report.fill.table_notes import TableRules
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.tables import TableArea


@dataclass(frozen=True)
class TemplateCell:
    """A cell with expressions.

    Attributes:
        sheet: Name of its sheet.
        row: Number of its row, from 1.
        column: Number of its column, from 1.
        pieces: Its text, in literal texts and expressions. One expression alone is a typed cell.
    """

    sheet: str
    row: int
    column: int
    pieces: tuple[str | Expression, ...]

    @property
    def address(self) -> str:
        """Its address, e.g. ``C7``."""
        return f"{column_letters(self.column)}{self.row}"


@dataclass(frozen=True)
class TemplateTable:
    """A row of an Excel Table that repeats for each model.

    Attributes:
        sheet: Name of its sheet.
        part: The sheet's part of the package.
        area: The table.
        row: Number of the row that repeats.
        cells: The cells of the row with expressions.
        rules: Which models have a row, and in which order.
    """

    sheet: str
    part: str
    area: TableArea
    row: int
    cells: tuple[TemplateCell, ...]
    rules: TableRules


def columns_of(tables: Iterable[TemplateTable]) -> frozenset[int]:
    """Return the numbers of the columns of tables."""
    return frozenset(
        column for table in tables for column in range(table.area.left, table.area.right + 1)
    )


@dataclass(frozen=True)
class RepeatedSheet:
    """A sheet that repeats for each model.

    Attributes:
        part: Its part of the package.
        name: Its name, in literal texts and expressions.
        cells: Its cells with expressions.
    """

    part: str
    name: tuple[str | Expression, ...]
    cells: tuple[TemplateCell, ...]


@dataclass(frozen=True)
class NamedCell:
    """A defined name that is a metric, a field or an assumption.

    Attributes:
        name: As the workbook spells it.
        cell: Where it leads; the expression is what it stands for.
    """

    name: str
    cell: TemplateCell


@dataclass(frozen=True)
class Template:
    """All that a workbook asks for.

    Attributes:
        cells: Cells outside of what repeats.
        tables: Rows that repeat.
        sheets: Sheets that repeat.
        names: Defined names.
        notes: What looks as if it were to be filled and is left as it is.
    """

    cells: tuple[TemplateCell, ...]
    tables: tuple[TemplateTable, ...]
    sheets: tuple[RepeatedSheet, ...]
    names: tuple[NamedCell, ...]
    notes: tuple[Notice, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.cells or self.tables or self.sheets or self.names)

    @property
    def rows(self) -> dict[tuple[str, int], list[TemplateTable]]:
        """The tables of each row that repeats, by its sheet and number."""
        found: dict[tuple[str, int], list[TemplateTable]] = {}
        for table in self.tables:
            found.setdefault((table.sheet, table.row), []).append(table)
        return found
