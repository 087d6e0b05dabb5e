"""From an .xlsx file to a ModelTable, behind a guard; all problems are reported, not the first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from moe_report.errors import InputError, NoCountsError, Problem, first_of, nearest
from moe_report.input import read_file
from moe_report.load import other_workbook, text_table
from moe_report.load.assumptions_sheet import read_assumptions
from moe_report.load.collected import Collected
from moe_report.load.columns import Columns
from moe_report.load.decisions import Decisions, read_decisions
from moe_report.load.grid import Grid, sheet_named
from moe_report.load.layout import Layout, find_layout
from moe_report.load.models_sheet import Places, read_models
from moe_report.load.other_workbook import read_other
from moe_report.load.our_sheets import (
    ASSUMPTIONS_SHEET,
    COLUMNS_SHEET,
    OUR_SHEETS,
    PRESETS_SHEET,
    REPORT_PROPERTY,
    REPORT_SHEET,
    ROUTING_SHEET,
    SHEET,
)
from moe_report.load.presets_sheet import is_sheet_of_presets
from moe_report.load.report_sheet import read_settings
from moe_report.load.routing_of_models import routing_of
from moe_report.load.routing_table import counts_of_grid
from moe_report.load.sheets import Sheets
from moe_report.load.text_table import read_text
from moe_report.load.xlsx_sheets import XlsxSheets
from moe_report.ooxml.guard import MAX_FILE, check_package
from moe_report.ooxml.package import Package
from moe_report.routing.counts import Counts
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Source
from moe_report.text import shown, shown_name


@dataclass(frozen=True)
class WorkbookFile:
    """A workbook that was read from the disk and has passed the guard."""

    path: Path
    data: bytes = field(repr=False)
    package: Package

    @property
    def is_report(self) -> bool:
        """Whether it is a report of ours."""
        links = self.package.relationships("")
        custom = (item.target for item in links if item.type.endswith("/custom-properties"))
        part = next(custom, "")
        try:
            return part in self.package and any(
                item.get("name") == REPORT_PROPERTY for item in self.package.root(part)
            )
        except InputError:
            return False


@dataclass(frozen=True)
class OtherFile:
    """A file of sheets that is no .xlsx, as it was read from the disk."""

    path: Path
    data: bytes = field(repr=False)


TableFile = WorkbookFile | OtherFile


def sheets_of(file: TableFile) -> Sheets:
    """Return the sheets of a file.

    Raises:
        InputError: They cannot be read.
    """
    if isinstance(file, WorkbookFile):
        return XlsxSheets(file.package, is_report=file.is_report)
    read = read_text if file.path.suffix.lower() in text_table.SUFFIXES else read_other
    return read(file.path, file.data)


@dataclass(frozen=True)
class Read:
    """What was read: the table, and the problems that keep it from being used.

    Attributes:
        table: The rows without the cells that have problems.
        problems: Everything that is wrong.
        places: Where the sheet has what; None if it has no header, is no sheet, or has its models
            in columns.
        file: The workbook that was read; None if it was none, or several.
        reports: The workbooks that were read and are reports.
        columns: What the columns of the sheets that were read are, by file and sheet.
    """

    table: ModelTable
    problems: tuple[Problem, ...]
    places: Places | None = None
    file: WorkbookFile | None = None
    reports: tuple[WorkbookFile, ...] = ()
    columns: Mapping[tuple[str, str], Columns] = field(default_factory=dict)


def read_workbook(path: Path, registry: Registry) -> ModelTable:
    """Return the models of an .xlsx or .xlsm file, which may type metrics of the registry.

    Raises:
        InputError: With every problem found, each with file, sheet, cell, found and expected.
    """
    read = inspect_workbook(open_workbook(path), registry)
    if read.problems:
        raise InputError(read.problems)
    return read.table


def inspect_workbook(
    file: TableFile,
    registry: Registry,
    *,
    sheet: str | None = None,
    decisions: Decisions | None = None,
    beside: Sequence[str] = (),
) -> Read:
    """Return the models of a workbook together with the problems.

    The sheet is by default ``Models``, else the only one that has models. It may type metrics of
    the registry in place of having them computed. What a column is follows from its header, unless
    the decisions or the workbook's sheet Columns say it. Sheets that are read ``beside`` this one
    are not said to be left out.

    Raises:
        InputError: The file, or the sheet as a whole, cannot be read at all.
    """
    return _Workbook(file, registry, decisions or Decisions(), beside).read(sheet)


class _Workbook:
    def __init__(
        self, file: TableFile, registry: Registry, decisions: Decisions, beside: Sequence[str]
    ) -> None:
        self.beside = tuple(beside)
        self.file = file
        self.sheets = sheets_of(file)
        self.registry = registry
        self.headers = registry.headers
        self.collected = Collected(shown_name(file.path.name))
        self.decisions = decisions
        self.names = tuple(self.sheets.names)

    def read(self, wanted: str | None) -> Read:
        name, layout = self._choose(wanted)
        if self.sheets.is_hidden(name):
            text = f"the sheet {name!r} that was read is hidden"
            self.collected.notice("hidden-sheet", text)
        written = read_decisions(self._other(COLUMNS_SHEET, name), self.headers)
        sheet = read_models(
            layout.grid if layout else self._grid(name),
            self.headers,
            replace(self.decisions, written=written),
            recalculated=self.sheets.recalculated,
            layout=layout,
        )
        if idle := written.keys() - self.decisions.used:
            listed = first_of([*map(shown, sorted(idle))])
            text = f"the sheet {COLUMNS_SHEET} names {listed}, which no column is headed"
            self.collected.notice("idle-decision", text)
        groups = self.registry.presets.values()
        there = [self._other(one, name) for one in {group.sheet for group in groups} - {""}]
        there += [self._other(PRESETS_SHEET, name)] if groups else []
        presets = [one for one in there if one is not None and is_sheet_of_presets(one)]
        assumptions, scenarios = read_assumptions(
            self._other(ASSUMPTIONS_SHEET, name), self.registry, presets
        )
        settings = read_settings(self._other(REPORT_SHEET, name), self.file.path.parent)
        routing = self._routing(name, [row.name for row in sheet.rows])
        self._tell_other_sheets(name, *(one.sheet for one in presets))
        shown_name = self.collected.file
        source = Source(shown_name, hashlib.sha256(self.file.data).hexdigest(), name)
        notices = tuple(self.collected.notices)
        table = ModelTable(
            sheet.rows, source, assumptions, notices, settings, scenarios, sheet.unclear, routing
        )
        columns = {(shown_name, name): sheet.columns} if sheet.columns else {}
        problems = tuple(self.collected.problems)
        file = self.file if isinstance(self.file, WorkbookFile) else None
        return Read(table, problems, sheet.places, file, columns=columns)

    def _routing(self, but: str, models: Sequence[str]) -> Mapping[str, Counts]:
        """What the sheet Routing says of the models."""
        grid = self._other(ROUTING_SHEET, but)
        if grid is None:
            return {}
        where = f"{self.collected.file}, sheet {grid.sheet}"
        ours = {one.label for one in self.registry.layers.values()} if self.sheets.is_report else ()
        try:
            found, notices = routing_of(counts_of_grid(grid, where, ours), models, where)
        except NoCountsError as error:
            if self.sheets.is_report:
                self.collected.problems.extend(error.problems)
                return {}
            found, notices = {}, []
            text = f"the sheet {grid.sheet!r} has no counts of tokens and is not read"
            self.collected.notice("no-counts", text)
        except InputError as error:
            self.collected.problems.extend(error.problems)
            return {}
        self.collected.notices.extend(notices)
        return found

    @property
    def _our_sheets(self) -> tuple[str, ...]:
        return (*OUR_SHEETS, PRESETS_SHEET) if self.registry.presets else OUR_SHEETS

    def _grid(self, sheet: str) -> Grid:
        return self.sheets.grid(sheet, self.collected)

    def _other(self, sheet: str, but: str) -> Grid | None:
        there = sheet_named(sheet, self.names)
        return None if there in (None, but) else self._grid(there)

    def _choose(self, wanted: str | None) -> tuple[str, Layout | None]:
        """The sheet to read, with its layout if that was looked for."""
        found = first_of([*map(shown, self.names)])
        file = self.file.path.name
        if wanted is not None:
            if named := sheet_named(wanted, self.names):
                return named, None
            message = (
                f"there is no sheet {shown(wanted)}; found {found}.{nearest(wanted, self.names)}"
            )
            raise InputError([Problem(file, message)])
        if named := sheet_named(SHEET, self.names):
            return named, None
        visible = [name for name in self.names if not self.sheets.is_hidden(name)]
        for only in (self.names, visible):
            if len(only) == 1:
                return str(only[0]), None
        layouts = {
            name: layout
            for name in visible
            if sheet_named(name, self._our_sheets) is None
            and (layout := find_layout(self._grid(name), self.headers)) is not None
        }
        best = max((layout.score for layout in layouts.values()), default=0)
        chosen = [name for name, layout in layouts.items() if layout.score == best]
        if len(chosen) == 1:
            text = f"the models were found in the sheet {chosen[0]!r}"
            self.collected.notice("found-sheet", text)
            return chosen[0], layouts[chosen[0]]
        message = f"there is no sheet {SHEET!r}; found {found}. Name one with --sheet."
        if chosen:
            named = first_of([*map(shown, chosen)], between=" and ")
            message = f"the sheets {named} have models alike; name one, or several, with --sheet"
        raise InputError([Problem(file, message)])

    def _tell_other_sheets(self, read: str, *presets: str) -> None:
        ours = (read, *presets, *self.beside, *self._our_sheets)
        others = [name for name in self.names if sheet_named(name, ours) is None]
        if self.sheets.is_report:
            return
        left = list(self.sheets.left_behind(read))
        if others:
            named = first_of([*map(shown, others)])
            left.insert(0, f"the sheet{'s' * (len(others) > 1)} {named}")
        if left:
            self.collected.notice("left-behind", f"not taken along: {'; '.join(left)}")


def open_table(path: Path) -> TableFile:
    """Return a file of sheets: an .xlsx workbook, or one of another format, by its name's ending.

    Raises:
        InputError: It cannot be read, or is no workbook that an honest program writes.
    """
    if path.suffix.lower() in text_table.SUFFIXES | other_workbook.SUFFIXES:
        return OtherFile(path, read_bytes(path))
    return open_workbook(path)


def open_workbook(path: Path) -> WorkbookFile:
    """Return a workbook's file, read and guarded.

    Raises:
        InputError: It cannot be read, or is no workbook that an honest program writes.
    """
    return guarded(path, read_bytes(path))


def guarded(path: Path, data: bytes) -> WorkbookFile:
    """Return bytes as the workbook that they are, or will be, at a path.

    Raises:
        InputError: They are no workbook that an honest program writes.
    """
    return WorkbookFile(path, data, check_package(data, path.name))


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        InputError: It is not there, is a folder, or cannot be read.
    """
    try:
        return read_file(path, MAX_FILE)
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        if isinstance(error, FileNotFoundError):
            siblings = [item.name for item in path.parent.glob("*")] if path.parent.is_dir() else []
            message = f"there is no such file.{nearest(path.name, siblings)}"
        elif isinstance(error, IsADirectoryError):
            message = "found a folder, expected a workbook"
        raise InputError([Problem(str(path), message)]) from error
