"""The bytes of a workbook that openpyxl has built, made in memory.

openpyxl itself writes each sheet into a file of the system's folder for temporary ones, which may
be full, and leaves it there when it is stopped.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter


def bytes_of(workbook: Any) -> bytes:
    """Return a workbook as a file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _Writer(workbook, archive).write_data()
    return out.getvalue()


class _Writer(ExcelWriter):
    _archive: zipfile.ZipFile

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        out = io.BytesIO()
        links = ws._hyperlinks
        writer: Any = WorksheetWriter(ws, out)  # which forgets the links that no cell has
        ws._hyperlinks = list(links)
        writer.write()
        ws._hyperlinks = links
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], out.getvalue())
        self.manifest.append(ws)
