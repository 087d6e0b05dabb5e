"""From a workbook to what it asks for: everything is looked at before anything is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from moe_report.errors import InputError, Problem, first_line
from moe_report.fill.beside_table import how_to_join
from moe_report.fill.defined_names import named_by_sheet, named_cells
from moe_report.fill.expressions.expression import Expression, parse_expression
from moe_report.fill.expressions.scope import Known, TemplateValueError
from moe_report.fill.findings import Findings, FoundSheet, Place
from moe_report.fill.near_misses import misplaced_rules, near_expressions, near_rules
from moe_report.fill.placeholders import Inner, asks, split_text
from moe_report.fill.sheet_parts import (
    cell_text,
    cells_with_content,
    parts_that_ask,
    shared_texts,
    sheet_titles,
)
from moe_report.fill.table_notes import TableRules, read_note
from moe_report.fill.template import (
    NamedCell,
    RepeatedSheet,
    Template,
    TemplateCell,
    TemplateTable,
)
from moe_report.ooxml.addresses import area_of, column_letters
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.notes import read_notes
from moe_report.ooxml.package import Package
from moe_report.ooxml.sheet_names import renamed
from moe_report.ooxml.tables import TableArea, tables_of

MAX_EXPRESSIONS = 5000  # different ones
_MOST_PROBLEMS = 50
_EACH = {"m", "number"}
_OUTSIDE = "found m or number outside of an Excel Table, whose row would repeat; "
_EXPECTED = 'expected models["a name"], or a sheet named {{ m.name }}'


def read_template(package: Package, known: Known, where: str) -> Template:
    """Return what a workbook that was guarded asks for.

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
    try:
        reader = _Reader(package, known, where)
        template = reader.read()
    except (ValueError, KeyError, etree.XMLSyntaxError) as error:
        problem = Problem(where, f"a part of it cannot be read ({first_line(error)})")
        raise InputError([problem]) from error
    problems = reader.findings.problems
    if len(problems) > _MOST_PROBLEMS:
        more = Problem(where, "there are more problems like these")
        problems = [*problems[:_MOST_PROBLEMS], more]
    return template, tuple(problems)


