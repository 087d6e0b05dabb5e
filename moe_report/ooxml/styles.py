"""The style table of one workbook taken into that of another: what is equal is shared."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.package import MAIN, parse, serialize

# The parts of a style table, in the schema's order.
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
    "tableStyles", "colors", "extLst",
)  # fmt: skip
_FIRST_OWN_FORMAT = 164  # those below are built in
_Key = tuple[object, ...]


class MergedStyles:
    """A style table to which styles of another are appended; what refers to its own stays right.

    Args:
        into: The part that is appended to.
        other: The part that styles are taken of.
    """

    def __init__(self, into: bytes, other: bytes) -> None:
        self.root = parse(into)
        self.other = parse(other)
        self.formats = {
            item.get("formatCode", ""): int(item.get("numFmtId", "0"))
            for item in self.root.iterfind(f"{TAG}numFmts/{TAG}numFmt")
        }
        self.codes = {
            item.get("numFmtId", ""): item.get("formatCode", "")
            for item in self.other.iterfind(f"{TAG}numFmts/{TAG}numFmt")
        }
        self.known: dict[str, dict[_Key, int]] = {}
        self.taken: dict[tuple[str, int], int] = {}

    def cell(self, style: int) -> int:
        """Return the index, in the merged table, of a cell style of the other one."""
        return self._take("cellXfs", style, self._cell_format)

    def difference(self, style: int) -> int:
        """Return the index, in the merged table, of a differential style of the other one."""
        return self._take("dxfs", style, self._differential)

    def save(self) -> bytes:
        """Return the merged part."""
        for name in _ORDER[:8]:
            found = self.root.find(f"{TAG}{name}")
            if found is not None:
                found.set("count", str(len(found)))
        return serialize(self.root)

    def _take(
        self, name: str, at: int, adapt: Callable[[etree._Element], None] | None = None
    ) -> int:
        if (name, at) not in self.taken:
            source = self.other.find(f"{TAG}{name}")
            assert source is not None
            item = deepcopy(source[at])
            if adapt:
                adapt(item)
            self.taken[name, at] = self._place(name, item)
        return self.taken[name, at]

    def _place(self, name: str, item: etree._Element) -> int:
        """Return where an equal item is, appended if there is none."""
        listed = self._list(name)
        if name not in self.known:
            self.known[name] = {}
            for at, other in enumerate(listed):
                self.known[name].setdefault(_key(other), at)
        at = self.known[name].setdefault(_key(item), len(listed))
        if at == len(listed):
            listed.append(item)
            etree.cleanup_namespaces(item)
        return at

    def _cell_format(self, item: etree._Element) -> None:
        item.set("numFmtId", str(self._number_format(item.get("numFmtId", "0"))))
        for attribute, name in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
            item.set(attribute, str(self._take(name, int(item.get(attribute, "0")))))
        item.set("xfId", "0")  # we use no named style

    def _differential(self, item: etree._Element) -> None:
        for format in item.iter(f"{TAG}numFmt"):
            format.set("numFmtId", str(self._format_of(format.get("formatCode", ""))))

    def _number_format(self, id: str) -> int:
        return self._format_of(self.codes[id]) if id in self.codes else int(id)

    def _format_of(self, code: str) -> int:
        if code not in self.formats:
            id = max([_FIRST_OWN_FORMAT - 1, *self.formats.values()]) + 1
            self.formats[code] = id
            etree.SubElement(
                self._list("numFmts"), f"{TAG}numFmt", numFmtId=str(id), formatCode=code
            )
        return self.formats[code]

    def _list(self, name: str) -> etree._Element:
        found = self.root.find(f"{TAG}{name}")
        if found is None:
            found = parse(f'<{name} xmlns="{MAIN}"/>'.encode())
            before = {f"{TAG}{other}" for other in _ORDER[: _ORDER.index(name)]}
            self.root.insert(sum(item.tag in before for item in self.root), found)
        return found


def _key(item: etree._Element) -> _Key:
    """What makes two styles equal: the order of a font's properties does not."""
    children = [_key(child) for child in item if isinstance(child.tag, str)]
    return (item.tag, tuple(sorted(item.attrib.items())), tuple(sorted(children, key=repr)))
