"""One expression, several readings: an Excel formula, MathML.

Each printer is a function of an :class:`~moe_report.expr.Expr` and of what its symbols are called
in the target language. Each is exhaustive over :data:`moe_report.expr.OPERATIONS`; a test checks
that, and another that thousands of random expressions have the same value in every reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from moe_report.expr import Expr, always_needed

Reference = Callable[[str], str]

# -- Excel ------------------------------------------------------------------------------------------

_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^"}
_COMPARISON = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "<>"}
_EXCEL_CALLS = {
    "abs": "ABS",
    "minimum": "MIN",
    "maximum": "MAX",
    "sqrt": "SQRT",
    "exp": "EXP",
    "ln": "LN",
    "log10": "LOG10",
    "and": "AND",
    "or": "OR",
    "not": "NOT",
}
# Operations that can fail though every operand has a value.
_PARTIAL = frozenset({"div", "pow", "sqrt", "exp", "ln", "log2", "log10"})

# How tightly an operation binds. Excel binds a unary minus tighter than ^, and reads ^ from the
# left (-2^2 is 4 and 2^3^2 is 64), so operands of both are bracketed unless they are atoms.
_LEVEL = dict.fromkeys(_COMPARISON, 1) | {"add": 2, "sub": 2, "mul": 3, "div": 3, "pow": 4, "neg": 5}
_ATOM = 9


def excel(expr: Expr, reference: Reference) -> str:
    """Return the Excel formula of an expression, without the leading ``=``.

    The formula gives an empty text, never a number, while a cell that it needs is empty: Excel on
    its own would take an empty cell for 0.

    Args:
        expr: The expression.
        reference: Gives the cell reference or defined name of a symbol.

    >>> from moe_report.expr import symbol
    >>> excel(1 - symbol("k") / symbol("E"), str)
    'IF(COUNT(k,E)<2,"",1-k/E)'
    >>> excel(-symbol("a") ** 2, str), excel((-symbol("a")) ** 2, str)
    ('IF(COUNT(a)<1,"",-(a^2))', 'IF(COUNT(a)<1,"",(-a)^2)')
    """
    needed = always_needed(expr)
    body = _Excel(reference).text(expr, frozenset(needed))
    if "NA()" in body:  # an arm that lacks a value: missing, where any other error stays visible
        body = f'_xlfn.IFNA({body},"")'
    return f'IF({_lacks(needed, reference)},"",{body})' if needed else body


def excel_unguarded(expr: Expr, reference: Reference) -> str:
    """Return the Excel formula as one would write it on paper: no test for empty cells.

    >>> from moe_report.expr import symbol
    >>> excel_unguarded(1 - symbol("k") / symbol("E"), str)
    '1-k/E'
    """
    every = frozenset(expr.symbols())
    return _Excel(reference).text(expr, every)


def _lacks(names: list[str], reference: Reference) -> str:
    return f"COUNT({','.join(map(reference, names))})<{len(names)}"


def _excel_number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value!r}".upper()


class _Excel:
    """Prints one formula; ``known`` are the symbols that an enclosing test found to be present."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    def text(self, expr: Expr, known: frozenset[str]) -> str:
        op, args = expr.op, expr.args
        if op == "const":
            return _excel_number(expr.value)
        if op == "symbol":
            return self.reference(expr.name)
        if op == "pow":
            return self._power(args[0], args[1], known)
        if op == "neg":
            return "-" + self._bracketed(args[0], known, _ATOM)
        if op in _INFIX:
            level = _LEVEL[op]
            left = self._bracketed(args[0], known, level)
            return f"{left}{_INFIX[op]}{self._bracketed(args[1], known, level + 1)}"
        if op in _COMPARISON:
            left, right = (self._bracketed(arg, known, 2) for arg in args)
            return f"{left}{_COMPARISON[op]}{right}"
        if op == "where":
            test, then, otherwise = args
            arms = f"{self._arm(then, known)},{self._arm(otherwise, known)}"
            return f"IF({self.text(test, known)},{arms})"
        if op == "coalesce":
            return self._coalesce(args[0], args[1], known)
        if op == "floor":
            return f"INT(ROUND({self.text(args[0], known)},6))"
        if op == "ceil":
            return f"-INT(-ROUND({self.text(args[0], known)},6))"
        if op == "log2":
            return f"LOG({self.text(args[0], known)},2)"
        return f"{_EXCEL_CALLS[op]}({','.join(self.text(arg, known) for arg in args)})"

    def _bracketed(self, expr: Expr, known: frozenset[str], level: int) -> str:
        text = self.text(expr, known)
        own = _LEVEL.get(expr.op, _ATOM)
        if expr.op == "ceil" or (expr.op == "const" and expr.value < 0):
            own = _LEVEL["neg"]  # both print with a leading minus
        if own == _LEVEL["neg"] and level > _LEVEL["mul"]:
            own = 0  # -a*b is (-a)*b in Excel too, but -a^2 is (-a)^2
        return text if own >= level else f"({text})"

    def _power(self, base: Expr, exponent: Expr, known: frozenset[str]) -> str:
        left = self._bracketed(base, known, _ATOM)
        right = self._bracketed(exponent, known, _ATOM)
        power = f"{left}^{right}"
        if exponent.op == "const" and exponent.value == int(exponent.value) != 0:
            return power
        tests = []
        if not (base.op == "const" and base.value > 0):
            # LibreOffice gives (-8)^(1/3) a value, Excel and Python do not.
            whole = "" if exponent.op == "const" else f",{right}<>INT({right})"
            negative = f"AND({left}<0{whole})" if whole else f"{left}<0"
            tests.append(f"IF({negative},SQRT(-1),")
            # Excel gives 0^0 no value, LibreOffice and Python give 1.
            tests.append("" if exponent.op == "const" and exponent.value else f"IF({right}=0,1,")
        opened = "".join(tests)
        return f"{opened}{power}{')' * opened.count('IF(')}"

    def _arm(self, expr: Expr, known: frozenset[str]) -> str:
        extra = [name for name in always_needed(expr) if name not in known]
        text = self.text(expr, known.union(extra))
        return f"IF({_lacks(extra, self.reference)},NA(),{text})" if extra else text

    def _coalesce(self, first: Expr, second: Expr, known: frozenset[str]) -> str:
        extra = [name for name in always_needed(first) if name not in known]
        fallback = self._arm(second, known)
        if any(node.op in _PARTIAL or node.op == "where" for node in first.walk()):
            return f"IFERROR({self._arm(first, known)},{fallback})"
        text = self.text(first, known.union(extra))
        if not extra and first.op != "coalesce":
            return text
        if not extra:
            return f"IFERROR({text},{fallback})"
        return f"IF({_lacks(extra, self.reference)},{fallback},{text})"


