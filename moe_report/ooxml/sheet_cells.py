"""The cells of a sheet: what its XML says of each, checked and put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from moe_report.errors import InputError, Problem
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cell_values import OUT_OF_RANGE, CellValue, CellValues, moment_of, number_of
from moe_report.ooxml.damage import TYPES, no_shared_text
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.guard import MAX_AREA, MAX_COLUMNS, MAX_ROWS
from moe_report.ooxml.package import SAVE_AGAIN
from moe_report.ooxml.plain_rows import PlainCells
from moe_report.ooxml.texts import in_one_spelling, unescaped

NOT_THERE = -1  # the style of a cell that the file does not have
_NO_CELLS: Sequence[CellValue] = ()
_Shape = tuple[tuple[str | None, ...], ...]  # the addresses, styles and types of a row's cells
_MOST_SHAPES = 500


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula cell.

    Attributes:
        text: Its formula; empty where it shares that of another cell.
        has_value: Whether a value is stored with it.
        shared: The formula that it shares, and the address of the cell that has it.
    """

    text: str
    has_value: bool
    shared: tuple[str, str] | None = None

    def at(self, address: str) -> str:
        """Return the formula of a cell, be it another's that it shares; empty if it is broken."""
        if self.text or self.shared is None:
            return self.text
        try:
            return translated(*self.shared, address)
        except ValueError:
            return ""


