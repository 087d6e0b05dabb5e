"""How most of what refers to cells moves: each rule moves one attribute or text of an element."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import TEXT, Part, child, is_true, local
from moe_report.ooxml.insert_rows.shifts import moved_span, shifted
from moe_report.ooxml.package import LINK_ID
from moe_report.ooxml.references import Insertion, moved_area, moved_areas

# Moves what an attribute of an element says; its text if the attribute has no name.
Rule = Callable[[Part, etree._Element, str, Move], None]


def shift(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Lead to the same cells as before."""
    if part.inside:
        part.places(item, attribute, lambda ref: shifted(ref, move.insertion))


def grow(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Lead to the same cells as before, and to the new rows if the repeated row is among them."""
    if part.inside:
        part.places(item, attribute, lambda ref: moved_area(ref, move.insertion))


def grow_cells(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Grow areas of which a cell alone in the repeated row grows, too."""
    said = part.said(item, attribute)
    if part.inside:
        try:
            part.put(item, attribute, moved_areas(said, move.insertion))
        except ValueError as error:
            move.refuse(str(error), said)


def formula(of: str, called: str = "", *, grows: bool = False) -> Rule:
    """Return the rule of a formula.

    Args:
        of: What has it, for messages.
        called: The name of what has it; by default the one that the file gives it.
        grows: Whether a cell alone in the repeated row grows.
    """

    def rule(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
        said = part.said(item, attribute)
        around = item.getparent()
        named = item.get("objectType") or (around.get("name") if around is not None else "")
        single = grows and is_one_column(said)
        moved = move.formula(said, part.on, called or named or of, single=single, of=of)
        part.put(item, attribute, moved)

    return rule


def link(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Lead to the same cells as before, perhaps of another sheet."""
    if LINK_ID not in item.attrib:
        part.put(item, attribute, move.link(part.said(item, attribute), part.on))


def anchor(part: Part, item: etree._Element, _: str, move: Move) -> None:
    """Move the rows to whose edges a drawing or a control is anchored."""
    start, end = child(item, "from"), child(item, "to")
    first = child(start, "row") if start is not None else None
    last = child(end, "row") if end is not None else first
    if not part.inside or first is None or last is None:
        return
    moves, sizes = _goes_with_cells(item)
    offset = child(end, "rowOff") if end is not None else None
    flush = offset is not None and (offset.text or "0").strip() == "0"
    rows = int(first.text or 0), int(last.text or 0)
    top, bottom = moved_span(*rows, move.insertion, moves=moves, sizes=sizes, flush=flush)
    part.put(first, TEXT, str(top))
    if last is not first:
        part.put(last, TEXT, str(bottom))


def _goes_with_cells(item: etree._Element) -> tuple[bool, bool]:
    """Whether what is anchored moves with its cells, and whether it grows with them."""
    if local(item) == "anchor":
        return is_true(item, "moveWithCells"), is_true(item, "sizeWithCells")
    how = item.get("editAs", "twoCell") if local(item) == "twoCellAnchor" else "oneCell"
    return how != "absolute", how == "twoCell"


def is_one_column(reference: str) -> bool:
    """Whether a reference is to cells of one column: rows that are added belong to it.

    >>> is_one_column("Models!$B$5"), is_one_column("$B$5:$B$9"), is_one_column("B5:E5")
    (True, True, False)
    """
    ends = reference.rpartition("!")[2].replace("$", "").split(":")
    several = "," in re.sub("'[^']*'", "", reference)
    return not several and len({end.rstrip("0123456789").upper() for end in ends}) == 1


def is_the_row(reference: str, insertion: Insertion) -> bool:
    """Whether a reference goes across the repeated row: what shows one line keeps to its first.

    >>> is_the_row("Models!$B$5:$E$5", Insertion("Models", after=5, count=3))
    True
    """
    ends = reference.rpartition("!")[2].replace("$", "").split(":")
    rows = {end.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") for end in ends}
    return not is_one_column(reference) and rows == {str(insertion.after)}
