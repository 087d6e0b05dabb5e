"""From a workbook to what it asks for: everything is looked at before anything is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.fill.defined_names import Named, named
from moe_report.fill.expressions.expression import Expression, parse_expression
from moe_report.fill.expressions.scope import Known, TemplateValueError
from moe_report.fill.placeholders import Inner, may_ask, split_text
from moe_report.fill.sheet_parts import (
    CellText,
    cell_text,
    cells_with_content,
    header_asks,
    other_sheets,
    parts_that_ask,
    shared_texts,
)
from moe_report.fill.table_notes import Order, asks, notes_of, read_note
from moe_report.fill.template import (
    NamedCell,
    RepeatedSheet,
    Template,
    TemplateCell,
    TemplateTable,
)
from moe_report.ooxml.addresses import Area, area_of, column_letters
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import Package, parse
from moe_report.ooxml.tables import TableArea, tables_of

MAX_EXPRESSIONS = 5000  # different ones
_MOST_PROBLEMS = 50
_EACH = {"m", "number"}
Place = tuple[int, int]


def read_template(package: Package, known: Known, where: str) -> Template:
    """Return what a workbook asks for.

    Args:
        package: The workbook; guard it first with :func:`moe_report.ooxml.guard.check_package`.
        known: The names that expressions may use.
        where: The file's name, for the error.

    Raises:
        InputError: Something in it cannot be filled in; every such place is named.
    """
    template, problems = inspect_template(package, known, where)
    if problems:
        raise InputError(problems)
    return template


def inspect_template(
    package: Package, known: Known, where: str
) -> tuple[Template, tuple[Problem, ...]]:
    """Return what a workbook asks for that is understood, and what is wrong with the rest."""
    reader = TemplateReader(package, known, where)
    try:
        template = reader.read()
    except (ValueError, KeyError, etree.XMLSyntaxError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError([Problem(where, f"a part of it cannot be read ({why})")]) from error
    problems = reader.problems
    if len(problems) > _MOST_PROBLEMS:
        more = Problem(where, "there are more problems like these")
        problems = [*problems[:_MOST_PROBLEMS], more]
    return template, tuple(problems)


@dataclass
class _Found:
    """What one sheet holds.

    Attributes:
        cells: Cells with expressions by row and column.
        formulas: Cells with a formula, of those that a name leads to.
        merged: Areas of merged cells.
    """

    cells: dict[Place, TemplateCell] = field(default_factory=dict)
    formulas: set[Place] = field(default_factory=set)
    merged: set[Area] = field(default_factory=set)


class TemplateReader:
    """Goes through a workbook and collects what it asks for, and every problem.

    Args:
        package: The workbook.
        known: The names that expressions may use.
        where: The file's name, for problems.
    """

    def __init__(self, package: Package, known: Known, where: str) -> None:
        self.package = package
        self.known = known
        self.where = where
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self._expressions: dict[str, Expression | TemplateValueError] = {}
        self._shared: dict[int, CellText] = {}

    def read(self) -> Template:
        """Return what the workbook asks for."""
        self._shared = dict(shared_texts(self.package))
        cells: list[TemplateCell] = []
        tables: list[TemplateTable] = []
        sheets: list[RepeatedSheet] = []
        names: list[NamedCell] = []
        by_sheet: dict[str, list[Named]] = {}
        for item in named(self.package, self.known):
            if self._is_ours(item):
                by_sheet.setdefault(item.sheet, []).append(item)
        self._refuse_other_sheets()
        for sheet, part in self.package.sheets().items():
            wanted = by_sheet.get(sheet, [])
            places = {(item.area[1], item.area[0]) for item in wanted}
            found = self._cells_of(sheet, part, places)
            if repeated := may_ask(sheet):
                sheets.append(self._repeated_sheet(sheet, part, found))
                taken = set(found.cells)
            else:
                own, taken = self._tables_of(sheet, part, found)
                tables += own
                rest = [cell for place, cell in found.cells.items() if place not in taken]
                refused = self._refuse_each(rest)
                cells += [cell for cell in rest if cell not in refused]
            rows = {(table.row, at) for table in tables if table.part == part
                    for at in range(table.left, table.right + 1)}  # fmt: skip
            names += self._named_cells(sheet, part, wanted, found, rows, repeated=repeated)
        self.notes.extend(parts_that_ask(self.package))
        return Template(tuple(cells), tuple(tables), tuple(sheets), tuple(names), tuple(self.notes))

    def _problem(self, sheet: str, cell: str, message: str) -> None:
        where = f"{self.where}, sheet {sheet}" + f", cell {cell}" * bool(cell)
        self.problems.append(Problem(where, message, sheet=sheet, cell=cell or None))

    # Cells

    def _cells_of(self, sheet: str, part: str, wanted: set[Place]) -> _Found:
        found = _Found()
        root = parse(self.package[part])
        for number, column, cell in cells_with_content(root):
            formula = cell.find(f"{TAG}f")
            if formula is not None:
                if (number, column) in wanted:
                    found.formulas.add((number, column))
                if "{{" in (formula.text or ""):
                    self.notes.append(
                        f"sheet {sheet}, cell {column_letters(column)}{number}: a formula is left "
                        "as it is, with its {{"
                    )
                continue
            text = cell_text(cell, self._shared)
            if may_ask(text.text):
                self._add_cell(found, sheet, part, number, column, text.text)
            if text.formatted and (number, column) in found.cells:
                place = f"sheet {sheet}, cell {column_letters(column)}{number}"
                self.notes.append(f"{place}: the formatting of single words is not kept")
        if wanted:
            found.merged = {
                area_of(item.get("ref", ""))
                for item in root.iterfind(f"{TAG}mergeCells/{TAG}mergeCell")
            }
        if header_asks(root):
            self.notes.append(f"sheet {sheet}: its header or footer is left as it is, with {{{{")
        return found

    def _add_cell(
        self, found: _Found, sheet: str, part: str, row: int, column: int, text: str
    ) -> None:
        pieces = self._pieces(sheet, f"{column_letters(column)}{row}", text)
        if pieces is None or not any(isinstance(piece, Expression) for piece in pieces):
            return
        cell = TemplateCell(sheet, part, row, column, pieces)
        if len(pieces) > 1 and any(_is_formula(piece) for piece in pieces):
            message = "`| formula` is for a cell that holds nothing else"
            self._problem(sheet, cell.address, message)
            return
        found.cells[row, column] = cell

    def _pieces(self, sheet: str, address: str, text: str) -> tuple[str | Expression, ...] | None:
        """The pieces of a text; None if something is wrong with it, which is said then."""
        if len(self.problems) > _MOST_PROBLEMS:
            return None  # enough is wrong
        try:
            pieces = split_text(text)
        except TemplateValueError as error:
            self._problem(sheet, address, error.message)
            return None
        found: list[str | Expression] = []
        wrong = []
        for piece in pieces:
            if isinstance(piece, str):
                found.append(piece)
                continue
            expression = self._expression(piece)
            if isinstance(expression, Expression):
                found.append(expression)
            else:
                wrong.append(expression.message)
        for message in dict.fromkeys(wrong):
            self._problem(sheet, address, message)
        return None if wrong else tuple(found)

    def _expression(self, inner: Inner) -> Expression | TemplateValueError:
        if inner.text not in self._expressions:
            if len(self._expressions) >= MAX_EXPRESSIONS:
                message = f"found more than {MAX_EXPRESSIONS:,} different expressions"
                raise InputError([*self.problems, Problem(self.where, message)])
            try:
                self._expressions[inner.text] = parse_expression(inner.text, self.known)
            except TemplateValueError as error:
                self._expressions[inner.text] = error
        return self._expressions[inner.text]

    def _refuse_each(self, cells: list[TemplateCell]) -> list[TemplateCell]:
        """Refuse cells that stand once and ask for something of each model, and return them."""
        refused = [cell for cell in cells if _uses_each(cell)]
        for cell in refused:
            self._problem(
                cell.sheet, cell.address,
                "found m or number outside of an Excel Table, whose row would repeat; expected "
                'models["a name"], or a sheet named {{ m.name }}',
            )  # fmt: skip
        return refused

    # Tables

    def _tables_of(
        self, sheet: str, part: str, found: _Found
    ) -> tuple[list[TemplateTable], set[Place]]:
        """The rows of a sheet that repeat, and the cells with expressions in all tables."""
        tables: list[TemplateTable] = []
        taken: set[Place] = set()
        notes: dict[Place, str] | None = None
        for table in tables_of(self.package, part):
            inside = {place: cell for place, cell in found.cells.items() if place in table}
            self._refuse_headers(inside, table)
            rows = sorted({row for (row, _), cell in inside.items()
                           if table.first <= row <= table.last and _uses_each(cell)})  # fmt: skip
            for row in rows[1:]:
                cell = next(cell for (at, _), cell in inside.items()
                            if at == row and _uses_each(cell))  # fmt: skip
                self._problem(
                    sheet, cell.address,
                    f"found a second row of the table {table.name} that repeats; the first is row "
                    f"{rows[0]}, expected one",
                )  # fmt: skip
            for row in rows:
                taken |= {place for place in inside if place[0] == row}
            if not rows:
                continue
            own = tuple(cell for _, cell in sorted(inside.items()) if cell.row == rows[0])
            notes = notes_of(self.package, part) if notes is None else notes
            said = {
                place: note for place, note in sorted(notes.items())
                if place in table and place[0] < table.first and asks(note)
            }  # fmt: skip
            sort, where = self._table_note(sheet, said)
            tables.append(
                TemplateTable(
                    sheet, part, table.part, table.name, rows[0], table.left, table.right,
                    own, sort, where,
                )
            )  # fmt: skip
        once = [cell for place, cell in found.cells.items() if place not in taken]
        taken |= self._refuse_formulas(once)
        return tables, taken

    def _refuse_formulas(self, cells: Iterable[TemplateCell]) -> set[Place]:
        """Refuse live formulas where no row of a table repeats, and return the places."""
        wrong = [cell for cell in cells if any(_is_formula(piece) for piece in cell.pieces)]
        for cell in wrong:
            message = "`| formula` is for a table's row that repeats: it needs the row's fields"
            self._problem(cell.sheet, cell.address, message)
        return {(cell.row, cell.column) for cell in wrong}

    def _refuse_headers(self, inside: Mapping[Place, TemplateCell], table: TableArea) -> None:
        for (row, _), cell in inside.items():
            if row < table.first:
                self._problem(
                    cell.sheet, cell.address,
                    f"is a header of the table {table.name}, which Excel keeps as plain text; "
                    "expected no expression",
                )  # fmt: skip

    def _table_note(self, sheet: str, said: Mapping[Place, str]) -> tuple[Order, Expression | None]:
        sort: Order = ()
        where: Expression | None = None
        for (row, column), note in said.items():
            address = f"{column_letters(column)}{row}"
            try:
                found = read_note(note, self.known)
            except TemplateValueError as error:
                self._problem(sheet, address, f"its note: {error.message}")
                continue
            if (found[0] is not None and sort) or (found[1] is not None and where):
                message = "its note says what another note of the table says already"
                self._problem(sheet, address, message)
                continue
            sort, where = found[0] or sort, found[1] or where
        return sort, where

    # Sheets

    def _repeated_sheet(self, sheet: str, part: str, found: _Found) -> RepeatedSheet:
        pieces = self._pieces(sheet, "", sheet) or (sheet,)
        parts = [piece for piece in pieces if isinstance(piece, Expression)]
        if parts and (
            any(piece.formula for piece in parts) or not any("m" in piece.names for piece in parts)
        ):
            self._problem(
                sheet, "", "its name asks for nothing of a model, expected such as {{ m.name }}"
            )
        for table in tables_of(self.package, part):
            inside = {place: cell for place, cell in found.cells.items() if place in table}
            self._refuse_headers(inside, table)
        self._refuse_formulas(found.cells.values())
        return RepeatedSheet(part, pieces, tuple(found.cells.values()))

    def _refuse_other_sheets(self) -> None:
        for name in other_sheets(self.package):
            if may_ask(name):
                self._problem(name, "", "is no worksheet, and only worksheets repeat")

    # Names

    def _is_ours(self, item: Named) -> bool:
        """Whether a name is to be filled; where not, why not is noted."""
        if item.local:
            why = "it is the name of one sheet only"
        elif not item.sheet:
            why = f"it leads to {item.said}, which is no cell"
        else:
            return True
        self.notes.append(f"name {item.name}: it is left as it is, because {why}")
        return False

    def _named_cells(
        self, sheet: str, part: str, wanted: list[Named], found: _Found, rows: set[Place],
        *, repeated: bool,
    ) -> Iterator[NamedCell]:  # fmt: skip
        seen: dict[Place, str] = {}
        for item in wanted:
            left, top, right, bottom = item.area
            address, place = f"{column_letters(left)}{top}", (top, left)
            said = f"the name {item.name} leads here, and"
            if (left, top) != (right, bottom) and item.area not in found.merged:
                self.notes.append(
                    f"name {item.name}: it is left as it is, because it leads to {item.said}, "
                    "which is no single cell"
                )
            elif place in found.cells:
                continue  # the cell says itself what it wants
            elif repeated:
                self._problem(sheet, address, f"{said} the sheet repeats; rename the name")
            elif place in rows:
                self._problem(sheet, address, f"{said} the row repeats; rename the name")
            elif place in found.formulas:
                self.notes.append(
                    f"name {item.name}: it is left as it is, because it leads to a formula, in "
                    f"cell {address} of sheet {sheet}"
                )
            elif place in seen:
                self._problem(sheet, address, f"{said} so does {seen[place]}; expected one of them")
            elif item.meant in self.known.columns and len(self.known.models or " ") != 1:
                self._problem(
                    sheet, address,
                    f"{said} there are {len(self.known.models or ())} models; rename the name and "
                    f'write {{{{ models["a name"].{item.meant} }}}} into the cell',
                )  # fmt: skip
            else:
                seen[place] = item.name
                yield NamedCell(item.name, self._named(item, sheet, part, top, left))

    def _named(self, item: Named, sheet: str, part: str, row: int, column: int) -> TemplateCell:
        front = "models[0]" if item.meant in self.known.columns else "assumptions"
        expression = parse_expression(f"{front}.{item.meant}", self.known)
        return TemplateCell(sheet, part, row, column, (replace(expression, text=item.meant),))


def _uses_each(cell: TemplateCell) -> bool:
    return any(isinstance(piece, Expression) and piece.names & _EACH for piece in cell.pieces)


def _is_formula(piece: str | Expression) -> bool:
    return isinstance(piece, Expression) and piece.formula
