"""Rows into somebody's workbook: new cells are put into its package, all else stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from lxml import etree

from moe_report.errors import InputError, Problem
from moe_report.load.models_sheet import Places
from moe_report.ooxml.addresses import area_of, column_letters
from moe_report.ooxml.calculation import ask_to_recalculate, drop_calculation_chain
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.markup import local_name
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.rows import number_text
from moe_report.schema.fields import TEXT_FIELDS
from moe_report.schema.number_words import UNKNOWN_MARK
from moe_report.table import Row

_SQREF = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
_RANGED = ("conditionalFormatting", "dataValidation")


@dataclass
class Appended:
    """What was done to a workbook.

    Attributes:
        data: The file's new bytes.
        added: Names of the models in new rows.
        replaced: Names of the models whose rows were overwritten.
        columns: Headers of new columns.
        emptied: Addresses of cells of overwritten rows whose numbers are gone.
    """

    data: bytes = b""
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)


def append_rows(
    package: Package, places: Places, rows: Sequence[Row], file: str, *, replace: bool = False
) -> Appended:
    """Return a workbook with models added below its table.

    A field that has no column gets one at the right edge. Cells take the style of those above, a
    column that is computed by a formula of its Excel Table gets that formula.

    With ``replace``, rows of the same name are overwritten. In these, numbers that the model does
    not have are emptied; texts that it does not have, what was published, and columns that are no
    field or metric stay.

    Raises:
        InputError: A model is there already, or something stands where the rows would go.
    """
    sheet = _Sheet(package, places, f"{file}, sheet {places.sheet}")
    fresh = [row for row in rows if row.name not in sheet.models]
    problems = [
        Problem(
            f"{sheet.where}, row {sheet.models[row.name]}",
            f"has a model named {row.name!r} already; --replace overwrites it, --name gives the "
            "new one another name",
        )
        for row in rows
        if row.name in sheet.models and not replace
    ]
    problems.extend(sheet.obstacles(len(fresh)))
    if problems:
        raise InputError(problems)
    done = Appended()
    for name in dict.fromkeys(
        name for row in rows for name in ("name", *row.texts, *row.numbers, *row.unclear)
    ):
        if name not in sheet.columns:
            sheet.add_column(name, len(fresh))
            done.columns.append(name)
    for row in rows:
        if row.name in sheet.models:
            done.emptied += sheet.overwrite(sheet.models[row.name], row)
            done.replaced.append(row.name)
        else:
            sheet.append(row)
            done.added.append(row.name)
    sheet.save()
    done.data = package.save()
    return done


class _Table:
    """An Excel Table around the models."""

    def __init__(self, part: str, root: etree._Element) -> None:
        self.part = part
        self.root = root
        self.left, self.top, self.right, self.bottom = area_of(root.get("ref", "A1"))
        # The row of totals, which the table's area includes; 0 if there is none.
        self.totals = self.bottom if root.get("totalsRowCount", "0") not in ("", "0") else 0

    def add_column(self, name: str) -> None:
        """Add a column at the right edge."""
        listed = self.root.find(f"{TAG}tableColumns")
        assert listed is not None
        id = max((int(item.get("id", "0")) for item in listed), default=0) + 1
        etree.SubElement(listed, f"{TAG}tableColumn", id=str(id), name=name)
        listed.set("count", str(len(listed)))
        self.right += 1

    def formulas(self) -> dict[int, dict[str, str]]:
        """Return the formula of each computed column, by number, as a cell's content."""
        found = {}
        for at, item in enumerate(self.root.iterfind(f"{TAG}tableColumns/{TAG}tableColumn")):
            formula = item.find(f"{TAG}calculatedColumnFormula")
            if formula is not None and formula.text:
                kind = "array" if formula.get("array") in ("1", "true") else "f"
                found[self.left + at] = {kind: formula.text}
        return found

    def reach(self, last: int) -> bool:
        """Let the table end in a row or further down, and say whether it has changed."""
        if last > self.bottom:
            self.bottom = last
            self.root.attrib.pop("insertRow", "")  # an empty row that stood for none
        area = f"{column_letters(self.left)}{self.top}:{column_letters(self.right)}{self.bottom}"
        if area == self.root.get("ref"):
            return False
        self.root.set("ref", area)
        for item in self.root.iter(f"{TAG}autoFilter"):
            item.set("ref", area[: -len(str(self.bottom))] + str(self.bottom - bool(self.totals)))
        return True


