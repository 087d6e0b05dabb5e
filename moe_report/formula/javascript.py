"""An expression as JavaScript, for the calculator of the page.

The three rules of :mod:`moe_report.formula.operations` hold here as well: NaN is what is missing,
and it spreads; what has no finite value is NaN; ``floor`` and ``ceil`` snap. Every operation is a
call, of :data:`CALLED`, so that what stands for the calls decides what becomes of a formula: its
value, or the formula as it applies to some values (``templates/formulas.js``). Sums and products
let an infinity pass, as every operation does that cannot lose it; those that could (1/∞ is 0) turn
it into NaN first, and so does ``num``, which whole formulas go through.

What a formula lacks is traced as it is computed: what ``where`` and ``coalesce`` choose from are
functions, so that only what they take is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from moe_report.formula.excel import Reference, number_text
from moe_report.formula.expr import TESTS, Expr
from moe_report.formula.operations import OPERATIONS
from moe_report.formula.reductions import REDUCTIONS

# What printed formulas call, to be defined once around them. A test is 1, 0 or NaN. ``lacking``
# finds of a formula and its values what missing_symbols() of operations.py finds; ``apart`` keeps
# what a part asks for to itself, and while that is ``sure``, only what it asks for in any case.
HELPERS = """\
const num = (x) => (Number.isFinite(x) ? x : NaN);
const chain = (f) => (...all) => all.reduce((a, b) => f(a, b));
const add = chain((a, b) => a + b);
const mul = chain((a, b) => a * b);
const sub = (a, b) => a - b;
const neg = (a) => -a;
const both = (f) => (a, b) => (Number.isFinite(a) && Number.isFinite(b) ? f(a, b) : NaN);
const div = both((a, b) => a / b);
const pow = both((a, b) => a ** b);
const min = chain(both((a, b) => Math.min(a, b)));
const max = chain(both((a, b) => Math.max(a, b)));
const exp = (x) => Math.exp(num(x));
const snap = (f) => (x) => (Math.abs(x - Math.round(x)) <= 5e-7 ? Math.round(x) : f(x));
const floor = snap(Math.floor);
const ceil = snap(Math.ceil);
let asked = new Set(), sure = false;
function apart(part, surely = sure) {
  const before = [asked, sure];
  [asked, sure] = [new Set(), surely];
  const found = [part(), asked];
  [asked, sure] = before;
  return found;
}
const ask = (names) => names.forEach((name) => asked.add(name));
const inCommon = (a, b) => new Set([...a].filter((name) => b.has(name)));
function where(test, a, b) {
  const [truth, needed] = apart(test);
  ask(needed);
  if (!sure && !Number.isNaN(truth)) return truth ? a() : b();
  if (sure || !needed.size) ask(inCommon(apart(a, true)[1], apart(b, true)[1]));
  return NaN;
}
function coalesce(a, b) {
  const [first, needed] = apart(a);
  if (Number.isFinite(first)) return first;
  const [second, others] = apart(b);
  ask(sure ? inCommon(needed, others) : others.size < needed.size ? others : needed);
  return second;
}
function lacking(formula, v) {
  const get = (_, name) => (Number.isNaN(v[name]) && asked.add(name), v[name]);
  return [...apart(() => formula(new Proxy(v, { get })))[1]];
}
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

