"""CSV and TSV files: their encoding and their separator are found, their cells are texts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path

from moe_report.errors import InputError, Problem, first_line
from moe_report.load.sheets import PlainSheet, PlainSheets, refuse_too_large
from moe_report.ooxml.guard import MAX_FILE, MAX_ROWS
from moe_report.text import shown_name

SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ",;\t|"
_SAMPLE, _SAMPLE_SIZE = 60, 1_000_000  # lines by which the separator is found, and characters
# Decimals stay texts: which sign parts them, all cells of a column tell together.
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,14})")


def read_text(path: Path, data: bytes) -> PlainSheets:
    """Return the one sheet of a text file; it has the file's name.

    Raises:
        InputError: The file is too large, or no table of texts.
    """
    if len(data) > MAX_FILE:
        message = f"the file has {len(data):,} bytes, expected at most {MAX_FILE:,}"
        raise InputError([Problem(path.name, message)])
    text = _decoded(data, path.name)
    tab = path.suffix.lower() != ".csv"
    separator = _separator(text, "\t" if tab else ",")
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    reader = csv.reader(lines, delimiter=separator)
    try:
        rows = list(islice(reader, MAX_ROWS))
        more = sum(1 for _ in reader)
    except csv.Error as error:
        message = f"is no table of texts ({first_line(error)})"
        raise InputError([Problem(path.name, message)]) from error
    refuse_too_large(path.name, len(rows) + more, max(map(len, rows), default=0))
    cells = [[_value(cell) for cell in row] for row in rows]
    return PlainSheets(path, {shown_name(path.stem): PlainSheet(cells)})


def _decoded(data: bytes, name: str) -> str:
    encoding = next((found for mark, found in _BOMS if data.startswith(mark)), "")
    if not encoding:
        zeros = data[:200].count(0)
        at_odd = data[1:200:2].count(0)
        encoding = "utf-8" if not zeros else "utf-16-le" if at_odd * 2 > zeros else "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8":
            message = "is no text; expected UTF-8 or UTF-16"
            raise InputError([Problem(name, message)]) from None
    return data.decode("cp1252", "replace")  # what older programs of Windows write


def _separator(text: str, usual: str) -> str:
    """The sign that parts most lines into the same number of cells."""
    lines = [line for line in text[:_SAMPLE_SIZE].splitlines() if line.strip()][:_SAMPLE]

    def score(sign: str) -> tuple[int, bool]:
        try:
            widths = Counter(map(len, csv.reader(lines, delimiter=sign)))
        except csv.Error:  # a cell that is too long for one
            return 0, False
        width, count = max(widths.items(), key=lambda item: (item[0] > 1) * item[0] * item[1])
        return (width > 1) * width * count, sign == usual

    return max(_SEPARATORS, key=score) if lines else usual


def _value(cell: str) -> str | int:
    text = cell.strip()
    return int(text) if _WHOLE.fullmatch(text) else cell
