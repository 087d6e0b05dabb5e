"""Operations that make a number of many: of the tokens of a layer's experts, or of all layers.

Their first operand is a series, an expression with the op ``series`` and a name; the column of a
series has a further axis, along which NaN stands where a row has fewer numbers than others. A
series is no number: nothing but a reduction takes it. The table :data:`REDUCTIONS` has the meaning
of each in numpy and in Excel; ``REDUCING`` of :mod:`moe_report.formula.javascript` has it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.expr import Expr, lift, refuse_tests

Column = NDArray[np.float64]


class Series:
    """Many numbers: a metric's function reduces them to one before it computes with it."""

    def __init__(self, name: str, *, of_layers: bool) -> None:
        self.name = name
        self.of_layers = of_layers

    def __repr__(self) -> str:
        return f"{self.name} of {'layers' if self.of_layers else 'experts'}"

    def _no_number(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"{self.name} are many numbers: reduce them first, as mean() does")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_number
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_number
    __pow__ = __rpow__ = __neg__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = _no_number
    __float__ = __int__ = __index__ = __bool__ = __iter__ = __len__ = __array__ = _no_number
    __getitem__ = __contains__ = _no_number


@dataclass(frozen=True)
class Reduction:
    """What an operation on a series means.

    Attributes:
        value: Of a column with the numbers along its last axis, and of further operands.
        excel: Of ``{r}``, a range in the row, ``{h}``, the numbers of experts above it, and
            ``{x}``, a further operand.
        of_layers: The same in Excel of the layers of a model: of ``{values}``, a column with a
            number a layer, ``{names}``, one with their models, and ``{name}``, the model; empty if
            there is no such.
    """

    value: Callable[..., Column]
    excel: str
    of_layers: str = ""


def _count(x: Column) -> Column:
    there = np.asarray((~np.isnan(x)).sum(axis=-1), np.float64)
    return np.where(there > 0, there, np.nan)


def _total(x: Column) -> Column:
    return np.asarray(np.nansum(x, axis=-1) + 0 * _count(x))


def _mean(x: Column) -> Column:
    return _total(x) / _count(x)


def _deviation(x: Column) -> Column:
    return np.sqrt(_mean((x - _mean(x)[..., None]) ** 2))


def _entropy(x: Column) -> Column:
    total = _total(x)
    return np.log(total) - _total(x * np.log(np.where(x == 0, 1, x))) / total


