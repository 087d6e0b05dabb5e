"""What makes a number of many, in each reading; LibreOffice's is in metrics/test_readings.py."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from moe_report.formula import reductions
from moe_report.formula.excel import excel
from moe_report.formula.expr import Expr, symbol
from moe_report.formula.javascript import CALLED_OF_MANY, HELPERS, REDUCING, javascript, member
from moe_report.formula.mathml import CALLS
from moe_report.formula.operations import evaluate
from moe_report.formula.reductions import REDUCTIONS, Series
from tests.conftest import need

TOKENS = Series("tokens", of_layers=False)
ROWS = [[90, 132, 40, 61, 104, 0], [7, 7, 7], [0, 0, 5, 1], [3], []]
EXPECTED = {
    "total": [427, 21, 6, 3, None],
    "mean": [427 / 6, 7, 1.5, 3, None],
    "largest": [132, 7, 5, 3, None],
    "median": [75.5, 7, 0.5, 3, None],
    "count": [6, 3, 4, 1, None],
    "deviation": [np.std(ROWS[0]), 0, np.std(ROWS[2]), 0, None],
    "sum_of_squares": [sum(one * one for one in ROWS[0]), 147, 26, 9, None],
    "entropy": [
        -sum(one / 427 * math.log(one / 427) for one in ROWS[0] if one), math.log(3),
        -(5 / 6 * math.log(5 / 6) + 1 / 6 * math.log(1 / 6)), 0, None,
    ],
    "zeros": [1, 0, 2, 0, None],
    "total_above": [20 + 62 + 34, 0, 0, 0, None],
    "largest_block": [90 + 132, 7, 6, 3, None],  # of three
}  # fmt: skip
OTHERS = ("total_above", "largest_block")


def exprs() -> dict[str, Expr]:
    """Each reduction of the tokens, by its name; a further operand is called as it is."""
    made = {}
    for name in REDUCTIONS:
        others = [symbol(name)] if name in OTHERS else []
        made[name] = getattr(reductions, name)(TOKENS, *others)
    return made


def test_numpy_gives_what_it_is() -> None:
    """Of rows of several lengths, with zeros, alike, of one, and of none."""
    width = max(map(len, ROWS))
    table = np.array([[*row, *[np.nan] * (width - len(row))] for row in ROWS], np.float64)
    others = {"total_above": 70.0, "largest_block": 3.0}
    for name, expr in exprs().items():
        found = evaluate(expr, {"tokens": table, **others})
        wanted = [np.nan if one is None else one for one in EXPECTED[name]]
        assert found == pytest.approx(wanted, rel=1e-14, abs=1e-15, nan_ok=True), name


def test_javascript_gives_the_same(tmp_path: Path) -> None:
    """To the last digits but one."""
    rows = [{"tokens": row or None, "total_above": 70, "largest_block": 3} for row in ROWS]
    printed = ",".join(f"(v)=>{javascript(expr, member)}" for expr in exprs().values())
    script = tmp_path / "reductions.js"
    script.write_text(
        f'"use strict";\n{HELPERS}{REDUCING}\nconst rows = {json.dumps(rows)};\n'
        "for (const v of rows) v.tokens ??= NaN;\n"
        f"console.log(JSON.stringify([{printed}].map((f) => rows.map((v) => f(v)))));"
    )
    done = subprocess.run(
        [need("node"), str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    for name, found in zip(exprs(), json.loads(done.stdout), strict=True):
        for one, wanted in zip(found, EXPECTED[name], strict=True):
            assert one == (wanted and pytest.approx(wanted, rel=1e-14, abs=1e-15)), name


def test_every_reading_has_every_reduction() -> None:
    """A name in typeset formulas, in Python and in JavaScript; the page's script typesets alike."""
    assert {*REDUCTIONS} <= {*CALLS}
    assert {*REDUCTIONS} == {*CALLED_OF_MANY}
    script = Path(__file__).parents[2] / "templates/typeset.js"
    for name, one in REDUCTIONS.items():
        if one.of_layers:  # those of tokens are typeset beforehand
            word = CALLS[name].removeprefix("<mi>").removesuffix("</mi>")
            assert f'{name}: "{word}"' in script.read_text("utf-8"), name


def test_a_series_is_no_number() -> None:
    """Arithmetic with it names what is missing, and so does a number in its place."""
    with pytest.raises(TypeError, match=r"tokens are many numbers: reduce them first"):
        TOKENS / 2
    with pytest.raises(TypeError, match=r"mean\(\) takes tokens of experts or numbers of layers"):
        reductions.mean(3)  # type: ignore[arg-type]
    layers = Series("layer_peak", of_layers=True)
    with pytest.raises(TypeError, match=r"entropy\(\) takes tokens of experts, not the layers'"):
        reductions.entropy(layers)


def test_a_workbook_without_layers_has_no_number() -> None:
    """A metric of a workbook that has no sheet Routing is empty there, and no error."""
    expr = reductions.mean(Series("layer_peak", of_layers=True))
    assert isinstance(expr, Expr)
    assert excel(expr, str) == 'IFERROR(NA(),"")'