class _Reader:
    """Goes through a workbook and collects what it asks for, and every problem."""

    def __init__(self, package: Package, known: Known, where: str) -> None:
        self.package = package
        self.known = known
        self.findings = Findings(where)
        self._expressions: dict[str, Expression | TemplateValueError] = {}
        self._shared = dict(shared_texts(package))

    def read(self) -> Template:
        """Return what the workbook asks for."""
        cells: list[TemplateCell] = []
        tables: list[TemplateTable] = []
        sheets: list[RepeatedSheet] = []
        names: list[NamedCell] = []
        by_sheet = named_by_sheet(self.package, self.known, self.findings)
        worksheets = self.package.sheets()
        for name in sheet_titles(self.package):
            if asks(name) and name not in worksheets:
                self.findings.problem(name, "", "is no worksheet, and only worksheets repeat")
        for sheet, part in worksheets.items():
            wanted = by_sheet.get(sheet, [])
            found = FoundSheet(sheet, part, repeats=asks(sheet))
            if not found.repeats:
                self._note_near(near_expressions(sheet, self.known), f"sheet {sheet}")
            self._find_cells(found, {(item.area[1], item.area[0]) for item in wanted})
            if found.repeats:
                sheets.append(self._repeated_sheet(found))
            else:
                own, taken = self._tables_of(found)
                tables += own
                found.rows = {
                    (table.row, column)
                    for table in own
                    for column in range(table.area.left, table.area.right + 1)
                }
                rest = [cell for place, cell in found.cells.items() if place not in taken]
                cells += [cell for cell in rest if not _uses_each(cell)]
                for cell in filter(_uses_each, rest):
                    beside = [table for table in own if table.row == cell.row]
                    expected = how_to_join(cell.column, beside) if beside else _EXPECTED
                    self.findings.problem(sheet, cell.address, f"{_OUTSIDE}{expected}")
            names += named_cells(found, wanted, self.known, self.findings)
        self.findings.notes.extend(parts_that_ask(self.package))
        notes = tuple(self.findings.notes)
        return Template(tuple(cells), tuple(tables), tuple(sheets), tuple(names), notes)

    # Cells

    def _find_cells(self, found: FoundSheet, wanted: set[Place]) -> None:
        root = self.package.root(found.part)
        for number, column, cell in cells_with_content(root):
            where = f"sheet {found.sheet}, cell {column_letters(column)}{number}"
            formula = cell.find(f"{TAG}f")
            if formula is not None:
                if (number, column) in wanted:
                    found.formulas.add((number, column))
                own = {found.sheet: ""} if found.repeats else {}
                if "{{" in renamed(formula.text or "", own, {}):
                    text = "a formula is left as it is, with its {{"
                    self.findings.note("braces-in-formula", where, text)
                continue
            said = cell_text(cell, self._shared)
            texts = [said.text]
            if asks(said.text):
                texts = self._add_cell(found, number, column, said.text)
            for text in filter(None, texts):
                self._note_near(near_expressions(text, self.known), where)
            if said.formatted and (number, column) in found.cells:
                self.findings.note(
                    "formatting", where, "the formatting of single words is not kept"
                )
        if wanted:
            found.merged = {
                area_of(item.get("ref", ""))
                for item in root.iterfind(f"{TAG}mergeCells/{TAG}mergeCell")
            }
        if any("{{" in (item.text or "") for item in root.iterfind(f"{TAG}headerFooter/*")):
            text = "its header or footer is left as it is, with {{"
            self.findings.note("braces-in-header", f"sheet {found.sheet}", text)

    def _add_cell(self, found: FoundSheet, row: int, column: int, text: str) -> list[str]:
        """Add a cell if it asks for something, and return what of its text does not."""
        pieces = self._pieces(found.sheet, f"{column_letters(column)}{row}", text) or ()
        literal = [piece for piece in pieces if isinstance(piece, str)]
        if len(literal) == len(pieces):
            return literal
        cell = TemplateCell(found.sheet, row, column, pieces)
        if len(pieces) > 1 and any(_is_formula(piece) for piece in pieces):
            message = "`| formula` is for a cell that holds nothing else"
            self.findings.problem(found.sheet, cell.address, message)
            return literal
        found.cells[row, column] = cell
        return literal

    def _pieces(self, sheet: str, address: str, text: str) -> tuple[str | Expression, ...] | None:
        """The pieces of a text; None if something is wrong with it, which is said then."""
        if len(self.findings.problems) > _MOST_PROBLEMS:
            return None  # enough is wrong
        try:
            pieces = split_text(text)
        except TemplateValueError as error:
            self.findings.problem(sheet, address, error.message)
            return None
        found = [piece if isinstance(piece, str) else self._expression(piece) for piece in pieces]
        wrong = [piece.message for piece in found if isinstance(piece, TemplateValueError)]
        for message in dict.fromkeys(wrong):
            self.findings.problem(sheet, address, message)
        right = (piece for piece in found if not isinstance(piece, TemplateValueError))
        return None if wrong else tuple(right)

    def _expression(self, inner: Inner) -> Expression | TemplateValueError:
        if inner.text not in self._expressions:
            if len(self._expressions) >= MAX_EXPRESSIONS:
                message = f"found more than {MAX_EXPRESSIONS:,} different expressions"
                raise InputError([*self.findings.problems, Problem(self.findings.where, message)])
            try:
                self._expressions[inner.text] = parse_expression(inner.text, self.known)
            except TemplateValueError as error:
                self._expressions[inner.text] = error
        return self._expressions[inner.text]

    # Tables

    def _tables_of(self, found: FoundSheet) -> tuple[list[TemplateTable], set[Place]]:
        """The rows of a sheet that repeat, and the cells with expressions in all tables."""
        sheet, part = found.sheet, found.part
        tables: list[TemplateTable] = []
        taken: set[Place] = set()
        notes: dict[Place, str] = {}
        heading: set[Place] = set()  # the cells whose notes count
        for table in tables_of(self.package, part):
            inside = self._inside(table, found)
            repeating: dict[int, TemplateCell] = {}  # the first cell of each row that repeats
            for cell in inside.values():
                if table.first <= cell.row <= table.last and _uses_each(cell):
                    repeating.setdefault(cell.row, cell)
            if not repeating:
                continue
            row, *others = sorted(repeating)
            for other in others:
                message = (
                    f"found a second row of the table {table.name} that repeats; the first is row "
                    f"{row}, expected one"
                )
                self.findings.problem(sheet, repeating[other].address, message)
            taken |= {place for place in inside if place[0] in repeating}
            own = tuple(cell for place, cell in sorted(inside.items()) if place[0] == row)
            if not tables:
                listed = read_notes(self.package, part)
                notes = {(note.row, note.column): note.conversation for note in listed}
            said = {
                place: note
                for place, note in sorted(notes.items())
                if place in table and place[0] < table.first
            }
            heading |= said.keys()
            rules = self._table_rules(sheet, said)
            tables.append(TemplateTable(sheet, part, table, row, own, rules))
        for row, column in sorted(notes.keys() - heading):
            where = f"sheet {sheet}, cell {column_letters(column)}{row}"
            within = any((row, column) in table.area for table in tables)
            found_rules = misplaced_rules(notes[row, column], self.known, in_table=within)
            self._note_near(found_rules, where)
        once = [cell for place, cell in found.cells.items() if place not in taken]
        taken |= self._refuse_formulas(once)
        return tables, taken

    def _refuse_formulas(self, cells: Iterable[TemplateCell]) -> set[Place]:
        """Refuse live formulas where no row of a table repeats, and return the places."""
        wrong = [cell for cell in cells if any(_is_formula(piece) for piece in cell.pieces)]
        for cell in wrong:
            message = "`| formula` is for a table's row that repeats: it needs the row's fields"
            self.findings.problem(cell.sheet, cell.address, message)
        return {(cell.row, cell.column) for cell in wrong}

    def _inside(self, table: TableArea, found: FoundSheet) -> dict[Place, TemplateCell]:
        """Return the cells with expressions of a table, and refuse those of its headers."""
        inside = {place: cell for place, cell in found.cells.items() if place in table}
        message = (
            f"is a header of the table {table.name}, which Excel keeps as plain text; expected no "
            "expression"
        )
        for cell in inside.values():
            if cell.row < table.first:
                self.findings.problem(cell.sheet, cell.address, message)
        return inside

    def _table_rules(self, sheet: str, said: Mapping[Place, str]) -> TableRules:
        rules = TableRules()
        for (row, column), note in said.items():
            address = f"{column_letters(column)}{row}"
            self._note_near(near_rules(note, self.known), f"sheet {sheet}, cell {address}")
            try:
                both = rules.joined(read_note(note, self.known))
            except TemplateValueError as error:
                self.findings.problem(sheet, address, f"its note: {error.message}")
                continue
            if both is None:
                message = "its note says what another note of the table says already"
                self.findings.problem(sheet, address, message)
            else:
                rules = both
        return rules

    def _note_near(self, found: Iterable[str], where: str) -> None:
        """Note what is nearly a convention; in a workbook of many, the first ones."""
        for text in found:
            if self.findings.has_room("near-miss"):
                self.findings.note("near-miss", where, text)

    # Sheets

    def _repeated_sheet(self, found: FoundSheet) -> RepeatedSheet:
        pieces = self._pieces(found.sheet, "", found.sheet) or (found.sheet,)
        parts = [piece for piece in pieces if isinstance(piece, Expression)]
        if parts and (
            any(piece.formula for piece in parts) or not any("m" in piece.names for piece in parts)
        ):
            message = "its name asks for nothing of a model, expected such as {{ m.name }}"
            self.findings.problem(found.sheet, "", message)
        for table in tables_of(self.package, found.part):
            self._inside(table, found)
        self._refuse_formulas(found.cells.values())
        return RepeatedSheet(found.part, pieces, tuple(found.cells.values()))


def _uses_each(cell: TemplateCell) -> bool:
    return any(isinstance(piece, Expression) and piece.names & _EACH for piece in cell.pieces)


def _is_formula(piece: str | Expression) -> bool:
    return isinstance(piece, Expression) and piece.formula
