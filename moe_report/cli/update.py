"""``moe-report run --update``: what the other options mean where an older report is renewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from moe_report.api.places import same_file
from moe_report.cli.options import InputOptions
from moe_report.edit.changes import changes_of
from moe_report.edit.update import SUFFIXES, Update, open_report
from moe_report.errors import first_lines, first_of, shortened
from moe_report.load.workbook import Read
from moe_report.reports import Report
from moe_report.schema.registry import Registry
from moe_report.text import counted

_SHOWN = 6  # names that a line lists


def older_report(
    path: Path,
    inputs: InputOptions,
    output: Path,
    formats: tuple[str, ...],
    registry: Registry,
    context: click.Context,
) -> tuple[Update, InputOptions, Path, tuple[str, ...]]:
    """Return the report to update, and what the other options of a run then mean.

    Args:
        path: The report.
        inputs: What was said of the input; without one, the report is it.
        output: A folder, or a file for the workbook.
        formats: What to write; only the workbook if nothing was said of it.
        registry: The metrics that are installed.
        context: Tells which options were said.
    """
    target, folder = path, path.parent
    if _was_said(context, "output"):
        is_file = output.suffix.lower() in SUFFIXES and not output.is_dir()
        target, folder = (output, output.parent) if is_file else (output / path.name, output)
    update = open_report(path, registry, target, columns=inputs.columns)
    sources = tuple(source for source in inputs.sources if not same_file(Path(source), path))
    chosen = ("xlsx", *formats) if _was_said(context, "formats") else ("xlsx",)
    return update, replace(inputs, sources=sources or (str(path),)), folder, chosen


def own_models(update: Update, inputs: InputOptions) -> Read | None:
    """Return what was read of an older report, if that is all there is to read.

    None if there is another input, or something was said, or is to be asked, of how it is read.
    """
    asked = any(columns.asked for columns in update.read.columns.values())
    said = inputs.sheets or inputs.columns or inputs.routing or inputs.annotate_errors or asked
    alone = [*inputs.sources] == [str(update.file.path)]
    return update.read if alone and not said else None


def would_do(update: Update, report: Report, paths: Sequence[Path]) -> list[str]:
    """Return, in lines, what an update that was worked out and not written would do."""
    changes = changes_of(update.read, update.file.package, report)
    lines = [f"would write {path}" for path in paths]
    for what, names in (
        ("models that come", changes.added),
        ("models that leave", changes.removed),
        ("columns that come", changes.new_columns),
        ("columns that leave", changes.old_columns),
    ):
        lines += [f"  {what}: {first_of(names, _SHOWN)}"] if names else []
    lines += first_lines(
        [
            f"  {shortened(model, 60)}: {counted(len(names), 'number')} would change: "
            f"{first_of(names, _SHOWN)}"
            for model, names in changes.numbers.items()
        ],
        "  and numbers of {} more models",
    )
    if changes.unknown:
        lines.append(
            f"  not known of {first_of(changes.unknown, _SHOWN)}: the old numbers are not stored "
            "with their formulas"
        )
    elif not changes.numbers:
        lines.append("  no number of a model that stays would change")
    if changes.kept:
        lines.append(f"  your columns, kept: {first_of(changes.kept, _SHOWN)}")
    return [*lines, "nothing was written"]


def _was_said(context: click.Context, option: str) -> bool:
    """Whether an option was said, and not only has its default."""
    return context.get_parameter_source(option) is not click.core.ParameterSource.DEFAULT
