"""Formulas that a user typed as inputs on the sheet Models of a report that is updated."""

from __future__ import annotations

import re
from collections.abc import Mapping

from moe_report.errors import InputError, Problem
from moe_report.load.our_sheets import SHEET
from moe_report.load.record import Footprint, mark_of_formula
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.rearranged import Rearranged, moved
from moe_report.schema.fields import Field

_OURS = re.compile(r"\[#This Row\]|\[@|^[\d.+\-*/() ]*$")  # a metric's, or a default's


def keep_typed_formulas(
    old: Package,
    new: Package,
    places: tuple[Rearranged, ...],
    columns: Mapping[int, str],
    record: Footprint,
    fields: Mapping[str, Field],
    file: str,
) -> list[str]:
    """Put formulas that the user typed as inputs into the new sheet Models, where they can stay.

    Args:
        old: The old workbook.
        new: The new one.
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
    cells = Cells(new.root(target), where)
    fresh = cells.formulas().elements
    models = places[0]
    typed = Cells(old.root(old.sheets()[SHEET]), where)
    formulas = typed.formulas()
    changed = False
    for address, text in formulas.texts(formulas.elements).items():
        at, line = split_address(address)
        name = columns.get(at, "")
        if not name or line < models.before[0] or not {at} & models.columns.keys():
            continue
        if line not in models.rows:  # of a model that leaves
            continue
        column, row = models.columns[at], models.rows[line]
        ours = fresh.get(f"{column_letters(column)}{row}")
        known = fields.get(name)
        if ours is not None or (known is not None and known.default is not None):
            if not _is_ours(name, text, record) and (ours is None or text != ours.text):
                message = (
                    f"your formula ={text} stands in a column of formulas, which is written "
                    "anew, and would be lost; put its value there, or the formula into a "
                    "column of your own"
                )
                lost.append(Problem(f"{where}, cell {address}", message))
            continue
        before, value = _value(typed, line, at), _value(cells, row, column)
        try:
            now = moved(text, SHEET, tuple(old.sheets()), places)
            said = "models or columns have moved"
        except ValueError:
            now, said = None, "models or columns have moved"
        if now is not None and before and value and before != value:
            now, said = None, "the input says another"
        if now is None or now.lost:
            notes.append(
                f"{where}, cell {address}: your formula ={text} is replaced by its value, for "
                f"{said}"
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
        new[target] = serialize(cells.root)
    return notes


def _value(cells: Cells, row: int, column: int) -> str:
    cell = cells.grid.get(row, {}).get(column)
    if cell is None:
        return ""
    return cell.findtext(f"{TAG}v") or "".join(map(str, cell.itertext()))


def _is_ours(name: str, text: str, record: Footprint) -> bool:
    """Whether a formula in a column is one that we wrote, as far as the record tells."""
    if record.formulas:
        return mark_of_formula(name, text) in record.formulas
    return bool(_OURS.search(text))
