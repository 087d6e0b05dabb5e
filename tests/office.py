"""LibreOffice, made to recalculate: left alone it only echoes the stored values of a file."""

from __future__ import annotations

import atexit
import hashlib
import math
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

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
HEADER, FIRST = 3, 4  # rows of the sheet Models of a report: its header, its first model


def convert(workbook: Path, folder: Path, to: str = "xlsx") -> Path:
    """Convert a workbook with LibreOffice, every formula recalculated; return the new file."""
    return convert_all([workbook], folder, to)[0]


def convert_all(workbooks: Iterable[Path], folder: Path, to: str = "xlsx") -> list[Path]:
    """Convert workbooks in one run of LibreOffice, which takes long to start.

    What was converted before, by the same name, is taken from there.
    """
    wanted = {file: _place(file, to) for file in workbooks}
    unknown = [file for file, place in wanted.items() if not place.exists()]
    if unknown:
        _run_office(unknown, to)
    folder.mkdir(parents=True, exist_ok=True)
    # LibreOffice passes over what it cannot read, and says nothing.
    return [
        Path(shutil.copy(place, folder)) if place.exists() else folder / place.name
        for place in wanted.values()
    ]


@cache
def _work() -> Path:
    """A folder for this process: the profile of LibreOffice, and all that it converted."""
    folder = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _profile() -> Path:
    """The profile of a LibreOffice that was started once, which takes longer than later starts."""
    folder = _work() / "profile"
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE, "utf-8")
    _office(folder, "--terminate_after_init")
    return folder


def _place(workbook: Path, to: str) -> Path:
    """Where a workbook of this content and name is kept once it is converted."""
    content = hashlib.sha256(to.encode() + workbook.read_bytes()).hexdigest()
    return _work() / content / f"{workbook.stem}.{to.split(':')[0]}"


def _run_office(workbooks: list[Path], to: str) -> None:
    with tempfile.TemporaryDirectory(dir=_work()) as folder:
        profile, out = Path(folder) / "profile", Path(folder) / "out"
        shutil.copytree(_profile(), profile)
        _office(profile, "--convert-to", to, "--outdir", str(out), *map(str, workbooks))
        for workbook in workbooks:
            place = _place(workbook, to)
            if (out / place.name).exists():
                place.parent.mkdir(exist_ok=True)
                shutil.move(out / place.name, place)


def _office(profile: Path, *arguments: str) -> None:
    """Run LibreOffice with a profile of its own."""
    command = [need("soffice"), f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    subprocess.run(
        [*command, "--norestore", *arguments], check=True, capture_output=True, timeout=300
    )


def recalculated(workbook: Path, folder: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as LibreOffice computes them, row by row."""
    return stored(convert(workbook, folder), sheet)


def stored(workbook: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as they are stored in the file, row by row."""
    book = opened(workbook)
    values = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    book.close()
    return values


def opened(path: Path) -> Any:
    """Return the values that are stored in a workbook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what openpyxl would lose if it saved
        return openpyxl.load_workbook(path, data_only=True)


def disagreements(stored_rows: list[list[object]], computed: list[list[object]]) -> list[str]:
    """Cells whose stored value is not what LibreOffice computes, to 1e-12 relative."""
    wrong = []
    for number, row in enumerate(stored_rows):
        for column, value in enumerate(row):
            line = computed[number] if number < len(computed) else []
            other = line[column] if column < len(line) else None
            same = (value or None) == (other or None)
            if isinstance(value, (int, float)) and isinstance(other, (int, float)):
                same = math.isclose(value, other, rel_tol=1e-12, abs_tol=0.0)
            elif isinstance(value, str) and value.startswith("#"):
                same = isinstance(other, str) and other.startswith("#")
            if not same:
                wrong.append(f"row {number + 1}, column {column + 1}: {value!r} and {other!r}")
    return wrong
