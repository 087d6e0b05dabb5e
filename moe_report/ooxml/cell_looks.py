"""How cells look, said so that what looks the same is equal, whichever program wrote it."""

from __future__ import annotations

import re

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.markup import local_name
from moe_report.ooxml.number_formats import format_codes
from moe_report.ooxml.package import Package
from moe_report.ooxml.styles import Styles

_BLACK = "000000"
_TRUE = ("1", "true")


def plain_code(code: str) -> str:
    r"""Return a number format without the signs that programs put in as they like.

    >>> plain_code('0.0\\ "B"') == plain_code("0.0 B")
    True
    """
    return re.sub(r'[\\" ]', "", code).rstrip(";").casefold()


class CellLooks:
    """The looks of a workbook's cells, by the index of their style."""

    def __init__(self, package: Package) -> None:
        self.styles = Styles(package)
        self.codes = format_codes(self.styles.root)
        self._known: dict[int, tuple[object, ...]] = {}

    def __call__(self, style: int) -> tuple[object, ...]:
        """Return number format, fill, font, line beneath and alignment of a style."""
        if style not in self._known:
            listed = self.styles.list("cellXfs")
            self._known[style] = self._read(_one_of(listed, style))
        return self._known[style]

    def _read(self, item: etree._Element) -> tuple[object, ...]:
        font = self._of(item, "font")
        pattern = self._of(item, "fill").find(f"{TAG}patternFill")
        filled = pattern is not None and pattern.get("patternType", "none") != "none"
        border = self._of(item, "border")
        lines = {
            local_name(side): side.get("style", "none") for side in border.iterchildren(f"{TAG}*")
        }
        alignment = item.find(f"{TAG}alignment")
        placed = etree.Element("none") if alignment is None else alignment
        return (
            plain_code(self.codes.get(int(item.get("numFmtId", "0")), "")),
            _colour(pattern.find(f"{TAG}fgColor")) if filled and pattern is not None else "",
            _colour(font.find(f"{TAG}color")) or _BLACK,
            *(_is_on(font.find(f"{TAG}{name}")) for name in ("b", "i", "u", "strike")),
            size(_said(font.find(f"{TAG}sz")) or "11"),
            _said(font.find(f"{TAG}name")),
            tuple(side for side, style in sorted(lines.items()) if style != "none"),
            placed.get("horizontal", "general"),
            placed.get("wrapText") in _TRUE,
        )

    def _of(self, item: etree._Element, name: str) -> etree._Element:
        return _one_of(self.styles.list(f"{name}s"), int(item.get(f"{name}Id", "0")))


def _one_of(listed: etree._Element, number: int) -> etree._Element:
    """What a number leads to: the first where there is no such one, an empty one without any."""
    first = listed[0] if len(listed) else etree.Element("none")
    return listed[number] if number < len(listed) else first


def size(said: str) -> float | str:
    """Return a size, however it is spelled, or what is said in place of one."""
    try:
        return float(said)
    except ValueError:
        return said


def differ(old: str, new: str, least: float, less: float = 0) -> bool:
    """Whether two sizes are apart by more than the least, the old one ``less`` so much.

    >>> differ("9.71", "9", 0.1, less=0.71), differ("wide", "9", 0.1), differ("x", "x", 0.1)
    (False, True, False)
    """
    sizes = size(old), size(new)
    if isinstance(sizes[0], float) and isinstance(sizes[1], float):
        return abs(sizes[0] - less - sizes[1]) > least
    return old != new


def _said(item: etree._Element | None) -> str:
    return "" if item is None else item.get("val", "")


def _is_on(item: etree._Element | None) -> bool:
    return item is not None and item.get("val", "1") not in ("0", "false", "none")


def _colour(item: etree._Element | None) -> str:
    if item is None:
        return ""
    if item.get("rgb"):
        return item.get("rgb", "")[-6:].upper()
    theme = item.get("theme")
    return "" if theme in (None, "1") else f"theme {theme} {item.get('tint', '')}"
