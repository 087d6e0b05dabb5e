"""Texts as messages quote them, and what no text of a report may hold."""

from __future__ import annotations

import datetime
import re
import unicodedata

from moe_report.errors import printable, shortened

# What no text of a report may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
A_TEXT = "a text without control characters"
_SHOWN_TEXT, _SHOWN_BITS = 60, 1000
_TIMES = {datetime.date: "date", datetime.time: "time", datetime.timedelta: "duration"}

_ISOLATES = re.compile("[\u2066-\u2069]")
_TURNS = {"R", "AL", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def isolated(name: str) -> str:
    r"""Return a name as a sentence holds it: one that turns its letters turns nothing else.

    >>> isolated("Mixtral"), isolated("a\u202eb")
    ('Mixtral', '\u2068a\u202eb\u2069')
    """
    if _TURNS.isdisjoint(map(unicodedata.bidirectional, name)):
        return name
    return f"\u2068{_ISOLATES.sub('', name)}\u2069"  # one within could end ours


def written(value: object) -> str:
    """Return what a cell holds as a text: a moment at midnight as the date that it mostly is.

    >>> written(datetime.datetime(2024, 5, 1)), written(datetime.datetime(2024, 5, 1, 8, 30))
    ('2024-05-01', '2024-05-01 08:30:00')
    """
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    return str(value)


def shown(value: object) -> str:
    """Return a value as an error quotes it."""
    for kind, noun in _TIMES.items():
        if isinstance(value, kind):
            return f"the {noun} {written(value)}"
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"a number of more than {_SHOWN_BITS} bits"  # Python spells none of 4,300 digits
    if isinstance(value, str) and len(value) > _SHOWN_TEXT:
        value = value[: _SHOWN_TEXT - 1] + "…"
    return shortened(repr(value))


def shown_name(name: str) -> str:
    r"""Return a file's name, which need not be valid UTF-8, as a report may hold it.

    >>> shown_name("a\x1bb\udcff.xlsx")
    'a\\x1bb?.xlsx'
    """
    return printable(name.encode("utf-8", "replace").decode())


def is_text(value: object) -> bool:
    """Whether something is a text that a report may hold."""
    return isinstance(value, str) and not CONTROL.search(value)


def is_number(text: str) -> bool:
    """Whether a text reads as a number."""
    try:
        float(text.replace(",", "").replace(" ", ""))
    except ValueError:
        return False
    return True


def one_of(names: tuple[str, ...]) -> str:
    """Return names as a sentence lists them.

    >>> one_of(("base", "long context", "fp8"))
    "'base', 'long context' or 'fp8'"
    """
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}" if most else last


MOST_LISTED = 6
LISTED, MORE = "{names} and {last}", "{count} more"


def listed(names: list[str]) -> str:
    """Return names as a sentence lists them, of many the first ones.

    >>> listed(["a", "b"]), listed(list("abcdefgh"))
    ('a and b', 'a, b, c, d, e, f and 2 more')
    """
    if len(names) > MOST_LISTED:
        names = [*names[:MOST_LISTED], MORE.format(count=len(names) - MOST_LISTED)]
    *first, last = names
    return LISTED.format(names=", ".join(first), last=last) if first else last


def counted(count: int, noun: str) -> str:
    """Return how many there are, e.g. ``1 model``, ``2 models``."""
    return f"{count} {noun}{'s' * (count != 1)}"
