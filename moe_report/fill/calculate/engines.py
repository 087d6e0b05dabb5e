"""Programs that calculate workbooks: formulon, a package of Python, and LibreOffice.

Both work on an excerpt, in processes of their own, within bounds of time and memory.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from moe_report.child_process import run_module, run_program
from moe_report.fill.calculate.excerpt import excerpt
from moe_report.fill.calculate.formulas import FormulaCell, Formulas
from moe_report.fill.calculate.known_functions import FORMULON, LIBREOFFICE
from moe_report.fill.sheet_parts import cells_with_content, sheet_titles
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import Package
from moe_report.ooxml.resting.formula_sources import Changed
from moe_report.ooxml.rows import Value
from moe_report.ooxml.sheet_names import quoted

SECONDS = 60
_MEMORY = 8 * 2**30  # of addresses; a process of formulon sets 4 GB of them aside at once
# Signs of a text in a cell, as UTF-16 has them; Excel calls more an error, formulon cuts them off.
_LONGEST = 32_767
Cell = tuple[str, int, int]  # sheet, column, row
Values = Mapping[Cell, Value]  # a cell that has an error is not among them


class EngineError(Exception):
    """An engine gave nothing; the message says why."""


@dataclass(frozen=True)
class Engine:
    """A program that calculates.

    Attributes:
        name: What people call it.
        functions: Those whose values are taken over from it.
        compute: Returns the values of formulas.
    """

    name: str
    functions: frozenset[str]
    compute: Callable[[Formulas, Sequence[FormulaCell]], Values]


def engines(wanted: str) -> list[Engine]:
    """Return the engines that are installed, best first: all (``auto``), one by its name, or none.

    Raises:
        EngineError: The one is not installed.
    """
    if wanted == "none":
        return []
    found = [engine for name, engine in ENGINES.items() if wanted in ("auto", name)]
    installed = [engine for engine in found if _INSTALLED[engine.name]()]
    if wanted != "auto" and not installed:
        raise EngineError(f"{found[0].name} is not installed")
    return installed


def _cells(formulas: Iterable[FormulaCell]) -> list[Cell]:
    return [cell for item in formulas for cell in item.filled]


@contextmanager
def _troubles() -> Iterator[None]:
    """Turn what may go wrong with a program, and with what it writes, into an EngineError."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"it took more than {SECONDS} s") from error
    except OSError as error:
        raise EngineError(f"it cannot be run ({error.strerror})") from error
    except (TypeError, ValueError, csv.Error) as error:
        raise EngineError("what it wrote cannot be read") from error


def _given(asked: Sequence[Cell], found: Sequence[Value]) -> Values:
    """Return the values that a cell can hold, by their cells.

    Raises:
        ValueError: There are more or fewer than asked for, or they are no values.
    """
    if not all(isinstance(value, float | str | bool | None) for value in found):
        raise ValueError
    return {
        cell: value
        for cell, value in zip(asked, found, strict=True)
        if not (
            value is None
            or (isinstance(value, float) and not math.isfinite(value))
            or (isinstance(value, str) and len(value.encode("utf-16-le")) >= 2 * _LONGEST)
        )
    }


# -- formulon

_FORMULON = "moe_report.fill.calculate.formulon_process"


def _by_formulon(formulas: Formulas, computed: Sequence[FormulaCell]) -> Values:
    asked = _cells(computed)
    single = [(item.sheet, item.column, item.row) for item in computed if not item.is_array]
    task = {"asked": asked, "checked": single}
    data = json.dumps(task).encode() + b"\n" + excerpt(formulas, computed)
    with _troubles():
        done = run_module(_FORMULON, data, seconds=SECONDS, memory=_MEMORY)
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise EngineError(lines[-1].strip() if lines else "it ended early")
        return _given(asked, json.loads(done.stdout))


# -- LibreOffice

_PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
)
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "Office.Calc/Formula/Load": {"OOXMLRecalcMode": 0},
    "Office.Common/Misc": {"FirstRun": "false"},
    "Office.Common/Security/Scripting": {"MacroSecurityLevel": 3, "DisableMacrosExecution": "true"},
    "Setup/L10N": {"ooSetupSystemLocale": "en-US"},  # numbers in texts have points
}
_SHAPE = '"0.00000000000000E+000"'
# What is asked of a cell. LibreOffice writes 15 digits of a number: the rest is asked for, too.
_ASKED = (
    'IF(ISERROR({x}),"e",IF(ISLOGICAL({x}),"b",IF(ISNUMBER({x}),"n",IF(ISTEXT({x}),"s",""))))',
    f'IF(A{{n}}="n",TEXT({{x}},{_SHAPE}),IF(A{{n}}="b",IF({{x}},"1","0"),IF(A{{n}}="s",{{x}},"")))',
    f'IF(A{{n}}="n",TEXT(_xlfn.ORG.LIBREOFFICE.RAWSUBTRACT({{x}},VALUE(B{{n}})),{_SHAPE}),"")',
)


_LONG_EXPONENT = re.compile(r"\dE[+-]0\d\d")  # of a number in a text; Excel writes two digits


def _office() -> str | None:
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in _PLACES if os.path.exists(place)), None)


def _by_office(formulas: Formulas, computed: Sequence[FormulaCell]) -> Values:
    """Return values but of what rests on truths, which it counts as numbers, or on empty cells."""
    doubtful = {id(item) for item in formulas.resting_on(_truths(formulas.package))}
    sure = [item for item in computed if id(item) not in doubtful]
    values = _asked_of_office(formulas, sure)
    odd = [
        item
        for item in sure
        if any(isinstance(values.get(cell), bool | None) for cell in item.filled)
    ]
    own = {id(item) for item in odd}
    doubtful = {id(item) for item in formulas.resting_on({}, odd)} - own
    left = set(_cells(item for item in sure if id(item) in doubtful))
    return {cell: value for cell, value in values.items() if cell not in left}


def _truths(package: Package) -> dict[str, Changed]:
    found: dict[str, Changed] = {}
    for name, part in package.sheets().items():
        if b't="b"' in package[part]:
            for row, column, cell in cells_with_content(package.root(part)):
                if cell.get("t") == "b":
                    found.setdefault(name, Changed()).add(column, row)
    return found


def _asked_of_office(formulas: Formulas, computed: Sequence[FormulaCell]) -> Values:
    asked = _cells(computed)
    rows = [
        [text.format(x=f"{quoted(sheet)}!${column_letters(column)}${row}", n=n) for text in _ASKED]
        for n, (sheet, column, row) in enumerate(asked, start=1)
    ]
    data = excerpt(formulas, computed, rows)
    with _troubles(), tempfile.TemporaryDirectory(prefix="moe-report-") as name:
        folder = Path(name)
        source, profile = folder / "excerpt.xlsx", folder / "profile"
        source.write_bytes(data)
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_settings(), "utf-8")
        _convert(source, profile, len(sheet_titles(formulas.package)) + 1)
        written = list(folder.glob("excerpt-*.csv"))
        if not written:
            raise EngineError("it wrote nothing")
        with written[0].open(encoding="utf-8", newline="") as file:
            return _given(asked, [_answer(*answer) for answer in csv.reader(file)])


def _convert(source: Path, profile: Path, sheet: int) -> None:
    """Let LibreOffice write one sheet of a workbook, by its number, as text beside it."""
    program = _office()
    assert program is not None
    kind = f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,{sheet}"
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", kind, "--outdir", str(source.parent), str(source)]
    run_program(command, seconds=SECONDS)


def _answer(kind: str, text: str, rest: str) -> Value:
    if kind == "n":
        return float(text) + float(rest)
    if kind == "b":
        return text == "1"
    return text if kind == "s" and not _LONG_EXPONENT.search(text) else None


def _settings() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, values in _SETTINGS.items()
        for name, value in values.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>"
    )


ENGINES = {
    "formulon": Engine("formulon", FORMULON, _by_formulon),
    "libreoffice": Engine("LibreOffice", LIBREOFFICE, _by_office),
}
_INSTALLED: Mapping[str, Callable[[], bool]] = {
    "formulon": lambda: find_spec("formulon") is not None,
    "LibreOffice": lambda: _office() is not None,
}
