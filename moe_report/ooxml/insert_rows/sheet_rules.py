"""How those elements of a worksheet move that no common rule fits."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml import etree

from moe_report.ooxml.addresses import LAST_ROW, area_of, split_address
from moe_report.ooxml.insert_rows.common_rules import grow_cells, is_one_column, is_the_row, shift
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import TEXT, Part, child, child_text, local
from moe_report.ooxml.insert_rows.shifts import shifted
from moe_report.ooxml.references import is_dead
from moe_report.ooxml.rows import is_number

_LAID = {"conditionalFormatting": "conditional format", "dataValidation": "validation"}
_LAID_FORMULAS = {"formula", "formula1", "formula2", "f"}


def scrolled_corner(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Scroll with the cells, unless all of what scrolls is in sight from its first cell."""
    if not part.inside:
        return
    view = item.getparent()
    _, above = split_address((view.get("topLeftCell") if view is not None else "") or "A1")
    _, first = split_address(item.get(attribute) or "A1")
    in_sight = first == above + int(float(item.get("ySplit") or 0))
    if not (in_sight and item.get("state") in ("frozen", "frozenSplit")):
        shift(part, item, attribute, move)


def merged_cells(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move merged cells; those of the repeated row are merged in each new row, too."""
    if not part.inside:
        return
    ref, after = item.get(attribute, ""), move.insertion.after
    _, top, _, bottom = area_of(ref)
    if (top, bottom) == (1, LAST_ROW):
        return  # whole columns
    if top == bottom == after:
        part.twins.append(item)
    elif top == after:
        message = (
            f"these merged cells begin in row {top}, which repeats, and are {bottom - top + 1} "
            "rows high; expected merged cells of that row to be one row high"
        )
        move.refuse(message, ref)
    elif move.row(bottom, "a merged cell") == bottom + move.insertion.count:
        part.put(item, attribute, shifted(ref, move.insertion))


def page_break(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a page break: it is named by the row above it, but belongs to the one below."""
    said = int(item.get(attribute) or 0) if part.inside else 0
    if 0 < said < LAST_ROW - 1:
        part.put(item, attribute, str(move.row(said + 1, "a page break") - 1))


def laid_over_cells(part: Part, item: etree._Element, _: str, move: Move) -> None:
    """Move a conditional format or validation, with its formulas and the cells that it is for."""
    areas = item.get("sqref") or child_text(item, "sqref")
    what = _LAID[local(item)]
    for inner in item.iter():
        if local(inner) in _LAID_FORMULAS and (inner.text or "").strip():
            part.put(inner, TEXT, move.laid(inner.text or "", part.on, areas, of=what))
        elif local(inner) == "cfvo" and not is_number(said := inner.get("val", "")):
            part.put(inner, "val", move.laid(said, part.on, areas, of=what))
    if item.get("sqref"):
        grow_cells(part, item, "sqref", move)
    inside = child(item, "sqref")
    if inside is not None:
        grow_cells(part, inside, TEXT, move)


def formula_beside_cells(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a formula of an extension; the cells that it is for stand beside it, if anywhere."""
    cell = child_text(item.getparent(), "sqref") or "A1"
    part.put(item, attribute, move.formula(part.said(item, attribute), part.on, cell))


def sparkline(part: Part, item: etree._Element, _: str, move: Move) -> None:
    """Move a sparkline and what it shows; one of the repeated row is in each new row, too."""
    after = move.insertion.after
    shown, cell = child(item, "f"), child(item, "sqref")
    said, stands = child_text(item, "f"), child_text(item, "sqref") or "A1"
    if not is_the_row(said, move.insertion):
        single = is_one_column(said)
        if shown is not None:
            part.put(shown, TEXT, move.formula(said, part.on, stands, single=single))
    elif part.inside and not is_dead(stands) and set(area_of(stands)[1::2]) == {after}:
        sheet = said.rpartition("!")[0].strip("'").replace("''", "'")
        if move.is_on(sheet or part.on):
            part.twins.append(item)
    if cell is not None:
        shift(part, cell, TEXT, move)


def repeat_twins(part: Part, move: Move) -> None:
    """Give each new row what the repeated one has."""
    after, count = move.insertion.after, move.insertion.count
    for item in part.twins:
        group = item.getparent()
        assert group is not None
        at = group.index(item) + 1
        for number in range(after + 1, after + count + 1):
            twin = deepcopy(item)
            if twin.get("ref"):
                twin.set("ref", _in_row(twin.get("ref", ""), after, number))
            for inner in twin:
                inner.text = _in_row(inner.text or "", after, number)
            group.insert(at + number - after - 1, twin)
        if group.get("count"):
            group.set("count", str(len(group)))
        part.changed = True


def _in_row(text: str, row: int, other: int) -> str:
    """Return a reference to cells of a row as one to those of another."""
    sheet, bang, ref = text.rpartition("!")
    return sheet + bang + re.sub(rf"(?<=[A-Za-z$]){row}(?![0-9])", str(other), ref)
