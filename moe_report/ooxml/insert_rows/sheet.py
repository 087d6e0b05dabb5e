"""A worksheet after rows were put into it, or into a sheet that its formulas refer to."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml import etree

from moe_report.ooxml.insert_rows.cells import Grid
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.places import grown, moved_link, moved_span, rows_of, shifted
from moe_report.ooxml.insert_rows.xml import Part, has_relation, is_true, local, local_parent
from moe_report.ooxml.references import Insertion, moved_areas

# Attributes that lead to cells: to the same ones as before,
_PLACES = {
    "sheetPr": ("syncRef",), "sheetView": ("topLeftCell",), "customSheetView": ("topLeftCell",),
    "pane": ("topLeftCell",), "selection": ("activeCell", "sqref"),
    "inputCells": ("r",), "scenarios": ("sqref",), "cellWatch": ("r",), "cellSmartTags": ("r",),
    "webPublishItem": ("sourceRef",),
}  # fmt: skip
# to all that come of the repeated row,
_LISTS = {
    "conditionalFormatting": "sqref", "dataValidation": "sqref", "ignoredError": "sqref",
    "protectedRange": "sqref", "hyperlink": "ref",
}  # fmt: skip
_AREAS = ("autoFilter", "sortState", "sortCondition", "dimension")
# and formulas.
_LINKS = ("linkedCell", "listFillRange")
_LAID = {"conditionalFormatting": "conditional format", "dataValidation": "validation"}
_LAID_FORMULAS = {"formula", "formula1", "formula2", "f"}


def move_sheet(part: Part, on: str, move: Move) -> None:
    """Move what a worksheet has: of its own if the rows came into it, else what refers to them."""
    laid: set[etree._Element] = set()
    inside = move.is_on(on)
    repeated = _repeated(part.root, move) if inside else []
    for child in part.root:
        if local(child) == "sheetData":
            Grid(part, child, on, move).move()
            continue
        for item in child.iter():
            name = local(item)
            if name in _LAID:
                laid |= _move_laid(part, item, name, on, move)
            elif name == "mergeCell" and inside:
                _move_merged(part, item, move)
            elif name and item not in laid:
                _move_links(part, item, name, on, move)
                if inside:
                    _move_places(part, item, name, move)
    _repeat(part, repeated, move)


def _repeated(root: etree._Element, move: Move) -> list[etree._Element]:
    """Return what the new rows get too: cells merged side by side, and sparklines of their row."""
    after = move.insertion.after
    found = []
    for item in (item for child in root if local(child) != "sheetData" for item in child.iter()):
        name = local(item)
        if name == "mergeCell" and rows_of(item.get("ref", "")) == (after, after):
            found.append(item)
        elif name == "sparkline" and rows_of(_said(item, "sqref") or "A1") == (after, after):
            shown = _said(item, "f")
            sheet = shown.rpartition("!")[0].strip("'").replace("''", "'")
            if is_the_row(shown, move.insertion) and move.is_on(sheet or move.insertion.sheet):
                found.append(item)
    return found


def _repeat(part: Part, items: list[etree._Element], move: Move) -> None:
    """Give each new row what the repeated one has."""
    after, count = move.insertion.after, move.insertion.count
    for item in items:
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


def _said(item: etree._Element, name: str) -> str:
    return next((child.text or "" for child in item if local(child) == name), "")


def _move_places(part: Part, item: etree._Element, name: str, move: Move) -> None:
    if name == "pane" and _is_frozen_at_top(item):
        return
    for attribute in _PLACES.get(name, ()):
        part.places(item, attribute, lambda ref: shifted(ref, move.insertion))
    if name in _AREAS:
        part.places(item, "ref", lambda ref: grown(ref, move.insertion))
    elif name in _LISTS and item.get(_LISTS[name]):
        _move_area_list(part, item, _LISTS[name], move)
    elif name == "sqref":
        _move_areas(part, item, move)
    elif name == "brk":
        _move_break(part, item, move)
    elif name == "anchor":
        move_anchor(
            part, item, move,
            moves=is_true(item, "moveWithCells"), sizes=is_true(item, "sizeWithCells"),
        )  # fmt: skip


def _is_frozen_at_top(item: etree._Element) -> bool:
    """Whether the cell in the corner of the part that scrolls is the first that it has."""
    if item.get("state") not in ("frozen", "frozenSplit"):
        return False
    view = item.getparent()
    above = rows_of(view.get("topLeftCell") or "A1")[0] if view is not None else 1
    return rows_of(item.get("topLeftCell") or "A1")[0] == above + int(
        float(item.get("ySplit") or 0)
    )


def _move_links(part: Part, item: etree._Element, name: str, on: str, move: Move) -> None:
    """Move what may refer to another sheet."""
    if name == "f":
        if local_parent(item) == "sparkline" and is_the_row(item.text or "", move.insertion):
            return
        cell = _text_beside(item) or "A1"
        single = local_parent(item) == "sparkline" and is_one_column(item.text or "")
        part.write(item, move.formula(item.text or "", on, cell, single=single))
    elif name == "hyperlink" and item.get("location") and not has_relation(item):
        part.set(item, "location", moved_link(item.get("location", ""), on, move.insertion))
    elif name == "dataRef" and move.is_on(item.get("sheet", "")) and not has_relation(item):
        part.places(item, "ref", lambda ref: grown(ref, move.insertion))
    for attribute in _LINKS:
        if said := item.get(attribute):
            single = attribute == "listFillRange"
            named = item.getparent()
            control = (named.get("name") if named is not None else "") or "control"
            part.set(item, attribute, move.formula(said, on, control, single=single, of="control"))


def is_one_column(formula: str) -> bool:
    """Whether a reference is to cells of one column: rows that are added belong to it.

    >>> is_one_column("Models!$B$5"), is_one_column("$B$5:$B$9"), is_one_column("B5:E5")
    (True, True, False)
    """
    ends = formula.rpartition("!")[2].replace("$", "").split(":")
    several = "," in re.sub("'[^']*'", "", formula)
    return not several and len({end.rstrip("0123456789").upper() for end in ends}) == 1


def is_the_row(formula: str, insertion: Insertion) -> bool:
    """Whether a reference goes across the repeated row: what shows one line keeps to its first.

    >>> is_the_row("Models!$B$5:$E$5", Insertion("Models", after=5, count=3))
    True
    """
    ends = formula.rpartition("!")[2].replace("$", "").split(":")
    rows = {end.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") for end in ends}
    return not is_one_column(formula) and rows == {str(insertion.after)}


def _text_beside(item: etree._Element) -> str:
    """The areas that an element's neighbour says."""
    parent = item.getparent()
    return _said(parent, "sqref") if parent is not None else ""


