"""The cells of a worksheet as XML text: formulas together with their values, and no text a formula.

openpyxl stores a formula or a value, never both; a file with formulas alone looks empty in
previewers, on phones and in pandas. Building the rows as text is also many times faster.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from moe_report.ooxml.addresses import column_letters

MAX_FORMULA = 8192  # characters that Excel takes
MAX_TEXT = 32767
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def escaped(text: str) -> str:
    """Return a text as Excel spells it, which reads some as the code of a letter.

    >>> escaped("a < b _x0041_ " + chr(7))
    'a < b _x005F_x0041_ _x0007_'
    """
    text = _LOOKS_ESCAPED.sub("_x005F_", text[:MAX_TEXT])
    text = _ILLEGAL.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return text.replace("\r\n", "\n")


def text_of(text: str) -> str:
    """Return a text as XML content that Excel reads back letter by letter.

    >>> text_of("a < b")
    'a &lt; b'
    """
    return escape(escaped(text), quote=False)


def number_text(value: float) -> str:
    """Return a number as a cell stores it, to the last bit."""
    assert math.isfinite(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def number_texts(values: Iterable[float]) -> list[str]:
    """Return :func:`number_text` of a column's numbers, and nothing of NaN.

    >>> number_texts([16.0, 0.1, float("nan")])
    ['16', '0.1', '']
    """
    return [
        "" if value != value
        else f"{whole}" if abs(value) < 1e15 and value == (whole := int(value))
        else f"{value!r}"
        for value in values
    ]  # fmt: skip


def is_number(text: str) -> bool:
    """Whether a cell's text is a number.

    >>> is_number("-1.5E-3"), is_number("1_0"), is_number("nan")
    (True, False, False)
    """
    return _NUMBER.fullmatch(text) is not None


Value = str | float | bool | None
# Gives the texts of a column's cells in some rows, each with its tag.
Cells = Callable[[range], Iterable[str]]
_ROWS_AT_ONCE = 200


class Contents:
    """What stands in a cell behind its address and style, as text up to the cell's end.

    Args:
        prefix: The prefix that the sheet writes before its elements, with its colon; mostly none.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.empty = "/>"
        self._formulas: dict[str, str] = {}
        self._number = f"><{prefix}v>", f"</{prefix}v></{prefix}c>"
        self._text = (
            f' t="inlineStr"><{prefix}is><{prefix}t xml:space="preserve">',
            f"</{prefix}t></{prefix}is></{prefix}c>",
        )

    def of(self, value: Value) -> str:
        """Return the content for a value. A text is never a formula, whatever it starts with."""
        if value is None:
            return self.empty
        if isinstance(value, bool):
            return f' t="b"{self._number[0]}{value:d}{self._number[1]}'
        if isinstance(value, str):
            return self._text[0] + text_of(value) + self._text[1]
        return self._number[0] + number_text(value) + self._number[1]

    def around(self, formula: str = "") -> tuple[str, str]:
        """Return what stands before and behind the text of a number, perhaps of a formula."""
        start, end = self._number
        return (self._body(formula) if formula else start), end

    def numbers(self, values: Iterable[float | None]) -> list[str]:
        """Return the contents of a column of finite numbers: what :meth:`of` gives, but faster."""
        (start, end), empty = self._number, self.empty
        texts = number_texts(math.nan if value is None else value for value in values)
        return [f"{start}{text}{end}" if text else empty for text in texts]

    def formula(self, formula: str, value: Value, *, error: bool = False) -> str:
        """Return the content for a formula together with its value.

        Args:
            formula: Without the leading ``=``.
            value: What it gives; None for an empty text.
            error: The value is an error.
        """
        assert len(formula) < MAX_FORMULA
        prefix, body = self.prefix, self._body(formula)
        if error:
            kind, stored = ' t="e"', str(value)
        elif value is None or isinstance(value, str):
            kind, stored = ' t="str"', text_of(value or "")
        elif isinstance(value, bool):
            kind, stored = ' t="b"', f"{value:d}"
        else:
            kind, stored = "", number_text(value)
        return f"{kind}{body}{stored}</{prefix}v></{prefix}c>"

    def _body(self, formula: str) -> str:
        body = self._formulas.get(formula)
        if body is None:
            prefix = self.prefix
            body = f"><{prefix}f>{escape(formula, quote=False)}</{prefix}f><{prefix}v>"
            self._formulas[formula] = body
        return body


