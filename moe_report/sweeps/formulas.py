"""All that can be computed of a design: which formulas it takes, in which order, and of what.

What follows from the base alone is worked out once; what is varied, and what rests on it, is left
as formulas.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from moe_report.formula.expr import Expr
from moe_report.formula.operations import evaluate
from moe_report.schema.fields import numbers_of
from moe_report.schema.registry import Registry


class CircleError(ValueError):
    """Formulas refer to each other in a circle.

    Attributes:
        names: What they are of, the first one again at the end.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"formulas refer to each other in a circle: {' -> '.join(names)}")
        self.names = names


@dataclass(frozen=True, eq=False)
class Formulas:
    """What designs have, by name.

    Attributes:
        registry: Fields and metrics.
        known: Numbers of the base, and assumptions.
        varied: What is varied.
        tied: The formulas of what of it follows from others.
    """

    registry: Registry
    known: Mapping[str, float]
    varied: Collection[str]
    tied: Mapping[str, Expr] = field(default_factory=dict)

    def with_tied(self, tied: Mapping[str, Expr]) -> Formulas:
        """Return the same with what follows from others.

        Raises:
            CircleError: Formulas refer to each other in a circle.
        """
        found = Formulas(self.registry, self.known, self.varied, tied)
        found.needed(tied)
        return found

    @cached_property
    def exprs(self) -> Mapping[str, Expr | None]:
        """The formula of each field and metric where nothing is typed."""
        fields = self.registry.fields
        found: dict[str, Expr | None] = {
            name: fields[name].default_expr for name in numbers_of(fields)
        }
        return found | {name: metric.expr for name, metric in self.registry.metrics.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything that a formula may name."""
        return frozenset({*self.exprs, *self.registry.assumptions})

    def is_varied(self, name: str) -> bool:
        """Whether designs differ in it."""
        return bool(self._varied_below(name, self.varied, by_formula=False))

    def varied_below(self, name: str) -> list[str]:
        """Return what of what is varied a formula rests on, also where a number is typed."""
        return list(self._varied_below(name, self.varied, by_formula=True))

    def _varied_below(
        self, name: str, varied: Collection[str], *, by_formula: bool
    ) -> Mapping[str, None]:
        if name in varied:
            return {name: None}
        if name in self.known and not by_formula:
            return {}
        if (found := self._below.get(name)) is None:
            found = self._below[name] = {
                below: None
                for one in _symbols(self.exprs.get(name))
                for below in self._varied_below(one, varied, by_formula=False)
            }
        return found

    @cached_property
    def _below(self) -> dict[str, Mapping[str, None]]:
        return {}

    def needed(self, names: Iterable[str]) -> dict[str, Expr]:
        """Return the formulas of what is varied that some names take, in order.

        Raises:
            CircleError: Formulas refer to each other in a circle.
        """
        found: dict[str, Expr] = {}

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise CircleError((*path[path.index(name) :], name))
            if name in found or not self.is_varied(name):
                return
            expr = self.tied.get(name) if name in self.varied else self.exprs.get(name)
            if expr is not None:
                for one in expr.symbols():
                    visit(one, (*path, name))
                found[name] = expr

        for name in names:
            visit(name, ())
        return found

    def of_base(self, name: str) -> float:
        """Return what the base has of something that is not varied, or would have of one that is.

        It is NaN where that is missing.
        """
        if name in self.known:
            return self.known[name]
        if name not in self._values:
            expr = self.exprs.get(name)
            self._values[name] = np.nan
            if expr is not None and not expr.series():
                columns = {one: self.of_base(one) for one in expr.symbols()}
                self._values[name] = float(evaluate(expr, columns))
        return self._values[name]

    @cached_property
    def _values(self) -> dict[str, float]:
        return {}

    def constants_of(self, names: Iterable[str], exprs: Iterable[Expr]) -> dict[str, float]:
        """Return what of some names, and of what formulas take, is the same for all designs."""
        taken = {name for expr in exprs for name in _symbols(expr)}
        needed = {name for name in {*names, *taken} if not self.is_varied(name)}
        return {name: self.of_base(name) for name in sorted(needed)}


def _symbols(expr: Expr | None) -> list[str]:
    return [] if expr is None else [*expr.symbols(), *expr.series()]
