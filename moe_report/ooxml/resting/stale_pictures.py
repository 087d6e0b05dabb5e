"""Numbers that charts and text boxes keep of cells: dropped where the cells get others."""

from __future__ import annotations

import re

from lxml import etree

from moe_report.ooxml.markup import local_name
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.resting.formula_sources import Sources, State

_CHARTS = ("drawingml.chart+xml", "ms-office.chartex+xml")
_DRAWINGS = ("officedocument.drawing+xml", "drawingml.chartshapes+xml")
# What stands beside the reference that it was read by.
_KEPT = re.compile(r"\w*Cache|lvl|v")


def forget_pictures(package: Package, sources: Sources, state: State) -> None:
    """Drop what charts and text boxes keep of cells that changed; Excel reads it anew."""
    owners = _sheets_of_drawings(package)
    for part in list(package):
        kind = package.content_type(part) if part.endswith(".xml") else ""
        if kind.endswith(_CHARTS):
            forget = _forget_chart
        elif kind.endswith(_DRAWINGS) and b"textlink" in package[part]:
            forget = _forget_text_boxes
        else:
            continue
        root = package.root(part)
        if forget(root, owners.get(part, ""), sources, state):
            package[part] = serialize(root)


def _sheets_of_drawings(package: Package) -> dict[str, str]:
    return {
        drawing: sheet
        for sheet, part in package.sheets().items()
        for drawing in package.related_parts(part, "drawing")
    }


def _forget_chart(root: etree._Element, sheet: str, sources: Sources, state: State) -> bool:
    lost = False
    for formula in root.iter("{*}f"):
        around = formula.getparent()
        if around is None:
            continue
        kept = [item for item in around if _is_kept(item)]
        if kept and sources.read_by(formula.text or "", sheet).meets(state):
            lost = True
            for item in kept:
                around.remove(item)
    return lost


def _is_kept(item: etree._Element) -> bool:
    return bool(_KEPT.fullmatch(local_name(item)))


def _forget_text_boxes(root: etree._Element, sheet: str, sources: Sources, state: State) -> bool:
    lost = False
    for shape in root.iter("{*}sp"):
        link = shape.get("textlink", "").removeprefix("=")
        if link and sources.read_by(link, sheet).meets(state):
            for text in shape.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}t"):
                lost |= bool(text.text)
                text.text = ""
    return lost
