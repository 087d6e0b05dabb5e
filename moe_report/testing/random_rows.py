"""Random models within the bounds of the fields, and every number that is computed of them.

What a check asks of a row is rare among numbers drawn from a wide range. So they are drawn in
several ways: evenly over decades, at their bounds, equal to another, and beside the numbers that
stand in the section's own formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate
from moe_report.schema.assumptions import Assumption
from moe_report.schema.bounds import LARGEST
from moe_report.schema.checks import IT, Rule
from moe_report.schema.fields import AT_MOST, Field
from moe_report.schema.layers import TOKENS
from moe_report.schema.registry import Registry
from moe_report.schema.sections import Section

_LARGE, _HUGE = 2.0**17, 1e12  # where a field has no bound of its own; the latter of amounts
_LAYERS, _EXPERTS = 5, 8  # of which tokens are drawn, at most
_EMPTY, _DEFAULT, _TYPED = 0.15, 0.4, 0.1  # shares of what is missing, left to its default, typed


@dataclass(frozen=True)
class RandomRows:
    """Random models.

    Attributes:
        count: How many.
        values: Every number by name: of fields, assumptions and metrics; NaN where it is missing.
        typed: The numbers that are typed in, likewise.
        computed: What formulas give, also where another number is typed.
        series: Of each series a table with a row a model, in which NaN fills up.
    """

    count: int
    values: Mapping[str, Values]
    typed: Mapping[str, Values]
    computed: Mapping[str, Values]
    series: Mapping[str, Values]

    def columns(self, expr: Expr) -> dict[str, Values]:
        """Return the values of what a formula refers to."""
        return {
            **{name: self.values[name] for name in expr.symbols()},
            **{name: self.series[name] for name in expr.series()},
        }

    def holds(self, rule: Rule) -> NDArray[np.bool_]:
        """Return where the test of a check holds, as :mod:`moe_report.schema.checks` says."""
        return np.array(self.of_rule(rule, rule.when) == 1)

    def of_rule(self, rule: Rule, expr: Expr) -> Values:
        """Return the values of an expression of a check."""
        (about,) = rule.columns
        columns = {}
        for symbol in expr.symbols():
            what, _, name = symbol.partition(" ")
            columns[symbol] = self._stands_for(what, about if name == IT else name)
        return np.broadcast_to(evaluate(expr, columns), self.count)

    def _stands_for(self, what: str, name: str) -> Values:
        value, typed = self.values[name], self.typed[name]
        if what == "typed":
            return typed
        if what == "half_unit":
            return np.where(np.isnan(typed), 0, 0.0005 * np.abs(typed))
        if what == "formula":
            return self.computed[name]
        return np.where(np.isnan(typed), value, np.nan) if what == "derived" else value


def random_rows(registry: Registry, section: Section, count: int, seed: int) -> RandomRows:
    """Return random models; half of them lack some numbers, the others none that they can have.

    Args:
        registry: Everything that the section's metrics need.
        section: Whose numbers are of interest.
        count: How many.
        seed: The same one gives the same rows.
    """
    return _Drawer(registry, section, count, seed).rows()


class _Drawer:
    def __init__(self, registry: Registry, section: Section, count: int, seed: int) -> None:
        self.registry = registry
        self.fields = {name: one for name, one in registry.fields.items() if one.kind != "text"}
        self.count = count
        self.random = np.random.default_rng(seed)
        self.landmarks = np.array(sorted(_landmarks(section)))
        self.lacking = self.random.random(count) < 0.5  # rows that lack some numbers
        self.typed: dict[str, Values] = {}
        self.values: dict[str, Values] = {}
        self.computed: dict[str, Values] = {}
        self.series: dict[str, Values] = {}

    def rows(self) -> RandomRows:
        for name in self.fields:
            self.typed[name] = self._field(self.fields[name])
        for smaller, larger in AT_MOST.items():
            self.typed[smaller] = np.where(
                self.typed[smaller] > self.typed[larger], self.typed[larger], self.typed[smaller]
            )
        for name in self.fields:
            self._settle_field(name)
        for item in self.registry.assumptions.values():
            self.values[item.name] = self._assumption(item)
        self._layers()
        for metric in self.registry.evaluation_order():
            columns = {name: self.values[name] for name in metric.expr.symbols()}
            columns |= {name: self.series[name] for name in metric.expr.series()}
            found = np.array(np.broadcast_to(evaluate(metric.expr, columns), self.count))
            near = found * self._among((0.5, 0.9, 1.0, 1.001, 2.0))
            typed = np.where(self._some(0.5), near, self._between(1e-3, _HUGE))
            self._settle(metric.name, np.where(self._some(_TYPED), typed, np.nan), found)
        return RandomRows(self.count, self.values, self.typed, self.computed, self.series)

    def _layers(self) -> None:
        """Draw tokens of experts, some of them none, and compute what metrics of layers are."""
        tokens = np.rint(self.random.gamma(0.7, 400, (self.count, _LAYERS, _EXPERTS)))
        experts = self.random.integers(1, _EXPERTS + 1, (self.count, 1, 1))
        tokens = np.where(np.arange(_EXPERTS) < experts, tokens, np.nan)
        layers = self.random.integers(1, _LAYERS + 1, (self.count, 1, 1))
        tokens = np.where(np.arange(_LAYERS)[:, None] < layers, tokens, np.nan)
        tokens[self.lacking & self._some(_EMPTY)] = np.nan
        self.series[TOKENS] = tokens[:, 0]
        for one in self.registry.layers.values():
            assumed = {name: np.repeat(self.values[name], _LAYERS) for name in one.expr.symbols()}
            found = one.of(tokens.reshape(-1, _EXPERTS), assumed)
            self.series[one.name] = found.reshape(self.count, _LAYERS)

    def _settle_field(self, name: str) -> None:
        """Let a field have its typed values, else its defaults, after those that these need."""
        if name in self.values:
            return
        default, found = self.fields[name].default_expr, np.full(self.count, np.nan)
        if default is not None:
            for needed in default.symbols():
                self._settle_field(needed)
            columns = {needed: self.values[needed] for needed in default.symbols()}
            found = np.array(np.broadcast_to(evaluate(default, columns), self.count))
        self._settle(name, self.typed[name], found)

    def _settle(self, name: str, typed: Values, computed: Values) -> None:
        self.typed[name], self.computed[name] = typed, computed
        self.values[name] = np.where(np.isnan(typed), computed, typed)

    # -- numbers

    def _field(self, field: Field) -> Values:
        top = _HUGE if field.unit in ("parameters", "byte") else _LARGE
        highest = field.maximum if field.maximum < LARGEST else max(top, field.minimum)
        found = self._within(field.minimum, highest, whole=field.whole)
        empty = self.lacking & self._some(_EMPTY)
        if field.default is not None:
            empty |= self._some(_DEFAULT)
        return np.where(empty, np.nan, found)

    def _assumption(self, item: Assumption) -> Values:
        lowest, highest = item.minimum, item.maximum
        if highest >= LARGEST:
            highest = max(100 * item.default, 1.0, 100 * lowest)
        found = self._within(lowest, highest, whole=item.whole)
        return np.where(self._some(0.3), item.default, found)

    def _within(self, lowest: float, highest: float, *, whole: bool) -> Values:
        """Draw numbers within bounds: over decades, or at a bound, a landmark, another number."""
        found = self._between(lowest, highest)
        found = np.where(self._some(0.1), self._among((lowest, highest, 1.0, 2.0)), found)
        if len(self.landmarks):
            found = np.where(self._some(0.1), self._among(self.landmarks), found)
        if self.typed:
            other = list(self.typed.values())[self.random.integers(len(self.typed))]
            found = np.where(self._some(0.1), other, found)
        found = np.round(found) if whole else np.array([float(f"{one:.4g}") for one in found])
        fitting = (lowest <= found) & (found <= highest)
        return np.where(fitting, found, lowest)

    def _between(self, lowest: float, highest: float) -> Values:
        if highest <= 0:
            return self.random.uniform(lowest, highest, self.count)
        start = max(lowest, min(1.0, highest) * 1e-3)
        return np.exp(self.random.uniform(np.log(start), np.log(highest), self.count))

    def _among(self, pool: Iterable[float]) -> Values:
        return self.random.choice(np.array(list(pool), dtype=np.float64), self.count)

    def _some(self, share: float) -> NDArray[np.bool_]:
        return self.random.random(self.count) < share


def _landmarks(section: Section) -> Iterator[float]:
    """The numbers in a section's formulas and checks, and those beside them."""
    formulas = [metric.expr for metric in section.metrics]
    formulas += [check.rule.when for check in section.checks]
    for expr in formulas:
        for node in expr.walk():
            if node.op == "const":
                yield from (node.value - 1, node.value, node.value + 1)
                yield from (node.value * 0.9, node.value * 1.1)
