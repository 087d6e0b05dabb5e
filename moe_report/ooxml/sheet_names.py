"""Names of sheets: such as Excel takes, and in formulas when a sheet or table has another."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from moe_report.ooxml.formula_text import words_of

_LONGEST = 31  # what Excel takes, in UTF-16 units
_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f\x7f]")


def sheet_names(
    wanted: Sequence[str], taken: Sequence[str]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return names that Excel takes, and which of them are not as they were wanted.

    >>> sheet_names(["Qwen/Qwen3", "a", "A"], [])
    (['Qwen-Qwen3', 'a', 'A (2)'], [('Qwen/Qwen3', 'Qwen-Qwen3'), ('A', 'A (2)')])
    """
    used = {name.casefold() for name in taken} | {"history"}  # Excel keeps that one to itself
    found, changed = [], []
    for text in wanted:
        base = _FORBIDDEN.sub("-", text).strip().strip("'") or "Sheet"
        name, number = _cut(base, ""), 1
        while name.casefold() in used:
            number += 1
            name = _cut(base, f" ({number})")
        used.add(name.casefold())
        found.append(name)
        if name != text:
            changed.append((text, name))
    return found, changed


def _cut(text: str, end: str) -> str:
    units = text.encode("utf-16-le", "replace")[: 2 * (_LONGEST - len(end))]
    return units.decode("utf-16-le", "ignore").strip().strip("'") + end


def quoted(sheet: str) -> str:
    """Return a sheet's name as a formula writes it before the cell."""
    return "'" + sheet.replace("'", "''") + "'"


def renamed(
    formula: str,
    sheets: Mapping[str, str],
    tables: Mapping[str, str],
    names: Collection[str] = (),
) -> str:
    """Return a formula that refers to sheets and tables by other names.

    What only looks like one keeps its name: a text, a function, a sheet that is called as a table,
    a table of another workbook, and a word alone that is one of the defined ``names``.

    >>> renamed("'{{ m.name }}'!A1&Own[Own]", {"{{ m.name }}": "It's"}, {"Own": "Own_2"})
    "'It''s'!A1&Own_2[Own]"
    >>> renamed("INDEX(Index[V],2)+Index!A1", {}, {"Index": "Index_2"})
    'INDEX(Index_2[V],2)+Index!A1'
    >>> renamed('ROWS(Own)&[1]!Own[V]&"Own[V]"', {}, {"Own": "Own_2"})
    'ROWS(Own_2)&[1]!Own[V]&"Own[V]"'
    """
    quotes = {quoted(old).casefold(): quoted(new) for old, new in sheets.items()}
    folded = {old.casefold(): new for old, new in tables.items()}
    defined = {name.casefold() for name in names}
    words = words_of(formula)
    marks = [word for word in words if not word.isspace()]
    found, at = [], -1
    for word in words:
        if not word.isspace():
            at += 1
            before = marks[at - 1][-1] if at else ""
            behind = marks[at + 1][0] if at + 1 < len(marks) else ""
            key = word.casefold()
            if key in quotes and behind == "!" and before != "]":
                word = quotes[key]
            elif key in folded and before not in ("!", "]"):
                is_table = behind == "[" or (behind not in ("(", "!") and key not in defined)
                word = folded[key] if is_table else word
        found.append(word)
    return "".join(found)
