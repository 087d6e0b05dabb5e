"""``moe_report.report``: what the command ``run`` does, for Python."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path

from moe_report.api import prepare
from moe_report.api.asked import Inputs, Look, Sections
from moe_report.api.reported import AnyPath, Report, paths_of, reported, several
from moe_report.errors import InputError, Problem, nearest
from moe_report.schema.registry import Registry


def report(
    source: AnyPath | Iterable[AnyPath],
    /,
    *sources: AnyPath,
    sheet: str | Iterable[str] = (),
    columns: Mapping[str, str | None] | None = None,
    metrics: AnyPath | Iterable[AnyPath] = (),
    only: str | Iterable[str] | None = (),
    skip: str | Iterable[str] | None = (),
    scenario: str | None = None,
    assumptions: Mapping[str, float | str] | None = None,
    title: str | None = None,
    intro: str | None = None,
    footer: str | None = None,
    logo: AnyPath | None = None,
    allow_dense: bool = False,
    with_transformers: bool = False,
    routing: AnyPath | Iterable[AnyPath] = (),
    **more_assumptions: float | str,
) -> Report:
    """Read models and compute every metric, as ``moe-report run`` does.

    Its errors have the sentences of the command; an option that one of them names, such as
    ``--set context_length=32k``, is the argument of that name, ``context_length="32k"``.

    Args:
        source: A workbook (``.xlsx``, ``.csv``, ``.tsv`` ...), a model's ``config.json``, a
            checkpoint folder, a ``.gguf`` file, or ``hf:owner/name``; or a list of such.
        *sources: Others; several are put together.
        sheet: Sheets to read; by default ``Models``, or the one that has models.
        columns: Which field a column is, by its header; None or empty if it is none.
        metrics: Python files whose metrics are sections, too.
        only: The sections to compute, by name; by default all that are installed.
        skip: Sections not to compute.
        scenario: The scenario of the sheet Assumptions to compute for.
        assumptions: Values of assumptions by name, and presets by their group.
        title: Heading of what is written.
        intro: Paragraphs under it.
        footer: Paragraphs at the end.
        logo: A picture above the heading of the page: png, jpeg, webp or svg.
        allow_dense: Take configs without experts, too.
        with_transformers: Build an unknown architecture with transformers, without weights.
        routing: Files of counts of the tokens that experts got, each perhaps with the model that
            it is of behind a colon: ``"counts.json:Mixtral-8x7B"``.
        **more_assumptions: The same by name: ``context_length=32768``, ``context_length="32k"``,
            and ``device="H100"`` where a section has such presets.

    Returns:
        The report; nothing is written before its method ``write`` is called.

    Raises:
        MoeReportError: An input was refused, or a name is not known: an ``InputError``, whose
            ``problems`` are all that was found, or a ``PluginError``.
    """
    from moe_report.edit.choices_before import with_choices_of

    sections = Sections(paths_of(metrics), several(only or ()), several(skip or ()))
    installed, computed = prepare.registries(sections)
    _refuse_unknown(more_assumptions, installed)
    if twice := [name for name in assumptions or () if name in more_assumptions]:
        raise InputError([Problem(f"assumption {name!r}", "it is given twice") for name in twice])
    inputs = Inputs(
        tuple(map(str, (*paths_of(source), *paths_of(sources)))),
        several(sheet),
        {header: name or "" for header, name in (columns or {}).items()},
        scenario,
        {**(assumptions or {}), **more_assumptions},
        allow_dense,
        with_transformers,
        tuple(map(str, paths_of(routing))),
    )
    used, said = _used(inputs, installed, computed)
    read = prepare.inspect(inputs, installed)
    if read.problems:
        raise InputError(read.problems)
    look = Look(title, intro, footer, None if logo is None else Path(logo))
    found = prepare.compute(read.table, inputs, used, computed, look)
    found, notes = with_choices_of(found, read.reports)
    return reported(found, inputs, (*said, *notes))


def _refuse_unknown(named: Mapping[str, object], installed: Registry) -> None:
    """Refuse names that are neither an argument nor an assumption."""
    arguments = [
        item.name
        for item in inspect.signature(report).parameters.values()
        if item.kind is item.KEYWORD_ONLY
    ]
    problems = [
        Problem(
            f"argument {name!r}",
            f"there is no such argument or assumption."
            f"{nearest(name, (*arguments, *installed.assumptions, *installed.presets))}",
        )
        for name in named
        if name not in installed.assumptions and name not in installed.presets
    ]
    if problems:
        raise InputError(problems)


def _used(
    inputs: Inputs, installed: Registry, computed: Registry
) -> tuple[prepare.Used, list[str]]:
    """What the chosen sections take of what was set, and what is to be said of the rest."""
    try:
        return prepare.used_assumptions(inputs.assumptions, installed, computed)
    except prepare.UnclearError as error:
        raise InputError([Problem(f"assumption {error.name!r}", error.why)]) from error
