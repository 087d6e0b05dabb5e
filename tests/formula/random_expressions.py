"""Random expressions whose value every right calculator must agree on, and known traps."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moe_report.formula import functions
from moe_report.formula.excel import excel
from moe_report.formula.expr import Expr, lift, number, symbol
from moe_report.formula.operations import evaluate, missing_symbols

NAMES = ("hidden_size", "num_experts", "x", "y", "z", "w")
DEPTH = 6
LONGEST = 6_000  # characters of a formula; Excel takes 8,192
TOLERANCE = 1e-12

# Cells without a number: never filled in, a metric that is missing, one that is undefined.
ABSENT: tuple[Any, ...] = (None, '=""', "=1/0")


@dataclass(frozen=True)
class Draw:
    """An expression, the values of its symbols (None: missing) and what stands in empty cells."""

    expr: Expr
    values: Mapping[str, float | None]
    absent: Any = None

    @property
    def columns(self) -> dict[str, float]:
        """The values as numpy takes them."""
        return {name: math.nan if v is None else v for name, v in self.values.items()}


# -- what is expected ------------------------------------------------------------------------------


def outcome(draw: Draw) -> float | str:
    """The value, or ``missing`` or ``undefined``, in our own reading."""
    columns = draw.columns

    def value(part: Expr) -> float:
        return float(evaluate(part, columns))

    if missing_symbols(draw.expr, value, lambda name: not math.isnan(columns[name])):
        assert math.isnan(value(draw.expr))
        return "missing"
    result = value(draw.expr)
    return "undefined" if math.isnan(result) else result


def alike(ours: float | str, theirs: float | str) -> bool:
    """Whether two outcomes agree."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return ours == theirs
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=0.0)


# -- which draws are settled -----------------------------------------------------------------------


class Doubtful(Exception):  # noqa: N818 - no error: a verdict on a draw
    """Two right calculators may disagree: rounding decides."""


ULP = 4.5e-16  # what one operation may be off, relative; two units in the last place
SAME = 1e-15  # what LibreOffice surely takes for equal, relative: it compares to 2**-48
APART = 1e-9  # what every calculator takes for different, relative


def doubt(draw: Draw) -> str:
    """Why a draw is ill-conditioned, or nothing if any calculator must agree on it.

    An error bound is carried along, as in running error analysis: each operation adds two units in
    the last place, whole numbers below 2**53 are exact. In doubt are

    * a number past 1e290 or below 1e-290 (overflow, denormals, underflow to zero), or known to
      less than 1e-13;
    * a sum or difference a million millionth of its operands: LibreOffice snaps it to zero;
    * a comparison of numbers that differ by less than 1e-9, but do differ;
    * a value whose error bound reaches over the edge of a domain (the root of 0 ± 1e-17), over a
      whole number that is an exponent, or over the point from where floor and ceil snap.

    The arm of a ``where`` and the alternative of a ``coalesce`` that are not used do not count.
    """
    try:
        _bounded(draw.expr, draw.columns)
    except Doubtful as verdict:
        return str(verdict)
    return ""


def _bounded(expr: Expr, values: Mapping[str, float]) -> tuple[float, float]:
    """The value of an expression, NaN if it has none, and a bound of its absolute error."""
    if expr.op == "where":
        test, _ = _bounded(expr.args[0], values)
        if math.isnan(test):
            return math.nan, 0.0
        return _bounded(expr.args[1 if test else 2], values)
    if expr.op == "coalesce":
        first = _bounded(expr.args[0], values)
        return _bounded(expr.args[1], values) if math.isnan(first[0]) else first
    parts = [_bounded(arg, values) for arg in expr.args]
    if any(math.isnan(value) for value, _ in parts):
        return math.nan, 0.0
    local = dict(zip("ab", [value for value, _ in parts], strict=False))
    plain = Expr(expr.op, tuple(map(symbol, local))) if parts else expr
    value = float(evaluate(plain, local or values))
    if not parts:
        return value, 0.0
    error = _ERRORS.get(expr.op, _no_error)(value, parts)
    if math.isnan(value):
        if expr.op in ("add", "sub", "mul", "exp") or _overflows(expr.op, parts):
            raise Doubtful("overflow")
        return value, 0.0
    whole = value == round(value) and abs(value) < 2**53
    if whole and expr.op in _EXACT and all(e == 0 and v == round(v) for v, e in parts):
        error = 0.0
    if abs(value) > 1e290 or 0 < abs(value) < 1e-290 or _underflows(expr.op, value, parts):
        raise Doubtful("overflow")
    if error > 1e-13 * abs(value):
        raise Doubtful("precision")
    return value, error


