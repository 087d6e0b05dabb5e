"""How those elements move that no common rule fits, of what is not a worksheet itself."""

from __future__ import annotations

from lxml import etree

from moe_report.ooxml.addresses import area_of
from moe_report.ooxml.formula_text import Reference, references, split_row
from moe_report.ooxml.insert_rows.common_rules import grow, is_one_column, is_the_row, shift
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import Part, local
from moe_report.ooxml.insert_rows.shifts import is_cut, shifted
from moe_report.ooxml.package import LINK_ID
from moe_report.ooxml.references import is_dead
from moe_report.ooxml.tables import table_area

_NUMBERS_SHOWN = {"val", "xVal", "yVal", "bubbleSize"}  # of one series: a row or a column


def table_itself(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move an Excel Table; one whose row repeats grows, and no other may be cut in two."""
    ref = item.get(attribute, "")
    if part.inside and is_cut(ref, move.insertion) and not part.repeats:
        move.refuse_cut(f"the Excel Table {item.get('displayName')!r}", ref)
    else:
        within_table(part, item, attribute, move)


def within_table(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a filter or the like with its table, or let it grow with it."""
    (grow if part.repeats else shift)(part, item, attribute, move)


def column_formula(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move the formula that a table's column has in every row, or in that of the totals."""
    column = item.getparent()
    assert column is not None
    table = table_area(part.root)
    after = move.insertion.after
    each_row = local(item) == "calculatedColumnFormula" and table.first <= after <= table.last
    called = f"{table.name}[{column.get('name')}]"
    row = after if part.inside and each_row else 0
    moved = move.formula(part.said(item, attribute), part.on, called, row=row, of="column")
    part.put(item, attribute, moved)


def defined_name(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a name's cells, but not those that are a distance from the cell that uses it."""
    index, name = item.get("localSheetId", ""), item.get("name", "")
    on = move.sheets[int(index)] if index.isdecimal() else ""
    text = part.said(item, attribute)
    try:
        found = list(references(text, on, move.sheets))
    except ValueError:
        return  # no formula, but e.g. what a macro left
    stays = None if name.startswith("_xlnm.") else _is_relative  # a print area is a place
    if stays and any(move.is_on(reference.sheet) and stays(reference) for reference in found):
        move.notes.append(
            f"the name {name} has references without $ before the row ({text}): they count from "
            "the cell that uses the name, and stay as they are"
        )
    part.put(item, attribute, move.formula(text, on, name, of="name", stays=stays))


def _is_relative(reference: Reference) -> bool:
    ends = (split_row(end) for end in (reference.first, reference.last))
    return any(row and not fixed for row, fixed in ends)


def chart_series(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move the cells that a chart shows; a series over the repeated row grows."""
    said = part.said(item, attribute)
    around = {local(up) for up in item.iterancestors()}
    if around & _NUMBERS_SHOWN and is_the_row(said, move.insertion):
        return
    single = not around & {"tx", "title"} and is_one_column(said)
    kind = part.root.tag.rpartition("}")[2]
    part.put(item, attribute, move.formula(said, part.on, kind, single=single, of="the"))


def pivot_table(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a pivot table that stands below."""
    if not part.inside:
        return
    ref = item.get(attribute, "")
    _, top, _, bottom = area_of(ref)
    pages = int(item.get("rowPageCount") or 0)
    above = max(1, top - pages - 1) if pages else top  # the filters stand above, and a blank row
    if above <= move.insertion.after < bottom:
        move.refuse_cut(f"the pivot table {part.root.get('name')!r}", ref)
    else:
        shift(part, item, attribute, move)


def pivot_source(part: Part, item: etree._Element, _: str, move: Move) -> None:
    """Move the cells that a pivot table counts; it is asked to count the new rows."""
    refreshed = False
    for source in item.iter():
        if local(source) not in ("worksheetSource", "rangeSet") or LINK_ID in source.attrib:
            continue
        ref, name, on = (source.get(key, "") for key in ("ref", "name", "sheet"))
        if ref and on:
            part.put(source, "ref", move.area(ref, on))
        if move.is_on(on) and ref and not is_dead(ref):
            top, bottom = area_of(ref)[1::2]
            refreshed |= top <= move.insertion.after <= bottom
        refreshed |= name.casefold() in move.grown_tables
    if refreshed:
        part.put(part.root, "refreshOnLoad", "1")


def consolidated(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move cells that a consolidation adds up, of the sheet that it names."""
    if LINK_ID not in item.attrib:
        part.put(item, attribute, move.area(part.said(item, attribute), item.get("sheet", "")))


def waiting_cell(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move a cell that waits for data from elsewhere, of the sheet whose number it has."""
    if move.is_on(move.numbers.get(item.get("s", ""), "")):
        part.places(item, attribute, lambda ref: shifted(ref, move.insertion))


def shape_link(part: Part, item: etree._Element, attribute: str, move: Move) -> None:
    """Move the cells that a shape is a hyperlink to."""
    target = part.said(item, attribute)
    if item.get("Type", "").endswith("/hyperlink") and target.startswith("#"):
        part.put(item, attribute, move.link(target, part.on))
