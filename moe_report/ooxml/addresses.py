"""Addresses of cells: letters and numbers, areas, and the bounds of a sheet."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?0*([0-9]{1,7})")


def split_address(address: str) -> tuple[int, int]:
    """Return column and row of an address, counted from 1.

    >>> split_address("XFD1048576")
    (16384, 1048576)
    """
    match = _CELL.fullmatch(address)
    if not match:
        raise ValueError(f"{address!r} is no cell address")
    return column_number(match[1]), int(match[2])


@cache
def column_number(letters: str) -> int:
    """Return the number of a column, counted from 1, as an address writes it.

    >>> column_number("A"), column_number("$ab"), column_number("XFD")
    (1, 28, 16384)
    """
    column = 0
    for letter in letters.strip("$").upper():
        column = column * 26 + ord(letter) - 64
    return column


@cache
def column_letters(column: int) -> str:
    """Return the letters of a column counted from 1.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
Area = tuple[int, int, int, int]


def area_of(text: str) -> Area:
    """Return the corners of an area: first column and row, last column and row.

    >>> area_of("B3:D9"), area_of("C2")
    ((2, 3, 4, 9), (3, 2, 3, 2))
    >>> area_of("A:C"), area_of("$2:$3")
    ((1, 1, 3, 1048576), (1, 2, 16384, 3))
    """
    first, _, last = text.replace("$", "").partition(":")
    if first.isalpha() and last.isalpha():
        first, last = f"{first}1", f"{last}{LAST_ROW}"
    elif first.isdecimal() and last.isdecimal():
        first, last = f"A{first}", f"{column_letters(LAST_COLUMN)}{last}"
    return (*split_address(first), *split_address(last or first))


def areas_of(listed: str) -> list[Area]:
    """Return the areas that a rule lies over; a reference whose cells are gone leads to none.

    >>> areas_of("B3:D9 #REF! C2"), areas_of("")
    ([(2, 3, 4, 9), (3, 2, 3, 2)], [])
    """
    found = []
    for ref in listed.split():
        with suppress(ValueError):
            found.append(area_of(ref))
    return found
