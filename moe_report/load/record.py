"""What a report's workbook is made of, kept in it: so that an update can tell what the user added.

The record stands on the hidden sheet of the charts' data, where Excel and LibreOffice both leave
it: a custom part LibreOffice drops, and the authors of notes too.
"""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from textwrap import wrap

from moe_report.load.our_sheets import CHART_DATA_SHEET
from moe_report.ooxml.addresses import column_letters, split_address
from moe_report.ooxml.package import Package
from moe_report.ooxml.texts import Texts, unescaped

RECORD_SHEET = CHART_DATA_SHEET
RECORD_COLUMN = 101  # right of all data of charts
RECORD_TITLE = "What moe-report wrote on each sheet, for run --update"
_MARKS = ("notes", "texts", "formulas", "looks", "charts")
_CHUNK = 29_999  # characters; a cell takes 32,767
_FILLED = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*(?<!/)>')
_CONSTANT = re.compile(r'(?:<t [^>]*>|<c r="[A-Z]+\d+" s="\d+"><v>)([^<]*)<')
_CALLED_TRUTH = re.compile(r"\b(TRUE|FALSE)\(\)")  # as LibreOffice spells them


@dataclass(frozen=True)
class Footprint:
    """What we wrote on a sheet.

    Attributes:
        cells: Filled columns by row.
        drawings: Number of charts and pictures.
        notes: Marks of the notes' texts.
        texts: Marks of the texts and numbers in its cells; none in reports of earlier versions.
        formulas: Marks of the formulas that columns have in every row, each with its header.
        looks: Marks of the looks that cells have, each with its column.
        charts: Marks of the names and of the titles of charts, for programs rename them; none in
            reports of earlier versions.
        columns: Width of each column from the first on, in characters; below zero if it is hidden.
    """

    cells: Mapping[int, frozenset[int]] = field(default_factory=dict)
    drawings: int = 0
    notes: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    formulas: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    charts: frozenset[str] = frozenset()
    columns: tuple[float, ...] = ()


@dataclass(frozen=True)
class Record:
    """What we wrote in a workbook.

    Attributes:
        sheets: What we wrote on each sheet, by name.
        names: Defined names of ours.
    """

    sheets: Mapping[str, Footprint] = field(default_factory=dict)
    names: frozenset[str] = frozenset()


def mark_of(text: str) -> str:
    """Return a short mark of a note's text, whatever its line breaks and spaces have become.

    >>> mark_of("a  b") == mark_of(" a b"), len(mark_of("a"))
    (True, 8)
    """
    return f"{zlib.crc32(' '.join(text.split()).encode()):08x}"


def mark_of_constant(text: str) -> str:
    """Return a short mark of a text or number in a cell, as any program spells it.

    >>> mark_of_constant("0.10000000000000001") == mark_of_constant("0.1")
    True
    """
    try:
        return mark_of(f"{float(text):.12g}")
    except ValueError:
        return mark_of(text)


def is_constant_of(ours: Footprint, text: str) -> bool:
    """Return whether we wrote a text or number somewhere on a sheet."""
    return mark_of_constant(text) in ours.texts


def mark_of_formula(header: str, formula: str) -> str:
    """Return a short mark of the formula of a column, as Excel or LibreOffice spells it.

    >>> mark_of_formula("a", "IF(FALSE, 1)") == mark_of_formula("a", "IF(FALSE(),1)")
    True
    """
    spelled = _CALLED_TRUTH.sub(r"\1", "".join(formula.split()))
    return mark_of(f"{header} {spelled}")


def mark_of_look(column: str, *look: object) -> str:
    """Return a short mark of how cells of a column look, as ``CellLooks`` says it."""
    return mark_of(f"{column} {look}")


def constants(xml: str) -> Iterator[str]:
    """Give the texts and numbers in the cells of a sheet that we wrote."""
    for text in _CONSTANT.findall(xml):
        yield unescaped(html.unescape(text))


