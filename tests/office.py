"""LibreOffice, made to recalculate: left alone it only echoes the stored values of a file."""

from __future__ import annotations

import atexit
import hashlib
import math
import shutil
import subprocess
import tempfile
import time
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
    """Convert workbooks in one run of LibreOffice.

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
def _office() -> tuple[Path, subprocess.Popen[bytes]]:
    """The profile of a LibreOffice that stays, for it takes seconds to start, and its process.

    It stays because it has a workbook open, and does what others are asked that have its profile;
    they do it themselves where it has ended. It ends with this process, however that ends: then
    its shell has nothing to read any more.
    """
    folder = Path(tempfile.mkdtemp(dir=_work()))
    kept = folder / "open.xlsx"
    (folder / "user").mkdir()
    (folder / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE, "utf-8")
    openpyxl.Workbook().save(kept)
    office = subprocess.Popen(
        ["bash", "-c", '"$@" & read; kill -KILL 0', "office", *_command(folder), str(kept)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    atexit.register(office.communicate)
    _wait_for(kept.with_name(f".~lock.{kept.name}#"))
    return folder, office


def _wait_for(file: Path) -> None:
    """Wait until another program has made a file."""
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.1)
    raise TimeoutError(f"LibreOffice has not opened {file}")


def _place(workbook: Path, to: str) -> Path:
    """Where a workbook of this content and name is kept once it is converted."""
    content = hashlib.sha256(to.encode() + workbook.read_bytes()).hexdigest()
    return _work() / content / f"{workbook.stem}.{to.split(':')[0]}"


def _run_office(workbooks: list[Path], to: str) -> None:
    try:
        _ask_office(workbooks, to, timeout=200)
    except subprocess.TimeoutExpired:  # once in thousands of starts it hangs
        _, office = _office()
        office.communicate()
        _office.cache_clear()
        _ask_office(workbooks, to, timeout=600)


def _ask_office(workbooks: list[Path], to: str, timeout: int) -> None:
    folder, _ = _office()
    with tempfile.TemporaryDirectory(dir=_work()) as out:
        command = [*_command(folder), "--convert-to", to, "--outdir", out, *map(str, workbooks)]
        subprocess.run(command, check=True, capture_output=True, timeout=timeout)
        for workbook in workbooks:
            place = _place(workbook, to)
            made = Path(out) / place.name
            if made.exists():
                place.parent.mkdir(exist_ok=True)
                shutil.move(made, place)


def _command(profile: Path) -> list[str]:
    """How LibreOffice is run with a profile of its own."""
    options = (f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore")
    return [need("soffice"), *options]


def recalculated(workbook: Path, folder: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as LibreOffice computes them, row by row."""
    return stored(convert(workbook, folder), sheet)


def stored(workbook: Path, sheet: str) -> list[list[object]]:
    """Return the values of a sheet as they are stored in the file, row by row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what openpyxl does not know
        book = openpyxl.load_workbook(workbook, data_only=True, read_only=True)
        rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    book.close()
    width = max(map(len, rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


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
