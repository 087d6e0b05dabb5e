"""The sheet Fit: whether models fit into devices that are chosen there, and what that takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from openpyxl.styles import Font, PatternFill

from moe_report.display import MISSING
from moe_report.load.our_sheets import DEVICES_SHEET, FIT_SHEET, WORKINGS_SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.fit_chart import fit_chart
from moe_report.renderers.excel.fit_choices import COLUMNS, FIRST, HEAD, PLACE, Choice
from moe_report.renderers.excel.fit_workings import NEVER, VERDICT, FitWorkings, number
from moe_report.renderers.excel.model_choice import allow_models, place_of_model
from moe_report.renderers.excel.number_formats import number_format, number_format_of
from moe_report.renderers.excel.palette import (
    DARK,
    FORMULA,
    HINT,
    INPUT,
    INPUT_BANDS,
    LINK,
    METRIC_BANDS,
    QUIET,
    TABLE_HEAD,
    WARN,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.presets_sheet import rows_of_presets
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import text_lines
from moe_report.renderers.excel.typed_numbers import is_right
from moe_report.reports import Report
from moe_report.schema.bounds import between
from moe_report.schema.planner import DEVICES, Number, Planner
from moe_report.schema.presets import NO_PRESET

_GB = 1e9
# Two places, for numbers of a column to be compared; no amount is shown as 0.
GIGABYTES = "[>=9995000]#,##0.00,,,;[>=50000]0.0000,,,;General"
_SPEED_OR_COST = "[<0.095]0.00000;[<99.5]0.00;#,##0"
_FITS_FILL = "CFE8D5"
_WIDE, _CHOICE_WIDTH, _MOST_LINES = 36, 19, 9
_CHART_AT = f"H{HEAD}"
_BYTES = "byte"
_NEVER = "impossible layout"


@dataclass(frozen=True)
class _Line:
    """A row of results: a metric or assumption by its name.

    Attributes:
        name: Its name.
        label: What it is called.
        if_fits: Whether it says nothing unless the model fits.
        most: Whether it is the most that fits: any number does if there is none, and it fits.
        to_copy: A text in which it takes the place of ``{}``.
        code: The number format, if it is not its column's.
    """

    name: str
    label: str
    if_fits: bool = False
    most: bool = False
    to_copy: str = ""
    code: str = ""


def write_fit(book: Book, report: Report, planner: Planner) -> FitWorkings:
    """Fill the sheet Fit, and what it computes with on the sheet Workings."""
    workings = FitWorkings(book, report, planner)
    workings.write()
    _Writer(book, report, planner, workings).write()
    return workings


class _Writer:
    def __init__(self, book: Book, report: Report, planner: Planner, workings: FitWorkings) -> None:
        self.book, self.report, self.planner, self.workings = book, report, planner, workings
        self.sheet: Sheet = book[FIT_SHEET]
        self.rows: dict[str, int] = {}

    def write(self) -> None:
        self.sheet.heading(
            "Fit",
            "Does a model fit into its devices? Choose models, devices and load in the boxes; "
            "everything below follows.",
        )
        more = f" How many of each device it takes: sheet {DEVICES_SHEET}."
        hint = (
            "Green boxes follow Assumptions until you type over them. 1 GB is 10^9 bytes. Each "
            f"step is on the hidden sheet {WORKINGS_SHEET}."
        )
        self.sheet.put(3, 1, hint + more * (DEVICES_SHEET in self.book.sheets), HINT)
        self._head()
        for at, choice in enumerate(self.workings.choices):
            self._choice(FIRST + at, choice)
        row = FIRST + len(self.workings.choices) + 1
        self._refusals(row - 1)
        for at, (title, lines) in enumerate(self._groups()):
            self._band(row, title, METRIC_BANDS[at % len(METRIC_BANDS)])
            row += 1
            if not at:
                self._verdict(row)
                row += 1
            for line in lines:
                self._line(row, line)
                row += 1
        self._finish(row)

    # -- what is chosen

    def _head(self) -> None:
        look = replace(TABLE_HEAD, rule=False)
        box = replace(
            look, color=INPUT, fill="FFFFFF", rule=True, horizontal="right", vertical="center"
        )
        place = Look(size=9, color=QUIET, fill=look.fill, horizontal="right")
        place = replace(place, number_format='"no. "0;;')
        for column, text in ((1, "Model"), (2, "Unit")):
            self.sheet.put(HEAD, column, text, look)
            self.sheet.put(
                PLACE,
                column,
                "Number in the table Models" * (column == 1),
                replace(place, horizontal="left"),
            )
        for column, chosen in zip(COLUMNS, self.workings.chosen, strict=True):
            name = "" if chosen.at is None else self.report.models[chosen.at].name
            self.sheet.put(HEAD, column, name, box)
            formula = place_of_model(f"{column_letters(column)}{HEAD}")
            value = 0 if chosen.at is None else chosen.at + 1
            self.sheet.formula(PLACE, column, formula, value, place)
        cells = [f"{column_letters(column)}{HEAD}" for column in COLUMNS]
        allow_models(self.book.shell.defined_names, self.sheet, cells)
        first = cells[0]
        self.sheet.highlight(
            f"{first}:{cells[-1]}",
            f'AND({first}<>"",{first[0]}{PLACE}=0)',
            fill=PatternFill("solid", bgColor=WARN_FILL),
        )

    def _choice(self, row: int, choice: Choice) -> None:
        sheet = self.sheet
        sheet.put(row, 1, choice.label, Look(indent=1, fill=INPUT_BANDS[1]))
        sheet.put(row, 2, choice.unit, Look(color=QUIET, size=9, fill=INPUT_BANDS[1]))
        for column, chosen in zip(COLUMNS, self.workings.chosen, strict=True):
            typed, value = chosen.typed.get(choice.name), chosen.shown[choice.name]
            shown = number_format_of(value) if isinstance(value, float) else "General"
            look = Look(color=LINK, horizontal="right", rule=True, number_format=shown)
            if typed is not None or choice.name == DEVICES:
                sheet.put(row, column, typed, replace(look, color=INPUT))
                continue
            sheet.formula(row, column, self.workings.shown(choice, column), value, look)
        area = f"{column_letters(COLUMNS[0])}{row}:{column_letters(COLUMNS[-1])}{row}"
        first = f"{column_letters(COLUMNS[0])}{row}"
        wrong = f"NOT({self._is_right(choice, first)})"
        sheet.highlight(area, wrong, fill=PatternFill("solid", bgColor=WARN_FILL))
        typed_here = f"NOT(_xlfn.ISFORMULA({first}))"
        sheet.highlight(area, typed_here, font=Font(color=INPUT))
        self._allow(area, choice)

    def _allow(self, area: str, choice: Choice) -> None:
        if choice.name == DEVICES:
            note = "How many devices: engines spread a model as the rows below then say.\nEmpty: "
            self.sheet.note(FIRST + self.workings.choices.index(choice), 1,
                            f"{note}those say it themselves.")  # fmt: skip
        if choice.number is not None:
            self.sheet.allow_number(area, choice.number)
        else:
            note = f"{choice.label}\nA name of the sheet Presets. As long as it is the one that "
            note += "Assumptions has, the numbers there hold, typed ones too."
            self.sheet.note(FIRST + self.workings.choices.index(choice), 1, note)
            self.sheet.allow(
                area,
                type="list",
                formula1=rows_of_presets(self.report)[choice.name].names,
                allow_blank=True,
                errorTitle=choice.label[:32],
                error=f"One of the presets, or {NO_PRESET} for none.",
            )

    def _is_right(self, choice: Choice, cell: str) -> str:
        if choice.number is not None:
            return is_right(choice.number, cell)
        names = rows_of_presets(self.report)[choice.name].names
        return f'OR({cell}="",ISNUMBER(MATCH({cell},{names},0)))'

    def _refusals(self, row: int) -> None:
        """Say what the first wrong choice should be: what is pasted passes by what cells allow."""
        said = '""'
        for at, choice in reversed([*enumerate(self.workings.choices, start=FIRST)]):
            cells = (f"{column_letters(column)}{at}" for column in COLUMNS)
            right = ",".join(self._is_right(choice, cell) for cell in cells)
            expected = "a name of the list"
            if choice.number is not None:
                kind = "a whole number" if choice.number.whole else "a number"
                bounds = choice.number.minimum, choice.number.maximum
                expected = f"{kind}, {between(*bounds, whole=choice.number.whole)}"
            said = f'IF(AND({right}),{said},"{choice.label}: expected {expected}")'
        self.sheet.formula(row, COLUMNS[0], said, "", Look(size=9, color=WARN))

    # -- what follows

    def _groups(self) -> Iterator[tuple[str, list[_Line]]]:
        planner = self.planner
        parts = [_Line(part.name, part.words.capitalize()) for part in planner.parts]
        whole = [_Line(planner.total, "Needed in all"), _Line(planner.limit, "Usable")]
        yield "On the fullest device", [*parts, *whole]
        offload = planner.offload
        groups: list[tuple[str, list[_Line]]] = [
            ("Devices", [
                _Line(planner.in_use, "In this layout"),
                _Line(planner.by_memory, "Needed by memory alone"),
                _Line(planner.needed, "Needed as engines divide the model"),
            ]),
            ("What still fits", [
                _Line(planner.longest_context, "Longest context", most=True),
                _Line(planner.made_for, "Context that the model is made for"),
                _Line(planner.most_sequences, "Most sequences", most=True),
            ]),
            ("Experts in the memory of the CPU", [] if offload is None else [
                _Line(offload.layers, "Layers needed there, at least"),
                _Line(offload.taken, "Layers whose experts go there"),
                _Line(offload.copied, "To copy", to_copy=offload.to_copy),
                _Line(offload.on_device, "The fullest device then holds"),
                _Line(offload.on_cpu, "The memory of the CPU holds"),
                *(line for one in offload.numbers for line in _number(one, "with the CPU: ")),
            ]),
            ("Speed, where it fits", [
                line for one in planner.speeds for line in _number(one, if_fits=True)
            ]),
            ("Cost, where it fits", [
                line for one in planner.costs for line in _number(one, if_fits=True)
            ]),
        ]  # fmt: skip
        for title, lines in groups:
            if there := [line for line in lines if line.name]:
                yield title, there

    def _verdict(self, row: int) -> None:
        self.sheet.put(row, 1, "Verdict", Look(bold=True, indent=1))
        look = Look(bold=True, horizontal="right")
        planner = self.planner
        for column, values in zip(COLUMNS, self.workings.values, strict=True):
            names = VERDICT, planner.total, planner.limit
            verdict, total, limit = (self.workings.cell(name, column) for name in names)
            left = _fixed(f"({limit}-{total})")
            formula = (
                f'IF({column_letters(column)}${PLACE}=0,"",IF(COUNT({verdict},{total},{limit})<3,'
                f'"{MISSING}",IF({verdict}={NEVER},"{_NEVER}",IF({verdict}=1,"fits, "&{left}&'
                f'" left","short by "&{_fixed(f"({total}-{limit})")}))))'
            )
            text = _verdict_text(*(values[name] for name in names))
            chosen = self.workings.chosen[column - COLUMNS[0]].at is not None
            self.sheet.formula(row, column, formula, text if chosen else "", look)
        letters = column_letters(COLUMNS[0])
        area = f"{letters}{row}:{column_letters(COLUMNS[-1])}{row}"
        verdict = self.workings.cell(VERDICT, COLUMNS[0])
        for value, fill in ((1, _FITS_FILL), (0, WARN_FILL), (NEVER, WARN_FILL)):
            test = f"AND(ISNUMBER({verdict}),{verdict}={value})"
            self.sheet.highlight(area, test, fill=PatternFill("solid", bgColor=fill))

    def _line(self, row: int, line: _Line) -> None:
        self.rows.setdefault(line.name, row)
        self.sheet.put(row, 1, line.label, Look(indent=1))
        column = self.report.columns.get(line.name)
        known = {one.definition.name: one.definition for one in self.report.assumptions}
        unit = column.unit if column else known[line.name].unit
        code = number_format(column) if column else "General"
        if unit == _BYTES:
            unit, code = "GB", GIGABYTES
        code = line.code or code
        shown = "" if line.to_copy else unit
        self.sheet.put(row, 2, shown, Look(color=QUIET, size=9))
        if column:
            self.sheet.note(row, 1, f"{column.label}\n{column.description}")
        look = Look(number_format=code, horizontal="right", color=FORMULA)
        if line.name == self.planner.total:
            look = replace(look, bold=True)
        for at, values, chosen in zip(
            COLUMNS, self.workings.values, self.workings.chosen, strict=True
        ):
            cell = self.workings.cell(line.name, at)
            text = cell
            value: float | str | None = number(values[line.name])
            has_it = f"ISNUMBER({cell})"
            if line.if_fits:
                has_it = f"AND({has_it},{self.workings.cell(VERDICT, at)}=1)"
                value = value if values[VERDICT] == 1 else None
            if line.to_copy:
                has_it = f"AND({has_it},{cell}>0)"
                value = value or None
            if line.to_copy and isinstance(value, float):
                before, _, behind = line.to_copy.partition("{}")
                text = f'"{before}"&{cell}&"{behind}"'
                value = f"{before}{value:g}{behind}"
            without = f'"{MISSING}"'
            if line.most:
                test, is_any = self.workings.undefined(line.name, at)
                verdict = self.workings.cell(VERDICT, at)
                without = f'IF(AND({verdict}=1,{test}),"any",{without})'
                if is_any and values[VERDICT] == 1:
                    value = "any"
            formula = f'IF({column_letters(at)}${PLACE}=0,"",IF({has_it},{text},{without}))'
            value = MISSING if value is None else value
            self.sheet.formula(row, at, formula, "" if chosen.at is None else value, look)

    # -- around them

    def _band(self, row: int, title: str, tint: str) -> None:
        for column in range(1, COLUMNS[-1] + 1):
            text = title if column == 1 else None
            self.sheet.put(row, column, text, Look(bold=True, fill=tint, color=DARK))
        self.sheet.height(row, 18)

    def _finish(self, row: int) -> None:
        self.sheet.limits |= {1: (0, _WIDE), 2: (0, 16)}
        for column in COLUMNS:
            self.sheet.width(column, _CHOICE_WIDTH)
        self.sheet.width(COLUMNS[-1] + 1, 2)
        look = Look(bold=True)
        names = [text_lines(one.name, _CHOICE_WIDTH - 2, look) for one in self.report.models]
        self.sheet.height(HEAD, 14 * min(max(names, default=1), _MOST_LINES) + 6)
        chart = fit_chart(self.sheet, self.report, self.workings, self.rows)
        text = "What fills the fullest device of each model, by part, and what may be used of it."
        self.sheet.chart(chart, _CHART_AT, "chart-fit", text)
        self.sheet.freeze(f"{column_letters(COLUMNS[0])}{FIRST}", 90)
        self.sheet.print_setup(f"{HEAD}:{HEAD}")


def _number(one: Number, before: str = "", *, if_fits: bool = False) -> Iterator[_Line]:
    words = f"{before}{one.words}"
    words = words[:1].upper() + words[1:]
    said = {one.name: f"{words}, at most" if one.low else words}
    if one.low and one.high:
        said |= {one.low: f"{words}, likely from", one.high: f"{words}, likely to"}
    for name, label in said.items():
        yield _Line(name, label, if_fits, code=_SPEED_OR_COST)


def _fixed(bytes_: str) -> str:
    """The formula of an amount of bytes in words; FIXED writes it as the reader's language does."""
    return (
        f'IF({bytes_}<1000000,"under 0.001 GB",FIXED({bytes_}/1000000000,'
        f'IF({bytes_}<1000000000,3,1))&" GB")'
    )


def _verdict_text(verdict: float, total: float, limit: float) -> str:
    if np.isnan([total, limit, verdict]).any():
        return MISSING
    if verdict == NEVER:
        return _NEVER
    left = limit - total
    return f"fits, {_words(left)} left" if verdict == 1 else f"short by {_words(-left)}"


def _words(amount: float) -> str:
    if amount < 1e6:
        return "under 0.001 GB"
    return f"{amount / _GB:,.{3 if amount < _GB else 1}f} GB"
