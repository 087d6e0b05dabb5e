"""Formulas as text: where their references to cells are, and what cannot be followed in them.

Read is what files hold: A1 references and commas, whatever the language of the program. A word is
a reference only if nothing makes it something else: the bracket of a function or of a table's
column, the exclamation mark of a sheet, a longer name around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moe_report.ooxml.addresses import (
    LAST_COLUMN,
    LAST_ROW,
    Area,
    area_of,
    column_letters,
    split_address,
)

WORD = r"[\w.$\\?\x80-\U0010ffff]"
_COLUMN = (  # to XFD
    r"\$?(?:[A-Za-z]{1,2}|[A-Wa-w][A-Za-z]{2}|[Xx][A-Ea-e][A-Za-z]|[Xx][Ff][A-Da-d])"
)
_ROW = (  # to 1048576
    r"\$?0*(?:104857[0-6]|10485[0-6][0-9]|1048[0-4][0-9]{2}|104[0-7][0-9]{3}|10[0-3][0-9]{4}"
    r"|[1-9][0-9]{0,5})"
)
_CELL = _COLUMN + _ROW
_COLON = r"\s*:\s*"
_END = rf"(?!{WORD}|[(\[!])"
_CELLS = rf"({_CELL})(?:({_COLON})({_CELL}))?{_END}"
_LINES = "|".join(rf"({line})({_COLON})({line}){_END}" for line in (_COLUMN, _ROW))
_AREA = re.compile(f"{_CELLS}|{_LINES}")
_ONE_CELL = re.compile(_CELL)

TEXT = r'"(?:[^"]|"")*+"'
QUOTED = r"'(?:[^']|'')*+'"
_TERM = rf"(?:{QUOTED}|{WORD}++)"
_SECOND_END = re.compile(rf"{_COLON}({_TERM})!({_CELL}){_END}")
# Columns of a table or the number of a workbook, one bracket deep or two; ' escapes a sign.
BRACKETS = r"\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*+\])*+\]"
_SHEETS = rf"({_TERM})(?:{_COLON}({_TERM}))?!"
_PREFIX = re.compile(rf"(?:{BRACKETS})?{_SHEETS}", re.DOTALL)
_CONSTANTS = rf"\{{(?:[^\"{{}}]|{TEXT})*+\}}"
_ELSEWHERE = rf"(?:{_CELL}{_COLON}{_CELL}|{QUOTED}|{WORD}++)?"
_ERROR = (
    r"\#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!"
    r"|CONNECT!|UNKNOWN!|EXTERNAL!|BUSY!|PYTHON!)"
)
_SKIPPED = "|".join(
    [
        r"[\s+\-*/^&=<>(),;:%@~|]+",
        rf"{WORD}++(?:\(|{BRACKETS})",  # a function, a table
        r"(?i:LOG10)(?=\s+\()",  # the one function that is also a cell, away from its bracket
        TEXT,
        _CONSTANTS,
        rf"\#REF!{_ELSEWHERE}",  # also in the place of a sheet that is gone
        _ERROR,
        r"\#",  # all cells that a formula spills into
        rf"{BRACKETS}(?:!{_ELSEWHERE}|(?!{_TERM}(?:{_COLON}{_TERM})?!))",
    ]
)
_SKIP = re.compile(f"(?:{_SKIPPED})*+", re.DOTALL)
_AREA_ALONE = re.compile(rf"(?:{_AREA.pattern})(?!\s*:)")
_NAME = re.compile(rf"{WORD}++")
_HIDDEN = re.compile("|".join([TEXT, QUOTED, _CONSTANTS, BRACKETS]), re.DOTALL)
_ANY = re.compile(rf"{TEXT}|{QUOTED}|{BRACKETS}|{WORD}++|\s+|.", re.DOTALL)
_RANGE_OF_OTHERS = re.compile(r'["\w)]\s*:\s*["\w(]')
_CALL_MARK = re.compile(rf"{WORD}++(?:\s*+\()?|[(),]")
_END_PARTS = re.compile(r"((?:\$?[A-Za-z]+)?)(\$?)([0-9]*)")
_DEEPEST = 64  # levels of functions in functions that Excel takes


@dataclass(frozen=True)
class Reference:
    """A reference to cells, and where it is in a formula.

    Attributes:
        outset: Where it begins, with the name of its sheet.
        start: Where it begins without.
        end: Where it has ended.
        sheet: Name of the sheet, or of the first of a span of sheets.
        last_sheet: Name of the last of a span of sheets, else the same.
        first: The cell, or the end of a range that comes first; a column or row of a range of them.
        gap: What is between the ends of a range: a colon, perhaps a sheet again; empty for a cell.
        last: The other end of a range; empty for a cell.
    """

    outset: int
    start: int
    end: int
    sheet: str
    last_sheet: str
    first: str
    gap: str = ""
    last: str = ""

    @property
    def text(self) -> str:
        """The reference as it is written, without the name of its sheet."""
        return self.first + self.gap + self.last

    @property
    def area(self) -> Area:
        """The corners of its cells: first column and row, last column and row."""
        left, top, right, bottom = area_of(f"{self.first}:{self.last or self.first}")
        return min(left, right), min(top, bottom), max(left, right), max(top, bottom)

    def spanned(self, sheets: Sequence[str]) -> list[str]:
        """Return which of a workbook's sheets in order it leads to, in small letters."""
        named = [self.sheet.lower(), self.last_sheet.lower()]
        if named[0] == named[1]:
            return named[:1]
        order = [name.lower() for name in sheets]
        if not set(named) <= set(order):
            return named
        left, right = sorted(map(order.index, named))
        return order[left : right + 1]


