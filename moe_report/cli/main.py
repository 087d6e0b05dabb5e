"""The command line: parse, call, print. The work is imported inside the commands."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import click

import moe_report
from moe_report.api.asked import FORMATS
from moe_report.api.outputs import Ways
from moe_report.api.places import refuse_file
from moe_report.api.prepare import branding_for, check_templates, registries
from moe_report.cli import balance, fit, options, page, plugins, prepare, sweep, templates
from moe_report.cli.options import PATH, InputOptions, LookOptions, SectionOptions, example
from moe_report.cli.program import Program
from moe_report.cli.terminal import (
    Progress,
    echo_failures,
    echo_findings,
    echo_written,
    say,
    tell,
    what_was_read,
)
from moe_report.errors import InputError

_IN_FOLDER = Ways("or choose another folder with -o", renew="--update with this path renews it")

EXIT_CODES = """\b
Exit codes:
  0  done
  1  the input was refused
  2  wrong usage
  3  done, but with findings under --strict or of plugin check, a failed section or an empty
     template
  4  fit: a model does not fit
  70  a bug of moe-report
  130  interrupted; 141  nobody reads the output any more
"""


@click.group(
    cls=Program, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(moe_report.__version__, prog_name="moe-report")
@click.option("--debug", is_flag=True, help="Show the traceback of a bug of moe-report.")
@click.pass_context
def main(context: click.Context, debug: bool) -> None:
    """Exact, live spreadsheets and reports of what Mixture-of-Experts models cost."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console may lack the letters of a model's name
    if os.environ.get("NO_COLOR"):
        context.color = False


@main.command(epilog=example("moe-report init models.xlsx"))
@click.argument("workbook", type=PATH)
@click.option("--empty", is_flag=True, help="Without the example models.")
@click.option("--sweep", is_flag=True, help="The plan of a sweep: one model, and a sheet Sweep.")
@options.force
def init(workbook: Path, empty: bool, sweep: bool, force: bool) -> None:
    """Write a workbook to fill in, with example models."""
    from moe_report.edit.new_sweep import build_sweep
    from moe_report.edit.new_workbook import build_starter
    from moe_report.schema import registry

    if sweep and empty:
        raise click.UsageError("--sweep and --empty exclude each other.")

    def build() -> bytes:
        known = registry.load()
        return build_sweep(known) if sweep else build_starter(known, examples=not empty)

    then = "moe-report sweep {} -o sweep/" if sweep else "moe-report run {} -o report/"
    prepare.write_new(workbook, build, force, then=then)


