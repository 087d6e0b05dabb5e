"""Where rows, areas and anchors are after rows were put in, as numbers and as text."""

from __future__ import annotations

import re
from urllib.parse import unquote

from moe_report.ooxml.addresses import LAST_ROW
from moe_report.ooxml.references import Insertion, moved_row

_CORNER = re.compile(r"(\$?[A-Za-z]{1,3})?(\$?)(\d{1,7})?")


def rows_of(ref: str) -> tuple[int, int]:
    """Return the first and last row of an area; whole columns have all rows.

    >>> rows_of("B4:C9"), rows_of("$A$3"), rows_of("A:C"), rows_of("2:5")
    ((4, 9), (3, 3), (1, 1048576), (2, 5))
    """
    first, _, last = ref.partition(":")
    numbers = [_corner(item)[2] for item in (first, last or first)]
    top, bottom = (int(number) if number else 0 for number in numbers)
    return (top, bottom) if top and bottom else (1, LAST_ROW)


def is_area(text: str) -> bool:
    """Whether a text is an area without a sheet: ``A1``, ``A1:B9``, ``A:C`` or ``2:5``."""
    try:
        rows_of(text)
    except ValueError:
        return False
    first, colon, last = text.partition(":")
    whole = all(all(_corner(item)[::2]) for item in (first, last or first))
    return whole or (bool(colon) and len({*map(bool, _corner(first)[::2])}) == 2)


def shifted(ref: str, insertion: Insertion) -> str:
    """Return an area after the insertion, larger only if the rows come between its own.

    >>> shifted("B4:C5", Insertion("S", 5, 3)), shifted("B5:C6", Insertion("S", 5, 3))
    ('B4:C5', 'B5:C9')
    """
    top, bottom = rows_of(ref)
    return _with_rows(ref, moved_row(top, insertion), _below(bottom, insertion))


def _below(row: int, insertion: Insertion) -> int:
    """Where an edge is that need not stay on the sheet: the sheet's last row at most."""
    return min(row + insertion.count, LAST_ROW) if row > insertion.after else row


def grown(ref: str, insertion: Insertion) -> str:
    """Return an area after the insertion, with the new rows if it has the row that repeats.

    >>> grown("B4:C5", Insertion("S", 5, 3)), grown("B6", Insertion("S", 5, 3))
    ('B4:C8', 'B9')
    """
    top, bottom = rows_of(ref)
    if top <= insertion.after <= bottom:
        return _with_rows(ref, top, bottom + insertion.count)
    return shifted(ref, insertion)


def _corner(text: str) -> tuple[str, str, str]:
    match = _CORNER.fullmatch(text.strip())
    if not match or not text.strip():
        raise ValueError(f"{text!r} is no area of cells")
    return match[1] or "", match[2], match[3] or ""


def _with_rows(ref: str, *rows: int) -> str:
    corners = []
    for text, row in zip(ref.strip().split(":"), rows, strict=False):
        column, dollar, number = _corner(text)
        corners.append(f"{column}{dollar}{min(row, LAST_ROW)}" if number else text)
    return ":".join(corners)


def is_cut(ref: str, insertion: Insertion) -> bool:
    """Whether the new rows come between the rows of an area."""
    top, bottom = rows_of(ref)
    return top <= insertion.after < bottom


def moved_link(location: str, on: str, insertion: Insertion) -> str:
    """Return a link to cells of this workbook, of a sheet or of the one that it stands on.

    >>> moved_link("#'My%20Sheet'!A9", "", Insertion("My Sheet", 5, 3))
    "#'My%20Sheet'!A12"
    """
    head, bang, tail = location.rpartition("!")
    sheet = unquote(head.lstrip("#")).strip()
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    mark = "#" if not bang and tail.startswith("#") else ""
    tail = tail.removeprefix(mark)
    if (sheet if bang else on).casefold() != insertion.sheet.casefold() or not is_area(tail):
        return location
    return f"{head}{bang}{mark}{shifted(tail, insertion)}"


def moved_span(
    top: int, bottom: int, insertion: Insertion, *, moves: bool, sizes: bool, flush: bool = False
) -> tuple[int, int]:
    """Return first and last row, counted from 0, of what is anchored to cells.

    Args:
        top: The row of its upper edge.
        bottom: The row of its lower edge.
        insertion: What was put in.
        moves: It moves with its cells.
        sizes: It grows with its cells.
        flush: Its lower edge is that of the row above: rows put in there are below it.
    """
    if not moves:
        return top, bottom
    first = _below(top + 1, insertion) - 1
    if sizes:
        below = top < bottom == insertion.after and flush
        last = bottom if below else _below(bottom + 1, insertion) - 1
    else:
        last = bottom + first - top
    return first, min(last, LAST_ROW - 1)
