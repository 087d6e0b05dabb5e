"""The command line: parse, call, print. The work is imported inside the commands."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import moe_report
from moe_report.errors import InputError, MoeReportError, OutputError, Problem

if TYPE_CHECKING:
    from moe_report.registry import Registry
    from moe_report.report import Report
    from moe_report.table import ModelTable

FORMATS = ("xlsx", "html", "json")
_SHOWN_MODELS = 24
_SHOWN_FINDINGS = 24
_LONG_WORK = 300  # models from which on progress is told
F = TypeVar("F", bound=Callable[..., Any])

EXIT_CODES = """\b
Exit codes:
  0  done
  1  the input was refused
  2  wrong usage
  3  done, but with findings under --strict, or a section failed
"""


class _Example(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.split("\n"))


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(moe_report.__version__, prog_name="moe-report")
@click.pass_context
def main(context: click.Context) -> None:
    """Exact, live spreadsheets and reports of what Mixture-of-Experts models cost."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console may lack the letters of a model's name
    if os.environ.get("NO_COLOR"):
        context.color = False


def _options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def _assignment(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, float]:
    found = {}
    for text in values:
        name, equals, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise click.BadParameter(f"found {text!r}, expected NAME=NUMBER")
    return found


_section_options = _options(
    click.option(
        "--metrics", "files", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE.py", help="Add the metrics of a Python file as a section.",
    ),
    click.option("--only", multiple=True, metavar="SECTION", help="Only this one (repeatable)."),
    click.option("--skip", multiple=True, metavar="SECTION", help="Not this section (repeatable)."),
)  # fmt: skip
_input_options = _options(
    click.argument("workbook", type=click.Path(path_type=Path)),
    click.option("--sheet", help="Sheet to read; by default Models, or the only one."),
    click.option(
        "--allow-unknown", is_flag=True, help="Carry unknown columns along; else they are refused."
    ),
    click.option(
        "--annotate-errors", type=click.Path(path_type=Path), metavar="FILE",
        help="If the input is refused, write a copy of it with the bad cells marked.",
    ),
    click.option(
        "--set", "assumptions", multiple=True, callback=_assignment, metavar="NAME=NUMBER",
        help="Set an assumption, e.g. context_length=32768 (repeatable).",
    ),
    click.option("--strict", is_flag=True, help="Exit with 3 if there are findings."),
)  # fmt: skip


@main.command(cls=_Example, example="moe-report init models.xlsx")
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
    click.echo(f"next: moe-report run {_quoted(workbook)} -o report/")


@main.command(cls=_Example, example="moe-report run models.xlsx -o report/\n"
              "moe-report run models.xlsx --set context_length=32768 --format html")  # fmt: skip
