"""Thousands of random expressions: what JavaScript computes is what numpy computes."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from moe_report.formula import functions
from moe_report.formula.expr import Expr, lift, number, symbol
from moe_report.formula.javascript import HELPERS, javascript, member, quoted
from moe_report.formula.operations import OPERATIONS, evaluate, missing_symbols
from tests.conftest import need
from tests.formula.random_expressions import NAMES, TOLERANCE, Draw, Drawer, alike, outcome, traps

DRAWS = 6_000


def computed(draws: list[Draw], folder: Path) -> list[float | None]:
    """The value of each draw in Node; None where it is NaN."""
    rows = ",\n".join(
        f"[(v) => {javascript(draw.expr, member)}, {quoted(dict(draw.values))}]" for draw in draws
    )
    return _run(
        f"""{HELPERS}
        const rows = [{rows}];
        const values = rows.map(([f, v]) => {{
          for (const name in v) if (v[name] === null) v[name] = NaN;
          return f(v);
        }});
        if (values.some((value) => Math.abs(value) === Infinity)) throw new Error("infinite");
        console.log(JSON.stringify(values));""",
        folder,
    )


def _run(script: str, folder: Path) -> Any:
    file = folder / "fuzz.js"
    file.write_text(f'"use strict";\n{script}', encoding="utf-8")
    done = subprocess.run(
        [need("node"), str(file)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def disagreements(draws: list[Draw], folder: Path) -> list[str]:
    """The draws on which Node and we differ."""
    wrong = []
    for draw, theirs in zip(draws, computed(draws, folder), strict=True):
        ours = outcome(draw)
        expected = None if isinstance(ours, str) else ours
        same = expected is theirs if expected is None or theirs is None else alike(expected, theirs)
        if not same:
            formula = javascript(draw.expr, member)
            wrong.append(f"{formula} of {dict(draw.values)} is {ours!r} here and {theirs!r} there")
    return wrong


@pytest.fixture(scope="module")
def drawn() -> list[Draw]:
    """The random expressions."""
    return Drawer(seed=20241122).draws(DRAWS)


def test_node_computes_every_expression_alike(drawn: list[Draw], tmp_path: Path) -> None:
    """No random expression and no known trap has another value, or is missing elsewhere."""
    wrong = disagreements([*traps(), *drawn], tmp_path)
    assert not wrong, f"{len(wrong)} disagreements, the first: " + "\n".join(wrong[:5])


def test_draws_cover_every_operation(drawn: list[Draw]) -> None:
    """Each operation occurs, and values and missing results both do."""
    used = {node.op for draw in drawn for node in draw.expr.walk()}
    assert set(OPERATIONS) <= used
    known = sum(not isinstance(outcome(draw), str) for draw in drawn)
    assert 0.4 * len(drawn) < known < 0.9 * len(drawn)


def test_a_wrong_formula_is_noticed(tmp_path: Path) -> None:
    """The comparison tells an off digit, and missing from zero."""
    right = Draw(symbol("x") / 3, {"x": 1.0})
    (value,) = computed([right], tmp_path)
    assert value is not None
    assert alike(1 / 3, value)
    assert not alike(1 / 3 * (1 + 10 * TOLERANCE), value)
    assert computed([Draw(symbol("x") / 3, {"x": None})], tmp_path) == [None]


@pytest.mark.parametrize(
    "expr",
    [
        1 / (symbol("x") * 1e308 * 10),
        functions.exp(-(symbol("x") * 1e308 * 10)),
        functions.minimum(symbol("x") * 1e308 * 10, 3),
        functions.maximum(-(symbol("x") * 1e308 * 10), 3),
        functions.where(symbol("x") * 1e308 * 10 > 1, 2, 3),
        functions.coalesce(symbol("x") * 1e308 * 10, 3),
        functions.where(symbol("w") > 0, 1, 2),
        functions.exp(functions.ln(symbol("x") - 2)),
        functions.minimum(symbol("x"), 5, 1, symbol("y")),
        symbol("w") ** 0,
        lift(1) ** symbol("w"),
        functions.floor(symbol("x") * 1e308 * 10),
        functions.floor(2.9999996 * symbol("x") / 2),
        functions.ceil(3.0000004 * symbol("x") / 2),
        functions.floor(-0.5 * symbol("x") / 2),
        functions.where((symbol("x") > 1) & (symbol("w") > 1), 1, 2),
        functions.where((symbol("x") > 1) | (symbol("w") > 1), 1, 2),
        functions.where(~(symbol("x") > 1), 1, 2),
        number("neg", lift(-3)),
    ],
)
def test_what_is_not_finite_or_missing_stays_so(expr: Any, tmp_path: Path) -> None:
    """An infinity on the way, or a missing number, is never lost on the way."""
    values: Mapping[str, float | None] = {"x": 2.0, "y": 3.0, "w": None}
    draw = Draw(lift(expr), values)
    expected = float(evaluate(draw.expr, draw.columns))
    (found,) = computed([draw], tmp_path)
    assert found == (None if math.isnan(expected) else pytest.approx(expected, rel=TOLERANCE))


def test_node_finds_the_same_missing_names(drawn: list[Draw], tmp_path: Path) -> None:
    """What the page says would unlock a number is what the engine says."""
    draws = [*traps(), *(draw for draw in drawn if outcome(draw) == "missing")]
    for draw, names in zip(draws, _lacking(draws, tmp_path), strict=True):
        assert names == _missing(draw), draw.expr


def test_of_an_undefined_test_both_arms_are_asked(drawn: list[Draw], tmp_path: Path) -> None:
    """What is missing is what both need in any case, however they choose in turn."""
    nowhere = 1 / lift(0) > 0
    draws = [
        Draw(lift(functions.where(nowhere, one.expr, other.expr)), one.values)
        for one, other in itertools.combinations(_that_choose(drawn)[:70], 2)
    ]
    found = _lacking(draws, tmp_path)
    assert found == list(map(_missing, draws))
    assert sum(map(bool, found)) > 100


def _that_choose(drawn: list[Draw]) -> list[Draw]:
    choices = ({node.op for node in draw.expr.walk()} for draw in drawn)
    return [draw for draw, ops in zip(drawn, choices, strict=True) if {"where", "coalesce"} <= ops]


def _lacking(draws: list[Draw], folder: Path) -> Any:
    rows = ",\n".join(
        f"[(v) => {javascript(draw.expr, member)}, {quoted(dict(draw.values))}]" for draw in draws
    )
    return _run(
        f"""{HELPERS}
        const rows = [{rows}];
        console.log(JSON.stringify(rows.map(([f, v]) => {{
          for (const name in v) if (v[name] === null) v[name] = NaN;
          return lacking(f, v);
        }})));""",
        folder,
    )


def _missing(draw: Draw) -> list[str]:
    columns = draw.columns

    def value(part: Expr) -> float:
        return float(evaluate(part, columns))

    return missing_symbols(draw.expr, value, lambda name: not math.isnan(columns[name]))


def test_names_of_any_letters_are_members() -> None:
    """A symbol may be any Python name; the printed script is ASCII and cannot end its element."""
    assert [member(name) for name in NAMES] == [f"v.{name}" for name in NAMES]
    assert quoted("</script>") == '"\\u003c/script>"'
    assert javascript(symbol("größe") + 1, member).isascii()