def _move_laid(
    part: Part, item: etree._Element, name: str, on: str, move: Move
) -> set[etree._Element]:
    """Move a conditional format or validation, and return the elements that are done."""
    said = next((child for child in item if local(child) == "sqref"), None)
    areas = item.get("sqref") or (said.text if said is not None else "") or ""
    done = set()
    for inner in item.iter():
        if local(inner) in _LAID_FORMULAS and (inner.text or "").strip():
            part.write(inner, move.laid(inner.text or "", on, areas, of=_LAID[name]))
        elif local(inner) == "cfvo" and not _is_number(inner.get("val", "1")):
            part.set(inner, "val", move.laid(inner.get("val", ""), on, areas, of=_LAID[name]))
        done.add(inner)
    if move.is_on(on):
        if item.get("sqref"):
            _move_area_list(part, item, "sqref", move)
        if said is not None:
            _move_areas(part, said, move)
    return done


def _move_area_list(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    said = item.get(attribute, "")
    try:
        part.set(item, attribute, moved_areas(said, move.insertion))
    except ValueError as error:
        move.refuse(str(error), said)


def _move_areas(part: Part, item: etree._Element, move: Move) -> None:
    """Move a list of areas that is a text. A sparkline stays in one cell."""
    single = local_parent(item) != "sparkline"
    try:
        part.write(item, moved_areas(item.text or "", move.insertion, single=single))
    except ValueError as error:
        move.refuse(str(error), item.text or "")


def _move_merged(part: Part, item: etree._Element, move: Move) -> None:
    ref = item.get("ref", "")
    top, bottom = rows_of(ref)
    if top == move.insertion.after < bottom:
        message = (
            f"these merged cells begin in row {top}, which repeats, and are {bottom - top + 1} "
            "rows high; expected merged cells of that row to be one row high"
        )
        move.refuse(message, ref)
    elif move.row(bottom, "a merged cell") == bottom + move.insertion.count:
        part.set(item, "ref", shifted(ref, move.insertion))


def _move_break(part: Part, item: etree._Element, move: Move) -> None:
    """A page break is named by the row above it, but belongs to the one below."""
    kind = local_parent(item)
    names = ("id",) if kind == "rowBreaks" else ("min", "max") if kind == "colBreaks" else ()
    for name in names:
        said = int(item.get(name) or 0)
        if 0 < said < 1048575:
            part.set(item, name, str(move.row(said + 1, "a page break") - 1))


def move_anchor(part: Part, item: etree._Element, move: Move, *, moves: bool, sizes: bool) -> None:
    """Move the rows to whose edges a drawing or control is anchored."""
    ends = {local(child): child for child in item if local(child) in ("from", "to")}
    if "from" not in ends:
        return
    rows = {name: _number_of(end, "row") for name, end in ends.items()}
    first, last = rows["from"], rows.get("to", rows["from"])
    if first is None or last is None:
        return
    offset = _number_of(ends["to"], "rowOff") if "to" in ends else None
    top, bottom = moved_span(
        int(first.text or 0), int(last.text or 0), move.insertion, moves=moves, sizes=sizes,
        flush=offset is not None and (offset.text or "0").strip() == "0",
    )  # fmt: skip
    part.write(first, str(top))
    if "to" in ends:
        part.write(last, str(bottom))


def _number_of(end: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in end if local(child) == name), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True
