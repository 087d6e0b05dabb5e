"""References to Excel Tables and their columns, written out as references to cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.defined_names import defined_names
from moe_report.ooxml.formula_text import BRACKETS, QUOTED, TEXT, WORD
from moe_report.ooxml.package import Package
from moe_report.ooxml.sheet_names import quoted
from moe_report.ooxml.tables import TableArea, table_area
from moe_report.ooxml.texts import unescaped

_FOUND = re.compile(rf"{TEXT}|{QUOTED}!?|({WORD}*+)({BRACKETS})|({WORD}++)", re.DOTALL)
_OF_OTHER_WORKBOOK = re.compile(rf"\[\d+\](?:!|{QUOTED}|{WORD})")
_PART = re.compile(r"\s*\[((?:[^\[\]']|'.)*+)\]\s*([,:]?)", re.DOTALL)
_ESCAPE = re.compile(r"'(.)", re.DOTALL)
_THIS_ROW = "#this row"


@dataclass(frozen=True)
class Table:
    """An Excel Table, its sheet, and the headers of its columns in small letters."""

    area: TableArea
    sheet: str
    columns: Sequence[str]

    def rows(self, items: Iterable[str], row: int) -> tuple[int, int]:
        """Return the first and the last row that items such as ``#Data`` stand for.

        Raises:
            ValueError: There is none, or one of them is unknown.
        """
        area = self.area
        known = {
            "#all": (area.top, area.bottom),
            "#data": (area.first, area.last),
            "#headers": (area.top, area.first - 1),
            "#totals": (area.last + 1, area.bottom),
            _THIS_ROW: (row, row),
        }
        found = [known.get(item, (1, 0)) for item in items] or [known["#data"]]
        if any(top > bottom for top, bottom in found):
            raise ValueError(f"the table {area.name} has no such rows")
        top, bottom = min(top for top, _ in found), max(bottom for _, bottom in found)
        if row in (top, bottom) and not area.first <= row <= area.last and _THIS_ROW in items:
            raise ValueError(f"row {row} is none of the table {area.name}")
        return top, bottom


class Tables:
    """The Excel Tables of a workbook."""

    def __init__(self, package: Package) -> None:
        self._tables: dict[str, Table] = {}
        self._names = defined_names(package)
        for sheet, part in package.sheets().items():
            for name in package.related_parts(part, "table"):
                root = package.root(name)
                columns = [
                    unescaped(item.get("name", "")).casefold()
                    for item in root.iter("{*}tableColumn")
                ]
                table = Table(table_area(root, name), sheet, columns)
                self._tables[table.area.name.casefold()] = table

    def written_out(self, formula: str, sheet: str, column: int, row: int) -> str:
        """Return a formula with references to cells in place of those to tables and their columns.

        A table's name alone stands for its data.

        Args:
            formula: The formula without ``=``.
            sheet: The sheet on which it stands.
            column: Its column.
            row: Its row.

        Raises:
            ValueError: One of them leads nowhere.
        """
        if not self._tables and "[" not in formula:
            return formula

        def replaced(match: re.Match[str]) -> str:
            name, brackets, alone = match.groups()
            if alone and self._is_table(match):
                return _area(self._named(alone), "", row)
            if not brackets or (not name and _OF_OTHER_WORKBOOK.match(formula, match.start())):
                return match[0]
            table = self._named(name) if name else self._around(sheet, column, row)
            return _area(table, brackets[1:-1], row)

        return _FOUND.sub(replaced, formula)

    def _is_table(self, word: re.Match[str]) -> bool:
        """Whether a word is a table's name, and no sheet's, function's, name or end of a range."""
        key, formula = word[0].casefold(), word.string
        if key not in self._tables or key in self._names:
            return False
        before, behind = formula[: word.start()].rstrip()[-1:], formula[word.end() :].lstrip()[:1]
        return before not in (*"!:]",) and behind not in (*"!:([",)

    def _named(self, name: str) -> Table:
        table = self._tables.get(name.casefold())
        if table is None:
            raise ValueError(f"there is no table {name}")
        return table

    def _around(self, sheet: str, column: int, row: int) -> Table:
        for table in self._tables.values():
            if table.sheet == sheet and (row, column) in table.area:
                return table
        raise ValueError("it names a column of the table around it, and there is none")


def _area(table: Table, inside: str, row: int) -> str:
    """Return what the inside of a table's brackets refers to, as cells.

    Raises:
        ValueError: It leads nowhere, or is none that Excel writes.
    """
    items, columns = _parts(inside)
    top, bottom = table.rows(items, row)
    places = [_place(table, name) for name in columns] or [0, len(table.columns) - 1]
    left, right = table.area.left + min(places), table.area.left + max(places)
    first = f"${column_letters(left)}${top}"
    last = f"${column_letters(right)}${bottom}"
    return f"{quoted(table.sheet)}!{first if first == last else f'{first}:{last}'}"


def _place(table: Table, name: str) -> int:
    try:
        return table.columns.index(name)
    except ValueError:
        raise ValueError(f"the table {table.area.name} has no column {name}") from None


def _parts(inside: str) -> tuple[list[str], list[str]]:
    """Return the items, such as ``#Data``, and the columns; two of them are the ends of a range.

    >>> _parts("[#This Row],[a '[B']]"), _parts("@a"), _parts("[a]:[b]"), _parts("#All")
    ((['#this row'], ['a [b]']), (['#this row'], ['a']), ([], ['a', 'b']), (['#all'], []))
    """
    text = inside.strip()
    items, columns = [], []
    if text.startswith("@"):
        items, text = [_THIS_ROW], text[1:].strip()
    if not text.startswith("["):
        names = [text] if text else []
    else:
        names, at = [], 0
        while at < len(text):
            part = _PART.match(text, at)
            if not part:
                raise ValueError(f"[{inside}] cannot be read")
            names.append(part[1])
            at = part.end()
    for name in names:
        if name.startswith("#"):
            items.append(name.casefold())
        else:
            columns.append(_ESCAPE.sub(r"\1", name).casefold())
    if len(columns) > 2:
        raise ValueError(f"[{inside}] cannot be read")
    return items, columns
