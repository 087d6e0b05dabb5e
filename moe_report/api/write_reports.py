"""From a report to files: every format is rendered before the first is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moe_report.api.outputs import Outputs, Ways
from moe_report.api.places import refuse_same, reload_hint, same_file
from moe_report.errors import MoeReportError, OutputError, PluginError, cause
from moe_report.ooxml.guard import why_too_large
from moe_report.output import standing
from moe_report.output.content import Content, file_of, gathered
from moe_report.output.marks import is_as_written
from moe_report.renderers import Renderer, left_out_of, load_renderer, with_templates
from moe_report.renderers import renderers as installed_renderers
from moe_report.reports import Report

if TYPE_CHECKING:
    from moe_report.edit.update import Update


@dataclass(frozen=True)
class Written:
    """What was written, or would be.

    Attributes:
        paths: The files.
        notes: What is to be said of them.
        still_open: Which of them seem to be open in a program, and are to be loaded again there.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()


def write_reports(
    report: Report,
    output: Path,
    stem: str,
    formats: Iterable[str],
    templates: Sequence[Path],
    keep: Sequence[Path],
    ways: Ways,
    *,
    force: bool,
    also: Mapping[Path, bytes] | None = None,
    update: Update | None = None,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda what: None,
) -> Written:
    """Write a report in some formats, and other files with it.

    Behind the stem of the files' names come ``.report`` and the format's suffix. The files to keep
    are the inputs, which must not be overwritten; an older report to update is. A dry run works
    everything out, and writes nothing.
    """
    renderers, notes = _renderers(formats, templates)
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
    contents: dict[Path, Content] = {}
    for name, render in renderers.items():
        progress(f"rendering {name}")
        if update is not None and name == "xlsx":
            contents[paths[name]] = update.renewed(report)
        else:
            contents[paths[name]] = rendered(name, render, report)
        if said := left_out_of(render, report):
            notes.append(f"{paths[name]}: {said}")
    contents |= also
    outputs = Outputs(contents, ways, force, found, read, theirs)
    if dry_run:
        outputs.check()
    else:
        progress("writing")
        notes += outputs.write()
    notes += update.notes if update is not None else ()
    notes += _too_large(contents)
    hints = () if dry_run else tuple(filter(None, map(reload_hint, contents)))
    return Written(tuple(contents), tuple(notes), hints)


def _renderers(
    formats: Iterable[str], templates: Sequence[Path]
) -> tuple[dict[str, Renderer], list[str]]:
    """The renderers of formats, with the user's templates where they take such."""
    found = installed_renderers()
    renderers = {name: load_renderer(name, found) for name in dict.fromkeys(formats)}
    if not templates:
        return renderers, []
    own = {name: with_templates(render, templates) for name, render in renderers.items()}
    notes = [] if any(own.values()) else ["none of the formats works with --template-dir"]
    return {name: own[name] or render for name, render in renderers.items()}, notes


def _too_large(contents: Mapping[Path, Content]) -> list[str]:
    return [
        f"{path}: is too large to be read here again ({why}); keep the input, or make several "
        "reports of fewer models"
        for path, content in contents.items()
        if path.suffix.lower() in (".xlsx", ".xlsm") and (why := why_too_large(file_of(content)))
    ]


def rendered(name: str, render: Renderer, report: Report) -> Content:
    """Return a report in a format.

    Raises:
        PluginError: A renderer of somebody else fails.
    """
    plain = getattr(render, "func", render)
    origin = f"{plain.__module__}.{getattr(plain, '__name__', '?')}"
    try:
        content = render(report)
        if isinstance(content, Iterator):
            return gathered(content)
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
