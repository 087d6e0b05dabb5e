"""What expressions have in common: named once, and nothing is another number for it."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from moe_report.compute.audit_rules import rules_of
from moe_report.formula.expr import symbol
from moe_report.formula.operations import evaluate
from moe_report.formula.shared import shared_parts
from moe_report.schema.registry import Registry
from tests.formula.random_expressions import Drawer


def test_nothing_is_left_that_stands_twice() -> None:
    """Of random expressions, each part has one name, and all have the values they had."""
    draws = Drawer(seed=7).draws(600)
    found = 0
    for at in range(0, len(draws), 3):
        exprs = [draw.expr for draw in draws[at : at + 3]]
        parts, whole = shared_parts(exprs, "part{}".format)
        printed = Counter(
            repr(node)
            for expr in (*parts.values(), *whole)
            for node in expr.walk()
            if node.op not in ("const", "symbol")
        )
        assert not printed or max(printed.values()) == 1, printed.most_common(1)
        columns = dict(draws[at].columns)
        before = [float(evaluate(expr, columns)) for expr in exprs]
        for name, expr in parts.items():
            columns[name] = float(evaluate(expr, columns))
        after = [float(evaluate(expr, columns)) for expr in whole]
        assert np.array_equal(before, after, equal_nan=True)
        found += sum(not math.isnan(value) for value in after) * bool(parts)
    assert found > 100


def test_what_stands_once_keeps_its_place() -> None:
    """A part of a part that is used nowhere else has no name, and no number has one."""
    x, y = symbol("x"), symbol("y")
    parts, whole = shared_parts([(x * 2 + y) / 7, -(x * 2 + y), y + 7], "p{}".format)
    assert {name: repr(part) for name, part in parts.items()} == {
        "p0": "y",
        "p1": "add(mul(x, 2), p0)",
    }
    assert list(map(repr, whole)) == ["div(p1, 7)", "neg(p1)", "add(p0, 7)"]


def test_no_rule_of_the_audit_compares_a_number_with_itself(registry: Registry) -> None:
    """What is never or always so is no part of a rule."""
    nodes = [
        node for rule in rules_of(registry) for expr in rule.expressions() for node in expr.walk()
    ]
    pairs = [list(map(repr, node.args)) for node in nodes if len(node.args) == 2 and node.is_test]
    assert len(pairs) > 20
    assert [one for one, other in pairs if one == other] == []
