"""Sections times table: the value of every metric for every model, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from moe_report.compute.layers import layer_columns, layers_of
from moe_report.formula.expr import Expr
from moe_report.formula.operations import Column as Values
from moe_report.formula.operations import evaluate, missing_symbols
from moe_report.reports import Cell, Column, LayerColumn, Provenance
from moe_report.routing.counts import Counts
from moe_report.schema.fields import Field, numbers_of
from moe_report.schema.layers import COUNTS, LayerMetric
from moe_report.schema.metrics import Metric
from moe_report.schema.registry import Registry
from moe_report.table import ModelTable
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
        self.lacks: dict[tuple[str, int], list[str]] = {}
        self.rests_on: dict[str, tuple[str, ...]] = {}
        self.routing: Mapping[str, Counts] = {}
        self.layers: tuple[LayerColumn, ...] = ()

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
            self.lacks |= {(metric, at): [COUNTS] for at in range(len(names))}

    def field(self, field: Field) -> Column:
        expr = field.default_expr
        cells = self._cells(field.name, expr, Provenance.DERIVED)
        if expr is not None and expr.op == "const":
            note = f"default: {field.name} is {expr.value:g} unless it is filled in"
            default = Cell(expr.value, Provenance.DEFAULT, note)
            cells = [
                cell if cell.provenance == Provenance.GIVEN or cell.unclear else default
                for cell in cells
            ]
        return Column(
            name=field.name,
            label=field.label,
            symbol=field.symbol,
            unit=field.unit,
            description=field.help,
            group=field.group,
            format=_format(field),
            expr=expr,
            cells=tuple(cells),
        )

    def metric(self, metric: Metric) -> Column:
        own = {item.name for item in metric.assumptions}
        names = metric.expr.symbols()
        names += [name for one in metric.layers.values() for name in one.expr.symbols()]
        inherited = [item for name in names for item in self.rests_on.get(name, ())]
        rests_on = tuple(dict.fromkeys([name for name in names if name in own] + inherited))
        self.rests_on[metric.name] = rests_on
        computed = Provenance.ASSUMED if rests_on else Provenance.DERIVED
        cells = self._cells(metric.name, metric.expr, computed)
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
            cells=tuple(cells),
            rests_on=rests_on,
        )

    def _cells(self, name: str, expr: Expr | None, provenance: Provenance) -> list[Cell]:
        rows = self.table.rows
        typed = np.array(
            [row.numbers[name].value if name in row.numbers else np.nan for row in rows]
        )
        computed = np.full(len(rows), np.nan)
        if expr is not None:
            names = [*expr.symbols(), *expr.series()]
            columns = {
                item: self.values.get(item, self.assumed.get(item, np.nan)) for item in names
            }
            computed = np.array(np.broadcast_to(evaluate(expr, columns), len(rows)))
        computed[[name in row.unclear for row in rows]] = np.nan
        self.values[name] = np.where(np.isnan(typed), computed, typed)
        cells = []
        for at, row in enumerate(rows):
            formula = None if np.isnan(computed[at]) else float(computed[at])
            if name in row.numbers:
                given = row.numbers[name]
                note = f"given in the input, {given.place}" if given.place else "given"
                cells.append(Cell(given.value, Provenance.GIVEN, note, formula))
            elif formula is not None:
                note = "derived from other fields" if name in self.fields else ""
                cells.append(Cell(formula, provenance, note))
            else:
                cells.append(self._missing(name, expr, at))
        return cells

    def _missing(self, name: str, expr: Expr | None, at: int) -> Cell:
        if why := self.table.rows[at].unclear.get(name, ""):
            self.lacks[name, at] = [name]
            return Cell(None, Provenance.MISSING, f"not sure: {why}", unclear=True)
        if expr is None:
            self.lacks[name, at] = [name]
            return Cell(None, Provenance.MISSING, BLANK)
        roots = self._roots(expr, at)
        self.lacks[name, at] = roots
        if not roots:
            return Cell(None, Provenance.MISSING, UNDEFINED, undefined=True)
        return Cell(None, Provenance.MISSING, f"missing: {NEEDS} {listed(roots)}")

    def _roots(self, expr: Expr, at: int) -> list[str]:
        """The fields that would unlock an expression in a row, through other metrics."""

        def number(name: str) -> Values | float:
            column = self.values.get(name)
            return self.assumed.get(name, np.nan) if column is None else column[at]

        def value(part: Expr) -> float:
            names = (*part.symbols(), *part.series())
            return float(evaluate(part, {name: number(name) for name in names}))

        missing = missing_symbols(expr, value, lambda name: not np.isnan(number(name)).all())
        roots: list[str] = []
        for name in missing:
            # a metric that lacks nothing has no value because it is undefined
            lacking = self.lacks.get((name, at), [name])  # an assumption may be none, too
            roots += lacking or [f"{name} (undefined here)"]
        return list(dict.fromkeys(roots))
