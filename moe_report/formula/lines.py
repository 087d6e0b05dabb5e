"""A formula typeset in pieces, between which a line may break.

A browser breaks no line inside of a ``math`` element, so that a long formula is made of several: it
is parted at its operators until each piece is short. A long fraction is written with a slash, and
the cases of a long choice stand below each other in elements of HTML. The page's script typesets
formulas in the same way (``templates/typeset.js``).
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.formula.excel import ATOM, INFIX, LEVEL, number_text
from moe_report.formula.expr import Expr
from moe_report.formula.mathml import (
    CALLS,
    COMPARISON,
    FENCES,
    LEVELS,
    SIGNS,
    math,
    mathml_symbol,
    row,
    row_of,
)

# Characters, about, of a piece, and of one with what it gives; a telephone has room for forty.
ROOM, ROOM_WITH_RESULT = 22, 28
BREAK = "\u200b"


def pieces(expr: Expr, symbols: Mapping[str, str], result: str | None = None) -> list[str]:
    """Return an expression as HTML in pieces, with a result left of an equals sign, if any.

    >>> from moe_report.formula.expr import symbol
    >>> pieces(1 - symbol("k"), {"k": "k"})
    ['<math><mn>1</mn><mo>−</mo><mi>k</mi></math>']
    """
    found = _Lines(symbols).parted(expr)
    if result is not None:
        name = mathml_symbol(result)
        room = len(result) + width(expr, symbols) <= ROOM_WITH_RESULT
        if len(found) == 1 and not _is_html(found[0]) and room:
            found = [f"<mrow>{name}<mo>=</mo>{found[0]}</mrow>"]
        else:
            found = [f"<mrow>{name}{_infix('=')}</mrow>", *found]
    return list(map(_element, found))


def width(expr: Expr, symbols: Mapping[str, str]) -> int:
    """Return about how many characters wide an expression is when typeset in one line.

    >>> from moe_report.formula.expr import symbol
    >>> width(symbol("k") / 129e6 + 1, {"k": "k"})
    14
    """
    if expr.op in ("symbol", "series"):
        return len(symbols[expr.name])
    if expr.op == "const":
        mantissa, _, exponent = number_text(expr.value).partition("E")
        return len(mantissa) + (5 if exponent else 1)
    inner = [width(arg, symbols) for arg in expr.args]
    if expr.op == "div":
        return max(inner)
    return sum(inner) + {"where": 8, "coalesce": 18}.get(expr.op, 5 if expr.op in CALLS else 2)


def _is_html(piece: str) -> bool:
    return piece.startswith("<span")


def _element(piece: str) -> str:
    return piece if _is_html(piece) else math(piece)


def _infix(sign: str) -> str:
    return f'<mo form="infix">{sign}</mo>'


def _glued(before: str, found: list[str], after: str = "") -> list[str]:
    """Pieces with something before the first and after the last, which no line break parts."""
    found = list(found)
    if before:
        found[:1] = [row(before), found[0]] if _is_html(found[0]) else [row(before, found[0])]
    if after:
        found[-1:] = [found[-1], after] if _is_html(found[-1]) else [row(found[-1], after)]
    return found


class _Lines:
    def __init__(self, symbols: Mapping[str, str]) -> None:
        self.symbols = symbols

    def parted(self, expr: Expr, level: int = 0) -> list[str]:
        if width(expr, self.symbols) <= ROOM:
            return [row_of(expr, self.symbols, level)]
        own = LEVELS.get(expr.op, ATOM)
        if expr.op in ("where", "coalesce"):
            return [self.cases(expr, closed=own < level)]
        if expr.op == "div":
            own = LEVEL["mul"]  # a slash
        found = self.long(expr, own)
        return found if own >= level else _glued("<mo>(</mo>", found, "<mo>)</mo>")

    def long(self, expr: Expr, own: int) -> list[str]:
        op, args = expr.op, expr.args
        if op in INFIX and op != "pow":
            left = self.parted(args[0], own)
            right = self.parted(args[1], own + (op != "mul"))
            return left + _glued(_infix(SIGNS[op]), right)
        if op in COMPARISON:
            left, right = (self.parted(arg, 2) for arg in args)
            return left + _glued(_infix(COMPARISON[op]), right)
        if op in ("and", "or"):
            left, right = (self.parted(arg, own) for arg in args)
            return left + _glued(f"<mtext> {op} </mtext>", right)
        if op == "neg":
            return _glued("<mo>−</mo>", self.parted(args[0], LEVEL["mul"]))
        if op == "pow":
            return _glued("", self.parted(args[0], ATOM), "<mo>^</mo>") + self.parted(args[1], ATOM)
        if op in ("const", "symbol", "series"):
            return [row_of(expr, self.symbols)]
        before, after = FENCES.get(op, ("(", ")"))
        inside = self.parted(args[0])
        for arg in args[1:]:
            inside = _glued("", inside, "<mo>,</mo>") + self.parted(arg)
        return _glued(f"{CALLS.get(op, '')}<mo>{before}</mo>", inside, f"<mo>{after}</mo>")

    def cases(self, expr: Expr, *, closed: bool) -> str:
        *test, first, otherwise = expr.args
        condition = _glued("<mtext>if </mtext>", self.parted(test[0])) if test else None
        one = self.case(first, condition or ["<mtext>where known</mtext>"])
        other = self.case(otherwise, ["<mtext>otherwise</mtext>"])
        return f'<span class="cases{" closed" * closed}">{one}{other}</span>'

    def case(self, value: Expr, condition: list[str]) -> str:
        shown = (BREAK.join(map(_element, found)) for found in (self.parted(value), condition))
        return "<span>{}<span>{}</span></span>".format(*shown)
