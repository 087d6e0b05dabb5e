"""The rows of a table that repeats, as text: a pattern of one row, and the contents of its cells.

No element is built for a row: ten thousand of them take about as long as it takes to compress them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from html import escape

from lxml import etree

from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG
from moe_report.ooxml.formula_text import references, split_end, split_row
from moe_report.ooxml.markup import split_name
from moe_report.ooxml.rows import MAX_TEXT, Value


def fits(value: Value) -> str:
    """Return why a value does not go into a cell; nothing if it does.

    >>> fits(3.5), fits("a"), fits(float("inf"))
    ('', '', 'gives inf, which is no number that a cell can hold')
    """
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"gives a text of {len(value):,} characters; Excel takes {MAX_TEXT:,}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"gives {value}, which is no number that a cell can hold"
    return ""


class RowPattern:
    """A row of a sheet, to be written again and again further down.

    Args:
        row: The row's element; its cells have addresses.
        contents: Of each column that is filled, the contents of its cells from the first row on.
        columns: Those that repeat; what stands in others stays once, in the first row.
    """

    def __init__(
        self,
        row: etree._Element,
        contents: Mapping[int, Sequence[str]],
        columns: Collection[int],
    ) -> None:
        self.row = row
        self.columns = columns
        self.number = int(row.get("r", "0"))
        self.contents = contents
        self.prefix = f"{row.prefix}:" if row.prefix else ""

    def text(self, first: int, count: int) -> str:
        """Return so many rows, the first of them with a number."""
        numbers = [str(number) for number in range(first, first + count)]
        pattern = [f'<{self.prefix}row r="%s"{_literal(_attributes(self.row))}>']
        columns: list[Sequence[str]] = [numbers]
        cells = {
            split_address(cell.get("r", ""))[0]: cell for cell in self.row.iterchildren(f"{TAG}c")
        }
        for column in sorted({*cells, *self.contents}):
            cell = cells.get(column)
            pattern.append(f'<{self.prefix}c r="{column_letters(column)}%s"')
            columns.append(numbers)
            if column in self.contents:
                style = cell.get("s") if cell is not None else None
                pattern.append(f' s="{style}"%s' if style else "%s")
                columns.append(self.contents[column])
            elif cell is not None and cell.find(f"{TAG}f") is not None:
                pattern.append(f"{_literal(_attributes(cell, skip=('t',)))}%s")
                found = self._formulas(cell, first, count if column in self.columns else 1)
                columns.append(found + ["/>"] * (count - len(found)))
            elif cell is not None:
                inner = "".join(_serialized(child) for child in cell)
                end = f">{inner}</{self.prefix}c>" if inner else "/>"
                if column in self.columns or not inner:
                    pattern.append(_literal(_attributes(cell) + end))
                else:
                    pattern.append(f"{_literal(_attributes(cell, skip=('t',)))}%s")
                    kind = f' t="{cell.get("t")}"' if cell.get("t") else ""
                    columns.append([kind + end, *["/>"] * (count - 1)])
        pattern.append(f"</{self.prefix}row>")
        line = "".join(pattern)
        return "".join([line % parts for parts in zip(*columns, strict=True)])

    def _formulas(self, cell: etree._Element, first: int, count: int) -> list[str]:
        """A formula's cells: moved as filled down, and without values, which nobody knows yet."""
        formula = cell.find(f"{TAG}f")
        assert formula is not None
        pieces = relative_rows(formula.text or "", self.number)
        attributes = _attributes(formula, skip=("ref",))
        letters = re.sub(r"\d", "", cell.get("r", ""))
        array = formula.get("t") == "array"
        found = []
        for number in range(first, first + count):
            text = "".join(
                piece if isinstance(piece, str) else str(number + piece) for piece in pieces
            )
            area = f' ref="{letters}{number}"' if array else ""
            found.append(
                f"><{self.prefix}f{attributes}{area}>{escape(text, quote=False)}"
                f"</{self.prefix}f></{self.prefix}c>"
            )
        return found


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _attributes(item: etree._Element, skip: Sequence[str] = ()) -> str:
    """The attributes of an element but its address, as text."""
    prefixes = {uri: prefix for prefix, uri in item.nsmap.items() if prefix}
    prefixes["http://www.w3.org/XML/1998/namespace"] = "xml"
    found = []
    for key, value in zip(map(str, item.keys()), map(str, item.values()), strict=True):
        space, name = split_name(key)
        if key == "r" or key in skip:
            continue
        named = f"{prefixes[space]}:{name}" if space else key
        found.append(f' {named}="{escape(value).replace(chr(10), "&#10;")}"')
    return "".join(found)


def _serialized(item: etree._Element) -> str:
    """An element as text, without the namespaces that the sheet has declared already."""
    text = etree.tostring(item, encoding="unicode", with_tail=False)
    parent = item.getparent()
    assert parent is not None
    for prefix, uri in parent.nsmap.items():
        said = f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"'
        text = text.replace(said, "", 1)
    return text


def relative_rows(formula: str, row: int) -> list[str | int]:
    """Return a formula in pieces: text, and how far below its own row a relative reference is.

    >>> relative_rows("SUM(A$1:B5)+[1]Data!C4*1.5", 5)
    ['SUM(A$1:B', 0, ')+[1]Data!C', -1, '*1.5']
    """
    pieces: list[str | int] = []
    done = 0
    for found in references(formula, elsewhere=True):
        ends = ((found.first, found.start + len(found.first)), (found.last, found.end))
        for end, stop in ends:
            _, dollar, digits = split_end(end)
            if digits and not dollar:
                pieces += [formula[done : stop - len(digits)], int(digits) - row]
                done = stop
    return [piece for piece in [*pieces, formula[done:]] if piece != ""]


def drifting(formula: str, row: int) -> str:
    """Return a reference that would mean another row in each copy of a row; empty for none.

    A row refers to itself, and to the one above it, as a running total does. A reference to
    another row needs a ``$``, or each copy refers to another one.

    >>> drifting("B5/B$3+B4", 5), drifting("B5/B3", 5), drifting("[1]Data!B3", 5)
    ('', 'B3', 'B3')
    """
    for found in references(formula, elsewhere=True):
        rows = [split_row(end) for end in (found.first, found.last) if end]
        if any(number and not fixed and number not in (row, row - 1) for number, fixed in rows):
            return found.text
    return ""
