"""What a user is told when something is wrong: one base, few leaves, a sentence each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import click

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: object) -> str:
    r"""Return a text, such as a file's name, as a terminal may get it: on one line, and inert.

    >>> printable("a\x1b[2J\nb.xlsx")
    'a\\x1b[2J\\nb.xlsx'
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


class MoeReportError(click.ClickException):
    """Base of every error that is the user's to mend; prints as lines, never a traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


class InputError(MoeReportError):
    """The input was refused. Holds every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*_lines(self.problems))


class PluginError(MoeReportError):
    """A metric plugin cannot be used: it is named with its distribution, module and cause."""


class TemplateError(MoeReportError):
    """A template of the user cannot be used: it is named with file and line."""


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
        return f"{self.where}: {self.message}" if self.where else self.message


def _lines(problems: Iterable[Problem]) -> Iterator[str]:
    """A line for each problem, and one for all that cells of a column have in common."""
    together: dict[object, list[Problem]] = {}
    for problem in problems:
        if not isinstance(problem, Problem) or not problem.cause:
            together.setdefault(problem, []).append(problem)
            continue
        column = (problem.cell or "").rstrip("0123456789")
        key = (problem.sheet, column, problem.cause)
        together.setdefault(key, []).append(problem)
    for first, *others in together.values():
        if others:
            cells = f"cells {first.cell} to {others[-1].cell} ({len(others) + 1} cells)"
            yield f"{first.where.removesuffix(f'cell {first.cell}')}{cells}: {first.message}"
        else:
            yield str(first)


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
        return f"{self.where}: {self.text}" if self.where else self.text


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
    return next(filter(str.strip, str(error).splitlines()), "")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known name nearest to ``name``, or an empty string."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {by_folded[close[0]]!r}?" if close else ""
