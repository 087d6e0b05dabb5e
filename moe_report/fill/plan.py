"""What a template asks for, worked out for a report: every value, every row, and every problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.utils.escape import unescape

from moe_report.errors import InputError, Notice, Problem, first_of
from moe_report.fill.expressions.expression import Expression, choose, evaluate, text_of_pieces
from moe_report.fill.expressions.scope import Context, Model, TemplateValueError
from moe_report.fill.findings import Place
from moe_report.fill.foresee import foresee
from moe_report.fill.live_formulas import LackingError, LiveFormulas
from moe_report.fill.row_pattern import fits
from moe_report.fill.sheet_parts import sheet_titles
from moe_report.fill.table_notes import TableRules
from moe_report.fill.template import (
    RepeatedSheet,
    Template,
    TemplateCell,
    TemplateTable,
    columns_of,
)
from moe_report.fill.write_sheet import Band
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.copy_sheet import MAX_SHEETS
from moe_report.ooxml.guard import MAX_ROWS
from moe_report.ooxml.package import Package
from moe_report.ooxml.references import Insertion
from moe_report.ooxml.rows import Contents, Value
from moe_report.ooxml.sheet_names import quoted, sheet_names
from moe_report.text import counted, listed

_ASSUMPTION = re.compile(r"\s*assumptions\s*(?:\.\s*(\w+)|\[\s*([\"'])(\w+)\2\s*\])\s*")


@dataclass
class Plan:
    """All that will be written.

    Attributes:
        insertions: Rows to put in, in the order in which they are put in, and the parts of the
            tables that grow by them; one for each row that repeats, even if it is there once.
        bands: The rows that repeat, by the name of their sheet.
        cells: Values of single cells, by the name of their sheet.
        copies: Of each sheet that repeats, the values of the cells of each copy by its name.
        notes: What the user should know.
    """

    insertions: list[tuple[Insertion, tuple[str, ...]]] = field(default_factory=list)
    bands: dict[str, list[Band]] = field(default_factory=dict)
    cells: dict[str, dict[Place, Value]] = field(default_factory=dict)
    copies: dict[str, dict[str, dict[Place, Value]]] = field(default_factory=dict)
    notes: list[Notice] = field(default_factory=list)

    @property
    def moves(self) -> bool:
        """Whether rows come in."""
        return any(insertion.count for insertion, _ in self.insertions)

    def filled_sheets(self) -> list[str]:
        """Names of the sheets that do not repeat and in which something changes."""
        return list(dict.fromkeys([*self.cells, *self.bands]))

    def moved(self, sheet: str, row: int) -> int:
        """Return where a row is when all rows are put in."""
        return row + sum(
            item.count for item, _ in self.insertions if item.sheet == sheet and item.after < row
        )


def make_plan(package: Package, template: Template, context: Context, where: str) -> Plan:
    """Return what has to be written to fill a template.

    Raises:
        InputError: With everything that cannot be filled in.
    """
    planner = _Planner(package, template, context, where)
    planner.work()
    if planner.problems:
        raise InputError(planner.problems)
    return planner.plan


class _Planner:
    def __init__(self, package: Package, template: Template, context: Context, where: str) -> None:
        self.package = package
        self.template = template
        self.context = context
        self.where = where
        self.plan = Plan()
        self.problems: list[Problem] = []

    def work(self) -> None:
        """Plan everything, and collect what is wrong."""
        titles = {part: title for title, part in self.package.sheets().items()}
        chosen = {table.area.part: self._chosen(table) for table in self.template.tables}
        self._insertions(chosen)
        assumptions = self._assumption_references()
        self._bands(chosen, assumptions)
        for cell in (*self.template.cells, *(name.cell for name in self.template.names)):
            value = self._value(cell, None, None)
            row = self.plan.moved(cell.sheet, cell.row)
            self.plan.cells.setdefault(cell.sheet, {})[row, cell.column] = value
        for sheet in self.template.sheets:
            self._sheet(sheet, titles[sheet.part])

    # -- values

    def _refuse(self, cell: TemplateCell, message: str) -> None:
        place = f"{self.where}, sheet {cell.sheet}, cell {cell.address}"
        self.problems.append(Problem(place, message, sheet=cell.sheet, cell=cell.address))

    def _refuse_in(self, sheet: str, message: str, at: str = "") -> None:
        self.problems.append(Problem(f"{self.where}, sheet {sheet}{at}", message, sheet=sheet))

    def _value(self, cell: TemplateCell, model: Model | None, number: int | None) -> Value:
        return next(iter(self._values(cell, [(model, number)])), None)

    def _values(
        self, cell: TemplateCell, places: Iterable[tuple[Model | None, int | None]]
    ) -> list[Value]:
        """What a cell gives for some models; nothing if it has no value for one of them."""
        only = _only(cell)
        if only is not None and only.formula:
            self._refuse(cell, "`| formula` stands in the row of an Excel Table, and only there")
            return []
        found: list[Value] = []
        model = None
        try:
            for model, number in places:
                value: Value
                if only is not None:
                    value = evaluate(only, self.context, model, number)
                else:
                    value = text_of_pieces(cell.pieces, self.context, model, number)
                if why := fits(value):
                    raise TemplateValueError(why)
                found.append(value)
        except TemplateValueError as error:
            of = f" (model {model.name!r})" if model and model.name != error.model else ""
            self._refuse(cell, f"{error.message}{of}")
            return []
        return found

    # -- rows that repeat

    def _note(self, table: TemplateTable, kind: str, text: str) -> None:
        where = f"{self.where}, sheet {table.sheet}, table {table.area.name}"
        self.plan.notes.append(Notice(kind, where, text))

    def _chosen(self, table: TemplateTable) -> list[Model]:
        try:
            rules = table.rules
            chosen = choose(self.context, rules.sort, rules.where)
            if not chosen:
                self._note(table, "no-rows", "no model has a row; one is left, empty")
            elif rules.limit is not None and rules.limit < len(chosen):
                self._note(table, "limited-rows", limited(self.context, chosen, rules))
            return chosen[: rules.limit]
        except TemplateValueError as error:
            self._refuse_in(table.sheet, error.message, f", table {table.area.name}")
            return []

    def _insertions(self, chosen: Mapping[str, Sequence[Model]]) -> None:
        rows = self.template.rows.items()
        for (sheet, row), tables in sorted(rows, key=lambda item: -item[0][1]):
            counts = dict.fromkeys(max(1, len(chosen[table.area.part])) for table in tables)
            if len(counts) > 1:
                said = first_of([f"{count:,}" for count in counts], between=" and ")
                names = first_of([table.area.name for table in tables])
                message = (
                    f"the tables {names} stand side by side and would have {said} rows; expected "
                    "the same models in each, or one table below the other"
                )
                self._refuse_in(sheet, message, f", row {row}")
            count = max(counts)
            if row + count > MAX_ROWS:
                message = f"would repeat {count:,} times; expected at most {MAX_ROWS:,} rows"
                self._refuse_in(sheet, message, f", row {row}")
            parts = tuple(table.area.part for table in tables)
            self.plan.insertions.append((Insertion(sheet, row, count - 1), parts))
        more = {(item.sheet, item.after): item.count for item, _ in self.plan.insertions}
        foreseen = foresee(self.package, self.template, more, self.where)
        self.problems += foreseen.problems
        self.plan.notes += foreseen.notes

    def _assumption_references(self) -> dict[str, str]:
        """What a formula calls an assumption: a cell that holds it, or better a defined name."""
        found: dict[str, str] = {}
        for cell in self.template.cells:
            only = _only(cell)
            match = _ASSUMPTION.fullmatch(only.text) if only is not None else None
            if match:
                row = self.plan.moved(cell.sheet, cell.row)
                address = f"${column_letters(cell.column)}${row}"
                found.setdefault(match[1] or match[3], f"{quoted(cell.sheet)}!{address}")
        for named in self.template.names:
            only = _only(named.cell)
            if only is not None and only.text in self.context.assumptions:
                found[only.text] = named.name
        return found

    def _bands(self, chosen: Mapping[str, Sequence[Model]], assumptions: Mapping[str, str]) -> None:
        merged: dict[tuple[str, int], dict[int, list[str]]] = {}
        for table in self.template.tables:
            contents = merged.setdefault((table.sheet, table.row), {})
            contents |= self._contents(table, chosen[table.area.part], assumptions)
        for (sheet, row), columns in sorted(merged.items()):
            count = max(map(len, columns.values()), default=1)
            own = columns_of(self.template.rows[sheet, row])
            band = Band(self.plan.moved(sheet, row), count, columns, own)
            self.plan.bands.setdefault(sheet, []).append(band)

    def _contents(
        self, table: TemplateTable, models: Sequence[Model], assumptions: Mapping[str, str]
    ) -> dict[int, list[str]]:
        root = self.package.root(table.part)
        write = Contents(f"{root.prefix}:" if root.prefix else "")
        formulas = LiveFormulas(
            self.context.report, table.area.name, self._headers(table), assumptions
        )
        places = [model.at for model in models]
        found = {}
        for cell in table.cells:
            only = _only(cell)
            if only is not None and only.formula and only.plain:
                column = []
                try:
                    column = formulas.contents(only.plain, places, write)
                except LackingError as error:
                    self._refuse(cell, str(error))
            elif only is not None and only.plain and self.context.known.columns[only.plain].unit:
                numbers = self.context.numbers(only.plain)
                column = write.numbers(map(numbers.__getitem__, places))
            else:
                rows = zip(models, range(1, len(models) + 1), strict=True)
                column = [write.of(value) for value in self._values(cell, rows)]
            found[cell.column] = column or [write.empty] * max(1, len(models))
        return found

    def _headers(self, table: TemplateTable) -> dict[str, str]:
        root = self.package.root(table.area.part)
        columns = root.iterfind(f"{TAG}tableColumns/{TAG}tableColumn")
        names = {table.area.left + at: item.get("name", "") for at, item in enumerate(columns)}
        found: dict[str, str] = {}
        for cell in table.cells:
            only = _only(cell)
            if only is not None and only.plain and cell.column in names:
                found.setdefault(only.plain, unescape(names[cell.column]))
        return found

    # -- sheets that repeat

    def _sheet(self, sheet: RepeatedSheet, title: str) -> None:
        models = self.context.models
        if len(models) > MAX_SHEETS:
            message = f"would repeat {len(models):,} times; expected at most {MAX_SHEETS:,} sheets"
            self._refuse_in(title, message)
            return
        try:
            wanted = [
                text_of_pieces(sheet.name, self.context, model, number)
                for number, model in enumerate(models, start=1)
            ] or ["no models"]
        except TemplateValueError as error:
            self._refuse_in(title, error.message)
            return
        others = [name for name in sheet_titles(self.package) if name != title]
        others += [name for copies in self.plan.copies.values() for name in copies]
        names, changed = sheet_names(wanted, others)
        copies = self.plan.copies[title] = {
            name: {(cell.row, cell.column): None for cell in sheet.cells} for name in names
        }
        self.plan.notes += [
            Notice("renamed-sheet", "", f"the sheet {old!r} is named {new!r}")
            for old, new in changed
        ]
        before = len(self.problems)
        # Without models one copy is left, empty.
        placed = zip(models, copies.values(), strict=False)
        for number, (model, values) in enumerate(placed, start=1):
            for cell in sheet.cells:
                values[cell.row, cell.column] = self._value(cell, model, number)
            if len(self.problems) > before:
                return


def _only(cell: TemplateCell) -> Expression | None:
    """The expression of a cell that holds nothing else."""
    piece = cell.pieces[0] if len(cell.pieces) == 1 else None
    return piece if isinstance(piece, Expression) else None


def limited(context: Context, chosen: Sequence[Model], rules: TableRules) -> str:
    """Say how many of the models a table shows, and which are left out though they are level."""
    shown, left = chosen[: rules.limit], chosen[rules.limit :]
    said = f"shows {len(shown):,} of {counted(len(chosen), 'model')}, as its limit says"
    if len(chosen) < len(context.models):
        said += f"; its `where:` leaves out {len(context.models) - len(chosen):,} more"
    keys = [key for key, _ in rules.sort]
    last = [evaluate(key, context, shown[-1]) for key in keys]
    level = [
        model.name for model in left if keys and [evaluate(k, context, model) for k in keys] == last
    ]
    if level:
        said += f"; {listed(level)} would come level with {shown[-1].name}, the last one"
    return said