@main.command(
    epilog=example(
        "moe-report run models.xlsx -o report/",
        "moe-report run models.xlsx other/config.json hf:Qwen/Qwen3-30B-A3B",
        "moe-report run models.xlsx --set context_length=32768 --format html",
        "moe-report run --update report/models.report.xlsx",
    )
)
@options.inputs
@options.sections
@options.output("report", "FOLDER")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=FORMATS,
    show_default=True,
    metavar="NAME",
    help="What to write (repeatable); csv, jsonl, md and parquet as well.",
)
@click.option("--template", type=PATH, metavar="FILE", help="Fill this workbook of your own, too.")
@options.calc
@click.option(
    "--update",
    type=PATH,
    metavar="REPORT.xlsx",
    is_eager=True,
    help="Write this report again: inputs, remarks and your sheets kept, metrics refreshed. "
    "Without INPUT its own models; over itself but for -o.",
)
@click.option("--dry-run", is_flag=True, help="Say what --update would do, and write nothing.")
@click.option(
    "--sort",
    metavar="METRIC",
    default="",
    help="The page's models by this number, the largest first, unless less is better. Of more than "
    "500 it has the first; all are elsewhere.",
)
@options.force_changed
@options.look
@options.quiet
@click.pass_context
def run(
    context: click.Context,
    /,
    inputs: InputOptions,
    sections: SectionOptions,
    look: LookOptions,
    output: Path,
    formats: tuple[str, ...],
    template: Path | None,
    calc: str,
    update: Path | None,
    dry_run: bool,
    sort: str,
    force: bool,
    quiet: bool,
) -> None:
    """Compute every metric of the models in INPUT and write the reports.

    An INPUT is a workbook, a model's config.json, a checkpoint folder, a .gguf file, or
    hf:owner/name; several are put together.
    """
    started = time.perf_counter()
    from moe_report.api.write_reports import write_reports
    from moe_report.load.inputs import stem_of
    from moe_report.renderers import renderers

    if dry_run and update is None:
        raise click.UsageError("--dry-run goes with --update.")
    if update is None:  # that workbook may have another name
        refuse_file(output, renderers(), choosing=True)
    check_templates(look)
    installed, computed = registries(sections)
    used = prepare.used_assumptions(inputs.assumptions, installed, computed)
    older = own = None
    if update is not None:
        from moe_report.cli.update import older_report, own_models

        older, inputs, output, formats = older_report(
            update, inputs, output, formats, installed, context
        )
        own = own_models(older, inputs)
    read = own or prepare.read_models(inputs, installed, {str(update): older.file} if older else {})
    table = older.merged(read.table) if older else read.table
    progress = Progress(len(table.rows), quiet)
    progress("computing")
    report = prepare.sorted_by(sort, prepare.compute(table, inputs, used, computed, look))
    if older is not None:
        report = older.like_before(report)
    else:
        from moe_report.edit.choices_before import with_choices_of

        report, notes = with_choices_of(report, read.reports)
        prepare.tell_notes(notes)
    stem = stem_of(inputs.sources)
    keep = [path for path in inputs.paths if path != update]
    filled: dict[Path, bytes] = {}
    asked = True
    if template is not None:
        filled, asked = templates.filled_beside(report, template, output / stem, calc, quiet)
        keep.append(template)
    written = write_reports(
        report,
        output,
        stem,
        formats,
        look.template_dirs,
        keep,
        _IN_FOLDER,
        force=force,
        also=filled,
        update=older,
        dry_run=dry_run,
        progress=progress,
    )
    progress.done()
    echo_written(written, quiet)
    if older is not None and dry_run:
        from moe_report.cli.update import would_do

        for line in would_do(older, report, written.paths):
            say(line)
        echo_failures(report.failures)
    else:
        tell(report, table, None if quiet else written.paths, started)
    prepare.leave(report, inputs.strict, done=asked)


@main.command(epilog=example("moe-report demo -o demo/"))
@options.output("demo", "FOLDER")
@options.force_changed
@options.look
@options.quiet
def demo(look: LookOptions, output: Path, force: bool, quiet: bool) -> None:
    """Write the example workbook, and the reports of its models."""
    started = time.perf_counter()
    from moe_report.api.write_reports import write_reports
    from moe_report.compute.build import build_report
    from moe_report.edit.new_workbook import build_starter
    from moe_report.load.workbook import guarded, inspect_workbook
    from moe_report.renderers import renderers
    from moe_report.schema import registry

    refuse_file(output, renderers(), choosing=False)
    check_templates(look)
    branding = branding_for(look, {})
    installed = registry.load()
    workbook = output / "models.xlsx"
    starter = build_starter(installed)
    table = inspect_workbook(guarded(workbook, starter), installed).table
    progress = Progress(len(table.rows), quiet)
    title = "Published Mixture-of-Experts models"
    report = build_report(table, installed, title=title, branding=branding)
    written = write_reports(
        report,
        output,
        "models",
        FORMATS,
        look.template_dirs,
        (),
        _IN_FOLDER,
        force=force,
        also={workbook: starter},
        progress=progress,
    )
    progress.done()
    echo_written(written, quiet)
    tell(report, table, None if quiet else written.paths, started)
    prepare.leave(report, strict=False)


