"""What a command prints: what was read, the headline numbers, findings, paths, how long."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from moe_report.report import Report
    from moe_report.table import ModelTable

_SHOWN_MODELS = 24
_SHOWN_FINDINGS = 24
_LONG_WORK = 300  # models from which on progress is told


class Progress:
    """Tells on stderr what goes on, if it is a terminal and the work is long."""

    def __init__(self, models: int, quiet: bool) -> None:
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

    count = len(table.rows)
    sheet = f", sheet {table.source.sheet}" if table.source.sheet else ""
    scenario = "" if report.scenario == BASE else f", scenario {report.scenario}"
    return f"{table.source.name}{sheet}: {count} model{'s' * (count != 1)}{scenario}"


def tell(report: Report, table: ModelTable, paths: Sequence[Path] | None, started: float) -> None:
    """Print everything about a finished run; with ``paths`` None only what failed."""
    if paths is None:
        for failure in report.failures:
            click.echo(str(failure), err=True)
        return
    click.echo(what_was_read(table, report))
    click.echo()
    from moe_report.cli.listing import headline_table

    click.echo(headline_table(report, _SHOWN_MODELS))
    click.echo()
    echo_findings(report)
    click.echo()
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"{time.perf_counter() - started:.1f} s")


def echo_findings(report: Report) -> None:
    """Print warnings, failed sections and findings."""
    for warning in report.warnings:
        click.secho(f"note: {warning}", fg="yellow")
    for failure in report.failures:
        click.secho(str(failure), fg="red", err=True)
    count = len(report.findings)
    click.echo(f"{count or 'no'} finding{'s' * (count != 1)}{':' * bool(count)}")
    colors = {"impossible": "red", "differs": "yellow", "suspicious": "cyan"}
    for finding in report.findings[:_SHOWN_FINDINGS]:
        level = click.style(finding.level, fg=colors[finding.level])
        place = f" ({finding.place})" if finding.place else ""
        click.echo(f"  {level} {finding.model}, {finding.column}{place}: {finding.message}")
    if count > _SHOWN_FINDINGS:
        click.echo(f"  and {count - _SHOWN_FINDINGS} more in the report")


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return f'"{path}"' if " " in str(path) else str(path)
