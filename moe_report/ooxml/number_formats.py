"""How the cells of a workbook show their numbers, and which of them are dates.

openpyxl, which knows the formats that are built in, takes long to load, and is only once some cell
shows its number otherwise than usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.package import Package

GENERAL = "General"


@dataclass(frozen=True)
class NumberFormats:
    """The number format of each style of cells, by the style's index."""

    codes: Sequence[str] = (GENERAL,)

    def of(self, style: int) -> str:
        """Return how cells of a style show their numbers; as usual, if there is no such style."""
        return self.codes[style] if 0 <= style < len(self.codes) else GENERAL

    @cached_property
    def dates(self) -> frozenset[int]:
        """The styles in which a number is a date or a time."""
        if {*self.codes} <= {GENERAL}:
            return frozenset()
        from openpyxl.styles.numbers import is_date_format

        return self._those(is_date_format)

    @cached_property
    def durations(self) -> frozenset[int]:
        """Those in which it is a duration."""
        from openpyxl.styles.numbers import is_timedelta_format

        return self._those(is_timedelta_format)

    def _those(self, fits: Callable[[str], bool]) -> frozenset[int]:
        codes = {code for code in {*self.codes} if fits(code)}
        return frozenset(style for style, code in enumerate(self.codes) if code in codes)


def number_formats(package: Package) -> NumberFormats:
    """Return the number formats of a workbook's cells.

    Raises:
        InputError: The table of styles is damaged.
    """
    part = package.related_part(package.workbook_part(), "styles")
    if part is None:
        return NumberFormats()
    root = package.root(part, "styleSheet")
    styles = root.iterfind(f"{{{MAIN}}}cellXfs/{{{MAIN}}}xf")
    ids = [int(item.get("numFmtId", "0")) for item in styles]
    codes = format_codes(root) if any(ids) else {}
    return NumberFormats([codes.get(id, GENERAL) for id in ids] or (GENERAL,))


def format_codes(styles: etree._Element) -> Mapping[int, str]:
    """Return the number formats of a table of styles by their ids, with those built in."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    own = styles.iterfind(f"{{{MAIN}}}numFmts/{{{MAIN}}}numFmt")
    return BUILTIN_FORMATS | {
        int(item.get("numFmtId", "0")): item.get("formatCode", GENERAL) for item in own
    }
