"""One sheet of a workbook in the making: cells and notes that we stream, and their shell."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from openpyxl.formatting.rule import FormulaRule
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableStyleInfo

from moe_report.load.our_sheets import OUR_AUTHOR
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.notes import Note
from moe_report.ooxml.rows import SheetRows, Value, number_text
from moe_report.renderers.excel.palette import SUBTITLE, TABLE_HEAD, TITLE, Look, Palette
from moe_report.schema.assumptions import Assumption
from moe_report.schema.bounds import between
from moe_report.schema.fields import Field


@dataclass
class Sheet:
    """One sheet: its shell, and what is streamed into it.

    Widths and heights that are not set follow from the texts once the sheet is filled, by
    :func:`~moe_report.renderers.excel.column_widths.fit`.

    Attributes:
        shell: The openpyxl sheet that holds everything but cells and notes.
        palette: The styles of the workbook.
        rows: The cells.
        notes: The notes on cells.
        widths: Widths of columns in characters, by number.
        heights: Heights of rows in points, by number.
        charts: Name and alternative text of each chart.
        looks: Each column's number with the styles of its cells.
        limits: Columns that are as wide as their texts: the least, and the most for what wraps.
        texts: The texts by row and column, and what stands in columns that have a limit.
        spans: The last column that a text has room in, by row and first column.
        head: The header's row of a plain table; above it texts run over empty cells.
    """

    shell: Any  # an openpyxl Worksheet, whose published types are incomplete
    palette: Palette
    rows: SheetRows = field(default_factory=SheetRows)
    notes: list[Note] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    charts: list[tuple[str, str]] = field(default_factory=list)
    looks: set[tuple[int, int]] = field(default_factory=set)
    limits: dict[int, tuple[float, float]] = field(default_factory=dict)
    texts: dict[int, dict[int, tuple[str, Look]]] = field(default_factory=dict)
    spans: dict[tuple[int, int], int] = field(default_factory=dict)
    head: int = 0

    def put(self, row: int, column: int, value: Value, look: Look) -> None:
        """Fill a cell, or give an empty one a look; a text is never a formula."""
        self.rows.put(row, column, value, self.style(column, look))
        self.remember(row, column, value, look)

    def put_numbers(self, row: int, column: int, values: Sequence[float], look: Look) -> None:
        """Fill the cells of a row from a column on with numbers of one look."""
        style = self.palette(look)
        self.rows.put_numbers(row, column, values, style)
        for at, value in enumerate(values, start=column):
            self.looks.add((at, style))
            self.remember(row, at, value, look)

    def formula(
        self,
        row: int,
        column: int,
        formula: str,
        value: float | str | None,
        look: Look,
        *,
        error: bool = False,
    ) -> None:
        """Write a formula with the value that it has, or with an error as its value."""
        self.rows.formula(row, column, formula, value, self.style(column, look), error=error)
        self.remember(row, column, value, look)

    def remember(self, row: int, column: int, value: Value, look: Look) -> None:
        """Let a column with a limit, and a row, be as large as what stands in a cell needs."""
        if value and (isinstance(value, str) or column in self.limits):
            text = value if isinstance(value, str) else typed(value)
            self.texts.setdefault(row, {})[column] = (text, look)

    def style(self, column: int, look: Look) -> int:
        """Return the index of the style of cells of a column that look so."""
        style = self.palette(look)
        self.looks.add((column, style))
        return style

    def heading(self, title: str, subtitle: str) -> None:
        """Write the sheet's title and a line beneath it."""
        self.put(1, 1, title, TITLE)
        self.put(2, 1, subtitle, SUBTITLE)
        self.height(1, 26)

    def table_head(
        self,
        row: int,
        columns: Iterable[tuple[str, float]],
        *,
        right: Container[str] = (),
        fixed: Container[str] = (),
    ) -> None:
        """Write the header row of a plain table, which stays in sight and on each printed page.

        ``columns`` are headers and widths in characters, which a column has at most if its texts
        wrap and need less, and at least if it is in ``right``, as it holds numbers, or ``fixed``.
        """
        before, self.head = "", row
        for number, (name, most) in enumerate(columns, start=1):
            look = replace(TABLE_HEAD, horizontal="right") if name in right else TABLE_HEAD
            if before in right and name not in right:
                look = replace(look, indent=1)
            self.limits[number] = (most if name in right or name in fixed else 0, most)
            self.put(row, number, name, look)
            before = name
        self.freeze(f"A{row + 1}")
        self.print_setup(f"{row}:{row}")

    def make_table(self, area: str, row: int, headers: Sequence[str]) -> Any:
        """Make an area an Excel Table, named as the sheet is, with headers in a row; return it."""
        for column, name in enumerate(headers, start=1):
            self.shell.cell(row, column, name)  # openpyxl names the table's columns by it
        name = self.shell.title
        table: Any = Table(displayName=name, name=name, ref=area)
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        self.shell.add_table(table)
        return table

    def width(self, column: int, characters: float) -> None:
        """Set the width of a column."""
        self.widths[column] = characters
        self.shell.column_dimensions[column_letters(column)].width = characters + 0.71

    def merge(self, row: int, first: int, last: int) -> None:
        """Make cells of a row one."""
        area = CellRange(min_row=row, max_row=row, min_col=first, max_col=last)
        # its add() looks at all that there are, and there may be thousands
        self.shell.merged_cells.ranges.add(area)
        self.spans[row, first] = last

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self.heights[row] = points
        self.rows.height(row, points)

    def note(self, row: int, column: int, text: str) -> None:
        """Put a note on a cell."""
        self.notes.append(Note(row, column, text, OUR_AUTHOR))

    def chart(self, chart: Any, at: str, name: str, text: str) -> None:
        """Put an openpyxl chart on the sheet, its upper left corner on a cell.

        Lists of the sheet's objects call it by its name; the text is for those who cannot see it.
        """
        self.shell.add_chart(chart, at)
        self.charts.append((name, text))

    def link(self, row: int, column: int, location: str) -> None:
        """Make a cell a link to another place of the workbook."""
        address = f"{column_letters(column)}{row}"
        self.shell._hyperlinks.append(Hyperlink(ref=address, location=location))

    def allow(self, *areas: str, type: Literal["whole", "decimal", "list"], **rule: Any) -> None:
        """Let cells take only what an openpyxl data validation of some type allows."""
        rule.setdefault("showErrorMessage", True)
        check = DataValidation(type=type, **rule)
        for area in areas:
            check.add(area)
        self.shell.add_data_validation(check)

    def allow_number(self, area: str, what: Field | Assumption, *, blank: bool = True) -> None:
        """Let cells take only the numbers that a field or an assumption may be."""
        kind = "whole number" if what.whole else "number"
        expected = between(what.minimum, what.maximum, whole=what.whole)
        self.allow(
            area,
            type="whole" if what.whole else "decimal",
            operator="between",
            formula1=number_text(what.minimum),
            formula2=number_text(what.maximum),
            allow_blank=blank,
            errorTitle=what.label[:32],
            error=f"Expected a {kind}, {expected}{', or nothing' * blank}."[:255],
        )

    def highlight(self, area: str, where: str, **look: Any) -> None:
        """Give cells an openpyxl font or fill where a formula of the first of them is true."""
        self.shell.conditional_formatting.add(area, FormulaRule(formula=[where], **look))

    def freeze(self, cell: str, zoom: int = 100, *, gridlines: bool = False) -> None:
        """Freeze the panes above and left of a cell, and set zoom and gridlines."""
        freeze(self.shell, cell, zoom, gridlines=gridlines)

    def print_setup(self, title_rows: str, *, wide: int = 1, title_columns: str = "") -> None:
        """Print on landscape pages, ``wide`` pages wide, with rows and columns repeated."""
        setup = self.shell.page_setup
        setup.orientation = "landscape"
        setup.paperSize = 9  # A4
        setup.fitToWidth, setup.fitToHeight = wide, 0
        self.shell.sheet_properties.pageSetUpPr.fitToPage = True
        self.shell.print_title_rows = title_rows
        if title_columns:
            self.shell.print_title_cols = title_columns
        self.shell.oddFooter.left.text = "&F · &A"
        self.shell.oddFooter.right.text = "&P / &N"
        margins = self.shell.page_margins
        margins.left = margins.right = 0.4
        margins.top, margins.bottom, margins.footer = 0.5, 0.75, 0.35


def typed(number: float) -> str:
    """Return a number about as a cell without a unit shows it."""
    return f"{number:,.0f}" if number == int(number) else f"{number:.15g}"


def freeze(shell: Any, cell: str, zoom: int, *, gridlines: bool) -> None:
    """Freeze the panes of an openpyxl sheet above and left of a cell; set zoom and gridlines."""
    shell.freeze_panes = cell
    shell.sheet_view.zoomScale = zoom
    shell.sheet_view.showGridLines = gridlines
