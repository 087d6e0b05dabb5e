"""From an .xlsx file to a ModelTable, behind a guard; all problems are reported, not the first."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from moe_report.errors import InputError, Problem, nearest
from moe_report.load.assumptions_sheet import read_assumptions
from moe_report.load.grid import REPORT_PROPERTY, SHEET, Places, sheet_named, unreadable
from moe_report.load.models_sheet import SheetReader
from moe_report.load.report_sheet import read_settings
from moe_report.ooxml.guard import MAX_FILE, check_package
from moe_report.ooxml.package import Package
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable, Source


@dataclass(frozen=True)
class Read:
    """A workbook that was read: the table, and the problems that keep it from being used.

    Attributes:
        table: The rows without the cells that have problems.
        problems: Everything that is wrong.
        places: Where the sheet has what; None if it has no header, or is no sheet.
    """

    table: ModelTable
    problems: tuple[Problem, ...]
    places: Places | None = None


def read_workbook(
    path: Path, registry: Registry, *, sheet: str | None = None, allow_unknown: bool = False
) -> ModelTable:
    """Return the models of a workbook.

    Args:
        path: An .xlsx or .xlsm file.
        registry: The metrics that the workbook may type in place of having them computed.
        sheet: Name of the sheet; by default ``Models``, else the only visible sheet.
        allow_unknown: Carry unknown columns through instead of refusing them.

    Raises:
        InputError: With every problem found, each with file, sheet, cell, found and expected.
    """
    read = inspect_workbook(path, registry, sheet=sheet, allow_unknown=allow_unknown)
    if read.problems:
        raise InputError(read.problems)
    return read.table


def inspect_workbook(
    path: Path, registry: Registry, *, sheet: str | None = None, allow_unknown: bool = False
) -> Read:
    """Return what :func:`read_workbook` would, together with the problems.

    Raises:
        InputError: The file, or the sheet as a whole, cannot be read at all.
    """
    data = read_bytes(path)
    package = check_package(data, path.name)
    book = _load(data, path.name)
    name = _choose_sheet(book, package, path.name, sheet)
    own_report = any(item.name == REPORT_PROPERTY for item in book.custom_doc_props.props)
    shown_name = path.name.encode("utf-8", "replace").decode()  # a name need not be valid UTF-8
    source = Source(shown_name, hashlib.sha256(data).hexdigest(), name)
    reader = SheetReader(book, package, source, registry, own_report, allow_unknown)
    rows = reader.rows()
    assumptions, scenarios = read_assumptions(book, package, source, registry, reader)
    settings = read_settings(book, package, source, reader, path.parent)
    book.close()
    notices = tuple(reader.notices)
    table = ModelTable(tuple(rows), source, assumptions, notices, settings, scenarios)
    return Read(table, tuple(reader.problems), reader.places)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        InputError: It is not there, is a folder, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except FileNotFoundError as error:
        siblings = [item.name for item in path.parent.glob("*")] if path.parent.is_dir() else []
        raise InputError(
            [Problem(str(path), f"there is no such file.{nearest(path.name, siblings)}")]
        ) from error
    except IsADirectoryError as error:
        raise InputError([Problem(str(path), "found a folder, expected a workbook")]) from error
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read ({error.strerror})")]) from error


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
    if wanted is not None:
        if found := sheet_named(wanted, names):
            return found
        message = f"there is no sheet {wanted!r}; found {', '.join(map(repr, names))}."
        raise InputError([Problem(file, message + nearest(wanted, names))])
    if found := sheet_named(SHEET, names):
        return found
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for only in (names, visible):
        if len(only) == 1:
            return str(only[0])
    raise InputError([Problem(
        file,
        f"there is no sheet {SHEET!r}; found {', '.join(map(repr, names))}. Name one with --sheet."
        + nearest(SHEET, names),
    )])  # fmt: skip
