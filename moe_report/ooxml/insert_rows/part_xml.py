"""A part whose XML changes a little, and what Excel's elements in it are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from moe_report.ooxml.insert_rows.shifts import is_area
from moe_report.ooxml.markup import split_name

TEXT = ""  # the text of an element, in place of an attribute
_OURS = (
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/ooxml/",
    "http://schemas.microsoft.com/office/",
)


@dataclass
class Part:
    """A part of which something may change.

    Attributes:
        on: The sheet that it belongs to; empty if it is the whole workbook's.
        inside: Whether that sheet is the one with the new rows.
        repeats: Whether it is an Excel Table whose row repeats.
        twins: What of the repeated row is there for each new row, too.
    """

    root: etree._Element
    on: str
    inside: bool
    repeats: bool = False
    twins: list[etree._Element] = field(default_factory=list)
    changed: bool = False

    def said(self, item: etree._Element, attribute: str) -> str:
        """Return what an attribute says, or an element's text if no attribute is named."""
        return (item.get(attribute) if attribute else item.text) or ""

    def put(self, item: etree._Element, attribute: str, value: str) -> None:
        """Set an attribute, or an element's text if no attribute is named."""
        if self.said(item, attribute) == value:
            return
        if attribute:
            item.set(attribute, value)
        else:
            item.text = value
        self.changed = True

    def places(self, item: etree._Element, attribute: str, move: Callable[[str], str]) -> None:
        """Move the areas of an attribute or text that stand in a list; leave what is none."""
        refs = self.said(item, attribute).split()
        if refs and all(map(is_area, refs)):
            self.put(item, attribute, " ".join(map(move, refs)))


def local(item: etree._Element) -> str:
    """Return an element's name without its namespace; empty for what is no element of Excel."""
    if not isinstance(item.tag, str):
        return ""
    space, name = split_name(item.tag)
    return name if (space or _OURS[0]).startswith(_OURS) else ""


def child(item: etree._Element, name: str) -> etree._Element | None:
    """Return the first element of a name within another one."""
    return next((inner for inner in item if local(inner) == name), None)


def child_text(item: etree._Element | None, name: str) -> str:
    """Return the text of the first element of a name within another one."""
    inner = child(item, name) if item is not None else None
    return (inner.text or "") if inner is not None else ""


def is_true(item: etree._Element, name: str) -> bool:
    """Whether an attribute says yes."""
    return item.get(name) in ("1", "true", "on")
