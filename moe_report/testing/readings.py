"""The readings of a formula, held against each other: numpy, LibreOffice, JavaScript.

Where two of them differ on a number that hangs on the last digit of another (a difference of
nearly equal numbers, a test of equality), none of them is wrong. So what also differs when the
inputs are changed by a millionth of a millionth doesn't count.
"""

from __future__ import annotations

import io
import json
import math
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter

from moe_report.child_process import run_program
from moe_report.errors import first_line
from moe_report.fill.calculate.engines import EngineError, engines
from moe_report.fill.calculate.formulas import Formulas
from moe_report.formula.excel import excel
from moe_report.formula.expr import Expr, symbol
from moe_report.formula.javascript import HELPERS, REDUCING, javascript, member, quoted
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate, missing_symbols
from moe_report.ooxml.package import Package
from moe_report.schema.layers import TOKENS
from moe_report.testing.random_rows import RandomRows

NUMPY, OFFICE, NODE = "numpy", "LibreOffice", "JavaScript"
MISSING, UNDEFINED, NONE = "missing", "undefined", "no number"
_SECONDS = 60
_ALIKE, _NUDGE, _TRIES = 1e-9, 1e-12, 4
_OFFICE_CELLS = 4000
Outcome = float | str


class ReadingError(Exception):
    """A program did not compute; the message says why."""


@dataclass(frozen=True)
class Difference:
    """A row in which a reading has another value than numpy.

    Attributes:
        metric: Whose formula it is.
        reading: Which reading.
        expected: What numpy gives.
        found: What the other gives.
        inputs: The numbers of the row that the formula refers to.
        rows: How many rows of the metric differ in this reading.
    """

    metric: str
    reading: str
    expected: Outcome
    found: Outcome
    inputs: Mapping[str, Values]
    rows: int

    def __str__(self) -> str:
        inputs = ", ".join(f"{name} {_input(value)}" for name, value in self.inputs.items())
        more = f" and in {self.rows - 1} more rows" if self.rows > 1 else ""
        return (
            f"metric {self.metric!r}: {self.reading} gives {_said(self.found)}, numpy "
            f"{_said(self.expected)}, where {inputs or 'nothing is needed'}{more}"
        )


def _input(values: Values) -> str:
    """A number that a formula refers to, or those of a series."""
    numbers = [f"{number:.17g}" for number in np.ravel(values) if not math.isnan(number)]
    return f"= {', '.join(numbers)}" if numbers else "missing"


def _said(outcome: Outcome) -> str:
    return outcome if isinstance(outcome, str) else f"{outcome:.17g}"


def compared(
    formulas: Mapping[str, Expr], rows: RandomRows
) -> tuple[tuple[Difference, ...], tuple[str, ...], tuple[str, ...]]:
    """Compare the readings of formulas by the metrics' names.

    Returns:
        What differs, the readings that there were, and why others were not.
    """
    differences: list[Difference] = []
    readings, notes = [NUMPY], []
    ours = {name: _by_numpy(expr, rows) for name, expr in formulas.items()}
    for reading, compute in READINGS.items():
        try:
            theirs = compute(formulas, rows)
        except ReadingError as error:
            notes.append(f"not compared with {reading}: {error}")
            continue
        readings.append(reading)
        for name, found in theirs.items():
            differences += _differences(name, reading, formulas[name], rows, ours[name], found)
    return tuple(differences), tuple(readings), tuple(notes)


