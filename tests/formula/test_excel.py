"""How expressions are printed: brackets, missing inputs, well-formed MathML."""

from __future__ import annotations

import math
import random
from typing import Any
from xml.etree import ElementTree

import pytest

from moe_report.formula import functions
from moe_report.formula.excel import excel, plain
from moe_report.formula.expr import TESTS, Expr, lift, number, symbol
from moe_report.formula.functions import ceil, coalesce, floor, log2, maximum, minimum, where
from moe_report.formula.mathml import mathml, mathml_symbol
from moe_report.formula.operations import OPERATIONS, always_needed, evaluate
from tests.formula.random_expressions import NAMES, Drawer, outcome

a: Any = symbol("a")
b: Any = symbol("b")
c: Any = symbol("c")
SYMBOLS = {"a": "a", "b": "b", "c": "c"}
ARITY = {"where": 3} | dict.fromkeys(
    ("neg", "abs", "floor", "ceil", "sqrt", "exp", "ln", "log2", "log10", "not"), 1
)


def body(expr: Any) -> str:
    """The Excel formula of an expression without the tests for empty cells and for errors."""
    text = excel(lift(expr), str)
    needed = always_needed(lift(expr))
    if needed:
        opening = f'IF(COUNT({",".join(needed)})<{len(needed)},"",'
        assert text.startswith(opening)
        text = text.removeprefix(opening).removesuffix(")")
    guarded = text.startswith("IFERROR(")
    return text.removeprefix("IFERROR(").removesuffix(',"")') if guarded else text


def sample(op: str) -> Expr:
    """An expression of one operation, as a number."""
    count = ARITY.get(op, 2)
    if op in ("and", "or", "not"):
        tests = (a > b, b > c)[:count]
        return lift(where(Expr(op, tests), 1, 0))  # type: ignore[arg-type]
    if op in TESTS:
        return lift(where(Expr(op, (a, b)), 1, 0))  # type: ignore[arg-type]
    if op == "where":
        return lift(where(a > b, b, c))
    return Expr(op, (a, b)[:count])


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_every_operation_prints(op: str) -> None:
    """Each printer knows each operation, and names each symbol."""
    expr = sample(op)
    names = expr.symbols()
    for text in (excel(expr, str), plain(expr)):
        assert all(name in text for name in names)
    root = ElementTree.fromstring(mathml(expr, SYMBOLS))
    shown = "".join(root.itertext())
    assert root.tag == "math"
    assert all(name in shown for name in names)


def test_no_two_operations_print_alike() -> None:
    """A printer that took one operation for another would be seen."""
    exprs = [sample(op) for op in OPERATIONS]
    assert len({excel(expr, str) for expr in exprs}) == len(exprs)
    assert len({mathml(expr, SYMBOLS) for expr in exprs}) == len(exprs)
    assert len({plain(expr) for expr in exprs}) == len(exprs)


def test_unknown_operation_is_our_mistake() -> None:
    """An operation that a printer does not know is an error, never left out."""
    unknown = Expr("tan", (a,))
    with pytest.raises(KeyError):
        excel(unknown, str)
    with pytest.raises(KeyError):
        mathml(unknown, SYMBOLS)


two, three = lift(2), lift(3)


