"""What a report is written as: each renderer a function of a Report, found through entry points.

A renderer takes a :class:`~moe_report.reports.Report` and returns the bytes of one file, or gives
them piece by piece. The name of its entry point in the group ``moe_report.renderers`` is the file's
suffix and what ``--format`` takes. One that works with templates takes the folders of the user's as
``templates``. Everything is rendered before anything is written.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from moe_report.errors import PluginError, cause, nearest
from moe_report.reports import Report
from moe_report.text import shown

GROUP = "moe_report.renderers"
Rendered: TypeAlias = bytes | Iterator[bytes]
Renderer: TypeAlias = Callable[[Report], Rendered]
_R = TypeVar("_R", bound=Callable[..., Rendered])


def renderers() -> dict[str, importlib.metadata.EntryPoint]:
    """Return the installed renderers by name, ours first, unloaded.

    Raises:
        PluginError: Two renderers have one name.
    """
    points = sorted(
        importlib.metadata.entry_points(group=GROUP),
        key=lambda point: (not point.module.startswith("moe_report."), point.name),
    )
    found: dict[str, importlib.metadata.EntryPoint] = {}
    for point in points:
        if point.name in found:
            raise PluginError(
                f"two renderers are named {point.name!r}: {found[point.name].value} "
                f"and {point.value}"
            )
        found[point.name] = point
    return found


def load_renderer(name: str, found: Mapping[str, importlib.metadata.EntryPoint]) -> Renderer:
    """Return the renderer of a name, among those found.

    Raises:
        PluginError: There is none, or it cannot be loaded.
    """
    if name not in found:
        raise PluginError(
            f"there is no format {shown(name)}; installed are {', '.join(found)}."
            f"{nearest(name, found)}"
        )
    try:
        return cast(Renderer, found[name].load())
    except (Exception, SystemExit) as error:  # whatever somebody's module raises
        raise PluginError(
            f"format {name!r} ({found[name].value}) cannot be loaded: {cause(error)}"
        ) from error


_LEFT_OUT = "left_out"


def saying(left_out: Callable[[Report], str]) -> Callable[[_R], _R]:
    """Let a renderer say, in a sentence or nothing, what of a report its files do not have."""

    def said(render: _R) -> _R:
        setattr(render, _LEFT_OUT, left_out)
        return render

    return said


def left_out_of(render: Renderer, report: Report) -> str:
    """Return what of a report the files of a renderer do not have; empty if they have all."""
    said = getattr(getattr(render, "func", render), _LEFT_OUT, None)
    return said(report) if said else ""


def with_templates(render: Callable[..., Rendered], templates: Sequence[Path]) -> Renderer | None:
    """Return a renderer that uses the user's templates, or None if it works without any."""
    if "templates" not in inspect.signature(render).parameters:
        return None
    return partial(render, templates=tuple(templates))
