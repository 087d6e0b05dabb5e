"""The command line: parse, call, print. The work is imported inside the commands."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import moe_report
from moe_report.cli import templates as cli_templates
from moe_report.cli.options import (
    Example,
    InputOptions,
    LookOptions,
    input_options,
    look_options,
    model_options,
    section_options,
    set_option,
    update_option,
)
from moe_report.cli.prepare import (
    branding_for,
    check_templates,
    existing,
    leave,
    read_models,
    registries,
    report_of,
    used_assumptions,
)
from moe_report.cli.publish import publish
from moe_report.cli.terminal import Progress, echo_findings, quoted, tell, what_was_read
from moe_report.errors import OutputError

if TYPE_CHECKING:
    pass

FORMATS = ("xlsx", "html", "json")

EXIT_CODES = """\b
Exit codes:
  0  done
  1  the input was refused
  2  wrong usage
  3  done, but with findings under --strict, or a section failed
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(moe_report.__version__, prog_name="moe-report")
@click.pass_context
def main(context: click.Context) -> None:
    """Exact, live spreadsheets and reports of what Mixture-of-Experts models cost."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console may lack the letters of a model's name
    if os.environ.get("NO_COLOR"):
        context.color = False


@main.command(cls=Example, example="moe-report init models.xlsx")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="Without the example models.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def init(workbook: Path, empty: bool, force: bool) -> None:
    """Write a workbook to fill in, with example models."""
    from moe_report.edit.new_workbook import build_starter
    from moe_report.output import write_files
    from moe_report.schema import registry

    if workbook.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"found {workbook.name!r}, expected a name that ends in .xlsx")
    if workbook.exists() and not force:
        raise OutputError(f"{workbook}: is there already; --force overwrites it")
    write_files({workbook: build_starter(registry.load(), examples=not empty)})
    click.echo(f"wrote {workbook}")
    click.echo(f"next: moe-report run {quoted(workbook)} -o report/")


@main.command(cls=Example, example="moe-report run models.xlsx -o report/\n"
              "moe-report run models.xlsx other/config.json hf:Qwen/Qwen3-30B-A3B\n"
              "moe-report run models.xlsx --set context_length=32768 --format html\n"
              "moe-report run --update report/models.report.xlsx")  # fmt: skip
@input_options
@section_options
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("report"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@click.option("--format", "formats", multiple=True, default=FORMATS, show_default=True,
              metavar="NAME", help="What to write (repeatable); csv and md as well.")  # fmt: skip
@click.option("--template", type=click.Path(path_type=Path), metavar="FILE",
              help="Fill this workbook of your own, too.")  # fmt: skip
@update_option
@look_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def run(
    context: click.Context, /, output: Path, formats: tuple[str, ...], quiet: bool,
    template: Path | None, update: Path | None, **chosen: Any,
) -> None:  # fmt: skip
    """Compute every metric of the models in INPUT and write the reports.

    An INPUT is a workbook, a model's config.json, a checkpoint folder, a .gguf file, or
    hf:owner/name; several are put together.
    """
    started = time.perf_counter()
    from moe_report.compute.build import build_report
    from moe_report.load.inputs import stem_of

    look = LookOptions.taken_from(chosen)
    what = InputOptions(**chosen)
    check_templates(look)
    installed, computed = registries(what.files, what.only, what.skip)
    older = None
    if update is not None:
        from moe_report.edit.update import older_report

        older, what, output, formats = older_report(
            update, what, output, formats, installed, context
        )
    table = read_models(what, installed)
    table = older.merged(table) if older else table
    branding = branding_for(look, table.settings)
    progress = Progress(len(table.rows), quiet)
    progress("computing")
    used = used_assumptions(what.assumptions, installed, computed)
    report = build_report(
        table, computed, assumptions=used, scenario=what.scenario, branding=branding
    )
    report = older.like_before(report) if older else report
    stem = stem_of(what.sources)
    filled = cli_templates.filled_beside(report, template, output / stem, quiet) if template else {}
    paths = publish(
        report, output, stem, formats, templates=look.template_dirs,
        progress=progress, also=filled, quiet=quiet, update=older,
        keep=[path for path in (*what.paths, *filter(None, (template,))) if path != update],
    )  # fmt: skip
    tell(report, table, None if quiet else paths, started)
    leave(report, what.strict)


@main.command(cls=Example, example="moe-report demo -o demo/")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("demo"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@look_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def demo(output: Path, quiet: bool, **chosen: Any) -> None:
    """Write the example workbook, and the reports of its models."""
    started = time.perf_counter()
    from moe_report.compute.build import build_report
    from moe_report.edit.new_workbook import build_starter
    from moe_report.load.workbook import read_workbook
    from moe_report.output import write_files
    from moe_report.schema import registry

    look = LookOptions.taken_from(chosen)
    check_templates(look)
    branding = branding_for(look, {})
    installed = registry.load()
    workbook = output / "models.xlsx"
    write_files({workbook: build_starter(installed)})
    table = read_workbook(workbook, installed)
    progress = Progress(len(table.rows), quiet)
    title = "Published Mixture-of-Experts models"
    report = build_report(table, installed, title=title, branding=branding)
    paths = publish(
        report, output, "models", FORMATS, templates=look.template_dirs,
        progress=progress, keep=[workbook], quiet=quiet,
    )  # fmt: skip
    tell(report, table, None if quiet else [workbook, *paths], started)
    leave(report, strict=False)


@main.command(cls=Example, example="moe-report page -o calculator.html\n"
              "moe-report page --metrics serving.py --set context_length=32768")  # fmt: skip
@section_options
@set_option
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("calculator.html"),
              show_default=True, metavar="FILE", help="Where to write.")  # fmt: skip
@look_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def page(
    files: tuple[Path, ...], only: tuple[str, ...], skip: tuple[str, ...],
    assumptions: dict[str, float], output: Path, quiet: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Write a page that is a calculator, with published models to begin with."""
    from moe_report.compute.build import build_report
    from moe_report.load.examples import published_models, rows_of_examples
    from moe_report.output import write_files
    from moe_report.renderers.html.render import render_calculator
    from moe_report.table import ModelTable, Source

    look = LookOptions.taken_from(chosen)
    check_templates(look)
    if output.is_dir():
        inside = output / "calculator.html"
        raise OutputError(f"{output}: this is a folder; expected a file, such as {inside}")
    if output.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(
            f"found {output.name!r}, expected a name that ends in .html", param_hint="'--output'"
        )
    installed, computed = registries(files, only, skip)
    table = ModelTable(rows_of_examples(published_models()), Source("the shipped examples"))
    report = build_report(
        table, computed, assumptions=used_assumptions(assumptions, installed, computed),
        title="Mixture-of-Experts calculator", branding=branding_for(look, {}),
    )  # fmt: skip
    write_files({output: render_calculator(report, look.template_dirs)})
    for failure in report.failures:
        click.secho(str(failure), fg="red", err=True)
    if not quiet:
        click.echo(f"wrote {output}")
    leave(report, strict=False)