class SheetCells:
    """Takes cells row by row.

    Attributes:
        rows: The values of each row, up to its last cell with content.
        styles: The style of each cell of a row, by the row's number.
        formulas: Formulas by the row and column of their cells.
        errors: Rows and columns of the cells that hold an error such as #DIV/0!.
        hidden_rows: Numbers of the rows that are not shown.
        last_row: Number of the last row with content.
        last_column: Number of the last column with content.
    """

    def __init__(self, where: str, values: CellValues) -> None:
        self.rows: list[Sequence[CellValue]] = []
        self.styles: dict[int, tuple[int, ...]] = {}
        self.formulas: dict[tuple[int, int], Formula] = {}
        self.errors: set[tuple[int, int]] = set()
        self.hidden_rows: list[int] = []
        self.last_row = self.last_column = 0
        self._where = where
        self._values = values
        self._count = 2**32 if values.texts is None else len(values.texts)
        self._dates = values.formats.dates
        self._shared: dict[str, tuple[str, str]] = {}
        self._number = self._column = 0
        self._row: list[CellValue] = []
        self._row_styles: list[int] = []
        # What many cells have in common is worked out, and kept, once.
        self._letters: dict[str, int] = {}
        self._said: dict[str | None, int] = {None: 0}
        self._alike: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._texts: dict[str, str] = {}
        self._alike_formulas: dict[tuple[str, bool], Formula] = {}
        self._shapes: dict[_Shape, tuple[list[int], list[int]]] = {}

    def refuse(self, cell: str, message: str) -> NoReturn:
        """Refuse the sheet for a cell.

        Raises:
            InputError: Always.
        """
        raise InputError([Problem(f"{self._where}, cell {cell}", message)])

    def _refuse_kind(self, cell: str, text: str, kind: str) -> NoReturn:
        self.refuse(cell, f"found {text!r}, while the file says that it is {kind}")

    def start_row(self, said: str | None, *, hidden: bool) -> None:
        """Begin a row; one without a number is the one below the one before."""
        number = int(said or self._number + 1)
        if number <= self._number:
            self.refuse(
                f"A{number}",
                f"row {number} stands behind row {self._number} in the file; {SAVE_AGAIN}",
            )
        self._number, self._column = number, 0
        self._row, self._row_styles = [], []
        if hidden:
            self.hidden_rows.append(number)

    def end_row(self) -> None:
        """End a row."""
        if self._row:
            self.rows += [_NO_CELLS] * (self._number - 1 - len(self.rows))
            self.rows.append(self._row)
        if self._row_styles:
            alike = tuple(self._row_styles)
            self.styles[self._number] = self._alike.setdefault(alike, alike)

    def take(
        self, address: str | None, style: str | None, kind: str | None, shared: str | None,
        formula: str | None, text: str | None, inline: str | None,
    ) -> None:  # fmt: skip
        """Take the next cell of a row."""
        kind = "n" if kind is None else kind
        if address is None:  # allowed: the cell right of the one before
            column = self._column + 1
            address = self._at(column)
        else:
            column = self._column_of(address)
        self._column = column
        if kind not in TYPES:
            raise _odd(address)
        self._put_style(column, address, style)
        if kind == "e":
            self.errors.add((self._number, column))
        if formula is not None or shared is not None:
            self._put_formula(column, formula or "", shared, kind, text)
        elif text is None and inline is None:
            return
        self._fill(column, kind, text, inline)

    def take_all(self, cells: PlainCells) -> None:
        """Take the cells of a row, which mostly has the shape of another one."""
        shape = tuple(cells.letters), tuple(cells.styles), tuple(cells.kinds)
        count = len(cells.digits)
        usual = cells.shared.count(None) == cells.digits.count(str(self._number)) == count
        if not usual or shape not in self._shapes:
            for letters, digits, *said in zip(*cells, strict=True):
                self.take(None if letters is None else f"{letters}{digits}", *said)
            if usual and "e" not in cells.kinds and len(self._shapes) < _MOST_SHAPES:
                columns = [self._letters[letters] for letters in cells.letters if letters]
                self._shapes[shape] = columns, self._row_styles
            return
        columns, self._row_styles = self._shapes[shape]
        for column, kind, formula, text, inline in zip(
            columns, cells.kinds, cells.formulas, cells.texts, cells.inlines, strict=True
        ):
            if formula is not None:
                self._put_formula(column, formula, None, kind, text)
            elif text is None and inline is None:
                continue
            self._fill(column, kind or "n", text, inline)

    def _at(self, column: int) -> str:
        return f"{column_letters(column)}{self._number}"

    def _fill(self, column: int, kind: str, text: str | None, inline: str | None) -> None:
        """Put what a cell holds in its place."""
        if column > self.last_column or self._number > self.last_row:
            self._reach(self._number, column)
        value: CellValue = None
        if kind == "inlineStr":
            value = None if inline is None else self._kept(inline)
        elif text:
            value = self._value(text, kind, column)
        row = self._row
        if column > len(row):
            if column > len(row) + 1:
                row += [None] * (column - len(row) - 1)
            row.append(value)
        else:
            row[column - 1] = value

    def _column_of(self, address: str) -> int:
        row = str(self._number)
        letters = address[: -len(row)] if address.endswith(row) else address
        column = self._letters.get(letters)
        if column is None:
            column, stands_in = split_address(address)
            if stands_in != self._number:
                self.refuse(address, f"it stands in row {self._number} of the file; {SAVE_AGAIN}")
            self._letters[letters] = column
        return column

    def _put_style(self, column: int, address: str, said: str | None) -> None:
        style = self._said.get(said)
        if style is None:
            if said is None or not said.isdecimal():
                raise _odd(address)
            style = self._said[said] = int(said)
        styles = self._row_styles
        if column > len(styles):
            if column > len(styles) + 1:
                styles += [NOT_THERE] * (column - len(styles) - 1)
            styles.append(style)
        elif styles[column - 1] == NOT_THERE:
            styles[column - 1] = style
        else:
            self.refuse(address, f"the file holds it twice; {SAVE_AGAIN}")

    def _put_formula(
        self, column: int, text: str, shared: str | None, kind: str | None, value: str | None
    ) -> None:
        # openpyxl writes <v/> behind a formula; a formula that gives "" has the type str
        stored = bool(value) or (value is not None and kind == "str")
        if shared is None:
            said = text, stored
            formula = self._alike_formulas.get(said)
            if formula is None:
                formula = self._alike_formulas[said] = Formula(*said)
        else:
            if text:
                self._shared[shared] = (text, self._at(column))
            formula = Formula(text, stored, self._shared.get(shared))
        self.formulas[self._number, column] = formula

    def _value(self, text: str, kind: str, column: int) -> CellValue:
        """What a text stands for in a cell of a kind."""
        if kind == "n":
            number = number_of(text)
            if number is None:
                self._refuse_kind(self._at(column), text, "a number")
            style = self._row_styles[column - 1]
            if style not in self._dates:
                return number
            moment = self._values.moment(number, style)
            if moment is None:
                self.errors.add((self._number, column))
            return OUT_OF_RANGE if moment is None else moment
        if kind == "s":
            if damage := no_shared_text(text, self._count):
                self.refuse(self._at(column), f"{damage}; the file is damaged, {SAVE_AGAIN}")
            texts = self._values.texts
            return None if texts is None else texts[int(text)]
        if kind == "b":
            if text not in ("0", "1"):
                self._refuse_kind(self._at(column), text, "a truth value")
            return text == "1"
        if kind == "d":
            moment = moment_of(text)
            if moment is None:
                self._refuse_kind(self._at(column), text, "a date")
            return moment
        return self._kept(text)

    def _kept(self, text: str) -> str:
        """A text as it is read, the same one for all cells that have it."""
        if text not in self._texts:
            self._texts[text] = in_one_spelling(unescaped(text))
        return self._texts[text]

    def _reach(self, row: int, column: int) -> None:
        """Note how far out there is content, within bounds."""
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)
        if self.last_row > MAX_ROWS or self.last_column > MAX_COLUMNS:
            self.refuse(
                self._at(column),
                f"there is content this far out; expected at most {MAX_ROWS:,} rows and "
                f"{MAX_COLUMNS:,} columns",
            )
        if self.last_row * self.last_column > MAX_AREA:
            self.refuse(
                self._at(column),
                f"the sheet is {self.last_row:,} rows by {self.last_column:,} columns up to here; "
                f"expected at most {MAX_AREA:,} cells",
            )


def _odd(address: str) -> ValueError:
    return ValueError(f"cell {address} has a type or a style that none has")
