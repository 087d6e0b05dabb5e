"""How wide a text is, and how many lines it takes, in whatever font a program shows it.

The width of a column is counted in digits of the workbook's font, Calibri. A program that lacks it
takes another, for the letters and for the digits that columns are measured by. A letter counts here
as it does in the widest of Carlito (which is as wide as Calibri), Liberation Sans (as Arial) and
DejaVu Sans, each measured in its own digits.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from math import ceil

from moe_report.renderers.excel.palette import Look

_LETTERS = {
    0.5: " ',.Iijl·", 0.6: "()-:;[]f", 0.7: "!rt²", 0.8: '"/\\`', 0.9: "Jcksz|",
    1.0: "$*0123456789?L_aegvxy{}–√", 1.1: "FTZbdhnopqu", 1.2: "ABEKPSVXY", 1.3: "#+<=>CDHNRU^~−×≈",
    1.4: "&GOQw", 1.6: "%m", 1.7: "M", 1.8: "W↑↓←→…", 1.9: "@",
}  # fmt: skip
_DIGITS = {letter: width for width, letters in _LETTERS.items() for letter in letters}
_IDEOGRAPH, _OTHER = 2.1, 1.4
_MONO = 1.19  # Courier New beside Calibri; beside the wider fonts its letters are narrower
_BOLD = 1.1
_BASE = 11  # points, of the workbook's font
_ROUNDING = 0.5  # points that small type may gain on a screen, where letters are whole pixels
_REMEMBERED = 1 << 15  # texts: a workbook says the same ones again and again
_PIECE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af]+")
_PARTS = re.compile(r"(?<=[/-])")  # a line may end behind these, too


def text_width(text: str, look: Look) -> float:
    """Return the width of a text on one line, in characters of a column's width.

    >>> round(text_width("46.70 B", Look())), round(text_width("混合专家", Look(size=11)))
    (6, 9)
    """
    return _sized(_digits_of(text, look.mono), look)


def longest_word(text: str, look: Look) -> float:
    """Return the width of the longest part of a text that no line may end in."""
    return _sized(_digits_of_longest(text, look.mono), look)


def text_lines(text: str, room: float, look: Look) -> int:
    r"""Return how many lines a text takes at most in a cell that is so wide.

    >>> text_lines("one two three", 8, Look()), text_lines("a\nb", 8, Look())
    (2, 2)
    """
    return sum(_lines(paragraph, max(room, 1), look) for paragraph in text.split("\n"))


def _lines(paragraph: str, room: float, look: Look) -> int:
    space = text_width(" ", look)
    count, used = 1, 0.0
    for piece in _pieces(paragraph):
        width = text_width(piece, look)
        if used and used + width > room:
            count, used = count + 1, 0.0
        over = max(ceil(width / room) - 1, 0)
        count += over
        used += width - over * room + space * (len(piece) > 1)
    return count


def _sized(digits: float, look: Look) -> float:
    weight = _BOLD if look.bold and not look.mono else 1
    return digits * weight * (look.size + _ROUNDING) / _BASE


@lru_cache(_REMEMBERED)
def _digits_of(text: str, mono: bool) -> float:
    return sum(map(_mono if mono else _digits, text))


@lru_cache(_REMEMBERED)
def _digits_of_longest(text: str, mono: bool) -> float:
    parts = (part for piece in _pieces(text) for part in _PARTS.split(piece))
    return max((_digits_of(part, mono) for part in parts), default=0)


@lru_cache(_REMEMBERED)
def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_PIECE.findall(text))


def _mono(letter: str) -> float:
    return _IDEOGRAPH if _digits(letter) == _IDEOGRAPH else _MONO


@cache
def _digits(letter: str) -> float:
    if letter in _DIGITS:
        return _DIGITS[letter]
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return _IDEOGRAPH
    return _DIGITS.get(unicodedata.normalize("NFD", letter)[0], _OTHER)
