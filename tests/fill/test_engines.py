"""The engines held against each other: each function that is relied upon, and odd inputs."""

from __future__ import annotations

import math
import re
from functools import cache
from io import BytesIO
from pathlib import Path

import xlsxwriter

from moe_report.fill.calculate.engines import ENGINES
from moe_report.fill.calculate.formulas import Formulas
from moe_report.fill.calculate.known_functions import BOTH, FORMULON, LIBREOFFICE
from tests.conftest import need
from tests.libraries import library
from tests.second_opinion import without_values

library("formulon")
COLUMNS = (
    (3.5, -2, 7, 7, 0, 1e9, 2.5, 12),
    (1, 2, 3, 4, 5, None, 7, 8),
    ("Mixtral", "mixtral", "  b  c ", "3.5", "a*b", "", "x~y", "Ä ö"),
    (True, False, None, 45418, 45418.75, "no", "", 0),
)
LINES = (Path(__file__).parent.parent / "data" / "formulas.tsv").read_text("utf-8").splitlines()
FORMULAS = [line.partition("\t")[0] for line in LINES]
EXPECTED = {
    line.partition("\t")[0]: line.partition("\t")[2] for line in LINES if "\t" in line
}  # of what one engine alone is relied upon for; nothing is an error


@cache
def computed(name: str) -> dict[str, object]:
    """What an engine gives for the formulas that it is relied upon for; None for an error."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Data")
    for at, column in enumerate(COLUMNS):
        for row, value in enumerate(column):
            if isinstance(value, str):
                sheet.write_string(row, at, value)
            elif value is not None:
                sheet.write(row, at, value)
    for row, formula in enumerate(FORMULAS):
        if formula.startswith("{"):
            sheet.write_array_formula(row, 6, row, 6, formula)
        else:
            sheet.write_formula(row, 6, f"={formula}")
    book.close()
    formulas = Formulas(without_values(out.getvalue()))
    known = formulas.computable(ENGINES[name].functions)
    values = ENGINES[name].compute(formulas, known)
    return {FORMULAS[item.row - 1]: values.get(item.filled[0]) for item in known}


def same(first: object, second: object) -> bool:
    """Whether two values are of one kind, and numbers of the same to 1e-12."""
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=1e-12)
    return type(first) is type(second) and first == second


def test_both_engines_give_the_same() -> None:
    """Of every formula that both give a value for; and LibreOffice gives one for nearly all."""
    need("soffice")
    ours, theirs = computed("formulon"), computed("libreoffice")
    common = [formula for formula in ours if ours[formula] is not None and theirs.get(formula)]
    wrong = {
        formula: (ours[formula], theirs[formula])
        for formula in common
        if not same(ours[formula], theirs[formula])
    }
    assert wrong == {}
    assert len(common) > 230


def test_each_function_is_in_the_table() -> None:
    """What no formula of the table tries is not relied upon."""
    called = {
        name.upper() for line in FORMULAS for name in re.findall(r"([A-Za-z_][\w.]*)\(", line)
    }
    assert called >= BOTH | FORMULON | LIBREOFFICE


def test_what_one_engine_alone_is_relied_upon_for() -> None:
    """Is what Excel's documentation says."""
    for formula, expected in EXPECTED.items():
        engine = "libreoffice" if formula.startswith("LOOKUP") else "formulon"
        value = computed(engine)[formula]
        shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        assert shown == expected, formula