Parts = list[tuple[float, float]]
_EXACT = frozenset({"add", "sub", "mul", "div", "neg", "abs", "minimum", "maximum"})


def _overflows(op: str, parts: Parts) -> bool:
    if op == "div":
        return parts[1][0] != 0
    if op != "pow":
        return False
    base, exponent = parts[0][0], parts[1][0]
    return base > 0 or (base < 0 and exponent == round(exponent))


def _underflows(op: str, value: float, parts: Parts) -> bool:
    # LibreOffice calls 0.001^200 an error; Excel and Python call it 0
    operands = parts[:1] if op in ("div", "pow") else parts
    return value == 0 and op in ("mul", "div", "pow", "exp") and all(v for v, _ in operands)


def _no_error(value: float, parts: Parts) -> float:
    return 0.0


def _sum_error(value: float, parts: Parts) -> float:
    (a, ea), (b, eb) = parts
    size = max(abs(a), abs(b))
    if value == 0:
        if ea + eb > SAME * size:
            raise Doubtful("cancellation")
        return 0.0
    if abs(value) < 1e-12 * size:
        raise Doubtful("cancellation")
    return ea + eb + ULP * abs(value)


def _product_error(value: float, parts: Parts) -> float:
    (a, ea), (b, eb) = parts
    return abs(a) * eb + abs(b) * ea + ULP * abs(value)


def _quotient_error(value: float, parts: Parts) -> float:
    (_, ea), (b, eb) = parts
    _beside(b, 0, eb)
    return 0.0 if b == 0 else ea / abs(b) + abs(value) * eb / abs(b) + ULP * abs(value)


def _power_error(value: float, parts: Parts) -> float:
    (a, ea), (b, eb) = parts
    _beside(a, 0, ea)
    _beside(b, 0, eb)
    if a < 0:
        _beside(b, round(b), max(eb, APART * abs(b)))
        if b == round(b) and eb:
            raise Doubtful("domain")
    if a == 0 or math.isnan(value):
        return 0.0
    log = abs(math.log(abs(a)))
    return abs(value) * (abs(b) * ea / abs(a) + log * eb + ULP * (1 + abs(b) * log / 50))


def _log_error(value: float, parts: Parts) -> float:
    ((a, ea),) = parts
    _beside(a, 0, ea)
    return 0.0 if a <= 0 else 1.5 * ea / a + 2 * ULP * abs(value)


def _root_error(value: float, parts: Parts) -> float:
    ((a, ea),) = parts
    _beside(a, 0, ea)
    return 0.0 if a <= 0 else ea / (2 * value) + ULP * value


def _exp_error(value: float, parts: Parts) -> float:
    return value * (parts[0][1] + ULP)


def _kept_error(value: float, parts: Parts) -> float:
    return max(error for _, error in parts)


def _rounding_error(value: float, parts: Parts) -> float:
    ((a, ea),) = parts
    if abs(a) >= 2**53:
        return ea
    off = abs(a - round(a))
    if ea > 1e-8 or abs(off - 5e-7) <= 1e-8 or (off > 5e-7 and off < 1e-12 * abs(a)):
        raise Doubtful("rounding")
    return 0.0