def _differences(
    name: str,
    reading: str,
    expr: Expr,
    rows: RandomRows,
    ours: Sequence[Outcome],
    theirs: Sequence[Outcome],
) -> list[Difference]:
    """Return the first of the rows that differ, if any do."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    unlike = [at for at, (one, other) in pairs if not _alike(one, other)]
    settled = _settled(expr, rows) if unlike else ()
    unlike = [at for at in unlike if settled[at]]
    if not unlike:
        return []
    at = unlike[0]
    inputs = {name: values[at] for name, values in rows.columns(expr).items()}
    return [Difference(name, reading, ours[at], theirs[at], inputs, len(unlike))]


def _alike(one: Outcome, other: Outcome) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one == other or NONE in (one, other)
    if isinstance(one, str) or isinstance(other, str):
        return False
    return math.isclose(one, other, rel_tol=_ALIKE)


def _settled(expr: Expr, rows: RandomRows) -> Sequence[bool]:
    """Return for each row whether its value stays when what it is made of changes a little."""
    random = np.random.default_rng(1)
    leaves: dict[str, Values | float] = {}
    apart = _apart(expr, rows, leaves)
    value, stays = _numbers(apart, rows, leaves), np.full(rows.count, True)
    for _ in range(_TRIES):
        nudged = {
            name: values * (1 + _NUDGE * random.uniform(-1, 1, np.shape(values) or rows.count))
            for name, values in leaves.items()
        }
        near = _numbers(apart, rows, nudged)
        stays &= np.isclose(value, near, rtol=_ALIKE, atol=0, equal_nan=True)
    return [bool(one) for one in stays]


def _apart(expr: Expr, rows: RandomRows, leaves: dict[str, Values | float]) -> Expr:
    """The expression with a name of its own for each number in it; whole ones are exact."""
    if expr.op == "const" and expr.value == int(expr.value):
        return expr
    if expr.op == "series":
        leaves[expr.name] = rows.series[expr.name]
        return expr
    if expr.op in ("const", "symbol"):
        leaves[name := str(len(leaves))] = (
            expr.value if expr.op == "const" else rows.values[expr.name]
        )
        return symbol(name)
    return Expr(expr.op, tuple(_apart(arg, rows, leaves) for arg in expr.args))


def _numbers(expr: Expr, rows: RandomRows, columns: Mapping[str, Values | float]) -> Values:
    return np.array(np.broadcast_to(evaluate(expr, columns), rows.count))


# -- the readings


def _by_numpy(expr: Expr, rows: RandomRows) -> list[Outcome]:
    columns = rows.columns(expr)
    return [
        _without_number(expr, {name: values[at] for name, values in columns.items()})
        if math.isnan(number)
        else float(number)
        for at, number in enumerate(_numbers(expr, rows, columns))
    ]


def _without_number(expr: Expr, row: Mapping[str, Values]) -> str:
    def value(part: Expr) -> float:
        return float(evaluate(part, row))

    return (
        MISSING
        if missing_symbols(expr, value, lambda name: not np.isnan(row[name]).all())
        else UNDEFINED
    )


def _by_node(formulas: Mapping[str, Expr], rows: RandomRows) -> dict[str, list[Outcome]]:
    program = shutil.which("node")
    if program is None:
        raise ReadingError("node is not installed")
    names = _symbols(formulas)
    numbers = {
        name: [None if math.isnan(one) else one for one in rows.values[name]] for name in names
    }
    numbers |= {name: list(map(_array, rows.series[name])) for name in _series(formulas)}
    names = [*numbers]
    table = [{name: numbers[name][at] for name in names} for at in range(rows.count)]
    printed = ",".join(f"(v)=>{javascript(expr, member)}" for expr in formulas.values())
    script = f""""use strict";
{HELPERS}{REDUCING}
const rows = {quoted(table)};
for (const v of rows) for (const name in v) if (v[name] === null) v[name] = NaN;
console.log(JSON.stringify([{printed}].map((f) => rows.map((v) => f(v)))));
"""
    try:
        done = run_program([program, "-"], seconds=_SECONDS, data=script.encode())
    except subprocess.TimeoutExpired as error:
        raise ReadingError(f"node took more than {_SECONDS} s") from error
    except OSError as error:
        raise ReadingError(f"node cannot be run ({error.strerror})") from error
    if done.returncode:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line]
        errors = [line for line in lines if "Error" in line]
        raise ReadingError(f"node ended with {(errors or lines or ['nothing'])[0].strip()}")
    found = zip(formulas, json.loads(done.stdout), strict=True)
    return {
        name: [NONE if number is None else number for number in numbers] for name, numbers in found
    }


def _symbols(formulas: Mapping[str, Expr]) -> list[str]:
    return list(dict.fromkeys(name for expr in formulas.values() for name in expr.symbols()))


def _series(formulas: Mapping[str, Expr]) -> list[str]:
    return list(dict.fromkeys(name for expr in formulas.values() for name in expr.series()))


def _array(numbers: Values) -> list[float] | None:
    """The numbers of a series; None if it has none."""
    return [float(number) for number in numbers if not math.isnan(number)] or None


def _by_office(formulas: Mapping[str, Expr], rows: RandomRows) -> dict[str, list[Outcome]]:
    """Let LibreOffice compute as many of the rows as it does in a few seconds."""
    try:
        (office,) = engines("libreoffice")
    except EngineError as error:
        raise ReadingError(f"{error}") from error
    count = min(rows.count, max(1, _OFFICE_CELLS // max(1, len(formulas))))
    sheet = _sheet(formulas, rows, count)
    data = io.BytesIO()
    sheet.parent.save(data)
    found = Formulas(Package(data.getvalue()))
    try:
        values = office.compute(found, found.computable(office.functions))
    except EngineError as error:
        raise ReadingError(first_line(error)) from error
    return {
        name: [
            _of_cell(values.get((sheet.title, at, row), UNDEFINED)) for row in range(2, count + 2)
        ]
        for at, name in enumerate(formulas, start=sheet.max_column - len(formulas) + 1)
    }


def _sheet(formulas: Mapping[str, Expr], rows: RandomRows, count: int) -> Any:
    """A sheet with formulas in its last columns, and a row for each of some rows from row 2 on.

    Tokens come first, below the numbers of their experts. What is computed of layers has a sheet of
    its own, beside the row of the model.
    """
    names, series = _symbols(formulas), _series(formulas)
    of_layers = [name for name in series if name != TOKENS]
    experts = rows.series[TOKENS].shape[-1] if TOKENS in series else 0
    letters = {name: get_column_letter(at) for at, name in enumerate(names, start=experts + 1)}
    book = openpyxl.Workbook()
    sheet, layers = book["Sheet"], book.create_sheet("Layers")
    sheet.append([*range(experts)] or [None])
    last = count * max((rows.series[name].shape[-1] for name in of_layers), default=0)
    for row in range(2, count + 2):
        tokens = rows.series[TOKENS][row - 2] if experts else np.empty(0)
        end = get_column_letter(max(1, int((~np.isnan(tokens)).sum())))
        places: dict[str, Any] = {TOKENS: (f"$A{row}:${end}{row}", f"$A$1:${end}$1")}
        for letter, name in zip(map(get_column_letter, range(2, 2**14)), of_layers, strict=False):
            names_, values = (f"Layers!${one}$1:${one}${last}" for one in ("A", letter))
            places[name] = {"values": values, "names": names_, "name": f'"m{row}"'}
        numbers = [*tokens, *(rows.values[name][row - 2] for name in names)]
        refer = partial(_cell_of, letters, row)
        cells = ["=" + excel(expr, refer, places.get) for expr in formulas.values()]
        sheet.append([*map(_empty, numbers), *cells])
        for layer in zip(*(rows.series[name][row - 2] for name in of_layers), strict=True):
            if not np.isnan(layer).all():
                layers.append([f"m{row}", *map(_undefined, layer)])
    return sheet


def _cell_of(letters: Mapping[str, str], row: int, name: str) -> str:
    return f"{letters[name]}{row}"


def _undefined(number: float) -> float | str:
    """What a cell shows whose formula has no number."""
    return '=""' if math.isnan(number) else float(number)


def _empty(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _of_cell(value: object) -> Outcome:
    if value == "":
        return NONE
    return float(value) if isinstance(value, (int, float)) else UNDEFINED


READINGS: Mapping[
    str, Callable[[Mapping[str, Expr], RandomRows], Mapping[str, Sequence[Outcome]]]
] = {OFFICE: _by_office, NODE: _by_node}
