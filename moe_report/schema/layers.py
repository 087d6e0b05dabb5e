"""A metric of one layer: of the tokens that each of its experts got, which a metric then reduces.

>>> from moe_report import Model, metric
>>> from moe_report.formula.reductions import largest, mean
>>> @layer_metric(symbol="u", unit="factor", source="a convention")
... def unevenness(layer: Layer) -> float:
...     '''The most tokens of an expert over the mean.'''
...     return largest(layer.tokens) / mean(layer.tokens)
>>> @metric(symbol="u_max", unit="factor", source="a convention")
... def worst_unevenness(m: Model) -> float:
...     '''That of the most uneven layer.'''
...     return largest(unevenness(m))
>>> worst_unevenness.of([[10, 10], [5, 15]])
1.5
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from moe_report.errors import PluginError, nearest
from moe_report.formula.expr import Expr
from moe_report.formula.operations import evaluate
from moe_report.formula.reductions import Series
from moe_report.schema.assumptions import wrongly_said
from moe_report.schema.declared_names import refuse_second, refuse_taken
from moe_report.schema.formats import Format, format_of
from moe_report.schema.model import Model
from moe_report.schema.recorded import Computed

TOKENS = "tokens"
TOKENS_LABEL, TOKENS_SYMBOL = "Tokens of an expert", "t_e"
COUNTS = "counts of tokens"  # what is needed where there are none


class Layer:
    """What the function of a metric of layers is given.

    Attributes:
        tokens: How many tokens each expert of the layer got, in the order of their numbers.
    """

    tokens = Series(TOKENS, of_layers=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"a layer has tokens, and no {name!r}; a metric reduces and adds more")


@dataclass(frozen=True, eq=False)
class LayerMetric(Computed):
    """A number computed of each layer with experts.

    Calling it inside a metric's function gives the numbers of the model's layers, to be reduced.

    Attributes:
        name: The function's name.
        label: Its name in words.
        symbol: As a formula writes it.
        unit: What is counted.
        source: Where the definition comes from.
        doc: The function's docstring.
        format: How the number is shown.
        module: The module that defines it.
        function: The function as written.
        aliases: None.
    """

    name: str
    label: str
    symbol: str
    unit: str
    source: str
    doc: str
    format: Format
    module: str
    function: Callable[..., float]
    aliases: tuple[str, ...] = ()

    def __call__(self, m: Model, *assumptions: object) -> Series:  # type: ignore[override]
        """Return the numbers of the model's layers."""
        super().__call__(m, *assumptions)
        return Series(self.name, of_layers=True)

    def __repr__(self) -> str:
        return f"the metric of layers {self.name} (in a formula write mean({self.name}(m)))"

    @cached_property
    def expr(self) -> Expr:
        """The formula, recorded by calling the function once with symbols."""
        return self.record(Layer())

    def of(self, tokens: Any, assumed: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the number of each layer.

        Args:
            tokens: A row a layer, a column an expert, NaN where there is none; None if nobody
                counted them.
            assumed: A value for each assumption, a number or one a layer.
        """
        if tokens is None:
            return np.full(1, np.nan)
        columns = {name: assumed[name] for name in self.expr.symbols()}
        rows = np.asarray(tokens, np.float64)
        return np.broadcast_to(evaluate(self.expr, {TOKENS: rows, **columns}), len(rows))


def layer_metric(
    *, symbol: str, unit: str, source: str, label: str | None = None, format: Format | None = None
) -> Callable[[Callable[..., float]], LayerMetric]:
    """Make a metric of layers of a function of a layer.

    The function takes a :class:`Layer`, then any number of assumption dataclasses, and returns
    arithmetic of reductions of its tokens. Its name is the metric's, its docstring the description.

    Args:
        symbol: As formulas write it: a letter, and a subscript after ``_``.
        unit: What is counted.
        source: Where the definition comes from.
        label: Name in words; made from the function's name by default.
        format: As of :func:`~moe_report.metric`.

    Raises:
        PluginError: The function has no docstring, its name is that of something else, or one of
            the arguments is missing, empty or none of those accepted.
    """

    def decorate(function: Callable[..., float]) -> LayerMetric:
        doc = inspect.getdoc(function) or ""
        where = f"metric of layers {function.__name__!r} of {function.__module__}"
        if not doc:
            raise PluginError(f"{where} has no docstring; its first sentence is its description")
        needed = {"symbol": symbol, "unit": unit, "source": source}
        if wrong := wrongly_said(needed, {"label": label, "docstring": doc}):
            raise PluginError(f"{where} has {wrong}")
        if format is not None and format not in get_args(Format):
            hint = nearest(str(format), get_args(Format))
            raise PluginError(f"{where} has the format {format!r}.{hint}")
        refuse_taken(function.__name__, where)
        refuse_second(function, where)
        return LayerMetric(
            name=function.__name__,
            label=label or function.__name__.replace("_", " ").capitalize(),
            symbol=symbol,
            unit=unit,
            source=source,
            doc=doc,
            format=format or format_of(unit),
            module=function.__module__,
            function=function,
        )

    return cast(Callable[[Callable[..., float]], LayerMetric], decorate)
