"""A metric is a plain function of a model, written once and recorded as a formula.

>>> from moe_report import Model, metric
>>> @metric(symbol="s", unit="ratio", source="Shazeer et al. 2017, arXiv:1701.06538, section 2")
... def expert_savings(m: Model) -> float:
...     '''Share of a dense layer's expert FLOPs that top-k routing skips.'''
...     return 1 - m.num_experts_per_tok / m.num_experts
>>> expert_savings.of(num_experts=8, num_experts_per_tok=2)
0.75
>>> expert_savings.expr
sub(1, div(num_experts_per_tok, num_experts))
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, ParamSpec, TypeVar, get_args

import numpy as np

from moe_report.errors import PluginError, nearest
from moe_report.formula.expr import Expr
from moe_report.formula.operations import evaluate
from moe_report.schema.assumptions import Assumption, wrongly_said
from moe_report.schema.declared_names import refuse_second, refuse_taken
from moe_report.schema.fields import FIELDS, NUMBER_FIELDS, Field
from moe_report.schema.formats import Format, format_of
from moe_report.schema.layers import LayerMetric
from moe_report.schema.model import FIELDS_OF_SECTIONS, Called, Model
from moe_report.schema.parts import Part
from moe_report.schema.recorded import Computed
from moe_report.schema.section_fields import SectionField, with_needs

Better = Literal["higher", "lower"]
P = ParamSpec("P")
T = TypeVar("T")

_LAST = 1000  # place in the summary of a metric that names none
_DEFINED: set[str] = set()  # names of the metrics that any module has defined so far


@dataclass(frozen=True, eq=False)
class Metric(Computed):
    """A number computed of each model, from one definition.

    Calling a metric inside another metric's function gives its symbol: the formula of the one
    refers to the other's cell.

    Attributes:
        name: The function's name; the header of its column.
        label: Its name in words.
        symbol: As a formula writes it: a letter, and a subscript after ``_``.
        unit: What is counted, e.g. ``parameters``, ``FLOP/token``, ``ratio``.
        source: Where the definition comes from: a paper and its section, or a convention.
        doc: The function's docstring; its first sentence is the metric's description.
        format: How the number is shown: ``si`` (46.7 B), ``percent``, ``factor`` (3.7×),
            ``integer`` or ``decimal``.
        better: Which way is better, if one is.
        headline: Its place among those that the summary shows; 0 if that does not show it.
        aliases: Other headers under which a typed value is accepted.
        module: The module that defines it.
        function: The function as written.
        headers: Phrases of headers that mean it or may mean it, as ``schema/headers/phrases.py``
            writes them.
        minimum: What it cannot be below; None if that is not said.
        maximum: What it cannot be above; None if that is not said.
        claim: The field that states what somebody published of it; empty if none does.
        variant: How it is counted otherwise than the first metric with this claim.
        counts: What of a model it counts, if that is a part that an importer may find.
    """

    name: str
    label: str
    symbol: str
    unit: str
    source: str
    doc: str
    format: Format
    better: Better | None
    headline: int
    aliases: tuple[str, ...]
    module: str
    function: Callable[..., float]
    headers: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    claim: str = ""
    variant: str = ""
    counts: Part | None = None

    def __repr__(self) -> str:
        return f"the metric {self.name} (in a formula write {self.name}(m))"

    @cached_property
    def _recorded(self) -> tuple[Expr, Mapping[str, Called]]:
        model = Model()
        return self.record(model), model._calls

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """The assumptions that the function takes, and those of what it reduces of layers."""
        of_layers = (item for one in self.layers.values() for item in one.own_assumptions)
        found = {item.name: item for item in (*self.own_assumptions, *of_layers)}
        return tuple(found.values())

    @property
    def assumption_names(self) -> frozenset[str]:
        """Names of the assumptions that it takes."""
        return frozenset(item.name for item in self.assumptions)

    @property
    def expr(self) -> Expr:
        """The formula, recorded by calling the function once with symbols."""
        return self._recorded[0]

    @cached_property
    def calls(self) -> Mapping[str, Metric]:
        """The metrics that the formula refers to, by name."""
        called = self._recorded[1].items()
        return {name: one for name, one in called if isinstance(one, Metric)}

    @cached_property
    def layers(self) -> Mapping[str, LayerMetric]:
        """The metrics of layers that the formula reduces, by name."""
        called = self._recorded[1].items()
        return {name: one for name, one in called if isinstance(one, LayerMetric)}

    @cached_property
    def fields(self) -> Mapping[str, SectionField]:
        """The fields of sections that the formula refers to, and those their defaults refer to."""
        called = self._recorded[1].values()
        return with_needs(one for one in called if isinstance(one, SectionField))

    def of(self, tokens: Sequence[Sequence[float]] | None = None, /, **values: float) -> float:
        """Return the metric of one model given by its fields; NaN if what it needs is missing.

        Args:
            tokens: Those of experts: a list a layer, of a number an expert.
            **values: Fields, assumptions and metrics (a typed value wins) by name; those that the
                metric does not need do not matter.

        Raises:
            TypeError: There is no field, metric or assumption of a name; the nearest is named.
        """
        reached = [self]
        for metric in reached:  # grows while it is walked
            reached += [called for called in metric.calls.values() if called not in reached]
        assumed = (item.name for metric in reached for item in metric.assumptions)
        known = {*NUMBER_FIELDS, *FIELDS_OF_SECTIONS, *_DEFINED, *assumed}
        for name in values:
            if name not in known:
                raise TypeError(
                    f"{self.name}.of() knows no field, metric or assumption {name!r}."
                    f"{nearest(name, known)}"
                )
        return float(_value(self, {name: float(value) for name, value in values.items()}, tokens))


def _value(
    metric: Metric, known: dict[str, float], tokens: Sequence[Sequence[float]] | None
) -> float:
    if metric.name in known:
        return known[metric.name]
    defaults = {item.name: item.default for item in metric.assumptions}
    columns: dict[str, Any] = {}
    fields = {**FIELDS, **metric.fields}
    for name, one in metric.layers.items():
        columns[name] = one.of(tokens, {**defaults, **known})
    for name in metric.expr.symbols():
        if name in metric.calls:
            columns[name] = known.setdefault(name, _value(metric.calls[name], known, tokens))
        elif name in fields:
            columns[name] = field_value(name, known, fields)
        else:
            columns[name] = known.get(name, defaults[name])
    return float(evaluate(metric.expr, columns))


def field_value(
    name: str, known: Mapping[str, float], fields: Mapping[str, Field] = FIELDS
) -> float:
    """Return a field of one model: as given, else its default, else NaN."""
    if name in known:
        return known[name]
    default = fields[name].default_expr
    if default is None:
        return float(np.nan)
    needed = {item: field_value(item, known, fields) for item in default.symbols()}
    return float(evaluate(default, needed))


def _with_brackets(maker: Callable[P, T]) -> Callable[P, T]:
    """Say how a decorator is written to whoever gives it other arguments than it takes."""

    @functools.wraps(maker)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            inspect.signature(maker).bind(*args, **kwargs)
        except TypeError as error:
            raise PluginError(
                f"@metric: {error}; write @metric(symbol=..., unit=..., source=...)"
            ) from error
        return maker(*args, **kwargs)

    return checked


@_with_brackets
def metric(
    *,
    symbol: str,
    unit: str,
    source: str,
    label: str | None = None,
    format: Format | None = None,
    better: Better | None = None,
    headline: bool | int = False,
    aliases: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    claim: str = "",
    variant: str = "",
    counts: str | None = None,
) -> Callable[[Callable[..., float]], Metric]:
    """Make a metric of a function of a model.

    The function takes a :class:`Model`, then any number of assumption dataclasses, and returns
    arithmetic of their attributes. Its name is the metric's name, its docstring the description.

    Args:
        symbol: As formulas write it: a letter, and a subscript after ``_``.
        unit: What is counted, e.g. ``parameters``, ``FLOP/token``, ``byte/token``, ``ratio``.
        source: Where the definition comes from.
        label: Name in words; made from the function's name by default.
        format: ``si``, ``percent``, ``factor``, ``integer`` or ``decimal``; else what fits
            the unit.
        better: ``higher`` or ``lower``, if one is better.
        headline: Whether the summary shows it, or its place there: 1 comes first, True last.
        aliases: Other headers under which a workbook may type its value.
        headers: Phrases of the vocabulary that headers word it by: ``[a|b]`` may be missing, ``?``
            in front marks one that only may stand for it.
        minimum: A typed number below it is impossible.
        maximum: A typed number above it is impossible.
        claim: The field with what somebody published of it: the audit compares the two.
        variant: Of a further metric with this claim: how it counts, e.g. ``without embeddings``.
        counts: The part of a model that it counts, in the words of
            :class:`moe_report.schema.parts.Part`: what an importer finds of it stands in place of
            the formula.

    Raises:
        PluginError: The function has no docstring, its name is that of something else, or one of
            the arguments is missing, empty or none of those accepted.
    """

    def decorate(function: Callable[..., float]) -> Metric:
        name = function.__name__
        doc = inspect.getdoc(function) or ""
        where = f"metric {name!r} of {function.__module__}"
        if not doc:
            raise PluginError(f"{where} has no docstring; its first sentence is its description")
        needed = {"symbol": symbol, "unit": unit, "source": source}
        said: dict[str, object] = {
            "label": label, "headline": headline, "aliases": aliases, "headers": headers,
            "lowest": minimum, "highest": maximum, "claim": claim, "variant": variant,
            "docstring": doc,
        }  # fmt: skip
        if wrong := wrongly_said(needed, said):
            raise PluginError(f"{where} has {wrong}")
        if minimum is not None and maximum is not None and minimum > maximum:
            ends = "expected a smaller and a larger number"
            raise PluginError(f"{where} is from {minimum:g} to {maximum:g}, {ends}")
        accepted: tuple[tuple[str, str | None, Sequence[str]], ...] = (
            ("format", format, get_args(Format)),
            ("better", better, get_args(Better)),
            ("counts", counts, [part.value for part in Part]),
        )
        for what, word, words in accepted:
            if word is not None and word not in words:
                raise PluginError(
                    f"{where} has the {what} {word!r}, expected one of {', '.join(words)}."
                    f"{nearest(str(word), words)}"
                )
        if claim and claim not in NUMBER_FIELDS:
            hint = nearest(claim, NUMBER_FIELDS)
            raise PluginError(f"{where} has the claim {claim!r}, which is no field.{hint}")
        refuse_taken(name, where)
        refuse_second(function, where)
        _DEFINED.add(name)
        return Metric(
            name=name,
            label=label or name.replace("_", " ").capitalize(),
            symbol=symbol,
            unit=unit,
            source=source,
            doc=doc,
            format=format or format_of(unit),
            better=better,
            headline=_LAST if headline is True else int(headline),
            aliases=aliases,
            headers=headers,
            counts=None if counts is None else Part(counts),
            module=function.__module__,
            function=function,
            minimum=minimum,
            maximum=maximum,
            claim=claim,
            variant=variant,
        )

    return decorate
