"""The sheet Columns of a user's workbook: which column is which, as they have answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moe_report.compute.build import creation_time
from moe_report.edit.replace_sheets import Renewal
from moe_report.load.our_sheets import COLUMNS_SHEET
from moe_report.load.workbook import WorkbookFile
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import CODE, INPUT, Look

_TOP = 4


def with_columns(file: WorkbookFile, answers: Mapping[str, str]) -> bytes:
    """Return a workbook whose sheet Columns also holds these fields, by header.

    An empty field says that the column is none. Every other sheet stays as it is.

    Raises:
        InputError: The workbook cannot take the sheet.
    """
    package = Package(file.package.save(), file.path.name)
    there = [name for name in package.sheets() if name.casefold() == COLUMNS_SHEET.casefold()]
    said = {**_written(package, there), **answers}
    book = Book(COLUMNS_SHEET)
    sheet = book[COLUMNS_SHEET]
    sheet.heading(
        COLUMNS_SHEET,
        "Which field each column is. An empty field: the column is none, and is carried along.",
    )
    sheet.table_head(_TOP, {"header": 48, "field": 40})
    for row, (header, name) in enumerate(said.items(), start=_TOP + 1):
        sheet.put(row, 1, header, CODE)
        sheet.put(row, 2, name or None, Look(color=INPUT, mono=True))
    new = Package(book.save(COLUMNS_SHEET, creation_time()))
    for link in new.relationships(""):
        if link.kind.endswith("properties"):  # who wrote the workbook, and when, stays
            new.unlink("", link.id)
    Renewal(package, new, file.path.name, ours=there, kept=(), names=()).renew()
    return package.save()


def _written(package: Package, sheets: list[str]) -> dict[str, str]:
    """What the sheet says already, row by row below its header."""
    found: dict[str, str] = {}
    for name in sheets:
        cells = Texts(package)(name)
        head = {text.strip().casefold(): place for place, text in cells.items()}
        if "header" not in head or "field" not in head:
            continue
        (header_at, top), (field_at, _) = head["header"], head["field"]
        for column, row in sorted(cells, key=lambda place: place[1]):
            if column == header_at and row > top:
                found[cells[column, row]] = cells.get((field_at, row), "").strip()
    return found


def keep_columns(path: Path, file: WorkbookFile, answers: Mapping[str, str]) -> list[str]:
    """Write a workbook's sheet Columns; return what is not as it was beside that, in sentences.

    Raises:
        OutputError: The file cannot be written, or was changed since; it is as it was then.
    """
    from moe_report.output import unchanged_since, write_files

    return write_files({path: with_columns(file, answers)}, unchanged_since({path: file.data}))
