"""What a formula may be made of, and what is refused."""

from __future__ import annotations

import pytest

from moe_report.formula.operations import evaluate
from moe_report.sweeps.formula_text import FormulaError, formula_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2 - -a", 10.0),
        ("a ** 2 // 2 + a % 2", 2.0),
        ("min(a, b, 1) + max(a, b) + ceil(a / 4) + log2(8)", 8.0),
        ("where(a < b, a, b)", 2.0),
        ("a if not (a > b or a == 3) and 1 < b <= 3 else 0", 2.0),
        ("where((a < b) & ~(a > 1), 1, 5)", 5.0),
        ("a * 60B + 1.5 T - 32k", 2 * 60e9 + 1.5e12 - 32e3),
        ("max(a, 100, 200) if a < 3 or b > 4 else 0x10", 200.0),
    ],
)
def test_formula_means_what_python_means(text: str, expected: float) -> None:
    """Operators, comparisons in a row, functions."""
    assert float(evaluate(formula_of(text, ["a", "b"]), {"a": 2.0, "b": 3.0})) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a ^ 2", "expected ** for a power"),
        ("a.b", "found 'a.b'"),
        ("__import__('os')", "no function '__import__'"),
        ("log3(a)", "there is no function"),
        ("'text' + a", "expected a number"),
        ("a and 1", "joins tests"),
        ("(a > 1) + 1", "takes numbers"),
        ("True", "expected a number"),
        ("[a for a in b]", "which no formula is made of"),
        ("a in b", "expected a comparison"),
        ("min(a)", "missing 1 required positional argument"),
        ("a = 3", "compared by =="),
        ("a <= 60,000,000", "found 60,000,000, expected 60000000, without commas"),
        ("min(a,60,000)", "found 60,000, expected 60000, without commas"),
        ("a <= 0,5", "a half is written 0.5"),
        ("a <= 80 GiB", "found '80 GiB', expected a number without a unit, such as 60B"),
        ("a <= 5m", "found '5m', expected a number without a unit"),
        ("a +", "is no formula"),
        ("1" * 5000, "expected at most 4,000"),
        ("(" * 2000 + "a" + ")" * 1999, "is no formula"),
        ("1e999", "cannot hold"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, why: str) -> None:
    """With a sentence on what was found; nothing of it is ever run."""
    with pytest.raises(FormulaError, match=why.replace("*", r"\*").replace("?", r"\?")):
        formula_of(text, ["a", "b"])


@pytest.mark.parametrize("text", ["a <= 60e9B", "a =< 3", "a <= 3 3"])
def test_a_comparison_is_not_told_to_compare_otherwise(text: str) -> None:
    """That two numbers are compared by == helps one alone who has written =."""
    with pytest.raises(FormulaError, match=r"is no formula$"):
        formula_of(text, ["a"])
