"""Formulas that a user typed as inputs on the sheet Models of a report that is updated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial

from moe_report.edit.cell_keys import Address
from moe_report.errors import InputError, Problem
from moe_report.load.our_sheets import SHEET
from moe_report.load.record import Footprint, mark_of_formula
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.package import Package
from moe_report.ooxml.rearranged import Rearranged, moved
from moe_report.ooxml.texts import SheetContents
from moe_report.schema.fields import Field

_OURS = re.compile(r"\[#This Row\]|\[@|^[\d.+\-*/() ]*$")  # a metric's, or a default's


def keep_typed_formulas(
    typed: CellsByRows,
    contents: SheetContents,
    sheets: Sequence[str],
    new: Package,
    fresh: SheetContents,
    places: tuple[Rearranged, ...],
    columns: Mapping[int, str],
    record: Footprint,
    fields: Mapping[str, Field],
    file: str,
) -> list[str]:
    """Put formulas that the user typed as inputs into the new sheet Models, where they can stay.

    Args:
        typed: The cells of the old sheet.
        contents: What stands in them.
        sheets: Names of the old workbook's sheets.
        new: The new workbook.
        fresh: What stands in the cells of its sheet.
        places: Where the cells of our sheets are now, those of Models first.
        columns: The old columns of fields and metrics, by number.
        record: What we wrote on the old sheet.
        fields: The fields that there are, by name.
        file: The old workbook's name, for messages.

    Returns:
        What is not kept, a sentence each.

    Raises:
        InputError: A formula stands where ours do, or shares one that cannot be written out.
    """
    notes = []
    lost: list[Problem] = []
    where = f"{file}, sheet {SHEET}"
    target = new.sheets()[SHEET]
    cells = cells_by_rows(new, target, where)
    models = places[0]
    is_ours = cache(partial(_is_ours, record))
    changed = False
    for (at, line), text in _written_out(typed, contents).items():
        name = columns.get(at, "")
        if not name or line < models.before[0] or not {at} & models.columns.keys():
            continue
        if line not in models.rows:  # of a model that leaves
            continue
        column, row = models.columns[at], models.rows[line]
        ours = fresh.formulas.get((column, row))
        known = fields.get(name)
        if ours is not None or (known is not None and known.default is not None):
            if text != ours and not is_ours(name, text):
                message = (
                    f"your formula ={text} stands in a column of formulas, which is written "
                    "anew, and would be lost; put its value there, or the formula into a "
                    "column of your own"
                )
                lost.append(Problem(f"{where}, cell {column_letters(at)}{line}", message))
            continue
        before, value = _value(typed, line, at), _value(cells, row, column)
        try:
            now = moved(text, SHEET, tuple(sheets), places)
            said = "models or columns have moved"
        except ValueError:
            now, said = None, "models or columns have moved"
        if now is not None and before and value and before != value:
            now, said = None, "the input says another"
        if now is None or now.lost:
            notes.append(
                f"{where}, cell {column_letters(at)}{line}: your formula ={text} is replaced by "
                f"its value, for {said}"
            )
            continue
        kept = {"v": value} if value else {}
        cells.put(row, column, {"f": now.text, **kept}, cells.style(row, column))
        if kept and known is not None and known.kind == "text":
            cells.grid[row][column].set("t", "str")
        changed = True
    if lost:
        raise InputError(lost)
    if changed:
        new.hold(target, cells)
    return notes


def _written_out(cells: CellsByRows, contents: SheetContents) -> Mapping[Address, str]:
    """The formulas of a sheet, those that cells share too."""
    if not contents.shares:
        return contents.formulas
    formulas = cells.formulas()
    texts = formulas.texts(formulas.elements)
    return {split_address(address): text for address, text in texts.items()}


def _value(cells: Cells, row: int, column: int) -> str:
    cell = cells.grid.get(row, {}).get(column)
    if cell is None:
        return ""
    return cell.findtext(f"{TAG}v") or "".join(map(str, cell.itertext()))


def _is_ours(record: Footprint, name: str, text: str) -> bool:
    """Whether a formula in a column is one that we wrote, as far as the record tells."""
    if record.formulas:
        return mark_of_formula(name, text) in record.formulas
    return bool(_OURS.search(text))
