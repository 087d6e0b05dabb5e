"""References to cells, in formulas and elsewhere, after rows were put into a sheet.

Rows are put in below a row that repeats, so what ends in that row, such as the range of a sum, has
to reach the last of the new ones; what Excel would do when rows are inserted by hand is less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from moe_report.ooxml.addresses import LAST_ROW
from moe_report.ooxml.formula_text import (
    Reference,
    calls,
    reference_of,
    references,
    same_sheet,
    split_end,
    split_row,
)

_NUMBER = re.compile(r"0*+([0-9]{1,7})[0-9]*+")
# A range from a cell to one that a function or a name gives: the cell is taken for its top.
_ENDS_COMPUTED = re.compile(r"\s*:")
_ENDS_UNKNOWN = re.compile(r"\s*:\s*\(")
_SUSPECT = re.compile(
    r"(?:INDIRECT|EVALUATE|OFFSET|ADDRESS|INDEX|HYPERLINK)\s*\(", re.IGNORECASE
)  # the functions that are looked at
_ZERO = re.compile(r"[-+]?0*")
_COUNTED = re.compile(r"(?:COUNT|COUNTA|MATCH|_XLFN\.XMATCH|ROWS)\(", re.IGNORECASE)
_ROW_OF = re.compile(r"(?:ROW|MATCH)\([^()]+\)", re.IGNORECASE)
_RANGE = re.compile(r"(?:[^()]*!)?\$?[A-Za-z]{1,3}\$?([0-9]*):\$?[A-Za-z]{1,3}\$?([0-9]*)")
_THIS_ROW = re.compile(r"\[(?:@|#This Row\])", re.IGNORECASE)
_PLACE = re.compile(r'"#[^"]*[A-Za-z]\$?[0-9]|"#[^"]*"\s*&', re.IGNORECASE)


@dataclass(frozen=True)
class Insertion:
    """Whole rows put into a sheet, ``after`` the number of the one above: the row that repeats."""

    sheet: str
    after: int
    count: int


def moved_row(row: int, insertion: Insertion) -> int:
    """Return where a row is after the insertion.

    Raises:
        ValueError: It falls off the end of the sheet.

    >>> [moved_row(row, Insertion("Models", after=5, count=3)) for row in (4, 5, 6)]
    [4, 5, 9]
    """
    moved = row + insertion.count if row > insertion.after else row
    if moved > LAST_ROW:
        raise ValueError(
            f"row {row} falls off the sheet {insertion.sheet!r} when {insertion.count} rows are "
            f"inserted below row {insertion.after}; expected it to end above row {LAST_ROW}"
        )
    return moved


def moved_area(ref: str, insertion: Insertion, *, single: bool = False, grows: bool = True) -> str:
    """Return where one reference without a sheet leads after the insertion.

    Args:
        ref: A cell, a range, whole columns or whole rows; ``$`` signs stay.
        insertion: The rows. A range that goes across the repeated row grows.
        single: Whether a cell alone in the repeated row stands for all that come of it.
        grows: Whether a range grows that ends in the repeated row.

    Raises:
        ValueError: ``ref`` is no reference, or it falls off the end of the sheet.

    >>> three = Insertion("Models", after=5, count=3)
    >>> moved_area("$B$2:$B5", three), moved_area("B6", three), moved_area("B5", three)
    ('$B$2:$B8', 'B9', 'B5')
    >>> moved_area("B5", three, single=True), moved_area("B4:C5", three, grows=False)
    ('B5:B8', 'B4:C5')
    """
    return _moved(reference_of(ref), insertion, single=single, grows=grows)


def moved_areas(sqref: str, insertion: Insertion, *, single: bool = True) -> str:
    """Return where a list of areas is, with spaces between, as conditional formats have it.

    Raises:
        ValueError: One of them is no reference, or falls off the end of the sheet.

    >>> moved_areas("B5 #REF!", Insertion("Models", after=5, count=3))
    'B5:B8 #REF!'
    """
    return " ".join(
        ref if is_dead(ref) else moved_area(ref, insertion, single=single) for ref in sqref.split()
    )


def is_dead(ref: str) -> bool:
    """Whether the cells that a reference led to are gone: there is nothing left to move."""
    return "#REF!" in ref


def moved_formula(
    formula: str,
    on: str,
    insertion: Insertion,
    *,
    single: bool = False,
    sheets: Sequence[str] = (),
    stays: Callable[[Reference], bool] | None = None,
) -> str:
    """Return a formula that means after the insertion what it meant before.

    Args:
        formula: The formula without ``=``.
        on: Name of the sheet on which it stands, for references that name none.
        insertion: The rows.
        single: Whether a cell alone in the repeated row stands for all that come of it.
        sheets: Names of the workbook's sheets in order, for references that span some of them.
        stays: Says whether a reference stays as it is.

    Raises:
        ValueError: It cannot be said what it should be: the message names the reference.

    >>> moved_formula("SUM(B2:B5)/Other!B9", "Models", Insertion("Models", after=5, count=3))
    'SUM(B2:B8)/Other!B9'
    """
    if not insertion.count or not _may_change(formula, on, insertion):
        return formula
    pieces, done = [], 0
    for found in references(formula, on, sheets):
        if not _is_within(found, insertion, sheets) or (stays and stays(found)):
            continue
        moved = _moved(found, insertion, single=single)
        if moved != found.text and not same_sheet(found.sheet, found.last_sheet):
            whole = formula[found.outset : found.end]
            raise ValueError(
                f"the reference {whole} spans several sheets, and rows are inserted into "
                f"{insertion.sheet!r} alone; expected references to one sheet at a time"
            )
        if not found.last and split_row(found.first)[0] == insertion.after:
            whole = formula[found.outset : found.end]
            follows_colon = formula[: found.outset].rstrip().endswith(":")
            if follows_colon or _ENDS_UNKNOWN.match(formula, found.end):
                raise ValueError(
                    f"the other end of the range at {whole} is computed, so it is not known "
                    f"whether the range grows with row {insertion.after}; expected two cells"
                )
            if _ENDS_COMPUTED.match(formula, found.end):
                moved = found.text
        pieces += [formula[done : found.start], moved]
        done = found.end
    return "".join([*pieces, formula[done:]])


def untraceable(formula: str) -> str | None:
    """Return the name of a function that finds cells by what no reference says; None if none does.

    What it finds may be another cell after rows were inserted, without any error: INDIRECT reads
    an address from a text; OFFSET, INDEX and ADDRESS count rows by a number, unless one that the
    formula counts itself; HYPERLINK may lead to an address in a text; EVALUATE runs a text.

    >>> untraceable('SUM(INDIRECT("B2:B9"))'), untraceable("OFFSET(A1,0,2)")
    ('INDIRECT', None)
    """
    if not _SUSPECT.search(formula):
        return None
    return next((name for name, given in calls(formula) if _goes_by_number(name, given)), None)


def counts_rows_of(named: Collection[str], formula: str) -> bool:
    """Whether a formula finds cells by the number of a row of something that has a name.

    ``named`` are names of Excel Tables and of cells, in small letters.

    >>> counts_rows_of({"models"}, "INDEX(Models[name],3)"), counts_rows_of({"models"}, "Models!A3")
    (True, False)
    """
    if not _SUSPECT.search(formula):
        return False
    return any(
        given[0].partition("[")[0].strip().casefold() in named
        and not _THIS_ROW.search(given[0])
        and (_goes_by_number(name, given) if name == "OFFSET" else _is_further(name, given))
        for name, given in calls(formula)
    )


def _is_further(name: str, given: list[str]) -> bool:
    """Whether a call is that of a row behind the first, by its number."""
    return name == "INDEX" and len(given) > 1 and given[1].isdecimal() and int(given[1]) > 1


def _goes_by_number(name: str, given: list[str]) -> bool:
    """Whether a call finds cells by a text or a number that stays as it is."""
    if name in ("INDIRECT", "EVALUATE"):
        return True
    if name == "OFFSET":
        rows, height = [*given, "", "", "", ""][1:4:2]
        return not (_ZERO.fullmatch(rows) or _COUNTED.match(rows)) or not (
            height in ("", "1") or _COUNTED.match(height)
        )
    if name == "ADDRESS":
        return not _ROW_OF.fullmatch(given[0] if given else "")
    if _is_further(name, given):
        area = _RANGE.fullmatch(given[0])
        return area is not None and (not area[1] or area[1] != area[2])
    return name == "HYPERLINK" and bool(_PLACE.search(given[0] if given else ""))


def _moved(found: Reference, insertion: Insertion, *, single: bool, grows: bool = True) -> str:
    """Return the text of a reference after the insertion."""
    column, dollar, row = split_end(found.first)
    if not insertion.count or not row:
        return found.text
    if not found.last:
        if single and int(row) == insertion.after:
            last = min(int(row) + insertion.count, LAST_ROW)
            return f"{found.text}:{column}{dollar}{last}"
        return f"{column}{dollar}{_same_or(row, moved_row(int(row), insertion))}"
    last_column, last_dollar, last_row = split_end(found.last)
    _, top, _, bottom = found.area
    new_top = moved_row(top, insertion)
    if bottom > insertion.after or (grows and bottom == insertion.after):
        # Below the sheet's last row there is nothing to refer to.
        new_bottom = min(bottom + insertion.count, LAST_ROW)
    else:
        new_bottom = bottom
    ends = (new_top, new_bottom) if int(row) == top else (new_bottom, new_top)
    first = f"{column}{dollar}{_same_or(row, ends[0])}"
    return f"{first}{found.gap}{last_column}{last_dollar}{_same_or(last_row, ends[1])}"


def _same_or(digits: str, row: int) -> str:
    """Return a row's number as it is written, if it is the same."""
    return digits if int(digits) == row else str(row)


def _may_change(formula: str, on: str, insertion: Insertion) -> bool:
    """Whether it is worth to read a formula: most have nothing below the repeated row."""
    if all(int(number) < insertion.after for number in _NUMBER.findall(formula)):
        return False
    if same_sheet(on, insertion.sheet):
        return True
    return "!" in formula and (
        ":" in formula or insertion.sheet.replace("'", "''").lower() in formula.lower()
    )


def _is_within(found: Reference, insertion: Insertion, sheets: Sequence[str]) -> bool:
    """Whether a reference leads, also or only, to the sheet of the insertion."""
    if insertion.sheet.lower() in found.spanned(sheets):
        return True
    # where the order is not known, a span may hold the sheet
    return not sheets and not same_sheet(found.sheet, found.last_sheet)
