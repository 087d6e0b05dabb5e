"""An expression as MathML, as the page typesets it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from moe_report.formula.excel import ATOM, INFIX, LEVEL, number_text
from moe_report.formula.expr import Expr

COMPARISON = {"lt": "&lt;", "le": "≤", "gt": "&gt;", "ge": "≥", "eq": "=", "ne": "≠"}
SIGNS = {"add": "+", "sub": "−", "mul": "⋅", "div": "/"}
_NAMES = {"minimum": "min", "maximum": "max", "exp": "exp", "ln": "ln", "log10": "log", "sqrt": "√"}
REDUCED = {
    "total": "sum", "mean": "mean", "largest": "max", "median": "median", "count": "count",
    "deviation": "sd", "sum_of_squares": "ssq", "entropy": "entropy", "zeros": "zeros",
    "total_above": "sum above", "largest_block": "largest block",
}  # fmt: skip
CALLS = {op: f"<mi>{name}</mi>" for op, name in _NAMES.items()} | {
    "log2": "<msub><mi>log</mi><mn>2</mn></msub>",
    "not": "<mtext>not </mtext>",
    **{op: f"<mi>{name}</mi>" for op, name in REDUCED.items()},
}
FENCES = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}
LEVELS = {"or": 0, "and": 1, **LEVEL, "div": ATOM, "neg": 2}
# The brace has no right end, so a term behind it would seem its own.
LEVELS |= dict.fromkeys(("where", "coalesce"), LEVEL["lt"])


def mathml(expr: Expr, symbols: Mapping[str, str], *, result: str | None = None) -> str:
    """Return an expression as a MathML element, with a result left of an equals sign, if any.

    Each of the symbols is written as a letter or word, with a subscript after ``_``.

    >>> from moe_report.formula.expr import symbol
    >>> mathml(1 - symbol("k") / symbol("E"), {"k": "k", "E": "E"})
    '<math><mn>1</mn><mo>−</mo><mfrac><mi>k</mi><mi>E</mi></mfrac></math>'
    """
    body = row_of(expr, symbols)
    if result is not None:
        body = row(mathml_symbol(result), "<mo>=</mo>", body)
    return math(body)


def math(part: str) -> str:
    """Return one part of a formula as an element; it needs no row, being one."""
    if part.startswith("<mrow>"):
        part = part.removeprefix("<mrow>").removesuffix("</mrow>")
    return f"<math>{part}</math>"


_HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"


def mathml_symbol(text: str) -> str:
    """Return the MathML of a symbol such as ``d_ff``: base, and subscript after ``_``."""
    base, _, subscript = text.partition("_")
    letter = f"<mi>{escape(base.removesuffix(_HAT))}</mi>"
    if base.endswith(_HAT):
        letter = f'<mover accent="true">{letter}<mo>^</mo></mover>'
    if not subscript:
        return letter
    return f"<msub>{letter}<mtext>{escape(subscript)}</mtext></msub>"


def _number(value: float) -> str:
    text = number_text(abs(value))
    mantissa, _, exponent = text.partition("E")
    number = f"<mn>{mantissa}</mn>"
    if exponent:
        power = f"<msup><mn>10</mn><mn>{int(exponent)}</mn></msup>".replace("<mn>-", "<mn>−")
        number = f"<mrow>{number}<mo>·</mo>{power}</mrow>"
    return f"<mrow><mo>−</mo>{number}</mrow>" if value < 0 else number


def row(*parts: str) -> str:
    """Return parts of a formula as one."""
    return f"<mrow>{''.join(parts)}</mrow>"


def _fenced(inner: str, opening: str = "(", closing: str = ")") -> str:
    return row(f"<mo>{opening}</mo>", inner, f"<mo>{closing}</mo>")


def _case(value: str, condition: str) -> str:
    return f"<mtr><mtd>{value}</mtd><mtd><mrow>{condition}</mrow></mtd></mtr>"


def row_of(expr: Expr, symbols: Mapping[str, str], level: int = 0) -> str:
    """Return the inside of an expression's element, in brackets if it binds less than ``level``."""
    op, args = expr.op, expr.args

    def operand(arg: Expr, at: int = 0) -> str:
        return row_of(arg, symbols, at)

    own = LEVELS.get(op, ATOM)
    if op == "const":
        text = _number(expr.value)
        if expr.value < 0:
            own = LEVELS["neg"]
        elif "<msup>" in text:
            own = LEVEL["mul"]  # 1.5·10²⁰
    elif op in ("symbol", "series"):
        text = mathml_symbol(symbols[expr.name])
    elif op == "div":
        text = f"<mfrac>{operand(args[0])}{operand(args[1])}</mfrac>"
        own = LEVEL["pow"] if level > LEVEL["pow"] else ATOM  # a fraction as base of a power
    elif op == "pow":
        text = f"<msup>{operand(args[0], ATOM)}{operand(args[1])}</msup>"
    elif op == "neg":
        text = f"<mrow><mo>−</mo>{operand(args[0], 3)}</mrow>"
    elif op in INFIX:
        right = operand(args[1], own + (op != "mul" and 1))
        text = f"<mrow>{operand(args[0], own)}<mo>{SIGNS[op]}</mo>{right}</mrow>"
    elif op in COMPARISON:
        left, right = (operand(arg, 2) for arg in args)
        text = f"<mrow>{left}<mo>{COMPARISON[op]}</mo>{right}</mrow>"
    elif op in ("where", "coalesce"):
        *test, first, otherwise = args
        condition = (
            f"<mtext>if </mtext>{operand(test[0])}" if test else "<mtext>where known</mtext>"
        )
        cases = _case(operand(first), condition)
        cases += _case(operand(otherwise), "<mtext>otherwise</mtext>")
        text = f'<mrow><mo>{{</mo><mtable columnalign="left left">{cases}</mtable></mrow>'
    elif op in FENCES:
        text = _fenced(operand(args[0]), *FENCES[op])
    elif op == "sqrt":
        text = f"<msqrt>{operand(args[0])}</msqrt>"
    elif op in ("and", "or"):
        word = f"<mtext> {op} </mtext>"
        text = f"<mrow>{operand(args[0], own)}{word}{operand(args[1], own)}</mrow>"
    else:
        inside = "<mo>,</mo>".join(operand(arg) for arg in args)
        text = row(CALLS[op], _fenced(inside))
    return text if own >= level else _fenced(text)
