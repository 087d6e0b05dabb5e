"""Whatever a user gives to one table: workbooks, configs, checkpoints, models of the Hub."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from moe_report.branding import Setting
from moe_report.errors import InputError, Notice, Problem, first_of
from moe_report.importers.model import HUB, Options, import_model, is_model
from moe_report.load.columns import Columns
from moe_report.load.decisions import Decisions
from moe_report.load.our_sheets import PRESETS_SHEET
from moe_report.load.routing_file import routing_of_files
from moe_report.load.workbook import Read, WorkbookFile, inspect_workbook, open_table
from moe_report.schema.presets import NO_PRESET, merged_changes
from moe_report.schema.registry import Registry
from moe_report.table import BASE, Given, ModelTable, Scenarios, Source
from moe_report.text import shown, shown_name

Said = TypeVar("Said")


def inspect_inputs(
    sources: Sequence[str],
    registry: Registry,
    *,
    sheets: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    options: Options | None = None,
    opened: Mapping[str, WorkbookFile] | None = None,
    routing: Sequence[str] = (),
) -> Read:
    """Return one table of all sources, in their order, with the problems that keep it from use.

    Sources are workbooks, of which some may be opened already, ``config.json`` files, checkpoint
    folders, ``.gguf`` files, and ``hf:owner/name``. Of a workbook, several sheets may be read. What
    was said of columns, by their headers, wins over what their headers say. Counts of tokens win
    over those that a workbook has.
    """
    decisions = Decisions.of_options(columns or {}, registry.headers)
    options = replace(options or Options(), fields=tuple(registry.own_fields.values()))
    found: dict[tuple[str, str], Columns] = {}
    tables: list[ModelTable] = []
    problems: list[Problem] = []
    files: list[WorkbookFile] = []
    for source in sources:
        try:
            if is_model(source):
                row = import_model(source, options, registry)
                tables.append(ModelTable((row,), _source(source)))
                continue
            file = (opened or {}).get(source) or open_table(Path(source))
            if isinstance(file, WorkbookFile):
                files.append(file)
            for sheet in sheets or (None,):
                read = inspect_workbook(
                    file, registry, sheet=sheet, decisions=decisions, beside=sheets
                )
                tables.append(read.table)
                problems.extend(read.problems)
                found.update(read.columns)
        except InputError as error:
            problems.extend(error.problems)
    headers = [one.header for columns in found.values() for one in columns.all]
    if found or not problems:
        problems.extend(decisions.unused(headers))
    only = files[0] if len(files) == 1 else None
    reports = tuple(file for file in files if file.is_report)
    if len(tables) == 1 and len(sources) == 1:
        (table,) = tables
    else:
        problems.extend(_twice(tables))
        if sum(bool(table.source.sheet) for table in tables) > 1:
            tables = [_with_file(table) for table in tables]
        table = _merged(tables)
    if routing and table.rows:
        try:
            counts, notices = routing_of_files(routing, [row.name for row in table.rows])
        except InputError as error:
            problems.extend(error.problems)
        else:
            text = "its counts of {} are used, not those of the sheet Routing"
            twice = [
                Notice("contradiction", one.where, text.format(shown(name)))
                for name, one in counts.items()
                if name in table.routing
            ]
            told = (*table.warnings, *notices, *twice)
            table = replace(table, routing={**table.routing, **counts}, warnings=told)
    return Read(table, tuple(problems), file=only, reports=reports, columns=found)


def stem_of(sources: Sequence[str]) -> str:
    """Return what the report's files are called: as the input if there is one, else ``models``."""
    if len(sources) > 1:
        return "models"
    source = sources[0]
    path = Path(source)
    if source.startswith(HUB):
        stem = source.removeprefix(HUB).partition("@")[0].rsplit("/", 1)[-1]
    elif path.is_dir():
        stem = path.resolve().name
    elif path.name.lower() == "config.json":
        stem = path.resolve().parent.name
    else:
        stem = path.stem.removesuffix(".report")
    return stem or "models"


def _source(source: str) -> Source:
    path = Path(source)
    if source.startswith(HUB):
        return Source(source)
    if (path / "config.json").is_file():
        path = path / "config.json"
    digest = ""
    if path.suffix == ".json" and path.is_file():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.name
    if name.lower() == "config.json":  # a name that says little without its folder's
        name = "/".join(filter(None, (path.resolve().parent.name, name)))
    return Source(shown_name(name), digest)


