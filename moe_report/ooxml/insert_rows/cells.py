"""The rows and cells of a sheet after rows were put in, with their formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from moe_report.ooxml.addresses import LAST_ROW, column_letters, split_address
from moe_report.ooxml.cells import TAG, placed_cells, placed_rows
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.insert_rows.common_rules import shift
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import TEXT, Part
from moe_report.ooxml.insert_rows.shifts import is_cut, shifted
from moe_report.ooxml.shared_formulas import SharedFormula, SheetFormulas, write_alone


def move_cells(part: Part, data: etree._Element, _: str, move: Move) -> None:
    """Renumber the rows below, and move all formulas."""
    formulas = SheetFormulas(list(_formulas(part, data, move)), part.on)
    for cell, formula in formulas.elements.items():
        if not formulas.is_shared(cell):
            _move_formula(part, formula, cell, move)
    for shared in formulas.shared:
        _move_shared(part, shared, move)


def _formulas(part: Part, data: etree._Element, move: Move) -> Iterator[tuple[etree._Element, str]]:
    """Renumber rows and cells, and give each formula with the address that its cell had."""
    for number, row in list(placed_rows(part.root)):
        if part.inside and number > LAST_ROW - move.insertion.count and not any(map(len, row)):
            data.remove(row)  # LibreOffice writes heights of the last rows of all
            part.changed = True
            continue
        new = move.row(number, "a row with cells") if part.inside else number
        if new != number:
            part.put(row, "r", str(new))
        for column, cell in placed_cells(row):
            if cell.get("r") and new != number:
                part.put(cell, "r", f"{column_letters(column)}{new}")
            for item in cell.iterchildren(f"{TAG}f"):
                move.formulas_moved |= new != number
                yield item, f"{column_letters(column)}{number}"


def _move_formula(part: Part, formula: etree._Element, cell: str, move: Move) -> None:
    row = split_address(cell)[1]
    if formula.text:
        part.put(formula, TEXT, move.formula(formula.text, part.on, cell, row=row))
    ref = formula.get("ref")
    if not ref or not part.inside:
        return
    if is_cut(ref, move.insertion):
        kinds = {"dataTable": "a data table (what-if analysis)", "array": "an array formula"}
        move.refuse_cut(kinds.get(formula.get("t", ""), "a formula of several cells"), ref)
        return
    for attribute in ("ref", "r1", "r2"):
        shift(part, formula, attribute, move)


def _move_shared(part: Part, shared: SharedFormula, move: Move) -> None:
    """Move a formula that cells share, or write it out where they can share it no more."""
    if shared.text and not part.inside and "!" not in shared.text:
        move.formula(shared.text, part.on, shared.origin)
        return
    moved = {}
    for cell in shared.members:
        try:
            there = shared.at(cell)
        except ValueError as error:
            move.refuse(str(error), cell, part.on)
            return
        moved[cell] = move.formula(there, part.on, cell, row=split_address(cell)[1])
    after = move.insertion.after
    rows = {split_address(cell)[1] for cell in moved}
    together = not part.inside or max(rows) < after or min(rows) > after
    first = shared.members[shared.origin]
    if together and _agrees(part, shared.origin, moved, move):
        part.put(first, TEXT, moved[shared.origin])
        shift(part, first, "ref", move)
        return
    for cell, formula in shared.members.items():
        write_alone(formula, moved[cell])
    part.changed = True


def _agrees(part: Part, origin: str, moved: Mapping[str, str], move: Move) -> bool:
    """Whether cells get from the formula of one, where it is now, those that they are to have."""

    def now(cell: str) -> str:
        return shifted(cell, move.insertion) if part.inside else cell

    try:
        return all(
            translated(moved[origin], now(origin), now(cell)) == said
            for cell, said in moved.items()
        )
    except ValueError:
        return False
