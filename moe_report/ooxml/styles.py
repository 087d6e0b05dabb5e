"""The style table of a workbook: styles are appended to it, what is equal is shared."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.markup import MAIN
from moe_report.ooxml.order import insert_in_order
from moe_report.ooxml.package import OFFICE_REL, Package, parse, serialize

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_FIRST_OWN_FORMAT = 164  # those below are built in
# What a list that cells refer to holds at least.
_LEAST = {
    "fonts": '<font><sz val="11"/><name val="Calibri"/></font>',
    "fills": '<fill><patternFill patternType="none"/></fill>'
             '<fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    "cellStyles": '<cellStyle name="Normal" xfId="0" builtinId="0"/>',
}  # fmt: skip
_COUNTED = ("numFmts", *_LEAST, "dxfs")
_Key = tuple[object, ...]


class Styles:
    """The style table of a workbook, made if it has none; :meth:`save` puts it into the package."""

    def __init__(self, package: Package) -> None:
        self.package = package
        workbook = package.workbook_part()
        part = package.related_part(workbook, "styles")
        if part is None:
            part = "xl/styles.xml"  # where openpyxl looks, whatever the links say
            package[part] = f'<styleSheet xmlns="{MAIN}"/>'.encode()
            package.declare(part, _TYPE)
            package.relate(workbook, f"{OFFICE_REL}/styles", part)
        self.part = part
        self.root = package.root(part, "styleSheet")
        for name in _LEAST:
            self.list(name)
        self._known: dict[str, dict[_Key, int]] = {}

    def list(self, name: str) -> etree._Element:
        """Return one of the lists, such as ``fonts``, made where it is missing."""
        found = self.root.find(f"{TAG}{name}")
        if found is None:
            found = parse(f'<{name} xmlns="{MAIN}">{_LEAST.get(name, "")}</{name}>'.encode())
            insert_in_order(self.root, found)
        return found

    def place(self, name: str, item: etree._Element) -> int:
        """Return where in a list an item equal to one is, which is appended if there is none."""
        listed = self.list(name)
        if name not in self._known:
            self._known[name] = {}
            for at, other in enumerate(listed):
                self._known[name].setdefault(_key(other), at)
        at = self._known[name].setdefault(_key(item), len(listed))
        if at == len(listed):
            listed.append(item)
            etree.cleanup_namespaces(item)
        return at

    def filled(self, style: int, color: str) -> int:
        """Return the index of the cell style that is another one with a fill.

        Args:
            style: Index of the other one; the first counts where the table has none such.
            color: Alpha, red, green and blue in hexadecimal.
        """
        fill = etree.Element(f"{TAG}fill")
        pattern = etree.SubElement(fill, f"{TAG}patternFill", patternType="solid")
        etree.SubElement(pattern, f"{TAG}fgColor", rgb=color)
        formats = self.list("cellXfs")
        twin = deepcopy(formats[style if style < len(formats) else 0])
        twin.set("fillId", str(self.place("fills", fill)))
        twin.set("applyFill", "1")
        return self.place("cellXfs", twin)

    def number_format(self, code: str) -> int:
        """Return the id of a number format of somebody's own."""
        listed = self.list("numFmts")
        formats = {item.get("formatCode"): int(item.get("numFmtId", "0")) for item in listed}
        if code not in formats:
            formats[code] = max([_FIRST_OWN_FORMAT - 1, *formats.values()]) + 1
            id = str(formats[code])
            etree.SubElement(listed, f"{TAG}numFmt", numFmtId=id, formatCode=code)
        return formats[code]

    def save(self) -> None:
        """Put the table into the package."""
        for listed in self.root.iterchildren(*(f"{TAG}{name}" for name in _COUNTED)):
            listed.set("count", str(len(listed)))
        self.package[self.part] = serialize(self.root)


class MergedStyles(Styles):
    """A style table to which styles of another are appended; what refers to its own stays right."""

    def __init__(self, package: Package, other: Package) -> None:
        super().__init__(package)
        self.other = Styles(other)
        self.codes = {
            item.get("numFmtId", ""): item.get("formatCode", "")
            for item in self.other.list("numFmts")
        }
        self.taken: dict[tuple[str, int], int] = {}

    def cell(self, style: int) -> int:
        """Return the index, in the merged table, of a cell style of the other one."""
        return self._take("cellXfs", style, self._cell_format)

    def difference(self, style: int) -> int:
        """Return the index, in the merged table, of a differential style of the other one."""
        return self._take("dxfs", style, self._differential)

    def _take(
        self, name: str, at: int, adapt: Callable[[etree._Element], None] | None = None
    ) -> int:
        if (name, at) not in self.taken:
            item = deepcopy(self.other.list(name)[at])
            if adapt:
                adapt(item)
            self.taken[name, at] = self.place(name, item)
        return self.taken[name, at]

    def _cell_format(self, item: etree._Element) -> None:
        own = self.codes.get(item.get("numFmtId", "0"))
        if own is not None:
            item.set("numFmtId", str(self.number_format(own)))
        for attribute, name in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
            item.set(attribute, str(self._take(name, int(item.get(attribute, "0")))))
        item.set("xfId", "0")  # we use no named style

    def _differential(self, item: etree._Element) -> None:
        for format in item.iter(f"{TAG}numFmt"):
            format.set("numFmtId", str(self.number_format(format.get("formatCode", ""))))


def _key(item: etree._Element) -> _Key:
    """What makes two styles equal: the order of a font's properties does not."""
    children = [_key(child) for child in item if isinstance(child.tag, str)]
    return (item.tag, tuple(sorted(item.attrib.items())), tuple(sorted(children, key=repr)))
