"""An expression as an Excel formula, and as a line of text that is written like one.

Each printer is a function of an :class:`~moe_report.formula.expr.Expr` and of what its symbols are
called in the target language. Each is exhaustive over
:data:`moe_report.formula.operations.OPERATIONS`; a test checks that, and another that thousands of
random expressions have the same value in every reading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moe_report.formula.expr import Expr
from moe_report.formula.operations import always_needed
from moe_report.formula.reductions import REDUCTIONS, excel_of

Reference = Callable[[str], str]
Places = Callable[[str], Any]  # where a series stands, as excel_of() takes it

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^"}
_COMPARISON = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "<>"}
_SAME_NAME = ("abs", "sqrt", "exp", "ln", "log10", "and", "or", "not")
_CALLS = {"minimum": "MIN", "maximum": "MAX"} | {op: op.upper() for op in _SAME_NAME}
# Operations that can fail though every operand has a value.
_PARTIAL = frozenset({"div", "pow", "sqrt", "exp", "ln", "log2", "log10", *REDUCTIONS})

# How tightly an operation binds. Excel binds a unary minus tighter than ^, and reads ^ from the
# left (-2^2 is 4 and 2^3^2 is 64), so operands of both are bracketed unless they are atoms.
_ARITHMETIC = {"add": 2, "sub": 2, "mul": 3, "div": 3, "pow": 4, "neg": 5}
LEVEL = dict.fromkeys(_COMPARISON, 1) | _ARITHMETIC
ATOM = 9


def _nowhere(_: str) -> None:
    """Where a series stands of which a workbook has no numbers."""


def excel(expr: Expr, reference: Reference, places: Places = _nowhere) -> str:
    """Return the Excel formula of an expression, without the leading ``=``.

    The formula gives an empty text where there is no number: while a cell that it needs is empty,
    which Excel on its own would take for 0, and where what it computes is undefined, which Excel
    would show as an error.

    ``reference`` gives the cell reference or defined name of a symbol, ``places`` those of the
    cells of a series.

    >>> from moe_report.formula.expr import symbol
    >>> excel(1 - symbol("k") / symbol("E"), str)
    'IF(COUNT(k,E)<2,"",IFERROR(1-k/E,""))'
    >>> excel(-symbol("a") ** 2, str), excel((-symbol("a")) ** 2, str)
    ('IF(COUNT(a)<1,"",IFERROR(-(a^2),""))', 'IF(COUNT(a)<1,"",IFERROR((-a)^2,""))')

    The arm of a ``where`` that a row does not take may lack what it likes:

    >>> from moe_report.formula.functions import where
    >>> excel(where(symbol("w") > 0, symbol("x"), 0), str)
    'IF(COUNT(w)<1,"",IF(IF(w>0,COUNT(x)<1,FALSE),"",IF(w>0,x,0)))'
    """
    return _Excel(reference, places).guarded(expr)


def lacking(expr: Expr, reference: Reference) -> str:
    """Return the Excel test whether a cell that an expression needs is empty, without series.

    >>> from moe_report.formula.expr import symbol
    >>> lacking(1 - symbol("k") / symbol("E"), str), lacking(symbol("k") * 0 + 1, str)
    ('COUNT(k,E)<2', 'COUNT(k)<1')
    """
    return _Excel(reference, _nowhere).lacking(expr) or "FALSE"


def number_text(value: float) -> str:
    """Return a number as a formula writes it: whole ones in digits alone."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else f"{value!r}".upper()


def _can_fail(expr: Expr) -> bool:
    """Whether an expression can be undefined though it lacks nothing."""
    return any(node.op in _PARTIAL and not _by_constant(node) for node in expr.walk())


def _by_constant(expr: Expr) -> bool:
    """Whether this divides by a number that is not zero."""
    return expr.op == "div" and expr.args[1].op == "const" and expr.args[1].value != 0