# -- MathML -----------------------------------------------------------------------------------------

_MATHML_COMPARISON = {
    "lt": "&lt;", "le": "≤", "gt": "&gt;", "ge": "≥", "eq": "=", "ne": "≠"
}  # fmt: skip
_MATHML_CALLS = {"minimum": "min", "maximum": "max", "exp": "exp", "ln": "ln", "log10": "log"}
_FENCES = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}
_MATHML_LEVEL = {"or": 0, "and": 1, **_LEVEL, "div": _ATOM, "neg": 2}


def mathml(expr: Expr, symbols: Mapping[str, str], *, result: str | None = None) -> str:
    """Return an expression as a MathML element.

    Args:
        expr: The expression.
        symbols: What each symbol is written as: a letter or word, with a subscript after ``_``.
        result: The symbol that stands left of an equals sign, if any.

    >>> from moe_report.expr import symbol
    >>> mathml(1 - symbol("k") / symbol("E"), {"k": "k", "E": "E"})
    '<math><mrow><mn>1</mn><mo>−</mo><mfrac><mi>k</mi><mi>E</mi></mfrac></mrow></math>'
    """
    body = _mathml(expr, symbols)
    if result is not None:
        body = f"<mrow>{mathml_symbol(result)}<mo>=</mo>{body}</mrow>"
    return f"<math>{body}</math>"


def mathml_symbol(text: str) -> str:
    """Return the MathML of a symbol such as ``d_ff``: base, and subscript after ``_``."""
    base, _, subscript = text.partition("_")
    if not subscript:
        return f"<mi>{escape(base)}</mi>"
    return f"<msub><mi>{escape(base)}</mi><mtext>{escape(subscript)}</mtext></msub>"


def _mathml_number(value: float) -> str:
    text = _excel_number(abs(value))
    mantissa, _, exponent = text.partition("E")
    number = f"<mn>{mantissa}</mn>"
    if exponent:
        power = f"<msup><mn>10</mn><mn>{int(exponent)}</mn></msup>".replace("<mn>-", "<mn>−")
        number = f"<mrow>{number}<mo>·</mo>{power}</mrow>"
    return f"<mrow><mo>−</mo>{number}</mrow>" if value < 0 else number


