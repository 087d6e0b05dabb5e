"""A workbook in the making: a shell that openpyxl builds, rows and notes that we stream into it."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.hyperlink import Hyperlink

from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.notes import Note, add_notes
from moe_report.ooxml.package import Package, parse, serialize
from moe_report.ooxml.rows import SheetRows, with_rows
from moe_report.renderers.excel.palette import Palette
from moe_report.renderers.excel.record import OUR_AUTHOR

LETTER_LANDSCAPE_A4 = 9
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


@dataclass
class Sheet:
    """One sheet: its shell, and what is streamed into it.

    Attributes:
        shell: The openpyxl sheet that holds everything but cells and notes.
        rows: The cells.
        notes: The notes on cells.
        widths: Widths of columns in characters, by number.
        heights: Heights of rows in points, by number.
        charts: Name and alternative text of each chart.
    """

    shell: Any  # an openpyxl Worksheet, whose published types are incomplete
    rows: SheetRows = field(default_factory=SheetRows)
    notes: list[Note] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    charts: list[tuple[str, str]] = field(default_factory=list)

    def width(self, column: int, characters: float) -> None:
        """Set the width of a column."""
        self.widths[column] = characters
        self.shell.column_dimensions[column_letters(column)].width = characters + 0.71

    def height(self, row: int, points: float) -> None:
        """Set the height of a row."""
        self.heights[row] = points
        self.rows.height(row, points)

    def note(self, row: int, column: int, text: str) -> None:
        """Put a note on a cell."""
        self.notes.append(Note(row, column, text, OUR_AUTHOR))

    def chart(self, chart: Any, at: str, name: str, text: str) -> None:
        """Put an openpyxl chart on the sheet.

        Args:
            chart: The chart.
            at: Address of the cell under its upper left corner.
            name: What lists of the sheet's objects call it.
            text: What it shows, for those who cannot see it.
        """
        self.shell.add_chart(chart, at)
        self.charts.append((name, text))

    def link(self, row: int, column: int, location: str) -> None:
        """Make a cell a link to another place of the workbook."""
        address = f"{column_letters(column)}{row}"
        self.shell._hyperlinks.append(Hyperlink(ref=address, location=location))

    def print_setup(self, title_rows: str, *, wide: int = 1, title_columns: str = "") -> None:
        """Print on landscape pages, ``wide`` pages wide, with rows and columns repeated."""
        setup = self.shell.page_setup
        setup.orientation = "landscape"
        setup.paperSize = LETTER_LANDSCAPE_A4
        setup.fitToWidth, setup.fitToHeight = wide, 0
        self.shell.sheet_properties.pageSetUpPr.fitToPage = True
        self.shell.print_title_rows = title_rows
        if title_columns:
            self.shell.print_title_cols = title_columns
        self.shell.oddFooter.left.text = "&F · &A"
        self.shell.oddFooter.right.text = "&P / &N"
        margins = self.shell.page_margins
        margins.left = margins.right = 0.4
        margins.top, margins.bottom, margins.footer = 0.5, 0.75, 0.35


class Book:
    """A workbook in the making."""

    def __init__(self, *sheet_names: str) -> None:
        self.shell: Any = Workbook()
        self.shell.remove(self.shell.worksheets[0])
        self.sheets = {name: Sheet(self.shell.create_sheet(name)) for name in sheet_names}
        self.palette = Palette(self.shell)
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
        self.shell.properties.creator = OUR_AUTHOR
        self.shell.properties.created = moment
        out = io.BytesIO()
        self.shell.save(out)
        package = Package(out.getvalue())
        parts = package.sheets()
        for name, sheet in self.sheets.items():
            part = parts[name]
            if sheet.notes:
                root = parse(package[part])
                add_notes(package, part, root, sheet.notes, sheet.widths, sheet.heights)
                package[part] = serialize(root)
            package[part] = with_rows(package[part], sheet.rows)
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
    drawing = package.related_part(part, "drawing")
    assert drawing is not None
    root = parse(package[drawing])
    frames = root.iterfind(f".//{{{DRAWING}}}graphicFrame//{{{DRAWING}}}cNvPr")
    for frame, (name, text) in zip(frames, charts, strict=True):
        frame.set("name", name)
        frame.set("descr", text)
    package[drawing] = serialize(root)


def freeze(shell: Any, cell: str, zoom: int, *, gridlines: bool) -> None:
    """Freeze the panes above and left of a cell, and set zoom and gridlines."""
    shell.freeze_panes = cell
    shell.sheet_view.zoomScale = zoom
    shell.sheet_view.showGridLines = gridlines
