"""Our own mistakes: what no command foresaw is told in a few lines, with what to send in.

Everything that is the user's to mend is a :class:`~moe_report.errors.MoeReportError`.
"""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import moe_report
from moe_report.errors import MoeReportError, cause, shortened

EXIT = 70  # EX_SOFTWARE of sysexits.h
_LONGEST_TYPED = 220  # click says in front of it which option it is of
_OURS = Path(moe_report.__file__).parent
# How click ends a command; they are exceptions of the ordinary kind.
_ENDS = (MoeReportError, click.exceptions.Exit, click.Abort)


@contextmanager
def told(context: click.Context | None = None) -> Iterator[None]:
    """Let what nobody foresaw end in a report of the bug.

    Args:
        context: Of the program, whose option ``debug`` shows the traceback.

    Raises:
        MoeReportError: The memory is used up.
    """
    try:
        yield
    except _ENDS:
        raise
    except click.ClickException as error:  # of what was typed
        lines = error.message.splitlines()
        short = "\n".join(shortened(line, _LONGEST_TYPED) for line in lines)
        error.message = short  # type: ignore[misc]  # click knows no other way
        raise
    except Exception as error:
        if context and context.params.get("debug"):
            traceback.print_exc()
        if isinstance(error, MemoryError):
            raise MoeReportError("there is not enough memory for this input") from error
        for line in _report(error):
            click.echo(line, err=True)
        raise click.exceptions.Exit(EXIT) from error


def _report(error: Exception) -> Iterator[str]:
    """What happened, where, and what to do about it."""
    yield shortened(f"Error: this is a bug of moe-report: {cause(error)}")
    versions = f"Python {platform.python_version()}, {platform.platform()}"
    yield shortened(f"  version  moe-report {moe_report.__version__}, {versions}")
    yield shortened(f"  command  {shlex.join(['moe-report', *sys.argv[1:]])}")
    yield f"  place    {_place(error)}"
    yield "Please send these lines to the maintainers, and the input if you may;"
    yield "`moe-report --debug` in front of the command shows the traceback."


def _place(error: Exception) -> str:
    """The last line of our own code that was running."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_OURS) and Path(frame.filename) != Path(__file__)
    ]
    if not frames:
        return "outside of moe-report"
    file = Path(frames[-1].filename).relative_to(_OURS.parent).as_posix()
    return f"{file}, line {frames[-1].lineno}, in {frames[-1].name}"
