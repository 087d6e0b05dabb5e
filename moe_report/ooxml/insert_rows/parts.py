"""What belongs to sheets after rows were put into one: tables, names, drawings, charts, pivots."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from moe_report.errors import Problem
from moe_report.ooxml.formula_text import references, split_row
from moe_report.ooxml.insert_rows.formulas import Move, moved_or_same
from moe_report.ooxml.insert_rows.places import is_cut, moved_link, rows_of, shifted
from moe_report.ooxml.insert_rows.sheet import (
    is_one_column,
    is_the_row,
    move_anchor,
    move_sheet,
)
from moe_report.ooxml.insert_rows.xml import Part, has_relation, is_true, local

_CONTROL_FORMULAS = ("fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup")
_NUMBERS_SHOWN = {"val", "xVal", "yVal", "bubbleSize"}  # of one series: a row or a column
_LISTED = 5  # cells that a note names
Mover = Callable[[Part, str, Move], None]


def data_rows(root: etree._Element) -> range:
    """Return the numbers of a table's rows between its header and its totals."""
    top, bottom = rows_of(root.get("ref", "A1"))
    return range(
        top + int(root.get("headerRowCount") or 1),
        bottom - int(root.get("totalsRowCount") or 0) + 1,
    )


def move_table(part: Part, on: str, move: Move, *, repeats: bool = False) -> None:
    """Move an Excel Table, or let it grow if a row of it repeats."""
    for item in part.root.iter():
        name = local(item)
        if name in ("calculatedColumnFormula", "totalsRowFormula"):
            column = item.getparent()
            assert column is not None
            called = f"{part.root.get('displayName')}[{column.get('name')}]"
            row = _row_of_formula(part.root, name, move) if move.is_on(on) else 0
            moved = move.formula(item.text or "", on, called, row=row, of="column")
            part.write(item, moved)
    if not move.is_on(on):
        return
    ref = part.root.get("ref", "")
    if is_cut(ref, move.insertion) and not repeats:
        move.refuse_cut(f"the Excel Table {part.root.get('displayName')!r}", ref)
        return
    for item in part.root.iter():
        if local(item) in ("table", "autoFilter", "sortState", "sortCondition"):
            _move_table_area(part, item, move, repeats=repeats)


def _row_of_formula(root: etree._Element, name: str, move: Move) -> int:
    rows = data_rows(root)
    return move.insertion.after if name[0] == "c" and move.insertion.after in rows else 0


def _move_table_area(part: Part, item: etree._Element, move: Move, *, repeats: bool) -> None:
    def moved(ref: str) -> str:
        if repeats:
            return moved_or_same(ref, move.insertion)
        return shifted(ref, move.insertion)

    part.places(item, "ref", moved)


def move_names(part: Part, on: str, move: Move) -> None:
    """Move the workbook's defined names."""
    for item in part.root.iter():
        if local(item) == "definedName":
            index = item.get("localSheetId", "")
            stands = move.sheets[int(index)] if index.isdecimal() else ""
            name = item.get("name", "")
            part.write(item, _moved_name(item.text or "", stands, name, move))


def _moved_name(text: str, on: str, name: str, move: Move) -> str:
    """Move a name's cells, but not those that are a distance from the cell that uses it."""
    fixed, relative = [], False
    done = 0
    try:
        found = list(references(text, on, move.sheets))
    except ValueError:
        return text  # no formula, but e.g. what a macro left
    if name.startswith("_xlnm."):  # a print area is a place, however it is written
        return move.formula(text, on, name, of="name")
    for reference in found:
        ends = [split_row(end) for end in (reference.first, reference.last)]
        if any(row and not dollar for row, dollar in ends):
            whole = text[reference.outset : reference.end]
            before = text[done : reference.outset]
            fixed.append((before, whole))
            done = reference.end
            relative |= move.is_on(reference.sheet)
    if relative:
        move.notes.append(
            f"the name {name} has references without $ before the row ({text}): they count from "
            "the cell that uses the name, and stay as they are"
        )
    if not fixed:
        return move.formula(text, on, name, of="name")
    masks = [f"_relative_{at}_" for at in range(len(fixed))]
    pieces = [before + mask for (before, _), mask in zip(fixed, masks, strict=True)]
    moved = move.formula("".join([*pieces, text[done:]]), on, name, of="name")
    for mask, (_, whole) in zip(masks, fixed, strict=True):
        moved = moved.replace(mask, whole, 1)
    return moved


def move_drawing(part: Part, on: str, move: Move) -> None:
    """Move what floats over a sheet, and the cells that text boxes and cameras show."""
    for item in part.root.iter():
        name = local(item)
        if name in ("twoCellAnchor", "oneCellAnchor") and move.is_on(on):
            how = item.get("editAs", "twoCell") if name == "twoCellAnchor" else "oneCell"
            move_anchor(part, item, move, moves=how != "absolute", sizes=how == "twoCell")
        for attribute in ("textlink", "cellRange"):
            if said := item.get(attribute):
                part.set(item, attribute, move.formula(said, on, "drawing", of="text of a"))


def move_chart(part: Part, on: str, move: Move) -> None:
    """Move the cells that a chart shows; a series over the repeated row grows."""
    for item in part.root.iter():
        if local(item) in ("f", "sqref") and item.text:
            around = {local(up) for up in item.iterancestors()}
            if around & _NUMBERS_SHOWN and is_the_row(item.text, move.insertion):
                continue
            single = not around & {"tx", "title"} and is_one_column(item.text)
            moved = move.formula(item.text, on, part.root.tag.rpartition("}")[2], single=single,
                                 of="the")  # fmt: skip
            part.write(item, moved)