class _Sheet:
    """The sheet of models while rows are put into it."""

    def __init__(self, package: Package, places: Places, where: str) -> None:
        self.package = package
        self.places = places
        self.where = where
        self.part = package.sheets()[places.sheet]
        self.root = package.root(self.part)
        self.cells = Cells(self.root, where)
        self.columns = dict(places.columns)
        self.table = self._table()
        totals = self.table.totals if self.table else 0
        self.models = {name: row for name, row in places.rows.items() if row != totals}
        self.bottom = max([places.header, *self.models.values()])
        self.last = self.bottom
        self.formulas = self.table.formulas() if self.table else {}

    def _table(self) -> _Table | None:
        name = self.places.columns["name"]
        for part in self.package.related_parts(self.part, "table"):
            table = _Table(part, self.package.root(part, "table"))
            if table.top == self.places.header and table.left <= name <= table.right:
                return table
        return None

    def obstacles(self, count: int) -> Iterator[Problem]:
        """Say what keeps so many rows from being added."""
        if not count:
            return
        rows = range(self.bottom + 1, self.bottom + count + 1)
        said = f"where the new row{'s' * (count > 1)} of models would go"
        if self.table and self.table.totals in rows:
            yield Problem(
                f"{self.where}, row {self.table.totals}",
                f"is the row of totals of the table, {said}; switch it off, import, and switch it "
                "on again",
            )
            return
        for left, top, right, bottom in self.cells.merged():
            if left <= self._edge and top < rows.stop and rows.start <= bottom:
                area = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
                yield Problem(f"{self.where}, cell {area}", f"are merged cells, {said}")
        for number in rows:
            for column in self.cells.filled(number):
                if column not in self.formulas or not self.cells.is_formula(number, column):
                    yield Problem(
                        f"{self.where}, cell {column_letters(column)}{number}",
                        f"has something, {said}; move it, or leave room below the models",
                    )
                    return

    @property
    def _edge(self) -> int:
        """The last column that has something."""
        table = self.table.right if self.table else 0
        return max([table, self.places.last_column, *self.columns.values()])

    def add_column(self, name: str, count: int) -> None:
        """Add a column with a header at the right edge of all there is, for so many new rows."""
        top, end = self.places.header, self.bottom + count
        merged = (
            right for _, first, right, last in self.cells.merged() if first <= end and top <= last
        )
        column = max([self._edge, *merged]) + 1
        self.cells.put(top, column, {"t": name}, self.cells.style(top, column - 1))
        if self.table and column == self.table.right + 1:
            self.table.add_column(name)
        self.columns[name] = column

    def append(self, row: Row) -> None:
        """Write a model into the row below the last one."""
        self.last += 1
        contents = dict(self.formulas)
        contents |= {self.columns[name]: content for name, content in self._contents(row)}
        above = self.cells.styled(self.last - 1) if self.last - 1 > self.places.header else {}
        for column in sorted({*contents, *above}):
            content = contents.get(column, {})
            self.cells.put(self.last, column, content, self._style(self.last, column, content))

    def overwrite(self, number: int, row: Row) -> list[str]:
        """Write a model over another, and return the addresses of what is gone."""
        contents = dict(self._contents(row))
        emptied = []
        for name, column in self.columns.items():
            if name in contents:
                content = contents[name]
            elif name in TEXT_FIELDS or name.startswith("published_"):
                continue
            else:
                content = self.formulas.get(column, {})
                gone = not content and self.cells.has(number, column)
                emptied += [f"{column_letters(column)}{number}"] * gone
            self.cells.put(number, column, content, self._style(number, column, content))
        return emptied

    def _contents(self, row: Row) -> Iterator[tuple[str, dict[str, str]]]:
        for name, text in {"name": row.name, **row.texts}.items():
            yield name, {"t": text}
        for name, typed in row.numbers.items():
            scale = Decimal(repr(self.places.scales.get(name, 1)))
            yield name, {"v": number_text(float(Decimal(repr(typed.value)) / scale))}
        for name in row.unclear:
            yield name, {"t": UNKNOWN_MARK}

    def _style(self, number: int, column: int, content: Mapping[str, str]) -> str | None:
        """The style of the nearest cell above that holds the same kind of thing."""
        own = self.cells.style(number, column)
        if own is not None:
            return own
        computed = "f" in content or "array" in content
        for above in range(number - 1, max(self.places.header, number - 100), -1):
            alike = self.cells.is_formula(above, column) == computed
            if content and alike and self.cells.has(above, column):
                return self.cells.style(above, column)
        if number - 1 > self.places.header and (style := self.cells.style(number - 1, column)):
            return style
        return self.cells.empty_style(number, column)

    def save(self) -> None:
        """Put the changed parts into the package."""
        ends = {self.bottom}
        if self.table:
            ends.add(self.table.bottom)
            if self.table.reach(self.last):
                self.package[self.table.part] = serialize(self.table.root)
        self._stretch_ranges(ends)
        self.cells.measure(self.last, max(self.columns.values()))
        self.package[self.part] = serialize(self.root)
        if self.cells.formulas_lost:
            drop_calculation_chain(self.package)
        ask_to_recalculate(self.package)

    def _stretch_ranges(self, ends: set[int]) -> None:
        """Let what is laid over the rows, down to the last of them, reach the new ones."""
        for item in self.root.iter(*(f"{TAG}{name}" for name in _RANGED)):
            item.set("sqref", self._stretched(item.get("sqref", ""), ends))
        for item in self.root.iter(_SQREF):
            parent = item.getparent()
            if parent is not None and local_name(parent) in _RANGED:
                item.text = self._stretched(item.text or "", ends)
        for item in self.root.iterchildren(f"{TAG}autoFilter"):
            area = self._stretched(item.get("ref", ""), ends)
            if area != item.get("ref", ""):
                item.set("ref", area)
                _stretch_filter_name(self.package, self.places.sheet, self.last)

    def _stretched(self, areas: str, ends: set[int]) -> str:
        single = self.places.header + 1 in ends
        found = []
        for area in areas.split():
            match = re.fullmatch(r"(\$?[A-Z]+\$?)(\d+)(?::(\$?[A-Z]+\$?)(\d+))?", area)
            end = int(match[4] or match[2]) if match else 0
            if match and end in ends and end < self.last and (match[4] or single):
                area = f"{match[1]}{match[2]}:{match[3] or match[1]}{self.last}"
            found.append(area)
        return " ".join(found)


def _stretch_filter_name(package: Package, sheet: str, last: int) -> None:
    """Let the hidden name that says what is filtered say the same as the filter."""
    part = package.workbook_part()
    root = package.root(part)
    sheets = [item.get("name") for item in root.iterfind(f"{TAG}sheets/{TAG}sheet")]
    for item in root.iterfind(f"{TAG}definedNames/{TAG}definedName"):
        ours = item.get("localSheetId") == str(sheets.index(sheet))
        if ours and item.get("name") == "_xlnm._FilterDatabase" and item.text:
            item.text = re.sub(r"(:\$?[A-Z]+\$?)\d+$", rf"\g<1>{last}", item.text)
            package[part] = serialize(root)
