"""The cells of a worksheet as XML text: formulas together with their values, and no text a formula.

openpyxl stores a formula or a value, never both; a file with formulas alone looks empty in
previewers, on phones and in pandas. Building the rows as text is also many times faster.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

from moe_report.ooxml.guard import column_letters

MAX_FORMULA = 8192  # characters that Excel takes
MAX_TEXT = 32767
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def text_of(text: str) -> str:
    """Return a text as XML content that Excel reads back letter by letter.

    >>> text_of("a < b _x0041_ " + chr(7))
    'a &lt; b _x005F_x0041_ _x0007_'
    """
    text = _LOOKS_ESCAPED.sub("_x005F_", text[:MAX_TEXT])
    text = _ILLEGAL.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return escape(text.replace("\r\n", "\n"), quote=False)


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


# -- notes


@dataclass(frozen=True)
class Note:
    """A note on a cell.

    Attributes:
        row: Number of the row, from 1.
        column: Number of the column, from 1.
        text: What it says.
    """

    row: int
    column: int
    text: str


_NOTE_WIDTH = 260  # pixels
_LINE = 15
_VML_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel">'
)
_VML_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def comments_xml(notes: Iterable[Note], author: str = "moe-report") -> bytes:
    """Return the part that holds the notes' texts."""
    items = "".join(comment_xml(note) for note in notes)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<authors><author>{escape(author)}</author></authors>"
        f"<commentList>{items}</commentList></comments>"
    ).encode()


def comment_xml(note: Note, author: int = 0) -> str:
    """Return one note's text."""
    return (
        f'<comment ref="{column_letters(note.column)}{note.row}" authorId="{author}"><text><r><rPr>'
        '<sz val="9"/><rFont val="Calibri"/><family val="2"/></rPr>'
        f'<t xml:space="preserve">{text_of(note.text)}</t></r></text></comment>'
    )


def vml_xml(
    notes: Iterable[Note], widths: Mapping[int, float], heights: Mapping[int, float]
) -> bytes:
    """Return the part that holds the notes' boxes, each as large as its text.

    Args:
        notes: The notes.
        widths: Width of each column in characters, by number; 8.43 where not said.
        heights: Heights of rows in points, where they are not the usual 15.
    """
    shapes = [
        vml_shape(note, 1025 + at + at // 1023, widths, heights) for at, note in enumerate(notes)
    ]
    blocks = ",".join(str(n + 1) for n in range(len(shapes) // 1023 + 1))
    layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout>'
    return f"{_VML_HEAD}{layout}{_VML_TYPE}{''.join(shapes)}</xml>".encode()


def vml_shape(
    note: Note, number: int, widths: Mapping[int, float], heights: Mapping[int, float]
) -> str:
    """Return the box of one note, anchored right of its cell."""
    lines = sum(max(1, math.ceil(len(line) / 42)) for line in note.text.split("\n"))
    height = lines * _LINE + 12
    left, right, right_offset = note.column, note.column, _NOTE_WIDTH
    while right_offset > (room := round(widths.get(right + 1, 8.43) * 7 + 5)):
        right_offset -= room
        right += 1
    top = max(note.row - 2, 0)
    bottom, bottom_offset = top, height
    while bottom_offset > (room := round(heights.get(bottom + 1, 15) * 4 / 3)):
        bottom_offset -= room
        bottom += 1
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
        f"width:{_NOTE_WIDTH * 0.75:g}pt;height:{height * 0.75:g}pt;z-index:{number - 1024};"
        'visibility:hidden" fillcolor="#fffbe6" strokecolor="#b9b29a" o:insetmode="auto">'
        '<v:fill color2="#fffbe6"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{left},8,{top},4,{right},{right_offset},{bottom},{bottom_offset}</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{note.row - 1}</x:Row>"
        f"<x:Column>{note.column - 1}</x:Column></x:ClientData></v:shape>"
    )