@_input_options
@_section_options
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("report"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@click.option("--format", "formats", multiple=True, default=FORMATS, show_default=True,
              metavar="NAME", help="What to write (repeatable); csv and md as well.")  # fmt: skip
@click.option("--title", help="Heading of the report.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def run(
    workbook: Path, sheet: str | None, allow_unknown: bool, annotate_errors: Path | None,
    assumptions: dict[str, float], strict: bool, files: tuple[Path, ...], only: tuple[str, ...],
    skip: tuple[str, ...], output: Path, formats: tuple[str, ...], title: str | None, quiet: bool,
) -> None:  # fmt: skip
    """Compute every metric of the models in WORKBOOK and write the reports."""
    started = time.perf_counter()
    from moe_report import registry
    from moe_report.engine import build_report

    installed = registry.load(_existing(files))
    chosen = installed.choose(only, skip)
    table = _read(workbook, installed, sheet, allow_unknown, annotate_errors)
    progress = _Progress(len(table.rows), quiet)
    progress("computing")
    used = _used(assumptions, installed, chosen)
    report = build_report(table, chosen, assumptions=used, title=title)
    stem = workbook.stem.removesuffix(".report")
    paths = _render(report, output, stem, formats, progress, workbook, quiet)
    _tell(report, table, None if quiet else paths, started)
    _leave(report, strict)


@main.command(cls=_Example, example="moe-report demo -o demo/")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("demo"),
              show_default=True, metavar="FOLDER", help="Where to write.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def demo(output: Path, quiet: bool) -> None:
    """Write the example workbook, and the reports of its models."""
    started = time.perf_counter()
    from moe_report import registry
    from moe_report.engine import build_report
    from moe_report.output import write_files
    from moe_report.starter import build_starter
    from moe_report.workbook import read_workbook

    chosen = registry.load()
    workbook = output / "models.xlsx"
    write_files({workbook: build_starter(chosen)})
    table = read_workbook(workbook, chosen)
    progress = _Progress(len(table.rows), quiet)
    report = build_report(table, chosen, title="Published Mixture-of-Experts models")
    paths = _render(report, output, "models", FORMATS, progress, workbook, quiet)
    _tell(report, table, None if quiet else [workbook, *paths], started)
    _leave(report, strict=False)


@main.command(cls=_Example, example="moe-report check models.xlsx --strict")
@_input_options
@_section_options
def check(
    workbook: Path, sheet: str | None, allow_unknown: bool, annotate_errors: Path | None,
    assumptions: dict[str, float], strict: bool, files: tuple[Path, ...], only: tuple[str, ...],
    skip: tuple[str, ...],
) -> None:  # fmt: skip
    """Validate and audit WORKBOOK, and write no report."""
    from moe_report import registry
    from moe_report.engine import build_report

    installed = registry.load(_existing(files))
    chosen = installed.choose(only, skip)
    table = _read(workbook, installed, sheet, allow_unknown, annotate_errors)
    report = build_report(table, chosen, assumptions=_used(assumptions, installed, chosen))
    click.echo(_what_was_read(table))
    _echo_findings(report)
    _leave(report, strict)


@main.command(cls=_Example, example="moe-report metrics\nmoe-report metrics active_params")
@click.argument("name", required=False)
@_section_options
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


def _read(
    workbook: Path, installed: Registry, sheet: str | None, allow_unknown: bool, copy: Path | None
) -> ModelTable:
    """Read the workbook with all that is installed, whatever of it is chosen to be computed."""
    from moe_report.workbook import inspect_workbook

    if copy is not None:
        _refuse_same(copy, workbook)
        if copy.suffix.lower() != workbook.suffix.lower():
            raise click.BadParameter(
                f"found {copy.name!r}, expected a name that ends in {workbook.suffix} as the "
                "input's does",
                param_hint="'--annotate-errors'",
            )
    read = inspect_workbook(workbook, installed, sheet=sheet, allow_unknown=allow_unknown)
    if not read.problems:
        return read.table
    if copy is not None:
        _write_annotated(workbook, copy, read.problems)
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


def _render(
    report: Report,
    output: Path,
    stem: str,
    formats: Iterable[str],
    progress: _Progress,
    keep: Path,
    quiet: bool,
) -> list[Path]:
    from moe_report.output import open_elsewhere, write_files
    from moe_report.renderers import load_renderer

    renderers = {name: load_renderer(name) for name in dict.fromkeys(formats)}
    contents: dict[Path, bytes] = {}
    for name, render in renderers.items():
        progress(f"rendering {name}")
        path = output / f"{stem}.report.{name}"
        _refuse_same(path, keep)
        try:
            contents[path] = render(report)
        except MoeReportError:
            raise
        except Exception as error:
            origin = f"{render.__module__}.{getattr(render, '__name__', '?')}"
            raise MoeReportError(
                f"format {name!r} ({origin}) failed: {type(error).__name__}: {error}"
            ) from error
    progress("writing")
    write_files(contents)
    progress.done()
    for path in contents:
        program = open_elsewhere(path)
        if program and not quiet:
            click.echo(f"{path} seems to be open in {program}: reload it there", err=True)
    return list(contents)


def _refuse_same(target: Path, source: Path) -> None:
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"{target}: this is the input; choose another place to write to")


def _leave(report: Report, strict: bool) -> None:
    if report.failures or (strict and report.findings):
        raise SystemExit(3)


# -- printing --------------------------------------------------------------------------------------


class _Progress:
    """Tells on stderr what goes on, if it is a terminal and the work is long."""

    def __init__(self, models: int, quiet: bool) -> None:
        self.told = not quiet and models >= _LONG_WORK and sys.stderr.isatty()

    def __call__(self, what: str) -> None:
        if self.told:
            click.echo(f"\r\x1b[K{what} ...", nl=False, err=True)

    def done(self) -> None:
        if self.told:
            click.echo("\r\x1b[K", nl=False, err=True)


def _what_was_read(table: ModelTable) -> str:
    count = len(table.rows)
    return f"{table.source.name}, sheet {table.source.sheet}: {count} model{'s' * (count != 1)}"


def _tell(report: Report, table: ModelTable, paths: Sequence[Path] | None, started: float) -> None:
    if paths is None:
        for failure in report.failures:
            click.echo(str(failure), err=True)
        return
    click.echo(_what_was_read(table))
    click.echo()
    from moe_report.listing import headline_table

    click.echo(headline_table(report, _SHOWN_MODELS))
    click.echo()
    _echo_findings(report)
    click.echo()
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"{time.perf_counter() - started:.1f} s")


def _echo_findings(report: Report) -> None:
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


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