def _fenced(inner: str, opening: str = "(", closing: str = ")") -> str:
    return f"<mrow><mo>{opening}</mo>{inner}<mo>{closing}</mo></mrow>"


def _cases(*rows: tuple[str, str]) -> str:
    cells = "".join(
        f"<mtr><mtd>{value}</mtd><mtd><mrow>{condition}</mrow></mtd></mtr>"
        for value, condition in rows
    )
    table = f'<mtable columnalign="left left">{cells}</mtable>'
    return f"<mrow><mo>{{</mo>{table}</mrow>"


def _mathml(expr: Expr, symbols: Mapping[str, str], level: int = 0) -> str:
    op, args = expr.op, expr.args

    def operand(arg: Expr, at: int = 0) -> str:
        return _mathml(arg, symbols, at)

    own = _MATHML_LEVEL.get(op, _ATOM)
    if op == "const":
        text = _mathml_number(expr.value)
        own = _MATHML_LEVEL["neg"] if expr.value < 0 else _ATOM
    elif op == "symbol":
        text = mathml_symbol(symbols[expr.name])
    elif op == "div":
        text = f"<mfrac>{operand(args[0])}{operand(args[1])}</mfrac>"
        own = _LEVEL["pow"] if level > _LEVEL["pow"] else _ATOM  # a fraction as base of a power
    elif op == "pow":
        text = f"<msup>{operand(args[0], _ATOM)}{operand(args[1])}</msup>"
    elif op == "neg":
        text = f"<mrow><mo>−</mo>{operand(args[0], 3)}</mrow>"
    elif op in _INFIX:
        sign = {"add": "+", "sub": "−", "mul": "⋅"}[op]
        right = operand(args[1], own + (op != "mul" and 1))
        text = f"<mrow>{operand(args[0], own)}<mo>{sign}</mo>{right}</mrow>"
    elif op in _MATHML_COMPARISON:
        left, right = (operand(arg, 2) for arg in args)
        text = f"<mrow>{left}<mo>{_MATHML_COMPARISON[op]}</mo>{right}</mrow>"
    elif op == "where":
        test, then, otherwise = args
        text = _cases(
            (operand(then), f"<mtext>if </mtext>{operand(test)}"),
            (operand(otherwise), "<mtext>otherwise</mtext>"),
        )
        own = 2
    elif op == "coalesce":
        text = _cases(
            (operand(args[0]), "<mtext>where known</mtext>"),
            (operand(args[1]), "<mtext>otherwise</mtext>"),
        )
        own = 2
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
        text = f"<mrow><mi>{_MATHML_CALLS[op]}</mi>{_fenced(inside)}</mrow>"
    return text if own >= level else _fenced(text)


# -- text -------------------------------------------------------------------------------------------

_PLAIN_CALLS = {"minimum": "min", "maximum": "max"}
_PLAIN_INFIX = {**_INFIX, **_COMPARISON, "and": "and", "or": "or"}
_PLAIN_LEVEL = {"or": -1, "and": 0, **_LEVEL}


def plain(expr: Expr) -> str:
    """Return an expression as a line of text with the full names.

    >>> from moe_report.expr import symbol
    >>> plain(1 - symbol("k") / symbol("E"))
    '1 - k / E'
    """
    op, args = expr.op, expr.args
    if op == "const":
        return _excel_number(expr.value)
    if op == "symbol":
        return expr.name

    def operand(arg: Expr, level: int) -> str:
        negative = arg.op == "const" and arg.value < 0
        own = _LEVEL["neg"] if negative else _PLAIN_LEVEL.get(arg.op, _ATOM)
        return plain(arg) if own >= level else f"({plain(arg)})"

    if op == "neg":
        return f"-{operand(args[0], _ATOM)}"
    if op == "pow":
        return f"{operand(args[0], _ATOM)}^{operand(args[1], _ATOM)}"
    if op in _PLAIN_INFIX:
        level = _PLAIN_LEVEL[op]
        return f"{operand(args[0], level)} {_PLAIN_INFIX[op]} {operand(args[1], level + 1)}"
    if op == "where":
        test, then, otherwise = map(plain, args)
        return f"({then} if {test} else {otherwise})"
    if op == "coalesce":
        return f"({plain(args[0])} if known else {plain(args[1])})"
    return f"{_PLAIN_CALLS.get(op, op)}({', '.join(map(plain, args))})"
