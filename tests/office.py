"""LibreOffice, made to recalculate: left alone it only echoes the stored values of a file."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path

import openpyxl

from tests.conftest import need

_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"
           xmlns:xs="http://www.w3.org/2001/XMLSchema"
           xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


def convert(workbook: Path, folder: Path, to: str = "xlsx") -> Path:
    """Convert a workbook with LibreOffice, every formula recalculated; return the new file."""
    return convert_all([workbook], folder, to)[0]


def convert_all(workbooks: Iterable[Path], folder: Path, to: str = "xlsx") -> list[Path]:
    """Convert workbooks in one run of LibreOffice, which takes long to start."""
    files = list(workbooks)
    program = need("soffice")
    with tempfile.TemporaryDirectory() as profile:
        user = Path(profile) / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE, "utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless",
                "--norestore", "--convert-to", to, "--outdir", str(folder), *map(str, files),
            ],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return [folder / f"{file.stem}.{to.split(':')[0]}" for file in files]


def recalculated(workbook: Path, folder: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as LibreOffice computes them, row by row."""
    return stored(convert(workbook, folder), sheet)


def stored(workbook: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as they are stored in the file, row by row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what openpyxl would lose if it saved
        book = openpyxl.load_workbook(workbook, data_only=True)
    values = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    book.close()
    return values
