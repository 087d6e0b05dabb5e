"""What a user is told when something is wrong: one base, few leaves, a sentence each.

A file can hold names of megabytes, and a hundred thousand of them. So a sentence is a line that is
not longer than ``LONGEST_LINE``, a list names the first and counts the others, and of lines
``MOST_LINES`` are told.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import click

MOST_LINES = 20  # of problems, of notes, of findings
LONGEST_LINE = 290  # characters, so that "Error: " or "note: " may stand before them
LONGEST_CAUSE = 600  # what is wrong with somebody's code takes more words
_LONGEST_PLACE, _LONGEST_LIST, _LOOKED_THROUGH = 140, 120, 2000
_LONGEST_NAME, _MOST_COMPARED = 100, 2000  # longer ones, or more, take long to compare
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: object) -> str:
    r"""Return a text, such as a file's name, as a terminal may get it: on one line, and inert.

    >>> printable("a\x1b[2J\nb.xlsx")
    'a\\x1b[2J\\nb.xlsx'
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def shortened(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text as a terminal may get it, and if it is long without its middle.

    >>> shortened("0123456789"), shortened("0123456789" * 3, 11)
    ('0123456789', '01234…56789')
    """
    if len(text) > 3 * most:  # what is dropped is not looked through
        text = text[: 2 * most] + text[-most:]
    text = printable(text)
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def placed(where: str, message: str) -> str:
    """Return a line that says where something is, and what; a long place takes not all of it."""
    where = f"{shortened(where, _LONGEST_PLACE)}: " if where else ""
    return where + shortened(message, LONGEST_LINE - len(where))


def first_of(
    items: Sequence[str], most: int = MOST_LINES, between: str = ", ", *, room: int = _LONGEST_LIST
) -> str:
    """Return the first items of a list, each shortened, and how many more there are.

    There are at most ``most``, and as many as have room.

    >>> first_of(["a", "b", "c"], 3), first_of(["a", "b", "c"], 1), first_of(["a" * 90] * 4)[90:]
    ('a, b, c', 'a and 2 more', ' and 3 more')
    """
    named: list[str] = []
    for item in islice(items, most):
        text = shortened(item, _LONGEST_NAME)
        room -= len(between) + len(text)
        if named and room < 0:
            break
        named.append(text)
    more = len(items) - len(named)
    return between.join(named) + (f" and {more:,} more" if more else "")


def first_lines(lines: Sequence[str], more: str, longest: int = LONGEST_LINE) -> list[str]:
    """Return what is told of many lines: the first, and how many more there are.

    Args:
        lines: Each says one thing.
        more: What is said of the others, with ``{}`` for their number.
        longest: Characters of a line.
    """
    told = [shortened(line, longest) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        told.append(more.format(f"{len(lines) - MOST_LINES:,}"))
    return told


class MoeReportError(click.ClickException):
    """Base of every error that is the user's to mend; prints as lines, never a traceback."""

    longest = LONGEST_LINE

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(shortened(line, self.longest) for line in lines))


class InputError(MoeReportError):
    """The input was refused. Holds every problem found, and tells the first ones.

    Args:
        problems: What was found.
        way_out: How the user gets to know all of them, where they are many.
    """

    def __init__(self, problems: Iterable[Problem | str], way_out: str = "") -> None:
        self.problems = tuple(
            Problem("", problem) if isinstance(problem, str) else problem for problem in problems
        )
        groups = _together(self.problems)
        lines = [_line_of(*group) for group in groups[:MOST_LINES]]
        if others := len(groups) - len(lines):
            lines.append(f"and {others:,} more problems{way_out}")
        super().__init__(*lines)


class PluginError(MoeReportError):
    """A metric plugin cannot be used: it is named with its distribution, module and cause."""

    longest = LONGEST_CAUSE


class TemplateError(MoeReportError):
    """A template of the user cannot be used: it is named with file and line."""


class NoCountsError(InputError):
    """A table is none of counts of tokens."""


class OutputError(MoeReportError):
    """An output could not be written; nothing half-written is left behind."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, and where.

    Attributes:
        where: The place as a reader would look for it, e.g. ``models.xlsx, sheet Models, cell C7``.
        message: What was found and what was expected.
        sheet: Name of the sheet, when the place is a cell.
        cell: Address of the cell, e.g. ``C7``, when the place is a cell.
        cause: What is wrong without the value that was found, where cells of a column may have it
            in common: they are then told in one line.
    """

    where: str
    message: str
    sheet: str | None = field(default=None, kw_only=True)
    cell: str | None = field(default=None, kw_only=True)
    cause: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        return placed(self.where, self.message)


def _together(problems: Iterable[Problem]) -> list[list[Problem]]:
    """The problems, those together that cells of a column have in common."""
    together: dict[object, list[Problem]] = {}
    for problem in problems:
        column = (problem.cell or "").rstrip("0123456789")
        one = (problem.where, problem.message)
        key = (problem.sheet, column, problem.cause) if problem.cause else one
        together.setdefault(key, []).append(problem)
    return list(together.values())


def _line_of(first: Problem, *others: Problem) -> str:
    if not others or not first.cause:
        return str(first)
    cells = f"cells {first.cell} to {others[-1].cell} ({len(others) + 1} cells)"
    return f"{first.where.removesuffix(f'cell {first.cell}')}{cells}: {first.message}"


@dataclass(frozen=True)
class Notice:
    """What an input's user should know although the input is used.

    Attributes:
        kind: What has happened, as a slug such as ``no-number``; whoever decides by it asks this.
        where: The place as a reader would look for it; may be empty.
        text: What has happened, as a sentence.
    """

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return placed(self.where, self.text)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or what kind of error it is.

    >>> first_line(ValueError("a, or else: b")), first_line(KeyError())
    ('a, or else: b', 'KeyError')
    """
    return _line(error) or type(error).__name__


def cause(error: BaseException) -> str:
    """Return what kind of error it is, and the first line of its message.

    >>> cause(ValueError("a, or else: b")), cause(KeyError())
    ('ValueError: a, or else: b', 'KeyError')
    """
    return ": ".join(filter(None, (type(error).__name__, _line(error))))


def _line(error: BaseException) -> str:
    said = str(error)[:_LOOKED_THROUGH]
    return shortened(next(filter(str.strip, said.splitlines()), ""))


def nearest(name: str, known: Iterable[str], called: Mapping[str, str] | None = None) -> str:
    """Return `` Did you mean 'x'?`` for the known name nearest to ``name``, or an empty string.

    Args:
        name: What was found.
        known: What could be meant.
        called: What to say for a known name, where it isn't the name itself.
    """
    if len(name) > _LONGEST_NAME:
        return ""
    by_folded = {candidate.casefold(): candidate for candidate in islice(known, _MOST_COMPARED)}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    if not close:
        return ""
    found = by_folded[close[0]]
    return f" Did you mean {(called or {}).get(found, found)!r}?"
