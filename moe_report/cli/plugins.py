"""The commands about sections of people's own: begin one, check one."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.cli.options import PATH, example
from moe_report.cli.terminal import echo_notes, quoted, say
from moe_report.errors import LONGEST_CAUSE, first_lines
from moe_report.text import counted, listed

if TYPE_CHECKING:
    from moe_report.schema.sections import Section
    from moe_report.testing import Checked

_WIDTH = 96


@click.group(
    epilog=example("moe-report plugin new moe-report-serving", "moe-report plugin check serving.py")
)
def plugin() -> None:
    """Sections of your own: a distribution to begin with, and what is to be mended in one."""


@plugin.command("new", epilog=example("moe-report plugin new moe-report-serving"))
@click.argument("name")
@click.option(
    "-o", "--output", type=PATH, metavar="FOLDER", help="Where to write; by default a folder NAME."
)
def new(name: str, output: Path | None) -> None:
    """Write the distribution NAME: a section with all that one may have, and its tests.

    The section is called like it, without a leading moe-report-.
    """
    from moe_report.cli.new_plugin import names_for, write_distribution

    try:
        names = names_for(name)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'NAME'") from error
    folder = output or Path(names.distribution)
    for path in write_distribution(names, folder):
        say(f"wrote {path}")
    say(f"next: pip install -e {quoted(folder)}, moe-report plugin check {names.section}")


@plugin.command(
    "check", epilog=example("moe-report plugin check serving.py", "moe-report plugin check serving")
)
@click.argument("section", metavar="NAME|FILE")
@click.option("--excel", "with_excel", is_flag=True, help="Print the formulas of Excel, too.")
def check(section: str, with_excel: bool) -> None:
    """Print a section's formulas, compare their readings, and say what is to be mended.

    NAME is that of an installed section or its distribution, FILE a Python file. The formulas are
    computed for random models by numpy, and by LibreOffice and node where they are installed.
    """
    from moe_report.testing import check_plugin

    checked = check_plugin(section)
    for line in _traced(checked.section, with_excel):
        click.echo(line)
    click.echo()
    echo_notes(checked.notes)
    say(_readings(checked))
    if not checked.problems:
        say("no findings")
        return
    say(f"{counted(len(checked.problems), 'finding')}:")
    for line in first_lines(checked.problems, "and {} more", LONGEST_CAUSE):
        say(f"  {line}", color="yellow")
    raise SystemExit(3)


def _traced(section: Section, with_excel: bool) -> Iterator[str]:
    """Lines on what a section was recorded as."""
    from moe_report.formula.excel import excel, plain

    origin = f"{section.distribution} {section.version}".strip()
    yield f"{section.title}  [{section.name}, {origin}]"
    for metric in section.metrics:
        yield ""
        yield f"{metric.name}  {metric.unit}"
        yield from _wrapped(plain(metric.expr))
        if with_excel:
            yield from _wrapped("=" + excel(metric.expr, str))
    for one in section.checks:
        yield ""
        yield f"check {one.name}  {one.level}"
        yield from _wrapped(re.sub(r"\bvalue ", "", plain(one.rule.when)))


def _wrapped(formula: str) -> list[str]:
    return textwrap.wrap(
        formula, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _readings(checked: Checked) -> str:
    named = listed(list(checked.readings))
    if len(checked.readings) == 1:
        return f"computed on {counted(checked.rows, 'random model')} by {named} alone"
    said = "differ" if checked.differences else "agree"
    return f"compared on {counted(checked.rows, 'random model')}: {named} {said}"
