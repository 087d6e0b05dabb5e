"""The texts of cells: shared and inline strings, and what stands in a cell itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from moe_report.ooxml.addresses import column_letters, column_number
from moe_report.ooxml.cells import TAG, placed_cells
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.damage import TYPES, no_shared_text
from moe_report.ooxml.package import Package
from moe_report.ooxml.plain_rows import PlainCells, Spelled, plain_cells

_KINDS = {None, *TYPES}
_Letters = tuple[str | None, ...]
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TEXT = f"{TAG}t"


def string_text(item: etree._Element) -> str:
    """Return the text of a shared or inline string, or of a note."""
    return unescaped(string_content(item))


def string_content(item: etree._Element) -> str:
    """Return the text of such a string with its codes as they are.

    It has that of all its runs, without what tells how to pronounce it.
    """
    if len(item) == 1 and item[0].tag == _TEXT:  # nearly every one
        return item[0].text or ""
    parts = (*item.iterfind(_TEXT), *item.iterfind(f"{TAG}r/{_TEXT}"))
    return "".join(part.text or "" for part in parts)


def unescaped(text: str) -> str:
    """Return a text without the codes by which Excel spells some letters.

    >>> unescaped("a_x0041_b")
    'aAb'
    """
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def in_one_spelling(text: str) -> str:
    r"""Return a text with line breaks of one kind, and with letters that codes spell in halves.

    >>> in_one_spelling("a\r\nb") == "a\nb", in_one_spelling("\ud83d\ude00") == "\U0001f600"
    (True, True)
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_formatted(item: etree._Element) -> bool:
    """Whether some words of a string are formatted otherwise than others."""
    looks = set()
    for run in item.iterfind(f"{TAG}r"):
        look = run.find(f"{TAG}rPr")
        looks.add(b"" if look is None else etree.tostring(look, with_tail=False))
    return len(looks) > 1


def shared_part(package: Package) -> str | None:
    """Return the part of the strings that cells share, which some files declare but do not link."""
    linked = package.related_part(package.workbook_part(), "sharedStrings")
    return linked or package.declared_part("sharedStrings")


def shared_strings(package: Package) -> list[etree._Element]:
    """Return the strings that cells share, in the order of their numbers."""
    part = shared_part(package)
    if part is None:
        return []
    root = package.root(part, "sst")
    etree.strip_tags(root, etree.Comment, etree.PI)  # a text may have one in its midst
    return root.findall(f"{TAG}si")


@dataclass
class SheetContents:
    """What stands in the cells of a sheet.

    Attributes:
        texts: The filled cells, by column and row; a formula is its own text, with a leading ``=``.
        formulas: The formulas as they stand there: of those that cells share, one has the text.
        shares: Whether any are shared.
        styles: The rows whose cells have a style, by the column and the style's number.
    """

    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    shares: bool = False
    styles: dict[tuple[int, str], list[int]] = field(default_factory=dict)


class _PlainRow:
    """Takes rows as bytes for their cells, where no parser has to look at them."""

    def __init__(self) -> None:
        self.signed = _Signed()
        self._spelled = Spelled()
        self._columns: dict[_Letters, list[int]] = {}

    def __call__(self, raw: bytes) -> PlainCells | None:
        """Return the cells of a row; None if a parser has to look at them."""
        cells = plain_cells(raw, self._spelled)
        if cells is None or None in cells.letters or not _KINDS.issuperset(cells.kinds):
            return None
        return cells

    def columns(self, cells: PlainCells) -> list[int]:
        """Return the columns of a row's cells, which mostly are those of another row."""
        letters = tuple(cells.letters)
        if letters not in self._columns:
            self._columns[letters] = [column_number(each or "") for each in letters]
        return self._columns[letters]


class _Signed(dict[str, str]):
    """Formulas with their sign, each the same object wherever it stands."""

    def __missing__(self, formula: str) -> str:
        self[formula] = f"={formula}"
        return self[formula]


class Texts:
    """The contents of a workbook's cells, as texts, by column and row."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.shared = [string_text(item) for item in shared_strings(package)]

    def __call__(self, sheet: str) -> dict[tuple[int, int], str]:
        """Return the filled cells of a sheet; a formula is its own text, with a leading ``=``."""
        part = self.package.sheets()[sheet]
        return self.contents(cells_by_rows(self.package, part, sheet), part).texts

    def contents(self, cells: CellsByRows, part: str) -> SheetContents:
        """Return what stands in the cells of a sheet, of which none is parsed that need not be."""
        found = SheetContents()
        row_of = _PlainRow()
        for number, row in cells.rows.items():
            raw = cells.raw.get(number)
            plain = None if raw is None else row_of(raw)
            if plain is not None:
                self._take_plain(number, plain, row_of, found, part)
                continue
            row = row if raw is None else cells.parsed(number)
            for column, cell in placed_cells(row):
                formula = next(cell.iterchildren(f"{TAG}f"), None)
                if formula is not None:
                    found.formulas[column, number] = formula.text or ""
                    found.shares |= formula.get("t") == "shared"
                if text := self._text(cell, part):
                    found.texts[column, number] = text
                found.styles.setdefault((column, cell.get("s", "0")), []).append(number)
        return found

    def _take_plain(
        self, row: int, cells: PlainCells, row_of: _PlainRow, found: SheetContents, part: str
    ) -> None:
        columns = row_of.columns(cells)
        for column, style in zip(columns, cells.styles, strict=True):
            found.styles.setdefault((column, style or "0"), []).append(row)
        for column, kind, shared, formula, value, inline in zip(
            columns, cells.kinds, cells.shared, cells.formulas, cells.texts, cells.inlines,
            strict=True,
        ):  # fmt: skip
            if formula is not None or shared is not None:
                found.shares |= shared is not None
                found.formulas[column, row] = formula or ""
                found.texts[column, row] = row_of.signed[formula or ""]
            elif text := unescaped(inline) if inline else value:
                if kind == "s" and not inline:
                    text = self._shared_text(text, f"{column_letters(column)}{row}", part)
                if text:
                    found.texts[column, row] = text

    def _text(self, cell: etree._Element, part: str) -> str:
        if cell.find(f"{TAG}f") is not None:
            return f"={cell.findtext(f'{TAG}f') or ''}"
        inline = cell.find(f"{TAG}is")
        if inline is not None:
            return string_text(inline)
        value = cell.findtext(f"{TAG}v") or ""
        return self._shared_text(value, cell.get("r", ""), part) if cell.get("t") == "s" else value

    def _shared_text(self, number: str, cell: str, part: str) -> str:
        if not number:
            return ""
        if damage := no_shared_text(number, len(self.shared)):
            self.package.refuse(part, f"cell {cell}: {damage}")
        return self.shared[int(number)]
