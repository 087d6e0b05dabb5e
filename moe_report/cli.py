"""The command line: parse, call, print. The work is imported inside the commands."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import moe_report
from moe_report.errors import InputError, OutputError, Problem
from moe_report.options import (
    Example,
    InputOptions,
    LookOptions,
    input_options,
    look_options,
    model_options,
    section_options,
    set_option,
)
from moe_report.publish import publish, refuse_same
from moe_report.terminal import Progress, echo_findings, quoted, tell, what_was_read

if TYPE_CHECKING:
    from moe_report.branding import Branding, Setting
    from moe_report.registry import Registry
    from moe_report.report import Report
    from moe_report.table import ModelTable

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
    from moe_report import registry
    from moe_report.output import write_files
    from moe_report.starter import build_starter

    if workbook.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"found {workbook.name!r}, expected a name that ends in .xlsx")
    if workbook.exists() and not force:
        raise OutputError(f"{workbook}: is there already; --force overwrites it")
    write_files({workbook: build_starter(registry.load(), examples=not empty)})
    click.echo(f"wrote {workbook}")
    click.echo(f"next: moe-report run {quoted(workbook)} -o report/")


@main.command(cls=Example, example="moe-report run models.xlsx -o report/\n"
              "moe-report run models.xlsx other/config.json hf:Qwen/Qwen3-30B-A3B\n"
              "moe-report run models.xlsx --set context_length=32768 --format html")  # fmt: skip
@input_options
@section_options
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("report"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@click.option("--format", "formats", multiple=True, default=FORMATS, show_default=True,
              metavar="NAME", help="What to write (repeatable); csv and md as well.")  # fmt: skip
@look_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def run(output: Path, formats: tuple[str, ...], quiet: bool, **chosen: Any) -> None:
    """Compute every metric of the models in INPUT and write the reports.

    An INPUT is a workbook, a model's config.json, a checkpoint folder, a .gguf file, or
    hf:owner/name; several are put together.
    """
    started = time.perf_counter()
    from moe_report.engine import build_report
    from moe_report.inputs import stem_of

    look = LookOptions.taken_from(chosen)
    what = InputOptions(**chosen)
    _check_templates(look)
    installed, computed = _registries(what.files, what.only, what.skip)
    table = _read(what, installed)
    branding = _branding(look, table.settings)
    progress = Progress(len(table.rows), quiet)
    progress("computing")
    used = _used(what.assumptions, installed, computed)
    report = build_report(table, computed, assumptions=used, branding=branding)
    paths = publish(
        report, output, stem_of(what.sources), formats, templates=look.template_dirs,
        progress=progress, keep=what.paths, quiet=quiet,
    )  # fmt: skip
    tell(report, table, None if quiet else paths, started)
    _leave(report, what.strict)


@main.command(cls=Example, example="moe-report demo -o demo/")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("demo"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@look_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def demo(output: Path, quiet: bool, **chosen: Any) -> None:
    """Write the example workbook, and the reports of its models."""
    started = time.perf_counter()
    from moe_report import registry
    from moe_report.engine import build_report
    from moe_report.output import write_files
    from moe_report.starter import build_starter
    from moe_report.workbook import read_workbook

    look = LookOptions.taken_from(chosen)
    _check_templates(look)
    branding = _branding(look, {})
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
    _leave(report, strict=False)


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
    from moe_report.engine import build_report
    from moe_report.examples import published_models
    from moe_report.output import write_files
    from moe_report.renderers.html import render_calculator
    from moe_report.table import ModelTable, Source, rows_of_examples

    look = LookOptions.taken_from(chosen)
    _check_templates(look)
    if output.is_dir():
        inside = output / "calculator.html"
        raise OutputError(f"{output}: this is a folder; expected a file, such as {inside}")
    if output.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(
            f"found {output.name!r}, expected a name that ends in .html", param_hint="'--output'"
        )
    installed, computed = _registries(files, only, skip)
    table = ModelTable(rows_of_examples(published_models()), Source("the shipped examples"))
    report = build_report(
        table, computed, assumptions=_used(assumptions, installed, computed),
        title="Mixture-of-Experts calculator", branding=_branding(look, {}),
    )  # fmt: skip
    write_files({output: render_calculator(report, look.template_dirs)})
    for failure in report.failures:
        click.secho(str(failure), fg="red", err=True)
    if not quiet:
        click.echo(f"wrote {output}")
    _leave(report, strict=False)


@main.command(cls=Example, example="moe-report check models.xlsx --strict")
@input_options
@section_options
def check(**chosen: Any) -> None:
    """Validate and audit INPUT, and write no report."""
    from moe_report.branding import branding_of
    from moe_report.engine import build_report

    what = InputOptions(**chosen)
    installed, computed = _registries(what.files, what.only, what.skip)
    table = _read(what, installed)
    used = _used(what.assumptions, installed, computed)
    report = build_report(table, computed, assumptions=used, branding=branding_of(table.settings))
    click.echo(what_was_read(table))
    echo_findings(report)
    _leave(report, what.strict)


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
    from moe_report.importers.model import Options
    from moe_report.importing import append_to, describe_row, import_rows, list_architectures

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
    from moe_report import registry
    from moe_report.listing import describe, listing

    chosen = registry.load(_existing(files)).choose(only, skip)
    click.echo(listing(chosen) if name is None else describe(chosen, name))
    for failure in chosen.failures:
        click.secho(str(failure), fg="red", err=True)
    if chosen.failures:
        raise SystemExit(3)


# -- reading and writing ---------------------------------------------------------------------------


def _existing(files: Iterable[Path]) -> list[Path]:
    found = list(files)
    lacking = [str(path) for path in found if not path.is_file()]
    if lacking:
        raise InputError([Problem(path, "there is no such file") for path in lacking])
    return found


def _registries(
    files: Sequence[Path], only: Sequence[str], skip: Sequence[str]
) -> tuple[Registry, Registry]:
    """All that is installed, and what of it is to be computed."""
    from moe_report import registry

    installed = registry.load(_existing(files))
    return installed, installed.choose(only, skip)


def _check_templates(look: LookOptions) -> None:
    """Refuse a wrong folder before anything is read."""
    if look.template_dirs:
        from moe_report.renderers.templating import check_folder

        for folder in look.template_dirs:
            check_folder(folder)


def _branding(look: LookOptions, settings: Mapping[str, Setting]) -> Branding:
    """What the command line says of the report, or else the workbook."""
    from moe_report.branding import branding_of

    return branding_of(
        settings, title=look.title, intro=look.intro, footer=look.footer, logo=look.logo
    )


def _read(what: InputOptions, installed: Registry) -> ModelTable:
    """Read the inputs with all that is installed, whatever of it is chosen to be computed."""
    from moe_report.importers.model import Options, is_model
    from moe_report.inputs import inspect_inputs

    copy = what.annotate_errors
    workbooks = [Path(source) for source in what.sources if not is_model(source)]
    if copy is not None:
        if len(workbooks) != 1:
            raise click.UsageError("--annotate-errors goes with one workbook.")
        refuse_same(copy, workbooks)
        if copy.suffix.lower() != workbooks[0].suffix.lower():
            raise click.BadParameter(
                f"found {copy.name!r}, expected a name that ends in {workbooks[0].suffix} as the "
                "input's does",
                param_hint="'--annotate-errors'",
            )
    read = inspect_inputs(
        what.sources, installed, sheet=what.sheet, allow_unknown=what.allow_unknown,
        options=Options(what.allow_dense, what.with_transformers),
    )  # fmt: skip
    if not read.problems:
        return read.table
    if copy is not None:
        _write_annotated(workbooks[0], copy, read.problems)
    raise InputError(read.problems)


def _write_annotated(workbook: Path, copy: Path, problems: Sequence[Problem]) -> None:
    from moe_report.annotate import annotate
    from moe_report.guard import check_package
    from moe_report.output import write_files
    from moe_report.workbook import read_bytes

    if not any(problem.cell for problem in problems):
        click.echo(f"{copy} is not written: no single cell is at fault", err=True)
        return
    package = check_package(read_bytes(workbook), workbook.name)
    try:
        write_files({copy: annotate(package, problems)})
    except OutputError as error:  # the problems matter more
        click.echo(str(error), err=True)
    else:
        click.echo(f"wrote {copy}, with the bad cells marked", err=True)


def _used(assumptions: dict[str, float], installed: Registry, chosen: Registry) -> dict[str, float]:
    """The assumptions that were set, without those that only unchosen sections take."""
    idle = installed.assumptions.keys() - chosen.assumptions.keys()
    for name in assumptions.keys() & idle:
        click.echo(f"note: no chosen section takes the assumption {name}", err=True)
    return {name: value for name, value in assumptions.items() if name not in idle}


def _leave(report: Report, strict: bool) -> None:
    if report.failures or (strict and report.findings):
        raise SystemExit(3)
