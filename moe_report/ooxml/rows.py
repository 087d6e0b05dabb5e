"""The cells of a worksheet as XML text: formulas together with their values, and no text a formula.

openpyxl stores a formula or a value, never both; a file with formulas alone looks empty in
previewers, on phones and in pandas. Building the rows as text is also many times faster.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from html import escape

from moe_report.ooxml.addresses import column_letters

MAX_FORMULA = 8192  # characters that Excel takes
MAX_TEXT = 32767
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
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


@dataclass
class SheetRows:
    """Rows of a sheet, filled cell by cell from left to right."""

    _rows: dict[int, list[str]] = field(default_factory=dict)
    _heights: dict[int, float] = field(default_factory=dict)

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self._rows.setdefault(row, [])
        self._heights[row] = points

    def text(self, row: int, column: int, text: str, style: int) -> None:
        """Put a text in a cell; it is never a formula, whatever it starts with."""
        body = f'<is><t xml:space="preserve">{text_of(text)}</t></is>'
        self._cell(row, column, f' s="{style}" t="inlineStr"', body)

    def number(self, row: int, column: int, value: float, style: int) -> None:
        """Put a number in a cell."""
        self._cell(row, column, f' s="{style}"', f"<v>{number_text(value)}</v>")

    def blank(self, row: int, column: int, style: int) -> None:
        """Give an empty cell a style."""
        self._cell(row, column, f' s="{style}"', "")

    def formula(
        self, row: int, column: int, formula: str, value: float | str | None, style: int,
        *, error: bool = False,
    ) -> None:  # fmt: skip
        """Put a formula and its value in a cell.

        Args:
            row: Number of the row, from 1.
            column: Number of the column, from 1.
            formula: Without the leading ``=``.
            value: A number or a text; None where the formula gives an empty text.
            style: Index of the cell's style.
            error: The formula gives an error: the one in ``value``, else a division by zero.
        """
        assert len(formula) < MAX_FORMULA
        body = f"<f>{escape(formula, quote=False)}</f>"
        if error:
            code = value if isinstance(value, str) else "#DIV/0!"
            self._cell(row, column, f' s="{style}" t="e"', f"{body}<v>{code}</v>")
        elif isinstance(value, (int, float)):
            self._cell(row, column, f' s="{style}"', f"{body}<v>{number_text(value)}</v>")
        else:
            self._cell(row, column, f' s="{style}" t="str"', f"{body}<v>{text_of(value or '')}</v>")

    def value(self, row: int, column: int, value: object, style: int) -> None:
        """Put somebody else's value in a cell as what it is: number, truth or text."""
        if isinstance(value, bool):
            self._cell(row, column, f' s="{style}" t="b"', f"<v>{int(value)}</v>")
        elif isinstance(value, (int, float)) and math.isfinite(value):
            self.number(row, column, value, style)
        elif value is not None:
            self.text(row, column, str(value), style)

    def _cell(self, row: int, column: int, attributes: str, body: str) -> None:
        self._rows.setdefault(row, []).append(
            f'<c r="{column_letters(column)}{row}"{attributes}>{body}</c>'
        )

    def xml(self, last: int | None = None) -> str:
        """Return the ``sheetData`` element, perhaps only down to a row."""
        parts = []
        for row in sorted(row for row in self._rows if last is None or row <= last):
            height = self._heights.get(row)
            custom = f' ht="{height:g}" customHeight="1"' if height else ""
            parts.append(f'<row r="{row}"{custom}>{"".join(self._rows[row])}</row>')
        return f"<sheetData>{''.join(parts)}</sheetData>"


def with_rows(sheet: bytes, rows: SheetRows) -> bytes:
    """Return a sheet's part with its cells replaced."""
    # openpyxl measured an empty sheet; readers that trust its measure would see few rows
    sheet = re.sub(rb"<dimension [^>]*/>", b"", sheet, count=1)
    start = re.search(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", sheet, re.DOTALL)
    assert start is not None
    return sheet[: start.start()] + rows.xml().encode() + sheet[start.end() :]
