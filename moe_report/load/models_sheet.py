"""The rows of a sheet of models: every value with its cell, every problem with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from moe_report.errors import Notice, Problem, nearest
from moe_report.load.grid import (
    HEADER_ROWS,
    STORED_AS_TEXT,
    Places,
    plain,
    read_grid,
    shows_percent,
)
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.calculation import asks_to_recalculate
from moe_report.ooxml.package import Package
from moe_report.schema.fields import FEWEST, LARGEST, RULES, Field
from moe_report.schema.headers import Headers, Known, folded
from moe_report.schema.metrics import field_value
from moe_report.schema.registry import Registry
from moe_report.table import Given, Row, Source, given
from moe_report.text import CONTROL, is_number, shown

NO_NUMBER = "no-number"  # kinds of notices
NO_STORED_VALUE = "no-stored-value"
_MISSING_SIGNS = {"", "-", "–", "—", "n/a", "na", "none"}
_PERCENT = Decimal("0.01")
_LIKE_A_COUNT = 1_000_000  # fewer parameters than this, and a fraction, are millions or billions
_TOTALS = ("total_params", "active_params", "active_params_no_embedding")
_YES_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


class SheetReader:
    """Reads the rows of one sheet; collects problems and warnings on the way."""

    def __init__(
        self,
        book: Any,
        package: Package,
        source: Source,
        registry: Registry,
        own_report: bool,
        allow_unknown: bool,
    ) -> None:
        self.source = source
        self.headers = Headers(registry.metrics)
        self.own_report = own_report
        self.allow_unknown = allow_unknown
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []
        self.scan, self.grid = read_grid(book, package, source.name, source.sheet)
        if book[source.sheet].sheet_state != "visible":
            self.notice("hidden-sheet", f"the sheet {source.sheet!r} that was read is hidden")
        self.recalculate = not own_report and asks_to_recalculate(package)
        self.stored_formulas: list[str] = []
        self.places: Places | None = None

    def problem(self, cell: str, message: str, sheet: str | None = None) -> None:
        """Record what is wrong with a cell."""
        at = sheet or self.source.sheet
        where = f"{self.source.name}, sheet {at}, cell {cell}"
        self.problems.append(Problem(where, message, sheet=at, cell=cell))

    def notice(self, kind: str, text: str, place: str = "") -> None:
        """Record what the user should know, of the file or of a place in it."""
        where = f"{self.source.name}, {place}" if place else self.source.name
        self.notices.append(Notice(kind, where, text))

    def rows(self) -> list[Row]:
        """Return the models; what is wrong is in ``problems`` then."""
        top = self._header_row()
        if top is None:
            return []
        columns, carried = self._columns(top)
        self._refuse_merged(top, columns)
        rows: list[Row] = []
        names: dict[str, str] = {}
        for number in range(top + 1, len(self.grid) + 1):
            row = self._row(number, columns, carried)
            if row is None:
                continue
            first = names.setdefault(row.name, row.place)
            if first != row.place:
                at = next(column for column, known in columns.items() if known.name == "name")
                self.problem(
                    f"{column_letters(at)}{number}",
                    f"found a second model named {row.name!r} (the first is in {first}); "
                    "expected each name once",
                )
            rows.append(row)
        self.places = Places(
            sheet=self.source.sheet,
            header=top,
            columns={known.name: column for column, known in columns.items()},
            scales={known.name: float(known.scale) for known in columns.values()},
            rows={row.name: int(row.place.rpartition("!")[2]) for row in rows},
            last_row=len(self.grid),
            last_column=max(len(cells) for cells in self.grid),
        )
        self._check_comparisons(rows, columns)
        if not rows and not self.problems:
            skipped = any(notice.kind == NO_NUMBER for notice in self.notices)
            below = "no row with a number" if skipped else "no model"
            self.problems.append(Problem(
                f"{self.source.name}, sheet {self.source.sheet}",
                f"found a header in row {top} but {below} below it", sheet=self.source.sheet,
            ))  # fmt: skip
        if self.recalculate and self.stored_formulas:
            more = len(self.stored_formulas) - 1
            cells = self.stored_formulas[0] + (f" and {more} more" if more else "")
            self.notice(
                "stale-values",
                "the program that wrote the file left its formulas to be computed on opening, so "
                f"the values stored with them ({cells}) may be stale; to be sure, open the file in "
                "Excel or LibreOffice and save it",
            )
        return rows

    def _check_comparisons(self, rows: Sequence[Row], columns: Mapping[int, Known]) -> None:
        names = {row.name for row in rows}
        lacking = [row for row in rows if row.texts.get("compare_with", row.name) not in names]
        if not lacking:
            return
        from moe_report.load.examples import example_models

        names.update(example.name for example in example_models())
        at = next(column for column, known in columns.items() if known.name == "compare_with")
        for row in lacking:
            wanted = row.texts["compare_with"]
            if wanted not in names:
                self.problem(
                    f"{column_letters(at)}{row.place.rpartition('!')[2]}",
                    f"found {shown(wanted)}, expected the name of another row or of a shipped "
                    f"example.{nearest(wanted, names)}",
                )

    def _refuse_merged(self, top: int, columns: Mapping[int, Known]) -> None:
        """Merged over rows, a number would count for the first of them only."""
        for left, above, right, below in self.scan.merged:
            if below > max(above, top) and any(left <= column <= right for column in columns):
                cells = f"{column_letters(left)}{above}:{column_letters(right)}{below}"
                self.problem(
                    f"{column_letters(left)}{max(above, top + 1)}",
                    f"found the merged cells {cells}; expected a cell of its own in every row",
                )

    def _header_row(self) -> int | None:
        """The row whose cells are surest to be headers, counted from 1."""
        best, best_score = None, 0
        for number, cells in enumerate(self.grid[:HEADER_ROWS], start=1):
            texts = [cell.value for cell in cells if isinstance(cell.value, str)]
            found = [known for text in texts if isinstance(known := self.headers.find(text), Known)]
            score = sum(known.exact for known in found)
            if score > best_score and any(known.name == "name" for known in found):
                best, best_score = number, score
        if best is None:
            self.problems.append(Problem(
                f"{self.source.name}, sheet {self.source.sheet}",
                f"found no header row in the first {HEADER_ROWS} rows; expected a row with 'name' "
                "and field names such as 'num_experts' and 'num_experts_per_tok' (`moe-report "
                "init` writes a workbook that has one)",
                sheet=self.source.sheet,
            ))  # fmt: skip
        return best

    def _columns(self, top: int) -> tuple[dict[int, Known], dict[int, str]]:
        columns: dict[int, Known] = {}
        carried: dict[int, str] = {}
        seen: dict[str, str] = {}
        width = max(len(cells) for cells in self.grid)
        for column in range(1, width + 1):
            address = f"{column_letters(column)}{top}"
            if self._broken(top, column, address):
                continue
            header = self._at(top, column)
            if header is None or (isinstance(header, str) and not header.strip()):
                self._stray(top, column)
                continue
            text = str(header).strip()
            if text.startswith("#"):
                self._carry(column, text, address, carried)
                continue
            known = self.headers.find(text)
            if isinstance(known, str):
                self._unknown(top, column, text, known, carried)
            elif known.name in seen:
                self.problem(
                    address,
                    f"found {text!r}, which is {known.name} once more (already in "
                    f"{seen[known.name]}); expected each column once",
                )
            else:
                seen[known.name] = address
                columns[column] = known
        return columns, carried

    def _carry(self, column: int, text: str, address: str, carried: dict[int, str]) -> None:
        twin = next((at for at, header in carried.items() if folded(header) == folded(text)), None)
        if twin is None:
            carried[column] = text
            return
        self.problem(
            address,
            f"found {shown(text)} once more (already in column {column_letters(twin)}); expected "
            "each column once",
        )

    def _stray(self, top: int, column: int) -> None:
        for number in range(top + 1, len(self.grid) + 1):
            value = self._at(number, column)
            if value is not None and str(value).strip():
                cell = f"{column_letters(column)}{number}"
                self.problem(
                    cell,
                    f"found {shown(value)} in a column without header; expected a header in row "
                    f"{top} (one that starts with # is carried along)",
                )
                return

    def _unknown(self, top: int, column: int, text: str, why: str, carried: dict[int, str]) -> None:
        letters = column_letters(column)
        below = range(top + 1, len(self.grid) + 1)
        formulas = [at for at in below if f"{letters}{at}" in self.scan.formulas]
        typed = any(self._filled(at, column) for at in below if at not in formulas)
        if self.own_report and formulas and not typed:
            self.notice(
                "unknown-metric",
                f"column {text!r} ({letters}{top}) of the earlier report is skipped: its metric is "
                "not installed",
            )
        elif self.allow_unknown or self.own_report:
            self._carry(column, text, f"{letters}{top}", carried)
        else:
            self.problem(
                f"{letters}{top}",
                f"{why} Start the header with # or pass --allow-unknown to carry it along.",
            )

    def _row(
        self, number: int, columns: Mapping[int, Known], carried: Mapping[int, str]
    ) -> Row | None:
        if not any(self._filled(number, column) for column in (*columns, *carried)):
            return None
        texts: dict[str, str] = {}
        numbers: dict[str, Given] = {}
        before = len(self.problems)
        for column, known in columns.items():
            if known.field is not None and known.field.kind == "text":
                text = self._text(number, column)
                if known.name in ("name", "compare_with"):
                    text = " ".join(text.split())  # a line break in a name is layout
                if text:
                    texts[known.name] = text
            else:
                value = self._number(number, column, known)
                if value is not None:
                    numbers[known.name] = value
        name = texts.pop("name", "")
        place = f"{self.source.sheet}!{number}"
        if not name:
            at = next((column for column, known in columns.items() if known.name == "name"), 1)
            cell = f"{column_letters(at)}{number}"
            if not any(problem.cell == cell for problem in self.problems[before:]):
                self.problem(cell, "found a row without a name; expected one in every row")
            return None
        if not numbers and len(self.problems) == before:
            self.notice(NO_NUMBER, f"{shown(name)} has no number at all and is skipped", place)
            return None
        self._check_rules(number, columns, numbers)
        extra = {}
        for column, header in carried.items():
            address = f"{column_letters(column)}{number}"
            if not self.own_report:
                self._without_value(address)
            elif address in self.scan.formulas and not self.scan.formulas[address].has_value:
                self.notice(
                    NO_STORED_VALUE,
                    "a formula of yours has no stored value yet and is carried along empty",
                    f"{self.source.sheet}!{address}",
                )
            extra[header] = self._at(number, column)
        return Row(name, place, texts, numbers, extra)

    def _at(self, number: int, column: int) -> Any:
        cells = self.grid[number - 1]
        return plain(cells[column - 1].value) if column <= len(cells) else None

    def _filled(self, number: int, column: int) -> bool:
        value = self._at(number, column)
        if value is None:
            return f"{column_letters(column)}{number}" in self.scan.formulas and not self.own_report
        return bool(str(value).strip())

    def _text(self, number: int, column: int) -> str:
        address = f"{column_letters(column)}{number}"
        value = self._at(number, column)
        if self._broken(number, column, address) or value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.problem(address, f"found {shown(value)}, expected text")
            return ""
        if CONTROL.search(str(value)):
            self.problem(address, f"found {shown(value)}, expected text without control characters")
            return ""
        return str(value).strip()

    def _number(self, number: int, column: int, known: Known) -> Given | None:
        address = f"{column_letters(column)}{number}"
        formula = address in self.scan.formulas
        if self.own_report and formula and self._computed(known):
            return None
        value = self._at(number, column)
        if self._broken(number, column, address):
            return None
        if value is None or (isinstance(value, str) and value.strip().casefold() in _MISSING_SIGNS):
            return None
        flag = known.field is not None and known.field.kind == "flag"
        if flag and isinstance(value, str):
            value = _YES_NO.get(value.strip().casefold(), value)
        if flag and isinstance(value, bool):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            hint = STORED_AS_TEXT if isinstance(value, str) and is_number(value) else ""
            self.problem(address, f"found {shown(value)}, expected a number for {known.name}{hint}")
            return None
        scale = known.scale
        if scale == _PERCENT and shows_percent(self.grid[number - 1][column - 1].number_format):
            scale = 1  # the cell shows 27.6 % for 0.276
        typed = given(value, scale, f"{self.source.sheet}!{address}")
        wrong = _out_of_bounds(known, typed.value)
        if wrong:
            scaled = f" ({typed.value:,.15g})" if scale != 1 else ""
            self.problem(address, f"found {value!r}{scaled}, expected {wrong} for {known.name}")
            return None
        if formula:
            self.stored_formulas.append(address)
        return typed

    def _computed(self, known: Known) -> bool:
        """Whether our own reports have a formula in this column: a metric's, or a default."""
        return known.field is None or known.field.default is not None

    def _broken(self, number: int, column: int, address: str) -> bool:
        cells = self.grid[number - 1]
        cell = cells[column - 1] if column <= len(cells) else None
        if cell is not None and cell.data_type == "e":
            self.problem(address, f"found the error {cell.value}; expected a value")
            return True
        return self._without_value(address)

    def _without_value(self, address: str) -> bool:
        formula = self.scan.formulas.get(address)
        if formula is None or formula.has_value:
            return False
        what = f"the formula ={formula.text}" if formula.text else "a formula"
        self.problem(
            address,
            f"found {what} without a stored value; open the file in Excel or LibreOffice and save "
            "it",
        )
        return True

    def _check_rules(
        self, number: int, columns: Mapping[int, Known], numbers: Mapping[str, Given]
    ) -> None:
        values = {name: item.value for name, item in numbers.items()}
        for rule in RULES:
            if rule.field not in values:
                continue
            limit = field_value(rule.limit, values)
            if values[rule.field] > limit:
                cell = numbers[rule.field].place.split("!")[-1]
                self.problem(
                    cell,
                    f"found {values[rule.field]:,.15g} for {rule.field}, expected at most "
                    f"{rule.limit}, which is {limit:,.15g}",
                )


def _out_of_bounds(known: Known, value: float) -> str:
    """What was expected in place of a value, or nothing if it will do."""
    field: Field | None = known.field
    if not math.isfinite(value) or value > LARGEST:
        return f"at most 2^53 ({LARGEST:,.0f})"
    if field is None:
        counts = known.unit.split("/")[0] in ("parameters", "FLOP", "MAC", "byte", "slots")
        if (counts and value < 0) or value < -LARGEST:
            return "a number that is not negative"
        whole = value == int(value) and not (known.name in _TOTALS and value < FEWEST)
        if known.unit == "parameters" and value < _LIKE_A_COUNT and not whole:
            return (
                f"a whole number (is it in billions? then write the header as '{known.name} (B)')"
            )
        return ""
    if not field.minimum <= value <= field.maximum:
        if field.maximum >= LARGEST:
            hint = f" (is it in billions? then write the header as '{known.name} (B)')"
            return f"at least {field.minimum:,.0f}" + hint * (field.minimum == FEWEST)
        return f"{field.minimum:g} to {field.maximum:g}"
    return "" if value == int(value) else "a whole number"
