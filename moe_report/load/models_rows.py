"""The rows below the header of a sheet of models: every value with the cell that it stands in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import NamedTuple

from moe_report.load.carried import carried_cell
from moe_report.load.collected import NO_STORED_VALUE
from moe_report.load.columns import Columns
from moe_report.load.grid import Grid
from moe_report.load.models_checks import check_rules, lone_layer_fields, out_of_bounds
from moe_report.schema.headers.phrasebook import Known
from moe_report.schema.numerals import Mark, without_markup
from moe_report.schema.quantities import Said, read_cell, style_of
from moe_report.table import CarriedCell, Given, Row, Unclear, given
from moe_report.text import CONTROL, shown

_MOST_READINGS = 20_000


class _Reading(NamedTuple):
    """What a cell says, and each of its numbers with what is wrong with it."""

    said: Said
    numbers: Sequence[tuple[str, Given, str]]


@dataclass
class RowReader:
    """Reads rows of models.

    Attributes:
        grid: The sheet's cells.
        columns: What its columns are.
        catalogue: Every field and metric that a cell may say.
        rows: The numbers of the rows that are models.
        formulas: Cells of formulas whose stored values were taken.
        empty: Rows that have a name and no number.
        unclear: Cells that could not be told for sure.
        left_behind: Carried cells whose formulas are not taken along.
        left_empty: Those of them that have no stored value either.
    """

    grid: Grid
    columns: Columns
    catalogue: Mapping[str, Known]
    rows: Sequence[int]
    formulas: list[str] = field(default_factory=list)
    empty: dict[int, str] = field(default_factory=dict)
    unclear: list[Unclear] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    left_empty: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        texts: dict[int, list[str]] = {column: [] for column in self.columns.known}
        for row in self.rows:
            for column, value in enumerate(self.grid.row(row), 1):
                if isinstance(value, str) and column in texts:
                    texts[column].append(value)
        rows = self.grid.unlike(self.rows)
        styles = {}
        self._formats: dict[int, str] = {}  # of columns that have but one
        self._readings: dict[Hashable, _Reading] = {}
        for column, (known, *others) in self.columns.known.items():
            if known.field is not None and known.field.kind == "text":
                continue
            whole = (
                known.field is not None and known.field.whole and known.scale == 1 and not others
            )
            formats = {self.grid.number_format(row, column) for row in rows}
            styles[column] = style_of(texts[column], formats, whole=whole)
            if len(formats) == 1:
                self._formats[column] = formats.pop()
        marks = {style.decimal for style in styles.values()} - {""}
        sheet: Mark = marks.pop() if len(marks) == 1 else ""
        self._styles = {
            column: replace(style, decimal=style.decimal or sheet)
            for column, style in styles.items()
        }
        self._name_at = self.columns.at("name")
        self._columns = {one.number for one in self.columns.all}
        self._computed = self._columns_of_ours() if self.grid.own_report else set()
        self._order = sorted(self.columns.known.items(), key=lambda item: len(item[1]))

    def _columns_of_ours(self) -> set[int]:
        """The columns of which formulas in an own report are ours: of metrics, and of defaults."""
        found = set()
        for column, (known, *_) in self.columns.known.items():
            header = self.columns.column(column).header
            if known.field is not None:
                is_ours = known.field.default is not None
            else:
                is_ours = self.grid.wrote(header) or header != known.name
            if is_ours:
                found.add(column)
        return found

    def read(self, row: int) -> Row | None:
        """Return the model of a row; None if there is none, or none that can be used."""
        columns = self.columns
        present = self.grid.present(row)
        if not any(self._is_filled(row, at) for at in present & self._columns):
            return None
        texts: dict[str, str] = {}
        numbers: dict[str, Given] = {}
        unclear: dict[str, str] = {}
        problems = self.grid.collected.problems
        before = len(problems)
        for column, known in self._order:
            if column not in present:
                continue
            if known[0].field is not None and known[0].field.kind == "text":
                text = self._text(row, column)
                if known[0].name in ("name", "compare_with"):
                    text = " ".join(text.split())  # a line break in a name is layout
                if text:
                    texts[known[0].name] = text
            else:
                for name, number in self._numbers(row, column, known, unclear).items():
                    numbers.setdefault(name, number)
        name = texts.pop("name", "")
        if not name:
            self._without_name(row, numbers, texts, before)
            return None
        asked = self._of_asked_columns(row)
        nothing = not (numbers or unclear or asked or self._is_marked(row))
        if nothing and len(problems) == before:
            self.empty[row] = name
            return None
        check_rules(self.grid, numbers)
        for lone in lone_layer_fields(numbers):
            self._of_a_lone_layer(row, lone, numbers, unclear)
        unclear |= asked
        carried = {header: self._carried(row, column) for column, header in columns.carried.items()}
        open_ones = {key: why for key, why in unclear.items() if key not in numbers}
        looks = self._looks(row)
        return Row(name, self.grid.place(row), texts, numbers, carried, open_ones, looks)

    def _without_name(
        self, row: int, numbers: Mapping[str, Given], texts: Mapping[str, str], before: int
    ) -> None:
        """A row with numbers needs a name; one of remarks is left out."""
        problems = self.grid.collected.problems
        at = self._name_at
        if any(problem.cell == self.grid.address(row, at) for problem in problems[before:]):
            return
        if numbers or texts or len(problems) > before or self.grid.own_report:
            message = "found a row without a name; expected one in every row"
            self.grid.problem(row, at, message)
        else:
            self.empty[row] = ""

    def _is_marked(self, row: int) -> bool:
        """Whether a row says of its numbers that there are none, rather than nothing."""
        return any(
            self.grid.text(row, column)
            for column, known in self.columns.known.items()
            if known[0].field is None or known[0].field.kind != "text"
        )

    def _is_filled(self, row: int, column: int) -> bool:
        if self.grid.value(row, column) is None:
            return not self.grid.own_report and self.grid.formula(row, column) is not None
        return bool(self.grid.text(row, column))

    def _text(self, row: int, column: int) -> str:
        value = self.grid.value(row, column)
        if self.grid.is_broken(row, column) or value is None:
            return ""
        expected = ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            expected = "text"
        elif CONTROL.search(str(value)):
            expected = "text without control characters"
        if expected:
            self.grid.problem(row, column, f"found {shown(value)}, expected {expected}")
            return ""
        text = str(value).strip()
        return text if self.grid.own_report else without_markup(text)

    def _numbers(
        self, row: int, column: int, known: Sequence[Known], unclear: dict[str, str]
    ) -> dict[str, Given]:
        """What a cell says of the fields of its column; what it leaves open goes to ``unclear``."""
        formula = self.grid.formula(row, column)
        if formula and column in self._computed:
            return {}
        value = self.grid.value(row, column)
        if self.grid.is_broken(row, column) or value is None:
            return {}
        reading = self._reading(row, column, known, value)
        said = reading.said
        address = self.grid.address(row, column)
        if said.wrong:
            self.grid.problem(row, column, f"found {shown(value)}, {said.wrong}", said.wrong)
        place = f"{self.grid.sheet}!{address}"
        if said.unclear:
            model = " ".join(self._text(row, self._name_at).split())
            text = f"found {shown(value)}: {said.unclear}"
            self.unclear.append(Unclear(said.fields, text, place, model, cause=said.unclear))
            unclear |= dict.fromkeys(said.fields, f"{address} says {shown(value)}: {said.unclear}")
        if said.missing == "unknown":
            unclear |= {item.name: f"{address} says {shown(value)}: not known" for item in known}
        found = {}
        for name, number, wrong in reading.numbers:
            if wrong:
                scaled = f" ({number.value:,.15g})" if said.numbers[name].scale != 1 else ""
                message = f"found {value!r}{scaled}, expected {wrong} for {name}"
                self.grid.problem(row, column, message, f"{wrong} for {name}")
            else:
                found[name] = Given(number.value, place, number.half_unit, number.about)
        if formula and found:
            self.formulas.append(address)
        return found

    def _reading(self, row: int, column: int, known: Sequence[Known], value: object) -> _Reading:
        """What a value says in a column; what many rows have is worked out once."""
        format_ = self._formats.get(column)
        if format_ is None:
            format_ = self.grid.number_format(row, column)
        key = column, format_, type(value), value
        found = self._readings.get(key)
        if found is None:
            style = self._styles[column]
            said = read_cell(value, known, self.catalogue, style, number_format=format_)
            numbers = {
                name: given(one.number, one.scale, about=one.about)
                for name, one in said.numbers.items()
            }
            found = _Reading(said, [
                (name, number, out_of_bounds(self.catalogue[name], number.value))
                for name, number in numbers.items()
            ])  # fmt: skip
            if len(self._readings) < _MOST_READINGS:
                self._readings[key] = found
        return found

    def _of_a_lone_layer(
        self, row: int, name: str, numbers: Mapping[str, Given], unclear: dict[str, str]
    ) -> None:
        """Doubt a lone layer's field beside those of a whole model: it is probably the experts'."""
        column = self.columns.at(name)
        header = self.columns.column(column).header
        meant = "moe_intermediate_size"
        text = f"{name} is of a lone layer, and this row has the fields of a whole model"
        if meant not in numbers:
            text += (
                f"; it is probably {meant}, on which no number rests until that is said: "
                f"--column '{header}={meant}'"
            )
            why = f"the column {shown(header)} may be it ({self.grid.address(row, column)})"
            unclear.setdefault(meant, why)
        place = f"{self.grid.sheet}!{self.columns.column(column).cell}"
        if (one := Unclear((name,), text, place)) not in self.unclear:
            self.unclear.append(one)

    def _of_asked_columns(self, row: int) -> dict[str, str]:
        """The fields that columns may be of which the row has a value."""
        return {
            known.name: f"the column {shown(one.header)} may be it ({one.cell})"
            for one in reversed(self.columns.asked)
            if self._is_filled(row, one.number)
            for known in one.candidates
        }

    def _looks(self, row: int) -> dict[str, CarriedCell]:
        """The formulas and formats of carried cells; formulas that stay behind are remembered."""
        found = {}
        for column, header in self.columns.carried.items():
            plain = self.grid.number_format(row, column) in ("", "General")
            if plain and self.grid.formula(row, column) is None:
                continue
            look = carried_cell(self.grid, self.columns, row, column)
            if (formula := self.grid.formula(row, column)) and not look.formula:
                left = self.left_behind if formula.has_value else self.left_empty
                left.append(self.grid.address(row, column))
            if look != CarriedCell():
                found[header] = look
        return found

    def _carried(self, row: int, column: int) -> object:
        formula = self.grid.formula(row, column)
        if formula and not formula.has_value and self.grid.own_report:
            message = "a formula of yours has no stored value yet and is carried along empty"
            place = f"{self.grid.sheet}!{self.grid.address(row, column)}"
            self.grid.collected.notice(NO_STORED_VALUE, message, place)
        value = self.grid.value(row, column)
        # such as 1e400, which no format but a text has
        return str(value) if isinstance(value, float) and not isfinite(value) else value