def _with_file(table: ModelTable) -> ModelTable:
    """The table with every place in it naming the file too, which is one of several."""

    def named(place: str) -> str:
        return f"{table.source.name}, {place}" if place and table.source.sheet else place

    def placed(numbers: Mapping[str, Given]) -> dict[str, Given]:
        return {key: replace(item, place=named(item.place)) for key, item in numbers.items()}

    rows = tuple(
        replace(row, place=named(row.place), numbers=placed(row.numbers)) for row in table.rows
    )
    scenarios = replace(
        table.scenarios,
        values={name: placed(own) for name, own in table.scenarios.values.items()},
        fixed=placed(table.scenarios.fixed),
    )
    unclear = tuple(replace(item, place=named(item.place)) for item in table.unclear)
    return replace(
        table,
        rows=rows,
        assumptions=placed(table.assumptions),
        scenarios=scenarios,
        unclear=unclear,
    )


def _twice(tables: Sequence[ModelTable]) -> list[Problem]:
    first: dict[str, str] = {}
    found = []
    for table in tables:
        for row in table.rows:
            place = f"{table.source.name}, {row.place}" if table.source.sheet else row.place
            if row.name in first:
                message = (
                    f"is a second model named {shown(row.name)}; the first is in {first[row.name]}"
                )
                found.append(Problem(place, message))
            first.setdefault(row.name, place)
    return found


def _merged(tables: Sequence[ModelTable]) -> ModelTable:
    rows = tuple(row for table in tables for row in table.rows)
    assumptions = _first_wins(table.assumptions for table in tables)
    notices = [notice for table in tables for notice in table.warnings]
    notices.extend(_contradictions(tables))
    names = first_of([*dict.fromkeys(table.source.name for table in tables)])
    settings: dict[str, Setting] = {}
    for table in tables:
        for key, setting in table.settings.items():
            used = settings.setdefault(key, setting)
            if used.text != setting.text:
                text = f"the {key} used is that in {used.where}"
                notices.append(Notice("contradiction", setting.where, text))
    scenarios = next((one.scenarios for one in tables if one.scenarios.values), Scenarios())
    for table in tables:
        if table.scenarios.values and table.scenarios is not scenarios:
            text = "its scenarios are not used, but those of the workbook before"
            notices.append(Notice("skipped-scenarios", table.source.name, text))
    fixed = _first_wins(table.scenarios.fixed for table in tables)
    base = _first_wins(table.scenarios.presets.get(BASE, {}) for table in tables)
    presets = {**scenarios.presets, BASE: base} if base else scenarios.presets
    changes = merged_changes(*(table.scenarios.changes for table in tables))
    for table in tables:
        for group, own in table.scenarios.changes.items():
            for name, change in own.items():
                if change != changes[group][name]:
                    text = f"what it says of {name or NO_PRESET} on the sheet {PRESETS_SHEET} is "
                    text += "not used, but what a workbook before says"
                    notices.append(Notice("contradiction", table.source.name, text))
    scenarios = replace(scenarios, fixed=fixed, presets=presets, changes=changes)
    unclear = tuple(item for table in tables for item in table.unclear)
    return ModelTable(
        rows,
        Source(names),
        assumptions,
        tuple(dict.fromkeys(notices)),
        settings,
        scenarios,
        unclear,
        _first_wins(table.routing for table in tables),
    )


def _first_wins(said: Iterable[Mapping[str, Said]]) -> dict[str, Said]:
    return dict(ChainMap(*map(dict, said)))


def _contradictions(tables: Sequence[ModelTable]) -> Iterator[Notice]:
    """A notice for each assumption or preset that workbooks do not agree on; the first wins."""
    said = [(table.source, _said_for_all(table)) for table in tables]
    for name, value in _first_wins(values for _, values in said).items():
        first = next(source.name for source, values in said if name in values)
        for source, values in said:
            other = values.get(name)
            if other == value or not source.sheet:
                continue
            text = f"{name} is as in {first}, {_spelled(value)}"
            if other is not None:
                text = f"{name} is {_spelled(other)} here and {_spelled(value)} in {first}, which"
                text += " is used"
            yield Notice("contradiction", source.name, text)


def _said_for_all(table: ModelTable) -> dict[str, float | str]:
    """The assumptions and the presets that an input sets, whatever the scenario."""
    numbers = {name: given.value for name, given in table.assumptions.items()}
    return {**numbers, **table.scenarios.presets.get(BASE, {})}


def _spelled(value: float | str) -> str:
    return value or "none" if isinstance(value, str) else f"{value:g}"
