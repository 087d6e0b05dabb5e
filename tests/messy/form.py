"""The form of a messy workbook: rows of cells, and what is to be read from them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

Rows = Sequence[Sequence[Any]]
BASICS = "total_params active_params num_experts num_experts_per_tok"


@dataclass(frozen=True)
class Messy:
    """A workbook, and what a careful human reads from it.

    Attributes:
        name: The file's name.
        build: Writes the file.
        models: Per name, in order, the numbers that the sheet gives, by field or metric; a number
            that is not here is not in the sheet.
        texts: The fields of text that are read.
        carried: Headers of columns that are carried along.
        asked: Headers that resemble a field and aren't surely one.
        maybe: Headers that are read or asked about, and the fields that they hold; None where a
            header holds no field, and is carried or asked about.
        missing: What must not get a default, since a column that is asked about may hold it.
        said: What the run must mention.
        error: What the refusal must mention; empty if the file is to be read.
        may_refuse: Whether a refusal that says all of ``said`` would do as well.
        options: Of the command.
    """

    name: str
    build: Callable[[Path], None]
    models: Mapping[str, Mapping[str, float]]
    texts: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    maybe: Mapping[str, str | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    may_refuse: bool = False
    options: tuple[str, ...] = field(default=())


def reads(fields: str, *models: tuple[Any, ...]) -> dict[str, dict[str, float]]:
    """Name the numbers of models: a tuple is a name and the fields' numbers, None where none is."""
    return {
        name: {
            key: number
            for key, number in zip(fields.split(), numbers, strict=True)
            if number is not None
        }
        for name, *numbers in models
    }


def book(
    *rows: Sequence[Any],
    sheet: str = "Sheet1",
    before: Mapping[str, Rows] | None = None,
    after: Mapping[str, Rows] | None = None,
    dress: Callable[[Any], None] | None = None,
    stored: Mapping[str, float] | None = None,
) -> Callable[[Path], None]:
    """A workbook of rows, other sheets around it; ``stored`` gives formulas their values."""

    def build(path: Path) -> None:
        workbook = Workbook()
        workbook.remove(workbook.worksheets[0])
        for title, cells in {**(before or {}), sheet: rows, **(after or {})}.items():
            page = workbook.create_sheet(title)
            for row, line in enumerate(cells, 1):
                for column, value in enumerate(line, 1):
                    if value is not None:
                        page.cell(row, column, value)
        if dress:
            dress(workbook[sheet])
        workbook.save(path)
        if stored:
            _store(path, len(before or {}) + 1, stored)

    return build


def _store(path: Path, number: int, values: Mapping[str, float]) -> None:
    """Give formulas the values that Excel would have left beside them."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    part = f"xl/worksheets/sheet{number}.xml"
    text = parts[part].decode()
    for cell, value in values.items():
        head, rest = text.split(f'<c r="{cell}"', 1)
        formula, tail = rest.split("</f>", 1)
        assert tail.startswith(("<v />", "<v></v>", "<v/>")), tail[:20]
        text = f'{head}<c r="{cell}"{formula}</f><v>{value!r}</v>{tail[tail.index(">") + 1 :]}'
        text = text.replace(f"<v>{value!r}</v></v>", f"<v>{value!r}</v>")
    parts[part] = text.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


def lines(
    *rows: Sequence[Any], separator: str = ",", encoding: str = "utf-8"
) -> Callable[[Path], None]:
    """A file of separated values."""

    def build(path: Path) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
        path.write_bytes(text.getvalue().encode(encoding))

    return build


def carried_formulas(path: Path, header: str) -> list[Any]:
    """What a written workbook has under a header, formulas as formulas."""
    for page in openpyxl.load_workbook(path):
        for row in page.iter_rows():
            for cell in row:
                if cell.value == header:
                    return [
                        page.cell(below, cell.column)
                        for below in range(cell.row + 1, page.max_row + 1)
                    ]
    return []