def _comparison_error(value: float, parts: Parts) -> float:
    (a, ea), (b, eb) = parts
    size = max(abs(a), abs(b))
    if ea + eb > SAME * size if a == b else abs(a - b) <= max(APART * size, ea + eb):
        raise Doubtful("comparison")
    return 0.0


def _beside(value: float, edge: float, error: float) -> None:
    """Raise if a value is not, but may be, at an edge."""
    if value != edge and abs(value - edge) <= error:
        raise Doubtful("domain")


_ERRORS: Mapping[str, Callable[[float, Parts], float]] = {
    **dict.fromkeys(("add", "sub"), _sum_error),
    **dict.fromkeys(("neg", "abs", "minimum", "maximum"), _kept_error),
    **dict.fromkeys(("ln", "log2", "log10"), _log_error),
    **dict.fromkeys(("floor", "ceil"), _rounding_error),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), _comparison_error),
    "mul": _product_error,
    "div": _quotient_error,
    "pow": _power_error,
    "sqrt": _root_error,
    "exp": _exp_error,
}


# -- drawing ---------------------------------------------------------------------------------------


class Drawer:
    """Draws expressions, and keeps count of those that it had to draw again."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.redrawn: Counter[str] = Counter()

    def draws(self, count: int) -> list[Draw]:
        """Settled draws whose formula fits in a cell."""
        found: list[Draw] = []
        while len(found) < count:
            depth = 1 + len(found) % DEPTH
            draw = Draw(self.number(depth), self.values(), self.random.choice(ABSENT))
            why = doubt(draw)
            if not why and len(excel(draw.expr, by_column)) > LONGEST:
                why = "length"
            if why:
                self.redrawn[why] += 1
            else:
                found.append(draw)
        return found

    def values(self) -> dict[str, float | None]:
        """Values of a row, some of them missing."""
        return {name: self.value() for name in NAMES}

    def value(self) -> float | None:
        """A value, of every kind that rows have."""
        pick = self.random
        if pick.random() < 0.08:
            return None
        return pick.choice(
            (
                0.0, 1.0, 2.0, float(pick.randint(3, 300)), float(pick.randint(1, 10**12)),
                float(-pick.randint(1, 40)), round(pick.uniform(-5, 5), 2), pick.uniform(0, 2),
                pick.randint(1, 40) / 8,
            )
        )  # fmt: skip

    def constant(self) -> float:
        """A number of a formula: fractions, negative, large and small."""
        pick = self.random
        return pick.choice(
            (
                0, 1, 2, 2, 3, 0.5, pick.randint(-6, 12), round(pick.uniform(-3, 3), 3), 1 / 3,
                -0.25, 1e6, 4096, 2**53 - 1, 1.5e20, -1e15, 1e-3, 2.5e-9, -7e-7, 0.1 + 0.2,
            )
        )  # fmt: skip

    def number(self, depth: int) -> Any:
        """An expression that is a number, of at most a depth, written as a metric writes it."""
        pick = self.random
        if depth == 0 or pick.random() < 0.12:
            return symbol(pick.choice(NAMES)) if pick.random() < 0.7 else lift(self.constant())

        def inner() -> Any:
            return self.number(depth - 1)

        kind = pick.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
        if kind == "where":
            return functions.where(self.test(depth - 1), inner(), inner())
        if kind in ("minimum", "maximum"):
            operands = [inner() for _ in range(pick.choice((2, 2, 3)))]
            return getattr(functions, kind)(*operands)
        if kind == "coalesce":
            # an alternative is for what is missing, so often something is
            first = symbol(pick.choice(NAMES)) if pick.random() < 0.3 else inner()
            return functions.coalesce(first, inner())
        if kind in _BINARY:
            return _BINARY[kind](inner(), inner())
        if kind == "power":
            exponent: Any = inner() if pick.random() < 0.4 else pick.choice((2, 3, -1, 0.5, 0, 1.5))
            return inner() ** exponent
        if kind == "neg":
            return -inner()
        if kind == "abs":
            return abs(inner())
        return getattr(functions, kind)(inner())

    def test(self, depth: int) -> Any:
        """An expression that is true or false."""
        pick = self.random
        if depth > 0 and pick.random() < 0.3:
            left = self.test(depth - 1)
            joint = pick.choice(("and", "or", "not"))
            if joint == "not":
                return ~left
            right = self.test(depth - 1)
            return left & right if joint == "and" else left | right
        left, right = self.number(max(depth - 1, 0)), self.number(max(depth - 1, 0))
        return number(pick.choice(("lt", "le", "gt", "ge", "eq", "ne")), left, right)


_KINDS = {
    "add": 4, "sub": 4, "mul": 4, "div": 4, "floordiv": 1, "mod": 1, "power": 3, "neg": 2, "abs": 1,
    "minimum": 1, "maximum": 1, "floor": 1, "ceil": 1, "sqrt": 1, "exp": 1, "ln": 1, "log2": 1,
    "log10": 1, "where": 4, "coalesce": 3,
}  # fmt: skip
_BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
}


def traps() -> list[Draw]:
    """Expressions that a spreadsheet is known to read in its own way."""
    x, y, z, w = map(symbol, ("x", "y", "z", "w"))
    two, three = lift(2), lift(3)
    where, coalesce = functions.where, functions.coalesce
    exprs: list[Any] = [
        -(two**two),
        (-two) ** two,
        two**three**two,
        (two**three) ** two,
        lift(-2) ** 2,
        2 ** lift(-2),
        -(x**2),
        (-x) ** 2,
        x**y**z,
        (x**y) ** z,
        -(x**y),
        (-x) ** y,
        x ** (-y),
        x**-1,
        x**0,
        (-x) ** 0,
        (-x) ** 0.5,
        (-x) ** (1 / 3),
        (x - 2) ** (y - 3),
        (x - 2) ** -1,
        0 * x - y,
        -x - -y,
        number("neg", -x),
        x - (y - z),
        x - (y + z),
        x / (y * z),
        x / (y / z),
        x * (y / z),
        x / -y,
        x - (-y) * z,
        (-x) * y,
        functions.ceil(x / y) ** 2,
        -functions.ceil(-x / y),
        7 // -x,
        -7 % x,
        -x % y,
        1 - x % 2,
        where((x > 1) & ~(y < 1) | (z == 2), x - y, y),
        where(x - y < y - x, 1, -1) ** 2,
        functions.ceil(1.1 * 320 * x / 2),
        functions.floor(0.29 * 100 * x / 2),
        functions.log2(x**y),
        coalesce(w, x),
        coalesce(w + 1, x) + 1,
        coalesce(coalesce(w, w) + 1, x),
        coalesce(1 / (x - 2), y),
        coalesce(1 / (x - 2), w),
        coalesce(w, 1 / (x - 2)),
        coalesce(where(x > 0, w, y), z),
        1 / (x - 2) + where(x > 0, w, 0),
        where(x > 0, w, 0) + 1 / (x - 2),
        where(1 / (x - 2) > 0, w, x),
        where(x > 0, y, w),
        where(x > 0, w, y),
        where(w > 0, x, y),
        where(x > 0, w, 1) * 0,
        w**0,
        1**w,
        functions.minimum(w, x),
        functions.maximum(x, where(y > 0, w, 0)),
        x * 1e20,
        x - 1e-7,
        x / 1e15,
        where(coalesce(w, x) > 1, w, y),
        where(coalesce(w, 1 / (x - 2)) > 1, x, y),
        x + lift(5),
    ]
    values = {"x": 2.0, "y": 3.0, "z": 2.0, "w": None, "hidden_size": 4096.0, "num_experts": 8.0}
    return [Draw(lift(expr), values, absent) for expr in exprs for absent in ABSENT]


def by_column(name: str) -> str:
    """A symbol as a reference within the table."""
    return f"Models[[#This Row],[{name}]]"
