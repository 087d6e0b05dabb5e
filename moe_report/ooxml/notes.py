"""Notes on cells: the part that holds their texts, and the drawing of their boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.rows import text_of


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
