"""The rows and cells of a sheet after rows were put in, with their formulas."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from moe_report.ooxml.addresses import LAST_ROW, column_letters, split_address
from moe_report.ooxml.formula_text import translated
from moe_report.ooxml.insert_rows.formulas import Move
from moe_report.ooxml.insert_rows.part_xml import Part, local
from moe_report.ooxml.insert_rows.shifts import is_cut, shifted


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
        groups: dict[str, list[list[tuple[etree._Element, str]]]] = {}
        for formula, cell in list(self._formulas()):
            if formula.get("t") == "shared":
                sharing = groups.setdefault(formula.get("si", ""), [])
                if not sharing or (formula.get("ref") and formula.text):
                    sharing.append([])
                sharing[-1].append((formula, cell))
            else:
                self._move_formula(formula, cell)
        for sharing in groups.values():
            for group in sharing:
                self._move_shared(group)

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

    def _move_shared(self, group: list[tuple[etree._Element, str]]) -> None:
        """Move a formula that cells share, or write it out where they can share it no more."""
        first, origin = next(((item, cell) for item, cell in group if item.text), (None, ""))
        if first is None or not first.text:
            message = "shares a formula that no cell has; expected one that says it"
            self.move_.refuse(message, group[0][1], self.on)
            return
        if not self.inside and "!" not in first.text:
            self.move_.formula(first.text, self.on, origin)
            return
        after = self.move_.insertion.after
        moved = {}
        for _, cell in group:
            try:
                there = translated(first.text, origin, cell)
            except ValueError as error:
                self.move_.refuse(str(error), cell, self.on)
                return
            moved[cell] = self.move_.formula(there, self.on, cell, row=split_address(cell)[1])
        rows = {split_address(cell)[1] for _, cell in group}
        together = not self.inside or max(rows) < after or min(rows) > after
        now = {cell: self._now(cell) for _, cell in group}
        shared = moved[origin]
        if together and all(
            translated(shared, now[origin], now[cell]) == moved[cell] for _, cell in group
        ):
            self.part.write(first, shared)
            if self.inside:
                self.part.places(first, "ref", lambda ref: shifted(ref, self.move_.insertion))
            return
        for item, cell in group:
            self.part.write(item, moved[cell])
            for attribute in ("t", "ref", "si"):
                item.attrib.pop(attribute, "")
        self.part.changed = True

    def _now(self, cell: str) -> str:
        return shifted(cell, self.move_.insertion) if self.inside else cell


def _is_blank(row: etree._Element) -> bool:
    """Whether no cell of a row has content."""
    return not any(len(cell) for cell in row)
