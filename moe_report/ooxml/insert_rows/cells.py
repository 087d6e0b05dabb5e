"""The rows and cells of a sheet after rows were put in, with their formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from moe_report.ooxml.addresses import LAST_ROW, column_letters, split_address
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import Part, local
from moe_report.ooxml.insert_rows.shifts import is_cut, shifted
from moe_report.ooxml.shared_formulas import SharedFormula, SheetFormulas, write_alone


class Grid:
    """The rows and cells of a sheet."""

    def __init__(self, part: Part, data: etree._Element, on: str, move: Move) -> None:
        self.part = part
        self.data = data
        self.on = on
        self.move_ = move
        self.inside = move.is_on(on)

    def move(self) -> None:
        """Renumber the rows below, and move all formulas."""
        formulas = SheetFormulas(list(self._formulas()), self.on)
        for cell, formula in formulas.elements.items():
            if not formulas.is_shared(cell):
                self._move_formula(formula, cell)
        for shared in formulas.shared:
            self._move_shared(shared)

    def _formulas(self) -> Iterator[tuple[etree._Element, str]]:
        """Renumber rows and cells, and give each formula with the address that its cell had."""
        number = 0
        for row in list(self.data):
            if local(row) != "row":
                continue
            number = int(row.get("r") or number + 1)
            if self.inside and number > LAST_ROW - self.move_.insertion.count and _is_blank(row):
                self.data.remove(row)  # LibreOffice writes heights of the last rows of all
                self.part.changed = True
                continue
            new = self.move_.row(number, "a row with cells") if self.inside else number
            if new != number:
                self.part.set(row, "r", str(new))
            column = 0
            for cell in row:
                if local(cell) != "c":
                    continue
                address = cell.get("r")
                column = split_address(address)[0] if address else column + 1
                here = f"{column_letters(column)}{number}"
                if address and new != number:
                    self.part.set(cell, "r", f"{column_letters(column)}{new}")
                for item in cell:
                    if local(item) == "f":
                        self.move_.formulas_moved |= new != number
                        yield item, here

    def _move_formula(self, formula: etree._Element, cell: str) -> None:
        row = split_address(cell)[1]
        if formula.text:
            moved = self.move_.formula(formula.text, self.on, cell, row=row)
            self.part.write(formula, moved)
        ref = formula.get("ref")
        if not ref or not self.inside:
            return
        if is_cut(ref, self.move_.insertion):
            kinds = {"dataTable": "a data table (what-if analysis)", "array": "an array formula"}
            self.move_.refuse_cut(
                kinds.get(formula.get("t", ""), "a formula of several cells"), ref
            )
            return
        for attribute in ("ref", "r1", "r2"):
            self.part.places(formula, attribute, lambda ref: shifted(ref, self.move_.insertion))

    def _move_shared(self, shared: SharedFormula) -> None:
        """Move a formula that cells share, or write it out where they can share it no more."""
        if shared.text and not self.inside and "!" not in shared.text:
            self.move_.formula(shared.text, self.on, shared.origin)
            return
        moved = {}
        for cell in shared.members:
            try:
                there = shared.at(cell)
            except ValueError as error:
                self.move_.refuse(str(error), cell, self.on)
                return
            moved[cell] = self.move_.formula(there, self.on, cell, row=split_address(cell)[1])
        after = self.move_.insertion.after
        rows = {split_address(cell)[1] for cell in moved}
        together = not self.inside or max(rows) < after or min(rows) > after
        first, text = shared.members[shared.origin], moved[shared.origin]
        if together and self._agrees(text, shared.origin, moved):
            self.part.write(first, text)
            if self.inside:
                self.part.places(first, "ref", lambda ref: shifted(ref, self.move_.insertion))
            return
        for cell, formula in shared.members.items():
            write_alone(formula, moved[cell])
        self.part.changed = True

    def _agrees(self, text: str, origin: str, moved: Mapping[str, str]) -> bool:
        """Whether cells get from a formula, where it is now, those that they are to have."""
        try:
            return all(
                translated(text, self._now(origin), self._now(cell)) == said
                for cell, said in moved.items()
            )
        except ValueError:
            return False

    def _now(self, cell: str) -> str:
        return shifted(cell, self.move_.insertion) if self.inside else cell


def _is_blank(row: etree._Element) -> bool:
    """Whether no cell of a row has content."""
    return not any(len(cell) for cell in row)
