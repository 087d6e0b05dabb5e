"""Names of sheets: such as Excel takes, and in formulas when a sheet or table has another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_LONGEST = 31  # what Excel takes, in UTF-16 units
_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f\x7f]")
_WORD = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[A-Za-z_\\][\w.\\]*|\[|\]|.", re.DOTALL)


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


def renamed(formula: str, sheets: Mapping[str, str], tables: Mapping[str, str]) -> str:
    """Return a formula that refers to sheets and tables by other names.

    >>> renamed("'{{ m.name }}'!A1&Own[Own]", {"{{ m.name }}": "It's"}, {"Own": "Own_2"})
    "'It''s'!A1&Own_2[Own]"
    >>> renamed("INDEX(Index[V],2)+Index!A1", {}, {"Index": "Index_2"})
    'INDEX(Index_2[V],2)+Index!A1'
    """
    quotes = {quoted(old): quoted(new) for old, new in sheets.items()}
    folded = {old.casefold(): new for old, new in tables.items()}
    found, depth = [], 0
    words = _WORD.findall(formula)
    for word, behind in zip(words, [*words[1:], ""], strict=True):
        depth += (word == "[") - (word == "]")
        if depth <= 0 and word in quotes:
            word = quotes[word]
        elif depth <= 0 and behind not in ("(", "!"):  # of a function, and of a sheet
            word = folded.get(word.casefold(), word)
        found.append(word)
    return "".join(found)
