"""From a report to files: every format is rendered before the first is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moe_report.cli.terminal import Progress, echo_notes, reload_hint, say
from moe_report.errors import MoeReportError, OutputError, PluginError, cause

if TYPE_CHECKING:
    from moe_report.edit.update import Update
    from moe_report.renderers import Renderer
    from moe_report.reports import Report


def write_reports(
    report: Report,
    output: Path,
    stem: str,
    formats: Iterable[str],
    templates: Sequence[Path],
    progress: Progress,
    keep: Sequence[Path],
    *,
    force: bool,
    also: Mapping[Path, bytes] | None = None,
    update: Update | None = None,
    dry_run: bool = False,
) -> list[Path]:
    """Write a report in some formats, and other files with it; return the paths.

    Behind the stem of the files' names come ``.report`` and the format's suffix. The files to keep
    are the inputs, which must not be overwritten; an older report to update is. A dry run works
    everything out, and writes nothing.
    """
    from moe_report.cli.outputs import Outputs
    from moe_report.ooxml.guard import why_too_large
    from moe_report.output import standing
    from moe_report.output.marks import is_as_written
    from moe_report.renderers import load_renderer, with_templates

    renderers = {name: load_renderer(name) for name in dict.fromkeys(formats)}
    if templates:
        own = {name: with_templates(render, templates) for name, render in renderers.items()}
        if not any(own.values()):
            click.echo("note: none of the formats works with --template-dir", err=True)
        renderers = {name: own[name] or render for name, render in renderers.items()}
    also = also or {}
    paths = {name: output / f"{stem}.report.{name}" for name in renderers}
    read: dict[Path, bytes] = {}
    theirs: list[Path] = []
    if update is not None:
        paths["xlsx"] = update.target
        if same_file(update.target, update.file.path):
            read[update.target] = update.file.data
        if not is_as_written(update.file.data):
            theirs.append(update.target)
    for path in also.keys() & {*paths.values()}:
        raise OutputError(
            f"{path}: both the report and the filled template would have this name; give the "
            "template another one"
        )
    targets = [*paths.values(), *also]
    for path in targets:
        refuse_same(path, keep)
    found = standing(path for path in targets if path not in read) | read
    contents: dict[Path, bytes] = {}
    for name, render in renderers.items():
        progress(f"rendering {name}")
        content = _rendered(name, render, report)
        if update is not None and name == "xlsx":
            content = update.renewed(report, content)
        contents[paths[name]] = content
    contents |= also
    elsewhere = "or choose another folder with -o"
    outputs = Outputs(contents, elsewhere, force, True, found, read, theirs)
    if dry_run:
        outputs.check()
    else:
        progress("writing")
        outputs.write()
    progress.done()
    for path in () if dry_run else contents:
        hint = "" if progress.quiet else reload_hint(path)
        if hint:
            say(hint, err=True)
    notes = [*update.notes] if update is not None else []
    for path, content in contents.items():
        if path.suffix.lower() in (".xlsx", ".xlsm") and (why := why_too_large(content)):
            notes.append(
                f"{path}: is too large to be read here again ({why}); keep the input, or make "
                "several reports of fewer models"
            )
    echo_notes(notes, err=True)
    return list(contents)


def _rendered(name: str, render: Renderer, report: Report) -> bytes:
    plain = getattr(render, "func", render)
    origin = f"{plain.__module__}.{getattr(plain, '__name__', '?')}"
    try:
        content = render(report)
    except MoeReportError:
        raise
    except Exception as error:
        if origin.startswith("moe_report."):  # a bug of ours, and told as such
            raise
        raise PluginError(f"format {name!r} ({origin}) failed: {cause(error)}") from error
    if not isinstance(content, bytes):
        kind = type(content).__name__
        raise PluginError(f"format {name!r} ({origin}) gives a value of the type {kind}, not bytes")
    return content


def refuse_same(target: Path, sources: Iterable[Path]) -> None:
    """Refuse to write over an input.

    Raises:
        OutputError: The target is one of the sources.
    """
    if any(same_file(target, source) for source in sources):
        raise OutputError(f"{target}: this is the input; choose another place to write to")


def refuse_folder(output: Path, name: str) -> None:
    """Refuse a folder where a file is asked for.

    Raises:
        OutputError: It is one; what a file of that name in it would be is named.
    """
    if output.is_dir():
        inside = output / name
        raise OutputError(f"{output}: this is a folder; expected a file, such as {inside}")


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that is there."""
    return one.exists() and other.exists() and one.samefile(other)
