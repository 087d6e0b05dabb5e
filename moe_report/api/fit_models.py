"""The models of a question: files, models of the Hub and workbooks, and shipped examples by name.

A workbook takes long to open; where there is none, what reads them is not loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moe_report.compute.scenarios import scenario_named
from moe_report.errors import InputError, Problem, first_of, nearest
from moe_report.importers.model import HUB, Options, import_model, is_model
from moe_report.load.examples import example_models, example_names
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Row, Source

if TYPE_CHECKING:
    from moe_report.load.workbook import Read, WorkbookFile


@dataclass(frozen=True)
class Asked:
    """The models of a question.

    Attributes:
        table: They, and what their workbooks say beside.
        scenario: The one that holds.
        problems: What is wrong with the sources that cannot be read, if others can.
        reports: The workbooks among the sources that are reports.
    """

    table: ModelTable
    scenario: str
    problems: tuple[Problem, ...]
    reports: tuple[WorkbookFile, ...]


def models_of(
    sources: Sequence[str], names: Sequence[str], registry: Registry, scenario: str | None
) -> Asked:
    """Return the models of all sources, or those of some names.

    Raises:
        InputError: No source can be read; or there is no model of a name.
    """
    rows: list[Row] = []
    workbooks: list[str] = []
    reports: tuple[WorkbookFile, ...] = ()
    problems: list[Problem] = []
    for source in dict.fromkeys(sources):
        try:
            if row := _at_hand(source, registry):
                rows.append(row)
            else:
                workbooks.append(source)
        except InputError as error:
            problems += error.problems
    table = ModelTable((), Source(first_of([row.name for row in rows])))
    read = _read_together(workbooks, registry, problems) if workbooks else None
    table = read.table if read else table
    if problems and not rows and not table.rows:
        raise InputError(problems)
    table = replace(table, rows=_chosen((*rows, *table.rows), names, problems))
    reports = read.reports if read else ()
    return Asked(table, scenario_named(table, scenario), tuple(problems), reports)


def _read_together(
    workbooks: Sequence[str], registry: Registry, problems: list[Problem]
) -> Read | None:
    """The models of all workbooks that can be read; None if none can. Adds to the problems."""
    from moe_report.load.inputs import inspect_inputs

    read = inspect_inputs(workbooks, registry)
    if not read.problems:
        return read
    alone = {one: inspect_inputs([one], registry).problems for one in workbooks}
    good = [one for one in workbooks if not alone[one]]
    if len(good) == len(workbooks):  # it is only together that they cannot be
        raise InputError(read.problems)
    problems += [problem for found in alone.values() for problem in found]
    return _read_together(good, registry, problems) if good else None


def _at_hand(source: str, registry: Registry) -> Row | None:
    """The row of a model's own files or of an example; None for a workbook."""
    if not os.path.exists(source) and not source.startswith(HUB):
        by_bare = {_bare(name): name for name in example_names()}
        if name := by_bare.get(_bare(source)):
            return next(row for row in example_models(registry) if row.name == name)
        if not is_model(source) and "." not in os.path.basename(source):
            message = "is no file here, and no shipped example"
            raise InputError([Problem(source, f"{message}.{nearest(source, example_names())}")])
    if not is_model(source):
        return None
    options = Options(fields=tuple(registry.own_fields.values()))
    return import_model(source, options, registry)


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _chosen(
    rows: tuple[Row, ...], names: Sequence[str], unread: Sequence[Problem]
) -> tuple[Row, ...]:
    known = [row.name for row in rows]
    problems = [
        Problem("--model", f"there is no model {name!r}.{nearest(name, known)}")
        for name in names
        if _bare(name) not in map(_bare, known)
    ]
    problems += [
        Problem(name, "is there twice: two models of one name")
        for name in dict.fromkeys(known)
        if known.count(name) > 1
    ]
    if not known:
        problems.append(Problem("", "there is no model in it"))
    if problems:
        raise InputError([*unread, *problems])
    wanted = set(map(_bare, names))
    return tuple(row for row in rows if not names or _bare(row.name) in wanted)
