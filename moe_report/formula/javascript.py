"""An expression as JavaScript, for the calculator of the page.

The three rules of :mod:`moe_report.formula.operations` hold here as well: NaN is what is missing,
and it spreads; what has no finite value is NaN; ``floor`` and ``ceil`` snap. Sums and products are
JavaScript's own. They let an infinity pass, as every operation does that cannot lose it; those that
could (1/∞ is 0) are functions of :data:`HELPERS`, which turn it into NaN first, and so does
``num``, which stands around every whole formula.
"""

from __future__ import annotations

import json
import re

from moe_report.formula.excel import Reference, number_text
from moe_report.formula.expr import Expr
from moe_report.formula.operations import always_needed

# What printed formulas call, to be defined once around them. A test is 1, 0 or NaN.
HELPERS = """\
const num = (x) => (Number.isFinite(x) ? x : NaN);
const both = (f) => (a, b) => (Number.isFinite(a) && Number.isFinite(b) ? f(a, b) : NaN);
const div = both((a, b) => a / b);
const pow = both((a, b) => a ** b);
const min = both((a, b) => Math.min(a, b));
const max = both((a, b) => Math.max(a, b));
const exp = (x) => Math.exp(num(x));
const snap = (f) => (x) => (Math.abs(x - Math.round(x)) <= 5e-7 ? Math.round(x) : f(x));
const floor = snap(Math.floor);
const ceil = snap(Math.ceil);
const where = (test, a, b) => (Number.isNaN(test) ? NaN : test ? a : b);
const coalesce = (a, b) => (Number.isFinite(a) ? a : b);
const lt = both((a, b) => +(a < b));
const le = both((a, b) => +(a <= b));
const gt = both((a, b) => +(a > b));
const ge = both((a, b) => +(a >= b));
const eq = both((a, b) => +(a === b));
const ne = both((a, b) => +(a !== b));
const and = both((a, b) => +(a !== 0 && b !== 0));
const or = both((a, b) => +(a !== 0 || b !== 0));
const not = (a) => (Number.isNaN(a) ? NaN : +(a === 0));
const {abs, sqrt, log: ln, log2, log10} = Math;
"""

_INFIX = {"add": "+", "sub": "-", "mul": "*"}
_LEVEL = {"add": 1, "sub": 1, "mul": 2, "neg": 3}
_ATOM = 9
_SHORTER = {"minimum": "min", "maximum": "max"}  # all other helpers are called as the operation


def javascript(expr: Expr, reference: Reference) -> str:
    """Return an expression as JavaScript that calls :data:`HELPERS`; NaN where it has no value.

    ``reference`` gives what JavaScript calls a symbol; its value is NaN while it is missing.

    >>> from moe_report.formula.expr import symbol
    >>> javascript(1 - symbol("k") / symbol("E"), str)
    'num(1-div(k,E))'
    >>> javascript(-(symbol("a") ** 2) * (symbol("b") - 1), str)
    'num(-pow(a,2)*(b-1))'
    """
    return f"num({_text(expr, reference)})"


def member(name: str) -> str:
    r"""Return the member of the object ``v`` that has the name of a symbol.

    >>> member("num_experts"), member("größe")
    ('v.num_experts', 'v["gr\\u00f6\\u00dfe"]')
    """
    return f"v.{name}" if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"v[{quoted(name)}]"


def quoted(value: object) -> str:
    """Return a value as JavaScript that may stand in a script element, whatever it holds."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def needs(expr: Expr, reference: Reference) -> str:
    """Return what an expression asks for as a JavaScript array, to be walked with the values.

    The script that walks it finds what :func:`moe_report.formula.operations.missing_symbols` finds.
    An item is the name of a symbol, or an object: ``{q, t, a, b, n}`` of a ``where`` (the test,
    what it, the two arms, and the whole in any case ask for), ``{c}`` of a ``coalesce`` (what each
    alternative asks for).

    >>> from moe_report.formula.expr import symbol
    >>> from moe_report.formula.functions import coalesce
    >>> needs(symbol("x") * coalesce(symbol("y"), 1), str)
    '["x",{c:[["y"],[]]}]'
    """
    return f"[{','.join(dict.fromkeys(_asked(expr, reference)))}]"


def _asked(expr: Expr, reference: Reference) -> list[str]:
    if expr.op == "symbol":
        return [quoted(expr.name)]
    if expr.op == "where":
        test, then, otherwise = expr.args
        arms = ",".join(
            f"{letter}:{needs(arg, reference)}"
            for letter, arg in (("t", test), ("a", then), ("b", otherwise))
        )
        always = quoted(always_needed(expr))
        return [f"{{q:(v)=>{_text(test, reference)},{arms},n:{always}}}"]
    if expr.op == "coalesce":
        return [f"{{c:[{','.join(needs(arg, reference) for arg in expr.args)}]}}"]
    return [item for arg in expr.args for item in _asked(arg, reference)]


def _text(expr: Expr, reference: Reference) -> str:
    op, args = expr.op, expr.args
    if op == "const":
        text = number_text(expr.value).lower()
        return f"({text})" if expr.value < 0 else text
    if op == "symbol":
        return reference(expr.name)
    if op == "neg":
        return f"-{_bracketed(args[0], reference, _ATOM)}"
    if op in _INFIX:
        level = _LEVEL[op]
        left = _bracketed(args[0], reference, level)
        right = _bracketed(args[1], reference, level + 1)
        if right.startswith("-"):
            right = f"({right})"  # a--b takes one off a
        return f"{left}{_INFIX[op]}{right}"
    texts = [_text(arg, reference) for arg in args]
    name = _SHORTER.get(op, op)
    while op in _SHORTER and len(texts) > 2:
        texts[:2] = [f"{name}({texts[0]},{texts[1]})"]
    return f"{name}({','.join(texts)})"


def _bracketed(expr: Expr, reference: Reference, level: int) -> str:
    text = _text(expr, reference)
    return text if _LEVEL.get(expr.op, _ATOM) >= level else f"({text})"
