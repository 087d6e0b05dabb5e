"""What commands do before they print: read the inputs, choose the metrics, compute the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.api import prepare
from moe_report.api.places import refuse_same
from moe_report.cli.options import InputOptions, LookOptions, SectionOptions
from moe_report.cli.terminal import quoted, say
from moe_report.errors import InputError, OutputError, Problem

if TYPE_CHECKING:
    from moe_report.api.prepare import Used
    from moe_report.load.workbook import Read, WorkbookFile
    from moe_report.reports import Report
    from moe_report.schema.registry import Registry
    from moe_report.table import ModelTable


def report_of(inputs: InputOptions, sections: SectionOptions) -> tuple[ModelTable, Report]:
    """Return the models that a command was told to read, and their report."""
    installed, computed = prepare.registries(sections)
    used = used_assumptions(inputs.assumptions, installed, computed)
    table = read_models(inputs, installed).table
    return table, compute(table, inputs, used, computed)


def compute(
    table: ModelTable,
    inputs: InputOptions,
    used: Used,
    computed: Registry,
    look: LookOptions | None = None,
) -> Report:
    """Return the report of models for the assumptions and the scenario that a command was told."""
    return prepare.compute(table, inputs, used, computed, look)


def sorted_by(metric: str, report: Report) -> Report:
    """Return a report whose page has its models in the order of a metric or field, if one is named.

    Raises:
        InputError: The report has no such number.
    """
    from moe_report.reports import no_such_column

    if metric and metric not in report.columns:
        message = no_such_column("the report", metric, report.columns)
        raise InputError([Problem("--sort", message)])
    return replace(report, sort=metric)


def tell_notes(notes: Sequence[str]) -> None:
    """Say what is to be known on stderr."""
    for note in notes:
        say(f"note: {note}", err=True)


_ALL_MARKED = "; --annotate-errors FILE marks the cells of all"


def read_models(
    inputs: InputOptions, installed: Registry, opened: Mapping[str, WorkbookFile] | None = None
) -> Read:
    """Read the inputs, some perhaps opened, with all that is installed, computed or not."""
    from moe_report.importers.model import is_model

    copy = inputs.annotate_errors
    workbooks = [Path(source) for source in inputs.sources if not is_model(source)]
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

    def inspect(answers: Mapping[str, str]) -> Read:
        return prepare.inspect(inputs, installed, answers=answers, opened=opened)

    read = inspect({})
    if any(columns.asked for columns in read.columns.values()):
        read = _answered(read, inspect)
    if not read.problems:
        return read
    if copy is not None:
        _write_annotated(read, copy)
    in_cells = all(problem.cell for problem in read.problems)
    raise InputError(read.problems, _ALL_MARKED if in_cells and copy is None else "")


def _answered(read: Read, inspect: Callable[[Mapping[str, str]], Read]) -> Read:
    """What is read once the user, if one is there, has said which field a column is."""
    from moe_report.cli.columns import ask, can_ask, offer_to_keep

    answers = ask(read) if can_ask() else {}
    if not answers:
        return read
    again = inspect(answers)
    offer_to_keep(again, answers)
    return again


def _write_annotated(read: Read, copy: Path) -> None:
    from moe_report.api.outputs import Outputs, Ways
    from moe_report.edit.mark_problems import annotate

    if read.file is None or not any(problem.cell for problem in read.problems):
        say(f"{copy} is not written: no single cell is at fault", err=True)
        return
    try:
        marked = {copy: annotate(read.file.package, read.problems)}
        ways = Ways("give --annotate-errors another name", overwrite="")
        tell_notes(Outputs(marked, ways).write())
    except OutputError as error:  # the problems matter more
        click.echo(error.message, err=True)
    else:
        say(f"wrote {copy}, with the bad cells marked", err=True)


def used_assumptions(
    said: Mapping[str, float | str], installed: Registry, chosen: Registry
) -> Used:
    """Return what of ``--set`` the chosen sections take, and say what they do not.

    Raises:
        BadParameter: A value is no number.
    """
    try:
        used, notes = prepare.used_assumptions(said, installed, chosen)
    except prepare.UnclearError as error:
        raise click.BadParameter(str(error), param_hint="'--set'") from error
    tell_notes(notes)
    return used


def write_new(workbook: Path, build: Callable[[], bytes], force: bool, then: str) -> None:
    """Write a workbook to begin with, and say so, and with which command to go on.

    Raises:
        BadParameter: Its name does not end in .xlsx.
        OutputError: It is there already, and may not be overwritten.
    """
    from moe_report.output import unchanged_since, write_files

    if workbook.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"found {workbook.name!r}, expected a name that ends in .xlsx")
    if workbook.exists() and not force:
        raise OutputError(f"{workbook}: is there already; --force overwrites it")
    check = None if force else unchanged_since({workbook: None})
    tell_notes(write_files({workbook: build()}, check))
    say(f"wrote {workbook}")
    say(f"next: {then.format(quoted(workbook))}")


def leave(report: Report, strict: bool, *, done: bool = True) -> None:
    """End with 3 if a section failed, nothing was done or, if strict, there are findings."""
    if report.failures or not done or (strict and report.findings):
        raise SystemExit(3)