@pytest.mark.parametrize(
    ("expr", "formula"),
    [
        (-(two**two), "-(2^2)"),
        ((-two) ** two, "(-2)^2"),
        (lift(-2) ** 2, "(-2)^2"),
        (2 ** lift(-2), "2^(-2)"),
        (two**three**two, "2^(3^2)"),
        ((two**three) ** two, "(2^3)^2"),
        (-(a**2), "-(a^2)"),
        ((-a) ** 2, "(-a)^2"),
        (a**-1, "a^(-1)"),
        (number("neg", -a), "-(-a)"),
        (-(a * b), "-(a*b)"),
        (-(a + b), "-(a+b)"),
        ((-a) * b, "-a*b"),
        (a * -b, "a*(-b)"),
        (a / -b, "a/(-b)"),
        (a - -b, "a--b"),
        (a * lift(-2), "a*(-2)"),
        (a - (b - c), "a-(b-c)"),
        (a - (b + c), "a-(b+c)"),
        (a - b - c, "a-b-c"),
        (a + (b - c), "a+(b-c)"),
        (a / (b * c), "a/(b*c)"),
        (a / b * c, "a/b*c"),
        (a * (b / c), "a*(b/c)"),
        (a / (b / c), "a/(b/c)"),
        ((a + b) * c, "(a+b)*c"),
        ((a * b) ** 2, "(a*b)^2"),
        (a * b**2, "a*b^2"),
        (ceil(a), "-INT(-ROUND(a,6))"),
        (ceil(a) ** 2, "(-INT(-ROUND(a,6)))^2"),
        (-ceil(a), "-(-INT(-ROUND(a,6)))"),
        (b * ceil(a), "b*(-INT(-ROUND(a,6)))"),
        (floor(a), "INT(ROUND(a,6))"),
        (a // b, "INT(ROUND(a/b,6))"),
        (log2(a), "LOG(a,2)"),
        (minimum(a, b, 3), "MIN(a,b,3)"),
        (maximum(a, -b), "MAX(a,-b)"),
        (where(a - b > b + c, 1, 0), "IF(a-b>b+c,1,0)"),
        (where((a > 1) & ~(b <= 2) | (c != 3), a, b), "IF(OR(AND(a>1,NOT(b<=2)),c<>3),a,b)"),
        (where(a == -1, 1, 0), "IF(a=-1,1,0)"),
        (a**0.5, "IF(a<0,SQRT(-1),a^0.5)"),
        (a**0, "IF(a=0,1,a^0)"),
        (2**a, "2^a"),
        (a**b, "IF(AND(a<0,b<>INT(b)),SQRT(-1),IF(AND(a=0,b=0),1,a^b))"),
        (a + 0.1, "a+0.1"),
        (a * 1e20, "a*1E+20"),
        (a * 1e-7, "a*1E-07"),
        (a * 46_702_792_704, "a*46702792704"),
        (a - 2.0**53, "a-9007199254740992"),
    ],
)
def test_brackets_of_excel(expr: Any, formula: str) -> None:
    """Excel binds a unary minus tighter than ^ and reads ^ from the left; nothing else is odd."""
    assert body(expr) == formula


@pytest.mark.parametrize(
    ("expr", "formula"),
    [
        (a + b, 'IF(COUNT(a,b)<2,"",a+b)'),
        (lift(2) + 3, "2+3"),
        (where(a > 0, b, 0), 'IF(COUNT(a)<1,"",IF(IF(a>0,COUNT(b)<1,FALSE),"",IF(a>0,b,0)))'),
        (where(a > 0, b, b + 1), 'IF(COUNT(a,b)<2,"",IF(a>0,b,b+1))'),
        (coalesce(a, b), 'IF(AND(COUNT(a)<1,COUNT(b)<1),"",IF(COUNT(a)<1,b,a))'),
        (coalesce(a, 1), "IF(COUNT(a)<1,1,a)"),
        (a + coalesce(a + 1, b), 'IF(COUNT(a)<1,"",a+(a+1))'),
        (coalesce(1 / a, b), "IF(AND(COUNT(a)<1,COUNT(b)<1),\"\",IFERROR(IFERROR("
         "IF(COUNT(a)<1,NA(),1/a),IF(COUNT(b)<1,NA(),b)),\"\"))"),
        (a / b, 'IF(COUNT(a,b)<2,"",IFERROR(a/b,""))'),
        (a / 2, 'IF(COUNT(a)<1,"",a/2)'),
    ],
)  # fmt: skip
def test_missing_inputs_in_excel(expr: Any, formula: str) -> None:
    """What a row may lack is asked before anything is computed; what is always there is not."""
    assert excel(lift(expr), str) == formula


def test_reference_is_used_everywhere() -> None:
    """Every symbol goes through the reference, in tests for empty cells too."""
    expr = lift(where(a > 0, coalesce(b, 1), c) ** 0.5)
    text = excel(expr, lambda name: f"<{name.upper()}>")
    for name in "abc":
        assert f"<{name.upper()}>" in text
        assert f"({name}" not in text


def test_formulas_are_balanced() -> None:
    """Brackets close, and none is open at the end, for every random expression."""
    for draw in Drawer(seed=3).draws(600):
        depth = 0
        for sign in excel(draw.expr, str):
            depth += {"(": 1, ")": -1}.get(sign, 0)
            assert depth >= 0
        assert depth == 0


def readable(node: ElementTree.Element) -> str:
    """A formula of MathML as Python would write it: what a reader takes it for."""
    inner = [readable(child) for child in node]
    if node.tag == "mfrac":
        return f"(({inner[0]})/({inner[1]}))"
    if node.tag == "msup":
        return f"({inner[0]})**({inner[1]})"
    if node.tag == "msqrt":
        return f"(({' '.join(inner)})**0.5)"
    if node.tag == "msub":
        return f"{inner[0]}{inner[1]}"
    if node.tag == "mtable":
        (value, _), (other, _) = [list(row) for row in node]
        condition = readable(node[0][1]).replace("if ", "", 1)
        return f"({readable(value)}) if ({condition}) else ({readable(other)})"
    if node.tag == "mo":
        # a brace has no right end, so cases reach to the end of the formula that they are in
        return {
            "−": "-", "⋅": "*", "·": "*", "≤": "<=", "≥": ">=", "=": "==", "≠": "!=",
            "⌊": "math.floor(", "⌋": ")", "⌈": "math.ceil(", "⌉": ")", "{": "",
        }.get(node.text or "", node.text or "")  # fmt: skip
    if not inner:
        return (node.text or "").replace("−", "-")
    return " ".join(inner)


def test_mathml_reads_as_the_expression() -> None:
    """Read back by the rules of arithmetic, typeset formulas have the value of the expression."""
    kinds = ("add", "sub", "mul", "div", "neg", "pow", "where", "sqrt", "const", "symbol")
    checked = 0
    for draw in Drawer(seed=5).draws(3000):
        ops = {node.op for node in draw.expr.walk()}
        values = {name: value for name, value in draw.values.items() if value is not None}
        if not ops <= {*kinds, *TESTS} or len(ops) < 5 or len(values) < len(NAMES):
            continue
        root = ElementTree.fromstring(mathml(draw.expr, {name: name[0] for name in NAMES}))
        text = readable(root)
        try:
            found = eval(text, {"math": math}, {name[0]: value for name, value in values.items()})
        except (ZeroDivisionError, OverflowError):
            continue
        ours = outcome(draw)
        if isinstance(ours, float) and isinstance(found, (int, float)):
            assert math.isclose(ours, found, rel_tol=1e-9), (text, draw)
            checked += 1
    assert checked > 40


def test_mathml_is_well_formed() -> None:
    """Whatever is printed is XML, of MathML's own elements only, with the operands they take."""
    operands = {"mfrac": 2, "msup": 2, "msub": 2}
    for draw in Drawer(seed=4).draws(400):
        text = mathml(draw.expr, {name: f"{name[0]}_<&{name}>" for name in NAMES}, result="r_<")
        for node in ElementTree.fromstring(text).iter():
            assert node.tag in {
                "math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msup", "msub", "msqrt",
                "mtable", "mtr", "mtd",
            }  # fmt: skip
            assert len(node) == operands.get(node.tag, len(node))


@pytest.mark.parametrize(
    ("expr", "shown"),
    [
        (-(a**2), "−a2"),
        ((-a) ** 2, "(−a)2"),
        ((a**b) ** c, "(ab)c"),
        (a ** (b**c), "abc"),
        ((a / b) ** 2, "(ab)2"),
        (a - (b - c), "a−(b−c)"),
        (a - (b + c), "a−(b+c)"),
        ((a + b) * c, "(a+b)⋅c"),
        (a * -b, "a⋅(−b)"),
        (a + lift(-2), "a+(−2)"),
        (lift(-2) ** 2, "(−2)2"),
        (lift(1.5e20) ** 2, "(1.5·1020)2"),
        (lift(2.5e-9) * a, "2.5·10−9⋅a"),
        (where(a > 1, b, c) + 1, "({bif a>1cotherwise)+1"),
        (1 + where(a > 1, b, c), "1+({bif a>1cotherwise)"),
        (coalesce(a, b) - 1, "({awhere knownbotherwise)−1"),
        (where((a > 1) & ((b > 1) | (c > 1)), 1, 0), "{1if a>1 and (b>1 or c>1)0otherwise"),
        (where(~(a >= 1), 1, 0), "{1if not (a≥1)0otherwise"),
        (floor(a) * abs(b) - ceil(c), "⌊a⌋⋅|b|−⌈c⌉"),
        (log2(a), "log2(a)"),
        (functions.log10(a) + functions.ln(b), "log(a)+ln(b)"),
        (minimum(a, b), "min(a,b)"),
    ],
)
def test_brackets_of_mathml(expr: Any, shown: str) -> None:
    """Brackets stand where a reader would go wrong without, cases in a sum included."""
    assert "".join(ElementTree.fromstring(mathml(lift(expr), SYMBOLS)).itertext()) == shown


@pytest.mark.parametrize(
    ("symbol_", "markup"),
    [
        ("d", "<mi>d</mi>"),
        ("d_ff", "<msub><mi>d</mi><mtext>ff</mtext></msub>"),
        ("P_active,-emb", "<msub><mi>P</mi><mtext>active,-emb</mtext></msub>"),
        ("<x>", "<mi>&lt;x&gt;</mi>"),
    ],
)
def test_symbols_in_mathml(symbol_: str, markup: str) -> None:
    """A subscript stands after an underscore, and nothing is markup."""
    assert mathml_symbol(symbol_) == markup


def test_mathml_of_a_result() -> None:
    """The result's symbol stands left of an equals sign."""
    root = ElementTree.fromstring(mathml(a / b, SYMBOLS, result="η_x"))
    assert "".join(root.itertext()) == "ηx=ab"


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (-(a**2), "-(a^2)"),
        ((-a) ** 2, "(-a)^2"),
        (a - (b - c), "a - (b - c)"),
        (a / (b * c), "a / (b * c)"),
        (lift(-2) ** 2, "(-2)^2"),
        (where((a > 1) & ((b > 1) | ~(c == 1)), b, 0),
         "(b if a > 1 and (b > 1 or not(c = 1)) else 0)"),
        (coalesce(a, b) + 1, "(a if known else b) + 1"),
        (minimum(a, ceil(b)), "min(a, ceil(b))"),
    ],
)  # fmt: skip
def test_plain_text(expr: Any, text: str) -> None:
    """A line of text with the brackets that it needs."""
    assert plain(lift(expr)) == text


def test_plain_text_reads_as_the_expression() -> None:
    """Read back by Python, lines of arithmetic have the value of the expression."""
    pick = random.Random(8)
    for _ in range(300):
        expr: Any = a
        for _ in range(6):
            op = pick.choice(("add", "sub", "mul", "div", "pow", "neg"))
            other = pick.choice((b, c, lift(-2), lift(3)))
            pair = (expr, other) if pick.random() < 0.5 else (other, expr)
            expr = number(op, expr) if op == "neg" else number(op, *pair)
        text = plain(expr).replace("^", "**")
        values = {"a": 1.25, "b": 0.5, "c": 1.5}
        try:
            found = eval(text, {}, dict(values))
        except (ZeroDivisionError, OverflowError):
            continue
        if isinstance(found, (int, float)):
            ours = float(evaluate(expr, values))
            assert math.isclose(ours, found, rel_tol=1e-9, abs_tol=1e-300) or math.isnan(ours), text
