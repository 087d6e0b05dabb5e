"""The texts of cells: shared and inline strings, and what stands in a cell itself."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from lxml import etree

from moe_report.ooxml.addresses import column_letters, column_number
from moe_report.ooxml.cells import TAG, placed_cells
from moe_report.ooxml.cells_by_rows import CellsByRows, cells_by_rows
from moe_report.ooxml.damage import TYPES, no_shared_text
from moe_report.ooxml.package import Package

# A cell as programs spell it: column, style, type, what is said of its formula, the formula, its
# value, and a text of its own.
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,9})")?(?: t="(%b)")?(?:/>|>'
    rb'(?:<f((?: \w+="[^"<>&]*")*)(?:/>|>([^<]*)</f>))?'
    rb'(?:<v>([^<]*)</v>|<v/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    % "|".join(TYPES).encode()
)
# Numbered entities, other ends of lines, and what no XML has.
_ODD = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)|[\0-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]")
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


def _decoded(raw: bytes, known: dict[bytes, str]) -> str:
    """The text that stands in XML, the same object for the same one.

    Raises:
        ValueError: It is spelled so that a parser has to look at it.
    """
    if raw not in known:
        if _ODD.search(raw):
            raise ValueError("a parser has to look at it")
        known[raw] = html.unescape(raw.decode())
    return known[raw]


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


# A cell's column, style, text, formula, and whether that is shared.
_Seen = tuple[int, str, str, str | None, bool]


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
        known: dict[bytes, str] = {b"": ""}  # a column has the same formula in every row
        for number, row in cells.rows.items():
            raw = cells.raw.get(number)
            seen = None if raw is None else self._seen_raw(number, raw, known, part)
            if seen is None:
                row = row if raw is None else cells.parsed(number)
                seen = [self._seen(column, cell, part) for column, cell in placed_cells(row)]
            for column, style, text, formula, is_shared in seen:
                found.styles.setdefault((column, style), []).append(number)
                found.shares |= is_shared
                if formula is not None:
                    found.formulas[column, number] = formula
                if text:
                    found.texts[column, number] = text
        return found

    def _seen(self, column: int, cell: etree._Element, part: str) -> _Seen:
        formula = next(cell.iterchildren(f"{TAG}f"), None)
        said = None if formula is None else formula.text or ""
        is_shared = formula is not None and formula.get("t") == "shared"
        return column, cell.get("s", "0"), self._text(cell, part), said, is_shared

    def _seen_raw(
        self, row: int, raw: bytes, known: dict[bytes, str], part: str
    ) -> list[_Seen] | None:
        """The cells of a row that is bytes; None if a parser has to look at them."""
        cells = list(_CELL.finditer(raw))
        if sum(len(cell[0]) for cell in cells) != len(raw):
            return None
        seen: list[_Seen] = []
        try:
            for cell in cells:
                letters, style, kind, about, said, value, inline = cell.groups()
                column, formula = column_number(letters.decode()), None
                if about is not None:
                    formula = _decoded(said or b"", known)
                    text = _decoded(b"=" + (said or b""), known)
                elif inline:
                    text = unescaped(_decoded(inline, known))
                else:
                    text = _decoded(value or b"", known)
                    if kind == b"s":
                        text = self._shared_text(text, f"{column_letters(column)}{row}", part)
                is_shared = about is not None and b't="shared"' in about
                seen.append((column, (style or b"0").decode(), text, formula, is_shared))
        except ValueError:
            return None
        return seen

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