class _Excel:
    """Prints one formula; ``known`` are the symbols that an enclosing test found to be present."""

    def __init__(self, reference: Reference, places: Places) -> None:
        self.reference = reference
        self.places = places

    def guarded(self, expr: Expr) -> str:
        """The formula behind a test for all that the row may lack."""
        needed = always_needed(expr)
        known = frozenset(needed)
        body = self.text(expr, known)
        if _can_fail(expr):
            body = f'IFERROR({body},"")'
        rows = [self.places(name) for name in expr.series()]
        empty = _any([f"COUNT({one[0]})=0" for one in rows if isinstance(one, tuple)])
        for lacking in (_any(self._lacking_parts(expr, known)), empty, self._lacks(needed)):
            if lacking:
                body = f'IF({lacking},"",{body})'
        return body

    def _lacks(self, names: list[str]) -> str:
        """The test whether one of the cells has no number; nothing if there are none."""
        return f"COUNT({','.join(map(self.reference, names))})<{len(names)}" if names else ""

    def lacking(self, expr: Expr, known: frozenset[str] = frozenset()) -> str:
        """The test whether an expression lacks a symbol, nothing if it cannot.

        It says what :func:`~moe_report.formula.operations.missing_symbols` says, and is never an
        error.
        """
        names = [name for name in always_needed(expr) if name not in known]
        lacks = self._lacks(names)
        parts = _any(self._lacking_parts(expr, known.union(names)))
        return f"IF({lacks},TRUE,{parts})" if lacks and parts else lacks or parts

    def _lacking_parts(self, expr: Expr, known: frozenset[str]) -> list[str]:
        """The tests whether arms and alternatives lack something that is not always needed."""
        if expr.op == "where":
            test, then, otherwise = expr.args
            parts = self._lacking_parts(test, known)
            arms = [self.lacking(arm, known) or "FALSE" for arm in (then, otherwise)]
            if arms != ["FALSE", "FALSE"]:
                part = f"IF({self.text(test, known)},{arms[0]},{arms[1]})"
                # the test can be undefined, and then no arm is taken that could lack something
                parts.append(f"IFERROR({part},FALSE)" if parts or _can_fail(test) else part)
            return parts
        if expr.op == "coalesce":
            lacks = [self.lacking(arg, known) for arg in expr.args]
            return [f"AND({lacks[0]},{lacks[1]})"] if all(lacks) else []
        return [part for arg in expr.args for part in self._lacking_parts(arg, known)]

    def text(self, expr: Expr, known: frozenset[str]) -> str:
        op, args = expr.op, expr.args
        if op == "const":
            return number_text(expr.value)
        if op == "symbol":
            return self.reference(expr.name)
        if op == "pow":
            return self._power(args[0], args[1], known)
        if op == "neg":
            return "-" + self._bracketed(args[0], known, ATOM)
        if op in INFIX:
            level = LEVEL[op]
            left = self._bracketed(args[0], known, level)
            return f"{left}{INFIX[op]}{self._bracketed(args[1], known, level + 1)}"
        if op in _COMPARISON:
            left, right = (self._bracketed(arg, known, 2) for arg in args)
            return f"{left}{_COMPARISON[op]}{right}"
        if op == "where":
            arms = (self.text(arg, known.union(always_needed(arg))) for arg in args[1:])
            return f"IF({self.text(args[0], known)},{','.join(arms)})"
        if op == "coalesce":
            return self._coalesce(args[0], args[1], known)
        if op == "floor":
            return f"INT(ROUND({self.text(args[0], known)},6))"
        if op == "ceil":
            return f"-INT(-ROUND({self.text(args[0], known)},6))"
        if op == "log2":
            return f"LOG({self.text(args[0], known)},2)"
        if op in REDUCTIONS:
            others = [self.text(arg, known) for arg in args[1:]]
            return excel_of(op, self.places(args[0].name), others)
        return f"{_CALLS[op]}({','.join(self.text(arg, known) for arg in args)})"

    def _bracketed(self, expr: Expr, known: frozenset[str], level: int) -> str:
        text = self.text(expr, known)
        own = LEVEL.get(expr.op, ATOM)
        if expr.op == "ceil" or (expr.op == "const" and expr.value < 0):
            own = LEVEL["neg"]  # both print with a leading minus
        if own == LEVEL["neg"] and level > LEVEL["mul"]:
            own = 0  # -a*b is (-a)*b in Excel too, but -a^2 is (-a)^2
        return text if own >= level else f"({text})"

    def _power(self, base: Expr, exponent: Expr, known: frozenset[str]) -> str:
        left = self._bracketed(base, known, ATOM)
        right = self._bracketed(exponent, known, ATOM)
        power = f"{left}^{right}"
        fixed = exponent.op == "const"
        whole = fixed and exponent.value == int(exponent.value)
        if not (fixed and exponent.value) and not (base.op == "const" and base.value):
            # Excel gives 0^0 no value, LibreOffice and Python give 1.
            power = f"IF({left}=0,1,{power})" if fixed else f"IF(AND({left}=0,{right}=0),1,{power})"
        if not whole and not (base.op == "const" and base.value >= 0):
            # LibreOffice gives (-8)^(1/3) a value, Excel and Python do not.
            domain = f"{left}<0" if fixed else f"AND({left}<0,{right}<>INT({right}))"
            power = f"IF({domain},SQRT(-1),{power})"
        return power

    def _coalesce(self, first: Expr, second: Expr, known: frozenset[str]) -> str:
        lacks_first = self.lacking(first, known)
        text = self.text(first, known.union(always_needed(first)))
        fallback = self.text(second, known.union(always_needed(second)))
        if not _can_fail(first):
            if not lacks_first:
                return self._bracketed(first, known, ATOM)
            return f"IF({lacks_first},{fallback},{text})"
        lacks_second = self.lacking(second, known)
        if lacks_second:
            fallback = f"IF({lacks_second},NA(),{fallback})"
        return f"IFERROR({f'IF({lacks_first},NA(),{text})' if lacks_first else text},{fallback})"


