"""The texts of cells: shared and inline strings, and what stands in a cell itself."""

from __future__ import annotations

import re

from lxml import etree

from moe_report.ooxml.cells import TAG, placed_cells, placed_rows
from moe_report.ooxml.damage import no_shared_text
from moe_report.ooxml.package import Package

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


class Texts:
    """The contents of a workbook's cells, as texts, by column and row."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.shared = [string_text(item) for item in shared_strings(package)]

    def __call__(self, sheet: str) -> dict[tuple[int, int], str]:
        """Return the filled cells of a sheet; a formula is its own text, with a leading ``=``."""
        part = self.package.sheets()[sheet]
        root = self.package.root(part)
        return {
            (column, number): text
            for number, row in placed_rows(root)
            for column, cell in placed_cells(row)
            if (text := self._text(cell, part))
        }

    def _text(self, cell: etree._Element, part: str) -> str:
        if cell.find(f"{TAG}f") is not None:
            return f"={cell.findtext(f'{TAG}f') or ''}"
        inline = cell.find(f"{TAG}is")
        if inline is not None:
            return string_text(inline)
        value = cell.findtext(f"{TAG}v") or ""
        if cell.get("t") != "s" or not value:
            return value
        if damage := no_shared_text(value, len(self.shared)):
            self.package.refuse(part, f"cell {cell.get('r', '')}: {damage}")
        return self.shared[int(value)]
