"""A formula as it applies to a row has the value that it has in general, and says less."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moe_report.compute.build import build_report
from moe_report.formula import functions
from moe_report.formula.applied import applied
from moe_report.formula.excel import plain
from moe_report.formula.expr import Expr, lift, number, symbol
from moe_report.formula.operations import evaluate, missing_symbols
from moe_report.reports import Report
from moe_report.schema.registry import load
from moe_report.table import ModelTable, Source
from tests.rows import example_models

NAMES = ("x", "y", "z", "w")
NO, ONE, Y, LACKING = map(symbol, ("no", "one", "y", "lacking"))
LEAVES = st.one_of(
    st.sampled_from(NAMES).map(symbol),
    st.sampled_from((0, 1, 2, -1, 0.5, 3)).map(lift),
)
BINARY = ("add", "sub", "mul", "div", "pow", "minimum", "maximum")
UNARY = ("neg", "abs", "floor", "ceil", "sqrt", "ln", "log2", "exp")
TESTS = ("lt", "le", "gt", "ge", "eq", "ne")


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Every operation on smaller expressions."""
    tests = st.builds(number, st.sampled_from(TESTS), inner, inner)
    return st.one_of(
        st.builds(number, st.sampled_from(BINARY), inner, inner),
        st.builds(number, st.sampled_from(UNARY), inner),
        st.builds(functions.where, tests, inner, inner),
        st.builds(functions.where, st.builds(lambda a, b: a & ~b, tests, tests), inner, inner),
        st.builds(functions.coalesce, inner, inner),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=24)
VALUES = st.sampled_from((math.nan, 0.0, 1.0, 2.0, -3.0, 0.1, 7e11)) | st.floats(-1e6, 1e6)
ROWS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


def value(expr: Expr, row: Mapping[str, float]) -> float:
    """The value of an expression in a row."""
    return float(evaluate(expr, row))


def lacks(expr: Expr, row: Mapping[str, float]) -> list[str]:
    """What keeps an expression from having a value in a row."""
    return missing_symbols(
        expr, lambda part: value(part, row), lambda name: not math.isnan(row[name])
    )


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, ROWS)
def test_the_value_stays(expr: Expr, row: dict[str, float]) -> None:
    """Whatever is left out, the number is the same to the last bit, or lacks the same."""
    short = applied(expr, row)
    before, after = value(expr, row), value(short, row)
    assert before == after or (math.isnan(before) and math.isnan(after))
    assert short.size <= expr.size
    if math.isnan(before):
        assert set(lacks(short, row)) == set(lacks(expr, row))
    else:
        assert {"where", "coalesce"}.isdisjoint(node.op for node in short.walk())


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, ROWS)
def test_nothing_is_left_to_leave_out(expr: Expr, row: dict[str, float]) -> None:
    """As it applies, a formula applies as it is, and no sum has a term that is zero."""
    short = applied(expr, row)
    assert repr(applied(short, row)) == repr(short)
    for node in () if math.isnan(value(expr, row)) else short.walk():
        if node.op in ("add", "sub"):
            assert all(value(arg, row) != 0 for arg in node.args)
        if node.op == "mul":
            assert all(value(arg, row) != 1 for arg in node.args)


@pytest.mark.parametrize(
    ("expr", "short"),
    [
        (NO + Y, "y"), (Y + NO, "y"), (Y - NO, "y"), (NO - Y, "neg(y)"),
        (NO - 3 * Y, "neg(mul(3, y))"), (Y + (NO - ONE), "add(y, neg(one))"),
        (ONE * Y, "y"), (Y * ONE, "y"), (Y * 0, "0"), (Y * NO, "mul(y, no)"),
        (Y / ONE, "y"), (ONE / Y, "div(one, y)"), (Y**ONE, "y"), (ONE**Y, "pow(one, y)"),
        (functions.where(NO > 0, ONE, Y), "y"), (functions.coalesce(LACKING, NO + Y), "y"),
        (functions.where(LACKING > 0, Y, Y * Y), "where(gt(lacking, 0), y, mul(y, y))"),
        (LACKING + NO, "lacking"),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_left_out(expr: Expr, short: str) -> None:
    """Of each operation, on either side, and what stays has its sign."""
    row = {"no": 0.0, "one": 1.0, "y": 5.0, "lacking": math.nan}
    assert repr(applied(expr, row)) == short


@pytest.fixture(scope="module")
def examples() -> Report:
    """The report of the shipped models."""
    return build_report(ModelTable(example_models(), Source("models.xlsx")), load())


def row_of(report: Report, at: int) -> dict[str, float]:
    """The values of all names in one model."""
    row = {item.definition.name: item.value for item in report.assumptions}
    for column in (*report.fields, *report.metrics):
        held = column.cells[at].value
        row[column.name] = math.nan if held is None else held
    return row


def test_every_metric_of_every_model(examples: Report) -> None:
    """Each built-in formula of each shipped model gives the number that the report has."""
    shorter = 0
    for at in range(len(examples.models)):
        row = row_of(examples, at)
        for column in examples.metrics:
            assert column.expr is not None
            short = applied(column.expr, row)
            before, after = value(column.expr, row), value(short, row)
            assert before == after or (math.isnan(before) and math.isnan(after))
            shorter += short.size < column.expr.size
    assert shorter > 300


@pytest.mark.parametrize(
    ("model", "formula"),
    [
        (
            "Mixtral-8x7B",
            "num_hidden_layers * (2 * hidden_size * head_dim"
            " * (num_attention_heads + num_key_value_heads))",
        ),
        (
            "DeepSeek-V3",
            "num_hidden_layers * (q_lora_rank * (hidden_size + num_attention_heads"
            " * (qk_nope_head_dim + qk_rope_head_dim)) + hidden_size * (kv_lora_rank"
            " + qk_rope_head_dim) + kv_lora_rank * num_attention_heads * (qk_nope_head_dim"
            " + v_head_dim) + num_attention_heads * v_head_dim * hidden_size)",
        ),
    ],
)
def test_attention_as_it_applies(examples: Report, model: str, formula: str) -> None:
    """Plain attention and the latent form are each one product."""
    at = [one.name for one in examples.models].index(model)
    column = examples.columns["attention_projection_params"]
    assert column.expr is not None
    assert plain(applied(column.expr, row_of(examples, at))) == formula
