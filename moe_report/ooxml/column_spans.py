"""Widths and looks of a sheet's columns, which the file says of spans of them."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from moe_report.ooxml.cells import TAG
from moe_report.ooxml.order import insert_in_order


def said_of_column(root: etree._Element, column: int) -> dict[str, str]:
    """Return what a sheet says of a column: width, style, whether it is hidden, and the like."""
    for span in root.iterfind(f"{TAG}cols/{TAG}col"):
        if int(span.get("min", "0")) <= column <= int(span.get("max", "0")):
            return {str(k): str(v) for k, v in span.attrib.items() if k not in ("min", "max")}
    return {}


def say_of_columns(root: etree._Element, said: Mapping[int, Mapping[str, str]]) -> None:
    """Let a sheet say something else of columns, by number; nothing is what it says by default."""
    listed = root.find(f"{TAG}cols")
    if listed is None:
        if not any(said.values()):
            return
        listed = etree.Element(f"{TAG}cols")
        insert_in_order(root, listed)
    spans: list[tuple[int, int, dict[str, str]]] = []
    for item in listed:
        first, last = int(item.get("min", "0")), int(item.get("max", "0"))
        rest = {str(k): str(v) for k, v in item.attrib.items() if k not in ("min", "max")}
        for column in sorted(column for column in said if first <= column <= last):
            if first < column:
                spans.append((first, column - 1, rest))
            first = column + 1
        if first <= last:
            spans.append((first, last, rest))
    spans += [(column, column, dict(about)) for column, about in said.items() if about]
    for item in list(listed):
        listed.remove(item)
    for first, last, about in sorted(spans, key=lambda span: span[0]):
        etree.SubElement(listed, f"{TAG}col", {"min": str(first), "max": str(last), **about})
    if not len(listed):
        root.remove(listed)
