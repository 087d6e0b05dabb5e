"""What commands do before they print: read the inputs, choose the metrics, compute the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.cli.options import InputOptions, LookOptions, SectionOptions
from moe_report.cli.terminal import quoted, say
from moe_report.cli.write_reports import refuse_same
from moe_report.errors import InputError, OutputError, Problem
from moe_report.input import why_no_file

if TYPE_CHECKING:
    from moe_report.branding import Branding, Setting
    from moe_report.load.workbook import Read, WorkbookFile
    from moe_report.report import Report
    from moe_report.schema.presets import PresetGroup
    from moe_report.schema.registry import Registry
    from moe_report.table import ModelTable


def report_of(inputs: InputOptions, sections: SectionOptions) -> tuple[ModelTable, Report]:
    """Return the models that a command was told to read, and their report."""
    installed, computed = registries(sections)
    used = used_assumptions(inputs.assumptions, installed, computed)
    table = read_models(inputs, installed)
    return table, compute(table, inputs, used, computed)


def compute(
    table: ModelTable,
    inputs: InputOptions,
    used: Used,
    computed: Registry,
    look: LookOptions | None = None,
) -> Report:
    """Return the report of models for the assumptions and the scenario that a command was told."""
    from moe_report.compute.build import build_report

    branding = branding_for(look, table.settings)
    return build_report(
        table,
        computed,
        assumptions=used.assumptions,
        presets=used.presets,
        scenario=inputs.scenario,
        branding=branding,
    )


def registries(sections: SectionOptions) -> tuple[Registry, Registry]:
    """Return all that is installed, and what of it is to be computed.

    Raises:
        InputError: A file of metrics is not there.
    """
    from moe_report.schema import registry

    if lacking := {str(path): why for path in sections.files if (why := why_no_file(path))}:
        raise InputError(Problem(path, why) for path, why in lacking.items())
    installed = registry.load(sections.files)
    return installed, installed.choose(sections.only, sections.skip)


def check_templates(look: LookOptions) -> None:
    """Refuse a wrong folder before anything is read."""
    if look.template_dirs:
        from moe_report.renderers.html.templating import check_folder

        for folder in look.template_dirs:
            check_folder(folder)


def branding_for(look: LookOptions | None, settings: Mapping[str, Setting]) -> Branding:
    """Return what the command line says of the report, or else the workbook."""
    from moe_report.branding import branding_of

    if look is None:
        return branding_of(settings)
    return branding_of(
        settings, title=look.title, intro=look.intro, footer=look.footer, logo=look.logo
    )


_ALL_MARKED = "; --annotate-errors FILE marks the cells of all"


def read_models(
    inputs: InputOptions, installed: Registry, opened: Mapping[str, WorkbookFile] | None = None
) -> ModelTable:
    """Read the inputs, some perhaps opened, with all that is installed, computed or not."""
    from moe_report.importers.model import Options, is_model
    from moe_report.load.inputs import inspect_inputs

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
        return inspect_inputs(
            inputs.sources,
            installed,
            sheets=inputs.sheets,
            columns={**inputs.columns, **answers},
            options=Options(inputs.allow_dense, inputs.with_transformers),
            opened=opened,
        )

    read = inspect({})
    if any(columns.asked for columns in read.columns.values()):
        read = _answered(read, inspect)
    if not read.problems:
        return read.table
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
    from moe_report.cli.outputs import Outputs
    from moe_report.edit.mark_problems import annotate

    if read.file is None or not any(problem.cell for problem in read.problems):
        say(f"{copy} is not written: no single cell is at fault", err=True)
        return
    try:
        marked = {copy: annotate(read.file.package, read.problems)}
        Outputs(marked, "give --annotate-errors another name", force=None).write()
    except OutputError as error:  # the problems matter more
        click.echo(error.message, err=True)
    else:
        say(f"wrote {copy}, with the bad cells marked", err=True)


@dataclass(frozen=True)
class Used:
    """What of ``--set`` the chosen sections take: numbers of assumptions, presets by group."""

    assumptions: dict[str, float]
    presets: dict[str, str]


def used_assumptions(said: Mapping[str, str], installed: Registry, chosen: Registry) -> Used:
    """Return what was set, without what only unchosen sections take.

    Raises:
        BadParameter: A value is no number, or names no preset of its group.
    """
    from moe_report.errors import nearest
    from moe_report.schema.numerals import one_number

    found = Used({}, {})
    for name, text in said.items():
        if group := installed.presets.get(name):
            found.presets[name] = _preset_named(group, text)
            continue
        try:
            found.assumptions[name] = float(one_number(text))
        except ValueError as error:
            message = f"found {f'{name}={text}'!r}, expected NAME=NUMBER: {error}"
            if name not in installed.assumptions:
                message += f".{nearest(name, installed.presets)}" if installed.presets else ""
            raise click.BadParameter(message, param_hint="'--set'") from error
    idle = installed.assumptions.keys() - chosen.assumptions.keys()
    for name in found.assumptions.keys() & idle:
        say(f"note: no chosen section takes the assumption {name}", err=True)
    for name in found.presets.keys() - chosen.presets.keys():
        say(f"note: no chosen section takes what the presets of {name} set", err=True)
    numbers = {name: value for name, value in found.assumptions.items() if name not in idle}
    return Used(numbers, found.presets)


def _preset_named(group: PresetGroup, text: str) -> str:
    from moe_report.errors import nearest
    from moe_report.text import one_of

    name = group.find(text)
    if name is None:
        expected = f"expected {one_of(group.names)}.{nearest(text, group.names)}"
        message = f"found {f'{group.name}={text}'!r}; {expected}"
        raise click.BadParameter(message, param_hint="'--set'")
    return name


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
    for note in write_files({workbook: build()}, check):
        say(f"note: {note}", err=True)
    say(f"wrote {workbook}")
    say(f"next: {then.format(quoted(workbook))}")


def leave(report: Report, strict: bool, *, done: bool = True) -> None:
    """End with 3 if a section failed, nothing was done or, if strict, there are findings."""
    if report.failures or not done or (strict and report.findings):
        raise SystemExit(3)