@main.command(cls=Example, example="moe-report check models.xlsx --strict")
@input_options
@section_options
def check(**chosen: Any) -> None:
    """Validate and audit INPUT, and write no report."""
    what = InputOptions(**chosen)
    table, report = report_of(what)
    click.echo(what_was_read(table, report))
    echo_findings(report)
    leave(report, what.strict)


@main.command("import", cls=Example, example="moe-report import config.json --into models.xlsx\n"
              "moe-report import ./checkpoint-folder/\n"
              "moe-report import hf:Qwen/Qwen3-30B-A3B --into models.xlsx\n"
              "moe-report import --list")  # fmt: skip
@click.argument("sources", metavar="MODEL...", nargs=-1)
@click.option("--into", type=click.Path(path_type=Path), metavar="FILE.xlsx",
              help="Append the rows to this workbook; it is made if it is not there.")  # fmt: skip
@click.option("--sheet", help="Sheet of the workbook; by default Models, or the only one.")
@click.option("--name", help="What to call the model.")
@click.option("--replace", is_flag=True, help="Overwrite rows of the same name.")
@click.option("--list", "listed", is_flag=True, help="List every architecture, and how exact.")
@model_options
def import_(
    sources: tuple[str, ...], into: Path | None, sheet: str | None, name: str | None,
    replace: bool, listed: bool, allow_dense: bool, with_transformers: bool,
) -> None:  # fmt: skip
    """Read models' own files: config.json, a checkpoint folder, a .gguf file, or hf:owner/name."""
    from moe_report.cli.import_models import (
        append_to,
        describe_row,
        import_rows,
        list_architectures,
    )
    from moe_report.importers.model import Options

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
    rows = import_rows(sources, Options(allow_dense, with_transformers), name)
    if into is None:
        click.echo("\n\n".join(map(describe_row, rows)))
        return
    for line in append_to(into, rows, sheet=sheet, replace=replace):
        click.echo(line)


@main.command(cls=Example, example="moe-report metrics\nmoe-report metrics active_params")
@click.argument("name", required=False)
@section_options
def metrics(
    name: str | None, files: tuple[Path, ...], only: tuple[str, ...], skip: tuple[str, ...]
) -> None:
    """List what is installed, or say everything about the metric or section NAME."""
    from moe_report.cli.listing import describe, listing
    from moe_report.schema import registry

    chosen = registry.load(existing(files)).choose(only, skip)
    click.echo(listing(chosen) if name is None else describe(chosen, name))
    for failure in chosen.failures:
        click.secho(str(failure), fg="red", err=True)
    if chosen.failures:
        raise SystemExit(3)


main.add_command(cli_templates.fill)
main.add_command(cli_templates.template)
