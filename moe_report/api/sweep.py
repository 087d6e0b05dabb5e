"""A sweep from its plan's file to what it has found, and to the files that say so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from moe_report.api import prepare
from moe_report.api.asked import FORMATS, Look, Sections
from moe_report.api.fit_models import models_of
from moe_report.api.outputs import Ways
from moe_report.api.places import refuse_file
from moe_report.api.write_reports import Written, write_reports
from moe_report.compute.scenarios import scenario_named
from moe_report.errors import InputError, OutputError, Problem, nearest
from moe_report.importers.model import HUB
from moe_report.load.collected import Collected
from moe_report.load.grid import sheet_named
from moe_report.load.models_checks import out_of_bounds
from moe_report.load.our_sheets import SWEEP_SHEET
from moe_report.load.workbook import inspect_workbook, open_table, read_bytes, sheets_of
from moe_report.renderers import load_renderer, renderers
from moe_report.reports import Report
from moe_report.schema.fields import numbers_of
from moe_report.schema.headers.headers import Headers
from moe_report.schema.registry import Registry
from moe_report.sweeps.make_plan import Sweep, make_plan
from moe_report.sweeps.parquet import is_ours, write_parquet
from moe_report.sweeps.read_plan import read_sheet, read_toml
from moe_report.sweeps.report import axes_of, report_of
from moe_report.sweeps.run import Found
from moe_report.sweeps.said import Said
from moe_report.sweeps.spool import Spool
from moe_report.table import Given, ModelTable, Row, Source
from moe_report.text import is_text, shown


@dataclass(frozen=True)
class AskedSweep:
    """What was asked of a sweep, beside its plan.

    Attributes:
        path: The plan's file.
        assumptions: Assumptions and presets that win over the plan's, as they are written.
        scenario: Of the plan's workbook.
        best: How many of the best by the first objective are reported beside the front.
    """

    path: Path
    assumptions: Mapping[str, float | str]
    scenario: str | None = None
    best: int = 20


def read_sweep(asked: AskedSweep, sections: Sections) -> Sweep:
    """Return the sweep that a plan's file says.

    Raises:
        InputError: With all that is wrong with it.
        UnclearError: An assumption is set to what is no number.
    """
    installed, computed = prepare.registries(sections)
    computed = computed.with_counts(there=False)
    if asked.path.suffix.lower() == ".toml":
        said = read_toml(asked.path, read_bytes(asked.path))
        said, rows = _base_of(said, asked.path, installed, asked.scenario)
    else:
        said, rows = _of_workbook(asked.path, installed)
    base = _chosen(said, rows)
    used, notes = prepare.used_assumptions(
        {**said.assumptions, **asked.assumptions}, installed, computed
    )
    scenario = scenario_named(rows, asked.scenario)
    sweep = make_plan(
        said, base, rows, computed, used.assumptions, used.presets, scenario, asked.best
    )
    sources = [asked.path]
    if isinstance(said.base, str):
        sources += [path for path in (asked.path.parent / said.base,) if path.is_file()]
    notes = [*map(str, rows.warnings), *notes, *sweep.notes]
    return replace(sweep, notes=tuple(notes), sources=tuple(sources))


@dataclass(frozen=True)
class Outcome:
    """Where what a sweep has found goes.

    Attributes:
        sweep: What is swept.
        plan: The plan's file.
        folder: Where to.
        formats: Of the report.
        most: How many designs of the front the report has.
        keep_all: Whether all that pass are written as Parquet.
        x: What the chart has from left to right; None for an objective.
        y: What it has upwards.
    """

    sweep: Sweep
    plan: Path
    folder: Path
    formats: tuple[str, ...] = FORMATS
    most: int = 500
    keep_all: bool = True
    x: str | None = None
    y: str | None = None

    @property
    def state(self) -> Path:
        """The folder that keeps what is found until all is done."""
        return self.folder / f"{self.plan.stem}.sweep-state"

    @property
    def parquet(self) -> Path:
        """The file of all designs that pass."""
        return self.folder / f"{self.plan.stem}.parquet"

    def check(self, force: bool) -> None:
        """Refuse, before anything is counted, what could not be written.

        Raises:
            InputError: The chart is to have what is no number.
            OutputError: A file of somebody's is in the way; or the folder is no folder.
            PluginError: There is no such format.
        """
        found = renderers()
        refuse_file(self.folder, found, choosing=True)
        for name in self.formats:
            load_renderer(name, found)
        known = (*self.sweep.registry.metrics, *numbers_of(self.sweep.registry.fields))
        problems = [
            Problem(
                f"--{axis}", f"there is no field or metric {shown(name)}.{nearest(name, known)}"
            )
            for axis, name in (("x", self.x), ("y", self.y))
            if name is not None and name not in known
        ]
        if problems:
            raise InputError(problems)
        kept = self.keep_all and self.parquet.exists() and not force
        if kept and not is_ours(self.parquet):
            raise OutputError(
                f"{self.parquet}: was not written by moe-report, and stays; --force overwrites it"
            )


def write_sweep(
    outcome: Outcome, spool: Spool, found: Found, look: Look, ways: Ways, *, force: bool
) -> tuple[Report, Written]:
    """Write the report of what a sweep has found and, if asked for, all that passed.

    Raises:
        OutputError: They cannot be written, or what stands there must not be lost.
    """
    sweep = outcome.sweep
    report = report_of(
        sweep,
        found,
        axes_of(sweep, outcome.x, outcome.y),
        outcome.most,
        f"Sweep of {sweep.base.name}",
        prepare.branding_for(look, sweep.table.settings),
    )
    fresh = spool.folder / f"{outcome.parquet.name}.part"
    if outcome.keep_all:
        write_parquet(fresh, sweep.plan, spool, found)
    written = write_reports(
        report,
        outcome.folder,
        outcome.plan.stem,
        outcome.formats,
        look.template_dirs,
        sweep.sources,
        ways,
        force=force,
    )
    if outcome.keep_all:
        os.replace(fresh, outcome.parquet)
        written = replace(written, paths=(*written.paths, outcome.parquet))
    elif outcome.parquet.exists():
        note = f"{outcome.parquet}: is of an earlier sweep, and stays"
        written = replace(written, notes=(*written.notes, note))
    return report, written


def _of_workbook(path: Path, registry: Registry) -> tuple[Said, ModelTable]:
    file = open_table(path)
    sheets = sheets_of(file)
    name = sheet_named(SWEEP_SHEET, sheets.names)
    if name is None:
        hint = nearest(SWEEP_SHEET, sheets.names)
        way = "`moe-report init --sweep` writes a workbook with one"
        raise InputError([Problem(path.name, f"there is no sheet {SWEEP_SHEET!r}.{hint} {way}")])
    collected = Collected(path.name)
    said = read_sheet(sheets.grid(name, collected), path.name)
    read = inspect_workbook(file, registry, beside=(name,))
    return replace(said, problems=(*said.problems, *read.problems)), read.table


def _base_of(
    said: Said, path: Path, registry: Registry, scenario: str | None
) -> tuple[Said, ModelTable]:
    """The models that a .toml file has as its base; a file's path starts from its folder."""
    if isinstance(said.base, str):
        beside = path.parent / said.base
        source = said.base if said.base.startswith(HUB) or not beside.exists() else str(beside)
        return said, models_of([source], [], registry, scenario).table
    assert said.base is not None
    fields = {name: one for name, one in registry.fields.items() if one.kind != "text"}
    known = (*fields, *registry.metrics)
    numbers: dict[str, Given] = {}
    catalogue = Headers(registry.metrics, registry.assumptions).catalogue
    problems: list[Problem] = []
    title = said.base.get("name", "base")
    if not is_text(title) or not str(title).strip():
        message = f"found {shown(title)}, expected a name without control characters"
        problems.append(Problem(f"{said.where}, base.name", message))
    for name, value in said.base.items():
        where = f"{said.where}, base.{name}"
        if name == "name":
            continue
        if name not in known:
            hint = nearest(name, known)
            problems.append(Problem(where, f"there is no field or metric {shown(name)}.{hint}"))
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            problems.append(Problem(where, f"found {shown(value)}, expected a number"))
        elif expected := out_of_bounds(catalogue[name], float(value), headed=False):
            problems.append(Problem(where, f"found {value:,g}, expected {expected}"))
        else:
            numbers[name] = Given(float(value))
    row = Row(str(title).strip(), numbers=numbers)
    table = ModelTable((row,), Source(said.where))
    return replace(said, problems=(*said.problems, *problems)), table


def _chosen(said: Said, table: ModelTable) -> Row:
    """The model that the plan is about."""
    names = [row.name for row in table.rows]
    lines = said.of("model")
    if len(lines) > 1:
        raise InputError([line.problem("name", "expected one model") for line in lines[1:]])
    if lines:
        (line,) = lines
        for row in table.rows:
            if row.name.casefold() == line.name.casefold():
                return row
        message = f"there is no model {shown(line.name)}.{nearest(line.name, names)}"
        raise InputError([line.problem("name", message)])
    if len(names) != 1:
        way = "name the one to start from: model"
        found = f"there are {len(names)} models; {way}" if names else "there is no model"
        raise InputError([*said.problems, Problem(said.where, found)])
    return table.rows[0]