@main.command(epilog=example("moe-report check models.xlsx --strict"))
@options.inputs
@options.sections
def check(inputs: InputOptions, sections: SectionOptions) -> None:
    """Validate and audit INPUT, and write no report."""
    table, report = prepare.report_of(inputs, sections)
    say(what_was_read(table, report))
    echo_findings(report)
    prepare.leave(report, inputs.strict)


@main.command(
    "import",
    epilog=example(
        "moe-report import config.json --into models.xlsx",
        "moe-report import ./checkpoint-folder/",
        "moe-report import hf:Qwen/Qwen3-30B-A3B --into models.xlsx",
        "moe-report import --list",
    ),
)
@click.argument("sources", metavar="MODEL...", nargs=-1)
@click.option(
    "--into",
    type=PATH,
    metavar="FILE.xlsx",
    help="Append the rows to this workbook; it is made if it is not there.",
)
@click.option("--sheet", help="Sheet of the workbook; by default Models, or the only one.")
@click.option("--name", help="What to call the model.")
@click.option("--replace", is_flag=True, help="Overwrite rows of the same name.")
@click.option("--list", "listed", is_flag=True, help="List every architecture, and how exact.")
@options.allow_dense
@options.with_transformers
def import_(
    sources: tuple[str, ...],
    into: Path | None,
    sheet: str | None,
    name: str | None,
    replace: bool,
    listed: bool,
    allow_dense: bool,
    with_transformers: bool,
) -> None:
    """Read models' own files: config.json, a checkpoint folder, a .gguf file, or hf:owner/name."""
    from moe_report.cli import import_models as work
    from moe_report.cli.list_architectures import list_architectures
    from moe_report.importers.model import Options
    from moe_report.schema import registry

    if listed:
        click.echo(list_architectures())
        return
    if not sources:
        raise click.UsageError("Missing argument 'MODEL...'.")
    if name is not None and len(sources) > 1:
        raise click.UsageError("--name goes with one model.")
    if name is not None and not name.strip():
        raise click.UsageError("--name needs a name.")
    if into is None and (sheet is not None or replace):
        raise click.UsageError(f"{'--replace' if replace else '--sheet'} goes with --into.")
    known = registry.load()
    rows = work.import_rows(sources, Options(allow_dense, with_transformers), known, name)
    if into is None:
        click.echo("\n\n".join(work.describe_row(row, known) for row in rows))
        return
    for line in work.append_to(into, rows, known, sheet=sheet, replace=replace):
        say(line)


@main.command("columns", epilog=example("moe-report columns models.xlsx"))
@options.inputs
@options.sections
@click.option("--json", "as_json", is_flag=True, help="As JSON, a list of objects.")
def list_columns(inputs: InputOptions, sections: SectionOptions, as_json: bool) -> None:
    """Show what each column of a workbook is read as, and why."""
    from moe_report.cli import columns
    from moe_report.load.inputs import inspect_inputs

    installed, _ = registries(sections)
    read = inspect_inputs(inputs.sources, installed, sheets=inputs.sheets, columns=inputs.columns)
    if not read.columns and read.problems:
        raise InputError(read.problems)
    click.echo(columns.as_json(read.columns) if as_json else columns.listed(read.columns))


@main.command(epilog=example("moe-report metrics", "moe-report metrics context_length"))
@click.argument("name", required=False)
@options.sections
def metrics(name: str | None, sections: SectionOptions) -> None:
    """List what is installed, or explain NAME: a metric, section, field or assumption."""
    from moe_report.cli.list_metrics import describe, list_metrics

    _, chosen = registries(sections)
    echo_failures(chosen.failures)
    click.echo(list_metrics(chosen) if name is None else describe(chosen, name))
    if chosen.failures:
        raise SystemExit(3)


main.add_command(fit.fit)
main.add_command(balance.balance)
main.add_command(page.page)
main.add_command(sweep.sweep)
main.add_command(templates.fill)
main.add_command(templates.template)
main.add_command(plugins.plugin)
