"""A formula that somebody writes as text, as the expression that it is.

It is Python's arithmetic and its comparisons, over names and the functions of
:mod:`moe_report.formula.functions`; anything else is refused by name.

>>> formula_of("4096 * 8 / num_experts", ["num_experts"])
div(mul(4096, 8), num_experts)
>>> formula_of("1e9 <= total_params <= 2e9", ["total_params"])
and(le(1e+09, total_params), le(total_params, 2e+09))
>>> formula_of("total_params <= 60B", ["total_params"])
le(total_params, 6e+10)
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from keyword import iskeyword
from typing import Any

from moe_report.errors import nearest
from moe_report.formula import functions
from moe_report.formula.expr import Expr, join_tests, lift, symbol
from moe_report.schema.one_number import one_number
from moe_report.text import shown

_LONGEST = 4000  # characters
_SIZED = re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s?([A-Za-z]+)(?!\w)")  # 60B; no Python has such
_COMMAS = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?!\d)")  # several numbers to Python
_ONE_EQUALS = re.compile(r"(?<![<>=!])=(?![<>=])")
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "where": functions.where, "coalesce": functions.coalesce,
    "minimum": functions.minimum, "maximum": functions.maximum,
    "min": functions.minimum, "max": functions.maximum, "abs": abs,
    "floor": functions.floor, "ceil": functions.ceil, "sqrt": functions.sqrt,
    "exp": functions.exp, "ln": functions.ln, "log2": functions.log2, "log10": functions.log10,
}  # fmt: skip
_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow, ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_JOINED: Mapping[type[ast.AST], str] = {
    ast.And: "and", ast.Or: "or", ast.BitAnd: "and", ast.BitOr: "or",
}  # fmt: skip


class FormulaError(ValueError):
    """A text is no formula; the message says why."""


def formula_of(text: str, names: Collection[str]) -> Expr:
    """Return the expression that a text is, over some names.

    Raises:
        FormulaError: It is none, or has a name or function that is not known.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise FormulaError(f"has {len(text):,} characters, expected at most {_LONGEST:,}")
    if found := _COMMAS.search(text):
        plain = found[0].replace(",", "")
        raise FormulaError(
            f"found {found[0]}, expected {plain}, without commas; where several numbers are meant, "
            "write a space behind each comma"
        )
    try:
        return _Reader(names).read(ast.parse(_SIZED.sub(_plain, text), mode="eval").body)
    except (SyntaxError, MemoryError, RecursionError) as error:
        hint = "; two numbers are compared by ==" if _ONE_EQUALS.search(text) else ""
        raise FormulaError(f"{shown(text)} is no formula{hint}") from error
    except TypeError as error:
        raise FormulaError(f"{shown(text)}: {error}") from error


def _plain(found: re.Match[str]) -> str:
    """A number with its size behind it as Python writes it."""
    if iskeyword(found[1]):
        return found[0]
    try:
        if found[1] == "m":  # millions, or thousandths
            raise ValueError
        return f"{one_number(found[0]):f}"
    except ValueError:
        message = f"found {shown(found[0])}, expected a number without a unit, such as 60B or 60e9"
        raise FormulaError(message) from None


class _Reader:
    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def read(self, node: ast.expr) -> Expr:
        match node:
            case ast.Constant(value=bool() | str() | bytes() | None):
                raise FormulaError(f"found {ast.unparse(node)}, expected a number or a name")
            case ast.Constant(value=value):
                return lift(value)
            case ast.Name(id=name):
                return self._symbol(name)
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return join_tests("not", self.read(operand))
            case ast.UnaryOp(op=sign, operand=operand):
                return lift(_OPERATORS[type(sign)](self.read(operand)))
            case ast.BinOp(left=left, op=ast.BitXor(), right=right):
                raise FormulaError("found ^, expected ** for a power")
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _JOINED:
                return join_tests(_JOINED[type(sign)], self.read(left), self.read(right))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                return lift(_OPERATORS[type(sign)](self.read(left), self.read(right)))
            case ast.BoolOp(op=sign, values=values):
                op = _JOINED[type(sign)]
                return reduce(lambda a, b: join_tests(op, a, b), map(self.read, values))
            case ast.Compare(left=left, ops=signs, comparators=others):
                return self._comparisons([left, *others], signs)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return lift(functions.where(*map(self.read, (test, body, orelse))))  # type: ignore[arg-type]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args)
            case ast.Tuple():
                raise FormulaError("found a comma outside of a function; a half is written 0.5")
        raise FormulaError(f"found {shown(ast.unparse(node))}, which no formula is made of")

    def _symbol(self, name: str) -> Expr:
        if name not in self.names:
            hint = nearest(name, self.names)
            raise FormulaError(f"there is no field, assumption or metric {name!r}.{hint}")
        return symbol(name)

    def _comparisons(self, nodes: list[ast.expr], signs: list[ast.cmpop]) -> Expr:
        found = [self.read(node) for node in nodes]
        tests: list[Expr] = []
        for sign, left, right in zip(signs, found, found[1:], strict=False):
            if type(sign) not in _OPERATORS:
                raise FormulaError("found in or is, expected a comparison such as <=")
            tests.append(_OPERATORS[type(sign)](left, right))
        return reduce(lambda a, b: join_tests("and", a, b), tests)

    def _call(self, name: str, args: list[ast.expr]) -> Expr:
        if name not in _FUNCTIONS:
            raise FormulaError(f"there is no function {name!r}.{nearest(name, _FUNCTIONS)}")
        return lift(_FUNCTIONS[name](*map(self.read, args)))
