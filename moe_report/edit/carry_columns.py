"""The user's own columns of the sheet Models: each cell is put into the new sheet as it was.

What it holds, a formula or a date or words in colours, and how it looks is copied from element to
element, for the old workbook's styles and texts are those of the new one, too. Formulas follow the
cells that they refer to, and go on for models that have come.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from moe_report.edit.carry_overlays import Overlays
from moe_report.edit.cell_keys import HEADING, Address
from moe_report.errors import InputError, Problem
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG, forget_value
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.column_spans import said_of_column, say_of_columns
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.rearranged import Moved, Rearranged, moved
from moe_report.ooxml.shared_formulas import write_alone
from moe_report.ooxml.tables import table_area
from moe_report.ooxml.texts import SheetContents

_OF_TOTALS = ("totalsRowLabel", "totalsRowFunction", "totalsRowDxfId", "totalsRowCellStyle")
_AT = re.compile(r"(?<![\w.\]])\[@(?:\[([^\[\]]+)\]|([^\[\]]+))\]")  # as it is typed, not stored
_OF_A_COLUMN = ("dataDxfId", "headerRowDxfId", "dataCellStyle", "headerRowCellStyle")


@dataclass
class UsersColumns:
    """The user's columns on their way from an old sheet Models to a new one.

    Args:
        before: The old workbook.
        after: The new one, in which the sheet is ours.
        old: The cells of the old sheet.
        contents: What stands in them.
        places: Where the cells of our sheets are now, those of Models first.
        header: The row of headers of the old sheet.
        columns: The numbers of the user's columns in the old sheet.
        totals: The numbers of the rows below the models that sum them up, which are the user's.
        filled: Cells of the new sheet, by column and row, whose values come from an input.
        where: The old workbook's name, for messages.

    Attributes:
        notes: What there is to say to the user afterwards.
    """

    before: Package
    after: Package
    old: CellsByRows
    contents: SheetContents
    places: tuple[Rearranged, ...]
    header: int
    columns: Collection[int]
    totals: Collection[int]
    filled: Collection[Address]
    where: str
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.models = self.places[0]
        self.moves = {
            column: self.models.columns[column]
            for column in self.columns
            if column in self.models.columns
        }
        self.part = self.after.sheets()[SHEET]
        self.new = cells_by_rows(self.after, self.part, f"{self.where}, sheet {SHEET}")
        self.sheets = tuple(self.before.sheets())
        rows = self.rows
        theirs = {
            (column, row): text
            for (column, row), text in self.contents.formulas.items()
            if row in self.totals or (column in self.moves and row in rows)
        }
        self.formulas = {f"{column_letters(at)}{row}": text for (at, row), text in theirs.items()}
        if self.contents.shares and theirs:
            self.formulas = self.old.formulas().texts(self.formulas)

    @property
    def rows(self) -> range:
        """The rows of models in the old sheet."""
        first, last = self.models.before
        return range(first, last + 1)

    def put(self) -> None:
        """Put them into the new sheet and its table.

        Raises:
            InputError: Something of them cannot be put there.
        """
        problems = list(self._problems())
        if problems:
            raise InputError(problems)
        table = self.after.related_part(self.part, "table")
        assert table is not None
        root = self.after.root(table)
        columns = root.findall(f"{TAG}tableColumns/{TAG}tableColumn")
        theirs = self._table_columns()
        for column, new in self.moves.items():
            self._heading(column, new)
            for row in self.rows:
                if row in self.models.rows:
                    self._cell(column, row, (new, self.models.rows[row]))
            self._go_on(column, new, columns[new - 1], theirs.get(column))
        for row in self.totals:
            below = row + self.models.after[1] - self.models.before[1]
            for column, new in self.models.columns.items():
                if column in self.old.grid.get(row, {}):
                    self._cell(column, row, (new, below))
        for column, new in self.models.columns.items():
            if column in theirs:
                self._total(theirs[column], columns[new - 1])
        if theirs:
            _sum_up(root, next(iter(theirs.values())).getroottree().getroot())
        else:
            self.notes.append(f"{self.old.where}: was no Excel Table any more; it is one again")
        self.after[table] = serialize(root)
        spans = {new: said_of_column(self.old.root, old) for old, new in self.moves.items()}
        say_of_columns(self.new.root, {new: said for new, said in spans.items() if said})
        ours = {*self.old.filled(self.header)} - {*self.columns}
        overlays = Overlays(self.old.root, self.new.root, self.places, self.sheets, ours)
        overlays.put()
        if overlays.lost:
            self.notes.append(
                f"{self.old.where}: not kept: conditional formats, validations or sparklines of "
                f"yours on {', '.join(dict.fromkeys(overlays.lost))}, for models or columns have "
                "moved"
            )
        self.after.hold(self.part, self.new)

    def _problems(self) -> Iterator[Problem]:
        for column in self.moves:
            for row in self.rows:
                formula = self._element(column, row, "f")
                kind = formula.get("t", "") if formula is not None else ""
                many = formula is not None and ":" in formula.get("ref", "")
                if kind == "dataTable" or (kind == "array" and many):
                    cell = f"{column_letters(column)}{row}"
                    message = "an array formula of several cells, or a data table, would be lost; "
                    message += "put it on a sheet of your own"
                    yield Problem(f"{self.old.where}, cell {cell}", message)

    def _element(self, column: int, row: int, tag: str = "") -> etree._Element | None:
        cell = self.old.grid.get(row, {}).get(column)
        return cell if cell is None or not tag else cell.find(f"{TAG}{tag}")

    def _table_columns(self) -> Mapping[int, etree._Element]:
        """The columns of the old table by their numbers."""
        found: dict[int, etree._Element] = {}
        for name in self.before.related_parts(self.before.sheets()[SHEET], "table"):
            root = self.before.root(name)
            left = table_area(root).left
            listed = root.iterfind(f"{TAG}tableColumns/{TAG}tableColumn")
            found |= dict(enumerate(listed, start=left))
        return found

    # -- headers

    def _heading(self, column: int, new: int) -> None:
        """Take over what stands above the cells; the header as the new table says it."""
        for above in range(HEADING + 1):
            row = self.header - above
            cell = self._element(column, row)
            if cell is None:
                continue
            if above and self.old.has(row, column):
                self._copy(cell, (new, self.models.rows[row]))
            elif cell.get("s", "0") != "0":
                self.new.cell(self.models.rows[row], new).set("s", cell.get("s", "0"))

    # -- cells

    def _copy(self, cell: etree._Element, to: Address) -> etree._Element:
        """Put a copy of a cell in the place of another."""
        column, row = to
        target = self.new.cell(row, column)
        for child in list(target):
            target.remove(child)
        target.attrib.clear()
        target.attrib.update(cell.attrib)
        target.set("r", f"{column_letters(column)}{row}")
        target.extend(deepcopy(list(cell)))
        return target

    def _cell(self, column: int, row: int, to: Address) -> None:
        cell = self._element(column, row)
        if to in self.filled:
            return
        if cell is None:
            there = self.new.grid.get(to[1], {}).pop(to[0], None)
            if there is not None:
                self.new.rows[to[1]].remove(there)
            return
        copy = self._copy(cell, to)
        formula = copy.find(f"{TAG}f")
        if formula is not None:
            self._follow(formula, copy, f"{column_letters(column)}{row}")

    def _follow(self, formula: etree._Element, copy: etree._Element, address: str) -> None:
        """Let a formula refer to what it referred to; where it cannot, its value stays."""
        said = self.formulas[address]
        try:
            now = self._moved(said)
        except ValueError:
            copy.remove(formula)
            self.notes.append(
                f"{self.old.where}, cell {address}: your formula ={said} is replaced by its value, "
                "for models or columns have moved"
            )
            return
        self._tell_lost(now, f"cell {address}")
        is_array = formula.get("t") == "array"
        write_alone(formula, now.text)
        if is_array:
            formula.set("t", "array")
            formula.set("ref", copy.get("r", ""))
        forget_value(copy)

    def _moved(self, text: str) -> Moved:
        return moved(_in_full(text), SHEET, self.sheets, self.places)

    def _tell_lost(self, now: Moved, place: str) -> None:
        if now.lost:
            gone = ", ".join(dict.fromkeys(now.lost))
            self.notes.append(
                f"{self.old.where}, {place}: refers to {gone}, which the report does not have any "
                "more; there it says #REF!"
            )

    # -- totals

    def _total(self, theirs: etree._Element, said: etree._Element) -> None:
        """Let a column of the new table be summed up as it was in the old one."""
        for name in _OF_TOTALS:
            if theirs.get(name):
                said.set(name, theirs.get(name, ""))
        formula = theirs.find(f"{TAG}totalsRowFormula")
        if formula is not None:
            copy = deepcopy(formula)
            try:
                copy.text = self._moved(formula.text or "").text
            except ValueError:
                said.attrib.pop("totalsRowFunction", "")
                return
            said.append(copy)

    # -- models that have come

    def _go_on(
        self,
        column: int,
        new: int,
        said: etree._Element,
        theirs: etree._Element | None,
    ) -> None:
        """Give the new models the formula that the whole column has, and its look."""
        rows = [row for row in self.rows if row in self.models.rows]
        kept = set(self.models.rows.values())
        first, last = self.models.after
        come = [row for row in range(first, last + 1) if row not in kept]
        come = [row for row in come if (new, row) not in self.filled]
        styles = {self._style(column, row) for row in self.rows}
        pattern = self._pattern(column, rows)
        for row in come:
            if len(styles) == 1 and (style := next(iter(styles))):
                self.new.cell(row, new).set("s", style)
            if pattern is not None:
                origin, text = pattern
                home = f"{column_letters(new)}{origin}"
                text = translated(text, home, f"{column_letters(new)}{row}")
                self.new.put(row, new, {"f": text}, None)
        if come and pattern is None and any(self._has_formula(column, row) for row in self.rows):
            cells = ", ".join(f"{column_letters(new)}{row}" for row in come)
            self.notes.append(
                f"{self.old.where}, column {column_letters(column)}: its formulas are not all one, "
                f"so the new models have none there ({cells})"
            )
        if theirs is None:
            return
        for name in _OF_A_COLUMN:
            if theirs.get(name):
                said.set(name, theirs.get(name, ""))
        if pattern is not None and theirs.find(f"{TAG}calculatedColumnFormula") is not None:
            origin, text = pattern
            formula = etree.SubElement(said, f"{TAG}calculatedColumnFormula")
            letters = column_letters(new)
            formula.text = translated(text, f"{letters}{origin}", f"{letters}{first}")

    def _style(self, column: int, row: int) -> str:
        cell = self._element(column, row)
        return "" if cell is None else cell.get("s", "")

    def _has_formula(self, column: int, row: int) -> bool:
        return self._element(column, row, "f") is not None

    def _pattern(self, column: int, rows: Sequence[int]) -> tuple[int, str] | None:
        """The formula that every cell of a column has, and the new row in which it is as it says.

        None if there is no such formula, or if it refers to other rows as they follow each other.
        """
        letters = column_letters(column)
        if not rows or not all(self._has_formula(column, row) for row in self.rows):
            return None
        said = {row: self.formulas[f"{letters}{row}"] for row in self.rows}
        plain = all(
            (element := self._element(column, row, "f")) is None or element.get("t") != "array"
            for row in self.rows
        )
        first = rows[0]
        home = f"{letters}{first}"
        try:
            alike = {translated(text, f"{letters}{row}", home) for row, text in said.items()}
            new = self.models.rows[first]
            text = _in_full(said[first])
            now = moved(text, SHEET, self.sheets, self.places, row=(first, new))
        except ValueError:
            return None
        return (new, now.text) if plain and len(alike) == 1 else None


def _sum_up(table: etree._Element, theirs: etree._Element) -> None:
    """Give a table as many rows of totals as another one has."""
    count = int(theirs.get("totalsRowCount") or 0)
    if count:
        first, _, last = table.get("ref", "").partition(":")
        column, row = split_address(last)
        table.set("ref", f"{first}:{column_letters(column)}{row + count}")
        table.set("totalsRowCount", str(count))
        table.attrib.pop("totalsRowShown", "")


def _in_full(formula: str) -> str:
    """A formula of the sheet Models as files have it.

    >>> _in_full("[@num_experts]*2")
    'Models[[#This Row],[num_experts]]*2'
    """
    return _AT.sub(lambda match: f"{SHEET}[[#This Row],[{match[1] or match[2]}]]", formula)