def _any(tests: list[str]) -> str:
    tests = list(dict.fromkeys(tests))
    return f"OR({','.join(tests)})" if len(tests) > 1 else "".join(tests)


_PLAIN_CALLS = {"minimum": "min", "maximum": "max"}
_PLAIN_INFIX = {**INFIX, **_COMPARISON, "and": "and", "or": "or"}
_PLAIN_LEVEL = {"or": -1, "and": 0, **LEVEL}


def plain(expr: Expr) -> str:
    """Return an expression as a line of text with the full names.

    >>> from moe_report.formula.expr import symbol
    >>> plain(1 - symbol("k") / symbol("E"))
    '1 - k / E'
    """
    op, args = expr.op, expr.args
    if op == "const":
        return number_text(expr.value)
    if op in ("symbol", "series"):
        return expr.name

    def operand(arg: Expr, level: int) -> str:
        negative = arg.op == "const" and arg.value < 0
        own = LEVEL["neg"] if negative else _PLAIN_LEVEL.get(arg.op, ATOM)
        return plain(arg) if own >= level else f"({plain(arg)})"

    if op == "neg":
        return f"-{operand(args[0], ATOM)}"
    if op == "pow":
        return f"{operand(args[0], ATOM)}^{operand(args[1], ATOM)}"
    if op in _PLAIN_INFIX:
        level = _PLAIN_LEVEL[op]
        return f"{operand(args[0], level)} {_PLAIN_INFIX[op]} {operand(args[1], level + 1)}"
    if op == "where":
        test, then, otherwise = map(plain, args)
        return f"({then} if {test} else {otherwise})"
    if op == "coalesce":
        return f"({plain(args[0])} if known else {plain(args[1])})"
    return f"{_PLAIN_CALLS.get(op, op)}({', '.join(map(plain, args))})"
