"""Sections times table: the value of every metric for every model, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from moe_report.cells import Cell, Cells, Provenance
from moe_report.compute.lacking import NOTHING, Codes, NameSets, Rows, missing_names
from moe_report.compute.layers import layer_columns, layers_of
from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate
from moe_report.reports import Column, LayerColumn
from moe_report.routing.counts import Counts
from moe_report.schema.fields import Field, numbers_of
from moe_report.schema.layers import COUNTS, LayerMetric
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry
from moe_report.table import Given, ModelTable
from moe_report.text import listed

# Why a number is missing; the page's calculator says the same.
BLANK = "not filled in"
UNDEFINED = "undefined here: a division by zero, or a value outside a function's domain"
NEEDS = "needs"


@dataclass(frozen=True)
class Evaluation:
    """The numbers of a table: a column for each field that holds numbers, and for each metric.

    Attributes:
        fields: The fields.
        metrics: The metrics by name.
        routing: Tokens of experts by model, of the layers as the model numbers them.
        layers: What is computed of these layers.
    """

    fields: tuple[Column, ...]
    metrics: Mapping[str, Column]
    routing: Mapping[str, Counts] = field(default_factory=dict)
    layers: tuple[LayerColumn, ...] = ()


def evaluate_table(
    table: ModelTable,
    registry: Registry,
    assumptions: Mapping[str, float],
    wanted: Collection[str] | None = None,
) -> Evaluation:
    """Compute every metric of every row, for a value of each assumption of the registry.

    If some are wanted, it is those alone, and what they rest on.

    Raises:
        InputError: Counts of tokens do not match their model.
    """
    engine = _Engine(table, registry, assumptions)
    known = registry.fields
    fields = {name: engine.field(known[name]) for name in _in_order(known)}
    engine.reduce_layers(registry.layers)
    computed = {metric.name: engine.metric(metric) for metric in registry.evaluation_order(wanted)}
    return Evaluation(
        tuple(fields[name] for name in numbers_of(known)),
        {name: computed[name] for name in registry.metrics if name in computed},
        engine.routing,
        engine.layers,
    )


def _in_order(fields: Mapping[str, Field]) -> list[str]:
    """Return the fields that hold numbers so that each comes after those its default is made of."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        default = fields[name].default_expr
        for needed in () if default is None else default.symbols():
            visit(needed)
        ordered[name] = None

    for name in numbers_of(fields):
        visit(name)
    return list(ordered)


def _format(field: Field) -> str:
    if field.unit == "parameters":
        return "si"
    return "integer" if field.whole else "decimal"


