"""The sheet Models: one Excel Table, inputs then metrics, every metric a live formula."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle, groupby

import numpy as np
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.table import TableFormula

from moe_report.cells import Provenance
from moe_report.errors import PluginError
from moe_report.formula.excel import excel, plain
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import MAX_FORMULA
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.column_widths import (
    GAP,
    fit,
    heading_width,
    number_width,
    pages_wide,
)
from moe_report.renderers.excel.number_cells import MOST_NOTES, NumberCells, noted
from moe_report.renderers.excel.number_formats import number_format
from moe_report.renderers.excel.palette import (
    DARK,
    INPUT,
    INPUT_BANDS,
    METRIC_BANDS,
    QUIET,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.routing_sheet import places_of_layers
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import text_width
from moe_report.reports import Column, Finding, ModelInfo, Report
from moe_report.schema.fields import TEXT_FIELDS
from moe_report.table import CarriedCell, Reference

BAND, LABEL, HEADER, FIRST = 1, 2, 3, 4  # rows
_NARROWEST, _WIDEST = 9.5, 60.0  # characters, of columns of texts
_MOST_WIDE = {"name": 34.0, "model_type": 24.0, "source": 80.0, "remark": 90.0}
_MOST_DIGITS = 20  # of a number of the user's
_PAGE = 200  # characters, of a printed page
_SMALL = Look(size=9, wrap=True, vertical="top", color=DARK, indent=1)


@dataclass(frozen=True)
class Layout:
    """Where the columns of the sheet Models are.

    Attributes:
        texts: Text columns left of the numbers.
        numbers: Fields, then metrics.
        trailing: Text columns right of the numbers.
        carried: Headers of columns that are carried through.
        models: Names of the rows.
    """

    texts: tuple[str, ...]
    numbers: tuple[Column, ...]
    trailing: tuple[str, ...]
    carried: tuple[str, ...]
    models: tuple[str, ...]

    def at(self, name: str) -> int:
        """Return the number of the column of a field, metric or carried header, from 1."""
        return self._places[name]

    def address(self, name: str, model: str) -> str:
        """Return where a model's number is, e.g. ``Models!K5``; without a model, the header."""
        column = self._places.get(name, 1)  # of a metric that is left out: the models' names
        return f"{SHEET}!{column_letters(column)}{self._rows.get(model, HEADER)}"

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {model: row for row, model in enumerate(self.models, start=FIRST)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.headers, start=1)}

    @cached_property
    def headers(self) -> list[str]:
        """All headers, from left to right."""
        return [*self.texts, *(c.name for c in self.numbers), *self.trailing, *self.carried]


def layout_of(report: Report) -> Layout:
    """Return the layout of the sheet for a report."""
    carried = tuple(dict.fromkeys(header for model in report.models for header in model.carried))
    trailing = tuple(name for name in TEXT_FIELDS if name not in ("name", "model_type"))
    numbers = (*report.fields, *report.metrics)
    models = tuple(model.name for model in report.models)
    return Layout(("name", "model_type"), numbers, trailing, carried, models)


def write_models(book: Book, report: Report, *, to_fill_in: bool = False) -> Layout:
    """Fill the sheet Models; one to fill in has what was typed, no defaults and no formulas."""
    layout = layout_of(report)
    _Writer(book, report, layout, to_fill_in).write()
    return layout