def filled_cells(xml: bytes) -> dict[int, frozenset[int]]:
    """Return the filled columns of each row of a sheet that we wrote."""
    found: dict[int, set[int]] = {}
    for letters, row in _FILLED.findall(xml):
        found.setdefault(int(row), set()).add(split_address(f"{letters.decode()}1")[0])
    return {row: frozenset(columns) for row, columns in found.items()}


def record_lines(record: Record) -> Iterator[tuple[str, str, str]]:
    """Give the record's rows: sheet, what is recorded, and how it is spelled."""
    for text in _chunks(sorted(record.names)):
        yield "", "names", text
    for name, print_ in record.sheets.items():
        yield name, "drawings", str(print_.drawings)
        for text in _chunks(_spelled(print_.cells)):
            yield name, "cells", text
        for kind in _MARKS:
            for text in _chunks(sorted(getattr(print_, kind))):
                yield name, kind, text
        for text in _chunks(f"{width:g}" for width in print_.columns):
            yield name, "columns", text


def read_record(lines: Iterable[tuple[str, str, str]]) -> Record:
    """Return what :func:`record_lines` spelled out.

    >>> marks = frozenset({mark_of("a"), mark_of("b")})
    >>> cells = {1: frozenset({1}), 5: frozenset({1, 2, 4})}
    >>> summary = Footprint(cells, 2, texts=marks, columns=(9.5, -8))
    >>> written = Record({"Summary": summary}, frozenset({"context_length"}))
    >>> read_record(record_lines(written)) == written
    True
    """
    names: set[str] = set()
    sheets: dict[str, Footprint] = {}
    for name, kind, text in lines:
        if kind == "names":
            names.update(text.split())
            continue
        known = sheets.get(name, Footprint())
        if kind == "drawings":
            known = replace(known, drawings=int(text))
        elif kind == "cells":
            known = replace(known, cells={**known.cells, **dict(_read_cells(text))})
        elif kind in _MARKS:
            known = replace(known, **{kind: getattr(known, kind) | set(text.split())})
        elif kind == "columns":
            known = replace(known, columns=(*known.columns, *map(float, text.split())))
        sheets[name] = known
    return Record(sheets, frozenset(names))


def record_of(package: Package, texts: Texts) -> Record | None:
    """Return the record in a workbook of these texts, None if there is none."""
    return record_in(texts(RECORD_SHEET)) if RECORD_SHEET in package.sheets() else None


def record_in(cells: Mapping[tuple[int, int], str]) -> Record | None:
    """Return the record that is among the texts of a sheet, None if there is none."""
    name, kind, text = range(RECORD_COLUMN, RECORD_COLUMN + 3)
    rows = sorted(row for column, row in cells if column == kind)
    lines = [
        (cells.get((name, row), ""), cells[kind, row], cells.get((text, row), "")) for row in rows
    ]
    return read_record(lines) if lines else None


def _spelled(cells: Mapping[int, frozenset[int]]) -> Iterator[str]:
    """Rows in a row with the same cells, as ``6-25:A-I,K``."""
    for columns, rows in groupby(sorted(cells), cells.__getitem__):
        areas = ",".join(
            f"{column_letters(left)}-{column_letters(right)}" for left, right in _runs(columns)
        )
        for first, last in _runs(rows):
            yield f"{first}-{last}:{areas}"


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of consecutive numbers."""
    runs = groupby(enumerate(sorted(numbers)), lambda item: item[1] - item[0])
    lists = ([number for _, number in run] for _, run in runs)
    return [(run[0], run[-1]) for run in lists]


def _read_cells(text: str) -> Iterator[tuple[int, frozenset[int]]]:
    for item in text.split():
        rows, _, areas = item.partition(":")
        first, last = map(int, rows.split("-"))
        columns: set[int] = set()
        for area in areas.split(","):
            left, right = (split_address(f"{letters}1")[0] for letters in area.split("-"))
            columns.update(range(left, right + 1))
        for row in range(first, last + 1):
            yield row, frozenset(columns)


def _chunks(words: Iterable[str]) -> list[str]:
    """The words in texts that fit into a cell."""
    return wrap(" ".join(words), _CHUNK, break_long_words=False, break_on_hyphens=False)