class _Engine:
    def __init__(
        self, table: ModelTable, registry: Registry, assumptions: Mapping[str, float]
    ) -> None:
        self.table = table
        self.group = {
            one.name: section.title for section in registry.sections for one in section.metrics
        }
        self.fields = registry.fields
        self.assumed = assumptions
        self.values: dict[str, Values] = {}
        self.sets = NameSets()
        self.lacks: dict[str, Codes] = {}  # of each row that lacks a number, what would unlock it
        self.rests_on: dict[str, tuple[str, ...]] = {}
        self.routing: Mapping[str, Counts] = {}
        self.layers: tuple[LayerColumn, ...] = ()
        self.typed: dict[str, dict[int, Given]] = {}  # by name, then by the place of the row
        self.unclear: dict[str, dict[int, str]] = {}
        for at, row in enumerate(table.rows):
            for name, number in row.numbers.items():
                self.typed.setdefault(name, {})[at] = number
            for name, why in row.unclear.items():
                self.unclear.setdefault(name, {})[at] = why

    def reduce_layers(self, metrics: Mapping[str, LayerMetric]) -> None:
        """Compute what formulas reduce of layers: of each a table, a row a model."""
        names = [row.name for row in self.table.rows]
        sizes = {
            name: {one: float(values[at]) for one, values in self.values.items()}
            for at, name in enumerate(names)
            if name in self.table.routing
        }
        self.routing = layers_of(self.table.routing, sizes)
        self.layers = layer_columns(metrics, self.routing, self.assumed)
        known = {column.name: column.values for column in self.layers}
        for metric in metrics:
            values = known.get(metric, {})
            table = np.full((len(names), max(map(len, values.values()), default=1)), np.nan)
            for at, name in enumerate(names):
                numbers = values.get(name, ())
                table[at, : len(numbers)] = [np.nan if one is None else one for one in numbers]
            self.values[metric] = table
            self.lacks[metric] = self._all(COUNTS)

    def field(self, field: Field) -> Column:
        expr = field.default_expr
        computed = Cell(None, Provenance.DERIVED, "derived from other fields")
        if expr is not None and expr.op == "const":
            note = f"default: {field.name} is {expr.value:g} unless it is filled in"
            computed = Cell(None, Provenance.DEFAULT, note)
        return Column(
            name=field.name,
            label=field.label,
            symbol=field.symbol,
            unit=field.unit,
            description=field.help,
            group=field.group,
            format=_format(field),
            expr=expr,
            cells=self._cells(field.name, expr, computed),
        )

    def metric(self, metric: Metric) -> Column:
        own = {item.name for item in metric.assumptions}
        names = metric.expr.symbols()
        names += [name for one in metric.layers.values() for name in one.expr.symbols()]
        inherited = [item for name in names for item in self.rests_on.get(name, ())]
        rests_on = tuple(dict.fromkeys([name for name in names if name in own] + inherited))
        self.rests_on[metric.name] = rests_on
        computed = Cell(None, Provenance.ASSUMED if rests_on else Provenance.DERIVED)
        return Column(
            name=metric.name,
            label=metric.label,
            symbol=metric.symbol,
            unit=metric.unit,
            description=metric.description,
            source=metric.source,
            group=self.group[metric.name],
            format=metric.format,
            expr=metric.expr,
            better=metric.better,
            headline=metric.headline,
            cells=self._cells(metric.name, metric.expr, computed),
            rests_on=rests_on,
        )

    def _all(self, *names: str) -> Codes:
        """The number of a set of names, for each row."""
        return np.full(len(self.table.rows), self.sets.number(names), dtype=np.int32)

    def _cells(self, name: str, expr: Expr | None, computed: Cell) -> Cells:
        rows = len(self.table.rows)
        typed, unclear = self.typed.get(name, {}), self.unclear.get(name, {})
        values = np.full(rows, np.nan)
        if expr is not None:
            values = np.array(np.broadcast_to(evaluate(expr, self._columns(expr)), rows))
        values[[*unclear]] = np.nan
        states = {computed: 0, Cell(None, Provenance.GIVEN): 1}
        state = np.zeros(rows, dtype=np.int32)
        formula = np.broadcast_to(np.nan, rows)
        if typed:
            formula = formula.copy()
            places = [*typed]
            formula[places] = values[places]
            values[places] = [number.value for number in typed.values()]
            state[places] = 1
        self.values[name] = values
        missing = np.flatnonzero(np.isnan(values) & (state == 0))
        if len(missing):
            self.lacks[name] = self._all(name)
            for at, why in unclear.items():
                if at not in typed:
                    note = f"not sure: {why}"
                    one = Cell(None, Provenance.MISSING, note, unclear=True)
                    state[at] = states.setdefault(one, len(states))
            rest = missing[state[missing] == 0]
            codes = self._roots(expr, rest) if expr is not None else self.lacks[name][rest]
            self.lacks[name][rest] = codes
            for code in np.unique(codes):
                one = self._missing(expr, self.sets.names[code])
                state[rest[codes == code]] = states.setdefault(one, len(states))
        return Cells(values, tuple(states), state, formula, typed)

    def _missing(self, expr: Expr | None, roots: tuple[str, ...]) -> Cell:
        if expr is None:
            return Cell(None, Provenance.MISSING, BLANK)
        if not roots:
            return Cell(None, Provenance.MISSING, UNDEFINED, undefined=True)
        return Cell(None, Provenance.MISSING, f"missing: {NEEDS} {listed([*roots])}")

    def _columns(self, expr: Expr) -> dict[str, Values | float]:
        names = (*expr.symbols(), *expr.series())
        return {name: self.values.get(name, self.assumed.get(name, np.nan)) for name in names}

    def _roots(self, expr: Expr, rows: Rows) -> Codes:
        """The fields that would unlock an expression in each row, through other metrics."""
        codes = missing_names(expr, self._columns(expr), rows, self.sets)
        found = np.zeros(len(rows), dtype=np.int32)
        for code in np.unique(codes):
            some = codes == code
            for name in self.sets.names[code]:
                found[some] = self.sets.unions(found[some], self._lacking(name, rows[some]))
        return found

    def _lacking(self, name: str, rows: Rows) -> Codes:
        """What each row lacks that has no number of a field, a metric or an assumption."""
        if name not in self.lacks:  # an assumption may be none, too
            return np.full(len(rows), self.sets.number((name,)), dtype=np.int32)
        lacking = self.lacks[name][rows]
        # a metric that lacks nothing has no value because it is undefined
        undefined = self.sets.number((f"{name} (undefined here)",))
        return np.where(lacking == NOTHING, undefined, lacking).astype(np.int32)