def _median(x: Column) -> Column:
    ordered, there = np.sort(x, axis=-1), (~np.isnan(x)).sum(axis=-1)  # NaN comes last
    ends = np.stack([np.maximum(there - 1, 0) // 2, there // 2], axis=-1)
    ends = np.minimum(ends, x.shape[-1] - 1)
    return np.asarray(np.take_along_axis(ordered, ends, axis=-1).mean(axis=-1))


def _above(x: Column, limit: Column) -> Column:
    return _total(np.maximum(x - np.asarray(limit)[..., None], 0))


def _block(x: Column, blocks: Column) -> Column:
    size = np.ceil(_count(x) / blocks)[..., None]
    place = np.floor(np.arange(x.shape[-1]) / size)
    sums = [_total(np.where(place == at, x, np.nan)) for at in range(x.shape[-1])]
    return np.asarray(np.fmax.reduce(sums))


# An empty cell is an expert without tokens: so reads who reads the sheet.
_N = "COLUMNS({r})"
_MEAN = f"(SUM({{r}})/{_N})"
_AT = "SUMPRODUCT(LARGE({r}+0,%s))"
# Each expert is in turn taken for the number of a device; devices that there are not are empty.
_BLOCKS = 'SUMPRODUCT(MAX(SUMIF({h},"<"&({h}+1)*%s,{r})-SUMIF({h},"<"&{h}*%s,{r})))'
_SIZE = f"ROUNDUP({_N}/({{x}}),0)"
# The rows of a model: all of them together, and each with its cell filled; else nothing is known.
_FIRST, _ROWS = "MATCH({name},{names},0)", "SUMPRODUCT(--EXACT({names},{name}))"
_BLOCK = f"INDEX({{%s}},{_FIRST}):INDEX({{%s}},{_FIRST}+{_ROWS}-1)"
_OF_NAMES, _OF_VALUES = _BLOCK % ("names", "names"), _BLOCK % ("values", "values")
_WHOLE = f"SUMPRODUCT(--EXACT({_OF_NAMES},{{name}}))+COUNTA({_OF_VALUES})=2*{_ROWS}"


def _of_rows(function: str) -> str:
    return f"IF({_WHOLE},{function}({_OF_VALUES}),NA())"


REDUCTIONS: Mapping[str, Reduction] = {
    "total": Reduction(_total, "SUM({r})", _of_rows("SUM")),
    "mean": Reduction(_mean, _MEAN, _of_rows("AVERAGE")),
    "largest": Reduction(lambda x: np.fmax.reduce(x, axis=-1), "MAX({r},0)", _of_rows("MAX")),
    "median": Reduction(
        _median, f"({_AT % f'INT(({_N}+1)/2)'}+{_AT % f'INT({_N}/2)+1'})/2", _of_rows("MEDIAN")
    ),
    "count": Reduction(_count, _N, _of_rows("COUNT")),
    "deviation": Reduction(_deviation, f"SQRT(SUMPRODUCT(({{r}}-{_MEAN})^2)/{_N})"),
    "sum_of_squares": Reduction(lambda x: _total(x * x), "SUMSQ({r})"),
    "entropy": Reduction(_entropy, "(LN(SUM({r}))-SUMPRODUCT({r},LN({r}+({r}=0)))/SUM({r}))"),
    "zeros": Reduction(
        lambda x: _total(np.where(np.isnan(x), np.nan, x == 0)), f'({_N}-COUNTIF({{r}},">0"))'
    ),
    "total_above": Reduction(_above, "SUMPRODUCT(({r}>{x})*({r}-({x})))"),
    "largest_block": Reduction(_block, _BLOCKS % (_SIZE, _SIZE)),
}


def total(of: Series) -> float:
    """Return the sum."""
    return _reduced("total", of)


def mean(of: Series) -> float:
    """Return the arithmetic mean."""
    return _reduced("mean", of)


def largest(of: Series) -> float:
    """Return the largest of the numbers."""
    return _reduced("largest", of)


def median(of: Series) -> float:
    """Return the number in the middle, or the mean of the two there."""
    return _reduced("median", of)


def count(of: Series) -> float:
    """Return how many numbers there are: experts of a layer, or layers."""
    return _reduced("count", of)


def deviation(of: Series) -> float:
    """Return the standard deviation of all (not of a sample)."""
    return _reduced("deviation", of)


def sum_of_squares(of: Series) -> float:
    """Return the sum of the squares."""
    return _reduced("sum_of_squares", of)


def entropy(of: Series) -> float:
    """Return the entropy, in nats, of the shares that the numbers have of their sum."""
    return _reduced("entropy", of)


def zeros(of: Series) -> float:
    """Return how many of the numbers are 0."""
    return _reduced("zeros", of)


def total_above(of: Series, limit: float) -> float:
    """Return by how much numbers exceed a limit, all of them together."""
    return _reduced("total_above", of, limit)


def largest_block(of: Series, blocks: float) -> float:
    """Return the largest sum of a block, of so many in order and of one size but for the last."""
    return _reduced("largest_block", of, blocks)


def _reduced(op: str, of: Series, *others: float) -> float:
    """The expression of a reduction."""
    if not isinstance(of, Series):
        raise TypeError(f"{op}() takes tokens of experts or numbers of layers, not {of!r}")
    if of.of_layers and not REDUCTIONS[op].of_layers:
        raise TypeError(f"{op}() takes tokens of experts, not the layers' {of.name}")
    operands = tuple(map(lift, others))
    refuse_tests(op, *operands)
    return cast(float, Expr(op, (Expr("series", name=of.name), *operands)))


def excel_of(op: str, series: Any, operands: list[str]) -> str:
    """Return the Excel formula of a reduction.

    Args:
        op: The operation.
        series: The range of a row and that of the numbers above it, or, as a mapping, the places
            of layers (``values``, ``names`` and ``name``); None if there are none.
        operands: The formulas of further operands.
    """
    if series is None:
        return "NA()"
    one = REDUCTIONS[op]
    if isinstance(series, Mapping):
        return one.of_layers.format(**series)
    row, heads = series
    return one.excel.format(r=row, h=heads, x="".join(operands))