def words_of(formula: str) -> list[str]:
    """Return a formula in pieces: texts, quoted names, brackets, words, blanks, single signs.

    >>> words_of("SUM('a b'!C1,T[[x],[y]])")
    ['SUM', '(', "'a b'", '!', 'C1', ',', 'T', '[[x],[y]]', ')']
    """
    return _ANY.findall(formula)


def is_cell(text: str) -> bool:
    """Whether a text is the address of a cell within the bounds of a sheet.

    >>> is_cell("XFD1048576"), is_cell("XFE1"), is_cell("A0"), is_cell("A1:B2")
    (True, False, False, False)
    """
    return _ONE_CELL.fullmatch(text) is not None


def reference_of(ref: str) -> Reference:
    """Return a text that is one reference and nothing else, without a sheet.

    Raises:
        ValueError: It is something else.
    """
    match = _AREA.match(ref)
    if not match or match.end() < len(ref):
        raise ValueError(f"{ref!r} is no reference; expected one such as B3, B3:D9, B:D or 3:9")
    return _found(match, 0, "", "")


def references(
    formula: str, on: str = "", sheets: Sequence[str] = (), *, elsewhere: bool = False
) -> Iterator[Reference]:
    """Give the references of a formula to cells of its own workbook, from left to right.

    Args:
        formula: The formula without ``=``.
        on: Name of the sheet on which it stands: that of references that name none.
        sheets: Names of the workbook's sheets.
        elsewhere: Whether to give those to other workbooks, too.

    Raises:
        ValueError: It is no formula.
    """
    at = _end_of_skipped(formula, 0)
    while at < len(formula):
        if match := _AREA_ALONE.match(formula, at):
            yield _found(match, at, on, on)
            at = _end_of_skipped(formula, match.end())
            continue
        prefix = _PREFIX.match(formula, at)
        if prefix and _is_end_of_range(prefix, sheets):
            prefix = None
        names = _names(prefix) if prefix else (on, on)
        end = prefix.end() if prefix else at
        if match := _AREA.match(formula, end):
            end = match.end()
            other_workbook = any(sign in name for name in names for sign in "[]\\/|")
            if elsewhere or not other_workbook:
                found = _with_second_end(_found(match, at, *names), formula)
                yield found
                end = found.end
        elif not prefix:
            name = _NAME.match(formula, at)
            if not name:
                raise ValueError(
                    f"the formula cannot be read from its character {at + 1} on: "
                    f"{formula[at : at + 20]!r}"
                )
            end = name.end()
        at = _end_of_skipped(formula, end)


def _end_of_skipped(formula: str, at: int) -> int:
    """Return where the next thing begins that may be a reference."""
    match = _SKIP.match(formula, at)
    assert match
    return match.end()


def same_sheet(first: str, second: str) -> bool:
    """Whether two names are those of one sheet: capitals make no difference."""
    return first.lower() == second.lower()


def has_computed_end(formula: str) -> bool:
    """Whether a range of a formula has an end that a function or a name gives.

    >>> has_computed_end("SUM(A1:INDEX(B:B,3))"), has_computed_end("SUM(A1:B3)")
    (True, False)
    """
    if ":" not in formula:
        return False
    pieces, done = [], 0
    for found in references(formula, elsewhere=True):
        pieces += [formula[done : found.outset], '""']
        done = found.end
    rest = without_quoted("".join([*pieces, formula[done:]]))
    return _RANGE_OF_OTHERS.search(rest) is not None


def without_quoted(formula: str) -> str:
    """Return a formula with marks in the place of texts, quoted names, constants and brackets.

    >>> without_quoted("'It'!A1&T[a]").replace('"', "_")
    '____!A1&T___'
    """
    return _HIDDEN.sub(lambda match: '"' * len(match[0]), formula)


