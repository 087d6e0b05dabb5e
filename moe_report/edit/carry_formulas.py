"""Formulas of the user's in a report that is updated: on the sheet Models, and on their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from moe_report.edit.cell_keys import Address, Key
from moe_report.errors import InputError, Problem, first_of
from moe_report.load.our_sheets import SHEET
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.calculation import sheets_with_formulas
from moe_report.ooxml.cells import Cells, forget_value
from moe_report.ooxml.formula_text import references
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.schema.fields import FIELDS

_OURS = re.compile(r"\[#This Row\]|\[@|^[\d.+\-*/() ]*$")  # a metric's, or a default's


def keep_typed_formulas(
    old: Package,
    new: Package,
    before: Mapping[Address, Key],
    now: Mapping[Key, Address],
    file: str,
    *,
    unmoved: bool,
) -> list[str]:
    """Put formulas that the user typed as inputs into the new sheet Models, where they can stay.

    If every cell is ``unmoved``, that is where it was, references still lead there.

    Returns:
        What is not kept, a sentence each.

    Raises:
        InputError: A formula stands where ours do, or shares one that cannot be written out.
    """
    notes = []
    lost: list[Problem] = []
    where = f"{file}, sheet {SHEET}"
    target = new.sheets()[SHEET]
    cells = Cells(parse(new[target]), where)
    fresh = cells.formulas().elements
    typed = Cells(parse(old[old.sheets()[SHEET]]), where).formulas()
    changed = False
    for address, text in typed.texts(typed.elements).items():
        key = before.get(split_address(address), ("", ""))
        if not key[0] or key not in now:  # no model's, or not in the new one
            continue
        column, row = now[key]
        ours = fresh.get(f"{column_letters(column)}{row}")
        known = FIELDS.get(key[1])
        if ours is not None or (known is not None and known.default is not None):
            if not _OURS.search(text) and (ours is None or text != ours.text):
                message = (
                    f"your formula ={text} stands in a column of formulas, which is written "
                    "anew, and would be lost; put its value there, or the formula into a "
                    "column of your own"
                )
                lost.append(Problem(f"{where}, cell {address}", message))
        elif unmoved or not _refers_to_cells(text):
            cell = cells.grid.get(row, {}).get(column)
            value = "" if cell is None else "".join(map(str, cell.itertext()))
            # of a column of the user's it may depend on metrics
            kept = {"v": value} if known is not None and value else {}
            cells.put(row, column, {"f": text, **kept}, cells.style(row, column))
            if kept and known is not None and known.kind == "text":
                cells.grid[row][column].set("t", "str")
            changed = True
        else:
            notes.append(
                f"{where}, cell {address}: your formula ={text} is replaced by its value, for "
                "models or columns have moved"
            )
    if lost:
        raise InputError(lost)
    if changed:
        new[target] = serialize(cells.root)
    return notes


def _refers_to_cells(formula: str) -> bool:
    try:
        return any(references(formula, elsewhere=True))
    except ValueError:
        return True


def let_go_of_values(
    package: Package, sheets: Collection[str], words: Collection[str], file: str, *, unmoved: bool
) -> list[str]:
    """Drop values that are stored with the users' formulas and may be wrong after an update.

    Looked at are the sheets that are not ours, for the words of formulas that refer to ours.

    Returns:
        What to look at, a sentence each.
    """
    parts = {name: part for name, part in sheets_with_formulas(package).items() if name in sheets}
    found = {
        name: Cells(parse(package[part]), f"{file}, sheet {name}") for name, part in parts.items()
    }
    refers = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" for word in words), re.IGNORECASE)
    notes = []
    affected = False
    for name, cells in found.items():
        formulas = cells.formulas()
        resting = {at: text for at in formulas.elements if refers.search(text := formulas.said(at))}
        affected |= bool(resting)
        direct = [at for at, text in resting.items() if "!" in text]
        if direct and not unmoved:
            notes.append(
                f"{file}, sheet {name}, cell {first_of(direct, 1)}: refers to cells of the report, "
                "where models or columns have moved; look whether it still means what it should"
            )
    for name, cells in found.items() if affected else ():
        for row in cells.grid.values():
            for cell in row.values():
                forget_value(cell)
        package[parts[name]] = serialize(cells.root)
    return notes
