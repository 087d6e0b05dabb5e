"""Where a sheet has content, and its formulas: a look at its XML before any reader sees it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import NoReturn

from lxml import etree

from moe_report.errors import InputError, Problem, first_line
from moe_report.ooxml.addresses import Area, area_of, column_letters, split_address
from moe_report.ooxml.damage import TYPES, DamageError, broken_xml, no_shared_text, refuse_damage
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.guard import MAX_AREA, MAX_COLUMNS, MAX_ROWS
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import SAVE_AGAIN, parse
from moe_report.ooxml.rows import is_number


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Scan:
    """What a look at a sheet's XML says.

    Attributes:
        formulas: Formula cells by address.
        rows: Number of the last row with content.
        columns: Number of the last column with content.
        merged: Corners of the merged cells: first column and row, last column and row.
        hidden_rows: Numbers of the rows that are not shown.
        hidden_columns: Numbers of the columns that are not shown, the first and the last of each
            run.
    """

    formulas: dict[str, Formula]
    rows: int
    columns: int
    merged: tuple[Area, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()


def scan_sheet(xml: bytes, where: str, texts: int = 2**32) -> Scan:
    """Return where a sheet has content, and its formulas.

    Args:
        xml: Its part.
        where: Names it in errors.
        texts: How many texts there are that cells share.

    Raises:
        InputError: A cell lies out of bounds, or the XML is broken.
    """
    scan = _Scanner(where, texts)
    try:
        for event, item in etree.iterparse(
            io.BytesIO(xml), events=("start", "end"), tag=(_COLUMN, _ROW, _CELL, _MERGED),
            resolve_entities=False, no_network=True,
        ):  # fmt: skip
            if event == "start":
                if item.tag == _ROW:
                    scan.start_row(item)
            elif item.tag == _CELL:
                scan.cell(item)
            elif item.tag == _MERGED:
                scan.merged.append(area_of(item.get("ref", "")))
            elif item.tag == _COLUMN:
                if is_hidden(item):
                    scan.hidden_columns.append((int(item.get("min", 0)), int(item.get("max", 0))))
            else:
                item.clear()
                while item.getprevious() is not None:  # a million empty rows must not pile up
                    del item.getparent()[0]
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"{_damage(xml) or first_line(error)}; the file is damaged, {SAVE_AGAIN}"
        raise InputError([Problem(where, message)]) from error
    return Scan(
        scan.formulas,
        scan.last_row,
        scan.last_column,
        tuple(scan.merged),
        tuple(scan.hidden_rows),
        tuple(scan.hidden_columns),
    )


def _damage(xml: bytes) -> str:
    """What is wrong with a sheet, and in which line: looked for only once something is."""
    try:
        refuse_damage(parse(xml))
    except etree.XMLSyntaxError as error:
        return broken_xml(error)
    except DamageError as error:
        return str(error)
    return ""


def is_hidden(item: etree._Element) -> bool:
    """Whether a row or a run of columns is not shown."""
    return item.get("hidden") in ("1", "true")


_COLUMN, _ROW, _CELL, _MERGED = (f"{{{MAIN}}}{tag}" for tag in ("col", "row", "c", "mergeCell"))
_FORMULA, _VALUE = (f"{{{MAIN}}}{tag}" for tag in ("f", "v"))


class _Scanner:
    """Goes through a sheet cell by cell."""

    def __init__(self, where: str, texts: int) -> None:
        self.where = where
        self.texts = texts
        self.formulas: dict[str, Formula] = {}
        self.shared: dict[str, tuple[str, str]] = {}
        self.merged: list[Area] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self.last_row = self.last_column = 0
        self.row = self.column = 0
        self.columns: set[int] = set()

    def refuse(self, cell: str, message: str) -> NoReturn:
        raise InputError([Problem(f"{self.where}, cell {cell}", message)])

    def start_row(self, row: etree._Element) -> None:
        number = int(row.get("r") or self.row + 1)  # without one: the row below the one before
        if number <= self.row:
            self.refuse(
                f"A{number}",
                f"row {number} stands behind row {self.row} in the file; {SAVE_AGAIN}",
            )
        self.row, self.column = number, 0
        self.columns.clear()
        if is_hidden(row):
            self.hidden_rows.append(number)

    def formula(self, item: etree._Element, address: str, stored: bool) -> Formula:
        text, number = item.text or "", item.get("si")
        if number is None or item.get("t") != "shared":
            return Formula(text, stored)
        if text:
            self.shared[number] = (text, address)
        return Formula(text, stored, self.shared.get(number))

    def cell(self, cell: etree._Element) -> None:
        address = cell.get("r")
        if address is None:  # allowed: the cell right of the one before
            self.column += 1
            address = f"{column_letters(self.column)}{self.row}"
        else:
            self.column, row = split_address(address)
            if row != self.row:
                self.refuse(address, f"it stands in row {self.row} of the file; {SAVE_AGAIN}")
        if self.column in self.columns:
            self.refuse(address, f"the file holds it twice; {SAVE_AGAIN}")
        self.columns.add(self.column)
        kind = cell.get("t", "n")
        if kind not in TYPES or not cell.get("s", "0").isdecimal():
            raise ValueError(f"cell {address} has a type or a style that none has")
        if not len(cell):
            return
        formula, value = cell.find(_FORMULA), cell.find(_VALUE)
        text = value.text if value is not None else None
        if formula is not None:
            # openpyxl writes <v/> behind a formula; a formula that gives "" has the type str
            stored = bool(text) or (value is not None and kind == "str")
            self.formulas[address] = self.formula(formula, address, stored)
        if kind == "n" and text and not is_number(text):
            self.refuse(address, f"found {text!r}, while the file says that it is a number")
        if kind == "b" and text not in (None, "0", "1"):
            self.refuse(address, f"found {text!r}, while the file says that it is a truth value")
        if kind == "s" and text and (damage := no_shared_text(text, self.texts)):
            self.refuse(address, f"{damage}; the file is damaged, {SAVE_AGAIN}")
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        if self.last_row > MAX_ROWS or self.last_column > MAX_COLUMNS:
            self.refuse(
                address,
                f"there is content this far out; expected at most {MAX_ROWS:,} rows and "
                f"{MAX_COLUMNS:,} columns",
            )
        if self.last_row * self.last_column > MAX_AREA:
            self.refuse(
                address,
                f"the sheet is {self.last_row:,} rows by {self.last_column:,} columns up to here; "
                f"expected at most {MAX_AREA:,} cells",
            )
