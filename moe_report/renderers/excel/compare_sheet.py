"""The sheet Compare: up to four models, chosen from a list, with their metrics side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from openpyxl.styles import Font, PatternFill

from moe_report.compute.kinds import rows_by_kind
from moe_report.display import MISSING
from moe_report.formula.excel import plain
from moe_report.load.our_sheets import COMPARE_SHEET, SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.column_widths import number_width
from moe_report.renderers.excel.model_choice import allow_models, place_of_model
from moe_report.renderers.excel.number_formats import number_format
from moe_report.renderers.excel.palette import (
    DARK,
    HINT,
    INPUT,
    INPUT_BANDS,
    LINK,
    METRIC_BANDS,
    QUIET,
    TABLE_HEAD,
    WARN_FILL,
    Look,
)
from moe_report.renderers.excel.sheet import Sheet
from moe_report.renderers.excel.text_width import text_lines
from moe_report.reports import Column, Report
from moe_report.schema.fields import FIELDS

CHOICE, PLACE, TOP = 5, 6, 7  # rows: the names chosen, where they are in Models, the first below
VALUES = (4, 5, 7, 9)  # columns of the models' numbers; a ratio is right of each but the first
LAST = VALUES[-1] + 1
_KEY_INPUTS = (
    "num_experts", "num_experts_per_tok", "num_shared_experts", "num_hidden_layers",
    "hidden_size", "moe_intermediate_size",
)  # fmt: skip
_ARROWS = {"higher": "↑", "lower": "↓"}
_BEST_FILL = "CFE8D5"
_RATIO_FORMAT = '[>=99.95]#,##0"×";[>=0.00095]0.000"×";0.0E+0"×"'
_MOST_LINES = 5  # of a model's name
_RATIO_WIDTH = 8.5


def write_compare(book: Book, report: Report) -> None:
    """Fill the sheet Compare; the first models of the report are chosen.

    All numbers are formulas that look the chosen names up in the table Models, whose rows may have
    been added since. A name that is not there, or none, leaves its column empty.
    """
    _Writer(book, report).write()


def _chosen(report: Report) -> list[int | None]:
    """Return which models are chosen in a new workbook, None for a place that is left free."""
    places = {model.name: at for at, model in enumerate(report.models)}
    if report.compared is not None:
        return [places.get(name) for name in report.compared[: len(VALUES)]]
    models_first = [at for rows in rows_by_kind(report).values() for at in rows]
    return [*models_first, *(None for _ in VALUES)][: len(VALUES)]


def groups(report: Report) -> Iterator[tuple[str, Sequence[Column]]]:
    """Return the rows under their headings: key inputs and the fields of sections, then metrics."""
    inputs = [report.columns[name] for name in _KEY_INPUTS if name in report.columns]
    inputs += [column for column in report.fields if column.name not in FIELDS]
    rest = (
        (section.title, [column for column in section.columns if not column.headline])
        for section in report.sections
    )
    for title, columns in (("Inputs", inputs), ("Headline", report.headline), *rest):
        if columns:
            yield title, columns


class _Writer:
    def __init__(self, book: Book, report: Report) -> None:
        self.report = report
        self.names = book.shell.defined_names
        self.sheet: Sheet = book[COMPARE_SHEET]
        self.chosen = _chosen(report)
        self.groups = list(groups(report))

    def write(self) -> None:
        self.sheet.heading(
            "Compare",
            "Choose models in the blue cells, from the list that opens there; "
            "all numbers follow, live from the sheet Models.",
        )
        legend = (
            "Green is the best of its row, where more (↑) or less (↓) is better. × is the ratio to "
            f"the first model. ≈ depends on the sheet Assumptions. {MISSING} marks a number that "
            "is missing."
        )
        self.sheet.put(3, 1, legend, HINT)
        self._head()
        row = self._types()
        for number, (title, columns) in enumerate(self.groups):
            tint = METRIC_BANDS[(number - 1) % len(METRIC_BANDS)] if number else INPUT_BANDS[0]
            self._band(row, title, tint)
            for column in columns:
                row += 1
                self._row(row, column)
            row += 1
        self._widths()
        if row - 1 >= TOP:
            self._best(row - 1)
        cells = [f"{column_letters(column)}{CHOICE}" for column in VALUES]
        allow_models(self.names, self.sheet, cells)
        self.sheet.freeze(f"{column_letters(VALUES[0])}{TOP}", 90)
        self.sheet.print_setup(f"{CHOICE}:{PLACE}")

    # -- the choice

    def _head(self) -> None:
        look = replace(TABLE_HEAD, size=9, rule=False)
        choice = replace(
            look, size=10, color=INPUT, fill="FFFFFF", rule=True, horizontal="right", indent=1
        )
        place = Look(size=9, color=QUIET, fill=look.fill, rule=True, horizontal="right")
        for column, text in enumerate(("Model", "Unit", "Better"), start=1):
            middle = "center" if text == "Better" else None
            below = "Number in the table Models" if column == 1 else ""
            self.sheet.put(CHOICE, column, text, replace(look, horizontal=middle))
            self.sheet.put(PLACE, column, below, replace(place, horizontal=None))
        for slot, (column, at) in enumerate(zip(VALUES, self.chosen, strict=True)):
            letters = column_letters(column)
            name = "" if at is None else self.report.models[at].name
            self.sheet.put(CHOICE, column, name, choice)
            number = replace(place, number_format='"no. "0;;')
            formula = place_of_model(f"{letters}{CHOICE}")
            self.sheet.formula(PLACE, column, formula, 0 if at is None else at + 1, number)
            if slot:
                self.sheet.put(CHOICE, column + 1, None, choice)
                self.sheet.put(PLACE, column + 1, "ratio", place)
                self.sheet.merge(CHOICE, column, column + 1)
        self.sheet.highlight(
            " ".join(f"{column_letters(column)}{CHOICE}" for column in VALUES),
            f'AND(D{CHOICE}<>"",D{PLACE}=0)',
            fill=PatternFill("solid", bgColor=WARN_FILL),
        )

    def _types(self) -> int:
        """Write the row of model types, if there is one; return the number of the next row."""
        if not any(model.texts.get("model_type") for model in self.report.models):
            return TOP
        self.sheet.put(TOP, 1, "Model type", Look(indent=1))
        look = Look(color=LINK, horizontal="right", size=9)
        for column, at in zip(VALUES, self.chosen, strict=True):
            place = f"{column_letters(column)}${PLACE}"
            formula = f'IF({place}=0,"",INDEX({SHEET}[model_type],{place})&"")'
            text = "" if at is None else self.report.models[at].texts.get("model_type", "")
            self.sheet.formula(TOP, column, formula, text, look)
        return TOP + 1

    # -- the rows

    def _band(self, row: int, title: str, tint: str) -> None:
        look = Look(bold=True, fill=tint, color=DARK)
        self.sheet.put(row, 1, title, look)
        for column in range(2, LAST + 1):
            self.sheet.put(row, column, None, look)
        self.sheet.height(row, 18)

    def _row(self, row: int, column: Column) -> None:
        mark = "≈" if column.rests_on else ""
        self.sheet.put(row, 1, f"{column.label}{mark}", Look(indent=1))
        self.sheet.put(row, 2, column.unit, Look(color=QUIET, size=9))
        arrow = _ARROWS.get(column.better or "", "")
        if arrow:
            self.sheet.put(row, 3, arrow, Look(color=QUIET, horizontal="center"))
        number = Look(color=LINK, number_format=number_format(column), horizontal="right")
        ratio = Look(color=QUIET, size=9, number_format=_RATIO_FORMAT, horizontal="right")
        first = f"${column_letters(VALUES[0])}{row}"
        values = [None if at is None else column.cells[at].value for at in self.chosen]
        for slot, (at, value) in enumerate(zip(VALUES, values, strict=True)):
            letters = column_letters(at)
            place = f"{letters}${PLACE}"
            cell = f"INDEX({SHEET}[{column.name}],{place})"
            formula = f'IF({place}=0,"",IF(ISNUMBER({cell}),{cell},"{MISSING}"))'
            shown = "" if self.chosen[slot] is None else MISSING if value is None else value
            self.sheet.formula(row, at, formula, shown, number)
            if slot:
                this = f"{letters}{row}"
                both = f"IF(COUNT({first},{this})=2,MIN({first},{this}),0)"
                self.sheet.formula(
                    row, at + 1, f'IF({both}>0,{this}/{first},"")', _ratio(values[0], value), ratio
                )
        self.sheet.note(row, 1, _note(column))

    # -- around them

    def _widths(self) -> None:
        columns = [column for _, group in self.groups for column in group]
        self.sheet.limits |= {1: (0, 40), 2: (0, 20), 3: (7, 7)}
        best = Look(bold=True)
        wide = max(14, max((number_width(column, best) for column in columns), default=0))
        self.sheet.width(VALUES[0], max(wide, 20))
        for column in VALUES[1:]:
            self.sheet.width(column, wide)
            self.sheet.width(column + 1, _RATIO_WIDTH)
        room = min(max(wide, 20), wide + _RATIO_WIDTH) - 2  # the narrowest, but for its indent
        lines = [text_lines(model.name, room, best) for model in self.report.models]
        self.sheet.height(CHOICE, 14 * min(max(lines, default=1), _MOST_LINES) + 6)

    def _best(self, last: int) -> None:
        """Mark the best of each row; not where all are the same."""
        row = ",".join(f"${column_letters(column)}{TOP}" for column in VALUES)
        this = f"{column_letters(VALUES[0])}{TOP}"
        area = " ".join(
            f"{column_letters(column)}{TOP}:{column_letters(column)}{last}" for column in VALUES
        )
        for arrow, pick in ((_ARROWS["higher"], "MAX"), (_ARROWS["lower"], "MIN")):
            differ = f"MAX({row})>MIN({row})"
            best = f'AND($C{TOP}="{arrow}",ISNUMBER({this}),{differ},{this}={pick}({row}))'
            green = PatternFill("solid", bgColor=_BEST_FILL)
            self.sheet.highlight(area, best, font=Font(bold=True), fill=green)


def _ratio(first: float | None, value: float | None) -> float | None:
    """What the formula of a ratio gives: nothing where either number is missing or not above 0."""
    if first is None or value is None or min(first, value) <= 0:
        return None
    return value / first


def _note(column: Column) -> str:
    lines = [column.label, column.description]
    if column.expr is not None and column.expr.op != "const":
        lines.append(f"Formula {plain(column.expr)}")
    if column.rests_on:
        lines.append(f"≈ depends on the assumptions {', '.join(column.rests_on)}")
    return "\n".join(line for line in lines if line)
