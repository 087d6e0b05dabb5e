"""The hidden sheet Chart data, where charts find the numbers of models alone.

Claims and lone layers stand among the rows of the table Models and are none. A single text among
the numbers of a point's x, such as a number that is missing, and Excel would plot 1, 2, 3 in place
of all of them. So numbers take the long way over this sheet, which has #N/A there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moe_report.compute.kinds import rows_by_kind
from moe_report.load.our_sheets import CHART_DATA_SHEET, SHEET
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.column_widths import header_width
from moe_report.renderers.excel.number_formats import number_format
from moe_report.renderers.excel.palette import LINK, QUIET, Look
from moe_report.renderers.excel.sheet import Sheet
from moe_report.reports import Report
from moe_report.schema.fields import FIELDS, LONE_LAYER

MOST_ROWS = 500  # of the table Models
SPARE_ROWS = 50  # for models that are added to it
_QUIET = Look(color=QUIET)
_LINK = Look(color=LINK)


class ChartData:
    """The sheet: first which rows of the table Models are drawn, then the numbers of each chart.

    Attributes:
        sheet: The sheet itself.
        models: The places of the models in the report.
        drawn: Those of the models that it has room for.
        count: The number of rows of each block.
    """

    def __init__(self, book: Book, report: Report) -> None:
        self.sheet: Sheet = book[CHART_DATA_SHEET]
        self.sheet.shell.sheet_state = "hidden"
        note = "Data of charts: which rows of the table Models are drawn, and their numbers."
        self.sheet.put(1, 1, note, Look(color=QUIET, italic=True))
        self._next = 2
        self._report = report
        self.count = min(len(report.models) + SPARE_ROWS, MOST_ROWS)
        self.models = rows_by_kind(report).get("models", ())
        self.drawn = [at for at in self.models if at < self.count]
        self._first = self._rows() if report.charts or report.planner else 0

    def head(self, headers: Sequence[str]) -> int:
        """Begin a block with a row of headers; return the number of its first row."""
        head = self._next
        for number, header in enumerate(headers, start=1):
            self.sheet.put(head, number, header, Look(mono=True, size=9))
            width = max(self.sheet.widths.get(number, 0), header_width(header))
            self.sheet.width(number, width)
        self._next = head + self.count + 2
        return head + 1

    def _rows(self) -> int:
        """Write which rows are drawn, without gaps; return the number of the first row."""
        first = self.head(("row", "drawn", "up to here", "drawn row", "name"))
        last = first + self.count - 1
        known = {*self.drawn}
        up_to_here = 0
        for at in range(self.count):
            row, said = first + at, f"$A{first + at}"
            self.sheet.put(row, 1, at + 1, _QUIET)
            is_shown = f"SUBTOTAL(103,{_cell('name', said)})"  # 103 counts shown rows only
            drawn = f"IF({said}>ROWS({SHEET}[name]),0,{is_shown}*{_is_model(said)})"
            self.sheet.formula(row, 2, drawn, int(at in known), _LINK)
            up_to_here += at in known
            self.sheet.formula(row, 3, f"SUM($C{row - 1},$B{row})", up_to_here, _QUIET)
            place = f'IF({said}>$C${last},"",MATCH({said},$C${first}:$C${last},0))'
            is_one = at < len(self.drawn)
            self.sheet.formula(row, 4, place, self.drawn[at] + 1 if is_one else "", _QUIET)
            name = self._report.models[self.drawn[at]].name if is_one else ""
            link = f'IF($D{row}="","",{_cell("name", f"$D{row}")}&"")'
            self.sheet.formula(row, 5, link, name, _LINK)
        return first

    @property
    def names(self) -> tuple[int, int]:
        """The column and the first row of the names of what is drawn."""
        return 5, self._first

    def number(self, at: int) -> str:
        """The cell that counts a block's rows from 1, of one of its rows."""
        return f"$A{self._first + at}"

    def number_of_drawn(self, at: int) -> str:
        """The cell that has the number of what is drawn in the table Models, of a block's row."""
        return f"$D${self._first + at}"

    def numbers(
        self, first: int, columns: Sequence[str], *, together: bool, positive: bool = False
    ) -> None:
        """Write what is drawn of some columns of Models; a number that is missing is #N/A.

        Args:
            first: The first row of the block.
            columns: Fields and metrics.
            together: Whether a model that lacks one of the numbers has none of them.
            positive: Whether one that is not above 0 counts as missing.
        """
        for number, name in enumerate(columns, start=1):
            column = self._report.columns[name]
            look = Look(color=LINK, number_format=number_format(column))
            asked = columns if together else [name]
            for at in range(self.count):
                place = f"$D{self._first + at}"
                cells = [_cell(one, place) for one in asked]
                listed = ",".join(cells)
                has_all = f"COUNT({listed})={len(cells)}"
                if positive:
                    has_all = f"AND({has_all},MIN({listed})>0)"
                formula = f'IF({place}="",NA(),IF({has_all},{_cell(name, place)},NA()))'
                lacks = at >= len(self.drawn) or self._lacks(self.drawn[at], asked, positive)
                value = "#N/A" if lacks else column.cells[self.drawn[at]].value
                self.sheet.formula(first + at, number, formula, value, look, error=lacks)

    def _lacks(self, at: int, columns: Sequence[str], positive: bool) -> bool:
        values = [self._report.columns[name].cells[at].value for name in columns]
        return any(value is None or (positive and value <= 0) for value in values)

    def known(self, values: Mapping[int, float | None]) -> list[float | None]:
        """Return numbers of models, by their places, in the order of a block."""
        found = [values.get(at) for at in self.drawn]
        return [*found, *([None] * (self.count - len(found)))]


def _cell(column: str, row: str) -> str:
    return f"INDEX({SHEET}[{column}],{row})"


def _is_model(row: str) -> str:
    """Return what is 1 for a model and 0 for what is none."""
    alone = ",".join(_cell(name, row) for name, it in FIELDS.items() if it.group == LONE_LAYER)
    in_a_model = f'OR({_cell("num_hidden_layers", row)}<>"",COUNT({alone})=0)'
    return f'AND({_cell("compare_with", row)}="",{in_a_model})'
