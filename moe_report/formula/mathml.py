"""An expression as MathML, as the page typesets it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from moe_report.formula.excel import ATOM, INFIX, LEVEL, number_text
from moe_report.formula.expr import Expr

_COMPARISON = {"lt": "&lt;", "le": "≤", "gt": "&gt;", "ge": "≥", "eq": "=", "ne": "≠"}
_CALLS = {"minimum": "min", "maximum": "max", "exp": "exp", "ln": "ln", "log10": "log"}
_FENCES = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}
_LEVEL = {"or": 0, "and": 1, **LEVEL, "div": ATOM, "neg": 2}


def mathml(expr: Expr, symbols: Mapping[str, str], *, result: str | None = None) -> str:
    """Return an expression as a MathML element, with a result left of an equals sign, if any.

    Each of the symbols is written as a letter or word, with a subscript after ``_``.

    >>> from moe_report.formula.expr import symbol
    >>> mathml(1 - symbol("k") / symbol("E"), {"k": "k", "E": "E"})
    '<math><mrow><mn>1</mn><mo>−</mo><mfrac><mi>k</mi><mi>E</mi></mfrac></mrow></math>'
    """
    body = _mathml(expr, symbols)
    if result is not None:
        body = f"<mrow>{mathml_symbol(result)}<mo>=</mo>{body}</mrow>"
    return f"<math>{body}</math>"


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


def _fenced(inner: str, opening: str = "(", closing: str = ")") -> str:
    return f"<mrow><mo>{opening}</mo>{inner}<mo>{closing}</mo></mrow>"


def _case(value: str, condition: str) -> str:
    return f"<mtr><mtd>{value}</mtd><mtd><mrow>{condition}</mrow></mtd></mtr>"


def _mathml(expr: Expr, symbols: Mapping[str, str], level: int = 0) -> str:
    op, args = expr.op, expr.args

    def operand(arg: Expr, at: int = 0) -> str:
        return _mathml(arg, symbols, at)

    own = _LEVEL.get(op, ATOM)
    if op == "const":
        text = _number(expr.value)
        if expr.value < 0:
            own = _LEVEL["neg"]
        elif "<msup>" in text:
            own = LEVEL["mul"]  # 1.5·10²⁰
    elif op == "symbol":
        text = mathml_symbol(symbols[expr.name])
    elif op == "div":
        text = f"<mfrac>{operand(args[0])}{operand(args[1])}</mfrac>"
        own = LEVEL["pow"] if level > LEVEL["pow"] else ATOM  # a fraction as base of a power
    elif op == "pow":
        text = f"<msup>{operand(args[0], ATOM)}{operand(args[1])}</msup>"
    elif op == "neg":
        text = f"<mrow><mo>−</mo>{operand(args[0], 3)}</mrow>"
    elif op in INFIX:
        sign = {"add": "+", "sub": "−", "mul": "⋅"}[op]
        right = operand(args[1], own + (op != "mul" and 1))
        text = f"<mrow>{operand(args[0], own)}<mo>{sign}</mo>{right}</mrow>"
    elif op in _COMPARISON:
        left, right = (operand(arg, 2) for arg in args)
        text = f"<mrow>{left}<mo>{_COMPARISON[op]}</mo>{right}</mrow>"
    elif op in ("where", "coalesce"):
        *test, first, otherwise = args
        condition = (
            f"<mtext>if </mtext>{operand(test[0])}" if test else "<mtext>where known</mtext>"
        )
        cases = _case(operand(first), condition)
        cases += _case(operand(otherwise), "<mtext>otherwise</mtext>")
        text = f'<mrow><mo>{{</mo><mtable columnalign="left left">{cases}</mtable></mrow>'
        own = LEVEL["lt"]  # the brace has no right end, so a term behind it would seem its own
    elif op in _FENCES:
        text = _fenced(operand(args[0]), *_FENCES[op])
    elif op == "sqrt":
        text = f"<msqrt>{operand(args[0])}</msqrt>"
    elif op == "log2":
        log = "<msub><mi>log</mi><mn>2</mn></msub>"
        text = f"<mrow>{log}{_fenced(operand(args[0]))}</mrow>"
    elif op in ("and", "or"):
        word = f"<mtext> {op} </mtext>"
        text = f"<mrow>{operand(args[0], own)}{word}{operand(args[1], own)}</mrow>"
    elif op == "not":
        text = f"<mrow><mtext>not </mtext>{_fenced(operand(args[0]))}</mrow>"
    else:
        inside = "<mo>,</mo>".join(operand(arg) for arg in args)
        text = f"<mrow><mi>{_CALLS[op]}</mi>{_fenced(inside)}</mrow>"
    return text if own >= level else _fenced(text)
