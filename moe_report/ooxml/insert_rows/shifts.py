"""Where rows, areas and anchors are after rows were put in, as numbers and as text."""

from __future__ import annotations

from urllib.parse import unquote

from moe_report.ooxml.addresses import LAST_ROW, area_of
from moe_report.ooxml.formula_text import reference_of
from moe_report.ooxml.references import Insertion, moved_area


def is_area(text: str) -> bool:
    """Whether a text is an area without a sheet: ``A1``, ``A1:B9``, ``A:C`` or ``2:5``."""
    try:
        reference_of(text)
    except ValueError:
        return False
    return True


def shifted(ref: str, insertion: Insertion) -> str:
    """Return an area after the insertion, larger only if the rows come between its own.

    >>> shifted("B4:C5", Insertion("S", 5, 3)), shifted("B5:C6", Insertion("S", 5, 3))
    ('B4:C5', 'B5:C9')
    """
    return moved_area(ref, insertion, grows=False)


def is_cut(ref: str, insertion: Insertion) -> bool:
    """Whether the new rows come between the rows of an area."""
    _, top, _, bottom = area_of(ref)
    return top <= insertion.after < bottom


def moved_link(location: str, on: str, insertion: Insertion) -> str:
    """Return a link to cells of this workbook, of a sheet or of the one that it stands on.

    >>> moved_link("#'My%20Sheet'!A9", "", Insertion("My Sheet", 5, 3))
    "#'My%20Sheet'!A12"
    """
    linked = linked_cells(location, on)
    if linked is None or linked[1].casefold() != insertion.sheet.casefold():
        return location
    start, _, ref = linked
    return start + shifted(ref, insertion)


def linked_cells(location: str, on: str) -> tuple[str, str, str] | None:
    """Return of a link what stands before its cells, their sheet and they; None of other links."""
    head, bang, tail = location.rpartition("!")
    sheet = unquote(head.lstrip("#")).strip()
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    mark = "#" if not bang and tail.startswith("#") else ""
    tail = tail.removeprefix(mark).strip()
    return (f"{head}{bang}{mark}", sheet if bang else on, tail) if is_area(tail) else None


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

    def below(row: int) -> int:
        """Where an edge is that need not stay on the sheet: the sheet's last row at most."""
        return min(row + insertion.count, LAST_ROW - 1) if row >= insertion.after else row

    if not moves:
        return top, bottom
    first = below(top)
    if not sizes:
        return first, min(bottom + first - top, LAST_ROW - 1)
    keeps_end = top < bottom == insertion.after and flush
    return first, bottom if keeps_end else below(bottom)