class _Writer:
    def __init__(self, book: Book, report: Report, layout: Layout, to_fill_in: bool) -> None:
        self.report = report
        self.layout = layout
        self.headers = [(header, report.columns.get(header)) for header in layout.headers]
        self.sheet: Sheet = book[SHEET]
        self.to_fill_in = to_fill_in
        self.hidden = {
            column.name
            for column in report.fields
            if not to_fill_in and Provenance.GIVEN not in column.cells.provenances
        }
        self.last = FIRST + max(len(report.models), 1) - 1
        self.series = places_of_layers(report)
        self.formats = {column.name: number_format(column) for column in layout.numbers}
        self.formulas = {c.name: self._formula(c) for c in layout.numbers if c.expr is not None}

    def _formula(self, column: Column) -> str:
        assert column.expr is not None
        text = excel(column.expr, self._refer, self.series.get)
        if len(text) >= MAX_FORMULA:
            raise PluginError(
                f"the formula of {column.name!r} has {len(text):,} characters, and Excel takes "
                f"{MAX_FORMULA:,}; split the metric in two"
            )
        return text

    def _refer(self, name: str) -> str:
        """Return how a formula refers to a symbol: a column, or an assumption's name."""
        return f"{SHEET}[[#This Row],[{name}]]" if name in self.report.columns else name

    def write(self) -> None:
        for number, header in enumerate(self.layout.headers, start=1):
            self._label(number, header)
        self._bands()
        self._models()
        self._table()
        self._outline()
        self._validation()
        self._finish()

    # -- the three rows of heading

    def _bands(self) -> None:
        bands = dict.fromkeys(self.layout.texts, ("Model", INPUT_BANDS[0]))
        inputs, metrics = cycle(reversed(INPUT_BANDS)), cycle(METRIC_BANDS)
        for (group, is_input), columns in groupby(self.layout.numbers, key=self._band_of):
            tint = next(inputs if is_input else metrics)
            bands |= dict.fromkeys((column.name for column in columns), (group, tint))
        bands |= dict.fromkeys(self.layout.trailing, ("About the row", INPUT_BANDS[0]))
        bands |= dict.fromkeys(self.layout.carried, ("Carried along", INPUT_BANDS[1]))
        starts = self._starts(bands)
        for number, header in enumerate(self.layout.headers, start=1):
            title, tint = bands[header]
            look = Look(bold=True, fill=tint, color=DARK)
            self.sheet.put(BAND, number, title if header in starts else None, look)
            small = replace(_SMALL, fill=tint)
            self.sheet.put(LABEL, number, self._heading(header), small)
            name = replace(small, size=8, mono=True, rule=True, color=QUIET)
            self.sheet.put(HEADER, number, header, name)

    def _band_of(self, column: Column) -> tuple[str, bool]:
        return column.group, column.name in self.report.definitions

    def _starts(self, bands: Mapping[str, tuple[str, str]]) -> set[str]:
        """Return where the bands' titles stand, in columns that are not hidden; make them room."""
        starts = set()
        for band, headers in groupby(self.layout.headers, bands.__getitem__):
            all_of_it = list(headers)
            shown = [header for header in all_of_it if header not in self.hidden] or all_of_it
            starts.add(shown[0])
            first = self.layout.at(shown[0])
            places = [self.layout.at(header) for header in shown]
            if all(at in self.sheet.widths for at in places):
                room = sum(self.sheet.widths[at] for at in places)
                short = text_width(band[0], Look(bold=True)) + GAP - room
                self.sheet.width(first, self.sheet.widths[first] + max(short, 0))
        return starts

    def _heading(self, header: str) -> str:
        column = self.report.columns.get(header)
        if column is None:
            field = self.report.definitions.get(header)
            return field.label if field else "Carried along"
        mark = "≈" if column.rests_on else ""
        unit = f"\n[{column.unit}]" if column.unit else ""
        return f"{column.label}{mark}{unit}"

    def _label(self, number: int, header: str) -> None:
        """Width and note of one heading."""
        column = self.report.columns.get(header)
        if column is None:
            field = self.report.definitions.get(header)
            self.sheet.limits[number] = (_NARROWEST, _MOST_WIDE.get(header, _WIDEST))
            if field:
                self.sheet.note(HEADER, number, f"{field.label}\n{field.help}")
            return
        numbers = number_width(column, Look(bold=True)) + 1
        label = self._heading(header)
        self.sheet.width(number, heading_width(header, label, numbers, _SMALL))
        self.sheet.note(HEADER, number, self._header_note(column))

    def _header_note(self, column: Column) -> str:
        lines = [column.label, column.description, ""]
        lines.append(f"Symbol {column.symbol.replace('_', ' ')}   Unit {column.unit}")
        if column.expr is not None:
            what = "Default" if column.expr.op == "const" else "Formula"
            lines.append(f"{what} {plain(column.expr)}")
        if column.rests_on:
            lines.append(f"≈ depends on the assumptions {', '.join(column.rests_on)}")
        if column.source:
            lines.append(f"Source {column.source}")
        return "\n".join(lines)

    # -- the models

    def _models(self) -> None:
        """Write all models: their texts row by row, between them the numbers column by column."""
        doubted: dict[str, dict[int, list[Finding]]] = {}
        for at, model in enumerate(self.report.models):
            findings = self.report.findings_of(model.name)
            for finding in findings:
                doubted.setdefault(finding.column, {}).setdefault(at, []).append(finding)
            fill = WARN_FILL if findings else ""
            self.sheet.put(FIRST + at, 1, model.name, Look(bold=True, fill=fill, wrap=True))
            self._texts(at, model, self.layout.texts[1:])
        numbers = [
            NumberCells(
                self.sheet,
                self.layout.at(column.name),
                FIRST,
                column,
                "" if self.to_fill_in else self.formulas.get(column.name, ""),
                self.formats[column.name],
                column.name in self.report.definitions,
                doubted.get(column.name, {}),
            )
            for column in self.layout.numbers
        ]
        for one in numbers:
            one.write()
        self.sheet.rows.block(range(FIRST, FIRST + len(self.report.models)), numbers)
        for at, model in enumerate(self.report.models):
            self._texts(at, model, self.layout.trailing)
            for header in self.layout.carried:
                if header in model.carried:
                    self._carried(FIRST + at, self.layout.at(header), model, header)
        if not self.to_fill_in:
            self._notes(numbers)

    def _texts(self, at: int, model: ModelInfo, names: Sequence[str]) -> None:
        for name in names:
            if text := model.texts.get(name):
                look = Look(color=QUIET, wrap=True, indent=1)
                self.sheet.put(FIRST + at, self.layout.at(name), text, look)

    def _notes(self, numbers: Sequence[NumberCells]) -> None:
        """Put notes on cells: first all on what is doubted, then those on as many as may have one.

        Excel opens a workbook slowly that has very many.
        """
        for at, model in enumerate(self.report.models):
            if findings := self.report.findings_of(model.name):
                self.sheet.note(FIRST + at, 1, "\n".join(map(finding_line, findings)))
        said = np.array([noted(one.column, one.is_input) for one in numbers])
        for one, column in zip(numbers, said, strict=True):
            for at in one.doubted:
                self.sheet.note(FIRST + at, one.number, one.note(at))
                column[at] = False
        for at, column in np.argwhere(said.T)[:MOST_NOTES].tolist():
            one = numbers[column]
            self.sheet.note(FIRST + at, one.number, one.note(at))

    def _carried(self, row: int, number: int, model: ModelInfo, header: str) -> None:
        """Write a cell of the user's: its formula, if it can stand here, else its value."""
        cell = model.looks.get(header, CarriedCell())
        value, shown = model.carried[header], cell.number_format
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)):
            shown = shown or ("yyyy-mm-dd" if isinstance(value, datetime.date) else "[h]:mm:ss")
            value = to_excel(value)
        look = Look(number_format=shown or "General", wrap=isinstance(value, str))
        if cell.formula:
            text = "".join(
                part if isinstance(part, str) else self._of_row(part, row) for part in cell.formula
            )
            if len(text) < MAX_FORMULA:
                stored = value if isinstance(value, (int, float, str)) else None
                self.sheet.formula(row, number, text, stored, look)
                return
        self.sheet.rows.value(row, number, value, self.sheet.palette(look))
        if value is not None:
            text = str(model.carried[header])
            self.sheet.remember(row, number, text if look.wrap else text[:_MOST_DIGITS], look)

    def _of_row(self, reference: Reference, row: int) -> str:
        """A cell of a row, in the unit that it had where the formula comes from."""
        if reference.name in self.report.columns:
            cell = self._refer(reference.name)
        else:  # headers of the user's may have signs that a structured reference spells otherwise
            cell = f"{column_letters(self.layout.at(reference.name))}{row}"
        return reference.at(cell)

    # -- around them

    def _table(self) -> None:
        headers = self.layout.headers
        area = f"A{HEADER}:{column_letters(len(headers))}{self.last}"
        table = self.sheet.make_table(area, HEADER, headers)
        table._initialise_columns()
        for item, header in zip(table.tableColumns, headers, strict=True):
            item.name = header
            if header in self.formulas and not self.to_fill_in:
                item.calculatedColumnFormula = TableFormula(attr_text=self.formulas[header])

    def _outline(self) -> None:
        """Inputs fold; those that no model fills in are folded already."""
        dimensions = self.sheet.shell.column_dimensions
        for column in self.report.fields:
            letters = column_letters(self.layout.at(column.name))
            dimensions[letters].outlineLevel = 1
            if column.name in self.hidden:
                dimensions[letters].outlineLevel = 2
                dimensions[letters].hidden = True

    def _validation(self) -> None:
        for column in self.report.fields:
            field = self.report.definitions[column.name]
            letters = column_letters(self.layout.at(column.name))
            area = f"{letters}{FIRST}:{letters}{max(self.last, FIRST + 200)}"
            self.sheet.allow_number(area, field)

    def _finish(self) -> None:
        headers = self.layout.headers
        self.sheet.height(BAND, 18)
        fit(self.sheet)
        self.sheet.freeze(f"B{FIRST}", gridlines=True)
        metrics = [self.layout.at(column.name) for column in self.report.metrics]
        if metrics and not self.to_fill_in:
            first, last = column_letters(metrics[0]), column_letters(metrics[-1])
            self.sheet.highlight(
                f"{first}{FIRST}:{last}{self.last}",
                f"AND(ISNUMBER({first}{FIRST}),NOT(_xlfn.ISFORMULA({first}{FIRST})))",
                font=Font(color=INPUT, bold=True),
            )
        if "num_experts" in headers and "num_experts_per_tok" in headers:
            experts = column_letters(self.layout.at("num_experts"))
            chosen = column_letters(self.layout.at("num_experts_per_tok"))
            self.sheet.highlight(
                f"{chosen}{FIRST}:{chosen}{self.last}",
                f"AND(COUNT(${experts}{FIRST},${chosen}{FIRST})=2,"
                f"${chosen}{FIRST}>${experts}{FIRST})",
                font=Font(color="FFFFFF", bold=True),
                fill=PatternFill("solid", bgColor="C0392B"),
            )
        widths = self.sheet.widths
        shown = [
            widths[at]
            for at, (name, _) in enumerate(self.headers[1:], 2)
            if name not in self.hidden
        ]
        wide = pages_wide(shown, _PAGE - widths[1])
        self.sheet.print_setup(f"{BAND}:{HEADER}", wide=wide, title_columns="A:A")


def finding_line(finding: Finding) -> str:
    """Return a finding as a line."""
    return f"{finding.level}: {finding.column}: {finding.message}"
