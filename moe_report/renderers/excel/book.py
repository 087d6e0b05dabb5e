"""A workbook in the making: a shell that openpyxl builds, rows and notes that we stream into it."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.properties import CalcProperties

from moe_report.ooxml.notes import Note, comments_xml, vml_xml
from moe_report.ooxml.package import OFFICE_REL, Package, parse, serialize
from moe_report.ooxml.rows import with_rows
from moe_report.renderers.excel.palette import Palette
from moe_report.renderers.excel.sheet import Sheet

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"


class Book:
    """A workbook in the making."""

    def __init__(self, *sheet_names: str) -> None:
        self.shell: Any = Workbook()
        self.shell.remove(self.shell.worksheets[0])
        shells = {name: self.shell.create_sheet(name) for name in sheet_names}
        self.palette = Palette(self.shell)
        self.sheets = {name: Sheet(shell, self.palette) for name, shell in shells.items()}
        self.shell.calculation = CalcProperties(fullCalcOnLoad=True)

    def __getitem__(self, name: str) -> Sheet:
        return self.sheets[name]

    def mark(self, name: str, value: str) -> None:
        """Give the workbook a custom document property."""
        self.shell.custom_doc_props.append(StringProperty(name=name, value=value))

    def save(self, title: str, created: datetime.datetime) -> bytes:
        """Return the file's bytes: the same for the same content and time."""
        moment = created.replace(tzinfo=None)
        self.shell.properties.title = title
        self.shell.properties.creator = "moe-report"
        self.shell.properties.created = moment
        out = io.BytesIO()
        self.shell.save(out)
        package = Package(out.getvalue())
        parts = package.sheets()
        for name, sheet in self.sheets.items():
            part = parts[name]
            package[part] = with_rows(package[part], sheet.rows)
            if sheet.notes:
                add_notes(package, part, sheet.notes, sheet.widths, sheet.heights)
            if sheet.charts:
                name_charts(package, part, sheet.charts)
        # openpyxl dates every part, and the workbook, with the moment of saving.
        for name in list(package):
            package[name] = package[name]
        modified = self.shell.properties.modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        core = package["docProps/core.xml"]
        package["docProps/core.xml"] = core.replace(
            modified.encode(), moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        )
        return package.save()


def name_charts(package: Package, part: str, charts: Iterable[tuple[str, str]]) -> None:
    """Give the charts of a sheet their names and alternative texts, which openpyxl cannot."""
    links = package.relationships(part)
    drawing = next(item.target for item in links if item.type.endswith("/drawing"))
    root = parse(package[drawing])
    frames = root.iterfind(f".//{{{DRAWING}}}graphicFrame//{{{DRAWING}}}cNvPr")
    for frame, (name, text) in zip(frames, charts, strict=True):
        frame.set("name", name)
        frame.set("descr", text)
    package[drawing] = serialize(root)


def add_notes(
    package: Package,
    part: str,
    notes: Iterable[Note],
    widths: dict[int, float],
    heights: dict[int, float],
) -> None:
    """Give a sheet that has no notes some."""
    ordered = sorted(notes, key=lambda note: (note.row, note.column))
    comments = package.free_name("xl/comments/comment{}.xml")
    drawing = package.free_name("xl/drawings/notes{}.vml")
    package[comments] = comments_xml(ordered)
    package[drawing] = vml_xml(ordered, widths, heights)
    package.declare(comments, _COMMENTS_TYPE)
    package.declare_extension("vml", _VML_TYPE)
    package.relate(part, f"{OFFICE_REL}/comments", comments)
    id = package.relate(part, f"{OFFICE_REL}/vmlDrawing", drawing)
    package[part] = with_element(
        package[part], f'<legacyDrawing xmlns:r="{OFFICE_REL}" r:id="{id}"/>', _AFTER_LEGACY_DRAWING
    )


# What the schema wants behind <legacyDrawing>, nearest first.
_AFTER_LEGACY_DRAWING = (
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
)


def with_element(sheet: bytes, element: str, before: Iterable[str]) -> bytes:
    """Return a sheet's part with an element put where the schema wants it.

    Args:
        sheet: The part.
        element: The element's XML.
        before: Names of the elements that must come after it.
    """
    ends = [at for name in before if (at := sheet.find(f"<{name}".encode())) >= 0]
    at = min(ends, default=sheet.rfind(b"</worksheet>"))
    return sheet[:at] + element.encode() + sheet[at:]
