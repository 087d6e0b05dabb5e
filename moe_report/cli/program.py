"""How the program ends when the system or the user stops it: a line, and never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click
from click.exceptions import Exit

from moe_report.cli import bugs
from moe_report.errors import OutputError

INTERRUPTED = 130
# What the system says of standard output, or of a current folder that is gone, without a name.
_OF_OUTPUT = {errno.EBADF, errno.EIO, errno.EFBIG, errno.ENOSPC, errno.EDQUOT, errno.ENOENT}
_PIPE_CLOSED = 141  # as a shell says of a program that the closed pipe has ended


class Program(click.Group):
    """A group of commands that ends in order, whatever the system does."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line; ``--help`` prints here."""
        with bugs.told(), _told():
            return super().make_context(*args, **extra)

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        with bugs.told(context), _told():
            return super().invoke(context)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, EOFError, click.Abort) as error:
        click.echo("Aborted!", err=True)
        raise Exit(INTERRUPTED) from error
    except BrokenPipeError as error:
        _let_go(sys.stdout)
        _let_go(sys.stderr)
        raise Exit(_PIPE_CLOSED) from error
    except OSError as error:
        if error.filename is None and error.errno not in _OF_OUTPUT:
            raise
        raise OutputError(f"{_place(error)} ({error.strerror or error})") from error


def _place(error: OSError) -> str:
    """What the system has refused."""
    if error.filename is not None:
        return f"{error.filename}: cannot be used"
    if error.errno == errno.ENOENT:
        return f"the {'current' if _is_gone(Path()) else 'temporary'} folder: cannot be found"
    _let_go(sys.stdout)
    return "standard output: cannot be written to"


def _is_gone(folder: Path) -> bool:
    try:
        return not folder.resolve(strict=True).is_dir()
    except OSError:
        return True


def _let_go(stream: IO[str]) -> None:
    """Lead a stream to nowhere, so that Python does not stumble over it once more at its end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
