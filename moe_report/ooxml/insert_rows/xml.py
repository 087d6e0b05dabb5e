"""XML parts that change a little: what Excel's elements are called, and whether any changed."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from moe_report.ooxml.insert_rows.places import is_area

_OURS = (
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/ooxml/",
    "http://schemas.microsoft.com/office/",
)


class Part:
    """An XML part of which something may change.

    Attributes:
        changed: Whether something did.
    """

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.changed = False

    def set(self, item: etree._Element, attribute: str, value: str) -> None:
        """Set an attribute."""
        if item.get(attribute) != value:
            item.set(attribute, value)
            self.changed = True

    def write(self, item: etree._Element, text: str) -> None:
        """Set an element's text."""
        if (item.text or "") != text:
            item.text = text
            self.changed = True

    def places(self, item: etree._Element, attribute: str, move: Callable[[str], str]) -> None:
        """Move the areas of an attribute that stand in a list; leave what is none."""
        said = item.get(attribute)
        if said is None:
            return
        refs = said.split()
        if all(map(is_area, refs)):
            self.set(item, attribute, " ".join(map(move, refs)))


def local(item: etree._Element) -> str:
    """Return an element's name without its namespace; empty for what is no element of Excel."""
    if not isinstance(item.tag, str):
        return ""
    name = etree.QName(item)
    return name.localname if (name.namespace or _OURS[0]).startswith(_OURS) else ""


def has_relation(item: etree._Element) -> bool:
    """Whether an element leads to another part or file."""
    return any(str(name).endswith("/relationships}id") for name in item.attrib)


def local_parent(item: etree._Element) -> str:
    """Return the name of the element around another one."""
    parent = item.getparent()
    return local(parent) if parent is not None else ""


def is_true(item: etree._Element, name: str) -> bool:
    """Whether an attribute says yes."""
    return item.get(name) in ("1", "true", "on")
