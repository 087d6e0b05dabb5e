"""Formulas of the user's in a report that is updated: on the sheet Models, and on their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from lxml import etree
from openpyxl.formula.translate import Translator

from moe_report.errors import InputError, Problem
from moe_report.load.grid import SHEET
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.calculation import has_formulas
from moe_report.ooxml.cells import TAG, Cells
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.schema.fields import FIELDS

if TYPE_CHECKING:
    from moe_report.edit.cell_keys import Keyed

_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]+|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}")
_NOT_CELLS = re.compile(r'"[^"]*"|\[[^\]]*\]')  # texts, and names of columns
_OURS = re.compile(r"\[#This Row\]|\[@|^[\d.+\-*/() ]*$")  # a metric's, or a default's


def _formulas(root: etree._Element, where: str) -> dict[tuple[int, int], str]:
    """Return the formulas of a sheet by column and row, shared ones written out."""
    cells = Cells(root, where)
    shared: dict[str, tuple[str, str]] = {}
    found = {}
    for row, line in sorted(cells.grid.items()):
        for column, cell in line.items():
            formula = cell.find(f"{TAG}f")
            if formula is None:
                continue
            text, at = formula.text or "", f"{column_letters(column)}{row}"
            if formula.get("t") == "shared" and text:
                shared[formula.get("si", "")] = (text, at)
            elif formula.get("t") == "shared" and formula.get("si", "") in shared:
                first, origin = shared[formula.get("si", "")]
                text = Translator(f"={first}", origin=origin).translate_formula(at)[1:]
            found[column, row] = text
    return found


def keep_typed_formulas(
    old: Package, new: Package, before: Keyed, now: Keyed, header: int, file: str, *, unmoved: bool
) -> list[str]:
    """Put formulas that the user typed as inputs into the new sheet Models, where they can stay.

    Args:
        old: The old workbook.
        new: The new one.
        before: The cells of the old sheet by model and column.
        now: The cells of the new one.
        header: The old header's row.
        file: The old workbook's name.
        unmoved: Whether every cell is where it was, so that references still lead there.

    Returns:
        What is not kept, a sentence each.

    Raises:
        InputError: A formula stands where ours do.
    """
    notes = []
    lost: list[Problem] = []
    target = new.sheets()[SHEET]
    root = parse(new[target])
    fresh = _formulas(root, file)
    cells = Cells(root, file)
    changed = False
    for at, text in _formulas(parse(old[old.sheets()[SHEET]]), file).items():
        key = before.keys.get(at)
        place = now.places.get(key) if key else None
        if place is None or at[1] <= header or key is None:
            continue
        address = f"{column_letters(at[0])}{at[1]}"
        known = FIELDS.get(key[1])
        ours = place in fresh
        if ours or (known is not None and known.default is not None):
            if not _OURS.search(text) and text != fresh.get(place):
                lost.append(
                    Problem(
                        f"{file}, sheet {SHEET}, cell {address}",
                        f"your formula ={text} stands in a column of formulas, which is written "
                        "anew, and would be lost; put its value there, or the formula into a "
                        "column of your own",
                    )
                )
        elif unmoved or not _CELL.search(_NOT_CELLS.sub("", text)):
            cell = cells.grid.get(place[1], {}).get(place[0])
            kept = "" if cell is None else "".join(map(str, cell.itertext()))
            content = {"f": text}
            cells.put(place[1], place[0], content, cells.style(place[1], place[0]))
            if known is not None and kept:
                _store(cells.grid[place[1]][place[0]], kept, text=known.kind == "text")
            changed = True
        else:
            notes.append(
                f"{file}, sheet {SHEET}, cell {address}: your formula ={text} is replaced by its "
                "value, for models or columns have moved"
            )
    if lost:
        raise InputError(lost)
    if changed:
        new[target] = serialize(root)
    return notes


def _store(cell: etree._Element, value: str, *, text: bool) -> None:
    """Store a value with an input's formula; a column of the user's may depend on metrics."""
    if text:
        cell.set("t", "str")
    etree.SubElement(cell, f"{TAG}v").text = value


def let_go_of_values(
    package: Package, sheets: Iterable[str], words: Collection[str], file: str, *, unmoved: bool
) -> list[str]:
    """Drop values that are stored with the users' formulas and may be wrong after an update.

    LibreOffice shows a stored value as it is; a formula without one it computes.

    Args:
        package: The workbook.
        sheets: Names of the sheets that are not ours.
        words: What formulas that refer to ours have in them.
        file: The workbook's name.
        unmoved: Whether every cell of Models is where it was.

    Returns:
        What to look at, a sentence each.
    """
    parts = package.sheets()
    roots: Mapping[str, etree._Element] = {
        name: parse(package[parts[name]]) for name in sheets if has_formulas(package[parts[name]])
    }
    found = {name: _formulas(root, file) for name, root in roots.items()}
    refers = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" for word in words), re.IGNORECASE)
    notes = []
    for name, formulas in found.items():
        direct = [at for at, text in formulas.items() if "!" in text and refers.search(text)]
        if direct and not unmoved:
            column, row = direct[0]
            more = f" and {len(direct) - 1} more" if len(direct) > 1 else ""
            notes.append(
                f"{file}, sheet {name}, cell {column_letters(column)}{row}{more}: refers to cells "
                "of the report, where models or columns have moved; look whether it still means "
                "what it should"
            )
    if any(refers.search(text) for formulas in found.values() for text in formulas.values()):
        for name, root in roots.items():
            for cell in root.iter(f"{TAG}c"):
                value = cell.find(f"{TAG}v")
                if cell.find(f"{TAG}f") is not None and value is not None:
                    cell.remove(value)
                    cell.attrib.pop("t", "")
            package[parts[name]] = serialize(root)
    return notes