def calls(formula: str) -> Iterator[tuple[str, list[str]]]:
    """Give the functions of a formula, in capitals and without prefixes, with their arguments.

    Inner ones come first; those too deep for Excel are left out.

    >>> list(calls('SUM(A1,MAX(B1,"(,"))'))
    [('MAX', ['B1', '"(,"']), ('SUM', ['A1', 'MAX(B1,"(,")'])]
    """
    open_text = without_quoted(formula)
    levels: list[tuple[str, list[int]]] = []  # a name, and where its arguments begin and end
    for mark in _CALL_MARK.finditer(open_text):
        sign = mark[0][-1]
        if sign == "(":
            levels.append((mark[0][:-1].rstrip(), [mark.end()]))
        elif sign == "," and levels:
            levels[-1][1].append(mark.end())
        elif sign == ")" and levels:
            name, starts = levels.pop()
            if name and len(levels) < _DEEPEST:
                ends = [*(start - 1 for start in starts[1:]), mark.start()]
                given = [formula[at:end].strip() for at, end in zip(starts, ends, strict=True)]
                yield (name.rpartition(".")[2] if name[0] == "_" else name).upper(), given


def _found(match: re.Match[str], outset: int, sheet: str, last_sheet: str) -> Reference:
    group = 1 if match[1] else 4 if match[4] else 7  # cells, columns or rows
    first, gap, last = match.group(group, group + 1, group + 2)
    place = (outset, match.start(), match.end())
    return Reference(*place, sheet, last_sheet, first, gap or "", last or "")


def _with_second_end(found: Reference, formula: str) -> Reference:
    """Join the two ends of a range that both name their sheet: ``Sheet1!A1:Sheet1!B9``."""
    match = None if found.last else _SECOND_END.match(formula, found.end)
    if not match or {found.sheet.lower()} != {found.last_sheet.lower(), _plain(match[1]).lower()}:
        return found
    gap = formula[found.end : match.start(2)]
    return replace(found, end=match.end(), gap=gap, last=match[2])


def _is_end_of_range(prefix: re.Match[str], sheets: Sequence[str]) -> bool:
    """Whether what looks like a span of sheets is a range: ``A1:Sheet1!B9``, ``name:Sheet1!B9``."""
    first = prefix[1]
    if prefix[2] is None or first.startswith("'") or prefix[0].startswith("["):
        return False
    known = first.lower() in {sheet.lower() for sheet in sheets}
    return not known and (bool(sheets) or _ONE_CELL.fullmatch(first) is not None)


def _names(prefix: re.Match[str]) -> tuple[str, str]:
    """Return the first and last sheet that a reference names, behind what names a workbook."""
    named = [_plain(term) for term in prefix.groups() if term is not None]
    ends = [end for name in named for end in name.split(":")]
    return prefix[0][: prefix.start(1) - prefix.start()] + ends[0], ends[-1]


def _plain(term: str) -> str:
    return term[1:-1].replace("''", "'") if term.startswith("'") else term


def translated(text: str, origin: str, to: str) -> str:
    """Return a formula as it is when copied from a cell to another.

    >>> translated("A1+$B2:C$3+Data!D4+TAX(1)", "E5", "F7")
    'B3+$B4:D$3+Data!E6+TAX(1)'

    Raises:
        ValueError: It cannot be read, or would lead off the sheet.
    """
    if origin == to:
        return text
    (left, top), (right, bottom) = split_address(origin), split_address(to)
    pieces, done = [], 0
    for found in references(text, elsewhere=True):
        first = _copied(found.first, right - left, bottom - top)
        last = _copied(found.last, right - left, bottom - top)
        pieces += [text[done : found.start], first, found.gap, last]
        done = found.end
    return "".join([*pieces, text[done:]])


def _copied(end: str, columns: int, rows: int) -> str:
    column, dollar, row = split_end(end)
    if column and not column.startswith("$"):
        number = split_address(f"{column}1")[0] + columns
        column = column_letters(_on_sheet(number, LAST_COLUMN, end))
    if row and not dollar:
        row = str(_on_sheet(int(row) + rows, LAST_ROW, end))
    return column + dollar + row


def _on_sheet(number: int, last: int, end: str) -> int:
    if not 1 <= number <= last:
        raise ValueError(f"{end} would lead off the sheet")
    return number


def split_end(end: str) -> tuple[str, str, str]:
    """Return of an end of a reference its column, the ``$`` before its row, and its row.

    >>> split_end("$B$3"), split_end("b3"), split_end("$3"), split_end("$B")
    (('$B', '$', '3'), ('b', '', '3'), ('', '$', '3'), ('$B', '', ''))
    """
    match = _END_PARTS.fullmatch(end)
    assert match
    return match[1], match[2], match[3]


def split_row(end: str) -> tuple[int, bool]:
    """Return the row of an end of a reference, and whether it has a ``$``; 0 if it has no row."""
    _, dollar, row = split_end(end)
    return int(row or 0), bool(dollar)