@dataclass
class SheetRows:
    """Rows of a sheet, filled cell by cell from left to right."""

    _rows: dict[int, list[str]] = field(default_factory=dict)
    _heights: dict[int, float] = field(default_factory=dict)
    _contents: Contents = field(default_factory=Contents)
    _block: _Block = field(default_factory=lambda: _Block(range(0)))

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self._rows.setdefault(row, [])
        self._heights[row] = points

    def put(self, row: int, column: int, value: Value, style: int) -> None:
        """Fill a cell, or give an empty one a style; a text is never a formula."""
        self._cell(row, column, style, self._contents.of(value))

    def put_numbers(self, row: int, column: int, values: Iterable[float], style: int) -> None:
        """Fill the cells of a row from a column on with finite numbers."""
        contents = enumerate(self._contents.numbers(values), start=column)
        self._rows.setdefault(row, []).extend(
            f'<c r="{column_letters(at)}{row}" s="{style}"{content}' for at, content in contents
        )

    def formula(
        self, row: int, column: int, formula: str, value: float | str | None, style: int,
        *, error: bool = False,
    ) -> None:  # fmt: skip
        """Put a formula and its value in a cell, as :meth:`Contents.formula` spells them."""
        content = self._contents.formula(formula, value, error=error)
        self._cell(row, column, style, content)

    def value(self, row: int, column: int, value: object, style: int) -> None:
        """Put somebody else's value in a cell as what it is: number, truth or text."""
        if isinstance(value, bool) or (isinstance(value, (int, float)) and math.isfinite(value)):
            self.put(row, column, value, style)
        elif value is not None:
            self.put(row, column, str(value), style)

    def _cell(self, row: int, column: int, style: int, content: str) -> None:
        self._rows.setdefault(row, []).append(
            f'<c r="{column_letters(column)}{row}" s="{style}"{content}'
        )

    def block(self, rows: range, columns: Sequence[Cells]) -> None:
        """Put many cells beside what rows have so far, a column at a time.

        The text of a cell is asked for when the sheet is written, of some rows at a time.
        """
        places = {row: len(self._rows.setdefault(row, [])) for row in rows}
        self._block = _Block(rows, columns, places)

    def parts(self, last: int | None = None) -> Iterator[str]:
        """Give the ``sheetData`` element piece by piece, perhaps only down to a row."""
        yield "<sheetData>"
        block = self._block
        cells: Mapping[int, str] = {}
        for row in sorted(row for row in self._rows if last is None or row <= last):
            height = self._heights.get(row)
            custom = f' ht="{height:g}" customHeight="1"' if height else ""
            mine, place = self._rows[row], 0
            if row in block.places:
                if row not in cells:
                    cells = block.cells_from(row)
                place = block.places[row]
                mine = [*mine[:place], cells[row], *mine[place:]]
            yield f'<row r="{row}"{custom}>{"".join(mine)}</row>'
        yield "</sheetData>"

    def xml(self, last: int | None = None) -> str:
        """Return the ``sheetData`` element, perhaps only down to a row."""
        return "".join(self.parts(last))


@dataclass(frozen=True)
class _Block:
    """Cells of many rows: what gives their texts, and behind how many cells of a row they stand."""

    rows: range
    columns: Sequence[Cells] = ()
    places: Mapping[int, int] = field(default_factory=dict)

    def cells_from(self, row: int) -> dict[int, str]:
        """The cells of this row and of the next ones, by row."""
        rows = range(row, min(row + _ROWS_AT_ONCE, self.rows.stop))
        columns = (cells(rows) for cells in self.columns)
        return dict(zip(rows, map("".join, zip(*columns, strict=True)), strict=True))


@dataclass(frozen=True)
class SheetWithRows:
    """A sheet's part, and rows in place of the cells that it has.

    Args:
        sheet: The part.
        rows: What it gets.
    """

    sheet: bytes
    rows: SheetRows

    def pieces(self) -> Iterator[bytes]:
        """Give the part piece by piece."""
        # openpyxl measured an empty sheet; readers that trust its measure would see few rows
        sheet = re.sub(rb"<dimension [^>]*/>", b"", self.sheet, count=1)
        start = re.search(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", sheet, re.DOTALL)
        assert start is not None
        yield sheet[: start.start()]
        for part in self.rows.parts():
            yield part.encode()
        yield sheet[start.end() :]
