"""What a command prints: what was read, the headline numbers, findings, paths, how long."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.errors import (
    LONGEST_CAUSE,
    LONGEST_LINE,
    MOST_LINES,
    Problem,
    first_lines,
    printable,
    shortened,
)
from moe_report.text import counted

if TYPE_CHECKING:
    from moe_report.api.write_reports import Written
    from moe_report.reports import Report
    from moe_report.schema.sections import Failure
    from moe_report.table import ModelTable

_NAME_WIDTH = 34
_ABOUT_WIDTH = 80
_SHOWN_MODELS, _SHOWN_COLUMNS = 24, 4
_LONG_WORK = 300  # models from which on progress is told


def say(line: str, *, color: str | None = None, err: bool = False) -> None:
    """Print a line, whatever the names of files in it are made of."""
    click.echo(click.style(printable(line), fg=color) if color else printable(line), err=err)


class Progress:
    """Tells on stderr what goes on, if it is a terminal and the work is long."""

    def __init__(self, models: int, quiet: bool) -> None:
        self.quiet = quiet
        self.told = not quiet and models >= _LONG_WORK and sys.stderr.isatty()

    def __call__(self, what: str) -> None:
        """Say what goes on now."""
        if self.told:
            click.echo(f"\r\x1b[K{what} ...", nl=False, err=True)

    def done(self) -> None:
        """Clear the line."""
        if self.told:
            click.echo("\r\x1b[K", nl=False, err=True)


def what_was_read(table: ModelTable, report: Report) -> str:
    """Return a line on a table's source and size, and on the scenario if one is chosen."""
    from moe_report.table import BASE

    sheet = f", sheet {table.source.sheet}" if table.source.sheet else ""
    scenario = "" if report.scenario == BASE else f", scenario {report.scenario}"
    named = shortened(f"{table.source.name}{sheet}")
    return f"{named}: {counted(len(table.rows), 'model')}{scenario}"


def tell(report: Report, table: ModelTable, paths: Sequence[Path] | None, started: float) -> None:
    """Print everything about a finished run; with ``paths`` None only what failed."""
    if paths is None:
        echo_failures(report.failures)
        return
    say(what_was_read(table, report))
    click.echo()
    click.echo(headline_table(report, _SHOWN_MODELS))
    click.echo()
    echo_findings(report)
    click.echo()
    for path in paths:
        say(f"wrote {path}")
    click.echo(f"{time.perf_counter() - started:.1f} s")


def headline_table(report: Report, most: int) -> str:
    """Return the headline numbers of up to ``most`` models as aligned text.

    The first columns are always there, the others where the terminal is wide enough.
    """
    from moe_report.display import scale, show

    columns = report.headline or report.metrics[:_SHOWN_COLUMNS]
    rows = [["model", *(column.label.lower() for column in columns)]]
    scales = [scale(column.unit, column.format, column.cells.numbers) for column in columns]
    for at, model in enumerate(report.models[:most]):
        name = model.name
        if len(name) > _NAME_WIDTH:
            name = name[: _NAME_WIDTH - 1].rstrip() + "…"
        numbers = [
            show(column.cells[at].value, column.unit, column.format, unit)
            for column, unit in zip(columns, scales, strict=True)
        ]
        rows.append([name, *numbers])
    room = width() or 0
    lines = aligned(rows, str.rjust)
    while max(map(len, lines)) > room and len(rows[0]) > 1 + _SHOWN_COLUMNS:
        rows = [row[:-1] for row in rows]
        lines = aligned(rows, str.rjust)
    if len(report.models) > most:
        lines.append(f"and {len(report.models) - most} more in the report")
    return "\n".join(lines)


def width() -> int | None:
    """Return how many characters of a line are seen; None where no terminal shows them."""
    is_seen = sys.stdout is not None and sys.stdout.isatty()  # None: it is closed
    return shutil.get_terminal_size().columns if is_seen else None


def aligned(
    rows: Sequence[Sequence[str]], justify: Callable[[str, int], str] = str.ljust
) -> list[str]:
    """Return rows as lines with aligned columns; ``justify`` is for all columns but the first."""
    rows = [[printable(text) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([first.ljust(widths[0]), *map(justify, others, widths[1:])]).rstrip()
        for first, *others in rows
    ]


def echo_failures(failures: Sequence[Failure]) -> None:
    """Print the sections that failed."""
    lines = [*map(str, failures)]
    for line in first_lines(lines, "and {} more sections", LONGEST_CAUSE):
        say(line, color="red", err=True)


def echo_notes(notes: Sequence[object], *, err: bool = False) -> None:
    """Print what the user should know."""
    for line in first_lines([f"note: {note}" for note in notes], "and {} more notes"):
        say(line, color="yellow", err=err)


def echo_unread(problems: Sequence[Problem]) -> None:
    """Print what is wrong with inputs without which the rest was done."""
    for line in first_lines([f"not read: {one}" for one in problems], "and {} more problems"):
        say(line, color="red", err=True)


def echo_written(written: Written, quiet: bool) -> None:
    """Print what is to be known of files that were written."""
    echo_notes(written.notes, err=True)
    for hint in () if quiet else written.still_open:
        say(hint, err=True)


def echo_findings(report: Report) -> None:
    """Print warnings, failed sections and findings."""
    echo_notes(report.warnings)
    echo_failures(report.failures)
    count = len(report.findings)
    click.echo(f"{counted(count, 'finding')}:" if count else "no findings")
    colors = {"impossible": "red", "differs": "yellow", "unclear": "magenta", "suspicious": "cyan"}
    for finding in report.findings[:MOST_LINES]:
        level = click.style(finding.level, fg=colors[finding.level])
        place = f" ({finding.place})" if finding.place else ""
        about = shortened(", ".join(filter(None, (finding.model, finding.column))), _ABOUT_WIDTH)
        said = shortened(f"{about}{place}: {finding.message}", LONGEST_LINE)
        click.echo(f"  {level} {said}")
    if count > MOST_LINES:
        click.echo(f"  and {count - MOST_LINES:,} more, which a report lists")


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return f'"{path}"' if " " in str(path) else str(path)
