"""The sheet Columns of a user's workbook: which column is which, as they have answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moe_report.compute.build import creation_time
from moe_report.edit.replace_sheets import Renewal
from moe_report.errors import InputError, Problem
from moe_report.load.our_sheets import COLUMNS_SHEET
from moe_report.load.workbook import WorkbookFile
from moe_report.ooxml.calculation import ask_to_recalculate
from moe_report.ooxml.cells import Cells
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.resting.resting_formulas import resting_on
from moe_report.ooxml.texts import Texts
from moe_report.renderers.excel.book import Book
from moe_report.renderers.excel.palette import CODE, INPUT, Look
from moe_report.schema.headers.text import folded

_TOP = 4


def with_columns(file: WorkbookFile, answers: Mapping[str, str]) -> bytes:
    """Return a workbook whose sheet Columns also holds these fields, by header.

    An empty field says that the column is none. Every other sheet stays as it is, and so does what
    else the sheet Columns has.

    Raises:
        InputError: The workbook cannot take the sheet.
    """
    package = Package(file.package.save(), file.path.name)
    there = [name for name in package.sheets() if name.casefold() == COLUMNS_SHEET.casefold()]
    if there:
        _put_into(package, there[0], f"{file.path.name}, sheet {there[0]}", answers)
    else:
        new = Package(_new_sheet(answers))
        for link in new.relationships(""):
            if link.kind.endswith("properties"):  # who wrote the workbook, and when, stays
                new.unlink("", link.id)
        Renewal(package, new, file.path.name, ours=(), kept=(), names=()).renew()
    return package.save()


def _new_sheet(answers: Mapping[str, str]) -> bytes:
    book = Book(COLUMNS_SHEET)
    sheet = book[COLUMNS_SHEET]
    sheet.heading(
        COLUMNS_SHEET,
        "Which field each column is. An empty field: the column is none, and is carried along.",
    )
    sheet.table_head(_TOP, (("header", 48), ("field", 40)))
    for row, (header, name) in enumerate(answers.items(), start=_TOP + 1):
        sheet.put(row, 1, header, CODE)
        sheet.put(row, 2, name or None, Look(color=INPUT, mono=True))
    return book.save(COLUMNS_SHEET, creation_time())


def _put_into(package: Package, name: str, where: str, answers: Mapping[str, str]) -> None:
    """Put fields into the rows of their headers, and below all rows those that have none."""
    cells = Texts(package)(name)
    heads = _heads(cells)
    if heads is None:
        message = (
            "has no heads 'header' and 'field' in one row, so it is not written to; expected "
            "these, or another name for the sheet"
        )
        raise InputError([Problem(where, message)])
    top, header_at, field_at = heads
    said = {folded(text): row for (at, row), text in cells.items() if at == header_at and row > top}
    part = package.sheets()[name]
    sheet = Cells(package.root(part), where)
    last = max(said.values(), default=top)
    looks = {at: sheet.style(last, at) if said else None for at in (header_at, field_at)}
    free = 1 + max(row for _, row in cells)
    changed = Changed()
    for header, field in answers.items():
        row = said.get(folded(header), free)
        if row == free:
            sheet.put(row, header_at, {"t": header}, looks[header_at])
            changed.add(header_at, row)
            free += 1
        content = {"t": field} if field else {}
        sheet.put(row, field_at, content, sheet.style(row, field_at) or looks[field_at])
        changed.add(field_at, row)
    sheet.measure(free - 1, max(header_at, field_at))
    package[part] = serialize(sheet.root)
    if resting_on(package, {name: changed}).formulas:
        ask_to_recalculate(package)


def _heads(cells: Mapping[tuple[int, int], str]) -> tuple[int, int, int] | None:
    """Return the first row with both heads, and their columns."""
    rows: dict[int, dict[str, int]] = {}
    for (column, row), text in cells.items():
        rows.setdefault(row, {}).setdefault(text.strip().casefold(), column)
    for row in sorted(rows):
        if {"header", "field"} <= rows[row].keys():
            return row, rows[row]["header"], rows[row]["field"]
    return None


def keep_columns(path: Path, file: WorkbookFile, answers: Mapping[str, str]) -> list[str]:
    """Write a workbook's sheet Columns; return what is not as it was beside that, in sentences.

    Raises:
        InputError: The workbook cannot take the sheet.
        OutputError: The file cannot be written, or was changed since; it is as it was then.
    """
    from moe_report.output import unchanged_since, write_files

    return write_files({path: with_columns(file, answers)}, unchanged_since({path: file.data}))