def move_comments(part: Part, on: str, move: Move) -> None:
    """Move notes and threaded comments with their cells."""
    if not move.is_on(on):
        return
    for item in part.root.iter():
        if local(item) in ("comment", "threadedComment"):
            part.places(item, "ref", lambda ref: shifted(ref, move.insertion))
        elif local(item) == "anchor":
            move_anchor(
                part, item, move,
                moves=is_true(item, "moveWithCells"),
                sizes=is_true(item, "sizeWithCells"),
            )  # fmt: skip


def move_single_cells(part: Part, on: str, move: Move) -> None:
    """Move the cells that an XML map fills."""
    if move.is_on(on):
        for item in part.root.iter():
            if local(item) == "singleXmlCell":
                part.places(item, "r", lambda ref: shifted(ref, move.insertion))


def move_filters(part: Part, on: str, move: Move) -> None:
    """Move the areas of a query's sorting, or of the filters of a sheet's views."""
    if move.is_on(on):
        for item in part.root.iter():
            if local(item) in ("sortState", "sortCondition", "nsvFilter", "sortRule"):
                part.places(item, "ref", lambda ref: moved_or_same(ref, move.insertion))


def move_control(part: Part, on: str, move: Move) -> None:
    """Move the cells that a form control reads and writes."""
    for name in _CONTROL_FORMULAS:
        if said := part.root.get(name):
            single = name == "fmlaRange" and is_one_column(said)
            kind = part.root.get("objectType") or "control"
            part.set(part.root, name, move.formula(said, on, kind, single=single, of="control"))


def move_pivot(part: Part, on: str, move: Move) -> None:
    """Move a pivot table that stands below."""
    location = next((item for item in part.root if local(item) == "location"), None)
    if location is None or not move.is_on(on):
        return
    ref = location.get("ref", "")
    top, bottom = rows_of(ref)
    pages = int(location.get("rowPageCount") or 0)
    above = max(1, top - pages - 1) if pages else top  # the filters stand above, and a blank row
    if above <= move.insertion.after < bottom:
        move.refuse_cut(f"the pivot table {part.root.get('name')!r}", ref)
        return
    part.places(location, "ref", lambda ref: shifted(ref, move.insertion))


def move_pivot_source(part: Part, on: str, move: Move) -> None:
    """Move the cells that a pivot table counts; it is asked to count the new rows."""
    refreshed = ""
    for item in part.root.iter():
        if local(item) not in ("worksheetSource", "rangeSet") or has_relation(item):
            continue
        ref, name = item.get("ref", ""), item.get("name", "")
        if move.is_on(item.get("sheet", "")) and ref:
            part.places(item, "ref", lambda ref: moved_or_same(ref, move.insertion))
            top, bottom = rows_of(ref)
            if top <= move.insertion.after <= bottom:
                refreshed = f"{move.insertion.sheet}!{item.get('ref')}"
        elif name.casefold() in move.grown_tables:
            refreshed = f"the table {name}"
    if refreshed:
        part.set(part.root, "refreshOnLoad", "1")
        move.notes.append(f"the pivot table of {refreshed} counts the new rows once Excel opens it")


def move_parameters(part: Part, on: str, move: Move) -> None:
    """Move the cells that queries take their parameters from."""
    for item in part.root.iter():
        if local(item) == "parameter" and item.get("cell"):
            moved = move.formula(item.get("cell", ""), on, "of a query", of="parameter")
            part.set(item, "cell", moved)


def move_volatile(part: Part, on: str, move: Move) -> None:
    """Move the cells that wait for data from elsewhere."""
    for item in part.root.iter():
        if local(item) == "tr" and move.is_on(move.numbers.get(item.get("s", ""), "")):
            part.places(item, "r", lambda ref: shifted(ref, move.insertion))


def move_links(part: Part, on: str, move: Move) -> None:
    """Move the cells that shapes are hyperlinks to."""
    for item in part.root:
        target = item.get("Target", "")
        if item.get("Type", "").endswith("/hyperlink") and target.startswith("#"):
            part.set(item, "Target", moved_link(target, on, move.insertion))


def untraced_note(move: Move) -> str:
    """Say which formulas find cells by a text or a number."""
    listed = "; ".join(move.untraced[:_LISTED])
    more = len(move.untraced) - _LISTED
    others = f" and {more} more" if more > 0 else ""
    return (
        f"formulas that find cells by a text or a number were left as they are, and may mean "
        f"others now: {listed}{others}"
    )


def unmovable(where: str, part: str, on: str, error: ValueError) -> Problem:
    """Return the problem of a part in which something falls off its sheet."""
    place = f"sheet {on}" if on else f"part {part}"
    return Problem(f"{where}, {place}", str(error), sheet=on or None)


def unreadable(where: str, part: str, error: Exception) -> Problem:
    """Return the problem of a part that is no XML."""
    line = next(iter(str(error).splitlines()), type(error).__name__)
    return Problem(
        f"{where}, part {part}", f"cannot be read ({line}); save the file in Excel again"
    )


# By the end of the type of the link that leads to the part.
MOVERS: dict[str, Mover] = {
    "worksheet": move_sheet, "dialogsheet": move_sheet, "xlMacrosheet": move_sheet,
    "xlIntlMacrosheet": move_sheet, "chartsheet": move_sheet, "table": move_table,
    "tableSingleCells": move_single_cells, "queryTable": move_filters,
    "namedSheetView": move_filters, "drawing": move_drawing, "chartUserShapes": move_drawing,
    "chart": move_chart, "chartEx": move_chart, "comments": move_comments,
    "threadedComment": move_comments, "pivotTable": move_pivot,
    "pivotCacheDefinition": move_pivot_source, "ctrlProp": move_control,
    "connections": move_parameters, "volatileDependencies": move_volatile,
    "officeDocument": move_names,
}  # fmt: skip
