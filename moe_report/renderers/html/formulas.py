"""Formulas of a page: typeset, explained symbol by symbol, with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from moe_report.formula.excel import plain
from moe_report.formula.expr import Expr
from moe_report.formula.lines import width
from moe_report.formula.mathml import mathml_symbol
from moe_report.renderers.html.rich_text import cited, rich
from moe_report.reports import Column, Report

LONG_FORMULA = 46  # characters, past which a formula takes a whole line


@dataclass(frozen=True)
class PageSymbol:
    """A symbol of a formula, explained.

    Attributes:
        mathml: The symbol typeset.
        label: What it stands for.
        unit: Its unit; empty for a pure number.
        anchor: Id of the formula that defines it; empty for a field or an assumption.
    """

    mathml: Markup
    label: str
    unit: str
    anchor: str


@dataclass(frozen=True)
class Formula:
    """How a metric is computed.

    Attributes:
        anchor: Its id.
        label: Name in words.
        name: Name in formulas and files.
        unit: What is counted.
        text: The formula in one line of text, which the page's script typesets.
        long: Whether it takes a whole line.
        description: What it is.
        source: Where the definition comes from, with links into the list of sources.
        symbols: The symbols of the formula.
    """

    anchor: str
    label: str
    name: str
    unit: str
    text: str
    long: bool
    description: Markup
    source: Markup
    symbols: tuple[PageSymbol, ...]


def formula_of(report: Report, column: Column) -> Formula:
    """Return a metric's definition as the page shows it."""
    assert column.expr is not None  # only fields may be without a formula
    return Formula(
        anchor=anchor_of(column.name),
        label=column.label,
        name=column.name,
        unit=column.unit,
        text=plain(column.expr),
        long=width(column.expr, report.symbols) > LONG_FORMULA,
        description=rich(column.description),
        source=cited(column.source),
        symbols=_symbols(column.expr, report),
    )


@cache
def typeset(symbol: str) -> Markup:
    """Return a symbol as MathML, nothing of an empty one."""
    return Markup("<math>{}</math>").format(Markup(mathml_symbol(symbol))) if symbol else Markup("")


def lettered(symbol: str) -> Markup:
    """Return a symbol as text, which the page's script typesets; nothing of an empty one."""
    return Markup("<var>{}</var>").format(symbol) if symbol else Markup("")


def anchor_of(metric: str) -> str:
    """Return the id of a metric's formula."""
    return f"metric-{metric}"


def _symbols(expr: Expr, report: Report) -> tuple[PageSymbol, ...]:
    columns = report.columns
    metrics = {metric.name for metric in report.metrics}
    assumptions = {item.definition.name: item.definition for item in report.assumptions}
    explained = []
    for name in expr.symbols():
        known = columns.get(name) or assumptions[name]
        unit = "" if known.unit == "ratio" else known.unit
        anchor = anchor_of(name) if name in metrics else ""
        explained.append(PageSymbol(typeset(known.symbol), known.label, unit, anchor))
    return tuple(explained)