# What formulas of many numbers call beside those: a series is an array, NaN where there is none.
REDUCING = """\
const reduce = (f) => (all, x) =>
  (Array.isArray(all) && all.length && !Number.isNaN(x) ? f(all, x) : NaN);
const sum = (all, f = (x) => x) => all.reduce((a, b) => a + f(b), 0);
const total = reduce((all) => sum(all));
const mean = reduce((all) => sum(all) / all.length);
const largest = reduce((all) => all.reduce((a, b) => Math.max(a, b)));
const median = reduce((all) => {
  const sorted = [...all].sort((a, b) => a - b), half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
});
const count = reduce((all) => all.length);
const deviation = reduce((all) => {
  const middle = sum(all) / all.length;
  return Math.sqrt(sum(all, (x) => (x - middle) ** 2) / all.length);
});
const sum_of_squares = reduce((all) => sum(all, (x) => x * x));
const entropy = reduce((all) =>
  Math.log(sum(all)) - sum(all, (x) => (x ? x * Math.log(x) : 0)) / sum(all));
const zeros = reduce((all) => all.filter((x) => x === 0).length);
const total_above = reduce((all, limit) => sum(all, (x) => Math.max(x - limit, 0)));
const largest_block = reduce((all, blocks) => {
  const size = Math.ceil(all.length / blocks);
  const sums = [];
  for (const [at, x] of all.entries()) {
    const place = Math.floor(at / size);
    sums[place] = (sums[place] ?? 0) + x;
  }
  return Math.max(...sums);
});
"""

_FINITE = TESTS | {"const", "symbol"}  # or NaN
_SHORTER = {"minimum": "min", "maximum": "max"}  # all others are called as the operation
_OF_MANY = frozenset({"add", "mul", "minimum", "maximum"})  # a + b + c is add(a,b,c)
CALLED = ("num", *(_SHORTER.get(op, op) for op in OPERATIONS))
CALLED_OF_MANY = tuple(REDUCTIONS)


def javascript(expr: Expr, reference: Reference) -> str:
    """Return an expression as JavaScript that calls :data:`HELPERS`; NaN where it has no value.

    ``reference`` gives what JavaScript calls a symbol; its value is NaN while it is missing.

    >>> from moe_report.formula.expr import symbol
    >>> javascript(1 - symbol("k") / symbol("E"), str)
    'num(sub(1,div(k,E)))'
    >>> javascript(symbol("a") * symbol("b") * -symbol("c"), str)
    'num(mul(a,b,neg(c)))'
    """
    text = unchecked(expr, reference)
    return text if expr.op in _FINITE else f"num({text})"


def member(name: str) -> str:
    r"""Return the member of the object ``v`` that has the name of a symbol.

    >>> member("num_experts"), member("größe")
    ('v.num_experts', 'v["gr\\u00f6\\u00dfe"]')
    """
    return f"v.{name}" if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"v[{quoted(name)}]"


_WORD = re.compile(r'(?<!\\)"(\w+)"(?!:)')  # a whole text; what stands before a colon is a key


def quoted(value: object, alias: Mapping[str, str] | None = None) -> str:
    """Return a value as JavaScript that may stand in a script element, whatever it holds.

    A text that a variable holds is that variable; ``alias`` has their names by such texts.

    >>> quoted({"num_experts": ["num_experts", "many", 8]}, {"num_experts": "$1"})
    '{"num_experts":[$1,"many",8]}'
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    known = alias or {}
    return _WORD.sub(lambda found: known.get(found[1], found[0]), text)


def unchecked(expr: Expr, reference: Reference) -> str:
    """Return what :func:`javascript` does, without the ``num`` that an infinity ends in.

    >>> from moe_report.formula.expr import symbol
    >>> unchecked(1 - symbol("k") / symbol("E"), str)
    'sub(1,div(k,E))'
    """
    if expr.op == "const":
        return number_text(expr.value).lower()
    if expr.op in ("symbol", "series"):
        return reference(expr.name)
    texts = [unchecked(arg, reference) for arg in _operands(expr)]
    if expr.op in ("where", "coalesce"):
        texts = [f"()=>{text}" for text in texts]
    return f"{_SHORTER.get(expr.op, expr.op)}({','.join(texts)})"


def _operands(expr: Expr) -> list[Expr]:
    """The operands of a call, those of a chain from the left among them."""
    first, *others = expr.args
    if first.op == expr.op and expr.op in _OF_MANY:
        return [*_operands(first), *others]
    return [first, *others]
