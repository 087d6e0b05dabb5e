"""From an .xlsx file to a ModelTable, behind a guard; all problems are reported, not the first."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.assumptions_sheet import read_assumptions
from moe_report.load.collected import Collected
from moe_report.load.grid import Grid, read_grid, sheet_named, unreadable
from moe_report.load.models_sheet import Places, read_models
from moe_report.load.our_sheets import ASSUMPTIONS_SHEET, REPORT_PROPERTY, REPORT_SHEET, SHEET
from moe_report.load.report_sheet import read_settings
from moe_report.ooxml.calculation import asks_to_recalculate
from moe_report.ooxml.guard import MAX_FILE, check_package
from moe_report.ooxml.package import Package, parse
from moe_report.schema.headers import Headers
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Source


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
                item.get("name") == REPORT_PROPERTY for item in parse(self.package[part])
            )
        except etree.XMLSyntaxError:
            return False


@dataclass(frozen=True)
class Read:
    """What was read: the table, and the problems that keep it from being used.

    Attributes:
        table: The rows without the cells that have problems.
        problems: Everything that is wrong.
        places: Where the sheet has what; None if it has no header, or is no sheet.
        file: The workbook that was read; None if it was none, or several.
    """

    table: ModelTable
    problems: tuple[Problem, ...]
    places: Places | None = None
    file: WorkbookFile | None = None


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
    file: WorkbookFile, registry: Registry, *, sheet: str | None = None, allow_unknown: bool = False
) -> Read:
    """Return the models of a workbook together with the problems.

    The sheet is by default ``Models``, else the only visible one. It may type metrics of the
    registry in place of having them computed; unknown columns are refused, or carried if allowed.

    Raises:
        InputError: The file, or the sheet as a whole, cannot be read at all.
    """
    path, package = file.path, file.package
    book = _load(file.data, path.name)
    name = _choose_sheet(book, package, path.name, sheet)
    shown_name = path.name.encode("utf-8", "replace").decode()  # a name need not be valid UTF-8
    source = Source(shown_name, hashlib.sha256(file.data).hexdigest(), name)
    collected, own_report = Collected(shown_name), file.is_report

    def grid_of(sheet: str) -> Grid:
        return read_grid(book, package, sheet, collected, own_report)

    def other(sheet: str) -> Grid | None:
        there = sheet_named(sheet, package.sheets())
        return None if there in (None, name) else grid_of(there)

    if book[name].sheet_state != "visible":
        collected.notice("hidden-sheet", f"the sheet {name!r} that was read is hidden")
    rows, places = read_models(
        grid_of(name),
        Headers(registry.metrics, registry.assumptions, registry.header_words),
        allow_unknown=allow_unknown,
        recalculated=asks_to_recalculate(package),
    )
    assumptions, scenarios = read_assumptions(other(ASSUMPTIONS_SHEET), registry)
    settings = read_settings(other(REPORT_SHEET), path.parent)
    book.close()
    notices = tuple(collected.notices)
    table = ModelTable(rows, source, assumptions, notices, settings, scenarios)
    return Read(table, tuple(collected.problems), places, file)


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
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        if isinstance(error, FileNotFoundError):
            siblings = [item.name for item in path.parent.glob("*")] if path.parent.is_dir() else []
            message = f"there is no such file.{nearest(path.name, siblings)}"
        elif isinstance(error, IsADirectoryError):
            message = "found a folder, expected a workbook"
        raise InputError([Problem(str(path), message)]) from error


def _load(data: bytes, name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on what openpyxl would lose if it saved
            return openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
    except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
        raise InputError([Problem(name, unreadable("the workbook", error))]) from error


def _choose_sheet(book: Any, package: Package, file: str, wanted: str | None) -> str:
    names = list(package.sheets())
    found = ", ".join(map(repr, names))
    if wanted is not None:
        if named := sheet_named(wanted, names):
            return named
        message = f"there is no sheet {wanted!r}; found {found}.{nearest(wanted, names)}"
        raise InputError([Problem(file, message)])
    if named := sheet_named(SHEET, names):
        return named
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for only in (names, visible):
        if len(only) == 1:
            return str(only[0])
    message = f"there is no sheet {SHEET!r}; found {found}. Name one with --sheet."
    raise InputError([Problem(file, message + nearest(SHEET, names))])
