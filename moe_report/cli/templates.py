"""The commands about templates of people's own: fill one, begin one, check one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.api.places import refuse_folder, refuse_same, reload_hint, same_file
from moe_report.api.prepare import registries
from moe_report.cli import options
from moe_report.cli.options import PATH, InputOptions, SectionOptions, example
from moe_report.cli.prepare import leave, report_of, tell_notes, write_new
from moe_report.cli.terminal import echo_notes, say
from moe_report.errors import InputError, OutputError, Problem

if TYPE_CHECKING:
    from moe_report.reports import Report


@click.command(epilog=example("moe-report fill quarterly.xlsx models.xlsx -o out/q3.xlsx"))
@click.argument("template", type=PATH)
@options.inputs
@options.sections
@options.output(None, "FILE")
@options.calc
@options.force_changed
@options.quiet
def fill(
    template: Path,
    inputs: InputOptions,
    sections: SectionOptions,
    output: Path,
    calc: str,
    force: bool,
    quiet: bool,
) -> None:
    """Fill a workbook of your own, TEMPLATE, with the numbers of the models in INPUT.

    Cells such as {{ models["Mixtral-8x7B"].num_experts }} get their value, a row of an Excel Table
    with {{ m.name }} is there for each model; all else of the workbook stays as it is.
    """
    from moe_report.api.outputs import Outputs, Ways
    from moe_report.fill.fill import fill as fill_template
    from moe_report.load.workbook import read_bytes
    from moe_report.output import standing

    check_names(template, output, inputs.paths)
    found = standing([output])
    data = read_bytes(template)
    _, report = report_of(inputs, sections)
    suffix = output.suffix.lower()
    filled = fill_template(data, report, where=template.name, suffix=suffix, calc=calc)
    ways = Ways("or give -o another name")
    tell_notes(Outputs({output: filled.data}, ways, force, found=found).write())
    if not quiet:
        say(f"wrote {output}")
        echo_notes((*filled.notes, *filter(None, [reload_hint(output)])))
    leave(report, inputs.strict, done=not filled.is_empty)


@click.group(epilog=example("moe-report template new quarterly.xlsx"))
def template() -> None:
    """Workbooks of your own that moe-report fills: a starting one, and what one asks for."""


@template.command("new", epilog=example("moe-report template new quarterly.xlsx"))
@click.argument("workbook", type=PATH)
@options.force
def new(workbook: Path, force: bool) -> None:
    """Write a template to begin with, in which every convention is shown once."""
    from moe_report.fill.new_template import build_template
    from moe_report.schema import registry

    def build() -> bytes:
        return build_template(registry.load())

    then = "moe-report fill {} models.xlsx -o filled.xlsx"
    write_new(workbook, build, force, then)


@template.command("check", epilog=example("moe-report template check quarterly.xlsx"))
@click.argument("workbook", metavar="TEMPLATE", type=PATH)
@options.sections
def check(workbook: Path, sections: SectionOptions) -> None:
    """Say what of TEMPLATE would be filled in, and what it doesn't know, cell by cell."""
    from moe_report.fill.check import check_template
    from moe_report.load.workbook import read_bytes

    refuse_ending_of(workbook)
    data = read_bytes(workbook)
    _, registry = registries(sections)
    checked = check_template(data, registry, where=workbook.name)
    click.echo(checked.said)
    echo_notes(checked.notes)
    if checked.problems:
        raise SystemExit(1)
    if checked.is_empty:
        raise SystemExit(3)


# -- shared with `moe-report run --template` -------------------------------------------------------


def refuse_ending_of(template: Path) -> None:
    """Refuse a file that by its name is no workbook of Excel.

    Raises:
        InputError: It ends otherwise.
    """
    from moe_report.ooxml.file_types import BECOMES

    if template.suffix.lower() not in BECOMES:
        endings = ", ".join(BECOMES)
        message = f"found a name that ends in {template.suffix!r}, expected one of {endings}"
        raise InputError([Problem(str(template), message)])


def check_names(template: Path, output: Path, sources: list[Path]) -> None:
    """Refuse an output that is an input, or that is another kind of file than the template.

    Raises:
        InputError: The template is no workbook by its name.
        OutputError: The output would overwrite an input.
        BadParameter: The output's name does not end as it has to.
    """
    from moe_report.ooxml.file_types import refuse_ending

    refuse_ending_of(template)
    refuse_folder(output, template.name)
    if why := refuse_ending(template.name, output.name):
        raise click.BadParameter(why, param_hint="'--output'")
    if same_file(output, template):
        raise OutputError(f"{output}: this is the template; choose another place to write to")
    refuse_same(output, sources)


def filled_beside(
    report: Report, template: Path, stem: Path, calc: str, quiet: bool
) -> tuple[dict[Path, bytes], bool]:
    """Return a filled template under the name that it has beside the reports of a stem.

    With it, whether it asked for anything.
    """
    from moe_report.fill.fill import fill as fill_template
    from moe_report.load.workbook import read_bytes
    from moe_report.ooxml.file_types import BECOMES

    refuse_ending_of(template)
    suffix = BECOMES[template.suffix.lower()][0]
    data = read_bytes(template)
    filled = fill_template(data, report, where=template.name, suffix=suffix, calc=calc)
    if not quiet:
        echo_notes(filled.notes, err=True)
    name = f"{stem.name}.{template.stem}{suffix}"
    return {stem.with_name(name): filled.data}, not filled.is_empty
