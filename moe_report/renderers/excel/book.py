"""A workbook in the making: a shell that openpyxl builds, rows and notes that we stream into it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.properties import CalcProperties

from moe_report.load.our_sheets import OUR_AUTHOR
from moe_report.ooxml.notes import add_notes
from moe_report.ooxml.order import order_fonts
from moe_report.ooxml.package import Package, serialize
from moe_report.ooxml.rows import SheetWithRows
from moe_report.ooxml.shell import bytes_of
from moe_report.renderers.excel.column_widths import fit
from moe_report.renderers.excel.palette import Palette
from moe_report.renderers.excel.sheet import Sheet

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


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

    def fit(self) -> None:
        """Make columns as wide and rows as high as what is in them asks for."""
        for sheet in self.sheets.values():
            fit(sheet)

    def save(self, title: str, created: datetime.datetime) -> bytes:
        """Return the file's bytes: the same for the same content and time."""
        return self.package(title, created).save()

    def package(self, title: str, created: datetime.datetime) -> Package:
        """Return the file as a package, whose rows are made when it is written."""
        self.fit()
        package = saved(self.shell, title, created)
        parts = package.sheets()
        for name, sheet in self.sheets.items():
            part = parts[name]
            if sheet.notes:
                root = package.root(part)
                add_notes(package, part, root, sheet.notes, sheet.widths, sheet.heights)
                package[part] = serialize(root)
            package.hold(part, SheetWithRows(package[part], sheet.rows))
            if sheet.charts:
                name_charts(package, part, sheet.charts)
        return package


def saved(shell: Any, title: str, created: datetime.datetime) -> Package:
    """Return a workbook of openpyxl's as a package: the same for the same content and time."""
    moment = created.replace(tzinfo=None)
    shell.properties.title = title
    shell.properties.creator = OUR_AUTHOR
    shell.properties.created = shell.properties.modified = moment
    package = Package(bytes_of(shell))
    order_fonts(package)
    for name in list(package):  # each has the moment of saving as its date
        package[name] = package[name]
    return package


def name_charts(package: Package, part: str, charts: Iterable[tuple[str, str]]) -> None:
    """Give the charts of a sheet their names and alternative texts, which openpyxl cannot."""
    drawing = package.related_part(part, "drawing")
    assert drawing is not None
    root = package.root(drawing)
    frames = root.iterfind(f".//{{{DRAWING}}}graphicFrame//{{{DRAWING}}}cNvPr")
    for frame, (name, text) in zip(frames, charts, strict=True):
        frame.set("name", name)
        frame.set("descr", text)
    package[drawing] = serialize(root)
